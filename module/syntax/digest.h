/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h - SHA-256 in pieces, without a look-up of the algorithm per use. */
#ifndef OPTOUT_SYNTAX_DIGEST_H
#define OPTOUT_SYNTAX_DIGEST_H

#include "core/slice.h"

struct digest; /* one per body; not shared between threads */

struct digest *digest_open(void); /* NULL when memory is used up */
void digest_feed(struct digest *d, struct slice bytes);
/* Ends it, frees it; false when the library refused. NULL is fine. */
bool digest_close(struct digest *d, uint8_t out[32]);
/* Of bytes that stand together. */
bool digest_of(struct slice bytes, uint8_t out[32]);

#endif
