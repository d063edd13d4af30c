/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/squid_port.h"

#include "doctor/squid_lines.h"

#include <stdio.h>

/* "3128", "ADDRESS:3128", "HOSTNAME:3128" */
static bool read_place(struct slice word, struct wire_place *at)
{
    uint64_t port;
    bool good = true;
    if (slice_to_u64(word, &port) && port <= UINT16_MAX)
        *at = (struct wire_place){ .port = (uint16_t)port };
    else
        good = wire_place_read(word, 0, at);
    if (!at->host[0] || strcmp(at->host, "0.0.0.0") == 0 || strcmp(at->host, "::") == 0)
        snprintf(at->host, sizeof at->host, "127.0.0.1");
    return good && at->port;
}

static void take_cert(struct slice word, struct client_port *p)
{
    size_t value = slice_find(word, '=') + 1;
    struct slice name = slice_sub(word, 0, value);
    if (slice_eq(name, SLICE_OF("tls-cert=")) || slice_eq(name, SLICE_OF("cert=")))
        snprintf(p->cert, sizeof p->cert, "%.*s",
                 SLICE_FMT(slice_sub(slice_from(word, value), 0, CONFIG_PATH_MAX - 1)));
}

/* False: it is none for such clients. */
static bool read_port(struct slice text, struct client_port *p, bool *bumps)
{
    static const char *const others[] = { "accel", "intercept", "tproxy", "transparent",
                                         "require-proxy-header" };
    struct slice word;
    *p = (struct client_port){ .cert = "" };
    *bumps = false;
    if (!squid_word(&text, &word) || !read_place(word, &p->at))
        return false;
    while (squid_word(&text, &word)) {
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            if (slice_eq(word, slice_cstr(others[i])))
                return false;
        *bumps |= slice_eq(word, SLICE_OF("ssl-bump"));
        take_cert(word, p);
    }
    if (!*bumps)
        p->cert[0] = '\0';
    return true;
}

void squid_port_find(const char *squid_conf, struct client_port *out)
{
    struct squid_lines *lines = squid_lines_open(squid_conf, 0);
    struct squid_place at;
    struct slice text, word;
    struct client_port one;
    bool bumps = false;
    *out = (struct client_port){ .cert = "" };
    while (lines && !bumps && squid_lines_next(lines, &at, &text) == SQUID_LINE) {
        if (!squid_word(&text, &word) || !slice_eq(word, SLICE_OF("http_port")))
            continue;
        if (read_port(text, &one, &bumps) && (bumps || !out->at.port))
            *out = one;
    }
    squid_lines_close(lines);
}
