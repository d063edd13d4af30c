/* SPDX-License-Identifier: Apache-2.0 */
/* store_kept.h - values of the store that were verified stay in memory of our own.
 *
 * A value in the map may change while it is looked at, so it is copied, and the copy
 * verified and read. Its serial is random and names that very writing: as long as the map
 * shows the same serial, the copy need not be made again. As long as the map as a whole
 * shows that nobody has written (its *state*), it need not even be asked. The copies belong
 * to all threads of the process.
 *
 * Limits: STORE_KEPT copies, STORE_KEPT_BYTES in all. */
#ifndef OPTOUT_SITE_STORE_KEPT_H
#define OPTOUT_SITE_STORE_KEPT_H

#include "site/store_pages.h"
#include "site/store_value.h"

#include <pthread.h>
#include <stdatomic.h>

#define STORE_KEPT 4096
#define STORE_KEPT_PLACES 4 /* of a key */
#define STORE_KEPT_BYTES (16u << 20)

struct store_copy {
    atomic_uint holders; /* the last one frees it */
    uint64_t state;      /* number of the last one it was found in; 0: none. store_kept's */
    size_t n, room;
    struct store_value value; /* as read from the bytes, which it points into */
    _Alignas(16) uint8_t p[];
};

/* What the map shows. */
struct store_state {
    uint64_t file; /* number of the file, as long as nobody else wrote into it */
    struct store_metas metas;
};

struct store_kept {
    pthread_mutex_t lock; /* a leaf: all below */
    struct store_copy *at[STORE_KEPT]; /* by key, each in one of its places */
    size_t bytes, hand, next;
    struct store_state state; /* the last one that was seen */
    uint64_t number;          /* of it; never goes back */
};

/* With one holder; NULL without memory. Whoever makes it fills in the bytes and the value. */
struct store_copy *store_copy_new(size_t room);
void store_copy_drop(struct store_copy *c); /* one holder less; NULL is nothing */

/* The copy of this key if it was found in the state that is `now`, with one holder more, or
 * NULL. `*number` is that of the state. */
struct store_copy *store_kept_now(struct store_kept *k, struct slice key,
                                  const struct store_state *now, uint64_t *number);
/* The copy of this writing, with one holder more, or NULL. */
struct store_copy *store_kept_find(struct store_kept *k, struct slice key, uint64_t serial,
                                   size_t n);
/* Keeps what was verified, if there is room for it at all, in place of others, first of an
 * older one of its key. `state`: the number of the state it was found in; 0: of none. */
void store_kept_put(struct store_kept *k, struct store_copy *c, uint64_t state);
void store_kept_clear(struct store_kept *k);

#endif
