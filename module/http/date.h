/* SPDX-License-Identifier: Apache-2.0 */
/* date.h - dates as robots rules write them: RFC 822/1123, RFC 850, ISO 8601. */
#ifndef OPTOUT_HTTP_DATE_H
#define OPTOUT_HTTP_DATE_H

#include "core/slice.h"

/* Seconds since 1970, UTC. Zones: Z, GMT, UTC, UT, numeric offsets, and the
 * North American names of RFC 822; none means UTC. A two-digit year is read as
 * RFC 9110 section 5.6.7 says relative to `now` (seconds since 1970). */
bool date_parse(struct slice text, int64_t now, int64_t *seconds);

#endif
