/* SPDX-License-Identifier: Apache-2.0 */
/* base64.c - RFC 4648 section 4. Limits: none needed, three bytes of state. */
#include "syntax/base64.h"

#define NOT_BASE64 0xff

/* The value of a digit; for A to Z, a to z, 0 to 9, '+' and '/' in this order. */
static uint8_t digit(uint8_t c)
{
    if ((uint8_t)(c - 'A') < 26)
        return (uint8_t)(c - 'A');
    if ((uint8_t)(c - 'a') < 26)
        return (uint8_t)(c - 'a' + 26);
    if (ascii_is_digit(c))
        return (uint8_t)(c - '0' + 52);
    return c == '+' ? 62 : c == '/' ? 63 : NOT_BASE64;
}

/* One character that is not white space. False when it does not belong there. */
static bool base64_take(struct base64 *b, uint8_t c)
{
    if (c == '=') {
        if (b->n + b->pads == 4 || b->n < 2)
            return false;
        b->pads++;
        return true;
    }
    uint8_t v = digit(c);
    if (v == NOT_BASE64 || b->pads)
        return false;
    b->bits = b->bits << 6 | v;
    b->n++;
    return true;
}

size_t base64_feed(struct base64 *b, struct slice *in, uint8_t *out, size_t size)
{
    if (in->n == 0)
        return 0;
    const uint8_t *p = in->p, *end = p + in->n;
    size_t n = 0;
    for (; p < end && size - n >= 3 && !b->stopped; p++) {
        if (ascii_is_space(*p))
            continue;
        if (!base64_take(b, *p)) {
            b->stopped = true;
            break;
        }
        if (b->n == 4) {
            out[n++] = (uint8_t)(b->bits >> 16);
            out[n++] = (uint8_t)(b->bits >> 8);
            out[n++] = (uint8_t)b->bits;
            b->n = 0;
            b->bits = 0;
        }
    }
    *in = slice_of(p, (size_t)(end - p));
    return n;
}

size_t base64_finish(const struct base64 *b, uint8_t out[2])
{
    if (b->n == 2)
        out[0] = (uint8_t)(b->bits >> 4);
    if (b->n == 3) {
        out[0] = (uint8_t)(b->bits >> 10);
        out[1] = (uint8_t)(b->bits >> 2);
    }
    return b->n < 2 ? 0 : b->n - 1u;
}

bool base64_is_whole(const struct base64 *b)
{
    return b->n != 1 && (b->pads == 0 || b->n + b->pads == 4);
}
