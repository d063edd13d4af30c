/* SPDX-License-Identifier: Apache-2.0 */
/* faults_fixture.h - calls that fail on demand: the linker leads those of the library through
 * the test (-Wl,--wrap), which fails the n-th. */
#ifndef OPTOUT_TESTS_FAULTS_FIXTURE_H
#define OPTOUT_TESTS_FAULTS_FIXTURE_H

#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>

static atomic_ulong calls;          /* since the last fail_call() */
static atomic_ulong failing_call;   /* 0: none */
static const char *_Atomic failed_call; /* the one that did */

static inline void fail_call(unsigned long n)
{
    atomic_store(&calls, 0);
    atomic_store(&failing_call, n);
    atomic_store(&failed_call, NULL);
}

static inline bool call_fails(const char *name)
{
    bool fails = atomic_fetch_add(&calls, 1) + 1 == atomic_load(&failing_call);
    if (fails)
        atomic_store(&failed_call, name);
    return fails;
}

/* Descriptors that this process has open: a failure must not leave one behind. */
static inline unsigned open_descriptors(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

#define WRAPPED(type, name, parameters, arguments, failed)                    \
    type __real_##name parameters;                                            \
    __attribute__((visibility("default"))) type __wrap_##name parameters;     \
    type __wrap_##name parameters                                             \
    {                                                                         \
        return call_fails(#name) ? failed : __real_##name arguments;          \
    }

WRAPPED(void *, malloc, (size_t n), (n), (errno = ENOMEM, NULL))
WRAPPED(void *, calloc, (size_t n, size_t size), (n, size), (errno = ENOMEM, NULL))
WRAPPED(void *, realloc, (void *p, size_t n), (p, n), (errno = ENOMEM, NULL))
WRAPPED(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n), (errno = ENOSPC, -1))
WRAPPED(int, mkdir, (const char *path, mode_t mode), (path, mode), (errno = EACCES, -1))
WRAPPED(int, flock, (int fd, int how), (fd, how), (errno = ENOLCK, -1))
WRAPPED(int, fstat, (int fd, struct stat *st), (fd, st), (errno = EIO, -1))

int __real_open(const char *path, int flags, mode_t mode);
__attribute__((visibility("default"))) int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode)
{
    return call_fails("open") ? (errno = EMFILE, -1) : __real_open(path, flags, mode);
}

#endif
