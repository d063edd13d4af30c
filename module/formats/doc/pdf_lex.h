/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_lex.h - tokens of a PDF, pushed: ISO 32000-2 section 7.2 and 7.3.
 *
 * Strings are passed over, not kept. `loose` is how to read between objects, where a
 * bracket is garbage and must not swallow what follows. Fixed memory. */
#ifndef OPTOUT_FORMATS_DOC_PDF_LEX_H
#define OPTOUT_FORMATS_DOC_PDF_LEX_H

#include "core/slice.h"

#define PDF_TOKEN_MAX 128            /* bytes kept of a name, number or keyword */
#define PDF_STRING_MAX (1u << 20)    /* a longer one is not closed: PDF_BAD */

enum pdf_token {
    PDF_NONE,
    PDF_DICT_OPEN,
    PDF_DICT_CLOSE,
    PDF_ARRAY_OPEN,
    PDF_ARRAY_CLOSE,
    PDF_STRING,
    PDF_NAME,    /* text: without '/', #xx decoded */
    PDF_NUMBER,  /* integer, number */
    PDF_KEYWORD, /* text */
    PDF_EOF,     /* %%EOF */
    PDF_BAD      /* a string that cannot be one */
};

struct pdf_lex {
    uint8_t state;
    bool loose;
    uint8_t text[PDF_TOKEN_MAX];
    size_t n;         /* bytes of text; PDF_TOKEN_MAX + 1: longer than what is kept */
    uint32_t depth;   /* of parentheses */
    uint32_t passed;  /* bytes of the string so far */
    bool integer;     /* PDF_NUMBER: digits only */
    uint64_t number;  /* its value, UINT64_MAX when it does not fit */
};

/* All zero is a lexer at its beginning. Consumes bytes up to the end of the next token and
 * returns how many; *token is PDF_NONE when more bytes are needed. What ends a name,
 * number or keyword is not consumed. */
size_t pdf_lex_feed(struct pdf_lex *l, struct slice s, enum pdf_token *token);

static inline struct slice pdf_lex_text(const struct pdf_lex *l)
{
    return slice_of(l->text, l->n > PDF_TOKEN_MAX ? 0 : l->n);
}

static inline bool pdf_is_white(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

#endif
