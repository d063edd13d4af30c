/* SPDX-License-Identifier: Apache-2.0 */
/* Printing of audit records (RFC 8259, one object per line). What may stand in
 * them is defined by docs/audit-format.md and docs/audit-record.schema.json;
 * the order of the members here is the documented one. */
#include "audit/record.h"

#include "audit/line.h"
#include "audit/record_url.h"
#include "core/clock.h"
#include "core/hex.h"
#include "policy/config.h"
#include "standards/natural_language.h"
#include "standards/standard.h"
#include "syntax/json.h"

#define MAX_AGENT 64
#define MAX_CLIENT 64
#define MAX_MEDIA_TYPE 256
#define MAX_METHOD 64
#define MAX_PHRASE 64
#define MAX_TRANSACTION 128
#define ESCAPED 6              /* the longest escape of one byte: \u0001 or \ufffd */
#define SIGNAL_PLAIN_MAX 1024  /* a printed signal without agent, name, raw, url */
#define RELIANCE_MAX (128u + SITE_KIND_COUNT * 96u) /* one entry of `site` */
/* Everything that is printed after the signals. */
#define TAIL_MAX ((16u << 10) + SITE_RELIANCES_MAX * RELIANCE_MAX)

static const char *const place_names[] = { NULL, "header-line", "byte", "line", "part" };

/* Nothing when there is nothing to say, and never more than `max` bytes. */
static void print_text(struct json *j, const char *key, struct slice s, size_t max)
{
    if (!slice_empty(s))
        json_slice(j, key, slice_sub(s, 0, max));
}

static void print_hex(struct json *j, const char *key, const uint8_t *p, size_t n)
{
    char text[2 * 32];
    hex_print(text, p, n);
    json_slice(j, key, slice_of(text, 2 * n));
}

static void print_usages(struct json *j, const char *key, usage_set set)
{
    if (!set)
        return;
    json_open(j, key, '[');
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (set & usage_bit((enum usage)u))
            json_str(j, NULL, usage_name((enum usage)u));
    json_close(j, ']');
}

static void print_preferences(struct json *j, const char *key, const struct prefs *p)
{
    json_open(j, key, '{');
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (p->of[u] != PREF_UNKNOWN)
            json_str(j, usage_name((enum usage)u), preference_name((enum preference)p->of[u]));
    json_close(j, '}');
}

static void print_prefs(struct json *j, const char *key, const struct prefs *p)
{
    if (!prefs_empty(p))
        print_preferences(j, key, p);
}

void record_print_usage(struct json *j, const struct prefs *usage)
{
    print_preferences(j, "usage", usage);
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
    if (kind == PLACE_NONE || kind > PLACE_PART)
        return;
    json_open(j, "place", '{');
    json_str(j, "kind", place_names[kind]);
    json_count(j, "at", sig->at);
    if (kind == PLACE_PART)
        print_text(j, "part", sig->part, SIGNAL_PART_MAX);
    json_close(j, '}');
}

/* Words have a grade, and the phrase that found them. */
static void print_phrase(struct json *j, const struct signal *sig)
{
    enum phrase_grade grade = natural_grade(sig);
    if (grade == PHRASE_NONE)
        return;
    json_str(j, "grade", phrase_grade_name(grade));
    print_text(j, "phrase", sig->name, MAX_PHRASE);
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
    print_phrase(j, sig);
    print_prefs(j, "preferences", &sig->prefs);
    if (sig->confidence != CONF_EXACT)
        json_str(j, "confidence", confidence_name((enum confidence)sig->confidence));
    print_text(j, "url", sig->url, SIGNAL_URL_MAX);
    print_text(j, "image", sig->image, SIGNAL_URL_MAX);
    print_text(j, "page", sig->page, SIGNAL_URL_MAX);
    if (sig->note)
        json_str(j, "note", sig->note);
    if (deciding)
        json_bool(j, "deciding", true);
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
        size_t worst = SIGNAL_PLAIN_MAX + ESCAPED * (sig->agent.n + sig->name.n + sig->raw.n +
                                                     sig->url.n + sig->image.n + sig->page.n);
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

/* Two of one configuration have different names. */
static bool is_default_profile(const struct record *r)
{
    const struct config *c = r->config;
    return strcmp(r->profile->name, c->profile[c->default_profile].name) == 0;
}

/* Who, when, and for what. */
static void print_head(struct json *j, const struct record *r)
{
    char time[CLOCK_TEXT];
    clock_text(r->wall_ms, time);
    json_int(j, "v", AUDIT_VERSION);
    if (r->event == RECORD_PENDING)
        json_str(j, "event", "pending");
    json_slice(j, "id", slice_of(r->id, ULID_TEXT - 1));
    json_slice(j, "time", slice_of(time, CLOCK_TEXT - 1));
    if (r->request)
        json_str(j, "vector", "reqmod");
    if (!is_default_profile(r))
        json_str(j, "profile", r->profile->name);
    if (r->config->audit_client)
        print_text(j, "client", r->client, MAX_CLIENT);
    print_text(j, "agent", product_token(r->exchange), MAX_AGENT);
    print_text(j, "transaction", r->transaction, MAX_TRANSACTION);
}

/* What was asked for and what came. */
static void print_message(struct json *j, const struct record *r)
{
    const struct exchange *x = r->exchange;
    if (!slice_eq(x->method, SLICE_OF("GET")))
        print_text(j, "method", x->method, MAX_METHOD);
    record_print_url(j, x->url, (enum audit_query)r->config->audit_query);
    if (x->status >= 100 && x->status <= 999 ? x->status != 200 : !r->request)
        json_int(j, "status", x->status >= 100 && x->status <= 999 ? x->status : 0);
    print_text(j, "media_type", r->media_type, MAX_MEDIA_TYPE);
    if (r->length >= 0 && !r->whole) /* else it is `seen` */
        json_int(j, "length", r->length);
    if (r->seen)
        json_count(j, "seen", r->seen);
    if (r->whole && !r->has_sha256)
        json_bool(j, "whole", true);
    if (r->has_sha256)
        print_hex(j, r->whole ? "sha256" : "seen_sha256", r->sha256, sizeof r->sha256);
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
    if (d) {
        json_str(j, "decision", decision_name(d->kind));
        if (r->action != ACTION_PASS)
            json_str(j, "action", action_name(r->action));
        if (r->profile->monitor && d->would != d->action)
            json_str(j, "would", action_name(d->would));
    }
    if (r->profile->monitor)
        json_str(j, "mode", "monitor");
    if (!d)
        return;
    if (d->undecided) {
        json_open(j, "undecided", '[');
        for (unsigned u = 0; u < UNDECIDED_COUNT; u++)
            if (d->undecided & undecided_bit((enum undecided)u))
                json_str(j, NULL, undecided_name((enum undecided)u));
        json_close(j, ']');
    }
    print_prefs(j, "usage", &d->usage);
}

static void print_rules(struct json *j, const struct site_reliance *s)
{
    bool open = false;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++) {
        if (!s->line[kind])
            continue;
        if (!open)
            json_open(j, "rules", '[');
        open = true;
        json_open(j, NULL, '{');
        json_str(j, "file", site_kind_name((enum site_kind)kind));
        json_int(j, "line", s->line[kind]);
        json_close(j, '}');
    }
    if (open)
        json_close(j, ']');
}

static void print_stale(struct json *j, uint32_t set)
{
    if (!set)
        return;
    json_open(j, "stale", '[');
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        if (set & 1u << kind)
            json_str(j, NULL, site_kind_name((enum site_kind)kind));
    json_close(j, ']');
}

/* `whole`: with what is referred to. */
static void print_site(struct json *j, const struct site_result *site, bool whole)
{
    if (!site || site->n == 0)
        return;
    json_open(j, "site", '[');
    for (size_t i = 0; i < site->n; i++) {
        const struct site_reliance *s = &site->reliance[i];
        json_open(j, NULL, '{');
        json_slice(j, "id", slice_of(s->id, sizeof s->id));
        print_rules(j, s);
        print_stale(j, s->stale);
        if (whole)
            json_raw(j, "bundle", s->bundle);
        json_close(j, '}');
    }
    json_close(j, ']');
}

void record_print_site(struct json *j, const struct site_result *site)
{
    print_site(j, site, true);
}

static void print_tail(struct json *j, const struct record *r)
{
    const struct decision *d = verdict_of(r);
    print_usages(j, "conflicts", d ? d->conflicts : 0);
    print_site(j, d ? r->site : NULL, false);
    print_text(j, "contact", d ? d->contact : SLICE_EMPTY, SIGNAL_URL_MAX);
    if (r->earlier[0])
        json_str(j, "earlier", r->earlier);
    if (d && r->action == ACTION_CUT)
        json_count(j, "released", r->released);
    json_slice(j, "config", slice_of(r->config->hash, REFERENCE_ID_SIZE));
    json_count(j, "micros", r->micros);
}

enum optout_rc record_print(const struct record *r, struct buf *out)
{
    size_t start = out->n;
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
    size_t omitted = 0;
    if (r->signals && r->signals->n)
        omitted = print_signals(&j, r->signals, verdict_of(r), for_signals);
    if (r->signals) /* they restrict nothing, and places were needed */
        omitted += r->signals->dropped;
    if (omitted)
        json_count(&j, "signals_omitted", omitted);
    print_tail(&j, r);
    json_close(&j, '}');
    return line_finish(out, start);
}

/* ---- what it refers to ---- */

static void begin_line(struct json *j, const char *event, const struct reference *ref)
{
    json_open(j, NULL, '{');
    json_int(j, "v", AUDIT_VERSION);
    json_str(j, "event", event);
    json_slice(j, "id", slice_of(ref->id, sizeof ref->id));
}

static void print_site_line(const struct reference *ref, struct buf *out)
{
    const struct site_reliance *s = ref->what;
    size_t start = out->n;
    struct json j = json_to(out);
    begin_line(&j, "site", ref);
    json_raw(&j, "bundle", s->bundle);
    json_close(&j, '}');
    (void)line_finish(out, start);
}

static void print_profile(struct json *j, const struct profile *p)
{
    json_open(j, NULL, '{');
    json_str(j, "name", p->name);
    print_usages(j, "purpose", p->purpose);
    json_str(j, "mode", p->monitor ? "monitor" : "enforce");
    json_close(j, '}');
}

static void print_config_line(const struct reference *ref, struct buf *out)
{
    const struct record *r = ref->what;
    const struct config *c = r->config;
    size_t start = out->n;
    struct json j = json_to(out);
    begin_line(&j, "config", ref);
    json_str(&j, "sha256", c->hash);
    json_str(&j, "node", c->node);
    json_str(&j, "profile", c->profile[c->default_profile].name);
    json_open(&j, "profiles", '[');
    for (size_t i = 0; i < c->n_profiles; i++)
        print_profile(&j, &c->profile[i]);
    json_close(&j, ']');
    if (r->settings.n && r->settings.n <= SETTINGS_PRINTED_MAX)
        json_slice(&j, "settings", r->settings);
    json_close(&j, '}');
    (void)line_finish(out, start);
}

static void add_reference(struct reference_list *to, const char *id,
                          void (*print)(const struct reference *, struct buf *), const void *what)
{
    struct reference *ref = &to->of[to->n++];
    memcpy(ref->id, id, sizeof ref->id);
    ref->print = print;
    ref->what = what;
}

_Static_assert(BUNDLE_ID_SIZE == REFERENCE_ID_SIZE, "a bundle's id is a reference's");
_Static_assert(1 + SITE_RELIANCES_MAX <= REFERENCES_MAX, "room for all that a record names");

void record_references(const struct record *r, struct reference_list *to)
{
    to->n = 0;
    add_reference(to, r->config->hash, print_config_line, r);
    if (!verdict_of(r) || !r->site)
        return;
    for (size_t i = 0; i < r->site->n; i++)
        add_reference(to, r->site->reliance[i].id, print_site_line, &r->site->reliance[i]);
}
