/* SPDX-License-Identifier: Apache-2.0 */
/* window.h - which lines of a segment are on their way, and up to which all have arrived.
 *
 * Reports come in any order; what was taken counts as shipped only from the first line on
 * without a hole. Lines are counted from 1. No memory of its own. */
#ifndef OPTOUT_SHIP_WINDOW_H
#define OPTOUT_SHIP_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WINDOW_LINES 65536u /* from the first that is not taken to the last that is sent */

struct window {
    uint64_t taken; /* all up to this one */
    uint64_t sent;  /* the last one that is on its way, or was */
    uint64_t bits[WINDOW_LINES / 64];
};

static inline void window_begin(struct window *w, uint64_t taken)
{
    memset(w->bits, 0, sizeof w->bits);
    w->taken = w->sent = taken;
}

static inline bool window_is_full(const struct window *w)
{
    return w->sent - w->taken >= WINDOW_LINES - 1;
}

static inline bool window_is_empty(const struct window *w)
{
    return w->sent == w->taken;
}

static inline uint64_t *window_word(struct window *w, uint64_t line)
{
    return &w->bits[line / 64 % (WINDOW_LINES / 64)];
}

/* Of a line within (taken, sent]; others are not looked at. True: `taken` has moved. */
static inline bool window_take(struct window *w, uint64_t line)
{
    if (line <= w->taken || line > w->sent)
        return false;
    uint64_t before = w->taken;
    *window_word(w, line) |= (uint64_t)1 << line % 64;
    while (w->taken < w->sent && (*window_word(w, w->taken + 1) >> (w->taken + 1) % 64 & 1)) {
        w->taken++;
        *window_word(w, w->taken) &= ~((uint64_t)1 << w->taken % 64);
    }
    return w->taken != before;
}

#endif
