/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_share_value.c - a value that anybody may have written to Redis. What is read
 * prints as what was read. */
#include "core/buf.h"
#include "daemon/share_value.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct headers headers;
    struct site_answer a;
    arena_init(&arena, 64u << 10, NULL, 0);
    enum optout_rc rc = share_value_read(slice_of(data, size), &arena, &headers, &a);
    if (rc == OPTOUT_OK) {
        struct buf out;
        buf_init(&out, size);
        if (share_value_print(&a, &out) != OPTOUT_OK ||
            !slice_eq(buf_slice(&out), slice_of(data, size)))
            abort();
        buf_free(&out);
        if (a.source != SITE_SHARED || (a.status != 0) != (a.headers != NULL))
            abort();
    } else if (rc != OPTOUT_E_SYNTAX) {
        abort();
    }
    arena_reset(&arena);
    return 0;
}
