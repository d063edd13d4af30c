/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - the log, of as many nodes and years as there are, read once on all cores.
 *
 * A segment is the unit of work: each is read by one thread, which fills a part of the
 * caller's own, and the parts are merged in the order of the list, so that the answer is the
 * same whatever the number of cores. Memory: per thread what segment_scan.h says, and as
 * many parts as SCAN_AHEAD a thread; a part that has grown large says SCAN_FULL and is
 * merged before it goes on, so hundreds of gigabytes need no more than that.
 *
 *     struct segment_list list = { .n = 0 };
 *     if (!segment_list_add(&list, "/var/log/optout")) … errno
 *     struct scan_job job = { .begin = …, .line = …, .merge = …, .drop = …, .self = &mine };
 *     enum optout_rc rc = scan_segments(&list, &job);
 */
#ifndef OPTOUT_ANSWERS_SCAN_H
#define OPTOUT_ANSWERS_SCAN_H

#include "answers/segment_scan.h"
#include "answers/segments.h"

#define SCAN_THREADS_MAX 64u
#define SCAN_AHEAD 2u /* segments that a thread may be ahead of what is merged */

enum scan_next {
    SCAN_ON,    /* the next line */
    SCAN_FULL,  /* merge this part now, then the next line */
    SCAN_ENOUGH /* no more of this segment */
};

struct scan_job {
    /* In a thread of the scan; `self` is shared by all of them, so it is only read there. */
    /* Optional. True: nothing in this segment is wanted, it is not opened and has no part. */
    bool (*skips)(const void *self, const struct segment_file *file);
    /* A part for one segment, which is handed back to `merge` or `drop`. NULL: memory is
     * used up, and the scan ends. */
    void *(*begin)(const void *self, const struct segment_file *file);
    /* Optional: see struct scan_reader. */
    bool (*wants)(const void *self, struct slice raw, const struct scan_head *head);
    enum scan_next (*line)(void *part, const struct scan_line *line);

    /* In the thread that called scan_segments, one at a time, in the order of the list; no
     * thread of the scan touches that part meanwhile. */
    /* `last`: the part ends here and is the callee's to free; else it comes again and should
     * be empty then. False: the scan ends; then, unless `last`, the part goes to `drop`. */
    bool (*merge)(void *self, void *part, bool last);
    /* Frees a part that will not be merged, of a scan that ended early. */
    void (*drop)(void *self, void *part);
    /* Optional, some ten times a second: bytes of files read, and of all files. */
    void (*progress)(void *self, uint64_t done, uint64_t all);

    void *self;
    unsigned threads; /* 0: one for each core */
    bool alone; /* records that are pending at the end of a segment are not looked for in the
                 * next ones: each segment says what it says alone */
};

/* OPTOUT_OK: all were read, or `merge` ended it. OPTOUT_E_NOMEM: memory or threads are used
 * up, and what was merged is not all. A segment that cannot be opened or read is SCAN_DAMAGE
 * of its part. The paths in `list` may change: a segment that is closed meanwhile is found
 * under its new name. */
enum optout_rc scan_segments(struct segment_list *list, const struct scan_job *job) OPTOUT_CHECKED;

#endif
