/* SPDX-License-Identifier: Apache-2.0 */
/* chunked.c - RFC 9112 section 7.1. Limits: CHUNKED_FIRST; sizes of 15 digits. */
#include "formats/parts/chunked.h"

#include "core/hex.h"

#define DIGITS_MAX 15

enum chunked_state { SIZE, EXTENSION, DATA, DATA_END, TRAILER, PLAIN };

typedef enum optout_rc chunked_sink(void *ctx, struct slice bytes);

/* It was no such coding, or is none from here on: the bytes themselves. */
static enum optout_rc give_up(struct chunked *c, chunked_sink *sink, void *ctx)
{
    if (c->state != TRAILER)
        c->state = PLAIN;
    struct slice held = slice_of(c->first, c->n);
    c->n = 0;
    return held.n ? sink(ctx, held) : OPTOUT_OK;
}

/* One byte of a size line. */
static void take_size(struct chunked *c, uint8_t b)
{
    int v = hex_value(b);
    if (c->state == SIZE && v >= 0 && c->digits < DIGITS_MAX) {
        c->size = c->size << 4 | (uint64_t)v;
        c->digits++;
    } else if (b == '\n' && c->digits) {
        c->state = c->size ? DATA : TRAILER;
        c->begun = true;
        c->n = 0;
    } else if (c->digits && (c->state == EXTENSION || b == ';' || b == '\r' || b == ' ' ||
                             b == '\t')) {
        c->state = EXTENSION;
    } else {
        c->state = PLAIN;
    }
}

enum optout_rc chunked_feed(struct chunked *c, struct slice s, chunked_sink *sink, void *ctx)
{
    enum optout_rc rc = OPTOUT_OK;
    while (s.n && rc == OPTOUT_OK) {
        if (c->state == PLAIN)
            return sink(ctx, s);
        if (c->state == TRAILER)
            return OPTOUT_OK;
        if (c->state == DATA) {
            size_t n = c->size < s.n ? (size_t)c->size : s.n;
            rc = sink(ctx, slice_sub(s, 0, n));
            s = slice_from(s, n);
            c->size -= n;
            if (c->size == 0)
                c->state = DATA_END;
            continue;
        }
        uint8_t b = s.p[0];
        if (c->state == DATA_END && (b == '\r' || b == '\n')) {
            s = slice_from(s, 1);
            if (b == '\n') {
                c->state = SIZE;
                c->digits = 0;
            }
            continue;
        }
        if (c->state == DATA_END) {
            c->state = PLAIN;
            continue;
        }
        if (!c->begun)
            c->first[c->n++] = b;
        s = slice_from(s, 1);
        take_size(c, b);
        if (c->state == PLAIN || (!c->begun && c->n == CHUNKED_FIRST))
            rc = give_up(c, sink, ctx);
    }
    return rc;
}

enum optout_rc chunked_end(struct chunked *c, chunked_sink *sink, void *ctx)
{
    return give_up(c, sink, ctx);
}

bool chunked_is_broken(const struct chunked *c)
{
    return c->begun && c->state != TRAILER;
}
