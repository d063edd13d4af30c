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

struct store_copy *store_kept_find(struct store_kept *k, uint64_t serial, size_t n)
{
    pthread_mutex_lock(&k->lock);
    struct store_copy *c = k->at[serial % STORE_KEPT];
    if (c && (c->serial != serial || c->n != n))
        c = NULL;
    if (c)
        atomic_fetch_add(&c->holders, 1);
    pthread_mutex_unlock(&k->lock);
    return c;
}

/* Called with the lock held. */
static void leave(struct store_kept *k, size_t i)
{
    struct store_copy *c = k->at[i];
    k->at[i] = NULL;
    k->octets -= c ? c->room : 0;
    store_copy_drop(c);
}

void store_kept_put(struct store_kept *k, struct store_copy *c)
{
    if (c->serial == 0 || c->room > STORE_KEPT_OCTETS)
        return;
    pthread_mutex_lock(&k->lock);
    leave(k, c->serial % STORE_KEPT);
    for (; k->octets + c->room > STORE_KEPT_OCTETS; k->hand = (k->hand + 1) % STORE_KEPT)
        leave(k, k->hand);
    k->at[c->serial % STORE_KEPT] = c;
    k->octets += c->room;
    atomic_fetch_add(&c->holders, 1);
    pthread_mutex_unlock(&k->lock);
}

void store_kept_clear(struct store_kept *k)
{
    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < STORE_KEPT; i++)
        leave(k, i);
    pthread_mutex_unlock(&k->lock);
}
