/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include "cli/cli.h"

#define NOTE_INDENT 5 /* spaces before a note, beside the table's own indent */

struct table_row {
    struct table_row *next;
    struct slice cell[TABLE_COLUMNS_MAX];
    struct slice note;
};

void table_init(struct table *t, struct arena *arena, size_t columns)
{
    *t = (struct table){ .arena = arena, .columns = columns };
}

bool table_add(struct table *t, const struct slice *cells)
{
    struct table_row *row = arena_alloc(t->arena, sizeof *row);
    if (!row)
        return false;
    for (size_t i = 0; i < t->columns; i++) {
        row->cell[i] = arena_copy(t->arena, cells[i], SIZE_MAX);
        if (!row->cell[i].p)
            return false;
    }
    for (size_t i = 0; i < t->columns; i++) {
        size_t width = visible_columns(row->cell[i]);
        if (width > t->width[i])
            t->width[i] = width;
    }
    if (t->last)
        t->last->next = row;
    else
        t->first = row;
    t->last = row;
    return true;
}

bool table_add_text(struct table *t, const char *const *cells)
{
    struct slice s[TABLE_COLUMNS_MAX];
    for (size_t i = 0; i < t->columns; i++)
        s[i] = cells[i] ? slice_cstr(cells[i]) : SLICE_OF("");
    return table_add(t, s);
}

bool table_add_note(struct table *t, struct slice note)
{
    if (!t->last)
        return false;
    t->last->note = arena_copy(t->arena, note, SIZE_MAX);
    return t->last->note.p != NULL;
}

static void pad(struct buf *out, size_t n)
{
    while (n--)
        buf_putc(out, ' ');
}

static void print_row(const struct table *t, const struct table_row *row, struct buf *out)
{
    size_t owed = 0; /* spaces due before the next cell that is not empty */
    for (size_t i = 0; i < t->columns; i++) {
        struct slice cell = row->cell[i];
        if (t->width[i] == 0)
            continue;
        if (cell.n) {
            pad(out, owed);
            owed = 0;
            buf_append(out, cell.p, cell.n);
        }
        owed += t->width[i] - visible_columns(cell) + 2;
    }
}

void table_print(const struct table *t, const char *indent, struct buf *out)
{
    for (const struct table_row *row = t->first; row; row = row->next) {
        buf_puts(out, indent);
        print_row(t, row, out);
        buf_putc(out, '\n');
        if (row->note.n) {
            buf_puts(out, indent);
            pad(out, NOTE_INDENT);
            buf_append(out, row->note.p, row->note.n);
            buf_putc(out, '\n');
        }
    }
}
