/* SPDX-License-Identifier: Apache-2.0 */
/* site_lines.h - the lines of ai.txt and trust.txt, whatever their bytes look
 * like. CR, LF and CRLF end a line; a comment starts with `#` at the front or
 * behind a blank, for a URL may hold one. Linear; slices point into the text. */
#ifndef OPTOUT_STANDARDS_SITE_LINES_H
#define OPTOUT_STANDARDS_SITE_LINES_H

#include "standards/site_rules.h"

#define SITE_LINE_MAX 8192u /* bytes of a line; what follows is dropped and warned of */

struct site_lines {
    struct slice rest;
    uint32_t number; /* of the last line read, from 1 */
    bool odd;        /* of site_text_read */
    bool other;      /* it begins as markup or JSON does: a notice of the server in front of
                        the lines, or another document in their place */
};

struct site_line {
    uint32_t number;
    struct slice whole; /* trimmed, at most SIGNAL_RAW_MAX: for rule.raw */
    struct slice name;  /* before the separator, trimmed; empty: no such line */
    struct slice value; /* behind it, trimmed, without comment */
    bool indented;      /* two blanks or a tab stand in front */
    bool blank;         /* nothing, or a comment only */
    bool cut;
};

/* OPTOUT_E_LIMIT: beyond SITE_FILE_MAX. UTF-16 is turned into UTF-8 in the arena. */
enum optout_rc site_lines_open(struct arena *a, struct slice text,
                               struct site_lines *l) OPTOUT_CHECKED;
/* What became of a text whose lines were read without an error: OPTOUT_OK, or OPTOUT_E_UNSUP
 * for another document. Lowers what was read with lenience. */
enum optout_rc site_lines_end(const struct site_lines *l, struct site_rules *out) OPTOUT_CHECKED;
/* The next line, parted at its first `separator`; false at the end. */
bool site_lines_next(struct site_lines *l, uint8_t separator, struct site_line *line);

#endif
