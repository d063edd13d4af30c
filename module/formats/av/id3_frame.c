/* SPDX-License-Identifier: Apache-2.0 */
/* id3_frame.c - ID3v2.4.0 frames sections 4.2 (TCOP, TXXX), 4.3 (WCOP), 4.10 (COMM), 4.15 (GEOB),
 * 4.22 (USER), 4.27 (PRIV); C2PA section A.3.5; XMP specification part 3 section 1.1.3 (MP3).
 *
 * Limits: ID3_NAME_MAX, ID3_TEXTS_MAX, PACKET_TEXT_MAX. */
#include "formats/av/id3_frame.h"
#include "formats/parts/rights_name.h"
#include "syntax/utf8.h"

static const struct {
    const char *id, *old; /* old: of ID3v2.2 */
    const char *name;
} kinds[] = {
    [ID3_OTHER] = { "", "", "" },
    [ID3_PRIV] = { "PRIV", "", "PRIV frame" },
    [ID3_GEOB] = { "GEOB", "GEO", "GEOB frame" },
    [ID3_TCOP] = { "TCOP", "TCR", "TCOP frame" },
    [ID3_WCOP] = { "WCOP", "WCP", "WCOP frame" },
    [ID3_USER] = { "USER", "", "USER frame" },
    [ID3_COMM] = { "COMM", "COM", "COMM frame" },
    [ID3_TXXX] = { "TXXX", "TXX", "TXXX frame" },
};

enum id3_kind id3_kind_of(const uint8_t *id, size_t n)
{
    for (size_t i = ID3_PRIV; i < sizeof kinds / sizeof *kinds; i++) {
        const char *want = n == 3 ? kinds[i].old : kinds[i].id;
        if (*want && memcmp(id, want, n) == 0)
            return (enum id3_kind)i;
    }
    return ID3_OTHER;
}

/* ---- packets ---- */

static void begin_packet(struct id3_frame *f, enum packet_kind kind)
{
    struct packet p = { .kind = kind, .role = f->role, .offset = f->offset,
                        .where = slice_cstr(kinds[f->kind].name) };
    f->handle = f->env->out->begin(f->env->out->ctx, &p);
    f->open = true;
    f->stage = ID3_DATA;
}

static void end_packet(struct id3_frame *f, enum packet_end how)
{
    if (f->open && f->handle)
        f->env->out->end(f->env->out->ctx, f->handle, how);
    f->open = false;
    f->stage = ID3_SKIP;
    if (how == PACKET_LIMIT)
        id3_note(f, OPTOUT_E_LIMIT);
    else if (how != PACKET_WHOLE)
        id3_note(f, OPTOUT_E_SYNTAX);
}

static void data_bytes(struct id3_frame *f, struct slice b)
{
    const struct packet_sink *out = f->env->out;
    if (f->handle && b.n && !out->bytes(out->ctx, f->handle, b))
        end_packet(f, PACKET_LIMIT);
}

/* ---- binary frames ---- */

static void name_ended(struct id3_frame *f)
{
    struct slice name = slice_of(f->name, f->name_n);
    if (f->stage == ID3_OWNER) {
        if (slice_eq_nocase(name, SLICE_OF("XMP")))
            begin_packet(f, PACKET_XMP);
        else
            f->stage = ID3_SKIP;
        return;
    }
    bool c2pa = slice_eq_nocase(name, SLICE_OF("application/c2pa")) ||
                slice_eq_nocase(name, SLICE_OF("application/x-c2pa-manifest-store"));
    f->stage = c2pa ? ID3_FILENAME : ID3_SKIP;
    f->half = false;
}

static void string_ended(struct id3_frame *f)
{
    f->half = false;
    if (f->stage == ID3_FILENAME)
        f->stage = ID3_DESCRIPTION;
    else
        begin_packet(f, PACKET_C2PA);
}

/* One byte of what stands in front of the data. */
static void front_byte(struct id3_frame *f, uint8_t c)
{
    if (f->stage == ID3_PREFIX) {
        f->encoding = c;
        f->stage = ID3_MIME;
    } else if (f->stage == ID3_OWNER || f->stage == ID3_MIME) {
        if (c == 0)
            name_ended(f);
        else if (f->name_n == ID3_NAME_MAX)
            f->stage = ID3_SKIP;
        else
            f->name[f->name_n++] = (char)c;
    } else if (f->encoding != 1 && f->encoding != 2) {
        if (c == 0)
            string_ended(f);
    } else if (!f->half) {
        f->half = true;
        f->first = c;
    } else if (f->first == 0 && c == 0) {
        string_ended(f);
    } else {
        f->half = false;
    }
}

/* ---- texts ---- */

/* Into UTF-8, at most three bytes for one or for two; false when memory is used up. */
static bool to_utf8(struct id3_frame *f, uint8_t encoding, struct slice s, struct slice *out)
{
    if (encoding == 3) {
        *out = s;
        return true;
    }
    size_t size = 2 * s.n + 4;
    uint8_t *room = arena_take(f->env->arena, size);
    if (!room)
        return false;
    *out = encoding == 1 || encoding == 2 ? utf8_from_utf16(s, encoding == 1, room, size)
                                          : utf8_from_latin1(s, room, size);
    return true;
}

/* Cuts a string with its terminator off the front. */
static struct slice cut_string(struct slice *s, uint8_t encoding)
{
    size_t step = encoding == 1 || encoding == 2 ? 2 : 1, i = 0;
    while (i + step <= s->n && (s->p[i] || (step == 2 && s->p[i + 1])))
        i += step;
    struct slice string = slice_sub(*s, 0, i);
    *s = slice_from(*s, i + step);
    return string;
}

static struct slice without_nuls(struct slice s)
{
    while (s.n && s.p[s.n - 1] == 0)
        s.n--;
    return s;
}

static void text_ended(struct id3_frame *f, enum packet_end how)
{
    struct slice s = slice_of(f->text, f->text_n), name, text;
    uint8_t encoding = 0;
    if (f->kind != ID3_WCOP) {
        if (s.n == 0)
            return;
        encoding = s.p[0];
        s = slice_from(s, 1);
    }
    if (f->kind == ID3_USER || f->kind == ID3_COMM)
        s = slice_from(s, 3); /* the language */
    if (f->kind == ID3_COMM || f->kind == ID3_TXXX) {
        if (!to_utf8(f, encoding, cut_string(&s, encoding), &name)) {
            id3_note(f, OPTOUT_E_NOMEM);
            return;
        }
        /* What players keep there for themselves is no remark of the publisher. */
        if (f->kind == ID3_TXXX ? !rights_name(name) : slice_starts_nocase(name, SLICE_OF("iTun")))
            return;
    }
    if (!to_utf8(f, encoding, s, &text)) {
        id3_note(f, OPTOUT_E_NOMEM);
        return;
    }
    text = without_nuls(text);
    if (text.n == 0)
        return;
    if (f->texts++ >= ID3_TEXTS_MAX) {
        id3_note(f, OPTOUT_E_LIMIT);
        return;
    }
    struct packet p = { .kind = PACKET_TEXT, .role = f->role, .offset = f->offset,
                        .where = slice_cstr(kinds[f->kind].name),
                        .field = slice_cstr(kinds[f->kind].id) };
    (void)packet_put(f->env->out, &p, text, f->cut && how == PACKET_WHOLE ? PACKET_LIMIT : how);
}

static void text_bytes(struct id3_frame *f, struct slice b)
{
    size_t room = PACKET_TEXT_MAX - f->text_n;
    size_t n = b.n < room ? b.n : room;
    memcpy(f->text + f->text_n, b.p, n);
    f->text_n += n;
    f->cut |= n < b.n;
}

/* ---- a frame ---- */

void id3_frame_begin(struct id3_frame *f, enum id3_kind kind, uint64_t offset)
{
    f->kind = kind;
    f->offset = offset;
    f->name_n = f->text_n = 0;
    f->half = f->cut = false;
    f->stage = kind == ID3_OTHER  ? ID3_SKIP
               : kind == ID3_PRIV ? ID3_OWNER
               : kind == ID3_GEOB ? ID3_PREFIX
                                  : ID3_TEXT;
    if (f->stage == ID3_TEXT && !f->text &&
        !(f->text = arena_take(f->env->arena, PACKET_TEXT_MAX))) {
        f->stage = ID3_SKIP;
        id3_note(f, OPTOUT_E_NOMEM);
    }
}

void id3_frame_bytes(struct id3_frame *f, struct slice b)
{
    while (b.n && f->stage < ID3_DATA) {
        front_byte(f, *b.p++);
        b.n--;
    }
    if (b.n == 0)
        return;
    if (f->stage == ID3_DATA)
        data_bytes(f, b);
    else if (f->stage == ID3_TEXT)
        text_bytes(f, b);
}

void id3_frame_end(struct id3_frame *f, enum packet_end how)
{
    if (f->stage == ID3_TEXT)
        text_ended(f, how);
    bool before = f->stage != ID3_SKIP && f->stage != ID3_TEXT;
    if (f->stage == ID3_DATA)
        end_packet(f, how);
    else if (before && how != PACKET_WHOLE)
        id3_note(f, how == PACKET_LIMIT ? OPTOUT_E_LIMIT : OPTOUT_E_SYNTAX);
    f->stage = ID3_SKIP;
}
