/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/domain.h"

#include <libpsl.h>
#include <stdlib.h>

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
