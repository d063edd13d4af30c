/* SPDX-License-Identifier: Apache-2.0 */
/* store_repair.c - finding out that a store is damaged, and setting it aside.
 *
 * LMDB trusts its pages: a hostile one can make it fail an assertion or touch
 * memory that is not there. So the walk is done by a child process, whose death is
 * an answer like another.
 *
 * Limits: STORE_WALK_S seconds for a walk; STORE_KEPT_ASIDE damaged stores. */
#include "site/store_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ASIDE "damaged-"

/* ---- the walk ----------------------------------------------------------- */

static bool is_key_of(const struct store_value *v, const MDB_val *key)
{
    struct store_key k = store_key_of(v->key);
    return slice_eq(slice_of(k.p, k.n), slice_of(key->mv_data, key->mv_size));
}

/* Every pair in order; rules are verified. False: damage. */
static bool walk_table(MDB_cursor *cursor, bool values, uint8_t *copy, size_t copy_size)
{
    MDB_txn *txn = mdb_cursor_txn(cursor);
    MDB_dbi dbi = mdb_cursor_dbi(cursor);
    MDB_stat st;
    MDB_val key, data, before = { 0, NULL };
    size_t n = 0;
    if (mdb_stat(txn, dbi, &st) != MDB_SUCCESS)
        return false;
    int rc = mdb_cursor_get(cursor, &key, &data, MDB_FIRST);
    for (; rc == MDB_SUCCESS && n <= st.ms_entries; n++) {
        struct slice bytes = slice_of(data.mv_data, data.mv_size);
        struct store_value v;
        if (before.mv_data && mdb_cmp(txn, dbi, &before, &key) >= 0)
            return false;
        before = key;
        if (values && (uintptr_t)bytes.p % 8 != 0) {
            if (bytes.n > copy_size)
                return false;
            memcpy(copy, bytes.p, bytes.n);
            bytes.p = copy;
        }
        if (values) {
            if (!store_value_whole(bytes))
                return false;
            if (store_value_read(bytes, &v) && !is_key_of(&v, &key))
                return false; /* what cannot be read is another version's */
        }
        rc = mdb_cursor_get(cursor, &key, &data, MDB_NEXT);
    }
    return rc == MDB_NOTFOUND && n == st.ms_entries;
}

/* The list of free pages (table 0): a writer takes pages from it at its word. */
static bool walk_free(MDB_cursor *cursor, size_t last_page)
{
    MDB_val key, data;
    int rc = mdb_cursor_get(cursor, &key, &data, MDB_FIRST);
    for (; rc == MDB_SUCCESS; rc = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) {
        size_t n, page, before = SIZE_MAX;
        if (key.mv_size != sizeof n || data.mv_size < sizeof n)
            return false;
        memcpy(&n, data.mv_data, sizeof n);
        if (n > data.mv_size / sizeof n - 1)
            return false;
        for (size_t i = 1; i <= n; i++, before = page) {
            memcpy(&page, (const uint8_t *)data.mv_data + i * sizeof page, sizeof page);
            if (page < 2 || page > last_page || page >= before)
                return false;
        }
    }
    return rc == MDB_NOTFOUND;
}

/* Three tables: the rules, when they expire, and LMDB's free pages. */
static bool walk_tables(MDB_txn *txn, size_t last_page, bool empty, uint8_t *copy, size_t copy_size)
{
    MDB_dbi dbi[3] = { 0, 0, 0 };
    bool good = true;
    int rc = mdb_dbi_open(txn, "rules", 0, &dbi[0]);
    bool none = rc == MDB_NOTFOUND && empty;
    if (!none && (rc != 0 || mdb_dbi_open(txn, "expiry", 0, &dbi[1]) != 0))
        return false;
    for (size_t i = none ? 2 : 0; good && i < 3; i++) {
        MDB_cursor *cursor;
        if (mdb_cursor_open(txn, dbi[i], &cursor) != MDB_SUCCESS)
            return false;
        good = i == 2 ? walk_free(cursor, last_page) : walk_table(cursor, i == 0, copy, copy_size);
        mdb_cursor_close(cursor);
    }
    return good;
}

static bool walk_env(MDB_env *env, const char *rules_dir)
{
    MDB_txn *txn;
    MDB_envinfo info;
    MDB_stat st;
    struct stat file;
    int fd;
    if (mdb_env_set_maxdbs(env, 2) != 0 || mdb_env_set_maxreaders(env, STORE_READERS) != 0)
        return false;
    if (mdb_env_open(env, rules_dir, MDB_NOTLS | MDB_RDONLY, 0660) != 0)
        return false;
    /* A writer may be at work: tables that are there now are there later, the last page and
     * the size of the file only grow. */
    if (mdb_env_stat(env, &st) != 0 || mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0)
        return false;
    if (mdb_env_info(env, &info) != 0 || mdb_env_get_fd(env, &fd) != 0 || fstat(fd, &file) != 0)
        return false;
    if (file.st_size < (off_t)(info.me_last_pgno + 1) * (off_t)st.ms_psize &&
        file.st_size < (off_t)(info.me_last_pgno - 63) * (off_t)st.ms_psize)
        return false;
    uint8_t *copy = aligned_alloc(16, st.ms_psize);
    bool good = copy && walk_tables(txn, info.me_last_pgno, st.ms_entries == 0, copy, st.ms_psize);
    free(copy);
    mdb_txn_abort(txn);
    return good;
}

/* Closing gives the reader's slot back: one that stays with the number of a dead
 * process would keep every page that is freed from now on. */
static bool walk(const char *rules_dir)
{
    MDB_env *env;
    if (mdb_env_create(&env) != 0)
        return false;
    bool good = walk_env(env, rules_dir);
    mdb_env_close(env);
    return good;
}

static void die_quietly(void)
{
    static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM, SIGTERM };
    struct rlimit none = { 0, 0 };
    sigset_t all;
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        signal(fatal[i], SIG_DFL);
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    setrlimit(RLIMIT_CORE, &none);
    int nowhere = open("/dev/null", O_RDWR);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
    alarm(STORE_WALK_S);
}

bool store_walk(const char *rules_dir, const struct store_options *o)
{
    int status;
    (void)o;
    pid_t child = fork();
    if (child < 0)
        return true; /* nothing is known against it */
    if (child == 0) {
        die_quietly();
        _exit(walk(rules_dir) ? 0 : 1);
    }
    pid_t got;
    do
        got = waitpid(child, &status, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- setting aside ------------------------------------------------------ */

static int is_aside(const struct dirent *e)
{
    return strncmp(e->d_name, ASIDE, sizeof ASIDE - 1) == 0;
}

static void remove_store(const struct store *s, const char *name)
{
    static const char *const files[] = { "/data.mdb", "/lock.mdb", "" };
    char path[STORE_PATH_MAX + 300];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s%s", s->dir, name, files[i]);
        (void)remove(path);
    }
}

/* The newest STORE_KEPT_ASIDE stay. */
static void prune(const struct store *s)
{
    struct dirent **names;
    int n = scandir(s->dir, &names, is_aside, alphasort);
    for (int i = 0; i < n; i++) {
        if (i < n - STORE_KEPT_ASIDE)
            remove_store(s, names[i]->d_name);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
}

void store_set_aside(struct store *s, const struct stat *seen, const char *why)
{
    char from[STORE_PATH_MAX], data[STORE_PATH_MAX], to[STORE_PATH_MAX], name[64], when[24];
    struct stat now;
    struct tm tm;
    time_t t = time(NULL);
    if (store_path(s, from, "rules") != 0 || store_path(s, data, "rules/data.mdb") != 0)
        return;
    if (seen && (stat(data, &now) != 0 || now.st_ino != seen->st_ino || now.st_dev != seen->st_dev))
        return;
    if (!store_folder_is_locked(s))
        return;
    strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", gmtime_r(&t, &tm));
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, i ? ASIDE "%s-%03d" : ASIDE "%s", when, i);
        if (store_path(s, to, name) != 0)
            return;
        if (access(to, F_OK) != 0)
            break;
    }
    if (rename(from, to) != 0) {
        store_tell(s, "store %s: damaged (%s) and cannot be set aside: %s", s->dir, why,
                   strerror(errno));
        return;
    }
    atomic_fetch_add(&s->set_aside, 1);
    store_tell(s, "store %s: damaged (%s), set aside as %s; a new one is begun", s->dir, why, name);
    prune(s);
}
