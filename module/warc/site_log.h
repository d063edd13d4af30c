/* SPDX-License-Identifier: Apache-2.0 */
/* site_log.h - what an audit log says was known of sites, by time.
 *
 * Filled with the bundles of a log (docs/audit-format.md), then asked by any number of threads:
 * a file of a key of the store as it was known on a date. The bundle tells its state and its
 * SHA-256; the file itself is read out of the store's originals when it is first asked for, and
 * is compiled as one that was captured is.
 *
 * Limits: SITE_LOG_FILES versions of files and SITE_LOG_BYTES of keys and rules. */
#ifndef OPTOUT_WARC_SITE_LOG_H
#define OPTOUT_WARC_SITE_LOG_H

#include "site/store.h"

#define SITE_LOG_FILES (8u << 20)
#define SITE_LOG_BYTES (1u << 30)

struct site_log;

/* `originals` and `agents` (NULL: those built in) are borrowed. NULL: out of memory. */
struct site_log *site_log_new(struct store *originals, const struct agents *agents);
void site_log_free(struct site_log *l); /* NULL is fine */

/* Adds a bundle, in any order, and as often as one likes. OPTOUT_E_SYNTAX: it is none.
 * OPTOUT_E_LIMIT: there is no room for all of it; then rules of another time would be taken for
 * those of this one, so do not ask. OPTOUT_E_NOMEM. */
enum optout_rc site_log_add(struct site_log *l, struct slice bundle) OPTOUT_CHECKED;
/* After the last bundle, before the first question. */
void site_log_sort(struct site_log *l);

/* The newest version that is not later than the date, else the next one. Published without rules:
 * its original is not there, or was changed; so are terms, whose pages are not kept. The slices
 * live as long as the log. False: the log does not name such a file. */
bool site_log_find(struct site_log *l, struct slice key, enum site_kind kind, int64_t date_ms,
                   struct site_document *out);
/* True when an original had no room. */
bool site_log_over(struct site_log *l);

#endif
