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

void c2pa_property(const struct property *p, const struct exchange *x, struct signals *out)
{
    (void)p; (void)x; (void)out;
}

void c2pa_resolve(const struct signal *const *sig, size_t n, struct prefs *out)
{
    for (size_t i = 0; i < n; i++)
        prefs_join(out, &sig[i]->prefs);
}
