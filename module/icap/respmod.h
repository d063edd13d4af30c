/* SPDX-License-Identifier: Apache-2.0 */
/* respmod.h - the body of a response on its way. */
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

#endif
