/* SPDX-License-Identifier: Apache-2.0 */
/* audit_query.h - how `optout audit query` prints what it finds. */
#ifndef OPTOUT_CLI_AUDIT_QUERY_H
#define OPTOUT_CLI_AUDIT_QUERY_H

#include "answers/columns.h"
#include "cli/audit_text.h"

#define QUERY_COLUMNS_MAX 48u
#define QUERY_ROW_MAX (32u << 20) /* bytes of one row, resolved */

enum query_format { QUERY_TABLE, QUERY_CSV, QUERY_JSONL };

/* What a row has; read by all threads. */
struct query_form {
    enum query_format format;
    enum column column[QUERY_COLUMNS_MAX];
    size_t n_columns; /* 0 of QUERY_JSONL: the line as it is */
    bool resolve;     /* QUERY_JSONL: with all that it leaves out and refers to */
    bool terminal;    /* nothing may get out that a terminal obeys */
    struct column_context context;
    /* The record that `earlier` names, as JSON; empty: it is not in the log. NULL: nobody asks. */
    struct slice (*find_earlier)(const void *self, struct slice id);
    const void *self;
};

/* One row's own, of one thread. */
struct query_printer {
    const struct query_form *form;
    struct audit_lines *lines; /* of one segment; for `resolve` */
    struct buf cell, scratch;
};

/* False: memory is used up. */
bool query_printer_init(struct query_printer *p, const struct query_form *form);
void query_printer_free(struct query_printer *p);

/* The names of the columns; nothing for JSON. `n_extra` names come behind them. */
void query_print_header(const struct query_form *form, const char *extra, struct buf *out);
/* Appends one row with its line end. */
void query_print_row(struct query_printer *p, const struct scan_line *line, struct buf *out);
/* A gap as it stands, as a line of JSON. */
void query_print_line(const struct query_form *form, struct slice json, struct buf *out);
/* A group and how often it came; `group` as column_groups() has it. */
void query_print_count(const struct query_form *form, struct slice group, uint64_t count,
                       struct buf *out);

#endif
