/* SPDX-License-Identifier: Apache-2.0 */
/* captures.h - what sites said when the records of WARC files were captured: robots.txt and
 * the other site files that the same files hold.
 *
 * A first pass fills it, then any number of threads ask, each through a moment of its own: the
 * site as it was on a date. Of each file of an origin the newest capture that is not later
 * counts, else the next one. A redirect to the same file of another origin is followed. Of a
 * file that was not captured, and of licences, the same by what an audit log says; a file whose
 * original is gone is not known. Of what neither has anything, what a store holds counts, whenever
 * it was got; without one it is not known.
 *
 * Limit: CAPTURES_MAX bytes of rules; what has no room is told. */
#ifndef OPTOUT_WARC_CAPTURES_H
#define OPTOUT_WARC_CAPTURES_H

#include "site/site.h"
#include "warc/index.h"
#include "warc/site_log.h"

#define CAPTURES_MAX (1u << 30)

struct judging_options;
struct warc_captures;
struct warc_moment;

/* `store` may be NULL. NULL: out of memory. */
struct warc_captures *warc_captures_new(const struct agents *agents, struct store *store);
/* Before the first moment; `log` is sorted and borrowed. `terms`: what sites say in words counts,
 * so where the log says that they did, not all of them is known. */
void warc_captures_use_log(struct warc_captures *c, struct site_log *log, bool terms);
void warc_captures_free(struct warc_captures *c); /* NULL is fine */
/* True when there were more than have room. */
bool warc_captures_over(const struct warc_captures *c);
/* After the first pass, before the first moment. */
void warc_captures_sort(struct warc_captures *c);

/* One thread's. The site is what site_look asks; it is gone with the moment. */
struct warc_moment *warc_moment_new(struct warc_captures *c); /* NULL: out of memory */
void warc_moment_free(struct warc_moment *m);                 /* NULL is fine */
struct site *warc_moment_site(struct warc_moment *m);
void warc_moment_set(struct warc_moment *m, struct slice date); /* as in WARC-Date */

/* Reads a file for the places of its records, and, when `c` is not NULL, its site files;
 * `o` is how those are read, its basis without a site. What cannot be read is left to the
 * second pass to tell. OPTOUT_E_NOMEM. */
enum optout_rc warc_first_pass(const char *path, uint32_t file, struct warc_index *x,
                               struct warc_captures *c,
                               const struct judging_options *o) OPTOUT_CHECKED;

#endif
