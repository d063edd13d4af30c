/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/judge.h"

#include "core/clock.h"
#include "policy/config.h"
#include "verdict/images.h"
#include "verdict/ranges.h"
#include "verdict/sites.h"
#include "verdict/terms.h"

#define REMEMBER_MIN_S 300   /* also of a response that is stale at once: retries come soon */
#define REMEMBER_MAX_S 86400

void judge_begin(struct judge *j, const struct judge_basis *basis, const struct profile *profile,
                 struct arena *arena)
{
    j->basis = *basis;
    j->profile = profile;
    j->arena = arena;
    j->exchange.minor = 1;
}

/* ---- the head ---- */

static void begin_record(struct judge *j, bool response)
{
    struct record *r = &j->record;
    const struct header *type = headers_find(&j->exchange.response, "content-type");
    r->wall_ms = clock_wall_ms();
    if (response) /* most requests pass, and have no record */
        ulid_make(r->wall_ms, r->id);
    r->config = j->basis.config;
    r->settings = j->basis.settings;
    r->profile = j->profile;
    r->exchange = &j->exchange;
    r->media_type = type ? type->value : SLICE_EMPTY;
    r->request = !response;
    r->inspected = "none";
    r->length = response ? exchange_content_length(&j->exchange) : -1;
    j->announced = r->length < 0 && response ? exchange_range_length(&j->exchange) : r->length;
    j->site_file = sites_is_site_file(j);
}

static enum optout_rc look_at_site(struct judge *j, bool last)
{
    if (!sites_look(j, inspect_signals(j->inspection), last))
        return OPTOUT_MORE;
    if (j->site.undecided)
        j->weighed = SIZE_MAX; /* that alone may decide */
    return OPTOUT_OK;
}

enum optout_rc judge_open(struct judge *j)
{
    const struct config *c = j->basis.config;
    begin_record(j, true);
    struct inspect_options o = {
        .html_head_only = c->html_depth == HTML_DEPTH_HEAD,
        .expand_max = c->expand_max,
        .expand_ratio = c->expand_ratio,
        .capture_max = j->site_file ? SITE_FILE_MAX : 0,
        .phrases = j->basis.phrases,
        .scale = decision_scale(j->profile),
        .back = j->basis.back,
        .tap = j->basis.tap,
        .images = images_sink(j),
        .terms = terms_sink(j),
    };
    j->inspection = inspect_open(j->arena, &j->exchange, &o);
    if (!j->inspection)
        return OPTOUT_E_NOMEM;
    ranges_recall(j);
    if (!j->site_file)
        images_recall(j);
    return j->site_file ? OPTOUT_OK : look_at_site(j, !j->basis.never_waits);
}

void judge_open_request(struct judge *j)
{
    begin_record(j, false);
}

enum optout_rc judge_look_again(struct judge *j, bool last)
{
    return look_at_site(j, last);
}

/* ---- the body ---- */

enum optout_rc judge_feed(struct judge *j, struct slice bytes)
{
    return inspect_feed(j->inspection, bytes);
}

void judge_hash(struct judge *j, struct slice bytes)
{
    if (j->basis.config->audit_body_hash)
        inspect_hash(j->inspection, bytes);
}

static void weigh(struct judge *j)
{
    decide(j->profile, inspect_signals(j->inspection),
           inspect_undecided(j->inspection) | j->site.undecided, &j->decision);
}

bool judge_is_decided(struct judge *j)
{
    const struct signals *s = inspect_signals(j->inspection);
    if (j->site_file || (s->changes == j->weighed && s->settled == j->weighed_settled))
        return false; /* nothing new was stated */
    j->weighed = s->changes;
    j->weighed_settled = s->settled;
    weigh(j);
    return decision_stands(&j->decision, j->profile);
}

/* ---- the verdict ---- */

void judge_settle(struct judge *j, enum inspect_end end, bool refuse)
{
    if (j->site_file && end == INSPECT_WHOLE && j->basis.learns)
        sites_learn(j);
    inspect_close(j->inspection, end);
    if (!j->site_file) {
        images_recall_late(j);
        sites_look_licences(j, inspect_signals(j->inspection));
    }
    weigh(j);
    if (j->site_file) /* whoever wants to obey it must be able to read it */
        decision_become(&j->decision, POLICY_RULE_SITE_FILE, ACTION_PASS);
    else if (refuse && j->decision.action < ACTION_BLOCK && !j->profile->monitor)
        decision_become(&j->decision, POLICY_RULE_REFUSED_LATE, ACTION_BLOCK);
}

void judge_settle_unseen(struct judge *j, enum undecided reason)
{
    static const struct signals none;
    j->record.signals = &none;
    decide(j->profile, &none, undecided_bit(reason), &j->decision);
    if (j->decision.action == ACTION_TAG) /* there is no head to tag */
        decision_become(&j->decision, j->decision.rule, ACTION_PASS);
}

/* Statements about a request; NULL when memory is used up. */
static struct signals *new_statements(struct judge *j)
{
    struct signals *s = arena_alloc(j->arena, sizeof *s);
    if (s)
        signals_init(s, j->arena);
    return s;
}

bool judge_settle_site(struct judge *j)
{
    struct signals *s = new_statements(j);
    if (!s)
        return false;
    s->scale = decision_scale(j->profile);
    (void)sites_look(j, s, true);
    images_recall_request(j, s);
    s->settled = true;
    decide(j->profile, s, j->site.undecided, &j->decision);
    j->record.signals = s;
    return j->decision.action == ACTION_BLOCK;
}

bool judge_settle_remembered(struct judge *j)
{
    struct past_verdict was;
    if (!remember_find(j->basis.late, j->profile->name, j->exchange.url, j->record.wall_ms, &was))
        return false;
    /* The profile may have been changed since: it answers today. */
    if (j->profile->monitor || j->profile->on[was.kind] != ACTION_BLOCK)
        return false;
    struct signals *s = new_statements(j);
    if (!s)
        return false;
    evidence_give(&was.evidence, s);
    s->settled = true;
    memcpy(j->record.earlier, was.id, sizeof was.id);
    j->record.signals = s;
    decide(j->profile, s, 0, &j->decision); /* who said what, and where to turn */
    j->decision.kind = (enum decision_kind)was.kind;
    decision_become(&j->decision, POLICY_RULE_REMEMBERED, ACTION_BLOCK);
    return true;
}

/* ---- the record ---- */

/* Squid, 5.7 as well as 6.13, ends a body in good order for us and for the client
 * when the origin broke it off before its last chunk. Only an announced length
 * tells that all of it came. */
static bool end_is_sure(const struct judge *j)
{
    return j->exchange.has_body ? j->announced >= 0 : !exchange_body_is_unseen(&j->exchange);
}

static void tell_what_was_read(struct judge *j)
{
    struct record *r = &j->record;
    r->signals = inspect_signals(j->inspection);
    r->inspected = inspect_format(j->inspection);
    r->seen = inspect_seen(j->inspection);
}

void judge_close_record(struct judge *j, enum inspect_end end, enum action action,
                        uint64_t released)
{
    struct record *r = &j->record;
    r->event = RECORD_FINAL;
    if (!r->id[0])
        ulid_make(r->wall_ms, r->id);
    r->decision = &j->decision;
    r->action = action;
    r->released = released;
    r->whole = end == INSPECT_WHOLE && end_is_sure(j);
    if (j->inspection) {
        tell_what_was_read(j);
        r->has_sha256 = j->exchange.has_body && inspect_sha256(j->inspection, r->sha256);
    }
}

void judge_note_pending(struct judge *j)
{
    j->record.event = RECORD_PENDING;
    j->record.action = ACTION_TAG;
    tell_what_was_read(j);
}

void judge_abandon(struct judge *j)
{
    inspect_add_undecided(j->inspection, UNDECIDED_ABORTED);
    inspect_close(j->inspection, INSPECT_STOPPED);
    weigh(j);
}

/* The retry of a cut is to be answered before anything is fetched: until the
 * response would be stale, or a day. */
static void remember_cut(struct judge *j)
{
    int64_t seconds = exchange_max_age(&j->exchange);
    if (seconds < 0 || seconds > REMEMBER_MAX_S)
        seconds = REMEMBER_MAX_S;
    if (seconds < REMEMBER_MIN_S)
        seconds = REMEMBER_MIN_S;
    struct past_verdict v = { .kind = (uint8_t)j->decision.kind,
                              .until_ms = j->record.wall_ms + seconds * 1000 };
    memcpy(v.id, j->record.id, sizeof v.id);
    evidence_take(&v.evidence, &j->decision, j->profile, true);
    remember_add(j->basis.late, j->profile->name, j->exchange.url, &v);
}

void judge_remember(struct judge *j, enum inspect_end end)
{
    const struct decision *d = &j->decision;
    if (j->record.action == ACTION_CUT && d->action == ACTION_BLOCK &&
        d->kind != DECISION_UNDECIDED)
        remember_cut(j);
    ranges_remember(j, end);
    images_remember(j, end);
    terms_remember(j, end);
}
