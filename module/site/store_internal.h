/* SPDX-License-Identifier: Apache-2.0 */
/* store_internal.h - what the files of the store share. */
#ifndef OPTOUT_SITE_STORE_INTERNAL_H
#define OPTOUT_SITE_STORE_INTERNAL_H

#include "site/store.h"
#include "site/store_guard.h"
#include "site/store_kept.h"
#include "site/store_pages.h"
#include "site/store_value.h"

#include <limits.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define STORE_SLOTS 256          /* readers of one process at one time */
#define STORE_VALUE_MAX (128u << 20) /* bytes of all documents of a key */
#define STORE_BAD_KEYS 16        /* damaged values that wait for a writer */
#define STORE_KEPT_ASIDE 3       /* damaged stores that are kept */
#define STORE_CHECK_US 100000    /* between two looks at the file */
#define STORE_CHECK_SHARE 50     /* of the time, one part goes into looking at its pages */
#define STORE_DRAIN_MS 10000     /* for readers to leave a store that is closed */
#define STORE_WALK_S 120         /* for the walk of a whole store */
#define STORE_OPEN_TRIES 20      /* while somebody deletes the folder */
#define STORE_SIZE_MIN (1u << 20)
#define STORE_FULL_PERCENT 85    /* beyond it what expires first is dropped */
#define STORE_PATH_MAX 4096

/* One opening of data.mdb. */
struct store_map {
    MDB_env *env;
    MDB_dbi rules, expiry;
    dev_t dev, lock_dev; /* of data.mdb and lock.mdb */
    ino_t ino, lock_ino;
    atomic_llong file_size; /* as last seen; LMDB never shortens it */
    unsigned page;          /* bytes */
    uint64_t size;          /* bytes that may be used */
    struct store_pages view; /* of the file, beside LMDB's own */
    atomic_uint_fast64_t number; /* never that of another file; another one when the file was
                                    written into, by whomever */
    struct timespec written; /* the file's, as last seen; under the lock of the store */
    bool just_written;       /* it was another one before; the same */
    uint64_t pages_due_us;   /* when a writer looks at the pages again; under the lock */
    atomic_bool lost; /* a writer met a fault: LMDB must not begin another transaction */
};

/* A read transaction that is used again and again. Whoever set `busy` owns it. */
struct store_slot {
    _Alignas(64) atomic_bool busy;
    MDB_txn *txn;  /* of the store's current map, reset between reads; or NULL */
    bool begun;    /* it has to be reset */
    struct store_copy *copy; /* of the value that is read, while it is */
};

struct store_key {
    uint8_t p[STORE_KEY_MAX + 1];
    size_t n; /* 0: cannot be a key */
};

struct store {
    struct store_options o;
    char dir[STORE_PATH_MAX];
    pthread_mutex_t lock; /* writers of this process; opening and closing */
    int lock_fd;          /* of DIR/lock while this process opens; -1 */
    _Atomic(struct store_map *) map; /* NULL while there is none */
    atomic_uint_fast64_t checked_us;
    atomic_uint_fast64_t evicted, set_aside;
    pthread_mutex_t bad_lock; /* a leaf: bad_key and n_bad */
    struct store_key bad_key[STORE_BAD_KEYS];
    size_t n_bad;
    struct store_kept kept;
    struct store_slot slot[STORE_SLOTS];
};

/* store_key.c: what stands in LMDB for a key. */
struct store_key store_key_of(struct slice key);
uint64_t store_random(void);

/* store_open.c */
void store_tell(struct store *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Closes the map if it is still `map` and opens the store again. `damage` is
 * the reason to set it aside, NULL when it only has to be opened again. */
void store_reopen(struct store *s, struct store_map *map, const char *damage);
/* Now and then, or `at_once`: is the file still the one that is mapped? */
void store_look(struct store *s, bool at_once);
/* What an LMDB code, or STORE_FAULT, says. */
const char *store_strerror(int rc);
/* True when the LMDB result says that the file cannot be used any more. */
bool store_is_damage(int rc);
int store_path(const struct store *s, char *out, const char *name);

/* Under the lock and the guard: a write transaction, after a look at what it will be
 * built on. MDB_CORRUPTED: that cannot be followed. */
int store_begin_write(struct store_map *map, MDB_txn **txn);

/* store_folder.c: results are 0 or an errno. */
int store_folder_make(const char *path); /* with the folders above it that are missing */
/* Waits for DIR/lock. ESTALE: it was deleted meanwhile. */
int store_folder_lock(struct store *s);
void store_folder_unlock(struct store *s);
/* The lock still keeps others out: DIR/lock was not deleted. To be asked before anything is
 * made or renamed. */
bool store_folder_is_locked(const struct store *s);
/* Without data.mdb a lock.mdb is that of a deleted store, which others may still
 * have mapped: its transaction numbers would mislead those of a new one. */
void store_folder_drop_lock_of_none(const char *rules);
/* Under the lock: which lock.mdb the map was opened with. */
void store_folder_note_lock(const struct store *s, struct store_map *map);
/* The files of the map are those of the folder: lock.mdb, or both. */
bool store_folder_has_lock(const struct store *s, const struct store_map *map);
bool store_folder_has(const struct store *s, const struct store_map *map);

/* store_repair.c */
/* Walks everything in a child process; false when that fails or kills the child. */
bool store_walk(const char *rules_dir, const struct store_options *o);
/* Renames DIR/rules, if it is still the file of `seen` (NULL: whatever it is).
 * The caller holds the lock on DIR/lock; nothing happens once that was deleted. */
void store_set_aside(struct store *s, const struct stat *seen, const char *why);

/* store.c */
struct store_slot *store_slot_claim(struct store *s);
void store_slot_release(struct store_slot *slot);
/* Under the guard. MDB_CORRUPTED too when the file is not that of the transaction. */
int store_slot_begin(struct store_slot *slot, struct store_map *map);
/* Under the guard: ends what a fault or an error has left of the slot's transaction. */
void store_slot_drop(struct store_slot *slot);

#endif
