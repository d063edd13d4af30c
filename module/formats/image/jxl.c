/* SPDX-License-Identifier: Apache-2.0 */
/* jxl.c - JPEG XL.
 *
 * ISO/IEC 18181-2 (container: xml, Exif, jumb, brob boxes), C2PA 2.4 section A.3. A naked
 * codestream holds no metadata. Limits: those of bmff.h; FORMAT_*_MAX; unpacked boxes too;
 * EXIF_MAX. */
#include "formats/looks.h"
#include "formats/parts/exif.h"
#include "formats/av/movie.h"
#include "formats/rows.h"

#define BROB_TYPE_BYTES 4

static const uint8_t signature[4] = { 0x0D, 0x0A, 0x87, 0x0A };

enum jxl_action { DO_XML, DO_STORE, DO_EXIF, DO_BROB };

struct jxl {
    const struct format_env *env;
    struct bmff walk;
    struct packet_out packet;
    enum jxl_action action;
    unsigned head_n; /* bytes of the body compared with the signature of a codestream */
    uint8_t head[2];
    struct bmff_unpack unpack;
    uint64_t brob_offset;
    bool store;   /* what is unpacked is a jumb box */
    bool ignored; /* and not a manifest store */
    uint8_t first[BMFF_STORE_HEAD]; /* of the unpacked jumb box, its header put back */
    size_t first_n;
};

static struct slice where_of(const struct jxl *x, bool brob)
{
    return brob ? (x->store ? SLICE_OF("brob box, jumb") : SLICE_OF("brob box, xml"))
                : SLICE_OF("xml box");
}

static enum bmff_do on_box(void *ctx, uint32_t parent, struct bmff_box *b)
{
    struct jxl *x = ctx;
    (void)parent;
    if (b->type == BMFF_TYPE('x', 'm', 'l', ' ')) {
        struct packet p = { .kind = PACKET_XMP, .role = PACKET_MAIN,
                            .offset = b->offset + b->header_n, .where = where_of(x, false) };
        packet_out_begin(&x->packet, x->env->out, &p);
        x->action = DO_XML;
        return BMFF_PASS;
    }
    if (b->type == BMFF_TYPE('j', 'u', 'm', 'b')) {
        b->keep = BMFF_STORE_HEAD;
        x->action = DO_STORE;
        return BMFF_KEEP;
    }
    if (b->type == BMFF_TYPE('E', 'x', 'i', 'f')) {
        b->keep = EXIF_MAX;
        x->action = DO_EXIF;
        return BMFF_KEEP;
    }
    b->keep = BROB_TYPE_BYTES;
    x->action = DO_BROB;
    return b->type == BMFF_TYPE('b', 'r', 'o', 'b') ? BMFF_KEEP : BMFF_SKIP;
}

/* ---- compressed boxes ---- */

static enum optout_rc on_unpacked_store(struct jxl *x, struct slice bytes)
{
    size_t want = sizeof x->first - x->first_n;
    struct slice now = slice_sub(bytes, 0, want);
    if (now.n)
        memcpy(x->first + x->first_n, now.p, now.n);
    x->first_n += now.n;
    if (want && x->first_n == sizeof x->first) {
        struct slice first = slice_of(x->first, x->first_n);
        x->ignored = !looks_like_store(first);
        if (!x->ignored)
            bmff_store_begin(&x->packet, x->env, x->brob_offset, where_of(x, true), first);
    }
    packet_out_bytes(&x->packet, slice_from(bytes, now.n));
    return OPTOUT_OK;
}

static enum optout_rc on_unpacked(void *ctx, struct slice bytes)
{
    struct jxl *x = ctx;
    if (x->store)
        return on_unpacked_store(x, bytes);
    packet_out_bytes(&x->packet, bytes);
    return OPTOUT_OK;
}

static enum bmff_do begin_brob(struct jxl *x, const struct bmff_box *b, struct slice type)
{
    /* The header of the jumb box is not compressed with it. Its length is not told: 0. */
    static const uint8_t jumb[8] = { 0, 0, 0, 0, 'j', 'u', 'm', 'b' };
    x->store = slice_eq_nocase(type, SLICE_OF("jumb"));
    if (!x->store && !slice_eq_nocase(type, SLICE_OF("xml ")))
        return BMFF_SKIP;
    x->brob_offset = b->offset;
    memcpy(x->first, jumb, sizeof jumb);
    x->first_n = sizeof jumb;
    x->ignored = false;
    enum optout_rc rc = bmff_unpack_begin(&x->unpack, UNPACK_BROTLI,
                                          x->store ? PACKET_C2PA_MAX : PACKET_XMP_MAX,
                                          on_unpacked, x);
    if (rc != OPTOUT_OK) {
        bmff_fail(&x->walk, rc);
        return BMFF_SKIP;
    }
    struct packet p = { .kind = PACKET_XMP, .role = PACKET_MAIN, .offset = b->offset,
                        .where = where_of(x, true) };
    if (!x->store)
        packet_out_begin(&x->packet, x->env->out, &p);
    return BMFF_PASS;
}

static void end_brob(struct jxl *x, bool whole)
{
    if (!x->unpack.unpack)
        return;
    enum optout_rc rc = bmff_unpack_end(&x->unpack);
    packet_out_end(&x->packet, bmff_unpack_how(rc));
    /* Another jumb box that is broken does not matter. */
    if (rc == OPTOUT_DONE || (x->ignored && whole))
        return;
    bmff_fail(&x->walk, rc == OPTOUT_MORE ? OPTOUT_E_SYNTAX : rc);
}

/* ---- boxes as they come ---- */

static enum bmff_do on_kept(void *ctx, struct bmff_box *b, struct slice bytes)
{
    struct jxl *x = ctx;
    if (x->action == DO_BROB)
        return bytes.n == BROB_TYPE_BYTES ? begin_brob(x, b, bytes) : BMFF_SKIP;
    if (x->action == DO_EXIF) {
        /* Behind the offset of the block. */
        struct slice block = slice_from(bytes, 4);
        size_t from = bytes.n >= 4 ? be32(bytes.p) : 0;
        exif_read(x->env, PACKET_MAIN, SLICE_OF("Exif box"),
                  b->offset + b->header_n + 4 + from, slice_from(block, from));
        return BMFF_SKIP;
    }
    return bmff_store_box(&x->packet, x->env, b, bytes);
}

static void on_bytes(void *ctx, struct bmff_box *b, struct slice bytes)
{
    struct jxl *x = ctx;
    (void)b;
    if (x->unpack.unpack)
        (void)!bmff_unpack_bytes(&x->unpack, bytes);
    else
        packet_out_bytes(&x->packet, bytes);
}

static void on_end(void *ctx, struct bmff_box *b, bool whole)
{
    struct jxl *x = ctx;
    (void)b;
    end_brob(x, whole);
    packet_out_end(&x->packet, whole ? PACKET_WHOLE : PACKET_CUT);
}

static bool sniff(struct slice head)
{
    if (head.n >= 2 && head.p[0] == 0xFF && head.p[1] == 0x0A)
        return true;
    struct slice p;
    return (bmff_head_box(head, "JXL ", &p) &&
            slice_eq(slice_sub(p, 0, 4), slice_of(signature, sizeof signature))) ||
           (bmff_head_box(head, "ftyp", &p) && movie_brand(p, "jxl ", false));
}

static void *open_jxl(const struct format_env *env)
{
    struct jxl *x = arena_alloc(env->arena, sizeof *x);
    if (!x)
        return NULL;
    struct bmff_user user = { on_box, on_kept, on_bytes, on_end, x };
    x->env = env;
    bmff_init(&x->walk, env->arena, &user);
    return x;
}

static bool naked(const struct jxl *x)
{
    return x->head_n == 2 && x->head[0] == 0xFF && x->head[1] == 0x0A;
}

/* Two bytes prove little when the header names another file. */
static enum optout_rc judge_naked(const struct jxl *x)
{
    const struct format *named = format_of_type(x->env->declared);
    return named && named != &format_jxl ? OPTOUT_E_SYNTAX : OPTOUT_DONE;
}

static enum optout_rc feed(void *state, struct slice bytes)
{
    struct jxl *x = state;
    for (size_t i = 0; i < bytes.n && x->head_n < 2; i++)
        x->head[x->head_n++] = bytes.p[i];
    return naked(x) ? judge_naked(x) : bmff_feed(&x->walk, bytes);
}

static enum optout_rc end(void *state)
{
    struct jxl *x = state;
    if (naked(x))
        return judge_naked(x);
    (void)!bmff_end(&x->walk);
    end_brob(x, false);
    return x->walk.failed;
}

static const char *const jxl_types[] = { "image/jxl", NULL };

const struct format format_jxl = {
    .name = "jxl",
    .title = "JPEG XL",
    .reads = "XMP, Exif and Content Credentials in the boxes of the container, plain or packed "
             "with Brotli, to the end of the file; a naked codestream holds none",
    .types = jxl_types,
    .sniff = sniff,
    .to_end = true,
    .open = open_jxl,
    .feed = feed,
    .end = end,
};
