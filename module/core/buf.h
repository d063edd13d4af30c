/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - a growing byte buffer that cannot be made without a ceiling.
 *
 * Owns its memory (malloc). A failed append leaves the buffer as it was and is
 * remembered in `failed`, so that a printer may append freely and check once. */
#ifndef OPTOUT_CORE_BUF_H
#define OPTOUT_CORE_BUF_H

#include "core/rc.h"
#include "core/slice.h"

#include <stdarg.h>

struct buf {
    uint8_t *p;
    size_t n;     /* bytes held */
    size_t size;  /* bytes allocated */
    size_t limit; /* ceiling for n */
    enum optout_rc failed; /* first failure: OPTOUT_E_LIMIT or OPTOUT_E_NOMEM */
};

void buf_init(struct buf *b, size_t limit);
void buf_free(struct buf *b);  /* usable again after buf_init */
void buf_clear(struct buf *b); /* keeps the memory, forgets bytes and failure */

enum optout_rc buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes room for `n` more bytes and returns it, or NULL. Add what was written
 * to b->n yourself. */
uint8_t *buf_grow(struct buf *b, size_t n);
static inline uint8_t *buf_room(struct buf *b, size_t n)
{
    return b->p && n <= b->size - b->n ? b->p + b->n : buf_grow(b, n);
}

static inline enum optout_rc buf_append(struct buf *b, const void *p, size_t n)
{
    uint8_t *room = buf_room(b, n);
    if (!room)
        return b->failed;
    if (n)
        memcpy(room, p, n);
    b->n += n;
    return OPTOUT_OK;
}

static inline enum optout_rc buf_puts(struct buf *b, const char *s)
{
    return buf_append(b, s, strlen(s));
}

static inline enum optout_rc buf_putc(struct buf *b, char c)
{
    return buf_append(b, &c, 1);
}

static inline struct slice buf_slice(const struct buf *b)
{
    return slice_of(b->p, b->n);
}

#endif
