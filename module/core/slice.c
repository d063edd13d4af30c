/* SPDX-License-Identifier: Apache-2.0 */
#include "core/slice.h"

bool slice_folds_to(struct slice s, struct slice prefix)
{
    for (size_t i = 0; i < prefix.n; i++)
        if (ascii_lower(s.p[i]) != ascii_lower(prefix.p[i]))
            return false;
    return true;
}

size_t slice_find(struct slice s, uint8_t byte)
{
    const uint8_t *hit = s.n ? memchr(s.p, byte, s.n) : NULL;
    return hit ? (size_t)(hit - s.p) : s.n;
}

size_t slice_find_nocase(struct slice s, struct slice what)
{
    for (size_t i = 0; what.n <= s.n && i <= s.n - what.n; i++)
        if (slice_starts_nocase(slice_from(s, i), what))
            return i;
    return s.n;
}

struct slice slice_trim_ows(struct slice s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s.p++, s.n--;
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

struct slice slice_trim_space(struct slice s)
{
    while (s.n && ascii_is_space(s.p[0]))
        s.p++, s.n--;
    while (s.n && ascii_is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool slice_split(struct slice *rest, uint8_t sep, struct slice *piece)
{
    if (rest->p == NULL)
        return false;
    size_t at = slice_find(*rest, sep);
    *piece = slice_sub(*rest, 0, at);
    if (at < rest->n)
        *rest = slice_from(*rest, at + 1);
    else
        *rest = SLICE_EMPTY;
    return true;
}

bool slice_next_row(struct slice *rest, struct slice *row, unsigned *line)
{
    while (rest->n && slice_split(rest, '\n', row)) {
        ++*line;
        if (row->n && row->p[row->n - 1] == '\r')
            row->n--;
        if (row->n && row->p[0] != '#')
            return true;
    }
    return false;
}

bool slice_to_u64(struct slice s, uint64_t *value)
{
    uint64_t v = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_digit(s.p[i]))
            return false;
        unsigned d = s.p[i] - '0';
        if (v > (UINT64_MAX - d) / 10)
            return false;
        v = v * 10 + d;
    }
    *value = v;
    return true;
}
