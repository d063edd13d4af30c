/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clock.h"

#include <stdlib.h>
#include <time.h>

int64_t clock_wall_ms(void)
{
    const char *frozen = getenv("OPTOUT_CLOCK");
    if (frozen && *frozen)
        return strtoll(frozen, NULL, 10);
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

uint64_t clock_mono_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

/* Days since 1970-01-01; the year is counted from March so that the leap day
 * is the last of its year. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

int64_t clock_from_civil(int year, int month, int day, int hour, int min, int sec)
{
    return days_from_civil(year, month, day) * 86400 + hour * 3600 + min * 60 + sec;
}

static char *digits(char *p, unsigned value, int width)
{
    for (int i = width; i-- > 0; value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + width;
}

/* Without printf: every record of the log passes here. */
void clock_text(int64_t wall_ms, char out[CLOCK_TEXT])
{
    static const char between[] = "--T::.";
    time_t sec = (time_t)(wall_ms / 1000);
    struct tm tm = { 0 };
    gmtime_r(&sec, &tm);
    const unsigned part[] = {
        (unsigned)tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday,
        (unsigned)tm.tm_hour,        (unsigned)tm.tm_min,     (unsigned)tm.tm_sec,
        (unsigned)(wall_ms % 1000),
    };
    static const int width[] = { 4, 2, 2, 2, 2, 2, 3 };
    char *p = out;
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        p = digits(p, part[i], width[i]);
        *p++ = i < sizeof between - 1 ? between[i] : 'Z';
    }
    *p = '\0';
}
