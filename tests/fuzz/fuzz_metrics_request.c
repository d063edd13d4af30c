/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_metrics_request.c - what comes to the port of metrics: it is answered the same in whatever
 * pieces it comes, never later than at its limit, and 200 is said to one page alone. */
#include <stdlib.h>

#include "daemon/metrics_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct slice bytes, const struct metrics_request *r)
{
    switch (r->status) {
    case 200:
        if (!slice_starts_nocase(bytes, SLICE_OF("GET /metrics")) &&
            !slice_starts_nocase(bytes, SLICE_OF("HEAD /metrics")))
            abort();
        break;
    case 400:
    case 404:
    case 405:
    case 431: break;
    default: abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct metrics_request whole, part;
    uint8_t *copy = malloc(size ? size : 1); /* its end is seen */
    if (!copy)
        return 0;
    if (size)
        memcpy(copy, data, size);
    struct slice bytes = slice_of(copy, size);
    enum optout_rc rc = metrics_request_read(bytes, &whole);
    if (rc == OPTOUT_OK)
        check(bytes, &whole);
    else if (rc != OPTOUT_MORE || size >= METRICS_HEAD_MAX)
        abort();
    for (size_t n = 0; n < size; n += size > 600 ? 97 : 1) {
        enum optout_rc before = metrics_request_read(slice_sub(bytes, 0, n), &part);
        if (before == OPTOUT_OK &&
            (rc != OPTOUT_OK || part.status != whole.status || part.head != whole.head))
            abort();
    }
    free(copy);
    return 0;
}
