/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_message.c - bytes from the local socket: what is read prints as it was,
 * and no shorter piece of it is taken for the whole. */
#include <stdlib.h>

#include "site/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message m, part;
    struct buf out;
    size_t used = 0;
    if (message_read(slice_of(data, size), &m, &used) != OPTOUT_OK)
        return 0;
    if (used > size || used < MESSAGE_HEAD || m.n > MESSAGE_FIELDS_MAX)
        abort();
    buf_init(&out, MESSAGE_MAX);
    if (message_print(&m, &out) != OPTOUT_OK || out.n != used || memcmp(out.p, data, used) != 0)
        abort();
    buf_free(&out);
    for (size_t n = 0; n < used && n < 64; n++) {
        size_t ignored;
        if (message_read(slice_of(data, n), &part, &ignored) != OPTOUT_MORE)
            abort();
    }
    return 0;
}
