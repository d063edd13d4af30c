/* SPDX-License-Identifier: Apache-2.0 */
/* wrapped_disk.h - the disk, which fails as well: with the error that is likeliest of a call, by a
 * signal in between, or by taking and giving less than was asked for. How the includer says, in
 * `fault`; in the other two ways only transfers fail, which he is asked for by transfer_fails(). */
#ifndef OPTOUT_TESTS_WRAPPED_DISK_H
#define OPTOUT_TESTS_WRAPPED_DISK_H

#include "wrapped.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum fault { FAULT_ERROR, FAULT_INTERRUPTED, FAULT_SHORT, FAULT_KINDS };
static enum fault fault;

static bool transfer_fails(const char *name);

/* Of `n` bytes. */
#define WRAPPED_TRANSFER(name, parameters, all, half, error)                 \
    ssize_t __real_##name parameters;                                        \
    __attribute__((visibility("default"))) ssize_t __wrap_##name parameters; \
    ssize_t __wrap_##name parameters                                         \
    {                                                                        \
        if (!transfer_fails(#name))                                          \
            return __real_##name all;                                        \
        if (fault == FAULT_SHORT)                                            \
            return __real_##name half;                                       \
        errno = fault == FAULT_INTERRUPTED ? EINTR : error;                  \
        return -1;                                                           \
    }

WRAPPED_TRANSFER(read, (int fd, void *p, size_t n), (fd, p, n), (fd, p, (n + 1) / 2), EIO)
WRAPPED_TRANSFER(write, (int fd, const void *p, size_t n), (fd, p, n), (fd, p, (n + 1) / 2), ENOSPC)
WRAPPED_TRANSFER(pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at), (fd, p, (n + 1) / 2, at), EIO)
WRAPPED_TRANSFER(pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at),
                 (fd, p, (n + 1) / 2, at), ENOSPC)

WRAPPED(int, mkdir, (const char *path, mode_t mode), (path, mode), (errno = EACCES, -1))
WRAPPED(int, flock, (int fd, int how), (fd, how), (errno = ENOLCK, -1))
WRAPPED(int, fstat, (int fd, struct stat *st), (fd, st), (errno = EIO, -1))
WRAPPED(int, stat, (const char *path, struct stat *st), (path, st), (errno = EIO, -1))
WRAPPED(int, fstatat, (int d, const char *path, struct stat *st, int flags),
             (d, path, st, flags), (errno = EIO, -1))
WRAPPED(int, ftruncate, (int fd, off_t n), (fd, n), (errno = EIO, -1))
WRAPPED(int, fdatasync, (int fd), (fd), (errno = EIO, -1))
WRAPPED(int, fsync, (int fd), (fd), (errno = EIO, -1))
WRAPPED(int, faccessat, (int d, const char *path, int mode, int flags), (d, path, mode, flags),
             (errno = EIO, -1))
WRAPPED(int, rename, (const char *from, const char *to), (from, to), (errno = EIO, -1))
WRAPPED(int, renameat, (int d, const char *from, int e, const char *to), (d, from, e, to),
             (errno = EIO, -1))
WRAPPED(int, renameat2, (int d, const char *from, int e, const char *to, unsigned flags),
             (d, from, e, to, flags), (errno = EIO, -1))
WRAPPED(int, unlinkat, (int d, const char *path, int flags), (d, path, flags), (errno = EIO, -1))
WRAPPED(int, posix_fallocate, (int fd, off_t at, off_t n), (fd, at, n), ENOSPC)
WRAPPED(void *, mmap, (void *at, size_t n, int protection, int flags, int fd, off_t from),
             (at, n, protection, flags, fd, from), (errno = ENOMEM, MAP_FAILED))
WRAPPED(DIR *, opendir, (const char *path), (path), (errno = EMFILE, NULL))
WRAPPED(DIR *, fdopendir, (int fd), (fd), (errno = ENOMEM, NULL))
WRAPPED(struct dirent *, readdir, (DIR *d), (d), (errno = EIO, NULL))

/* It is closed all the same. */
int __real_close(int fd);
__attribute__((visibility("default"))) int __wrap_close(int fd);
int __wrap_close(int fd)
{
    int rc = __real_close(fd);
    return call_fails("close") ? (errno = EIO, -1) : rc;
}

int __real_open(const char *path, int flags, ...);
__attribute__((visibility("default"))) int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode)
{
    return call_fails("open") ? (errno = EMFILE, -1) : __real_open(path, flags, mode);
}

int __real_openat(int d, const char *path, int flags, ...);
__attribute__((visibility("default"))) int __wrap_openat(int d, const char *path, int flags,
                                                         mode_t mode);
int __wrap_openat(int d, const char *path, int flags, mode_t mode)
{
    return call_fails("openat") ? (errno = EMFILE, -1) : __real_openat(d, path, flags, mode);
}

/* ---- streams: what the C library reads for them goes through here too ---- */

static ssize_t read_stream(void *file, char *p, size_t n)
{
    return __wrap_read(fileno(file), p, n);
}

static int close_stream(void *file) { return fclose(file); }

FILE *__real_fopen(const char *path, const char *mode);
__attribute__((visibility("default"))) FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
    static const cookie_io_functions_t calls = { .read = read_stream, .close = close_stream };
    if (call_fails("fopen"))
        return errno = EMFILE, NULL;
    FILE *file = __real_fopen(path, mode);
    FILE *f = file && mode[0] == 'r' ? fopencookie(file, mode, calls) : file;
    if (file && !f)
        fclose(file);
    return f;
}

#endif
