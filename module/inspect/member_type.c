/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/member_type.h"

/* Ends of names, lower case. */
static const struct {
    struct slice end;
    struct slice type;
} types[] = {
    { SLICE(".html"), SLICE("text/html") },
    { SLICE(".htm"), SLICE("text/html") },
    { SLICE(".shtml"), SLICE("text/html") },
    { SLICE(".xhtml"), SLICE("application/xhtml+xml") },
    { SLICE(".xht"), SLICE("application/xhtml+xml") },
    { SLICE(".svg"), SLICE("image/svg+xml") },
    { SLICE(".mht"), SLICE("message/rfc822") },
    { SLICE(".mhtml"), SLICE("message/rfc822") },
    { SLICE(".eml"), SLICE("message/rfc822") },
    { SLICE(".xml"), SLICE("application/xml") },
    { SLICE(".css"), SLICE("text/css") },
    { SLICE(".js"), SLICE("text/javascript") },
    { SLICE(".mjs"), SLICE("text/javascript") },
    { SLICE(".json"), SLICE("application/json") },
    { SLICE(".map"), SLICE("application/json") },
    { SLICE(".csv"), SLICE("text/csv") },
    { SLICE(".tsv"), SLICE("text/tab-separated-values") },
    { SLICE(".txt"), SLICE("text/plain") },
    { SLICE(".md"), SLICE("text/markdown") },
    { SLICE(".rst"), SLICE("text/plain") },
    { SLICE(".ini"), SLICE("text/plain") },
    { SLICE(".yml"), SLICE("text/plain") },
    { SLICE(".yaml"), SLICE("text/plain") },
    { SLICE(".toml"), SLICE("text/plain") },
    { SLICE(".c"), SLICE("text/plain") },
    { SLICE(".h"), SLICE("text/plain") },
    { SLICE(".cc"), SLICE("text/plain") },
    { SLICE(".cpp"), SLICE("text/plain") },
    { SLICE(".hpp"), SLICE("text/plain") },
    { SLICE(".py"), SLICE("text/plain") },
    { SLICE(".sh"), SLICE("text/plain") },
    { SLICE(".rs"), SLICE("text/plain") },
    { SLICE(".go"), SLICE("text/plain") },
    { SLICE(".java"), SLICE("text/plain") },
    { SLICE(".mf"), SLICE("text/plain") }, /* META-INF/MANIFEST.MF */
};

struct slice member_type_of_name(struct slice name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (name.n > types[i].end.n &&
            slice_eq_nocase(slice_from(name, name.n - types[i].end.n), types[i].end))
            return types[i].type;
    return SLICE_EMPTY;
}
