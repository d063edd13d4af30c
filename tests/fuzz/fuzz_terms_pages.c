/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_terms_pages.c - a table of the pages that hold a site's terms and, after a NUL, a path and, after
 * another, a title that are looked up in it: what does not load says why, and no table knows a page. */
#include "policy/terms_pages.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void look_up(const struct terms_pages *t, struct slice path, struct slice title)
{
    static const struct slice query = SLICE("?a=/x#y");
    uint8_t longer[4096];
    bool known = terms_pages_have_path(t, path);
    (void)terms_pages_have_title(t, title);
    if (path.n > sizeof longer - query.n || slice_find(path, '#') < path.n)
        return;
    if (path.n)
        memcpy(longer, path.p, path.n);
    memcpy(longer + path.n, query.p, query.n);
    check(terms_pages_have_path(t, slice_of(longer, path.n + query.n)) == known);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of(data, size), text, path;
    struct terms_pages *t = NULL;
    unsigned line;
    const char *why = NULL;
    size_t end = slice_find(rest, '\0');
    text = slice_sub(rest, 0, end);
    rest = slice_from(rest, end + 1);
    end = slice_find(rest, '\0');
    path = slice_sub(rest, 0, end);
    rest = slice_from(rest, end + 1);
    enum optout_rc rc = terms_pages_parse(text, &t, &line, &why);
    check((rc == OPTOUT_OK) == (t != NULL) && (t != NULL) == (why == NULL));
    check(!terms_pages_have_path(NULL, path) && !terms_pages_have_title(NULL, rest));
    check(terms_pages_builtin() != NULL);
    look_up(terms_pages_builtin(), path, rest);
    if (t)
        look_up(t, path, rest);
    terms_pages_free(t);
    return 0;
}
