/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - where a row ends, and where its value stands.
 *
 * What is fed is appended to what is left, and rows are taken off the front of that.
 *
 * Limits: ROWS_LONGEST of a row; beyond, it comes in pieces without a value. A row of quoted values
 * that does not end within it has quotes that do not fit. Long rows are looked at again only
 * when as much again has come. */
#include "syntax/rows.h"

#define LOOK_AGAIN (1u << 16) /* bytes of a row that is not yet whole, looked at with each feed */

void rows_init(struct rows *r, const struct rows_form *form, rows_sink *sink, void *ctx)
{
    *r = (struct rows){ .form = form, .sink = sink, .ctx = ctx, .line = 1 };
    buf_init(&r->kept, SIZE_MAX / 2);
    buf_init(&r->value, ROWS_LONGEST);
}

void rows_free(struct rows *r)
{
    buf_free(&r->kept);
    buf_free(&r->value);
}

/* ---- lines ---- */

/* With its line end; 0: there is none. */
static size_t line_length(struct slice s)
{
    const uint8_t *end = s.n ? memchr(s.p, '\n', s.n) : NULL;
    return end ? (size_t)(end + 1 - s.p) : 0;
}

static struct slice without_end(struct slice line)
{
    if (line.n && line.p[line.n - 1] == '\n') {
        line.n--;
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
    }
    return line;
}

static uint64_t count_lines(struct slice s)
{
    uint64_t n = 0;
    for (size_t length; (length = line_length(s)) != 0; n++)
        s = slice_from(s, length);
    return n;
}

/* ---- separated values ---- */

enum quotes_end {
    QUOTES_FIT,
    QUOTES_OPEN,  /* the end has not come yet */
    QUOTES_WRONG
};

struct field {
    struct slice value;
    bool doubled; /* quotation marks in it */
    enum quotes_end quotes;
};

/* What may stand behind a quoted value. */
static enum quotes_end look_behind(const uint8_t *p, const uint8_t *end, uint8_t separator)
{
    if (p == end || *p == separator || *p == '\n')
        return QUOTES_FIT;
    if (*p != '\r')
        return QUOTES_WRONG;
    if (p + 1 == end)
        return QUOTES_OPEN;
    return p[1] == '\n' ? QUOTES_FIT : QUOTES_WRONG;
}

/* Behind the first quotation mark; returns what is behind the last one. */
static const uint8_t *take_quoted(const uint8_t *p, const uint8_t *end, uint8_t separator,
                                  struct field *field)
{
    const uint8_t *start = p;
    field->quotes = QUOTES_OPEN;
    while (p < end && (p = memchr(p, '"', (size_t)(end - p))) != NULL) {
        if (++p == end || *p != '"') {
            field->value = slice_of(start, (size_t)(p - start) - 1);
            field->quotes = look_behind(p, end, separator);
            return p;
        }
        field->doubled = true;
        p++;
    }
    return end;
}

static const uint8_t *take_field(const uint8_t *p, const uint8_t *end, const struct rows_form *f,
                                 struct field *field)
{
    *field = (struct field){ .quotes = QUOTES_FIT };
    if (f->quotes && p < end && *p == '"')
        return take_quoted(p + 1, end, f->separator, field);
    const uint8_t *to = p;
    while (to < end && *to != f->separator && *to != '\n')
        to++;
    field->value = slice_of(p, (size_t)(to - p));
    if (to < end && *to == '\n' && to > p && to[-1] == '\r')
        field->value.n--;
    return to;
}

struct table_row {
    size_t length; /* with the line end; 0: it has none here */
    struct field field;
    bool there;
    enum quotes_end quotes;
};

static struct table_row take_fields(struct slice s, const struct rows_form *f)
{
    struct table_row row = { .quotes = QUOTES_FIT };
    struct field field;
    const uint8_t *p = s.p, *end = s.p + s.n;
    for (size_t i = 0;; i++) {
        p = take_field(p, end, f, &field);
        row.quotes = field.quotes;
        if (field.quotes != QUOTES_FIT)
            return row;
        if (i == f->column) {
            row.field = field;
            row.there = true;
        }
        if (p < end && *p == '\r' && f->separator != '\r')
            p++; /* look_behind has seen what follows */
        if (p == end)
            return row;
        if (*p++ == '\n')
            break;
    }
    row.length = (size_t)(p - s.p);
    return row;
}

static struct slice undouble(struct rows *r, struct field f)
{
    if (!f.doubled)
        return f.value;
    buf_clear(&r->value);
    for (size_t i = 0; i < f.value.n; i++) {
        buf_putc(&r->value, (char)f.value.p[i]);
        if (f.value.p[i] == '"')
            i++;
    }
    return buf_slice(&r->value);
}

/* What is at hand of a row, and of what follows it. */
struct stretch {
    struct slice bytes;
    bool ended; /* nothing follows */
    bool full;  /* as long as a row may be */
};

/* The length of the row in front; 0: it does not end here. */
static size_t take_table_row(struct rows *r, const struct stretch *h, struct row *row)
{
    size_t line = line_length(h->bytes);
    if (!line && !h->ended)
        return 0;
    struct slice first = slice_sub(h->bytes, 0, line ? line : h->bytes.n);
    /* A byte order mark stands before the first value, which may be quoted. */
    size_t mark = r->begun ? 0 : first.n - slice_skip_bom(first).n;
    bool quoted = r->form->quotes && memchr(first.p, '"', first.n);
    struct table_row t = take_fields(slice_from(quoted ? h->bytes : first, mark), r->form);
    if (t.quotes == QUOTES_FIT && (t.length || h->ended)) {
        row->fault = t.there ? ROW_GOOD : ROW_NO_COLUMN;
        row->value = t.there ? undouble(r, t.field) : SLICE_EMPTY;
        return t.length ? t.length + mark : h->bytes.n;
    }
    if (t.quotes != QUOTES_WRONG && !h->ended && !h->full)
        return 0;
    row->fault = ROW_QUOTES;
    return first.n;
}

/* ---- rows ---- */

static void find_member(struct rows *r, struct row *row)
{
    static const enum row_fault fault[] = {
        [JSON_FOUND] = ROW_GOOD,
        [JSON_NOT_THERE] = ROW_NO_MEMBER,
        [JSON_TWICE] = ROW_MEMBER_TWICE,
        [JSON_BROKEN] = ROW_NO_JSON,
    };
    row->fault = fault[json_path_find(row->text, &r->form->path, &r->value, &row->value)];
    if (row->fault != ROW_GOOD)
        row->value = SLICE_EMPTY;
}

/* The same of any form. */
static size_t take_row(struct rows *r, const struct stretch *h, struct row *row)
{
    if (r->form->kind == ROWS_SEPARATED)
        return take_table_row(r, h, row);
    size_t n = line_length(h->bytes);
    return n || !h->ended ? n : h->bytes.n;
}

/* What does not end within the limit comes in pieces, up to the end of its line. */
static size_t take_piece(struct rows *r, struct slice s, struct row *row)
{
    size_t n = line_length(s);
    row->fault = ROW_LONG;
    row->first = !r->inside;
    row->last = n != 0;
    r->inside = n == 0;
    return n ? n : s.n;
}

static enum optout_rc deliver(struct rows *r, struct row *row, struct slice bytes)
{
    struct slice text = without_end(bytes);
    row->line = r->line;
    row->bytes = bytes;
    row->crlf = bytes.n - text.n == 2;
    row->text = r->begun ? text : slice_skip_bom(text);
    row->bom = row->text.n != text.n;
    r->begun = true;
    r->line += count_lines(bytes);
    if (row->fault == ROW_GOOD && r->form->kind == ROWS_LINES)
        row->value = row->text;
    else if (row->fault == ROW_GOOD && r->form->kind == ROWS_JSON)
        find_member(r, row);
    else if (row->fault != ROW_GOOD)
        row->value = SLICE_EMPTY;
    return r->sink(r->ctx, row);
}

/* The length of what comes next; 0: more is needed. */
static size_t take_next(struct rows *r, const struct stretch *h, struct row *row)
{
    size_t n = 0;
    *row = (struct row){ .first = true, .last = true };
    if (!r->inside)
        n = take_row(r, h, row);
    if (n == 0 && (r->inside || h->full))
        n = take_piece(r, h->bytes, row);
    if (h->ended && n == h->bytes.n)
        row->last = true;
    return n;
}

/* Takes rows off the front of what is kept. */
static enum optout_rc take_rows(struct rows *r, bool ended, bool cut)
{
    enum optout_rc rc = OPTOUT_OK;
    size_t at = 0;
    r->wanted = 0;
    while (at < r->kept.n && rc == OPTOUT_OK) {
        struct slice rest = slice_sub(buf_slice(&r->kept), at, ROWS_LONGEST);
        struct stretch h = { rest, ended && at + rest.n == r->kept.n, rest.n == ROWS_LONGEST };
        struct row row;
        size_t n = take_next(r, &h, &row);
        if (n == 0) {
            r->wanted = rest.n > LOOK_AGAIN ? 2 * rest.n : 0;
            break;
        }
        at += n;
        if (cut && at == r->kept.n && row.fault == ROW_GOOD && rest.p[n - 1] != '\n')
            row.fault = ROW_CUT;
        rc = deliver(r, &row, slice_sub(rest, 0, n));
    }
    memmove(r->kept.p, r->kept.p + at, r->kept.n - at);
    r->kept.n -= at;
    return rc;
}

enum optout_rc rows_feed(struct rows *r, struct slice bytes)
{
    if (buf_append(&r->kept, bytes.p, bytes.n) != OPTOUT_OK)
        return OPTOUT_E_NOMEM;
    if (r->kept.n < r->wanted && r->kept.n < ROWS_LONGEST)
        return OPTOUT_OK;
    return r->kept.n ? take_rows(r, false, false) : OPTOUT_OK;
}

enum optout_rc rows_end(struct rows *r, bool cut)
{
    enum optout_rc rc = r->kept.n ? take_rows(r, true, cut) : OPTOUT_OK;
    buf_clear(&r->kept);
    r->line = 1;
    r->begun = r->inside = false;
    return rc;
}

/* ---- names ---- */

#define NAMES_MAX 4096

bool rows_find_column(const struct rows_form *form, struct slice text, struct slice name,
                      size_t *column)
{
    bool found = false;
    struct field field;
    const uint8_t *p = text.p, *end = text.p + text.n;
    for (size_t i = 0; i < NAMES_MAX; i++) {
        p = take_field(p, end, form, &field);
        if (field.quotes != QUOTES_FIT)
            return false;
        bool exact = slice_eq(field.value, name);
        if (exact || (!found && slice_eq_nocase(field.value, name)))
            *column = i;
        found = found || exact || slice_eq_nocase(field.value, name);
        if (exact || p == end || *p++ != form->separator)
            return found;
    }
    return found;
}
