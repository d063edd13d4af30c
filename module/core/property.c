/* SPDX-License-Identifier: Apache-2.0 */
#include "core/property.h"

static struct slice without_scheme(struct slice s)
{
    static const struct slice https = SLICE("https://"), http = SLICE("http://");
    if (slice_starts_nocase(s, https))
        return slice_from(s, https.n);
    return slice_starts_nocase(s, http) ? slice_from(s, http.n) : s;
}

static struct slice without_end(struct slice s)
{
    if (s.n && (s.p[s.n - 1] == '/' || s.p[s.n - 1] == '#'))
        s.n--;
    return s;
}

bool property_ns_is(struct slice written, const char *ns)
{
    return slice_eq(without_end(without_scheme(written)),
                    without_end(without_scheme(slice_cstr(ns))));
}
