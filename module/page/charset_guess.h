/* SPDX-License-Identifier: Apache-2.0 */
/* charset_guess.h - what the bytes of a page stand for, by what they are.
 *
 * A sample is taken of the page; the verdict is a function of its bytes, of what the page declares
 * and of where it is from. */
#ifndef OPTOUT_PAGE_CHARSET_GUESS_H
#define OPTOUT_PAGE_CHARSET_GUESS_H

#include "page/charset.h"

#define GUESS_SAMPLE_MAX 8192 /* bytes beyond ASCII, with what stands next to them */

#define CHARSET_LANG_WITHIN 4096 /* bytes in which the page may say its language */

/* Zeroed at first, but for `v`. */
struct charset_sample {
    size_t n;
    uint8_t last;  /* byte that was seen, and is not in `v` */
    uint8_t after; /* ASCII bytes that are still to be put in */
    bool gap;      /* something was left out */
    uint8_t v[GUESS_SAMPLE_MAX];
};

/* The next bytes of the page; once it is full the others change nothing. */
void charset_sample(struct charset_sample *s, struct slice bytes);

struct charset_origin {
    enum charset_code declared; /* CODE_NONE: nothing, or what nobody reads */
    struct slice lang;          /* of the page's html element: "pl"; may be empty */
    struct slice tld;           /* of its host; may be empty */
};

/* *untold: its text is in no encoding that can be told, and in letters beyond Latin. */
enum charset_code charset_guess(const struct charset_sample *s, const struct charset_origin *o,
                                bool *untold);
/* What a page declares by its first CHARSET_PRESCAN_MAX bytes and the charset of its Content-Type; what
 * is UTF-16 by the look of it is handed over as UTF-8. */
enum charset_code charset_declared(struct slice head, struct slice label, bool xml,
                                   enum charset_kind *kind);
/* All of that for a page that is in hand, wherever it is from. */
enum charset_code charset_of_page(struct slice page, struct slice label, bool xml);
/* The value of the first lang attribute among the first bytes of a page. */
struct slice charset_lang(struct slice head);

#endif
