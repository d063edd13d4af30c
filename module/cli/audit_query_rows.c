/* SPDX-License-Identifier: Apache-2.0 */
/* audit_query_rows.c - rows as a table, as CSV (RFC 4180) and as JSON Lines.
 *
 * A table is printed as it is found, so its columns have the width that is usual for them.
 * A spreadsheet runs what begins like a formula, and the network chooses what stands in a
 * log: such a cell gets an apostrophe in front, which spreadsheets take as "this is text". */
#include "cli/audit_query.h"

#include "cli/cli.h"
#include "syntax/json.h"
#include "syntax/json_scan.h"
#include "syntax/utf8.h"

#include <stdlib.h>

#define CELL_MAX (1u << 20)

bool query_printer_init(struct query_printer *p, const struct query_form *form)
{
    *p = (struct query_printer){ .form = form };
    buf_init(&p->cell, CELL_MAX);
    buf_init(&p->scratch, QUERY_ROW_MAX);
    if (form->resolve)
        p->lines = audit_lines_new();
    return p->lines || !form->resolve;
}

void query_printer_free(struct query_printer *p)
{
    audit_lines_free(p->lines);
    buf_free(&p->cell);
    buf_free(&p->scratch);
}

/* ---- tables ---- */

static size_t width_of(enum column c)
{
    switch ((unsigned)c) {
    case FIELD_TIME: return 23;
    case FIELD_ID:
    case FIELD_EARLIER: return 26;
    case FIELD_DECISION: return 11;
    case FIELD_ACTION:
    case FIELD_WOULD:
    case FIELD_METHOD: return 6;
    case COLUMN_WHY:
    case COLUMN_STANDARD: return 20;
    case COLUMN_HOST:
    case COLUMN_DOMAIN:
    case COLUMN_TYPE: return 24;
    case COLUMN_DAY: return 10;
    case COLUMN_HOUR: return 13;
    default: return column_is_number(c) ? 8 : 12;
    }
}

static void pad(struct buf *out, size_t n)
{
    while (n--)
        buf_putc(out, ' ');
}

/* The last cell of a row takes what it needs. */
static void table_cell(struct buf *out, enum column c, struct slice text, bool last)
{
    size_t at = out->n;
    if (text.n)
        visible_append(out, text, 0);
    else
        buf_putc(out, '-');
    if (last || out->failed != OPTOUT_OK)
        return;
    size_t shown = visible_columns(slice_of(out->p + at, out->n - at)), width = width_of(c);
    pad(out, 2 + (shown < width ? width - shown : 0));
}

/* ---- CSV ---- */

/* "=1+1", "@SUM(A1)", and what comes to that once a spreadsheet has trimmed it. */
static bool is_formula(struct slice text)
{
    static const struct slice wide[] = { /* U+FF1D, U+FF0B, U+FF0D, U+FF20 */
        SLICE("\xEF\xBC\x9D"), SLICE("\xEF\xBC\x8B"), SLICE("\xEF\xBC\x8D"), SLICE("\xEF\xBC\xA0"),
    };
    if (text.n && (text.p[0] == '\t' || text.p[0] == '\r' || text.p[0] == '\n'))
        return true;
    while (slice_begins(text, ' '))
        text = slice_from(text, 1);
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (slice_eq(slice_sub(text, 0, wide[i].n), wide[i]))
            return true;
    return text.n && text.p[0] && strchr("=+-@|%", text.p[0]) != NULL;
}

static void csv_cell(struct buf *out, struct slice text)
{
    bool formula = is_formula(text), quoted = formula;
    for (size_t i = 0; i < text.n && !quoted; i++)
        quoted = text.p[i] == '"' || text.p[i] == ',' || text.p[i] == '\r' || text.p[i] == '\n';
    if (quoted)
        buf_putc(out, '"');
    if (formula)
        buf_putc(out, '\'');
    while (quoted && text.n) {
        size_t n = slice_find(text, '"');
        buf_append(out, text.p, n);
        if (n < text.n)
            buf_puts(out, "\"\"");
        text = slice_from(text, n + 1);
    }
    buf_append(out, text.p, text.n);
    if (quoted)
        buf_putc(out, '"');
}

/* ---- JSON ---- */

/* A terminal obeys characters beyond ASCII as well; JSON has another way to write them. */
static void put_ascii(struct buf *out, struct slice json)
{
    while (json.n) {
        size_t n = utf8_length(json), plain = 0;
        while (plain < json.n && json.p[plain] >= 0x20 && json.p[plain] < 0x7F)
            plain++;
        buf_append(out, json.p, plain);
        if (plain) {
            json = slice_from(json, plain);
            continue;
        }
        uint32_t c = n <= 1 ? json.p[0] : json.p[0] & (0x7Fu >> n);
        for (size_t i = 1; i < n; i++)
            c = c << 6 | (json.p[i] & 0x3Fu);
        if (c >= 0x10000)
            buf_printf(out, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10),
                       0xDC00 + ((c - 0x10000) & 0x3FF));
        else if (c == '\t') /* between values */
            buf_putc(out, ' ');
        else
            buf_printf(out, "\\u%04x", c);
        json = slice_from(json, n ? n : 1);
    }
}

void query_print_line(const struct query_form *form, struct slice json, struct buf *out)
{
    if (form->terminal)
        put_ascii(out, json);
    else
        buf_append(out, json.p, json.n);
    buf_putc(out, '\n');
}

static struct slice earlier_of(const struct query_form *form, const struct scan_line *line)
{
    struct slice id;
    if (!form->find_earlier || !json_is_text(line->view.value[FIELD_EARLIER], &id))
        return SLICE_EMPTY;
    return form->find_earlier(form->self, id);
}

/* A cell as JSON: a number where it is one, null where nothing is said. */
static void put_value(struct json *j, enum column c, struct slice text)
{
    uint64_t n;
    const char *name = column_name(c);
    if (c == COLUMN_FIRST && text.n)
        json_raw(j, name, text);
    else if (!text.n)
        json_nil(j, name);
    else if (column_is_number(c) && slice_to_u64(text, &n))
        json_raw(j, name, text);
    else if (slice_eq(text, SLICE_OF("true")) || slice_eq(text, SLICE_OF("false")))
        json_raw(j, name, text);
    else
        json_slice(j, name, text);
}

/* An object with one member more. */
static void add_member(struct buf *json, const char *name, struct slice value)
{
    while (json->n && json->p[json->n - 1] != '}')
        json->n--;
    if (!json->n || !value.n)
        return;
    json->n--;
    buf_printf(json, ",\"%s\":", name);
    buf_append(json, value.p, value.n);
    buf_putc(json, '}');
}

static void resolve(struct query_printer *p, const struct scan_line *line, struct buf *out)
{
    /* only looked into */
    struct references *known = (struct references *)(uintptr_t)segment_scan_references(line->scan);
    struct audit_said said = { known, p->lines };
    json_t *record = json_loadb((const char *)line->raw.p, line->raw.n, JSON_ALLOW_NUL, NULL);
    if (json_is_object(record))
        (void)audit_resolve(record, &said);
    char *text = record ? json_dumps(record, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    if (text)
        buf_puts(out, text);
    else
        buf_append(out, line->raw.p, line->raw.n);
    free(text);
    json_decref(record);
}

static void print_object(struct query_printer *p, const struct scan_line *line, struct buf *out)
{
    const struct query_form *form = p->form;
    buf_clear(&p->scratch);
    if (form->resolve)
        resolve(p, line, &p->scratch);
    else
        buf_append(&p->scratch, line->raw.p, line->raw.n);
    add_member(&p->scratch, column_name(COLUMN_FIRST), earlier_of(form, line));
    query_print_line(form, buf_slice(&p->scratch), out);
}

/* ---- rows ---- */

static struct slice cell_text(struct query_printer *p, enum column c, const struct scan_line *line)
{
    struct slice earlier;
    if (c != COLUMN_FIRST)
        return column_text(c, line, &p->form->context, &p->cell);
    earlier = earlier_of(p->form, line);
    if (p->form->format == QUERY_JSONL || !earlier.n)
        return earlier;
    struct record_view v; /* in a table: when it was, and what was decided */
    if (!record_view_read(&v, earlier))
        return SLICE_EMPTY;
    buf_clear(&p->scratch);
    static const enum record_field shown[] = { FIELD_TIME, FIELD_DECISION, FIELD_URL };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        struct slice text = record_text(&v, shown[i], &p->cell);
        if (i)
            buf_putc(&p->scratch, ' ');
        buf_append(&p->scratch, text.p, text.n);
    }
    return buf_slice(&p->scratch);
}

static void print_chosen(struct query_printer *p, const struct scan_line *line, struct buf *out)
{
    struct buf text;
    struct json j = json_to(&text);
    buf_init(&text, QUERY_ROW_MAX);
    json_open(&j, NULL, '{');
    for (size_t i = 0; i < p->form->n_columns; i++)
        put_value(&j, p->form->column[i], cell_text(p, p->form->column[i], line));
    json_close(&j, '}');
    if (text.failed != OPTOUT_OK)
        out->failed = text.failed;
    query_print_line(p->form, buf_slice(&text), out);
    buf_free(&text);
}

static void end_row(const struct query_form *form, struct buf *out)
{
    buf_puts(out, form->format == QUERY_CSV ? "\r\n" : "\n");
}

static void print_cell(const struct query_form *form, size_t i, size_t n, enum column c,
                       struct slice text, struct buf *out)
{
    if (form->format == QUERY_TABLE) {
        table_cell(out, c, text, i + 1 == n);
        return;
    }
    if (i)
        buf_putc(out, ',');
    if (form->terminal) {
        struct buf shown;
        buf_init(&shown, CELL_MAX);
        visible_append(&shown, text, 0);
        csv_cell(out, buf_slice(&shown));
        buf_free(&shown);
    } else {
        csv_cell(out, text);
    }
}

void query_print_row(struct query_printer *p, const struct scan_line *line, struct buf *out)
{
    const struct query_form *form = p->form;
    if (form->format == QUERY_JSONL) {
        if (form->n_columns)
            print_chosen(p, line, out);
        else
            print_object(p, line, out);
        return;
    }
    for (size_t i = 0; i < form->n_columns; i++)
        print_cell(form, i, form->n_columns, form->column[i], cell_text(p, form->column[i], line), out);
    end_row(form, out);
}

void query_print_header(const struct query_form *form, const char *extra, struct buf *out)
{
    size_t n = form->n_columns + (extra != NULL);
    if (form->format == QUERY_JSONL)
        return;
    for (size_t i = 0; i < n; i++) {
        enum column c = i < form->n_columns ? form->column[i] : COLUMN_LINE;
        const char *name = i < form->n_columns ? column_name(c) : extra;
        print_cell(form, i, n, c, slice_cstr(name), out);
    }
    end_row(form, out);
}

static void print_count_object(const struct query_form *form, struct slice group, uint64_t count,
                               struct buf *out)
{
    struct buf text;
    struct json j = json_to(&text);
    buf_init(&text, QUERY_ROW_MAX);
    json_open(&j, NULL, '{');
    for (size_t i = 0; i < form->n_columns; i++) {
        size_t n = slice_find(group, '\0');
        put_value(&j, form->column[i], slice_sub(group, 0, n));
        group = slice_from(group, n + 1);
    }
    json_int(&j, "count", (int64_t)count);
    json_close(&j, '}');
    query_print_line(form, buf_slice(&text), out);
    buf_free(&text);
}

void query_print_count(const struct query_form *form, struct slice group, uint64_t count,
                       struct buf *out)
{
    char digits[24];
    size_t n = form->n_columns + 1;
    if (form->format == QUERY_JSONL) {
        print_count_object(form, group, count, out);
        return;
    }
    for (size_t i = 0; i < form->n_columns; i++) {
        size_t end = slice_find(group, '\0');
        print_cell(form, i, n, form->column[i], slice_sub(group, 0, end), out);
        group = slice_from(group, end + 1);
    }
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    print_cell(form, n - 1, n, COLUMN_LINE, slice_cstr(digits), out);
    end_row(form, out);
}
