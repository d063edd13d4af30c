/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - columns that line up, for people. */
#ifndef OPTOUT_CLI_TABLE_H
#define OPTOUT_CLI_TABLE_H

#include "core/arena.h"
#include "core/buf.h"

#define TABLE_COLUMNS_MAX 8

struct table_row;

/* Cells are copied into the arena. */
struct table {
    struct arena *arena;
    size_t columns;
    size_t width[TABLE_COLUMNS_MAX]; /* widest cell so far, characters */
    struct table_row *first, *last;
};

void table_init(struct table *t, struct arena *arena, size_t columns);
/* One cell per column, already safe for a terminal. False when memory is used
 * up; the row is then left out. */
bool table_add(struct table *t, const struct slice *cells);
bool table_add_text(struct table *t, const char *const *cells);
/* A line of its own under the row that was added last. */
bool table_add_note(struct table *t, struct slice note);
/* Appends every row, each begun with `indent`, cells two spaces apart, no
 * trailing space. An empty column takes no room. */
void table_print(const struct table *t, const char *indent, struct buf *out);

#endif
