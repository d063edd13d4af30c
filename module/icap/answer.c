/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/answer.h"

#include "http/media_type.h"
#include "icap/fields.h"
#include "icap/page.h"

#define TEMPORARY_STATUS 503 /* not the publisher's refusal: try again later */
#define RETRY_SITE 10        /* seconds until the site's rules should be known */
#define RETRY_AUDIT 60       /* the same of the log */

void answer_unlock(struct transaction *t, ci_request_t *req)
{
    t->unlocked = true;
    ci_req_unlock_data(req);
}

/* 206 works for a preview that is not the whole body; for one that is, the
 * client must allow 204 as well. Without a preview c-icap would answer and then
 * take the rest of the body for the next request. */
static bool may_206(ci_request_t *req)
{
    if (ci_req_preview_size(req) < 0)
        return false;
    return ci_req_hasalldata(req) ? ci_req_allow206_outside_preview(req) : ci_req_allow206(req);
}

static bool wants_json(struct transaction *t)
{
    struct slice accept = headers_join(&t->judge.exchange.request, &t->arena, "accept");
    return accept_prefers_json(accept);
}

/* The publisher refuses nothing here: what the site says is not known yet. */
static bool is_temporary(const struct transaction *t)
{
    const undecided_set soon = undecided_bit(UNDECIDED_SITE_UNKNOWN) |
                               undecided_bit(UNDECIDED_ROBOTS_UNREACHABLE) |
                               undecided_bit(UNDECIDED_SITE_UNREACHABLE);
    return t->audit_failed ||
           (t->judge.decision.kind == DECISION_UNDECIDED && (t->judge.decision.undecided & soon));
}

/* Puts a page of ours, into t->page, and its head in place of what was to be delivered. */
static bool put_page(struct transaction *t, ci_request_t *req, bool with_body)
{
    t->retry_after = t->audit_failed ? RETRY_AUDIT : is_temporary(t) ? RETRY_SITE : 0;
    unsigned status = t->retry_after ? TEMPORARY_STATUS : t->snapshot->config.block_status;
    t->page_is_json = wants_json(t);
    t->page_at = 0;
    return page_print(t, req, status) && ci_http_response_create(req, 1, with_body) &&
           fields_page(t, req, status);
}

/* A page of ours as the whole answer to a request in its preview. */
static int answer_page(struct transaction *t, ci_request_t *req)
{
    bool head = slice_eq(t->judge.exchange.method, SLICE_OF("HEAD"));
    bool body = ci_req_hasbody(req);
    if (!put_page(t, req, !head))
        return CI_ERROR;
    t->phase = head ? PHASE_ENDED : PHASE_PAGE;
    if (body && !head && ci_req_type(req) == ICAP_RESPMOD && may_206(req))
        return CI_MOD_ALLOW206;
    answer_unlock(t, req);
    return CI_MOD_CONTINUE;
}

/* Head changed, body the origin's: by 206 where the client echoes it itself,
 * else through us. */
static int answer_edited(struct transaction *t, ci_request_t *req, struct slice preview)
{
    if (!ci_req_hasbody(req)) {
        t->phase = PHASE_ENDED;
        return CI_MOD_CONTINUE;
    }
    if (may_206(req)) {
        t->phase = PHASE_ENDED;
        ci_request_206_origin_body(req, 0);
        return CI_MOD_ALLOW206;
    }
    enum optout_rc rc = hold_keep(&t->hold, preview);
    if (rc != OPTOUT_OK && rc != OPTOUT_E_LIMIT)
        return CI_ERROR;
    t->phase = PHASE_STREAM;
    answer_unlock(t, req);
    transaction_rest(t);
    return CI_MOD_CONTINUE;
}

/* What passes untouched but for what must not pass: a field of our name, the end of
 * a range that Squid would not find. */
static bool must_edit(const struct transaction *t)
{
    return t->strip || fields_need_length(t);
}

static bool edit(struct transaction *t, ci_request_t *req)
{
    if (t->strip)
        fields_strip(req);
    return fields_add_length(t, req);
}

int answer_pass(struct transaction *t, ci_request_t *req, struct slice preview)
{
    /* A client that takes no 204 gets its message back: c-icap's own way of doing
     * that fails on bodies longer than its buffer. */
    if (ci_req_preview_size(req) < 0 && !ci_req_allow204(req))
        return answer_edited(t, req, preview);
    t->phase = PHASE_ENDED;
    return CI_MOD_ALLOW204;
}

int answer_in_preview(struct transaction *t, ci_request_t *req, enum action action,
                      struct slice preview)
{
    fields_note(t, req);
    switch (action) {
    case ACTION_PASS:
        if (!must_edit(t))
            return answer_pass(t, req, preview);
        return edit(t, req) ? answer_edited(t, req, preview) : CI_ERROR;
    case ACTION_TAG:
        return fields_tag(t, req) ? answer_edited(t, req, preview) : CI_ERROR;
    default:
        return answer_page(t, req);
    }
}

bool answer_held(struct transaction *t, ci_request_t *req, enum action action)
{
    if (!t->unlocked)
        fields_note(t, req);
    switch (action) {
    case ACTION_CUT:
        t->phase = PHASE_CUT;
        return true;
    case ACTION_BLOCK:
        t->phase = PHASE_PAGE;
        hold_free(&t->hold);
        if (!put_page(t, req, true))
            return false;
        break;
    case ACTION_TAG:
        t->phase = PHASE_STREAM;
        if (!t->unlocked && !fields_tag(t, req))
            return false;
        break;
    default:
        t->phase = PHASE_STREAM;
        if (!t->unlocked && !edit(t, req))
            return false;
    }
    answer_unlock(t, req);
    transaction_rest(t);
    return true;
}

int answer_at_end(struct transaction *t, ci_request_t *req, enum action action)
{
    bool echo = ci_req_allow204(req) && !ci_req_sent_data(req);
    if (action == ACTION_PASS && !must_edit(t) && echo) {
        fields_note(t, req);
        t->phase = PHASE_ENDED;
        hold_free(&t->hold);
        return CI_MOD_ALLOW204;
    }
    if (action == ACTION_TAG && ci_req_allow206_outside_preview(req) && echo) {
        fields_note(t, req);
        if (!fields_tag(t, req))
            return CI_ERROR;
        t->phase = PHASE_ENDED;
        hold_free(&t->hold);
        ci_request_206_origin_body(req, 0);
        return CI_MOD_ALLOW206;
    }
    return answer_held(t, req, action) ? CI_MOD_DONE : CI_ERROR;
}

int answer_request(struct transaction *t, ci_request_t *req, enum action action,
                   struct slice preview)
{
    fields_note(t, req);
    return action == ACTION_BLOCK ? answer_page(t, req) : answer_pass(t, req, preview);
}
