/* SPDX-License-Identifier: Apache-2.0 */
/* probe_icap.c - what the filter says of itself, at --icap and at each icap_service line. */
#include "core/clock.h"
#include "doctor/doctor.h"
#include "doctor/icap_options.h"
#include "doctor/squid_lines.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#define OPTIONS_SECONDS 3u
#define SERVICES_MAX 32
#define ADDRESSES_MAX 8
#define CONNECTIONS_MIN 32 /* a crawl fleet's Squid has as many at once */

struct icap_urls {
    char *url[SERVICES_MAX];
    size_t n;
};

static void add_url(struct icap_urls *all, struct slice url)
{
    for (size_t i = 0; i < all->n; i++)
        if (slice_eq(slice_cstr(all->url[i]), url))
            return;
    char *copy = all->n < SERVICES_MAX ? strndup((const char *)url.p, url.n) : NULL;
    if (copy)
        all->url[all->n++] = copy;
}

/* icap_service NAME VECTOR [OPTION…] URL [OPTION…], in any order behind the vector. */
static void add_squid_urls(const char *path, struct icap_urls *all)
{
    struct squid_lines *lines = squid_lines_open(path, 0);
    struct squid_place at;
    struct slice text, word;
    while (lines && squid_lines_next(lines, &at, &text) == SQUID_LINE) {
        if (!squid_word(&text, &word) || !slice_eq(word, SLICE_OF("icap_service")))
            continue;
        while (squid_word(&text, &word))
            if (slice_starts_nocase(word, SLICE_OF("icap://")))
                add_url(all, word);
    }
    squid_lines_close(lines);
}

/* --- one service ----------------------------------------------------------- */

static void check_preview(struct doctor *d, const char *url, const struct answer *a)
{
    struct slice preview = answer_field(a, "preview");
    uint64_t n;
    if (!slice_to_u64(preview, &n))
        findings_found(d->findings, FOUND_ICAP_PREVIEW, "%s: %s", url,
                       preview.n ? "Preview is no number" : "no Preview");
    else if (n > CONFIG_PREVIEW_MAX)
        findings_found(d->findings, FOUND_ICAP_PREVIEW, "%s: Preview: %llu", url,
                       (unsigned long long)n);
    else
        findings_ok(d->findings, FOUND_ICAP_PREVIEW, "%s: Preview: %llu", url,
                    (unsigned long long)n);
}

static void check_answers(struct doctor *d, const char *url, const struct answer *a)
{
    struct slice allow = answer_field(a, "allow");
    bool both = headers_list_has(&a->headers, "allow", "204") &&
                headers_list_has(&a->headers, "allow", "206");
    if (both)
        findings_ok(d->findings, FOUND_ICAP_ANSWERS, "%s: Allow: %.*s", url, SLICE_FMT(allow));
    else
        findings_found(d->findings, FOUND_ICAP_ANSWERS, "%s: Allow: %.*s", url, SLICE_FMT(allow));
}

static void check_connections(struct doctor *d, const char *url, const struct answer *a)
{
    struct slice most = answer_field(a, "max-connections");
    uint64_t n;
    if (!slice_to_u64(most, &n))
        return; /* it does not limit them */
    if (n < CONNECTIONS_MIN)
        findings_found(d->findings, FOUND_ICAP_CONNECTIONS, "%s: Max-Connections: %llu", url,
                       (unsigned long long)n);
    else
        findings_ok(d->findings, FOUND_ICAP_CONNECTIONS, "%s: Max-Connections: %llu", url,
                    (unsigned long long)n);
}

static void check_answer(struct doctor *d, const char *url, const struct answer *a)
{
    struct slice failed = answer_field(a, "x-c-icap-fail");
    findings_ok(d->findings, FOUND_ICAP_UNREACHABLE, "%s", url);
    if (a->status == 404) {
        findings_found(d->findings, FOUND_ICAP_SERVICE_UNKNOWN, "%s: 404", url);
        return;
    }
    findings_ok(d->findings, FOUND_ICAP_SERVICE_UNKNOWN, "%s", url);
    if (a->status != 200) {
        findings_found(d->findings, FOUND_ICAP_SERVICE_FAILS, "%s: %d %.*s", url, a->status,
                       SLICE_FMT(failed));
        return;
    }
    findings_ok(d->findings, FOUND_ICAP_SERVICE_FAILS, "%s: 200", url);
    check_preview(d, url, a);
    check_answers(d, url, a);
    check_connections(d, url, a);
}

/* --- others' way in -------------------------------------------------------- */

static bool answers_at(const struct icap_url *url, const char *address, uint64_t end_us)
{
    struct icap_url there = *url;
    struct answer a;
    bool timed_out;
    snprintf(there.at.host, sizeof there.at.host, "%s", address);
    bool good = icap_options(&there, end_us, &a, &timed_out);
    answer_free(&a);
    return good;
}

/* An address of this machine that others can reach, as text. */
static bool outer_address(const struct ifaddrs *i, char text[INET6_ADDRSTRLEN])
{
    const struct sockaddr_in *four = (const void *)i->ifa_addr;
    return i->ifa_addr && i->ifa_addr->sa_family == AF_INET &&
           ntohl(four->sin_addr.s_addr) >> 24 != 127 &&
           inet_ntop(AF_INET, &four->sin_addr, text, INET6_ADDRSTRLEN);
}

static void check_open(struct doctor *d, const struct icap_url *url)
{
    struct ifaddrs *all;
    char text[INET6_ADDRSTRLEN];
    uint64_t end = clock_mono_us() + OPTIONS_SECONDS * 1000000ull;
    size_t tried = 0;
    if (strncmp(url->at.host, "127.", 4) != 0 && strcmp(url->at.host, "localhost") != 0)
        return; /* elsewhere, on purpose */
    if (getifaddrs(&all) < 0) {
        findings_unknown(d->findings, FOUND_ICAP_OPEN, "getifaddrs: %s", strerror(errno));
        return;
    }
    bool open = false;
    for (const struct ifaddrs *i = all; i && !open && tried < ADDRESSES_MAX; i = i->ifa_next) {
        if (!outer_address(i, text))
            continue;
        tried++;
        open = answers_at(url, text, end);
    }
    freeifaddrs(all);
    if (open)
        findings_found(d->findings, FOUND_ICAP_OPEN, "%s, port %u", text, url->at.port);
    else
        findings_ok(d->findings, FOUND_ICAP_OPEN, "port %u answers on loopback alone",
                    url->at.port);
}

/* --- all ------------------------------------------------------------------- */

static bool ask(struct doctor *d, const char *text, struct icap_url *url)
{
    struct answer a;
    bool timed_out, good = false;
    if (!icap_url_read(text, url)) {
        findings_found(d->findings, FOUND_ICAP_UNREACHABLE, "%s is no icap://HOST:PORT/SERVICE",
                       text);
        return false;
    }
    good = icap_options(url, clock_mono_us() + OPTIONS_SECONDS * 1000000ull, &a, &timed_out);
    if (good)
        check_answer(d, text, &a);
    else
        findings_found(d->findings, FOUND_ICAP_UNREACHABLE, "%s: %s", text,
                       timed_out ? "no answer in time" : strerror(errno));
    answer_free(&a);
    return good;
}

static void ask_all(struct doctor *d, struct icap_urls *all)
{
    struct icap_url url;
    bool answered = false;
    for (size_t i = 0; i < all->n; i++) {
        bool good = ask(d, all->url[i], &url);
        if (good && !answered)
            check_open(d, &url);
        answered |= good;
        free(all->url[i]);
    }
}

void probe_icap(struct doctor *d)
{
    struct icap_urls all = { .n = 0 };
    add_url(&all, slice_cstr(d->options->icap));
    ask_all(d, &all);
}

void probe_icap_services(struct doctor *d)
{
    struct icap_urls all = { .n = 0 };
    add_squid_urls(d->options->squid_conf, &all);
    ask_all(d, &all);
}
