/* SPDX-License-Identifier: Apache-2.0 */
/* when.h - a point in time as people write it, as the log writes it: so times compare as
 * texts. Pure: any thread. */
#ifndef OPTOUT_ANSWERS_WHEN_H
#define OPTOUT_ANSWERS_WHEN_H

#include "core/clock.h"
#include "core/slice.h"

/* Reads
 *   RFC 3339: "2026-11-30T10:00:00.5+01:00"; 't', 'z' and a blank between are fine, and
 *   without an offset it is UTC; seconds may be left out
 *   a date, its first moment in UTC: "2026-11-30", "2026-11", "2026"
 *   how long before `now_ms`: "90s", "30m", "12h", "7d", "4w"
 *   "now", "today", "yesterday" (UTC)
 * False: it is none of these, or before 1970 or after 9999. */
bool when_read(struct slice text, int64_t now_ms, int64_t *wall_ms);

#endif
