/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax/needle.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2,bmi")))
#define WIDE 1
#endif

/* How rare a byte is in lines of the log, the rarest first: names, words, digests. */
static unsigned rank_of(uint8_t c)
{
    static const char order[] = "qzjxkvwy_-gpmlubhf%.=nriosct/dae9876543210,:\"";
    const char *at = c ? strchr(order, ascii_lower(c)) : NULL;
    return at ? (unsigned)(at - order) : 0;
}

struct needle needle_of(struct slice word, bool exact)
{
    struct needle n = { .word = word, .exact = exact, .at = { 0, 1 } };
    for (unsigned k = 0; k < 2; k++) {
        unsigned best = 255;
        for (size_t i = 0; i < word.n; i++) {
            if ((k && i == n.at[0]) || rank_of(word.p[i]) >= best)
                continue;
            best = rank_of(word.p[i]);
            n.at[k] = (uint8_t)i;
        }
        uint8_t c = word.p[n.at[k]];
        n.fold[k] = !exact && ascii_is_alpha(c) ? 0x20 : 0;
        n.byte[k] = (uint8_t)(c | n.fold[k]);
    }
    return n;
}

static bool stands_at(const struct needle *n, const uint8_t *p)
{
    struct slice there = slice_of(p, n->word.n);
    return n->exact ? slice_eq(there, n->word) : slice_eq_nocase(there, n->word);
}

static bool is_in_short(const struct needle *n, struct slice text)
{
    for (size_t i = 0; i + n->word.n <= text.n; i++)
        if ((text.p[i + n->at[0]] | n->fold[0]) == n->byte[0] && stands_at(n, text.p + i))
            return true;
    return false;
}

#ifdef WIDE
/* The bits of 32 places at which both bytes are right. */
AVX2 static inline uint32_t look(const struct needle *n, const uint8_t *p)
{
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(p + n->at[0]));
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(p + n->at[1]));
    a = _mm256_or_si256(a, _mm256_set1_epi8((char)n->fold[0]));
    b = _mm256_or_si256(b, _mm256_set1_epi8((char)n->fold[1]));
    a = _mm256_cmpeq_epi8(a, _mm256_set1_epi8((char)n->byte[0]));
    b = _mm256_cmpeq_epi8(b, _mm256_set1_epi8((char)n->byte[1]));
    return (uint32_t)_mm256_movemask_epi8(_mm256_and_si256(a, b));
}

AVX2 static bool is_in_wide(const struct needle *n, struct slice text)
{
    size_t places = text.n - n->word.n + 1; /* 32 of them at least */
    for (size_t at = 0;;) {
        for (uint32_t hits = look(n, text.p + at); hits; hits &= hits - 1)
            if (stands_at(n, text.p + at + (unsigned)__builtin_ctz(hits)))
                return true;
        if (at + 32 == places)
            return false;
        at = at + 64 <= places ? at + 32 : places - 32; /* the last 32 are looked at whole */
    }
}
#endif

bool needle_is_in(const struct needle *n, struct slice text)
{
#ifdef WIDE
    if (text.n >= n->word.n + 31 && __builtin_cpu_supports("avx2"))
        return is_in_wide(n, text);
#endif
    return is_in_short(n, text);
}
