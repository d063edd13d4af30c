/* SPDX-License-Identifier: Apache-2.0 */
/* urls_print.c - rows as they were, and what is said of them behind. */
#include "cli/urls.h"

#include "syntax/json.h"

#define COLUMNS 5

static const char *const column_name[COLUMNS] = {
    "optout_verdict", "optout_decision", "optout_standard", "optout_rule", "optout_reason",
};

static struct slice line_end(const struct url_row *row)
{
    struct slice end = slice_from(row->bytes, (size_t)(row->text.p + row->text.n - row->bytes.p));
    return end.n ? end : SLICE_OF("\n");
}

static struct slice without_end(const struct url_row *row)
{
    return slice_sub(row->bytes, 0, (size_t)(row->text.p + row->text.n - row->bytes.p));
}

/* ---- columns ---- */

/* What would end a column or a line is made visible; a table has no other way. */
static void put_tab_value(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '\t' || c == '\n' || c == '\r' || c == '\\')
            buf_printf(out, "\\%c", c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : '\\');
        else if (c < 0x20 || c == 0x7f)
            buf_printf(out, "\\x%02X", c);
        else
            buf_putc(out, (char)c);
    }
}

static void put_csv_value(struct buf *out, struct slice s, uint8_t separator)
{
    bool plain = !memchr(s.p, separator, s.n);
    for (size_t i = 0; i < s.n && plain; i++)
        plain = s.p[i] != '"' && s.p[i] >= 0x20;
    if (plain) {
        (void)buf_append(out, s.p, s.n);
        return;
    }
    buf_putc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_putc(out, '"');
        buf_putc(out, (char)s.p[i]);
    }
    buf_putc(out, '"');
}

static void put_columns(const struct urls_options *o, const struct slice value[COLUMNS],
                        struct buf *out)
{
    uint8_t separator = o->format == URLS_LIKEWISE ? o->form.separator
                        : o->format == URLS_TSV    ? '\t'
                                                   : ',';
    for (size_t i = 0; i < COLUMNS; i++) {
        buf_putc(out, (char)separator);
        if (separator == '\t')
            put_tab_value(out, value[i]);
        else if (value[i].n)
            put_csv_value(out, value[i], separator);
    }
}

static void name_rule(const struct url_answer *a, struct buf *to)
{
    (void)buf_append(to, a->place.p, a->place.n);
    if (a->place.n && a->rule.n)
        buf_puts(to, ": ");
    (void)buf_append(to, a->rule.p, a->rule.n);
}

static void print_table_row(const struct urls_options *o, const struct url_row *row,
                            const struct url_answer *a, struct buf *out)
{
    struct slice bytes = without_end(row);
    (void)buf_append(out, bytes.p, bytes.n);
    if (!row->last) /* of a row in pieces: the last one has the columns */
        return;
    struct buf rule;
    buf_init(&rule, 4096);
    name_rule(a, &rule);
    const struct slice value[COLUMNS] = {
        slice_cstr(url_verdict_name(a->verdict)),
        slice_cstr(a->judged ? decision_name(a->kind) : ""),
        slice_cstr(a->standard),
        buf_slice(&rule),
        slice_cstr(a->reason),
    };
    put_columns(o, value, out);
    struct slice end = line_end(row);
    (void)buf_append(out, end.p, end.n);
    buf_free(&rule);
}

/* ---- JSON Lines ---- */

static void put_slice(struct json *j, const char *key, struct slice s)
{
    if (s.n)
        json_slice(j, key, s);
}

static void put_answer(struct json *j, const struct url_answer *a)
{
    json_str(j, "verdict", url_verdict_name(a->verdict));
    if (a->judged)
        json_str(j, "decision", decision_name(a->kind));
    if (a->standard)
        json_str(j, "standard", a->standard);
    put_slice(j, "place", a->place);
    put_slice(j, "rule", a->rule);
    put_slice(j, "contact", a->contact);
    if (a->reason)
        json_str(j, "reason", a->reason);
}

/* Up to the bracket that ends the object, which is known to be one. */
static struct slice open_object(struct slice text)
{
    while (text.n && text.p[text.n - 1] != '}')
        text.n--;
    text.n -= text.n != 0;
    while (text.n && ascii_is_space(text.p[text.n - 1]))
        text.n--;
    return text;
}

static bool is_object(const struct urls_options *o, const struct url_row *row)
{
    if (o->form.kind != ROWS_JSON)
        return false;
    return !row->fault || strcmp(row->fault, "no-member") == 0;
}

static void print_json_row(const struct urls_options *o, const struct url_row *row,
                           const struct url_answer *a, struct buf *out)
{
    struct json j = json_to(out);
    if (!row->first)
        return;
    if (is_object(o, row)) {
        struct slice object = open_object(row->text);
        (void)buf_append(out, object.p, object.n);
        j.comma = object.n && object.p[object.n - 1] != '{';
        json_open(&j, "optout", '{');
        put_answer(&j, a);
        json_close(&j, '}');
        buf_puts(out, "}\n");
        return;
    }
    json_open(&j, NULL, '{');
    json_int(&j, "line", (int64_t)row->line);
    put_slice(&j, "url", row->url);
    if (row->last && o->form.kind != ROWS_LINES)
        json_slice(&j, "row", row->text);
    else if (row->last && !row->url.n)
        json_slice(&j, "row", row->text);
    json_open(&j, "optout", '{');
    put_answer(&j, a);
    json_close(&j, '}');
    json_close(&j, '}');
    buf_putc(out, '\n');
}

/* ---- both ---- */

void urls_print_header(const struct urls_options *o, const struct url_row *row, struct buf *out)
{
    struct slice bytes = without_end(row), end = line_end(row), name[COLUMNS];
    if (o->format == URLS_JSONL)
        return;
    (void)buf_append(out, bytes.p, bytes.n);
    for (size_t i = 0; i < COLUMNS; i++)
        name[i] = slice_cstr(column_name[i]);
    if (o->format != URLS_AS_IS)
        put_columns(o, name, out);
    (void)buf_append(out, end.p, end.n);
}

void urls_print_row(const struct urls_options *o, const struct url_row *row,
                    const struct url_answer *a, struct buf *out)
{
    if (!(o->print & 1u << a->verdict))
        return;
    if (o->format == URLS_JSONL) {
        print_json_row(o, row, a, out);
        return;
    }
    if (o->format != URLS_AS_IS) {
        print_table_row(o, row, a, out);
        return;
    }
    (void)buf_append(out, row->bytes.p, row->bytes.n);
    if (row->last && (row->bytes.n == 0 || row->bytes.p[row->bytes.n - 1] != '\n'))
        buf_putc(out, '\n');
}
