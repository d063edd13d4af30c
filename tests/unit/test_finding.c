/* SPDX-License-Identifier: Apache-2.0 */
/* test_finding.c - what the doctor finds, as values, as text and as JSON. */
#include "unit.h"

#include "doctor/doctor.h"

#include <jansson.h>

static struct findings *new_findings(void **state)
{
    (void)state;
    struct findings *f = findings_new(NULL);
    assert_non_null(f);
    return f;
}

static char *printed(const struct findings *f, bool quiet, bool json)
{
    struct findings_style style = { quiet, false };
    struct buf out;
    buf_init(&out, 1u << 20);
    if (json)
        findings_print_json(f, quiet, &out);
    else
        findings_print(f, &style, &out);
    buf_putc(&out, '\0');
    assert_int_equal(out.failed, OPTOUT_OK);
    return (char *)out.p;
}

static void every_row_is_filled(void **state)
{
    (void)state;
    for (size_t i = FOUND_NONE + 1; i < FOUND_COUNT; i++) {
        const struct finding_kind *k = &finding_kinds[i];
        assert_non_null(k->id);
        assert_int_equal(strspn(k->id, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(k->id));
        assert_true(*k->title && *k->effect && *k->remedy);
        assert_true(k->severity != FINDING_OK && k->severity != FINDING_UNKNOWN);
        assert_ptr_equal(finding_kind_named(k->id), k); /* no id twice */
    }
    assert_null(finding_kind_named("no-such-finding"));
}

static void every_row_has_a_probe(void **state)
{
    (void)state;
    bool found[FOUND_COUNT] = { true };
    for (const struct probe *p = probes; p->name; p++)
        for (size_t i = 0; i < PROBE_REPORTS_MAX && p->reports[i]; i++)
            found[p->reports[i]] = true;
    for (size_t i = 0; i < FOUND_COUNT; i++)
        if (!found[i])
            fail_msg("no probe can find %s", finding_kinds[i].id);
}

/* "## ID" of docs/troubleshooting.md: a section for each row, and none besides. */
static void every_row_has_its_section(void **state)
{
    (void)state;
    char path[512], id[64];
    const char *dir = getenv("OPTOUT_SRCDIR");
    unsigned sections[FOUND_COUNT] = { 0 };
    size_t n;
    snprintf(path, sizeof path, "%s/docs/troubleshooting.md", dir ? dir : "..");
    uint8_t *text = test_read_file(path, &n);
    struct slice rest = slice_of(text, n), line, mark = SLICE_OF("## ");
    while (slice_split(&rest, '\n', &line)) {
        if (!slice_starts_nocase(line, mark))
            continue;
        snprintf(id, sizeof id, "%.*s", SLICE_FMT(slice_from(line, mark.n)));
        const struct finding_kind *k = finding_kind_named(id);
        if (!k)
            fail_msg("there is no finding \"%s\"", id);
        sections[k - finding_kinds]++;
    }
    free(text);
    for (size_t i = FOUND_NONE + 1; i < FOUND_COUNT; i++)
        if (sections[i] != 1)
            fail_msg("%s has %u sections", finding_kinds[i].id, sections[i]);
}

static void the_worst_counts(void **state)
{
    struct findings *f = new_findings(state);
    assert_int_equal(findings_status(f), 0);
    findings_ok(f, FOUND_CACHE_ON, "fetched twice");
    findings_found(f, FOUND_HTTP2_EXPECTED, "http/1.1"); /* a notice */
    assert_int_equal(findings_status(f), 0);
    findings_unknown(f, FOUND_CA_OLD, "no --squid-conf");
    assert_int_equal(findings_status(f), 3);
    findings_found(f, FOUND_CLIENT_LEAKED, "X-Forwarded-For");
    assert_int_equal(findings_status(f), 1);
    findings_found(f, FOUND_FILTER_NOT_IN_PATH, "200");
    assert_int_equal(findings_status(f), 2);
    findings_free(f);
}

static void text_begins_with_the_worst(void **state)
{
    struct findings *f = new_findings(state);
    findings_ok(f, FOUND_CACHE_ON, "fetched twice");
    findings_found(f, FOUND_CLIENT_LEAKED, "X-Forwarded-For: \033[2J10.0.0.1");
    findings_unknown(f, FOUND_CA_OLD, "no --squid-conf");
    findings_add(f, FOUND_FILTER_NOT_IN_PATH, FINDING_ERROR, "a", "b", "c");
    findings_sort(f);
    char *text = printed(f, false, false);
    assert_string_equal(text, "error   filter-not-in-path: content passes unfiltered\n"
        "    seen:   a\n    effect: b\n    remedy: c\n"
        "warning client-leaked: origins learn which machine of the fleet asks\n"
        "    seen:   X-Forwarded-For: \\x1b[2J10.0.0.1\n"
        "    effect: addresses of the house are told to strangers\n"
        "    remedy: write forwarded_for delete\n"
        "unknown ca-old: could not be looked at\n    why:    no --squid-conf\n"
        "ok      cache-on: fetched twice\n"
        "1 error, 1 warning, 1 not looked at, 1 fine\n");
    free(text);
    text = printed(f, true, false);
    assert_null(strstr(text, "cache-on"));
    assert_null(strstr(text, "fine"));
    free(text);
    findings_free(f);
}

static void json_is_a_line_each(void **state)
{
    struct findings *f = new_findings(state);
    findings_ok(f, FOUND_CACHE_ON, "fetched \"twice\"\n\xff");
    findings_found(f, FOUND_CLIENT_LEAKED, "x");
    char *text = printed(f, false, true), *rest = text;
    for (int i = 0; i < 2; i++) {
        char *line = strsep(&rest, "\n");
        json_t *j = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(j);
        assert_string_equal(json_string_value(json_object_get(j, "severity")),
                            i ? "warning" : "ok");
        assert_string_equal(json_string_value(json_object_get(j, "section")),
                            i ? "client-leaked" : "cache-on");
        json_decref(j);
    }
    assert_string_equal(rest, "");
    free(text);
    findings_free(f);
}

static void what_is_too_much_is_counted(void **state)
{
    struct findings *f = new_findings(state);
    for (int i = 0; i < FINDINGS_MAX + 3; i++)
        findings_ok(f, FOUND_CACHE_ON, "%d", i);
    assert_int_equal(findings_count(f), FINDINGS_MAX);
    assert_int_equal(findings_lost(f), 3);
    assert_int_equal(findings_status(f), 2); /* what was lost may have been an error */
    char long_text[3 * FINDING_EVIDENCE_MAX];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    findings_free(f);
    f = new_findings(state);
    findings_add(f, FOUND_CACHE_ON, FINDING_OK, long_text, NULL, NULL);
    assert_int_equal(strlen(findings_at(f, 0)->evidence), FINDING_EVIDENCE_MAX);
    findings_free(f);
}

static void one_kind_may_be_asked_for(void **state)
{
    (void)state;
    struct findings *f = findings_new(finding_kind_named("ca-old"));
    findings_found(f, FOUND_FILTER_NOT_IN_PATH, "200");
    findings_found(f, FOUND_CA_OLD, "x");
    assert_int_equal(findings_count(f), 1);
    assert_int_equal(findings_status(f), 1);
    findings_free(f);
}

static void a_kind_may_be_left_out(void **state)
{
    struct findings *f = new_findings(state);
    findings_skip(f, finding_kind_named("ca-old"));
    findings_unknown(f, FOUND_CA_OLD, "no --squid-conf");
    assert_int_equal(findings_count(f), 0);
    assert_int_equal(findings_status(f), 0);
    findings_found(f, FOUND_CLIENT_LEAKED, "x");
    assert_int_equal(findings_status(f), 1);
    findings_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_filled),
        cmocka_unit_test(every_row_has_a_probe),
        cmocka_unit_test(every_row_has_its_section),
        cmocka_unit_test(the_worst_counts),
        cmocka_unit_test(text_begins_with_the_worst),
        cmocka_unit_test(json_is_a_line_each),
        cmocka_unit_test(what_is_too_much_is_counted),
        cmocka_unit_test(one_kind_may_be_asked_for),
        cmocka_unit_test(a_kind_may_be_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
