/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files that setup writes. The first line says whose they are, and by the SHA-256 of the
 * rest whether anybody has changed them since: what an admin wrote is never lost. */
#include "cli/node.h"

#include "core/file.h"
#include "core/hex.h"
#include "syntax/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "# Written by optout setup, and renewed by it while nobody else has changed it: sha256 "
#define BESIDE ".optout-new"
#define ASIDE ".optout-saved"

void node_path(const struct node *n, const char *path, char out[NODE_PATH_MAX])
{
    snprintf(out, NODE_PATH_MAX, "%s%s", n->root, path);
}

bool node_exists(const struct node *n, const char *path)
{
    char full[NODE_PATH_MAX];
    struct stat st;
    node_path(n, path, full);
    return lstat(full, &st) == 0;
}

static bool failed(const char *path, const char *what)
{
    cli_error("%s: %s: %s", path, what, strerror(errno));
    return false;
}

bool node_file_read(const struct node *n, const char *path, struct buf *out, bool *there)
{
    char full[NODE_PATH_MAX];
    node_path(n, path, full);
    *there = true;
    enum optout_rc rc = file_read(full, out);
    if (rc == OPTOUT_E_IO && errno == ENOENT) {
        *there = false;
        return true;
    }
    if (rc == OPTOUT_E_IO)
        return failed(full, "cannot be read");
    if (rc != OPTOUT_OK)
        cli_error("%s: it is longer than %u bytes; shorten it", full, NODE_FILE_MAX);
    return rc == OPTOUT_OK;
}

bool node_folder(struct node *n, const char *path, unsigned mode)
{
    char full[NODE_PATH_MAX];
    node_path(n, path, full);
    if (n->dry || mkdir(full, mode) == 0)
        return true;
    return errno == EEXIST || failed(full, "the folder cannot be made");
}

/* Owner and mode as of what is replaced. */
static bool dress(int fd, const char *old, unsigned mode)
{
    struct stat st;
    if (stat(old, &st) != 0)
        return fchmod(fd, mode) == 0;
    return (fchown(fd, st.st_uid, st.st_gid) == 0 || geteuid() != 0) &&
           fchmod(fd, st.st_mode & 07777) == 0;
}

/* A link is followed: what it names is replaced, not the link. */
static bool resolve(const char *full, char out[NODE_PATH_MAX])
{
    char *real = realpath(full, NULL);
    bool fits = snprintf(out, NODE_PATH_MAX, "%s", real ? real : full) < NODE_PATH_MAX;
    free(real);
    return fits;
}

bool node_file_write(struct node *n, const char *path, struct slice text, unsigned mode)
{
    char given[NODE_PATH_MAX], full[NODE_PATH_MAX], new[NODE_PATH_MAX + 32];
    n->changed = true;
    if (n->dry)
        return true;
    node_path(n, path, given);
    if (!resolve(given, full)) {
        errno = ENAMETOOLONG;
        return failed(given, "cannot be written");
    }
    snprintf(new, sizeof new, "%s.optout-%ld", full, (long)getpid());
    int fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return failed(new, geteuid() == 0 ? "cannot be written" : "cannot be written; be root");
    bool good = file_write_all(fd, text) && dress(fd, full, mode) && fsync(fd) == 0;
    int error = errno;
    close(fd);
    if (good && rename(new, full) == 0)
        return true;
    errno = good ? errno : error;
    failed(full, "cannot be written");
    unlink(new);
    return false;
}

/* --- whose it is ---------------------------------------------------------------- */

static bool mark_of(struct slice rest, char line[sizeof MARK + 64])
{
    uint8_t sum[32];
    if (!digest_of(rest, sum))
        return false;
    memcpy(line, MARK, sizeof MARK - 1);
    hex_print(line + sizeof MARK - 1, sum, sizeof sum);
    line[sizeof MARK + 63] = '\0';
    return true;
}

/* Written by us and as we left it. */
static bool is_ours(struct slice file)
{
    char mark[sizeof MARK + 64];
    size_t end = slice_find(file, '\n');
    return mark_of(slice_from(file, end + 1), mark) &&
           slice_eq(slice_sub(file, 0, end), slice_cstr(mark));
}

static bool put_beside(struct node *n, const char *path, struct slice text)
{
    char beside[NODE_PATH_MAX];
    struct buf old;
    bool there, good;
    snprintf(beside, sizeof beside, "%s" BESIDE, path);
    buf_init(&old, NODE_FILE_MAX);
    good = node_file_read(n, beside, &old, &there);
    if (good && !(there && slice_eq(buf_slice(&old), text)))
        good = node_file_write(n, beside, text, 0644);
    buf_free(&old);
    if (good) {
        node_say(n, "keep", path, "somebody has changed it");
        node_leave(n, "%s%s was not written by setup, or was changed since, and is kept; "
                      "compare it with %s%s, and delete one of them",
                   n->root, path, n->root, beside);
    }
    return good;
}

static bool settle(struct node *n, const char *path, struct slice old, bool there,
                   struct slice text, bool *changed)
{
    if (there && slice_eq(old, text)) {
        node_say(n, "same", path, NULL);
        return true;
    }
    if (there && !is_ours(old))
        return put_beside(n, path, text);
    node_say(n, there ? "renew" : "write", path, NULL);
    *changed = true;
    return node_file_write(n, path, text, 0644);
}

bool node_file_put(struct node *n, const char *path, struct slice text, bool *changed)
{
    char mark[sizeof MARK + 64];
    struct buf old, whole;
    bool there, good;
    if (!mark_of(text, mark)) {
        cli_error("the SHA-256 of %s cannot be computed", path);
        return false;
    }
    buf_init(&old, NODE_FILE_MAX);
    buf_init(&whole, NODE_FILE_MAX);
    buf_printf(&whole, "%s\n", mark);
    buf_append(&whole, text.p, text.n);
    good = !whole.failed && node_file_read(n, path, &old, &there) &&
           settle(n, path, buf_slice(&old), there, buf_slice(&whole), changed);
    buf_free(&old);
    buf_free(&whole);
    return good;
}

bool node_file_seed(struct node *n, const char *path, struct slice text, bool *changed)
{
    if (node_exists(n, path)) {
        node_say(n, "same", path, NULL);
        return true;
    }
    node_say(n, "write", path, NULL);
    *changed = true;
    return node_file_write(n, path, text, 0644);
}

/* --- away with them ------------------------------------------------------------------ */

static bool away(struct node *n, const char *path, const char *aside)
{
    char full[NODE_PATH_MAX], to[NODE_PATH_MAX];
    node_path(n, path, full);
    n->changed = true;
    node_say(n, aside ? "put aside" : "delete", path, aside);
    if (n->dry)
        return true;
    if (aside)
        node_path(n, aside, to);
    if (aside ? rename(full, to) == 0 : unlink(full) == 0)
        return true;
    return failed(full, "cannot be taken away");
}

bool node_file_drop(struct node *n, const char *path, bool *changed)
{
    char beside[NODE_PATH_MAX];
    struct buf old;
    bool there, good;
    buf_init(&old, NODE_FILE_MAX);
    good = node_file_read(n, path, &old, &there);
    if (good && there) {
        bool ours = is_ours(buf_slice(&old));
        snprintf(beside, sizeof beside, "%s" ASIDE, path);
        *changed = true;
        good = away(n, path, ours ? NULL : beside);
        if (good && !ours)
            node_leave(n, "%s%s was changed by somebody; it is now %s%s", n->root, path, n->root,
                       beside);
    }
    buf_free(&old);
    snprintf(beside, sizeof beside, "%s" BESIDE, path);
    return good && (!node_exists(n, beside) || away(n, beside, NULL));
}

bool node_file_unseed(struct node *n, const char *path, struct slice text)
{
    struct buf old;
    bool there, good;
    buf_init(&old, NODE_FILE_MAX);
    good = node_file_read(n, path, &old, &there);
    if (good && there && slice_eq(buf_slice(&old), text))
        good = away(n, path, NULL);
    buf_free(&old);
    return good;
}
