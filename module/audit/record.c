/* SPDX-License-Identifier: Apache-2.0 */
/* Printing of audit records (RFC 8259, one object per line). What may stand in
 * them is defined by docs/audit-format.md and docs/audit-record.schema.json;
 * the order of the members here is the documented one. */
#include "audit/record.h"

#include "core/clock.h"
#include "core/hex.h"
#include "policy/config.h"
#include "syntax/digest.h"
#include "syntax/json.h"
#include "standards/standard.h"


#define MAX_AGENT 64
#define MAX_CLIENT 64
#define MAX_MEDIA_TYPE 256
#define MAX_METHOD 64
#define MAX_TRANSACTION 128
#define MAX_URL 16384          /* longer ones are cut, and said to be */
#define QUERY_HASH_CHARS 16    /* of the hex SHA-256 */
#define ESCAPED 6              /* the longest escape of one byte: \u0001 or \ufffd */
#define SIGNAL_PLAIN_MAX 1024  /* a printed signal without agent, raw, url */
#define SITE_FILE_PLAIN_MAX 512 /* a printed site file without its URL */
/* Everything that is printed after the signals. */
#define TAIL_MAX \
    ((16u << 10) + SITE_RELIANCES_MAX * (SITE_FILE_PLAIN_MAX + ESCAPED * SITE_URL_MAX))

static const char *const event_names[] = { "final", "pending", "gap" };
static const char *const place_names[] = { NULL, "header-line", "byte", "line", "part" };

/* Null when there is nothing to say, and never more than `max` bytes. */
static void print_text(struct json *j, const char *key, struct slice s, size_t max)
{
    if (slice_empty(s))
        json_nil(j, key);
    else
        json_slice(j, key, slice_sub(s, 0, max));
}

static void print_hex(struct json *j, const char *key, const uint8_t *p, size_t n)
{
    char text[2 * 32];
    hex_print(text, p, n);
    json_slice(j, key, slice_of(text, 2 * n));
}

/* JSON readers keep integers up to 2^53 exactly; a count is never near it. */
static void print_count(struct json *j, const char *key, uint64_t n)
{
    json_int(j, key, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

static void print_usages(struct json *j, const char *key, usage_set set)
{
    json_open(j, key, '[');
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (set & usage_bit((enum usage)u))
            json_str(j, NULL, usage_name((enum usage)u));
    json_close(j, ']');
}

static void print_prefs(struct json *j, const char *key, const struct prefs *p)
{
    json_open(j, key, '{');
    for (unsigned u = 0; p && u < USAGE_COUNT; u++)
        if (p->of[u] != PREF_UNKNOWN)
            json_str(j, usage_name((enum usage)u), preference_name((enum preference)p->of[u]));
    json_close(j, '}');
}

void record_print_usage(struct json *j, const struct prefs *usage)
{
    print_prefs(j, "usage", usage);
}

static bool is_deciding(const struct decision *d, const struct signal *sig)
{
    for (size_t i = 0; d && i < d->n_by; i++)
        if (d->by[i] == sig)
            return true;
    return false;
}

static void print_place(struct json *j, const struct signal *sig)
{
    unsigned kind = sig->place_kind;
    if (kind == PLACE_NONE || kind > PLACE_PART) {
        json_nil(j, "place");
        return;
    }
    json_open(j, "place", '{');
    json_str(j, "kind", place_names[kind]);
    print_count(j, "at", sig->at);
    if (kind == PLACE_PART)
        print_text(j, "part", sig->part, SIGNAL_PART_MAX);
    json_close(j, '}');
}

static void print_signal(struct json *j, const struct signal *sig, bool deciding)
{
    json_open(j, NULL, '{');
    json_str(j, "standard", sig->standard < STD_COUNT ? standards[sig->standard]->name : "?");
    json_str(j, "carrier", carrier_name((enum carrier)sig->carrier));
    json_str(j, "scope", scope_name((enum scope)sig->scope));
    print_text(j, "agent", sig->agent, MAX_AGENT);
    print_place(j, sig);
    json_slice(j, "raw", slice_sub(sig->raw, 0, SIGNAL_RAW_MAX));
    if (sig->raw_cut || sig->raw.n > SIGNAL_RAW_MAX)
        json_bool(j, "raw_cut", true);
    print_prefs(j, "preferences", &sig->prefs);
    json_str(j, "confidence", confidence_name((enum confidence)sig->confidence));
    print_text(j, "url", sig->url, SIGNAL_URL_MAX);
    json_str(j, "note", sig->note);
    json_bool(j, "deciding", deciding);
    json_close(j, '}');
}

/* Prints signals as long as they surely end before `end` bytes of output.
 * Returns how many were left out. */
static size_t print_signals(struct json *j, const struct signals *s, const struct decision *d,
                            size_t end)
{
    size_t n = s ? s->n : 0, i = 0;
    json_open(j, "signals", '[');
    for (; i < n; i++) {
        const struct signal *sig = &s->v[i];
        size_t worst = SIGNAL_PLAIN_MAX + ESCAPED * (sig->agent.n + sig->raw.n + sig->url.n);
        if (worst > end || j->out->n > end - worst)
            break;
        print_signal(j, sig, is_deciding(d, sig));
    }
    json_close(j, ']');
    return n - i;
}

void record_print_signals(struct json *j, const struct signals *s, const struct decision *d)
{
    print_signals(j, s, d, SIZE_MAX);
}

/* The crawler's product token (RFC 9110 section 10.1.5): what stands before
 * the version of the first product. */
static struct slice product_token(const struct exchange *x)
{
    const struct header *h = headers_find(&x->request, "user-agent");
    struct slice ua = h ? slice_trim_ows(h->value) : SLICE_EMPTY;
    size_t n = 0;
    while (n < ua.n && n < MAX_AGENT && ua.p[n] != '/' && !ascii_is_space(ua.p[n]))
        n++;
    return slice_sub(ua, 0, n);
}

static bool is_slash(uint8_t c)
{
    return c == '/' || c == '\\';
}

/* Offsets of what must not be recorded: credentials in [*from, *to). The
 * authority (RFC 3986 section 3.2) starts after "//"; of CONNECT's host:port it
 * is the whole. Malformed spellings that browsers repair ("http:/u:p@h",
 * "http:\\u:p@h") are read as these do, so that a password never slips by. */
static void find_userinfo(struct slice url, size_t *from, size_t *to)
{
    size_t i = 0, at;
    *from = *to = 0;
    while (i < url.n && !is_slash(url.p[i]) && url.p[i] != '?' && url.p[i] != '#')
        i++;
    if (i < url.n && is_slash(url.p[i])) {
        bool after_scheme = i > 0 && url.p[i - 1] == ':';
        if (after_scheme || (i + 1 < url.n && is_slash(url.p[i + 1]))) {
            while (i < url.n && is_slash(url.p[i]))
                i++;
            *from = *to = i;
        } else if (i == 0) {
            return; /* a path alone */
        }
    }
    for (at = *from; at < url.n && url.p[at] != '/' && url.p[at] != '?' && url.p[at] != '#'; at++)
        if (url.p[at] == '@')
            *to = at + 1;
}

/* "?sha256=" and the first hex characters of the query's digest, none when memory
 * is used up; returns the length written. */
static size_t hash_query(struct slice query, uint8_t *out)
{
    uint8_t digest[32];
    struct slice label = SLICE("?sha256=");
    memcpy(out, label.p, label.n);
    if (!digest_of(query, digest))
        return label.n;
    hex_print(out + label.n, digest, QUERY_HASH_CHARS / 2);
    return label.n + QUERY_HASH_CHARS;
}

static void print_url(struct json *j, struct slice url, enum audit_query choice)
{
    uint8_t text[MAX_URL];
    size_t from, to, n = 0;
    url = slice_sub(url, 0, slice_find(url, '#'));
    size_t mark = slice_find(url, '?');
    struct slice query = slice_from(url, mark < url.n ? mark + 1 : mark);
    find_userinfo(url, &from, &to);
    bool has_query = mark < url.n;
    size_t end = has_query && choice != AUDIT_QUERY_KEEP ? mark : url.n;
    bool hash = has_query && choice == AUDIT_QUERY_HASH;
    size_t room = hash ? MAX_URL - sizeof "?sha256=" - QUERY_HASH_CHARS : MAX_URL;

    if (from == to && !hash) { /* nothing to splice */
        print_text(j, "url", slice_sub(url, 0, end), MAX_URL);
        if (end > MAX_URL)
            json_bool(j, "url_cut", true);
        return;
    }
    struct slice head = slice_sub(slice_sub(url, 0, from), 0, room);
    struct slice kept = slice_sub(slice_sub(url, to, end - to), 0, room - head.n);
    bool cut = head.n + kept.n < end - (to - from);
    memcpy(text, head.p, head.n);
    memcpy(text + head.n, kept.p, kept.n);
    n = head.n + kept.n;
    if (hash)
        n += hash_query(query, text + n);
    print_text(j, "url", slice_of(text, n), MAX_URL);
    if (cut)
        json_bool(j, "url_cut", true);
}

/* Who, when, and for what. */
static void print_head(struct json *j, const struct record *r)
{
    char time[CLOCK_TEXT];
    clock_text(r->wall_ms, time);
    json_int(j, "v", RECORD_VERSION);
    json_str(j, "event", event_names[r->event]);
    json_slice(j, "id", slice_of(r->id, ULID_TEXT - 1));
    json_slice(j, "time", slice_of(time, CLOCK_TEXT - 1));
    json_str(j, "node", r->config->node);
    json_str(j, "vector", r->vector);
    json_str(j, "profile", r->profile->name);
    print_usages(j, "purpose", r->profile->purpose);
    if (r->config->audit_client)
        print_text(j, "client", r->client, MAX_CLIENT);
    print_text(j, "agent", product_token(r->exchange), MAX_AGENT);
    print_text(j, "transaction", r->transaction, MAX_TRANSACTION);
}

/* What was asked for and what came. */
static void print_message(struct json *j, const struct record *r)
{
    const struct exchange *x = r->exchange;
    print_text(j, "method", x->method, MAX_METHOD);
    print_url(j, x->url, (enum audit_query)r->config->audit_query);
    if (x->status >= 100 && x->status <= 999)
        json_int(j, "status", x->status);
    else
        json_nil(j, "status");
    print_text(j, "media_type", r->media_type, MAX_MEDIA_TYPE);
    if (r->length >= 0)
        json_int(j, "length", r->length);
    else
        json_nil(j, "length");
    print_count(j, "seen", r->seen);
    json_bool(j, "whole", r->whole);
    if (r->has_sha256 && r->whole)
        print_hex(j, "sha256", r->sha256, sizeof r->sha256);
    else
        json_nil(j, "sha256");
    if (r->has_sha256 && !r->whole)
        print_hex(j, "seen_sha256", r->sha256, sizeof r->sha256);
    json_str(j, "inspected", r->inspected);
}

/* Of a pending record nothing is known yet, whatever the caller has at hand. */
static const struct decision *verdict_of(const struct record *r)
{
    return r->event == RECORD_PENDING ? NULL : r->decision;
}

/* What was made of it. */
static void print_verdict(struct json *j, const struct record *r)
{
    const struct decision *d = verdict_of(r);
    bool undecided = d && d->kind == DECISION_UNDECIDED && d->undecided;
    json_str(j, "decision", d ? decision_name(d->kind) : NULL);
    json_str(j, "action", d ? action_name(r->action) : NULL);
    if (d && r->profile->monitor && d->would != d->action)
        json_str(j, "would", action_name(d->would));
    json_str(j, "mode", r->profile->monitor ? "monitor" : "enforce");
    json_str(j, "reason", undecided ? undecided_name(undecided_first(d->undecided)) : NULL);
    json_open(j, "undecided", '[');
    for (unsigned u = 0; d && u < UNDECIDED_COUNT; u++)
        if (d->undecided & undecided_bit((enum undecided)u))
            json_str(j, NULL, undecided_name((enum undecided)u));
    json_close(j, ']');
    print_prefs(j, "usage", d ? &d->usage : NULL);
}

static void print_site_file(struct json *j, const struct site_reliance *f)
{
    char time[CLOCK_TEXT];
    json_open(j, NULL, '{');
    json_str(j, "file", site_kind_name((enum site_kind)f->kind));
    json_str(j, "state", site_state_name((enum site_state)f->state));
    if (f->state != SITE_NONE || f->kind == SITE_LICENCE) /* else origin and file tell it */
        print_text(j, "url", f->url, SITE_URL_MAX);
    clock_text(f->fetched_ms, time);
    json_slice(j, "fetched_at", slice_of(time, CLOCK_TEXT - 1));
    if (f->status)
        json_int(j, "status", f->status);
    else
        json_nil(j, "status");
    if (f->has_sha256)
        print_hex(j, "sha256", f->sha256, sizeof f->sha256);
    if (f->line)
        json_int(j, "line", f->line);
    json_str(j, "source", site_source_name((enum site_source)f->source));
    if (f->stale)
        json_bool(j, "stale", true);
    json_close(j, '}');
}

void record_print_site_files(struct json *j, const struct site_result *site)
{
    json_open(j, "site_files", '[');
    for (size_t i = 0; site && i < site->n; i++)
        print_site_file(j, &site->reliance[i]);
    json_close(j, ']');
}

static void print_tail(struct json *j, const struct record *r)
{
    const struct decision *d = verdict_of(r);
    print_usages(j, "conflicts", d ? d->conflicts : 0);
    json_nil(j, "licence");
    record_print_site_files(j, r->event == RECORD_PENDING ? NULL : r->site);
    print_text(j, "contact", d ? d->contact : SLICE_EMPTY, SIGNAL_URL_MAX);
    if (r->earlier[0])
        json_str(j, "earlier", r->earlier);
    if (d && r->action == ACTION_CUT)
        print_count(j, "released", r->released);
    json_str(j, "config", r->config->hash);
    print_count(j, "micros", r->micros);
}

/* The LF, or nothing at all: half a line must never get out. */
static enum optout_rc finish_line(struct buf *out, size_t start)
{
    buf_putc(out, '\n');
    if (out->failed == OPTOUT_OK)
        return OPTOUT_OK;
    out->n = start;
    return out->failed;
}

enum optout_rc record_print(const struct record *r, struct buf *out)
{
    size_t start = out->n;
    if (r->event == RECORD_GAP)
        return OPTOUT_E_UNSUP;
    if (out->failed != OPTOUT_OK)
        return out->failed;
    size_t room = out->limit > start ? out->limit - start : 0;
    if (room > RECORD_MAX)
        room = RECORD_MAX;
    size_t for_signals = room > TAIL_MAX ? start + room - TAIL_MAX : 0;

    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    print_head(&j, r);
    print_message(&j, r);
    print_verdict(&j, r);
    size_t omitted = print_signals(&j, r->signals, verdict_of(r), for_signals);
    if (r->signals) /* they restrict nothing, and places were needed */
        omitted += r->signals->dropped;
    if (omitted)
        print_count(&j, "signals_omitted", omitted);
    print_tail(&j, r);
    json_close(&j, '}');
    return finish_line(out, start);
}

enum optout_rc record_print_gap(const struct gap *g, struct buf *out)
{
    size_t start = out->n;
    int64_t now = clock_wall_ms();
    char id[ULID_TEXT], time[CLOCK_TEXT];
    if (out->failed != OPTOUT_OK)
        return out->failed;
    ulid_make(now, id);
    clock_text(now, time);

    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_int(&j, "v", RECORD_VERSION);
    json_str(&j, "event", event_names[RECORD_GAP]);
    json_str(&j, "id", id);
    json_str(&j, "time", time);
    json_str(&j, "node", g->node);
    json_str(&j, "reason", g->reason);
    json_str(&j, "segment", g->segment);
    print_count(&j, "torn_bytes", g->torn_bytes);
    if (g->lost >= 0)
        json_int(&j, "lost", g->lost);
    else
        json_nil(&j, "lost");
    json_close(&j, '}');
    return finish_line(out, start);
}
