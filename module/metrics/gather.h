/* SPDX-License-Identifier: Apache-2.0 */
/* gather.h - what all processes have counted, added up and printed. Reads only: whoever may read
 * the store's folder may ask. */
#ifndef OPTOUT_METRICS_GATHER_H
#define OPTOUT_METRICS_GATHER_H

#include "core/buf.h"
#include "metrics/metrics.h"

#define METRIC_BUILDS_MAX 8
#define METRIC_CONFIGS_MAX 16
#define METRIC_TEXT_MAX (1u << 20) /* bytes that the sums are printed in at most */

struct metric_sums {
    uint64_t value[METRIC_CELLS];
    struct metric_build {
        enum metric_program program;
        char version[32];
    } build[METRIC_BUILDS_MAX]; /* that run; no two are equal */
    size_t n_builds;
    uint64_t config[METRIC_CONFIGS_MAX]; /* the first 16 digits of digests; the same */
    size_t n_configs;
    unsigned ignored; /* files that hold no counters of this version */
};

/* Of DIR/metrics, where DIR is the store's folder; what belongs to dead processes counts as
 * folded or not, once. A folder that is not there holds nothing. OPTOUT_E_IO with errno when it
 * cannot be read. */
enum optout_rc metrics_gather(const char *dir, struct metric_sums *out) OPTOUT_CHECKED;
/* Folds what dead processes left, unless somebody else is at it. For the daemon, now and then. */
void metrics_fold(const char *dir);

/* Prometheus text format 0.0.4. */
void metrics_print(const struct metric_sums *s, struct buf *out);
/* {"optout_cuts_total": 3, "optout_signals_total": [{"standard": …, "value": 1}, …]}: families by
 * name; values of members that have labels in a list, those that are 0 left out; histograms have
 * "count", "sum" and "buckets". */
void metrics_print_json(const struct metric_sums *s, struct buf *out);
/* The table: name, kind, labels and help of each family, parted by tabs, a line each. */
void metrics_print_names(struct buf *out);

#endif
