/* SPDX-License-Identifier: Apache-2.0 */
/* needle.h - one word looked for in short texts, very often: two of its bytes that are rare
 * in a log are compared at 32 places at once. For many words see literals.h.
 *
 * Plain data that borrows the word. Pure: any thread. */
#ifndef OPTOUT_SYNTAX_NEEDLE_H
#define OPTOUT_SYNTAX_NEEDLE_H

#include "core/slice.h"

struct needle {
    struct slice word;
    bool exact;        /* else ASCII letters match in both cases */
    uint8_t at[2];     /* offsets of the two bytes */
    uint8_t byte[2];   /* they, as they are compared */
    uint8_t fold[2];   /* what is set in a text's byte before that: 0x20 for a letter */
};

/* `word` has 2 to 255 bytes. */
struct needle needle_of(struct slice word, bool exact);
bool needle_is_in(const struct needle *n, struct slice text);

#endif
