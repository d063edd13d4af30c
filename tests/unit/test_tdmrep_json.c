/* SPDX-License-Identifier: Apache-2.0 */
#include "site_eval.h"

enum { UNSET = -1 };

/* What is said of `path`; confidence and URL only where something is said. */
static const struct vector {
    const char *file, *path;
    int reservation; /* 1, 0 or UNSET */
    unsigned rule;   /* that speaks; 0: none */
    uint8_t confidence;
    const char *policy;
} vectors[] = {
    { "[{\"location\":\"/\",\"tdm-reservation\":1}]", "/any/thing?x", 1, 1, CONF_EXACT, "" },
    { "[{\"location\":\"/\",\"tdm-reservation\":0}]", "/", 0, 1, CONF_EXACT, "" },
    { "[]", "/", UNSET, 0, 0, "" },
    /* one object for the array */
    { "{\"location\":\"/\",\"tdm-reservation\":1}", "/", 1, 1, CONF_WEAK, "" },
    { "{\"tdm-reservation\":1}", "/x", 1, 1, CONF_WEAK, "" },
    { "{\"location\":\"/\",\"tdm-reservation\":0}", "/", UNSET, 1, CONF_WEAK, "" },
    { "{\"location\":\"/\",\"tdm-reservation\":\"1\"}", "/", 1, 1, CONF_WEAK, "" },
    /* spellings of the value */
    { "[{\"location\":\"/\",\"tdm-reservation\":\"1\"}]", "/", 1, 1, CONF_LAX, "" },
    { "[{\"location\":\"/\",\"tdm-reservation\":\" 0 \"}]", "/", 0, 1, CONF_LAX, "" },
    { "[{\"location\":\"/\",\"tdm-reservation\":1.0}]", "/", 1, 1, CONF_LAX, "" },
    { "[{\"location\":\"/\",\"tdm-reservation\":true}]", "/", 1, 1, CONF_LAX, "" },
    { "[{\"location\":\"/\",\"tdm-reservation\":\"Yes\"}]", "/", 1, 1, CONF_LAX, "" },
    { "[{\"location\":\"/\",\"tdm-reservation\":false}]", "/", UNSET, 1, CONF_LAX, "" },
    { "[{\"location\":\"/\",\"tdm-reservation\":null}]", "/", UNSET, 1, CONF_LAX, "" },
    { "[{\"location\":\"/\",\"tdm-reservation\":2}]", "/", UNSET, 1, CONF_LAX, "" },
    { "[{\"location\":\"/\",\"tdm-reservation\":[1]}]", "/", UNSET, 1, CONF_LAX, "" },
    { "[{\"location\":\"/\",\"TDM-Reservation\":1}]", "/", 1, 1, CONF_LAX, "" },
    /* the one as written is meant */
    { "[{\"location\":\"/\",\"TDM-Reservation\":0,\"tdm-reservation\":1}]", "/", 1, 1, CONF_EXACT,
      "" },
    { "[{\"location\":\"/\"}]", "/", UNSET, 0, 0, "" },
    /* the first that matches */
    { "[{\"location\":\"/\",\"tdm-reservation\":1},"
      "{\"location\":\"/open/\",\"tdm-reservation\":0}]",
      "/open/x", 1, 1, CONF_EXACT, "" },
    { "[{\"location\":\"/open/\",\"tdm-reservation\":0},"
      "{\"location\":\"/\",\"tdm-reservation\":1}]",
      "/open/x", 0, 1, CONF_EXACT, "" },
    { "[{\"location\":\"/open/\",\"tdm-reservation\":0},"
      "{\"location\":\"/\",\"tdm-reservation\":1}]",
      "/Open/x", 1, 2, CONF_EXACT, "" },
    /* what cannot be read hides nothing */
    { "[{\"location\":\"/\",\"tdm-reservation\":null},{\"location\":\"/a\",\"tdm-reservation\":1}]",
      "/a", 1, 2, CONF_EXACT, "" },
    { "[{\"location\":\"/\",\"tdm-reservation\":null},{\"location\":\"/a\",\"tdm-reservation\":1}]",
      "/b", UNSET, 1, CONF_LAX, "" },
    /* other separators deny, and neither allow nor hide */
    { "[{\"location\":\"/\",\"tdm_reservation\":1}]", "/", 1, 1, CONF_LAX, "" },
    { "[{\"location\":\"/\",\"tdmReservation\":1}]", "/", 1, 1, CONF_LAX, "" },
    { "[{\"location\":\"/\",\"tdm_reservation\":0}]", "/", UNSET, 1, CONF_LAX, "" },
    { "[{\"location\":\"/\",\"tdm_reservation\":0},{\"location\":\"/a\",\"tdm-reservation\":1}]",
      "/a", 1, 2, CONF_EXACT, "" },
    /* JSON with a slip, or with something around it: what it denies */
    { "[{\"location\":\"/\",\"tdm-reservation\":1,},]", "/", 1, 1, CONF_LAX, "" },
    { "[{\"location\":\"/a\",\"tdm-reservation\":0},{\"location\":\"/\",\"tdm-reservation\":1},]",
      "/a/b", UNSET, 1, CONF_LAX, "" },
    { "[{\"location\":\"/a\",\"tdm-reservation\":0},{\"location\":\"/\",\"tdm-reservation\":1},]",
      "/b", 1, 2, CONF_LAX, "" },
    { "// ours\n[ /* all */ {\"location\":\"/\", # everything\n\"tdm-reservation\":1}]", "/", 1, 1,
      CONF_LAX, "" },
    { ")]}'\n[{\"location\":\"/\",\"tdm-reservation\":1}]", "/", 1, 1, CONF_LAX, "" },
    { "<b>Notice</b>: Undefined index: [x] in <b>/srv/a.php</b><br />\n"
      "[{\"location\":\"/\",\"tdm-reservation\":1}]\n<!-- 0.1 s -->",
      "/", 1, 1, CONF_LAX, "" },
    { "{\"rules\":[{\"location\":\"/\",\"tdm-reservation\":1}]}", "/", 1, 1, CONF_LAX, "" },
    { "[[{\"location\":\"/\",\"tdm-reservation\":1}]]", "/", 1, 1, CONF_LAX, "" },
    { "{\"location\":\"/a\",\"tdm-reservation\":1}\n{\"location\":\"/b\",\"tdm-reservation\":1}",
      "/b", 1, 1, CONF_WEAK, "" },
    { "[{\"tdm-reservation\":1},{\"location\":\"/a\",\"tdm-reservation\":0}]", "/a", 0, 2,
      CONF_EXACT, "" },
    { "[{\"tdm-reservation\":1},{\"location\":\"/a\",\"tdm-reservation\":0}]", "/b", 1, 1,
      CONF_WEAK, "" },
    { "[1,null,[],{\"location\":\"/\",\"tdm-reservation\":1}]", "/", 1, 4, CONF_EXACT, "" },
    /* locations */
    { "[{\"location\":\"docs/\",\"tdm-reservation\":1}]", "/docs/a", 1, 1, CONF_LAX, "" },
    { "[{\"location\":\"docs/\",\"tdm-reservation\":1}]", "/a", UNSET, 0, 0, "" },
    { "[{\"location\":\"\",\"tdm-reservation\":1}]", "/a", 1, 1, CONF_WEAK, "" },
    { "[{\"location\":\"https://a.example/x\",\"tdm-reservation\":1}]", "/x/y", 1, 1, CONF_LAX,
      "" },
    { "[{\"location\":\"*.jpg\",\"tdm-reservation\":1}]", "/a/b.jpg", 1, 1, CONF_EXACT, "" },
    { "[{\"location\":\"/*\",\"tdm-reservation\":1}]", "/", 1, 1, CONF_EXACT, "" },
    { "[{\"location\":\"/*.pdf$\",\"tdm-reservation\":1}]", "/x.pdf", 1, 1, CONF_EXACT, "" },
    { "[{\"location\":\"/*.pdf$\",\"tdm-reservation\":1}]", "/x.pdf?dl=1", UNSET, 0, 0, "" },
    { "[{\"location\":\"/i/*.jpg\",\"tdm-reservation\":1}]", "/i/x.jpg?v=2", 1, 1, CONF_EXACT, "" },
    { "[{\"location\":\"/i/*.jpg\",\"tdm-reservation\":1}]", "/i/x.jpgx", 1, 1, CONF_EXACT, "" },
    { "[{\"location\":\"/p%24%2A/\",\"tdm-reservation\":1}]", "/p$*/a", 1, 1, CONF_EXACT, "" },
    { "[{\"location\":\"/%7Eme\",\"tdm-reservation\":1}]", "/~me/a", 1, 1, CONF_EXACT, "" },
    { "[{\"location\":\"/caf\xc3\xa9\",\"tdm-reservation\":1}]", "/caf%c3%a9", 1, 1, CONF_EXACT,
      "" },
    { "[{\"location\":\"/a?x=1\",\"tdm-reservation\":1}]", "/a?x=1", 1, 1, CONF_EXACT, "" },
    { "[{\"location\":\"/a\\u0000\",\"tdm-reservation\":1},"
      "{\"location\":\"/\",\"tdm-reservation\":1}]",
      "/b", 1, 2, CONF_EXACT, "" },
    /* policies */
    { "[{\"location\":\"/\",\"tdm-reservation\":1,\"tdm-policy\":\"https://a.example/p\"}]", "/", 1,
      1, CONF_EXACT, "https://a.example/p" },
    { "[{\"location\":\"/\",\"tdm-reservation\":1,\"tdm-policy\":\"/p.json\"}]", "/", 1, 1,
      CONF_EXACT, "/p.json" },
    { "[{\"location\":\"/\",\"tdm-reservation\":0,\"tdm-policy\":\"https://a.example/p\"}]", "/", 0,
      1, CONF_EXACT, "" },
    { "[{\"location\":\"/\",\"tdm-reservation\":1,\"tdm-policy\":\"see our terms\"}]", "/", 1, 1,
      CONF_EXACT, "" },
    { "[{\"location\":\"/\",\"tdm-reservation\":1,\"tdm-policy\":7}]", "/", 1, 1, CONF_EXACT, "" },
    /* around the array */
    { "\xef\xbb\xbf[{\"location\":\"/\",\"tdm-reservation\":1}]", "/", 1, 1, CONF_EXACT, "" },
    { "\r\n [ {\"location\" : \"/\" ,\r\"tdm-reservation\" : 1 } ]\n", "/", 1, 1, CONF_EXACT, "" },
};

static void check(const struct vector *v)
{
    struct site_eval e;
    eval_open(&e, tdmrep_json_parse, slice_cstr(v->file));
    if (e.rc != OPTOUT_OK)
        fail_msg("%s: %d", v->file, e.rc);
    eval_ask(&e, v->path, NULL);
    const struct signal *s = e.signals.n ? &e.signals.v[0] : NULL;
    int got = !s || s->prefs.of[USAGE_TDM] == PREF_UNKNOWN ? UNSET
                                                            : s->prefs.of[USAGE_TDM] == PREF_DENY;
    if (got != v->reservation || e.signals.n != (v->rule != 0) || (s && s->at != v->rule) ||
        (s && s->confidence != v->confidence))
        fail_msg("%s on %s: %d by rule %d of %zu, confidence %d", v->file, v->path, got,
                 s ? (int)s->at : 0, e.signals.n, s ? s->confidence : -1);
    if (s)
        assert_slice(s->url, v->policy);
    eval_close(&e);
}

static void the_first_whole_rule_speaks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        check(&vectors[i]);
}

static enum optout_rc parse(struct slice text)
{
    struct site_eval e;
    eval_open(&e, tdmrep_json_parse, text);
    enum optout_rc rc = e.rc;
    eval_close(&e);
    return rc;
}

static void other_documents_are_refused(void **state)
{
    (void)state;
    static const char *const other[] = {
        "", " ", "<!DOCTYPE html><html></html>", "null", "1", "\"[]\"", "\"ok\"", "Not Found",
        "[1,]", "{}", "{\"version\":1}", "{\"error\":[]}", "[] []", "[\"\xff\"]",
        "{\"error\":\"not_found\",\"path\":\"/.well-known/tdmrep.json\"}",
        "Cannot GET /.well-known/tdmrep.json", "{\"message\":\"Reservation not found\"}",
        "<Error><Code>NoSuchKey</Code><Key>.well-known/tdmrep.json</Key></Error>",
        "<br /><b>Warning</b>: [x] in <b>a.php</b><br />\n{\"status\":404}",
    };
    static const char *const broken[] = {
        "[{\"location\":\"/\",\"tdm-reservation\":1}", "tdm-reservation: 1", "[", "[ {]",
        "[{\"location\":\"/a\",\"tdm-reservation\":1},", "{\"location\":\"/\"}",
        "[{\"location\":\"/a\",\"tdm-reservation\":1},{\"location\":\"/b\",\"tdm-res",
        "[{location:'/',tdmReservation:1}]", "[{\"location\":\"/\",\"tdm-reservatoin\":1}]",
        "{\"x\":{\"tdm\\u002dreservation\":1}", "[{'location':'/',}]",
        "[{\"location\":\"/a\",\"tdm-reservation\":1}] [{\"location\":\"/b\",\"tdm-reservation\"}]",
    };
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (parse(slice_cstr(other[i])) != OPTOUT_E_UNSUP)
            fail_msg("'%s' is taken for tdmrep.json", other[i]);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        if (parse(slice_cstr(broken[i])) != OPTOUT_E_SYNTAX)
            fail_msg("'%s' is not broken, but %d", broken[i], parse(slice_cstr(broken[i])));
}

/* `text` in UTF-16 of that order, without a mark. */
static struct slice utf16(uint8_t *out, const char *text, bool big)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        out[2 * i + big] = (uint8_t)text[i];
        out[2 * i + !big] = 0;
    }
    return slice_of(out, 2 * n);
}

static void odd_text_denies_and_allows_nothing(void **state)
{
    (void)state;
    uint8_t bytes[256];
    for (int value = 0; value < 2; value++)
        for (int big = 0; big < 2; big++) {
            struct site_eval e;
            char text[64];
            snprintf(text, sizeof text, "[{\"location\":\"/\",\"tdm-reservation\":%d}]", value);
            eval_open(&e, tdmrep_json_parse, utf16(bytes, text, big));
            assert_int_equal(e.rc, OPTOUT_OK);
            assert_int_equal(e.rules->n_rules, 1);
            assert_int_equal(e.rules->rule[0].confidence, CONF_LAX);
            assert_int_equal(e.rules->rule[0].prefs.of[USAGE_TDM],
                             value ? PREF_DENY : PREF_UNKNOWN);
            eval_close(&e);
        }
    assert_int_equal(parse(slice_of("[\0]\0\0", 5)), OPTOUT_OK);
}

static void a_rule_says_what_it_denies(void **state)
{
    (void)state;
    struct site_eval e;
    eval_open(&e, tdmrep_json_parse,
              SLICE_OF("[ { \"tdm-reservation\" : 1, \"location\" : \"/\" } ]"));
    assert_int_equal(e.rules->n_rules, 1);
    const struct site_rule *r = &e.rules->rule[0];
    assert_int_equal(r->kind, RULE_TDM);
    assert_int_equal(r->property, 1);
    assert_int_equal(r->group, RULE_GROUP_FILE);
    assert_int_equal(r->line, 1);
    assert_slice(r->raw, "{\"tdm-reservation\":1,\"location\":\"/\"}");
    assert_int_equal(r->prefs.of[USAGE_TDM], PREF_DENY);
    assert_int_equal(r->prefs.of[USAGE_TRAIN_ML], PREF_DENY);
    assert_int_equal(r->prefs.of[USAGE_TRAIN_AI], PREF_DENY);
    assert_int_equal(r->prefs.of[USAGE_AI_USE], PREF_DENY);
    assert_int_equal(r->prefs.of[USAGE_SEARCH], PREF_UNKNOWN);
    assert_int_equal(r->prefs.of[USAGE_ACQUIRE], PREF_UNKNOWN);
    assert_int_equal(e.rules->n_warnings, 0);
    eval_close(&e);
}

static void slips_are_warned_of(void **state)
{
    (void)state;
    struct site_eval e;
    eval_open(&e, tdmrep_json_parse,
              SLICE_OF("[7,{\"location\":\"/\",\"tdm-reservation\":\"perhaps\"},"
                       "{\"location\":\"a\",\"tdm-reservation\":1}]"));
    assert_int_equal(e.rules->n_warnings, 3);
    assert_int_equal(e.rules->warning[0].line, 1);
    assert_int_equal(e.rules->warning[1].kind, SITE_WARN_BAD_VALUE);
    assert_int_equal(e.rules->warning[2].kind, SITE_WARN_MISSPELT);
    /* what cannot be read stands behind what can */
    assert_int_equal(e.rules->n_rules, 2);
    assert_int_equal(e.rules->rule[0].line, 3);
    assert_int_equal(e.rules->rule[1].line, 2);
    eval_close(&e);
}

/* "[" piece "," piece … "]" */
static struct buf repeated(const char *piece, size_t count)
{
    struct buf b;
    buf_init(&b, 4u << 20);
    buf_putc(&b, '[');
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s%s", i ? "," : "", piece);
    buf_putc(&b, ']');
    assert_int_equal(b.failed, OPTOUT_OK);
    return b;
}

static void limits_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *piece;
        size_t count;
        enum optout_rc rc;
    } row[] = {
        { "{\"location\":\"/\",\"tdm-reservation\":1}", 10000, OPTOUT_OK },
        { "{\"location\":\"/\",\"tdm-reservation\":1}", 10001, OPTOUT_E_LIMIT },
        { "{}", 120000, OPTOUT_E_LIMIT },
        { "[]", 120000, OPTOUT_E_UNSUP },
        { "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"", 1, OPTOUT_OK },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct buf b = repeated(row[i].piece, row[i].count);
        assert_int_equal(parse(buf_slice(&b)), row[i].rc);
        buf_free(&b);
    }
    char deep[2 * 5000];
    memset(deep, '[', sizeof deep);
    assert_int_equal(parse(slice_of(deep, sizeof deep)), OPTOUT_E_UNSUP);
    memset(deep + 5000, ']', 5000);
    assert_int_equal(parse(slice_of(deep + 5000 - 33, 66)), OPTOUT_E_UNSUP);
    static const char rules[] = "[{\"tdm-reservation\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[";
    assert_int_equal(parse(SLICE_OF(rules)), OPTOUT_E_LIMIT);
    assert_int_equal(parse(slice_of(deep + 5000 - 32, 64)), OPTOUT_OK);
    uint8_t *big = calloc(SITE_FILE_MAX + 1u, 1);
    assert_non_null(big);
    memset(big, ' ', SITE_FILE_MAX + 1u);
    memcpy(big, "[]", 2);
    assert_int_equal(parse(slice_of(big, SITE_FILE_MAX)), OPTOUT_OK);
    assert_int_equal(parse(slice_of(big, SITE_FILE_MAX + 1u)), OPTOUT_E_LIMIT);
    free(big);
}

static void used_up_memory_is_told(void **state)
{
    (void)state;
    struct buf b = repeated("{\"location\":\"/a\",\"tdm-reservation\":1}", 500);
    for (size_t limit = 20000; limit <= 200000; limit += 60000) {
        struct arena a;
        struct site_rules *rules = calloc(1, sizeof *rules);
        assert_non_null(rules);
        arena_init(&a, limit, NULL, 0);
        site_rules_init(rules, &a);
        assert_int_equal(tdmrep_json_parse(buf_slice(&b), rules), OPTOUT_E_NOMEM);
        arena_reset(&a);
        free(rules);
    }
    buf_free(&b);
}

static void long_elements_are_cut_for_show(void **state)
{
    (void)state;
    struct site_eval e;
    struct buf b;
    buf_init(&b, 1u << 16);
    buf_printf(&b, "[{\"x\":\"%02000d\",\"location\":\"/\",\"tdm-reservation\":1}]", 7);
    eval_open(&e, tdmrep_json_parse, buf_slice(&b));
    assert_int_equal(e.rc, OPTOUT_OK);
    assert_int_equal(e.rules->rule[0].raw.n, SIGNAL_RAW_MAX);
    eval_close(&e);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_whole_rule_speaks),
        cmocka_unit_test(other_documents_are_refused),
        cmocka_unit_test(odd_text_denies_and_allows_nothing),
        cmocka_unit_test(a_rule_says_what_it_denies),
        cmocka_unit_test(slips_are_warned_of),
        cmocka_unit_test(limits_are_told),
        cmocka_unit_test(used_up_memory_is_told),
        cmocka_unit_test(long_elements_are_cut_for_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
