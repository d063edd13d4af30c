/* SPDX-License-Identifier: Apache-2.0 */
/* URLs split, normal forms, and patterns against a matcher that tries everything.
 * A zero byte parts the pattern from the path. */
#include "http/url_path.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SLOW_MAX 64 /* bytes of pattern and path that the slow matcher is given */

/* By table: t[j] tells whether the pattern so far can end before path[j]. */
static bool slow_match(struct slice pattern, struct slice path)
{
    bool t[SLOW_MAX + 1] = { true };
    bool anchored = pattern.n && pattern.p[pattern.n - 1] == '$';
    for (size_t i = 0; i < pattern.n - anchored; i++) {
        if (pattern.p[i] == '*') {
            for (size_t j = 1; j <= path.n; j++)
                t[j] = t[j] || t[j - 1];
            continue;
        }
        for (size_t j = path.n; j; j--)
            t[j] = t[j - 1] && path.p[j - 1] == pattern.p[i];
        t[0] = false;
    }
    bool any = false;
    for (size_t j = 0; j <= path.n; j++)
        any = any || t[j];
    return anchored ? t[path.n] : any;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct slice all = slice_of(data, size), origin, rest;
    size_t at = slice_find(all, 0);
    arena_init(&a, 1u << 20, NULL, 0);
    if (url_split(&a, all, &origin, &rest)) {
        struct slice again, root;
        if (rest.n == 0 || rest.p[0] != '/' || !url_split(&a, origin, &again, &root) ||
            !slice_eq(again, origin) || !slice_eq(root, SLICE_OF("/")))
            abort();
    }
    struct slice pattern = url_pattern_normal(&a, slice_sub(all, 0, at));
    struct slice path = url_path_normal(&a, slice_from(all, at + 1));
    if (path.n > URL_PATH_MAX || url_pattern_literal(pattern) > pattern.n)
        abort();
    if (slice_find(path, '*') < path.n || slice_find(path, '$') < path.n)
        abort();
    bool match = url_pattern_match(pattern, path);
    if (pattern.n <= SLOW_MAX && path.n <= SLOW_MAX && match != slow_match(pattern, path))
        abort();
    arena_reset(&a);
    return 0;
}
