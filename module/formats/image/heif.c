/* SPDX-License-Identifier: Apache-2.0 */
/* heif.c - HEIF and AVIF images and image sequences.
 *
 * ISO/IEC 23008-12, ISO/IEC 14496-12 section 8.11. Items are read where the meta box says,
 * one after the other, from bytes that went by or are to come. Limits: those of bmff.h,
 * movie.c and heif_items.c; a meta box of BMFF_KEEP_MAX; EXIF_MAX; PACKET_XMP_MAX, also when
 * unpacked. */
#include "formats/image/heif.h"

#include "formats/parts/exif.h"
#include "formats/av/movie.h"
#include "formats/parts/ranges.h"
#include "formats/rows.h"

#define EXIF_BLOCK_MAX (4 + EXIF_MAX) /* with the offset in front */

enum own { OWN_NONE, OWN_FTYP, OWN_META, OWN_MINI };

struct heif {
    struct movie movie; /* first: its functions are given this */
    const struct format_env *env;
    struct ranges ranges;
    struct heif_items items;
    enum own own;
    bool sequence;  /* by its major brand: a movie box matters */
    bool meta, mdat, mdat_first, done;
    size_t item;    /* which of items is read */
    unsigned extent;
    bool reading;   /* of that item, `extent` is wanted */
    struct packet_out packet;
    struct bmff_unpack unpack;
    uint8_t *block; /* an Exif block; or the end of a minimized image */
    size_t block_n, block_size;
    uint64_t idat_at;
    uint64_t tail_at, mini_at; /* of the minimized image: where its kept end begins, and how
                                  much of it went by */
    uint8_t mini_head[2];
};

/* ---- items ---- */

static struct slice item_where(const struct heif *h, const struct heif_item *item)
{
    return format_where(h->env->arena, "item %u", (unsigned)item->id);
}

static uint64_t item_offset(const struct heif *h, const struct heif_item *item)
{
    return item->extent[0].offset + (item->in_idat ? h->idat_at : 0);
}

static enum optout_rc on_unpacked(void *ctx, struct slice bytes)
{
    struct heif *h = ctx;
    packet_out_bytes(&h->packet, bytes);
    return OPTOUT_OK;
}

static void begin_item(struct heif *h, const struct heif_item *item)
{
    static const enum unpack_kind kinds[] = { [HEIF_DEFLATE] = UNPACK_ZLIB,
                                              [HEIF_GZIP] = UNPACK_GZIP,
                                              [HEIF_BROTLI] = UNPACK_BROTLI };
    h->block_n = 0;
    if (item->exif) {
        if (!h->block)
            h->block = arena_take(h->env->arena, EXIF_BLOCK_MAX);
        h->block_size = h->block ? EXIF_BLOCK_MAX : 0;
        return;
    }
    struct packet p = { .kind = PACKET_XMP, .role = item->role, .offset = item_offset(h, item),
                        .where = item_where(h, item) };
    packet_out_begin(&h->packet, h->env->out, &p);
    if (item->coding == HEIF_PLAIN)
        return;
    if (bmff_unpack_begin(&h->unpack, kinds[item->coding], PACKET_XMP_MAX, on_unpacked, h) !=
        OPTOUT_OK)
        bmff_fail(&h->movie.walk, OPTOUT_E_NOMEM);
}

/* False when no more of it is of use. */
static bool item_bytes(struct heif *h, const struct heif_item *item, struct slice bytes)
{
    if (item->exif) {
        bytes = slice_sub(bytes, 0, h->block_size - h->block_n);
        if (bytes.n)
            memcpy(h->block + h->block_n, bytes.p, bytes.n);
        h->block_n += bytes.n;
        return h->block_n < h->block_size;
    }
    if (h->unpack.unpack)
        return bmff_unpack_bytes(&h->unpack, bytes);
    packet_out_bytes(&h->packet, bytes);
    return h->packet.open;
}

static enum packet_end end_of(struct heif *h, enum optout_rc rc)
{
    if (!h->unpack.unpack)
        return rc == OPTOUT_DONE ? PACKET_WHOLE : PACKET_CUT;
    enum optout_rc packed = bmff_unpack_end(&h->unpack);
    if (packed != OPTOUT_DONE)
        bmff_fail(&h->movie.walk, packed == OPTOUT_MORE ? OPTOUT_E_SYNTAX : packed);
    return bmff_unpack_how(packed);
}

/* `rc`: why no more of it comes; OPTOUT_DONE when all of it did. */
static void end_item(struct heif *h, const struct heif_item *item, enum optout_rc rc)
{
    struct slice block = slice_of(h->block, h->block_n);
    if (!item->exif) {
        bmff_fail(&h->movie.walk, rc);
        packet_out_end(&h->packet, end_of(h, rc));
    } else if (block.n > 4) {
        size_t from = be32(block.p);
        exif_read(h->env, item->role, item_where(h, item), item_offset(h, item) + 4 + from,
                  slice_from(slice_from(block, 4), from));
    }
}

static void read_from_idat(struct heif *h, const struct heif_item *item)
{
    enum optout_rc rc = OPTOUT_DONE;
    begin_item(h, item);
    for (unsigned i = 0; i < item->n && rc == OPTOUT_DONE; i++) {
        const struct heif_extent *e = &item->extent[i];
        struct slice s = h->items.idat;
        bool open_end = e->length == UINT64_MAX;
        if (e->offset > s.n || (!open_end && e->length > s.n - e->offset))
            rc = OPTOUT_E_SYNTAX;
        size_t from = e->offset < s.n ? (size_t)e->offset : s.n;
        s = slice_sub(s, from, e->length < s.n ? (size_t)e->length : s.n);
        if (s.n && !item_bytes(h, item, s))
            break;
    }
    end_item(h, item, rc);
}

/* Wants the next extent in the file; what has come to its end on the way ends. */
static void want_next(struct heif *h)
{
    while (h->item < h->items.n) {
        const struct heif_item *item = &h->items.v[h->item];
        if (item->in_idat) {
            read_from_idat(h, item);
            h->item++;
            continue;
        }
        if (!h->reading)
            begin_item(h, item);
        h->reading = true;
        enum optout_rc rc = OPTOUT_DONE;
        if (h->extent < item->n) {
            const struct heif_extent *e = &item->extent[h->extent++];
            struct range r = { .offset = e->offset, .length = e->length };
            if (r.length > UINT64_MAX - r.offset)
                r.length = UINT64_MAX - r.offset;
            size_t before = h->ranges.n;
            ranges_want(&h->ranges, &r);
            if (h->ranges.n > before)
                return;
            rc = OPTOUT_E_SYNTAX; /* beyond the announced end */
        }
        end_item(h, item, rc);
        h->reading = false;
        h->extent = 0;
        h->item++;
    }
}

static enum optout_rc on_range(void *ctx, struct range *r, struct slice bytes)
{
    struct heif *h = ctx;
    const struct heif_item *item = &h->items.v[h->item];
    (void)r;
    if (item_bytes(h, item, bytes))
        return OPTOUT_MORE;
    h->extent = item->n; /* enough */
    return OPTOUT_DONE;
}

static void on_range_end(void *ctx, struct range *r, enum optout_rc how)
{
    struct heif *h = ctx;
    const struct heif_item *item = &h->items.v[h->item];
    /* An extent without a length goes to the end of the body. */
    if (how == OPTOUT_E_SYNTAX && r->got && r->length == UINT64_MAX - r->offset)
        how = OPTOUT_DONE;
    if (how != OPTOUT_DONE) {
        end_item(h, item, how);
        h->reading = false;
        h->extent = 0;
        h->item++;
    }
    want_next(h);
}

/* ---- boxes ---- */

static enum bmff_do begin_mini(struct heif *h, const struct bmff_box *b)
{
    uint64_t size = b->left;
    if (size == UINT64_MAX && h->env->length != UINT64_MAX && h->env->length > b->offset)
        size = h->env->length - b->offset - b->header_n;
    h->block_size = size < HEIF_MINI_TAIL ? (size_t)size : HEIF_MINI_TAIL;
    h->tail_at = size == UINT64_MAX ? 0 : size - h->block_size;
    h->mini_at = 0;
    h->block_n = 0;
    h->block = arena_take(h->env->arena, h->block_size ? h->block_size : 1);
    if (!h->block) {
        bmff_fail(&h->movie.walk, OPTOUT_E_NOMEM);
        return BMFF_SKIP;
    }
    h->own = OWN_MINI;
    h->meta = true;
    return BMFF_PASS;
}

static enum bmff_do on_box(void *ctx, uint32_t parent, struct bmff_box *b)
{
    struct heif *h = ctx;
    h->own = OWN_NONE;
    if (parent != MOVIE_TOP)
        return movie_box(ctx, parent, b);
    switch (b->type) {
    case BMFF_TYPE('f', 't', 'y', 'p'):
        h->own = OWN_FTYP;
        b->keep = 4;
        return BMFF_KEEP;
    case BMFF_TYPE('m', 'e', 't', 'a'):
        if (h->meta)
            return BMFF_SKIP; /* there is one */
        h->own = OWN_META;
        b->keep = BMFF_KEEP_MAX;
        return BMFF_KEEP;
    case BMFF_TYPE('m', 'i', 'n', 'i'):
        return h->meta ? BMFF_SKIP : begin_mini(h, b);
    case BMFF_TYPE('m', 'd', 'a', 't'):
        h->mdat_first = h->mdat_first || !h->meta;
        h->mdat = true;
        return BMFF_SKIP;
    default:
        return movie_box(ctx, parent, b);
    }
}

static enum bmff_do on_kept(void *ctx, struct bmff_box *b, struct slice bytes)
{
    struct heif *h = ctx;
    if (h->own == OWN_NONE)
        return movie_kept(ctx, b, bytes);
    if (h->own == OWN_FTYP) {
        h->sequence = !movie_brand(bytes, "mif1mif2mif3heicheixheimheisavifmiaf", false);
        return BMFF_SKIP;
    }
    h->meta = true;
    if (b->left && bytes.n == BMFF_KEEP_MAX)
        bmff_fail(&h->movie.walk, OPTOUT_E_LIMIT);
    heif_items_read(&h->items, h->env->arena, bytes);
    bmff_fail(&h->movie.walk, h->items.failed);
    if (h->items.idat.p)
        h->idat_at = b->offset + b->header_n + (uint64_t)(h->items.idat.p - bytes.p);
    want_next(h);
    return BMFF_SKIP;
}

static void on_bytes(void *ctx, struct bmff_box *b, struct slice bytes)
{
    struct heif *h = ctx;
    if (h->own != OWN_MINI) {
        movie_bytes(ctx, b, bytes);
        return;
    }
    for (size_t i = 0; i < bytes.n && h->mini_at + i < sizeof h->mini_head; i++)
        h->mini_head[h->mini_at + i] = bytes.p[i];
    uint64_t skip = h->mini_at < h->tail_at ? h->tail_at - h->mini_at : 0;
    h->mini_at += bytes.n;
    bytes = slice_from(bytes, skip < bytes.n ? (size_t)skip : bytes.n);
    size_t room = h->block_size - h->block_n;
    if (bytes.n > room && heif_mini_has_xmp(h->mini_head))
        bmff_fail(&h->movie.walk, OPTOUT_E_LIMIT);
    bytes = slice_sub(bytes, 0, room);
    if (bytes.n)
        memcpy(h->block + h->block_n, bytes.p, bytes.n);
    h->block_n += bytes.n;
}

static void on_end(void *ctx, struct bmff_box *b, bool whole)
{
    struct heif *h = ctx;
    if (h->own != OWN_MINI) {
        movie_end_box(ctx, b, whole);
        return;
    }
    h->own = OWN_NONE;
    if (whole)
        h->mdat = true; /* its pictures are in it */
    if (whole && h->mini_at >= 2 && heif_mini_has_xmp(h->mini_head))
        bmff_fail(&h->movie.walk,
                  heif_mini_read(h->env, slice_of(h->block, h->block_n),
                                 b->offset + b->header_n + h->tail_at));
}

/* ---- the format ---- */

static void *open_heif(const struct format_env *env)
{
    struct heif *h = arena_alloc(env->arena, sizeof *h);
    if (!h)
        return NULL;
    struct ranges_user user = { on_range, on_range_end, h };
    if (ranges_init(&h->ranges, env, 1, &user) != OPTOUT_OK)
        return NULL;
    h->env = env;
    movie_init(&h->movie, env);
    h->movie.walk.user = (struct bmff_user){ on_box, on_kept, on_bytes, on_end, h };
    return h;
}

static bool settled(const struct heif *h)
{
    return h->meta && h->mdat && !h->mdat_first && h->item == h->items.n && h->own == OWN_NONE &&
           !h->movie.original && (!h->sequence || h->movie.moov);
}

static bool wanting(const struct heif *h)
{
    return h->ranges.busy || h->ranges.n;
}

/* Items and boxes may lie across each other in a broken file. What is told while an item is
 * read is told in the order of the file: the item's bytes first, and never more of them than
 * the walker takes at a time. Returns how many bytes were consumed. */
static size_t heif_step(struct heif *h, struct slice bytes)
{
    struct bmff *w = &h->movie.walk;
    if (!wanting(h)) {
        size_t n = bmff_step(w, bytes);
        h->ranges.at += n;
        return n;
    }
    if (w->state == BMFF_IN_HEADER || w->state == BMFF_IN_KEPT)
        bytes.n = 1;
    else if (bytes.n > w->box.left)
        bytes.n = (size_t)w->box.left;
    (void)!ranges_feed(&h->ranges, bytes);
    return bmff_step(w, bytes);
}

static enum optout_rc feed(void *state, struct slice bytes)
{
    struct heif *h = state;
    while (bytes.n) {
        bytes = slice_from(bytes, heif_step(h, bytes));
        h->done = settled(h);
        if (h->done)
            return OPTOUT_DONE;
        if (bmff_stuck(&h->movie.walk) && !wanting(h))
            return h->movie.walk.failed;
    }
    return OPTOUT_MORE;
}

static enum optout_rc end(void *state)
{
    struct heif *h = state;
    if (!h->done)
        (void)!movie_end(&h->movie); /* a meta box without a size is read only now */
    if (!h->meta && !h->movie.moov)
        bmff_fail(&h->movie.walk, OPTOUT_E_SYNTAX); /* no image has neither */
    (void)!ranges_end(&h->ranges);
    if (h->item < h->items.n)
        end_item(h, &h->items.v[h->item],
                 h->ranges.failed < 0 ? h->ranges.failed : OPTOUT_E_SYNTAX);
    return h->movie.walk.failed;
}

static const char *const heif_types[] = { "image/heic", "image/heif", "image/avif",
                                          "image/heic-sequence", "image/heif-sequence",
                                          "image/avif-sequence", NULL };

const struct format format_heif = {
    .name = "heif",
    .title = "HEIF, AVIF",
    .reads = "XMP and Exif items of the meta box or of a minimized image, XMP and Content "
             "Credentials in uuid boxes, the user data of a sequence; until the items are read "
             "and the picture data begins",
    .types = heif_types,
    .sniff = heif_brands,
    .to_end = true,
    .open = open_heif,
    .feed = feed,
    .end = end,
};
