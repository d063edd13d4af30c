/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "daemon/guard.h"

#include <arpa/inet.h>
#include <sys/un.h>

struct vector {
    const char *address;
    bool is_public;
};

/* Each network with its first and last address, and both neighbours. */
static const struct vector vectors[] = {
    { "0.0.0.0", false },        { "0.255.255.255", false },   { "1.0.0.0", true },
    { "9.255.255.255", true },   { "10.0.0.0", false },        { "10.255.255.255", false },
    { "11.0.0.0", true },        { "100.63.255.255", true },   { "100.64.0.0", false },
    { "100.127.255.255", false }, { "100.128.0.0", true },     { "126.255.255.255", true },
    { "127.0.0.1", false },      { "127.255.255.255", false }, { "128.0.0.0", true },
    { "169.253.255.255", true }, { "169.254.169.254", false }, { "169.255.0.0", true },
    { "172.15.255.255", true },  { "172.16.0.0", false },      { "172.31.255.255", false },
    { "172.32.0.0", true },      { "192.0.0.255", false },     { "192.0.1.0", true },
    { "192.167.255.255", true }, { "192.168.0.0", false },     { "192.168.255.255", false },
    { "192.169.0.0", true },     { "198.17.255.255", true },   { "198.18.0.0", false },
    { "198.19.255.255", false }, { "198.20.0.0", true },       { "223.255.255.255", true },
    { "224.0.0.0", false },      { "240.0.0.1", false },       { "255.255.255.255", false },
    { "::", false },             { "::1", false },             { "::10.0.0.1", false },
    { "::8.8.8.8", false },      { "::ffff:127.0.0.1", false }, { "::ffff:8.8.8.8", false },
    { "64:ff9b::10.0.0.1", false }, { "64:ff9b::8.8.8.8", true }, { "64:ff9b:1::1", false },
    { "2002:7f00:1::1", false }, { "2002:c0a8:101::1", false }, { "2002:808:808::1", true },
    { "2001::1", false },        { "2001:4860::8888", true },  { "2606:4700::1111", true },
    { "fbff::1", true },         { "fc00::1", false },         { "fdff::1", false },
    { "fe00::1", true },         { "fe80::1", false },         { "febf::1", false },
    { "fec0::1", false },        { "ff02::1", false },
};

static bool is_public(const char *text)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return guard_is_public((const struct sockaddr *)&in, sizeof in);
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return guard_is_public((const struct sockaddr *)&in6, sizeof in6);
}

static void networks_and_their_neighbours(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (is_public(vectors[i].address) != vectors[i].is_public)
            fail_msg("%s is taken for %s", vectors[i].address,
                     vectors[i].is_public ? "private" : "public");
}

static void other_families_and_short_addresses_are_refused(void **state)
{
    (void)state;
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    struct sockaddr_in in = { .sin_family = AF_INET };
    in.sin_addr.s_addr = htonl(0x08080808);
    assert_false(guard_is_public((const struct sockaddr *)&un, sizeof un));
    assert_true(guard_is_public((const struct sockaddr *)&in, sizeof in));
    assert_false(guard_is_public((const struct sockaddr *)&in, sizeof in - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_and_their_neighbours),
        cmocka_unit_test(other_families_and_short_addresses_are_refused),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
