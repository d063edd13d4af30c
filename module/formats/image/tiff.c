/* SPDX-License-Identifier: Apache-2.0 */
/* tiff.c - TIFF, BigTIFF, DNG and the raw files of cameras that are built like TIFF.
 *
 * TIFF 6.0 section 2; Adobe TIFF Technical Note 1 (SubIFDs); BigTIFF; Adobe XMP part 3
 * (tag 700); C2PA 2.x "Embedding manifests into TIFF" (tag 52545). Metadata of a page is
 * told from that of the file by where its directory (IFD) stands.
 *
 * Limits: MAX_IFDS, MAX_ENTRIES of one, MAX_SUBIFDS of one, MAX_PACKETS, MAX_PHOTOSHOP,
 * MAX_WANTED ranges waiting, and ranges.h's against what is read over and over. */
#include "formats/parts/photoshop.h"
#include "formats/parts/ranges.h"
#include "formats/rows.h"

#include <inttypes.h>
#include <stdio.h>

#define MAX_IFDS 256
#define MAX_ENTRIES 4096
#define MAX_SUBIFDS 64
#define MAX_PACKETS 512
#define MAX_PHOTOSHOP 16 /* lists of image resources */
#define MAX_WANTED 1024

enum part { PART_HEADER, PART_IFD, PART_SUBIFDS, PART_PACKET };

/* What begins such a file. Raw files of Olympus and Panasonic have a mark of their own. */
static const struct magic {
    struct slice bytes;
    bool big_endian, big;
    bool letters; /* all are, so that more has to be looked at */
} magics[] = {
    { SLICE("II\x2a\0"), false, false, false }, { SLICE("MM\0\x2a"), true, false, false },
    { SLICE("II\x2b\0"), false, true, false },  { SLICE("MM\0\x2b"), true, true, false },
    { SLICE("IIRO"), false, false, true },      { SLICE("IIRS"), false, false, true },
    { SLICE("MMOR"), true, false, true },       { SLICE("IIU\0"), false, false, false },
};

#define TAG_SUBIFDS 330

static const struct field {
    uint16_t tag;
    enum packet_kind kind;
    bool photoshop;  /* not a packet, but image resources with packets in them */
    const char *name; /* of a text; those are read of the first IFD only */
} fields[] = {
    { 270, PACKET_TEXT, false, "ImageDescription" },
    { 700, PACKET_XMP, false, NULL },
    { 33432, PACKET_TEXT, false, "Copyright" },
    { 33723, PACKET_IIM, false, NULL },
    { 34377, PACKET_KIND_COUNT, true, NULL },
    { 52545, PACKET_C2PA, false, NULL },
};
#define FIELDS (sizeof fields / sizeof *fields)

/* Bytes of one value of each type; 0: no such type. */
static const uint8_t type_size[] = { 0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8 };

enum swap { SWAP_UNKNOWN, SWAP_NO, SWAP_YES };

struct tiff {
    const struct format_env *env;
    struct ranges ranges;
    bool big_endian, big;
    enum { IFD_COUNT, IFD_ENTRY, IFD_NEXT } ifd; /* what of the directory comes next */
    unsigned entries;  /* of it that are left */
    uint8_t item[20];  /* what is being gathered: header, entry, offset */
    size_t have;
    uint64_t visited[MAX_IFDS]; /* offsets of directories */
    size_t visits;
    uint32_t subs;     /* SubIFDs met */
    struct seen {
        uint64_t offset, length;
        uint32_t field, role;
    } seen[MAX_PACKETS];
    size_t packets;
    unsigned handle;   /* of the packet of the range being read */
    bool cut_short;    /* it is longer than what is read of it */
    enum swap swap;    /* IIM in LONGs: whether they were swapped */
    uint8_t word[4];
    size_t word_have;
    struct photoshop *photoshop;
    unsigned photoshops;
};

static uint64_t number(const struct tiff *t, const uint8_t *p, size_t n)
{
    switch (n) {
    case 2:
        return t->big_endian ? be16(p) : le16(p);
    case 4:
        return t->big_endian ? be32(p) : le32(p);
    default:
        return t->big_endian ? be64(p) : le64(p);
    }
}

/* Moves bytes to t->item until it has n of them; true when it has, and is to be taken. */
static bool gather(struct tiff *t, size_t n, struct slice *bytes)
{
    size_t k = n - t->have < bytes->n ? n - t->have : bytes->n;
    memcpy(t->item + t->have, bytes->p, k);
    t->have += k;
    *bytes = slice_from(*bytes, k);
    if (t->have < n)
        return false;
    t->have = 0;
    return true;
}

static size_t offset_size(const struct tiff *t)
{
    return t->big ? 8 : 4;
}

static size_t count_size(const struct tiff *t)
{
    return t->big ? 8 : 2;
}

static size_t entry_size(const struct tiff *t)
{
    return t->big ? 20 : 12;
}

/* ---- directories ---- */

/* A directory met again is the end of a chain that loops, or is shared: nothing is new. */
static void want_ifd(struct tiff *t, uint64_t offset, uint32_t page, bool sub)
{
    if (offset == 0)
        return;
    for (size_t i = 0; i < t->visits; i++)
        if (t->visited[i] == offset)
            return;
    if (t->visits == MAX_IFDS) {
        ranges_fail(&t->ranges, OPTOUT_E_LIMIT);
        return;
    }
    t->visited[t->visits++] = offset;
    ranges_want(&t->ranges, &(struct range){ .offset = offset, .length = count_size(t),
                                             .kind = PART_IFD, .a = page,
                                             .b = sub ? ++t->subs : 0 });
}

static enum packet_role role_of(const struct field *f, const struct range *ifd)
{
    /* A manifest store stands in the last directory of the chain, or the first. */
    bool main = ifd->b == 0 && (ifd->a == 0 || f->kind == PACKET_C2PA);
    return main ? PACKET_MAIN : PACKET_COMPONENT;
}

static void want_field(struct tiff *t, const struct range *ifd, uint32_t field, unsigned type,
                       uint64_t offset, uint64_t length)
{
    const struct field *f = &fields[field];
    uint32_t role = role_of(f, ifd);
    if (f->name && role != PACKET_MAIN)
        return;
    for (size_t i = 0; i < t->packets; i++) {
        const struct seen *s = &t->seen[i];
        if (s->offset == offset && s->length == length && s->field == field && s->role == role)
            return;
    }
    if (t->packets == MAX_PACKETS) {
        ranges_fail(&t->ranges, OPTOUT_E_LIMIT);
        return;
    }
    t->seen[t->packets++] = (struct seen){ offset, length, field, role };
    uint32_t longs = f->kind == PACKET_IIM && type_size[type] == 4 ? 1u << 31 : 0;
    ranges_want(&t->ranges, &(struct range){ .offset = offset, .length = length,
                                             .kind = PART_PACKET, .a = ifd->a, .b = ifd->b,
                                             .c = field | longs });
}

/* Directories below this one: `count` offsets of `size` bytes, here or elsewhere. */
static void want_subifds(struct tiff *t, const struct range *ifd, size_t size, uint64_t count,
                         const uint8_t *value)
{
    if (size != 4 && size != 8) {
        ranges_fail(&t->ranges, OPTOUT_E_SYNTAX);
        return;
    }
    if (count > MAX_SUBIFDS) {
        ranges_fail(&t->ranges, OPTOUT_E_LIMIT);
        count = MAX_SUBIFDS;
    }
    if (count * size > offset_size(t)) {
        uint64_t offset = number(t, value, offset_size(t));
        ranges_want(&t->ranges, &(struct range){ .offset = offset, .length = count * size,
                                                 .kind = PART_SUBIFDS, .a = ifd->a,
                                                 .c = (uint32_t)size });
        return;
    }
    for (size_t i = 0; i < count; i++)
        want_ifd(t, number(t, value + i * size, size), ifd->a, true);
}

static void take_entry(struct tiff *t, const struct range *ifd)
{
    uint16_t tag = (uint16_t)number(t, t->item, 2);
    uint32_t field = 0;
    while (field < FIELDS && fields[field].tag != tag)
        field++;
    if (field == FIELDS && tag != TAG_SUBIFDS)
        return;
    unsigned type = (unsigned)number(t, t->item + 2, 2);
    uint64_t count = number(t, t->item + 4, offset_size(t));
    const uint8_t *value = t->item + 4 + offset_size(t);
    if (type >= sizeof type_size || type_size[type] == 0) {
        ranges_fail(&t->ranges, OPTOUT_E_SYNTAX);
        type = 1; /* of no known type: as many bytes */
    }
    size_t size = type_size[type];
    if (tag == TAG_SUBIFDS) {
        want_subifds(t, ifd, size, count, value);
        return;
    }
    if (count > UINT64_MAX / size) {
        ranges_fail(&t->ranges, OPTOUT_E_SYNTAX);
        count = UINT64_MAX / size;
    }
    /* What fits into the entry itself is too short to state anything. */
    if (count * size > offset_size(t))
        want_field(t, ifd, field, type, number(t, value, offset_size(t)), count * size);
}

/* The number of entries is in hand: the range becomes the whole directory. */
static enum optout_rc take_count(struct tiff *t, struct range *ifd)
{
    uint64_t n = number(t, t->item, count_size(t));
    if (n == 0 || n > MAX_ENTRIES) {
        ranges_fail(&t->ranges, n ? OPTOUT_E_LIMIT : OPTOUT_E_SYNTAX);
        return OPTOUT_DONE;
    }
    t->entries = (unsigned)n;
    t->ifd = IFD_ENTRY;
    ifd->length = count_size(t) + n * entry_size(t) + offset_size(t);
    return OPTOUT_MORE;
}

static enum optout_rc ifd_bytes(struct tiff *t, struct range *r, struct slice bytes)
{
    if (r->got == 0)
        t->ifd = IFD_COUNT;
    while (bytes.n) {
        size_t n = t->ifd == IFD_COUNT ? count_size(t)
                   : t->ifd == IFD_ENTRY ? entry_size(t) : offset_size(t);
        if (!gather(t, n, &bytes))
            return OPTOUT_MORE;
        if (t->ifd == IFD_COUNT)
            return take_count(t, r);
        if (t->ifd == IFD_NEXT) {
            want_ifd(t, number(t, t->item, offset_size(t)), r->a + 1, r->b != 0);
            return OPTOUT_MORE;
        }
        take_entry(t, r);
        if (--t->entries == 0)
            t->ifd = IFD_NEXT;
    }
    return OPTOUT_MORE;
}

static enum optout_rc subifds_bytes(struct tiff *t, struct range *r, struct slice bytes)
{
    while (bytes.n && gather(t, r->c, &bytes))
        want_ifd(t, number(t, t->item, r->c), r->a, true);
    return OPTOUT_MORE;
}

static const struct magic *magic_of(struct slice head)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (slice_eq(slice_sub(head, 0, 4), magics[i].bytes))
            return &magics[i];
    return NULL;
}

/* Byte order and the offset of the first directory. */
static enum optout_rc header_bytes(struct tiff *t, struct range *r, struct slice bytes)
{
    if (!gather(t, (size_t)r->length, &bytes))
        return OPTOUT_MORE;
    const struct magic *m = magic_of(slice_of(t->item, 8));
    if (!m) {
        ranges_fail(&t->ranges, OPTOUT_E_SYNTAX);
        return OPTOUT_DONE;
    }
    t->big_endian = m->big_endian;
    t->big = m->big;
    if (m->big && r->length == 8) {
        r->length = 16;
        t->have = 8;
        return OPTOUT_MORE;
    }
    if (m->big && number(t, t->item + 4, 2) != 8) {
        ranges_fail(&t->ranges, OPTOUT_E_LIMIT);
        return OPTOUT_DONE;
    }
    uint64_t first = number(t, t->item + (m->big ? 8 : 4), offset_size(t));
    if (first == 0)
        ranges_fail(&t->ranges, OPTOUT_E_SYNTAX);
    want_ifd(t, first, 0, false);
    return OPTOUT_MORE;
}

/* ---- packets ---- */

static void begin_packet(struct tiff *t, struct range *r, const struct field *f)
{
    char where[PACKET_WHERE_MAX];
    bool sub = r->b != 0;
    snprintf(where, sizeof where, "%s%" PRIu32 " tag %u", sub ? "SubIFD" : "IFD",
             sub ? r->b - 1 : r->a, f->tag);
    enum packet_role role = role_of(f, r);
    t->word_have = 0;
    t->swap = r->c >> 31 ? SWAP_UNKNOWN : SWAP_NO;
    t->cut_short = !f->photoshop && r->length > packet_max[f->kind];
    if (t->cut_short)
        r->length = packet_max[f->kind];
    t->handle = 0;
    t->photoshop = NULL;
    if (f->photoshop) {
        if (t->photoshops++ < MAX_PHOTOSHOP)
            t->photoshop = photoshop_open(t->env, role, slice_cstr(where), r->offset);
        if (!t->photoshop)
            ranges_fail(&t->ranges, t->photoshops > MAX_PHOTOSHOP ? OPTOUT_E_LIMIT
                                                                  : OPTOUT_E_NOMEM);
        return;
    }
    struct packet p = { .kind = f->kind, .role = role, .offset = r->offset,
                        .where = slice_cstr(where), .field = slice_cstr(f->name) };
    t->handle = t->env->out->begin(t->env->out->ctx, &p);
}

static void emit(struct tiff *t, struct slice bytes)
{
    if (t->handle && bytes.n)
        t->env->out->bytes(t->env->out->ctx, t->handle, bytes);
}

/* Datasets that were written as 32-bit numbers and turned into the byte order of the file
 * with them. They begin with 1C. */
static void emit_words(struct tiff *t, struct slice bytes)
{
    uint8_t out[256];
    size_t n = 0;
    for (; bytes.n && t->swap != SWAP_NO; bytes = slice_from(bytes, 1)) {
        t->word[t->word_have++] = bytes.p[0];
        if (t->word_have < sizeof t->word)
            continue;
        t->word_have = 0;
        if (t->swap == SWAP_UNKNOWN)
            t->swap = t->word[0] != 0x1c && t->word[3] == 0x1c ? SWAP_YES : SWAP_NO;
        for (size_t i = 0; i < sizeof t->word; i++)
            out[n++] = t->word[t->swap == SWAP_YES ? 3 - i : i];
        if (n == sizeof out) {
            emit(t, slice_of(out, n));
            n = 0;
        }
    }
    emit(t, slice_of(out, n));
    emit(t, bytes);
}

static enum optout_rc packet_bytes(struct tiff *t, struct range *r, struct slice bytes)
{
    const struct field *f = &fields[r->c & ~(1u << 31)];
    if (r->got == 0) {
        begin_packet(t, r, f);
        if (r->length < bytes.n)
            bytes.n = (size_t)r->length;
    }
    if (f->photoshop) {
        enum optout_rc rc = t->photoshop ? photoshop_feed(t->photoshop, bytes) : OPTOUT_DONE;
        ranges_fail(&t->ranges, rc);
        return rc;
    }
    emit_words(t, bytes);
    return OPTOUT_MORE;
}

static void packet_end(struct tiff *t, const struct range *r, enum optout_rc how)
{
    if (r->got == 0)
        return;
    if (t->photoshop)
        ranges_fail(&t->ranges, photoshop_end(t->photoshop));
    t->photoshop = NULL;
    if (!t->handle)
        return;
    if (t->word_have)
        emit(t, slice_of(t->word, t->word_have));
    t->env->out->end(t->env->out->ctx, t->handle, how != OPTOUT_DONE ? PACKET_CUT
                                                  : t->cut_short ? PACKET_LIMIT : PACKET_WHOLE);
    t->handle = 0;
}

/* ---- the row ---- */

static enum optout_rc part_bytes(void *ctx, struct range *r, struct slice bytes)
{
    static enum optout_rc (*const parts[])(struct tiff *, struct range *, struct slice) = {
        [PART_HEADER] = header_bytes,
        [PART_IFD] = ifd_bytes,
        [PART_SUBIFDS] = subifds_bytes,
        [PART_PACKET] = packet_bytes,
    };
    return parts[r->kind](ctx, r, bytes);
}

static void part_end(void *ctx, struct range *r, enum optout_rc how)
{
    struct tiff *t = ctx;
    t->have = 0;
    if (r->kind == PART_PACKET)
        packet_end(t, r, how);
}

static void *tiff_open(const struct format_env *env)
{
    struct tiff *t = arena_alloc(env->arena, sizeof *t);
    if (!t)
        return NULL;
    t->env = env;
    struct ranges_user user = { part_bytes, part_end, t };
    if (ranges_init(&t->ranges, env, MAX_WANTED, &user) != OPTOUT_OK)
        return NULL;
    ranges_want(&t->ranges, &(struct range){ .length = 8, .kind = PART_HEADER });
    return t;
}

static enum optout_rc tiff_feed(void *state, struct slice bytes)
{
    struct tiff *t = state;
    return ranges_feed(&t->ranges, bytes);
}

static enum optout_rc tiff_end(void *state)
{
    struct tiff *t = state;
    return ranges_end(&t->ranges);
}

static bool tiff_sniff(struct slice head)
{
    const struct magic *m = magic_of(head);
    if (!m || !m->letters || head.n < 8)
        return m != NULL && !m->letters;
    return (m->big_endian ? be32(head.p + 4) : le32(head.p + 4)) <= UINT16_MAX;
}

static const char *const tiff_types[] = {
    "image/tiff", "image/tiff-fx", "image/x-tiff", "image/dng", "image/x-dng",
    "image/x-adobe-dng", "image/x-canon-cr2", "image/x-nikon-nef", "image/x-nikon-nrw",
    "image/x-sony-arw", "image/x-sony-sr2", "image/x-pentax-pef", "image/x-samsung-srw",
    "image/x-olympus-orf", "image/x-panasonic-rw2", "image/x-panasonic-raw", NULL,
};

const struct format format_tiff = {
    .name = "tiff",
    .title = "TIFF",
    .reads = "XMP, C2PA manifest stores, IPTC datasets, image resources, copyright and "
             "description of every directory and subdirectory, as far as the last of them; "
             "also BigTIFF, DNG and raw files built like TIFF",
    .types = tiff_types,
    .sniff = tiff_sniff,
    .to_end = true,
    .open = tiff_open,
    .feed = tiff_feed,
    .end = tiff_end,
};
