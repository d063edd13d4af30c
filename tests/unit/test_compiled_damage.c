/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled form under load, damage and hostile rules, and held against a
 * plain reading of the same rules. */
#include "naive_rules.h"
#include "rules_fixture.h"

#include "site/compiled_form.h"
#include "site/store_value.h"

/* The whole walk with OPTOUT_LONG; else the same places, fewer values at each. */
static bool walk_is_long(void)
{
    return getenv("OPTOUT_LONG") != NULL;
}

static uint64_t random_state = 88172645463325252u;

static uint8_t random_byte(void *ctx)
{
    (void)ctx;
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint8_t)(random_state >> 32);
}

static void it_reads_what_a_plain_reading_reads(void **state)
{
    (void)state;
    static struct naive want;
    struct naive_source src = { random_byte, NULL };
    size_t spoke = 0, refused = 0;
    const size_t rounds = walk_is_long() ? 4000 : 500; /* sets of rules made at random */
    for (size_t round = 0; round < rounds; round++) {
        struct fixture f;
        struct slice agent[4];
        fixture_open(&f);
        naive_rules(src, &f.r, &f.a);
        fixture_compile(&f);
        for (int i = 0; i < 8; i++) {
            f.q.n_agents = naive_agents(src, agent);
            f.q.agent = agent;
            f.q.path = naive_text(src, &f.a, false);
            signals_init(&f.s, &f.a);
            naive_apply(&want, &f.r, agents_builtin(), f.q.path, agent, f.q.n_agents);
            assert_int_equal(compiled_apply(buf_slice(&f.b), &f.q, &f.s, &f.v), OPTOUT_OK);
            if (!naive_agrees(&want, &f.s) || f.v.allowed != want.allowed)
                fail_msg("round %zu, query %d: %.*s", round, i, SLICE_FMT(f.q.path));
            spoke += f.s.n;
            refused += !f.v.allowed;
        }
        fixture_close(&f);
    }
    assert_true(spoke > rounds); /* or the test tests nothing */
    assert_true(refused > rounds / 4);
}

static struct slice numbered(struct fixture *f, const char *format, unsigned i)
{
    char text[32];
    int n = snprintf(text, sizeof text, format, i);
    return arena_copy(&f->a, slice_of(text, (size_t)n), sizeof text);
}

static void flood(struct fixture *f, const char *format, unsigned n, enum preference access)
{
    for (unsigned i = 0; i < n; i++) {
        struct site_rule r = {
            .kind = RULE_ACCESS,
            .group = f->r.n_groups - 1,
            .line = i + 10,
            .pattern = url_pattern_normal(&f->a, numbered(f, format, i)),
        };
        r.prefs.of[USAGE_ACQUIRE] = (uint8_t)access;
        r.weight = (uint32_t)r.pattern.n;
        assert_true(site_rules_add(&f->r, &r));
    }
}

static void as_many_rules_as_there_may_be(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    group(&f, "*");
    flood(&f, "/dir/%u/", SITE_RULES_MAX, PREF_DENY);
    assert_false(may(&f, NULL, "/dir/65535/x"));
    assert_int_equal(f.v.access_line, 65545);
    assert_true(may(&f, NULL, "/dir/65536/x"));
    assert_false(site_rules_add(&f.r, &f.r.rule[0]));
    assert_true(f.r.overflow);
    buf_clear(&f.b);
    assert_int_equal(compiled_make(&f.r, NULL, &f.b), OPTOUT_E_LIMIT);
    assert_int_equal(f.b.n, 0);
    fixture_close(&f);
}

/* Every rule has the key "/", so that all of them are candidates. */
static void wildcards_meet_the_work_limit(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    group(&f, "*");
    flood(&f, "/*%u", SITE_RULES_MAX, PREF_DENY);
    struct slice path = arena_copy(&f.a, SLICE_OF("/"), 1);
    assert_int_equal(ask_for(&f, NULL, "/short"), OPTOUT_OK);
    uint8_t *text = arena_take(&f.a, URL_PATH_MAX + 1);
    memset(text, 'a', URL_PATH_MAX);
    memcpy(text, path.p, 1);
    text[URL_PATH_MAX] = '\0';
    assert_int_equal(ask_for(&f, NULL, (const char *)text), OPTOUT_E_LIMIT);
    assert_int_equal(f.s.n, 0);
    fixture_close(&f);
}

/* a, aa, aaa …: one chain through the whole set. */
static void long_chains_end(void **state)
{
    (void)state;
    enum { DEPTH = 1000 };
    struct fixture f;
    fixture_open(&f);
    uint8_t *text = arena_take(&f.a, DEPTH + 2);
    memset(text, 'a', DEPTH + 2);
    text[0] = '/';
    group(&f, "*");
    for (uint32_t i = 1; i <= DEPTH; i++) {
        struct site_rule r = { .kind = RULE_TDM, .group = RULE_GROUP_FILE, .line = i, .weight = i };
        r.pattern = slice_of(text, i);
        r.prefs.of[USAGE_TDM] = PREF_DENY;
        assert_true(site_rules_add(&f.r, &r));
    }
    text[DEPTH + 1] = '\0';
    assert_int_equal(ask_for(&f, NULL, (const char *)text), OPTOUT_OK);
    assert_int_equal(f.s.v[0].at, 1);
    text[3] = 'b';
    assert_int_equal(ask_for(&f, NULL, (const char *)text), OPTOUT_OK);
    assert_int_equal(f.s.n, 1);
    fixture_close(&f);
}

/* More rules that speak than are kept: said, never clear. */
static void more_matches_than_are_kept(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    char raw[SIGNALS_MAX + 1][16];
    for (int i = 0; i < SIGNALS_MAX + 1; i++) {
        snprintf(raw[i], sizeof raw[i], "%d", i);
        rule(&f, RULE_HINT, "/", USAGE_TDM, PREF_DENY)->raw = slice_cstr(raw[i]);
    }
    assert_int_equal(ask_for(&f, NULL, "/x"), OPTOUT_E_LIMIT);
    assert_int_equal(f.s.n, SIGNALS_MAX);
    fixture_close(&f);
}

/* Each token in groups of its own making: merging would multiply the rules. */
static void merging_has_a_ceiling(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    group(&f, "*");
    flood(&f, "/%u", 4000, PREF_DENY);
    for (unsigned i = 0; i < 1000; i++)
        assert_true(site_rules_agent(&f.r, numbered(&f, "bot%u", i), 1));
    for (unsigned i = 0; i < 1000; i++) {
        assert_true(site_rules_group(&f.r, i + 2));
        assert_true(site_rules_agent(&f.r, numbered(&f, "bot%u", i), i + 2));
    }
    assert_int_equal(buf_puts(&f.b, "already "), OPTOUT_OK);
    assert_int_equal(compiled_make(&f.r, agents_builtin(), &f.b), OPTOUT_E_LIMIT);
    assert_slice(buf_slice(&f.b), "already ");
    fixture_close(&f);
}

static void wrong_lists_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f);
    group(&f, "*");
    rule(&f, RULE_HINT, "/", USAGE_TDM, PREF_DENY)->group = 1;
    assert_int_equal(compiled_make(&f.r, agents_builtin(), &f.b), OPTOUT_E_SYNTAX);
    f.r.rule[0].group = 0;
    f.r.rule[0].kind = RULE_KIND_COUNT;
    assert_int_equal(compiled_make(&f.r, agents_builtin(), &f.b), OPTOUT_E_SYNTAX);
    f.r.rule[0].kind = RULE_HINT;
    struct buf small;
    buf_init(&small, 300);
    assert_int_equal(compiled_make(&f.r, agents_builtin(), &small), OPTOUT_E_LIMIT);
    assert_int_equal(small.n, 0);
    assert_int_equal(small.failed, OPTOUT_OK);
    buf_free(&small);
    fixture_close(&f);
}

static void make_small(struct fixture *f)
{
    fixture_open(f);
    group(f, "*");
    disallow(f, "/a");
    disallow(f, "/a*b$");
    rule(f, RULE_USAGE, "/a", USAGE_TRAIN_AI, PREF_DENY)->note = "note";
    group(f, "abot,google-extended");
    disallow(f, "/");
    allow(f, "/a/b");
    rule(f, RULE_CONTENT_SIGNAL, "", USAGE_TRAIN_AI, PREF_DENY)->url = SLICE_OF("https://x/");
    rule(f, RULE_RSL, "/a", USAGE_TRAIN_AI, PREF_DENY)->geo_permits = SLICE_OF("EU US");
    fixture_compile(f);
}

/* Reads a copy of exactly `n` bytes, so that one byte too far is seen. */
static void read_anything(struct fixture *f, const uint8_t *bytes, size_t n)
{
    static const struct slice agent[] = { SLICE("abot"), SLICE("google-extended") };
    struct slice url[4];
    uint8_t *copy = malloc(n + 1);
    assert_non_null(copy);
    copy = realloc(copy, n ? n : 1);
    assert_non_null(copy);
    if (n)
        memcpy(copy, bytes, n);
    struct slice s = slice_of(copy, n);
    struct rules_query q = { .path = SLICE("/a/b/xb"), .agent = agent, .n_agents = 2 };
    q.all_tokens = n % 2;
    signals_init(&f->s, &f->a);
    enum optout_rc rc = compiled_apply(s, &q, &f->s, &f->v);
    assert_true(rc == OPTOUT_OK || rc == OPTOUT_E_LIMIT || rc == OPTOUT_E_SYNTAX);
    compiled_licenses(s, url, 4);
    free(copy);
}

/* The value as the store keeps it: its checksum is the guard. */
static struct buf value_of(const struct fixture *f)
{
    struct store_value v = { .serial = 1, .asked = true, .key = SLICE("https://a.example") };
    struct buf out;
    v.d[SITE_ROBOTS] = (struct site_document){ .kind = SITE_ROBOTS, .state = SITE_PUBLISHED,
                                               .expires_ms = 1000, .rules = buf_slice(&f->b) };
    buf_init(&out, COMPILED_MAX);
    assert_int_equal(store_value_print(&v, &out), OPTOUT_OK);
    assert_true(store_value_whole(buf_slice(&out)));
    return out;
}

static void every_damaged_byte_is_noticed(void **state)
{
    (void)state;
    struct fixture f;
    make_small(&f);
    struct buf value = value_of(&f);
    for (size_t i = 0; i < value.n; i++) {
        uint8_t was = value.p[i];
        for (unsigned bit = 0; bit < 9; bit++) {
            value.p[i] = (uint8_t)(bit < 8 ? was ^ 1u << bit : was ^ 0xffu);
            assert_false(store_value_whole(buf_slice(&value)));
        }
        value.p[i] = was;
    }
    for (size_t n = 0; n < value.n; n++)
        assert_false(store_value_whole(slice_of(value.p, n)));
    buf_free(&value);
    fixture_close(&f);
}

/* Where the head of a value says which form its rules have. */
#define RULES_VERSION_AT 83

/* The documents are got again, and the value goes when it would have gone. */
static void rules_of_another_version_are_not_there(void **state)
{
    (void)state;
    struct fixture f;
    struct store_value v;
    make_small(&f);
    struct buf value = value_of(&f);
    assert_int_equal(value.p[RULES_VERSION_AT], COMPILED_VERSION);
    assert_true(store_value_read(buf_slice(&value), &v));
    assert_true(v.asked);
    assert_int_equal(v.d[SITE_ROBOTS].state, SITE_PUBLISHED);
    int64_t drop_ms = v.drop_ms;
    for (unsigned version = 0; version < 256; version++) {
        if (version == COMPILED_VERSION)
            continue;
        value.p[RULES_VERSION_AT] = (uint8_t)version;
        assert_true(store_value_read(buf_slice(&value), &v));
        assert_false(v.asked);
        assert_int_equal(v.d[SITE_ROBOTS].state, SITE_NOT_ASKED);
        assert_int_equal(v.d[SITE_ROBOTS].rules.n, 0);
        assert_slice(v.key, "https://a.example");
        assert_int_equal(v.drop_ms, drop_ms);
    }
    buf_free(&value);
    fixture_close(&f);
}

static void damaged_bytes_do_no_harm(void **state)
{
    (void)state;
    struct fixture f;
    make_small(&f);
    for (size_t i = 0; i < f.b.n; i++) {
        uint8_t was = f.b.p[i];
        for (unsigned bit = 0; bit < 9; bit++) {
            if (!walk_is_long() && bit != i % 9)
                continue;
            f.b.p[i] = (uint8_t)(bit < 8 ? was ^ 1u << bit : was ^ 0xffu);
            read_anything(&f, f.b.p, f.b.n);
            arena_reset(&f.a);
        }
        f.b.p[i] = was;
    }
    fixture_close(&f);
}

static void every_truncation_does_no_harm(void **state)
{
    (void)state;
    struct fixture f;
    make_small(&f);
    for (size_t n = 0; n < f.b.n; n++) {
        read_anything(&f, f.b.p, n);
        arena_reset(&f.a);
    }
    fixture_close(&f);
}

static void words_overwritten_do_no_harm(void **state)
{
    (void)state;
    static const uint32_t words[] = { 0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
    enum { WORDS = sizeof words / sizeof *words };
    struct fixture f;
    make_small(&f);
    for (size_t i = 0; i + 4 <= f.b.n; i += 4) {
        uint32_t was;
        memcpy(&was, f.b.p + i, 4);
        for (size_t k = 0; k < WORDS; k++) {
            if (!walk_is_long() && k != i / 4 % WORDS && k != WORDS - 1)
                continue;
            memcpy(f.b.p + i, &words[k], 4);
            read_anything(&f, f.b.p, f.b.n);
            arena_reset(&f.a);
        }
        memcpy(f.b.p + i, &was, 4);
    }
    fixture_close(&f);
}

/* They are looked at one by one. */
static void no_more_lists_are_looked_at_than_there_are(void **state)
{
    (void)state;
    struct fixture f;
    struct form_head head;
    struct rules_query q = { .path = SLICE("/a") };
    make_small(&f);
    memcpy(&head, f.b.p, sizeof head);
    head.training_lists = head.n_lists + 1;
    memcpy(f.b.p, &head, sizeof head);
    signals_init(&f.s, &f.a);
    assert_int_equal(compiled_apply(buf_slice(&f.b), &q, &f.s, &f.v), OPTOUT_E_SYNTAX);
    fixture_close(&f);
}

static void memory_that_ends_is_told(void **state)
{
    (void)state;
    struct fixture f;
    make_small(&f);
    struct arena none;
    arena_init(&none, 0, NULL, 0);
    f.q.path = SLICE_OF("/a/x");
    signals_init(&f.s, &none);
    assert_int_equal(compiled_apply(buf_slice(&f.b), &f.q, &f.s, &f.v), OPTOUT_E_LIMIT);
    assert_true(f.s.overflow);
    struct site_rules r = f.r;
    r.arena = &none;
    struct buf out;
    buf_init(&out, COMPILED_MAX);
    assert_int_equal(compiled_make(&r, agents_builtin(), &out), OPTOUT_E_NOMEM);
    buf_free(&out);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads_what_a_plain_reading_reads),
        cmocka_unit_test(as_many_rules_as_there_may_be),
        cmocka_unit_test(wildcards_meet_the_work_limit),
        cmocka_unit_test(long_chains_end),
        cmocka_unit_test(more_matches_than_are_kept),
        cmocka_unit_test(merging_has_a_ceiling),
        cmocka_unit_test(wrong_lists_are_refused),
        cmocka_unit_test(every_damaged_byte_is_noticed),
        cmocka_unit_test(rules_of_another_version_are_not_there),
        cmocka_unit_test(damaged_bytes_do_no_harm),
        cmocka_unit_test(every_truncation_does_no_harm),
        cmocka_unit_test(words_overwritten_do_no_harm),
        cmocka_unit_test(no_more_lists_are_looked_at_than_there_are),
        cmocka_unit_test(memory_that_ends_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
