/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - reading what is known of an origin.
 *
 * A read claims a slot, renews the slot's transaction, looks up, visits, resets; or finds
 * all that in a copy.
 * It takes no lock but that of the copies (store_kept.h), for a moment. A value is copied,
 * verified and visited in that copy: the file may be cut or written over at any moment,
 * and LMDB puts small values at any even place. A copy is used again as long as the map
 * shows its serial; without a transaction, as long as both meta pages are those under
 * which it was found. All that touches the map is done under the guard.
 *
 * Limits: STORE_SLOTS readers at one time (others wait), STORE_READERS in all
 * processes. */
#include "site/store_internal.h"

#include "core/clock.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

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

static int reset_slot(void *ctx)
{
    struct store_slot *slot = ctx;
    mdb_txn_reset(slot->txn);
    return 0;
}

static int abort_slot(void *ctx)
{
    struct store_slot *slot = ctx;
    MDB_txn *txn = slot->txn;
    slot->txn = NULL;
    mdb_txn_abort(txn);
    return 0;
}

void store_slot_drop(struct store_slot *slot)
{
    if (slot->txn)
        (void)store_guarded(abort_slot, slot);
}

void store_slot_release(struct store_slot *slot)
{
    if (slot->txn && slot->begun && store_guarded(reset_slot, slot) == STORE_FAULT)
        slot->txn = NULL; /* of a map that is about to be set aside */
    slot->begun = false;
    store_copy_drop(slot->copy);
    slot->copy = NULL;
    atomic_store(&slot->busy, false);
}

/* The numbers of transactions never go back, unless another file was written over
 * ours. A meta page that a writer is just writing may look so for a moment. */
static int check_meta(struct store_slot *slot, const struct store_map *map)
{
    uint64_t txn = mdb_txn_id(slot->txn);
    for (int tries = 0; map->view.base && !store_meta_whole(&map->view, txn, false); tries++) {
        if (tries == 3)
            return MDB_CORRUPTED;
        usleep(500);
    }
    return 0;
}

int store_slot_begin(struct store_slot *slot, struct store_map *map)
{
    int rc;
    if (map->lost)
        return MDB_PANIC;
    slot->begun = true;
    if (slot->txn) {
        rc = mdb_txn_renew(slot->txn);
        if (rc == MDB_SUCCESS)
            return check_meta(slot, map);
        store_slot_drop(slot);
    }
    rc = mdb_txn_begin(map->env, NULL, MDB_RDONLY, &slot->txn);
    if (rc == MDB_READERS_FULL) {
        int dead;
        mdb_reader_check(map->env, &dead);
        rc = mdb_txn_begin(map->env, NULL, MDB_RDONLY, &slot->txn);
    }
    if (rc != MDB_SUCCESS)
        slot->txn = NULL;
    return rc == MDB_SUCCESS ? check_meta(slot, map) : rc;
}

/* ---- values ------------------------------------------------------------- */

static void remember_bad(struct store *s, struct slice key)
{
    pthread_mutex_lock(&s->bad_lock);
    if (s->n_bad < STORE_BAD_KEYS)
        s->bad_key[s->n_bad++] = store_key_of(key);
    pthread_mutex_unlock(&s->bad_lock);
}

/* Verified and read in the slot's copy; what the map holds may change at any moment. */
static bool copy_value(struct store_slot *slot, const MDB_val *data)
{
    if (data->mv_size > STORE_VALUE_MAX)
        return false;
    if (!slot->copy || slot->copy->room < data->mv_size || atomic_load(&slot->copy->holders) > 1) {
        store_copy_drop(slot->copy);
        slot->copy = store_copy_new(data->mv_size);
    }
    if (!slot->copy)
        return false;
    slot->copy->n = data->mv_size;
    if (data->mv_size)
        memcpy(slot->copy->p, data->mv_data, data->mv_size);
    struct slice bytes = slice_of(slot->copy->p, slot->copy->n);
    return store_value_whole(bytes) && store_value_read(bytes, &slot->copy->value);
}

struct reading {
    struct store_slot *slot;
    struct store_kept *kept;
    struct store_map *map;
    struct slice key;
    struct store_key k;
    struct store_state state; /* what the map shows before it is asked */
    uint64_t number;          /* of that state */
    bool there, known;
};

/* The value of this key, in the slot's copy. */
static bool take_value(struct reading *r, const MDB_val *data)
{
    struct store_slot *slot = r->slot;
    uint64_t serial = store_value_serial(slice_of(data->mv_data, data->mv_size));
    slot->copy = store_kept_find(r->kept, r->key, serial, data->mv_size);
    if (!slot->copy && (!copy_value(slot, data) || !slice_eq(slot->copy->value.key, r->key)))
        return false;
    /* A writer who came in between has shown another state, or will. */
    bool same = mdb_txn_id(slot->txn) == store_metas_last(&r->state.metas);
    store_kept_put(r->kept, slot->copy, same ? r->number : 0);
    return true;
}

/* Whether the copy of the key need not be looked for in the map. */
static int read_copy(void *ctx)
{
    struct reading *r = ctx;
    r->number = 0;
    if (r->map->lost)
        return MDB_SUCCESS;
    r->state.file = atomic_load(&r->map->number);
    store_metas_copy(&r->map->view, &r->state.metas);
    r->slot->copy = store_kept_now(r->kept, r->key, &r->state, &r->number);
    r->there = r->known = r->slot->copy != NULL;
    return MDB_SUCCESS;
}

static int read_value(void *ctx)
{
    struct reading *r = ctx;
    MDB_val name = { r->k.n, r->k.p }, data;
    int rc = store_slot_begin(r->slot, r->map);
    if (rc == MDB_SUCCESS)
        rc = mdb_get(r->slot->txn, r->map->rules, &name, &data);
    if (rc == MDB_SUCCESS) {
        r->there = true;
        r->known = take_value(r, &data);
    }
    return rc;
}

/* One try. `*map` is the one that was read. */
static int read_once(struct store *s, struct reading *r, store_visit *visit, void *ctx)
{
    r->slot = store_slot_claim(s);
    r->map = atomic_load(&s->map);
    r->there = r->known = false;
    int rc = r->map ? store_guarded(read_copy, r) : MDB_NOTFOUND;
    if (rc == MDB_SUCCESS && !r->known) {
        r->k = store_key_of(r->key);
        rc = r->k.n ? store_guarded(read_value, r) : MDB_NOTFOUND;
    }
    if (rc == MDB_SUCCESS && r->known)
        visit(ctx, &r->slot->copy->value);
    if (store_is_damage(rc))
        store_slot_drop(r->slot);
    store_slot_release(r->slot);
    return rc;
}

static enum optout_rc not_found(const struct reading *r, int rc)
{
    if (r->map && rc == MDB_NOTFOUND)
        return OPTOUT_DONE;
    errno = rc > 0 ? rc : EIO;
    return OPTOUT_E_IO;
}

bool store_read(struct store *s, struct slice key, store_visit *visit, void *ctx)
{
    return store_find(s, key, visit, ctx) == OPTOUT_OK;
}

enum optout_rc store_find(struct store *s, struct slice key, store_visit *visit, void *ctx)
{
    struct reading r;
    r.kept = &s->kept;
    r.key = key;
    store_look(s, false);
    for (int tries = 0;; tries++) {
        int rc = read_once(s, &r, visit, ctx);
        if (r.known)
            return OPTOUT_OK;
        if (r.there)
            remember_bad(s, key);
        if (store_is_damage(rc))
            store_reopen(s, r.map, store_strerror(rc));
        else if (rc == MDB_MAP_RESIZED)
            store_reopen(s, r.map, NULL);
        else
            store_look(s, true); /* whoever finds nothing asks somebody: that costs more */
        if (tries || atomic_load(&s->map) == r.map)
            return not_found(&r, rc);
    }
}

struct listing {
    struct store_slot *slot;
    struct store_map *map;
    struct store_key after;
    MDB_cursor *cursor;
    bool begun, known;
};

/* The next pair; `known` when it can be read. */
static int list_next(void *ctx)
{
    struct listing *l = ctx;
    MDB_val name = { l->after.n, l->after.p }, data;
    MDB_cursor_op op = l->begun ? MDB_NEXT : l->after.n ? MDB_SET_RANGE : MDB_FIRST;
    int rc = l->begun ? 0 : store_slot_begin(l->slot, l->map);
    if (rc == 0 && !l->begun)
        rc = mdb_cursor_open(l->slot->txn, l->map->rules, &l->cursor);
    if (rc == 0)
        rc = mdb_cursor_get(l->cursor, &name, &data, op);
    if (rc == 0 && !l->begun && l->after.n &&
        slice_eq(slice_of(name.mv_data, name.mv_size), slice_of(l->after.p, l->after.n)))
        rc = mdb_cursor_get(l->cursor, &name, &data, MDB_NEXT);
    l->begun = true;
    l->known = rc == 0 && copy_value(l->slot, &data);
    return rc;
}

static int list_end(void *ctx)
{
    struct listing *l = ctx;
    mdb_cursor_close(l->cursor);
    return 0;
}

void store_each(struct store *s, struct slice after, store_each_visit *each, void *ctx)
{
    struct listing l = { .after = store_key_of(after) };
    store_look(s, false);
    l.slot = store_slot_claim(s);
    l.map = atomic_load(&s->map);
    int rc = l.map ? 0 : MDB_NOTFOUND;
    while (rc == 0) {
        rc = store_guarded(list_next, &l);
        if (rc == 0 && l.known && !each(ctx, &l.slot->copy->value))
            break;
    }
    if (l.cursor)
        (void)store_guarded(list_end, &l);
    if (store_is_damage(rc))
        store_slot_drop(l.slot);
    store_slot_release(l.slot);
    if (store_is_damage(rc))
        store_reopen(s, l.map, store_strerror(rc));
}

struct counting {
    struct store_slot *slot;
    struct store_map *map;
    MDB_stat rules, expiry;
};

static int count_pages(void *ctx)
{
    struct counting *c = ctx;
    int rc = store_slot_begin(c->slot, c->map);
    if (rc == 0)
        rc = mdb_stat(c->slot->txn, c->map->rules, &c->rules);
    return rc ? rc : mdb_stat(c->slot->txn, c->map->expiry, &c->expiry);
}

void store_stat(struct store *s, struct store_stat *out)
{
    *out = (struct store_stat){ .evicted = atomic_load(&s->evicted),
                                .set_aside = atomic_load(&s->set_aside) };
    struct counting c = { .slot = store_slot_claim(s), .map = atomic_load(&s->map) };
    int rc = c.map ? store_guarded(count_pages, &c) : MDB_NOTFOUND;
    if (rc == 0) {
        out->keys = c.rules.ms_entries;
        out->bytes_max = c.map->size;
        out->bytes_used = (c.rules.ms_branch_pages + c.rules.ms_leaf_pages +
                           c.rules.ms_overflow_pages + c.expiry.ms_branch_pages +
                           c.expiry.ms_leaf_pages) * (uint64_t)c.map->page;
    }
    if (store_is_damage(rc))
        store_slot_drop(c.slot);
    store_slot_release(c.slot);
    if (store_is_damage(rc))
        store_reopen(s, c.map, store_strerror(rc));
}

struct tidying {
    struct store_map *map;
    int dead;
};

static int tidy(void *ctx)
{
    struct tidying *t = ctx;
    return mdb_reader_check(t->map->env, &t->dead);
}

int store_tidy(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    struct tidying t = { .map = atomic_load(&s->map) };
    if (!t.map || t.map->lost || store_guarded(tidy, &t) != MDB_SUCCESS)
        t.dead = 0;
    pthread_mutex_unlock(&s->lock);
    return t.dead;
}
