/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c - RFC 3629. No limits but those of the caller's room. */
#include "syntax/utf8.h"

#include "syntax/unicode.h"

size_t utf8_length(struct slice s)
{
    uint8_t c = s.p[0];
    if (c < 0x80)
        return 1;
    size_t n = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || s.n < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s.p[i] & 0xC0) != 0x80)
            return 0;
    /* overlong forms, surrogates, beyond U+10FFFF */
    uint8_t d = s.p[1];
    if ((c == 0xE0 && d < 0xA0) || (c == 0xED && d > 0x9F) || (c == 0xF0 && d < 0x90) ||
        (c == 0xF4 && d > 0x8F))
        return 0;
    return n;
}

bool utf8_is_valid(struct slice s)
{
    while (s.n) {
        size_t n = utf8_length(s);
        if (n == 0)
            return false;
        s = slice_from(s, n);
    }
    return true;
}

struct slice utf8_clip(struct slice s, size_t max)
{
    if (s.n <= max)
        return s;
    size_t n = max;
    for (unsigned back = 0; back < 3 && n > 0 && (s.p[n] & 0xC0) == 0x80; back++)
        n--;
    /* four continuation bytes in a row are no UTF-8 at all */
    return slice_sub(s, 0, n > 0 && (s.p[n] & 0xC0) == 0x80 ? max : n);
}

/* 0 when there is no room. */
static size_t utf8_put(uint32_t c, uint8_t *room, size_t left)
{
    uint8_t bytes[4];
    size_t n = unicode_encode(c, bytes);
    if (n > left)
        return 0;
    memcpy(room, bytes, n);
    return n;
}

struct slice utf8_from_latin1(struct slice s, uint8_t *room, size_t size)
{
    struct slice clipped = utf8_clip(s, size);
    if (utf8_is_valid(clipped))
        return clipped;
    size_t n = 0, more;
    for (size_t i = 0; i < s.n && (more = utf8_put(s.p[i], room + n, size - n)) != 0; i++)
        n += more;
    return slice_of(room, n);
}

struct slice utf8_from_utf16(struct slice s, bool little, uint8_t *room, size_t size)
{
    size_t n = 0, more;
    uint32_t c = 0;
    if (unicode_utf16(s.p, s.n, false, &c) == 2 && (c == 0xFEFF || c == 0xFFFE)) {
        little = c == 0xFFFE;
        s = slice_from(s, 2);
    }
    while (s.n >= 2) {
        size_t took = unicode_utf16(s.p, s.n, little, &c);
        more = utf8_put(took ? c : 0xFFFD, room + n, size - n);
        if (more == 0)
            break;
        n += more;
        s = slice_from(s, took ? took : 2);
    }
    return slice_of(room, n);
}
