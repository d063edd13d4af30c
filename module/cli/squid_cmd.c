/* SPDX-License-Identifier: Apache-2.0 */
/* optout config squid: the lines of a squid.conf that let content pass
 * unfiltered, or keep the filter from working. What each directive does is that
 * of Squid 5.7 and 6.13. */
#include "cli/cli.h"
#include "cli/squid_lines.h"
#include "core/json.h"

#include <stdlib.h>

#define MAX_FINDINGS 1000 /* lines of each severity that are told; more are counted */
#define MAX_GROUPS 256    /* services, sets and chains */
#define MAX_NAME 128      /* bytes of their names, with NUL */
#define LEAST_GAP (1 << 20)

/* One list of `allow`/`deny` lines, up to the first that takes everything. */
struct rules {
    enum { RULES_OPEN, RULES_ALLOW_ALL, RULES_DENY_ALL } end;
    struct squid_place first_allow, first_deny, last;
};

/* What adaptation_access may name. */
struct group {
    char name[MAX_NAME];
    bool reqmod, respmod; /* of a service */
    size_t member;        /* itself; of a set or chain its first service, as all are alike */
    struct rules access;
};

struct survey;

struct check {
    const char *directive;
    bool error; /* content can pass unfiltered; else a warning */
    enum { EACH_LINE, LAST_LINE, LAST_OR_NONE, WHOLE } when;
    bool (*line)(struct slice args); /* the line offends */
    bool (*whole)(const struct survey *s, struct squid_place *at);
    const char *effect;
    const char *remedy;
};

struct finding {
    struct squid_place at;
    const struct check *check;
};

/* --- single lines ---------------------------------------------------------- */

static bool word_is(struct slice word, const char *text)
{
    return slice_eq(word, slice_cstr(text));
}

static bool has_word(struct slice args, const char *text)
{
    struct slice word;
    while (squid_word(&args, &word))
        if (word_is(word, text))
            return true;
    return false;
}

static bool first_is(struct slice args, const char *text)
{
    struct slice word;
    return squid_word(&args, &word) && word_is(word, text);
}

static bool any_line(struct slice args)
{
    (void)args;
    return true;
}

static bool not_on(struct slice args)
{
    return !first_is(args, "on") && !first_is(args, "enable");
}

static bool first_allows(struct slice args)
{
    return first_is(args, "allow");
}

static bool second_allows(struct slice args)
{
    struct slice word;
    return squid_word(&args, &word) && first_is(args, "allow");
}

static bool tunnels(struct slice args)
{
    return first_is(args, "tunnel");
}

static bool splices(struct slice args)
{
    return first_is(args, "splice") || first_is(args, "none");
}

static bool no_ssl_bump(struct slice args)
{
    return !has_word(args, "ssl-bump");
}

static bool has_limit(struct slice args)
{
    return !first_is(args, "-1");
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
    return has_word(args, "bypass=on") || has_word(args, "bypass=1") || has_word(args, "1");
}

static bool service_overflows(struct slice args)
{
    return has_word(service_options(args), "on-overload=bypass");
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

#define ERROR true
#define WARNING false

static const struct check checks[] = {
    { "icap_enable", ERROR, LAST_OR_NONE, not_on, NULL,
      "no answer is given to the filter, all content passes unfiltered", "write icap_enable on" },
    { "icap_service", ERROR, WHOLE, NULL, no_respmod,
      "there is no service for respmod_precache, all content passes unfiltered",
      "write icap_service NAME respmod_precache icap://127.0.0.1:1344/optout?profile=PROFILE "
      "bypass=off" },
    { "icap_service", ERROR, EACH_LINE, service_bypasses, NULL,
      "when the service is down or late, content passes unfiltered", "write bypass=off" },
    { "icap_service", ERROR, EACH_LINE, service_overflows, NULL,
      "when the service is busy, content passes unfiltered", "write on-overload=wait" },
    { "adaptation_access", ERROR, WHOLE, NULL, no_catch_all,
      "what no respmod_precache service takes passes unfiltered",
      "end the list of one of them with allow all, and let it deny nothing before" },
    { "icap_service_failure_limit", ERROR, LAST_OR_NONE, has_limit, NULL,
      "broken-off answers count as failures, and a service that fails too often is suspended "
      "(without the directive: after 10)",
      "write icap_service_failure_limit -1" },
    { "icap_retry", ERROR, EACH_LINE, first_allows, NULL,
      "what the filter broke off is tried again, judged twice and recorded twice",
      "write icap_retry deny all" },
    { "cache", ERROR, WHOLE, NULL, cache_keeps,
      "answers out of the cache do not pass the filter", "write cache deny all" },
    { "on_unsupported_protocol", WARNING, EACH_LINE, tunnels, NULL,
      "what is neither HTTP nor TLS passes unread", "write on_unsupported_protocol respond all" },
    { "http_upgrade_request_protocols", WARNING, EACH_LINE, second_allows, NULL,
      "after an upgrade, such as to WebSocket, everything passes unread", "remove it" },
    { "ssl_bump", WARNING, EACH_LINE, splices, NULL,
      "the https of hosts that match passes unread", "keep the list empty, or remove the line" },
    { "ssl_bump", WARNING, WHOLE, NULL, never_bumps,
      "the port is for ssl-bump, but no line says bump: https passes unread",
      "write ssl_bump bump all, as in squid-bump.conf" },
    { "http_port", WARNING, EACH_LINE, no_ssl_bump, NULL,
      "https passes through this port as tunnels, unread", "see squid-bump.conf for ssl-bump" },
    { "https_port", WARNING, EACH_LINE, no_ssl_bump, NULL,
      "https passes through this port as tunnels, unread", "see squid-bump.conf for ssl-bump" },
    { "icap_service", WARNING, WHOLE, NULL, no_reqmod,
      "there is no service for reqmod_precache: what was denied too late is fetched and broken "
      "off again, and tunnels leave no record",
      "write icap_service NAME reqmod_precache icap://127.0.0.1:1344/optout?profile=PROFILE "
      "bypass=off" },
    { "read_ahead_gap", WARNING, LAST_OR_NONE, gap_too_small, NULL,
      "below 1 MB answers without a length lose their last chunk now and then, and crawlers "
      "reject them (without the directive: 16 KB)",
      "write read_ahead_gap 2 MB" },
    { "icap_io_timeout", WARNING, LAST_OR_NONE, NULL, NULL,
      "a filter that hangs is waited for as long as an origin, 15 minutes",
      "write icap_io_timeout 60 seconds, or more than the longest pause of an origin" },
    { "icap_preview_enable", WARNING, LAST_LINE, not_on, NULL,
      "every body is sent whole before there is a verdict", "write icap_preview_enable on" },
    { "icap_206_enable", WARNING, LAST_LINE, not_on, NULL,
      "every body that is tagged is sent back", "write icap_206_enable on" },
    { "icap_persistent_connections", WARNING, LAST_LINE, not_on, NULL,
      "every exchange opens a connection to the filter", "write icap_persistent_connections on" },
    { "if", WARNING, EACH_LINE, any_line, NULL,
      "conditions are not evaluated here: all lines up to endif were read as if they counted",
      "check each case by itself" },
};

enum { N_CHECKS = sizeof checks / sizeof *checks };

struct survey {
    struct group groups[MAX_GROUPS];
    size_t n_groups;
    struct rules cache;
    struct squid_place bump_port; /* the first */
    bool bumps;
    struct {
        struct squid_place at;
        bool offends;
    } last[N_CHECKS];
    /* Warnings cannot push errors out, nor lines what the whole file is found to lack. */
    struct finding findings[2 * MAX_FINDINGS + N_CHECKS];
    size_t n_findings, errors, warnings;
};

static bool takes_everything(const struct rules *r)
{
    return r->end == RULES_ALLOW_ALL && !r->first_deny.line;
}

static bool has_vector(const struct survey *s, bool respmod)
{
    for (size_t i = 0; i < s->n_groups; i++)
        if (respmod ? s->groups[i].respmod : s->groups[i].reqmod)
            return true;
    return false;
}

static bool no_respmod(const struct survey *s, struct squid_place *at)
{
    (void)at;
    return !has_vector(s, true);
}

static bool no_reqmod(const struct survey *s, struct squid_place *at)
{
    (void)at;
    return !has_vector(s, false);
}

/* What several lists take together is not worked out: one must do by itself. */
static bool no_catch_all(const struct survey *s, struct squid_place *at)
{
    for (size_t i = 0; i < s->n_groups; i++) {
        const struct group *g = &s->groups[i];
        if (!s->groups[g->member].respmod)
            continue;
        if (takes_everything(&g->access))
            return false;
        const struct squid_place *p = g->access.end == RULES_ALLOW_ALL ? &g->access.first_deny
                                                                       : &g->access.last;
        if (p->order > at->order)
            *at = *p;
    }
    return has_vector(s, true); /* without one there is a finding already */
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

/* --- what the whole file is judged by -------------------------------------- */

/* Squid leaves out lines with another first word, and those without an ACL. */
static void rules_add(struct rules *r, const struct squid_place *at, struct slice args)
{
    struct slice word, more;
    bool allow = first_is(args, "allow");
    if (!allow && !first_is(args, "deny"))
        return;
    if (r->end != RULES_OPEN || !squid_word(&args, &word) || !squid_word(&args, &word))
        return;
    r->last = *at;
    struct squid_place *first = allow ? &r->first_allow : &r->first_deny;
    if (!first->line)
        *first = *at;
    if (word_is(word, "all") && !squid_word(&args, &more))
        r->end = allow ? RULES_ALLOW_ALL : RULES_DENY_ALL;
}

/* The group of this name, made when new; NULL when there are too many. */
static struct group *group_of(struct survey *s, const struct squid_place *at, struct slice name)
{
    for (size_t i = 0; i < s->n_groups; i++)
        if (word_is(name, s->groups[i].name))
            return &s->groups[i];
    if (s->n_groups == MAX_GROUPS || name.n >= MAX_NAME) {
        cli_error("%s:%u: %s", at->file, at->line,
                  name.n >= MAX_NAME ? "the name of a service is longer than 127 bytes"
                                     : "more than 256 services, sets and chains");
        return NULL;
    }
    struct group *g = &s->groups[s->n_groups];
    memcpy(g->name, name.p, name.n);
    g->member = s->n_groups++;
    return g;
}

static bool take_service(struct survey *s, const struct squid_place *at, struct slice args)
{
    struct slice name, vector;
    if (!squid_word(&args, &name) || !squid_word(&args, &vector))
        return true; /* Squid does not start */
    struct group *g = group_of(s, at, name);
    if (!g)
        return false;
    g->respmod |= slice_eq_nocase(vector, SLICE_OF("respmod_precache"));
    g->reqmod |= slice_eq_nocase(vector, SLICE_OF("reqmod_precache"));
    return true;
}

static bool take_set(struct survey *s, const struct squid_place *at, struct slice args)
{
    struct slice name, first;
    if (!squid_word(&args, &name) || !squid_word(&args, &first))
        return true;
    struct group *set = group_of(s, at, name), *member = set ? group_of(s, at, first) : NULL;
    if (!member)
        return false;
    set->member = member->member;
    return true;
}

static bool take_access(struct survey *s, const struct squid_place *at, struct slice args)
{
    struct slice name;
    if (!squid_word(&args, &name))
        return true;
    struct group *g = group_of(s, at, name);
    if (g)
        rules_add(&g->access, at, args);
    return g != NULL;
}

static bool take_cache(struct survey *s, const struct squid_place *at, struct slice args)
{
    rules_add(&s->cache, at, args);
    return true;
}

static bool take_port(struct survey *s, const struct squid_place *at, struct slice args)
{
    if (!s->bump_port.line && has_word(args, "ssl-bump"))
        s->bump_port = *at;
    return true;
}

static bool take_bump(struct survey *s, const struct squid_place *at, struct slice args)
{
    (void)at;
    s->bumps |= first_is(args, "bump") || first_is(args, "server-first") ||
                first_is(args, "client-first");
    return true;
}

static const struct {
    const char *directive;
    bool (*take)(struct survey *s, const struct squid_place *at, struct slice args);
} takers[] = {
    { "icap_service", take_service },
    { "adaptation_service_set", take_set },
    { "adaptation_service_chain", take_set },
    { "icap_class", take_set }, /* names of old */
    { "adaptation_access", take_access },
    { "icap_access", take_access },
    { "cache", take_cache },
    { "http_port", take_port },
    { "https_port", take_port },
    { "ssl_bump", take_bump },
};

static void find(struct survey *s, const struct check *c, const struct squid_place *at)
{
    size_t *count = c->error ? &s->errors : &s->warnings;
    if (c->when != EACH_LINE || *count < MAX_FINDINGS)
        s->findings[s->n_findings++] = (struct finding){ *at, c };
    *count += 1;
}

static bool survey_line(struct survey *s, const struct squid_place *at, struct slice text)
{
    struct slice name;
    if (!squid_word(&text, &name))
        return true;
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (word_is(name, takers[i].directive) && !takers[i].take(s, at, text))
            return false;
    for (size_t i = 0; i < N_CHECKS; i++) {
        const struct check *c = &checks[i];
        if (c->when == WHOLE || !word_is(name, c->directive))
            continue;
        bool offends = c->line && c->line(text);
        if (c->when != EACH_LINE) {
            s->last[i].at = *at;
            s->last[i].offends = offends;
        } else if (offends) {
            find(s, c, at);
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

static void survey_end(struct survey *s)
{
    for (size_t i = 0; i < N_CHECKS; i++) {
        const struct check *c = &checks[i];
        struct squid_place at = { .line = 0 };
        if (c->when == WHOLE && c->whole(s, &at))
            find(s, c, &at);
        else if (s->last[i].offends || (c->when == LAST_OR_NONE && !s->last[i].at.line))
            find(s, c, &s->last[i].at);
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
        buf_printf(out, ": %s: %s: %s; %s\n", f->check->error ? "error" : "warning",
                   f->check->directive, f->check->effect, f->check->remedy);
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
        json_str(&j, "effect", f->check->effect);
        json_str(&j, "remedy", f->check->remedy);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    buf_putc(out, '\n');
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
