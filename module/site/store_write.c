/* SPDX-License-Identifier: Apache-2.0 */
/* store_write.c - writing, forgetting and making room.
 *
 * Beside the rules lies a table by time of expiry: 8 bytes of time and 8 of a
 * hash of the key, big-endian, so that its front is what may be dropped first. An
 * entry that its value does not confirm is dropped alone. LMDB needs free pages to
 * delete, so room is made from STORE_FULL_PERCENT on, not when nothing is left.
 *
 * Limits: size_max of the store; half of it for one value. */
#include "site/store_internal.h"

#include "core/clock.h"

#include <errno.h>

#define ATTEMPTS 10      /* with twice the room made each time */
#define TRIES 3          /* of one write, each in a store that was mended */
#define BATCH_PART 100   /* of all keys are dropped at a time */

struct expiry_key {
    uint8_t p[16];
};

static void put_u64(uint8_t *p, uint64_t v)
{
    for (int i = 7; i >= 0; i--, v >>= 8)
        p[i] = (uint8_t)v;
}

static struct expiry_key expiry_key(int64_t drop_ms, const struct store_key *k)
{
    struct expiry_key e;
    put_u64(e.p, (uint64_t)drop_ms);
    put_u64(e.p + 8, store_hash(slice_of(k->p, k->n), 0));
    return e;
}

static int delete_expiry(MDB_txn *txn, const struct store_map *map, int64_t drop_ms,
                         const struct store_key *k)
{
    struct expiry_key e = expiry_key(drop_ms, k);
    MDB_val name = { sizeof e, e.p };
    int rc = mdb_del(txn, map->expiry, &name, NULL);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Drops a key and its entry in the table of expiry. */
static int drop(MDB_txn *txn, const struct store_map *map, const struct store_key *k)
{
    MDB_val name = { k->n, (void *)(uintptr_t)k->p }, data;
    struct store_value v;
    int rc = mdb_get(txn, map->rules, &name, &data);
    if (rc == MDB_NOTFOUND)
        return 0;
    if (rc == 0 && store_value_read(slice_of(data.mv_data, data.mv_size), &v))
        rc = delete_expiry(txn, map, v.drop_ms, k);
    return rc == 0 ? mdb_del(txn, map->rules, &name, NULL) : rc;
}

/* Damaged values that readers met. No lock is held where a fault may leave. */
static int drop_bad(struct store *s, MDB_txn *txn, const struct store_map *map)
{
    struct store_key bad[STORE_BAD_KEYS];
    int rc = 0;
    pthread_mutex_lock(&s->bad_lock);
    size_t n = s->n_bad;
    memcpy(bad, s->bad_key, n * sizeof *bad);
    s->n_bad = 0;
    pthread_mutex_unlock(&s->bad_lock);
    for (size_t i = 0; i < n && rc == 0; i++) {
        MDB_val name = { bad[i].n, bad[i].p }, data;
        /* It may have been written anew since. */
        if (mdb_get(txn, map->rules, &name, &data) == 0 &&
            !store_value_whole(slice_of(data.mv_data, data.mv_size)))
            rc = mdb_del(txn, map->rules, &name, NULL);
    }
    return rc;
}

/* ---- room --------------------------------------------------------------- */

static uint64_t pages_used(MDB_txn *txn, const struct store_map *map, size_t *keys)
{
    MDB_stat r, e;
    *keys = 0;
    if (mdb_stat(txn, map->rules, &r) != 0 || mdb_stat(txn, map->expiry, &e) != 0)
        return 0;
    *keys = r.ms_entries;
    return r.ms_branch_pages + r.ms_leaf_pages + r.ms_overflow_pages + e.ms_branch_pages +
           e.ms_leaf_pages + 4;
}

/* Drops the `n` keys that expire first, in a transaction of its own. */
static int evict(struct store *s, struct store_map *map, size_t n)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val at, owner;
    uint64_t dropped = 0;
    int rc = store_begin_write(map, &txn);
    if (rc != 0)
        return rc;
    rc = mdb_cursor_open(txn, map->expiry, &cursor);
    for (; rc == 0 && n > 0; n--) {
        struct store_key k;
        struct store_value v;
        struct expiry_key e;
        MDB_val name, data;
        rc = mdb_cursor_get(cursor, &at, &owner, MDB_FIRST);
        if (rc != 0)
            break;
        if (owner.mv_size > STORE_KEY_MAX || at.mv_size != sizeof e.p) {
            rc = mdb_cursor_del(cursor, 0);
            continue;
        }
        k.n = owner.mv_size;
        memcpy(k.p, owner.mv_data, k.n);
        memcpy(e.p, at.mv_data, sizeof e.p);
        name = (MDB_val){ k.n, k.p };
        rc = mdb_get(txn, map->rules, &name, &data);
        bool confirmed = rc == 0 &&
                         store_value_read(slice_of(data.mv_data, data.mv_size), &v) &&
                         memcmp(expiry_key(v.drop_ms, &k).p, e.p, sizeof e.p) == 0;
        if (rc == MDB_NOTFOUND)
            rc = 0;
        if (rc == 0)
            rc = mdb_cursor_del(cursor, 0);
        if (rc == 0 && confirmed) {
            rc = mdb_del(txn, map->rules, &name, NULL);
            dropped++;
        }
    }
    if (rc != 0 && rc != MDB_NOTFOUND) {
        mdb_txn_abort(txn);
        return rc;
    }
    mdb_cursor_close(cursor);
    rc = mdb_txn_commit(txn);
    if (rc == 0)
        atomic_fetch_add(&s->evicted, dropped);
    return rc;
}

/* Begins a write transaction in a store that has room for `bytes` more. */
static int begin_with_room(struct store *s, struct store_map *map, size_t bytes,
                           unsigned attempt, MDB_txn **txn)
{
    uint64_t most = map->size / map->page * STORE_FULL_PERCENT / 100;
    uint64_t more = bytes / map->page + 2;
    size_t keys;
    for (int rounds = 0;; rounds++) {
        int rc = store_begin_write(map, txn);
        if (rc != 0)
            return rc;
        uint64_t used = pages_used(*txn, map, &keys);
        bool room = used + more <= most && (attempt == 0 || rounds > 0);
        if (room || keys == 0 || rounds == BATCH_PART)
            return 0;
        mdb_txn_abort(*txn);
        size_t n = keys / BATCH_PART + 1;
        rc = evict(s, map, attempt ? n << attempt : n);
        if (rc != 0)
            return rc;
    }
}

/* ---- one write ---------------------------------------------------------- */

struct writing {
    struct slice key;
    const struct site_document *d;
    size_t n;
    bool asked;
    uint32_t kinds; /* that must be there to be marked: bit 1 << enum site_kind */
    bool marked;
    struct buf out;
};

/* What was there with the new documents in their places. */
static enum optout_rc merge(struct writing *w, const MDB_val *old)
{
    struct store_value v;
    bool known = old && store_value_whole(slice_of(old->mv_data, old->mv_size)) &&
                 store_value_read(slice_of(old->mv_data, old->mv_size), &v) &&
                 slice_eq(v.key, w->key);
    if (!known) {
        memset(&v, 0, sizeof v);
        v.key = w->key;
    }
    v.serial = store_random();
    for (size_t i = 0; i < w->n; i++)
        if (w->d[i].kind < SITE_KIND_COUNT && w->d[i].state < SITE_STATE_COUNT)
            v.d[w->d[i].kind] = w->d[i];
    uint32_t there = 0;
    for (unsigned i = 0; i < SITE_KIND_COUNT; i++) {
        v.d[i].kind = (uint8_t)i;
        there |= v.d[i].state != SITE_NOT_ASKED ? 1u << i : 0;
    }
    /* A mark goes with what it speaks of: to readers a file that is missing is none. */
    w->marked = w->asked && there && (there & w->kinds) == w->kinds;
    v.asked |= w->marked;
    buf_clear(&w->out);
    return store_value_print(&v, &w->out);
}

static int value_put(MDB_txn *txn, const struct store_map *map, struct writing *w,
                     const struct store_key *k)
{
    MDB_val name = { k->n, (void *)(uintptr_t)k->p }, old, data;
    struct store_value v;
    int rc = mdb_get(txn, map->rules, &name, &old);
    if (rc != 0 && rc != MDB_NOTFOUND)
        return rc;
    bool there = rc == 0;
    if (merge(w, there ? &old : NULL) != OPTOUT_OK)
        return w->out.failed == OPTOUT_E_LIMIT ? E2BIG : ENOMEM;
    /* `old` goes away with the first change to its page. */
    if (there && store_value_read(slice_of(old.mv_data, old.mv_size), &v)) {
        rc = delete_expiry(txn, map, v.drop_ms, k);
        if (rc != 0)
            return rc;
    }
    data = (MDB_val){ w->out.n, w->out.p };
    rc = mdb_put(txn, map->rules, &name, &data, 0);
    if (rc != 0 || !store_value_read(buf_slice(&w->out), &v))
        return rc != 0 ? rc : EINVAL;
    struct expiry_key e = expiry_key(v.drop_ms, k);
    MDB_val when = { sizeof e, e.p };
    return mdb_put(txn, map->expiry, &when, &name, 0);
}

static int write_once(struct store *s, struct store_map *map, struct writing *w,
                      const struct store_key *k, size_t bytes, unsigned attempt)
{
    MDB_txn *txn;
    int rc = begin_with_room(s, map, bytes, attempt, &txn);
    if (rc != 0)
        return rc;
    rc = drop_bad(s, txn, map);
    if (rc == 0)
        rc = value_put(txn, map, w, k);
    if (rc == 0)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

static enum optout_rc result_of(int rc)
{
    if (rc == 0)
        return OPTOUT_OK;
    errno = rc > 0 ? rc : rc == MDB_MAP_FULL ? ENOSPC : EIO;
    return rc == ENOMEM ? OPTOUT_E_NOMEM : rc == E2BIG ? OPTOUT_E_LIMIT : OPTOUT_E_IO;
}

typedef int map_work(struct store *s, struct store_map *map, void *ctx);

struct map_job {
    struct store *s;
    struct store_map *map;
    map_work *work;
    void *ctx;
};

static int do_map_job(void *ctx)
{
    struct map_job *j = ctx;
    return j->work(j->s, j->map, j->ctx);
}

/* Does `work` on the current map; mends the store and tries again when it is damaged
 * or gone. */
static enum optout_rc on_map(struct store *s, map_work *work, void *ctx)
{
    int rc = EIO;
    if (s->o.read_only)
        return result_of(EROFS);
    store_look(s, true);
    for (int tries = 0; tries < TRIES; tries++) {
        pthread_mutex_lock(&s->lock);
        struct map_job job = { s, atomic_load(&s->map), work, ctx };
        rc = job.map ? store_guarded_thread(do_map_job, &job) : EIO;
        if (rc == STORE_FAULT)
            job.map->lost = true;
        pthread_mutex_unlock(&s->lock);
        bool damage = store_is_damage(rc);
        if (job.map && !damage && rc != MDB_MAP_RESIZED)
            break;
        store_reopen(s, job.map, damage ? store_strerror(rc) : NULL);
    }
    return result_of(rc);
}

struct write_job {
    struct writing w;
    struct store_key k;
    size_t bytes;
};

static int write_job(struct store *s, struct store_map *map, void *ctx)
{
    struct write_job *job = ctx;
    int rc = 0, dead;
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        rc = write_once(s, map, &job->w, &job->k, job->bytes, i);
        if (rc != MDB_MAP_FULL && rc != MDB_TXN_FULL)
            break;
        mdb_reader_check(map->env, &dead);
    }
    return rc;
}

static enum optout_rc write_documents(struct store *s, struct writing *w)
{
    struct write_job job = { .w = *w, .k = store_key_of(w->key) };
    size_t most = (size_t)(s->o.size_max / 2);
    if (job.k.n == 0)
        return OPTOUT_E_LIMIT;
    for (size_t i = 0; i < w->n; i++)
        job.bytes += w->d[i].rules.n + SITE_URL_MAX;
    if (job.bytes > most)
        return OPTOUT_E_LIMIT;
    buf_init(&job.w.out, most);
    enum optout_rc rc = on_map(s, write_job, &job);
    int why = errno;
    buf_free(&job.w.out);
    errno = why;
    w->marked = job.w.marked;
    return rc;
}

enum optout_rc store_write(struct store *s, struct slice key, const struct site_document *d,
                           size_t n, bool asked)
{
    struct writing w = { .key = key, .d = d, .n = n, .asked = asked };
    return write_documents(s, &w);
}

enum optout_rc store_write_last(struct store *s, struct slice key, const struct site_document *d,
                                size_t n, uint32_t kinds)
{
    struct writing w = { .key = key, .d = d, .n = n, .asked = true, .kinds = kinds };
    enum optout_rc rc = write_documents(s, &w);
    return rc == OPTOUT_OK && !w.marked ? OPTOUT_MORE : rc;
}

/* ---- forgetting --------------------------------------------------------- */

static int forget_job(struct store *s, struct store_map *map, void *ctx)
{
    const struct store_key *k = ctx;
    struct store_key variant = *k;
    MDB_txn *txn;
    MDB_cursor *cursor;
    (void)s;
    int rc = store_begin_write(map, &txn);
    if (rc != 0)
        return rc;
    rc = drop(txn, map, k);
    if (rc == 0)
        rc = mdb_cursor_open(txn, map->rules, &cursor);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    variant.p[variant.n++] = '\n';
    while (rc == 0 && variant.n <= STORE_KEY_MAX) {
        MDB_val name = { variant.n, variant.p }, data;
        struct store_key found;
        rc = mdb_cursor_get(cursor, &name, &data, MDB_SET_RANGE);
        if (rc != 0 || name.mv_size <= k->n || name.mv_size > STORE_KEY_MAX ||
            memcmp(name.mv_data, variant.p, variant.n) != 0)
            break;
        found.n = name.mv_size;
        memcpy(found.p, name.mv_data, found.n);
        rc = drop(txn, map, &found);
    }
    mdb_cursor_close(cursor);
    if (rc == 0 || rc == MDB_NOTFOUND)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

enum optout_rc store_forget(struct store *s, struct slice key)
{
    struct store_key k = store_key_of(key);
    return k.n == 0 ? OPTOUT_OK : on_map(s, forget_job, &k);
}
