/* SPDX-License-Identifier: Apache-2.0 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "core/hex.h"
#include "daemon/catalogue.h"

#include "core/clock.h"
#include "core/log.h"
#include "syntax/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#define HEX (2 * 32)
#define LINE_MAX_SIZE 128 /* "HEX MILLISECONDS\n" */
#define NAME_MAX_SIZE 4096

/* The built-in agents change with the version only. */
static bool catalogue_digest(struct slice text, char hex[HEX + 1])
{
    uint8_t sha256[32];
    struct digest *d = digest_open();
    if (!d)
        return false;
    digest_feed(d, SLICE_OF(PACKAGE_VERSION "\n"));
    digest_feed(d, text);
    if (!digest_close(d, sha256))
        return false;
    hex_print(hex, sha256, sizeof sha256);
    hex[HEX] = '\0';
    return true;
}

/* False: it is not there, or of another catalogue. */
static bool read_since(const char *path, const char *hex, int64_t *since_ms)
{
    char line[LINE_MAX_SIZE];
    uint64_t ms;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, line, sizeof line);
    close(fd);
    struct slice s = slice_of(line, n > 0 ? (size_t)n : 0);
    if (!slice_eq(slice_sub(s, 0, HEX), slice_cstr(hex)) ||
        !slice_to_u64(slice_trim_space(slice_from(s, HEX)), &ms) || ms > INT64_MAX)
        return false;
    *since_ms = (int64_t)ms;
    return true;
}

static bool write_since(const char *path, const char *hex, int64_t since_ms)
{
    char beside[NAME_MAX_SIZE + 8], line[LINE_MAX_SIZE];
    int n = snprintf(line, sizeof line, "%s %lld\n", hex, (long long)since_ms);
    snprintf(beside, sizeof beside, "%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return false;
    bool good = write(fd, line, (size_t)n) == n;
    good = close(fd) == 0 && good && rename(beside, path) == 0;
    if (!good) {
        int why = errno;
        unlink(beside);
        errno = why;
    }
    return good;
}

int64_t catalogue_since(const char *dir, struct slice text)
{
    char hex[HEX + 1], path[NAME_MAX_SIZE];
    int64_t now_ms = clock_wall_ms(), since_ms;
    int n = snprintf(path, sizeof path, "%s/agents", dir);
    if (n < 0 || (size_t)n >= sizeof path || !catalogue_digest(text, hex))
        return now_ms;
    if (read_since(path, hex, &since_ms) && since_ms <= now_ms)
        return since_ms;
    if (!write_since(path, hex, now_ms))
        log_event(LOG_STORE, "%s: %s; site files will be asked for whole after a restart", path,
                  strerror(errno));
    return now_ms;
}
