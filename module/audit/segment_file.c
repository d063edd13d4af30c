/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/segment_file.h"

#include "audit/gap.h"
#include "core/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_CREATE_TRIES 16   /* names taken, or files swept away under us */
#define MAX_EINTR 100         /* in a row, without progress */
#define COPY_CHUNK 16384      /* bytes read at once while repairing */
#define OPEN_SUFFIX ".jsonl.open"
#define NEW_PREFIX ".new-"

int segment_dir(const char *path)
{
    if (mkdir(path, 0750) != 0 && errno != EEXIST)
        return -1;
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* rename(2) that never replaces. Where the file system cannot promise that,
 * looking first has to do: nobody else makes these names. */
static int rename_new(int dir, const char *from, const char *to)
{
    if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (faccessat(dir, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return renameat(dir, from, dir, to);
}

/* True when `name` still is the file that `fd` has open. */
static bool is_at(int dir, const char *name, int fd)
{
    struct stat there, here;
    return fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &here) == 0 &&
           there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

/* The node's name as far as a file name may hold it. */
static void safe_node(const char *node, char out[SEGMENT_NODE_MAX])
{
    size_t n = 0;
    for (; node[n] && n < SEGMENT_NODE_MAX - 1; n++) {
        uint8_t c = (uint8_t)node[n];
        bool plain = ascii_is_alnum(c) || c == '-' || c == '_' || (c == '.' && n > 0);
        out[n] = plain ? (char)c : '_';
    }
    if (n == 0)
        out[n++] = '_';
    out[n] = '\0';
}

/* "node-20261124T150405.678Z-4711-000001.jsonl": sorts by time. */
static void make_name(const char *node, unsigned number, char out[SEGMENT_NAME_MAX])
{
    char safe[SEGMENT_NODE_MAX], time[CLOCK_TEXT], compact[CLOCK_TEXT];
    size_t n = 0;
    safe_node(node, safe);
    clock_text(clock_wall_ms(), time);
    for (size_t i = 0; i < CLOCK_TEXT; i++)
        if (time[i] != '-' && time[i] != ':')
            compact[n++] = time[i];
    snprintf(out, SEGMENT_NAME_MAX, "%s-%s-%ld-%06u.jsonl", safe, compact, (long)getpid(), number);
}

enum optout_rc segment_create(struct segment *s, int dir, const char *node, unsigned *number)
{
    char draft[SEGMENT_NAME_MAX + 16], open_name[SEGMENT_NAME_MAX + 8];
    int why = EEXIST;
    for (int tries = 0; tries < MAX_CREATE_TRIES; tries++) {
        *s = (struct segment){ .fd = -1, .torn = -1 };
        make_name(node, ++*number, s->name);
        snprintf(draft, sizeof draft, NEW_PREFIX "%s.open", s->name);
        snprintf(open_name, sizeof open_name, "%s.open", s->name);
        int fd = openat(dir, draft, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
                        0640);
        if (fd < 0 && errno != EEXIST)
            return OPTOUT_E_IO;
        if (fd < 0)
            continue;
        errno = EEXIST; /* for the middle one of the three */
        /* The lock comes before the name, so that nobody takes the file for an
         * orphan. A sweep of drafts may still remove it: then try again. */
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 &&
            faccessat(dir, s->name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
            rename_new(dir, draft, open_name) == 0) {
            s->fd = fd;
            return OPTOUT_OK;
        }
        why = errno;
        unlinkat(dir, draft, 0);
        close(fd);
        if (why != EWOULDBLOCK && why != ENOENT && why != EEXIST)
            break;
    }
    errno = why;
    return OPTOUT_E_IO;
}

void segment_undo(struct segment *s, uint64_t n)
{
    struct stat st;
    if (n == 0)
        return;
    /* Asked, not remembered: had somebody truncated the file, growing it to
     * the length it once had would fill it with zeros. */
    if (fstat(s->fd, &st) != 0) {
        s->torn = (int64_t)s->size;
        return;
    }
    off_t end = st.st_size > (off_t)n ? st.st_size - (off_t)n : 0;
    int done;
    do {
        done = ftruncate(s->fd, end);
    } while (done != 0 && errno == EINTR);
    if (done != 0)
        s->torn = end;
}

enum optout_rc segment_write(struct segment *s, struct slice lines, unsigned n)
{
    size_t done = 0;
    int interrupted = 0;
    while (done < lines.n) {
        ssize_t k = write(s->fd, lines.p + done, lines.n - done);
        if (k < 0 && errno == EINTR && interrupted++ < MAX_EINTR)
            continue;
        if (k <= 0) {
            int why = k < 0 ? errno : ENOSPC;
            segment_undo(s, done);
            errno = why;
            return OPTOUT_E_IO;
        }
        done += (size_t)k;
        interrupted = 0;
    }
    s->size += lines.n;
    s->lines += n;
    return OPTOUT_OK;
}

/* Room that is taken beyond the end and given back: readers see neither. */
bool segment_has_room(const struct segment *s, uint64_t n)
{
    struct stat st;
    if (fstat(s->fd, &st) != 0)
        return false;
    if (fallocate(s->fd, FALLOC_FL_KEEP_SIZE, st.st_size, (off_t)n) != 0)
        return errno == EOPNOTSUPP || errno == ENOSYS;
    (void)!ftruncate(s->fd, st.st_size); /* what stays taken, the next records use */
    return true;
}

enum optout_rc segment_finish(struct segment *s, int dir)
{
    char open_name[SEGMENT_NAME_MAX + 8];
    enum optout_rc rc = OPTOUT_OK;
    struct stat st;
    if (s->fd < 0)
        return OPTOUT_OK;
    snprintf(open_name, sizeof open_name, "%s.open", s->name);
    if (s->torn >= 0 && ftruncate(s->fd, (off_t)s->torn) == 0)
        s->torn = -1;
    /* Moved or removed by somebody: nothing to rename. */
    if (s->torn >= 0)
        rc = OPTOUT_E_IO;
    else if (is_at(dir, open_name, s->fd)) {
        bool empty = s->lines == 0 && fstat(s->fd, &st) == 0 && st.st_size == 0;
        int done = empty ? unlinkat(dir, open_name, 0) : rename_new(dir, open_name, s->name);
        rc = done == 0 ? OPTOUT_OK : OPTOUT_E_IO;
    }
    int why = errno;
    close(s->fd); /* and with it the lock */
    s->fd = -1;
    errno = why;
    return rc;
}

/* Offset behind the last LF in `fd`, 0 when there is none, -1 on failure. */
static off_t end_of_lines(int fd, off_t size)
{
    char chunk[COPY_CHUNK];
    while (size > 0) {
        off_t from = size > COPY_CHUNK ? size - COPY_CHUNK : 0;
        size_t n = (size_t)(size - from);
        if (pread(fd, chunk, n, from) != (ssize_t)n)
            return -1;
        const char *lf = memrchr(chunk, '\n', n);
        if (lf)
            return from + (lf - chunk) + 1;
        size = from;
    }
    return 0;
}

/* Copies [from, size) of `fd` to `<name>.torn` and sees it down. */
static bool keep_torn(int dir, const char *name, int fd, off_t from, off_t size)
{
    char torn_name[SEGMENT_NAME_MAX + 8], chunk[COPY_CHUNK];
    snprintf(torn_name, sizeof torn_name, "%s.torn", name);
    int out = openat(dir, torn_name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (out < 0)
        return false;
    bool ok = true;
    while (ok && from < size) {
        ssize_t want = size - from < COPY_CHUNK ? (ssize_t)(size - from) : COPY_CHUNK;
        ssize_t n = pread(fd, chunk, (size_t)want, from);
        ok = n > 0 && write(out, chunk, (size_t)n) == n;
        from += n;
    }
    ok = ok && fdatasync(out) == 0;
    return close(out) == 0 && ok;
}

/* Writes the gap record behind the last whole line. */
static bool append_gap(struct segment *s, const char *node, uint64_t torn_bytes)
{
    struct gap gap = { "writer-died", node, s->name, torn_bytes, -1 };
    struct buf line;
    buf_init(&line, 4096);
    bool ok = gap_print(&gap, &line) == OPTOUT_OK &&
              segment_write(s, buf_slice(&line), 1) == OPTOUT_OK && fdatasync(s->fd) == 0;
    buf_free(&line);
    return ok;
}

/* `s` is locked by us and its writer is dead. */
static bool repair(struct segment *s, int dir, const char *node)
{
    struct stat st;
    if (fstat(s->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    off_t end = end_of_lines(s->fd, st.st_size);
    if (end < 0)
        return false;
    if (end < st.st_size &&
        (!keep_torn(dir, s->name, s->fd, end, st.st_size) || ftruncate(s->fd, end) != 0))
        return false;
    s->size = (uint64_t)end;
    return append_gap(s, node, (uint64_t)(st.st_size - end));
}

static bool ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s), k = strlen(suffix);
    return n > k && memcmp(s + n - k, suffix, k) == 0;
}

/* True when a segment was closed. */
static bool adopt(int dir, const char *open_name, const char *node)
{
    bool is_draft = strncmp(open_name, NEW_PREFIX, sizeof NEW_PREFIX - 1) == 0;
    size_t n = strlen(open_name) - strlen(".open");
    struct segment s = { .torn = -1 };
    if (n >= sizeof s.name)
        return false;
    memcpy(s.name, open_name, n);
    s.fd = openat(dir, open_name, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (s.fd < 0)
        return false;
    /* Whoever holds the lock lives. Whoever had it first may have finished:
     * then the name is gone, or is another file. */
    if (flock(s.fd, LOCK_EX | LOCK_NB) == 0 && is_at(dir, open_name, s.fd)) {
        if (is_draft)
            unlinkat(dir, open_name, 0);
        else if (repair(&s, dir, node))
            return segment_finish(&s, dir) == OPTOUT_OK;
    }
    close(s.fd);
    return false;
}

unsigned segments_adopt(int dir, const char *node)
{
    unsigned closed = 0;
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (!list) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    for (struct dirent *e; (e = readdir(list)) != NULL;)
        if (ends_with(e->d_name, OPEN_SUFFIX) && adopt(dir, e->d_name, node))
            closed++;
    closedir(list);
    if (closed)
        fsync(dir);
    return closed;
}
