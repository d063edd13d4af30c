/* SPDX-License-Identifier: Apache-2.0 */
/* sums.h - everything that a report says, added up line by line.
 *
 * Sums take lines in any order and forget them; those of different lines become one
 * by sums_merge, so each thread has its own. Counts are exact. Memory is bounded: a
 * dimension keeps `rows_max` names, what comes later is counted together in `others`, and
 * the report says so. With the default that is some 150 MB for hosts, domains and
 * statements each, where there are so many.
 *
 * What counts as *kept*, for only that can become training content: bodies of answers with
 * a status of 2xx that were passed on whole or in part, that are no site files, and bear no
 * tag that restricts (reserved, conditional, undecided), unless `tagged_kept`. What a crawler
 * did with them afterwards the log does not know. */
#ifndef OPTOUT_ANSWERS_SUMS_H
#define OPTOUT_ANSWERS_SUMS_H

#include "answers/figures.h"
#include "answers/keyed.h"

#define SUMS_ROWS_MAX 500000u
#define SUMS_LISTED_MAX 100 /* examples that are kept of cuts, gaps and conflicts each */
#define SUMS_KEY_MAX 448    /* bytes of a name; a longer one is cut, with "…" */
#define SUMS_URL_MAX 300
#define SUMS_SETTINGS_MAX 64 /* configurations whose settings are kept */
#define ULID_ROOM 27

struct sums_row {
    struct keyed_row head;
    struct figures f;
    int64_t first_ms, last_ms; /* of all its records; first_ms 0: none */
    int64_t first_read_ms, last_read_ms; /* of those in which an answer's body was read */
    char first_id[ULID_ROOM];
    uint32_t flags;
    uint64_t stamp, deciding_stamp; /* the record that was counted last */
};

/* Of the profile's row: usages in the bits of usage_set, and */
#define SUMS_ENFORCES (1u << 16)
#define SUMS_MONITORS (1u << 17)

/* What was known of a host's site files while records rested on it. */
struct bundle_row {
    struct keyed_row head; /* host LF id */
    int64_t first_ms, last_ms;
    uint64_t records;
    char first_id[ULID_ROOM];
    struct slice files; /* a line for each: name HT state HT first digits of its digest;
                           empty: a licence, or what only one product token is answered */
};

/* "everything by …". */
enum dimension {
    BY_HOUR,      /* "2026-11-30T10" */
    BY_HOST,
    BY_STANDARD,
    BY_CARRIER,
    BY_FORMAT,    /* `inspected` */
    BY_TYPE,      /* media type without parameters, lower case */
    BY_PROFILE,
    BY_NODE,
    BY_AGENT,
    BY_REASON,    /* undecided; UNDECIDED counts those of which it is the first reason */
    BY_TUNNEL,    /* host, of what went through a tunnel unread, or was not let through one */
    BY_CONFLICT,  /* usage */
    BY_GAP,       /* reason */
    BY_CONFIG,    /* node LF id */
    BY_STATEMENT, /* host LF standard LF carrier LF agent LF preferences; what a path of the
                     site alone is said of is left out: other paths do not lack it */
    DIMENSIONS
};

struct sums_dimension {
    struct keyed rows;
    struct sums_row *last;  /* the one that was counted last; NULL: none */
    struct sums_row others; /* what found no room: rows.full */
};

/* Something that is shown as it was, by weight and then by id. */
struct listed {
    uint64_t weight;
    int64_t time_ms;
    uint64_t a, b;
    char id[ULID_ROOM];
    char what[64];
    char url[SUMS_URL_MAX + 4];
};

struct listing {
    struct listed v[SUMS_LISTED_MAX]; /* in order */
    size_t n;
    uint64_t all;
};

struct sums_options {
    size_t rows_max;
    bool tagged_kept;
};

struct sums {
    struct sums_options options;
    struct figures total;
    int64_t first_ms, last_ms, first_kept_ms, last_kept_ms; /* 0: none */
    uint64_t pending; /* records whose end is not in what was read, see sums_pending */
    uint64_t serial;
    struct sums_dimension by[DIMENSIONS];
    struct listing cuts;      /* by released bytes; a: released, b: seen */
    struct listing gaps;      /* by time; what: reason, url: segment, a: lost, b: torn bytes */
    struct listing removed;   /* by time; what: rule, url: segment, a: records, b: its last time */
    uint64_t removed_records; /* of all of them */
    struct listing conflicts; /* by time, first ones; what: usages */
    struct keyed settings;    /* config id → text */
    struct keyed bundles;     /* struct bundle_row */
};

struct sums *sums_new(const struct sums_options *o); /* NULL: memory is used up */
void sums_free(struct sums *t); /* NULL is fine */
/* A final record, a gap or a removal. */
void sums_take(struct sums *t, const struct line_view *v);
/* A record that was begun, and whose final one is not there. */
void sums_pending(struct sums *t, const struct line_view *v);
/* `from` is empty afterwards. */
void sums_merge(struct sums *t, struct sums *from);
size_t sums_bytes(const struct sums *t); /* of memory */
/* The settings of a configuration; empty: not kept. */
struct slice sums_settings(const struct sums *t, struct slice config);

#endif
