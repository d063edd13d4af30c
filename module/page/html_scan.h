/* SPDX-License-Identifier: Apache-2.0 */
/* html_scan.h - finding bytes that are usually near: the next '<', a closing
 * quote, a byte that needs decoding. A call of memchr costs more than most of
 * these distances; beyond a few steps it is called after all. */
#ifndef OPTOUT_PAGE_HTML_SCAN_H
#define OPTOUT_PAGE_HTML_SCAN_H

#include "core/slice.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first `byte` in [p, end), or NULL. */
static inline const uint8_t *html_find(const uint8_t *p, const uint8_t *end, uint8_t byte)
{
#ifdef __SSE2__
    const __m128i want = _mm_set1_epi8((char)byte);
    for (int i = 0; i < 6 && end - p >= 16; i++, p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        int hit = _mm_movemask_epi8(_mm_cmpeq_epi8(v, want));
        if (hit)
            return p + __builtin_ctz((unsigned)hit);
    }
#endif
    return p < end ? memchr(p, byte, (size_t)(end - p)) : NULL;
}

/* The first '&', CR, NUL or `other` in [p, end), or end. */
static inline const uint8_t *html_find_special_or(const uint8_t *p, const uint8_t *end,
                                                  uint8_t other)
{
#ifdef __SSE2__
    const __m128i amp = _mm_set1_epi8('&'), cr = _mm_set1_epi8('\r'), nul = _mm_setzero_si128(),
                  more = _mm_set1_epi8((char)other);
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i any = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, amp), _mm_cmpeq_epi8(v, cr)),
                                   _mm_or_si128(_mm_cmpeq_epi8(v, nul), _mm_cmpeq_epi8(v, more)));
        int hit = _mm_movemask_epi8(any);
        if (hit)
            return p + __builtin_ctz((unsigned)hit);
    }
#endif
    while (p < end && *p != '&' && *p != '\r' && *p != '\0' && *p != other)
        p++;
    return p;
}

static inline const uint8_t *html_find_special(const uint8_t *p, const uint8_t *end)
{
    return html_find_special_or(p, end, '\0');
}

#endif
