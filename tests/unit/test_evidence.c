/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "verdict/remember.h"

static struct signal statement(enum carrier carrier, enum preference p, const char *raw)
{
    struct signal s = { .standard = STD_TDMREP,
                        .carrier = (uint8_t)carrier,
                        .confidence = CONF_EXACT,
                        .place_kind = PLACE_BYTE,
                        .at = 77,
                        .raw = slice_cstr(raw),
                        .note = "not kept" };
    s.prefs.of[USAGE_TRAIN_AI] = (uint8_t)p;
    return s;
}

static struct profile p;

static int begin(void **state)
{
    (void)state;
    profile_init(&p);
    return 0;
}

static void what_decided_is_told_again(void **state)
{
    (void)state;
    static const char key[] = "http://h/a";
    struct arena a = test_arena();
    struct remembered *r = remember_make();
    struct signals s;
    struct signal said = statement(CARRIER_HTML, PREF_DENY, "tdm-reservation=1");
    said.url = SLICE_OF("https://h/licence");
    said.agent = SLICE_OF("examplebot");
    said.name = SLICE_OF("tdm-reservation");
    said.aside = true;
    struct decision d = { .kind = DECISION_RESERVED, .by = { &said }, .n_by = 1 };
    struct past_verdict in = { .id = "01HZZZZZZZZZZZZZZZZZZZZZZZ", .until_ms = 1000 }, out;
    evidence_take(&in.evidence, &d, &p, true);
    remember_add(r, "training", SLICE_OF(key), &in);
    assert_false(remember_find(r, "training", SLICE_OF(key), 1000, &out));
    assert_false(remember_find(r, "search", SLICE_OF(key), 1, &out));
    assert_true(remember_find(r, "training", SLICE_OF(key), 1, &out));
    assert_string_equal(out.id, in.id);
    signals_init(&s, &a);
    evidence_give(&out.evidence, &s);
    assert_int_equal(s.n, 1);
    assert_slice(s.v[0].raw, "tdm-reservation=1");
    assert_slice(s.v[0].url, "https://h/licence");
    assert_slice(s.v[0].agent, "examplebot");
    assert_slice(s.v[0].name, "tdm-reservation");
    assert_true(s.v[0].aside);
    assert_int_equal(s.v[0].carrier, CARRIER_HTML);
    assert_int_equal(s.v[0].at, 77);
    assert_int_equal(s.v[0].prefs.of[USAGE_TRAIN_AI], PREF_DENY);
    remember_free(r);
    arena_reset(&a);
}

static void the_gravest_are_kept(void **state)
{
    (void)state;
    struct evidence_list list;
    struct signal v[] = {
        statement(CARRIER_SITE_FILE, PREF_DENY, "site"),
        statement(CARRIER_HTTP_HEADER, PREF_DENY, "head"),
        statement(CARRIER_HTML, PREF_CONDITIONAL, "first"),
        statement(CARRIER_HTML, PREF_CONDITIONAL, "second"),
        statement(CARRIER_HTML, PREF_DENY, "weak"),
        statement(CARRIER_XMP, PREF_DENY, "grave"),
    };
    v[4].confidence = CONF_WEAK;
    struct decision d = { .n_by = sizeof v / sizeof *v };
    for (size_t i = 0; i < d.n_by; i++)
        d.by[i] = &v[i];
    evidence_take(&list, &d, &p, false);
    assert_int_equal(list.n, EVIDENCE_KEPT);
    assert_slice(slice_of(list.of[0].raw, list.of[0].n_raw), "grave");
    assert_slice(slice_of(list.of[1].raw, list.of[1].n_raw), "first");
    d.n_by = 2;
    evidence_take(&list, &d, &p, false);
    assert_int_equal(list.n, 0);
    evidence_take(&list, &d, &p, true);
    assert_int_equal(list.n, 1);
    assert_slice(slice_of(list.of[0].raw, list.of[0].n_raw), "head");
}

static struct signal words(enum phrase_grade grade, const char *raw)
{
    struct signal s = statement(CARRIER_HTML, PREF_DENY, raw);
    s.standard = STD_NATURAL_LANGUAGE;
    s.property = (uint8_t)grade;
    s.confidence = CONF_WEAK;
    return s;
}

/* Few statements are kept, and they must decide alone as all did. */
static void of_words_those_are_kept_that_the_profile_heeds_most(void **state)
{
    (void)state;
    struct evidence_list list;
    struct signal v[] = {
        words(PHRASE_HINT, "hint"), words(PHRASE_LIKELY, "likely"), words(PHRASE_PLAIN, "plain"),
        statement(CARRIER_HTML, PREF_CONDITIONAL, "strong"),
    };
    struct decision d = { .by = { &v[0], &v[1], &v[2], &v[3] }, .n_by = 3 };
    p.natural[PHRASE_LIKELY] = WEAK_BLOCK;
    evidence_take(&list, &d, &p, false);
    assert_int_equal(list.n, 2);
    assert_slice(slice_of(list.of[0].raw, list.of[0].n_raw), "likely");
    assert_slice(slice_of(list.of[1].raw, list.of[1].n_raw), "plain");
    p.natural_binding = true;
    d.n_by = 4;
    evidence_take(&list, &d, &p, false);
    assert_slice(slice_of(list.of[0].raw, list.of[0].n_raw), "plain");
    assert_slice(slice_of(list.of[1].raw, list.of[1].n_raw), "strong");
}

static void long_values_are_cut_and_long_urls_left_out(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof text);
    struct evidence_list list;
    struct arena a = test_arena();
    struct signals s;
    struct signal said = statement(CARRIER_HTML, PREF_DENY, "");
    said.raw = said.url = said.part = said.name = slice_of(text, sizeof text);
    struct decision d = { .by = { &said }, .n_by = 1 };
    evidence_take(&list, &d, &p, true);
    signals_init(&s, &a);
    evidence_give(&list, &s);
    assert_int_equal(s.n, 1);
    assert_true(s.v[0].raw_cut);
    assert_int_equal(s.v[0].raw.n, sizeof list.of[0].raw);
    assert_int_equal(s.v[0].url.n, 0);
    /* Whatever stands in shared memory, no byte beyond it is read. */
    list.n = list.of[0].n_raw = list.of[0].n_url = list.of[0].n_part = 0xFF;
    list.of[0].n_agent = list.of[0].n_name = 0xFF;
    evidence_give(&list, &s);
    assert_int_equal(s.n, 1 + EVIDENCE_KEPT);
    arena_reset(&a);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_decided_is_told_again, begin),
        cmocka_unit_test_setup(the_gravest_are_kept, begin),
        cmocka_unit_test_setup(of_words_those_are_kept_that_the_profile_heeds_most, begin),
        cmocka_unit_test_setup(long_values_are_cut_and_long_urls_left_out, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
