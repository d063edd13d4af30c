/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/board.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC "optout-board 1"
#define LOCK_TRIES 200
#define LOCK_PAUSE_US 5000 /* a second in all: a stranger's lock is not waited for */
#define FILE_MAX (BOARD_PROCESSES * 1024u)

struct board {
    int64_t epoch; /* of this service: the wall clock at its start, microseconds */
    char path[1024];
    struct board_line line[BOARD_PROCESSES]; /* under the lock of the file; pid 0: free */
};

static const char *const commands[] = { "start", "reload", "reopen" };

struct board *board_make(const char *pipe)
{
    struct board *b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                           -1, 0);
    if (b == MAP_FAILED)
        return NULL;
    int n = snprintf(b->path, sizeof b->path, "%s" BOARD_SUFFIX, pipe);
    if (n < 0 || (size_t)n >= sizeof b->path) {
        board_free(b);
        return NULL;
    }
    b->epoch = clock_wall_ms();
    return b;
}

void board_free(struct board *b)
{
    if (b)
        munmap(b, sizeof *b);
}

/* -1 with errno. Only a regular file of ours: no link leads elsewhere. */
static int open_locked(const char *path, int flags, int how)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
    for (int tries = 0; fd >= 0; tries++) {
        if (flock(fd, how | LOCK_NB) == 0)
            return fd;
        if ((errno != EWOULDBLOCK && errno != EINTR) || tries == LOCK_TRIES) {
            int error = errno;
            close(fd);
            errno = error;
            return -1;
        }
        usleep(LOCK_PAUSE_US);
    }
    return -1;
}

static void print_field(struct buf *out, const char *text)
{
    buf_putc(out, '\t');
    for (; *text; text++)
        buf_putc(out, (unsigned char)*text < 0x20 ? ' ' : *text);
}

static void print(const struct board *b, struct buf *out)
{
    buf_printf(out, MAGIC " %lld\n", (long long)b->epoch);
    for (size_t i = 0; i < BOARD_PROCESSES; i++) {
        const struct board_line *l = &b->line[i];
        if (!l->pid)
            continue;
        buf_printf(out, "%ld\t%s\t%s\t%s", l->pid, l->child ? "child" : "master",
                   commands[l->command], l->refused ? "refused" : "done");
        print_field(out, l->asked);
        print_field(out, l->configuration);
        print_field(out, l->why);
        buf_putc(out, '\n');
    }
}

/* A newer service has begun, and this process is on its way out. */
static bool is_superseded(const struct board *b, int fd)
{
    char head[64];
    long long epoch = 0;
    ssize_t n = pread(fd, head, sizeof head - 1, 0);
    head[n > 0 ? n : 0] = '\0';
    return sscanf(head, MAGIC " %lld\n", &epoch) == 1 && epoch > b->epoch;
}

static enum optout_rc write_file(const struct board *b, int fd)
{
    struct buf text;
    if (is_superseded(b, fd))
        return OPTOUT_OK;
    buf_init(&text, FILE_MAX);
    print(b, &text);
    errno = text.failed == OPTOUT_OK ? ENOSPC : ENOMEM; /* what is written in part has no error */
    bool good = text.failed == OPTOUT_OK && ftruncate(fd, 0) == 0 &&
                pwrite(fd, text.p, text.n, 0) == (ssize_t)text.n;
    int why = errno;
    buf_free(&text);
    errno = why;
    return good ? OPTOUT_OK : OPTOUT_E_IO;
}

static struct board_line *line_of(struct board *b, long pid, bool make)
{
    struct board_line *spare = NULL;
    for (size_t i = 0; i < BOARD_PROCESSES; i++) {
        if (b->line[i].pid == pid)
            return &b->line[i];
        if (!b->line[i].pid && !spare)
            spare = &b->line[i];
    }
    return make ? spare : NULL;
}

enum optout_rc board_say(struct board *b, const struct board_line *line)
{
    int fd = open_locked(b->path, O_RDWR | O_CREAT, LOCK_EX);
    if (fd < 0)
        return OPTOUT_E_IO;
    enum optout_rc rc = OPTOUT_E_LIMIT;
    struct board_line *place = line_of(b, line->pid, true);
    if (place) {
        *place = *line;
        rc = write_file(b, fd);
    }
    close(fd);
    return rc;
}

enum optout_rc board_leave(struct board *b, long pid)
{
    int fd = open_locked(b->path, O_RDWR | O_CREAT, LOCK_EX);
    if (fd < 0)
        return OPTOUT_E_IO;
    enum optout_rc rc = OPTOUT_OK;
    struct board_line *place = line_of(b, pid, false);
    if (place) {
        place->pid = 0;
        rc = write_file(b, fd);
    }
    close(fd);
    return rc;
}

enum optout_rc board_read(const char *pipe, struct buf *text)
{
    char path[1024];
    int n = snprintf(path, sizeof path, "%s" BOARD_SUFFIX, pipe);
    if (n < 0 || (size_t)n >= sizeof path)
        return OPTOUT_E_LIMIT;
    int fd = open_locked(path, O_RDONLY, LOCK_SH);
    if (fd < 0)
        return OPTOUT_E_IO;
    ssize_t got;
    do {
        uint8_t *room = buf_room(text, 4096);
        got = room ? read(fd, room, 4096) : -1;
        text->n += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    close(fd);
    return got < 0 ? OPTOUT_E_IO : OPTOUT_OK;
}

static void board_take(char *out, size_t size, struct slice s)
{
    size_t n = s.n < size - 1 ? s.n : size - 1;
    if (n)
        memcpy(out, s.p, n);
    out[n] = '\0';
}

static bool take_line(struct slice text, struct board_line *l)
{
    struct slice f[7];
    uint64_t pid;
    size_t n = 0;
    while (n < 7 && slice_split(&text, '\t', &f[n]))
        n++;
    if (n != 7 || !slice_to_u64(f[0], &pid) || !pid || pid > INT32_MAX)
        return false;
    memset(l, 0, sizeof *l);
    l->pid = (long)pid;
    l->child = slice_eq(f[1], SLICE_OF("child"));
    l->refused = !slice_eq(f[3], SLICE_OF("done"));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (slice_eq(f[2], slice_cstr(commands[i])))
            l->command = (uint8_t)i;
    board_take(l->asked, sizeof l->asked, f[4]);
    board_take(l->configuration, sizeof l->configuration, f[5]);
    board_take(l->why, sizeof l->why, f[6]);
    return true;
}

bool board_next(struct slice *text, struct board_line *line)
{
    struct slice one;
    while (slice_split(text, '\n', &one))
        if (take_line(one, line))
            return true;
    return false;
}
