/* SPDX-License-Identifier: Apache-2.0 */
/* pdf_lex.c - ISO 32000-2 sections 7.2 (lexical conventions) and 7.3 (objects).
 *
 * Limits: PDF_TOKEN_MAX, PDF_STRING_MAX. */
#include "formats/doc/pdf_lex.h"

#include "core/hex.h"

enum state { PLAIN, REGULAR, NAME, LESS, GREATER, HEX, LITERAL, ESCAPE, COMMENT };

static bool is_delimiter(uint8_t c)
{
    switch (c) {
    case '(': case ')': case '<': case '>': case '[': case ']': case '{': case '}':
    case '/': case '%':
        return true;
    default:
        return pdf_is_white(c);
    }
}

static void lex_keep(struct pdf_lex *l, uint8_t c)
{
    if (l->n < PDF_TOKEN_MAX)
        l->text[l->n] = c;
    if (l->n <= PDF_TOKEN_MAX)
        l->n++;
}

static void decode_name(struct pdf_lex *l)
{
    size_t to = 0;
    if (l->n > PDF_TOKEN_MAX)
        return;
    for (size_t i = 0; i < l->n; i++) {
        int high = l->text[i] == '#' && l->n - i > 2 ? hex_value(l->text[i + 1]) : -1;
        int low = high >= 0 ? hex_value(l->text[i + 2]) : -1;
        if (low >= 0) {
            l->text[to++] = (uint8_t)(high << 4 | low);
            i += 2;
        } else {
            l->text[to++] = l->text[i];
        }
    }
    l->n = to;
}

static enum pdf_token regular_token(struct pdf_lex *l)
{
    struct slice s = pdf_lex_text(l);
    bool digits = s.n > 0, number = s.n > 0;
    for (size_t i = 0; i < s.n; i++) {
        digits = digits && ascii_is_digit(s.p[i]);
        number = number && (ascii_is_digit(s.p[i]) || s.p[i] == '.' || s.p[i] == '-' ||
                            s.p[i] == '+');
    }
    l->integer = digits;
    if (digits && !slice_to_u64(s, &l->number))
        l->number = UINT64_MAX;
    return number ? PDF_NUMBER : PDF_KEYWORD;
}

/* A byte where no token has begun. */
static enum pdf_token plain(struct pdf_lex *l, uint8_t c)
{
    l->n = 0;
    if (pdf_is_white(c))
        return PDF_NONE;
    if (c == '/') {
        l->state = NAME;
    } else if (c == '%') {
        l->state = COMMENT;
    } else if (!is_delimiter(c)) {
        l->state = REGULAR;
        lex_keep(l, c);
    } else if (l->loose) {
        return PDF_NONE;
    } else if (c == '[') {
        return PDF_ARRAY_OPEN;
    } else if (c == ']') {
        return PDF_ARRAY_CLOSE;
    } else if (c == '<') {
        l->state = LESS;
    } else if (c == '>') {
        l->state = GREATER;
    } else if (c == '(') {
        l->state = LITERAL;
        l->depth = 1;
        l->passed = 0;
    }
    return PDF_NONE;
}

static enum pdf_token in_hex(uint8_t c)
{
    if (c == '>')
        return PDF_STRING;
    return hex_value(c) >= 0 || pdf_is_white(c) ? PDF_NONE : PDF_BAD;
}

static enum pdf_token in_literal(struct pdf_lex *l, uint8_t c)
{
    if (++l->passed > PDF_STRING_MAX)
        return PDF_BAD;
    if (c == '\\')
        l->state = ESCAPE;
    else if (c == '(')
        l->depth++;
    else if (c == ')' && --l->depth == 0)
        return PDF_STRING;
    return PDF_NONE;
}

static enum pdf_token in_comment(struct pdf_lex *l, uint8_t c)
{
    if (c == '\n' || c == '\r') {
        l->state = PLAIN;
        return PDF_NONE;
    }
    lex_keep(l, c);
    return l->n == 4 && memcmp(l->text, "%EOF", 4) == 0 ? PDF_EOF : PDF_NONE;
}

/* *again: the byte does not belong to the token. */
static enum pdf_token lex_step(struct pdf_lex *l, uint8_t c, bool *again)
{
    switch ((enum state)l->state) {
    case REGULAR:
    case NAME:
        if (!is_delimiter(c)) {
            lex_keep(l, c);
            return PDF_NONE;
        }
        *again = true;
        if (l->state == REGULAR)
            return regular_token(l);
        decode_name(l);
        return PDF_NAME;
    case LESS:
        if (c == '<')
            return PDF_DICT_OPEN;
        l->state = HEX;
        return in_hex(c);
    case GREATER:
        *again = c != '>';
        return c == '>' ? PDF_DICT_CLOSE : PDF_BAD;
    case HEX:
        return in_hex(c);
    case LITERAL:
        return in_literal(l, c);
    case ESCAPE:
        l->state = LITERAL;
        l->passed++;
        return PDF_NONE;
    case COMMENT:
        return in_comment(l, c);
    case PLAIN:
        break;
    }
    return plain(l, c);
}

size_t pdf_lex_feed(struct pdf_lex *l, struct slice s, enum pdf_token *token)
{
    *token = PDF_NONE;
    for (size_t i = 0; i < s.n; i++) {
        bool again = false;
        enum pdf_token t = lex_step(l, s.p[i], &again);
        if (t == PDF_NONE)
            continue;
        l->state = PLAIN;
        *token = t;
        return again ? i : i + 1;
    }
    return s.n;
}
