/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define RUNS INT64_MIN

static int64_t frozen_at = RUNS; /* milliseconds */
static _Atomic uint32_t ahead_ms; /* of the real clocks */

void clock_freeze(int64_t wall_ms)
{
    frozen_at = wall_ms < 0 ? RUNS : wall_ms - atomic_load(&ahead_ms);
}

void clock_advance(uint32_t ms)
{
    atomic_fetch_add(&ahead_ms, ms);
}

static uint32_t ahead(void)
{
    return atomic_load_explicit(&ahead_ms, memory_order_relaxed);
}

int64_t clock_wall_ms(void)
{
    if (frozen_at != RUNS)
        return frozen_at + ahead();
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + ahead();
}

uint64_t clock_mono_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u + ahead() * 1000ull;
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

/* The way back, for days from 1970 on. */
static void civil_from_days(int64_t days, unsigned *year, unsigned *month, unsigned *day)
{
    unsigned z = (unsigned)(days + 719468);
    unsigned era = z / 146097, day_of_era = z % 146097;
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned from_march = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

/* Without printf and without the locks of gmtime_r: every record of the log
 * passes here. Times before 1970 are printed as its beginning. */
void clock_text(int64_t wall_ms, char out[CLOCK_TEXT])
{
    static const char between[] = "--T::.";
    unsigned part[7];
    int64_t ms = wall_ms < 0 ? 0 : wall_ms;
    civil_from_days(ms / 86400000, &part[0], &part[1], &part[2]);
    part[3] = (unsigned)(ms / 3600000 % 24);
    part[4] = (unsigned)(ms / 60000 % 60);
    part[5] = (unsigned)(ms / 1000 % 60);
    part[6] = (unsigned)(ms % 1000);
    static const int width[] = { 4, 2, 2, 2, 2, 2, 3 };
    char *p = out;
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        p = digits(p, part[i], width[i]);
        *p++ = i < sizeof between - 1 ? between[i] : 'Z';
    }
    *p = '\0';
}

bool clock_read(const char *text, int64_t *wall_ms)
{
    int year, month, day, hour, minute, second, ms, end = 0;
    char again[CLOCK_TEXT];
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &year, &month, &day, &hour, &minute, &second,
               &ms, &end) != 7 || end != CLOCK_TEXT - 1 || month < 1 || month > 12)
        return false;
    *wall_ms = clock_from_civil(year, month, day, hour, minute, second) * 1000 + ms;
    clock_text(*wall_ms, again); /* blanks, signs and a 30 February are no such form */
    return strcmp(again, text) == 0;
}
