/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - long lists as they stream: lines, separated values or JSON Lines, and of each row
 * the one value that matters.
 *
 * Every byte that is fed comes out again in a row, whatever is wrong with it: nothing is
 * dropped. Lines end with LF or CRLF. Separated values follow RFC 4180 where quotes count: a
 * quoted value may hold separators, line ends and doubled quotation marks. Where quotes do
 * not fit, their first line alone is a row without a value, and reading goes on behind it. */
#ifndef OPTOUT_SYNTAX_ROWS_H
#define OPTOUT_SYNTAX_ROWS_H

#include "core/rc.h"
#include "syntax/json_path.h"

#define ROWS_LONGEST (16u << 20) /* bytes of a row; a longer one comes in pieces */

enum rows_kind { ROWS_LINES, ROWS_SEPARATED, ROWS_JSON };

struct rows_form {
    enum rows_kind kind;
    uint8_t separator;
    bool quotes;
    size_t column; /* of the value, from 0 */
    struct json_path path;
};

enum row_fault {
    ROW_GOOD,
    ROW_LONG,      /* a piece of one that is longer than ROWS_LONGEST */
    ROW_CUT,       /* the input ended where it should not have */
    ROW_QUOTES,    /* quotation marks that do not fit */
    ROW_NO_COLUMN, /* fewer columns */
    ROW_NO_JSON,   /* json_found, but for JSON_FOUND */
    ROW_NO_MEMBER,
    ROW_MEMBER_TWICE,
    ROW_FAULT_COUNT
};

struct row {
    struct slice bytes; /* as they were fed, with the line end; valid during the call */
    struct slice text;  /* without it, and without a byte order mark */
    struct slice value; /* empty where there is a fault */
    uint64_t line;      /* of its first byte, from 1 */
    enum row_fault fault;
    bool bom, crlf;
    bool first, last;   /* ROW_LONG: of its pieces; else both */
};

/* Returns OPTOUT_OK, or what rows_feed shall return at once. */
typedef enum optout_rc rows_sink(void *ctx, const struct row *row);

struct rows {
    const struct rows_form *form;
    rows_sink *sink;
    void *ctx;
    struct buf kept;  /* what is fed and not yet a row */
    struct buf value; /* with escapes undone */
    uint64_t line;    /* of the next row */
    size_t wanted;    /* bytes of a row that were not enough */
    bool begun, inside; /* the last piece of a row that is too long did not end it */
};

/* `form` is borrowed. */
void rows_init(struct rows *r, const struct rows_form *form, rows_sink *sink, void *ctx);
void rows_free(struct rows *r);
/* OPTOUT_OK, what the sink said, or OPTOUT_E_NOMEM. */
enum optout_rc rows_feed(struct rows *r, struct slice bytes) OPTOUT_CHECKED;
/* What is left is the last row. `cut`: the input was longer. A new input may follow; its
 * lines are counted from 1. */
enum optout_rc rows_end(struct rows *r, bool cut) OPTOUT_CHECKED;

/* Which column of a first row has this name: exactly, else whatever the case of its letters. */
bool rows_find_column(const struct rows_form *form, struct slice text, struct slice name,
                      size_t *column) OPTOUT_CHECKED;

#endif
