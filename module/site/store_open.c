/* SPDX-License-Identifier: Apache-2.0 */
/* store_open.c - opening the store, and opening it again when the file under it
 * was deleted, replaced or damaged.
 *
 * One process at a time opens or sets aside (store_folder.c). A process never
 * has the same file open twice: LMDB's locks would not survive that. Therefore
 * the old map is closed, after its readers left it, before the new one is opened;
 * who reads in between finds nothing.
 *
 * Durability: MDB_NOMETASYNC. After a power cut the last write may be missing; the
 * file is whole. */
#include "site/store_internal.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILE_MODE 0660
#define TELL_MAX 512
#define SHORT_MAX_PAGES 64
#define TO_BE_WALKED EUCLEAN
#define PAGES_TRIES 50

void store_tell(struct store *s, const char *fmt, ...)
{
    char text[TELL_MAX];
    va_list args;
    if (!s->o.told)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    s->o.told(s->o.told_ctx, text);
}

int store_path(const struct store *s, char *out, const char *name)
{
    int n = snprintf(out, STORE_PATH_MAX, "%s/%s", s->dir, name);
    return n > 0 && n < STORE_PATH_MAX ? 0 : ENAMETOOLONG;
}

bool store_is_damage(int rc)
{
    switch (rc) {
    case STORE_FAULT:
    case EINVAL: return true; /* LMDB's word for a table that is not there any more */
    case MDB_KEYEXIST:
    case MDB_NOTFOUND:
    case MDB_MAP_FULL:
    case MDB_DBS_FULL:
    case MDB_READERS_FULL:
    case MDB_TLS_FULL:
    case MDB_TXN_FULL:
    case MDB_MAP_RESIZED: return false;
    default: return rc >= MDB_KEYEXIST && rc <= MDB_LAST_ERRCODE;
    }
}

const char *store_strerror(int rc)
{
    return rc == STORE_FAULT ? "a part of the file is gone or written over" : mdb_strerror(rc);
}

/* ---- one map ------------------------------------------------------------ */

static int close_env(void *ctx)
{
    struct store_map *map = ctx;
    mdb_env_close(map->env);
    return 0;
}

/* What cannot be closed, its lock file being damaged as well, stays mapped. */
static void map_close(struct store_map *map)
{
    if (!map)
        return;
    if (map->view.base)
        munmap((void *)(uintptr_t)map->view.base, map->view.map_size);
    if (map->env)
        (void)store_guarded(close_env, map);
    free(map);
}

static int open_tables(struct store_map *map, bool read_only)
{
    MDB_txn *txn;
    unsigned create = read_only ? 0 : MDB_CREATE;
    int rc = mdb_txn_begin(map->env, NULL, read_only ? MDB_RDONLY : 0, &txn);
    if (rc != MDB_SUCCESS)
        return rc;
    rc = mdb_dbi_open(txn, "rules", create, &map->rules);
    if (rc == MDB_SUCCESS)
        rc = mdb_dbi_open(txn, "expiry", create, &map->expiry);
    if (rc != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return rc;
    }
    return mdb_txn_commit(txn);
}

static void renew_number(struct store_map *map)
{
    static atomic_uint_fast64_t last;
    atomic_store(&map->number, atomic_fetch_add(&last, 1) + 1);
}

/* Whoever writes leaves his time. Times are coarse, so a change is taken for one at the next
 * look too. */
static void note_writing(struct store_map *map, const struct stat *st)
{
    bool now = st->st_mtim.tv_sec != map->written.tv_sec ||
               st->st_mtim.tv_nsec != map->written.tv_nsec;
    map->written = st->st_mtim;
    if (now || map->just_written)
        renew_number(map);
    map->just_written = now;
}

/* The file must reach as far as its meta page says, or touching it kills. Pages
 * at the end that were taken and given back in one transaction are never written,
 * so a short file need not be damaged: it is made longer and walked. */
static int check_length(struct store_map *map, const struct store *s)
{
    MDB_envinfo info;
    MDB_stat stat_;
    struct stat st;
    int fd;
    /* mdb_env_stat reads the meta page only. */
    if (mdb_env_info(map->env, &info) != MDB_SUCCESS ||
        mdb_env_stat(map->env, &stat_) != MDB_SUCCESS ||
        mdb_env_get_fd(map->env, &fd) != MDB_SUCCESS || fstat(fd, &st) != 0)
        return MDB_INVALID;
    map->page = stat_.ms_psize;
    map->size = info.me_mapsize;
    off_t need = (off_t)(info.me_last_pgno + 1) * (off_t)stat_.ms_psize;
    if (st.st_size < need) {
        off_t short_by = need - st.st_size;
        if (s->o.read_only || short_by > SHORT_MAX_PAGES * (off_t)stat_.ms_psize ||
            fallocate(fd, 0, 0, need) != 0)
            return MDB_CORRUPTED;
        return TO_BE_WALKED;
    }
    map->dev = st.st_dev;
    map->ino = st.st_ino;
    atomic_store(&map->file_size, (long long)st.st_size);
    note_writing(map, &st);
    return MDB_SUCCESS;
}

/* A view of the file, for looking at it without LMDB. */
static int view_open(struct store_map *map)
{
    MDB_envinfo info;
    int fd, rc = mdb_env_info(map->env, &info);
    if (rc == 0)
        rc = mdb_env_get_fd(map->env, &fd);
    if (rc != 0)
        return rc;
    void *base = mmap(NULL, info.me_mapsize, PROT_READ, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        return errno;
    map->view = (struct store_pages){ base, info.me_mapsize, map->page };
    return 0;
}

/* A transaction for reading keeps writers from reusing what is looked at, as long as its
 * meta page is that of no later one. MDB_BAD_TXN: it is not, and nothing is known. */
static int check_pages_once(struct store_map *map, uint64_t *number)
{
    MDB_txn *txn;
    struct stat st;
    int fd, rc = mdb_txn_begin(map->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return rc;
    uint64_t n = *number = mdb_txn_id(txn);
    rc = mdb_env_get_fd(map->env, &fd);
    if (rc == 0 && fstat(fd, &st) != 0) /* now: it grows before the meta page is written */
        rc = errno;
    if (rc == 0 && (!store_meta_whole(&map->view, n, false) ||
                    !store_trees_whole(&map->view, n, (uint64_t)st.st_size)))
        rc = store_meta_is(&map->view, n) ? MDB_CORRUPTED : MDB_BAD_TXN;
    mdb_txn_abort(txn);
    return rc;
}

/* Who writes on and on looks at the pages itself; where transactions do not go on, the meta
 * page is that of none. */
static int check_pages(struct store_map *map)
{
    uint64_t number = 0, before = 0;
    for (int tries = 0; tries < PAGES_TRIES; tries++, before = number) {
        int rc = check_pages_once(map, &number);
        if (rc != MDB_BAD_TXN)
            return rc;
        if (tries && number == before)
            return MDB_CORRUPTED;
    }
    return 0;
}

struct opening {
    struct store *s;
    struct store_map *map;
    const char *rules;
};

static int still_ours(const struct store *s)
{
    return s->o.read_only || store_folder_is_locked(s) ? 0 : ESTALE;
}

static int open_env(void *ctx)
{
    struct opening *o = ctx;
    struct store_map *map = o->map;
    bool read_only = o->s->o.read_only;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), size = o->s->o.size_max;
    unsigned flags = MDB_NOTLS | MDB_NORDAHEAD | (read_only ? MDB_RDONLY : MDB_NOMETASYNC);
    int rc = mdb_env_set_maxdbs(map->env, 2);
    if (rc == 0)
        rc = mdb_env_set_assert(map->env, store_guard_assert);
    if (rc == 0)
        rc = mdb_env_set_maxreaders(map->env, STORE_READERS);
    if (rc == 0 && !read_only)
        rc = mdb_env_set_mapsize(map->env, (size_t)(size / page * page));
    if (rc == 0)
        rc = still_ours(o->s);
    if (rc == 0)
        rc = mdb_env_open(map->env, o->rules, flags, FILE_MODE);
    if (rc == 0)
        rc = check_length(map, o->s);
    if (rc == 0)
        rc = view_open(map);
    if (rc == 0)
        rc = check_pages(map);
    if (rc == 0)
        rc = still_ours(o->s);
    return rc ? rc : open_tables(map, read_only);
}

static int map_open(struct store *s, struct store_map **out, const char **part)
{
    char rules[STORE_PATH_MAX];
    struct store_map *map = calloc(1, sizeof *map);
    int rc = map ? store_path(s, rules, "rules") : ENOMEM;
    *part = "rules/data.mdb";
    if (rc == 0)
        rc = mdb_env_create(&map->env);
    struct opening o = { s, map, rules };
    if (rc == 0)
        rc = store_guarded_thread(open_env, &o);
    if (rc != 0) {
        map_close(map);
        return rc;
    }
    if (map->size > s->o.size_max && !s->o.read_only)
        map->size = s->o.size_max;
    store_folder_note_lock(s, map);
    *out = map;
    return 0;
}

int store_begin_write(struct store_map *map, MDB_txn **txn)
{
    struct stat st;
    int fd, rc = map->lost ? MDB_PANIC : mdb_txn_begin(map->env, NULL, 0, txn);
    if (rc != 0)
        return rc;
    uint64_t last = mdb_txn_id(*txn) - 1, begun = clock_mono_us();
    rc = mdb_env_get_fd(map->env, &fd);
    if (rc == 0 && fstat(fd, &st) != 0)
        rc = errno;
    if (rc == 0 && (st.st_size < atomic_load(&map->file_size) ||
                    !store_meta_whole(&map->view, last, true)))
        rc = MDB_CORRUPTED;
    if (rc == 0 && begun >= map->pages_due_us) {
        if (!store_trees_whole(&map->view, last, (uint64_t)st.st_size))
            rc = MDB_CORRUPTED;
        uint64_t now = clock_mono_us();
        map->pages_due_us = now + (now - begun) * STORE_CHECK_SHARE;
    }
    if (rc == 0)
        return 0;
    mdb_txn_abort(*txn);
    return rc;
}

/* ---- the folder --------------------------------------------------------- */

/* What is damaged before anything of it is mapped into this process. */
static const char *damage_on_disk(struct store *s, const char *rules, bool verify)
{
    char path[STORE_PATH_MAX + 16];
    struct stat st;
    snprintf(path, sizeof path, "%s/data.mdb", rules);
    if (stat(path, &st) != 0 || st.st_size == 0)
        return NULL;
    return verify && !store_walk(rules, &s->o) ? "a walk of the whole store failed" : NULL;
}

static int open_locked(struct store *s, bool verify, const char *damage, struct store_map **map,
                       const char **part)
{
    char rules[STORE_PATH_MAX];
    int rc = store_path(s, rules, "rules");
    *part = "rules";
    if (rc == 0)
        rc = store_folder_make(rules);
    if (rc != 0)
        return rc;
    if (store_folder_is_locked(s))
        store_folder_drop_lock_of_none(rules);
    if (!damage)
        damage = damage_on_disk(s, rules, verify);
    for (int tries = 0; tries < 2; tries++) {
        if (damage) {
            store_set_aside(s, NULL, damage);
            rc = store_folder_make(rules);
            if (rc != 0)
                return rc;
        }
        rc = map_open(s, map, part);
        if (rc == TO_BE_WALKED)
            rc = store_walk(rules, &s->o) ? map_open(s, map, part) : MDB_CORRUPTED;
        if (!store_is_damage(rc))
            break;
        damage = store_strerror(rc);
    }
    return rc;
}

static int open_once(struct store *s, bool verify, const struct stat *damaged, const char *damage,
                     struct store_map **map, const char **part)
{
    char path[STORE_PATH_MAX];
    struct stat now;
    *part = "lock";
    int rc = store_folder_lock(s);
    if (rc != 0)
        return rc;
    /* Another process may have set it aside already. */
    if (damage && damaged && store_path(s, path, "rules/data.mdb") == 0 &&
        (stat(path, &now) != 0 || now.st_ino != damaged->st_ino || now.st_dev != damaged->st_dev))
        damage = NULL;
    rc = open_locked(s, verify, damage, map, part);
    if (rc == 0 && (!store_folder_has(s, *map) || !store_folder_is_locked(s))) {
        map_close(*map);
        rc = ESTALE;
    }
    store_folder_unlock(s);
    return rc;
}

static int open_any(struct store *s, bool verify, const struct stat *damaged, const char *damage,
                    struct store_map **map, const char **part)
{
    int rc = ESTALE;
    if (s->o.read_only)
        return map_open(s, map, part);
    /* Who deletes the folder at the same time deletes what was made in it as well. */
    for (int tries = 0; tries < STORE_OPEN_TRIES && (rc == ESTALE || rc == ENOENT); tries++)
        rc = open_once(s, verify, damaged, damage, map, part);
    return rc;
}

/* ---- again -------------------------------------------------------------- */

/* Waits until no reader is in the map and ends the transactions on it; false
 * when a reader stays too long. */
static bool drain(struct store *s)
{
    uint64_t until = clock_mono_us() + STORE_DRAIN_MS * 1000u;
    for (size_t i = 0; i < STORE_SLOTS; i++) {
        struct store_slot *slot = &s->slot[i];
        while (atomic_exchange(&slot->busy, true)) {
            if (clock_mono_us() > until)
                return false;
            usleep(200);
        }
        store_slot_drop(slot);
        atomic_store(&slot->busy, false);
    }
    return true;
}

static void reopen_locked(struct store *s, struct store_map *map, const char *damage)
{
    struct store_map *fresh = NULL;
    struct stat seen;
    const char *part;
    if (map) {
        memset(&seen, 0, sizeof seen);
        seen.st_dev = map->dev;
        seen.st_ino = map->ino;
        atomic_store(&s->map, NULL);
        if (!drain(s)) {
            /* Opening it beside the old one would be worse than reading on. */
            atomic_store(&s->map, map);
            return;
        }
        map_close(map);
    }
    int rc = open_any(s, false, map ? &seen : NULL, damage, &fresh, &part);
    if (rc == 0)
        atomic_store(&s->map, fresh);
    else
        store_tell(s, "store %s: %s cannot be opened: %s", s->dir, part, store_strerror(rc));
}

void store_reopen(struct store *s, struct store_map *map, const char *damage)
{
    pthread_mutex_lock(&s->lock);
    if (atomic_load(&s->map) == map)
        reopen_locked(s, map, s->o.read_only ? NULL : damage);
    pthread_mutex_unlock(&s->lock);
}

void store_look(struct store *s, bool at_once)
{
    uint64_t now = clock_mono_us();
    uint_fast64_t last = atomic_load_explicit(&s->checked_us, memory_order_relaxed);
    if ((!at_once && now - last < STORE_CHECK_US) ||
        !atomic_compare_exchange_strong(&s->checked_us, &last, now))
        return;
    char path[STORE_PATH_MAX];
    struct stat st;
    if (store_path(s, path, "rules/data.mdb") != 0)
        return;
    if (at_once)
        pthread_mutex_lock(&s->lock);
    else if (pthread_mutex_trylock(&s->lock) != 0)
        return;
    struct store_map *map = atomic_load(&s->map);
    int failed = stat(path, &st);
    if (!map || failed || st.st_dev != map->dev || st.st_ino != map->ino) {
        if (map)
            store_tell(s, "store %s: rules/data.mdb was %s", s->dir,
                       failed ? "deleted" : "replaced");
        reopen_locked(s, map, NULL);
    } else if (!store_folder_has_lock(s, map)) {
        store_tell(s, "store %s: rules/lock.mdb was deleted or replaced", s->dir);
        reopen_locked(s, map, NULL);
    } else if (st.st_size < atomic_load(&map->file_size))
        reopen_locked(s, map, s->o.read_only ? NULL : "the file became shorter");
    else {
        atomic_store(&map->file_size, (long long)st.st_size);
        note_writing(map, &st);
    }
    pthread_mutex_unlock(&s->lock);
}

enum optout_rc store_open(const struct store_options *o, struct store **out, char *why,
                          size_t why_size)
{
    struct store *s = aligned_alloc(64, (sizeof *s + 63) / 64 * 64);
    struct store_map *map = NULL;
    const char *part = "";
    if (!s)
        return OPTOUT_E_NOMEM;
    memset(s, 0, sizeof *s);
    s->o = *o;
    if (s->o.size_max < STORE_SIZE_MIN)
        s->o.size_max = s->o.size_max ? STORE_SIZE_MIN : STORE_SIZE_PRESET;
    int rc = snprintf(s->dir, sizeof s->dir, "%s", o->dir) < (int)sizeof s->dir ? 0 : ENAMETOOLONG;
    s->o.dir = s->dir;
    s->lock_fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->bad_lock, NULL);
    pthread_mutex_init(&s->kept.lock, NULL);
    store_guard_install();
    if (rc == 0)
        rc = open_any(s, o->verify, NULL, NULL, &map, &part);
    if (rc != 0) {
        snprintf(why, why_size, "%.120s/%s: %s%s", o->dir, part,
                 rc == MDB_NOTFOUND ? "no store in it yet" : store_strerror(rc),
                 rc == ENOENT && o->read_only ? "; there is no store yet" : "");
        store_close(s);
        errno = rc > 0 ? rc : EIO;
        return rc == ENOMEM ? OPTOUT_E_NOMEM : OPTOUT_E_IO;
    }
    atomic_store(&s->map, map);
    atomic_store(&s->checked_us, clock_mono_us());
    if (!o->read_only)
        (void)store_tidy(s); /* whoever died in the middle of reading keeps no pages */
    *out = s;
    return OPTOUT_OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    struct store_map *map = atomic_load(&s->map);
    for (size_t i = 0; i < STORE_SLOTS; i++) {
        store_slot_drop(&s->slot[i]);
        store_copy_drop(s->slot[i].copy);
    }
    store_kept_clear(&s->kept);
    map_close(map);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->bad_lock);
    pthread_mutex_destroy(&s->kept.lock);
    free(s);
}
