/* SPDX-License-Identifier: Apache-2.0 */
/* audit_find.h - one question put to the log: what is asked, and what came of it. */
#ifndef OPTOUT_CLI_AUDIT_FIND_H
#define OPTOUT_CLI_AUDIT_FIND_H

#include "answers/question.h"
#include "answers/scan.h"
#include "answers/tally.h"
#include "cli/audit_query.h"
#include "cli/row_list.h"

enum find_mode { FIND_ROWS, FIND_SORTED, FIND_COUNTS };

struct earlier_records;

struct find {
    /* What is asked; only read while threads run. */
    enum find_mode mode;
    struct question *question;
    struct query_form form;
    enum column sort;
    bool sort_count; /* FIND_COUNTS: by how often */
    struct row_order order;
    size_t limit; /* 0: none */
    bool gaps;    /* QUERY_JSONL: among the lines */
    bool follow, use_index, make_index, quiet;
    unsigned threads;
    struct segment_list list;

    /* What came; of the thread that merges. */
    struct buf out;
    struct tally tally;
    struct row_list rows;
    struct earlier_records *earlier;
    size_t found, printed, gaps_met;
    bool damaged, failed, headed, progress_shown;
    int64_t begun_ms;
    _Atomic int index_failed; /* errno of an index that could not be written */
};

/* For struct scan_job, `self` a struct find: the index says that nothing is in it. */
bool find_skips(const void *self, const struct segment_file *file);
/* Prints all that is found. False: it could not be done, which was said. */
bool find_run(struct find *f);
/* And goes on with what is written, until nobody reads its output. `paths` are looked through
 * again for new segments. */
bool find_follow(struct find *f, char **paths, size_t n);

/* ---- parts (audit_find_parts.c) ---- */

void *find_part_begin(const void *self, const struct segment_file *file);
enum scan_next find_part_line(void *part, const struct scan_line *line);
bool find_part_merge(void *self, void *part, bool last);
void find_part_drop(void *self, void *part);
void find_progress(void *self, uint64_t done, uint64_t all);
/* Writes what waits. */
bool find_flush(struct find *f);
void find_end_progress(struct find *f);

/* ---- records that others rest on (audit_earlier.c) ---- */

/* Looks for each record that `earlier` of a matching one names. NULL: memory is used up, or
 * there are too many, which was said. */
struct earlier_records *earlier_collect(struct find *f);
struct slice earlier_find(const void *earlier, struct slice id);
void earlier_free(struct earlier_records *e); /* NULL is fine */

#endif
