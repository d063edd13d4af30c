/* SPDX-License-Identifier: Apache-2.0 */
#include "core/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define BUF_FIRST 256u /* first allocation, bytes */

void buf_init(struct buf *b, size_t limit)
{
    *b = (struct buf){ .limit = limit };
}

void buf_free(struct buf *b)
{
    free(b->p);
    buf_init(b, b->limit);
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = OPTOUT_OK;
}

static void *buf_fail(struct buf *b, enum optout_rc rc)
{
    if (b->failed == OPTOUT_OK)
        b->failed = rc;
    return NULL;
}

uint8_t *buf_grow(struct buf *b, size_t n)
{
    if (n > b->limit || b->n > b->limit - n)
        return buf_fail(b, OPTOUT_E_LIMIT);
    size_t need = b->n + n;
    if (need > b->size || !b->p) {
        size_t size = b->size ? b->size : BUF_FIRST;
        while (size < need)
            size = size > SIZE_MAX / 2 ? need : size * 2;
        if (size > b->limit)
            size = b->limit ? b->limit : 1;
        uint8_t *p = realloc(b->p, size);
        if (!p)
            return buf_fail(b, OPTOUT_E_NOMEM);
        b->p = p;
        b->size = size;
    }
    return b->p + b->n;
}

enum optout_rc buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) {
        buf_fail(b, OPTOUT_E_NOMEM);
        return b->failed;
    }
    char *room = (char *)buf_room(b, (size_t)n + 1); /* + NUL, dropped again */
    if (!room)
        return b->failed;
    va_start(ap, fmt);
    vsnprintf(room, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
    return OPTOUT_OK;
}
