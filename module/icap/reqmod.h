/* SPDX-License-Identifier: Apache-2.0 */
/* reqmod.h - a request on its way: tunnels are recorded, what was denied too
 * late before is refused, everything else passes. */
#ifndef OPTOUT_ICAP_REQMOD_H
#define OPTOUT_ICAP_REQMOD_H

#include "icap/transaction.h"

int reqmod_preview(struct transaction *t, ci_request_t *req, struct slice preview);

#endif
