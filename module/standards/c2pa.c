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

static void c2pa_headers(const struct hook_input *r)
{
    links_each(r->x, r->out, "c2pa-manifest", add_pointer, r->out);
}

static void c2pa_page(const struct page_statement *s, const struct hook_input *r)
{
    struct slice url = slice_trim_space(page_attr(s, "href"));
    if (s->kind != PAGE_LINK || url.n == 0 || !link_rel_has(page_attr(s, "rel"), "c2pa-manifest"))
        return;
    struct signal sig = signal_from_page(STD_C2PA, s);
    sig.raw = sig.url = url;
    if (!sig.note)
        sig.note = "remote manifest not evaluated";
    signals_add(r->out, &sig);
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

static void c2pa_property(const struct property *p, const struct hook_input *r)
{
    if (p->value.n == 0 || !is_pointer(p))
        return;
    struct signal sig = signal_from_property(STD_C2PA, p);
    sig.url = p->value;
    if (!sig.note)
        sig.note = "manifest elsewhere, not fetched";
    signals_add(r->out, &sig);
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

static void c2pa_resolve(const struct signal *const *sig, size_t n, struct prefs *out)
{
    for (size_t i = 0; i < n; i++)
        prefs_join(out, &sig[i]->prefs);
    if (several_stores(sig, n))
        prefs_drop_allow(out);
}

const struct standard standard_c2pa = {
    .name = "c2pa",
    .title = "Content Credentials",
    .spec = "https://spec.c2pa.org/",
    .version = "2.4",
    .reads = "HTTP header, HTML link, C2PA manifest store, XMP, text",
    .fields = FIELDS("link"),
    .headers = c2pa_headers,
    .page = c2pa_page,
    .property = c2pa_property,
    .resolve = c2pa_resolve,
};

const struct standard standard_cawg = {
    .name = "cawg",
    .title = "CAWG Training and Data Mining assertion",
    .spec = "https://cawg.io/training-and-data-mining/1.1/",
    .version = "1.1",
    .reads = "C2PA manifest store",
    .resolve = c2pa_resolve,
};
