/* SPDX-License-Identifier: Apache-2.0 */
/* segment_file.h - one segment on disk: made, written, finished, repaired.
 *
 * Private to audit/. Nothing here locks: the caller holds the mutex of whoever
 * owns the segment. Between processes flock() decides. */
#ifndef OPTOUT_AUDIT_SEGMENT_FILE_H
#define OPTOUT_AUDIT_SEGMENT_FILE_H

#include "core/rc.h"
#include "core/slice.h"

#define SEGMENT_NODE_MAX 64
#define SEGMENT_NAME_MAX 160 /* node, time, pid, number, suffixes, prefix */

struct segment {
    int fd;                      /* flock()ed, O_APPEND; -1: none */
    char name[SEGMENT_NAME_MAX]; /* once closed; `.open` follows while written */
    uint64_t size;               /* bytes of whole lines */
    uint64_t lines;
    int64_t torn;                /* an unfinished line begins there and could not be
                                    cut off; -1: none. Never write to it again. */
};

/* Opens the folder, making its last part (mode 0750) when missing. -1: errno. */
int segment_dir(const char *path);

/* Makes a new segment in `dir`, locked before it gets its name. `*number` is
 * the last one used; names that are taken are skipped. */
enum optout_rc segment_create(struct segment *s, int dir, const char *node, unsigned *number)
    OPTOUT_CHECKED;

/* Appends `n` whole lines or nothing. OPTOUT_E_IO: errno says why; when what was
 * written could not be cut off again, s->torn says where it begins. */
enum optout_rc segment_write(struct segment *s, struct slice lines, unsigned n) OPTOUT_CHECKED;
/* Cuts the last `n` bytes off again, or marks the segment as torn there. */
void segment_undo(struct segment *s, uint64_t n);

/* Whether so many bytes more would fit, as far as the file system can tell. Nothing is written. */
bool segment_has_room(const struct segment *s, uint64_t n);

/* Gives the segment its final name and closes it; an empty one is removed. One
 * that stays torn keeps its `.open` name and is repaired by the next start. */
enum optout_rc segment_finish(struct segment *s, int dir);

/* Repairs and closes what dead writers left in `dir`: a torn last line is moved
 * to `<name>.torn`, a gap record of `node` is appended. What cannot be repaired
 * now stays as it is. Returns how many segments were closed. */
unsigned segments_adopt(int dir, const char *node);

#endif
