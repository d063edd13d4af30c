/* SPDX-License-Identifier: Apache-2.0 */
/* kind.h - what kind of body a response has: what its head says, what its first bytes show. */
#ifndef OPTOUT_INSPECT_KIND_H
#define OPTOUT_INSPECT_KIND_H

#include "core/arena.h"
#include "http/exchange.h"

/* When a page is looked for. */
enum page_hint {
    PAGE_NEVER,
    PAGE_IF_IT_LOOKS_LIKE_ONE,
    PAGE_HTML,
    PAGE_XHTML
};

struct body_kind {
    struct slice declared; /* media type, lower case */
    struct slice file;     /* the same where a file of that type is looked for, else empty */
    struct slice charset;
    enum page_hint page;
    bool read;        /* a type that is read at all; of the others the first bytes are looked at
                         where that costs nothing */
    size_t sniff_max; /* how many first bytes tell */
};

/* False when memory is used up. */
bool kind_of_head(struct body_kind *k, const struct exchange *x, struct arena *arena);
/* A page that begins as pages do is nothing else; all else that calls itself one may be a
 * file too. */
bool kind_begins_page(const struct body_kind *k, struct slice head);
/* Whether a page is read: the type says so, or the first bytes do. */
bool kind_is_page(const struct body_kind *k, struct slice head);
/* A range from the middle of a file begins with nothing that tells what it is. */
bool kind_is_middle(const struct exchange *x);

#endif
