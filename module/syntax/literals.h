/* SPDX-License-Identifier: Apache-2.0 */
/* literals.h - many short words looked for at once, as bytes: what tells nearly all texts
 * apart from those that deserve a closer look.
 *
 * Immutable once compiled: read by any thread and, after a fork, by any process. */
#ifndef OPTOUT_SYNTAX_LITERALS_H
#define OPTOUT_SYNTAX_LITERALS_H

#include "core/slice.h"

struct literal {
    struct slice bytes;
    bool exact; /* case matters; else ASCII letters match in both cases, other bytes as they are */
};

struct literals;

/* Copies what it is given, from malloc. NULL: no memory, or a literal is shorter than 2 or
 * longer than 255 bytes, or there are more than 65,534. None at all is fine: nothing is found. */
struct literals *literals_compile(const struct literal *v, size_t n);
/* For text that is not folded yet (NFKC): besides them, whatever may hide a letter or stand
 * inside of a word without being seen. The literals themselves are those of the folded text, and
 * parts of one word: white space, dashes and quotation marks are written in many ways. */
struct literals *literals_compile_for_text(const struct literal *v, size_t n);
void literals_free(struct literals *l); /* NULL: nothing */

/* The first place in s[from..] where one begins, or s.n. An exact literal of two ASCII letters
 * counts only if no ASCII letter or digit stands on either side of it in `s`, in front of
 * `from` too. */
size_t literals_find(const struct literals *l, struct slice s, size_t from);
/* Whether one lies in s[from..to). Bytes beyond are looked at, but not more of `s` than there
 * is: quick for short pieces of a long text. */
bool literals_within(const struct literals *l, struct slice s, size_t from, size_t to);
/* Where two pieces of text meet, whether a literal may go across: sets of what stands around, by
 * five bits of each byte, in which letters of either case agree. */
struct literals_joints {
    uint8_t before[4096]; /* the last two bytes of one piece, the first of the other */
    uint8_t after[4096];  /* the last byte of one, with which a literal begins, two of the other */
    uint8_t pair[128];    /* one of each */
};

const struct literals_joints *literals_joints(const struct literals *l);

static inline unsigned literals_joint(uint8_t a, uint8_t b, uint8_t c)
{
    return (a & 31u) << 10 | (b & 31u) << 5 | (c & 31u);
}

static inline bool literals_has_joint(const uint8_t *set, unsigned joint)
{
    return set[joint >> 3] >> (joint & 7) & 1;
}

/* Whether one may have this character in it, as UTF-8; letters of ASCII of either case. */
bool literals_may_have(const struct literals *l, struct slice character);
/* Bytes of the longest, 0 without any. */
size_t literals_longest(const struct literals *l);

#endif
