/* SPDX-License-Identifier: Apache-2.0 */
/* find.h - records of the log by id or by URL, with the lines that they refer to.
 *
 * Memory: FIND_BYTES_MAX for what was found, and for each segment in work. Threads: scan.h's own;
 * one caller. */
#ifndef OPTOUT_ANSWERS_FIND_H
#define OPTOUT_ANSWERS_FIND_H

#include "answers/scan.h"

#define FIND_KEEP_MAX 256u /* records of one URL; of more the newest */
#define FIND_BYTES_MAX (64u << 20) /* of them and of what they refer to; beyond that, too */
#define FIND_GAPS_MAX 20u  /* gaps and damage that are told in words; of more the number */
#define FIND_URLS 3u

struct find_query {
    char id[27];               /* of the record; empty: by URL */
    struct buf url[FIND_URLS]; /* as JSON: as it is, hashed and without its query (AuditQuery) */
    size_t keep;               /* 1 to FIND_KEEP_MAX */
};

/* An id (ULID, letters of any case), or else a URL as it would be asked for. OPTOUT_E_NOMEM. */
enum optout_rc find_query_make(struct slice what, struct find_query *q) OPTOUT_CHECKED;
void find_query_free(struct find_query *q);

struct found_record {
    char id[27];
    bool pending;     /* how it ended is not there */
    struct buf lines; /* what explain_record takes */
};

struct found {
    struct found_record *record; /* by id, which is by time */
    size_t n;
    size_t bytes;      /* of all `lines` */
    uint64_t left_out; /* older ones */
    bool failed;       /* memory was used up */
    uint64_t gaps, damage;
    uint64_t removed, removed_records; /* segments that were removed by rule, and what they had */
    struct buf where; /* the first of them, a line each; may hold text of strangers */
};

/* OPTOUT_E_NOMEM: what was found is not all, and is freed. */
enum optout_rc find_records(struct segment_list *list, const struct find_query *q,
                            struct found *out) OPTOUT_CHECKED;
void found_free(struct found *f);

#endif
