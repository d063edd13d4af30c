/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/command.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

bool command_find(const char *name, char path[COMMAND_PATH_MAX])
{
    const char *own = getenv("PATH");
    char folders[4096];
    snprintf(folders, sizeof folders, "%s:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin",
             own ? own : "");
    for (char *rest = folders, *folder; (folder = strsep(&rest, ":")) != NULL;) {
        int n = snprintf(path, COMMAND_PATH_MAX, "%s/%s", folder, name);
        if (folder[0] == '/' && n < COMMAND_PATH_MAX && access(path, X_OK) == 0)
            return true;
    }
    path[0] = '\0';
    return false;
}

static bool start(const char *const *argv, int out, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, out, 2);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    /* The interface is older than const. */
    union {
        const char *const *in;
        char *const *out;
    } words = { .in = argv };
    errno = posix_spawn(pid, argv[0], &actions, &attributes, words.out, environ);
    bool good = errno == 0;
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return good;
}

/* Reads until the end, or the time; false: late. What exceeds the buffer is read and dropped. */
static bool drain(int fd, uint64_t until_us, struct buf *out)
{
    char piece[4096];
    for (;;) {
        uint64_t now = clock_mono_us();
        struct pollfd p = { .fd = fd, .events = POLLIN };
        if (now >= until_us || poll(&p, 1, (int)((until_us - now) / 1000 + 1)) == 0)
            return false;
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return true;
        if (n == 0)
            return true;
        if (n > 0)
            (void)buf_append(out, piece, (size_t)n);
    }
}

static bool ended(pid_t pid, uint64_t until_us, int *how)
{
    for (;;) {
        pid_t got = waitpid(pid, how, WNOHANG);
        if (got == pid)
            return true;
        if (clock_mono_us() >= until_us || (got < 0 && errno != EINTR))
            return false;
        usleep(2000);
    }
}

enum command_end command_run(const char *const *argv, unsigned ms, struct buf *out, int *status)
{
    int ends[2], how = 0;
    pid_t pid;
    uint64_t until = clock_mono_us() + ms * 1000ull;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return COMMAND_NOT_RUN;
    bool started = start(argv, ends[1], &pid);
    int error = errno;
    close(ends[1]);
    bool over = started && drain(ends[0], until, out) && ended(pid, until, &how);
    close(ends[0]);
    if (started && !over) {
        kill(pid, SIGKILL);
        (void)waitpid(pid, &how, 0);
    }
    errno = error;
    *status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    return !started ? COMMAND_NOT_RUN : over ? COMMAND_ENDED : COMMAND_LATE;
}
