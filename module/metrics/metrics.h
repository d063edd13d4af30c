/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h - counting what happens, in the process where it happens.
 *
 * Each process counts into a file of its own that it has mapped: DIR/PID-TIME.count, locked
 * (flock) while it lives. Who wants to know adds the files up (gather.h); who finds one that can
 * be locked folds it into DIR/total and removes it (fold.h), so no sum falls when a process ends.
 * Before metrics_open, and when it fails, the process counts into memory of its own, which nobody
 * sees.
 *
 * Counting is an atomic addition, relaxed, to one of a few shards, so that threads seldom meet:
 * no lock, no system call, no allocation. Any thread. */
#ifndef OPTOUT_METRICS_METRICS_H
#define OPTOUT_METRICS_METRICS_H

#include "core/rc.h"
#include "core/signal.h"
#include "core/undecided.h"
#include "metrics/metric_list.h"

#include <stdbool.h>
#include <stdint.h>

#define METRIC_PREFIX "optout_"

enum metric_kind {
    METRIC_COUNTER,
    METRIC_GAUGE_SUM,    /* over the processes that live */
    METRIC_GAUGE_MAX,
    METRIC_GAUGE_NEWEST, /* of the filter's process that said metrics_touch last */
    METRIC_FILTER_TIMES, /* histograms, in microseconds; printed in seconds */
    METRIC_WAIT_TIMES,
    METRIC_INFO
};

/* Label sets. What other folders name has its size here and is held to theirs by
 * tests/unit/test_metrics.c; `_` of a member is printed as `-`. */
enum metric_vector { METRIC_REQMOD, METRIC_RESPMOD };
enum metric_program { METRIC_FILTER, METRIC_OPTOUTD };
enum metric_outcome { METRIC_DONE, METRIC_REFUSED };
enum metric_event { METRIC_FINAL, METRIC_PENDING };
enum metric_answer { METRIC_KNOWN, METRIC_LATE, METRIC_ANSWER_REFUSED };
enum metric_terms { METRIC_TERMS_ASKED, METRIC_TERMS_READ, METRIC_TERMS_REFUSED };
enum metric_shared { METRIC_FOUND, METRIC_ABSENT, METRIC_LEASED, METRIC_HELD_BY_OTHER };
enum metric_news { METRIC_NEWS_TOLD, METRIC_NEWS_TAKEN, METRIC_NEWS_REFUSED, METRIC_NEWS_LOST };
enum metric_set {
    METRIC_SET_NONE,
    METRIC_SET_VECTOR,
    METRIC_SET_DECISION,
    METRIC_SET_ACTION,
    METRIC_SET_STANDARD,
    METRIC_SET_CARRIER,
    METRIC_SET_REASON,
    METRIC_SET_OUTCOME,
    METRIC_SET_PROGRAM,
    METRIC_SET_EVENT,
    METRIC_SET_ANSWER,
    METRIC_SET_TERMS,
    METRIC_SET_SHARED,
    METRIC_SET_NEWS,
    METRIC_SETS
};
enum {
    METRIC_NONE_SIZE = 1,
    METRIC_VECTOR_SIZE = 2,
    METRIC_DECISION_SIZE = 5, /* enum decision_kind */
    METRIC_ACTION_SIZE = 4,   /* enum action */
    METRIC_STANDARD_SIZE = STD_COUNT,
    METRIC_CARRIER_SIZE = CARRIER_COUNT,
    METRIC_REASON_SIZE = UNDECIDED_COUNT,
    METRIC_OUTCOME_SIZE = 2,
    METRIC_PROGRAM_SIZE = 2,
    METRIC_EVENT_SIZE = 2,
    METRIC_ANSWER_SIZE = 3,
    METRIC_TERMS_SIZE = 3,
    METRIC_SHARED_SIZE = 4,
    METRIC_NEWS_SIZE = 4
};

#define METRIC_BOUNDS(...) (sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))
enum {
    METRIC_FILTER_BOUNDS = METRIC_BOUNDS(FILTER_BOUNDS_US),
    METRIC_WAIT_BOUNDS = METRIC_BOUNDS(WAIT_BOUNDS_US),
    /* Values of one member of a family: buckets, not cumulated, the one above all, the sum. */
    METRIC_COUNTER_CELLS = 1,
    METRIC_GAUGE_SUM_CELLS = 1,
    METRIC_GAUGE_MAX_CELLS = 1,
    METRIC_GAUGE_NEWEST_CELLS = 1,
    METRIC_FILTER_TIMES_CELLS = METRIC_FILTER_BOUNDS + 2,
    METRIC_WAIT_TIMES_CELLS = METRIC_WAIT_BOUNDS + 2,
    METRIC_INFO_CELLS = 0
};

/* METRIC_NAME is the first value of a family; those of its members follow, the last label
 * turning fastest. */
#define METRIC_ENUM(ID, kind, name, a, b, c, help) \
    METRIC_##ID, \
    METRIC_##ID##_LAST = METRIC_##ID + METRIC_##a##_SIZE * METRIC_##b##_SIZE * \
                                           METRIC_##c##_SIZE * METRIC_##kind##_CELLS - 1,
enum metric_cell { METRICS(METRIC_ENUM) METRIC_CELLS };
#undef METRIC_ENUM

#define METRIC_FAMILY(ID, kind, name, a, b, c, help) METRIC_FAMILY_##ID,
enum metric_family { METRICS(METRIC_FAMILY) METRIC_FAMILIES };
#undef METRIC_FAMILY

/* A row of the table, and how many of its values belong to one member. */
struct metric {
    const char *name; /* without its prefix */
    const char *help;
    enum metric_kind kind;
    enum metric_set set[3];
    unsigned first, cells;
};
extern const struct metric metric_table[METRIC_FAMILIES];

struct metric_labels {
    const char *name;                   /* "action" */
    const char *(*member)(unsigned i);  /* static text; `_` stands for `-` */
    unsigned n;
};
extern const struct metric_labels metric_sets[METRIC_SETS];
/* Bounds of a histogram's buckets; *n of them. NULL: the kind is none. */
const uint32_t *metric_bounds(enum metric_kind kind, unsigned *n);
/* Of everything above, so that files of another table are known as such. */
uint64_t metric_layout(void);

/* ---- counting ---- */

/* Begins to count into a file in DIR/metrics, where DIR is the store's folder, made when missing;
 * what was counted before is forgotten, for a child has inherited it. Folds what dead processes
 * left. Once in each process, after fork, before its threads. OPTOUT_E_IO with errno when there
 * can be no file (the room for all of it is taken at once: a full disk is told here, not by a
 * signal later); the process then counts for itself. */
enum optout_rc metrics_open(const char *dir, enum metric_program program, const char *version)
    OPTOUT_CHECKED;
/* For tests and at the end: counts into memory of the process again; the file stays, and counts
 * as that of a dead process. No thread may count meanwhile. */
void metrics_close(void);

void metrics_add(unsigned cell, uint64_t n);
static inline void metrics_count(unsigned cell)
{
    metrics_add(cell, 1);
}
/* A sum gauge goes down. */
static inline void metrics_take(unsigned cell, uint64_t n)
{
    metrics_add(cell, 0 - n);
}
/* A gauge; or a counter that is kept elsewhere, and set by one thread alone. */
void metrics_set(unsigned cell, uint64_t value);
/* What this process has in a cell now. */
uint64_t metrics_own(unsigned cell);
/* Into a histogram; `first`: the first cell of the member. */
void metrics_observe(unsigned first, enum metric_kind kind, uint64_t us);

/* The cell of a member of a family with two or three label sets. */
#define METRIC_AT2(ID, b, i, j) (METRIC_##ID + (unsigned)(i) * METRIC_##b##_SIZE + (unsigned)(j))
#define METRIC_AT3(ID, b, c, i, j, k) \
    (METRIC_##ID + ((unsigned)(i) * METRIC_##b##_SIZE + (unsigned)(j)) * METRIC_##c##_SIZE + \
     (unsigned)(k))

/* Now and then: what is NEWEST is what this process says, as it is when it opens; and its file is made again when
 * somebody removed it. */
void metrics_touch(int64_t wall_ms);
/* The configuration in force, by its digest in hex. */
void metrics_config(const char *hash);

#endif
