/* SPDX-License-Identifier: Apache-2.0 */
/* pendings.h - records of one segment whose end has not yet been read, by their id.
 *
 * Owns copies of the lines. One thread. */
#ifndef OPTOUT_ANSWERS_PENDINGS_H
#define OPTOUT_ANSWERS_PENDINGS_H

#include "core/rc.h"
#include "core/slice.h"

#define PENDINGS_BYTES_MAX (32u << 20) /* of lines that wait; a segment has a few at a time */

struct pending {
    struct pending *next_of_slot, *older, *newer;
    struct slice line, id;
    uint64_t number; /* of the line in its segment */
};

#define PENDING_SLOTS 1024u

struct pendings {
    struct pending *slot[PENDING_SLOTS];
    struct pending *oldest, *newest;
    size_t n, bytes;
};

/* OPTOUT_E_LIMIT or OPTOUT_E_NOMEM: it is not kept. */
enum optout_rc pendings_add(struct pendings *p, struct slice id, struct slice line,
                            uint64_t number) OPTOUT_CHECKED;
/* The end of one was read. */
void pendings_end(struct pendings *p, struct slice id);
/* Takes the oldest out, to be freed; NULL: there is none. */
struct pending *pendings_pop(struct pendings *p);
void pendings_free(struct pendings *p);

#endif
