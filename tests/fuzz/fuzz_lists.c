/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_lists.c - lists of any bytes as rows: the same however they are cut, and no byte lost.
 * A member of a JSON row is what jansson finds, where jansson takes the row. */
#include "syntax/json_scan.h"
#include "syntax/rows.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
    uint64_t hash, rows, line;
    struct buf bytes;
    const struct rows_form *form;
};

static void mix(struct told *t, const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++)
        t->hash = (t->hash ^ b[i]) * 0x100000001b3u;
    t->hash = (t->hash ^ n) * 0x100000001b3u;
}

static size_t depth_of(struct slice text)
{
    size_t depth = 0, most = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            most = ++depth > most ? depth : most;
        else if (!quoted && (c == '}' || c == ']'))
            depth--;
    }
    return most;
}

static void compare_with_jansson(const struct row *row)
{
    if (memchr(row->text.p, 0, row->text.n))
        return; /* jansson takes some where no JSON has any */
    json_t *j = json_loadb((const char *)row->text.p, row->text.n,
                           JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    const json_t *a = json_object_get(json_object_get(j, "a"), "b");
    enum row_fault want = json_is_string(a) ? ROW_GOOD : ROW_NO_MEMBER;
    if (j && !json_is_object(j))
        want = ROW_NO_JSON;
    if (j && depth_of(row->text) <= JSON_SCAN_DEPTH && row->fault != want)
        abort();
    if (j && row->fault == ROW_GOOD &&
        !slice_eq(row->value, slice_of(json_string_value(a), json_string_length(a))))
        abort();
    json_decref(j);
}

static enum optout_rc tell(void *ctx, const struct row *row)
{
    struct told *t = ctx;
    uint8_t facts[4] = { (uint8_t)row->fault, row->bom, row->crlf, row->first };
    if (row->bytes.n == 0 || row->line < t->line || (row->fault && row->value.n) || !row->last)
        abort();
    t->line = row->line;
    t->rows++;
    mix(t, facts, sizeof facts);
    mix(t, &row->line, sizeof row->line);
    mix(t, row->text.p, row->text.n);
    mix(t, row->value.p, row->value.n);
    if (buf_append(&t->bytes, row->bytes.p, row->bytes.n) != OPTOUT_OK)
        abort();
    if (t->form->kind == ROWS_JSON && row->fault != ROW_CUT)
        compare_with_jansson(row);
    return OPTOUT_OK;
}

static struct told read_list(const struct rows_form *form, struct slice text, size_t piece, bool cut)
{
    struct told t = { .hash = 1, .form = form };
    struct rows rows;
    buf_init(&t.bytes, 1u << 24);
    rows_init(&rows, form, tell, &t);
    for (size_t at = 0; at < text.n; at += piece)
        if (rows_feed(&rows, slice_sub(text, at, piece)) != OPTOUT_OK)
            abort();
    if (rows_end(&rows, cut) != OPTOUT_OK || !slice_eq(buf_slice(&t.bytes), text))
        abort();
    rows_free(&rows);
    buf_free(&t.bytes);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rows_form form = { .separator = ',' };
    if (size < 2)
        return 0;
    form.kind = data[0] % 3;
    form.quotes = !(data[0] & 4);
    form.column = data[0] >> 4 & 3;
    if (data[0] & 8)
        form.separator = '\t';
    if (!json_path_parse(SLICE_OF("a.b"), &form.path))
        abort();
    struct slice text = slice_of(data + 2, size - 2);
    struct told whole = read_list(&form, text, text.n + 1, data[0] & 64);
    struct told cut = read_list(&form, text, data[1] ? data[1] : 1, data[0] & 64);
    if (whole.hash != cut.hash || whole.rows != cut.rows)
        abort();
    return 0;
}
