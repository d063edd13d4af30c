/* SPDX-License-Identifier: Apache-2.0 */
/* font_woff2.c - WOFF2: all tables in one Brotli stream, of which the C2PA table is a
 * stretch.
 *
 * W3C WOFF File Format 2.0 sections 4 (header, table directory 4.1, collection directory
 * 4.2) and 5 (which tables are transformed). Tables stand in the stream in the order of the
 * directory, each with its transformed length.
 *
 * Limits: FONT_MAX_TABLES, FONT_UNPACKED_MAX of the stream, MAX_STORES, MAX_FONTS, and the
 * window that UNPACK_MEMORY_MAX has room for. */
#include "formats/doc/font_internal.h"

#define WOFF2_HEADER 48
#define MAX_STORES 8
#define MAX_FONTS 256
#define ITEM_MAX 15 /* of a directory entry: flags, tag, two lengths of 5 bytes */

#define KNOWN_GLYF 10 /* places in the table of known tags */
#define KNOWN_LOCA 11
#define TAG_GLYF 0x676c7966u
#define TAG_LOCA 0x6c6f6361u

enum state { HEADER, ENTRY, FONTS_VERSION, FONTS_COUNT, FONT_TABLES, FONT_FLAVOR, FONT_INDEX,
             STREAM };

struct font_woff2 {
    const struct format_env *env;
    enum state state;
    enum optout_rc rc;        /* OPTOUT_MORE until it has ended */
    enum optout_rc failed;    /* the first failure that does not end it, or OPTOUT_DONE */
    uint64_t at;              /* bytes fed */
    uint8_t item[WOFF2_HEADER];
    size_t have;
    bool collection;
    unsigned tables;          /* entries of the directory that are to come */
    uint64_t length;          /* of the stream unpacked, as far as the directory was read */
    unsigned fonts, indexes;  /* of the collection directory that are to come */
    unsigned font_count;
    uint64_t packed;          /* bytes of the stream that are to come */
    uint64_t start;           /* where it begins */
    struct stretch {
        uint64_t begin, end;
    } stores[MAX_STORES];
    size_t n, now;            /* stores; the one being read */
    uint64_t out;             /* bytes unpacked */
    bool open;                /* the table is */
    struct font_table table;
    struct font_stream stream;
};

struct font_woff2 *font_woff2_open(const struct format_env *env)
{
    struct font_woff2 *w = arena_alloc(env->arena, sizeof *w);
    if (!w)
        return NULL;
    w->env = env;
    w->rc = OPTOUT_MORE;
    w->failed = OPTOUT_DONE;
    return w;
}

static void fail(struct font_woff2 *w, enum optout_rc rc)
{
    if (w->failed == OPTOUT_DONE && rc < 0)
        w->failed = rc;
}

/* Numbers of a changing length, from *p on, which stands before `end`: 1 and *p behind it, 0
 * when more bytes are wanted, -1 when it is none. */
static int base128(const uint8_t **p, const uint8_t *end, uint32_t *v)
{
    uint32_t n = 0;
    const uint8_t *q = *p;
    for (unsigned i = 0; i < 5; i++) {
        if (q == end)
            return 0;
        uint8_t c = *q++;
        if ((i == 0 && c == 0x80) || n >> 25)
            return -1;
        n = n << 7 | (c & 0x7f);
        if (!(c & 0x80)) {
            *v = n;
            *p = q;
            return 1;
        }
    }
    return -1;
}

/* 255UInt16, from the n bytes of the item. */
static int short255(const uint8_t *p, size_t n, unsigned *v)
{
    size_t want = p[0] == 253 ? 3 : p[0] >= 254 ? 2 : 1;
    if (n < want)
        return 0;
    *v = p[0] == 253 ? be16(p + 1) : p[0] == 254 ? 506u + p[1] : p[0] == 255 ? 253u + p[1] : p[0];
    return 1;
}

static enum optout_rc take_header(struct font_woff2 *w)
{
    w->collection = be32(w->item + 4) == 0x74746366; /* ttcf */
    w->tables = be16(w->item + 12);
    w->packed = be32(w->item + 20);
    w->state = ENTRY;
    if (w->tables == 0)
        return OPTOUT_E_SYNTAX;
    return w->tables > FONT_MAX_TABLES ? OPTOUT_E_LIMIT : OPTOUT_MORE;
}

/* The directory is over: what comes next. */
static enum optout_rc directory_end(struct font_woff2 *w)
{
    if (w->n == 0)
        return w->failed;
    w->state = w->collection ? FONTS_VERSION : STREAM;
    return OPTOUT_MORE;
}

static void add_table(struct font_woff2 *w, bool c2pa, bool transformed, uint32_t length)
{
    uint64_t begin = w->length;
    w->length += length;
    if (!c2pa)
        return;
    if (transformed)
        fail(w, OPTOUT_E_LIMIT);
    else if (w->n == MAX_STORES)
        fail(w, OPTOUT_E_LIMIT);
    else if (length < FONT_TABLE_HEADER)
        fail(w, OPTOUT_E_SYNTAX);
    else
        w->stores[w->n++] = (struct stretch){ begin, w->length };
}

/* One entry out of the item, if it is whole. */
static enum optout_rc take_entry(struct font_woff2 *w)
{
    const uint8_t *p = w->item + 1, *end = w->item + w->have;
    unsigned known = w->item[0] & 0x3f, version = w->item[0] >> 6;
    uint32_t tag = 0, length, transformed_length;
    if (known == 63) {
        if (w->have < 5)
            return OPTOUT_MORE;
        tag = be32(p);
        p += 4;
    }
    bool outline = known == KNOWN_GLYF || known == KNOWN_LOCA || tag == TAG_GLYF ||
                   tag == TAG_LOCA;
    bool transformed = outline ? version != 3 : version != 0;
    int got = base128(&p, end, &length);
    if (got == 1 && transformed) {
        got = base128(&p, end, &transformed_length);
        if (got == 1)
            length = transformed_length;
    }
    if (got < 0)
        return OPTOUT_E_SYNTAX;
    if (got == 0)
        return OPTOUT_MORE;
    w->have = 0;
    add_table(w, tag == FONT_TAG_C2PA, transformed, length);
    return --w->tables ? OPTOUT_MORE : directory_end(w);
}

/* The number of fonts, or that of one font's tables, or one index, out of the item. */
static enum optout_rc take_collection(struct font_woff2 *w)
{
    unsigned v;
    if (!short255(w->item, w->have, &v))
        return OPTOUT_MORE;
    w->have = 0;
    if (w->state == FONTS_COUNT) {
        w->font_count = w->fonts = v;
        w->state = FONT_TABLES;
        return v == 0 ? OPTOUT_E_SYNTAX : v > MAX_FONTS ? OPTOUT_E_LIMIT : OPTOUT_MORE;
    }
    if (w->state == FONT_TABLES) {
        w->indexes = v;
        w->state = FONT_FLAVOR;
        return v == 0 ? OPTOUT_E_SYNTAX : OPTOUT_MORE;
    }
    if (--w->indexes == 0)
        w->state = --w->fonts ? FONT_TABLES : STREAM;
    return OPTOUT_MORE;
}

/* One byte of all that stands before the stream. */
static enum optout_rc take_byte(struct font_woff2 *w, uint8_t c)
{
    w->item[w->have++] = c;
    switch (w->state) {
    case HEADER:
        if (w->have < WOFF2_HEADER)
            return OPTOUT_MORE;
        w->have = 0;
        return take_header(w);
    case ENTRY:
        return take_entry(w);
    case FONTS_VERSION:
    case FONT_FLAVOR:
        if (w->have < 4)
            return OPTOUT_MORE;
        w->have = 0;
        w->state = w->state == FONTS_VERSION ? FONTS_COUNT : FONT_INDEX;
        return OPTOUT_MORE;
    default:
        return take_collection(w);
    }
}

/* ---- the stream ---- */

static void close_table(struct font_woff2 *w, enum packet_end cut)
{
    if (w->open)
        fail(w, font_table_end(&w->table, cut));
    w->open = false;
}

/* As a sink of unpack: tables are picked out of what comes. */
static enum optout_rc unpacked(void *ctx, struct slice bytes)
{
    struct font_woff2 *w = ctx;
    while (bytes.n && w->now < w->n) {
        const struct stretch *s = &w->stores[w->now];
        uint64_t left = (w->out < s->begin ? s->begin : s->end) - w->out;
        struct slice piece = slice_sub(bytes, 0, left < bytes.n ? (size_t)left : bytes.n);
        bytes = slice_from(bytes, piece.n);
        bool inside = w->out >= s->begin;
        w->out += piece.n;
        if (!inside)
            continue;
        if (!w->open) {
            enum packet_role role = w->font_count > 1 ? PACKET_COMPONENT : PACKET_MAIN;
            font_table_open(&w->table, w->env, w->start, true, role, 0);
            w->open = true;
        }
        enum optout_rc rc = font_table_feed(&w->table, piece);
        fail(w, rc);
        if (w->out < s->end && (rc == OPTOUT_OK || w->now + 1 < w->n))
            continue;
        close_table(w, PACKET_CUT);
        w->now++;
    }
    return w->now < w->n ? OPTOUT_OK : OPTOUT_DONE;
}

static enum optout_rc stream_bytes(struct font_woff2 *w, struct slice bytes)
{
    if (!w->stream.unpack) {
        w->start = w->at;
        if (w->stores[0].begin >= FONT_UNPACKED_MAX)
            return OPTOUT_E_LIMIT;
        w->stream.unpack = unpack_open(UNPACK_BROTLI, FONT_UNPACKED_MAX, unpacked, w);
        if (!w->stream.unpack)
            return OPTOUT_E_NOMEM;
    }
    bytes = slice_sub(bytes, 0, w->packed < bytes.n ? (size_t)w->packed : bytes.n);
    w->packed -= bytes.n;
    enum optout_rc rc = font_stream_feed(&w->stream, bytes, w->packed == 0);
    if (rc < 0)
        close_table(w, rc == OPTOUT_E_LIMIT ? PACKET_LIMIT : PACKET_CORRUPT);
    if (rc == OPTOUT_DONE)
        return w->now < w->n ? OPTOUT_E_SYNTAX : w->failed;
    return rc == OPTOUT_MORE && w->packed == 0 ? OPTOUT_E_SYNTAX : rc;
}

enum optout_rc font_woff2_feed(struct font_woff2 *w, struct slice bytes)
{
    while (bytes.n && w->rc == OPTOUT_MORE && w->state != STREAM) {
        w->rc = take_byte(w, bytes.p[0]);
        w->at++;
        bytes = slice_from(bytes, 1);
    }
    if (bytes.n && w->rc == OPTOUT_MORE)
        w->rc = stream_bytes(w, bytes);
    w->at += bytes.n;
    return w->rc;
}

enum optout_rc font_woff2_end(struct font_woff2 *w)
{
    if (w->rc == OPTOUT_MORE && w->stream.unpack) /* what is left of a stream that was cut */
        fail(w, font_stream_feed(&w->stream, SLICE_EMPTY, true));
    close_table(w, PACKET_CUT);
    font_stream_close(&w->stream);
    return w->rc == OPTOUT_MORE ? OPTOUT_E_SYNTAX : w->rc;
}
