/* SPDX-License-Identifier: Apache-2.0 */
/* html_watch.c - whether the text of an element may state a right: the bytes of a page are looked
 * through for an attribute `itemprop` or `property` whose value names one. It may stand in a script
 * or a comment; the text reader, which is begun then, knows better (html_property.c).
 *
 * MAX: WATCH_AHEAD bytes of an attribute are looked at; one that is longer may name one. */
#include "page/html_watch.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))
#endif

#define BACK (sizeof "item" - 1)

bool html_names_right(struct slice value)
{
    static const struct slice words[] = { /* parts of the names that standards read */
        SLICE("licen"), SLICE("rights"), SLICE("rightnotice"), SLICE("rightholder"),
        SLICE("usage"), SLICE("ofaccess"), SLICE("credittext"), SLICE("mining"),
        SLICE("constraints"), SLICE("webstatement"), SLICE("tdm"),
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_find_nocase(value, words[i]) < value.n)
            return true;
    return slice_find(value, '&') < value.n;
}

static bool is_word(const uint8_t *p, const char *word)
{
    for (size_t i = 0; word[i]; i++)
        if (ascii_lower(p[i]) != (uint8_t)word[i])
            return false;
    return true;
}

/* Behind the name: whether the value names a right. `ahead` ends where no more is looked at. */
static bool value_may_name(struct slice ahead, bool all)
{
    ahead = slice_trim_space(ahead);
    if (!slice_take(&ahead, '='))
        return !all && ahead.n == 0;
    while (ahead.n && ascii_is_space(ahead.p[0]))
        ahead = slice_from(ahead, 1);
    uint8_t quote = ahead.n && (ahead.p[0] == '"' || ahead.p[0] == '\'') ? ahead.p[0] : '>';
    ahead = slice_from(ahead, quote != '>');
    size_t n = slice_find(ahead, quote);
    return (n == ahead.n && !all) || html_names_right(slice_sub(ahead, 0, n));
}

/* "prop" stands at `at`. */
static bool may_name(struct slice bytes, size_t at, bool all)
{
    size_t end = bytes.n - at < WATCH_AHEAD ? bytes.n : at + WATCH_AHEAD;
    bool item = at >= BACK && is_word(bytes.p + at - BACK, "item");
    bool erty = end - at >= 8 && is_word(bytes.p + at + 4, "erty");
    size_t from = at + (erty ? 8 : 4);
    return (item || erty) && value_may_name(slice_sub(bytes, from, end - from), all && end == bytes.n);
}

static bool is_prop(const uint8_t *p)
{
    return (p[0] | 0x20) == 'p' && (p[3] | 0x20) == 'p' && (p[1] | 0x20) == 'r' && (p[2] | 0x20) == 'o';
}

/* The next place from `at` on, before `end`, where "prop" may stand: three bytes behind `end` may
 * be read. */
static size_t next_plain(const uint8_t *p, size_t at, size_t end)
{
    while (at < end && !is_prop(p + at))
        at++;
    return at;
}

#ifdef AVX2
AVX2 static size_t next_wide(const uint8_t *p, size_t at, size_t end)
{
    const __m256i lower = _mm256_set1_epi8(0x20), want = _mm256_set1_epi8('p');
    for (; end - at >= 64; at += 64) {
        const uint8_t *q = p + at;
        uint32_t hit[2];
        for (size_t k = 0; k < 2; k++, q += 32) {
            __m256i first = _mm256_loadu_si256((const __m256i *)(const void *)q);
            __m256i last = _mm256_loadu_si256((const __m256i *)(const void *)(q + 3));
            first = _mm256_cmpeq_epi8(_mm256_or_si256(first, lower), want);
            last = _mm256_cmpeq_epi8(_mm256_or_si256(last, lower), want);
            hit[k] = (uint32_t)_mm256_movemask_epi8(_mm256_and_si256(first, last));
        }
        for (uint64_t bits = hit[0] | (uint64_t)hit[1] << 32; bits; bits &= bits - 1)
            if (is_prop(p + at + __builtin_ctzll(bits)))
                return at + (size_t)__builtin_ctzll(bits);
    }
    return next_plain(p, at, end);
}

static size_t next_prop(const uint8_t *p, size_t at, size_t end)
{
    return __builtin_cpu_supports("avx2") ? next_wide(p, at, end) : next_plain(p, at, end);
}
#else
static size_t next_prop(const uint8_t *p, size_t at, size_t end)
{
    return next_plain(p, at, end);
}
#endif

/* Places from `from` on; those of which not enough is at hand are left, unless it is `all`. Moves
 * *from to the first that is left. */
static bool look(struct slice bytes, size_t *from, bool all)
{
    size_t ahead = all ? 4 : WATCH_AHEAD, end = bytes.n >= ahead ? bytes.n - ahead + 1 : 0;
    for (size_t at = *from; (at = next_prop(bytes.p, at, end > at ? end : at)) < end; at++)
        if (may_name(bytes, at, all))
            return true;
    *from = end > *from ? end : *from;
    return false;
}

bool html_watch_run(struct html_watch *w, const uint8_t *p, size_t n)
{
    size_t k = sizeof w->part - w->n < n ? sizeof w->part - w->n : n, from = w->done;
    memcpy(w->part + w->n, p, k);
    if (look(slice_of(w->part, w->n + k), &from, false))
        return true;
    size_t held = w->n;
    if (k == n) { /* all of it has room, and perhaps goes on */
        w->n += n;
        w->done = from;
    } else { /* what lies in `part` of the run was looked at up to `from`, beyond `held` */
        from -= held;
        if (look(slice_of(p, n), &from, false))
            return true;
        size_t keep = n - from + BACK < n ? n - from + BACK : n;
        memcpy(w->part, p + n - keep, keep);
        w->n = keep;
        w->done = keep - (n - from);
        return false;
    }
    size_t drop = w->done > BACK ? w->done - BACK : 0;
    memmove(w->part, w->part + drop, w->n - drop);
    w->n -= drop;
    w->done -= drop;
    return false;
}

bool html_watch_end(struct html_watch *w)
{
    return look(slice_of(w->part, w->n), &w->done, true);
}
