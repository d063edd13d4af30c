/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/reqmod.h"

#include "icap/answer.h"

static bool asks_for_content(const struct transaction *t)
{
    return slice_eq(t->exchange.method, SLICE_OF("GET")) ||
           slice_eq(t->exchange.method, SLICE_OF("HEAD"));
}

/* Was denied too late before, or is forbidden by what the site says. */
static bool forbidden(struct transaction *t, enum action *action)
{
    return (asks_for_content(t) && transaction_settle_remembered(t, action)) ||
           transaction_settle_site(t, action);
}

int reqmod_preview(struct transaction *t, ci_request_t *req, struct slice preview)
{
    if (!ci_req_hasbody(req) || ci_req_hasalldata(req))
        t->input_ended = true;
    /* A tunnel that the proxy does not open shows nothing of what it carries:
     * that it was there is all that can be recorded. */
    enum action action = ACTION_PASS;
    if (slice_eq(t->exchange.method, SLICE_OF("CONNECT")))
        action = transaction_settle_unseen(t, UNDECIDED_TUNNEL);
    else if (t->site_file || !forbidden(t, &action))
        return answer_pass(t, req, preview); /* the response will be recorded */
    return answer_request(t, req, action, preview);
}
