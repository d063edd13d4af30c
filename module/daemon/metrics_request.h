/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_request.h - the head of an HTTP request, as far as one page needs it: RFC 9112, section
 * 3, without bodies and without a second request. Pure; any bytes. */
#ifndef OPTOUT_DAEMON_METRICS_REQUEST_H
#define OPTOUT_DAEMON_METRICS_REQUEST_H

#include "core/rc.h"
#include "core/slice.h"

#define METRICS_HEAD_MAX 8192 /* bytes of a request; longer ones are refused */

struct metrics_request {
    unsigned status; /* 200, 400, 404, 405 or 431 */
    bool head;       /* its head alone is wanted */
};

/* OPTOUT_MORE: the head has not ended, and may still; OPTOUT_OK: *out tells what to answer. */
enum optout_rc metrics_request_read(struct slice bytes, struct metrics_request *out) OPTOUT_CHECKED;

#endif
