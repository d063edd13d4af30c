/* SPDX-License-Identifier: Apache-2.0 */
/* site_text.c - UTF-16 and NULs of site files.
 *
 * No limit of its own: the callers bound the text. */
#include "standards/site_text.h"

#include "syntax/unicode.h"

#define LOOKED_AT 256 /* bytes by which UTF-16 without a mark is told */

/* NULs are dropped, as is an odd last byte. One unit gives at most three bytes. */
static struct slice from_utf16(struct arena *a, struct slice s, bool big)
{
    struct unicode u = { .form = big ? UNICODE_UTF16BE : UNICODE_UTF16LE };
    uint8_t *out = arena_take(a, s.n / 2 * 3 + UNICODE_OUT_MAX);
    size_t n = 0;
    if (!out)
        return SLICE_EMPTY;
    for (size_t i = 0; i < s.n; i++) {
        n += unicode_put(&u, s.p[i], out + n);
        n -= n && out[n - 1] == 0;
    }
    return slice_of(out, n);
}

static struct slice without_nuls(struct arena *a, struct slice s)
{
    uint8_t *out = arena_take(a, s.n + 1);
    size_t n = 0;
    if (!out)
        return SLICE_EMPTY;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i])
            out[n++] = s.p[i];
    return slice_of(out, n);
}

/* Three of four units at the front are ASCII in that order of bytes. */
static bool looks_like_utf16(struct slice s, bool big)
{
    size_t units = (s.n < LOOKED_AT ? s.n : LOOKED_AT) / 2, ascii = 0;
    for (size_t i = 0; i < units; i++)
        ascii += s.p[2 * i + !big] == 0 && s.p[2 * i + big] != 0;
    return units >= 4 && ascii * 4 >= units * 3;
}

enum optout_rc site_text_read(struct arena *a, struct slice *text, bool *odd)
{
    struct slice s = *text;
    bool big = s.n >= 2 && s.p[0] == 0xFE && s.p[1] == 0xFF;
    bool little = s.n >= 2 && s.p[0] == 0xFF && s.p[1] == 0xFE;
    *odd = false;
    if (big || little) {
        *text = from_utf16(a, slice_from(s, 2), big);
    } else if (slice_find(s, 0) < s.n) {
        *odd = true;
        *text = looks_like_utf16(s, true)    ? from_utf16(a, s, true)
                : looks_like_utf16(s, false) ? from_utf16(a, s, false)
                                             : without_nuls(a, s);
    }
    return text->p || s.n == 0 ? OPTOUT_OK : OPTOUT_E_NOMEM;
}

struct slice site_text_line(struct slice *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
        n++;
    struct slice line = slice_sub(*rest, 0, n);
    if (n + 1 < rest->n && rest->p[n] == '\r' && rest->p[n + 1] == '\n')
        n++;
    *rest = slice_from(*rest, n + 1);
    return line;
}
