/* SPDX-License-Identifier: Apache-2.0 */
#include "core/undecided.h"

static const char *const names[UNDECIDED_COUNT] = {
    "partial",      "truncated",     "coding",     "limit-size", "limit-expansion",
    "limit-memory", "limit-signals", "limit-time", "aborted",    "tunnel",
    "site-unknown", "robots-unreachable", "site-unreachable", "site-unparseable", "limit-rules",
    "malformed",    "encrypted",     "limit-metadata",
    "container",    "unread",        "unseen",      "limit-phrases",
};

const char *undecided_name(enum undecided u)
{
    return (unsigned)u < UNDECIDED_COUNT ? names[u] : "?";
}

const char *undecided_text(enum undecided u)
{
    static const char *const texts[UNDECIDED_COUNT] = {
        [UNDECIDED_PARTIAL] = "only a part of it was asked for",
        [UNDECIDED_TRUNCATED] = "it ended before its announced end",
        [UNDECIDED_CODING] = "its content coding is corrupt or unknown",
        [UNDECIDED_LIMIT_SIZE] = "it is longer than what may be held back",
        [UNDECIDED_LIMIT_EXPANSION] = "it unpacks to too many bytes",
        [UNDECIDED_LIMIT_MEMORY] = "memory was used up",
        [UNDECIDED_LIMIT_SIGNALS] = "it states more than is kept",
        [UNDECIDED_LIMIT_TIME] = "the verdict took too long",
        [UNDECIDED_ABORTED] = "the transfer was broken off",
        [UNDECIDED_TUNNEL] = "it went through a tunnel that nobody sees into",
        [UNDECIDED_SITE_UNKNOWN] = "the site files of its origin were not known in time",
        [UNDECIDED_ROBOTS_UNREACHABLE] = "robots.txt of its origin cannot be had",
        [UNDECIDED_SITE_UNREACHABLE] = "a site file of its origin cannot be had",
        [UNDECIDED_SITE_UNPARSEABLE] = "a site file of its origin cannot be read",
        [UNDECIDED_LIMIT_RULES] = "its site has more rules than are looked at",
        [UNDECIDED_MALFORMED] = "it is broken, or is not what its type says",
        [UNDECIDED_ENCRYPTED] = "what could state something is encrypted",
        [UNDECIDED_LIMIT_METADATA] = "it has more metadata than is read, or in a form that is not read",
        [UNDECIDED_CONTAINER] = "not all that is packed in it was looked into",
        [UNDECIDED_UNREAD] = "it is of a kind that is not read",
        [UNDECIDED_UNSEEN] = "the answer speaks of a body that was not sent",
        [UNDECIDED_LIMIT_PHRASES] = "it has more words about rights than are looked at",
    };
    return (unsigned)u < UNDECIDED_COUNT ? texts[u] : "it could not be read";
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
