/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - from the verdict to the answer, for both vectors: 204, 206, the message through
 * us, a page of ours, a cut. Sets t->phase, what is done with the body from then on, and
 * says the verdict where it can be seen. CI_ERROR and false: memory is used up, or held bytes
 * were lost. */
#ifndef OPTOUT_ICAP_ANSWER_H
#define OPTOUT_ICAP_ANSWER_H

#include "icap/transaction.h"

/* These return what the call of c-icap must return. */

/* The message as it is: by 204, or sent back where that is not allowed. */
int answer_pass(struct transaction *t, ci_request_t *req, struct slice preview);
/* A request that is not to be judged by its response: a page, or it passes. */
int answer_request(struct transaction *t, ci_request_t *req, enum action action,
                   struct slice preview);
/* A response whose verdict fell in its preview. */
int answer_in_preview(struct transaction *t, ci_request_t *req, enum action action,
                      struct slice preview);
/* A response whose verdict fell at the end of its body, before anything was answered: the
 * client may still be able to echo the body itself. */
int answer_at_end(struct transaction *t, ci_request_t *req, enum action action);

/* A verdict in the middle of the body, or after the answer has begun; held bytes in t->hold. */
bool answer_held(struct transaction *t, ci_request_t *req, enum action action);
/* The answer begins to leave: status and head cannot be changed any more. */
void answer_unlock(struct transaction *t, ci_request_t *req);

#endif
