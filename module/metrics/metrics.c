/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - the process's own cells, and the file that they are in. */
#include "metrics/metrics.h"

#include "core/clock.h"
#include "metrics/metric_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MODE 0770 /* less the umask, as all of the store: filter and optoutd share it */
#define FILE_MODE 0640 /* others read it; one who could cut it would end us by SIGBUS */
#define REMADE_MAX 64 /* files of one process that somebody removed */

/* Where nobody looks: before metrics_open, and when there is no file. */
static struct metric_file private_cells;
static _Atomic(struct metric_file *) current = &private_cells;

static struct {
    int fd; /* of the file, which is locked through it; -1: none */
    char dir[METRIC_PATH_MAX];
    unsigned remade;
} own = { .fd = -1 };

/* ---- counting ---- */

static metric_value *shard(void)
{
    static atomic_uint threads;
    static _Thread_local unsigned mine; /* from 1; 0: none yet */
    if (!mine)
        mine = 1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % METRIC_SHARDS;
    struct metric_file *f = atomic_load_explicit(&current, memory_order_acquire);
    return f->value + (mine - 1) * METRIC_STRIDE;
}

void metrics_add(unsigned cell, uint64_t n)
{
    if (cell < METRIC_CELLS)
        atomic_fetch_add_explicit(&shard()[cell], n, memory_order_relaxed);
}

void metrics_set(unsigned cell, uint64_t value)
{
    struct metric_file *f = atomic_load_explicit(&current, memory_order_acquire);
    if (cell < METRIC_CELLS)
        atomic_store_explicit(&f->value[cell], value, memory_order_relaxed);
}

uint64_t metrics_own(unsigned cell)
{
    struct metric_file *f = atomic_load_explicit(&current, memory_order_acquire);
    uint64_t sum = 0;
    for (unsigned i = 0; cell < METRIC_CELLS && i < METRIC_SHARDS; i++)
        sum += atomic_load_explicit(&f->value[i * METRIC_STRIDE + cell], memory_order_relaxed);
    return sum;
}

void metrics_observe(unsigned first, enum metric_kind kind, uint64_t us)
{
    unsigned n, i = 0;
    const uint32_t *bound = metric_bounds(kind, &n);
    if (first >= METRIC_CELLS || n + 1 >= METRIC_CELLS - first)
        return;
    while (i < n && us > bound[i])
        i++;
    metric_value *cell = shard() + first;
    atomic_fetch_add_explicit(&cell[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&cell[n + 1], us, memory_order_relaxed);
}

void metrics_config(const char *hash)
{
    struct metric_file *f = atomic_load_explicit(&current, memory_order_acquire);
    char digits[17] = "";
    strncat(digits, hash, 16);
    atomic_store_explicit(&f->head.config, strtoull(digits, NULL, 16), memory_order_relaxed);
}

/* ---- the file ---- */

static void fill_head(struct metric_head *h, enum metric_program program, const char *version)
{
    uint64_t id = 0;
    if (getrandom(&id, sizeof id, GRND_NONBLOCK) != (ssize_t)sizeof id)
        id = (uint64_t)clock_wall_ms() << 22;
    memcpy(h->magic, METRIC_FILE_MAGIC, sizeof h->magic);
    h->layout = metric_layout();
    h->shards = METRIC_SHARDS;
    h->stride = METRIC_STRIDE;
    h->program = program;
    h->pid = (uint32_t)getpid();
    h->touched_ms = (uint64_t)clock_wall_ms();
    h->id = id ^ (uint64_t)getpid();
    snprintf(h->version, sizeof h->version, "%s", version);
}

static void drop_file(int fd, struct metric_file *f)
{
    int why = errno;
    if (f)
        munmap((void *)f, sizeof *f);
    close(fd);
    errno = why;
}

/* A file without a name of its own yet, locked and mapped; its room is taken. NULL with errno. */
static struct metric_file *make_file(int folder, const char *name, int *fd)
{
    *fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (*fd < 0)
        return NULL;
    int error = flock(*fd, LOCK_EX | LOCK_NB) != 0
                    ? errno
                    : posix_fallocate(*fd, 0, sizeof(struct metric_file));
    void *p = error ? MAP_FAILED
                    : mmap(NULL, sizeof(struct metric_file), PROT_READ | PROT_WRITE, MAP_SHARED,
                           *fd, 0);
    if (p != MAP_FAILED)
        return p;
    error = error ? error : errno;
    unlinkat(folder, name, 0);
    errno = error;
    drop_file(*fd, NULL);
    return NULL;
}

/* `from`: what the cells begin with; its head too, if it has one. */
static struct metric_file *place_file(int folder, const struct metric_file *from, int *fd)
{
    char made[64], name[64];
    long pid = (long)getpid();
    snprintf(made, sizeof made, "%ld.new", pid);
    snprintf(name, sizeof name, "%ld-%lld-%u" METRIC_FILE_SUFFIX, pid, (long long)clock_wall_ms(),
             own.remade);
    unlinkat(folder, made, 0); /* of one who had our number and died over it */
    struct metric_file *f = make_file(folder, made, fd);
    if (!f)
        return NULL;
    memcpy((void *)&f->head, (const void *)&from->head, sizeof f->head);
    for (unsigned i = 0; i < METRIC_SHARDS * METRIC_STRIDE; i++) /* others may be adding */
        atomic_init(&f->value[i], atomic_load_explicit(&from->value[i], memory_order_relaxed));
    if (renameat(folder, made, folder, name) == 0)
        return f;
    int why = errno;
    unlinkat(folder, made, 0);
    errno = why;
    drop_file(*fd, f);
    return NULL;
}

static int open_folder(const char *dir)
{
    if (snprintf(own.dir, sizeof own.dir, "%s/" METRIC_FOLDER, dir) >= (int)sizeof own.dir) {
        errno = ENAMETOOLONG;
        return -1;
    }
    (void)mkdir(dir, FOLDER_MODE);
    (void)mkdir(own.dir, FOLDER_MODE);
    return open(own.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Into a new file, beginning with `from`. What was mapped before stays: a thread may be adding
 * to it. */
static enum optout_rc go_on_in_file(int folder, const struct metric_file *from)
{
    int lock = metric_folder_lock(folder, true), fd = -1;
    if (lock < 0)
        return OPTOUT_E_IO;
    struct metric_file *f = place_file(folder, from, &fd);
    if (f) {
        own.fd = fd;
        atomic_store_explicit(&current, f, memory_order_release);
        if (metric_folder_fold(folder) != OPTOUT_OK)
            errno = 0; /* whoever comes next folds */
    }
    int why = errno;
    close(lock);
    errno = why;
    return f ? OPTOUT_OK : OPTOUT_E_IO;
}

enum optout_rc metrics_open(const char *dir, enum metric_program program, const char *version)
{
    int folder = open_folder(dir);
    if (own.fd >= 0)
        metrics_close();
    memset((void *)&private_cells, 0, sizeof private_cells);
    own.remade = 0;
    if (folder < 0)
        return OPTOUT_E_IO;
    fill_head(&private_cells.head, program, version);
    enum optout_rc rc = go_on_in_file(folder, &private_cells);
    int why = errno;
    close(folder);
    if (rc == OPTOUT_OK) {
        metrics_set(METRIC_PROCESSES + (unsigned)program, 1);
        metrics_set(METRIC_PROCESS_STARTS + (unsigned)program, 1);
        metrics_set(METRIC_PROCESS_START_TIME + (unsigned)program,
                    (uint64_t)clock_wall_ms() / 1000);
    }
    errno = why;
    return rc;
}

void metrics_close(void)
{
    struct metric_file *f = atomic_exchange(&current, &private_cells);
    if (f != &private_cells)
        munmap((void *)f, sizeof *f);
    if (own.fd >= 0)
        close(own.fd);
    own.fd = -1;
}

/* The store's folder may be deleted and begun anew under those who use it. */
static void make_again(void)
{
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    struct stat st;
    if (own.fd < 0 || fstat(own.fd, &st) != 0 || st.st_nlink > 0 || own.remade >= REMADE_MAX ||
        atomic_flag_test_and_set(&busy))
        return;
    int old = own.fd;
    own.remade++;
    char dir[METRIC_PATH_MAX];
    size_t n = strlen(own.dir) - strlen("/" METRIC_FOLDER);
    memcpy(dir, own.dir, n);
    dir[n] = '\0';
    int folder = open_folder(dir);
    if (folder >= 0) {
        if (go_on_in_file(folder, atomic_load(&current)) == OPTOUT_OK)
            close(old);
        close(folder);
    }
    atomic_flag_clear(&busy);
}

void metrics_touch(int64_t wall_ms)
{
    make_again();
    struct metric_file *f = atomic_load_explicit(&current, memory_order_acquire);
    atomic_store_explicit(&f->head.touched_ms, (uint64_t)wall_ms, memory_order_relaxed);
}
