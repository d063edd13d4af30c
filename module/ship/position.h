/* SPDX-License-Identifier: Apache-2.0 */
/* position.h - how far a segment is shipped, in a file of its own:
 *
 *     optout-ship 1
 *     segment NODE-TIME-PID-NUMBER.jsonl
 *     first 32 hex digits of the SHA-256 of the segment's first line
 *     lines 1234
 *     state open
 *
 * The name tells the segment, the first line that it is still that one. */
#ifndef OPTOUT_SHIP_POSITION_H
#define OPTOUT_SHIP_POSITION_H

#include "core/rc.h"
#include "core/slice.h"

#define POSITION_NAME_MAX 240 /* bytes of a segment's name; the suffix must fit a file name */
#define POSITION_FILE_MAX 1024
#define POSITION_SUFFIX ".shipped"
#define POSITION_FIRST 33 /* with NUL */

enum position_state {
    POSITION_OPEN, /* more is to come, or still to be sent */
    POSITION_DONE,
    POSITION_DAMAGED, /* shipped up to where it can be read; what follows is not */
    POSITION_STATES
};

struct position {
    uint64_t lines; /* from the first on, taken by Kafka or set aside */
    enum position_state state;
    char first[POSITION_FIRST]; /* empty: no line was read yet */
};

/* False: this is no such file, or that of another segment. */
bool position_parse(struct slice text, struct slice segment, struct position *out);

/* `path` without the suffix. OPTOUT_DONE: there is none. OPTOUT_E_SYNTAX: not to be used.
 * OPTOUT_E_IO: errno says why. */
enum optout_rc position_load(const char *folder, const char *segment,
                             struct position *out) OPTOUT_CHECKED;
/* Whole or not at all, and on the disk. False with errno. */
bool position_save(const char *folder, const char *segment, const struct position *p);
bool position_remove(const char *folder, const char *segment);

#endif
