/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/listen_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 64

/* The two halves; a host with colons stands in brackets. */
static bool split(const char *text, char host[HOST_MAX], const char **port)
{
    const char *colon = strrchr(text, ':');
    const char *from = text, *to = colon;
    if (!colon || !colon[1])
        return false;
    if (text[0] == '[') {
        from++;
        to = colon - 1;
        if (to <= from || *to != ']')
            return false;
    } else if (memchr(text, ':', (size_t)(colon - text)))
        return false;
    size_t n = (size_t)(to - from);
    if (n == 0 || n >= HOST_MAX)
        return false;
    memcpy(host, from, n);
    host[n] = '\0';
    *port = colon + 1;
    return true;
}

static bool is_port(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return n > 0 && n <= 5 && !text[n] && strtol(text, NULL, 10) <= 65535;
}

static bool is_loopback(const struct sockaddr_storage *a)
{
    if (a->ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
    const struct sockaddr_in *four = (const void *)a;
    return ntohl(four->sin_addr.s_addr) >> 24 == 127;
}

bool listen_address_read(const char *text, struct listen_address *out)
{
    char host[HOST_MAX];
    const char *port;
    struct addrinfo want = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    memset(out, 0, sizeof *out);
    if (!*text || strcmp(text, "off") == 0)
        return true;
    if (*text == '/') {
        out->kind = LISTEN_PATH;
        return true;
    }
    if (!split(text, host, &port) || !is_port(port) || getaddrinfo(host, port, &want, &found) != 0)
        return false;
    out->kind = LISTEN_TCP;
    memcpy(&out->address, found->ai_addr, found->ai_addrlen);
    out->size = found->ai_addrlen;
    out->loopback = is_loopback(&out->address);
    freeaddrinfo(found);
    return true;
}
