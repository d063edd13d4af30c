/* SPDX-License-Identifier: Apache-2.0 */
#include "site/store_kept.h"

#include <stdlib.h>

struct store_copy *store_copy_new(size_t room)
{
    struct store_copy *c = malloc(sizeof *c + room);
    if (!c)
        return NULL;
    atomic_init(&c->holders, 1);
    c->serial = 0;
    c->n = 0;
    c->room = room;
    return c;
}

void store_copy_drop(struct store_copy *c)
{
    if (c && atomic_fetch_sub(&c->holders, 1) == 1)
        free(c);
}

/* The first place of a serial. */
static struct store_copy **places(struct store_kept *k, uint64_t serial)
{
    return &k->at[serial % (STORE_KEPT / STORE_KEPT_PLACES) * STORE_KEPT_PLACES];
}

struct store_copy *store_kept_find(struct store_kept *k, uint64_t serial, size_t n)
{
    struct store_copy **at = places(k, serial), *found = NULL;
    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < STORE_KEPT_PLACES && !found; i++)
        if (at[i] && at[i]->serial == serial && at[i]->n == n)
            found = at[i];
    if (found)
        atomic_fetch_add(&found->holders, 1);
    pthread_mutex_unlock(&k->lock);
    return found;
}

/* Called with the lock held. */
static void leave(struct store_kept *k, struct store_copy **at)
{
    struct store_copy *c = *at;
    *at = NULL;
    k->bytes -= c ? c->room : 0;
    store_copy_drop(c);
}

void store_kept_put(struct store_kept *k, struct store_copy *c)
{
    if (c->serial == 0 || c->room > STORE_KEPT_BYTES)
        return;
    struct store_copy **at = places(k, c->serial);
    pthread_mutex_lock(&k->lock);
    size_t i = 0;
    while (i < STORE_KEPT_PLACES && at[i])
        i++;
    at += i < STORE_KEPT_PLACES ? i : k->next++ % STORE_KEPT_PLACES;
    leave(k, at);
    for (; k->bytes + c->room > STORE_KEPT_BYTES; k->hand = (k->hand + 1) % STORE_KEPT)
        leave(k, &k->at[k->hand]);
    *at = c;
    k->bytes += c->room;
    atomic_fetch_add(&c->holders, 1);
    pthread_mutex_unlock(&k->lock);
}

void store_kept_clear(struct store_kept *k)
{
    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < STORE_KEPT; i++)
        leave(k, &k->at[i]);
    pthread_mutex_unlock(&k->lock);
}
