/* SPDX-License-Identifier: Apache-2.0 */
/* optout config squid: the lines of a squid.conf that let content pass
 * unfiltered, or keep the filter from working. What each directive does is that
 * of Squid 5.7 and 6.13. */
#include "cli/cli.h"
#include "cli/squid_groups.h"
#include "syntax/json.h"
#include "policy/config.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_FINDINGS 1000 /* lines of each severity that are told; more are counted */
#define MAX_VERSION 64 /* bytes of what squid -v says, with NUL */
#define LEAST_GAP (1 << 20)

struct survey;

struct check {
    const char *directive;
    bool error; /* content can pass unfiltered; else a warning */
    enum { EACH_LINE, LAST_LINE, LAST_OR_NONE, WHOLE, EACH_GROUP, EACH_MEMBER } when;
    bool (*line)(struct slice args); /* the line offends */
    bool (*whole)(const struct survey *s, struct squid_place *at);
    bool (*group)(const struct survey *s, const struct squid_group *g, struct squid_place *at);
    const char *effect;
    const char *remedy;
};

struct finding {
    struct squid_place at;
    const struct check *check;
    const char *name; /* of the group; NULL: it is not about one */
};

/* --- single lines ---------------------------------------------------------- */

static bool any_line(struct slice args)
{
    (void)args;
    return true;
}

static bool not_on(struct slice args)
{
    return !squid_first_is(args, "on") && !squid_first_is(args, "enable");
}

static bool is_on(struct slice args)
{
    return !not_on(args);
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

static bool no_respmod(const struct survey *s, struct squid_place *at);
static bool no_reqmod(const struct survey *s, struct squid_place *at);
static bool no_catch_all(const struct survey *s, struct squid_place *at);
static bool cache_keeps(const struct survey *s, struct squid_place *at);
static bool never_bumps(const struct survey *s, struct squid_place *at);
static bool bumps_some(const struct survey *s, struct squid_place *at);
static bool peeks_late(const struct survey *s, struct squid_place *at);
static bool leaves_gateways(const struct survey *s, struct squid_place *at);
static bool no_reqmod_list(const struct survey *s, struct squid_place *at);
static bool leaves_port_out(const struct survey *s, struct squid_place *at);
static bool is_unknown(const struct survey *s, const struct squid_group *g,
                       struct squid_place *at);
static bool is_named_twice(const struct survey *s, const struct squid_group *g,
                           struct squid_place *at);
static bool claims_too_much(const struct survey *s, struct squid_place *at);
static bool claims_too_little(const struct survey *s, struct squid_place *at);
static bool takes_past(const struct survey *s, const struct squid_group *g,
                       struct squid_place *at);
static bool is_no_service(const struct survey *s, const struct squid_group *g,
                          struct squid_place *at);

#define ERROR true
#define WARNING false

static const struct check checks[] = {
    { "icap_enable", ERROR, LAST_OR_NONE, not_on, NULL, NULL,
      "no answer is given to the filter, all content passes unfiltered", "write icap_enable on" },
    { "icap_service", ERROR, WHOLE, NULL, no_respmod, NULL,
      "there is no service for respmod_precache, all content passes unfiltered",
      "write icap_service NAME respmod_precache icap://127.0.0.1:1344/optout?profile=PROFILE "
      "bypass=off" },
    { "icap_service", ERROR, EACH_LINE, service_bypasses, NULL, NULL,
      "when the service is down or late, content passes unfiltered", "write bypass=off" },
    { "icap_service", ERROR, EACH_LINE, service_overflows, NULL, NULL,
      "when the service is busy, content passes unfiltered", "write on-overload=wait" },
    { "adaptation_access", ERROR, WHOLE, NULL, no_catch_all, NULL,
      "what no respmod_precache service takes passes unfiltered",
      "end the list of one of them with allow all, and let it deny nothing before" },
    { "adaptation_access", ERROR, EACH_GROUP, NULL, NULL, is_unknown,
      "no service, set or chain has this name: Squid leaves the line out, and what it should take "
      "passes unfiltered",
      "write a name that icap_service, adaptation_service_set or adaptation_service_chain "
      "defines" },
    { "adaptation_access", ERROR, EACH_GROUP, NULL, NULL, takes_past,
      "what this takes at respmod_precache does not pass the filter, whose service ends in /optout",
      "put it in an adaptation_service_chain with the filter's service, the filter last, or deny "
      "all" },
    { "icap_service", ERROR, EACH_GROUP, NULL, NULL, is_named_twice,
      "the name is taken: Squid uses the first line of it only", "give each a name of its own" },
    { "adaptation_service_set", ERROR, EACH_MEMBER, NULL, NULL, is_no_service,
      "a member is no service: Squid goes on without it",
      "write a name that icap_service defines" },
    { "icap_service_failure_limit", ERROR, LAST_OR_NONE, has_limit, NULL, NULL,
      "broken-off answers count as failures, and a service that fails too often is suspended "
      "(without the directive: after 10)",
      "write icap_service_failure_limit -1" },
    { "icap_retry", ERROR, EACH_LINE, first_allows, NULL, NULL,
      "what the filter broke off is tried again, judged twice and recorded twice",
      "write icap_retry deny all" },
    { "cache", ERROR, WHOLE, NULL, cache_keeps, NULL,
      "answers out of the cache do not pass the filter", "write cache deny all" },
    { "adaptation_meta", ERROR, WHOLE, NULL, claims_too_much, NULL,
      "the Squid that is installed is older than its X-Squid-Version says: what the filter holds "
      "back at 64 KiB hangs",
      "write adaptation_meta X-Squid-Version and what squid -v says" },
    { "adaptation_meta", WARNING, WHOLE, NULL, claims_too_little, NULL,
      "the Squid that is installed can wait for a late verdict, but X-Squid-Version does not say "
      "so: late denials are breaks, not pages",
      "write adaptation_meta X-Squid-Version and what squid -v says" },
    { "on_unsupported_protocol", WARNING, EACH_LINE, tunnels, NULL, NULL,
      "what is neither HTTP nor TLS passes unread", "write on_unsupported_protocol respond all" },
    { "http_upgrade_request_protocols", WARNING, EACH_LINE, second_allows, NULL, NULL,
      "after an upgrade, such as to WebSocket, everything passes unread", "remove it" },
    { "ssl_bump", WARNING, EACH_LINE, splices, NULL, NULL,
      "the https of hosts that match passes unread", "keep the list empty, or remove the line" },
    { "ssl_bump", WARNING, WHOLE, NULL, never_bumps, NULL,
      "the port is for ssl-bump, but no line says bump: https passes unread",
      "write ssl_bump bump all, as in squid-bump.conf" },
    { "ssl_bump", WARNING, WHOLE, NULL, bumps_some, NULL,
      "https that no line bumps passes unread", "end the list with ssl_bump bump all" },
    { "ssl_bump", WARNING, WHOLE, NULL, peeks_late, NULL,
      "what is peeked at beyond the first step cannot be bumped any more, and passes unread",
      "write ssl_bump peek STEP with acl STEP at_step SslBump1" },
    { "http_access", WARNING, WHOLE, NULL, leaves_gateways, NULL,
      "whois: and the other URLs that Squid has gateways for pass unfiltered, and leave no record",
      "write acl web_schemes proto HTTP HTTPS and, before what is allowed, "
      "http_access deny !CONNECT !web_schemes" },
    { "http_port", WARNING, EACH_LINE, no_ssl_bump, NULL, NULL,
      "https passes through this port as tunnels, unread", "see squid-bump.conf for ssl-bump" },
    { "https_port", WARNING, EACH_LINE, no_ssl_bump, NULL, NULL,
      "https passes through this port as tunnels, unread", "see squid-bump.conf for ssl-bump" },
    { "icap_service", WARNING, WHOLE, NULL, no_reqmod, NULL,
      "there is no service for reqmod_precache: what was denied too late is fetched and broken "
      "off again, and tunnels leave no record",
      "write icap_service NAME reqmod_precache icap://127.0.0.1:1344/optout?profile=PROFILE "
      "bypass=off" },
    { "adaptation_access", WARNING, WHOLE, NULL, no_reqmod_list, NULL,
      "no list of a reqmod_precache service ends with allow all: what no service takes is fetched "
      "without asking, and its tunnels leave no record",
      "end the list of one of them with allow all" },
    { "adaptation_access", WARNING, WHOLE, NULL, leaves_port_out, NULL,
      "what comes through this port of the machine itself passes unfiltered",
      "let optoutd alone use the port" },
    { "read_ahead_gap", WARNING, LAST_OR_NONE, gap_too_small, NULL, NULL,
      "below 1 MB answers without a length lose their last chunk now and then, and crawlers "
      "reject them (without the directive: 16 KB)",
      "write read_ahead_gap 2 MB" },
    { "icap_io_timeout", WARNING, LAST_OR_NONE, NULL, NULL, NULL,
      "a filter that hangs is waited for as long as an origin, 15 minutes",
      "write icap_io_timeout 60 seconds, or more than the longest pause of an origin" },
    { "icap_preview_enable", WARNING, LAST_LINE, not_on, NULL, NULL,
      "every body is sent whole before there is a verdict", "write icap_preview_enable on" },
    { "icap_206_enable", WARNING, LAST_LINE, not_on, NULL, NULL,
      "every body that is tagged is sent back", "write icap_206_enable on" },
    { "icap_persistent_connections", WARNING, LAST_LINE, not_on, NULL, NULL,
      "every exchange opens a connection to the filter", "write icap_persistent_connections on" },
    { "configuration_includes_quoted_values", WARNING, LAST_LINE, is_on, NULL, NULL,
      "quoted values are not read here", "write names without quotation marks and remove it" },
    { "if", WARNING, EACH_LINE, any_line, NULL, NULL,
      "conditions are not evaluated here: all lines up to endif were read as if they counted",
      "check each case by itself" },
};

enum { N_CHECKS = sizeof checks / sizeof *checks };

struct survey {
    struct squid_groups groups;
    struct squid_rules cache;
    struct squid_place bump_port; /* the first */
    struct squid_place last_bump, late_peek;
    bool bumps, bumps_all;
    struct squid_place opened; /* the first http_access line that allows */
    bool gateways_denied;      /* by a line before it */
    struct squid_place claim; /* of the line that tells the filter Squid's version */
    bool claims_waiting;      /* that version can wait */
    char installed[MAX_VERSION]; /* what squid -v says; empty: there is none */
    struct {
        struct squid_place at;
        bool offends;
    } last[N_CHECKS];
    /* Warnings cannot push errors out, nor lines what the whole file is found to lack. */
    struct finding findings[2 * MAX_FINDINGS + N_CHECKS];
    size_t n_findings, errors, warnings;
};

static bool has_vector(const struct survey *s, enum squid_vector v)
{
    for (size_t i = 0; i < s->groups.n; i++)
        if (s->groups.group[i].kind == GROUP_SERVICE &&
            squid_group_serves(&s->groups, &s->groups.group[i], v))
            return true;
    return false;
}

static bool no_respmod(const struct survey *s, struct squid_place *at)
{
    (void)at;
    return !has_vector(s, SQUID_RESPMOD);
}

static bool no_reqmod(const struct survey *s, struct squid_place *at)
{
    (void)at;
    return !has_vector(s, SQUID_REQMOD);
}

/* What several lists take together is not worked out: one must do by itself. */
static bool no_catch_all(const struct survey *s, struct squid_place *at)
{
    for (size_t i = 0; i < s->groups.n; i++) {
        const struct squid_group *g = &s->groups.group[i];
        if (!squid_group_filters(&s->groups, g, SQUID_RESPMOD))
            continue;
        if (squid_takes_everything(&s->groups, &g->access))
            return false;
        const struct squid_rules *r = &g->access;
        const struct squid_place *p = r->end != RULES_ALLOW_ALL ? &r->last
                                      : r->first_deny.line      ? &r->first_deny
                                                                : &r->excused;
        if (p->order > at->order)
            *at = *p;
    }
    return has_vector(s, SQUID_RESPMOD); /* without one there is a finding already */
}

/* Ours denies the CONNECT that will be bumped, so a deny before is as good. */
static bool no_reqmod_list(const struct survey *s, struct squid_place *at)
{
    for (size_t i = 0; i < s->groups.n; i++) {
        const struct squid_group *g = &s->groups.group[i];
        if (!squid_group_serves(&s->groups, g, SQUID_REQMOD))
            continue;
        if (g->access.end == RULES_ALLOW_ALL)
            return false;
        if (g->access.last.order > at->order)
            *at = g->access.last;
    }
    return has_vector(s, SQUID_REQMOD);
}

static bool leaves_port_out(const struct survey *s, struct squid_place *at)
{
    for (size_t i = 0; i < s->groups.n && !at->line; i++) {
        const struct squid_group *g = &s->groups.group[i];
        if (squid_group_filters(&s->groups, g, SQUID_RESPMOD) &&
            squid_takes_everything(&s->groups, &g->access))
            *at = g->access.excused;
    }
    return at->line;
}

static bool is_unknown(const struct survey *s, const struct squid_group *g, struct squid_place *at)
{
    (void)s;
    *at = g->named;
    return g->kind == GROUP_UNKNOWN && g->named.line;
}

/* Another service's list comes first, or ours leaves to it what its own takes. */
static bool takes_past(const struct survey *s, const struct squid_group *g, struct squid_place *at)
{
    *at = g->access.first_allow;
    return at->line && squid_group_serves(&s->groups, g, SQUID_RESPMOD) &&
           !squid_group_filters(&s->groups, g, SQUID_RESPMOD);
}

static bool is_named_twice(const struct survey *s, const struct squid_group *g,
                           struct squid_place *at)
{
    (void)s;
    *at = g->again;
    return at->line;
}

static bool is_no_service(const struct survey *s, const struct squid_group *g,
                          struct squid_place *at)
{
    (void)s;
    (void)at;
    return g->kind != GROUP_SERVICE;
}

static bool cache_keeps(const struct survey *s, struct squid_place *at)
{
    *at = s->cache.first_allow.line ? s->cache.first_allow : s->cache.last;
    return s->cache.end != RULES_DENY_ALL || s->cache.first_allow.line;
}

static bool never_bumps(const struct survey *s, struct squid_place *at)
{
    *at = s->bump_port;
    return s->bump_port.line && !s->bumps;
}

static bool installed_waits(const struct survey *s)
{
    return config_squid_waits(slice_cstr(s->installed));
}

static bool claims_too_much(const struct survey *s, struct squid_place *at)
{
    *at = s->claim;
    return s->installed[0] && s->claims_waiting && !installed_waits(s);
}

static bool claims_too_little(const struct survey *s, struct squid_place *at)
{
    *at = s->claim;
    return !s->claims_waiting && installed_waits(s);
}

static bool leaves_gateways(const struct survey *s, struct squid_place *at)
{
    *at = s->opened;
    return s->opened.line && !s->gateways_denied;
}

static bool bumps_some(const struct survey *s, struct squid_place *at)
{
    *at = s->last_bump;
    return s->bump_port.line && s->bumps && !s->bumps_all;
}

static bool peeks_late(const struct survey *s, struct squid_place *at)
{
    *at = s->late_peek;
    return s->bump_port.line && s->bumps && at->line;
}

/* --- what the whole file is judged by -------------------------------------- */

static void take_cache(struct survey *s, const struct squid_place *at, struct slice args)
{
    squid_rules_add(&s->cache, NULL, at, args);
}

static void take_http_access(struct survey *s, const struct squid_place *at, struct slice args)
{
    if (s->opened.line)
        return;
    if (first_allows(args))
        s->opened = *at;
    else
        s->gateways_denied |= squid_denies_gateways(&s->groups, args);
}

static void take_port(struct survey *s, const struct squid_place *at, struct slice args)
{
    if (!s->bump_port.line && squid_has_word(args, "ssl-bump"))
        s->bump_port = *at;
}

static void take_bump(struct survey *s, const struct squid_place *at, struct slice args)
{
    struct slice word, more = args;
    if (squid_first_is(args, "bump") || squid_first_is(args, "server-first") ||
        squid_first_is(args, "client-first")) {
        s->bumps = true;
        s->last_bump = *at;
        if (squid_word(&more, &word) && squid_word(&more, &word) && squid_word_is(word, "all"))
            s->bumps_all |= !squid_word(&more, &word);
    } else if (squid_first_is(args, "peek") && !s->late_peek.line && !s->bumps_all &&
               !squid_first_step(&s->groups, args)) {
        s->late_peek = *at;
    }
}

static void take_meta(struct survey *s, const struct squid_place *at, struct slice args)
{
    struct slice name, value;
    if (!squid_word(&args, &name) || !slice_eq_nocase(name, SLICE_OF(SQUID_VERSION_FIELD)) ||
        !squid_word(&args, &value))
        return;
    if (value.n > 1 && value.p[0] == '"')
        value = slice_sub(value, 1, value.n - 2);
    s->claim = *at;
    s->claims_waiting = config_squid_waits(value);
}

static const struct {
    const char *directive;
    void (*take)(struct survey *s, const struct squid_place *at, struct slice args);
} takers[] = {
    { "adaptation_meta", take_meta },
    { "cache", take_cache },
    { "http_access", take_http_access },
    { "http_port", take_port },
    { "https_port", take_port },
    { "ssl_bump", take_bump },
};

static void find(struct survey *s, const struct check *c, const struct squid_place *at,
                 const char *name)
{
    size_t *count = c->error ? &s->errors : &s->warnings;
    bool many = c->when == EACH_LINE || name;
    if (!many || *count < MAX_FINDINGS)
        s->findings[s->n_findings++] = (struct finding){ *at, c, name };
    *count += 1;
}

static bool survey_line(struct survey *s, const struct squid_place *at, struct slice text)
{
    struct slice name;
    if (!squid_word(&text, &name))
        return true;
    if (!squid_groups_take(&s->groups, at, name, text))
        return false;
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (squid_word_is(name, takers[i].directive))
            takers[i].take(s, at, text);
    for (size_t i = 0; i < N_CHECKS; i++) {
        const struct check *c = &checks[i];
        if (c->when >= WHOLE || !squid_word_is(name, c->directive))
            continue;
        bool offends = c->line && c->line(text);
        if (c->when != EACH_LINE) {
            s->last[i].at = *at;
            s->last[i].offends = offends;
        } else if (offends) {
            find(s, c, at, NULL);
        }
    }
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    if (x->at.order != y->at.order)
        return x->at.order < y->at.order ? -1 : 1;
    return (x->check > y->check) - (x->check < y->check);
}

static void survey_groups(struct survey *s, const struct check *c)
{
    const struct squid_groups *all = &s->groups;
    struct squid_place at;
    for (size_t i = 0; c->when == EACH_GROUP && i < all->n; i++)
        if (c->group(s, &all->group[i], &at))
            find(s, c, &at, all->group[i].name);
    for (size_t i = 0; c->when == EACH_MEMBER && i < all->n_members; i++)
        if (c->group(s, &all->group[all->member[i].service], &at))
            find(s, c, &all->member[i].at, all->group[all->member[i].service].name);
}

static void survey_end(struct survey *s)
{
    for (size_t i = 0; i < N_CHECKS; i++) {
        const struct check *c = &checks[i];
        struct squid_place at = { .line = 0 };
        if (c->when > WHOLE)
            survey_groups(s, c);
        else if (c->when == WHOLE && c->whole(s, &at))
            find(s, c, &at, NULL);
        else if (s->last[i].offends || (c->when == LAST_OR_NONE && !s->last[i].at.line))
            find(s, c, &s->last[i].at, NULL);
    }
    qsort(s->findings, s->n_findings, sizeof *s->findings, by_place);
}

static bool survey_file(struct survey *s, struct squid_lines *lines)
{
    struct squid_place at;
    struct slice text;
    enum squid_got got;
    while ((got = squid_lines_next(lines, &at, &text)) == SQUID_LINE)
        if (!survey_line(s, &at, text))
            return false;
    if (got == SQUID_END)
        survey_end(s);
    return got == SQUID_END;
}

/* --- output ---------------------------------------------------------------- */

static void print_text(const struct survey *s, const char *path, struct buf *out)
{
    for (size_t i = 0; i < s->n_findings; i++) {
        const struct finding *f = &s->findings[i];
        visible_append(out, slice_cstr(f->at.line ? f->at.file : path), 0);
        if (f->at.line)
            buf_printf(out, ":%u", f->at.line);
        buf_printf(out, ": %s: %s: ", f->check->error ? "error" : "warning",
                   f->check->directive);
        if (f->name) {
            visible_append(out, slice_cstr(f->name), 0);
            buf_puts(out, ": ");
        }
        buf_printf(out, "%s; %s\n", f->check->effect, f->check->remedy);
    }
    visible_append(out, slice_cstr(path), 0);
    buf_printf(out, ": %zu error%s, %zu warning%s\n", s->errors, s->errors == 1 ? "" : "s",
               s->warnings, s->warnings == 1 ? "" : "s");
}

static void print_json(const struct survey *s, const char *path, struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '[');
    for (size_t i = 0; i < s->n_findings; i++) {
        const struct finding *f = &s->findings[i];
        json_open(&j, NULL, '{');
        json_str(&j, "file", f->at.line ? f->at.file : path);
        if (f->at.line)
            json_int(&j, "line", f->at.line);
        else
            json_nil(&j, "line");
        json_str(&j, "severity", f->check->error ? "error" : "warning");
        json_str(&j, "directive", f->check->directive);
        if (f->name)
            json_str(&j, "name", f->name);
        else
            json_nil(&j, "name");
        json_str(&j, "effect", f->check->effect);
        json_str(&j, "remedy", f->check->remedy);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    buf_putc(out, '\n');
}

/* "Squid Cache: Version 6.13" -> "6.13". For another machine's file the environment tells. */
static void find_installed(char version[MAX_VERSION])
{
    static const char word[] = "Version ";
    const char *given = getenv("OPTOUT_SQUID_VERSION");
    char line[256] = "";
    version[0] = '\0';
    if (given) {
        snprintf(version, MAX_VERSION, "%s", given);
        return;
    }
    FILE *f = popen("PATH=\"$PATH:/usr/sbin\" squid -v 2>/dev/null", "r");
    if (!f)
        return;
    if (!fgets(line, sizeof line, f))
        line[0] = '\0';
    pclose(f);
    const char *at = strstr(line, word);
    if (at)
        snprintf(version, MAX_VERSION, "%.*s", (int)strcspn(at + sizeof word - 1, " \r\n"),
                 at + sizeof word - 1);
}

int config_squid(const char *path, bool json)
{
    int status = CLI_FAILED;
    struct survey *s = calloc(1, sizeof *s);
    struct squid_lines *lines = squid_lines_open(path);
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    if (!s)
        cli_error("out of memory");
    if (s)
        find_installed(s->installed);
    if (s && lines && survey_file(s, lines)) {
        (json ? print_json : print_text)(s, path, &out);
        if (s->errors + s->warnings > s->n_findings)
            cli_error("%zu more findings are not shown",
                      s->errors + s->warnings - s->n_findings);
        if (cli_write(&out))
            status = s->errors ? CLI_FOUND : CLI_CLEAR;
    }
    buf_free(&out);
    squid_lines_close(lines);
    free(s);
    return status;
}
