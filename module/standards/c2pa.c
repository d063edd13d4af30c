/* SPDX-License-Identifier: Apache-2.0 */
/* c2pa.c - what points to a Content Credentials manifest that is elsewhere.
 *
 * C2PA specification 2.4, remote manifests: Link field and link element with
 * rel=c2pa-manifest, dcterms:provenance in XMP, the delimited reference of a text, the URI
 * of a font. Manifests inside files are read by c2pa_store.c.
 *
 * MAX_* limits: those of http/link.h. */
#include "standards/common.h"

#include "http/link.h"

static void add_pointer(void *ctx, const struct link_value *link, const struct header *h,
                        size_t at)
{
    struct signal sig = signal_from_header(STD_C2PA, h, at);
    sig.raw = sig.url = link->target;
    sig.note = "remote manifest not evaluated";
    signals_add(ctx, &sig);
}

void c2pa_headers(const struct exchange *x, struct signals *out)
{
    links_each(x, out, "c2pa-manifest", add_pointer, out);
}

void c2pa_page(const struct page_statement *s, const struct exchange *x, struct signals *out)
{
    (void)x;
    struct slice url = slice_trim_space(page_attr(s, "href"));
    if (s->kind != PAGE_LINK || url.n == 0 || !link_rel_has(page_attr(s, "rel"), "c2pa-manifest"))
        return;
    struct signal sig = signal_from_page(STD_C2PA, s);
    sig.raw = sig.url = url;
    if (!sig.note)
        sig.note = "remote manifest not evaluated";
    signals_add(out, &sig);
}

/* In XMP a manifest elsewhere or, in older files, the one inside. */
static bool is_pointer(const struct property *p)
{
    if (p->carrier == CARRIER_TEXT)
        return slice_eq(p->name, SLICE_OF("c2pa-manifest")) ||
               slice_eq(p->name, SLICE_OF("activeManifestUri"));
    return p->carrier == CARRIER_XMP && slice_eq(p->name, SLICE_OF("provenance")) &&
           property_ns_is(p->ns, "http://purl.org/dc/terms");
}

void c2pa_property(const struct property *p, const struct exchange *x, struct signals *out)
{
    (void)x;
    if (p->value.n == 0 || !is_pointer(p))
        return;
    struct signal sig = signal_from_property(STD_C2PA, p);
    sig.url = p->value;
    if (!sig.note)
        sig.note = "manifest elsewhere, not fetched";
    signals_add(out, &sig);
}

/* Of two stores in one file at most one is the file's: none of them may allow. */
static bool several_stores(const struct signal *const *sig, size_t n)
{
    const struct signal *first = NULL;
    for (size_t i = 0; i < n; i++) {
        if (sig[i]->carrier != CARRIER_JUMBF || sig[i]->place_kind != PLACE_PART)
            continue;
        if (first && sig[i]->at != first->at)
            return true;
        first = sig[i];
    }
    return false;
}

void c2pa_resolve(const struct signal *const *sig, size_t n, struct prefs *out)
{
    for (size_t i = 0; i < n; i++)
        prefs_join(out, &sig[i]->prefs);
    if (several_stores(sig, n))
        prefs_drop_allow(out);
}
