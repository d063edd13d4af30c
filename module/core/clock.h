/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - the only source of time, so that tests can stop it and move it. */
#ifndef OPTOUT_CORE_CLOCK_H
#define OPTOUT_CORE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For tests, before there are threads: the wall clock stands there from now on;
 * -1 lets it run again. The monotonic clock always runs. */
void clock_freeze(int64_t wall_ms);
/* For tests, of any thread: both clocks of this process jump ahead, a frozen one too. What
 * sleeps in the kernel sleeps on. */
void clock_advance(uint32_t ms);

int64_t clock_wall_ms(void); /* UTC, milliseconds since 1970 */
uint64_t clock_mono_us(void); /* microseconds from an arbitrary start */

/* "2026-11-24T15:04:05.678Z"; `out` holds CLOCK_TEXT bytes with the NUL. */
#define CLOCK_TEXT 25
void clock_text(int64_t wall_ms, char out[CLOCK_TEXT]);
/* Reads that form, and no other. False: it is none. */
bool clock_read(const char *text, int64_t *wall_ms);

/* Seconds since 1970 of a civil UTC date (proleptic Gregorian). month 1-12. */
int64_t clock_from_civil(int year, int month, int day, int hour, int min, int sec);

#endif
