/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/reqmod.h"

#include "icap/answer.h"
#include "icap/log.h"
#include "icap/respmod.h"

int reqmod_preview(struct transaction *t, ci_request_t *req)
{
    t->phase = PHASE_ENDED;
    /* A tunnel that the proxy does not open shows nothing of what it carries:
     * that it was there is all that can be recorded. */
    if (!slice_eq(t->exchange.method, SLICE_OF("CONNECT")))
        return CI_MOD_ALLOW204;
    count(COUNT_REQUESTS);
    enum action action = transaction_settle_unseen(t, UNDECIDED_TUNNEL);
    answer_note(t, req);
    if (action != ACTION_BLOCK) {
        count(COUNT_PASSED);
        return CI_MOD_ALLOW204;
    }
    count(COUNT_BLOCKED);
    return respmod_answer_page(t, req);
}
