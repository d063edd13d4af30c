/* SPDX-License-Identifier: Apache-2.0 */
/* charset_table.h - characters of the legacy encodings, for who reads text.
 *
 * Tables are made of iconv(3) when they are first asked for, 48 KiB at most for each encoding, and
 * stay; by any thread. */
#ifndef OPTOUT_PAGE_CHARSET_TABLE_H
#define OPTOUT_PAGE_CHARSET_TABLE_H

#include "page/charset.h"

#define CHARSET_CHAR_MAX 4 /* bytes of one character */

struct charset_table;

/* NULL: of UTF-8 and CODE_NONE, or iconv does not know it. */
const struct charset_table *charset_table(enum charset_code code);
/* Makes all of them, for who forks or may open no file later. */
void charset_tables_ready(void);

/* Whether more bytes may follow this one, at least 0x80, in its character. */
bool charset_leads(const struct charset_table *t, uint8_t c);
/* The character that begins with p[0], which is at least 0x80: how many bytes it takes, 0 when more
 * than `n` must be known. What is none is U+FFFD, of one byte. */
size_t charset_char(const struct charset_table *t, const uint8_t *p, size_t n, uint32_t *ch);

#endif
