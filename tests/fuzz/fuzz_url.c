/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_url.c - a base, a line feed, a reference. */
#include "http/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_dot_segment(struct slice url)
{
    struct slice path = slice_sub(url, 0, slice_find(url, '#'));
    path = slice_sub(path, 0, slice_find(path, '?'));
    path = slice_from(path, slice_find_nocase(path, SLICE_OF("://")) + 3);
    path = slice_from(path, slice_find(path, '/')); /* the authority may be ".." */
    return slice_find_nocase(path, SLICE_OF("/../")) < path.n ||
           slice_find_nocase(path, SLICE_OF("/./")) < path.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct slice all = slice_of(data, size);
    size_t line = slice_find(all, '\n');
    struct slice base = slice_sub(all, 0, line), reference = slice_from(all, line + 1);
    arena_init(&a, 64u << 10, NULL, 0);

    struct slice got = url_resolve(&a, base, reference);
    if (got.n > base.n + reference.n + 1)
        abort();
    if (got.p != reference.p) { /* it was resolved */
        if (slice_find(got, ':') >= got.n)
            abort();
        bool of_reference = reference.n && reference.p[0] == '/';
        if (of_reference && has_dot_segment(got))
            abort();
        /* What is absolute stays what it is. */
        struct slice again = url_resolve(&a, base, got);
        if (again.p != got.p || again.n != got.n)
            abort();
    } else if (got.n != reference.n) {
        abort();
    }
    arena_reset(&a);
    return 0;
}
