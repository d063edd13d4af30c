/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - RFC 4648 section 4, in pieces of any size.
 *
 * ASCII white space is skipped wherever it stands; padding may be left out. */
#ifndef OPTOUT_SYNTAX_BASE64_H
#define OPTOUT_SYNTAX_BASE64_H

#include "core/slice.h"

/* All zero to begin with. */
struct base64 {
    uint32_t bits; /* of the group of four being read */
    uint8_t n;     /* its characters so far, padding not counted */
    uint8_t pads;
    bool stopped; /* at a byte that is none of base64, or at text after the padding */
};

/* Decodes from the front of *in into `out` until *in is used up, fewer than three bytes are
 * free, or a byte that does not belong there is met: it is left in *in and `stopped` is set.
 * Returns how many bytes were written; `size` is at least 3. */
size_t base64_feed(struct base64 *b, struct slice *in, uint8_t *out, size_t size);
/* What the unfinished group still holds, 0 to 2 bytes; call once, at the end. */
size_t base64_finish(const struct base64 *b, uint8_t out[2]);
/* Whether what was fed, up to where it stopped, is well-formed as a whole. */
bool base64_is_whole(const struct base64 *b);

#endif
