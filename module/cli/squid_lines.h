/* SPDX-License-Identifier: Apache-2.0 */
/* squid_lines.h - the directives of a squid.conf, one after the other, as Squid
 * reads them: comments and empty lines left out, lines that end with a backslash
 * joined, the files of `include` in the place of its line. */
#ifndef OPTOUT_CLI_SQUID_LINES_H
#define OPTOUT_CLI_SQUID_LINES_H

#include "core/rc.h"
#include "core/slice.h"

struct squid_place {
    const char *file; /* lives as long as the reader */
    unsigned line;    /* where the directive begins, from 1; 0: nowhere */
    size_t order;     /* lines before this one are below it; 0: nowhere */
};

struct squid_lines;

/* NULL when there is no memory; standard error has been told. Nothing is
 * opened yet. */
struct squid_lines *squid_lines_open(const char *path);
void squid_lines_close(struct squid_lines *r);

enum squid_got { SQUID_END, SQUID_LINE, SQUID_FAILED };
/* The next directive; `*text` is valid until the next call and has no NUL.
 * SQUID_FAILED: a file cannot be read or a limit is exceeded; standard error
 * has been told. */
enum squid_got squid_lines_next(struct squid_lines *r, struct squid_place *at,
                                struct slice *text) OPTOUT_CHECKED;

/* Cuts the next word off the front; what follows a word's leading # is a comment. */
bool squid_word(struct slice *rest, struct slice *word);

#endif
