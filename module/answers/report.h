/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what sums say, put in order: the numbers that are printed as JSON and as a
 * page alike. Nothing is counted by those who print. */
#ifndef OPTOUT_ANSWERS_REPORT_H
#define OPTOUT_ANSWERS_REPORT_H

#include "answers/domain.h"
#include "answers/sums.h"
#include "core/buf.h"

#define REPORT_OUTPUT_MAX (1u << 30) /* bytes of a printed report */
#define REPORT_TOP 25                /* rows of a table, by default */
#define SERIES_MAX 1200              /* columns of a time line */
#define SETTINGS_LINES_MAX 40        /* lines that changed, shown of one change */

struct report_options {
    size_t top;         /* rows of each table; what is beyond is added up */
    int64_t now_ms;     /* when it is made */
    int64_t since_ms, until_ms; /* what was asked for; 0: no bound */
    const char *profile, *node; /* NULL: all */
    const struct domains *domains;
    const char *version;  /* of whoever makes it */
    bool damaged;         /* something could not be read */
};

/* Rows of one dimension, the largest first. */
struct ranked {
    void **row;    /* struct sums_row *; `n` of them, of which there is any of what ranks */
    size_t n, shown; /* shown: the first ones, at most `top` */
    struct figures others; /* of the rest, and of what found no room */
    bool exceeded; /* `others` has more names than n - shown: they were not kept apart */
};

enum series_step { STEP_HOUR, STEP_DAY, STEP_MONTH };

struct series_point {
    char label[14]; /* "2026-11-30T10", "2026-11-30", "2026-11" */
    struct figures f;
};

struct series {
    enum series_step step;
    struct series_point *v; /* without holes, from first to last */
    size_t n;
};

/* The domains of the public summary of training content (Commission template of 24 July
 * 2025, section 2.3): the top 10 % by size of what was kept; of small and medium-sized
 * providers the top 5 % or 1,000, whichever is less. Rounded up, at least one, and those of
 * the size of the last one with it. */
struct summary {
    enum figure by;      /* F_KEPT, or that of one modality */
    size_t domains;      /* of which anything was kept */
    size_t listed, listed_sme; /* the first ones of `row` */
    void **row;          /* all domains, by `by` */
};
#define SUMMARIES (1 + MODE_COUNT)

/* What a host said by one standard in one place, over time; or what one of its site files was
 * (then `standard` is the name of the file, and what is said its state and digest). */
struct change {
    struct slice host, standard, carrier, agent;
    bool wide;     /* most of what was read of the host meanwhile said so; of site files always */
    bool appeared; /* it was looked at before, and did not say so */
    bool vanished; /* it was looked at afterwards, and did not say so any more */
    bool changed;  /* what it says is not what it said before */
    int64_t first_ms, last_ms, host_first_ms, host_last_ms;
    uint64_t records, host_records;
    void *const *said; /* struct sums_row *, by time, of each thing it said */
    size_t n;
};

struct config_use {
    struct slice node, id;
    const struct sums_row *row;
    const struct config_use *before; /* of the same node; NULL: the first that was seen */
};

struct report {
    struct report_options options;
    const struct sums *t;
    struct ranked by[DIMENSIONS]; /* BY_HOUR, BY_STATEMENT and BY_CONFIG are not ranked here */
    struct ranked cut_hosts, conflict_hosts, refused_hosts; /* hosts by other figures */
    struct series series;
    char suffixes[DOMAINS_SOURCE_MAX]; /* what tells registrable domains */
    struct keyed domains; /* struct sums_row: what the hosts of each have together */
    struct summary summary[SUMMARIES]; /* all, then by modality */
    struct keyed site_files; /* rows as those of BY_STATEMENT */
    void **statements, **site_states; /* by key */
    struct change *change; /* wide ones and site files first, then by records of the host */
    size_t changes;
    struct config_use *config; /* by node and time */
    size_t configs;
};

/* The sums must outlive it. OPTOUT_E_NOMEM. */
enum optout_rc report_make(const struct sums *t, const struct report_options *o,
                           struct report *out) OPTOUT_CHECKED;
void report_free(struct report *r);

/* The part of a statement's key, from 0: host, standard, carrier, agent, preferences. */
struct slice key_part(struct slice key, unsigned part);
/* Lines of the settings that are in `a` and not in `b`, until `*rest` is used up. */
bool settings_next_only(struct slice *rest, struct slice b, struct slice *line);

/* ---- report_json.c ---- */
void report_print_json(const struct report *r, struct buf *out);
/* ---- report_html.c ---- */
void report_print_html(const struct report *r, struct buf *out);

#endif
