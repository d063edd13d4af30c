/* SPDX-License-Identifier: Apache-2.0 */
/* literals_wide.c - Teddy, as Hyperscan calls it: of 32 places at once, with AVX2, is it seen
 * whether four bytes may be the fingerprint of a literal. Each byte is looked up by its nibbles
 * in two tables that fit into a register; what eight literals or more share a bucket is a bit of
 * what is found there. Where the bits of four bytes in a row agree, the bucket's fingerprints are
 * compared, and then the literal. */
#include "syntax/literals_internal.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi,bmi2")))
#define WIDTH 32
#define HITS 256 /* places that are looked at one after the other */
#define FIRST 256 /* bytes that are looked at before hits are; then twice as many */
#define MOST 4096
#define READ (WIDTH + PRINT - 1) /* bytes that are read for that many places */

struct tables {
    __m256i low[PRINT], high[PRINT];
};

AVX2 static inline __m256i twice(const uint8_t p[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p));
}

AVX2 static inline void load_tables(struct tables *t, const struct literals *l)
{
    _Pragma("GCC unroll 4")
    for (int k = 0; k < PRINT; k++) {
        t->low[k] = twice(l->low[k]);
        t->high[k] = twice(l->high[k]);
    }
}

/* For each of 32 places the buckets that may have a literal there. */
AVX2 static inline __m256i look(const struct tables *t, const uint8_t *p)
{
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    __m256i all = _mm256_set1_epi8(-1);
    _Pragma("GCC unroll 4")
    for (int k = 0; k < PRINT; k++) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(p + k));
        __m256i low = _mm256_shuffle_epi8(t->low[k], _mm256_and_si256(v, nibble));
        v = _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble);
        all = _mm256_and_si256(all, _mm256_and_si256(low, _mm256_shuffle_epi8(t->high[k], v)));
    }
    return all;
}

/* Whether there is such a fingerprint at all; nearly all that agree by chance are none. */
static inline bool may_be(const struct literals *l, const uint8_t *p)
{
    uint32_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    uint32_t whole = literal_hash(bytes), two = literal_hash(literal_short(bytes));
    return ((l->seen[whole >> 3] >> (whole & 7)) | (l->seen[two >> 3] >> (two & 7))) & 1;
}

/* The same as `look`, for one place. */
static unsigned buckets_at(const struct literals *l, const uint8_t *p)
{
    unsigned all = (1u << BUCKETS) - 1;
    for (int k = 0; k < PRINT; k++)
        all &= (unsigned)l->low[k][p[k] & 15] & l->high[k][p[k] >> 4];
    return all;
}

/* The first place, not before `from`, where a literal begins whose fingerprint stands at `at`. */
static size_t check(const struct literals *l, struct slice s, size_t from, size_t at)
{
    size_t found = LITERAL_NONE;
    uint32_t bytes;
    memcpy(&bytes, s.p + at, sizeof bytes);
    for (unsigned buckets = buckets_at(l, s.p + at); buckets; buckets &= buckets - 1) {
        unsigned b = (unsigned)__builtin_ctz(buckets);
        for (size_t i = l->first[b]; i < l->first[b + 1]; i++) {
            const struct literal_print *f = &l->print[i];
            if ((bytes ^ f->value) & f->mask || at < from + f->back)
                continue;
            size_t begin = at - f->back;
            if (begin < found && begin < s.n && literal_stands(&l->entry[f->entry], s, begin))
                found = begin;
        }
    }
    return found;
}

/* Places that may be hits, counted from where looking for them began. */
struct hits {
    uint32_t at[HITS];
    size_t n;
};

/* Most often there is none, or one: two are written at once, and which of both it is is not
 * guessed by a branch. */
AVX2 static inline void note(struct hits *h, uint32_t at, unsigned bits)
{
    uint32_t *to = h->at + h->n;
    h->n += (unsigned)__builtin_popcount(bits);
    to[0] = at + _tzcnt_u32(bits);
    bits = _blsr_u32(bits);
    to[1] = at + _tzcnt_u32(bits);
    for (bits = _blsr_u32(bits), to += 2; __builtin_expect(bits != 0, 0); bits = _blsr_u32(bits))
        *to++ = at + _tzcnt_u32(bits);
}

/* Goes on until there are many, or to `end`; returns where it stopped. A function of its own, so
 * that the tables stay in registers. */
AVX2 static __attribute__((noinline)) size_t collect(const struct literals *l, const uint8_t *p,
                                                     size_t at, size_t end, struct hits *h)
{
    const size_t from = at;
    struct tables t;
    load_tables(&t, l);
    h->n = 0;
    for (; at < end && h->n <= HITS - WIDTH - 2; at += WIDTH) {
        __m256i none = _mm256_cmpeq_epi8(look(&t, p + at), _mm256_setzero_si256());
        note(h, (uint32_t)(at - from), ~(unsigned)_mm256_movemask_epi8(none));
    }
    return at;
}

/* One that begins before the first that was found has its fingerprint no further than
 * l->back behind that. */
static size_t find(const struct literals *l, struct slice s, size_t readable, size_t *from)
{
    size_t at = *from, found = LITERAL_NONE;
    size_t end = readable - READ + 1 < s.n ? readable - READ + 1 : s.n;
    size_t most = FIRST;
    struct hits hits;
    while (at < end && (found == LITERAL_NONE || at <= found + l->back)) {
        size_t next = collect(l, s.p, at, end - at > most ? at + most : end, &hits);
        for (size_t i = 0; i < hits.n; i++) {
            if (!may_be(l, s.p + at + hits.at[i]))
                continue;
            size_t begin = check(l, s, *from, at + hits.at[i]);
            found = begin < found ? begin : found;
        }
        at = next;
        most = most < MOST ? most * 2 : most;
    }
    *from = at;
    return found;
}

size_t literals_find_wide(const struct literals *l, struct slice s, size_t readable, size_t *from)
{
    if (*from >= s.n || readable - *from < READ || !__builtin_cpu_supports("avx2") ||
        !__builtin_cpu_supports("bmi2"))
        return LITERAL_NONE;
    return find(l, s, readable, from);
}

#else

size_t literals_find_wide(const struct literals *l, struct slice s, size_t readable, size_t *from)
{
    (void)l;
    (void)s;
    (void)readable;
    (void)from;
    return LITERAL_NONE;
}

#endif
