/* SPDX-License-Identifier: Apache-2.0 */
/* font.c - TrueType and OpenType fonts and their collections, WOFF. (WOFF2: font_woff2.c.)
 *
 * OpenType 1.9 "Font file"; WOFF 1.0 sections 3 to 5; C2PA 2.x "Embedding manifests into
 * fonts" (table "C2PA"). The directory stands first: a font without that table is done with
 * after a few hundred bytes.
 *
 * Limits: FONT_MAX_TABLES, FONT_UNPACKED_MAX, MAX_FONTS of a collection, MAX_STORES. */
#include "formats/doc/font_internal.h"
#include "formats/parts/ranges.h"
#include "formats/rows.h"

#define MAX_FONTS 256
#define MAX_STORES 64 /* different C2PA tables of a collection */

#define SFNT_HEADER 12
#define SFNT_RECORD 16
#define WOFF_HEADER 44
#define WOFF_RECORD 20

enum part { PART_START, PART_OFFSETS, PART_DIRECTORY, PART_TABLE };

struct font {
    const struct format_env *env;
    struct font_woff2 *woff2; /* it is that, and nothing below is used */
    bool told;                /* whether it is */
    struct ranges ranges;
    bool woff;
    uint32_t fonts;           /* of a collection; else 0 */
    uint8_t item[WOFF_HEADER];
    size_t have;
    size_t header;            /* bytes of the directory's header that are still to come */
    uint32_t met;             /* fonts of the collection whose directory is wanted */
    uint64_t seen[MAX_STORES];
    size_t stores;
    struct font_table table;
    struct font_stream stream;
    enum optout_rc unpack;    /* what it last answered */
};

/* As the kinds of range, so that one item is gathered at a time. */
static bool gather(struct font *f, size_t n, struct slice *bytes)
{
    size_t k = n - f->have < bytes->n ? n - f->have : bytes->n;
    memcpy(f->item + f->have, bytes->p, k);
    f->have += k;
    *bytes = slice_from(*bytes, k);
    if (f->have < n)
        return false;
    f->have = 0;
    return true;
}

static size_t header_size(const struct font *f)
{
    return f->woff ? WOFF_HEADER : SFNT_HEADER;
}

static void want_directory(struct font *f, uint64_t offset, uint32_t font)
{
    ranges_want(&f->ranges, &(struct range){ .offset = offset, .length = header_size(f),
                                             .kind = PART_DIRECTORY, .a = font });
}

static enum optout_rc start_bytes(struct font *f, struct range *r, struct slice bytes)
{
    if (!gather(f, (size_t)r->length, &bytes))
        return OPTOUT_MORE;
    f->woff = be32(f->item) == 0x774f4646; /* wOFF */
    if (be32(f->item) != 0x74746366) {     /* ttcf */
        want_directory(f, 0, 0);
        return OPTOUT_MORE;
    }
    f->fonts = be32(f->item + 8);
    if (f->fonts == 0)
        ranges_fail(&f->ranges, OPTOUT_E_SYNTAX);
    if (f->fonts > MAX_FONTS) {
        ranges_fail(&f->ranges, OPTOUT_E_LIMIT);
        f->fonts = MAX_FONTS;
    }
    ranges_want(&f->ranges, &(struct range){ .offset = SFNT_HEADER, .length = 4 * f->fonts,
                                             .kind = PART_OFFSETS });
    return OPTOUT_MORE;
}

static enum optout_rc offsets_bytes(struct font *f, struct range *r, struct slice bytes)
{
    (void)r;
    while (bytes.n && gather(f, 4, &bytes))
        want_directory(f, be32(f->item), ++f->met);
    return OPTOUT_MORE;
}

/* Fonts of a collection share tables: each is read once. */
static void want_table(struct font *f, uint32_t font, uint32_t offset, uint32_t length,
                       uint32_t unpacked_length)
{
    for (size_t i = 0; i < f->stores; i++)
        if (f->seen[i] == offset)
            return;
    if (f->stores == MAX_STORES) {
        ranges_fail(&f->ranges, OPTOUT_E_LIMIT);
        return;
    }
    f->seen[f->stores++] = offset;
    bool packed = unpacked_length != length;
    if (unpacked_length < FONT_TABLE_HEADER || length == 0)
        ranges_fail(&f->ranges, OPTOUT_E_SYNTAX);
    else
        ranges_want(&f->ranges, &(struct range){ .offset = offset, .length = length,
                                                 .kind = PART_TABLE, .a = font, .b = packed,
                                                 .c = unpacked_length });
}

static void take_record(struct font *f, uint32_t font)
{
    const uint8_t *p = f->item;
    if (be32(p) != FONT_TAG_C2PA)
        return;
    if (!f->woff)
        want_table(f, font, be32(p + 8), be32(p + 12), be32(p + 12));
    else if (be32(p + 8) > be32(p + 12))
        ranges_fail(&f->ranges, OPTOUT_E_SYNTAX);
    else
        want_table(f, font, be32(p + 4), be32(p + 8), be32(p + 12));
}

static enum optout_rc directory_bytes(struct font *f, struct range *r, struct slice bytes)
{
    size_t record = f->woff ? WOFF_RECORD : SFNT_RECORD;
    if (r->got == 0)
        f->header = header_size(f);
    while (bytes.n) {
        if (!gather(f, f->header ? f->header : record, &bytes))
            return OPTOUT_MORE;
        if (!f->header) {
            take_record(f, r->a);
            continue;
        }
        unsigned tables = be16(f->item + (f->woff ? 12 : 4));
        if (tables == 0 || tables > FONT_MAX_TABLES) {
            ranges_fail(&f->ranges, tables ? OPTOUT_E_LIMIT : OPTOUT_E_SYNTAX);
            return OPTOUT_DONE;
        }
        r->length = f->header + tables * record;
        f->header = 0;
    }
    return OPTOUT_MORE;
}

static enum optout_rc unpacked(void *ctx, struct slice bytes)
{
    struct font *f = ctx;
    return font_table_feed(&f->table, bytes);
}

static bool open_table(struct font *f, const struct range *r)
{
    enum packet_role role = f->fonts > 1 ? PACKET_COMPONENT : PACKET_MAIN;
    font_table_open(&f->table, f->env, r->offset, r->b, role, r->a);
    if (!r->b)
        return true;
    uint64_t max = r->c < FONT_UNPACKED_MAX ? r->c : FONT_UNPACKED_MAX;
    f->stream.unpack = unpack_open(UNPACK_ZLIB, max, unpacked, f);
    return f->stream.unpack != NULL;
}

static enum optout_rc table_bytes(struct font *f, struct range *r, struct slice bytes)
{
    if (r->got == 0 && !open_table(f, r)) {
        ranges_fail(&f->ranges, OPTOUT_E_NOMEM);
        return OPTOUT_DONE;
    }
    bool last = r->got + bytes.n == r->length;
    f->unpack = r->b ? font_stream_feed(&f->stream, bytes, last) : OPTOUT_MORE;
    enum optout_rc rc = r->b ? f->unpack : font_table_feed(&f->table, bytes);
    ranges_fail(&f->ranges, rc);
    return rc == OPTOUT_OK || rc == OPTOUT_MORE ? OPTOUT_MORE : OPTOUT_DONE;
}

static void table_end(struct font *f, enum optout_rc how)
{
    enum packet_end cut = PACKET_CUT;
    if (f->stream.unpack) {
        if (how != OPTOUT_DONE) /* what is left of a body that was cut */
            f->unpack = font_stream_feed(&f->stream, SLICE_EMPTY, true);
        else if (f->unpack == OPTOUT_E_LIMIT)
            cut = PACKET_LIMIT;
        else
            cut = PACKET_CORRUPT;
    }
    ranges_fail(&f->ranges, font_table_end(&f->table, cut));
    font_stream_close(&f->stream);
}

/* ---- the row ---- */

static enum optout_rc part_bytes(void *ctx, struct range *r, struct slice bytes)
{
    static enum optout_rc (*const parts[])(struct font *, struct range *, struct slice) = {
        [PART_START] = start_bytes,
        [PART_OFFSETS] = offsets_bytes,
        [PART_DIRECTORY] = directory_bytes,
        [PART_TABLE] = table_bytes,
    };
    return parts[r->kind](ctx, r, bytes);
}

static void part_end(void *ctx, struct range *r, enum optout_rc how)
{
    struct font *f = ctx;
    f->have = 0;
    if (r->kind == PART_TABLE && r->got)
        table_end(f, how);
}

static void *font_open(const struct format_env *env)
{
    struct font *f = arena_alloc(env->arena, sizeof *f);
    if (!f)
        return NULL;
    f->env = env;
    struct ranges_user user = { part_bytes, part_end, f };
    if (ranges_init(&f->ranges, env, MAX_FONTS + MAX_STORES + 1, &user) != OPTOUT_OK)
        return NULL;
    ranges_want(&f->ranges, &(struct range){ .length = SFNT_HEADER, .kind = PART_START });
    return f;
}

/* The mark of WOFF2 is in the first byte of four, "wOF2": it is told once all are there. */
static enum optout_rc tell(struct font *f, struct slice bytes)
{
    static const uint8_t woff2[4] = { 'w', 'O', 'F', '2' };
    size_t n = bytes.n < 4 - f->have ? bytes.n : 4 - f->have;
    memcpy(f->item + f->have, bytes.p, n);
    f->have += n;
    if (f->have < 4)
        return OPTOUT_MORE;
    f->told = true;
    f->have = 0;
    bool yes = memcmp(f->item, woff2, sizeof woff2) == 0;
    f->woff2 = yes ? font_woff2_open(f->env) : NULL;
    if (yes && !f->woff2)
        return OPTOUT_E_NOMEM;
    uint8_t head[4];
    memcpy(head, f->item, sizeof head);
    struct slice before = slice_of(head, sizeof head);
    enum optout_rc rc = yes ? font_woff2_feed(f->woff2, before)
                            : ranges_feed(&f->ranges, before);
    bytes = slice_from(bytes, n);
    if (rc != OPTOUT_MORE || bytes.n == 0)
        return rc;
    return yes ? font_woff2_feed(f->woff2, bytes) : ranges_feed(&f->ranges, bytes);
}

static enum optout_rc font_feed(void *state, struct slice bytes)
{
    struct font *f = state;
    if (!f->told)
        return tell(f, bytes);
    return f->woff2 ? font_woff2_feed(f->woff2, bytes) : ranges_feed(&f->ranges, bytes);
}

static enum optout_rc font_end(void *state)
{
    struct font *f = state;
    return f->woff2 ? font_woff2_end(f->woff2) : ranges_end(&f->ranges);
}

/* A count of tables that can be, and a first tag that is printable. */
static bool directory_looks(struct slice head, size_t count_at, size_t tag_at)
{
    if (head.n < count_at + 2)
        return false;
    unsigned tables = be16(head.p + count_at);
    if (tables == 0 || tables > FONT_MAX_TABLES)
        return false;
    struct slice tag = slice_sub(head, tag_at, 4);
    for (size_t i = 0; i < tag.n; i++)
        if (tag.p[i] < ' ' || tag.p[i] > '~')
            return false;
    return true;
}

static bool font_sniff(struct slice head)
{
    if (head.n < 4)
        return false;
    switch (be32(head.p)) {
    case 0x00010000:
    case 0x4f54544f: /* OTTO */
    case 0x74727565: /* true */
    case 0x74797031: /* typ1 */
        return directory_looks(head, 4, 12);
    case 0x774f4646: /* wOFF */
        return directory_looks(head, 12, 44);
    case 0x774f4632: /* wOF2 */
        return directory_looks(head, 12, head.n);
    case 0x74746366: /* ttcf, version 1 or 2 */
        return head.n >= 8 && (be32(head.p + 4) == 0x10000 || be32(head.p + 4) == 0x20000);
    default:
        return false;
    }
}

static const char *const font_types[] = {
    "font/ttf", "font/otf", "font/sfnt", "font/woff", "font/woff2", "font/collection",
    "application/font-sfnt", "application/font-woff", "application/font-woff2",
    "application/font-ttf", "application/font-otf", "application/x-font-ttf",
    "application/x-font-otf", "application/x-font-truetype", "application/x-font-opentype",
    "application/x-font-woff", "application/x-font-woff2", NULL,
};

const struct format format_font = {
    .name = "font",
    .title = "Fonts: TrueType, OpenType, WOFF, WOFF2",
    .reads = "the C2PA table of TrueType and OpenType fonts and collections, WOFF and WOFF2; "
             "without one, no further than the table directory",
    .types = font_types,
    .sniff = font_sniff,
    .to_end = true,
    .open = font_open,
    .feed = font_feed,
    .end = font_end,
};
