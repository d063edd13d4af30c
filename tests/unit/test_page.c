/* SPDX-License-Identifier: Apache-2.0 */
/* test_page.c - the text of the pages that stand for what is not delivered, printed by
 * c-icap's templates and by ours. */
#include "answer_fixture.h"

#include "icap/page.h"

#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOSTILE "<b>&\"'\x01\x7f\\\n%Xid</script>"

static struct slice page_of(struct answering *a, bool json)
{
    a->t->page_is_json = json;
    assert_true(page_print(a->t, a->req, 451));
    return buf_slice(&a->t->page);
}

static void assert_has(struct slice page, const char *text)
{
    if (!memmem(page.p, page.n, text, strlen(text)))
        fail_msg("\"%s\" is not in %.*s", text, SLICE_FMT(page));
}

static void assert_lacks(struct slice page, const char *text)
{
    if (memmem(page.p, page.n, text, strlen(text)))
        fail_msg("\"%s\" is in %.*s", text, SLICE_FMT(page));
}

/* ---- templates of our own, to see each value ---- */

static char folder[] = "/tmp/optout-page-XXXXXX";
static const char *const pages[] = { "BLOCK.html", "LATER.html", "AUDIT.html" };

static void path_of(const char *page, char path[256])
{
    snprintf(path, 256, "%s/srv_optout/en/%s", folder, page);
}

/* The same text as the template of each page; NULL: there are none. */
static void set_templates(const char *text)
{
    char path[256];
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        path_of(pages[i], path);
        unlink(path);
        FILE *f = text ? fopen(path, "w") : NULL;
        if (f) {
            fputs(text, f);
            fclose(f);
        }
    }
    ci_txt_template_close(); /* with what it has read */
    ci_txt_template_init();
    ci_txt_template_set_dir(folder);
}

static void set_shipped_templates(void)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/conf/templates-for-test", folder);
    ci_txt_template_close(); /* with what it has read */
    ci_txt_template_init();
    ci_txt_template_set_dir(path);
}

/* c-icap looks for <dir>/srv_optout/<language>; the shipped ones stand in conf/templates. */
static int make_folders(void **state)
{
    char path[4200], target[4096];
    (void)state;
    if (mem_init() < 0 || !init_body_system() || !ci_txt_template_init() || !mkdtemp(folder))
        return -1;
    ci_txt_template_set_default_lang("en");
    snprintf(path, sizeof path, "%s/srv_optout", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/srv_optout/en", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/conf", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/conf/templates-for-test", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/conf/templates-for-test/srv_optout", folder);
    snprintf(target, sizeof target, "%s/conf/templates", getenv("OPTOUT_SRCDIR"));
    return symlink(target, path);
}

static int remove_folders(void **state)
{
    char command[256];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* ---- values ---- */

static struct answering *with_everything(void)
{
    struct answering *a = answering_open();
    struct config *c = &a->snapshot.config;
    a->t->judge.record.wall_ms = 1700000000000;
    a->t->judge.decision.contact = SLICE_OF("https://origin/licence?a=1&b=<2>");
    snprintf(c->contact, sizeof c->contact, "crawl@example.org <us>");
    state_one(a, (struct signal){ .standard = STD_TDMREP, .carrier = CARRIER_HTTP_HEADER,
                              .place_kind = PLACE_LINE, .at = 3,
                              .name = SLICE_OF("tdm-reservation"), .raw = SLICE_OF("1") });
    return a;
}

/* What a template that consists of one value becomes. */
static void assert_value(struct answering *a, const char *code, const char *expected)
{
    char text[64];
    snprintf(text, sizeof text, "[%s]", code);
    set_templates(text);
    struct slice page = page_of(a, false);
    assert_true(slice_begins(page, '[') && page.p[page.n - 1] == ']');
    assert_slice(slice_sub(page, 1, page.n - 2), expected);
}

static void a_template_may_name_each_value(void **state)
{
    struct answering *a = with_everything();
    (void)state;
    assert_value(a, "%Xurl", "http://origin/page");
    assert_value(a, "%Xtitle", "Not delivered: the publisher reserves the rights");
    assert_value(a, "%Xfetched", "It was fetched and read here, and not handed on.");
    assert_value(a, "%Xdecision", "reserved");
    assert_value(a, "%Xreason", " ");
    assert_value(a, "%Xrule", "What is stated denies train-ai (tdmrep in http-header), which whoever "
                              "wants it for train-ai needs: it is reserved. <code>R-02</code>");
    assert_value(a, "%Xprofile", "training");
    assert_value(a, "%Xpurpose", "train-ai");
    assert_value(a, "%Xid", RECORD_ID);
    assert_value(a, "%Xearlier", " ");
    assert_value(a, "%Xtime", "2023-11-14T22:13:20.000Z");
    assert_value(a, "%Xcontact", "https://origin/licence?a=1&amp;b=&lt;2&gt;");
    assert_value(a, "%Xlink", "<a href=\"https://origin/licence?a=1&amp;b=&lt;2&gt;\">"
                              "https://origin/licence?a=1&amp;b=&lt;2&gt;</a>");
    assert_value(a, "%Xoperator", "crawl@example.org &lt;us&gt;");
    assert_value(a, "%Xsignals", "<li><b>TDM Reservation Protocol</b> (http-header, line 3): "
                                 "<code>tdm-reservation: 1</code></li>\n");
    a->t->retry_after = 10;
    assert_value(a, "%Xretry", "10");
    answering_close(a);
}

static void values_say_what_is_not_there(void **state)
{
    struct answering *a = answering_open();
    (void)state;
    a->t->judge.decision.kind = DECISION_UNDECIDED;
    a->t->judge.decision.undecided = undecided_bit(UNDECIDED_TRUNCATED);
    a->t->judge.record.request = true;
    assert_value(a, "%Xtitle", "Not delivered: what the publisher wants could not be read");
    assert_value(a, "%Xfetched", "It was not fetched: the site was not asked for it.");
    assert_value(a, "%Xreason", "truncated");
    assert_value(a, "%Xlink", "nothing was named");
    assert_value(a, "%Xoperator", "not named");
    assert_value(a, "%Xsignals", "<li>Nothing that decided was stated.</li>\n");
    memcpy(a->t->judge.record.earlier, EARLIER_ID, sizeof EARLIER_ID);
    assert_value(a, "%Xearlier", EARLIER_ID);
    assert_value(a, "%Xsignals", "<li>Denied when it was last fetched: record <code>" EARLIER_ID
                                 "</code></li>\n");
    answering_close(a);
}

/* A browser must not follow javascript: out of our page. */
static void only_web_addresses_become_links(void **state)
{
    static const struct {
        const char *url;
        bool link;
    } v[] = {
        { "http://h/", true },           { "HTTPS://h/", true },   { "javascript:alert(1)", false },
        { "data:text/html,<b>", false }, { "//h/policy", false },  { "mailto:a@b", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct answering *a = answering_open();
        a->t->judge.decision.contact = slice_cstr(v[i].url);
        set_templates("%Xlink");
        assert_int_equal(slice_begins(page_of(a, false), '<'), v[i].link);
        answering_close(a);
    }
}

/* ---- escaping ---- */

static struct answering *with_hostile_values(void)
{
    struct answering *a = with_everything();
    a->t->judge.exchange.url = a->t->judge.decision.contact = SLICE_OF(HOSTILE);
    snprintf(a->snapshot.config.contact, sizeof a->snapshot.config.contact, "%s", HOSTILE);
    a->signal[0].name = a->signal[0].raw = SLICE_OF(HOSTILE);
    return a;
}

static void nothing_hostile_becomes_markup(void **state)
{
    struct answering *a = with_hostile_values();
    static const char *const codes[] = { "%Xurl", "%Xcontact", "%Xlink", "%Xoperator" };
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_value(a, codes[i],
                     "&lt;b&gt;&amp;&quot;&#39;  \\ %Xid&lt;/script&gt;");
    set_templates("%Xsignals");
    struct slice page = page_of(a, false);
    assert_has(page, "<code>&lt;b&gt;&amp;&quot;&#39;  \\ %Xid&lt;/script&gt;: &lt;b&gt;");
    assert_lacks(page, "</script");
    answering_close(a);
}

static void long_values_are_cut(void **state)
{
    struct answering *a = with_everything();
    static char big[3 * 2 * SIGNAL_URL_MAX];
    (void)state;
    memset(big, 'x', sizeof big);
    a->signal[0].raw = slice_of(big, sizeof big);
    set_templates("%Xsignals");
    char shown[256];
    snprintf(shown, sizeof shown, ": %.200s</code>", big);
    assert_has(page_of(a, false), shown);
    memcpy(big + 199, "\xc3\xa4", 2); /* no half of a character */
    snprintf(shown, sizeof shown, ": %.199s</code>", big);
    assert_has(page_of(a, false), shown);
    memset(big, 'x', sizeof big);
    a->t->judge.exchange.url = slice_of(big, sizeof big);
    set_templates("%Xurl");
    assert_int_equal(page_of(a, false).n, 2 * SIGNAL_URL_MAX);
    answering_close(a);
}

/* ---- the page as a whole ---- */

static void the_shipped_templates_name_what_there_is(void **state)
{
    struct answering *a = with_everything();
    (void)state;
    set_shipped_templates();
    struct slice page = page_of(a, false);
    assert_has(page, "<title>Not delivered: the publisher reserves the rights</title>");
    assert_has(page, "<code>tdm-reservation: 1</code>");
    assert_has(page, "it is reserved. <code>R-02</code>");
    assert_has(page, RECORD_ID);
    assert_lacks(page, "%X");
    a->t->retry_after = 10;
    page = page_of(a, false);
    assert_has(page, "try again in 10 seconds");
    assert_lacks(page, "%X");
    a->t->audit_failed = true;
    page = page_of(a, false);
    assert_has(page, "no record could be written");
    assert_has(page, "<code>R-11</code>");
    assert_lacks(page, RECORD_ID);
    assert_lacks(page, "%X");
    answering_close(a);
}

static void assert_is_plain(struct slice page)
{
    assert_has(page, "<title>451</title>");
    assert_has(page, "Decision: reserved");
    assert_has(page, "it is reserved. <code>R-02</code>");
    assert_has(page, "tdm-reservation: 1");
    assert_has(page, "<p>Record " RECORD_ID "</p>");
}

static void a_page_needs_no_template(void **state)
{
    struct answering *a = with_everything();
    (void)state;
    set_templates(NULL);
    assert_is_plain(page_of(a, false));
    set_templates("");
    assert_is_plain(page_of(a, false));
    a->t->retry_after = 10;
    assert_has(page_of(a, false), " Try again later.");
    answering_close(a);
}

/* c-icap would cut it in the middle of a tag. */
static void a_page_beyond_the_template_room_gives_way_to_a_short_one(void **state)
{
    struct answering *a = with_everything();
    size_t room = (size_t)TEMPLATE_MEMBUF_SIZE;
    char *text = malloc(room + 64);
    (void)state;
    for (size_t n = room - 40; n < room + 40; n++) {
        memset(text, 'x', n);
        text[n] = '\0';
        set_templates(text);
        struct slice page = page_of(a, false);
        if (page.n != n)
            assert_is_plain(page);
        assert_true(n + 8 < room || page.n != n);
    }
    text[room - 100] = '\0';
    memcpy(text + room - 103, "%Xsignals", 10); /* there is no room for all of the value */
    set_templates(text);
    assert_is_plain(page_of(a, false));
    free(text);
    answering_close(a);
}

/* The value becomes part of a path of c-icap's. */
static void a_language_is_no_path(void **state)
{
    static const struct {
        const char *line;
        bool stays;
    } v[] = {
        { "Accept-Language: de, en;q=0", true },
        { "Accept-Language: ../../../../etc", false },
        { "Accept-Language: en/..", false },
        { "Accept-Language: en.d", false },
    };
    (void)state;
    set_templates("x");
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct answering *a = answering_open();
        ci_http_request_create(a->req, 0);
        ci_http_request_add_header(a->req, v[i].line);
        (void)page_of(a, false);
        assert_int_equal(ci_http_request_get_header(a->req, "Accept-Language") != NULL, v[i].stays);
        answering_close(a);
    }
}

/* ---- JSON ---- */

static json_t *json_of(struct answering *a)
{
    json_error_t e;
    struct slice page = page_of(a, true);
    json_t *j = json_loadb((const char *)page.p, page.n, JSON_REJECT_DUPLICATES, &e);
    if (!j)
        fail_msg("%s in %.*s", e.text, SLICE_FMT(page));
    return j;
}

static void assert_json(struct answering *a, const char *expected)
{
    json_t *got = json_of(a), *want = json_loads(expected, 0, NULL);
    assert_non_null(want);
    if (!json_equal(got, want))
        fail_msg("got %.*s\nwant %s", SLICE_FMT(buf_slice(&a->t->page)), expected);
    json_decref(got);
    json_decref(want);
}

static void json_of_what_is_blocked(void **state)
{
    struct answering *a = with_everything();
    (void)state;
    assert_json(a,
        "{\"type\":\"blocked\",\"url\":\"http://origin/page\",\"fetched\":true,"
        "\"decision\":\"reserved\",\"reason\":null,\"rule\":{\"id\":\"R-02\",\"text\":\"What is stated denies train-ai (tdmrep in http-header), which whoever "
        "wants it for train-ai needs: it is reserved.\"},"
        "\"profile\":\"training\","
        "\"purpose\":\"train-ai\",\"contact\":\"https://origin/licence?a=1&b=<2>\","
        "\"operator\":\"crawl@example.org <us>\",\"id\":\"" RECORD_ID "\",\"earlier\":null,"
        "\"time\":\"2023-11-14T22:13:20.000Z\",\"signals\":[{\"standard\":\"tdmrep\","
        "\"carrier\":\"http-header\",\"place\":\"line 3\",\"name\":\"tdm-reservation\","
        "\"raw\":\"1\"}]}");
    a->t->judge.record.request = true;
    a->t->judge.decision.n_by = 0;
    a->t->judge.decision.contact = SLICE_EMPTY;
    a->snapshot.config.contact[0] = '\0';
    memcpy(a->t->judge.record.earlier, EARLIER_ID, sizeof EARLIER_ID);
    assert_json(a,
        "{\"type\":\"blocked\",\"url\":\"http://origin/page\",\"fetched\":false,"
        "\"decision\":\"reserved\",\"reason\":null,\"rule\":{\"id\":\"R-02\",\"text\":\"What is stated denies train-ai (its statement is no longer known), which whoever "
        "wants it for train-ai needs: it is reserved.\"},"
        "\"profile\":\"training\","
        "\"purpose\":\"train-ai\",\"contact\":null,\"operator\":null,"
        "\"id\":\"" RECORD_ID "\",\"earlier\":\"" EARLIER_ID "\","
        "\"time\":\"2023-11-14T22:13:20.000Z\",\"signals\":[]}");
    answering_close(a);
}

static void json_of_what_is_not_known_yet(void **state)
{
    struct answering *a = with_everything();
    (void)state;
    a->t->retry_after = 10;
    a->t->judge.decision.kind = DECISION_UNDECIDED;
    a->t->judge.decision.undecided = undecided_bit(UNDECIDED_SITE_UNKNOWN);
    a->t->judge.decision.rule = POLICY_RULE_SITE_UNREAD;
    assert_json(a,
        "{\"type\":\"later\",\"url\":\"http://origin/page\",\"fetched\":true,"
        "\"retry_after\":10,\"decision\":\"undecided\",\"reason\":\"site-unknown\","
        "\"rule\":{\"id\":\"R-07\",\"text\":\"What its site says could not be had (the site files of "
        "its origin were not known in time): it is undecided, which says nothing of what the "
        "publisher wants.\"},"
        "\"profile\":\"training\",\"purpose\":\"train-ai\","
        "\"operator\":\"crawl@example.org <us>\",\"id\":\"" RECORD_ID "\","
        "\"time\":\"2023-11-14T22:13:20.000Z\"}");
    a->t->audit_failed = true;
    a->t->retry_after = 60;
    assert_json(a,
        "{\"type\":\"audit-failure\",\"url\":\"http://origin/page\",\"fetched\":true,"
        "\"retry_after\":60,\"rule\":{\"id\":\"R-11\",\"text\":\"The record of the decision could not be "
        "written, and nothing is delivered without one.\"},\"profile\":\"training\",\"operator\":\"crawl@example.org <us>\","
        "\"id\":\"" RECORD_ID "\",\"time\":\"2023-11-14T22:13:20.000Z\"}");
    answering_close(a);
}

static void nothing_hostile_breaks_json(void **state)
{
    struct answering *a = with_hostile_values();
    (void)state;
    json_t *j = json_of(a);
    assert_string_equal(json_string_value(json_object_get(j, "url")), HOSTILE);
    assert_string_equal(json_string_value(json_object_get(j, "contact")), HOSTILE);
    assert_string_equal(json_string_value(json_object_get(j, "operator")), HOSTILE);
    json_t *s = json_array_get(json_object_get(j, "signals"), 0);
    assert_string_equal(json_string_value(json_object_get(s, "raw")), HOSTILE);
    assert_string_equal(json_string_value(json_object_get(s, "name")), HOSTILE);
    json_decref(j);
    answering_close(a);
}

/* A sentence, how plain it is, and the phrase that found it. */
static void words_have_their_grade(void **state)
{
    struct answering *a = answering_open();
    (void)state;
    state_one(a, (struct signal){ .standard = STD_NATURAL_LANGUAGE, .carrier = CARRIER_HTML,
                                  .property = PHRASE_PLAIN, .place_kind = PLACE_BYTE, .at = 77,
                                  .name = SLICE_OF("de/reserved@1"),
                                  .raw = SLICE_OF("Text und Data Mining bleibt vorbehalten.") });
    set_templates("[%Xsignals]");
    struct slice page = page_of(a, false), all = SLICE_OF(
        " (html, byte 77, plain): <code>de/reserved@1: Text und Data Mining bleibt vorbehalten.");
    assert_true(slice_find_nocase(page, all) < page.n);
    json_t *j = json_of(a), *s = json_array_get(json_object_get(j, "signals"), 0);
    assert_string_equal(json_string_value(json_object_get(s, "grade")), "plain");
    assert_string_equal(json_string_value(json_object_get(s, "phrase")), "de/reserved@1");
    assert_null(json_object_get(s, "name"));
    json_decref(j);
    answering_close(a);
}

/* No buffer of c-icap's cuts it, and no template is asked. */
static void json_of_any_length_is_whole(void **state)
{
    struct answering *a = with_everything();
    static char big[2 * SIGNAL_URL_MAX + 1];
    (void)state;
    set_templates("no JSON");
    memset(big, 1, sizeof big - 1);
    a->t->judge.exchange.url = slice_cstr(big);
    a->t->judge.decision.n_by = 0;
    for (size_t i = 0; i < DECISION_BY_MAX; i++)
        state_one(a, (struct signal){ .standard = STD_TDMREP, .raw = slice_cstr(big) });
    json_t *j = json_of(a);
    assert_true(a->t->page.n > (size_t)TEMPLATE_MEMBUF_SIZE);
    assert_int_equal(json_string_length(json_object_get(j, "url")), 2 * SIGNAL_URL_MAX);
    json_t *s = json_object_get(j, "signals");
    assert_int_equal(json_array_size(s), 8);
    assert_int_equal(json_string_length(json_object_get(json_array_get(s, 7), "raw")), 200);
    json_decref(j);
    answering_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_may_name_each_value),
        cmocka_unit_test(values_say_what_is_not_there),
        cmocka_unit_test(only_web_addresses_become_links),
        cmocka_unit_test(nothing_hostile_becomes_markup),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(the_shipped_templates_name_what_there_is),
        cmocka_unit_test(a_page_needs_no_template),
        cmocka_unit_test(a_page_beyond_the_template_room_gives_way_to_a_short_one),
        cmocka_unit_test(a_language_is_no_path),
        cmocka_unit_test(json_of_what_is_blocked),
        cmocka_unit_test(json_of_what_is_not_known_yet),
        cmocka_unit_test(nothing_hostile_breaks_json),
        cmocka_unit_test(json_of_any_length_is_whole),
        cmocka_unit_test(words_have_their_grade),
    };
    return cmocka_run_group_tests_name("page", tests, make_folders, remove_folders);
}
