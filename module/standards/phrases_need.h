/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_need.h - words without which an alternative of a set cannot be found. Nearly all sets
 * stand in nearly no text, and one look at its words, for all of them together, is cheaper than
 * their programs.
 *
 * Texts and words are compared in small letters, but for words of which case matters. */
#ifndef OPTOUT_STANDARDS_PHRASES_NEED_H
#define OPTOUT_STANDARDS_PHRASES_NEED_H

#include "standards/phrases_internal.h"

#define NEEDS_MAX 900
#define NEED_CONDITIONS_MAX 2048 /* of a table */
#define NEED_LISTS_MAX 4096
#define NEED_OWNERS_MAX 1024

/* A word, and what is known of where it stands. */
struct need_word {
    struct slice text;
    bool exact;        /* case matters */
    bool begins, ends; /* no letter or digit stands on that side */
    uint8_t score;     /* the more it tells the more; 0: not known yet */
};

/* Words of which a text needs one. */
struct needs {
    struct need_word v[NEEDS_MAX];
    size_t n;
    unsigned worst; /* the score of the one that tells least */
    bool none;      /* nothing is needed */
    bool pair;      /* no words of its own: those of the pair */
};

/* Words of two parts that stand together. */
struct need_pair {
    struct needs part[2];
    unsigned near; /* bytes from the beginning of one to that of the other, at most */
};

#define NEED_PARTS 4

/* What an alternative needs: a word of each part, none in the place of another. No part: nothing. */
struct needed {
    size_t n;
    const struct need_pair *pair; /* of a part that is one */
    bool begun; /* while branches are taken together */
    struct needs part[NEED_PARTS]; /* those that tell most first */
};

/* phrases_need.c: NULL without memory. Words live as long as the file's text and `scratch`. */
struct needing;
struct needing *phrase_needing(const struct phrase_language *l, struct arena *scratch);
/* Bytes of the longest match, about. */
unsigned phrase_length_of(const struct needing *k, const struct phrase_alternative *a);
/* The end of a group that begins at `at` of a pattern, behind its ')'. */
size_t phrase_group_end(struct slice s, size_t at);
/* The quantifier at `at`, if there is one: its end; *optional if nothing may stand there. */
size_t phrase_quantifier_end(struct slice s, size_t at, bool *optional);
/* A letter or a digit stands there, at which words end. */
bool need_is_of_word(struct slice s, size_t at);

/* phrases_need_table.c: what many alternatives need, and whose they are. Full, or given what needs
 * nothing, it says of that owner that it may always stand. */
struct need_table;
/* With room for the words of one language. NULL without memory. */
struct need_table *need_table_make(struct arena *arena);
struct need_owner {
    unsigned number; /* < NEED_OWNERS_MAX */
    unsigned near;   /* bytes from where the first word begins to where the last one does, at most */
};
void need_table_add(struct need_table *t, const struct needed *x, const struct need_owner *o);
/* Copied to the size that it has; NULL without memory. */
const struct need_table *need_table_keep(const struct need_table *t, struct arena *arena);

/* phrases_need.c: what the alternative needs, or the find line (of the sentence before, too), one of
 * which is not NULL: as one condition or two. */
void phrase_needs_add(struct needing *k, struct need_table *t, const struct phrase_alternative *a,
                      const struct phrase_find *f, const struct need_owner *o);

/* Where a word of a list began last, from 1; 0: nowhere. `before`: at least two bytes in front
 * of that. */
struct need_last {
    uint16_t at, before;
};

/* Between the places in `lower` where its first word and its last one begin; `near` as it was given.
 * True: that is enough. */
typedef bool need_visit(void *ctx, unsigned owner, unsigned near, size_t from, size_t to);

#define NEED_MARKS (LOWER_MAX / 64 + 1)
#define NEED_MARKED_MAX 1536

/* A text of less than 65,535 bytes, and no more than LOWER_MAX. */
struct need_text {
    struct slice text;  /* empty when the other is not of the same length */
    struct slice lower; /* in small letters */
    /* Bits of bytes of `lower`: no letter or digit stands in front of it, or it is a blank; and a word that
     * begins anywhere may begin with it. */
    uint64_t begins[NEED_MARKS], anywhere[NEED_MARKS];
    /* Those bytes in a row, and of which tables a word may begin there, if need_text_mark_for was
     * asked and there are no more of them; else n_marks is more than NEED_MARKED_MAX. */
    size_t n_marks;
    uint16_t mark_at[NEED_MARKED_MAX];
    uint32_t mark_of[NEED_MARKED_MAX];
};

#define NEED_STARTS 8192
#define NEED_PAIRS 4096

/* What words begin with, of several tables: bits of those. */
struct need_starts {
    uint32_t anywhere[NEED_STARTS], at_word[NEED_STARTS]; /* by four bytes, or all of a shorter word */
    uint32_t pair[NEED_PAIRS]; /* those of `anywhere`, by two */
};
void need_starts_add(struct need_starts *s, const struct need_table *t, uint32_t bit);
/* Marks the text for tables with these bits; need_text_mark: for this one alone, whatever its bits. */
void need_text_mark_for(struct need_text *x, const struct need_starts *s, uint32_t bits);
void need_text_mark(struct need_text *x, const struct need_table *t);

/* Bits of the owners that may stand in the text are added to `owners`; each that was not there
 * before, but for those that always may, is told to `visit`, which may be NULL. True: it had enough.
 * The text is marked; `bits`: of the table. `last`: room for NEED_LISTS_MAX. */
bool need_table_look(const struct need_table *t, uint32_t bits, const struct need_text *x,
                     struct need_last *last, uint64_t *owners, need_visit *visit, void *ctx);
/* Some owner may always stand. */
bool need_table_always(const struct need_table *t);

#endif
