/* SPDX-License-Identifier: Apache-2.0 */
/* c2pa.c - the Link field that points to a Content Credentials manifest.
 *
 * C2PA specification 2.4, remote manifests: Link with rel=c2pa-manifest.
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

/* C2PA 2.4, XMP: a manifest elsewhere, or, in older files, the one inside. */
void c2pa_property(const struct property *p, const struct exchange *x, struct signals *out)
{
    (void)x;
    if (p->carrier != CARRIER_XMP || p->value.n == 0 ||
        !slice_eq(p->name, SLICE_OF("provenance")) ||
        !property_ns_is(p->ns, "http://purl.org/dc/terms"))
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
