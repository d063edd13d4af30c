/* SPDX-License-Identifier: Apache-2.0 */
/* unicode.h - UTF-16 and UTF-32 to UTF-8, in pieces. The Unicode Standard, section 3.9.
 * Lone surrogates and what is beyond U+10FFFF become U+FFFD. */
#ifndef OPTOUT_SYNTAX_UNICODE_H
#define OPTOUT_SYNTAX_UNICODE_H

#include "core/slice.h"

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
    uint8_t n_part;
    uint32_t high; /* a high surrogate that waits for its low one, or 0 */
};

#define UNICODE_OUT_MAX 8 /* bytes that one byte of the input can give */

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
/* The first bytes of a text as UTF-8: the bytes themselves, or what fits into `out`. */
struct slice unicode_head(struct slice head, uint8_t *out, size_t size);

#endif
