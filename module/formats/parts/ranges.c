/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.c - reads stretches of a body in any order while it streams by.
 *
 * Limits: the ranges that wait (of the caller); RANGES_AGAIN_* against ranges that overlap,
 * so that all reading is linear in the body. */
#include "formats/parts/ranges.h"

enum optout_rc ranges_init(struct ranges *r, const struct format_env *env, size_t max,
                           const struct ranges_user *user)
{
    r->env = env;
    r->user = *user;
    r->max = max;
    r->failed = OPTOUT_DONE;
    r->v = arena_array(env->arena, max, sizeof *r->v);
    return r->v ? OPTOUT_OK : OPTOUT_E_NOMEM;
}

void ranges_fail(struct ranges *r, enum optout_rc rc)
{
    if (r->failed == OPTOUT_DONE && rc < 0)
        r->failed = rc;
}

void ranges_want(struct ranges *r, const struct range *range)
{
    struct range want = *range;
    uint64_t length = r->env->length;
    if (want.length == 0)
        return;
    if (want.offset >= length || want.length > length - want.offset)
        ranges_fail(r, OPTOUT_E_SYNTAX);
    if (want.offset >= length)
        return;
    if (want.length > UINT64_MAX - want.offset) {
        ranges_fail(r, OPTOUT_E_SYNTAX);
        want.length = UINT64_MAX - want.offset;
    }
    if (r->n == r->max) {
        ranges_fail(r, OPTOUT_E_LIMIT);
        return;
    }
    want.got = 0;
    r->v[r->n++] = want;
}

/* Ranges that overlap have been read too often. Asked between ranges, so that the answer
 * does not depend on pieces. */
static bool too_often(const struct ranges *r)
{
    return r->total > RANGES_AGAIN_FROM && r->total / RANGES_AGAIN_TIMES > r->high;
}

/* The lowest of the ranges that wait; of several at one offset the first wanted. */
static bool pick(struct ranges *r)
{
    if (r->n == 0)
        return false;
    if (too_often(r)) {
        ranges_fail(r, OPTOUT_E_LIMIT);
        r->n = 0;
        return false;
    }
    size_t lowest = 0;
    for (size_t i = 1; i < r->n; i++)
        if (r->v[i].offset < r->v[lowest].offset)
            lowest = i;
    r->now = r->v[lowest];
    r->n--;
    memmove(&r->v[lowest], &r->v[lowest + 1], (r->n - lowest) * sizeof *r->v);
    r->busy = true;
    return true;
}

static void range_finish(struct ranges *r, enum optout_rc how)
{
    r->busy = false;
    ranges_fail(r, how);
    r->user.end(r->user.ctx, &r->now, how);
}

/* Bytes of `now` that can be had: OPTOUT_OK, OPTOUT_MORE when they are yet to come,
 * OPTOUT_E_SYNTAX when they never will, OPTOUT_E_LIMIT. */
static enum optout_rc look(struct ranges *r, struct slice *bytes)
{
    uint64_t at = r->now.offset + r->now.got, left = r->now.length - r->now.got;
    size_t n = left < SIZE_MAX ? (size_t)left : SIZE_MAX;
    if (at < r->at) {
        uint64_t gone = r->at - at;
        n = n > sizeof r->old ? sizeof r->old : n;
        n = n > gone ? (size_t)gone : n;
        *bytes = slice_of(r->old, n);
        const struct lookback *back = &r->env->back;
        return back->read && back->read(back->ctx, at, r->old, n) == OPTOUT_OK
                   ? OPTOUT_OK : OPTOUT_E_LIMIT;
    }
    if (at - r->at >= r->piece.n)
        return r->ended ? OPTOUT_E_SYNTAX : OPTOUT_MORE;
    *bytes = slice_sub(r->piece, (size_t)(at - r->at), n);
    return OPTOUT_OK;
}

/* Hands over the next bytes of `now`. OPTOUT_OK to go on, OPTOUT_MORE when they are yet to
 * come. */
static enum optout_rc range_step(struct ranges *r)
{
    struct slice bytes = SLICE_EMPTY;
    enum optout_rc rc = look(r, &bytes);
    if (rc == OPTOUT_MORE)
        return rc;
    if (rc < 0) {
        range_finish(r, rc);
        return OPTOUT_OK;
    }
    uint64_t before = r->now.got;
    bool go_on = r->user.bytes(r->user.ctx, &r->now, bytes) == OPTOUT_MORE;
    /* The user may have shortened the range to less than that. */
    r->now.got = bytes.n < r->now.length - before ? before + bytes.n : r->now.length;
    if (go_on) {
        /* What had enough is not counted: where in a piece that was is not known. */
        uint64_t end = r->now.offset + r->now.got;
        r->high = end > r->high ? end : r->high;
        r->total += r->now.got - before;
    }
    if (!go_on || r->now.got >= r->now.length)
        range_finish(r, OPTOUT_DONE);
    return OPTOUT_OK;
}

static enum optout_rc run(struct ranges *r)
{
    while (r->busy || pick(r)) {
        enum optout_rc rc = range_step(r);
        if (rc == OPTOUT_MORE)
            return rc;
    }
    return r->failed;
}

enum optout_rc ranges_feed(struct ranges *r, struct slice bytes)
{
    r->piece = bytes;
    enum optout_rc rc = run(r);
    r->at += bytes.n;
    r->piece = SLICE_EMPTY;
    return rc;
}

enum optout_rc ranges_end(struct ranges *r)
{
    r->ended = true;
    return run(r);
}
