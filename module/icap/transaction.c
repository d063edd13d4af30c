/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/transaction.h"

#include "core/clock.h"
#include "icap/log.h"
#include "icap/ranges.h"
#include "icap/sites.h"

#include <stdlib.h>

#define REMEMBER_MIN_S 300   /* also of a response that is stale at once: retries come soon */
#define REMEMBER_MAX_S 86400
#define RECORD_USUAL 4096     /* bytes that most records fit in */
#define PAGE_MAX (256u << 10) /* bytes of a block page */

struct transaction *transaction_new(const struct shared *shared)
{
    struct transaction *t = malloc(sizeof *t);
    if (!t)
        return NULL;
    memset(t, 0, offsetof(struct transaction, first));
    t->magic = TRANSACTION_MAGIC;
    t->shared = shared;
    arena_init(&t->arena, TRANSACTION_ARENA, t->first, sizeof t->first);
    buf_init(&t->page, PAGE_MAX);
    t->snapshot = snapshot_get();
    if (!t->snapshot) {
        free(t);
        return NULL;
    }
    const struct config *c = &t->snapshot->config;
    hold_init(&t->hold, shared->budget, c->hold_total, c->hold_memory, c->spool_dir);
    return t;
}

void transaction_free(struct transaction *t)
{
    if (t->inspection)
        inspect_close(t->inspection, INSPECT_STOPPED);
    hold_free(&t->hold);
    buf_free(&t->page);
    arena_reset(&t->arena);
    snapshot_put(t->snapshot);
    t->magic = 0;
    free(t);
}

/* ---- the heads ---- */

/* c-icap's list holds the first line and the fields as strings of their own;
 * its own look-up finds only the first of equal names and cuts long values. */
static enum optout_rc read_head(struct transaction *t, ci_headers_list_t *list,
                                struct slice *first_line, struct headers *out)
{
    if (!list || list->used <= 0)
        return OPTOUT_OK;
    enum optout_rc rc = headers_reserve(out, &t->arena, (size_t)list->used);
    for (int i = 0; rc == OPTOUT_OK && i < list->used; i++) {
        struct slice line = slice_cstr(list->headers[i]);
        if (i == 0) {
            *first_line = line;
            continue;
        }
        rc = headers_append(out, &t->arena, line);
        if (rc == OPTOUT_E_SYNTAX)
            rc = OPTOUT_OK; /* a line that is no field states nothing */
    }
    return rc;
}

/* Clients that are no proxies send "/path" and a Host field. */
static void complete_url(struct transaction *t)
{
    struct exchange *x = &t->exchange;
    const struct header *host = headers_find(&x->request, "host");
    if (x->url.n == 0 || x->url.p[0] != '/' || !host)
        return;
    size_t n = 7 + host->value.n + x->url.n;
    uint8_t *p = arena_alloc(&t->arena, n);
    if (!p)
        return;
    memcpy(p, "http://", 7);
    memcpy(p + 7, host->value.p, host->value.n);
    memcpy(p + 7 + host->value.n, x->url.p, x->url.n);
    x->url = slice_of(p, n);
}

static struct slice icap_field(ci_request_t *req, const char *name)
{
    ci_headers_list_t *h = icap_request_headers(req);
    const char *value = h ? ci_headers_value(h, name) : NULL;
    return slice_cstr(value);
}

static enum optout_rc read_exchange(struct transaction *t, ci_request_t *req, bool response)
{
    struct exchange *x = &t->exchange;
    struct slice request_line = SLICE_EMPTY, status_line = SLICE_EMPTY;
    x->minor = 1;
    enum optout_rc rc = read_head(t, ci_http_request_headers(req), &request_line, &x->request);
    if (rc == OPTOUT_OK && request_line.n)
        (void)exchange_request_line(request_line, &x->method, &x->url, &x->minor);
    complete_url(t);
    if (rc == OPTOUT_OK && response) {
        rc = read_head(t, ci_http_response_headers(req), &status_line, &x->response);
        (void)exchange_status_line(status_line, &x->status);
        x->has_body = ci_req_hasbody(req);
    }
    return rc;
}

/* "profile=NAME" among the arguments of the ICAP URL. */
static struct slice profile_argument(ci_request_t *req)
{
    struct slice rest = slice_cstr(req->args), piece;
    while (slice_split(&rest, '&', &piece))
        if (slice_starts_nocase(piece, SLICE_OF("profile=")))
            return slice_from(piece, 8);
    return SLICE_EMPTY;
}

static void begin_record(struct transaction *t, ci_request_t *req, bool response)
{
    struct record *r = &t->record;
    const struct header *type = headers_find(&t->exchange.response, "content-type");
    r->wall_ms = clock_wall_ms();
    ulid_make(r->wall_ms, r->id);
    r->config = &t->snapshot->config;
    r->profile = t->profile;
    r->exchange = &t->exchange;
    r->client = icap_field(req, "X-Client-IP");
    r->transaction = icap_field(req, "X-Squid-Xact");
    r->media_type = type ? type->value : SLICE_EMPTY;
    r->vector = response ? "respmod" : "reqmod";
    r->inspected = "none";
    r->length = response ? exchange_content_length(&t->exchange) : -1;
    t->announced = r->length < 0 && response ? exchange_range_length(&t->exchange) : r->length;
}

/* What was fed is held, until it is let go; the preview is in hand before. */
static enum optout_rc read_held(void *ctx, uint64_t offset, void *to, size_t n)
{
    struct transaction *t = ctx;
    if (offset <= t->preview.n && n <= t->preview.n - offset) {
        memcpy(to, t->preview.p + offset, n);
        return OPTOUT_OK;
    }
    return hold_peek(&t->hold, offset, to, n) == OPTOUT_OK ? OPTOUT_OK : OPTOUT_E_LIMIT;
}

enum optout_rc transaction_begin(struct transaction *t, ci_request_t *req, bool response)
{
    const struct config *c = &t->snapshot->config;
    t->profile = config_profile(c, profile_argument(req));
    if (!t->profile)
        return OPTOUT_E_UNSUP;
    enum optout_rc rc = read_exchange(t, req, response);
    if (rc != OPTOUT_OK)
        return rc;
    begin_record(t, req, response);
    t->proxy_waits = config_squid_waits(icap_field(req, SQUID_VERSION_FIELD));
    t->strip = headers_find(&t->exchange.response, "optout") != NULL;
    if (c->hold_time_s)
        t->deadline_us = clock_mono_us() + c->hold_time_s * 1000000ull;
    t->site_file = sites_is_site_file(t);
    if (!response)
        return OPTOUT_OK;
    struct inspect_options o = {
        .html_head_only = c->html_depth == HTML_DEPTH_HEAD,
        .expand_max = c->expand_max,
        .expand_ratio = c->expand_ratio,
        .capture_max = t->site_file ? SITE_FILE_MAX : 0,
        .scale = decision_scale(t->profile),
        .back = { read_held, t },
    };
    t->inspection = inspect_open(&t->arena, &t->exchange, &o);
    if (!t->inspection)
        return OPTOUT_E_NOMEM;
    ranges_recall(t);
    if (!t->site_file)
        sites_look(t, inspect_statements(t->inspection));
    if (t->site.undecided)
        t->weighed = SIZE_MAX; /* that alone may decide */
    return OPTOUT_OK;
}

/* ---- verdict and record ---- */

/* False when nothing is on the disk's way and configuration wants that to
 * count. */
static bool write_record(struct transaction *t)
{
    struct config_error e = { .reason = "" };
    struct audit *a = snapshot_audit(t->snapshot, &e);
    struct buf line;
    buf_init(&line, RECORD_MAX);
    (void)buf_room(&line, RECORD_USUAL); /* at once, not in steps */
    t->record.micros = t->spent_us + (t->in_us ? clock_mono_us() - t->in_us : 0);
    enum optout_rc rc = a ? record_print(&t->record, &line) : OPTOUT_E_IO;
    if (rc == OPTOUT_OK)
        rc = audit_append(a, buf_slice(&line));
    buf_free(&line);
    if (rc == OPTOUT_OK)
        return true;
    log_audit_failure(rc, e.reason);
    return t->snapshot->config.on_audit_failure == ACTION_PASS;
}

/* Squid, 5.7 as well as 6.13, ends a body in good order for us and for the client
 * when the origin broke it off before its last chunk. Only an announced length
 * tells that all of it came. */
bool transaction_end_is_sure(const struct transaction *t)
{
    return t->exchange.has_body ? t->announced >= 0 : !exchange_body_is_unseen(&t->exchange);
}

static void fill_record(struct transaction *t, enum inspect_end end)
{
    struct record *r = &t->record;
    r->event = RECORD_FINAL;
    r->decision = &t->decision;
    r->seen = t->inspection ? inspect_seen(t->inspection) : 0;
    r->whole = end == INSPECT_WHOLE && transaction_end_is_sure(t);
    if (t->inspection) {
        r->signals = inspect_signals(t->inspection);
        r->inspected = inspect_format(t->inspection);
        r->has_sha256 = t->exchange.has_body && inspect_sha256(t->inspection, r->sha256);
    }
    r->released = t->unlocked ? t->arrived - t->hold.size : 0;
}

/* The retry of a cut is to be answered before anything is fetched: until the
 * response would be stale, or a day. */
static void remember(struct transaction *t)
{
    int64_t seconds = exchange_max_age(&t->exchange);
    if (seconds < 0 || seconds > REMEMBER_MAX_S)
        seconds = REMEMBER_MAX_S;
    if (seconds < REMEMBER_MIN_S)
        seconds = REMEMBER_MIN_S;
    struct denial d = { .kind = (uint8_t)t->decision.kind,
                        .until_ms = t->record.wall_ms + seconds * 1000 };
    memcpy(d.id, t->record.id, sizeof d.id);
    evidence_take(&d.evidence, &t->decision, true);
    remember_add(t->shared->remembered, t->profile->name, t->exchange.url, &d);
}

static enum action conclude(struct transaction *t, enum inspect_end end, bool refuse)
{
    struct decision *d = &t->decision;
    enum action action = d->action;
    if (d->kind == DECISION_UNDECIDED)
        count(COUNT_UNDECIDED);
    if (refuse && action < ACTION_BLOCK && !t->profile->monitor)
        action = d->action = d->would = ACTION_BLOCK;
    /* A length that was taken away cannot tell the client that the origin broke
     * off: only a cut can. */
    bool denied = action == ACTION_BLOCK;
    if (t->unlocked && (denied || end == INSPECT_TRUNCATED))
        action = ACTION_CUT;
    fill_record(t, end);
    t->record.action = action;
    t->recorded = true;
    if (action == ACTION_CUT && denied && d->kind != DECISION_UNDECIDED)
        remember(t);
    if (!write_record(t)) {
        t->audit_failed = true;
        action = t->unlocked ? ACTION_CUT : ACTION_BLOCK;
    }
    return action;
}

static void weigh(struct transaction *t)
{
    decide(t->profile, inspect_signals(t->inspection),
           inspect_undecided(t->inspection) | t->site.undecided, &t->decision);
}

enum action transaction_settle(struct transaction *t, enum inspect_end end, bool refuse)
{
    if (t->site_file && end == INSPECT_WHOLE)
        sites_learn(t);
    inspect_close(t->inspection, end);
    if (!t->site_file)
        sites_look_licences(t, inspect_statements(t->inspection));
    weigh(t);
    if (t->site_file) /* whoever wants to obey it must be able to read it */
        t->decision.action = t->decision.would = ACTION_PASS;
    enum action action = conclude(t, end, refuse && !t->site_file);
    ranges_remember(t, end);
    return action;
}

enum action transaction_settle_unseen(struct transaction *t, enum undecided reason)
{
    static const struct signals none;
    t->record.signals = &none;
    decide(t->profile, &none, undecided_bit(reason), &t->decision);
    if (t->decision.action == ACTION_TAG) /* there is no head to tag */
        t->decision.action = t->decision.would = ACTION_PASS;
    return conclude(t, INSPECT_STOPPED, false);
}

bool transaction_settle_site(struct transaction *t, enum action *action)
{
    struct signals *s = arena_alloc(&t->arena, sizeof *s);
    if (!s)
        return false;
    signals_init(s, &t->arena);
    s->scale = decision_scale(t->profile);
    sites_look(t, s);
    s->settled = true;
    decide(t->profile, s, t->site.undecided, &t->decision);
    if (t->decision.action != ACTION_BLOCK)
        return false; /* the response will tell the rest, and have the record */
    t->record.signals = s;
    *action = conclude(t, INSPECT_STOPPED, false);
    return true;
}

bool transaction_settle_remembered(struct transaction *t, enum action *action)
{
    struct denial was;
    if (!remember_find(t->shared->remembered, t->profile->name, t->exchange.url,
                       t->record.wall_ms, &was))
        return false;
    /* The profile may have been changed since: it answers today. */
    if (t->profile->monitor || t->profile->on[was.kind] != ACTION_BLOCK)
        return false;
    struct signals *s = arena_alloc(&t->arena, sizeof *s);
    if (!s)
        return false;
    signals_init(s, &t->arena);
    evidence_give(&was.evidence, s);
    s->settled = true;
    memcpy(t->record.earlier, was.id, sizeof was.id);
    t->record.signals = s;
    decide(t->profile, s, 0, &t->decision); /* who said what, and where to turn */
    t->decision.kind = (enum decision_kind)was.kind;
    t->decision.action = t->decision.would = ACTION_BLOCK;
    *action = conclude(t, INSPECT_STOPPED, false);
    return true;
}

bool transaction_note_pending(struct transaction *t)
{
    t->record.event = RECORD_PENDING;
    t->record.signals = inspect_signals(t->inspection);
    t->record.inspected = inspect_format(t->inspection);
    t->record.seen = inspect_seen(t->inspection);
    t->record.action = ACTION_TAG;
    return write_record(t);
}

void transaction_abandon(struct transaction *t)
{
    inspect_add_undecided(t->inspection, UNDECIDED_ABORTED);
    inspect_close(t->inspection, INSPECT_STOPPED);
    weigh(t);
    fill_record(t, INSPECT_STOPPED);
    t->record.action = ACTION_CUT;
    t->recorded = true;
    (void)write_record(t);
}

bool transaction_is_decided(struct transaction *t)
{
    const struct signals *s = inspect_signals(t->inspection);
    if (t->site_file || (s->changes == t->weighed && s->settled == t->weighed_settled))
        return false; /* nothing new was stated */
    t->weighed = s->changes;
    t->weighed_settled = s->settled;
    weigh(t);
    return decision_stands(&t->decision, t->profile);
}

void transaction_clock_in(struct transaction *t)
{
    t->in_us = clock_mono_us();
}

void transaction_clock_out(struct transaction *t)
{
    t->spent_us += clock_mono_us() - t->in_us;
    t->in_us = 0;
}
