/* SPDX-License-Identifier: Apache-2.0 */
/* date.c - dates of RFC 822/1123/5322, RFC 850, asctime and ISO 8601.
 *
 * One reader for all: a date is either "year-month-day" or day, month name and
 * year in the orders that the formats have, then perhaps a time and a zone.
 * Anything left over refuses the whole. Day names are checked for being day
 * names, not for being right. */
#include "http/date.h"

#include "core/clock.h"

#define YEAR_MIN 1
#define YEAR_MAX 9999
#define YEAR_SECONDS 31556952 /* mean Gregorian year */
#define NAME_SHORT 3          /* letters of an abbreviated day or month */

static const char *const months[] = { "January",   "February", "March",    "April",
                                      "May",       "June",     "July",     "August",
                                      "September", "October",  "November", "December" };
static const char *const days[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
                                    "Friday", "Saturday", "Sunday" };

static const struct zone {
    const char *name;
    int hours;
} zones[] = {
    { "Z", 0 },    { "GMT", 0 },  { "UTC", 0 },  { "UT", 0 },   { "EST", -5 }, { "EDT", -4 },
    { "CST", -6 }, { "CDT", -5 }, { "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 },
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct date {
    int year, month, day, hour, min, sec;
    int year_digits;
    int offset; /* seconds east of UTC */
};

static void skip_space(struct slice *in)
{
    while (in->n && ascii_is_space(in->p[0]))
        *in = slice_from(*in, 1);
}

/* What may stand between the parts of a date: "25 Jun 2010", "25-Jun-10",
 * "Friday, 25", "Jun 25, 2010". */
static void skip_separator(struct slice *in)
{
    while (in->n && (ascii_is_space(in->p[0]) || in->p[0] == ',' || in->p[0] == '-'))
        *in = slice_from(*in, 1);
}

/* Between `least` and `most` digits, and no digit after them. Returns how many
 * there were, or 0. */
static int take_number(struct slice *in, int least, int most, int *value)
{
    int n = 0, v = 0;
    while (n < most && (size_t)n < in->n && ascii_is_digit(in->p[n]))
        v = v * 10 + (in->p[n++] - '0');
    if (n < least || ((size_t)n < in->n && ascii_is_digit(in->p[n])))
        return 0;
    *in = slice_from(*in, (size_t)n);
    *value = v;
    return n;
}

static struct slice take_word(struct slice *in)
{
    size_t n = 0;
    while (n < in->n && ascii_is_alpha(in->p[n]))
        n++;
    struct slice word = slice_sub(*in, 0, n);
    *in = slice_from(*in, n);
    return word;
}

/* Index of a name, whole or abbreviated, or -1. */
static int name_index(struct slice word, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct slice name = slice_cstr(names[i]);
        if (slice_eq_nocase(word, name) || slice_eq_nocase(word, slice_sub(name, 0, NAME_SHORT)))
            return (int)i;
    }
    return -1;
}

/* hh:mm[:ss[.fraction]] */
static bool take_time(struct slice *in, struct date *d)
{
    int ignored;
    if (!take_number(in, 1, 2, &d->hour) || !slice_take(in, ':') || !take_number(in, 2, 2, &d->min))
        return false;
    if (!slice_take(in, ':'))
        return true;
    if (!take_number(in, 2, 2, &d->sec))
        return false;
    return !slice_take(in, '.') || take_number(in, 1, 9, &ignored) > 0;
}

/* "+02:00", "+0200", "+02" */
static bool take_offset(struct slice *in, struct date *d)
{
    int sign = slice_begins(*in, '-') ? -1 : 1;
    int hours = 0, minutes = 0;
    *in = slice_from(*in, 1);
    if (in->n >= 4 && ascii_is_digit(in->p[2])) {
        struct slice front = slice_sub(*in, 0, 2);
        *in = slice_from(*in, 2);
        if (!take_number(&front, 2, 2, &hours) || !take_number(in, 2, 2, &minutes))
            return false;
    } else if (!take_number(in, 2, 2, &hours) ||
               (slice_take(in, ':') && !take_number(in, 2, 2, &minutes))) {
        return false;
    }
    d->offset = sign * (hours * 3600 + minutes * 60);
    return hours < 24 && minutes < 60;
}

/* A zone or nothing, which means UTC. */
static bool take_zone(struct slice *in, struct date *d)
{
    skip_space(in);
    if (slice_begins(*in, '+') || slice_begins(*in, '-'))
        return take_offset(in, d);
    struct slice word = take_word(in);
    if (slice_empty(word))
        return true;
    for (size_t i = 0; i < COUNT(zones); i++) {
        if (slice_eq_nocase(word, slice_cstr(zones[i].name))) {
            d->offset = zones[i].hours * 3600;
            return true;
        }
    }
    return false;
}

/* ISO 8601: 2010-06-25, 2010-06-25T15:00:00+02:00, 2010-06-25 15:00. */
static bool take_iso(struct slice *in, struct date *d)
{
    d->year_digits = take_number(in, 4, 4, &d->year);
    if (!d->year_digits || !slice_take(in, '-') || !take_number(in, 2, 2, &d->month) ||
        !slice_take(in, '-') || !take_number(in, 2, 2, &d->day))
        return false;
    bool t = slice_take(in, 'T') || slice_take(in, 't');
    if (!t)
        skip_space(in);
    if (t || (in->n && ascii_is_digit(in->p[0])))
        return take_time(in, d);
    return true;
}

static bool take_month(struct slice *in, struct date *d)
{
    d->month = name_index(take_word(in), months, COUNT(months)) + 1;
    slice_take(in, '.');
    skip_separator(in);
    return d->month > 0;
}

static bool take_year(struct slice *in, struct date *d)
{
    d->year_digits = take_number(in, 2, 4, &d->year);
    return d->year_digits == 2 || d->year_digits == 4;
}

/* A time when the next thing is a number and then a colon. */
static bool take_time_if_any(struct slice *in, struct date *d)
{
    skip_space(in);
    slice_take(in, ',');
    skip_space(in);
    struct slice head = slice_sub(*in, 0, 3); /* "15:" or "9:0" */
    if (slice_empty(head) || !ascii_is_digit(head.p[0]) || slice_find(head, ':') == head.n)
        return true;
    return take_time(in, d);
}

/* [day-name] day month year [time], and asctime's month day [time] year. */
static bool take_named(struct slice *in, struct date *d)
{
    struct slice after = *in;
    if (name_index(take_word(&after), days, COUNT(days)) >= 0) {
        *in = after;
        slice_take(in, '.');
        skip_separator(in);
    }
    bool month_first = in->n && ascii_is_alpha(in->p[0]);
    if (month_first && !take_month(in, d))
        return false;
    if (!take_number(in, 1, 2, &d->day))
        return false;
    skip_separator(in);
    if (!month_first)
        return take_month(in, d) && take_year(in, d) && take_time_if_any(in, d);
    if (!take_time_if_any(in, d))
        return false;
    skip_space(in);
    return take_year(in, d) && take_time_if_any(in, d);
}

static int64_t seconds_of(const struct date *d)
{
    return clock_from_civil(d->year, d->month, d->day, d->hour, d->min, d->sec) - d->offset;
}

/* RFC 9110 section 5.6.7: more than 50 years ahead means the century before;
 * likewise 50 years or more behind means the century after. */
static void complete_year(struct date *d, int64_t now)
{
    const int64_t half = 50 * (int64_t)YEAR_SECONDS;
    const int64_t last = (int64_t)(YEAR_MAX - 1970) * YEAR_SECONDS;
    if (d->year_digits != 2)
        return;
    now = now < 0 ? 0 : now > last ? last : now;
    d->year += (1970 + (int)(now / YEAR_SECONDS)) / 100 * 100;
    if (seconds_of(d) > now + half)
        d->year -= 100;
    else if (seconds_of(d) <= now - half)
        d->year += 100;
}

static bool possible(const struct date *d)
{
    static const int month_days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0);
    if (d->year < YEAR_MIN || d->year > YEAR_MAX || d->month < 1 || d->month > 12)
        return false;
    if (d->day < 1 || d->day > month_days[d->month - 1] || (d->month == 2 && d->day == 29 && !leap))
        return false;
    return d->hour < 24 && d->min < 60 && d->sec <= 60; /* 60: a leap second */
}

bool date_parse(struct slice text, int64_t now, int64_t *seconds)
{
    struct date d = { 0 };
    struct slice in = slice_trim_space(text);
    bool iso = in.n > 4 && ascii_is_digit(in.p[0]) && in.p[4] == '-';
    if (!(iso ? take_iso(&in, &d) : take_named(&in, &d)) || !take_zone(&in, &d))
        return false;
    skip_space(&in);
    if (!slice_empty(in))
        return false;
    if (d.month < 1 || d.month > 12 || d.day > 31)
        return false;
    complete_year(&d, now);
    if (!possible(&d))
        return false;
    *seconds = seconds_of(&d);
    return true;
}
