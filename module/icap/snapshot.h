/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.h - the configuration in force and the log that belongs to it.
 *
 * Immutable and counted: a request keeps the one it began with, a reload puts
 * the next in its place, the last user frees the old. */
#ifndef OPTOUT_ICAP_SNAPSHOT_H
#define OPTOUT_ICAP_SNAPSHOT_H

#include "audit/segment.h"
#include "policy/clients.h"
#include "policy/config.h"
#include "standards/agents.h"

#include <pthread.h>
#include <stdatomic.h>

struct snapshot {
    atomic_uint refs;
    struct config config;
    struct agents *agents; /* the catalogue; NULL: the built-in one */
    struct clients *clients; /* NULL: no table */
    pthread_mutex_t lock; /* guards what follows */
    struct audit *audit;  /* NULL in the master, and while it cannot be opened */
    int64_t tried_ms;     /* when opening it was last tried */
};

/* Loads the file; on failure NULL and the reason. One reference is the caller's. */
struct snapshot *snapshot_load(const char *path, struct config_error *e);
/* The log, opened when it is not yet (after fork), tried again at most once a
 * second; NULL and, when it was tried, a reason in `e`. */
struct audit *snapshot_audit(struct snapshot *s, struct config_error *e);

/* Makes `s` the current one, taking the caller's reference over. NULL clears. */
void snapshot_install(struct snapshot *s);
struct snapshot *snapshot_get(void); /* the current one with a reference, or NULL */
void snapshot_put(struct snapshot *s); /* NULL is fine */

#endif
