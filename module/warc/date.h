/* SPDX-License-Identifier: Apache-2.0 */
/* date.h - WARC-Date: WARC 1.1 section 5.4, a profile of ISO 8601, and the form of ARC. */
#ifndef OPTOUT_WARC_DATE_H
#define OPTOUT_WARC_DATE_H

#include "core/slice.h"

/* "2026-11-01T00:00:00Z", with fractions, which are dropped, or shorter; "20261101000000". */
bool warc_date_read(struct slice date, int64_t *wall_ms);

#endif
