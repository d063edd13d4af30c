/* SPDX-License-Identifier: Apache-2.0 */
/* chunked.h - the chunked transfer coding (RFC 9112 section 7.1) undone, of answers that were
 * archived as they came over the wire. What does not begin as a chunk is no such coding, and is
 * handed on as it is. Output does not depend on how the input was cut. */
#ifndef OPTOUT_FORMATS_PARTS_CHUNKED_H
#define OPTOUT_FORMATS_PARTS_CHUNKED_H

#include "core/rc.h"
#include "core/slice.h"

#define CHUNKED_FIRST 32 /* bytes that must show the first size */

/* All zero to begin with. */
struct chunked {
    uint8_t state;
    bool begun;    /* a size was read: it is this coding */
    uint8_t n;     /* of what may turn out to be no size */
    uint8_t first[CHUNKED_FIRST];
    uint64_t size; /* of the chunk: being read, then left */
    uint8_t digits;
};

/* OPTOUT_OK to go on, else what the sink answered. After the last chunk, bytes are dropped. */
enum optout_rc chunked_feed(struct chunked *c, struct slice bytes,
                            enum optout_rc (*sink)(void *ctx, struct slice bytes), void *ctx);
/* What was held back to be told, when nothing more comes. */
enum optout_rc chunked_end(struct chunked *c,
                           enum optout_rc (*sink)(void *ctx, struct slice bytes), void *ctx);

/* At the end: it was this coding, and did not come to its last chunk. */
bool chunked_is_broken(const struct chunked *c);

#endif
