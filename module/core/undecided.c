/* SPDX-License-Identifier: Apache-2.0 */
#include "core/undecided.h"

static const char *const names[UNDECIDED_COUNT] = {
    "partial",      "truncated",     "coding",     "limit-size", "limit-expansion",
    "limit-memory", "limit-signals", "limit-time", "aborted",    "tunnel",
    "site-unknown", "robots-unreachable", "site-unreachable", "site-unparseable", "limit-rules",
    "malformed",    "encrypted",     "limit-metadata",
    "container",    "unread",        "unseen",
};

const char *undecided_name(enum undecided u)
{
    return (unsigned)u < UNDECIDED_COUNT ? names[u] : "?";
}

bool undecided_from_name(struct slice name, enum undecided *u)
{
    for (unsigned i = 0; i < UNDECIDED_COUNT; i++) {
        if (slice_eq_nocase(name, slice_cstr(names[i]))) {
            *u = (enum undecided)i;
            return true;
        }
    }
    return false;
}

enum undecided undecided_first(undecided_set set)
{
    unsigned i = 0;
    while (i + 1 < UNDECIDED_COUNT && !(set & (1u << i)))
        i++;
    return (enum undecided)i;
}
