/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/reqmod.h"

#include "icap/answer.h"

int reqmod_preview(struct transaction *t, ci_request_t *req, struct slice preview)
{
    if (!ci_req_hasbody(req) || ci_req_hasalldata(req))
        t->input_ended = true;
    if (!transaction_can_be_recorded(t))
        return answer_request(t, req, ACTION_BLOCK, preview);
    /* A tunnel that the proxy does not open shows nothing of what it carries:
     * that it was there is all that can be recorded. */
    enum action action = ACTION_PASS;
    if (slice_eq(t->judge.exchange.method, SLICE_OF("CONNECT")))
        action = transaction_settle_tunnel(t);
    else if (t->judge.site_file || !transaction_refuses(t, &action))
        return answer_pass(t, req, preview); /* the response will be recorded */
    return answer_request(t, req, action, preview);
}
