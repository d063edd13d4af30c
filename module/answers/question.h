/* SPDX-License-Identifier: Apache-2.0 */
/* question.h - which records somebody asks for.
 *
 * Several values of one kind are alternatives, kinds hold together. Nearly all lines are
 * turned away by what stands in their bytes, before anything is parsed (question_wants); the
 * others are held against every kind exactly (question_matches).
 *
 * Made by one thread, then read by any. Copies what it is given. */
#ifndef OPTOUT_ANSWERS_QUESTION_H
#define OPTOUT_ANSWERS_QUESTION_H

#include "answers/domain.h"
#include "answers/segment_scan.h"
#include "core/clock.h"
#include "syntax/json_scan.h"

enum asked {
    ASKED_HOST,       /* in any case of letters; ".example.com": that and all below it */
    ASKED_DOMAIN,     /* the registrable domain is that of this host */
    ASKED_URL,        /* as recorded */
    ASKED_URL_PREFIX, /* as recorded, its beginning */
    ASKED_DECISION,   /* "pending": begun, and its end is not in the log */
    ASKED_ACTION,
    ASKED_STANDARD,   /* of one statement, with ASKED_CARRIER: of the same one */
    ASKED_CARRIER,
    ASKED_PROFILE,
    ASKED_REASON, /* one of `undecided` */
    ASKED_ID,
    ASKED_EARLIER, /* id of the record that it rests on */
    ASKED_KINDS
};

struct question;

/* `domains` is borrowed. NULL: memory is used up. */
struct question *question_new(const struct domains *domains);
void question_free(struct question *q); /* NULL is fine */
/* OPTOUT_E_SYNTAX: no record can be asked for so (empty, longer than 16,384 bytes). */
enum optout_rc question_add(struct question *q, enum asked kind, struct slice value) OPTOUT_CHECKED;
/* Times as the log writes them, 24 characters, kept as they are; `until` is not included. */
void question_since(struct question *q, const char time[CLOCK_TEXT]);
void question_until(struct question *q, const char time[CLOCK_TEXT]);
/* Only statements that decided count for ASKED_STANDARD and ASKED_CARRIER. */
void question_deciding(struct question *q);
/* Once all was added. OPTOUT_E_NOMEM. */
enum optout_rc question_ready(struct question *q) OPTOUT_CHECKED;

/* For struct scan_reader, `self` a question: false when surely no match, but for broken
 * lines. */
bool question_wants(const void *self, struct slice raw, const struct scan_head *head);
/* Whether a record, also one that is pending, is asked for. `scratch` is emptied. */
bool question_matches(const struct question *q, const struct scan_line *line, struct buf *scratch);
/* Whether a gap falls into the time that is asked for: from what was recorded before it, or
 * the beginning of the segment that it names, to when it was found. */
bool question_meets_gap(const struct question *q, const struct scan_line *gap);
/* Whether what was removed may have had records of that time. */
bool question_meets_removal(const struct question *q, const struct scan_line *removal);

/* The statements that count: the next of a record's, or false. Begin with *list zeroed. */
struct signal_list {
    struct json_scan scan;
    bool begun, deciding;
};
struct signal_view {
    struct slice standard, carrier; /* without quotes, as they stand */
    bool deciding;
};
bool question_next_signal(const struct record_view *v, struct signal_list *list,
                          struct signal_view *signal);
bool question_is_deciding(const struct question *q);

/* For whoever decides by less than the line (the index): the values of a kind, and the time;
 * empty: no bound. */
size_t question_values(const struct question *q, enum asked kind, const struct slice **values);
struct slice question_from(const struct question *q), question_to(const struct question *q);

#endif
