/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax/unicode.h"

enum unicode_form unicode_form_of(struct slice head)
{
    static const struct {
        uint8_t bytes[4];
        uint8_t n;
        enum unicode_form form;
    } marks[] = {
        { { 0xff, 0xfe, 0, 0 }, 4, UNICODE_UTF32LE }, { { 0, 0, 0xfe, 0xff }, 4, UNICODE_UTF32BE },
        { { '<', 0, 0, 0 }, 4, UNICODE_UTF32LE },     { { 0, 0, 0, '<' }, 4, UNICODE_UTF32BE },
        { { 0xff, 0xfe }, 2, UNICODE_UTF16LE },       { { 0xfe, 0xff }, 2, UNICODE_UTF16BE },
        { { '<', 0 }, 2, UNICODE_UTF16LE },           { { 0, '<' }, 2, UNICODE_UTF16BE },
    };
    if (head.n >= 2 && head.p[0] && head.p[1] && head.p[0] < 0xfe)
        return UNICODE_UTF8; /* nearly always */
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (head.n >= marks[i].n && memcmp(head.p, marks[i].bytes, marks[i].n) == 0)
            return marks[i].form;
    return UNICODE_UTF8;
}

size_t unicode_encode(uint32_t c, uint8_t *out)
{
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        c = 0xfffd;
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

size_t unicode_put(struct unicode *u, uint8_t byte, uint8_t out[UNICODE_OUT_MAX])
{
    bool little = u->form == UNICODE_UTF16LE || u->form == UNICODE_UTF32LE;
    size_t n = 0, took;
    uint32_t c = 0;
    u->part[u->n_part++] = byte;
    if (unicode_width(u) == 4) {
        if (u->n_part < 4)
            return 0;
        for (size_t i = 0; i < 4; i++)
            c = c << 8 | u->part[little ? 3 - i : i];
        u->n_part = 0;
        return unicode_encode(c, out);
    }
    while ((took = unicode_utf16(u->part, u->n_part, little, &c)) != 0) {
        n += unicode_encode(c, out + n);
        u->n_part = (uint8_t)(u->n_part - took);
        memmove(u->part, u->part + took, u->n_part);
    }
    return n;
}

enum optout_rc unicode_append(struct buf *out, struct slice text, enum unicode_form form)
{
    struct unicode u = { .form = (uint8_t)form };
    for (size_t i = 0; i < text.n; i++) {
        uint8_t bytes[UNICODE_OUT_MAX];
        size_t n = unicode_put(&u, text.p[i], bytes);
        if (n && buf_append(out, bytes, n) != OPTOUT_OK)
            return out->failed;
    }
    return OPTOUT_OK;
}

struct slice unicode_head(struct slice head, uint8_t *out, size_t size)
{
    struct unicode u = { .form = (uint8_t)unicode_form_of(head) };
    size_t n = 0;
    if (u.form == UNICODE_UTF8)
        return head;
    for (size_t i = 0; i < head.n; i++) {
        uint8_t bytes[UNICODE_OUT_MAX];
        size_t k = unicode_put(&u, head.p[i], bytes);
        if (k > size - n)
            break;
        memcpy(out + n, bytes, k);
        n += k;
    }
    return slice_of(out, n);
}
