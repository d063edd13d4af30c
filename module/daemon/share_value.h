/* SPDX-License-Identifier: Apache-2.0 */
/* share_value.h - an origin's answer as the value that nodes share: a version,
 * then fields with their lengths, then the body. Input is hostile: whoever may
 * write to Redis wrote it. */
#ifndef OPTOUT_DAEMON_SHARE_VALUE_H
#define OPTOUT_DAEMON_SHARE_VALUE_H

#include "site/document.h"

/* Keeps kind, origin, url, agent, status, the header fields that document_read
 * looks at, body, body_cut, why and the time of fetching. */
enum optout_rc share_value_print(const struct site_answer *a, struct buf *out) OPTOUT_CHECKED;
/* Slices point into `value`; headers go to the arena. OPTOUT_E_SYNTAX: not of ours
 * or of another version. source is SITE_SHARED. */
enum optout_rc share_value_read(struct slice value, struct arena *arena, struct headers *headers,
                                struct site_answer *out) OPTOUT_CHECKED;

#endif
