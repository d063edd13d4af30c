/* SPDX-License-Identifier: Apache-2.0 */
/* What compiled rules say: RFC 9309 and the standards that lean on it. */
#include "rules_fixture.h"

#define BOT "examplebot"

static void a_named_group_stands_alone(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    group(&f, BOT);
    disallow(&f, "/a");
    group(&f, "*");
    disallow(&f, "/");
    assert_true(may(&f, BOT, "/b"));
    assert_false(f.v.access_found);
    assert_slice(f.v.group, BOT);
    assert_int_equal(f.s.n, 0);
    assert_false(may(&f, BOT, "/a/1"));
    assert_int_equal(f.v.access_line, 2);
    assert_int_equal(f.s.n, 1);
    assert_slice(f.s.v[0].agent, BOT);
    assert_int_equal(f.s.v[0].standard, STD_ROBOTS_TXT);
    assert_int_equal(f.s.v[0].carrier, CARRIER_SITE_FILE);
    assert_int_equal(f.s.v[0].scope, SCOPE_PATH);
    assert_int_equal(f.s.v[0].place_kind, PLACE_LINE);
    assert_int_equal(f.s.v[0].at, 2);
    assert_int_equal(f.s.v[0].prefs.of[USAGE_ACQUIRE], PREF_DENY);
    assert_false(may(&f, "otherbot", "/b"));
    assert_slice(f.v.group, "*");
    assert_slice(f.s.v[0].agent, "");
    assert_int_equal(f.s.v[0].scope, SCOPE_SITE);
    assert_false(may(&f, NULL, "/b"));
    assert_true(may(&f, NULL, "/robots.txt"));
    assert_int_equal(f.s.n, 0);
    fixture_close(&f);
}

static void groups_of_one_token_are_merged(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    group(&f, BOT);
    disallow(&f, "/a");
    group(&f, "gptbot,ccbot");
    disallow(&f, "/");
    group(&f, "otherbot,examplebot");
    disallow(&f, "/b");
    assert_false(may(&f, BOT, "/a/1"));
    assert_false(may(&f, BOT, "/b/1"));
    assert_true(may(&f, BOT, "/c"));
    assert_true(may(&f, "otherbot", "/a/1"));
    assert_false(may(&f, "otherbot", "/b/1"));
    assert_false(may(&f, "ccbot", "/"));
    fixture_close(&f);
}

static void a_group_without_rules_allows(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    group(&f, "*");
    disallow(&f, "/");
    group(&f, BOT);
    assert_true(may(&f, BOT, "/x"));
    assert_false(may(&f, "zbot", "/x"));
    assert_false(may(&f, "zbot," BOT, "/x")); /* the stricter of two own tokens */
    assert_false(may(&f, BOT ",zbot", "/x"));
    assert_slice(f.v.group, "*");
    fixture_close(&f);
}

static void the_longest_wins_and_allow_wins_ties(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    group(&f, "*");
    allow(&f, "/p");
    disallow(&f, "/");
    disallow(&f, "/x");
    allow(&f, "/x");
    disallow(&f, "/*.php$");
    disallow(&f, "/p%61ge/caf%c3%a9");
    allow(&f, "/q");
    disallow(&f, "/q*z"); /* heavier than its key */
    assert_true(may(&f, NULL, "/page"));
    assert_false(may(&f, NULL, "/page/caf\xc3\xa9"));
    assert_true(may(&f, NULL, "/x"));
    assert_int_equal(f.v.access_line, 5);
    assert_false(may(&f, NULL, "/i.php"));
    assert_false(may(&f, NULL, "/i.php?x")); /* by "/" */
    assert_int_equal(f.v.access_line, 3);
    assert_true(may(&f, NULL, "/qx"));
    assert_false(may(&f, NULL, "/qxz"));
    fixture_close(&f);
}

static void forms_of_a_path_meet(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    group(&f, "*");
    disallow(&f, "/a%3cd");
    disallow(&f, "/%62ook");
    disallow(&f, "/foo");
    disallow(&f, "/i*.php$");
    assert_false(may(&f, NULL, "/a%3Cd"));
    assert_false(may(&f, NULL, "/book"));
    assert_true(may(&f, NULL, "/Foo"));
    assert_false(may(&f, NULL, "/i.php"));
    assert_true(may(&f, NULL, "/i.php?x"));
    fixture_close(&f);
}

/* What a managed prefix does to the origin's own group: merged, tie, allowed. */
static void a_merged_tie_allows(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    assert_true(may(&f, BOT, "/any")); /* no rules at all */
    assert_false(f.v.access_found);
    fixture_close(&f);
    fixture_open(&f);
    group(&f, "*");
    allow(&f, "/");
    group(&f, "*");
    disallow(&f, "/");
    assert_true(may(&f, NULL, "/"));
    assert_true(f.v.access_found);
    fixture_close(&f);
}

static void usage_lines_of_aipref(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    rule(&f, RULE_USAGE, "", USAGE_SEARCH, PREF_ALLOW)->confidence = CONF_WEAK; /* file-wide */
    group(&f, "*");
    allow(&f, "/");
    disallow(&f, "/never/");
    rule(&f, RULE_USAGE, "", USAGE_TRAIN_AI, PREF_DENY);
    rule(&f, RULE_USAGE, "/ai-ok/", USAGE_TRAIN_AI, PREF_ALLOW);
    rule(&f, RULE_USAGE, "/both", USAGE_TRAIN_AI, PREF_ALLOW);
    rule(&f, RULE_USAGE, "/both", USAGE_TRAIN_AI, PREF_DENY);
    rule(&f, RULE_USAGE, "/d/*.pdf$", USAGE_AI_USE, PREF_DENY);
    group(&f, "namedbot");
    allow(&f, "/");
    assert_int_equal(says(&f, BOT, "/test", USAGE_TRAIN_AI), PREF_DENY);
    assert_int_equal(f.s.v[1].standard, STD_AIPREF);
    assert_int_equal(says(&f, BOT, "/never/test", USAGE_TRAIN_AI), PREF_UNKNOWN);
    assert_false(f.v.allowed);
    assert_int_equal(says(&f, BOT, "/ai-ok/test", USAGE_TRAIN_AI), PREF_ALLOW);
    assert_int_equal(says(&f, BOT, "/both/x", USAGE_TRAIN_AI), PREF_DENY);
    assert_int_equal(f.s.n, 3);
    assert_int_equal(says(&f, BOT, "/d/x.pdf", USAGE_AI_USE), PREF_DENY);
    assert_int_equal(says(&f, BOT, "/d/x.pdf?v=1", USAGE_AI_USE), PREF_UNKNOWN);
    /* An own group hides `*`; what stands outside of groups is the default. */
    assert_int_equal(says(&f, "namedbot", "/test", USAGE_TRAIN_AI), PREF_UNKNOWN);
    assert_int_equal(f.s.v[1].prefs.of[USAGE_SEARCH], PREF_ALLOW);
    assert_int_equal(f.s.v[1].confidence, CONF_WEAK);
    assert_int_equal(f.v.prefs.of[USAGE_SEARCH], PREF_UNKNOWN); /* weak ones are left out */
    assert_int_equal(f.v.prefs.of[USAGE_ACQUIRE], PREF_ALLOW);
    fixture_close(&f);
}

static void content_signals_fall_back(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    rule(&f, RULE_CONTENT_SIGNAL, "", USAGE_SEARCH, PREF_ALLOW);
    group(&f, "*");
    rule(&f, RULE_CONTENT_SIGNAL, "/blog/", USAGE_TRAIN_AI, PREF_DENY);
    rule(&f, RULE_AI_TRAINING, "/", USAGE_TRAIN_AI, PREF_DENY);
    rule(&f, RULE_AI_TRAINING, "/open/", USAGE_TRAIN_AI, PREF_ALLOW);
    group(&f, "gptbot");
    allow(&f, "/");
    rule(&f, RULE_AI_TRAINING, "/open/", USAGE_TRAIN_AI, PREF_DENY);
    assert_int_equal(says(&f, "gptbot", "/blog/x", USAGE_TRAIN_AI), PREF_DENY);
    assert_int_equal(f.s.n, 3); /* Allow, the `*` signal, DisallowAITraining of `*` */
    assert_slice(f.s.v[1].agent, "");
    assert_int_equal(f.s.v[1].standard, STD_CONTENT_SIGNALS);
    assert_int_equal(says(&f, "gptbot", "/shop", USAGE_SEARCH), PREF_ALLOW);
    assert_int_equal(says(&f, "gptbot", "/open/x", USAGE_TRAIN_AI), PREF_DENY);
    assert_int_equal(says(&f, BOT, "/open/x", USAGE_TRAIN_AI), PREF_ALLOW);
    assert_int_equal(says(&f, BOT, "/shop", USAGE_TRAIN_AI), PREF_DENY);
    /* Two tokens that share a fallback are told once. */
    assert_int_equal(ask_for(&f, "abot,bbot,gptbot", "/blog/x"), OPTOUT_OK);
    assert_int_equal(f.s.n, 3);
    fixture_close(&f);
}

static void opt_out_tokens_deny_usages(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    group(&f, "*");
    disallow(&f, "/");
    group(&f, BOT);
    allow(&f, "/");
    group(&f, "google-extended");
    disallow(&f, "/x");
    assert_int_equal(says(&f, BOT, "/x", USAGE_TRAIN_AI), PREF_UNKNOWN); /* not honoured */
    assert_int_equal(says(&f, BOT ",google-extended", "/x", USAGE_TRAIN_AI), PREF_DENY);
    assert_int_equal(f.v.prefs.of[USAGE_AI_USE], PREF_DENY);
    assert_int_equal(f.v.prefs.of[USAGE_ACQUIRE], PREF_ALLOW);
    assert_true(f.v.allowed);
    assert_slice(f.s.v[1].agent, "google-extended");
    assert_string_equal(f.s.v[1].note, "opt-out token");
    assert_int_equal(says(&f, BOT ",google-extended", "/y", USAGE_TRAIN_AI), PREF_UNKNOWN);
    /* One that the file does not name is no crawler either: never `*`. */
    assert_true(may(&f, BOT ",applebot-extended", "/x"));
    assert_int_equal(f.s.n, 1);
    f.q.all_tokens = true;
    assert_int_equal(says(&f, BOT, "/x", USAGE_TRAIN_AI), PREF_DENY);
    fixture_close(&f);
}

static void policy_tokens_speak_to_everybody(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    group(&f, "machinelearning");
    disallow(&f, "/");
    allow(&f, "/open");
    assert_int_equal(says(&f, BOT, "/x", USAGE_TDM), PREF_DENY);
    assert_slice(f.s.v[0].agent, "");
    assert_true(f.v.allowed);
    assert_int_equal(f.v.prefs.of[USAGE_ACQUIRE], PREF_UNKNOWN);
    assert_int_equal(says(&f, BOT, "/open", USAGE_TDM), PREF_UNKNOWN);
    fixture_close(&f);
    fixture_open(&f);
    group(&f, "machinelearningforpeacebot");
    disallow(&f, "/");
    assert_int_equal(ask_for(&f, BOT, "/x"), OPTOUT_OK);
    assert_int_equal(f.s.n, 0);
    fixture_close(&f);
}

static void refused_training_crawlers_are_counted(void **state)
{
    (void)state;
    static const struct slice catalogue = SLICE("gptbot\ttrain\t-\tA\tx\n"
                                                "ccbot\ttrain\t-\tB\tx\n"
                                                "claudebot\ttrain\t-\tC\tx\n"
                                                "searchbot\tsearch\t-\tD\tx\n");
    struct fixture f;
    unsigned line;
    const char *why = NULL;
    fixture_open(&f);
    if (agents_parse_text(catalogue, &f.agents, &line, &why) != OPTOUT_OK)
        fail_msg("catalogue: %s", why);
    group(&f, "gptbot,searchbot,ccbot");
    disallow(&f, "/");
    group(&f, "claudebot");
    disallow(&f, "/private");
    group(&f, "gptbot");
    disallow(&f, "/also");
    assert_int_equal(ask_for(&f, BOT, "/x"), OPTOUT_OK);
    assert_int_equal(f.v.training_refused, 2);
    assert_int_equal(f.s.n, 1);
    assert_true(prefs_empty(&f.s.v[0].prefs));
    assert_int_equal(f.s.v[0].confidence, CONF_WEAK);
    assert_slice(f.s.v[0].raw, "2 training crawlers");
    assert_int_equal(f.s.v[0].scope, SCOPE_SITE);
    assert_int_equal(ask_for(&f, "gptbot", "/x"), OPTOUT_OK); /* it is meant itself */
    assert_int_equal(f.s.n, 1);
    assert_int_equal(f.s.v[0].confidence, CONF_EXACT);
    /* by the path, and from so many on a weak denial */
    assert_int_equal(ask_for(&f, BOT, "/private/x"), OPTOUT_OK);
    assert_int_equal(f.v.training_refused, 3);
    assert_slice(f.s.v[0].raw, "3 training crawlers");
    assert_int_equal(f.s.v[0].scope, SCOPE_PATH);
    f.q.others = 3;
    assert_int_equal(ask_for(&f, BOT, "/x"), OPTOUT_OK);
    assert_true(prefs_empty(&f.s.v[0].prefs));
    assert_int_equal(ask_for(&f, BOT, "/private/x"), OPTOUT_OK);
    assert_int_equal(f.s.n, 1);
    assert_int_equal(f.s.v[0].prefs.of[USAGE_TRAIN_AI], PREF_DENY);
    assert_int_equal(f.s.v[0].confidence, CONF_WEAK);
    fixture_close(&f);
}

static void names_in_a_list_are_counted_once(void **state)
{
    (void)state;
    static const struct slice catalogue = SLICE("gptbot\ttrain\t-\tA\tx\n"
                                                "brightbot\ttrain\t-\tB\tx\n"
                                                "brightbot 1.0\ttrain\t-\tB\tx\n"
                                                "ccbot\ttrain\t-\tC\tx\n");
    struct fixture f;
    unsigned line;
    const char *why = NULL;
    fixture_open(&f);
    if (agents_parse_text(catalogue, &f.agents, &line, &why) != OPTOUT_OK)
        fail_msg("catalogue: %s", why);
    group(&f, "brightbot 1.0");
    site_rules_loose_agent(&f.r, SLICE_OF("brightbot"), 1);
    site_rules_agent(&f.r, SLICE_OF("gptbot, ccbot"), 2);
    site_rules_loose_agent(&f.r, SLICE_OF("gptbot"), 2);
    site_rules_loose_agent(&f.r, SLICE_OF("ccbot"), 2);
    disallow(&f, "/");
    assert_int_equal(ask_for(&f, BOT, "/x"), OPTOUT_OK);
    assert_int_equal(f.v.training_refused, 3);
    assert_int_equal(ask_for(&f, "brightbot", "/x"), OPTOUT_OK);
    assert_false(f.v.allowed);
    assert_int_equal(f.s.v[0].confidence, CONF_LAX);
    fixture_close(&f);
}

static void tdmrep_takes_the_first(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    rule(&f, RULE_TDM, "/img/*.jpg", USAGE_TDM, PREF_DENY)->url = SLICE_OF("https://x/p.json");
    rule(&f, RULE_TDM, "/open/", USAGE_TDM, PREF_ALLOW);
    rule(&f, RULE_TDM, "/", USAGE_TDM, PREF_DENY);
    rule(&f, RULE_TDM, "/shut/open/", USAGE_TDM, PREF_ALLOW);
    assert_int_equal(says(&f, BOT, "/open/x", USAGE_TDM), PREF_ALLOW);
    assert_int_equal(says(&f, BOT, "/shut/open/x", USAGE_TDM), PREF_DENY);
    assert_int_equal(says(&f, BOT, "/img/x.jpgx?v=2", USAGE_TDM), PREF_DENY);
    assert_int_equal(f.s.n, 1);
    assert_int_equal(f.s.v[0].standard, STD_TDMREP);
    assert_slice(f.s.v[0].url, "https://x/p.json");
    assert_slice(f.v.url, "https://x/p.json");
    assert_int_equal(f.v.first_line, 1);
    fixture_close(&f);
    fixture_open(&f);
    rule(&f, RULE_TDM, "/*.pdf$", USAGE_TDM, PREF_DENY);
    assert_int_equal(says(&f, BOT, "/x.pdf?dl=1", USAGE_TDM), PREF_UNKNOWN);
    assert_int_equal(says(&f, BOT, "/x.pdf", USAGE_TDM), PREF_DENY);
    fixture_close(&f);
}

static void file_types_and_policies(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    group(&f, "*");
    rule(&f, RULE_FILE_TYPE, "*.html", USAGE_TRAIN_AI, PREF_ALLOW)->weight = 1000;
    rule(&f, RULE_FILE_TYPE, "*.jpg", USAGE_TRAIN_AI, PREF_DENY)->weight = 1000;
    rule(&f, RULE_FILE_TYPE, "/", USAGE_TRAIN_AI, PREF_DENY);
    assert_int_equal(says(&f, BOT, "/x.html", USAGE_TRAIN_AI), PREF_ALLOW);
    assert_int_equal(says(&f, BOT, "/x.jpg", USAGE_TRAIN_AI), PREF_DENY);
    assert_int_equal(says(&f, BOT, "/x", USAGE_TRAIN_AI), PREF_DENY);
    assert_int_equal(f.s.v[0].standard, STD_AI_TXT);
    fixture_close(&f);
    fixture_open(&f);
    rule(&f, RULE_AI_POLICY, "", USAGE_TRAIN_AI, PREF_DENY);
    rule(&f, RULE_TRUST, "", USAGE_TRAIN_AI, PREF_CONDITIONAL);
    group(&f, "gptbot");
    rule(&f, RULE_AI_POLICY, "", USAGE_TRAIN_AI, PREF_ALLOW);
    assert_int_equal(says(&f, BOT, "/x", USAGE_TRAIN_AI), PREF_DENY);
    assert_int_equal(f.s.n, 2);
    assert_int_equal(says(&f, "gptbot", "/x", USAGE_TRAIN_AI), PREF_CONDITIONAL);
    fixture_close(&f);
}

static void licence_lines(void **state)
{
    (void)state;
    struct fixture f;
    struct slice url[4];
    fixture_open(&f);
    rule(&f, RULE_LICENSE, "", USAGE_TDM, PREF_UNKNOWN)->url = SLICE_OF("https://x/all.xml");
    group(&f, "gptbot");
    rule(&f, RULE_LICENSE, "", USAGE_TDM, PREF_UNKNOWN)->url = SLICE_OF("https://x/gpt.xml");
    assert_int_equal(ask_for(&f, "gptbot", "/x"), OPTOUT_OK);
    assert_int_equal(f.s.n, 1);
    assert_slice(f.s.v[0].url, "https://x/gpt.xml");
    assert_int_equal(f.s.v[0].standard, STD_RSL);
    assert_true(prefs_empty(&f.s.v[0].prefs));
    assert_int_equal(f.v.license_lines, 1);
    assert_int_equal(ask_for(&f, BOT, "/x"), OPTOUT_OK);
    assert_slice(f.s.v[0].url, "https://x/all.xml");
    assert_int_equal(compiled_licenses(buf_slice(&f.b), url, 4), 2);
    assert_slice(url[0], "https://x/all.xml");
    assert_true(url[1].p > f.b.p && url[1].p < f.b.p + f.b.n);
    assert_int_equal(compiled_licenses(buf_slice(&f.b), url, 1), 1);
    fixture_close(&f);
}

static struct site_rule *licence(struct fixture *f, const char *pattern, uint32_t content,
                                 enum preference train, enum preference input)
{
    struct site_rule *r = rule(f, RULE_RSL, pattern, USAGE_TRAIN_AI, train);
    r->prefs.of[USAGE_AI_USE] = (uint8_t)input;
    r->content = content;
    return r;
}

static void rsl_takes_the_narrowest(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    licence(&f, "/a/*", 0, PREF_DENY, PREF_DENY);
    licence(&f, "/a/b/", 1, PREF_ALLOW, PREF_DENY);
    licence(&f, "/two", 2, PREF_ALLOW, PREF_DENY); /* alternatives */
    licence(&f, "/two", 2, PREF_DENY, PREF_ALLOW);
    licence(&f, "/far", 3, PREF_ALLOW, PREF_ALLOW);
    licence(&f, "/far", 4, PREF_DENY, PREF_ALLOW); /* of two contents both hold */
    licence(&f, "/a/b/c", 5, PREF_DENY, PREF_DENY)->origin = SLICE_OF("https://other.example");
    assert_int_equal(says(&f, BOT, "/a/b/x", USAGE_TRAIN_AI), PREF_ALLOW);
    assert_int_equal(says(&f, BOT, "/a/b/c", USAGE_TRAIN_AI), PREF_ALLOW);
    assert_int_equal(says(&f, BOT, "/a/x", USAGE_TRAIN_AI), PREF_DENY);
    assert_int_equal(says(&f, BOT, "/two", USAGE_TRAIN_AI), PREF_ALLOW);
    assert_int_equal(f.s.n, 1);
    assert_int_equal(f.s.v[0].prefs.of[USAGE_AI_USE], PREF_ALLOW);
    assert_int_equal(says(&f, BOT, "/far", USAGE_TRAIN_AI), PREF_DENY);
    assert_int_equal(f.s.n, 2);
    f.q.origin = SLICE_OF("https://other.example");
    assert_int_equal(says(&f, BOT, "/a/b/c", USAGE_TRAIN_AI), PREF_DENY);
    fixture_close(&f);
}

/* What one licence prohibits none permits, and that licence says so. */
static void rsl_prohibitions_defeat_grants(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 2; order++) {
        struct fixture f;
        fixture_open(&f);
        for (unsigned i = 0; i < 2; i++) {
            bool grants = i == order;
            struct site_rule *r = licence(&f, "/a", 0, grants ? PREF_ALLOW : PREF_DENY,
                                          grants ? PREF_ALLOW : PREF_UNKNOWN);
            r->line = grants ? 4 : 7;
            r->usage_prohibits = grants ? 0 : usage_bit(USAGE_TRAIN_AI);
            r->user_permits = grants ? 0 : 1u << RSL_USER_PERSONAL;
        }
        f.q.user = RSL_USER_PERSONAL;
        assert_int_equal(says(&f, BOT, "/a", USAGE_TRAIN_AI), PREF_DENY);
        assert_int_equal(f.s.n, 2);
        assert_int_equal(f.s.v[0].at, 4);
        assert_int_equal(f.s.v[0].prefs.of[USAGE_TRAIN_AI], PREF_UNKNOWN);
        assert_int_equal(f.s.v[0].prefs.of[USAGE_AI_USE], PREF_ALLOW);
        assert_int_equal(f.s.v[1].at, 7);
        assert_int_equal(f.s.v[1].prefs.of[USAGE_TRAIN_AI], PREF_DENY);
        assert_int_equal(f.s.v[1].prefs.of[USAGE_AI_USE], PREF_UNKNOWN);
        assert_int_equal(f.v.first_line, 7);
        f.q.user = RSL_USER_COMMERCIAL; /* it is surely for others */
        assert_int_equal(says(&f, BOT, "/a", USAGE_TRAIN_AI), PREF_ALLOW);
        assert_int_equal(f.s.n, 1);
        f.q.user = RSL_USER_COUNT; /* for whom is not told */
        assert_int_equal(says(&f, BOT, "/a", USAGE_TRAIN_AI), PREF_DENY);
        fixture_close(&f);
    }
}

static void notes_outlive_the_bytes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    rule(&f, RULE_HINT, "", USAGE_TDM, PREF_DENY)->note = "misplaced";
    struct site_rule *r = rule(&f, RULE_HINT, "/", USAGE_SEARCH, PREF_DENY);
    r->note = "invented";
    r->confidence = CONF_WEAK;
    r->property = 7;
    assert_int_equal(ask_for(&f, NULL, "/x"), OPTOUT_OK);
    memset(f.b.p, 0xff, f.b.n);
    assert_int_equal(f.s.n, 2);
    assert_string_equal(f.s.v[0].note, "misplaced");
    assert_string_equal(f.s.v[1].note, "invented");
    assert_int_equal(f.s.v[1].confidence, CONF_WEAK);
    assert_int_equal(f.s.v[1].property, 7);
    assert_slice(f.s.v[1].raw, "/");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_named_group_stands_alone),
        cmocka_unit_test(groups_of_one_token_are_merged),
        cmocka_unit_test(a_group_without_rules_allows),
        cmocka_unit_test(the_longest_wins_and_allow_wins_ties),
        cmocka_unit_test(forms_of_a_path_meet),
        cmocka_unit_test(a_merged_tie_allows),
        cmocka_unit_test(usage_lines_of_aipref),
        cmocka_unit_test(content_signals_fall_back),
        cmocka_unit_test(opt_out_tokens_deny_usages),
        cmocka_unit_test(policy_tokens_speak_to_everybody),
        cmocka_unit_test(refused_training_crawlers_are_counted),
        cmocka_unit_test(names_in_a_list_are_counted_once),
        cmocka_unit_test(tdmrep_takes_the_first),
        cmocka_unit_test(file_types_and_policies),
        cmocka_unit_test(licence_lines),
        cmocka_unit_test(rsl_takes_the_narrowest),
        cmocka_unit_test(rsl_prohibitions_defeat_grants),
        cmocka_unit_test(notes_outlive_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
