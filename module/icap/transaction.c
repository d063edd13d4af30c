/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/transaction.h"

#include "core/clock.h"
#include "icap/counting.h"
#include "icap/log.h"
#include "icap/record_gate.h"
#include "verdict/image_map.h"

#include <stdlib.h>

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
    arena_init(&t->arena, JUDGE_ARENA, t->first, sizeof t->first);
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

void transaction_rest(struct transaction *t)
{
    if (t->judge.inspection)
        inspect_close(t->judge.inspection, INSPECT_STOPPED);
    t->judge.inspection = NULL; /* it was the arena's */
    arena_reset(&t->arena);
}

void transaction_free(struct transaction *t)
{
    transaction_rest(t);
    hold_free(&t->hold);
    buf_free(&t->page);
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
    struct exchange *x = &t->judge.exchange;
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
    struct exchange *x = &t->judge.exchange;
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
    struct judge *j = &t->judge;
    struct judge_basis basis = {
        .config = c,
        .settings = buf_slice(&t->snapshot->settings.text),
        .agents = t->snapshot->agents,
        .phrases = phrase_folder_compiled(&t->snapshot->phrases),
        .terms = t->snapshot->terms,
        .linked = t->shared->linked,
        .site = snapshot_site(t->snapshot),
        .late = t->shared->remembered,
        .wholes = t->shared->wholes,
        .images = t->snapshot->config.image_map ? t->shared->images : NULL,
        .learns = true,
        .back = { read_held, t },
    };
    const struct profile *profile = config_profile(c, profile_argument(req));
    if (!profile)
        return OPTOUT_E_UNSUP;
    judge_begin(j, &basis, profile, &t->arena);
    enum optout_rc rc = read_exchange(t, req, response);
    if (rc != OPTOUT_OK)
        return rc;
    j->record.client = icap_field(req, "X-Client-IP");
    j->record.transaction = icap_field(req, "X-Squid-Xact");
    t->proxy_waits = config_squid_waits(icap_field(req, SQUID_VERSION_FIELD));
    t->strip = headers_find(&j->exchange.response, "optout") != NULL;
    if (c->hold_time_s)
        t->deadline_us = clock_mono_us() + c->hold_time_s * 1000000ull;
    if (response)
        return judge_open(j);
    judge_open_request(j);
    return OPTOUT_OK;
}

/* ---- the record ---- */

/* False when nothing is on the disk's way and configuration wants that to
 * count. */
static bool write_record(struct transaction *t)
{
    struct config_error e = { .reason = "" };
    struct audit *a = snapshot_audit(t->snapshot, &e);
    struct reference_list refs;
    struct buf line;
    buf_init(&line, RECORD_MAX);
    (void)buf_room(&line, RECORD_USUAL); /* at once, not in steps */
    t->judge.record.micros = t->spent_us + (t->in_us ? clock_mono_us() - t->in_us : 0);
    enum optout_rc rc = a ? record_print(&t->judge.record, &line) : OPTOUT_E_IO;
    record_references(&t->judge.record, &refs);
    if (rc == OPTOUT_OK)
        rc = audit_append(a, buf_slice(&line), &refs);
    buf_free(&line);
    if (rc == OPTOUT_OK) {
        count_record(&t->judge.record);
        return true;
    }
    bool passes = t->snapshot->config.on_audit_failure == ACTION_PASS;
    bool closes = rc == OPTOUT_E_IO && !passes && record_gate_close(t->shared->gate);
    log_audit_failure(rc, e.reason);
    if (closes)
        log_gate_closed();
    if (!a)
        snapshot_note_refused(t->snapshot); /* no log has counted it */
    return passes;
}

static bool log_takes_records(struct transaction *t)
{
    struct config_error e = { .reason = "" };
    struct audit *a = snapshot_audit(t->snapshot, &e);
    enum optout_rc rc = a ? audit_try(a) : OPTOUT_E_IO;
    if (rc == OPTOUT_OK)
        log_gate_opened(record_gate_open(t->shared->gate));
    else
        log_audit_failure(rc, e.reason);
    return rc == OPTOUT_OK;
}

bool transaction_can_be_recorded(struct transaction *t)
{
    enum gate_state gate = t->snapshot->config.on_audit_failure == ACTION_PASS
                               ? GATE_OPEN
                               : record_gate_ask(t->shared->gate);
    if (gate == GATE_OPEN || (gate == GATE_TRY && log_takes_records(t)))
        return true;
    record_gate_count(t->shared->gate);
    snapshot_note_refused(t->snapshot);
    count(METRIC_UNASKED);
    t->audit_failed = true;
    return false;
}

/* A length that was taken away cannot tell the client that the origin broke off: only a
 * cut can. */
static enum action conclude(struct transaction *t, enum inspect_end end)
{
    enum action action = t->judge.decision.action;
    if (t->unlocked && (action == ACTION_BLOCK || end == INSPECT_TRUNCATED))
        action = ACTION_CUT;
    judge_close_record(&t->judge, end, action, t->unlocked ? t->arrived - t->hold.size : 0);
    t->recorded = true;
    if (!write_record(t)) {
        t->audit_failed = true;
        action = t->unlocked ? ACTION_CUT : ACTION_BLOCK;
    }
    count_verdict(&t->judge, action, t->arrived);
    if (action == ACTION_CUT)
        count(METRIC_CUTS);
    return action;
}

enum action transaction_settle(struct transaction *t, enum inspect_end end, bool refuse)
{
    judge_settle(&t->judge, end, refuse);
    enum action action = conclude(t, end);
    judge_remember(&t->judge, end);
    log_images_lost(image_map_take_lost(t->shared->images));
    return action;
}

static bool asks_for_content(const struct exchange *x)
{
    return slice_eq(x->method, SLICE_OF("GET")) || slice_eq(x->method, SLICE_OF("HEAD"));
}

bool transaction_refuses(struct transaction *t, enum action *action)
{
    struct judge *j = &t->judge;
    if (!(asks_for_content(&j->exchange) && judge_settle_remembered(j)) && !judge_settle_site(j))
        return false;
    *action = conclude(t, INSPECT_STOPPED);
    return true;
}

enum action transaction_settle_tunnel(struct transaction *t)
{
    judge_settle_unseen(&t->judge, UNDECIDED_TUNNEL);
    return conclude(t, INSPECT_STOPPED);
}

bool transaction_note_pending(struct transaction *t)
{
    judge_note_pending(&t->judge);
    count(METRIC_BEGUN_EARLY);
    return write_record(t);
}

void transaction_abandon(struct transaction *t)
{
    judge_abandon(&t->judge);
    judge_close_record(&t->judge, INSPECT_STOPPED, ACTION_CUT,
                       t->unlocked ? t->arrived - t->hold.size : 0);
    t->recorded = true;
    (void)write_record(t);
    count_verdict(&t->judge, ACTION_CUT, t->arrived);
    count(METRIC_ABANDONED);
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
