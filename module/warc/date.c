/* SPDX-License-Identifier: Apache-2.0 */
#include "warc/date.h"

#include "core/clock.h"

static bool take_digits(struct slice *s, size_t n, int *to)
{
    uint64_t v;
    if (s->n < n || !slice_to_u64(slice_sub(*s, 0, n), &v))
        return false;
    *to = (int)v;
    *s = slice_from(*s, n);
    return true;
}

bool warc_date_read(struct slice date, int64_t *wall_ms)
{
    int part[6] = { 0, 1, 1, 0, 0, 0 }; /* year … second */
    struct slice s = slice_trim_space(date);
    if (!take_digits(&s, 4, &part[0]))
        return false;
    for (size_t i = 1; i < 6 && s.n; i++) {
        if (!ascii_is_digit(s.p[0]))
            s = slice_from(s, 1); /* the form of ARC has nothing between them */
        if (s.n && ascii_is_digit(s.p[0]) && !take_digits(&s, 2, &part[i]))
            return false;
    }
    if (part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31)
        return false;
    *wall_ms = clock_from_civil(part[0], part[1], part[2], part[3], part[4], part[5]) * 1000;
    return true;
}
