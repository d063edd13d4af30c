/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_literals.c - literals, one a line, until an empty line; the rest is a text. Each begins
 * with a byte whose lowest bit says whether case matters. They are found where one after the
 * other finds them. */
#include "syntax/literals.h"

#include <stdlib.h>

#define LITERALS 64

static void check(bool ok)
{
    if (!ok)
        abort();
}

static bool stands_at(const struct literal *v, struct slice s, size_t at)
{
    struct slice part = slice_sub(s, at, v->bytes.n);
    if (part.n < v->bytes.n ||
        !(v->exact ? slice_eq(part, v->bytes) : slice_eq_nocase(part, v->bytes)))
        return false;
    bool word = v->exact && v->bytes.n == 2 && ascii_is_alpha(v->bytes.p[0]) &&
                ascii_is_alpha(v->bytes.p[1]);
    return !word || !((at && ascii_is_alnum(s.p[at - 1])) ||
                      (at + 2 < s.n && ascii_is_alnum(s.p[at + 2])));
}

static size_t find(const struct literal *v, size_t n, struct slice s, size_t from)
{
    for (size_t at = from; at < s.n; at++)
        for (size_t i = 0; i < n; i++)
            if (stands_at(&v[i], s, at))
                return at;
    return s.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct literal v[LITERALS];
    struct slice rest = slice_of(data, size), line;
    size_t n = 0;
    if (size > 4096)
        return 0;
    while (n < LITERALS && slice_split(&rest, '\n', &line) && line.n) {
        struct slice bytes = slice_sub(line, 1, 255);
        if (bytes.n >= 2)
            v[n++] = (struct literal){ bytes, line.p[0] & 1 };
    }
    struct literals *l = literals_compile(v, n);
    check(l != NULL);
    uint8_t *copy = malloc(rest.n + 1); /* so that no byte beyond it is read */
    check(copy != NULL);
    if (rest.n)
        memcpy(copy, rest.p, rest.n);
    struct slice s = slice_of(copy, rest.n);
    for (size_t from = 0; from < s.n; from++) {
        size_t want = find(v, n, s, from);
        check(literals_find(l, s, from) == want);
        check(literals_within(l, s, from, s.n) == (want < s.n));
        size_t to = from + (s.n - from) / 2;
        check(literals_within(l, s, from, to) == (find(v, n, slice_sub(s, 0, to), from) < to));
        from = want;
    }
    free(copy);
    literals_free(l);
    return 0;
}
