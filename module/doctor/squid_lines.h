/* SPDX-License-Identifier: Apache-2.0 */
/* squid_lines.h - the directives of a squid.conf, one after the other, as a process of Squid
 * reads them: comments and empty lines left out, lines that end with a backslash joined,
 * `${process_number}` and its like replaced, the files of `include` in the place of its line,
 * what stands between `if` and `endif` left out where it does not hold.
 *
 * Where `configuration_includes_quoted_values` is on, words come without their quotation
 * marks, with SQUID_BLANK for each blank inside of them. Source: Squid 5.7 and 6.13,
 * parseOneConfigFile and ConfigParser::TokenParse. One reader belongs to one thread. */
#ifndef OPTOUT_DOCTOR_SQUID_LINES_H
#define OPTOUT_DOCTOR_SQUID_LINES_H

#include "core/rc.h"
#include "core/slice.h"

#define SQUID_BLANK 0x1f

struct squid_place {
    const char *file; /* lives as long as the reader */
    unsigned line;    /* where the directive begins, from 1; 0: nowhere */
    size_t order;     /* lines before this one are below it; 0: nowhere */
};

struct squid_lines;

/* `process`: what ${process_number} stands for: from 1 for a worker of several, 0 for the only
 * one. NULL when there is no memory. Nothing is opened yet; `path` is copied. */
struct squid_lines *squid_lines_open(const char *path, unsigned process);
void squid_lines_close(struct squid_lines *r); /* NULL is fine */

enum squid_got { SQUID_END, SQUID_LINE, SQUID_FAILED };
/* The next directive; `*text` is valid until the next call and has no NUL.
 * SQUID_FAILED: a file cannot be read or a limit is exceeded; squid_lines_why says so. */
enum squid_got squid_lines_next(struct squid_lines *r, struct squid_place *at,
                                struct slice *text) OPTOUT_CHECKED;
/* After SQUID_FAILED: "FILE:LINE: REASON". */
const char *squid_lines_why(const struct squid_lines *r);
/* A file is not for us to read: nothing is said of it. */
bool squid_lines_denied(const struct squid_lines *r);

/* Cuts the next word off the front; what follows a word's leading # is a comment. */
bool squid_word(struct slice *rest, struct slice *word);

#endif
