/* SPDX-License-Identifier: Apache-2.0 */
/* columns.h - what a record says under one name, as one text: for tables and counts.
 *
 * Every member of a record that is a text or a number, with its default, and what is made of
 * them: host, domain, day and so on. Pure but for the scratch: any thread. */
#ifndef OPTOUT_ANSWERS_COLUMNS_H
#define OPTOUT_ANSWERS_COLUMNS_H

#include "answers/domain.h"
#include "answers/segment_scan.h"

/* Those that are made; the members of RECORD_FIELDS come beside them. */
#define COLUMNS_MADE(X)                                                                      \
    X(HOST, "host", "of the URL, without port")                                              \
    X(DOMAIN, "domain", "the registrable domain of the host")                                \
    X(STANDARD, "standard", "of the statements; in counts one group for each")               \
    X(CARRIER, "carrier", "where the statements were; in counts one group for each")         \
    X(UNDECIDED_REASON, "reason", "what was not read; in counts one group for each")         \
    X(WHY, "why", "the standards that decided, else the first reason")                       \
    X(TYPE, "media_type", "without parameters, in lower case")                               \
    X(FORMAT, "format", "what was read: inspected")                                          \
    X(YEAR, "year", "of time, UTC") X(MONTH, "month", "") X(DAY, "day", "") X(HOUR, "hour", "") \
    X(FILE, "segment", "by the name that it has once closed") X(LINE, "line", "in the segment") \
    X(FIRST, "earlier_record", "the record that `earlier` names")

/* Below COLUMN_MADE a column is the member of that number (enum record_field). */
enum column {
    COLUMN_MADE = FIELD_COUNT - 1,
#define X(id, name, help) COLUMN_##id,
    COLUMNS_MADE(X)
#undef X
    COLUMN_COUNT
};

const char *column_name(enum column c);
/* False: nothing is called so, or it is a list or an object. */
bool column_from_name(struct slice name, enum column *c);
/* Compares as a number, and is printed as one in JSON. */
bool column_is_number(enum column c);

struct column_context {
    const struct domains *domains;
    bool deciding; /* of statements only those that decided */
};

/* The text; of several statements or reasons each once, joined by "+". Empty: nothing is
 * said. In the line, in a literal or in `scratch`, which it empties. COLUMN_FIRST is empty:
 * it is not of this line. */
struct slice column_text(enum column c, const struct scan_line *line,
                         const struct column_context *context, struct buf *scratch);

/* The groups that a record belongs to: calls `take` for each combination of what the columns
 * say, each once, with the texts one behind the other, each ended by NUL. False: memory is
 * used up, or `take` said so. */
#define GROUP_COLUMNS_MAX 8u
bool column_groups(const enum column *columns, size_t n, const struct scan_line *line,
                   const struct column_context *context, bool (*take)(void *to, struct slice group),
                   void *to);

#endif
