/* SPDX-License-Identifier: Apache-2.0 */
/* segment_index.h - a few kilobytes beside a closed segment that tell what is surely not in
 * it, so that one host of a year is found without reading the year.
 *
 * NAME.idx lies beside NAME or NAME.zst. Nothing needs it: it may be missing, deleted at any
 * time, or be of another version. It is not believed unless it is whole and names the size and the
 * time of change of the segment that is there. It says:
 *
 *   the times and ids of records, first and last; how many there are
 *   whether there are gaps or damage: then the segment is always read
 *   a filter (split block Bloom, as Parquet has it) of hosts, of the names above them, of decisions,
 *   actions, standards, carriers, profiles, reasons and records that others rest on
 *
 * A filter says yes to one in a thousand that is not there, and never no to what is there. */
#ifndef OPTOUT_ANSWERS_SEGMENT_INDEX_H
#define OPTOUT_ANSWERS_SEGMENT_INDEX_H

#include "answers/question.h"
#include "answers/segments.h"

#define INDEX_BYTES_MAX (64u << 20) /* of a file; what needs more gets no index */
#define INDEX_KEYS_MAX 16000000u

/* ---- making ---- */

struct index_builder; /* of one segment; one thread */

/* NULL with errno: ENOMEM; EBUSY, it is still written; or what stat says. */
struct index_builder *index_builder_new(const struct segment_file *file);
void index_builder_free(struct index_builder *b); /* NULL is fine */
/* Takes all that a scan of the segment hands out, to its end. */
bool index_builder_line(void *builder, const struct scan_line *line);
/* Puts the file in its place, whole or not at all. OPTOUT_E_UNSUP: the segment has changed
 * meanwhile; OPTOUT_E_LIMIT: there is too much in it; OPTOUT_E_IO with errno; OPTOUT_E_NOMEM. */
enum optout_rc index_builder_write(struct index_builder *b) OPTOUT_CHECKED;
/* All of that for one segment, in this thread. */
enum optout_rc segment_index_make(const struct segment_file *file) OPTOUT_CHECKED;

/* ---- using ---- */

struct segment_index;

/* NULL: there is none that fits the segment as it is. Any thread. */
struct segment_index *segment_index_open(const struct segment_file *file);
void segment_index_free(struct segment_index *ix); /* NULL is fine */
/* False: surely no record that is asked for, no gap and no damage is in the segment. */
bool segment_index_may_have(const struct segment_index *ix, const struct question *q);
/* False: no record with an id from `first` to `last` is in it. */
bool segment_index_may_have_ids(const struct segment_index *ix, struct slice first, struct slice last);

/* Of the bytes of a file, which are copied; NULL: it is no index, or not whole. `size`,
 * `seconds` and `nanoseconds` are those of the segment. For segment_index_open and tests. */
struct segment_index *segment_index_parse(struct slice bytes, uint64_t size, int64_t seconds,
                                          int64_t nanoseconds);
/* NAME.idx of a segment; to be freed. NULL: memory is used up. */
char *segment_index_path(const struct segment_file *file);

#endif
