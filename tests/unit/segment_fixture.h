/* SPDX-License-Identifier: Apache-2.0 */
/* segment_fixture.h - a disk that fails on demand, a folder per test, and a
 * count of what is in it. Included by test_segment.c and test_segment_refs.c, which
 * the linker makes call the wrappers for write, ftruncate, fdatasync and flock. */
#ifndef OPTOUT_TESTS_SEGMENT_FIXTURE_H
#define OPTOUT_TESTS_SEGMENT_FIXTURE_H

#include "unit.h"

#include "audit/segment.h"
#include "policy/config.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What fails next, and how often each call was made. */
static struct {
    atomic_int write_errno; /* 0: none */
    atomic_int write_short; /* bytes that still get through */
    atomic_int write_eintr; /* so many calls are interrupted first */
    atomic_int truncate_errno;
    atomic_int sync_errno;
    atomic_int syncs;
    atomic_int writes;
    char written[8192]; /* the last of them, as far as there is room */
    size_t written_n;
    const char *rename_from, *rename_to; /* by somebody else, before the next lock */
} fault;

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __real_ftruncate(int fd, off_t n);
int __wrap_ftruncate(int fd, off_t n);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);

static int failing(int why)
{
    errno = why;
    return -1;
}

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
    if (fd <= 2)
        return __real_write(fd, p, n);
    fault.writes++;
    fault.written_n = n < sizeof fault.written ? n : sizeof fault.written;
    memcpy(fault.written, p, fault.written_n);
    if (fault.write_eintr > 0) {
        fault.write_eintr--;
        return failing(EINTR);
    }
    if (!fault.write_errno)
        return __real_write(fd, p, n);
    size_t some = (size_t)fault.write_short < n ? (size_t)fault.write_short : n;
    fault.write_short = 0;
    return some ? __real_write(fd, p, some) : failing(fault.write_errno);
}

int __wrap_ftruncate(int fd, off_t n)
{
    return fault.truncate_errno ? failing(fault.truncate_errno) : __real_ftruncate(fd, n);
}

int __wrap_fdatasync(int fd)
{
    fault.syncs++;
    return fault.sync_errno ? failing(fault.sync_errno) : __real_fdatasync(fd);
}

int __wrap_flock(int fd, int operation)
{
    if (fault.rename_from && rename(fault.rename_from, fault.rename_to) != 0)
        return -1;
    fault.rename_from = NULL;
    return __real_flock(fd, operation);
}

/* One folder per test, emptied afterwards. */
struct place {
    struct config config;
    struct config_error error;
    char base[2048];
};

static int place_make(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    const char *build = getenv("OPTOUT_BUILDDIR");
    memset(&fault, 0, sizeof fault);
    snprintf(p->base, 900, "%s/audit-XXXXXX", build ? build : "/tmp");
    if (!mkdtemp(p->base))
        return -1;
    snprintf(p->config.node, sizeof p->config.node, "node-1");
    snprintf(p->config.audit_dir, sizeof p->config.audit_dir, "%.900s/log", p->base);
    *state = p;
    return 0;
}

static int place_clear(void **state)
{
    struct place *p = *state;
    char command[2100];
    snprintf(command, sizeof command, "rm -rf '%s'", p->base);
    int rc = system(command);
    free(p);
    return rc;
}

static struct audit *open_log(struct place *p)
{
    struct audit *a = audit_open(&p->config, &p->error);
    if (!a)
        fail_msg("%s", p->error.reason);
    return a;
}

static const char *path_of(const struct place *p, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", p->config.audit_dir, name);
    return path;
}

static inline enum optout_rc put(struct audit *a, const char *text)
{
    char line[512];
    int n = snprintf(line, sizeof line, "{\"event\":\"final\",\"text\":\"%s\"}\n", text);
    return audit_append(a, slice_of(line, (size_t)n), NULL);
}

/* What is in the folder. */
struct tally {
    unsigned closed, open, torn_files, other; /* files */
    unsigned lines, finals, gaps, bad;        /* of closed and open segments */
    json_int_t lost, torn_bytes;              /* of the last gap; -1: null */
    char reason[64];
    char segment[160]; /* the last closed one that was met */
};

static bool ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s), k = strlen(suffix);
    return n >= k && strcmp(s + n - k, suffix) == 0;
}

static void tally_line(struct tally *t, const char *line, size_t n)
{
    json_t *j = n ? json_loadb(line, n, 0, NULL) : NULL;
    const char *event = json_string_value(json_object_get(j, "event"));
    t->lines++;
    if (!event) {
        t->bad++;
    } else if (strcmp(event, "gap") == 0) {
        json_t *lost = json_object_get(j, "lost");
        t->gaps++;
        t->lost = lost ? json_integer_value(lost) : -1; /* left out: not known */
        t->torn_bytes = json_integer_value(json_object_get(j, "torn_bytes"));
        snprintf(t->reason, sizeof t->reason, "%s",
                 json_string_value(json_object_get(j, "reason")));
    } else {
        t->finals++;
    }
    json_decref(j);
}

static void tally_file(struct tally *t, const char *path)
{
    size_t n;
    char *p = (char *)test_read_file(path, &n);
    size_t at = 0;
    while (at < n) {
        char *lf = memchr(p + at, '\n', n - at);
        size_t end = lf ? (size_t)(lf - p) : n;
        tally_line(t, p + at, lf ? end - at : 0);
        at = end + 1;
    }
    free(p);
}

static struct tally tally(const struct place *p)
{
    struct tally t = { 0 };
    DIR *d = opendir(p->config.audit_dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        bool closed = ends_with(e->d_name, ".jsonl"), open = ends_with(e->d_name, ".jsonl.open");
        if (e->d_name[0] == '.') {
            t.other += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
            continue;
        }
        t.closed += closed;
        t.open += open;
        t.torn_files += ends_with(e->d_name, ".torn");
        if (closed)
            snprintf(t.segment, sizeof t.segment, "%.150s", e->d_name);
        if (closed || open)
            tally_file(&t, path_of(p, e->d_name));
    }
    closedir(d);
    return t;
}

static inline void write_file(const struct place *p, const char *name, const char *text)
{
    mkdir(p->config.audit_dir, 0750);
    FILE *f = fopen(path_of(p, name), "wb");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

#endif
