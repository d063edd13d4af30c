/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - the memory of one exchange, given back in one call.
 *
 * Parsers never call malloc: they take from the arena of the exchange, which
 * has a ceiling. One arena belongs to one thread at a time. Small pieces are
 * 16-byte aligned. */
#ifndef OPTOUT_CORE_ARENA_H
#define OPTOUT_CORE_ARENA_H

#include "core/slice.h"

struct arena_block;

struct arena {
    struct arena_block *block; /* newest first */
    uint8_t *next;             /* free bytes of the newest block */
    size_t left;               /* how many */
    size_t used;               /* bytes taken from malloc so far */
    size_t limit;              /* ceiling for `used` */
    void *first;               /* a caller's own first block, never freed */
    size_t first_size;
};

/* `limit` in bytes is the ceiling of what malloc may be asked for. `first` of
 * `first_size` bytes (may be NULL and 0) is used before malloc is; it must be
 * 16-byte aligned and outlive the arena. */
void arena_init(struct arena *a, size_t limit, void *first, size_t first_size);
/* Gives everything back; the arena can be used again with the same limit. */
void arena_reset(struct arena *a);

/* `n` zeroed bytes, or NULL when the ceiling or memory is reached. */
void *arena_alloc(struct arena *a, size_t n);
/* As arena_alloc, but the bytes are whatever was there before. */
void *arena_take(struct arena *a, size_t n);
/* As arena_alloc for count * size, checking the product. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* A copy of at most `max` bytes of `s`. On failure an empty slice whose p is
 * NULL; an empty input gives an empty slice whose p is not NULL. */
struct slice arena_copy(struct arena *a, struct slice s, size_t max);

#endif
