/* SPDX-License-Identifier: Apache-2.0 */
/* terms_pages.h - which pages of a site hold its terms: words of paths and of titles, as data
 * (conf/terms.tsv, whose head describes it).
 *
 * Immutable once parsed; any thread reads. */
#ifndef OPTOUT_POLICY_TERMS_PAGES_H
#define OPTOUT_POLICY_TERMS_PAGES_H

#include "core/rc.h"
#include "core/slice.h"

#define TERMS_WORDS_MAX 2048 /* rows */
#define TERMS_WORD_MAX 96    /* bytes of a word */

struct terms_pages;

/* `*line` tells where a wrong row is, `*why` (static) what is wrong. `text` is borrowed for as long as
 * the result lives. Free with terms_pages_free. */
enum optout_rc terms_pages_parse(struct slice text, struct terms_pages **out, unsigned *line,
                                 const char **why) OPTOUT_CHECKED;
void terms_pages_free(struct terms_pages *t); /* NULL is fine */
/* The file of the source. Parsed at its first use, never freed; NULL when memory is used up. */
const struct terms_pages *terms_pages_builtin(void);

/* A path as requested, query included. */
bool terms_pages_have_path(const struct terms_pages *t, struct slice path);
/* A title, UTF-8. */
bool terms_pages_have_title(const struct terms_pages *t, struct slice title);

/* conf/terms.tsv, as the build embeds it. */
extern const struct slice terms_pages_text;

#endif
