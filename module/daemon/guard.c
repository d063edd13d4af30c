/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct net4 {
    uint32_t net;
    unsigned bits;
};

#define NET4(a, b, c, d, bits)                                                              \
    { (uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d), bits }

static const struct net4 closed4[] = {
    NET4(0, 0, 0, 0, 8),        /* this network */
    NET4(10, 0, 0, 0, 8),       /* private */
    NET4(100, 64, 0, 0, 10),    /* shared by carriers */
    NET4(127, 0, 0, 0, 8),      /* loopback */
    NET4(169, 254, 0, 0, 16),   /* link-local */
    NET4(172, 16, 0, 0, 12),    /* private */
    NET4(192, 0, 0, 0, 24),     /* protocol assignments */
    NET4(192, 168, 0, 0, 16),   /* private */
    NET4(198, 18, 0, 0, 15),    /* benchmarks */
    NET4(224, 0, 0, 0, 3),      /* multicast, reserved, broadcast */
};

static bool is_public4(uint32_t address) /* host order */
{
    for (size_t i = 0; i < sizeof closed4 / sizeof *closed4; i++)
        if ((address ^ closed4[i].net) >> (32 - closed4[i].bits) == 0)
            return false;
    return true;
}

struct net6 {
    uint8_t net[16];
    unsigned bits;
    int inner; /* where an IPv4 address lies that decides; -1: closed as a whole */
};

static const struct net6 closed6[] = {
    { { 0 }, 96, -1 },                                              /* ::, ::1, v4-compatible */
    { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96, -1 },       /* v4-mapped */
    { { 0, 0x64, 0xff, 0x9b }, 96, 12 },                            /* NAT64 */
    { { 0, 0x64, 0xff, 0x9b, 0, 1 }, 48, -1 },                      /* NAT64, local use */
    { { 0x20, 0x01, 0, 0 }, 32, -1 },                               /* Teredo */
    { { 0x20, 0x02 }, 16, 2 },                                      /* 6to4 */
    { { 0xfc }, 7, -1 },                                            /* unique local */
    { { 0xfe, 0x80 }, 10, -1 },                                     /* link-local */
    { { 0xfe, 0xc0 }, 10, -1 },                                     /* site-local, deprecated */
    { { 0xff }, 8, -1 },                                            /* multicast */
};

static bool in_net6(const uint8_t a[16], const struct net6 *n)
{
    unsigned whole = n->bits / 8, rest = n->bits % 8;
    if (memcmp(a, n->net, whole) != 0)
        return false;
    return rest == 0 || (uint8_t)(a[whole] ^ n->net[whole]) >> (8 - rest) == 0;
}

static uint32_t load4(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool is_public6(const uint8_t a[16])
{
    for (size_t i = 0; i < sizeof closed6 / sizeof *closed6; i++)
        if (in_net6(a, &closed6[i]))
            return closed6[i].inner >= 0 && is_public4(load4(a + closed6[i].inner));
    return true;
}

bool guard_is_public(const struct sockaddr *a, socklen_t size)
{
    if (size >= sizeof(struct sockaddr_in) && a->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, a, sizeof in);
        return is_public4(ntohl(in.sin_addr.s_addr));
    }
    if (size >= sizeof(struct sockaddr_in6) && a->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, a, sizeof in6);
        return is_public6(in6.sin6_addr.s6_addr);
    }
    return false;
}
