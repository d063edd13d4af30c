/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - the log as whoever reads it sees it: lines of segments, and what records
 * refer to.
 *
 * Reads a segment while it is written, over its closing, and long after, compressed with
 * zstd or not. Knows the form of lines (docs/audit-format.md), neither configuration nor
 * sites. One reader belongs to one thread. Memory: twice READER_LINE_MAX, what zstd needs
 * for its window (128 MiB at most) and, for references, REFERENCES_BYTES_MAX. */
#ifndef OPTOUT_AUDIT_READER_H
#define OPTOUT_AUDIT_READER_H

#include "core/rc.h"
#include "core/slice.h"

#define READER_LINE_MAX (2u << 20)        /* bytes; the filter's own have 1 MiB at most */
#define REFERENCES_BYTES_MAX (64u << 20)  /* of lines that records may refer to */

/* ---- one segment ---- */

struct segment_reader;

/* `path` is borrowed until the close. OPTOUT_E_IO (errno says why) or OPTOUT_E_NOMEM. */
enum optout_rc segment_reader_open(const char *path, struct segment_reader **out) OPTOUT_CHECKED;
void segment_reader_close(struct segment_reader *r); /* NULL is fine */

/* The next line, without its LF, until the next call:
 *   OPTOUT_OK        a line
 *   OPTOUT_MORE      nothing more yet: the segment is being written
 *   OPTOUT_DONE      its end
 *   OPTOUT_E_SYNTAX  what stands at the end is no whole line, or no whole zstd frame: torn,
 *                    cut or damaged. The end
 *   OPTOUT_E_LIMIT   a line longer than READER_LINE_MAX was passed over
 *   OPTOUT_E_IO      errno says why; OPTOUT_E_NOMEM. The end */
enum optout_rc segment_reader_next(struct segment_reader *r, struct slice *line) OPTOUT_CHECKED;

/* Of the line that was returned last, from 1. */
uint64_t segment_reader_line(const struct segment_reader *r);
/* Bytes of the file that were read; from any thread. */
uint64_t segment_reader_bytes(const struct segment_reader *r);
/* The name that the segment has once closed, without folders. */
struct slice segment_reader_name(const struct segment_reader *r);

/* ---- what records refer to ---- */

struct references; /* of one segment */

struct references *references_new(void); /* NULL: memory is used up */
void references_free(struct references *r);
/* True when the line is one that records refer to: then it is kept, the last 4,096 of them
 * and no more than REFERENCES_BYTES_MAX, which is more than a writer relies on. */
bool references_take(struct references *r, struct slice line);
/* The line with that id; empty when the segment does not have it. */
struct slice references_find(const struct references *r, struct slice id);

#endif
