/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.h - the configuration in force and the log that belongs to it.
 *
 * Counted: a request keeps the one it began with, a reload puts
 * the next in its place, the last user frees the old. */
#ifndef OPTOUT_ICAP_SNAPSHOT_H
#define OPTOUT_ICAP_SNAPSHOT_H

#include "audit/segment.h"
#include "policy/snapshot.h"

/* Loads the file; on failure NULL and the reason. One reference is the caller's. */
struct snapshot *snapshot_open(const char *path, struct config_error *e);
/* The same, with its folders looked at and, in a child, its log opened: what is to be installed. NULL and
 * the reason: what is in force stays. */
struct snapshot *snapshot_renew(const char *path, bool child, struct config_error *e);
/* The log, opened when it is not yet (after fork), tried again at most once a
 * second; NULL and, when it was tried, a reason in `e`. */
struct audit *snapshot_audit(struct snapshot *s, struct config_error *e);

/* An exchange was refused because the log takes no records: the next gap of the log counts it. */
void snapshot_note_refused(struct snapshot *s);

/* The store of site rules, opened by whichever process asks first; NULL: there is none, or it
 * cannot be used, which is logged. */
struct site *snapshot_site(const struct snapshot *s);
/* Keeps beside the originals of site files what the digest of the configuration stands for:
 * the settings and each data file, by SHA-256. In children alone, at their start and after a
 * reload: never while somebody waits for an answer. */
void snapshot_keep(const struct snapshot *s);

/* Makes `s` the current one, taking the caller's reference over. NULL clears. */
void snapshot_install(struct snapshot *s);
struct snapshot *snapshot_get(void); /* the current one with a reference, or NULL */
void snapshot_put(struct snapshot *s); /* NULL is fine */

#endif
