/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/server_listen.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

/* Not inlined: with sanitizers gcc 12 then takes `path` for null. */
__attribute__((noinline)) static int fail(int fd, const char *path, const char *what, char *why,
                                          size_t why_size)
{
    snprintf(why, why_size, "%s %s: %s", what, path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* 0: the way is free, what nobody listens on is removed. */
static int make_way(const struct sockaddr_un *a, char *why, size_t why_size)
{
    struct stat st;
    if (lstat(a->sun_path, &st) != 0)
        return errno == ENOENT ? 0 : fail(-1, a->sun_path, "cannot look at", why, why_size);
    if (!S_ISSOCK(st.st_mode)) {
        snprintf(why, why_size, "%s is there and is no socket", a->sun_path);
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fail(-1, a->sun_path, "cannot try", why, why_size);
    int rc = connect(fd, (const struct sockaddr *)a, sizeof *a);
    int error = errno;
    close(fd);
    if (rc == 0 || error == EAGAIN) {
        snprintf(why, why_size, "another optoutd listens on %s", a->sun_path);
        return -1;
    }
    if (error != ECONNREFUSED) {
        errno = error;
        return fail(-1, a->sun_path, "cannot try", why, why_size);
    }
    if (unlink(a->sun_path) != 0)
        return fail(-1, a->sun_path, "cannot remove the stale socket", why, why_size);
    return 0;
}

static int give_to_group(const char *path, const char *name)
{
    if (!*name)
        return 0;
    errno = 0;
    const struct group *g = getgrnam(name);
    if (!g) {
        errno = errno ? errno : ENOENT;
        return -1;
    }
    return chown(path, (uid_t)-1, g->gr_gid);
}

int server_listen(const char *name, unsigned mode, const char *group, char *why, size_t why_size)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    const char *path = a.sun_path;
    if (snprintf(a.sun_path, sizeof a.sun_path, "%s", name) >= (int)sizeof a.sun_path) {
        errno = ENAMETOOLONG;
        return fail(-1, path, "cannot listen on", why, why_size);
    }
    if (make_way(&a, why, why_size) != 0)
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fail(fd, path, "cannot make a socket for", why, why_size);
    mode_t mask = umask(0177); /* nobody gets in before the mode is set */
    int bound = bind(fd, (const struct sockaddr *)&a, sizeof a);
    umask(mask);
    if (bound != 0)
        return fail(fd, path, "cannot listen on", why, why_size);
    if (give_to_group(path, group) != 0 || chmod(path, mode) != 0 || listen(fd, BACKLOG) != 0) {
        int rc = fail(fd, path, "cannot set mode and group of", why, why_size);
        unlink(path);
        return rc;
    }
    return fd;
}
