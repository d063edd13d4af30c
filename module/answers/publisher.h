/* SPDX-License-Identifier: Apache-2.0 */
/* publisher.h - all that the log has of one publisher, for the answer to their letter: what
 * was fetched and what became of it, what they stated and since when it was seen, what had
 * been fetched before, and the site files that were relied on.
 *
 * Takes records in any order; those of several threads are merged. Memory: PUBLISHER_ROWS_MAX
 * hosts, statements and site files each, and 32 bytes for each answer up to
 * PUBLISHER_FETCHES_MAX; what has no room is told by `exceeded`. */
#ifndef OPTOUT_ANSWERS_PUBLISHER_H
#define OPTOUT_ANSWERS_PUBLISHER_H

#include "answers/figures.h"
#include "answers/keyed.h"
#include "answers/sums.h"

#define PUBLISHER_ROWS_MAX 100000u
#define PUBLISHER_FETCHES_MAX (8u << 20)

/* By host, month, profile or modality. */
struct publisher_row {
    struct keyed_row head;
    struct figures f;
    int64_t first_ms, last_ms;
    uint32_t number; /* of a host */
};

/* One thing that was said, on one host. */
struct publisher_statement {
    struct keyed_row head; /* host LF standard LF carrier LF scope LF agent LF preferences LF
                              grade LF phrase LF confidence LF url LF raw */
    uint64_t records, deciding;
    int64_t first_ms, last_ms;
    char first_id[ULID_ROOM], last_id[ULID_ROOM];
    struct prefs prefs;
    bool raw_cut;
    struct slice place, url, note; /* of the first record; where it stood, what was asked for */
    /* publisher_finish: what had been fetched of that host before the first time. */
    uint64_t before, before_fetched, before_kept;
};

struct publisher_file {
    struct keyed_row head; /* origin or licence LF file LF state LF url LF sha256 LF status LF source
                              LF token */
    uint64_t records;
    int64_t first_ms, last_ms; /* of records that relied on it */
    char first_id[ULID_ROOM];
    struct slice fetched_at; /* the earliest */
};

struct publisher_fetch {
    int64_t time_ms;
    uint64_t fetched, kept;
    uint32_t host;
};

struct publisher {
    const char *name;
    bool tagged_kept;
    struct figures total;
    int64_t first_ms, last_ms;
    uint64_t pending;
    struct keyed hosts, months, profiles, statements, files;
    struct publisher_fetch *fetch;
    size_t fetches, room;
    uint64_t gaps; /* of the log, in the time that is asked for */
    uint64_t removed, removed_records; /* segments of it that were removed by rule, and what they had */
    bool exceeded, failed;

    /* publisher_finish: in order. */
    void **by_host, **by_month, **by_profile, **said, **relied;
};

struct publisher *publisher_new(const char *name, bool tagged_kept); /* NULL: no memory */
void publisher_free(struct publisher *p); /* NULL is fine */
void publisher_take(struct publisher *p, const struct line_view *v);
/* `from` is empty afterwards. */
void publisher_merge(struct publisher *p, struct publisher *from);
size_t publisher_bytes(const struct publisher *p);
/* Once all was merged: puts it in order. OPTOUT_E_NOMEM. */
enum optout_rc publisher_finish(struct publisher *p) OPTOUT_CHECKED;

/* How what was found is headed. */
struct publisher_head {
    const char *version;
    int64_t now_ms, since_ms, until_ms; /* 0: no bound */
    bool damaged, domain; /* domain: all of its hosts */
};
void publisher_print_json(const struct publisher *p, const struct publisher_head *h,
                          struct buf *out);
void publisher_print_text(const struct publisher *p, const struct publisher_head *h,
                          struct buf *out);
void publisher_print_html(const struct publisher *p, const struct publisher_head *h,
                          struct buf *out);

#endif
