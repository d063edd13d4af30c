/* SPDX-License-Identifier: Apache-2.0 */
/* charset.c - Encoding standard sections 6.1 (BOM sniff), 12.2 (ISO-2022-JP
 * decoder) and 14.2 (shared UTF-16 decoder), as far as charset.h promises.
 *
 * MAX: CHARSET_PRESCAN_MAX bytes are held back before the first run,
 *      CHARSET_RUN_MAX bytes are transcoded at a time. */
#include "page/charset.h"

#include "syntax/unicode.h"

#define LOOK_BYTES 64 /* of a page whose charset is given */
#define LOOK_UNITS 4  /* code units, at least, that have to look like ASCII */

void charset_open(struct charset *c, struct slice label, bool xml)
{
    memset(c, 0, offsetof(struct charset, held));
    c->xml = xml;
    enum charset_kind kind = CHARSET_BYTES;
    enum charset_code code;
    c->labelled = label.n != 0 && charset_label(label, &kind, &code);
    c->kind = (uint8_t)kind;
}

void charset_end(struct charset *c)
{
    c->ended = true;
}

/* Text of ASCII characters in UTF-16, from its first byte on. */
static bool looks_utf16(struct slice b, bool le)
{
    size_t units = b.n / 2 < LOOK_UNITS * 2 ? b.n / 2 : LOOK_UNITS * 2;
    for (size_t i = 0; i < units; i++)
        if (b.p[2 * i + le] != 0 || b.p[2 * i + !le] == 0 || b.p[2 * i + !le] >= 0x80)
            return false;
    return units >= LOOK_UNITS;
}

static bool is_utf16(unsigned kind)
{
    return kind == CHARSET_UTF16LE || kind == CHARSET_UTF16BE;
}

static bool decide_by_look(struct charset *c, struct slice b)
{
    unsigned kind = c->kind;
    if (looks_utf16(b, true))
        kind = CHARSET_UTF16LE;
    else if (looks_utf16(b, false))
        kind = CHARSET_UTF16BE;
    else if (is_utf16(kind) && b.n && !memchr(b.p, 0, b.n) && slice_find(b, '<') < b.n)
        kind = CHARSET_BYTES;
    c->misread = kind != c->kind;
    c->kind = (uint8_t)kind;
    return c->misread;
}

/* The digits of ISO-2022-JP and its like. */
static bool has_2022(struct slice b)
{
    for (size_t at; (at = slice_find(b, '2')) < b.n; b = slice_from(b, at + 1))
        if (b.n - at >= 4 && memcmp(b.p + at, "2022", 4) == 0)
            return true;
    return false;
}

#define LONG_ROW 8 /* bytes in a row that is cut, at least, to be believed */

bool charset_looks_2022(struct slice b)
{
    b = slice_from(b, slice_find(b, 0x1B));
    if (b.n < 3 || b.p[1] != '$' || (b.p[2] != 'B' && b.p[2] != '@'))
        return false;
    b = slice_from(b, 3);
    size_t n = 0;
    while (n < b.n && b.p[n] > ' ' && b.p[n] < 0x7F)
        n++;
    if (n == b.n)
        return n >= LONG_ROW;
    return n >= 2 && n % 2 == 0 && b.p[n] == 0x1B;
}

/* Sets `kind` and returns how many bytes of a byte order mark are to be
 * skipped. */
static size_t decide(struct charset *c, struct slice b)
{
    c->decided = true;
    if (b.n >= 3 && b.p[0] == 0xEF && b.p[1] == 0xBB && b.p[2] == 0xBF) {
        c->kind = CHARSET_BYTES;
        return 3;
    }
    if (b.n >= 2 && b.p[0] + b.p[1] == 0xFE + 0xFF && (b.p[0] == 0xFE || b.p[0] == 0xFF)) {
        c->kind = b.p[0] == 0xFF ? CHARSET_UTF16LE : CHARSET_UTF16BE;
        return 2;
    }
    if (decide_by_look(c, slice_sub(b, 0, CHARSET_PRESCAN_MAX)) || c->labelled)
        return 0;
    /* Only three findings differ from handing bytes over as they are. */
    b = slice_sub(b, 0, CHARSET_PRESCAN_MAX);
    bool escapes = !c->xml && charset_looks_2022(b);
    bool matters = b.n >= 6 && (b.p[0] == 0 || b.p[1] == 0 || escapes || has_2022(b));
    enum charset_kind kind;
    enum charset_code code;
    if (matters && charset_prescan(b, c->xml, &kind, &code)) {
        c->kind = (uint8_t)kind;
    } else if (escapes) {
        c->kind = CHARSET_ISO2022JP;
        c->misread = true;
    }
    return 0;
}

/* Finishes the character in `part` with bytes of the input, or at the end of
 * the input as U+FFFD; the bytes written. */
static size_t utf16_part(struct charset *c, struct slice *in, uint8_t *out)
{
    bool le = c->kind == CHARSET_UTF16LE;
    uint8_t b[4];
    uint32_t ch;
    size_t n = c->n_part, k = in->n < 4 - n ? in->n : 4 - n;
    memcpy(b, c->part, n);
    if (k)
        memcpy(b + n, in->p, k);
    size_t took = unicode_utf16(b, n + k, le, &ch);
    if (took == 0 && !c->ended) {
        memcpy(c->part, b, n + k);
        c->n_part = (uint8_t)(n + k);
        *in = slice_from(*in, k);
        c->at += k;
        return 0;
    }
    if (took == 0) {
        took = n < 2 ? n : 2;
        ch = 0xFFFD;
    }
    if (took < n) { /* a high surrogate alone, then the first byte of another unit */
        memmove(c->part, c->part + took, n - took);
        c->n_part = (uint8_t)(n - took);
    } else {
        c->n_part = 0;
        *in = slice_from(*in, took - n);
        c->at += took - n;
    }
    return unicode_encode(ch, out);
}

static bool utf16_run(struct charset *c, struct slice *in, struct charset_run *run)
{
    bool le = c->kind == CHARSET_UTF16LE;
    size_t n = 0;
    *run = (struct charset_run){ .p = c->out, .at = c->at - c->n_part, .utf16 = true };
    while (c->n_part && (in->n || c->ended)) {
        size_t k = utf16_part(c, in, c->out + n);
        n += k;
        if (k == 0)
            break;
    }
    size_t i = 0;
    while (c->n_part == 0 && n <= CHARSET_RUN_MAX - 4 && i < in->n) {
        uint32_t ch;
        size_t took = unicode_utf16(in->p + i, in->n - i, le, &ch);
        if (took == 0) {
            c->n_part = (uint8_t)(in->n - i);
            memcpy(c->part, in->p + i, c->n_part);
            took = c->n_part;
        } else {
            n += unicode_encode(ch, c->out + n);
        }
        i += took;
    }
    *in = slice_from(*in, i);
    c->at += i;
    run->n = n;
    return n != 0;
}

/* One byte that stands for a character the decoder would call an error. */
static bool one_error(struct charset *c, struct charset_run *run, uint64_t at)
{
    c->out[0] = 0x80;
    *run = (struct charset_run){ .p = c->out, .n = 1, .at = at };
    c->just_moved = false;
    return true;
}

static const struct {
    uint8_t esc[2];
    bool high;
} escapes[] = {
    { { '(', 'B' }, false }, { { '(', 'J' }, false }, { { '(', 'I' }, true },
    { { '$', '@' }, true },  { { '$', 'B' }, true },
};

/* Follows an escape sequence of which n_esc - 1 bytes after ESC are known.
 * True when `run` was given. */
static bool iso2022_escape(struct charset *c, struct slice *in, struct charset_run *run)
{
    uint64_t at = c->at - c->n_esc;
    while (in->n && c->n_esc) {
        size_t k = c->n_esc - 1u;
        bool partly = false;
        for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
            if ((k == 1 && escapes[i].esc[0] != c->esc[0]) || escapes[i].esc[k] != in->p[0])
                continue;
            partly = true;
            if (k == 1) {
                c->high = escapes[i].high;
                break;
            }
        }
        if (!partly)
            break;
        c->esc[k] = in->p[0];
        *in = slice_from(*in, 1);
        c->at++;
        c->n_esc++;
        if (k == 1) {
            bool twice = c->just_moved;
            c->n_esc = 0;
            c->just_moved = true;
            return twice && one_error(c, run, at) && (c->just_moved = true);
        }
    }
    if (in->n == 0 && !c->ended)
        return false;
    if (c->n_esc == 0)
        return false;
    /* No escape sequence: ESC is an error and what followed stands for itself. */
    bool second = c->n_esc == 2;
    c->n_esc = 0;
    one_error(c, run, at);
    if (second) {
        c->out[1] = c->high ? (uint8_t)(c->esc[0] | 0x80) : c->esc[0];
        run->n = 2;
    }
    return true;
}

static bool iso2022_run(struct charset *c, struct slice *in, struct charset_run *run)
{
    for (;;) {
        if (c->n_esc) {
            if (iso2022_escape(c, in, run))
                return true;
            if (c->n_esc)
                return false;
        }
        if (in->n == 0)
            return false;
        if (in->p[0] != 0x1B)
            break;
        *in = slice_from(*in, 1);
        c->at++;
        c->n_esc = 1;
    }
    size_t n = slice_find(*in, 0x1B);
    *run = (struct charset_run){ .p = in->p, .n = n, .at = c->at };
    if (c->high) {
        n = n < CHARSET_RUN_MAX ? n : CHARSET_RUN_MAX;
        for (size_t i = 0; i < n; i++)
            c->out[i] = in->p[i] | 0x80;
        run->p = c->out;
        run->n = n;
    }
    *in = slice_from(*in, n);
    c->at += n;
    c->just_moved = false;
    return true;
}

static bool convert(struct charset *c, struct slice *in, struct charset_run *run)
{
    if (c->kind == CHARSET_BYTES) {
        *run = (struct charset_run){ .p = in->p, .n = in->n, .at = c->at };
        c->at += in->n;
        *in = slice_from(*in, in->n);
        return run->n != 0;
    }
    return c->kind == CHARSET_ISO2022JP ? iso2022_run(c, in, run) : utf16_run(c, in, run);
}

bool charset_next(struct charset *c, struct slice *in, struct charset_run *run)
{
    if (!c->decided) {
        size_t want = c->labelled && !is_utf16(c->kind) ? LOOK_BYTES : CHARSET_PRESCAN_MAX;
        if (c->n_held || in->n < want) {
            size_t k = want - c->n_held < in->n ? want - c->n_held : in->n;
            if (k)
                memcpy(c->held + c->n_held, in->p, k);
            c->n_held += k;
            *in = slice_from(*in, k);
            if (c->n_held < want && !c->ended)
                return false;
            c->used_held = decide(c, slice_of(c->held, c->n_held));
            c->at = c->used_held;
        } else {
            size_t bom = decide(c, *in);
            *in = slice_from(*in, bom);
            c->at = bom;
        }
    }
    if (c->used_held < c->n_held) {
        struct slice held = { c->held + c->used_held, c->n_held - c->used_held };
        bool ended = c->ended;
        c->ended = false; /* not before the held bytes are used up */
        bool given = convert(c, &held, run);
        c->ended = ended;
        c->used_held = c->n_held - held.n;
        if (given)
            return true;
    }
    return convert(c, in, run);
}

uint64_t charset_offset(struct charset_run *run, const uint8_t *p)
{
    size_t n = (size_t)(p - run->p);
    if (!run->utf16)
        return run->at + n;
    if (n < run->seen)
        run->seen = run->units = 0;
    for (; run->seen < n; run->seen++) {
        uint8_t c = run->p[run->seen];
        run->units += (c & 0xC0) == 0x80 ? 0 : c >= 0xF0 ? 2 : 1;
    }
    return run->at + 2 * run->units;
}
