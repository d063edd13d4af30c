/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_fold.c - text as it was written becomes text as phrases are written: Unicode's form
 * NFKC, and of what people write in several ways one way: quotation marks, apostrophes, dashes,
 * blanks; soft hyphens and other invisible characters are gone. Case stays.
 *
 * Unicode Standard Annex #15. Limits: runs of RUN_MAX characters that combine. */
#include "standards/phrases_internal.h"

#include "standards/phrases_ascii.h"
#include "syntax/unicode.h"
#include "syntax/utf8.h"

#include <utf8proc.h>

#define RUN_MAX 16
#define RUN_OUT_MAX (RUN_MAX * 18) /* U+FDFA alone becomes 18 characters */
#define REPLACEMENT 0xFFFD

enum { GONE = -1, AS_IT_IS = -2 };

/* What a character is written as; blank for blanks. */
static int32_t one_way(int32_t c)
{
    switch (c) {
    case 0x00AD: case 0x034F: case 0x061C: case 0x180E: case 0xFEFF: /* invisible */
    case 0x200B: case 0x200C: case 0x200D: case 0x200E: case 0x200F:
    case 0x2060: case 0x2061: case 0x2062: case 0x2063: case 0x2064:
    case 0x202A: case 0x202B: case 0x202C: case 0x202D: case 0x202E:
    case 0x2066: case 0x2067: case 0x2068: case 0x2069:
    case 0x2120: case 0x2122: /* service mark, trade mark: NFKC would make letters of them */
        return GONE;
    case 0x0085: case 0x00A0: case 0x1680: case 0x202F: case 0x205F: case 0x3000:
    case 0x2028: case 0x2029:
        return ' ';
    case '`': case 0x00B4: case 0x02B9: case 0x02BB: case 0x02BC: case 0x02BD:
    case 0x2018: case 0x2019: case 0x201A: case 0x201B: case 0x2032:
        return '\'';
    case 0x00AB: case 0x00BB: case 0x201C: case 0x201D: case 0x201E: case 0x201F:
    case 0x2033: case 0x2039: case 0x203A: case 0x300C: case 0x300D: case 0x300E: case 0x300F:
    case 0x301D: case 0x301E: case 0x301F:
        return '"';
    case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2014: case 0x2015:
    case 0x2212: case 0xFE58: case 0xFE63:
        return '-';
    default:
        break;
    }
    if (c <= ' ' || c == 0x7F || (c >= 0x80 && c < 0xA0) || (c >= 0x2000 && c <= 0x200A))
        return ' ';
    if ((c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0000 && c <= 0xE0FFF))
        return GONE;
    return AS_IT_IS;
}

/* Appends; false when it is full. */
static bool put(struct folded *f, int32_t c, size_t from)
{
    int32_t as = one_way(c);
    if (as == GONE)
        return true;
    c = as == AS_IT_IS ? c : as;
    if (c == ' ' && (f->n == 0 || f->p[f->n - 1] == ' '))
        return true;
    if (f->n + 4 > FOLD_MAX)
        return false;
    size_t n = unicode_encode((uint32_t)c, f->p + f->n);
    for (size_t i = 0; i < n; i++)
        f->at[f->n + i] = (uint16_t)from;
    f->n += n;
    return true;
}

/* A character in front of s; a byte that is none counts as one. */
static int32_t first_char(struct slice s, size_t *n)
{
    *n = utf8_length(s);
    if (*n == 0) {
        *n = 1;
        return REPLACEMENT;
    }
    size_t len;
    return (int32_t)phrase_char(s.p, s.n, 0, &len);
}

/* Goes on the character before it. */
static bool combines(int32_t c)
{
    if (c < 0x300)
        return false;
    if ((c >= 0x1160 && c <= 0x11FF) || c == 0xFF9E || c == 0xFF9F) /* Hangul; voiced marks */
        return true;
    utf8proc_category_t k = utf8proc_category(c);
    return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC || k == UTF8PROC_CATEGORY_ME;
}

/* NFKC leaves it alone when nothing combines with it. */
static bool is_stable(int32_t c)
{
    if (c < 0x80)
        return true;
    const utf8proc_property_t *p = utf8proc_get_property(c);
    if (p->decomp_seqindex == UINT16_MAX)
        return true;
    return p->decomp_type == 0 && !p->comp_exclusion;
}

/* NFKC of a run of n bytes that is UTF-8. */
static bool put_composed(struct folded *f, struct slice run, size_t from)
{
    int32_t c[RUN_OUT_MAX];
    utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
    utf8proc_ssize_t n =
        utf8proc_decompose(run.p, (utf8proc_ssize_t)run.n, c, RUN_OUT_MAX, options);
    if (n < 0 || n > RUN_OUT_MAX)
        return put(f, REPLACEMENT, from);
    n = utf8proc_normalize_utf32(c, n, options);
    if (f->n + (size_t)(n < 0 ? 0 : n) * 4 > FOLD_MAX)
        return false;
    for (utf8proc_ssize_t i = 0; i < n; i++)
        put(f, c[i], from);
    return true;
}

/* Bytes of the run that begins with the character at `at`, of `n` bytes. */
static size_t run_end(struct slice raw, size_t at, size_t n)
{
    size_t end = at + n;
    for (int count = 1; count < RUN_MAX && end < raw.n; count++) {
        if (raw.p[end] < 0x80 || !combines(first_char(slice_from(raw, end), &n)) ||
            utf8_length(slice_from(raw, end)) == 0)
            break;
        end += n;
    }
    return end;
}

/* Blocks that stay as they are: single blanks, and nothing that may combine follows. */
static size_t put_blocks(struct slice raw, size_t at, struct folded *f)
{
    for (; raw.n - at > ASCII_BLOCK && f->n + ASCII_BLOCK + 4 <= FOLD_MAX; at += ASCII_BLOCK) {
        unsigned blanks = ascii_block_blanks(raw.p + at);
        unsigned before = blanks << 1 | (f->n == 0 || f->p[f->n - 1] == ' ');
        if (ascii_block_strange(raw.p + at) || (blanks & before) || raw.p[at + ASCII_BLOCK] >= 0xCC)
            break;
        memcpy(f->p + f->n, raw.p + at, ASCII_BLOCK);
        for (size_t i = 0; i < ASCII_BLOCK; i++)
            f->at[f->n + i] = (uint16_t)(at + i);
        f->n += ASCII_BLOCK;
    }
    return at;
}

/* ASCII up to what may combine with it, which is most text. */
static size_t put_ascii(struct slice raw, size_t at, struct folded *f)
{
    at = put_blocks(raw, at, f);
    for (; at < raw.n && raw.p[at] < 0x80 && f->n + 4 <= FOLD_MAX; at++) {
        uint8_t c = raw.p[at];
        if (at + 1 < raw.n && raw.p[at + 1] >= 0xCC)
            return at; /* its next may be a mark */
        if (c > ' ' && c != '`' && c != 0x7F) {
            f->p[f->n] = c;
            f->at[f->n++] = (uint16_t)at;
        } else {
            put(f, c, at);
            at = put_blocks(raw, at + 1, f) - 1;
        }
    }
    return at;
}

size_t phrase_fold(struct slice raw, struct folded *f)
{
    size_t at = 0;
    f->n = 0;
    raw = slice_sub(raw, 0, FOLD_RAW_MAX);
    while (at < raw.n) {
        size_t n;
        at = put_ascii(raw, at, f);
        if (at == raw.n || f->n + 4 > FOLD_MAX)
            break;
        int32_t c = first_char(slice_from(raw, at), &n);
        size_t end = c == REPLACEMENT || one_way(c) != AS_IT_IS ? at + n : run_end(raw, at, n);
        bool fits = end == at + n && (is_stable(c) || one_way(c) != AS_IT_IS)
                        ? put(f, c, at)
                        : put_composed(f, slice_sub(raw, at, end - at), at);
        if (!fits)
            break;
        at = end;
    }
    f->at[f->n] = (uint16_t)at;
    return at;
}

uint32_t phrase_char(const uint8_t *p, size_t n, size_t at, size_t *len)
{
    uint8_t c = p[at];
    if (c < 0x80 || at + 1 >= n) {
        *len = 1;
        return c;
    }
    if (c < 0xE0 || at + 2 >= n) {
        *len = 2;
        return (uint32_t)(c & 0x1F) << 6 | (p[at + 1] & 0x3F);
    }
    if (c < 0xF0 || at + 3 >= n) {
        *len = 3;
        return (uint32_t)(c & 0x0F) << 12 | (uint32_t)(p[at + 1] & 0x3F) << 6 |
               (p[at + 2] & 0x3F);
    }
    *len = 4;
    return (uint32_t)(c & 0x07) << 18 | (uint32_t)(p[at + 1] & 0x3F) << 12 |
           (uint32_t)(p[at + 2] & 0x3F) << 6 | (p[at + 3] & 0x3F);
}

size_t phrase_lower(struct slice word, uint8_t *out, size_t size)
{
    size_t n = 0;
    for (size_t at = 0, len; at < word.n; at += len) {
        uint32_t c = phrase_char(word.p, word.n, at, &len);
        if (n + 4 > size)
            return 0;
        if (c < 0x80)
            out[n++] = ascii_lower((uint8_t)c);
        else
            n += unicode_encode(c == 0x3C2 ? 0x3C3 /* final sigma */
                                           : (uint32_t)utf8proc_tolower((int32_t)c),
                                out + n);
    }
    return n;
}

size_t phrase_lower_text(struct slice text, uint8_t *out, size_t size, bool *aligned)
{
    size_t n = 0;
    *aligned = true;
    for (size_t at = 0, len; at < text.n; at += len) {
        if (text.n - at >= ASCII_BLOCK && size - n >= ASCII_BLOCK &&
            ascii_block_lower(text.p + at, out + n)) {
            n += len = ASCII_BLOCK;
            continue;
        }
        phrase_char(text.p, text.n, at, &len);
        if (text.p[at] < 0x80 && n < size) {
            out[n++] = ascii_lower(text.p[at]);
            continue;
        }
        size_t more = phrase_lower(slice_sub(text, at, len), out + n, size - n);
        if (more == 0)
            return 0;
        *aligned = *aligned && more == len;
        n += more;
    }
    return n;
}
