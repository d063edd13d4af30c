/* SPDX-License-Identifier: Apache-2.0 */
/* respmod.h - a response on its way: preview, body, verdict, answer. */
#ifndef OPTOUT_ICAP_RESPMOD_H
#define OPTOUT_ICAP_RESPMOD_H

#include "icap/transaction.h"

/* The three calls of c-icap, with their return codes. */
int respmod_preview(struct transaction *t, ci_request_t *req, struct slice preview);
int respmod_end_of_data(struct transaction *t, ci_request_t *req);
/* As mod_service_io: `*rlen` bytes at `rbuf` have arrived (NULL: none), `*wlen`
 * bytes at `wbuf` may leave (NULL: not now). */
int respmod_io(struct transaction *t, ci_request_t *req, char *wbuf, int *wlen,
               const char *rbuf, int *rlen);

/* The message as it is: by 204, or sent back where that is not allowed. */
int respmod_answer_pass(struct transaction *t, ci_request_t *req, struct slice preview);
/* A page of ours as the whole answer to a request in its preview; also used for
 * REQMOD. Returns what the preview call must return. */
int respmod_answer_page(struct transaction *t, ci_request_t *req);

#endif
