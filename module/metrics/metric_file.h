/* SPDX-License-Identifier: Apache-2.0 */
/* metric_file.h - the files in DIR/metrics, as they are on the disk; for metrics/ and its tests.
 *
 * PID-TIME.count: a head and the shards of one process, locked by it. A file is made under
 * another name and gets its own when it is whole. `total`: the sums of processes that are dead,
 * and which of them are in it, so that one that could not be removed is not added twice.
 * `lock`: held by whoever makes or folds files. All in the machine's own byte order: nobody
 * carries them elsewhere, and a foreign layout does not match. */
#ifndef OPTOUT_METRICS_METRIC_FILE_H
#define OPTOUT_METRICS_METRIC_FILE_H

#include "core/slice.h"
#include "metrics/metrics.h"

#include <stdatomic.h>
#include <stddef.h>

#define METRIC_FOLDER "metrics"
#define METRIC_FILE_SUFFIX ".count"
#define METRIC_FILE_MAGIC "optoutC1"
#define METRIC_TOTAL_MAGIC "optoutT1"
#define METRIC_SHARDS 8
#define METRIC_STRIDE ((METRIC_CELLS + 7u) / 8u * 8u) /* a shard begins with a cache line */
#define METRIC_VERSION_MAX 32  /* with NUL */
#define METRIC_FOLDED_MAX 64   /* dead processes in one fold */
#define METRIC_PATH_MAX 4352
#define METRIC_VALUE_MAX (1ull << 62) /* beyond it a sum stays where it is */

typedef _Atomic uint64_t metric_value;

struct metric_head {
    char magic[8];
    uint64_t layout;
    uint32_t shards, stride;
    uint32_t program; /* enum metric_program */
    uint32_t pid;
    uint64_t id;      /* of the process, never given again */
    metric_value touched_ms;
    metric_value config; /* the first 16 digits of its digest; 0: none */
    char version[METRIC_VERSION_MAX];
    char spare[40];
};
_Static_assert(sizeof(struct metric_head) % 64 == 0, "shards begin with a cache line");

struct metric_file {
    struct metric_head head;
    metric_value value[METRIC_SHARDS * METRIC_STRIDE];
};

struct metric_total {
    char magic[8];
    uint64_t layout;
    uint64_t generation; /* grows with each fold */
    uint64_t n_folded;
    uint64_t folded[METRIC_FOLDED_MAX]; /* in it already, whether their files are there or not */
    uint64_t value[METRIC_CELLS];       /* counters; the rest is 0 */
    uint64_t sum;                       /* over all before it */
};

/* What bytes of a file say; false: they hold no counters of this layout. */
struct metric_process {
    enum metric_program program;
    uint64_t id, touched_ms, config;
    char version[METRIC_VERSION_MAX];
    uint64_t value[METRIC_CELLS]; /* the shards added up */
};
bool metric_file_read(struct slice bytes, struct metric_process *out);
bool metric_total_read(struct slice bytes, struct metric_total *out);
uint64_t metric_total_sum(const struct metric_total *t);

unsigned metric_family_end(unsigned family); /* the cell behind its last */
/* Whether a family is summed over the dead as well. */
bool metric_is_lasting(const struct metric *m);

/* ---- a folder, opened by its caller ---- */

#define METRIC_FILES_MAX 2048 /* that are looked at; c-icap has some dozens of children */

enum metric_total_state {
    METRIC_TOTAL_NONE,
    METRIC_TOTAL_GOOD,
    METRIC_TOTAL_DAMAGED,
    METRIC_TOTAL_UNREAD /* errno says why: what it holds is not known */
};
enum metric_life {
    METRIC_FILE_LIVES,
    METRIC_FILE_DEAD,
    METRIC_FILE_GONE,   /* meanwhile */
    METRIC_FILE_OF_NONE, /* no counters of this layout are in it */
    METRIC_FILE_UNREAD   /* errno says why: there may be */
};

/* All zero unless it is good. */
enum metric_total_state metric_total_load(int folder, struct metric_total *t);
bool metric_is_folded(const struct metric_total *t, uint64_t id);
bool metric_name_is_file(const char *name);
enum metric_life metric_file_load(int folder, const char *name, struct metric_process *p);
/* Adds what lasts; a sum that would pass METRIC_VALUE_MAX stays there. */
void metric_add_lasting(uint64_t to[METRIC_CELLS], const uint64_t from[METRIC_CELLS]);
void metric_sum_add(uint64_t *to, uint64_t n);

/* The lock of a folder; waits a second at most, or not at all. -1 with errno. */
int metric_folder_lock(int folder, bool wait);
/* Adds what dead processes left to the total and removes their files. The folder is locked. */
enum optout_rc metric_folder_fold(int folder) OPTOUT_CHECKED;

#endif
