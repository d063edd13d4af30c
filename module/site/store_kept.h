/* SPDX-License-Identifier: Apache-2.0 */
/* store_kept.h - values of the store that were verified stay in memory of our own.
 *
 * A value in the map may change while it is looked at, so it is copied, and the copy
 * verified. Its serial is random and names that very writing: as long as the map shows
 * the same serial, the copy need not be made again. The copies belong to all threads of
 * the process.
 *
 * Limits: STORE_KEPT copies, STORE_KEPT_BYTES in all. */
#ifndef OPTOUT_SITE_STORE_KEPT_H
#define OPTOUT_SITE_STORE_KEPT_H

#include "core/slice.h"

#include <pthread.h>
#include <stdatomic.h>

#define STORE_KEPT 4096
#define STORE_KEPT_PLACES 4 /* of a serial */
#define STORE_KEPT_BYTES (16u << 20)

struct store_copy {
    atomic_uint holders; /* the last one frees it */
    uint64_t serial;
    size_t n, room;
    _Alignas(16) uint8_t p[];
};

struct store_kept {
    pthread_mutex_t lock; /* a leaf: all below */
    struct store_copy *at[STORE_KEPT]; /* by serial, each in one of its places */
    size_t bytes, hand, next;
};

/* With one holder; NULL without memory. */
struct store_copy *store_copy_new(size_t room);
void store_copy_drop(struct store_copy *c); /* one holder less; NULL is nothing */

/* With one holder more, or NULL. */
struct store_copy *store_kept_find(struct store_kept *k, uint64_t serial, size_t n);
/* Keeps what was verified, if there is room for it at all, in place of others. */
void store_kept_put(struct store_kept *k, struct store_copy *c);
void store_kept_clear(struct store_kept *k);

#endif
