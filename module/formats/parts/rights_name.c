/* SPDX-License-Identifier: Apache-2.0 */
/* rights_name.c - no specification: names people give to properties of their own. */
#include "formats/parts/rights_name.h"

static bool is_word(struct slice w)
{
    static const struct slice words[] = { SLICE("tdm"), SLICE("ai"), SLICE("noai"),
                                          SLICE("genai"), SLICE("tdmrep") };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_eq_nocase(w, words[i]))
            return true;
    return false;
}

bool rights_name(struct slice name)
{
    static const struct slice parts[] = { SLICE("rights"), SLICE("copyright"), SLICE("license"),
                                          SLICE("licence"), SLICE("mining"), SLICE("training"),
                                          SLICE("usage terms"), SLICE("usageterms") };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (slice_find_nocase(name, parts[i]) < name.n)
            return true;
    for (size_t i = 0, from = 0; i <= name.n; i++) {
        if (i < name.n && ascii_is_alnum(name.p[i]))
            continue;
        if (is_word(slice_sub(name, from, i - from)))
            return true;
        from = i + 1;
    }
    return false;
}
