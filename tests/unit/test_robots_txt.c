/* SPDX-License-Identifier: Apache-2.0 */
/* What robots.txt says: the vectors of tests/conformance/robots, then what they
 * cannot tell (places, notes, confidence, limits), and the agents' catalogue. */
#include "unit.h"

#include "robots_fixture.h"

#include "core/buf.h"

static struct site_rules parsed(struct arena *a, struct slice text, enum optout_rc want)
{
    struct site_rules r;
    *a = test_arena();
    site_rules_init(&r, a);
    assert_int_equal(robots_txt_parse(text, &r), want);
    return r;
}

/* ---- vectors ---- */

struct vector {
    const char *file;
    unsigned line;
    char title[160];
    struct buf text;
    bool open; /* the file has been parsed */
    struct robots robots;
};

static unsigned asked, failed;

static void complain(const struct vector *v, unsigned line, const char *what, struct slice about)
{
    printf("# %s:%u: %s: %s: %.*s\n", v->file, line, v->title, what, SLICE_FMT(about));
    failed++;
}

static int hex(uint8_t c)
{
    c = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \t \n \r \\ and \xHH. */
static bool unescape(struct buf *out, struct slice s)
{
    static const char names[] = "tnr\\", bytes[] = "\t\n\r\\";
    for (size_t i = 0; i < s.n; i++) {
        const char *name = NULL;
        if (s.p[i] != '\\') {
            buf_putc(out, (char)s.p[i]);
        } else if (i + 3 < s.n && s.p[i + 1] == 'x' && hex(s.p[i + 2]) >= 0 &&
                   hex(s.p[i + 3]) >= 0) {
            buf_putc(out, (char)(hex(s.p[i + 2]) * 16 + hex(s.p[i + 3])));
            i += 3;
        } else if (i + 1 < s.n && s.p[i + 1] && (name = strchr(names, s.p[i + 1]))) {
            buf_putc(out, bytes[name - names]);
            i++;
        } else {
            return false;
        }
    }
    return true;
}

static struct slice word(struct slice *rest)
{
    *rest = slice_trim_ows(*rest);
    struct slice w = slice_sub(*rest, 0, slice_find(*rest, ' '));
    *rest = slice_from(*rest, w.n);
    return w;
}

static bool read_prefs(struct slice text, struct prefs *p)
{
    *p = (struct prefs){ { 0 } };
    for (struct slice w = word(&text); w.n; w = word(&text)) {
        enum usage u;
        size_t eq = slice_find(w, '=');
        bool found = false;
        if (!usage_from_name(slice_sub(w, 0, eq), &u))
            return false;
        for (unsigned k = PREF_ALLOW; k < PREF_COUNT && !found; k++)
            if (slice_eq(slice_from(w, eq + 1), slice_cstr(preference_name((enum preference)k)))) {
                p->of[u] = (uint8_t)k;
                found = true;
            }
        if (!found)
            return false;
    }
    return true;
}

static void open_vector(struct vector *v)
{
    if (v->open)
        return;
    robots_open(&v->robots, v->text.p ? buf_slice(&v->text) : SLICE_OF(""));
    v->open = true;
}

static void ask(struct vector *v, unsigned line, struct slice text)
{
    struct slice whole = text, agent = word(&text), path = word(&text), access = word(&text);
    struct buf a, p;
    struct prefs want;
    struct robots_answer got;
    buf_init(&a, 4096);
    buf_init(&p, 4096);
    asked++;
    open_vector(v);
    bool allow = slice_eq(access, SLICE_OF("allow"));
    if ((!allow && !slice_eq(access, SLICE_OF("deny"))) || !read_prefs(text, &want) ||
        !unescape(&a, agent) || !unescape(&p, path)) {
        complain(v, line, "cannot be read", whole);
    } else if (v->robots.rc != OPTOUT_OK ||
               robots_ask(&v->robots, buf_slice(&a), buf_slice(&p), &got) != OPTOUT_OK) {
        complain(v, line, "no answer", whole);
    } else {
        if (got.v.allowed != allow)
            complain(v, line, got.v.allowed ? "is allowed" : "is denied", whole);
        for (unsigned u = 0; u < USAGE_COUNT; u++)
            if (got.said.of[u] != want.of[u]) {
                complain(v, line, usage_name((enum usage)u), whole);
                complain(v, line, "is",
                         slice_cstr(preference_name((enum preference)got.said.of[u])));
            }
    }
    buf_free(&a);
    buf_free(&p);
}

static void expect_warning(struct vector *v, unsigned line, struct slice text)
{
    static const char *const names[] = { "none",      "ambiguous", "cut",  "misspelt",
                                         "bad-value", "outside",   "other" };
    struct slice whole = text, at = word(&text), kind = word(&text);
    uint64_t number = 0;
    open_vector(v);
    asked++;
    const struct site_rules *r = &v->robots.rules;
    if (slice_eq(at, SLICE_OF("none"))) {
        if (r->n_warnings)
            complain(v, line, r->warning[0].text, whole);
        return;
    }
    bool found = false;
    if (!slice_to_u64(at, &number))
        complain(v, line, "cannot be read", whole);
    for (uint32_t i = 0; i < r->n_warnings && i < SITE_WARNINGS_MAX; i++)
        found = found || (r->warning[i].line == number &&
                          slice_eq(kind, slice_cstr(names[r->warning[i].kind])));
    if (!found)
        complain(v, line, "no such warning", whole);
}

static void end_vector(struct vector *v)
{
    if (v->open)
        robots_close(&v->robots);
    v->open = false;
    v->title[0] = '\0';
    buf_clear(&v->text);
}

static void vector_line(struct vector *v, unsigned number, struct slice line)
{
    struct slice value = slice_trim_ows(slice_from(line, 1));
    uint8_t sign = line.n ? line.p[0] : 0;
    bool good = true;
    if (slice_eq(line, SLICE_OF("---"))) {
        end_vector(v);
    } else if (sign == '#') {
        if (!v->title[0])
            snprintf(v->title, sizeof v->title, "%.*s", SLICE_FMT(value));
    } else if (sign == '>' || sign == '<') {
        good = !v->open && unescape(&v->text, value);
        if (sign == '>')
            buf_putc(&v->text, '\n');
    } else if (sign == '?') {
        ask(v, number, value);
    } else if (sign == '!') {
        expect_warning(v, number, value);
    } else if (slice_eq(line, SLICE_OF("= not-robots"))) {
        open_vector(v);
        asked++;
        good = v->robots.rc == OPTOUT_E_SYNTAX;
    } else {
        good = line.n == 0;
    }
    if (!good)
        complain(v, number, "does not hold or cannot be read", line);
}

static void run_vectors(const char *name)
{
    char path[4096];
    const char *dir = getenv("OPTOUT_SRCDIR");
    snprintf(path, sizeof path, "%s/tests/conformance/robots/%s", dir ? dir : ".", name);
    size_t n;
    uint8_t *bytes = test_read_file(path, &n);
    struct slice rest = slice_of(bytes, n), line;
    struct vector v = { .file = name };
    buf_init(&v.text, 1u << 20);
    asked = failed = 0;
    for (unsigned number = 1; slice_split(&rest, '\n', &line); number++)
        vector_line(&v, number, line);
    end_vector(&v);
    buf_free(&v.text);
    free(bytes);
    printf("# %s: %u of %u hold\n", name, asked - (failed < asked ? failed : asked), asked);
    assert_true(asked > 40);
    assert_int_equal(failed, 0);
}

static void vectors_of_rules(void **state)
{
    (void)state;
    run_vectors("rules.robots");
}

static void vectors_of_preferences(void **state)
{
    (void)state;
    run_vectors("preferences.robots");
}

/* ---- what the vectors cannot tell ---- */

static void rules_tell_line_weight_and_text(void **state)
{
    (void)state;
    struct arena a;
    struct site_rules r = parsed(&a,
                                 SLICE_OF("# x\r\nUser-agent: GPTBot/1.2\r\n"
                                          "  Disallow: /caf\xC3\xA9/* # why \r\n"
                                          "Content-Usage: train-ai=n\n"),
                                 OPTOUT_OK);
    assert_int_equal(r.n_groups, 1);
    assert_int_equal(r.group[0].line, 2);
    assert_slice(r.agent[0].token, "gptbot");
    assert_int_equal(r.n_rules, 2);
    assert_int_equal(r.rule[0].kind, RULE_ACCESS);
    assert_int_equal(r.rule[0].line, 3);
    assert_int_equal(r.rule[0].prefs.of[USAGE_ACQUIRE], PREF_DENY);
    assert_slice(r.rule[0].pattern, "/caf%C3%A9/");
    assert_int_equal(r.rule[0].weight, 12); /* the star counts */
    assert_slice(r.rule[0].raw, "Disallow: /caf\xC3\xA9/* # why");
    assert_int_equal(r.rule[1].weight, 0);
    assert_int_equal(r.rule[1].pattern.n, 0);
    assert_int_equal(r.rule[1].confidence, CONF_EXACT);
    arena_reset(&a);
}

static void groups_stay_as_written(void **state)
{
    (void)state;
    struct arena a;
    struct site_rules r = parsed(&a,
                                 SLICE_OF("User-agent: a\nUser-agent: b\nAllow: /\n"
                                          "User-agent: a\nDisallow: /x\n"),
                                 OPTOUT_OK);
    assert_int_equal(r.n_groups, 2);
    assert_int_equal(r.group[0].n_agents, 2);
    assert_int_equal(r.group[1].first_agent, 2);
    assert_int_equal(r.group[1].n_agents, 1);
    assert_int_equal(r.rule[0].group, 0);
    assert_int_equal(r.rule[1].group, 1);
    arena_reset(&a);
}

static void confidence_falls_outside_of_groups(void **state)
{
    (void)state;
    struct arena a;
    struct site_rules r = parsed(&a,
                                 SLICE_OF("Content-Usage: train-ai=n, search=y\n"
                                          "Content-Signal: ai-train=no, search=yes\n"
                                          "DisallowAITraining: /\n"
                                          "License: https://example.com/l.xml\n"),
                                 OPTOUT_OK);
    assert_int_equal(r.n_rules, 4);
    static const uint8_t want[] = { CONF_WEAK, CONF_LAX, CONF_LAX, CONF_EXACT };
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(r.rule[i].group, RULE_GROUP_FILE);
        assert_int_equal(r.rule[i].confidence, want[i]);
    }
    assert_int_equal(r.rule[0].prefs.of[USAGE_TRAIN_AI], PREF_DENY);
    assert_int_equal(r.rule[0].prefs.of[USAGE_SEARCH], PREF_UNKNOWN); /* weak allows nothing */
    assert_int_equal(r.rule[1].prefs.of[USAGE_SEARCH], PREF_ALLOW);
    assert_string_equal(r.rule[1].note, "outside of groups, applied to the file");
    arena_reset(&a);
}

/* RSL-12, and what else may stand behind License. */
static void license_lines(void **state)
{
    (void)state;
    static const struct {
        const char *line, *url; /* NULL: no rule */
        uint8_t confidence;
    } table[] = {
        { "License: https://x.example/l.xml # c", "https://x.example/l.xml", CONF_EXACT },
        { "license:https://x.example/l.xml", "https://x.example/l.xml", CONF_EXACT },
        { "License: http://x.example/l.xml", "http://x.example/l.xml", CONF_LAX },
        { "License: /l.xml", "/l.xml", CONF_LAX },
        { "License: CC BY 4.0", NULL, 0 },
        { "License:", NULL, 0 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct arena a;
        struct site_rules r = parsed(&a, slice_cstr(table[i].line), OPTOUT_OK);
        assert_int_equal(r.n_rules, table[i].url != NULL);
        if (!table[i].url) {
            assert_int_equal(r.warning[0].kind, SITE_WARN_BAD_VALUE);
        } else {
            assert_int_equal(r.rule[0].kind, RULE_LICENSE);
            assert_slice(r.rule[0].url, table[i].url);
            assert_int_equal(r.rule[0].confidence, table[i].confidence);
            assert_true(prefs_empty(&r.rule[0].prefs));
        }
        arena_reset(&a);
    }
}

static void hints_are_weak(void **state)
{
    (void)state;
    struct arena a;
    struct site_rules r = parsed(&a,
                                 SLICE_OF("User-agent: *\nTDM-Reservation: 1\n"
                                          "TDM-Policy: https://x.example/p\nnoai\nNoindex: /x\n"),
                                 OPTOUT_OK);
    assert_int_equal(r.n_rules, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(r.rule[i].kind, RULE_HINT);
        assert_int_equal(r.rule[i].confidence, CONF_WEAK);
        assert_non_null(r.rule[i].note);
    }
    assert_string_equal(r.rule[0].note, "misplaced tdmrep");
    assert_slice(r.rule[1].url, "https://x.example/p");
    assert_slice(r.rule[3].pattern, "/x");
    arena_reset(&a);
}

static void long_lines_are_cut(void **state)
{
    (void)state;
    static char text[20000];
    memset(text, 'a', sizeof text);
    memcpy(text, "User-agent: x\nDisallow: /", 25);
    struct arena a;
    struct site_rules r = parsed(&a, slice_of(text, sizeof text), OPTOUT_OK);
    assert_int_equal(r.n_rules, 1);
    assert_int_equal(r.rule[0].weight, 16664 - 10);
    assert_int_equal(r.rule[0].raw.n, SIGNAL_RAW_MAX);
    assert_int_equal(r.warning[0].kind, SITE_WARN_CUT);
    assert_int_equal(r.warning[0].line, 2);
    arena_reset(&a);
}

static void long_files_are_cut_at_a_line(void **state)
{
    (void)state;
    size_t n = ROBOTS_TXT_MAX + 100;
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, '#', n);
    memcpy(text, "User-agent: x\nDisallow: /\n", 26);
    /* The line that the limit cuts through would allow everything. */
    memcpy(text + ROBOTS_TXT_MAX - 9, "\nAllow: /public\nAllow: /z\n", 26);
    struct arena a;
    struct site_rules r = parsed(&a, slice_of(text, n), OPTOUT_OK);
    assert_int_equal(r.n_rules, 1);
    assert_int_equal(r.rule[0].prefs.of[USAGE_ACQUIRE], PREF_DENY);
    assert_int_equal(r.n_warnings, 2); /* and the long comment */
    assert_int_equal(r.warning[0].kind, SITE_WARN_CUT);
    arena_reset(&a);
    free(text);
}

static void too_many_rules_are_refused(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, ROBOTS_TXT_MAX);
    buf_puts(&text, "user-agent:*\n");
    for (unsigned i = 0; i < SITE_RULES_MAX / 2 - 100; i++)
        buf_puts(&text, "allow:/a\nallow\n");
    struct arena a;
    struct site_rules r = parsed(&a, buf_slice(&text), OPTOUT_OK);
    assert_int_equal(r.n_rules, SITE_RULES_MAX / 2 - 100);
    arena_reset(&a);
    arena_init(&a, 100000, NULL, 0);
    site_rules_init(&r, &a);
    assert_int_equal(robots_txt_parse(buf_slice(&text), &r), OPTOUT_E_NOMEM);
    assert_true(r.overflow);
    arena_reset(&a);
    buf_free(&text);
}

static void warnings_are_counted_beyond_what_is_kept(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, ROBOTS_TXT_MAX);
    for (unsigned i = 0; i < SITE_WARNINGS_MAX + 10; i++)
        buf_puts(&text, "Allow: /\n");
    struct arena a;
    struct site_rules r = parsed(&a, buf_slice(&text), OPTOUT_OK);
    assert_int_equal(r.n_rules, 0);
    assert_int_equal(r.n_warnings, SITE_WARNINGS_MAX + 10);
    arena_reset(&a);
    buf_free(&text);
}

/* ---- agents ---- */

static void builtin_agents_are_sorted_and_spread(void **state)
{
    (void)state;
    const struct agents *b = agents_builtin();
    assert_int_equal(agents_count(b), 3);
    assert_null(agents_at(b, 3));
    for (size_t i = 0; i < agents_count(b); i++) {
        const struct agent_entry *e = agents_at(b, i);
        struct prefs spread = e->denies;
        prefs_spread(&spread);
        assert_memory_equal(&spread, &e->denies, sizeof spread);
        assert_false(prefs_empty(&e->denies));
        assert_true(i == 0 || strcmp(agents_at(b, i - 1)->token, e->token) < 0);
        assert_ptr_equal(agents_find(b, slice_cstr(e->token)), e);
    }
    assert_null(agents_find(b, SLICE_OF("")));
    assert_null(agents_find(b, SLICE_OF("google")));
    assert_null(agents_find(b, SLICE_OF("google-extended2")));
    assert_int_equal(agents_find(b, SLICE_OF("machinelearning"))->kind, AGENT_POLICY_TOKEN);
}

static void shipped_catalogue(void **state)
{
    (void)state;
    char path[4096];
    const char *dir = getenv("OPTOUT_SRCDIR"), *why;
    struct agents *c;
    unsigned line;
    size_t n, rows = 0;
    snprintf(path, sizeof path, "%s/conf/agents.tsv", dir ? dir : ".");
    uint8_t *text = test_read_file(path, &n);
    if (agents_parse_text(slice_of(text, n), &c, &line, &why) != OPTOUT_OK)
        fail_msg("%s:%u: %s", path, line, why);
    struct slice rest = slice_of(text, n), one;
    while (slice_split(&rest, '\n', &one))
        rows += one.n && one.p[0] != '#';
    assert_int_equal(rows, 185);
    assert_int_equal(agents_count(c), 182); /* three are there in two spellings */
    for (size_t i = 0; i < agents_count(c); i++)
        assert_ptr_equal(agents_find(c, slice_cstr(agents_at(c, i)->token)), agents_at(c, i));
    assert_int_equal(agents_find(c, SLICE_OF("gptbot"))->kind, AGENT_TRAIN);
    assert_int_equal(agents_find(c, SLICE_OF("kangaroo bot"))->kind, AGENT_TRAIN);
    assert_int_equal(agents_find(c, SLICE_OF("chatgpt-user"))->kind, AGENT_USER_FETCH);
    for (size_t i = 0; i < agents_count(agents_builtin()); i++) {
        const struct agent_entry *b = agents_at(agents_builtin(), i);
        const struct agent_entry *e = agents_find(c, slice_cstr(b->token));
        assert_int_equal(e->kind, b->kind);
        assert_memory_equal(&e->denies, &b->denies, sizeof b->denies);
    }
    agents_free(c);
    free(text);
}

static void catalogue_rows_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum optout_rc rc;
        unsigned line;
    } table[] = {
        { "", OPTOUT_OK, 0 },
        { "# x\r\n\nFooBot\ttrain\t-\t-\thttps://x.example\r\n", OPTOUT_OK, 0 },
        { "a\ttrain\t-\tb\n", OPTOUT_E_SYNTAX, 1 },
        { "#\na\tbake\t-\tb\tc\n", OPTOUT_E_SYNTAX, 2 },
        { "a\ttrain\ttrain-ai\tb\tc\n", OPTOUT_E_SYNTAX, 1 },
        { "a\tpolicy-token\t-\tb\tc\n", OPTOUT_E_SYNTAX, 1 },
        { "a\tpolicy-token\ttrain-ai,bake\tb\tc\n", OPTOUT_E_SYNTAX, 1 },
        { "a\topt-out-token\ttrain-ai, ai-use\tb\tc\n", OPTOUT_OK, 0 },
        { "0123456789012345678901234567890123456789012345678901234567890123\ttrain\t-\tb\tc",
          OPTOUT_E_SYNTAX, 1 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct agents *c;
        unsigned line;
        const char *why;
        enum optout_rc rc = agents_parse_text(slice_cstr(table[i].text), &c, &line, &why);
        assert_int_equal(rc, table[i].rc);
        assert_int_equal(line, table[i].line);
        assert_true((why == NULL) == (rc == OPTOUT_OK));
        assert_true((c == NULL) == (rc != OPTOUT_OK));
        if (c)
            assert_non_null(agents_find(c, SLICE_OF("google-extended")));
        agents_free(c);
    }
}

static void catalogue_goes_before_what_is_built_in(void **state)
{
    (void)state;
    struct agents *c;
    unsigned line;
    const char *why;
    struct slice text = SLICE_OF("Google-Extended\topt-out-token\tai-use\tG\tx\n"
                                 "google-extended\tother\t-\tG\tx\n");
    assert_int_equal(agents_parse_text(text, &c, &line, &why), OPTOUT_OK);
    const struct agent_entry *e = agents_find(c, SLICE_OF("google-extended"));
    assert_int_equal(e->kind, AGENT_OPT_OUT_TOKEN);
    assert_int_equal(e->denies.of[USAGE_TRAIN_AI], PREF_UNKNOWN);
    assert_int_equal(agents_count(c), 3);
    agents_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_rules),
        cmocka_unit_test(vectors_of_preferences),
        cmocka_unit_test(rules_tell_line_weight_and_text),
        cmocka_unit_test(groups_stay_as_written),
        cmocka_unit_test(confidence_falls_outside_of_groups),
        cmocka_unit_test(license_lines),
        cmocka_unit_test(hints_are_weak),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(long_files_are_cut_at_a_line),
        cmocka_unit_test(too_many_rules_are_refused),
        cmocka_unit_test(warnings_are_counted_beyond_what_is_kept),
        cmocka_unit_test(builtin_agents_are_sorted_and_spread),
        cmocka_unit_test(shipped_catalogue),
        cmocka_unit_test(catalogue_rows_are_checked),
        cmocka_unit_test(catalogue_goes_before_what_is_built_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
