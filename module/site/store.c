/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - reading what is known of an origin.
 *
 * A read claims a slot, renews the slot's transaction, looks up, visits, resets.
 * It takes no lock and allocates nothing once the slot has a transaction. LMDB
 * puts small values between others, two-octet aligned: those are copied to the
 * slot first; large ones lie at the front of their own pages and are visited
 * where they are.
 *
 * Limits: STORE_SLOTS readers at one time (others wait), STORE_READERS in all
 * processes. */
#include "site/store_internal.h"

#include "core/clock.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/* ---- slots -------------------------------------------------------------- */

struct store_slot *store_slot_claim(struct store *s)
{
    /* Threads begin at places of their own, and so find theirs free. */
    uintptr_t mine = (uintptr_t)pthread_self();
    size_t i = (size_t)((mine >> 12) * 0x9e3779b97f4a7c15u >> 40) % STORE_SLOTS;
    for (size_t tries = 1;; tries++, i = (i + 1) % STORE_SLOTS) {
        if (!atomic_exchange(&s->slot[i].busy, true))
            return &s->slot[i];
        if (tries % STORE_SLOTS == 0)
            sched_yield();
    }
}

void store_slot_release(struct store_slot *slot)
{
    if (slot->txn)
        mdb_txn_reset(slot->txn);
    atomic_store(&slot->busy, false);
}

int store_slot_begin(struct store_slot *slot, struct store_map *map)
{
    int rc;
    if (slot->txn) {
        rc = mdb_txn_renew(slot->txn);
        if (rc == MDB_SUCCESS)
            return rc;
        mdb_txn_abort(slot->txn);
        slot->txn = NULL;
    }
    if (!slot->copy)
        slot->copy = aligned_alloc(16, map->page);
    if (!slot->copy)
        return ENOMEM;
    rc = mdb_txn_begin(map->env, NULL, MDB_RDONLY, &slot->txn);
    if (rc == MDB_READERS_FULL) {
        int dead;
        mdb_reader_check(map->env, &dead);
        rc = mdb_txn_begin(map->env, NULL, MDB_RDONLY, &slot->txn);
    }
    if (rc != MDB_SUCCESS)
        slot->txn = NULL;
    return rc;
}

/* ---- values ------------------------------------------------------------- */

static void remember_bad(struct store *s, struct slice key)
{
    pthread_mutex_lock(&s->bad_lock);
    if (s->n_bad < STORE_BAD_KEYS)
        s->bad_key[s->n_bad++] = store_key_of(key);
    pthread_mutex_unlock(&s->bad_lock);
}

bool store_value_known(struct store *s, struct store_slot *slot, const struct store_map *map,
                       struct slice key, const MDB_val *data, struct store_value *v)
{
    struct slice bytes = slice_of(data->mv_data, data->mv_size);
    if ((uintptr_t)bytes.p % 8 != 0) {
        if (bytes.n > map->page)
            return false;
        memcpy(slot->copy, bytes.p, bytes.n);
        bytes.p = slot->copy;
    }
    /* A serial is random: one that was seen whole names these very octets. */
    uint64_t serial = store_value_serial(bytes);
    _Atomic uint64_t *seen = &s->seen[serial % STORE_SEEN];
    bool whole = serial && atomic_load_explicit(seen, memory_order_relaxed) == serial;
    if (!whole) {
        if (!store_value_whole(bytes))
            return false;
        atomic_store_explicit(seen, serial, memory_order_relaxed);
    }
    return store_value_read(bytes, v) && (!key.p || slice_eq(v->key, key));
}

bool store_read(struct store *s, struct slice key, store_visit *visit, void *ctx)
{
    struct store_key k = store_key_of(key);
    struct store_value v;
    MDB_val name = { k.n, k.p }, data;
    bool found = false;
    if (k.n == 0)
        return false;
    store_look(s);
    struct store_slot *slot = store_slot_claim(s);
    struct store_map *map = atomic_load(&s->map);
    int rc = map ? store_slot_begin(slot, map) : MDB_NOTFOUND;
    if (map && rc == MDB_SUCCESS) {
        rc = mdb_get(slot->txn, map->rules, &name, &data);
        if (rc == MDB_SUCCESS) {
            found = store_value_known(s, slot, map, key, &data, &v);
            if (found)
                visit(ctx, v.d, v.asked);
            else
                remember_bad(s, key);
        }
    }
    store_slot_release(slot);
    if (store_is_damage(rc))
        store_reopen(s, map, mdb_strerror(rc));
    else if (rc == MDB_MAP_RESIZED)
        store_reopen(s, map, NULL);
    return found;
}

void store_each(struct store *s, struct slice after, store_each_visit *each, void *ctx)
{
    struct store_key k = store_key_of(after);
    struct store_value v;
    MDB_val name = { k.n, k.p }, data;
    MDB_cursor *cursor = NULL;
    store_look(s);
    struct store_slot *slot = store_slot_claim(s);
    struct store_map *map = atomic_load(&s->map);
    int rc = map ? store_slot_begin(slot, map) : MDB_NOTFOUND;
    if (rc == MDB_SUCCESS)
        rc = mdb_cursor_open(slot->txn, map->rules, &cursor);
    if (rc == MDB_SUCCESS)
        rc = mdb_cursor_get(cursor, &name, &data, k.n ? MDB_SET_RANGE : MDB_FIRST);
    if (rc == MDB_SUCCESS && k.n && slice_eq(slice_of(name.mv_data, name.mv_size),
                                             slice_of(k.p, k.n)))
        rc = mdb_cursor_get(cursor, &name, &data, MDB_NEXT);
    while (rc == MDB_SUCCESS) {
        if (store_value_known(s, slot, map, SLICE_EMPTY, &data, &v) &&
            !each(ctx, v.key, v.d, v.asked))
            break;
        rc = mdb_cursor_get(cursor, &name, &data, MDB_NEXT);
    }
    if (cursor)
        mdb_cursor_close(cursor);
    store_slot_release(slot);
    if (store_is_damage(rc))
        store_reopen(s, map, mdb_strerror(rc));
}

void store_stat(struct store *s, struct store_stat *out)
{
    MDB_stat rules, expiry;
    *out = (struct store_stat){ .evicted = atomic_load(&s->evicted),
                                .set_aside = atomic_load(&s->set_aside) };
    struct store_slot *slot = store_slot_claim(s);
    struct store_map *map = atomic_load(&s->map);
    if (map && store_slot_begin(slot, map) == MDB_SUCCESS &&
        mdb_stat(slot->txn, map->rules, &rules) == MDB_SUCCESS &&
        mdb_stat(slot->txn, map->expiry, &expiry) == MDB_SUCCESS) {
        out->keys = rules.ms_entries;
        out->bytes_max = map->size;
        out->bytes_used = (rules.ms_branch_pages + rules.ms_leaf_pages + rules.ms_overflow_pages +
                           expiry.ms_branch_pages + expiry.ms_leaf_pages) *
                          (uint64_t)map->page;
    }
    store_slot_release(slot);
}

int store_tidy(struct store *s)
{
    int dead = 0;
    pthread_mutex_lock(&s->lock);
    struct store_map *map = atomic_load(&s->map);
    if (map && mdb_reader_check(map->env, &dead) != MDB_SUCCESS)
        dead = 0;
    pthread_mutex_unlock(&s->lock);
    return dead;
}
