/* SPDX-License-Identifier: Apache-2.0 */
/* movie.c - uuid boxes, moov/udta, moov/meta, compressed movie headers.
 *
 * ISO 16684-3 (XMP), C2PA 2.4 section A.5, ISO/IEC 14496-12 section 8.10 (user data),
 * QuickTime File Format "User Data Atoms", "Compressed movie resources".
 * Limits: those of bmff.h; MOVIE_UNPACKED_MAX; the purpose of a C2PA box 16 bytes; a field
 * of text PACKET_TEXT_MAX; XML is known as XMP by its first XML_HEAD bytes. */
#include "formats/looks.h"
#include "formats/av/movie.h"

#include "syntax/utf8.h"

#define XML_HEAD 4096
#define C2PA_PURPOSE_MAX 16
#define C2PA_HEAD (4 + C2PA_PURPOSE_MAX + 8 + BMFF_STORE_HEAD)

enum action {
    DO_SKIP,
    DO_ENTER,
    DO_META,
    DO_XMP,       /* the payload is a packet */
    DO_XML,       /* the same, when it looks like one; after version and flags */
    DO_XML_DATA,  /* the same, after kind of value and locale */
    DO_UUID,
    DO_TEXT_ISO,  /* version, flags, language, text */
    DO_TEXT_QT,   /* length, language, text */
    DO_TEXT_DATA, /* kind of value, locale, text */
    DO_DCOM,
    DO_CMVD,
    DO_C2PA
};

struct row {
    uint8_t parent;
    uint32_t type;
    uint8_t action;
    uint8_t context; /* of its boxes */
};

#define COPY_MAC BMFF_TYPE(0xa9, 'c', 'p', 'y')

static const struct row rows[] = {
    { MOVIE_TOP, BMFF_TYPE('u', 'u', 'i', 'd'), DO_UUID, 0 },
    { MOVIE_TOP, BMFF_TYPE('m', 'o', 'o', 'v'), DO_ENTER, MOVIE_MOOV },
    { MOVIE_TOP, BMFF_TYPE('u', 'd', 't', 'a'), DO_ENTER, MOVIE_UDTA },
    { MOVIE_TOP, BMFF_TYPE('m', 'e', 't', 'a'), DO_META, MOVIE_META },
    { MOVIE_TOP, BMFF_TYPE('X', 'M', 'P', '_'), DO_XMP, 0 },
    { MOVIE_MOOV, BMFF_TYPE('u', 'd', 't', 'a'), DO_ENTER, MOVIE_UDTA },
    { MOVIE_MOOV, BMFF_TYPE('m', 'e', 't', 'a'), DO_META, MOVIE_META },
    { MOVIE_MOOV, BMFF_TYPE('c', 'm', 'o', 'v'), DO_ENTER, MOVIE_CMOV },
    { MOVIE_MOOV, BMFF_TYPE('u', 'u', 'i', 'd'), DO_UUID, 0 },
    { MOVIE_MOOV, BMFF_TYPE('X', 'M', 'P', '_'), DO_XMP, 0 },
    { MOVIE_MOOV, BMFF_TYPE('t', 'r', 'a', 'k'), DO_ENTER, MOVIE_TRAK },
    { MOVIE_TRAK, BMFF_TYPE('u', 'd', 't', 'a'), DO_ENTER, MOVIE_TRAK_UDTA },
    { MOVIE_TRAK, BMFF_TYPE('m', 'e', 't', 'a'), DO_META, MOVIE_TRAK_UDTA },
    { MOVIE_TRAK, BMFF_TYPE('u', 'u', 'i', 'd'), DO_UUID, 0 },
    { MOVIE_TRAK_UDTA, BMFF_TYPE('X', 'M', 'P', '_'), DO_XMP, 0 },
    { MOVIE_TRAK_UDTA, BMFF_TYPE('m', 'e', 't', 'a'), DO_META, MOVIE_TRAK_UDTA },
    { MOVIE_TRAK_UDTA, BMFF_TYPE('x', 'm', 'l', ' '), DO_XML, 0 },
    { MOVIE_TRAK_UDTA, BMFF_TYPE('u', 'u', 'i', 'd'), DO_UUID, 0 },
    { MOVIE_UDTA, BMFF_TYPE('X', 'M', 'P', '_'), DO_XMP, 0 },
    { MOVIE_UDTA, BMFF_TYPE('m', 'e', 't', 'a'), DO_META, MOVIE_META },
    { MOVIE_UDTA, BMFF_TYPE('u', 'u', 'i', 'd'), DO_UUID, 0 },
    { MOVIE_UDTA, BMFF_TYPE('c', 'p', 'r', 't'), DO_TEXT_ISO, 0 },
    { MOVIE_UDTA, COPY_MAC, DO_TEXT_QT, 0 },
    { MOVIE_META, BMFF_TYPE('x', 'm', 'l', ' '), DO_XML, 0 },
    { MOVIE_META, BMFF_TYPE('u', 'u', 'i', 'd'), DO_UUID, 0 },
    { MOVIE_META, BMFF_TYPE('X', 'M', 'P', '_'), DO_XMP, 0 },
    { MOVIE_META, BMFF_TYPE('i', 'l', 's', 't'), DO_ENTER, MOVIE_ILST },
    { MOVIE_ILST, BMFF_TYPE('c', 'p', 'r', 't'), DO_ENTER, MOVIE_ILST_TEXT },
    { MOVIE_ILST, COPY_MAC, DO_ENTER, MOVIE_ILST_TEXT },
    { MOVIE_ILST, BMFF_TYPE('X', 'M', 'P', '_'), DO_ENTER, MOVIE_ILST_XML },
    { MOVIE_ILST, BMFF_TYPE('-', '-', '-', '-'), DO_ENTER, MOVIE_ILST_XML },
    { MOVIE_ILST_XML, BMFF_TYPE('d', 'a', 't', 'a'), DO_XML_DATA, 0 },
    { MOVIE_ILST_TEXT, BMFF_TYPE('d', 'a', 't', 'a'), DO_TEXT_DATA, 0 },
    { MOVIE_CMOV, BMFF_TYPE('d', 'c', 'o', 'm'), DO_DCOM, 0 },
    { MOVIE_CMOV, BMFF_TYPE('c', 'm', 'v', 'd'), DO_CMVD, 0 },
};

/* Kept of a box before it is known what to do with the rest; 0: nothing. */
static const uint16_t heads[] = {
    [DO_XML] = XML_HEAD, [DO_XML_DATA] = XML_HEAD, [DO_UUID] = 16 + C2PA_HEAD,
    [DO_TEXT_ISO] = PACKET_TEXT_MAX, [DO_TEXT_QT] = PACKET_TEXT_MAX,
    [DO_TEXT_DATA] = PACKET_TEXT_MAX, [DO_DCOM] = 4, [DO_CMVD] = 4,
    [DO_C2PA] = 0,
};

static const uint8_t uuid_c2pa[16] = { 0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C,
                                       0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81 };

static struct slice where(const struct movie *m, const struct bmff_box *b)
{
    if (b->type == BMFF_TYPE('u', 'u', 'i', 'd') && m->walk.depth == 0)
        return SLICE_OF("uuid box");
    return bmff_where(&m->walk);
}

/* Offset in the body of byte n of a box's payload. */
static uint64_t offset_of(const struct movie *m, const struct bmff_box *b, size_t n)
{
    return m->outer != UINT64_MAX ? m->outer : b->offset + b->header_n + n;
}

void movie_init(struct movie *m, const struct format_env *env)
{
    struct bmff_user user = { movie_box, movie_kept, movie_bytes, movie_end_box, m };
    *m = (struct movie){ .env = env, .outer = UINT64_MAX };
    bmff_init(&m->walk, env->arena, &user);
}

/* What a track states is about a part of the movie. */
static enum packet_role role_of(const struct movie *m)
{
    for (unsigned i = 0; i < m->walk.depth; i++)
        if (m->walk.in[i].type == BMFF_TYPE('t', 'r', 'a', 'k'))
            return PACKET_COMPONENT;
    return PACKET_MAIN;
}

static void begin_xmp(struct movie *m, const struct bmff_box *b, size_t from)
{
    struct packet p = { .kind = PACKET_XMP, .role = role_of(m),
                        .offset = offset_of(m, b, from), .where = where(m, b) };
    packet_out_begin(&m->packet, m->env->out, &p);
}

enum bmff_do movie_box(void *ctx, uint32_t parent, struct bmff_box *b)
{
    struct movie *m = ctx;
    m->action = DO_SKIP;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].parent == parent && rows[i].type == b->type) {
            m->action = rows[i].action;
            b->context = rows[i].context;
        }
    if (m->action == DO_ENTER)
        return BMFF_ENTER;
    if (m->action == DO_META)
        return BMFF_ENTER_META;
    if (m->action == DO_SKIP)
        return BMFF_SKIP;
    if (m->action == DO_XMP) {
        begin_xmp(m, b, 0);
        return BMFF_PASS;
    }
    b->keep = heads[m->action];
    return BMFF_KEEP;
}

/* ---- texts ---- */

static struct slice text_of(unsigned action, struct slice s)
{
    size_t from = action == DO_TEXT_ISO ? 6 : action == DO_TEXT_QT ? 4 : 8;
    size_t n = action == DO_TEXT_QT && s.n >= 2 ? be16(s.p) : s.n;
    /* A QuickTime list of texts: the first language's is enough. */
    return slice_sub(s, from, n);
}

static void put_text_field(struct movie *m, const struct bmff_box *b, struct slice s)
{
    struct slice text = text_of(m->action, s);
    uint8_t room[PACKET_TEXT_MAX];
    bool utf16 = m->action == DO_TEXT_DATA ? s.n >= 4 && be32(s.p) == 2
               : m->action == DO_TEXT_ISO && text.n >= 2 &&
                     (be16(text.p) == 0xFEFF || be16(text.p) == 0xFFFE);
    uint64_t offset = offset_of(m, b, (size_t)(text.p - s.p));
    /* ISO texts end in a NUL. */
    text = utf16 ? utf8_from_utf16(text, false, room, sizeof room)
                 : utf8_from_latin1(slice_sub(text, 0, slice_find(text, 0)), room, sizeof room);
    if (text.n == 0)
        return;
    struct packet p = { .kind = PACKET_TEXT, .role = PACKET_MAIN, .offset = offset,
                        .where = where(m, b), .field = SLICE_OF("copyright") };
    packet_put(m->env->out, &p, text, b->left ? PACKET_LIMIT : PACKET_WHOLE);
}

/* ---- uuid ---- */

/* Version and flags, purpose, the offset of the first Merkle box with some purposes, the
 * store. Writers disagree on which purposes have the offset, so the store is looked for. */
static enum bmff_do begin_c2pa(struct movie *m, const struct bmff_box *b, struct slice bytes)
{
    struct slice s = slice_from(bytes, 16 + 4);
    size_t purpose = slice_find(slice_sub(s, 0, C2PA_PURPOSE_MAX), 0);
    struct slice name = slice_sub(s, 0, purpose);
    if (slice_eq(name, SLICE_OF("merkle")))
        return BMFF_SKIP;
    for (size_t skip = 0; skip <= 8; skip += 8) {
        struct slice store = slice_from(s, purpose + 1 + skip);
        if (!looks_like_store(store))
            continue;
        size_t at = (size_t)(store.p - bytes.p);
        m->original = m->original || slice_eq(name, SLICE_OF("original"));
        bmff_store_begin(&m->packet, m->env, offset_of(m, b, at), where(m, b), store);
        return BMFF_PASS;
    }
    bmff_fail(&m->walk, OPTOUT_E_SYNTAX);
    return BMFF_SKIP;
}

static enum bmff_do begin_uuid(struct movie *m, const struct bmff_box *b, struct slice bytes)
{
    if (bytes.n < 16)
        return BMFF_SKIP;
    if (memcmp(bytes.p, uuid_c2pa, 16) == 0 && m->walk.depth == 0)
        return begin_c2pa(m, b, bytes);
    if (memcmp(bytes.p, bmff_uuid_xmp, 16) != 0)
        return BMFF_SKIP;
    begin_xmp(m, b, 16);
    packet_out_bytes(&m->packet, slice_from(bytes, 16));
    return BMFF_PASS;
}

/* ---- compressed movie headers ---- */

static enum optout_rc on_unpacked(void *ctx, struct slice bytes)
{
    struct movie *m = ctx;
    enum optout_rc rc = bmff_feed(&m->walk, bytes);
    return rc == OPTOUT_MORE ? OPTOUT_OK : rc;
}

static enum bmff_do begin_cmvd(struct movie *m, const struct bmff_box *b)
{
    if (m->unpack.unpack || m->outer != UINT64_MAX) {
        bmff_fail(&m->walk, OPTOUT_E_LIMIT); /* one is enough, and none inside another */
        return BMFF_SKIP;
    }
    if (!m->unpacked)
        m->unpacked = arena_alloc(m->env->arena, sizeof *m->unpacked);
    if (m->unpacked) {
        movie_init(m->unpacked, m->env);
        m->unpacked->outer = b->offset;
        if (bmff_unpack_begin(&m->unpack, UNPACK_ZLIB, MOVIE_UNPACKED_MAX, on_unpacked,
                              m->unpacked) == OPTOUT_OK)
            return BMFF_PASS;
    }
    bmff_fail(&m->walk, OPTOUT_E_NOMEM);
    return BMFF_SKIP;
}

static void end_cmvd(struct movie *m)
{
    if (!m->unpack.unpack)
        return;
    enum optout_rc rc = bmff_unpack_end(&m->unpack);
    bmff_fail(&m->walk, rc == OPTOUT_MORE ? OPTOUT_E_SYNTAX : rc);
    bmff_fail(&m->walk, movie_end(m->unpacked));
}

/* ---- boxes as they come ---- */

static enum bmff_do begin_xml(struct movie *m, const struct bmff_box *b, struct slice bytes,
                              size_t from)
{
    if (bytes.n < from || !looks_like_xmp(slice_from(bytes, from)))
        return BMFF_SKIP;
    begin_xmp(m, b, from);
    packet_out_bytes(&m->packet, slice_from(bytes, from));
    return BMFF_PASS;
}

enum bmff_do movie_kept(void *ctx, struct bmff_box *b, struct slice bytes)
{
    struct movie *m = ctx;
    switch (m->action) {
    case DO_UUID:
        return begin_uuid(m, b, bytes);
    case DO_XML:
        return begin_xml(m, b, bytes, 4);
    case DO_XML_DATA:
        return begin_xml(m, b, bytes, 8);
    case DO_DCOM:
        if (!slice_eq(bytes, SLICE_OF("zlib")))
            bmff_fail(&m->walk, OPTOUT_E_LIMIT);
        return BMFF_SKIP;
    case DO_CMVD:
        return begin_cmvd(m, b);
    default:
        put_text_field(m, b, bytes);
        return BMFF_SKIP;
    }
}

void movie_bytes(void *ctx, struct bmff_box *b, struct slice bytes)
{
    struct movie *m = ctx;
    (void)b;
    if (m->action == DO_CMVD) {
        if (m->unpack.unpack)
            (void)!bmff_unpack_bytes(&m->unpack, bytes);
    } else {
        packet_out_bytes(&m->packet, bytes);
    }
}

void movie_end_box(void *ctx, struct bmff_box *b, bool whole)
{
    struct movie *m = ctx;
    if (b->type == BMFF_TYPE('m', 'o', 'o', 'v')) {
        m->moov = m->moov || whole;
        return;
    }
    end_cmvd(m);
    /* A store that is longer than its box. */
    bool cut = !whole || (m->packet.open && m->packet.left != UINT64_MAX);
    if (cut && m->packet.open)
        bmff_fail(&m->walk, OPTOUT_E_SYNTAX);
    packet_out_end(&m->packet, cut ? PACKET_CUT : PACKET_WHOLE);
}

enum optout_rc movie_end(struct movie *m)
{
    enum optout_rc rc = bmff_end(&m->walk);
    end_cmvd(m);
    packet_out_end(&m->packet, PACKET_CUT);
    return m->walk.failed < 0 ? m->walk.failed : rc;
}

/* ---- what a body is ---- */

bool movie_brand(struct slice payload, const char *brands, bool compatible)
{
    for (size_t at = 0; at + 4 <= payload.n; at += 4) {
        /* The second word is the minor version. */
        if (at != 4)
            for (const char *b = brands; *b; b += 4)
                if (memcmp(payload.p + at, b, 4) == 0)
                    return true;
        if (!compatible)
            break;
    }
    return false;
}

bool heif_brands(struct slice head)
{
    struct slice payload;
    return bmff_head_box(head, "ftyp", &payload) &&
           movie_brand(payload, "mif1mif2mif3msf1heicheixheimheishevchevxavifavismiaf"
                                "avciavcsjpegvvicviccevbievbs", true);
}
