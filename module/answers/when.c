/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/when.h"

#define SECOND_MS 1000
#define DAY_MS (24 * 3600 * INT64_C(1000))
#define LAST_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* Exactly n digits. */
static bool take_digits(struct slice *s, size_t n, int *value)
{
    uint64_t v;
    if (s->n < n || !slice_to_u64(slice_sub(*s, 0, n), &v))
        return false;
    *value = (int)v;
    *s = slice_from(*s, n);
    return true;
}

/* A separator and two digits, within bounds. False, and nothing taken: it is not there. */
static bool take_part(struct slice *s, uint8_t separator, int first, int last, int *value)
{
    struct slice rest = *s;
    int v;
    if (!slice_take(&rest, separator) || !take_digits(&rest, 2, &v) || v < first || v > last)
        return false;
    *value = v;
    *s = rest;
    return true;
}

static int days_of(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Milliseconds of ".678…"; more digits are dropped. */
static bool take_fraction(struct slice *s, int *ms)
{
    int scale = 100;
    if (!slice_take(s, '.'))
        return true;
    if (!s->n || !ascii_is_digit(s->p[0]))
        return false;
    for (; s->n && ascii_is_digit(s->p[0]); *s = slice_from(*s, 1), scale /= 10)
        *ms += scale * (s->p[0] - '0');
    return true;
}

/* "Z", "+01:00" or nothing. */
static bool take_offset(struct slice *s, int *minutes)
{
    int hours, rest, sign = slice_begins(*s, '-') ? -1 : 1;
    if (!s->n || slice_take(s, 'Z') || slice_take(s, 'z'))
        return true;
    if (!(slice_take(s, '+') || slice_take(s, '-')) || !take_digits(s, 2, &hours))
        return false;
    slice_take(s, ':');
    if (!take_digits(s, 2, &rest) || hours > 23 || rest > 59)
        return false;
    *minutes = sign * (hours * 60 + rest);
    return true;
}

static bool read_calendar(struct slice s, int64_t *wall_ms)
{
    int year, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0, offset = 0;
    if (!take_digits(&s, 4, &year) || year < 1970)
        return false;
    if (take_part(&s, '-', 1, 12, &month) && take_part(&s, '-', 1, days_of(year, month), &day) && s.n) {
        uint8_t between = s.p[0];
        if ((between | 0x20) != 't' && between != ' ')
            return false;
        if (!take_part(&s, between, 0, 23, &hour) || !take_part(&s, ':', 0, 59, &minute))
            return false;
        if (take_part(&s, ':', 0, 60, &second) && !take_fraction(&s, &ms))
            return false;
        if (!take_offset(&s, &offset))
            return false;
    }
    *wall_ms = (clock_from_civil(year, month, day, hour, minute, second) - offset * 60) * SECOND_MS + ms;
    return s.n == 0;
}

static bool read_ago(struct slice s, int64_t now_ms, int64_t *wall_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {
        { 's', SECOND_MS }, { 'm', 60 * SECOND_MS }, { 'h', 3600 * SECOND_MS },
        { 'd', DAY_MS },    { 'w', 7 * DAY_MS },
    };
    uint64_t n;
    if (s.n < 2 || !slice_to_u64(slice_sub(s, 0, s.n - 1), &n) || n > 1000000000u)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (s.p[s.n - 1] != (uint8_t)units[i].unit)
            continue;
        *wall_ms = now_ms - (int64_t)n * units[i].ms;
        return true;
    }
    return false;
}

bool when_read(struct slice s, int64_t now_ms, int64_t *wall_ms)
{
    bool read = true;
    if (slice_eq(s, SLICE_OF("now")))
        *wall_ms = now_ms;
    else if (slice_eq(s, SLICE_OF("today")))
        *wall_ms = now_ms - now_ms % DAY_MS;
    else if (slice_eq(s, SLICE_OF("yesterday")))
        *wall_ms = now_ms - now_ms % DAY_MS - DAY_MS;
    else
        read = read_ago(s, now_ms, wall_ms) || read_calendar(s, wall_ms);
    return read && *wall_ms >= 0 && *wall_ms <= LAST_MS;
}
