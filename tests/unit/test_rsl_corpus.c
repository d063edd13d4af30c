/* SPDX-License-Identifier: Apache-2.0 */
/* RSL documents as people publish them, and a third party's, with the readings
 * that come with them. OPTOUT_CORPUS names the folder. */
#include "unit.h"

#include "core/buf.h"
#include "standards/rsl_terms.h"

#include <jansson.h>
#include <unistd.h>

#define MANIFEST_COLUMNS 12
enum { COLUMN_PATH = 0, COLUMN_VERDICT = 10 };

static const char *root;
static unsigned agree, known, looked_at;

/* How the readings are worded, and what they mean for the usages they speak of. */
static const struct {
    const char *begins;
    struct prefs want; /* unknown: not spoken of */
} readings[] = {
    { "reserve (ai-train)", { .of = { [USAGE_TRAIN_AI] = PREF_DENY } } },
    { "allow", { .of = { [USAGE_TRAIN_AI] = PREF_ALLOW } } },
    { "training: conditional (paid); search/ai-input: allowed",
      { .of = { [USAGE_TRAIN_AI] = PREF_CONDITIONAL, [USAGE_AI_USE] = PREF_ALLOW,
                [USAGE_SEARCH] = PREF_ALLOW } } },
    { "ai-input: paid per use", { .of = { [USAGE_AI_USE] = PREF_CONDITIONAL } } },
};

/* Differences that we know and mean to keep: none. */
static const struct {
    const char *source, *reason;
} differences[] = {
    { NULL, NULL },
};

static const struct prefs *reading_of(const char *text)
{
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++)
        if (strncmp(text, readings[i].begins, strlen(readings[i].begins)) == 0)
            return &readings[i].want;
    return NULL;
}

/* What the licences of the only content leave for a commercial operator. */
static struct prefs evaluate(const char *source, struct slice text)
{
    struct arena arena = test_arena();
    struct site_rules rules;
    struct rsl_grant all = { .prohibited = 0 };
    site_rules_init(&rules, &arena);
    if (rsl_document_parse(text, SLICE_EMPTY, &rules) != OPTOUT_OK || rules.n_rules == 0)
        fail_msg("%s: cannot be read", source);
    for (uint32_t i = 0; i < rules.n_rules; i++) {
        const struct site_rule *r = &rules.rule[i];
        struct rsl_terms t = rsl_terms_of(r);
        struct rsl_grant g = rsl_terms_for(&t, RSL_USER_COMMERCIAL, SLICE_OF("DE"));
        assert_int_equal(r->content, 0);
        if (i == 0)
            all = g;
        else
            rsl_grant_either(&all, &g);
    }
    arena_reset(&arena);
    return rsl_grant_prefs(&all);
}

static void compare(const char *source, struct slice text, const char *reading)
{
    const struct prefs *want = reading_of(reading);
    if (!want)
        fail_msg("%s: a reading that is not known here: %s", source, reading);
    struct prefs got = evaluate(source, text);
    looked_at++;
    for (size_t u = 0; u < USAGE_COUNT; u++) {
        if (want->of[u] == PREF_UNKNOWN || want->of[u] == got.of[u])
            continue;
        for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
            if (differences[i].source && strcmp(differences[i].source, source) == 0) {
                print_message("known: %s: %s\n", source, differences[i].reason);
                known++;
                return;
            }
        }
        fail_msg("%s: %s is %s, read as %s", source, usage_name((enum usage)u),
                 preference_name((enum preference)got.of[u]), reading);
    }
    agree++;
}

static uint8_t *read_corpus(const char *path, size_t *n)
{
    char full[4096];
    snprintf(full, sizeof full, "%s/%s", root, path);
    return test_read_file(full, n);
}

static void published_documents_read_as_labelled(void **state)
{
    (void)state;
    size_t n;
    uint8_t *manifest = read_corpus("MANIFEST.tsv", &n);
    struct slice rest = slice_of(manifest, n), line, cell;
    unsigned before = looked_at;
    while (slice_split(&rest, '\n', &line)) {
        if (!slice_starts_nocase(line, SLICE_OF("rsl/real/")))
            continue;
        char cells[MANIFEST_COLUMNS][512] = { "" };
        for (size_t i = 0; i < MANIFEST_COLUMNS && slice_split(&line, '\t', &cell); i++)
            snprintf(cells[i], sizeof cells[i], "%.*s", SLICE_FMT(cell));
        size_t size;
        uint8_t *text = read_corpus(cells[COLUMN_PATH], &size);
        compare(cells[COLUMN_PATH], slice_of(text, size), cells[COLUMN_VERDICT]);
        free(text);
    }
    free(manifest);
    assert_true(looked_at > before);
}

static void a_third_party_reads_the_same(void **state)
{
    (void)state;
    size_t n;
    uint8_t *lines = read_corpus("rsl/thirdparty.jsonl", &n);
    struct slice rest = slice_of(lines, n), line;
    unsigned before = looked_at;
    while (slice_split(&rest, '\n', &line)) {
        if (slice_empty(slice_trim_space(line)))
            continue;
        json_t *record = json_loadb((const char *)line.p, line.n, 0, NULL);
        const char *text = json_string_value(json_object_get(record, "rsl"));
        const char *reading = json_string_value(json_object_get(record, "reading"));
        assert_non_null(text);
        assert_non_null(reading);
        compare("rsl/thirdparty.jsonl", slice_cstr(text), reading);
        json_decref(record);
    }
    free(lines);
    assert_true(looked_at > before);
}

static void hostile_documents_say_nothing(void **state)
{
    (void)state;
    static const char *const files[] = { "xml-billion-laughs.xml", "xml-deep.xml",
                                         "xml-xxe-file.xml", "xml-xxe-param.xml" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct arena arena = test_arena();
        struct site_rules rules;
        char path[256];
        size_t n;
        snprintf(path, sizeof path, "hostile/made/%s", files[i]);
        uint8_t *text = read_corpus(path, &n);
        site_rules_init(&rules, &arena);
        enum optout_rc rc = rsl_document_parse(slice_of(text, n), SLICE_EMPTY, &rules);
        assert_true(rc == OPTOUT_E_SYNTAX || rc == OPTOUT_E_LIMIT);
        assert_int_equal(rules.n_rules, 0);
        free(text);
        arena_reset(&arena);
    }
}

int main(void)
{
    char probe[4096];
    root = getenv("OPTOUT_CORPUS");
    snprintf(probe, sizeof probe, "%s/rsl/thirdparty.jsonl", root ? root : "");
    if (access(probe, R_OK) != 0) {
        printf("1..0 # SKIP no RSL documents of others: OPTOUT_CORPUS is %s\n",
               !root || !*root ? "not set" : "a folder without them");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_documents_read_as_labelled),
        cmocka_unit_test(a_third_party_reads_the_same),
        cmocka_unit_test(hostile_documents_say_nothing),
    };
    int failed = cmocka_run_group_tests_name("rsl_corpus", tests, NULL, NULL);
    fprintf(stderr, "# rsl documents: %u of %u agree, %u known differences\n", agree, looked_at,
            known);
    return failed;
}
