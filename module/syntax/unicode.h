/* SPDX-License-Identifier: Apache-2.0 */
/* unicode.h - UTF-16 and UTF-32 to UTF-8, as a whole and in pieces. The Unicode Standard,
 * section 3.9; RFC 2781. Lone surrogates and what is beyond U+10FFFF become U+FFFD. */
#ifndef OPTOUT_SYNTAX_UNICODE_H
#define OPTOUT_SYNTAX_UNICODE_H

#include "core/buf.h"

enum unicode_form {
    UNICODE_UTF8, /* or anything else that ASCII is a part of */
    UNICODE_UTF16LE,
    UNICODE_UTF16BE,
    UNICODE_UTF32LE,
    UNICODE_UTF32BE
};

struct unicode {
    uint8_t form; /* enum unicode_form; not UTF-8 */
    uint8_t part[4];
    uint8_t n_part; /* of UTF-16 a high surrogate waits here for its low one */
};

#define UNICODE_OUT_MAX 8 /* bytes that one byte of the input can give */

/* The character of UTF-16 at the front of n bytes: how many bytes it takes, or 0 when more
 * are needed to know. */
static inline size_t unicode_utf16(const uint8_t *p, size_t n, bool little, uint32_t *c)
{
    if (n < 2)
        return 0;
    uint32_t unit = little ? (uint32_t)(p[1] << 8 | p[0]) : (uint32_t)(p[0] << 8 | p[1]);
    *c = unit;
    if (unit < 0xD800 || unit > 0xDFFF)
        return 2;
    *c = 0xFFFD;
    if (unit > 0xDBFF)
        return 2;
    if (n < 4)
        return 0;
    uint32_t low = little ? (uint32_t)(p[3] << 8 | p[2]) : (uint32_t)(p[2] << 8 | p[3]);
    if (low < 0xDC00 || low > 0xDFFF)
        return 2;
    *c = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    return 4;
}

/* A code point in UTF-8 at `out`, at most four bytes; returns how many. */
size_t unicode_encode(uint32_t c, uint8_t *out);
/* By a byte order mark, or by where the zero bytes of a first '<' fall. */
enum unicode_form unicode_form_of(struct slice head);
/* Takes one byte; what it completes, in UTF-8 into `out`, returns how many bytes. */
size_t unicode_put(struct unicode *u, uint8_t byte, uint8_t out[UNICODE_OUT_MAX]);

static inline size_t unicode_width(const struct unicode *u)
{
    return u->form == UNICODE_UTF32LE || u->form == UNICODE_UTF32BE ? 4 : 2;
}
/* Appends a text of that form, which is not UTF-8; half a character at its end is dropped. */
enum optout_rc unicode_append(struct buf *out, struct slice text,
                              enum unicode_form form) OPTOUT_CHECKED;
/* The first bytes of a text as UTF-8: the bytes themselves, or what fits into `out`. */
struct slice unicode_head(struct slice head, uint8_t *out, size_t size);

#endif
