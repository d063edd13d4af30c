/* SPDX-License-Identifier: Apache-2.0 */
/* leads.h - whose refusals cost most, and how a licence could be had of them.
 *
 * A refusal is an exchange that its publisher reserves or has conditions for, and that was
 * blocked or cut, or would have been in monitor mode. What could not be read is none. Takes
 * records in any order; those of several threads are merged. Memory: LEADS_ROWS_MAX
 * publishers and ways each, some 200 MB where there are so many. */
#ifndef OPTOUT_ANSWERS_LEADS_H
#define OPTOUT_ANSWERS_LEADS_H

#include "answers/domain.h"
#include "answers/figures.h"
#include "answers/keyed.h"
#include "answers/lead_way.h"
#include "answers/sums.h"
#include "core/buf.h"

#define LEADS_ROWS_MAX 500000u

struct way_row {
    struct keyed_row head; /* publisher LF kind LF target */
    enum way_kind kind;
    uint64_t records;
    int64_t first_ms, last_ms;
    char first_id[ULID_ROOM], last_id[ULID_ROOM];
    struct slice standard, carrier, confidence, raw; /* of the first one */
};

struct lead_row {
    struct keyed_row head; /* host, or domain */
    uint64_t refused, would, unfetched; /* unfetched: of `refused`, before it was asked for */
    uint64_t bytes;                     /* announced or seen of all of them */
    uint64_t reserved, conditional;     /* of all of them */
    uint64_t by_mode[MODE_COUNT], bytes_by_mode[MODE_COUNT]; /* of those that were fetched */
    uint64_t by_purpose[USAGE_COUNT];
    int64_t first_ms, last_ms;
    char first_id[ULID_ROOM], last_id[ULID_ROOM];
    /* leads_finish: ways of it, best first. */
    void *const *way; /* struct way_row * */
    size_t ways;
};

struct leads {
    bool by_domain;
    const struct domains *domains; /* borrowed */
    struct keyed rows, ways;
    bool exceeded, failed;

    void **lead; /* leads_finish: struct lead_row *, those that refused, the dearest first */
    size_t n;
    void **sorted; /* struct way_row * */
};

struct leads *leads_new(const struct domains *d, bool by_domain); /* NULL: no memory */
void leads_free(struct leads *l); /* NULL is fine */
void leads_take(struct leads *l, const struct line_view *v);
/* `from` is empty afterwards. */
void leads_merge(struct leads *l, struct leads *from);
size_t leads_bytes(const struct leads *l);
/* Once all was merged: by refusals, or by bytes. OPTOUT_E_NOMEM. */
enum optout_rc leads_finish(struct leads *l, bool by_bytes) OPTOUT_CHECKED;
/* One line of JSON (docs/audit-leads.schema.json). */
void lead_print_json(const struct leads *l, const struct lead_row *row, struct buf *out);

#endif
