/* SPDX-License-Identifier: Apache-2.0 */
/* test_structured.c - our own vectors for RFC 9651 parsing; the public suite is
 * run by test_structured_suite.c. */
#include "unit.h"

#include "http/structured.h"

#include <time.h>

/* "key=value" of every member that is a token or boolean, in order; other
 * types are shown by a letter. */
static const char *shown(const struct sf_list *d)
{
    static const char letters[] = { 'i', 'd', 's', 't', 'b', '?', '@', '%', '(' };
    static char out[512];
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < d->n && n < sizeof out - 64; i++) {
        const struct sf_item *m = &d->v[i];
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s=", i ? " " : "", SLICE_FMT(m->key));
        if (m->type == SF_TOKEN)
            n += (size_t)snprintf(out + n, sizeof out - n, "%.*s", SLICE_FMT(m->text));
        else if (m->type == SF_BOOLEAN)
            n += (size_t)snprintf(out + n, sizeof out - n, "?%d", (int)m->number);
        else
            n += (size_t)snprintf(out + n, sizeof out - n, "%c", letters[m->type]);
    }
    return out;
}

/* The dictionary level of statements as Content-Usage has them. */
static void dictionaries(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        const char *want; /* NULL: parsing fails */
    } cases[] = {
        { "train-ai=n", "train-ai=n" },
        { "train-ai=n, ai-use=n, search=y", "train-ai=n ai-use=n search=y" },
        { " train-ai=n,search=y ", "train-ai=n search=y" },
        { "train-ai=n,\tsearch=y", "train-ai=n search=y" },
        { "train-ai=n\t , search=y", "train-ai=n search=y" },
        { "train-ai = n", NULL },
        { "train-ai= n", NULL },
        { "train-ai=n,", NULL },
        { "train-ai=n, ", NULL },
        { ",train-ai=n", NULL },
        { "train-ai=n,,search=y", NULL },
        { "Train-AI=n", NULL },
        { "train-ai=N", "train-ai=N" },
        { "train-ai=\"n\"", "train-ai=s" },
        { "train-ai=?0", "train-ai=?0" },
        { "train-ai=0", "train-ai=i" },
        { "train-ai=(n)", "train-ai=(" },
        { "train-ai=no", "train-ai=no" },
        { "train-ai", "train-ai=?1" },
        { "train-ai=y, train-ai, search=n, search=\"n\"", "train-ai=?1 search=s" },
        { "train-ai=n, train-ai=y", "train-ai=y" },
        { "a=1, b=x, a=y, c=z, b=w", "a=y b=w c=z" },
        { "train-ai;allow=n, train-ai=y", "train-ai=y" },
        { "train-ai=n;exceptions=cc-cr", "train-ai=n" },
        { "train-ai=n ;x=1", NULL },
        { "train-ai=n; x=1", "train-ai=n" },
        { "train-ai=n;\tx=1", NULL },
        { "ai=n", "ai=n" },
        { "train-ai=n, Train-AI=y", NULL },
        { "train-ai;has;parameters=\"?\";", NULL },
        { "", "" },
        { "   ", "" },
        { "\ttrain-ai=n", NULL },
        { "train-ai=n\t", "train-ai=n" }, /* OWS after a member, section 4.2.2 */
        { "train-ai=n; search=y", "train-ai=n" },
        { "\xEF\xBB\xBFtrain-ai=n", NULL },
        { "train-ai=n, ai-use=n;x=\"a,b\"", "train-ai=n ai-use=n" },
        { "*a.b_c-d*=y", "*a.b_c-d*=y" },
        { "_a=y", NULL },
        { "a==y", NULL },
        { "a=", NULL },
        { "a=y b=n", NULL },
        { "a=@1764000000, b=%\"x\", c=1.5, d=:aGk=:", "a=@ b=% c=d d=b" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = test_arena();
        struct sf_list d;
        enum optout_rc rc = sf_parse_dictionary(&a, slice_cstr(cases[i].value), &d);
        if (rc != (cases[i].want ? OPTOUT_OK : OPTOUT_E_SYNTAX))
            fail_msg("\"%s\": result %d", cases[i].value, rc);
        if (cases[i].want && strcmp(shown(&d), cases[i].want) != 0)
            fail_msg("\"%s\": got \"%s\", want \"%s\"", cases[i].value, shown(&d), cases[i].want);
        if (!cases[i].want)
            assert_int_equal(d.n, 0);
        arena_reset(&a);
    }
}

static void bare_items(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int type; /* -1: parsing fails */
        int64_t number;
        const char *text;
    } cases[] = {
        { "42", SF_INTEGER, 42, "" },
        { "-0", SF_INTEGER, 0, "" },
        { "999999999999999", SF_INTEGER, 999999999999999, "" },
        { "-999999999999999", SF_INTEGER, -999999999999999, "" },
        { "1000000000000000", -1, 0, NULL },
        { "--1", -1, 0, NULL },
        { "-", -1, 0, NULL },
        { "4.5", SF_DECIMAL, 4500, "" },
        { "-0.001", SF_DECIMAL, -1, "" },
        { "999999999999.999", SF_DECIMAL, 999999999999999, "" },
        { "1000000000000.0", -1, 0, NULL },
        { "1.0000", -1, 0, NULL },
        { "1.", -1, 0, NULL },
        { ".5", -1, 0, NULL },
        { "1.2.3", -1, 0, NULL },
        { "\"a\\\"b\\\\c\"", SF_STRING, 0, "a\"b\\c" },
        { "\"\"", SF_STRING, 0, "" },
        { "\"a\\nb\"", -1, 0, NULL },
        { "\"a", -1, 0, NULL },
        { "\"a\\", -1, 0, NULL },
        { "\"\x7F\"", -1, 0, NULL },
        { "\"\xC3\xA4\"", -1, 0, NULL },
        { "foo123/456:*", SF_TOKEN, 0, "foo123/456:*" },
        { "*a", SF_TOKEN, 0, "*a" },
        { "a(b", -1, 0, NULL },
        { ":aGVsbG8=:", SF_BYTES, 0, "hello" },
        { ":aGVsbG8:", SF_BYTES, 0, "hello" },
        { "::", SF_BYTES, 0, "" },
        { ":aGVsbG8==:", -1, 0, NULL },
        { ":aGVs=bG8:", -1, 0, NULL },
        { ":a:", -1, 0, NULL },
        { ":_-8=:", -1, 0, NULL },
        { ":aGk=", -1, 0, NULL },
        { "?1", SF_BOOLEAN, 1, "" },
        { "?0", SF_BOOLEAN, 0, "" },
        { "?2", -1, 0, NULL },
        { "?", -1, 0, NULL },
        { "@1659578233", SF_DATE, 1659578233, "" },
        { "@-62135596800", SF_DATE, -62135596800, "" },
        { "@1.5", -1, 0, NULL },
        { "@", -1, 0, NULL },
        { "%\"f%c3%bc\"", SF_DISPLAY, 0, "f\xC3\xBC" },
        { "%\"%F0\"", -1, 0, NULL },
        { "%\"%f0%9f%92%a9\"", SF_DISPLAY, 0, "\xF0\x9F\x92\xA9" },
        { "%\"%c0%af\"", -1, 0, NULL },
        { "%\"%e0%80%80\"", -1, 0, NULL },
        { "%\"%ed%a0%80\"", -1, 0, NULL },
        { "%\"%f4%90%80%80\"", -1, 0, NULL },
        { "%\"%c3\"", -1, 0, NULL },
        { "%\"a%4\"", -1, 0, NULL },
        { "%\"a", -1, 0, NULL },
        { "%a", -1, 0, NULL },
        { " a ", SF_TOKEN, 0, "a" },
        { "a\t", -1, 0, NULL },
        { "a, b", -1, 0, NULL },
        { "(a)", -1, 0, NULL },
        { "", -1, 0, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = test_arena();
        struct sf_item item;
        enum optout_rc rc = sf_parse_item(&a, slice_cstr(cases[i].value), &item);
        if (rc != (cases[i].type < 0 ? OPTOUT_E_SYNTAX : OPTOUT_OK))
            fail_msg("\"%s\": result %d", cases[i].value, rc);
        if (rc == OPTOUT_OK) {
            if ((int)item.type != cases[i].type || item.number != cases[i].number)
                fail_msg("\"%s\": type %d number %lld", cases[i].value, (int)item.type,
                         (long long)item.number);
            assert_slice(item.text, cases[i].text);
        }
        arena_reset(&a);
    }
}

static void parameters_and_inner_lists(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct sf_list l;
    assert_int_equal(
        sf_parse_list(&a, SLICE_OF("(a \"b\"; p=1;q  2 );r=x;s;r=:aGk=:, c;t=1.25"), &l),
        OPTOUT_OK);
    assert_int_equal(l.n, 2);
    const struct sf_item *inner = &l.v[0];
    assert_int_equal(inner->type, SF_INNER_LIST);
    assert_int_equal(inner->n_items, 3);
    assert_slice(inner->items[1].text, "b");
    assert_int_equal(inner->items[1].n_params, 2);
    assert_slice(inner->items[1].params[1].key, "q");
    assert_int_equal(inner->items[1].params[1].type, SF_BOOLEAN);
    assert_int_equal(inner->items[1].params[1].number, 1);
    assert_int_equal(inner->items[2].number, 2);
    /* r comes first, with its later value. */
    assert_int_equal(inner->n_params, 2);
    assert_slice(inner->params[0].key, "r");
    assert_int_equal(inner->params[0].type, SF_BYTES);
    assert_slice(inner->params[0].text, "hi");
    assert_slice(inner->params[1].key, "s");
    assert_int_equal(l.v[1].params[0].type, SF_DECIMAL);
    assert_int_equal(l.v[1].params[0].number, 1250);

    assert_int_equal(sf_parse_list(&a, SLICE_OF("()"), &l), OPTOUT_OK);
    assert_int_equal(l.v[0].n_items, 0);
    assert_int_equal(sf_parse_list(&a, SLICE_OF("(a"), &l), OPTOUT_E_SYNTAX);
    assert_int_equal(sf_parse_list(&a, SLICE_OF("(a\tb)"), &l), OPTOUT_E_SYNTAX);
    assert_int_equal(sf_parse_list(&a, SLICE_OF("(a(b))"), &l), OPTOUT_E_SYNTAX);
    assert_int_equal(sf_parse_list(&a, SLICE_OF("(a\"b\")"), &l), OPTOUT_E_SYNTAX);
    arena_reset(&a);
}

static void members_are_looked_up(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct sf_list d;
    assert_int_equal(sf_parse_dictionary(&a, SLICE_OF("ab=x, a=y"), &d), OPTOUT_OK);
    assert_non_null(sf_get(&d, "a"));
    assert_slice(sf_get(&d, "a")->text, "y");
    assert_null(sf_get(&d, "b"));
    arena_reset(&a);
}

static void a_slice_without_bytes_is_empty(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct sf_list d;
    struct sf_item item;
    assert_int_equal(sf_parse_dictionary(&a, SLICE_EMPTY, &d), OPTOUT_OK);
    assert_int_equal(d.n, 0);
    assert_int_equal(sf_parse_list(&a, SLICE_EMPTY, &d), OPTOUT_OK);
    assert_int_equal(sf_parse_item(&a, SLICE_EMPTY, &item), OPTOUT_E_SYNTAX);
    arena_reset(&a);
}

/* A dictionary of `n` members with keys of 'a' to 'p', `same` of them equal. */
static char *many_members(size_t n, const char *separator, size_t modulus)
{
    char *text = malloc(n * 16 + 1), *p = text;
    *p = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = i % modulus;
        p += sprintf(p, "%sk%c%c%c%c", i ? separator : "", (char)('a' + (k >> 12 & 15)),
                     (char)('a' + (k >> 8 & 15)), (char)('a' + (k >> 4 & 15)),
                     (char)('a' + (k & 15)));
    }
    return text;
}

static void limits_are_kept(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct sf_list d;
    char *text = many_members(SF_MEMBERS_MAX, ",", SF_MEMBERS_MAX);
    assert_int_equal(sf_parse_dictionary(&a, slice_cstr(text), &d), OPTOUT_OK);
    assert_int_equal(d.n, SF_MEMBERS_MAX);
    assert_slice(d.v[0].key, "kaaaa");
    assert_slice(d.v[SF_MEMBERS_MAX - 1].key, "kappp");
    free(text);
    text = many_members(SF_MEMBERS_MAX, ",", 1000);
    assert_int_equal(sf_parse_dictionary(&a, slice_cstr(text), &d), OPTOUT_OK);
    assert_int_equal(d.n, 1000);
    assert_slice(d.v[999].key, "kadoh");
    free(text);
    text = many_members(SF_MEMBERS_MAX + 1, ",", SF_MEMBERS_MAX + 1);
    assert_int_equal(sf_parse_dictionary(&a, slice_cstr(text), &d), OPTOUT_E_LIMIT);
    assert_int_equal(sf_parse_list(&a, slice_cstr(text), &d), OPTOUT_E_LIMIT);
    free(text);
    text = many_members(SF_PARAMS_MAX + 1, ";", SF_PARAMS_MAX);
    assert_int_equal(sf_parse_list(&a, slice_cstr(text), &d), OPTOUT_OK);
    assert_int_equal(d.v[0].n_params, SF_PARAMS_MAX);
    free(text);
    text = many_members(SF_PARAMS_MAX + 2, ";", SF_PARAMS_MAX);
    assert_int_equal(sf_parse_list(&a, slice_cstr(text), &d), OPTOUT_E_LIMIT);
    free(text);
    arena_reset(&a);
}

static void a_full_arena_is_reported(void **state)
{
    (void)state;
    _Alignas(16) uint8_t first[256];
    struct arena a;
    struct sf_list d;
    arena_init(&a, 0, first, sizeof first);
    assert_int_equal(sf_parse_list(&a, SLICE_OF("a, b, c, d, e"), &d), OPTOUT_E_NOMEM);
    assert_int_equal(d.n, 0);
}

/* The bound of the worst dictionary is checked by processor time, generously: what is
 * guarded against is work that grows with the square of the members. */
static void hostile_dictionaries_stay_cheap(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct sf_list d;
    char *text = many_members(SF_MEMBERS_MAX, ",", SF_MEMBERS_MAX);
    clock_t start = clock();
    for (int i = 0; i < 10; i++) {
        arena_reset(&a);
        assert_int_equal(sf_parse_dictionary(&a, slice_cstr(text), &d), OPTOUT_OK);
    }
    assert_true(clock() - start < CLOCKS_PER_SEC / 2);
    free(text);
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dictionaries),
        cmocka_unit_test(bare_items),
        cmocka_unit_test(parameters_and_inner_lists),
        cmocka_unit_test(members_are_looked_up),
        cmocka_unit_test(a_slice_without_bytes_is_empty),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(a_full_arena_is_reported),
        cmocka_unit_test(hostile_dictionaries_stay_cheap),
    };
    return cmocka_run_group_tests_name("structured", tests, NULL, NULL);
}
