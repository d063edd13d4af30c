/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.h - for formats that say "it is at offset n": reads stretches of a body in any
 * order while the body streams by.
 *
 * The format says which ranges it wants; the lowest is always read first, be it still to
 * come, already gone (by look-back), or partly each. What a range holds may lead to further
 * wants. The order in which bytes are handed over is thus settled by what is wanted, never
 * by where the body was cut into pieces. */
#ifndef OPTOUT_FORMATS_PARTS_RANGES_H
#define OPTOUT_FORMATS_PARTS_RANGES_H

#include "formats/format.h"

#define RANGES_PIECE 4096              /* bytes of one look-back */
#define RANGES_AGAIN_FROM (64u << 10)  /* ranges that overlap may read this much more than */
#define RANGES_AGAIN_TIMES 2           /* so many times the stretch they lie in */

struct range {
    uint64_t offset, length;
    uint64_t got;     /* bytes handed over before; 0 when wanted */
    uint32_t kind;    /* this and the following are the format's own */
    uint32_t a, b, c;
};

struct ranges_user {
    /* The next bytes of `r`, never none. It may change r->length (never to less than r->got)
     * and want more ranges.
     * OPTOUT_MORE to go on, anything else when no more of this range is of use. */
    enum optout_rc (*bytes)(void *ctx, struct range *r, struct slice bytes);
    /* `r` is over: OPTOUT_DONE, it was read or `bytes` had enough; OPTOUT_E_SYNTAX, the body
     * ended before; OPTOUT_E_LIMIT, its bytes are not kept any more. */
    void (*end)(void *ctx, struct range *r, enum optout_rc how);
    void *ctx;
};

struct ranges {
    const struct format_env *env;
    struct ranges_user user;
    struct range *v; /* wanted, in no order */
    size_t n, max;
    struct range now; /* being read */
    bool busy;        /* `now` is one */
    bool ended;       /* the body is over */
    uint64_t at;      /* offset of `piece` in the body */
    struct slice piece;
    uint64_t total, high;  /* bytes handed over; the end of the highest of them */
    enum optout_rc failed; /* the first failure, or OPTOUT_DONE */
    uint8_t old[RANGES_PIECE];
};

/* At most `max` ranges wait at a time. OPTOUT_OK or OPTOUT_E_NOMEM. */
enum optout_rc ranges_init(struct ranges *r, const struct format_env *env, size_t max,
                           const struct ranges_user *user) OPTOUT_CHECKED;
/* Wants range->length bytes, at least one. What cannot be had is remembered as a failure. */
void ranges_want(struct ranges *r, const struct range *range);
/* Remembers a failure, unless there was one before; reading goes on. */
void ranges_fail(struct ranges *r, enum optout_rc rc);
/* As a format's feed and end. What is given when nothing is wanted any more: OPTOUT_DONE or
 * the first failure. */
enum optout_rc ranges_feed(struct ranges *r, struct slice bytes) OPTOUT_CHECKED;
enum optout_rc ranges_end(struct ranges *r) OPTOUT_CHECKED;

#endif
