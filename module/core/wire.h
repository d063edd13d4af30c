/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h - numbers, big-endian, and short texts of forms that machines share: appended, and cut off
 * the front of bytes that may be anything. */
#ifndef OPTOUT_CORE_WIRE_H
#define OPTOUT_CORE_WIRE_H

#include "core/buf.h"

/* A failure is remembered by `out` (buf.failed). */
static inline void wire_put(struct buf *out, uint64_t v, size_t bytes)
{
    uint8_t p[8];
    for (size_t i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    (void)buf_append(out, p, bytes);
}

/* With its length, of `bytes` bytes, before it; what does not fit is cut. */
static inline void wire_put_text(struct buf *out, struct slice s, size_t bytes, size_t max)
{
    s = slice_sub(s, 0, max);
    wire_put(out, s.n, bytes);
    (void)buf_append(out, s.p, s.n);
}

static inline bool wire_take_bytes(struct slice *from, void *to, size_t n)
{
    if (from->n < n)
        return false;
    memcpy(to, from->p, n);
    *from = slice_from(*from, n);
    return true;
}

/* At most `max`. */
static inline bool wire_take(struct slice *from, size_t bytes, uint64_t max, uint64_t *v)
{
    uint8_t p[8];
    if (bytes > sizeof p || !wire_take_bytes(from, p, bytes))
        return false;
    *v = 0;
    for (size_t i = 0; i < bytes; i++)
        *v = *v << 8 | p[i];
    return *v <= max;
}

static inline bool wire_take_text(struct slice *from, size_t bytes, size_t max, struct slice *s)
{
    uint64_t n;
    if (!wire_take(from, bytes, max, &n) || n > from->n)
        return false;
    *s = slice_sub(*from, 0, (size_t)n);
    *from = slice_from(*from, (size_t)n);
    return true;
}

#endif
