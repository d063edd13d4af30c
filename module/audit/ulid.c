/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/ulid.h"

#include "core/process.h"

#include <stdlib.h>
#include <string.h>

#define RANDOM_BYTES 10
#define DRAWN 25 /* ids at once: each draw is a system call, which takes half a microsecond */
#define TIME_CHARS 10 /* 48 bits in base32; the topmost character is 0 to 7 */
#define TIME_MAX ((UINT64_C(1) << 48) - 1)

static const char base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* What a thread has drawn and not given away. Of a process before a fork it is worth nothing. */
static _Thread_local struct {
    uint64_t serial;
    size_t left;
    uint8_t bytes[DRAWN][RANDOM_BYTES];
} drawn;

static void draw(uint8_t out[RANDOM_BYTES])
{
    uint64_t serial = process_serial();
    if (serial == 0) {
        arc4random_buf(out, RANDOM_BYTES);
        return;
    }
    if (drawn.left == 0 || drawn.serial != serial) {
        arc4random_buf(drawn.bytes, sizeof drawn.bytes);
        drawn.left = DRAWN;
        drawn.serial = serial;
    }
    memcpy(out, drawn.bytes[--drawn.left], RANDOM_BYTES);
}

void ulid_make(int64_t wall_ms, char out[ULID_TEXT])
{
    uint8_t bytes[RANDOM_BYTES];
    draw(bytes);

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
