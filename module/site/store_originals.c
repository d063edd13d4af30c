/* SPDX-License-Identifier: Apache-2.0 */
/* store_originals.c - the documents that were relied on, as evidence.
 *
 * DIR/originals/ab/abcd…: one file for each SHA-256, written beside and renamed,
 * so that a file which is there is whole. Not flushed: what a power cut takes can
 * be fetched again.
 *
 * Limits: COMPILED_MAX bytes of an original. */
#include "site/store_internal.h"

#include "core/file.h"
#include "core/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define DIR_MODE 0770 /* a folder takes the group bit of the one that it is in */
#define FILE_MODE 0640
#define NAME_SIZE 96
#define PIECE 65536

/* "originals/ab/abcd…"; `folder` gets the length up to the second slash. */
static void name_of(const uint8_t sha256[32], char name[NAME_SIZE], size_t *folder)
{
    int n = snprintf(name, NAME_SIZE, "originals/%02x/", sha256[0]);
    *folder = (size_t)n - 1;
    hex_print(name + n, sha256, 32);
    name[n + 64] = '\0';
}

static bool make_folders(const struct store *s, char *name, size_t folder)
{
    char path[STORE_PATH_MAX];
    static const size_t top = sizeof "originals" - 1;
    size_t ends[] = { top, folder };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        name[ends[i]] = '\0';
        int failed = store_path(s, path, name);
        name[ends[i]] = '/';
        if (failed || (mkdir(path, DIR_MODE) != 0 && errno != EEXIST))
            return false;
    }
    return true;
}

enum optout_rc store_keep_original(struct store *s, const uint8_t sha256[32], struct slice body)
{
    char name[NAME_SIZE], path[STORE_PATH_MAX], beside[STORE_PATH_MAX + 24];
    size_t folder;
    name_of(sha256, name, &folder);
    if (store_path(s, path, name) != 0)
        return OPTOUT_E_IO;
    if (access(path, F_OK) == 0)
        return OPTOUT_OK;
    if (body.n > COMPILED_MAX)
        return OPTOUT_E_LIMIT;
    if (!make_folders(s, name, folder))
        return OPTOUT_E_IO;
    snprintf(beside, sizeof beside, "%s.%016llx", path, (unsigned long long)store_random());
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return OPTOUT_E_IO;
    bool ok = file_write_all(fd, body);
    ok = close(fd) == 0 && ok && rename(beside, path) == 0;
    if (!ok) {
        int why = errno;
        unlink(beside);
        errno = why;
    }
    return ok ? OPTOUT_OK : OPTOUT_E_IO;
}

enum optout_rc store_original(struct store *s, const uint8_t sha256[32], struct buf *out)
{
    char name[NAME_SIZE], path[STORE_PATH_MAX];
    size_t folder, start = out->n;
    enum optout_rc rc = OPTOUT_OK;
    name_of(sha256, name, &folder);
    int fd = store_path(s, path, name) == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return OPTOUT_E_IO;
    for (;;) {
        uint8_t *room = buf_room(out, PIECE);
        if (!room) {
            rc = out->failed;
            break;
        }
        ssize_t n = read(fd, room, PIECE);
        if (n == 0)
            break;
        if (n > 0)
            out->n += (size_t)n;
        else if (errno != EINTR) {
            rc = OPTOUT_E_IO;
            break;
        }
    }
    close(fd);
    if (rc != OPTOUT_OK)
        out->n = start;
    return rc;
}
