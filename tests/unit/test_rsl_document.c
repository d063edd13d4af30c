/* SPDX-License-Identifier: Apache-2.0 */
/* RSL documents: what each clause licenses, to whom, for which URLs; and what
 * happens with documents that are broken, hostile or cut off. */
#include "unit.h"

#include "http/url_path.h"
#include "site/compiled.h"
#include "standards/rsl_terms.h"
#include "standards/standard.h"
#include "syntax/xml_sax.h"

#define NS "xmlns=\"https://rslstandard.org/rsl\""
#define DOCUMENT(inside) "<rsl " NS ">" inside "</rsl>"
#define LICENCE(inside) DOCUMENT("<content url=\"/\"><license>" inside "</license></content>")
#define USAGE(side, words) "<" side " type=\"usage\">" words "</" side ">"
#define DOCUMENT_URL "https://example.com/license.xml"

static struct arena arena;
static struct site_rules rules;

static enum optout_rc parse_bytes(const void *p, size_t n)
{
    arena_reset(&arena);
    arena_init(&arena, 64u << 20, NULL, 0);
    site_rules_init(&rules, &arena);
    return rsl_document_parse(slice_of(p, n), SLICE_OF(DOCUMENT_URL), &rules);
}

static enum optout_rc parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

/* "-" unknown, "y" allow, "c" conditional, "n" deny; tdm, train-ml, train-ai, ai-use,
 * search. */
static void expect_prefs(const struct prefs *p, const char *want, const char *text)
{
    char got[USAGE_COUNT] = "";
    for (size_t u = 0; u < USAGE_COUNT - 1; u++)
        got[u] = "-ycn"[p->of[u]];
    if (strcmp(got, want) != 0 || p->of[USAGE_ACQUIRE] != PREF_UNKNOWN)
        fail_msg("got %s, want %s: %s", got, want, text);
}

/* ---- One licence, before user and place ---- */

static const struct {
    const char *text, *want;
    enum confidence confidence;
} clauses[] = {
    /* Permits: what is not listed is not licensed. */
    { USAGE("permits", "search"), "--nny", CONF_EXACT },
    { USAGE("permits", "ai-train"), "--ynn", CONF_EXACT },
    { USAGE("permits", "ai-input search"), "--nyy", CONF_EXACT },
    { USAGE("permits", "ai-all"), "--yyn", CONF_EXACT },
    { USAGE("permits", "all"), "yyyyy", CONF_EXACT },
    { USAGE("permits", " \n\tai-index\n"), "--nyn", CONF_EXACT },
    { USAGE("permits", ""), "--nnn", CONF_EXACT },
    /* Prohibits: the rest is open. */
    { USAGE("prohibits", "ai-train"), "--n--", CONF_EXACT },
    { USAGE("prohibits", "ai-index"), "---n-", CONF_EXACT },
    { USAGE("prohibits", "ai-all"), "--nn-", CONF_EXACT },
    { USAGE("prohibits", "all"), "nnnnn", CONF_EXACT },
    { USAGE("prohibits", "search"), "----n", CONF_EXACT },
    { "", "-----", CONF_EXACT },
    /* Both: prohibits wins, whatever the order. */
    { USAGE("permits", "ai-train ai-input") USAGE("prohibits", "all"), "nnnnn", CONF_EXACT },
    { USAGE("prohibits", "ai-train") USAGE("permits", "all"), "yynyy", CONF_EXACT },
    { USAGE("permits", "search ai-index ai-input") USAGE("prohibits", "ai-train"), "--nyy",
      CONF_EXACT },
    /* Draft 0.9, and what people write. */
    { USAGE("permits", "ai-train,search"), "--yny", CONF_LAX },
    { USAGE("permits", "search, ai-train ,"), "--yny", CONF_LAX },
    { USAGE("permits", "inference"), "--nyn", CONF_LAX },
    { USAGE("permits", "Search"), "--nny", CONF_LAX },
    { USAGE("permits", "search") USAGE("permits", "ai-input"), "--nyy", CONF_LAX },
    { USAGE("permits", "search ai-summarize"), "--nny", CONF_LAX },
    { USAGE("prohibits", "ai-summarize"), "--nn-", CONF_LAX },
    { "<permits>search</permits>", "--nny", CONF_LAX },
    { "<prohibits>ai-train</prohibits>", "--n--", CONF_LAX },
    { "<permits type=\"Usage\">search</permits>", "--nny", CONF_LAX },
    { "<permits type=\"distribution\">all</permits>", "-----", CONF_LAX },
    /* Other vocabularies are ignored. */
    { USAGE("permits", "search x:print"), "--nny", CONF_EXACT },
    { USAGE("permits", "x:print"), "--nnn", CONF_EXACT },
    { "<permits type=\"x:medium\">x:print</permits>", "-----", CONF_EXACT },
    { "<x:permits xmlns:x=\"urn:x\" type=\"usage\">all</x:permits>", "-----", CONF_EXACT },
    { "<x:a xmlns:x=\"urn:x\">" USAGE("permits", "all") "</x:a>", "-----", CONF_EXACT },
    /* Payment. */
    { USAGE("permits", "all") "<payment type=\"crawl\"/>", "ccccc", CONF_EXACT },
    { USAGE("permits", "ai-train") "<payment type=\"training\"/>", "--cnn", CONF_EXACT },
    { USAGE("permits", "ai-train") "<payment type=\"free\"/>", "--ynn", CONF_EXACT },
    { USAGE("permits", "ai-train") "<payment type=\"attribution\"/>", "--ynn", CONF_EXACT },
    { USAGE("permits", "ai-train") "<payment type=\"barter\"/>", "--cnn", CONF_LAX },
    { USAGE("permits", "ai-train") "<payment/>", "--cnn", CONF_LAX },
    { USAGE("permits", "ai-train") "<payment type=\"free\"/><payment type=\"use\"/>", "--cnn",
      CONF_EXACT },
    { "<payment type=\"purchase\"/>", "ccccc", CONF_EXACT },
    { "<payment type=\"purchase\"/>" USAGE("prohibits", "ai-train"), "ccncc", CONF_EXACT },
    /* A report that is owed. */
    { USAGE("permits", "search") "<reporting type=\"audit\" profile=\"x\"/>", "--nnc", CONF_EXACT },
    /* Entities of XML, CDATA, comments. */
    { USAGE("prohibits", "ai&#45;train"), "--n--", CONF_EXACT },
    { USAGE("prohibits", "<![CDATA[ai-]]>train"), "--n--", CONF_EXACT },
    { USAGE("prohibits", "ai-<!-- search -->train"), "--n--", CONF_EXACT },
    { "<!-- " USAGE("permits", "all") " -->" USAGE("permits", "search"), "--nny", CONF_EXACT },
    { USAGE("prohibits", "ai-train <x:y xmlns:x=\"urn:x\">search</x:y>"), "--n--", CONF_EXACT },
    /* Elements that RSL does not have. */
    { USAGE("permits", "search") "<bogus/>", "--nny", CONF_LAX },
    { USAGE("permits", "search") "<x:bogus xmlns:x=\"urn:x\"/>", "--nny", CONF_EXACT },
    { USAGE("permits", "search") "<legal type=\"warranty\">x</legal>", "--nny", CONF_EXACT },
};

static void clauses_mean_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++) {
        char text[1024];
        snprintf(text, sizeof text, LICENCE("%s"), clauses[i].text);
        assert_int_equal(parse(text), OPTOUT_OK);
        assert_int_equal(rules.n_rules, 1);
        expect_prefs(&rules.rule[0].prefs, clauses[i].want, clauses[i].text);
        if (rules.rule[0].confidence != clauses[i].confidence)
            fail_msg("confidence %u: %s", rules.rule[0].confidence, clauses[i].text);
        if ((rules.rule[0].confidence == CONF_LAX) && !rules.rule[0].note)
            fail_msg("lax without a reason: %s", clauses[i].text);
    }
}

static void a_server_or_a_key_is_a_condition(void **state)
{
    (void)state;
    assert_int_equal(parse(DOCUMENT("<content url=\"/\" server=\"https://olp.example/\"><license>"
                                    USAGE("permits", "search") "</license></content>")), OPTOUT_OK);
    expect_prefs(&rules.rule[0].prefs, "--nnc", "server");
    assert_true(rules.rule[0].server);
    assert_slice(rules.rule[0].url, "https://olp.example/");
    assert_int_equal(parse(DOCUMENT("<content url=\"/\" server=\"https://olp.example/\"><license/>"
                                    "</content>")), OPTOUT_OK);
    expect_prefs(&rules.rule[0].prefs, "ccccc", "server alone");
    assert_int_equal(parse(DOCUMENT("<content url=\"/\" encrypted=\"true\"><license>"
                                    USAGE("permits", "search") "</license></content>")), OPTOUT_OK);
    expect_prefs(&rules.rule[0].prefs, "--nnc", "encrypted");
    assert_true(rules.rule[0].encrypted);
    assert_int_equal(parse(DOCUMENT("<content url=\"/\" encrypted=\"false\"><license>"
                                    USAGE("permits", "search") "</license></content>")), OPTOUT_OK);
    expect_prefs(&rules.rule[0].prefs, "--nny", "not encrypted");
}

static void a_content_without_a_licence_licenses_nothing(void **state)
{
    (void)state;
    assert_int_equal(parse(DOCUMENT("\n<content url=\"/a\"/>")), OPTOUT_OK);
    assert_int_equal(rules.n_rules, 1);
    expect_prefs(&rules.rule[0].prefs, "--nnn", "no licence");
    assert_int_equal(rules.rule[0].confidence, CONF_LAX);
    assert_string_equal(rules.rule[0].note, "content without a licence");
    assert_int_equal(rules.rule[0].line, 2);
    assert_int_equal(parse(DOCUMENT("<content url=\"/\">" USAGE("permits", "all") "</content>")),
                     OPTOUT_OK);
    expect_prefs(&rules.rule[0].prefs, "--nnn", "permits out of place");
}

/* ---- User and place ---- */

static const struct {
    const char *text, *want;
    unsigned user;
    const char *country;
} terms[] = {
#define SEARCH USAGE("permits", "search ai-input")
#define NO_COMMERCE "<permits type=\"user\">non-commercial education</permits>"
#define EU_ONLY "<permits type=\"geo\">EU</permits>"
    { SEARCH, "--nyy", RSL_USER_COUNT, "" },
    { SEARCH NO_COMMERCE, "--nyy", RSL_USER_EDUCATION, "" },
    { SEARCH NO_COMMERCE, "--nnn", RSL_USER_COMMERCIAL, "" },
    { SEARCH NO_COMMERCE, "--nnn", RSL_USER_COUNT, "" },
    { SEARCH "<prohibits type=\"user\">commercial</prohibits>", "--nnn", RSL_USER_COMMERCIAL, "" },
    { SEARCH "<prohibits type=\"user\">commercial</prohibits>", "--nyy", RSL_USER_PERSONAL, "" },
    { SEARCH "<prohibits type=\"user\">commercial</prohibits>", "--nnn", RSL_USER_COUNT, "" },
    { SEARCH "<permits type=\"user\">commercial</permits><prohibits type=\"user\">commercial"
      "</prohibits>", "--nnn", RSL_USER_COMMERCIAL, "" },
    { SEARCH "<permits type=\"user\">pirates</permits>", "--nnn", RSL_USER_PERSONAL, "" },
    { SEARCH "<permits type=\"user\"/>", "--nnn", RSL_USER_PERSONAL, "" },
    { SEARCH "<prohibits type=\"user\">pirates</prohibits>", "--nnn", RSL_USER_PERSONAL, "" },
    { SEARCH "<permits type=\"user\">personal,commercial</permits>", "--nyy", RSL_USER_COMMERCIAL,
      "" },
    { SEARCH EU_ONLY, "--nyy", RSL_USER_COUNT, "DE" },
    { SEARCH EU_ONLY, "--nyy", RSL_USER_COUNT, "hr" },
    { SEARCH EU_ONLY, "--nyy", RSL_USER_COUNT, "EU" },
    { SEARCH EU_ONLY, "--nnn", RSL_USER_COUNT, "US" },
    { SEARCH EU_ONLY, "--nnn", RSL_USER_COUNT, "GB" },
    { SEARCH EU_ONLY, "--nnn", RSL_USER_COUNT, "" },
    { SEARCH "<permits type=\"geo\">CH us</permits>", "--nyy", RSL_USER_COUNT, "US" },
    { SEARCH "<permits type=\"geo\">DE</permits>", "--nnn", RSL_USER_COUNT, "EU" },
    { SEARCH "<permits type=\"geo\">USA</permits>", "--nnn", RSL_USER_COUNT, "US" },
    { SEARCH "<permits type=\"geo\"/>", "--nnn", RSL_USER_COUNT, "US" },
    { SEARCH "<prohibits type=\"geo\">EU</prohibits>", "--nnn", RSL_USER_COUNT, "FR" },
    { SEARCH "<prohibits type=\"geo\">EU</prohibits>", "--nyy", RSL_USER_COUNT, "NO" },
    { SEARCH "<prohibits type=\"geo\">EU</prohibits>", "--nnn", RSL_USER_COUNT, "" },
    { SEARCH "<prohibits type=\"geo\">FR</prohibits>", "--nnn", RSL_USER_COUNT, "EU" },
    { SEARCH "<prohibits type=\"geo\">UK</prohibits>", "--nnn", RSL_USER_COUNT, "GB" },
    { SEARCH "<prohibits type=\"geo\">USA</prohibits>", "--nnn", RSL_USER_COUNT, "NO" },
    /* Unlicensed: what was permitted or left open is denied. */
    { EU_ONLY, "-----", RSL_USER_COUNT, "DE" },
    { EU_ONLY, "--nnn", RSL_USER_COUNT, "US" },
    { USAGE("permits", "all") EU_ONLY, "nnnnn", RSL_USER_COUNT, "US" },
    { USAGE("prohibits", "ai-train") EU_ONLY, "--n--", RSL_USER_COUNT, "DE" },
    { USAGE("prohibits", "ai-train") EU_ONLY, "--nnn", RSL_USER_COUNT, "US" },
    { USAGE("permits", "all") "<payment type=\"crawl\"/>" EU_ONLY, "ccccc", RSL_USER_COUNT, "DE" },
    { USAGE("permits", "all") "<payment type=\"crawl\"/>" EU_ONLY, "nnnnn", RSL_USER_COUNT, "US" },
};

static void licences_hold_for_whom_they_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        char text[1024];
        snprintf(text, sizeof text, LICENCE("%s"), terms[i].text);
        assert_int_equal(parse(text), OPTOUT_OK);
        const struct site_rule *r = &rules.rule[0];
        struct rsl_terms t = rsl_terms_of(r);
        struct prefs p =
            rsl_terms_for(&t, (uint8_t)terms[i].user, slice_cstr(terms[i].country)).prefs;
        expect_prefs(&p, terms[i].want, terms[i].text);
    }
}

static void alternatives_suffice_each(void **state)
{
    (void)state;
    struct rsl_grant search = { .prefs = { .of = { [USAGE_TRAIN_AI] = PREF_DENY,
                                                   [USAGE_AI_USE] = PREF_DENY,
                                                   [USAGE_SEARCH] = PREF_ALLOW } } };
    struct rsl_grant paid = { .prefs = { .of = { [USAGE_TRAIN_AI] = PREF_CONDITIONAL,
                                                 [USAGE_SEARCH] = PREF_DENY,
                                                 [USAGE_TDM] = PREF_DENY } } };
    struct rsl_grant g = search;
    rsl_grant_either(&g, &paid);
    expect_prefs(&g.prefs, "n-c-y", "search or paid");
    g = paid;
    rsl_grant_either(&g, &search);
    expect_prefs(&g.prefs, "n-c-y", "paid or search");
}

/* Two licences of one content, whose prohibition defeats the other's grant unless the licence
 * is surely for other people. */
#define ALL_OF_IT "<license>" USAGE("permits", "all") "</license>"
#define FOR(inside) "<license>" USAGE("prohibits", "ai-train") inside "</license>"
static const struct {
    const char *text, *want;
    int user;
    const char *country;
} several[] = {
    { FOR(""), "yynyy", RSL_USER_COUNT, "" },
    { "<license>" USAGE("prohibits", "all") "</license>", "nnnnn", RSL_USER_COUNT, "" },
    { "<license>" USAGE("prohibits", "ai-all") "</license>", "yynny", RSL_USER_COUNT, "" },
    { "<license>" USAGE("permits", "ai-train") USAGE("prohibits", "ai-train") "</license>",
      "yynyy", RSL_USER_COUNT, "" },
    { "<license>" USAGE("prohibits", "gossip") "</license>", "yynny", RSL_USER_COUNT, "" },
    /* What is only left out of a list is not prohibited. */
    { "<license>" USAGE("permits", "search") "</license>", "yyyyy", RSL_USER_COUNT, "" },
    { FOR("<permits type=\"user\">personal</permits>"), "yyyyy", RSL_USER_COMMERCIAL, "" },
    { FOR("<permits type=\"user\">personal</permits>"), "yynyy", RSL_USER_PERSONAL, "" },
    { FOR("<permits type=\"user\">personal</permits>"), "yynyy", RSL_USER_COUNT, "" },
    { FOR("<permits type=\"user\">personal pirates</permits>"), "yynyy", RSL_USER_COMMERCIAL, "" },
    { FOR("<permits type=\"user\"/>"), "yynyy", RSL_USER_COMMERCIAL, "" },
    { FOR("<prohibits type=\"user\">personal</prohibits>"), "yynyy", RSL_USER_PERSONAL, "" },
    { FOR("<prohibits type=\"user\">personal</prohibits>"), "yynyy", RSL_USER_COMMERCIAL, "" },
    { FOR("<permits type=\"geo\">EU</permits>"), "yyyyy", RSL_USER_COUNT, "US" },
    { FOR("<permits type=\"geo\">EU</permits>"), "yynyy", RSL_USER_COUNT, "FR" },
    { FOR("<permits type=\"geo\">EU</permits>"), "yynyy", RSL_USER_COUNT, "" },
    { FOR("<permits type=\"geo\">DE</permits>"), "yynyy", RSL_USER_COUNT, "EU" },
    { FOR("<permits type=\"geo\">CH USA</permits>"), "yynyy", RSL_USER_COUNT, "US" },
    { FOR("<permits type=\"geo\"/>"), "yynyy", RSL_USER_COUNT, "US" },
    { FOR("<permits type=\"geo\">CH</permits>"), "yyyyy", RSL_USER_COUNT, "US" },
    { FOR("<prohibits type=\"geo\">EU</prohibits>"), "yynyy", RSL_USER_COUNT, "FR" },
    { FOR("<permits type=\"user\">personal</permits><permits type=\"geo\">EU</permits>"),
      "yyyyy", RSL_USER_PERSONAL, "US" },
    { FOR("<permits type=\"user\">personal</permits><permits type=\"geo\">EU</permits>"),
      "yyyyy", RSL_USER_COMMERCIAL, "" },
};

static void what_one_prohibits_none_permits(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * (sizeof several / sizeof *several); i++) {
        char text[1024];
        const char *other = several[i / 2].text;
        snprintf(text, sizeof text, DOCUMENT("<content url=\"/\">%s%s</content>"),
                 i % 2 ? ALL_OF_IT : other, i % 2 ? other : ALL_OF_IT);
        assert_int_equal(parse(text), OPTOUT_OK);
        assert_int_equal(rules.n_rules, 2);
        struct rsl_grant all, one;
        for (uint32_t r = 0; r < 2; r++) {
            struct rsl_terms t = rsl_terms_of(&rules.rule[r]);
            one = rsl_terms_for(&t, (uint8_t)several[i / 2].user,
                                slice_cstr(several[i / 2].country));
            if (r == 0)
                all = one;
            else
                rsl_grant_either(&all, &one);
        }
        struct prefs p = rsl_grant_prefs(&all);
        expect_prefs(&p, several[i / 2].want, text);
    }
}

/* ---- What it is about ---- */

static const struct {
    const char *url, *pattern, *origin;
    unsigned rules;
} urls[] = {
    { "/", "/", "", 1 },
    { "/images/*", "/images/", "", 1 },
    { "*.jpg$", "*.jpg$", "", 1 },
    { "", "", "", 1 },
    { " /a ", "/a", "", 1 },
    { "/q?a=1&amp;b=2", "/q?a=1&b=2", "", 1 },
    { "/go?to=http://x/", "/go?to=http://x/", "", 1 },
    { "https://Example.com", "/", "https://example.com", 1 },
    { "https://example.com:443/a*#f", "/a", "https://example.com", 1 },
    { "http://example.com/b$", "/b$", "http://example.com", 1 },
    { "//example.com/c", "/c", "https://example.com", 1 },
    { "https://*.example.com/d", "/d", "", 1 },
    { "https://*.example.com", "", "", 1 },
    { "e/f", "/e/f", "", 1 },
    { "ftp://example.com/", "", "", 0 },
};

static void urls_become_patterns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char text[512];
        snprintf(text, sizeof text, DOCUMENT("<content url=\"%s\"><license>"
                                             USAGE("permits", "search") "</license></content>"),
                 urls[i].url);
        assert_int_equal(parse(text), OPTOUT_OK);
        assert_int_equal(rules.n_rules, urls[i].rules);
        if (rules.n_rules == 0)
            continue;
        assert_slice(rules.rule[0].pattern, urls[i].pattern);
        assert_slice(rules.rule[0].origin, urls[i].origin);
        assert_int_equal(rules.rule[0].weight, rules.rule[0].pattern.n);
        expect_prefs(&rules.rule[0].prefs, "--nny", urls[i].url);
    }
    assert_int_equal(parse(DOCUMENT("<content url=\"https://:x/\"><license>"
                                    USAGE("permits", "all") "</license></content>")), OPTOUT_OK);
    assert_int_equal(rules.n_rules, 1);
    expect_prefs(&rules.rule[0].prefs, "--nnn", "a URL that cannot be read");
}

static void fields_are_filled(void **state)
{
    (void)state;
    assert_int_equal(parse("<?xml version=\"1.0\"?>\n<rsl " NS " max-age=\"7\">\n"
                           "<content url=\"/a\">\n<license>\n"
                           USAGE("permits", " search\n ai-input ")
                           "\n<prohibits type=\"usage\">ai-train</prohibits>"
                           "<permits type=\"geo\">us EU</permits>"
                           "<payment type=\"crawl\">"
                           "<standard>https://l.example/s?a&amp;b</standard>"
                           "<custom>https://l.example/c</custom><amount currency=\"EUR\">1</amount>"
                           "</payment></license>\n<license><payment type=\"use\">"
                           "<custom>ask us</custom></payment></license>"
                           "</content>\n<content url=\"/b\"><license/></content></rsl>\n"),
                     OPTOUT_OK);
    assert_int_equal(rules.n_rules, 3);
    assert_int_equal(rules.max_age_s, 7 * 86400);
    const struct site_rule *r = rules.rule;
    assert_slice(r[0].raw, "permits usage: search ai-input; prohibits usage: ai-train; "
                           "permits geo: us EU; payment: crawl");
    assert_slice(r[0].url, "https://l.example/s?a&b");
    assert_slice(r[0].geo_permits, "EU US");
    assert_int_equal(r[0].payment, RSL_PAY_CRAWL);
    assert_int_equal(r[0].line, 4);
    assert_int_equal(r[0].content, 0);
    assert_int_equal(r[0].kind, RULE_RSL);
    assert_int_equal(r[0].group, RULE_GROUP_FILE);
    assert_int_equal(r[1].line, 8);
    assert_int_equal(r[1].content, 0);
    assert_slice(r[1].url, DOCUMENT_URL);
    assert_int_equal(r[2].content, 1);
    assert_slice(r[2].pattern, "/b");
}

static void max_age_is_days(void **state)
{
    (void)state;
    static const struct { const char *text; uint32_t want, warnings; } ages[] = {
        { "1", 86400, 0 }, { " 30 ", 2592000, 0 }, { "0", 0, 1 }, { "-1", 0, 1 }, { "x", 0, 1 },
        { "99999999999", 36500u * 86400u, 0 }, { "99999999999999999999999", 0, 1 },
    };
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        char text[256];
        snprintf(text, sizeof text, "<rsl " NS " max-age=\"%s\"><content url=\"\"/></rsl>",
                 ages[i].text);
        assert_int_equal(parse(text), OPTOUT_OK);
        assert_int_equal(rules.max_age_s, ages[i].want);
        assert_int_equal(rules.n_warnings, ages[i].warnings);
    }
}

/* ---- Compiled and asked ---- */

static struct prefs ask(const char *text, const char *path, unsigned user, const char *country)
{
    struct buf form;
    struct signals signals;
    struct rules_verdict verdict;
    assert_int_equal(parse(text), OPTOUT_OK);
    buf_init(&form, COMPILED_MAX);
    assert_int_equal(compiled_make(&rules, NULL, &form), OPTOUT_OK);
    struct rules_query q = { .origin = SLICE_OF("https://example.com"),
                             .path = url_path_normal(&arena, slice_cstr(path)),
                             .user = (uint8_t)user, .country = slice_cstr(country) };
    signals_init(&signals, &arena);
    assert_int_equal(compiled_apply(buf_slice(&form), &q, &signals, &verdict), OPTOUT_OK);
    buf_free(&form);
    return verdict.prefs;
}

static void the_narrower_content_speaks(void **state)
{
    (void)state;
    static const char text[] = DOCUMENT(
        "<content url=\"/a/b/\"><license>" USAGE("permits", "ai-train") "</license></content>"
        "<content url=\"/a/*\"><license>" USAGE("prohibits", "ai-train") "</license></content>"
        "<content url=\"https://other.example/\"><license>" USAGE("prohibits", "all")
        "</license></content>");
    struct prefs p = ask(text, "/a/b/x", RSL_USER_COUNT, "");
    expect_prefs(&p, "--ynn", "/a/b/x");
    p = ask(text, "/a/x", RSL_USER_COUNT, "");
    expect_prefs(&p, "--n--", "/a/x");
    p = ask(text, "/x", RSL_USER_COUNT, "");
    expect_prefs(&p, "-----", "/x");
}

static void licences_of_one_content_are_alternatives(void **state)
{
    (void)state;
    static const char text[] = DOCUMENT(
        "<content url=\"/\"><license>" USAGE("permits", "search ai-input")
        "<payment type=\"attribution\"/></license><license>" USAGE("permits", "ai-train")
        "<payment type=\"training\"/>" EU_ONLY "</license></content>");
    struct prefs p = ask(text, "/x", RSL_USER_COMMERCIAL, "DE");
    expect_prefs(&p, "--cyy", "DE");
    p = ask(text, "/x", RSL_USER_COMMERCIAL, "US");
    expect_prefs(&p, "--nyy", "US");
}

/* ---- In a page ---- */

static void a_script_is_about_the_page_it_names(void **state)
{
    (void)state;
    static const struct { const char *url, *want, *image; } pages[] = {
        { "", "--n--", NULL },
        { "/a", "--n--", NULL },
        { "/b", "--n--", "https://example.com/b" },
        { "/img/*.jpg", "--n--", "https://example.com/img/*.jpg" },
        { "https://example.com/a?", "--n--", NULL },
        { "https://example.com/a?b$", "--n--", "https://example.com/a?b$" },
        { "https://other.example/a", "--n--", "https://other.example/a" },
    };
    struct page_attr type = { .name = SLICE("type"), .value = SLICE("application/rsl+xml") };
    struct exchange x = { .url = SLICE("https://example.com/a?bc#d") };
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct signals signals;
        char text[512];
        snprintf(text, sizeof text, DOCUMENT("<content url=\"%s\"><license>"
                                             USAGE("prohibits", "ai-train") "</license></content>"),
                 pages[i].url);
        struct page_statement s = { .kind = PAGE_SCRIPT, .attr = &type, .n_attr = 1,
                                    .text = slice_cstr(text), .in_head = true };
        signals_init(&signals, &arena);
        standards_read_page(&s, &(struct hook_input){ &x, &signals, NULL });
        assert_int_equal(signals.n, 1);
        assert_int_equal(signals.v[0].standard, STD_RSL);
        expect_prefs(&signals.v[0].prefs, pages[i].want, pages[i].url);
        assert_true(signals.v[0].url.n == 0);
        assert_int_equal(signals.v[0].scope, pages[i].image ? SCOPE_EMBEDDED_IMAGES : SCOPE_PAGE);
        if (pages[i].image)
            assert_slice(signals.v[0].image, pages[i].image);
        s.cut = true; /* half of a document is none */
        standards_read_page(&s, &(struct hook_input){ &x, &signals, NULL });
        assert_int_equal(signals.n, 2);
        expect_prefs(&signals.v[1].prefs, "--nn-", "cut");
        assert_int_equal(signals.v[1].confidence, CONF_LAX);
    }
}

/* What it permits elsewhere is permitted of nothing that the page embeds. */
static void a_script_that_permits_other_urls_says_nothing(void **state)
{
    (void)state;
    struct page_attr type = { .name = SLICE("type"), .value = SLICE("application/rsl+xml") };
    struct exchange x = { .url = SLICE("https://example.com/a") };
    struct signals signals;
    struct page_statement s = { .kind = PAGE_SCRIPT, .attr = &type, .n_attr = 1, .in_head = true,
                                .text = SLICE(DOCUMENT("<content url=\"/b\"><license>"
                                                       USAGE("permits", "all")
                                                       "</license></content>")) };
    signals_init(&signals, &arena);
    standards_read_page(&s, &(struct hook_input){ &x, &signals, NULL });
    assert_int_equal(signals.n, 1);
    assert_int_equal(signals.v[0].scope, SCOPE_PAGE);
    assert_true(prefs_empty(&signals.v[0].prefs));
    assert_string_equal(signals.v[0].note, "RSL content is about another URL");
}

/* ---- Broken and hostile ---- */

static void other_documents_are_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "", " ", "rsl", "<html><body>not found</body></html>", "<!DOCTYPE html><title>x</title>",
        "<rsl xmlns=\"https://rslstandard.org/rsl/\"><content url=\"/\"/></rsl>",
        "<rsl xmlns=\"http://rslstandard.org/rsl\"><content url=\"/\"/></rsl>",
        "<rsl " NS "/>", "<content " NS " url=\"/\"><license/></content>", "{\"rsl\":1}",
        DOCUMENT("<content url=\"/\"><license></content>"), DOCUMENT("<content url=\"/\"/>") "x",
        DOCUMENT("<content url=\"/\"/>") "<rsl/>", DOCUMENT("<content url=\"/\"/>&nbsp;"),
        "<r:rsl><content url=\"/\"/></r:rsl>",
        DOCUMENT("<content url=\"/\" url=\"/\"/>"), DOCUMENT("<content url=\"&lt\"/>"),
        "<?xml version=\"1.0\" encoding=\"klingon\"?>" DOCUMENT("<content url=\"/\"/>"),
        LICENCE(USAGE("permits", "\xff\xfe")),
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (parse(refused[i]) != OPTOUT_E_SYNTAX)
            fail_msg("not refused: %s", refused[i]);
        assert_int_equal(rules.n_rules, 0);
    }
}

static void a_root_without_a_name_space_is_lax(void **state)
{
    (void)state;
    assert_int_equal(parse("\n <rsl><content url=\"/\"><license>" USAGE("permits", "search")
                           "</license></content></rsl>"), OPTOUT_OK);
    expect_prefs(&rules.rule[0].prefs, "--nny", "bare");
    assert_int_equal(rules.rule[0].confidence, CONF_LAX);
    assert_int_equal(rules.rule[0].line, 2);
    assert_int_equal(parse("<r:rsl xmlns:r=\"https://rslstandard.org/rsl\"><r:content url=\"/\">"
                           "<r:license><r:permits type=\"usage\">search</r:permits></r:license>"
                           "</r:content></r:rsl>"), OPTOUT_OK);
    expect_prefs(&rules.rule[0].prefs, "--nny", "prefixed");
    assert_int_equal(rules.rule[0].confidence, CONF_EXACT);
}

static void document_types_and_entities_are_refused(void **state)
{
    (void)state;
    static const char *const types[] = {
        "<!DOCTYPE rsl>", "<!DOCTYPE rsl SYSTEM \"file:///etc/passwd\">",
        "<!DOCTYPE rsl PUBLIC \"x\" \"http://127.0.0.1/x.dtd\">",
        "<!DOCTYPE rsl [<!ENTITY a \"all\">]>",
        "<!DOCTYPE rsl [<!ENTITY a SYSTEM \"/etc/passwd\">]>",
        "<!DOCTYPE rsl [<!ENTITY % p SYSTEM \"file:///etc/passwd\"> %p;]>",
        "<!DOCTYPE rsl [<!ATTLIST content url CDATA \"/\">]>",
        "<!DOCTYPE rsl [<!ENTITY b \"xxxxxxxxxx\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"
        "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;\">"
        "<!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\"><!ENTITY a \"&f;&f;&f;&f;&f;&f;&f;&f;\">]>",
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s" LICENCE(USAGE("permits", "%s")), types[i], "&a;");
        assert_int_equal(parse(text), OPTOUT_E_SYNTAX);
        snprintf(text, sizeof text, "%s" LICENCE(USAGE("permits", "all")), types[i]);
        assert_int_equal(parse(text), OPTOUT_E_SYNTAX);
        assert_int_equal(rules.n_rules, 0);
    }
}

static void utf_16_is_read(void **state)
{
    (void)state;
    static const char text[] = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>"
                               LICENCE(USAGE("prohibits", "ai-train"));
    uint8_t wide[2 * sizeof text + 2];
    for (int big = 0; big < 2; big++) {
        size_t n = 0;
        wide[n++] = big ? 0xFE : 0xFF;
        wide[n++] = big ? 0xFF : 0xFE;
        for (size_t i = 0; i + 1 < sizeof text; i++) {
            wide[n++] = big ? 0 : (uint8_t)text[i];
            wide[n++] = big ? (uint8_t)text[i] : 0;
        }
        assert_int_equal(parse_bytes(wide, n), OPTOUT_OK);
        expect_prefs(&rules.rule[0].prefs, "--n--", "UTF-16");
        assert_int_equal(parse_bytes(wide, n - 2), OPTOUT_E_SYNTAX);
    }
    assert_int_equal(parse("\xEF\xBB\xBF" LICENCE(USAGE("prohibits", "ai-train"))), OPTOUT_OK);
    expect_prefs(&rules.rule[0].prefs, "--n--", "UTF-8 with its mark");
}

static void a_document_that_is_cut_says_nothing(void **state)
{
    (void)state;
    static const char text[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                               DOCUMENT("<content url=\"/\"><license>" USAGE("permits", "all")
                                        USAGE("prohibits", "ai-train") "<payment type=\"free\"/>"
                                        "</license></content><content url=\"/b\"><license/>"
                                        "</content><!-- end -->");
    for (size_t n = 0; n + 1 < sizeof text; n++) {
        assert_int_equal(parse_bytes(text, n), OPTOUT_E_SYNTAX);
        assert_int_equal(rules.n_rules, 0);
    }
    assert_int_equal(parse_bytes(text, sizeof text - 1), OPTOUT_OK);
    assert_int_equal(rules.n_rules, 2);
}

/* "<a>" n times in a content element, closed again. */
static enum optout_rc parse_nested(size_t n)
{
    struct buf b;
    buf_init(&b, 64u << 20);
    buf_puts(&b, "<rsl " NS "><content url=\"/\"><license/>");
    for (size_t i = 0; i < n; i++)
        buf_puts(&b, "<x:a xmlns:x=\"u\">");
    for (size_t i = 0; i < n; i++)
        buf_puts(&b, "</x:a>");
    buf_puts(&b, "</content></rsl>");
    assert_int_equal(b.failed, OPTOUT_OK);
    enum optout_rc rc = parse_bytes(b.p, b.n);
    buf_free(&b);
    return rc;
}

static void depth_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(parse_nested(XML_SAX_DEPTH_MAX - 2), OPTOUT_OK);
    assert_int_equal(parse_nested(XML_SAX_DEPTH_MAX - 1), OPTOUT_E_LIMIT);
    assert_int_equal(parse_nested(40000), OPTOUT_E_LIMIT);
    assert_int_equal(parse_nested((10u << 20) / 22), OPTOUT_E_LIMIT);
    assert_int_equal(rules.n_rules, 0);
}

/* The head, `piece` n times, the tail. */
static enum optout_rc parse_repeated(const char *head, const char *piece, size_t n,
                                     const char *tail)
{
    struct buf b;
    buf_init(&b, 64u << 20);
    buf_puts(&b, head);
    for (size_t i = 0; i < n; i++) {
        const char *mark = strchr(piece, '#');
        buf_append(&b, piece, mark ? (size_t)(mark - piece) : strlen(piece));
        if (mark)
            buf_printf(&b, "%zu%s", i, mark + 1);
    }
    buf_puts(&b, tail);
    enum optout_rc rc = parse_bytes(b.p, b.n);
    buf_free(&b);
    return rc;
}

static void floods_are_bounded(void **state)
{
    (void)state;
    static const char head[] = "<rsl " NS "><content url=\"/\"><license ", tail[] =
        "/></content></rsl>";
    static const char open[] = "<rsl " NS ">", close[] = "</rsl>";
    assert_int_equal(parse_repeated(head, " a#=\"\"", XML_SAX_ATTRS_MAX, tail), OPTOUT_OK);
    assert_int_equal(parse_repeated(head, " a#=\"\"", XML_SAX_ATTRS_MAX + 1, tail), OPTOUT_E_LIMIT);
    assert_int_equal(parse_repeated(head, " a#=\"\"", 90000, tail), OPTOUT_E_LIMIT);
    assert_int_equal(parse_repeated(head, " xmlns:a#=\"u\"", XML_SAX_NAMESPACES_MAX, tail),
                     OPTOUT_OK);
    assert_int_equal(parse_repeated(head, " xmlns:a#=\"u\"", 50000, tail), OPTOUT_E_LIMIT);
    assert_int_equal(parse_repeated(open, "<content url=\"/#\"/>", 4096, close), OPTOUT_OK);
    assert_int_equal(rules.n_rules, 4096);
    assert_int_equal(parse_repeated(open, "<content url=\"/#\"/>", 4097, close), OPTOUT_E_LIMIT);
    assert_int_equal(rules.n_rules, 0);
    assert_int_equal(parse_repeated("<rsl " NS "><content url=\"/\"><license>"
                                    "<permits type=\"usage\">", "search ", 20000,
                                    "</permits></license></content></rsl>"), OPTOUT_E_LIMIT);
    /* A long comment is no text of ours, but a token that must be held. */
    assert_int_equal(parse_repeated("<rsl " NS "><!--", "x", 20000,
                                    "--><content url=\"/\"/></rsl>"), OPTOUT_OK);
    assert_int_equal(parse_repeated("<rsl " NS "><!--", "x", 200000,
                                    "--><content url=\"/\"/></rsl>"), OPTOUT_E_LIMIT);
    assert_int_equal(parse_repeated(open, " ", SITE_FILE_MAX, close), OPTOUT_E_LIMIT);
}

static void used_up_memory_is_told(void **state)
{
    (void)state;
    static const char text[] = LICENCE(USAGE("permits", "search"));
    struct arena small;
    for (size_t limit = 0; limit < 16384; limit += 512) {
        arena_init(&small, limit, NULL, 0);
        site_rules_init(&rules, &small);
        enum optout_rc rc = rsl_document_parse(slice_cstr(text), SLICE_EMPTY, &rules);
        assert_true(rc == OPTOUT_OK || rc == OPTOUT_E_NOMEM);
        assert_int_equal(rules.n_rules, rc == OPTOUT_OK);
        arena_reset(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clauses_mean_what_they_say),
        cmocka_unit_test(a_server_or_a_key_is_a_condition),
        cmocka_unit_test(a_content_without_a_licence_licenses_nothing),
        cmocka_unit_test(licences_hold_for_whom_they_name),
        cmocka_unit_test(alternatives_suffice_each),
        cmocka_unit_test(what_one_prohibits_none_permits),
        cmocka_unit_test(urls_become_patterns),
        cmocka_unit_test(fields_are_filled),
        cmocka_unit_test(max_age_is_days),
        cmocka_unit_test(the_narrower_content_speaks),
        cmocka_unit_test(licences_of_one_content_are_alternatives),
        cmocka_unit_test(a_script_is_about_the_page_it_names),
        cmocka_unit_test(a_script_that_permits_other_urls_says_nothing),
        cmocka_unit_test(other_documents_are_refused),
        cmocka_unit_test(a_root_without_a_name_space_is_lax),
        cmocka_unit_test(document_types_and_entities_are_refused),
        cmocka_unit_test(utf_16_is_read),
        cmocka_unit_test(a_document_that_is_cut_says_nothing),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(floods_are_bounded),
        cmocka_unit_test(used_up_memory_is_told),
    };
    arena_init(&arena, 64u << 20, NULL, 0);
    int failed = cmocka_run_group_tests_name("rsl_document", tests, NULL, NULL);
    arena_reset(&arena);
    return failed;
}
