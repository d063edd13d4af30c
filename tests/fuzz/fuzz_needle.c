/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_needle.c - a word in a text, against a look at each place. The first byte is the length of
 * the word, and its lowest bit whether case matters. */
#include "syntax/needle.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static bool is_in(struct slice word, struct slice text, bool exact)
{
    for (size_t at = 0; at + word.n <= text.n; at++) {
        struct slice here = slice_sub(text, at, word.n);
        if (exact ? slice_eq(here, word) : slice_eq_nocase(here, word))
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    size_t n = data[0] / 8 + 2u;
    bool exact = data[0] & 1;
    struct slice rest = slice_of(data + 1, size - 1);
    if (n > rest.n)
        n = rest.n;
    struct slice word = slice_sub(rest, 0, n), text = slice_from(rest, n);
    struct needle needle = needle_of(word, exact);
    check(needle_is_in(&needle, text) == is_in(word, text, exact));
    check(needle_is_in(&needle, rest));
    return 0;
}
