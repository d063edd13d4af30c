/* SPDX-License-Identifier: Apache-2.0 */
/* hex.h - hexadecimal digits, read in both cases and written in lower case. */
#ifndef OPTOUT_CORE_HEX_H
#define OPTOUT_CORE_HEX_H

#include "core/slice.h"

/* 0 to 15; -1: no digit. */
static inline int hex_value(uint8_t c)
{
    if (ascii_is_digit(c))
        return c - '0';
    uint8_t letter = (uint8_t)(ascii_lower(c) - 'a');
    return letter < 6 ? letter + 10 : -1;
}

/* Two digits a byte into `out`, without a NUL. */
static inline void hex_print(void *out, const uint8_t *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char *to = out;
    for (size_t i = 0; i < n; i++) {
        *to++ = digits[p[i] >> 4];
        *to++ = digits[p[i] & 15];
    }
}

#endif
