/* SPDX-License-Identifier: Apache-2.0 */
/* outside_judge.c - what the visits come to: a function for each finding, or a few that go
 * together. Without the filter in the path there is but that to tell. */
#include "doctor/outside.h"

#include "core/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define CLOCK_MS 5000    /* clocks may differ by */
#define TOGETHER_MS 2000 /* many small pages at once may take */

/* --- words ----------------------------------------------------------------- */

typedef void add_finding(struct findings *f, enum finding_id id, const char *fmt, ...);

/* The visits from `first` to `last` of which `is` holds, in words; false: there is none. */
static bool list_visits(const struct outside *o, int first, int last,
                        bool (*is)(const struct outside *o, const struct visit *v),
                        struct buf *out)
{
    buf_init(out, FINDING_EVIDENCE_MAX);
    for (int i = first; i <= last; i++) {
        if (!is(o, &o->visit[i]))
            continue;
        buf_puts(out, out->n ? "; " : "");
        outside_print(o, &o->visit[i], out);
    }
    return out->n > 0;
}

static void tell_visit(struct outside *o, enum finding_id id, add_finding *add, int at,
                       const char *more)
{
    struct buf text;
    buf_init(&text, FINDING_EVIDENCE_MAX);
    outside_print(o, &o->visit[at], &text);
    add(o->d->findings, id, "%.*s%s", SLICE_FMT(buf_slice(&text)), more);
    buf_free(&text);
}

/* Adds what was found of these visits, or that all is well. */
static void tell_list(struct outside *o, enum finding_id id, int first, int last,
                      bool (*is)(const struct outside *o, const struct visit *v),
                      const char *fine)
{
    struct buf text;
    if (list_visits(o, first, last, is, &text))
        findings_found(o->d->findings, id, "%.*s", SLICE_FMT(buf_slice(&text)));
    else
        findings_ok(o->d->findings, id, "%s", fine);
    buf_free(&text);
}

/* --- what a visit shows ---------------------------------------------------- */

static bool was_made(const struct visit *v)
{
    return v->end != VISIT_NOT_MADE;
}

static bool is_from_filter(const struct visit *v)
{
    return v->tagged || v->record.there;
}

static bool is_denied(const struct visit *v)
{
    return v->tagged && v->status >= 400;
}

/* It reached the client as if nobody had reserved it. */
static bool passes(const struct outside *o, const struct visit *v)
{
    (void)o;
    bool seen = v->tagged || (v->record.there && strcmp(v->record.decision, "clear") != 0);
    return v->status >= 200 && v->status < 300 && !seen;
}

static bool hangs(const struct outside *o, const struct visit *v)
{
    (void)o;
    return was_made(v) && v->end != VISIT_WHOLE;
}

/* Something of an origin was answered, or the filter spoke itself. What passes in a tunnel has
 * none, and is told as a tunnel. */
static bool lacks_record(const struct outside *o, const struct visit *v)
{
    bool hidden = v->tls && o->tunnel[TUNNEL_TLS].ours;
    return v->end == VISIT_WHOLE && v->status >= 200 && !v->squid_error[0] && !v->record.there &&
           !hidden;
}

/* --- one after the other --------------------------------------------------- */

static void judge_path(struct outside *o)
{
    const struct visit *v = &o->visit[AT_RESERVED];
    if (is_from_filter(v))
        tell_visit(o, FOUND_FILTER_NOT_IN_PATH, findings_ok, AT_RESERVED, "");
    else if (passes(o, v))
        tell_visit(o, FOUND_FILTER_NOT_IN_PATH, findings_found, AT_RESERVED,
                   o->log_read ? ", no mark and no record" : ", no mark");
    else
        tell_visit(o, FOUND_FILTER_NOT_IN_PATH, findings_unknown, AT_RESERVED, "");
}

static void judge_records(struct outside *o)
{
    struct buf text;
    if (!o->log_read && !o->d->config) {
        findings_add(o->d->findings, FOUND_RECORD_MISSING, FINDING_NOTICE, o->log_why, NULL, NULL);
        return;
    }
    if (!o->log_read) {
        findings_unknown(o->d->findings, FOUND_RECORD_MISSING, "%s", o->log_why);
        return;
    }
    if (!list_visits(o, 0, VISITS - 1, lacks_record, &text))
        findings_ok(o->d->findings, FOUND_RECORD_MISSING, "each exchange has its record");
    else if (o->log_lines == 0)
        findings_found(o->d->findings, FOUND_RECORD_MISSING, "nothing was written to %s",
                       o->d->config->audit_dir);
    else
        findings_found(o->d->findings, FOUND_RECORD_MISSING, "%.*s", SLICE_FMT(buf_slice(&text)));
    buf_free(&text);
}

/* By a path that robots.txt forbids, or by a picture that its page reserves: what REQMOD
 * refuses never reaches the origin. */
static void judge_reqmod(struct outside *o)
{
    static const struct {
        int at;
        const char *name;
    } ways[] = { { AT_FORBIDDEN, "forbidden" }, { AT_PICTURE, "picture.svg" } };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (!is_denied(&o->visit[ways[i].at]))
            continue;
        unsigned times = origin_count(o->origin, ways[i].name);
        tell_visit(o, FOUND_REQMOD_MISSING, times ? findings_found : findings_ok, ways[i].at,
                   times ? ", after it was fetched" : ", not fetched");
        return;
    }
    findings_unknown(o->d->findings, FOUND_REQMOD_MISSING,
                     "neither site rules nor what pages say of images denied anything");
}

static void judge_https_pages(struct outside *o, bool strangers)
{
    const struct visit *v = &o->visit[AT_TLS_RESERVED];
    bool open = strcmp(v->decision, "undecided") == 0; /* before it was fetched */
    if (is_from_filter(v) && !open)
        tell_visit(o, FOUND_HTTPS_UNFILTERED, findings_ok, AT_TLS_RESERVED, "");
    else if (strangers || v->squid_error[0])
        tell_visit(o, FOUND_HTTPS_UNFILTERED, findings_unknown, AT_TLS_RESERVED,
                   ": the proxy does not trust the certificate of the doctor's origin; let "
                   "sslproxy_cert_error allow it, as conf/squid-bump.conf does, or name one that "
                   "it trusts: --origin-cert");
    else if (passes(o, v))
        tell_visit(o, FOUND_HTTPS_UNFILTERED, findings_found, AT_TLS_RESERVED, "");
    else
        tell_visit(o, FOUND_HTTPS_UNFILTERED, findings_unknown, AT_TLS_RESERVED, "");
}

static void judge_ca(struct outside *o, const struct tunnel *t)
{
    struct findings *f = o->d->findings;
    const char *by = o->d->options->ca ? o->d->options->ca : "the system's list";
    if (t->trusted)
        findings_ok(f, FOUND_CA_NOT_TRUSTED, "%s, by %s", t->issuer, by);
    else
        findings_found(f, FOUND_CA_NOT_TRUSTED, "%s, by %s: %s", t->issuer, by, t->why);
    if (!o->port.cert[0])
        return;
    if (!t->file_read)
        findings_unknown(f, FOUND_CA_OLD, "%s cannot be read", o->port.cert);
    else if (t->by_file)
        findings_ok(f, FOUND_CA_OLD, "%s", o->port.cert);
    else
        findings_found(f, FOUND_CA_OLD, "%s did not sign what %s did", o->port.cert, t->issuer);
}

static void judge_https(struct outside *o)
{
    struct findings *f = o->d->findings;
    const struct tunnel *t = &o->tunnel[TUNNEL_TLS], *closed = &o->tunnel[TUNNEL_CLOSED_PORT];
    if (t->status == 403) {
        findings_add(f, FOUND_HTTPS_NOT_OPENED, FINDING_NOTICE,
                     "CONNECT was answered 403: no https passes at all", NULL, NULL);
        return;
    }
    if (!t->shaken) {
        findings_unknown(f, FOUND_HTTPS_NOT_OPENED, "CONNECT was answered %d%s", t->status,
                         t->status == 200 ? ", and then no TLS" : "");
        return;
    }
    if (t->ours) {
        findings_found(f, FOUND_HTTPS_NOT_OPENED,
                       "CONNECT was answered 200, and the certificate is the origin's own");
        return;
    }
    findings_ok(f, FOUND_HTTPS_NOT_OPENED, "signed by %s", t->issuer);
    findings_found(f, FOUND_HTTP2_EXPECTED, "of h2 and http/1.1 it chose %s",
                   t->alpn[0] ? t->alpn : "none");
    judge_https_pages(o, t->for_strangers);
    const struct tunnel *signed_for_us = !t->for_strangers ? t : closed;
    if (signed_for_us->shaken && !signed_for_us->for_strangers)
        judge_ca(o, signed_for_us);
    else
        findings_unknown(f, FOUND_CA_NOT_TRUSTED, "certificates were signed by %s alone",
                         t->issuer);
}

/* Where https is not opened every tunnel passes, and that is told already. */
static void judge_tunnels(struct outside *o)
{
    static const char *const names[] = { [TUNNEL_RAW_TLS] = "to the port of https",
                                         [TUNNEL_RAW_HTTP] = "to the port of http" };
    char text[128] = "";
    for (int i = TUNNEL_RAW_TLS; i < TUNNELS; i++) {
        bool told = i == TUNNEL_RAW_TLS && o->tunnel[TUNNEL_TLS].ours;
        if (o->tunnel[i].raw_arrived && !told)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? ", " : "",
                     names[i]);
    }
    if (*text)
        findings_found(o->d->findings, FOUND_TUNNEL_UNREAD, "plain bytes arrived: CONNECT %s",
                       text);
    else
        findings_ok(o->d->findings, FOUND_TUNNEL_UNREAD, "no plain bytes arrived");
}

static void judge_sizes(struct outside *o)
{
    tell_list(o, FOUND_STALL_64K, AT_SIZES, AT_SIZES + 3, hangs,
              "65535, 65536 and 1048576 bytes, with a length and in chunks");
}

static void judge_cache(struct outside *o)
{
    unsigned times = origin_count(o->origin, "cacheable");
    bool both = o->visit[AT_CACHE_1].status == 200 && o->visit[AT_CACHE_2].status == 200;
    if (both && times == 1)
        findings_found(o->d->findings, FOUND_CACHE_ON, "fetched twice, the origin was asked once");
    else if (times >= 2)
        findings_ok(o->d->findings, FOUND_CACHE_ON, "fetched twice, the origin was asked twice");
    else
        tell_visit(o, FOUND_CACHE_ON, findings_unknown, AT_CACHE_2, "");
}

/* A profile that marks nothing, whatever is found, marks no range either. */
static void judge_range(struct outside *o)
{
    const struct visit *v = &o->visit[AT_RANGE];
    bool found = v->status == 206 && !v->tagged && o->visit[AT_RESERVED].tagged;
    tell_visit(o, FOUND_RANGE_PASSES, found ? findings_found : findings_ok, AT_RANGE, "");
}

static void judge_codings(struct outside *o)
{
    if (passes(o, &o->visit[AT_CODING])) /* not even as it is: nothing is to be learned of codings */
        tell_visit(o, FOUND_CODING_PASSES, findings_unknown, AT_CODING,
                   ": a page without a coding passes too");
    else
        tell_list(o, FOUND_CODING_PASSES, AT_CODING + 1, AT_CODING + 7, passes,
                  "gzip, gzip in members, br, zstd, doubly coded, wrongly labelled");
}

static void judge_upgrade(struct outside *o)
{
    bool found = o->visit[AT_UPGRADE].status == 101;
    tell_visit(o, FOUND_UPGRADE_PASSES, found ? findings_found : findings_ok, AT_UPGRADE, "");
}

/* --- what origins see ------------------------------------------------------ */

static void print_field(const struct headers *h, const char *name, struct buf *out)
{
    const struct header *field = headers_find(h, name);
    if (field)
        buf_printf(out, "%s%s: %.*s", out->n ? ", " : "", name, SLICE_FMT(field->value));
}

static void tell_fields(struct outside *o, enum finding_id id, const struct headers *h,
                        const char *const *names)
{
    struct buf text;
    buf_init(&text, FINDING_EVIDENCE_MAX);
    for (; *names; names++)
        print_field(h, *names, &text);
    if (text.n)
        findings_found(o->d->findings, id, "%.*s", SLICE_FMT(buf_slice(&text)));
    else
        findings_ok(o->d->findings, id, "the origin saw none");
    buf_free(&text);
}

static void judge_fields(struct outside *o)
{
    static const char *const ours[] = { "X-Crawl-Programme", "X-Squid-Xact", "X-Squid-Version",
                                        NULL };
    static const char *const client[] = { "X-Forwarded-For", "Forwarded", "X-Client-IP", NULL };
    struct buf head;
    struct arena arena;
    struct headers h = { .n = 0 };
    buf_init(&head, ORIGIN_HEAD_MAX);
    arena_init(&arena, 1u << 20, NULL, 0);
    origin_seen(o->origin, "fields", &head);
    struct slice all = buf_slice(&head);
    if (all.n && headers_parse(&h, &arena, slice_from(all, slice_find(all, '\n') + 1)) == OPTOUT_OK) {
        tell_fields(o, FOUND_FIELDS_LEAKED, &h, ours);
        tell_fields(o, FOUND_CLIENT_LEAKED, &h, client);
    } else {
        tell_visit(o, FOUND_FIELDS_LEAKED, findings_unknown, AT_FIELDS, "");
        tell_visit(o, FOUND_CLIENT_LEAKED, findings_unknown, AT_FIELDS, "");
    }
    arena_reset(&arena);
    buf_free(&head);
}

/* --- what records say ------------------------------------------------------ */

static void judge_transaction(struct outside *o)
{
    const struct visit_record *r = &o->visit[AT_CLEAN].record;
    if (!r->there)
        return; /* told by then */
    bool no_client = o->d->config->audit_client && !r->client[0];
    if (!r->transaction[0] || no_client)
        findings_found(o->d->findings, FOUND_TRANSACTION_MISSING, "record %s has no %s", r->id,
                       r->transaction[0] ? "client, though AuditClient is on"
                                         : "transaction");
    else
        findings_ok(o->d->findings, FOUND_TRANSACTION_MISSING, "transaction %s", r->transaction);
}

static void judge_agent(struct outside *o)
{
    const struct visit_record *r = &o->visit[AT_CLEAN].record;
    if (!o->d->options->user_agent || !r->there)
        return;
    struct slice agent = slice_cstr(r->agent);
    const struct profile *p = config_profile(o->d->config, slice_cstr(r->profile));
    bool known = false;
    for (size_t i = 0; p && i < p->n_agents; i++)
        known |= slice_eq_nocase(slice_cstr(p->agent[i]), agent);
    if (known)
        findings_ok(o->d->findings, FOUND_AGENT_UNKNOWN, "%s", r->agent);
    else
        findings_found(o->d->findings, FOUND_AGENT_UNKNOWN, "record %s: \"%s\" is not in agents= "
                       "of the profile %s", r->id, r->agent, p ? p->name : "");
}

static void judge_clock(struct outside *o)
{
    const struct visit *v = &o->visit[AT_CLEAN];
    int64_t recorded;
    if (!v->record.there || !clock_read(v->record.time, &recorded))
        return;
    int64_t off = recorded - v->wall_ms;
    if (off > CLOCK_MS || off < -CLOCK_MS)
        findings_found(o->d->findings, FOUND_CLOCK_OFF, "record %s is %+lld s off this machine's "
                       "clock", v->record.id, (long long)(off / 1000));
    else
        findings_ok(o->d->findings, FOUND_CLOCK_OFF, "records have this machine's time");
}

static void judge_together(struct outside *o)
{
    uint64_t slowest = 0;
    unsigned failed = 0, made = 0;
    for (int i = AT_TOGETHER + 1; i < VISITS; i++) {
        const struct visit *v = &o->visit[i];
        made += was_made(v);
        failed += was_made(v) && v->end != VISIT_WHOLE;
        slowest = v->micros > slowest ? v->micros : slowest;
    }
    add_finding *add = failed || slowest > TOGETHER_MS * 1000u ? findings_found : findings_ok;
    add(o->d->findings, FOUND_SLOW_TOGETHER,
        "%u at once: the slowest took %.2f s, %u failed; one alone %.2f s", made,
        (double)slowest / 1e6, failed, (double)o->visit[AT_TOGETHER].micros / 1e6);
}

void outside_judge(struct outside *o)
{
    judge_path(o);
    judge_https(o);
    judge_tunnels(o);
    judge_cache(o);
    judge_upgrade(o);
    judge_fields(o);
    judge_sizes(o);
    judge_together(o);
    if (!is_from_filter(&o->visit[AT_RESERVED]))
        return;
    judge_records(o);
    judge_reqmod(o);
    judge_range(o);
    judge_codings(o);
    judge_transaction(o);
    judge_agent(o);
    judge_clock(o);
}
