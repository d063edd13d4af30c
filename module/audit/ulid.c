/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/ulid.h"

#include <stdlib.h>

#define RANDOM_BYTES 10
#define TIME_CHARS 10 /* 48 bits in base32; the topmost character is 0 to 7 */
#define TIME_MAX ((UINT64_C(1) << 48) - 1)

static const char base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void ulid_make(int64_t wall_ms, char out[ULID_TEXT])
{
    uint8_t bytes[RANDOM_BYTES];
    arc4random_buf(bytes, sizeof bytes);

    uint64_t time = wall_ms < 0 ? 0 : (uint64_t)wall_ms;
    if (time > TIME_MAX)
        time = TIME_MAX;
    for (size_t i = TIME_CHARS; i-- > 0; time >>= 5)
        out[i] = base32[time & 31];

    /* 80 bits: two groups of five bytes, eight characters each. */
    for (size_t group = 0; group < 2; group++) {
        uint64_t bits = 0;
        for (size_t i = 0; i < 5; i++)
            bits = bits << 8 | bytes[group * 5 + i];
        for (size_t i = 8; i-- > 0; bits >>= 5)
            out[TIME_CHARS + group * 8 + i] = base32[bits & 31];
    }
    out[ULID_TEXT - 1] = '\0';
}
