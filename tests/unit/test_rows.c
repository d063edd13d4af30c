/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of lists: lines, separated values, JSON Lines; whole and in pieces. */
#include "unit.h"

#include "syntax/json_scan.h"
#include "syntax/rows.h"

#include <stdlib.h>

static const char *const fault_name[ROW_FAULT_COUNT] = {
    "good", "long", "cut", "quotes", "no-column", "no-json", "no-member", "twice",
};

/* "LINE FAULT[VALUE]…" of each row; its bytes are put together again. */
struct told {
    struct buf text, bytes;
};

static enum optout_rc tell(void *ctx, const struct row *row)
{
    struct told *t = ctx;
    buf_printf(&t->text, "%llu %s[", (unsigned long long)row->line, fault_name[row->fault]);
    (void)buf_append(&t->text, row->value.p, row->value.n);
    buf_printf(&t->text, "]%s%s ", row->bom ? "b" : "", row->crlf ? "c" : "");
    (void)buf_append(&t->bytes, row->bytes.p, row->bytes.n);
    return OPTOUT_OK;
}

static void read_in_pieces(const struct rows_form *form, struct slice text, size_t piece, bool cut,
                           struct told *t)
{
    struct rows rows;
    buf_init(&t->text, 1u << 20);
    buf_init(&t->bytes, 64u << 20);
    rows_init(&rows, form, tell, t);
    for (size_t at = 0; at < text.n; at += piece)
        assert_int_equal(rows_feed(&rows, slice_sub(text, at, piece)), OPTOUT_OK);
    assert_int_equal(rows_end(&rows, cut), OPTOUT_OK);
    rows_free(&rows);
    buf_putc(&t->text, '\0');
    assert_true(slice_eq(buf_slice(&t->bytes), text));
}

static void expect(const struct rows_form *form, const char *text, const char *want, bool cut)
{
    for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
        struct told t;
        read_in_pieces(form, slice_cstr(text), piece, cut, &t);
        assert_string_equal((const char *)t.text.p, want);
        buf_free(&t.text);
        buf_free(&t.bytes);
    }
}

static void lines(void **state)
{
    static const struct rows_form form = { .kind = ROWS_LINES };
    (void)state;
    expect(&form, "a\nb", "1 good[a] 2 good[b] ", false);
    expect(&form, "a\r\n\nb\r\n", "1 good[a]c 2 good[] 3 good[b]c ", false);
    expect(&form, "\xEF\xBB\xBF" "a\n\xEF\xBB\xBF" "b\n", "1 good[a]b 2 good[\xEF\xBB\xBF" "b] ", false);
    expect(&form, "a\nb", "1 good[a] 2 cut[] ", true);
    expect(&form, "a\nb\n", "1 good[a] 2 good[b] ", true);
    expect(&form, "a\rb\n", "1 good[a\rb] ", false);
}

static void separated_values(void **state)
{
    static const struct rows_form csv = { .kind = ROWS_SEPARATED, .separator = ',', .quotes = true,
                                          .column = 1 };
    static const struct rows_form tsv = { .kind = ROWS_SEPARATED, .separator = '\t', .column = 1 };
    (void)state;
    expect(&csv, "a,b,c\nd,e\n", "1 good[b] 2 good[e] ", false);
    expect(&csv, "\"a,\",\"b\"\r\nd,e\r\nf", "1 good[b]c 2 good[e]c 3 no-column[] ", false);
    expect(&csv, "\"a\n\",\"b\"\"c\"\nd,e", "1 good[b\"c] 3 good[e] ", false);
    expect(&csv, "a\"b,c\"d\n", "1 good[c\"d] ", false);
    expect(&csv, "\xEF\xBB\xBF\"a\",b\n", "1 good[b]b ", false);
    expect(&csv, ",\n", "1 good[] ", false);
    /* Quotes that do not fit, or have no end, take their own line alone. */
    expect(&csv, "a,\"b\"c\nd,e\n", "1 quotes[] 2 good[e] ", false);
    expect(&csv, "a,\"b\nd,e\nf,g", "1 quotes[] 2 good[e] 3 good[g] ", false);
    expect(&csv, "a,\"b\nd,\"e\nf,g\n", "1 quotes[] 2 quotes[] 3 good[g] ", false);
    expect(&tsv, "\"a\tb\"\n", "1 good[b\"] ", false);
    expect(&tsv, "a\tb\r\n", "1 good[b]c ", false);
}

static void json_lines(void **state)
{
    struct rows_form form = { .kind = ROWS_JSON };
    (void)state;
    assert_true(json_path_parse(SLICE_OF("a.b"), &form.path));
    expect(&form, "{\"a\":{\"b\":\"x\"}}\n{}\n[]\n", "1 good[x] 2 no-member[] 3 no-json[] ", false);
    expect(&form, "{\"a\":{\"b\":\"x\",\"b\":\"y\"}}\r\n", "1 twice[]c ", false);
    assert_false(json_path_parse(SLICE_OF("a..b"), &form.path));
    assert_false(json_path_parse(SLICE_OF(""), &form.path));
}

/* Wanted: the value, or the word of json_found. */
static void members(void **state)
{
    static const struct {
        const char *path, *text, *want;
    } row[] = {
        { "u", "{\"u\":\"v\"}", "v" },
        { "u", " { \"x\" : [1,{\"u\":\"n\"},-2.5e+3,true,null] , \"u\" : \"v\" } ", "v" },
        { "u", "{\"u\":\"http:\\/\\/h\\/\\u00e4\\ud83d\\ude00\"}", "http://h/\xC3\xA4\xF0\x9F\x98\x80" },
        { "u", "{\"u\":\"\\ud83dx\"}", "(not there)" },
        { "u", "{\"u\":\"\\u0000x\"}", "(not there)" },
        { "u", "{\"\\u0075\":\"v\"}", "v" },
        { "a.b", "{\"b\":\"n\",\"a\":{\"a\":{\"b\":\"n\"},\"b\":\"v\"}}", "v" },
        { "a.b", "{\"a\":[{\"b\":\"n\"}]}", "(not there)" },
        { "a.b", "{\"a\":{\"b\":\"v\"},\"a\":{}}", "(twice)" },
        { "a.b", "{\"a\":{\"a\":{\"b\":\"n\"}}}", "(not there)" },
        { "a", "{\"a\":{\"a\":\"n\"}}", "(not there)" },
        { "u", "{\"u\":1}", "(not there)" },
        { "u", "{\"u\":\"a\",\"\\u0075\":\"b\"}", "(twice)" },
        { "u", "{\"u\":\"a\"", "(broken)" },
        { "u", "{\"u\":\"a\"}x", "(broken)" },
        { "u", "{\"u\":\"a\"}{\"u\":\"b\"}", "(broken)" },
        { "u", "{\"u\":\"a\",}", "(broken)" },
        { "u", "{\"u\":\"a\" \"x\":1}", "(broken)" },
        { "u", "{\"u\":\"a\",\"x\":[1,]}", "(broken)" },
        { "u", "{\"u\":\"a\",\"x\":01}", "(broken)" },
        { "u", "{\"u\":\"a\",\"x\":1.}", "(broken)" },
        { "u", "{\"u\":\"a\",\"x\":tru}", "(broken)" },
        { "u", "{\"u\":\"a\tb\"}", "(broken)" },
        { "u", "{\"u\":\"\\x\"}", "(broken)" },
        { "u", "{\"u\":\"\\u12g4\"}", "(broken)" },
        { "u", "{\"u\":\"a\"]", "(broken)" },
        { "u", "\"u\"", "(broken)" },
        { "u", "", "(broken)" },
    };
    static const char *const word[] = { "", "(not there)", "(twice)", "(broken)" };
    struct buf room;
    (void)state;
    buf_init(&room, 1000);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct json_path path;
        struct slice value;
        assert_true(json_path_parse(slice_cstr(row[i].path), &path));
        enum json_found found = json_path_find(slice_cstr(row[i].text), &path, &room, &value);
        if (found != JSON_FOUND)
            value = slice_cstr(word[found]);
        if (!slice_eq(value, slice_cstr(row[i].want)))
            fail_msg("%s: %.*s", row[i].text, SLICE_FMT(value));
    }
    buf_free(&room);
}

static enum json_found find_below(size_t depth)
{
    struct buf text, room;
    struct json_path path;
    struct slice value;
    buf_init(&text, 10000);
    buf_init(&room, 100);
    buf_puts(&text, "{\"u\":\"v\",\"x\":");
    for (size_t i = 1; i < depth; i++)
        buf_putc(&text, '[');
    for (size_t i = 1; i < depth; i++)
        buf_putc(&text, ']');
    buf_putc(&text, '}');
    assert_true(json_path_parse(SLICE_OF("u"), &path));
    enum json_found found = json_path_find(buf_slice(&text), &path, &room, &value);
    buf_free(&text);
    buf_free(&room);
    return found;
}

static void depth_has_a_limit(void **state)
{
    (void)state;
    assert_int_equal(find_below(JSON_SCAN_DEPTH + 1), JSON_FOUND);
    assert_int_equal(find_below(JSON_SCAN_DEPTH + 2), JSON_BROKEN);
}

/* A long line between two short ones, in each form: told, all of its bytes there. */
static void long_rows_come_in_pieces(void **state)
{
    struct rows_form form = { .kind = ROWS_LINES, .separator = ',', .quotes = true };
    size_t n = ROWS_LONGEST + 100000;
    uint8_t *text = malloc(n + 8);
    (void)state;
    assert_non_null(text);
    memset(text, 'x', n + 8);
    memcpy(text, "a\n", 2);
    memcpy(text + n + 5, "\nb\n", 3);
    for (int i = 0; i < 2; i++) {
        struct told t;
        form.kind = i ? ROWS_SEPARATED : ROWS_LINES;
        read_in_pieces(&form, slice_of(text, n + 8), 65536, false, &t);
        assert_non_null(strstr((const char *)t.text.p, "1 good[a] 2 long[] 2 long[] "));
        assert_non_null(strstr((const char *)t.text.p, " 2 long[] 3 good[b] "));
        buf_free(&t.text);
        buf_free(&t.bytes);
    }
    free(text);
}

/* A quotation mark that never ends, before more than a row may hold. */
static void quotes_without_end_are_bounded(void **state)
{
    struct rows_form form = { .kind = ROWS_SEPARATED, .separator = ',', .quotes = true };
    size_t n = ROWS_LONGEST + 5;
    uint8_t *text = malloc(n + 4);
    struct told t;
    (void)state;
    assert_non_null(text);
    memset(text, 'x', n + 4);
    memcpy(text, "a\n\"b\n", 5);
    memcpy(text + n, "\nc\n", 3);
    text[n + 3] = 'd';
    read_in_pieces(&form, slice_of(text, n + 4), 65536, false, &t);
    assert_non_null(strstr((const char *)t.text.p, "1 good[a] 2 quotes[] 3 "));
    assert_non_null(strstr((const char *)t.text.p, " 4 good[c] 5 good[d] "));
    buf_free(&t.text);
    buf_free(&t.bytes);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(separated_values),
        cmocka_unit_test(json_lines),
        cmocka_unit_test(members),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(long_rows_come_in_pieces),
        cmocka_unit_test(quotes_without_end_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
