/* SPDX-License-Identifier: Apache-2.0 */
/* Text from the network on a terminal: it is shown, never obeyed. */
#include "syntax/visible.h"

#include "syntax/utf8.h"

/* The code point of a well-formed character of `n` bytes. */
static uint32_t code_point(struct slice s, size_t n)
{
    uint32_t v = n == 1 ? s.p[0] : s.p[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++)
        v = v << 6 | (s.p[i] & 0x3Fu);
    return v;
}

/* Code points that change how a terminal shows what follows, or show nothing. */
static bool hides(uint32_t cp)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x80, 0x9F },     /* C1 */
        { 0xAD, 0xAD },     /* soft hyphen */
        { 0x61C, 0x61C },   /* Arabic letter mark */
        { 0x200B, 0x200F }, /* zero width, marks */
        { 0x2028, 0x202E }, /* separators, bidirectional embedding */
        { 0x2060, 0x206F }, /* invisible operators, isolates */
        { 0xFEFF, 0xFEFF }, /* zero width no-break space */
        { 0xFFF9, 0xFFFB }, /* interlinear annotation */
        { 0xE0000, 0xE0FFF }, /* tags */
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (cp >= ranges[i].first && cp <= ranges[i].last)
            return true;
    return false;
}

/* Appends one character; returns the bytes it took from `s`. */
static size_t append_one(struct buf *out, struct slice s)
{
    size_t n = utf8_length(s);
    if (n == 0) {
        buf_printf(out, "\\x%02x", s.p[0]);
        return 1;
    }
    uint32_t cp = code_point(s, n);
    switch (cp) {
    case '\n': buf_puts(out, "\\n"); return n;
    case '\r': buf_puts(out, "\\r"); return n;
    case '\t': buf_puts(out, "\\t"); return n;
    case '\\': buf_puts(out, "\\\\"); return n;
    default: break;
    }
    if (cp < 0x20 || cp == 0x7F)
        buf_printf(out, "\\x%02x", (unsigned)cp);
    else if (hides(cp))
        buf_printf(out, "\\u{%04x}", (unsigned)cp);
    else
        buf_append(out, s.p, n);
    return n;
}

void visible_append(struct buf *out, struct slice s, size_t columns)
{
    size_t left = columns;
    while (s.n) {
        size_t at = out->n;
        s = slice_from(s, append_one(out, s));
        if (columns == 0)
            continue;
        size_t width = visible_columns(slice_of(out->p + at, out->n - at));
        if (width > left || (width == left && s.n)) {
            out->n = at;
            buf_puts(out, "\xE2\x80\xA6"); /* … */
            return;
        }
        left -= width;
    }
}

size_t visible_columns(struct slice s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xC0) != 0x80;
    return n;
}
