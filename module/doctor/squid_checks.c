/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/squid_checks.h"

#include "policy/config.h"

#include <stdlib.h>

#define LEAST_GAP (1 << 20)

/* --- single lines ---------------------------------------------------------- */

static bool not_on(struct slice args)
{
    return !squid_first_is(args, "on") && !squid_first_is(args, "enable");
}

static bool first_allows(struct slice args)
{
    return squid_first_is(args, "allow");
}

static bool second_allows(struct slice args)
{
    struct slice word;
    return squid_word(&args, &word) && squid_first_is(args, "allow");
}

static bool tunnels(struct slice args)
{
    return squid_first_is(args, "tunnel");
}

static bool splices(struct slice args)
{
    return squid_first_is(args, "splice") || squid_first_is(args, "none");
}

static bool no_ssl_bump(struct slice args)
{
    return !squid_has_word(args, "ssl-bump");
}

static bool has_limit(struct slice args)
{
    return !squid_first_is(args, "-1");
}

/* The options of a service follow its name and vector. A 1 of its own is the
 * spelling of old. */
static struct slice service_options(struct slice args)
{
    struct slice word;
    return squid_word(&args, &word) && squid_word(&args, &word) ? args : SLICE_EMPTY;
}

static bool service_bypasses(struct slice args)
{
    args = service_options(args);
    return squid_has_word(args, "bypass=on") || squid_has_word(args, "bypass=1") ||
           squid_has_word(args, "1");
}

static bool service_overflows(struct slice args)
{
    return squid_has_word(service_options(args), "on-overload=bypass");
}

static bool gap_too_small(struct slice args)
{
    static const struct {
        const char *name;
        double bytes;
    } units[] = { { "bytes", 1 }, { "KB", 1 << 10 }, { "MB", 1 << 20 }, { "GB", 1 << 30 } };
    struct slice number, unit;
    char text[32];
    if (!squid_word(&args, &number) || number.n >= sizeof text)
        return true;
    memcpy(text, number.p, number.n);
    text[number.n] = '\0';
    double bytes = strtod(text, NULL), factor = 1;
    if (squid_word(&args, &unit))
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (slice_starts_nocase(unit, slice_cstr(units[i].name)))
                factor = units[i].bytes;
    return !(bytes * factor >= LEAST_GAP);
}

/* --- the whole file -------------------------------------------------------- */

static bool has_vector(const struct squid_facts *f, enum squid_vector v)
{
    for (size_t i = 0; i < f->groups.n; i++)
        if (f->groups.group[i].kind == GROUP_SERVICE &&
            squid_group_serves(&f->groups, &f->groups.group[i], v))
            return true;
    return false;
}

static bool no_respmod(const struct squid_facts *f, struct squid_place *at)
{
    (void)at;
    return !has_vector(f, SQUID_RESPMOD);
}

static bool no_reqmod(const struct squid_facts *f, struct squid_place *at)
{
    (void)at;
    return !has_vector(f, SQUID_REQMOD);
}

/* What several lists take together is not worked out: one must do by itself. */
static bool no_catch_all(const struct squid_facts *f, struct squid_place *at)
{
    for (size_t i = 0; i < f->groups.n; i++) {
        const struct squid_group *g = &f->groups.group[i];
        if (!squid_group_filters(&f->groups, g, SQUID_RESPMOD))
            continue;
        if (squid_takes_everything(&f->groups, &g->access))
            return false;
        const struct squid_rules *r = &g->access;
        const struct squid_place *p = r->end != RULES_ALLOW_ALL ? &r->last
                                      : r->first_deny.line      ? &r->first_deny
                                                                : &r->excused;
        if (p->order > at->order)
            *at = *p;
    }
    return has_vector(f, SQUID_RESPMOD); /* without one there is a finding already */
}

/* Ours denies the CONNECT that will be bumped, so a deny before is as good. */
static bool no_reqmod_list(const struct squid_facts *f, struct squid_place *at)
{
    for (size_t i = 0; i < f->groups.n; i++) {
        const struct squid_group *g = &f->groups.group[i];
        if (!squid_group_serves(&f->groups, g, SQUID_REQMOD))
            continue;
        if (g->access.end == RULES_ALLOW_ALL)
            return false;
        if (g->access.last.order > at->order)
            *at = g->access.last;
    }
    return has_vector(f, SQUID_REQMOD);
}

static bool leaves_port_out(const struct squid_facts *f, struct squid_place *at)
{
    for (size_t i = 0; i < f->groups.n && !at->line; i++) {
        const struct squid_group *g = &f->groups.group[i];
        if (squid_group_filters(&f->groups, g, SQUID_RESPMOD) &&
            squid_takes_everything(&f->groups, &g->access))
            *at = g->access.excused;
    }
    return at->line;
}

static bool is_unknown(const struct squid_facts *f, const struct squid_group *g,
                       struct squid_place *at)
{
    (void)f;
    *at = g->named;
    return g->kind == GROUP_UNKNOWN && g->named.line;
}

/* Another service's list comes first, or ours leaves to it what its own takes. */
static bool takes_past(const struct squid_facts *f, const struct squid_group *g,
                       struct squid_place *at)
{
    *at = g->access.first_allow;
    return at->line && squid_group_serves(&f->groups, g, SQUID_RESPMOD) &&
           !squid_group_filters(&f->groups, g, SQUID_RESPMOD);
}

static bool is_named_twice(const struct squid_facts *f, const struct squid_group *g,
                           struct squid_place *at)
{
    (void)f;
    *at = g->again;
    return at->line;
}

static bool is_no_service(const struct squid_facts *f, const struct squid_group *g,
                          struct squid_place *at)
{
    (void)f;
    (void)at;
    return g->kind != GROUP_SERVICE;
}

static bool cache_keeps(const struct squid_facts *f, struct squid_place *at)
{
    *at = f->cache.first_allow.line ? f->cache.first_allow : f->cache.last;
    return f->cache.end != RULES_DENY_ALL || f->cache.first_allow.line;
}

static bool never_bumps(const struct squid_facts *f, struct squid_place *at)
{
    *at = f->bump_port;
    return f->bump_port.line && !f->bumps;
}

static bool installed_waits(const struct squid_facts *f)
{
    return config_squid_waits(slice_cstr(f->installed));
}

static bool claims_too_much(const struct squid_facts *f, struct squid_place *at)
{
    *at = f->claim;
    return f->installed[0] && f->claims_waiting && !installed_waits(f);
}

static bool claims_too_little(const struct squid_facts *f, struct squid_place *at)
{
    *at = f->claim;
    return !f->claims_waiting && installed_waits(f);
}

static bool is_of_this_machine(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 || strcasecmp(host, "localhost") == 0;
}

/* The same versions do not read on by themselves when the filter was slower than the origin. Over
 * loopback the kernel takes what the filter does not. */
static bool forgets_to_read(const struct squid_facts *f, struct squid_place *at)
{
    if (!f->installed[0] || installed_waits(f) || f->resumes)
        return false;
    for (size_t i = 0; i < f->groups.n; i++) {
        const struct squid_group *g = &f->groups.group[i];
        *at = g->defined;
        if (g->kind == GROUP_SERVICE && g->filter && g->respmod && !is_of_this_machine(g->host))
            return true;
    }
    return false;
}

static bool leaves_gateways(const struct squid_facts *f, struct squid_place *at)
{
    *at = f->opened;
    return f->opened.line && !f->gateways_denied;
}

static bool lets_tunnels(const struct squid_facts *f, struct squid_place *at)
{
    (void)at;
    return !f->tunnels_denied;
}

static bool bumps_some(const struct squid_facts *f, struct squid_place *at)
{
    *at = f->last_bump;
    return f->bump_port.line && f->bumps && !f->bumps_all;
}

static bool peeks_late(const struct squid_facts *f, struct squid_place *at)
{
    *at = f->late_peek;
    return f->bump_port.line && f->bumps && at->line;
}

/* --- the table -------------------------------------------------------------- */

#define ERROR true
#define WARNING false

const struct squid_check squid_checks[] = {
    { "icap_enable", ERROR, LAST_OR_NONE, not_on, NULL, NULL,
      "no answer is given to the filter, all content passes unfiltered", "write icap_enable on",
      FOUND_SQUID_UNFILTERED },
    { "icap_service", ERROR, WHOLE, NULL, no_respmod, NULL,
      "there is no service for respmod_precache, all content passes unfiltered",
      "write icap_service NAME respmod_precache icap://127.0.0.1:1344/optout?profile=PROFILE "
      "bypass=off",
      FOUND_SQUID_UNFILTERED },
    { "icap_service", ERROR, EACH_LINE, service_bypasses, NULL, NULL,
      "when the service is down or late, content passes unfiltered", "write bypass=off",
      FOUND_SQUID_BYPASS },
    { "icap_service", ERROR, EACH_LINE, service_overflows, NULL, NULL,
      "when the service is busy, content passes unfiltered", "write on-overload=wait",
      FOUND_SQUID_BYPASS },
    { "adaptation_access", ERROR, WHOLE, NULL, no_catch_all, NULL,
      "what no respmod_precache service takes passes unfiltered",
      "end the list of one of them with allow all, and let it deny nothing before",
      FOUND_SQUID_UNFILTERED },
    { "adaptation_access", ERROR, EACH_GROUP, NULL, NULL, is_unknown,
      "no service, set or chain has this name: Squid leaves the line out, and what it should take "
      "passes unfiltered",
      "write a name that icap_service, adaptation_service_set or adaptation_service_chain "
      "defines",
      FOUND_SQUID_SERVICE_UNKNOWN },
    { "adaptation_access", ERROR, EACH_GROUP, NULL, NULL, takes_past,
      "what this takes at respmod_precache does not pass the filter, whose service ends in /optout",
      "put it in an adaptation_service_chain with the filter's service, the filter last, or deny "
      "all",
      FOUND_SQUID_UNFILTERED },
    { "icap_service", ERROR, EACH_GROUP, NULL, NULL, is_named_twice,
      "the name is taken: Squid uses the first line of it only", "give each a name of its own",
      FOUND_SQUID_SERVICE_UNKNOWN },
    { "adaptation_service_set", ERROR, EACH_MEMBER, NULL, NULL, is_no_service,
      "a member is no service: Squid goes on without it",
      "write a name that icap_service defines",
      FOUND_SQUID_SERVICE_UNKNOWN },
    { "icap_service_failure_limit", ERROR, LAST_OR_NONE, has_limit, NULL, NULL,
      "broken-off answers count as failures, and a service that fails too often is suspended "
      "(without the directive: after 10)",
      "write icap_service_failure_limit -1",
      FOUND_SQUID_FAILURE_LIMIT },
    { "icap_retry", ERROR, EACH_LINE, first_allows, NULL, NULL,
      "what the filter broke off is tried again, judged twice and recorded twice",
      "write icap_retry deny all",
      FOUND_SQUID_WAITS },
    { "cache", ERROR, WHOLE, NULL, cache_keeps, NULL,
      "answers out of the cache do not pass the filter", "write cache deny all",
      FOUND_SQUID_CACHE },
    { "adaptation_meta", ERROR, WHOLE, NULL, claims_too_much, NULL,
      "the Squid that is installed is older than its X-Squid-Version says: what the filter holds "
      "back at 64 KiB hangs",
      "write adaptation_meta X-Squid-Version and what squid -v says",
      FOUND_SQUID_VERSION },
    { "adaptation_meta", WARNING, WHOLE, NULL, claims_too_little, NULL,
      "the Squid that is installed can wait for a late verdict, but X-Squid-Version does not say "
      "so: late denials are breaks, not pages",
      "write adaptation_meta X-Squid-Version and what squid -v says",
      FOUND_SQUID_VERSION },
    { "on_unsupported_protocol", WARNING, EACH_LINE, tunnels, NULL, NULL,
      "what is neither HTTP nor TLS passes unread", "write on_unsupported_protocol respond all",
      FOUND_SQUID_UNREAD },
    { "http_upgrade_request_protocols", WARNING, EACH_LINE, second_allows, NULL, NULL,
      "after an upgrade, such as to WebSocket, everything passes unread", "remove it",
      FOUND_SQUID_UNREAD },
    { "ssl_bump", WARNING, EACH_LINE, splices, NULL, NULL,
      "the https of hosts that match passes unread", "keep the list empty, or remove the line",
      FOUND_NONE },
    { "ssl_bump", WARNING, WHOLE, NULL, never_bumps, NULL,
      "the port is for ssl-bump, but no line says bump: https passes unread",
      "write ssl_bump bump all, as in squid-bump.conf",
      FOUND_SQUID_UNREAD },
    { "ssl_bump", WARNING, WHOLE, NULL, bumps_some, NULL,
      "https that no line bumps passes unread", "end the list with ssl_bump bump all",
      FOUND_SQUID_UNREAD },
    { "ssl_bump", WARNING, WHOLE, NULL, peeks_late, NULL,
      "what is peeked at beyond the first step cannot be bumped any more, and passes unread",
      "write ssl_bump peek STEP with acl STEP at_step SslBump1",
      FOUND_SQUID_UNREAD },
    { "http_access", WARNING, WHOLE, NULL, leaves_gateways, NULL,
      "whois: and the other URLs that Squid has gateways for pass unfiltered, and leave no record",
      "write acl web_schemes proto HTTP HTTPS and, before what is allowed, "
      "http_access deny !CONNECT !web_schemes",
      FOUND_SQUID_UNFILTERED },
    { "http_port", WARNING, EACH_LINE, no_ssl_bump, lets_tunnels, NULL,
      "https passes through this port as tunnels, unread",
      "see squid-bump.conf for ssl-bump, or write http_access deny CONNECT before what is allowed",
      FOUND_SQUID_UNREAD },
    { "https_port", WARNING, EACH_LINE, no_ssl_bump, lets_tunnels, NULL,
      "https passes through this port as tunnels, unread",
      "see squid-bump.conf for ssl-bump, or write http_access deny CONNECT before what is allowed",
      FOUND_SQUID_UNREAD },
    { "icap_service", WARNING, WHOLE, NULL, no_reqmod, NULL,
      "there is no service for reqmod_precache: what was denied too late is fetched and broken "
      "off again, and tunnels leave no record",
      "write icap_service NAME reqmod_precache icap://127.0.0.1:1344/optout?profile=PROFILE "
      "bypass=off",
      FOUND_SQUID_REQMOD },
    { "adaptation_access", WARNING, WHOLE, NULL, no_reqmod_list, NULL,
      "no list of a reqmod_precache service ends with allow all: what no service takes is fetched "
      "without asking, and its tunnels leave no record",
      "end the list of one of them with allow all",
      FOUND_SQUID_REQMOD },
    { "adaptation_access", WARNING, WHOLE, NULL, leaves_port_out, NULL,
      "what comes through this port of the machine itself passes unfiltered",
      "let optoutd alone use the port",
      FOUND_SQUID_OWN_PORT },
    { "read_ahead_gap", WARNING, LAST_OR_NONE, gap_too_small, NULL, NULL,
      "below 1 MB answers without a length lose their last chunk now and then, and crawlers "
      "reject them (without the directive: 16 KB)",
      "write read_ahead_gap 2 MB",
      FOUND_SQUID_SLOW },
    { "delay_access", WARNING, WHOLE, NULL, forgets_to_read, NULL,
      "the filter is on another machine, and the Squid that is installed does not read on when the "
      "filter was slower than the origin, unless a delay pool reminds it: large pages hang",
      "write delay_pools, delay_class, delay_access and delay_parameters as in "
      "conf/examples/bump/squid.conf",
      FOUND_SQUID_SLOW },
    { "icap_io_timeout", WARNING, LAST_OR_NONE, NULL, NULL, NULL,
      "a filter that hangs is waited for as long as an origin, 15 minutes",
      "write icap_io_timeout 60 seconds, or more than the longest pause of an origin",
      FOUND_SQUID_WAITS },
    { "icap_preview_enable", WARNING, LAST_LINE, not_on, NULL, NULL,
      "every body is sent whole before there is a verdict", "write icap_preview_enable on",
      FOUND_SQUID_SLOW },
    { "icap_206_enable", WARNING, LAST_LINE, not_on, NULL, NULL,
      "every body that is tagged is sent back", "write icap_206_enable on",
      FOUND_SQUID_SLOW },
    { "icap_persistent_connections", WARNING, LAST_LINE, not_on, NULL, NULL,
      "every exchange opens a connection to the filter", "write icap_persistent_connections on",
      FOUND_SQUID_SLOW },
};

const size_t squid_checks_count = sizeof squid_checks / sizeof *squid_checks;

_Static_assert(sizeof squid_checks / sizeof *squid_checks <= SQUID_CHECKS_MAX,
               "what is made for each check has room for all");
