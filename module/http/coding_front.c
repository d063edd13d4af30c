/* SPDX-License-Identifier: Apache-2.0 */
/* coding_front.c - which codings a body is really in: RFC 9110 section 8.4, and what servers
 * make of it. Names are taken for what is plainly meant; then the bytes decide.
 *
 * Signatures: RFC 1952 section 2.3.1, RFC 1950 section 2.2, RFC 8878 section 3.1. Brotli and
 * raw deflate have none: their first bytes are decoded to see.
 *
 * Limits: CODING_STACK_MAX names that are codings; TRIAL_MAX bytes of one trial, of which
 * there are at most one for each name and two more. */
#include "http/coding.h"

#include "http/media_type.h"

#define TRIAL_MAX 1024 /* decoded bytes that are enough to tell a kind */
#define GUESS_MIN 16   /* of them, before a coding is believed that nobody named */

/* ---- names ------------------------------------------------------------- */

static const struct {
    struct slice name;
    enum coding_kind kind;
} codings[] = {
    { SLICE("gzip"), CODING_GZIP },       { SLICE("x-gzip"), CODING_GZIP },
    { SLICE("gz"), CODING_GZIP },         { SLICE("gzipped"), CODING_GZIP },
    { SLICE("deflate"), CODING_DEFLATE }, { SLICE("x-deflate"), CODING_DEFLATE },
    { SLICE("zlib"), CODING_DEFLATE },    { SLICE("br"), CODING_BR },
    { SLICE("brotli"), CODING_BR },       { SLICE("x-br"), CODING_BR },
    { SLICE("zstd"), CODING_ZSTD },       { SLICE("x-zstd"), CODING_ZSTD },
    { SLICE("zstandard"), CODING_ZSTD },
};

/* What is met in the field and is no coding: words for none, transfer encodings, and
 * charsets, these by how they begin. */
static const struct slice no_coding[] = {
    SLICE("identity"), SLICE("none"),      SLICE("no"),        SLICE("off"),
    SLICE("false"),    SLICE("null"),      SLICE("nil"),       SLICE("undefined"),
    SLICE("unknown"),  SLICE("default"),   SLICE("plain"),     SLICE("text"),
    SLICE("raw"),      SLICE("binary"),    SLICE("8bit"),      SLICE("7bit"),
    SLICE("8-bit"),    SLICE("7-bit"),     SLICE("chunked"),   SLICE("aws-chunked"),
    SLICE("amz-1.0"),  SLICE("charset"),   SLICE("html"),      SLICE("json"),
    SLICE("*"),        SLICE("quoted-printable"),
};
static const struct slice charsets[] = {
    SLICE("utf"),  SLICE("iso-8859"), SLICE("iso8859"), SLICE("iso_8859"), SLICE("iso-2022"),
    SLICE("windows-"), SLICE("cp125"), SLICE("latin"), SLICE("us-ascii"), SLICE("ascii"),
    SLICE("ansi"), SLICE("koi8"), SLICE("shift_jis"), SLICE("shift-jis"), SLICE("sjis"),
    SLICE("x-sjis"), SLICE("euc-"), SLICE("gb2312"), SLICE("gbk"), SLICE("gb18030"),
    SLICE("big5"), SLICE("unicode"), SLICE("charset="), SLICE("ucs-"), SLICE("tis-620"),
    SLICE("macintosh"),
};

static bool is_no_coding(struct slice name)
{
    if (name.n == 0 || slice_find(name, '/') < name.n) /* a media type */
        return true;
    for (size_t i = 0; i < sizeof no_coding / sizeof *no_coding; i++)
        if (slice_eq_nocase(name, no_coding[i]))
            return true;
    for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++)
        if (slice_starts_nocase(name, charsets[i]))
            return true;
    return false;
}

static void take_name(struct coding_names *out, struct slice name)
{
    while (name.n && (name.p[0] == '"' || name.p[0] == '\''))
        name = slice_from(name, 1);
    while (name.n && (name.p[name.n - 1] == '"' || name.p[name.n - 1] == '\''))
        name.n--;
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
        if (!slice_eq_nocase(name, codings[i].name))
            continue;
        if (out->n == CODING_STACK_MAX)
            out->over = true;
        else
            out->kind[out->n++] = (uint8_t)codings[i].kind;
        return;
    }
    out->foreign = out->foreign || !is_no_coding(name);
}

void coding_names(struct slice value, struct coding_names *out)
{
    struct slice piece;
    *out = (struct coding_names){ .n = 0 };
    while (slice_split(&value, ',', &piece)) {
        piece = slice_sub(piece, 0, slice_find(piece, ';')); /* parameters: there are none */
        while (piece.n) {
            size_t n = 0;
            while (n < piece.n && !ascii_is_space(piece.p[n]))
                n++;
            if (n)
                take_name(out, slice_sub(piece, 0, n));
            piece = slice_from(piece, n ? n : 1);
        }
    }
}

/* ---- signatures -------------------------------------------------------- */

static bool is_gzip(struct slice b)
{
    return b.n >= 2 && b.p[0] == 0x1F && b.p[1] == 0x8B && (b.n < 3 || b.p[2] == 8) &&
           (b.n < 4 || (b.p[3] & 0xE0) == 0);
}

/* Without a preset dictionary, for there is none. */
static bool is_zlib(struct slice b)
{
    return b.n >= 2 && (b.p[0] & 0x0F) == 8 && (b.p[0] >> 4) <= 7 && (b.p[1] & 0x20) == 0 &&
           (b.p[0] << 8 | b.p[1]) % 31 == 0;
}

static bool is_zstd(struct slice b)
{
    return b.n >= 4 && memcmp(b.p, "\x28\xB5\x2F\xFD", 4) == 0;
}

static bool is_skippable(struct slice b)
{
    return b.n >= 4 && (b.p[0] & 0xF0) == 0x50 && memcmp(b.p + 1, "\x2A\x4D\x18", 3) == 0;
}

bool coding_begins(enum coding_kind kind, struct slice head)
{
    switch (kind) {
    case CODING_GZIP:
        return is_gzip(head);
    case CODING_ZSTD:
        return is_zstd(head);
    default:
        return false;
    }
}

bool coding_may_begin(uint8_t first)
{
    return first == 0x1F || first == 0x28 || (first & 0xF0) == 0x50 ||
           ((first & 0x0F) == 8 && first < 0x80);
}

/* ---- trials ------------------------------------------------------------ */

struct trial {
    uint8_t out[TRIAL_MAX];
    size_t n;
    enum optout_rc rc; /* OPTOUT_OK: no fault was found */
};

static enum optout_rc front_keep(void *ctx, struct slice bytes)
{
    struct trial *t = ctx;
    size_t room = TRIAL_MAX - t->n;
    size_t n = bytes.n < room ? bytes.n : room;
    memcpy(t->out + t->n, bytes.p, n);
    t->n += n;
    return t->n < TRIAL_MAX ? OPTOUT_OK : OPTOUT_DONE;
}

static void run_trial(struct trial *t, enum coding_kind kind, struct slice head, bool ended)
{
    static const struct coding_limits limits = { 64u << 10, 0 };
    struct coding *c = NULL;
    t->n = 0;
    t->rc = coding_push(&c, kind, &limits, front_keep, t);
    if (t->rc == OPTOUT_OK) {
        enum optout_rc rc = coding_feed(c, head);
        if (rc == OPTOUT_MORE && ended)
            rc = coding_finish(c);
        t->rc = rc < 0 && rc != OPTOUT_E_LIMIT ? rc : OPTOUT_OK;
    }
    coding_close(c);
}

struct front {
    struct slice head;
    bool ended;
    coding_known *known;
    void *ctx;
    bool plain;      /* the bytes are of a kind that is read as it is */
    bool plain_told; /* `plain` has been asked for */
    struct trial trial;
};

static bool knows(const struct front *f, struct slice head)
{
    return f->known ? f->known(f->ctx, head) : media_sniff_text(head);
}

/* What a trial gave: something known, or one more layer. */
static bool gave_sense(const struct front *f)
{
    struct slice out = slice_of(f->trial.out, f->trial.n);
    return f->trial.rc == OPTOUT_OK && out.n && (is_gzip(out) || is_zstd(out) || knows(f, out));
}

static bool is_plain(struct front *f)
{
    if (!f->plain_told)
        f->plain = knows(f, f->head);
    f->plain_told = true;
    return f->plain;
}

enum named { NOT_THERE, MAY_BE_THERE, IS_THERE };

/* A coding that was named: it is there when its signature is, or when it decodes to something
 * known. It may be, when the bytes are nothing by themselves and decode to something; what is
 * corrupt is still coded. */
static enum named look_for(struct front *f, enum coding_kind kind)
{
    if (coding_begins(kind, f->head))
        return IS_THERE;
    run_trial(&f->trial, kind, f->head, f->ended);
    if (f->trial.rc == OPTOUT_E_NOMEM)
        return IS_THERE; /* it says so again when it is undone */
    if (gave_sense(f))
        return IS_THERE;
    bool some = f->trial.rc == OPTOUT_OK || f->trial.n >= GUESS_MIN;
    return some && !is_plain(f) ? MAY_BE_THERE : NOT_THERE;
}

/* A coding that nobody named and no signature tells: it must decode to something known. */
static bool is_guessed(struct front *f, enum coding_kind kind)
{
    run_trial(&f->trial, kind, f->head, f->ended);
    return f->trial.n >= GUESS_MIN && gave_sense(f);
}

static enum coding_kind find_unnamed(struct front *f)
{
    if (is_gzip(f->head) && f->head.n >= 4)
        return CODING_GZIP;
    if (is_zstd(f->head))
        return CODING_ZSTD;
    if (is_plain(f))
        return CODING_NONE;
    if (is_skippable(f->head) && is_guessed(f, CODING_ZSTD))
        return CODING_ZSTD;
    if (is_zlib(f->head) && is_guessed(f, CODING_DEFLATE))
        return CODING_DEFLATE;
    return is_guessed(f, CODING_BR) ? CODING_BR : CODING_NONE;
}

enum coding_kind coding_front(struct coding_names *names, struct slice head, bool ended,
                              coding_known *known, void *ctx, bool *lost)
{
    struct front f = { .head = slice_sub(head, 0, CODING_HEAD), .known = known, .ctx = ctx };
    bool named = names->n || names->foreign || names->over;
    f.ended = ended && head.n <= CODING_HEAD;
    *lost = false;
    if (head.n == 0)
        return CODING_NONE;
    enum coding_kind maybe = CODING_NONE;
    struct coding_names rest = *names;
    while (names->n) {
        enum coding_kind kind = names->kind[--names->n];
        enum named there = look_for(&f, kind);
        if (there == IS_THERE)
            return kind;
        if (there == MAY_BE_THERE && !maybe) {
            maybe = kind;
            rest = *names;
        }
    }
    enum coding_kind kind = find_unnamed(&f);
    if (kind == CODING_NONE && maybe) {
        *names = rest;
        return maybe;
    }
    *lost = kind == CODING_NONE && named && !is_plain(&f);
    return kind;
}

/* ---- whole bodies ------------------------------------------------------ */

static enum optout_rc append(void *ctx, struct slice bytes)
{
    return buf_append(ctx, bytes.p, bytes.n);
}

static enum optout_rc undo_one(enum coding_kind kind, const struct coding_limits *limits,
                               struct slice body, struct buf *to)
{
    struct coding *c = NULL;
    enum optout_rc rc = coding_push(&c, kind, limits, append, to);
    if (rc == OPTOUT_OK)
        rc = coding_feed(c, body);
    if (rc == OPTOUT_MORE)
        rc = coding_finish(c);
    coding_close(c);
    return rc;
}

enum optout_rc coding_undo(struct slice value, const struct coding_limits *limits,
                           coding_known *known, void *ctx, struct slice *body,
                           struct buf *kept)
{
    struct coding_names names;
    enum optout_rc rc = OPTOUT_OK;
    coding_names(value, &names);
    for (unsigned i = 0; rc == OPTOUT_OK; i++) {
        bool lost;
        enum coding_kind kind = coding_front(&names, *body, true, known, ctx, &lost);
        if (kind == CODING_NONE)
            return lost ? OPTOUT_E_SYNTAX : OPTOUT_OK;
        if (i == CODING_LAYERS_MAX)
            return OPTOUT_E_SYNTAX;
        struct buf next;
        buf_init(&next, kept->limit);
        rc = undo_one(kind, limits, *body, &next);
        buf_free(kept);
        *kept = next;
        *body = buf_slice(kept);
    }
    return rc;
}
