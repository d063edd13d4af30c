/* SPDX-License-Identifier: Apache-2.0 */
/* jp2.c - JPEG 2000: JP2, JPX, JPM.
 *
 * ISO/IEC 15444-1 annex I, 15444-2 annex M (boxes), ISO 16684-3 (XMP in a uuid box). Limits:
 * those of bmff.h; FORMAT_*_MAX; XML is known as XMP by its first XML_HEAD bytes; EXIF_MAX. */
#include "formats/looks.h"
#include "formats/parts/exif.h"
#include "formats/av/movie.h"
#include "formats/rows.h"

#define XML_HEAD 4096

static const uint8_t signature[4] = { 0x0D, 0x0A, 0x87, 0x0A };

static const uint8_t uuid_iim[16] = { 0x33, 0xC7, 0xA4, 0xD2, 0xB8, 0x1D, 0x47, 0x23,
                                      0xA0, 0xBA, 0xF1, 0xA3, 0xE0, 0x97, 0xAD, 0x38 };
/* "JpgTiffExif->JP2" */
static const uint8_t uuid_exif[16] = { 0x4A, 0x70, 0x67, 0x54, 0x69, 0x66, 0x66, 0x45,
                                       0x78, 0x69, 0x66, 0x2D, 0x3E, 0x4A, 0x50, 0x32 };

#define IN_PART 1 /* context of the boxes in an asoc box */

enum jp2_action { DO_UUID, DO_XML, DO_STORE };

struct jp2 {
    const struct format_env *env;
    struct bmff walk;
    struct packet_out packet;
    enum jp2_action action;
    bool part; /* the box stands in one that is about a part */
    bool exif; /* a uuid box of that kind is collected */
    uint64_t exif_offset;
    size_t block_n;
    uint8_t *block;
};

static enum bmff_do on_box(void *ctx, uint32_t parent, struct bmff_box *b)
{
    static const struct {
        uint32_t type;
        enum jp2_action action;
        size_t keep;
    } rows[] = {
        { BMFF_TYPE('u', 'u', 'i', 'd'), DO_UUID, 16 },
        { BMFF_TYPE('x', 'm', 'l', ' '), DO_XML, XML_HEAD },
        { BMFF_TYPE('j', 'u', 'm', 'b'), DO_STORE, BMFF_STORE_HEAD },
    };
    struct jp2 *j = ctx;
    bool info = b->type == BMFF_TYPE('u', 'i', 'n', 'f');
    bool part = b->type == BMFF_TYPE('a', 's', 'o', 'c');
    j->part = parent == IN_PART;
    b->context = part || j->part ? IN_PART : 0;
    if (info || part)
        return BMFF_ENTER;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].type == b->type) {
            j->action = rows[i].action;
            b->keep = rows[i].keep;
            return BMFF_KEEP;
        }
    return BMFF_SKIP;
}

static enum packet_role role_of(const struct jp2 *j)
{
    return j->part ? PACKET_COMPONENT : PACKET_MAIN;
}

static void begin(struct jp2 *j, enum packet_kind kind, uint64_t offset, struct slice where)
{
    struct packet p = { .kind = kind, .role = role_of(j), .offset = offset, .where = where };
    packet_out_begin(&j->packet, j->env->out, &p);
}

static enum bmff_do begin_uuid(struct jp2 *j, const struct bmff_box *b, struct slice uuid)
{
    uint64_t offset = b->offset + b->header_n + 16;
    if (uuid.n < 16)
        return BMFF_SKIP;
    if (memcmp(uuid.p, bmff_uuid_xmp, 16) == 0)
        begin(j, PACKET_XMP, offset, SLICE_OF("uuid box"));
    else if (memcmp(uuid.p, uuid_iim, 16) == 0)
        begin(j, PACKET_IIM, offset, SLICE_OF("uuid box"));
    else if (memcmp(uuid.p, uuid_exif, 16) != 0)
        return BMFF_SKIP;
    else {
        if (!j->block)
            j->block = arena_take(j->env->arena, EXIF_MAX);
        j->exif = j->block != NULL;
        j->exif_offset = offset;
        j->block_n = 0;
        if (!j->exif)
            bmff_fail(&j->walk, OPTOUT_E_NOMEM);
    }
    return BMFF_PASS;
}

static enum bmff_do on_kept(void *ctx, struct bmff_box *b, struct slice bytes)
{
    struct jp2 *j = ctx;
    if (j->action == DO_UUID)
        return begin_uuid(j, b, bytes);
    if (j->action == DO_XML) {
        if (!looks_like_xmp(bytes))
            return BMFF_SKIP;
        begin(j, PACKET_XMP, b->offset + b->header_n, SLICE_OF("xml box"));
        packet_out_bytes(&j->packet, bytes);
        return BMFF_PASS;
    }
    return bmff_store_box(&j->packet, j->env, b, bytes);
}

static void on_bytes(void *ctx, struct bmff_box *b, struct slice bytes)
{
    struct jp2 *j = ctx;
    (void)b;
    if (!j->exif) {
        packet_out_bytes(&j->packet, bytes);
        return;
    }
    bytes = slice_sub(bytes, 0, EXIF_MAX - j->block_n);
    if (bytes.n)
        memcpy(j->block + j->block_n, bytes.p, bytes.n);
    j->block_n += bytes.n;
}

static void on_end(void *ctx, struct bmff_box *b, bool whole)
{
    struct jp2 *j = ctx;
    (void)b;
    packet_out_end(&j->packet, whole ? PACKET_WHOLE : PACKET_CUT);
    if (j->exif)
        exif_read(j->env, role_of(j), SLICE_OF("uuid box"), j->exif_offset,
                  slice_of(j->block, j->block_n));
    j->exif = false;
}

static bool sniff(struct slice head)
{
    struct slice p;
    return (bmff_head_box(head, "jP  ", &p) &&
            slice_eq(slice_sub(p, 0, 4), slice_of(signature, sizeof signature))) ||
           (bmff_head_box(head, "ftyp", &p) && movie_brand(p, "jp2 jpx jpm jph mjp2", false));
}

static void *open_jp2(const struct format_env *env)
{
    struct jp2 *j = arena_alloc(env->arena, sizeof *j);
    if (!j)
        return NULL;
    struct bmff_user user = { on_box, on_kept, on_bytes, on_end, j };
    j->env = env;
    bmff_init(&j->walk, env->arena, &user);
    return j;
}

static enum optout_rc feed(void *state, struct slice bytes)
{
    struct jp2 *j = state;
    return bmff_feed(&j->walk, bytes);
}

static enum optout_rc end(void *state)
{
    struct jp2 *j = state;
    return bmff_end(&j->walk);
}

static const char *const jp2_types[] = { "image/jp2", "image/jpx", "image/jpm", "image/jph",
                                         "video/mj2", "image/x-jp2", NULL };

const struct format format_jp2 = {
    .name = "jp2",
    .title = "JPEG 2000",
    .reads = "XMP, IPTC and Exif in uuid boxes, XMP in xml boxes, also of uinf and asoc boxes, "
             "Content Credentials in jumb boxes, to the end of the file",
    .types = jp2_types,
    .sniff = sniff,
    .to_end = true,
    .open = open_jp2,
    .feed = feed,
    .end = end,
};
