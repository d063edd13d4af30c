/* SPDX-License-Identifier: Apache-2.0 */
#include "site_eval.h"

static const struct vector {
    const char *file;
    enum preference want;
    enum confidence confidence;
    unsigned line;
} vectors[] = {
    { "datatrainingallowed=no\n", PREF_DENY, CONF_EXACT, 1 },
    { "datatrainingallowed=yes\n", PREF_ALLOW, CONF_EXACT, 1 },
    { "# trust.txt\r\nmember=https://a.example/\r\nDataTrainingAllowed = NO # us\r\n", PREF_DENY,
      CONF_EXACT, 3 },
    { "\xef\xbb\xbf" "datatrainingallowed=no", PREF_DENY, CONF_EXACT, 1 },
    { "social=https://a.example/\rdatatrainingallowed=no#comment\r", PREF_DENY, CONF_EXACT, 2 },
    { "datatrainingallowed=false", PREF_DENY, CONF_LAX, 1 },
    { "datatrainingallowed=\"no\"", PREF_DENY, CONF_LAX, 1 },
    { "datatrainingallowed: no", PREF_DENY, CONF_LAX, 1 },
    { "#datatrainingallowed=no", PREF_UNKNOWN, CONF_WEAK, 0 },
    { "datatrainingallowed=maybe", PREF_UNKNOWN, CONF_WEAK, 0 },
    { "datatrainingallowed=", PREF_UNKNOWN, CONF_WEAK, 0 },
    { "nodatatrainingallowed=no", PREF_UNKNOWN, CONF_WEAK, 0 },
    { "member=https://a.example/?datatrainingallowed=no", PREF_UNKNOWN, CONF_WEAK, 0 },
    { "To earn a trust award you must behave.", PREF_UNKNOWN, CONF_WEAK, 0 },
    { "", PREF_UNKNOWN, CONF_WEAK, 0 },
};

static void each_vector(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *v = &vectors[i];
        struct site_eval e;
        eval_open(&e, trust_txt_parse, slice_cstr(v->file));
        assert_int_equal(e.rc, OPTOUT_OK);
        eval_ask(&e, "/any?x", NULL);
        const struct signal *s = e.signals.n ? &e.signals.v[0] : NULL;
        int got = s ? s->prefs.of[USAGE_TRAIN_AI] : PREF_UNKNOWN;
        if (got != (int)v->want || e.signals.n != (v->line != 0) ||
            (s && (s->at != v->line || s->confidence != v->confidence)))
            fail_msg("'%s': %d at %d", v->file, got, s ? (int)s->at : 0);
        eval_close(&e);
    }
}

static void the_most_restrictive_of_several(void **state)
{
    (void)state;
    static const char *const both[] = {
        "datatrainingallowed=yes\ndatatrainingallowed=no\n",
        "datatrainingallowed=no\ndatatrainingallowed=yes\n",
    };
    for (size_t i = 0; i < 2; i++) {
        struct site_eval e;
        eval_open(&e, trust_txt_parse, slice_cstr(both[i]));
        eval_ask(&e, "/", NULL);
        assert_int_equal(e.rules->n_warnings, 1);
        assert_int_equal(e.signals.n, 2);
        assert_int_equal(e.verdict.prefs.of[USAGE_TRAIN_AI], PREF_DENY);
        eval_close(&e);
    }
}

static void a_flood_is_two_rules_at_most(void **state)
{
    (void)state;
    struct site_eval e;
    struct buf b;
    buf_init(&b, SITE_FILE_MAX);
    for (size_t i = 0; i < 20000; i++)
        buf_puts(&b, i % 2 ? "datatrainingallowed=no\n" : "datatrainingallowed=yes\n");
    eval_open(&e, trust_txt_parse, buf_slice(&b));
    assert_int_equal(e.rc, OPTOUT_OK);
    assert_int_equal(e.rules->n_rules, 2);
    assert_int_equal(e.rules->n_warnings, 19999);
    eval_close(&e);
    buf_free(&b);
}

static void other_documents_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "<html>\ndatatrainingallowed=yes", " \n<!-- -->",
                                         "{\"error\":404}", "\"datatrainingallowed=yes\"" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct site_eval e;
        eval_open(&e, trust_txt_parse, slice_cstr(wrong[i]));
        assert_int_equal(e.rc, OPTOUT_E_UNSUP);
        eval_close(&e);
    }
}

static void behind_a_notice_it_denies(void **state)
{
    (void)state;
    struct site_eval e;
    eval_open(&e, trust_txt_parse, SLICE_OF("<b>Notice</b>: x<br />\ndatatrainingallowed=no\n"));
    assert_int_equal(e.rc, OPTOUT_OK);
    assert_int_equal(e.rules->n_rules, 1);
    assert_int_equal(e.rules->rule[0].confidence, CONF_LAX);
    assert_int_equal(e.rules->rule[0].prefs.of[USAGE_TRAIN_AI], PREF_DENY);
    eval_close(&e);
}

static void nul_and_long_lines(void **state)
{
    (void)state;
    struct site_eval e;
    struct buf b;
    buf_init(&b, 1u << 20);
    buf_append(&b, "a\0b=c\0\n", 7);
    buf_printf(&b, "x=%010000d\ndatatrainingallowed=no", 1);
    eval_open(&e, trust_txt_parse, buf_slice(&b));
    assert_int_equal(e.rc, OPTOUT_OK);
    assert_int_equal(e.rules->n_rules, 1);
    assert_int_equal(e.rules->rule[0].line, 3);
    assert_int_equal(e.rules->warning[0].kind, SITE_WARN_CUT);
    eval_close(&e);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_vector),
        cmocka_unit_test(the_most_restrictive_of_several),
        cmocka_unit_test(a_flood_is_two_rules_at_most),
        cmocka_unit_test(other_documents_are_refused),
        cmocka_unit_test(behind_a_notice_it_denies),
        cmocka_unit_test(nul_and_long_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
