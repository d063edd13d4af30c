/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - a segment that is being shipped: its reader, what is under way of it, and the
 * position that an other run would go on from. */
#ifndef OPTOUT_SHIP_SOURCE_H
#define OPTOUT_SHIP_SOURCE_H

#include "audit/reader.h"
#include "ship/folder.h"
#include "ship/position.h"
#include "ship/window.h"

struct source {
    struct segment *segment;
    struct segment_reader *reader; /* NULL: not open; or read to its end */
    char *path;
    struct position position;
    uint64_t saved;   /* lines in the file */
    uint64_t skip;    /* lines to pass over: they were taken before */
    uint64_t bytes;   /* of lines that were read, as they are in a plain file */
    bool packed;      /* `bytes` is not what the file holds */
    bool at_end;      /* nothing more will come */
    bool caught_up;   /* nothing more was there, at the last look */
    bool damaged;
    bool has_line;    /* `line` waits to be sent, as number window.sent + 1 */
    bool unreadable;  /* ... and was passed over by the reader: `line` is empty */
    struct slice line;
    uint64_t too_large;  /* this line is larger than a broker takes; 0: none */
    uint64_t one_by_one; /* up to this line nothing else may be under way */
    int64_t since;    /* on the monotonic clock, ms, since when lines wait to be taken; 0: none do */
    struct window window;
};

/* Goes on where an earlier run was. NULL with errno: not now (ENOENT: it is gone). */
struct source *source_open(const struct folder *f, struct segment *s);
void source_close(struct source *s);
/* Reads again from behind what was taken. False with errno. */
bool source_rewind(struct source *s, const struct folder *f);

/* OPTOUT_OK: `has_line`. OPTOUT_MORE: not now. OPTOUT_DONE: its end, maybe `damaged`, which was
 * said. OPTOUT_E_IO (errno) and OPTOUT_E_NOMEM: close it, and try again later. */
enum optout_rc source_next(struct source *s) OPTOUT_CHECKED;
/* `has_line` is under way. */
void source_sent(struct source *s, int64_t now);
void source_taken(struct source *s, uint64_t line, int64_t now);
/* All of it is shipped. */
bool source_is_done(const struct source *s);
/* Writes its position where it has changed. False with errno. */
bool source_save(struct source *s, const struct folder *f);

#endif
