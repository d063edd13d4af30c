/* SPDX-License-Identifier: Apache-2.0 */
/* ulid.h - record ids: 48 bits of milliseconds and 80 random bits in
 * Crockford's base32, 26 characters that sort by time. */
#ifndef OPTOUT_AUDIT_ULID_H
#define OPTOUT_AUDIT_ULID_H

#include <stdint.h>

#define ULID_TEXT 27 /* 26 characters and the NUL */

/* Any thread, and safe across fork. Ends the process when the kernel gives no random bytes
 * (arc4random_buf): two records must never share an id. */
void ulid_make(int64_t wall_ms, char out[ULID_TEXT]);

#endif
