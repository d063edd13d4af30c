/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/share_reader.h"

#include <stdlib.h>

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

struct share_reader {
    redisReader *reader;
    redisReplyObjectFunctions make; /* hiredis' own but for arrays */
    void *(*make_array)(const redisReadTask *task, element_count n);
    size_t waiting; /* bytes fed since the last reply was whole */
    size_t limit;
};

static void *make_short_array(const redisReadTask *task, element_count n)
{
    const struct share_reader *r = task->privdata;
    return n > READER_ELEMENTS_MAX ? NULL : r->make_array(task, n);
}

struct share_reader *share_reader_new(size_t reply_max)
{
    struct share_reader *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->reader = redisReaderCreate();
    if (!r->reader) {
        free(r);
        return NULL;
    }
    r->limit = reply_max;
    r->make = *r->reader->fn;
    r->make_array = r->make.createArray;
    r->make.createArray = make_short_array;
    r->reader->fn = &r->make;
    r->reader->privdata = r;
    return r;
}

void share_reader_free(struct share_reader *r)
{
    if (!r)
        return;
    redisReaderFree(r->reader);
    free(r);
}

bool share_reader_feed(struct share_reader *r, const char *p, size_t n)
{
    r->waiting += n;
    return redisReaderFeed(r->reader, p, n) == REDIS_OK;
}

bool share_reader_next(struct share_reader *r, redisReply **out)
{
    void *reply = NULL;
    *out = NULL;
    if (redisReaderGetReply(r->reader, &reply) != REDIS_OK)
        return false;
    *out = reply;
    if (reply)
        r->waiting = r->reader->len - r->reader->pos;
    return reply || r->waiting <= r->limit;
}

const char *share_reader_why(void)
{
    return "a reply that is not RESP, or too long";
}
