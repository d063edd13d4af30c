/* SPDX-License-Identifier: Apache-2.0 */
/* terms_value.h - the terms of an origin as the value that nodes share. Input is hostile: whoever may
 * write to Redis wrote it. What it says is weak, and restricts or says nothing. */
#ifndef OPTOUT_DAEMON_TERMS_VALUE_H
#define OPTOUT_DAEMON_TERMS_VALUE_H

#include "site/terms.h"

#define TERMS_VALUE_PAGES (TERMS_PAGES + 1) /* one of them may say nothing any more */
#define TERMS_VALUE_MAX (TERMS_VALUE_PAGES * (TERMS_URL_MAX + 256 + TERMS_HITS * 1024u))
#define TERMS_AHEAD_MS (5 * 60 * 1000ll) /* what clocks of a fleet differ by */

struct terms_value {
    struct terms_page page[TERMS_VALUE_PAGES];
    size_t n;
};

enum optout_rc terms_value_print(const struct terms_value *v, struct buf *out) OPTOUT_CHECKED;
/* False: not of ours, of another version, or a page of it is not of `origin`. Pages that are over at
 * `now_ms` are left out. Slices point into `value`. */
bool terms_value_read(struct slice value, struct slice origin, int64_t now_ms,
                      struct terms_value *out);

#endif
