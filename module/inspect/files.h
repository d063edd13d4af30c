/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - drives the formats over one body: which they are by its first bytes, the same
 * bytes to each of them, and what they could not read.
 *
 * One per inspection; memory from its arena. */
#ifndef OPTOUT_INSPECT_FILES_H
#define OPTOUT_INSPECT_FILES_H

#include "core/undecided.h"
#include "formats/format.h"
#include "inspect/members.h"
#include "inspect/packets.h"

#define FILES_REPLAY_MAX (1u << 20) /* decoded bytes kept for formats that look back, where the
                                       caller keeps none */

struct files;

/* `back` reads the body as sent, NULL read: nothing is kept there. `owner` is whose the files
 * inside are; what could not be read goes to its undecided set. NULL when memory is used up. */
struct files *files_open(struct arena *arena, struct packets *packets, struct lookback back,
                         const struct members_owner *owner);
/* Opens what these first bytes are; `declared` (lower case) serves when they tell nothing.
 * Returns how many formats were opened. The bytes have still to be fed. */
size_t files_begin(struct files *f, struct slice head, struct slice declared, uint64_t length);
/* The same for one more type that the header names: opens its format, if none is open that
 * these first bytes tell. */
void files_begin_named(struct files *f, struct slice head, struct slice type, uint64_t length);
/* What the bytes that will be fed next are part of, as sent: so that a format can look back
 * into them. Not for coded bodies. */
void files_piece(struct files *f, struct slice piece, uint64_t offset);
/* OPTOUT_MORE, or OPTOUT_DONE when no format wants more. */
enum optout_rc files_feed(struct files *f, struct slice bytes);
/* `judge`: the body has ended, so what is missing is missed; else the caller stopped. */
void files_end(struct files *f, bool judge);

size_t files_count(const struct files *f);
/* The n-th, in the order of the table. */
const struct format *files_format(const struct files *f, size_t n);

#endif
