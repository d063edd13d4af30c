/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - texts for people in old metadata, as UTF-8.
 *
 * Old fields do not say their character set, or say it wrongly. What is valid UTF-8 is
 * taken as such, for other text is so by chance only; the rest is Latin-1. */
#ifndef OPTOUT_SYNTAX_UTF8_H
#define OPTOUT_SYNTAX_UTF8_H

#include "core/slice.h"

/* Length of the well-formed character in front of a text that is not empty, or 0. */
size_t utf8_length(struct slice s);
bool utf8_is_valid(struct slice s);
/* At most `max` bytes of it, without a piece of a character at the end. */
struct slice utf8_clip(struct slice s, size_t max);
/* `s` itself, or a copy in `room` of `size` bytes, clipped at a character. */
struct slice utf8_from_latin1(struct slice s, uint8_t *room, size_t size);
/* Of UTF-16; a byte order mark overrides `little`. Lone surrogates become U+FFFD. */
struct slice utf8_from_utf16(struct slice s, bool little, uint8_t *room, size_t size);

#endif
