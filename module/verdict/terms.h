/* SPDX-License-Identifier: Apache-2.0 */
/* terms.h - pages that hold the terms of a site: what they say in words is kept for the other pages
 * of their origin (site/terms.h). */
#ifndef OPTOUT_VERDICT_TERMS_H
#define OPTOUT_VERDICT_TERMS_H

#include "site/terms.h"
#include "verdict/judge.h"

/* Where the inspection tells links to terms. */
struct terms_sink terms_sink(struct judge *j);
/* After the record of a page: what it says in words is kept when it is a page of terms, or, when it was
 * read whole, that it says nothing (any more). */
void terms_remember(struct judge *j, enum inspect_end end);

/* A page that was fetched, and of which nothing is known: for a day. */
struct terms_page terms_unread(int64_t now_ms);

/* Reads a page of terms that was fetched as one that passes by is read. Of `x`: its URL and response
 * fields; `body` is decoded, and not `whole` when it was cut. Fills in what the page says and how
 * long that holds; `id`, `url` and `asked` are the caller's. `unread`: it is no HTML, or says nothing
 * in what could be read of it. Slices go to the arena. */
struct terms_reading {
    const struct exchange *x;
    struct slice body;
    bool whole;
    const struct phrases *phrases;
    int64_t now_ms;
};
enum optout_rc terms_read(struct arena *a, const struct terms_reading *r,
                          struct terms_page *out) OPTOUT_CHECKED;

#endif
