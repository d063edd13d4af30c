/* SPDX-License-Identifier: Apache-2.0 */
#include "site/store_kept.h"

#include <stdlib.h>

struct store_copy *store_copy_new(size_t room)
{
    struct store_copy *c = malloc(sizeof *c + room);
    if (!c)
        return NULL;
    atomic_init(&c->holders, 1);
    c->state = 0;
    c->n = 0;
    c->room = room;
    c->value.serial = 0;
    c->value.key = SLICE_EMPTY;
    return c;
}

void store_copy_drop(struct store_copy *c)
{
    if (c && atomic_fetch_sub(&c->holders, 1) == 1)
        free(c);
}

static size_t bytes_of(const struct store_copy *c)
{
    return sizeof *c + c->room;
}

/* The first place of a key. */
static struct store_copy **places(struct store_kept *k, struct slice key)
{
    uint64_t hash = store_hash(key, 0);
    return &k->at[hash % (STORE_KEPT / STORE_KEPT_PLACES) * STORE_KEPT_PLACES];
}

/* Called with the lock held: the place of the copy, or NULL. */
static struct store_copy **find(struct store_copy **at, struct slice key)
{
    for (size_t i = 0; i < STORE_KEPT_PLACES; i++)
        if (at[i] && slice_eq(at[i]->value.key, key))
            return &at[i];
    return NULL;
}

/* Called with the lock held. */
static uint64_t number_of(struct store_kept *k, const struct store_state *now)
{
    if (k->number == 0 || k->state.file != now->file ||
        memcmp(&k->state.metas, &now->metas, sizeof now->metas) != 0) {
        k->state = *now;
        k->number++;
    }
    return k->number;
}

struct store_copy *store_kept_now(struct store_kept *k, struct slice key,
                                  const struct store_state *now, uint64_t *number)
{
    struct store_copy **first = places(k, key), *found = NULL;
    pthread_mutex_lock(&k->lock);
    *number = number_of(k, now);
    struct store_copy **at = find(first, key);
    if (at && (*at)->state == *number) {
        found = *at;
        atomic_fetch_add(&found->holders, 1);
    }
    pthread_mutex_unlock(&k->lock);
    return found;
}

struct store_copy *store_kept_find(struct store_kept *k, struct slice key, uint64_t serial,
                                   size_t n)
{
    struct store_copy **first = places(k, key), *found = NULL;
    pthread_mutex_lock(&k->lock);
    struct store_copy **at = find(first, key);
    if (at && (*at)->value.serial == serial && (*at)->n == n) {
        found = *at;
        atomic_fetch_add(&found->holders, 1);
    }
    pthread_mutex_unlock(&k->lock);
    return found;
}

/* Called with the lock held. */
static void leave(struct store_kept *k, struct store_copy **at)
{
    struct store_copy *c = *at;
    *at = NULL;
    k->bytes -= c ? bytes_of(c) : 0;
    store_copy_drop(c);
}

/* Called with the lock held: where a copy of this key goes. */
static struct store_copy **place_for(struct store_kept *k, struct slice key)
{
    struct store_copy **first = places(k, key), **at = find(first, key);
    for (size_t i = 0; i < STORE_KEPT_PLACES && !at; i++)
        at = first[i] ? NULL : &first[i];
    return at ? at : &first[k->next++ % STORE_KEPT_PLACES];
}

void store_kept_put(struct store_kept *k, struct store_copy *c, uint64_t state)
{
    if (c->value.serial == 0 || bytes_of(c) > STORE_KEPT_BYTES)
        return;
    pthread_mutex_lock(&k->lock);
    struct store_copy **at = place_for(k, c->value.key);
    if (*at != c) {
        leave(k, at);
        for (; k->bytes + bytes_of(c) > STORE_KEPT_BYTES; k->hand = (k->hand + 1) % STORE_KEPT)
            leave(k, &k->at[k->hand]);
        *at = c;
        k->bytes += bytes_of(c);
        atomic_fetch_add(&c->holders, 1);
    }
    if (state > c->state)
        c->state = state;
    pthread_mutex_unlock(&k->lock);
}

void store_kept_clear(struct store_kept *k)
{
    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < STORE_KEPT; i++)
        leave(k, &k->at[i]);
    pthread_mutex_unlock(&k->lock);
}
