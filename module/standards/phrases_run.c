/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_run.c - the program of a set is run over a text, within limits of work and of memory,
 * which is the arena's. */
#include "standards/phrases_internal.h"

#include "standards/phrases_ascii.h"

#define MATCH_LIMIT 400000
#define DEPTH_LIMIT 500
#define HEAP_KIB 64 /* of PCRE2 without JIT */
#define HEAP_BYTES ((20u + 40u + HEAP_KIB + 8u) << 10) /* each size it grows to */
#define CALL_COST 200 /* of a call of PCRE2, in units of work */

static void *heap_take(size_t n, void *ctx)
{
    struct runner *r = ctx;
    n = (n + 15) & ~(size_t)15;
    if (n > (size_t)(r->heap_end - r->heap_next))
        return NULL;
    void *p = r->heap_next;
    r->heap_next += n;
    return p;
}

/* It grows at most twice; what it leaves behind was reckoned with. */
static void heap_leave(void *p, void *ctx)
{
    (void)p;
    (void)ctx;
}

bool runner_open(struct runner *r, struct arena *arena)
{
    r->heap_next = arena_take(arena, HEAP_BYTES);
    if (!r->heap_next)
        return false;
    r->heap_end = r->heap_next + HEAP_BYTES;
    pcre2_general_context *g = pcre2_general_context_create(heap_take, heap_leave, r);
    if (!g)
        return false;
    r->context = pcre2_match_context_create(g);
    r->data = pcre2_match_data_create(1, g);
    if (!r->context || !r->data)
        return false;
    pcre2_set_match_limit(r->context, MATCH_LIMIT);
    pcre2_set_depth_limit(r->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(r->context, HEAP_KIB);
    return true;
}

/* Where a match may begin, of the 16 bytes from `at` on, or those that are left: in front of a word of
 * ASCII, or at any other character. */
static unsigned begins_of(struct slice text, size_t at)
{
    uint8_t rest[ASCII_BLOCK] = { 0 };
    const uint8_t *p = text.p + at;
    if (text.n - at < ASCII_BLOCK)
        p = memcpy(rest, p, text.n - at);
    unsigned letters = ascii_block_alnum(p);
    unsigned before = letters << 1 | (at && ascii_is_alnum(text.p[at - 1]));
    return ~(letters & before) & ((1u << ASCII_BLOCK) - 1);
}

/* A set that stands at words is tried where one may begin; beyond ASCII, at each character, for the
 * program knows which are letters. */
static int try_at_words(struct runner *r, const struct phrase_set *set, struct slice text,
                        size_t from, size_t last)
{
    for (size_t at = from; at <= last; at += ASCII_BLOCK)
        for (unsigned left = begins_of(text, at); left; left &= left - 1) {
            size_t here = at + (unsigned)__builtin_ctz(left);
            if (here > last)
                break;
            uint8_t c = text.p[here];
            if (!(set->first_byte[c / 8] >> (c % 8) & 1) || (c & 0xC0) == 0x80)
                continue;
            int rc = pcre2_match(set->code, text.p, text.n, here, PCRE2_NO_UTF_CHECK, r->data,
                                 r->context);
            if (rc != PCRE2_ERROR_NOMATCH)
                return rc;
        }
    return PCRE2_ERROR_NOMATCH;
}

int runner_first(struct runner *r, const struct phrase_set *set, struct slice text, size_t at,
                 size_t last)
{
    last = last < text.n ? last : text.n - 1;
    r->work += CALL_COST + ((set->at_words ? last + 1 : text.n) - at) * set->weight;
    if (r->limited || r->work > r->work_max) {
        r->limited = true;
        return PCRE2_ERROR_MATCHLIMIT;
    }
    int rc = set->at_words ? try_at_words(r, set, text, at, last)
                           : pcre2_match(set->code, text.p, text.n, at, PCRE2_NO_UTF_CHECK,
                                         r->data, r->context);
    r->limited = rc < 0 && rc != PCRE2_ERROR_NOMATCH;
    return rc;
}

struct range runner_match(const struct runner *r)
{
    const PCRE2_SIZE *v = pcre2_get_ovector_pointer(r->data);
    return (struct range){ (uint16_t)v[0], (uint16_t)v[1] };
}
