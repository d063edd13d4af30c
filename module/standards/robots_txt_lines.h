/* SPDX-License-Identifier: Apache-2.0 */
/* robots_txt_lines.h - the lines of a robots.txt, whatever its bytes look like.
 *
 * RFC 9309 section 2.2 (grammar), and what real files hold: byte order marks,
 * UTF-16, bare CR, missing colons. Only robots_txt*.c include it. */
#ifndef OPTOUT_STANDARDS_ROBOTS_TXT_LINES_H
#define OPTOUT_STANDARDS_ROBOTS_TXT_LINES_H

#include "standards/site_rules.h"

#define ROBOTS_LINE_MAX 16664 /* bytes of a line; what follows is dropped (as Google does) */
#define ROBOTS_NAME_MAX 64    /* bytes of a directive's name */

/* A line as it was written, and what it says. Slices point into the text, but
 * `name` into the structure's own memory. */
struct robots_line {
    uint32_t number;    /* from 1 */
    struct slice whole; /* trimmed, with its comment */
    struct slice name;  /* lower case, without invisible characters; empty: nothing is said */
    struct slice value; /* trimmed, without comment */
    bool colon;         /* name and value are parted by a colon, not by a space */
    bool bare;          /* one word only, and no colon */
    bool odd_name;      /* invisible characters or a full-width colon were there */
    bool cut;           /* longer than ROBOTS_LINE_MAX */
    char name_buf[ROBOTS_NAME_MAX];
};

struct robots_text {
    struct slice rest;
    uint32_t lines; /* read so far */
    bool odd;       /* of site_text_read */
};

/* Byte order marks go, UTF-16 becomes UTF-8 and NULs are left away (in the arena; warned
 * of), and the text ends, at the end of a line, at ROBOTS_TXT_MAX: warned of, too.
 * OPTOUT_E_SYNTAX: compressed bytes. OPTOUT_E_NOMEM. */
enum optout_rc robots_text_open(struct slice text, struct site_rules *out,
                                struct robots_text *t) OPTOUT_CHECKED;
/* The next line; false at the end. CR, LF and CRLF end a line. */
bool robots_text_next(struct robots_text *t, struct robots_line *line);

/* Without the characters that nobody sees: U+200B to U+200D, U+FEFF, U+00AD.
 * The result is `s` itself when it has none, else in the arena; p is NULL when
 * that is used up. */
struct slice robots_visible(struct arena *a, struct slice s);
/* Without blanks at both ends. */
struct slice robots_trim(struct slice s);

#endif
