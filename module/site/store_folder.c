/* SPDX-License-Identifier: Apache-2.0 */
/* store_folder.c - the folder of a store, which others make, lock and delete as well.
 *
 * One process at a time opens or sets aside: flock on DIR/lock. A lock that was deleted
 * keeps nobody out who comes later, so it counts only while DIR/lock is that very file.
 * LMDB's own lock file, rules/lock.mdb, tells a process which transaction is the newest:
 * processes over different ones do not see each other's writes, and do not exclude each
 * other. So it belongs to a map as data.mdb does. */
#include "site/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#define DIR_MODE 0770 /* a folder takes the group bit of the one that it is in */
#define FILE_MODE 0660

int store_folder_make(const char *path)
{
    char part[STORE_PATH_MAX];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof part)
        return ENAMETOOLONG;
    memcpy(part, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        char was = part[i];
        part[i] = '\0';
        if (mkdir(part, DIR_MODE) != 0 && errno != EEXIST && errno != EISDIR)
            return errno;
        part[i] = was;
    }
    return 0;
}

/* True when the name is that of the file. */
static bool is_file(const struct store *s, const char *name, dev_t dev, ino_t ino)
{
    char path[STORE_PATH_MAX];
    struct stat st;
    return store_path(s, path, name) == 0 && stat(path, &st) == 0 && st.st_dev == dev &&
           st.st_ino == ino;
}

bool store_folder_is_locked(const struct store *s)
{
    struct stat st;
    return s->lock_fd >= 0 && fstat(s->lock_fd, &st) == 0 &&
           is_file(s, "lock", st.st_dev, st.st_ino);
}

int store_folder_lock(struct store *s)
{
    char path[STORE_PATH_MAX];
    int rc = store_folder_make(s->dir);
    if (rc == 0)
        rc = store_path(s, path, "lock");
    if (rc != 0)
        return rc;
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (s->lock_fd < 0)
        return errno;
    rc = flock(s->lock_fd, LOCK_EX) != 0 ? errno : store_folder_is_locked(s) ? 0 : ESTALE;
    if (rc != 0)
        store_folder_unlock(s);
    return rc;
}

void store_folder_unlock(struct store *s)
{
    close(s->lock_fd);
    s->lock_fd = -1;
}

void store_folder_drop_lock_of_none(const char *rules)
{
    char path[STORE_PATH_MAX + 16];
    struct stat st;
    snprintf(path, sizeof path, "%s/data.mdb", rules);
    if (stat(path, &st) == 0 && st.st_size > 0)
        return;
    snprintf(path, sizeof path, "%s/lock.mdb", rules);
    unlink(path);
}

void store_folder_note_lock(const struct store *s, struct store_map *map)
{
    char path[STORE_PATH_MAX];
    struct stat st;
    bool there = store_path(s, path, "rules/lock.mdb") == 0 && stat(path, &st) == 0;
    map->lock_dev = there ? st.st_dev : 0;
    map->lock_ino = there ? st.st_ino : 0;
}

bool store_folder_has_lock(const struct store *s, const struct store_map *map)
{
    /* Who only reads may do without one. */
    return (s->o.read_only && map->lock_ino == 0) ||
           is_file(s, "rules/lock.mdb", map->lock_dev, map->lock_ino);
}

bool store_folder_has(const struct store *s, const struct store_map *map)
{
    return is_file(s, "rules/data.mdb", map->dev, map->ino) && store_folder_has_lock(s, map);
}
