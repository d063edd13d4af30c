/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_share_reply.c - replies of a server that is not Redis, in pieces whose length
 * the first byte says. */
#include "daemon/share_reader.h"

#include <stdlib.h>

#define LIMIT 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct share_reader *r = size ? share_reader_new(LIMIT) : NULL;
    size_t piece = size ? data[0] + 1u : 1, since = 0;
    bool good = r != NULL;
    for (size_t i = 1; good && i < size; i += piece) {
        size_t n = size - i < piece ? size - i : piece;
        redisReply *reply = NULL;
        good = share_reader_feed(r, (const char *)data + i, n);
        since += n;
        while (good && (good = share_reader_next(r, &reply)) && reply) {
            if (reply->type == REDIS_REPLY_ARRAY && reply->elements > READER_ELEMENTS_MAX)
                abort();
            if (reply->type == REDIS_REPLY_STRING && reply->len > LIMIT + piece)
                abort();
            freeReplyObject(reply);
            since = n;
        }
        if (good && since > LIMIT + piece)
            abort();
    }
    share_reader_free(r);
    return 0;
}
