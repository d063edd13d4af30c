/* SPDX-License-Identifier: Apache-2.0 */
/* test_structured_suite.c - the public test suite for Structured Fields, every
 * parsing case of every file in $OPTOUT_CORPUS/sf. Only parsing is tested: we
 * print no structured fields that are not our own. */
#include "unit.h"

#include <glob.h>
#include <jansson.h>
#include <math.h>

#include "http/structured.h"

#define CASES_MIN 700 /* fewer means that the suite was not read */

struct counts {
    int files, cases, agreed;
};

/* RFC 4648 section 6, as the suite writes byte sequences. */
static bool base32_equals(const char *text, struct slice bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t bits = 0;
    unsigned held = 0;
    size_t n = 0;
    for (; *text && *text != '='; text++) {
        const char *at = strchr(digits, *text);
        if (!at)
            return false;
        bits = (bits << 5 | (uint32_t)(at - digits)) & 0xFFF;
        held += 5;
        if (held >= 8) {
            held -= 8;
            if (n >= bytes.n || bytes.p[n++] != (uint8_t)(bits >> held))
                return false;
        }
    }
    return n == bytes.n;
}

static bool text_equals(json_t *value, struct slice text)
{
    return json_is_string(value) &&
           slice_eq(text, slice_of(json_string_value(value), json_string_length(value)));
}

static bool typed_equals(json_t *expected, enum sf_type type, int64_t number, struct slice text)
{
    const char *name = json_string_value(json_object_get(expected, "__type"));
    json_t *value = json_object_get(expected, "value");
    if (!name)
        return false;
    if (strcmp(name, "token") == 0)
        return type == SF_TOKEN && text_equals(value, text);
    if (strcmp(name, "binary") == 0)
        return type == SF_BYTES && base32_equals(json_string_value(value), text);
    if (strcmp(name, "date") == 0)
        return type == SF_DATE && json_is_integer(value) && json_integer_value(value) == number;
    if (strcmp(name, "displaystring") == 0)
        return type == SF_DISPLAY && text_equals(value, text);
    return false;
}

static bool bare_equals(json_t *expected, enum sf_type type, int64_t number, struct slice text)
{
    switch (json_typeof(expected)) {
    case JSON_INTEGER:
        return type == SF_INTEGER && json_integer_value(expected) == number;
    case JSON_REAL:
        return type == SF_DECIMAL && llround(json_real_value(expected) * 1000) == number;
    case JSON_STRING:
        return type == SF_STRING && text_equals(expected, text);
    case JSON_TRUE:
    case JSON_FALSE:
        return type == SF_BOOLEAN && number == json_is_true(expected);
    case JSON_OBJECT:
        return typed_equals(expected, type, number, text);
    default:
        return false;
    }
}

static bool params_equal(json_t *expected, const struct sf_item *item)
{
    if (!json_is_array(expected) || json_array_size(expected) != item->n_params)
        return false;
    for (size_t i = 0; i < item->n_params; i++) {
        const struct sf_param *p = &item->params[i];
        json_t *pair = json_array_get(expected, i);
        if (!text_equals(json_array_get(pair, 0), p->key) ||
            !bare_equals(json_array_get(pair, 1), p->type, p->number, p->text))
            return false;
    }
    return true;
}

static bool item_equals(json_t *expected, const struct sf_item *item)
{
    return json_array_size(expected) == 2 &&
           bare_equals(json_array_get(expected, 0), item->type, item->number, item->text) &&
           params_equal(json_array_get(expected, 1), item);
}

static bool member_equals(json_t *expected, const struct sf_item *item)
{
    json_t *inner = json_array_get(expected, 0);
    if (!json_is_array(inner))
        return item_equals(expected, item);
    if (item->type != SF_INNER_LIST || json_array_size(inner) != item->n_items)
        return false;
    for (size_t i = 0; i < item->n_items; i++)
        if (!item_equals(json_array_get(inner, i), &item->items[i]))
            return false;
    return params_equal(json_array_get(expected, 1), item);
}

static bool list_equals(json_t *expected, const struct sf_list *list, bool dictionary)
{
    if (!json_is_array(expected) || json_array_size(expected) != list->n)
        return false;
    for (size_t i = 0; i < list->n; i++) {
        json_t *want = json_array_get(expected, i);
        if (dictionary && !text_equals(json_array_get(want, 0), list->v[i].key))
            return false;
        if (!member_equals(dictionary ? json_array_get(want, 1) : want, &list->v[i]))
            return false;
    }
    return true;
}

static struct slice joined_lines(struct arena *a, json_t *raw)
{
    size_t bytes = 0, n = 0, i;
    json_t *line;
    json_array_foreach(raw, i, line)
        bytes += json_string_length(line) + 2;
    uint8_t *to = arena_alloc(a, bytes);
    json_array_foreach(raw, i, line) {
        if (i > 0) {
            memcpy(to + n, ", ", 2);
            n += 2;
        }
        memcpy(to + n, json_string_value(line), json_string_length(line));
        n += json_string_length(line);
    }
    return slice_of(to, n);
}

/* What is optional in the suite (can_fail) we do: it must agree as well. */
static bool case_agrees(struct arena *a, json_t *test)
{
    const char *kind = json_string_value(json_object_get(test, "header_type"));
    json_t *expected = json_object_get(test, "expected");
    struct slice value = joined_lines(a, json_object_get(test, "raw"));
    bool must_fail = json_is_true(json_object_get(test, "must_fail"));
    struct sf_list list;
    struct sf_item item;
    enum optout_rc rc;
    bool equal;
    if (strcmp(kind, "item") == 0) {
        rc = sf_parse_item(a, value, &item);
        equal = rc == OPTOUT_OK && expected && item_equals(expected, &item);
    } else {
        bool dictionary = strcmp(kind, "dictionary") == 0;
        rc = dictionary ? sf_parse_dictionary(a, value, &list) : sf_parse_list(a, value, &list);
        equal = rc == OPTOUT_OK && expected && list_equals(expected, &list, dictionary);
    }
    return must_fail ? rc == OPTOUT_E_SYNTAX : equal;
}

static void run_file(const char *path, struct counts *c)
{
    json_error_t error;
    json_t *tests = json_load_file(path, JSON_ALLOW_NUL, &error), *test;
    size_t i;
    if (!tests)
        fail_msg("%s: %s", path, error.text);
    json_array_foreach(tests, i, test) {
        struct arena a = test_arena();
        c->cases++;
        if (case_agrees(&a, test))
            c->agreed++;
        else
            print_error("# disagrees: %s: %s\n", path,
                        json_string_value(json_object_get(test, "name")));
        arena_reset(&a);
    }
    json_decref(tests);
    c->files++;
}

static glob_t found; /* the files of the suite */

static void every_case_agrees(void **state)
{
    (void)state;
    struct counts c = { 0, 0, 0 };
    for (size_t i = 0; i < found.gl_pathc; i++)
        run_file(found.gl_pathv[i], &c);
    print_message("# %d files, %d cases, %d agree\n", c.files, c.cases, c.agreed);
    assert_int_equal(c.agreed, c.cases);
    assert_true(c.cases >= CASES_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_agrees),
    };
    const char *corpus = getenv("OPTOUT_CORPUS");
    char pattern[4096];
    snprintf(pattern, sizeof pattern, "%s/sf/*.json", corpus ? corpus : "");
    /* Said as a plan: the TAP driver takes cmocka's own skips for failures. */
    if (!corpus || glob(pattern, 0, NULL, &found) != 0) {
        printf("1..0 # SKIP no structured field suite: OPTOUT_CORPUS is %s\n",
               corpus ? corpus : "not set");
        return 0;
    }
    int failed = cmocka_run_group_tests_name("structured_suite", tests, NULL, NULL);
    globfree(&found);
    return failed;
}
