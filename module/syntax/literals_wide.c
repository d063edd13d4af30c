/* SPDX-License-Identifier: Apache-2.0 */
/* literals_wide.c - Teddy, as Hyperscan calls it: of 32 places at once, with AVX2, is it seen
 * whether four bytes may be the fingerprint of a literal. Each byte is looked up by its nibbles
 * in two tables that fit into a register; each literal is in one of eight buckets, which are the
 * bits of what is found there, or in one of eight others with tables of their own. Where the bits
 * of four bytes in a row agree and their hash is known, fingerprints are compared, and then the
 * literal. */
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
    __m256i low[GROUPS][PRINT], high[GROUPS][PRINT];
};

AVX2 static inline __m256i twice(const uint8_t p[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p));
}

AVX2 static inline void load_tables(struct tables *t, const struct literals *l)
{
    for (int g = 0; g < GROUPS; g++)
        for (int k = 0; k < PRINT; k++) {
            t->low[g][k] = twice(l->low[g][k]);
            t->high[g][k] = twice(l->high[g][k]);
        }
}

/* For each of 32 places the buckets that may have a literal there, no matter of which group. */
AVX2 static inline __m256i look(const struct tables *t, const uint8_t *p)
{
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    const __m256i ones = _mm256_set1_epi8(-1);
    __m256i group[GROUPS], all = _mm256_setzero_si256();
    _Pragma("GCC unroll 4")
    for (int k = 0; k < PRINT; k++) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(p + k));
        __m256i low = _mm256_and_si256(v, nibble);
        __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble);
        _Pragma("GCC unroll 4")
        for (int g = 0; g < GROUPS; g++) {
            __m256i both = _mm256_and_si256(_mm256_shuffle_epi8(t->low[g][k], low),
                                            _mm256_shuffle_epi8(t->high[g][k], high));
            group[g] = _mm256_and_si256(k ? group[g] : ones, both);
        }
    }
    _Pragma("GCC unroll 4")
    for (int g = 0; g < GROUPS; g++)
        all = _mm256_or_si256(all, group[g]);
    return all;
}

/* The first literals that may have their fingerprint at p: by four bytes, and by two. There
 * are none for nearly all places that agree by chance. */
struct chains {
    unsigned whole, two;
};

static inline unsigned chain_of(const struct literals *l, uint32_t hash)
{
    bool known = l->sieve[hash >> 3] >> (hash & 7) & 1;
    return known ? l->heads[hash >> (SIEVE_BITS - HASH_BITS)] : 0;
}

static inline bool may_stand(const struct literals *l, const uint8_t *p)
{
    uint32_t bytes, whole, two;
    memcpy(&bytes, p, sizeof bytes);
    whole = literal_hash(bytes);
    two = literal_hash(literal_short(bytes));
    return (l->sieve[whole >> 3] >> (whole & 7) | l->sieve[two >> 3] >> (two & 7)) & 1;
}

static inline struct chains chains_at(const struct literals *l, const uint8_t *p)
{
    uint32_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    return (struct chains){ chain_of(l, literal_hash(bytes)),
                            chain_of(l, literal_hash(literal_short(bytes))) };
}

/* The first place, not before `from`, where a literal of this chain begins whose fingerprint
 * stands at `at`. */
static size_t check(const struct literals *l, struct slice s, size_t from, size_t at,
                    unsigned chain)
{
    size_t found = LITERAL_NONE;
    uint32_t bytes;
    memcpy(&bytes, s.p + at, sizeof bytes);
    for (const struct literal_print *f; chain; chain = f->next) {
        f = &l->print[chain - 1];
        if ((bytes ^ f->value) & f->mask || at < from + f->back)
            continue;
        size_t begin = at - f->back;
        if (begin < found && begin < s.n && literal_stands(&l->entry[f->entry], s, begin))
            found = begin;
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

/* Those stay whose hash is known; without a branch, too. */
static void sift(const struct literals *l, const uint8_t *p, struct hits *h)
{
    size_t n = 0;
    for (size_t i = 0; i < h->n; i++) {
        uint32_t at = h->at[i];
        h->at[n] = at;
        n += may_stand(l, p + at);
    }
    h->n = n;
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
        sift(l, s.p + at, &hits);
        for (size_t i = 0; i < hits.n; i++) {
            struct chains c = chains_at(l, s.p + at + hits.at[i]);
            size_t begin = check(l, s, *from, at + hits.at[i], c.whole);
            size_t other = check(l, s, *from, at + hits.at[i], c.two);
            begin = other < begin ? other : begin;
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
