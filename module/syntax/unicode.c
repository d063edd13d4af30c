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
    size_t width = unicode_width(u), n = 0;
    uint32_t c = 0;
    u->part[u->n_part++] = byte;
    if (u->n_part < width)
        return 0;
    u->n_part = 0;
    for (size_t i = 0; i < width; i++)
        c = c << 8 | u->part[little ? width - 1 - i : i];
    if (width == 4)
        return unicode_encode(c, out);
    if (u->high && c >= 0xdc00 && c < 0xe000) {
        c = 0x10000 + ((u->high - 0xd800) << 10) + (c - 0xdc00);
        u->high = 0;
        return unicode_encode(c, out);
    }
    if (u->high)
        n = unicode_encode(0xfffd, out);
    u->high = 0;
    if (c >= 0xd800 && c < 0xdc00) {
        u->high = c;
        return n;
    }
    return n + unicode_encode(c, out + n);
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
