/* SPDX-License-Identifier: Apache-2.0 */
/* keyed.h - rows by a text key, in a table that cannot grow beyond a number of them.
 *
 * Keys come from the network: they are hashed under a secret of this process, so that nobody
 * can choose keys that meet. One table belongs to one thread. Memory is the table's own. */
#ifndef OPTOUT_ANSWERS_KEYED_H
#define OPTOUT_ANSWERS_KEYED_H

#include "core/arena.h"

/* The first member of every row; a row never moves. */
struct keyed_row {
    uint64_t hash;
    struct slice key; /* the table's own copy */
};

struct keyed {
    struct arena arena;
    struct keyed_row **slot; /* a power of two of them; NULL: free */
    size_t slots, n;
    size_t row_size; /* bytes */
    size_t rows_max;
    bool full; /* a key was refused: rows_max, or memory */
};

void keyed_init(struct keyed *t, size_t row_size, size_t rows_max);
void keyed_free(struct keyed *t);
/* The row of that key, a new one zeroed behind its first member. NULL: the table is full. */
void *keyed_row(struct keyed *t, struct slice key);
/* NULL: there is none. */
void *keyed_find(const struct keyed *t, struct slice key);
/* Row by row in no order: `*at` is 0 at first. NULL at the end. */
void *keyed_next(const struct keyed *t, size_t *at);
/* All rows in that order, to be freed; NULL when memory is used up. `order` gets pointers to
 * pointers to rows, as qsort gives them. */
void **keyed_sorted(const struct keyed *t, int (*order)(const void *, const void *));

#endif
