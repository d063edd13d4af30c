/* SPDX-License-Identifier: Apache-2.0 */
/* metric_folder.c - files of processes: reading one, and folding those of the dead.
 *
 * Folding must not count anything twice or lose it, whoever is killed in the middle: the new
 * total, which names the processes that went into it, takes the place of the old one in one
 * rename; only then their files are removed. One that is left over is known by its name in the
 * total, and removed by the next who folds. */
#include "core/file.h"
#include "metrics/metric_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_TRIES 200
#define LOCK_PAUSE_US 5000 /* a second in all: a stranger's lock is not waited for */
#define FILE_MODE 0640 /* others take its place, and write nothing into it */

/* ---- what bytes say ---- */

bool metric_is_lasting(const struct metric *m)
{
    return m->kind == METRIC_COUNTER || m->kind == METRIC_FILTER_TIMES ||
           m->kind == METRIC_WAIT_TIMES;
}

unsigned metric_family_end(unsigned f)
{
    return f + 1 < METRIC_FAMILIES ? metric_table[f + 1].first : METRIC_CELLS;
}

void metric_sum_add(uint64_t *to, uint64_t n)
{
    *to = n > METRIC_VALUE_MAX - *to ? METRIC_VALUE_MAX : *to + n;
}

/* Versions are printed as a label's value: what we write, and nothing that could break it. */
static bool take_version(char out[METRIC_VERSION_MAX], const char *from)
{
    size_t n = strnlen(from, METRIC_VERSION_MAX);
    if (n == METRIC_VERSION_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!((from[i] >= '0' && from[i] <= '9') || (from[i] >= 'a' && from[i] <= 'z') ||
              (from[i] >= 'A' && from[i] <= 'Z') || strchr(".+~-", from[i])))
            return false;
    memcpy(out, from, n + 1);
    return true;
}

/* A shard of a gauge may be below zero, when another thread gave back; their sum is not. */
static void add_shard(uint64_t to[METRIC_CELLS], const uint8_t *p)
{
    for (unsigned f = 0; f < METRIC_FAMILIES; f++) {
        bool lasting = metric_is_lasting(&metric_table[f]);
        for (unsigned i = metric_table[f].first; i < metric_family_end(f); i++) {
            uint64_t v;
            memcpy(&v, p + i * sizeof v, sizeof v);
            if (lasting)
                metric_sum_add(&to[i], v);
            else
                to[i] += v;
        }
    }
}

bool metric_file_read(struct slice bytes, struct metric_process *out)
{
    struct metric_head h;
    if (bytes.n != sizeof(struct metric_file))
        return false;
    memcpy((void *)&h, bytes.p, sizeof h);
    if (memcmp(h.magic, METRIC_FILE_MAGIC, sizeof h.magic) != 0 || h.layout != metric_layout() ||
        h.shards != METRIC_SHARDS || h.stride != METRIC_STRIDE ||
        h.program >= METRIC_PROGRAM_SIZE || !take_version(out->version, h.version))
        return false;
    out->program = (enum metric_program)h.program;
    out->id = h.id;
    out->touched_ms = h.touched_ms;
    out->config = h.config;
    memset(out->value, 0, sizeof out->value);
    for (unsigned s = 0; s < METRIC_SHARDS; s++)
        add_shard(out->value,
                  bytes.p + offsetof(struct metric_file, value) + s * METRIC_STRIDE * 8u);
    return true;
}

uint64_t metric_total_sum(const struct metric_total *t)
{
    const uint8_t *p = (const uint8_t *)t;
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < offsetof(struct metric_total, sum); i++)
        h = (h ^ p[i]) * 0x100000001B3u;
    return h;
}

bool metric_total_read(struct slice bytes, struct metric_total *out)
{
    if (bytes.n != sizeof *out)
        return false;
    memcpy(out, bytes.p, sizeof *out);
    return memcmp(out->magic, METRIC_TOTAL_MAGIC, sizeof out->magic) == 0 &&
           out->layout == metric_layout() && out->n_folded <= METRIC_FOLDED_MAX &&
           out->sum == metric_total_sum(out);
}

/* ---- files ---- */

/* A regular file of that size, and no more of it. -1 with errno; EILSEQ: it is none. */
static int open_sized(int folder, const char *name, size_t size)
{
    struct stat st;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ELOOP)
        errno = EILSEQ;
    if (fd < 0)
        return -1;
    int why = fstat(fd, &st) != 0 ? errno : EILSEQ;
    if (why == EILSEQ && S_ISREG(st.st_mode) && st.st_size == (off_t)size)
        return fd;
    close(fd);
    errno = why;
    return -1;
}

/* read, not a map: whoever may write the file may also cut it, and a map would end us then. Words
 * that lie on their boundary come over whole. */
static bool read_whole(int fd, void *to, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(fd, (char *)to + done, n - done, (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got ? errno : EILSEQ;
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

/* After a failure: whether it may be another one the next time, rather than that there are no counters
 * for whoever asks. */
static bool may_hold_some(int why)
{
    return why == EIO || why == EINTR || why == EMFILE || why == ENFILE || why == ENOMEM;
}

enum metric_total_state metric_total_load(int folder, struct metric_total *t)
{
    struct metric_total bytes;
    int fd = open_sized(folder, "total", sizeof bytes);
    bool got = fd >= 0 && read_whole(fd, &bytes, sizeof bytes);
    int why = got ? 0 : errno;
    if (fd >= 0)
        close(fd);
    if (got && metric_total_read(slice_of((const uint8_t *)&bytes, sizeof bytes), t))
        return METRIC_TOTAL_GOOD;
    memset(t, 0, sizeof *t);
    errno = why;
    return why == ENOENT        ? METRIC_TOTAL_NONE
           : may_hold_some(why) ? METRIC_TOTAL_UNREAD
                                : METRIC_TOTAL_DAMAGED;
}

static bool total_store(int folder, struct metric_total *t)
{
    memcpy(t->magic, METRIC_TOTAL_MAGIC, sizeof t->magic);
    t->layout = metric_layout();
    t->generation++;
    t->sum = metric_total_sum(t);
    unlinkat(folder, "total.new", 0);
    int fd = openat(folder, "total.new", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    FILE_MODE);
    if (fd < 0)
        return false;
    bool good = file_write_all(fd, slice_of((const uint8_t *)t, sizeof *t)) && fdatasync(fd) == 0;
    close(fd);
    return good && renameat(folder, "total.new", folder, "total") == 0;
}

bool metric_is_folded(const struct metric_total *t, uint64_t id)
{
    for (uint64_t i = 0; i < t->n_folded; i++)
        if (t->folded[i] == id)
            return true;
    return false;
}

void metric_add_lasting(uint64_t to[METRIC_CELLS], const uint64_t from[METRIC_CELLS])
{
    for (unsigned f = 0; f < METRIC_FAMILIES; f++) {
        const struct metric *m = &metric_table[f];
        for (unsigned i = m->first; metric_is_lasting(m) && i < metric_family_end(f); i++)
            metric_sum_add(&to[i], from[i]);
    }
}

enum metric_life metric_file_load(int folder, const char *name, struct metric_process *p)
{
    struct metric_file *bytes = NULL;
    int fd = open_sized(folder, name, sizeof *bytes);
    if (fd < 0)
        return errno == ENOENT        ? METRIC_FILE_GONE
               : may_hold_some(errno) ? METRIC_FILE_UNREAD
                                      : METRIC_FILE_OF_NONE;
    bool alive = flock(fd, LOCK_SH | LOCK_NB) != 0;
    bytes = malloc(sizeof *bytes);
    bool got = bytes && read_whole(fd, (void *)bytes, sizeof *bytes);
    int why = got ? EILSEQ : errno;
    bool good = got && metric_file_read(slice_of((const uint8_t *)bytes, sizeof *bytes), p);
    free((void *)bytes);
    close(fd);
    errno = why;
    if (!good)
        return may_hold_some(why) ? METRIC_FILE_UNREAD : METRIC_FILE_OF_NONE;
    return alive ? METRIC_FILE_LIVES : METRIC_FILE_DEAD;
}

static bool has_end(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && name[0] != '.' && strcmp(name + n - m, end) == 0;
}

bool metric_name_is_file(const char *name)
{
    return has_end(name, METRIC_FILE_SUFFIX);
}

/* ---- the lock ---- */

int metric_folder_lock(int folder, bool wait)
{
    int fd = openat(folder, "lock", O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
                    FILE_MODE);
    for (int tries = 0; fd >= 0; tries++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return fd;
        if (!wait || tries == LOCK_TRIES || (errno != EWOULDBLOCK && errno != EINTR)) {
            int why = errno;
            close(fd);
            errno = why;
            return -1;
        }
        usleep(LOCK_PAUSE_US);
    }
    return -1;
}

/* ---- folding ---- */

/* Files that are in the total, or hold nothing that could be; removed at the end. */
struct fold {
    int folder;
    struct metric_total total;
    struct metric_process process;
    char gone[METRIC_FOLDED_MAX][64];
    size_t n_gone;
    bool changed;
};

/* Nobody lives in it: a process locks its file before it gives it this name. */
static bool is_deserted(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool deserted = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0)
        close(fd);
    return deserted;
}

/* Made by a process that died before its file was whole. */
static void drop_unfinished(struct fold *f, const char *name)
{
    if (has_end(name, ".new") && is_deserted(f->folder, name))
        unlinkat(f->folder, name, 0);
}

static void fold_one(struct fold *f, const char *name)
{
    if (strlen(name) >= sizeof f->gone[0] || !is_deserted(f->folder, name))
        return;
    enum metric_life life = metric_file_load(f->folder, name, &f->process);
    if (life == METRIC_FILE_LIVES || life == METRIC_FILE_GONE || life == METRIC_FILE_UNREAD)
        return;
    if (life == METRIC_FILE_DEAD && !metric_is_folded(&f->total, f->process.id)) {
        if (f->total.n_folded == METRIC_FOLDED_MAX)
            return;
        metric_add_lasting(f->total.value, f->process.value);
        f->total.folded[f->total.n_folded++] = f->process.id;
        f->changed = true;
    }
    memcpy(f->gone[f->n_gone++], name, strlen(name) + 1);
}

static void fold_all(struct fold *f, DIR *d)
{
    unsigned seen = 0;
    for (struct dirent *e; seen < METRIC_FILES_MAX && f->n_gone < METRIC_FOLDED_MAX &&
                           (e = readdir(d)) != NULL;) {
        seen++;
        if (metric_name_is_file(e->d_name))
            fold_one(f, e->d_name);
        else
            drop_unfinished(f, e->d_name);
    }
}

/* Those whose files are gone need not be named any more; whoever cannot see all files forgets none. */
static void forget_folded(struct fold *f, DIR *d)
{
    uint64_t left[METRIC_FOLDED_MAX], n = 0;
    unsigned seen = 0;
    rewinddir(d);
    struct dirent *e = NULL;
    while (seen < METRIC_FILES_MAX && (errno = 0, e = readdir(d)) != NULL) {
        if (!metric_name_is_file(e->d_name))
            continue;
        seen++;
        enum metric_life life = f->total.n_folded
                                    ? metric_file_load(f->folder, e->d_name, &f->process)
                                    : METRIC_FILE_GONE;
        if (life == METRIC_FILE_UNREAD)
            return;
        if (life == METRIC_FILE_DEAD && metric_is_folded(&f->total, f->process.id) &&
            n < METRIC_FOLDED_MAX)
            left[n++] = f->process.id;
    }
    if (!e && errno)
        return;
    memcpy(f->total.folded, left, n * sizeof *left);
    f->total.n_folded = n;
}

/* What a total that cannot be read holds would be lost with the next one. */
static enum optout_rc fold_into_total(struct fold *f, DIR *d)
{
    if (metric_total_load(f->folder, &f->total) == METRIC_TOTAL_UNREAD)
        return OPTOUT_E_IO;
    forget_folded(f, d);
    rewinddir(d);
    fold_all(f, d);
    if (f->changed && !total_store(f->folder, &f->total))
        return OPTOUT_E_IO;
    for (size_t i = 0; i < f->n_gone; i++)
        unlinkat(f->folder, f->gone[i], 0);
    return OPTOUT_OK;
}

enum optout_rc metric_folder_fold(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    struct fold *f = d ? calloc(1, sizeof *f) : NULL;
    enum optout_rc rc = OPTOUT_E_NOMEM;
    if (!d && fd >= 0)
        close(fd);
    if (f) {
        f->folder = folder;
        rc = fold_into_total(f, d);
    }
    if (d)
        closedir(d);
    free(f);
    return rc;
}
