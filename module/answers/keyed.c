/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/keyed.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#define SLOTS_FIRST 64

static uint64_t secret[2];
static pthread_once_t secret_once = PTHREAD_ONCE_INIT;

static void make_secret(void)
{
    if (getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret)
        secret[0] = (uint64_t)(uintptr_t)&secret; /* worse, and still another each time */
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)(a ^ secret[0]) * (b ^ secret[1]);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_of(struct slice key)
{
    uint64_t h = key.n * 0x9E3779B97F4A7C15u, word = 0;
    size_t i = 0;
    for (; i + sizeof word <= key.n; i += sizeof word) {
        memcpy(&word, key.p + i, sizeof word);
        h = mix(h ^ word, 0xA0761D6478BD642Fu);
    }
    word = 0;
    if (i < key.n)
        memcpy(&word, key.p + i, key.n - i);
    return mix(h ^ word, 0xE7037ED1A0B428DBu);
}

void keyed_init(struct keyed *t, size_t row_size, size_t rows_max)
{
    pthread_once(&secret_once, make_secret);
    *t = (struct keyed){ .row_size = row_size, .rows_max = rows_max };
    arena_init(&t->arena, SIZE_MAX, NULL, 0);
}

void keyed_free(struct keyed *t)
{
    arena_reset(&t->arena);
    free(t->slot);
    t->slot = NULL;
    t->slots = t->n = 0;
}

/* Where the key is, or would be. There is always a free slot. */
static size_t place_of(const struct keyed *t, uint64_t hash, struct slice key)
{
    size_t at = hash & (t->slots - 1);
    while (t->slot[at] && !(t->slot[at]->hash == hash && slice_eq(t->slot[at]->key, key)))
        at = (at + 1) & (t->slots - 1);
    return at;
}

static bool widen(struct keyed *t)
{
    size_t slots = t->slots ? t->slots * 2 : SLOTS_FIRST;
    struct keyed_row **slot = calloc(slots, sizeof *slot);
    if (!slot)
        return false;
    for (size_t i = 0; i < t->slots; i++) {
        if (!t->slot[i])
            continue;
        size_t at = t->slot[i]->hash & (slots - 1);
        while (slot[at])
            at = (at + 1) & (slots - 1);
        slot[at] = t->slot[i];
    }
    free(t->slot);
    t->slot = slot;
    t->slots = slots;
    return true;
}

static struct keyed_row *make_row(struct keyed *t, uint64_t hash, struct slice key)
{
    if (t->n >= t->rows_max)
        return NULL;
    struct keyed_row *row = arena_alloc(&t->arena, t->row_size);
    struct slice own = row ? arena_copy(&t->arena, key, SIZE_MAX) : SLICE_EMPTY;
    if (!own.p)
        return NULL;
    *row = (struct keyed_row){ hash, own };
    t->n++;
    return row;
}

void *keyed_row(struct keyed *t, struct slice key)
{
    if (t->n * 4 >= t->slots * 3 && !widen(t) && t->n + 1 >= t->slots) {
        t->full = true;
        return keyed_find(t, key);
    }
    uint64_t hash = hash_of(key);
    size_t at = place_of(t, hash, key);
    if (!t->slot[at] && !(t->slot[at] = make_row(t, hash, key)))
        t->full = true;
    return t->slot[at];
}

void *keyed_find(const struct keyed *t, struct slice key)
{
    return t->slots ? t->slot[place_of(t, hash_of(key), key)] : NULL;
}

void *keyed_next(const struct keyed *t, size_t *at)
{
    while (*at < t->slots) {
        struct keyed_row *row = t->slot[(*at)++];
        if (row)
            return row;
    }
    return NULL;
}

void **keyed_sorted(const struct keyed *t, int (*order)(const void *, const void *))
{
    void **rows = malloc((t->n + 1) * sizeof *rows);
    size_t n = 0, at = 0;
    void *row;
    if (!rows)
        return NULL;
    while ((row = keyed_next(t, &at)))
        rows[n++] = row;
    qsort(rows, n, sizeof *rows, order);
    return rows;
}
