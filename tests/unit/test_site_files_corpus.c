/* SPDX-License-Identifier: Apache-2.0 */
/* How far we agree with the answers that come with third-party tdmrep.json,
 * ai.txt and trust.txt files, and with the rule lists of tdmrep suites.
 * OPTOUT_CORPUS names the folder. A difference that is not in the table below
 * fails the run. */
#include "evaluate.h"
#include "site_eval.h"

#include "standards/standard.h"

#include <sys/stat.h>

#include <jansson.h>

enum verdict { NONE, ALLOW, RESERVE };
static const char *const verdict_names[] = { "none", "allow", "reserve" };

/* Differences that we know and mean to keep. */
static const struct known {
    const char *name; /* of a file, or the note of a record */
    enum verdict want, got;
    const char *reason;
} known_rows[] = {
    { "NaNoBotCo__nanobotco.github.io.ai.txt", ALLOW, NONE,
      "Allow of this format takes a Disallow back, it permits nothing; Content-Usage is not of "
      "the format" },
    { "precedence [{\"location\":\"/\",\"tdm-reservation\":0}]", ALLOW, RESERVE,
      "a page's \"yes\" is no value of the protocol, but what it means is plain: it denies, lax" },
};
static bool known_seen[sizeof known_rows / sizeof *known_rows];

static const char *root;
static unsigned agree, known, wrong;

static void differ(const char *name, enum verdict want, enum verdict got)
{
    for (size_t i = 0; i < sizeof known_rows / sizeof *known_rows; i++) {
        const struct known *k = &known_rows[i];
        if (!strstr(name, k->name) || k->want != want || k->got != got)
            continue;
        printf("# known: %s: want %s, got %s\n#     %s\n", name, verdict_names[want],
               verdict_names[got], k->reason);
        known_seen[i] = true;
        known++;
        return;
    }
    printf("# WRONG: %s: want %s, got %s\n", name, verdict_names[want], verdict_names[got]);
    wrong++;
}

static void compare(const char *name, enum verdict want, enum verdict got)
{
    if (want == got)
        agree++;
    else
        differ(name, want, got);
}

/* What is stated by the letter or plainly; `weak`: also by intent. */
static enum verdict judge(const struct signals *s, bool weak)
{
    enum verdict v = NONE;
    for (size_t i = 0; i < s->n; i++) {
        uint8_t p = s->v[i].prefs.of[USAGE_TRAIN_AI];
        if (s->v[i].confidence == CONF_WEAK && !weak)
            continue;
        if (p >= PREF_CONDITIONAL)
            v = RESERVE;
        else if (p == PREF_ALLOW && v == NONE)
            v = ALLOW;
    }
    return v;
}

static void compare_path(site_parser *parse, struct slice text, const char *name, const char *path,
                         bool weak, enum verdict want)
{
    struct site_eval e;
    enum verdict got = NONE;
    eval_open(&e, parse, text);
    if (e.rc == OPTOUT_OK) {
        eval_ask(&e, path, NULL);
        got = judge(&e.signals, weak);
    }
    char label[1024];
    snprintf(label, sizeof label, "%s on %s", name, path);
    compare(label, want, got);
    eval_close(&e);
}

/* ---- The manifest ---- */

static uint8_t *read_corpus(const char *name, size_t *n)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return test_read_file(path, n);
}

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* "reserve", "none by the letter (malformed); reserve by intent",
 * "reserve /a, /b; allow /c" and the like: one clause after the other. */
static unsigned compare_clause(site_parser *parse, struct slice text, const char *name,
                               char *clause)
{
    clause += strspn(clause, " ");
    enum verdict want = begins(clause, "reserve") ? RESERVE
                        : begins(clause, "allow") ? ALLOW
                                                  : NONE;
    if (strstr(clause, "by prose"))
        return 0; /* natural language */
    bool weak = strstr(clause, "by intent") != NULL;
    if (weak && want == ALLOW)
        return 0; /* what is weak never allows */
    char *paths = strchr(clause, '/');
    unsigned n = 0;
    if (!paths) {
        compare_path(parse, text, name, "/index.html", weak, want);
        return 1;
    }
    for (char *save, *p = strtok_r(paths, " ,", &save); p; p = strtok_r(NULL, " ,", &save), n++)
        compare_path(parse, text, name, p, weak, want);
    return n;
}

static site_parser *parser_of(const char *path)
{
    return begins(path, "tdmrep/real/") ? tdmrep_json_parse
           : begins(path, "aitxt/")     ? ai_txt_parse
           : begins(path, "trusttxt/")  ? trust_txt_parse
                                        : NULL;
}

static void files_of_the_manifest(void **state)
{
    (void)state;
    unsigned column[2] = { 0, 0 }, files = 0;
    static const char *const wanted[] = { "path", "expected_verdict" };
    size_t n;
    uint8_t *manifest = read_corpus("MANIFEST.tsv", &n);
    struct slice rest = slice_of(manifest, n), line, cell;
    for (bool first = true; slice_split(&rest, '\n', &line); first = false) {
        char got[2][1024] = { "", "" };
        struct slice cells = line;
        for (unsigned i = 0; slice_split(&cells, '\t', &cell); i++)
            for (unsigned k = 0; k < 2; k++)
                if (first && slice_eq(cell, slice_cstr(wanted[k])))
                    column[k] = i;
                else if (!first && column[k] == i)
                    snprintf(got[k], sizeof got[k], "%.*s", SLICE_FMT(cell));
        site_parser *parse = parser_of(got[0]);
        if (!parse)
            continue;
        size_t size;
        uint8_t *text = read_corpus(got[0], &size);
        unsigned compared = 0;
        for (char *save, *clause = strtok_r(got[1], ";", &save); clause;
             clause = strtok_r(NULL, ";", &save))
            compared += compare_clause(parse, slice_of(text, size), got[0], clause);
        if (compared == 0)
            fail_msg("%s: nothing to compare", got[0]);
        free(text);
        files++;
    }
    free(manifest);
    assert_in_range(files, 10, 1000);
    assert_int_equal(wrong, 0);
}

/* ---- Suites ---- */

static const char *text_of(const json_t *record, const char *key)
{
    return json_string_value(json_object_get(record, key));
}

static enum verdict verdict_of(const json_t *reservation)
{
    return !json_is_integer(reservation)          ? NONE
           : json_integer_value(reservation) == 1 ? RESERVE
                                                  : ALLOW;
}

/* The rule in force for a path, with its policy. */
static void match_case(const json_t *record, const char *path, const char *name)
{
    struct site_eval e;
    json_t *policy = json_object_get(record, "policy");
    eval_open(&e, tdmrep_json_parse, slice_cstr(text_of(record, "file")));
    if (e.rc == OPTOUT_OK)
        eval_ask(&e, path, NULL);
    compare(name, verdict_of(json_object_get(record, "reservation")), judge(&e.signals, false));
    if (policy) {
        const char *want = json_is_string(policy) ? json_string_value(policy) : "";
        assert_slice(e.signals.n ? e.signals.v[0].url : SLICE_OF(""), want);
    }
    eval_close(&e);
}

/* How many rules are read as they stand. */
static void rules_case(const json_t *record, const char *name)
{
    struct site_eval e;
    json_int_t want = json_integer_value(json_object_get(record, "rules"));
    json_int_t got = 0;
    eval_open(&e, tdmrep_json_parse, slice_cstr(text_of(record, "file")));
    for (uint32_t i = 0; e.rc == OPTOUT_OK && i < e.rules->n_rules; i++)
        got += e.rules->rule[i].confidence != CONF_WEAK && !prefs_empty(&e.rules->rule[i].prefs);
    if (want == got) {
        agree++;
    } else {
        printf("# WRONG: %s: want %d rules, got %d\n", name, (int)want, (int)got);
        wrong++;
    }
    eval_close(&e);
}

/* "https://host/path" -> "/path" */
static const char *path_of(const char *url)
{
    const char *host = url ? strstr(url, "//") : NULL;
    const char *path = host ? strchr(host + 2, '/') : NULL;
    return path ? path : "/";
}

/* Site file, head and page together: the later carrier supersedes, property by
 * property. */
static void precedence_case(const json_t *record, const char *name)
{
    struct site_eval e;
    struct exchange x;
    struct signals page;
    struct buf head;
    const char *field, *file = text_of(record, "file"), *want = text_of(record, "policy");
    json_t *value;
    buf_init(&head, 1u << 16);
    json_object_foreach(json_object_get(record, "headers"), field, value)
        buf_printf(&head, "%s: %s\r\n", field, json_string_value(value));
    eval_open(&e, tdmrep_json_parse, slice_cstr(file ? file : "[]"));
    assert_int_equal(e.rc, OPTOUT_OK);
    eval_ask(&e, "/", NULL);
    assert_true(evaluate(&e.arena, 200, head.n ? buf_slice(&head) : SLICE_OF(""),
                         slice_cstr(text_of(record, "html")), NULL, &x, &page));
    const struct signal *all[2 * SIGNALS_MAX];
    size_t n = 0;
    struct slice policy = SLICE_EMPTY;
    for (size_t i = 0; i < e.signals.n; i++)
        all[n++] = &e.signals.v[i];
    for (size_t i = 0; i < page.n; i++)
        if (page.v[i].standard == STD_TDMREP)
            all[n++] = &page.v[i];
    for (size_t i = 0; i < n; i++)
        policy = all[i]->url.n ? all[i]->url : policy;
    struct prefs p = { { 0 } };
    standard_resolve(STD_TDMREP, all, n, &p);
    uint8_t tdm = p.of[USAGE_TDM];
    compare(name, verdict_of(json_object_get(record, "reservation")),
            tdm >= PREF_CONDITIONAL ? RESERVE : tdm == PREF_ALLOW ? ALLOW : NONE);
    if (want)
        assert_slice(policy, want);
    buf_free(&head);
    eval_close(&e);
}

/* False: the record is about neither a site file nor several carriers. */
static bool suite_case(const json_t *record)
{
    const char *kind = text_of(record, "kind"), *file = text_of(record, "file");
    const char *id = text_of(record, "id");
    char name[256];
    snprintf(name, sizeof name, "%s %.200s", id ? id : kind ? kind : "?", file ? file : "");
    if (kind && strcmp(kind, "precedence") == 0)
        precedence_case(record, name);
    else if (!file)
        return false;
    else if (text_of(record, "path"))
        match_case(record, text_of(record, "path"), name);
    else if (kind && strcmp(kind, "match") == 0)
        match_case(record, path_of(text_of(record, "url")), name);
    else if (kind && (strcmp(kind, "file-rules") == 0 || strcmp(kind, "file-invalid") == 0))
        rules_case(record, name);
    else
        return false;
    return true;
}

static unsigned run_suite(const char *file, unsigned *others)
{
    size_t n;
    unsigned records = 0;
    uint8_t *text = read_corpus(file, &n);
    struct slice rest = slice_of(text, n), line;
    while (slice_split(&rest, '\n', &line)) {
        if (slice_trim_space(line).n == 0)
            continue;
        json_t *record = json_loadb((const char *)line.p, line.n, JSON_ALLOW_NUL, NULL);
        assert_non_null(record);
        if (suite_case(record))
            records++;
        else
            ++*others;
        json_decref(record);
    }
    free(text);
    return records;
}

static void suites_of_rules(void **state)
{
    (void)state;
    unsigned others = 0;
    unsigned records = run_suite("tdmrep/spec_examples.jsonl", &others) +
                       run_suite("tdmrep/thirdparty_suite.jsonl", &others);
    printf("# %u records with site files, %u of other carriers\n", records, others);
    assert_in_range(records, 10, 1000);
    assert_int_equal(wrong, 0);
}

static void known_differences_are_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known_rows / sizeof *known_rows; i++)
        if (!known_seen[i])
            fail_msg("no longer a difference: %s", known_rows[i].name);
    printf("# site files: %u agree, %u known differences, %u wrong\n", agree, known, wrong);
}

int main(void)
{
    struct stat st;
    root = getenv("OPTOUT_CORPUS");
    if (!root || stat(root, &st) != 0 || !S_ISDIR(st.st_mode)) {
        printf("1..0 # SKIP no third-party samples: OPTOUT_CORPUS %s\n",
               root ? "names no folder" : "is not set");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_the_manifest),
        cmocka_unit_test(suites_of_rules),
        cmocka_unit_test(known_differences_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
