/* SPDX-License-Identifier: Apache-2.0 */
/* sound.h - whether bytes are frames of MPEG audio (ISO/IEC 11172-3 section 2.4.1, 13818-3) or
 * of AAC (ISO/IEC 13818-7 section 6.2, ADTS). A frame has no signature but a few bits, so that
 * only frames one behind the other tell.
 *
 * Limits: SOUND_SEARCH bytes in front of the first frame, of a stream that was joined in its
 * middle; frames of free format, whose length nothing tells, are not found. */
#ifndef OPTOUT_FORMATS_AV_SOUND_H
#define OPTOUT_FORMATS_AV_SOUND_H

#include "core/arena.h"
#include "core/rc.h"
#include "core/slice.h"

#define SOUND_SEARCH 8192

struct sound;

/* NULL: the arena is used up. */
struct sound *sound_open(struct arena *arena);
/* OPTOUT_MORE; OPTOUT_DONE: it is sound; OPTOUT_E_SYNTAX: it is none. */
enum optout_rc sound_feed(struct sound *s, struct slice bytes);
/* The body has ended: the last two for a body that is too short for several frames. */
enum optout_rc sound_end(const struct sound *s);

#endif
