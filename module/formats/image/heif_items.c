/* SPDX-License-Identifier: Apache-2.0 */
/* heif_items.c - which items of a meta box are metadata, of what, and where they are.
 *
 * ISO/IEC 14496-12 sections 8.11.3 (iloc), 8.11.4 (pitm), 8.11.6 (iinf), 8.11.12 (iref);
 * ISO/IEC 23008-12 annex A (Exif, XMP). Limits: HEIF_ITEMS_MAX, HEIF_EXTENTS_MAX; all else
 * is bounded by the meta box in hand. */
#include "formats/parts/bmff.h"
#include "formats/image/heif.h"

struct tables {
    struct slice pitm, iinf, iloc, iref;
};

static void fail(struct heif_items *t, enum optout_rc rc)
{
    if (t->failed == OPTOUT_DONE)
        t->failed = rc;
}

/* The big-endian number of n bytes (0 to 8) at the front; *ok is cleared when it is short. */
static uint64_t heif_take(struct slice *s, unsigned n, bool *ok)
{
    uint64_t v = 0;
    if (s->n < n) {
        *ok = false;
        s->n = 0;
        return 0;
    }
    for (unsigned i = 0; i < n; i++)
        v = v << 8 | s->p[i];
    s->p += n;
    s->n -= n;
    return v;
}

/* The next box of `rest`; false at the end. A size that does not fit is cut to what is
 * there. */
static bool next_box(struct heif_items *t, struct slice *rest, uint32_t *type,
                     struct slice *payload)
{
    if (rest->n < 8)
        return false;
    uint64_t size = be32(rest->p);
    size_t header = 8;
    *type = be32(rest->p + 4);
    if (size == 1 && rest->n >= 16) {
        size = be64(rest->p + 8);
        header = 16;
    }
    if (size == 0)
        size = rest->n;
    if (size < header || size > rest->n) {
        fail(t, OPTOUT_E_SYNTAX);
        size = rest->n;
        if (header > size)
            return false;
    }
    *payload = slice_sub(*rest, header, (size_t)size - header);
    *rest = slice_from(*rest, (size_t)size);
    return true;
}

static struct heif_item *item_of(struct heif_items *t, uint64_t id)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->v[i].id == id)
            return &t->v[i];
    return NULL;
}

/* ---- iinf ---- */

static struct slice take_string(struct slice *s)
{
    size_t n = slice_find(*s, 0);
    struct slice text = slice_sub(*s, 0, n);
    *s = slice_from(*s, n + 1);
    return text;
}

static bool coding_of(struct slice name, enum heif_coding *coding)
{
    static const struct {
        const char *name;
        enum heif_coding coding;
    } rows[] = {
        { "", HEIF_PLAIN },     { "identity", HEIF_PLAIN }, { "deflate", HEIF_DEFLATE },
        { "gzip", HEIF_GZIP },  { "br", HEIF_BROTLI },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (slice_eq_nocase(name, slice_cstr(rows[i].name))) {
            *coding = rows[i].coding;
            return true;
        }
    return false;
}

static void read_infe(struct heif_items *t, struct slice s)
{
    bool ok = true;
    uint64_t version = heif_take(&s, 4, &ok) >> 24;
    if (version < 2)
        return; /* of files that have no images */
    uint64_t id = heif_take(&s, version == 2 ? 2 : 4, &ok), hidden = heif_take(&s, 2, &ok);
    uint64_t type = heif_take(&s, 4, &ok);
    bool unknown = false, exif = type == BMFF_TYPE('E', 'x', 'i', 'f');
    enum heif_coding coding = HEIF_PLAIN;
    if (!ok || (!exif && type != BMFF_TYPE('m', 'i', 'm', 'e')))
        return;
    (void)take_string(&s);
    if (!exif) {
        struct slice media = take_string(&s);
        media = slice_trim_space(slice_sub(media, 0, slice_find(media, ';')));
        if (!slice_eq_nocase(media, SLICE_OF("application/rdf+xml")) &&
            !slice_eq_nocase(media, SLICE_OF("application/xmp+xml")))
            return;
        if (!coding_of(take_string(&s), &coding))
            unknown = true;
    }
    if (hidden || unknown || t->n == HEIF_ITEMS_MAX) {
        /* Exif is never more than a hint. */
        if (!exif)
            fail(t, hidden ? OPTOUT_E_UNSUP : OPTOUT_E_LIMIT);
        return;
    }
    if (!item_of(t, id))
        t->v[t->n++] = (struct heif_item){ .id = (uint32_t)id, .exif = exif, .coding = coding };
}

static void read_iinf(struct heif_items *t, struct slice s)
{
    bool ok = true;
    struct slice payload;
    uint32_t type;
    (void)heif_take(&s, heif_take(&s, 4, &ok) >> 24 ? 4 : 2, &ok); /* the count: the boxes tell */
    while (next_box(t, &s, &type, &payload))
        if (type == BMFF_TYPE('i', 'n', 'f', 'e'))
            read_infe(t, payload);
    if (!ok)
        fail(t, OPTOUT_E_SYNTAX);
}

/* ---- iref ---- */

static void read_iref(struct heif_items *t, struct slice s, uint64_t primary)
{
    bool ok = true;
    uint32_t type;
    struct slice r;
    unsigned width = heif_take(&s, 4, &ok) >> 24 ? 4 : 2;
    while (next_box(t, &s, &type, &r)) {
        struct heif_item *item = item_of(t, heif_take(&r, width, &ok));
        if (type != BMFF_TYPE('c', 'd', 's', 'c') || !item)
            continue;
        uint64_t count = heif_take(&r, 2, &ok);
        for (; count && ok; count--) {
            item->refers = true;
            if (heif_take(&r, width, &ok) == primary)
                item->refers_primary = true;
        }
    }
    if (!ok)
        fail(t, OPTOUT_E_SYNTAX);
}

/* ---- iloc ---- */

struct widths {
    unsigned version, offset, length, base, index;
};

static void read_extents(struct heif_items *t, struct heif_item *item, struct slice *s,
                         const struct widths *w, uint64_t base, bool *ok)
{
    uint64_t count = heif_take(s, 2, ok);
    for (; count && *ok; count--) {
        struct heif_extent e;
        (void)heif_take(s, w->index, ok);
        e.offset = heif_take(s, w->offset, ok);
        e.length = heif_take(s, w->length, ok);
        if (!item || !*ok)
            continue;
        if (e.length == 0)
            e.length = UINT64_MAX;
        if (e.offset > UINT64_MAX - base || item->n == HEIF_EXTENTS_MAX) {
            fail(t, item->n == HEIF_EXTENTS_MAX ? OPTOUT_E_LIMIT : OPTOUT_E_SYNTAX);
            item = NULL;
            continue;
        }
        e.offset += base;
        item->extent[item->n++] = e;
    }
}

static bool width_ok(unsigned n)
{
    return n == 0 || n == 4 || n == 8;
}

static void read_iloc(struct heif_items *t, struct slice s)
{
    bool ok = true;
    unsigned version = (unsigned)(heif_take(&s, 4, &ok) >> 24);
    unsigned sizes = (unsigned)heif_take(&s, 2, &ok);
    struct widths w = { version, sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15,
                        version ? sizes & 15 : 0 };
    uint64_t count = heif_take(&s, version < 2 ? 2 : 4, &ok);
    if (!ok || version > 2 || !width_ok(w.offset) || !width_ok(w.length) || !width_ok(w.base) ||
        !width_ok(w.index)) {
        fail(t, version > 2 ? OPTOUT_E_LIMIT : OPTOUT_E_SYNTAX);
        return;
    }
    for (; count && ok; count--) {
        struct heif_item *item = item_of(t, heif_take(&s, version < 2 ? 2 : 4, &ok));
        unsigned method = version ? heif_take(&s, 2, &ok) & 15 : 0;
        uint64_t elsewhere = heif_take(&s, 2, &ok), base = heif_take(&s, w.base, &ok);
        if (item && item->located)
            item = NULL; /* told twice: the first counts */
        if (item) {
            item->located = true;
            item->in_idat = method == 1;
            /* Another file, or made of other items. */
            if (elsewhere || method > 1) {
                fail(t, OPTOUT_E_LIMIT);
                item = NULL;
            }
        }
        read_extents(t, item, &s, &w, base, &ok);
    }
    if (!ok)
        fail(t, OPTOUT_E_SYNTAX);
}

/* ---- all of them ---- */

static void sort_items(struct heif_items *t)
{
    for (size_t i = 1; i < t->n; i++)
        for (size_t k = i; k > 0; k--) {
            struct heif_item *a = &t->v[k - 1], *b = &t->v[k];
            bool later = a->in_idat == b->in_idat ? a->extent[0].offset > b->extent[0].offset
                                                  : b->in_idat;
            if (!later)
                break;
            struct heif_item swap = *a;
            *a = *b;
            *b = swap;
        }
}

static void find_tables(struct heif_items *t, struct tables *f, struct slice meta)
{
    struct slice payload;
    uint32_t type;
    while (next_box(t, &meta, &type, &payload)) {
        struct slice *to = type == BMFF_TYPE('p', 'i', 't', 'm')   ? &f->pitm
                           : type == BMFF_TYPE('i', 'i', 'n', 'f') ? &f->iinf
                           : type == BMFF_TYPE('i', 'l', 'o', 'c') ? &f->iloc
                           : type == BMFF_TYPE('i', 'r', 'e', 'f') ? &f->iref
                           : type == BMFF_TYPE('i', 'd', 'a', 't') ? &t->idat
                                                                   : NULL;
        if (to && !to->p)
            *to = payload;
    }
}

void heif_items_read(struct heif_items *t, struct arena *arena, struct slice meta)
{
    struct tables f = { .pitm = SLICE_EMPTY };
    bool ok = true;
    *t = (struct heif_items){ .failed = OPTOUT_DONE };
    t->v = arena_array(arena, HEIF_ITEMS_MAX, sizeof *t->v);
    if (!t->v) {
        fail(t, OPTOUT_E_NOMEM);
        return;
    }
    find_tables(t, &f, slice_from(meta, 4));
    uint64_t primary = UINT64_MAX;
    if (f.pitm.p)
        primary = heif_take(&f.pitm, heif_take(&f.pitm, 4, &ok) >> 24 ? 4 : 2, &ok);
    if (f.iinf.p)
        read_iinf(t, f.iinf);
    if (f.iref.p)
        read_iref(t, f.iref, primary);
    if (f.iloc.p)
        read_iloc(t, f.iloc);
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        struct heif_item *item = &t->v[i];
        item->role = item->refers && !item->refers_primary ? PACKET_COMPONENT : PACKET_MAIN;
        if (item->n == 0 && !item->exif)
            fail(t, OPTOUT_E_SYNTAX); /* nowhere */
        if (item->n)
            t->v[n++] = *item;
    }
    t->n = n;
    sort_items(t);
}
