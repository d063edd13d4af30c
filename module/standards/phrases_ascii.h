/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_ascii.h - sixteen bytes of a text at once, where they are ASCII as most are. */
#ifndef OPTOUT_STANDARDS_PHRASES_ASCII_H
#define OPTOUT_STANDARDS_PHRASES_ASCII_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/slice.h"

#define ASCII_BLOCK 16

#ifdef __SSE2__
#include <emmintrin.h>

static inline __m128i ascii_block(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* From `first` on, fewer than n of them. */
static inline __m128i ascii_block_range(__m128i v, char first, char n)
{
    __m128i from = _mm_sub_epi8(v, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8((char)(n - 1))), from);
}

/* Bits of letters and digits; of blanks. */
static inline unsigned ascii_block_alnum(const uint8_t *p)
{
    __m128i v = ascii_block(p), small = _mm_or_si128(v, _mm_set1_epi8(0x20));
    return (unsigned)_mm_movemask_epi8(
        _mm_or_si128(ascii_block_range(small, 'a', 26), ascii_block_range(v, '0', 10)));
}

static inline unsigned ascii_block_blanks(const uint8_t *p)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(ascii_block(p), _mm_set1_epi8(' ')));
}

/* Bits of what is not ASCII, or no character that is seen, or a grave accent. */
static inline unsigned ascii_block_strange(const uint8_t *p)
{
    __m128i v = ascii_block(p);
    __m128i other = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('`')),
                                 _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7F)));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(other, _mm_cmplt_epi8(v, _mm_set1_epi8(' '))));
}

/* Their small letters, in the same place of out; false: they are not all ASCII. */
static inline bool ascii_block_lower(const uint8_t *p, uint8_t *out)
{
    __m128i v = ascii_block(p), large = ascii_block_range(v, 'A', 26);
    if (_mm_movemask_epi8(v))
        return false;
    _mm_storeu_si128((__m128i *)(void *)out,
                     _mm_or_si128(v, _mm_and_si128(large, _mm_set1_epi8(0x20))));
    return true;
}

#else

static inline unsigned ascii_block_alnum(const uint8_t *p)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < ASCII_BLOCK; i++)
        bits |= (unsigned)ascii_is_alnum(p[i]) << i;
    return bits;
}

static inline unsigned ascii_block_blanks(const uint8_t *p)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < ASCII_BLOCK; i++)
        bits |= (unsigned)(p[i] == ' ') << i;
    return bits;
}

static inline unsigned ascii_block_strange(const uint8_t *p)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < ASCII_BLOCK; i++)
        bits |= (unsigned)(p[i] < ' ' || p[i] >= 0x7F || p[i] == '`') << i;
    return bits;
}

static inline bool ascii_block_lower(const uint8_t *p, uint8_t *out)
{
    uint8_t all = 0;
    for (unsigned i = 0; i < ASCII_BLOCK; i++)
        all |= p[i];
    for (unsigned i = 0; i < ASCII_BLOCK && all < 0x80; i++)
        out[i] = ascii_lower(p[i]);
    return all < 0x80;
}

#endif

#endif
