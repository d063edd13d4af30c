/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/domain.h"

#include "core/hex.h"
#include "syntax/digest.h"

#include <fcntl.h>
#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct domains {
    psl_ctx_t *list; /* NULL: the library's own */
};

struct domains *domains_new(void)
{
    struct domains *d = calloc(1, sizeof *d);
    if (d)
        d->list = psl_latest(NULL);
    return d;
}

void domains_free(struct domains *d)
{
    if (d)
        psl_free(d->list);
    free(d);
}

static bool digest_file(const char *path, char hex[65])
{
    uint8_t bytes[8192], sum[32];
    struct digest *d = digest_open();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    while (d && fd >= 0 && (n = read(fd, bytes, sizeof bytes)) > 0)
        digest_feed(d, slice_of(bytes, (size_t)n));
    if (fd >= 0)
        close(fd);
    bool ok = digest_close(d, sum) && n == 0;
    if (ok)
        hex_print(hex, sum, sizeof sum);
    hex[64] = '\0';
    return ok;
}

/* psl_latest() chooses so: the system's file when it is newer than what was built in. */
void domains_source(char out[DOMAINS_SOURCE_MAX])
{
    const char *path = psl_dist_filename();
    char hex[65];
    struct stat st;
    if (path && *path && stat(path, &st) == 0 && st.st_mtime > psl_builtin_file_time() &&
        digest_file(path, hex))
        snprintf(out, DOMAINS_SOURCE_MAX, "Public Suffix List, %.120s, SHA-256 %s", path, hex);
    else
        snprintf(out, DOMAINS_SOURCE_MAX, "Public Suffix List of libpsl %.40s, SHA-1 %.64s",
                 psl_get_version(), psl_builtin_sha1sum());
}

struct slice domain_plain_host(struct slice host, char room[DOMAIN_HOST_MAX + 1])
{
    if (host.n > 1 && host.p[host.n - 1] == '.')
        host.n--;
    if (host.n > DOMAIN_HOST_MAX)
        return host;
    for (size_t i = 0; i < host.n; i++)
        room[i] = (char)ascii_lower(host.p[i]);
    room[host.n] = '\0';
    return slice_of(room, host.n);
}

/* "10.0.0.1" or "[::1]". An IPv4 address ends in a number, a name never does (RFC 3696
 * section 2; the WHATWG URL standard). */
static bool is_address(struct slice host)
{
    size_t last = host.n;
    if (slice_begins(host, '['))
        return true;
    while (last && host.p[last - 1] != '.')
        last--;
    return last < host.n && ascii_is_digit(host.p[last]);
}

struct slice domain_of(const struct domains *d, struct slice host,
                       char room[DOMAIN_HOST_MAX + 1])
{
    struct slice plain = domain_plain_host(host, room);
    if (plain.p != (const uint8_t *)room || is_address(plain) || memchr(room, 0, plain.n))
        return plain;
    const char *domain = psl_registrable_domain(d->list ? d->list : psl_builtin(), room);
    return domain ? slice_cstr(domain) : plain;
}
