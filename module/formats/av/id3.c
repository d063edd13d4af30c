/* SPDX-License-Identifier: Apache-2.0 */
/* id3.c - id3.org, "ID3 tag version 2.4.0 - Main Structure", "ID3 tag version 2.3.0" and "ID3
 * tag version 2": header, extended header, frames, padding, footer, unsynchronisation.
 *
 * Limits: those of id3_frame.c; MAX_FRAMES; what does not count is skipped by its length. */
#include "formats/av/id3.h"

#include "formats/av/id3_frame.h"
#include "formats/parts/unpack.h"

#define MAX_FRAMES 65536
#define HEAD 10

#define TAG_UNSYNC 0x80u
#define TAG_EXTENDED 0x40u /* in ID3v2.2: compressed in a way nobody ever defined */
#define TAG_FOOTER 0x10u

/* Flags of a frame, whatever the version. */
#define FRAME_COMPRESSED 1u
#define FRAME_ENCRYPTED 2u
#define FRAME_GROUPED 4u
#define FRAME_UNSYNC 8u
#define FRAME_LENGTH 16u

enum stage {
    EXTENDED_SIZE, /* the size of the extended header */
    EXTENDED,      /* its rest */
    FRAME_HEAD,
    FRAME_EXTRA,   /* what the flags put in front of the content */
    CONTENT,
    PEEK,          /* ID3v2.4: does a frame follow where the size says? */
    PADDING
};

struct id3 {
    const struct format_env *env;
    struct id3_frame frame;
    uint64_t pos;        /* of the next byte in the body */
    uint8_t head[HEAD];
    size_t head_n;       /* the tag's header first, then each frame's */
    bool header_read;
    unsigned version;
    bool unsync;         /* of the whole tag (before 2.4) */
    bool unsync_frames;  /* of each frame (2.4) */
    bool after_ff;       /* the byte before was FF, a 00 is to be left out */
    uint64_t left;       /* bytes of the tag after its header, as stored */
    uint64_t end;        /* where these end in the body */
    unsigned footer_left;
    enum stage stage;
    uint64_t need;       /* bytes to come of the extended header, or of the frame */
    uint64_t more;       /* bytes of the frame beyond, if its size is a plain number */
    unsigned frames;
    /* the frame */
    enum id3_kind kind;
    unsigned flags;
    unsigned extra;      /* bytes in front of its content to come */
    bool frame_ff;
    bool inside;         /* id3_frame_end is still due */
    struct unpack *unpack;
};

static uint32_t syncsafe(const uint8_t *p)
{
    return (uint32_t)(p[0] & 127) << 21 | (uint32_t)(p[1] & 127) << 14 |
           (uint32_t)(p[2] & 127) << 7 | (p[3] & 127);
}

struct id3 *id3_open(const struct format_env *env, enum packet_role role, uint64_t offset)
{
    struct id3 *t = arena_alloc(env->arena, sizeof *t);
    if (!t)
        return NULL;
    t->env = env;
    t->frame.env = env;
    t->frame.role = role;
    t->frame.rc = OPTOUT_DONE;
    t->pos = offset;
    return t;
}

/* ---- content of a frame ---- */

static enum optout_rc unpacked(void *ctx, struct slice bytes)
{
    struct id3_frame *f = ctx;
    id3_frame_bytes(f, bytes);
    return f->stage == ID3_SKIP ? OPTOUT_DONE : OPTOUT_OK; /* the rest is of no use */
}

static void end_frame(struct id3 *t, enum packet_end how)
{
    if (!t->inside)
        return;
    t->inside = false;
    if (t->unpack && how == PACKET_WHOLE)
        how = PACKET_CORRUPT; /* its compressed data has no end */
    unpack_close(t->unpack);
    t->unpack = NULL;
    id3_frame_end(&t->frame, how);
}

static void content_bytes(struct id3 *t, struct slice b)
{
    if (!t->inside || b.n == 0)
        return;
    if (!t->unpack) {
        id3_frame_bytes(&t->frame, b);
        return;
    }
    enum optout_rc rc = unpack_feed(t->unpack, b, NULL);
    if (rc == OPTOUT_MORE)
        return;
    unpack_close(t->unpack);
    t->unpack = NULL;
    end_frame(t, rc == OPTOUT_DONE      ? PACKET_WHOLE
                 : rc == OPTOUT_E_LIMIT ? PACKET_LIMIT
                                        : PACKET_CORRUPT);
}

/* Unsynchronisation taken off: FF 00 stands for FF. */
static struct slice next_run(struct slice *b, bool *after_ff)
{
    if (*after_ff && b->n) {
        *after_ff = false;
        if (b->p[0] == 0)
            *b = slice_from(*b, 1);
    }
    size_t n = slice_find(*b, 0xFF);
    if (n < b->n) {
        n++;
        *after_ff = true;
    }
    struct slice run = slice_sub(*b, 0, n);
    *b = slice_from(*b, n);
    return run;
}

static void frame_content(struct id3 *t, struct slice b)
{
    if (!(t->flags & FRAME_UNSYNC)) {
        content_bytes(t, b);
        return;
    }
    while (b.n)
        content_bytes(t, next_run(&b, &t->frame_ff));
}

/* ---- frames ---- */

static unsigned flags_of(const struct id3 *t, uint8_t format)
{
    static const struct {
        uint8_t v3, v4, flag;
    } bits[] = { { 0x80, 0x08, FRAME_COMPRESSED }, { 0x40, 0x04, FRAME_ENCRYPTED },
                 { 0x20, 0x40, FRAME_GROUPED },    { 0, 0x02, FRAME_UNSYNC },
                 { 0, 0x01, FRAME_LENGTH } };
    unsigned flags = 0;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (format & (t->version == 3 ? bits[i].v3 : bits[i].v4))
            flags |= bits[i].flag;
    return flags;
}

static unsigned extra_of(const struct id3 *t)
{
    bool length = t->version == 3 ? t->flags & FRAME_COMPRESSED : t->flags & FRAME_LENGTH;
    return (length ? 4u : 0u) + (t->flags & FRAME_GROUPED ? 1u : 0u) +
           (t->flags & FRAME_ENCRYPTED ? 1u : 0u);
}

static bool is_id(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!ascii_is_digit(p[i]) && (uint8_t)(p[i] - 'A') >= 26)
            return false;
    return true;
}

static bool is_padding(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

static void begin_content(struct id3 *t)
{
    t->stage = CONTENT;
    if (t->kind == ID3_OTHER)
        return;
    if (t->flags & FRAME_ENCRYPTED) {
        id3_note(&t->frame, OPTOUT_E_UNSUP);
        return;
    }
    if (t->flags & FRAME_COMPRESSED) {
        t->unpack = unpack_open(UNPACK_ZLIB, PACKET_C2PA_MAX + 4096u, unpacked, &t->frame);
        if (!t->unpack) {
            id3_note(&t->frame, OPTOUT_E_NOMEM);
            return;
        }
    }
    t->frame_ff = false;
    t->inside = true;
    id3_frame_begin(&t->frame, t->kind, t->pos);
}

static void begin_frame(struct id3 *t)
{
    size_t id = t->version == 2 ? 3 : 4;
    const uint8_t *h = t->head;
    t->head_n = 0;
    t->more = 0;
    t->flags = 0;
    if (!is_id(h, id) || ++t->frames > MAX_FRAMES) {
        if (!is_padding(h, id))
            id3_note(&t->frame, t->frames > MAX_FRAMES ? OPTOUT_E_LIMIT : OPTOUT_E_SYNTAX);
        t->stage = PADDING;
        return;
    }
    t->kind = id3_kind_of(h, id);
    if (t->version == 2) {
        t->need = (uint64_t)h[3] << 16 | (uint64_t)h[4] << 8 | h[5];
    } else {
        uint32_t plain = be32(h + 4), safe = syncsafe(h + 4);
        t->need = plain;
        if (t->version == 4 && !(plain & 0x80808080u)) {
            t->need = safe;
            t->more = plain - safe;
        }
        t->flags = flags_of(t, h[9]) | (t->unsync_frames ? FRAME_UNSYNC : 0);
    }
    t->extra = extra_of(t);
    if (t->extra > t->need) {
        if (t->kind != ID3_OTHER)
            id3_note(&t->frame, OPTOUT_E_SYNTAX);
        t->kind = ID3_OTHER;
        t->extra = 0;
        t->flags = 0;
    }
    t->stage = FRAME_EXTRA;
}

static void content_ended(struct id3 *t)
{
    t->stage = t->more ? PEEK : FRAME_HEAD;
    if (!t->more)
        end_frame(t, PACKET_WHOLE);
}

/* Four bytes behind a frame of ID3v2.4: of the next one, padding, or, where its size was
 * written as a plain number, the frame's own. */
static void peeked(struct id3 *t)
{
    t->stage = FRAME_HEAD;
    if (is_id(t->head, 4) || is_padding(t->head, 4) || t->more < 4 ||
        t->more - 4 > t->end - t->pos) {
        end_frame(t, PACKET_WHOLE);
        return;
    }
    t->head_n = 0;
    t->need = t->more - 4;
    t->more = 0;
    t->stage = CONTENT;
    frame_content(t, slice_of(t->head, 4));
    if (t->need == 0)
        content_ended(t);
}

/* ---- the tag ---- */

static bool collect(struct id3 *t, struct slice *b, size_t want)
{
    size_t n = want - t->head_n < b->n ? want - t->head_n : b->n;
    memcpy(t->head + t->head_n, b->p, n);
    t->head_n += n;
    *b = slice_from(*b, n);
    t->pos += n;
    return t->head_n == want;
}

static void read_extended_size(struct id3 *t)
{
    /* In 2.4 the size counts itself. */
    uint64_t n = t->version == 4 ? syncsafe(t->head) : be32(t->head);
    if (t->version == 4)
        n = n > 4 ? n - 4 : 0;
    t->head_n = 0;
    t->need = n;
    t->stage = EXTENDED;
}

/* One step on bytes of the tag, unsynchronisation of the whole taken off. */
static void id3_step(struct id3 *t, struct slice *b)
{
    size_t n = b->n < t->need ? b->n : (size_t)t->need;
    switch (t->stage) {
    case EXTENDED_SIZE:
        if (collect(t, b, 4))
            read_extended_size(t);
        break;
    case FRAME_HEAD:
        if (collect(t, b, t->version == 2 ? 6 : HEAD))
            begin_frame(t);
        break;
    case FRAME_EXTRA:
        if (n > t->extra)
            n = t->extra;
        t->extra -= (unsigned)n;
        t->need -= n;
        t->pos += n;
        *b = slice_from(*b, n);
        if (t->extra == 0)
            begin_content(t);
        if (t->extra == 0 && t->need == 0)
            content_ended(t);
        break;
    case EXTENDED:
    case CONTENT:
        if (t->stage == CONTENT)
            frame_content(t, slice_sub(*b, 0, n));
        t->need -= n;
        t->pos += n;
        *b = slice_from(*b, n);
        if (t->need)
            break;
        if (t->stage == EXTENDED)
            t->stage = FRAME_HEAD;
        else
            content_ended(t);
        break;
    case PEEK:
        if (collect(t, b, 4))
            peeked(t);
        break;
    case PADDING:
        t->pos += b->n;
        b->n = 0;
        break;
    }
}

static enum optout_rc read_header(struct id3 *t)
{
    const uint8_t *h = t->head;
    t->version = h[3];
    uint8_t flags = h[5];
    if (memcmp(h, "ID3", 3) != 0 || ((h[6] | h[7] | h[8] | h[9]) & 0x80) || h[3] == 0xFF)
        return OPTOUT_E_SYNTAX;
    t->header_read = true;
    t->head_n = 0;
    t->left = syncsafe(h + 6);
    t->end = t->pos + t->left;
    if (t->version == 4 && (flags & TAG_FOOTER))
        t->footer_left = HEAD;
    t->unsync = t->version < 4 && (flags & TAG_UNSYNC);
    t->unsync_frames = t->version == 4 && (flags & TAG_UNSYNC);
    t->stage = t->version > 2 && (flags & TAG_EXTENDED) ? EXTENDED_SIZE : FRAME_HEAD;
    if (t->version < 2 || t->version > 4 || (t->version == 2 && (flags & TAG_EXTENDED))) {
        id3_note(&t->frame, OPTOUT_E_LIMIT);
        t->stage = PADDING;
    }
    return OPTOUT_OK;
}

/* The last byte of the tag is read. */
static void frames_ended(struct id3 *t)
{
    if (t->stage == PEEK) {
        end_frame(t, PACKET_WHOLE);
    } else if (t->inside || (t->kind != ID3_OTHER && t->stage == FRAME_EXTRA)) {
        id3_note(&t->frame, OPTOUT_E_SYNTAX);
        end_frame(t, PACKET_CUT);
    }
    t->stage = PADDING;
}

static void tag_bytes(struct id3 *t, struct slice b)
{
    if (!t->unsync || t->stage == PADDING) {
        while (b.n)
            id3_step(t, &b);
        return;
    }
    uint64_t start = t->pos;
    const uint8_t *from = b.p;
    while (b.n) {
        struct slice run = next_run(&b, &t->after_ff);
        t->pos = start + (uint64_t)(run.p - from); /* with the bytes left out */
        while (run.n)
            id3_step(t, &run);
    }
    t->pos = start + (uint64_t)(b.p - from);
}

enum optout_rc id3_feed(struct id3 *t, struct slice bytes, size_t *used)
{
    struct slice b = bytes;
    enum optout_rc rc = OPTOUT_MORE;
    if (!t->header_read && collect(t, &b, HEAD) && read_header(t) != OPTOUT_OK)
        rc = OPTOUT_E_SYNTAX;
    if (t->header_read && rc == OPTOUT_MORE) {
        struct slice own = slice_sub(b, 0, t->left < b.n ? (size_t)t->left : b.n);
        b = slice_from(b, own.n);
        tag_bytes(t, own);
        t->left -= own.n;
        if (t->left == 0) {
            frames_ended(t);
            size_t n = b.n < t->footer_left ? b.n : t->footer_left;
            t->footer_left -= (unsigned)n;
            t->pos += n;
            b = slice_from(b, n);
            if (t->footer_left == 0)
                rc = t->frame.rc;
        }
    }
    *used = bytes.n - b.n;
    return rc;
}

enum optout_rc id3_end(struct id3 *t)
{
    if (t->header_read && t->left == 0 && t->footer_left == 0)
        return t->frame.rc;
    end_frame(t, PACKET_CUT);
    id3_note(&t->frame, OPTOUT_E_SYNTAX);
    return t->frame.rc;
}
