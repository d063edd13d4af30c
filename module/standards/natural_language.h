/* SPDX-License-Identifier: Apache-2.0 */
/* natural_language.h - reservations in words as statements.
 *
 * Each is weak and has a grade, in `property`: what a profile does with it depends on that.
 * `name` says by which phrase of which file it was found: "de/reserved@1", of version 1. */
#ifndef OPTOUT_STANDARDS_NATURAL_LANGUAGE_H
#define OPTOUT_STANDARDS_NATURAL_LANGUAGE_H

#include "core/signal.h"
#include "core/undecided.h"
#include "standards/phrases.h"

/* PHRASE_NONE of a statement that is not in words. */
static inline enum phrase_grade natural_grade(const struct signal *s)
{
    bool words = s->standard == STD_NATURAL_LANGUAGE && s->property < PHRASE_GRADE_COUNT;
    return words ? (enum phrase_grade)s->property : PHRASE_NONE;
}

#define PHRASE_NAME_MAX 64 /* with its NUL */

/* "de/reserved@1". */
void natural_name(const struct phrase_hit *hit, char out[PHRASE_NAME_MAX]);
/* What it denies; nothing for a permission. */
struct prefs natural_prefs(const struct phrase_hit *hit);

/* What reads the words of one exchange. */
struct words {
    const struct phrases *phrases; /* NULL: words are not read */
    struct arena *arena;
    undecided_set *undecided;     /* is told limit-phrases and limit-memory; may be NULL */
    struct phrase_reader *fields; /* opened at the first need */
    const struct signal *like;    /* of the field that is being read */
    struct signals *out;
};

/* Words of one field, a text of its own. `like`: a statement of that field, from which each
 * takes carrier, scope, place and what its packet's role takes away. */
void words_field(struct words *w, struct slice text, const struct signal *like,
                 struct signals *out);

struct page_statement;
struct hook_input;

/* Whether a meta whose words are read holds bytes that are no UTF-8. */
bool words_meta_is_legacy(const struct page_statement *s);
/* Its words alone, once its values are UTF-8. */
void words_meta(const struct page_statement *s, const struct hook_input *r);

/* Words of a text that comes in blocks: a page, or a body that is text. Who reads it fills in
 * the first four; there must be phrases. */
struct words_text {
    struct words *words;
    struct signals *out;
    enum carrier carrier;
    enum scope scope;
    struct phrase_reader *reader; /* opened with the first block */
    bool failed;
};

void words_text_block(void *text, const struct text_block *b); /* a text_visit */
void words_text_end(struct words_text *t); /* a second time, and without a block, nothing */

#endif
