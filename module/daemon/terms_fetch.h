/* SPDX-License-Identifier: Apache-2.0 */
/* terms_fetch.h - pages that others of their origin call their terms, fetched and read (SiteTerms).
 *
 * The filter tells of them (MESSAGE_TERMS). One of which the store knows nothing that holds is
 * fetched in its turn at the host, as soon as the site files of its origin are known: where robots.txt
 * lets the asker's token, TERMS_ASKED_MAX an origin, with redirects inside of the origin alone. What
 * it says is read as that of a passing page is, and put into the store (site/terms.h); that it says
 * nothing, or could not be had, too, so that it is not asked for again. Nobody waits for it; other
 * nodes are told (news.h). One thread. */
#ifndef OPTOUT_DAEMON_TERMS_FETCH_H
#define OPTOUT_DAEMON_TERMS_FETCH_H

#include "daemon/discovery.h"
#include "site/terms.h"

#define TERMS_FETCHES_MAX 256        /* under way; of more, nothing is done */
#define TERMS_PAGE_MAX (512u << 10)  /* bytes of a page, decoded; a longer one is read so far */

struct phrases;
struct terms_fetches;

struct terms_fetches_env {
    struct loop *loop;
    struct discovery *discovery;
    struct intake *intake;
    struct fetcher *fetcher;
    struct polite *polite;
    const struct phrases *phrases; /* NULL: nothing is fetched */
};

struct terms_fetches *terms_fetches_new(const struct terms_fetches_env *env); /* NULL: no memory */
void terms_fetches_free(struct terms_fetches *all); /* after discovery_stop */

/* MESSAGE_TERMS: NULL, or why the page is not fetched. */
const char *terms_fetches_take(struct terms_fetches *all, const struct message *m);

#endif
