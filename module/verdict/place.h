/* SPDX-License-Identifier: Apache-2.0 */
/* place.h - one place of a table that many processes read and write without a lock.
 *
 * Its words are written under an odd sequence number; a reader that meets one, or a change while
 * it read, takes the place as empty. Beside an odd number stands the process that writes: when
 * that is no more, the next writer takes the place over. Any thread of any process. */
#ifndef OPTOUT_VERDICT_PLACE_H
#define OPTOUT_VERDICT_PLACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACE_WORDS(type) ((sizeof(type) + 7) / 8)

typedef _Atomic uint64_t place_word;

/* A consistent copy of the first `bytes`; false when the place is being written. `state` is a
 * process << 32 | sequence number, zero at first, as are the words. */
bool place_copy(const place_word *state, const place_word *word, void *out, size_t bytes);
/* A writer has died here. */
bool place_is_deserted(const place_word *state);
/* Writes all `bytes`, the last word filled up with zeros. False: somebody else writes here. */
bool place_write(place_word *state, place_word *word, const void *from, size_t bytes);

#endif
