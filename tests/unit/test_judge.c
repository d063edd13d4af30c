/* SPDX-License-Identifier: Apache-2.0 */
/* test_judge.c - the judge without a proxy: open, feed, settle, and a host that never
 * waits for a site. What else it does, the integration tests see. */
#include "unit.h"

#include "core/clock.h"
#include "policy/config.h"
#include "verdict/judge.h"

#include <stdlib.h>

#define URL "http://h.example/a"

static struct config config;

static void begin(struct judge *j, struct arena *a, struct judge_basis basis)
{
    memset(j, 0, sizeof *j);
    basis.config = &config;
    judge_begin(j, &basis, config_profile(&config, SLICE_EMPTY), a);
    j->exchange.method = SLICE_OF("GET");
    j->exchange.url = SLICE_OF(URL);
    j->exchange.status = 200;
    j->exchange.has_body = true;
    assert_int_equal(headers_parse(&j->exchange.response, a,
                                   SLICE_OF("Content-Type: text/html\r\n")), OPTOUT_OK);
}

static void a_page_is_judged_and_recorded(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct judge j;
    char text[2048]; /* more than what the first bytes are told by */
    config_init(&config);
    begin(&j, &a, (struct judge_basis){ .config = NULL });
    assert_int_equal(judge_open(&j), OPTOUT_OK);
    assert_false(judge_is_decided(&j));
    (void)judge_feed(&j, SLICE_OF("<meta name=\"tdm-reservation\" content=\"1\"><body><p>text"));
    memset(text, 'x', sizeof text);
    (void)judge_feed(&j, slice_of(text, sizeof text));
    assert_true(judge_is_decided(&j));
    judge_settle(&j, INSPECT_STOPPED, false);
    judge_close_record(&j, INSPECT_STOPPED, j.decision.action, 0);
    assert_int_equal(j.decision.kind, DECISION_RESERVED);
    assert_int_equal(j.record.action, ACTION_BLOCK);
    assert_int_equal(j.record.signals->n, 1);
    arena_reset(&a);
}

static void write_unpublished(struct site *s, struct arena *a, const char *origin)
{
    struct site_document d[SITE_KIND_COUNT];
    size_t n = 0;
    int64_t now = clock_wall_ms();
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        if (kind != SITE_LICENCE)
            d[n++] = (struct site_document){ .kind = (uint8_t)kind, .state = SITE_NONE,
                                             .status = 404, .fetched_ms = now,
                                             .expires_ms = now + 60000, .url = SLICE_OF(URL) };
    struct slice key = store_key_origin(a, slice_cstr(origin), SLICE_EMPTY);
    assert_int_equal(store_write(site_store(s), key, d, n, true), OPTOUT_OK);
}

static void who_never_waits_is_told_to_ask_again(void **state)
{
    (void)state;
    struct arena a = test_arena();
    char dir[] = "/tmp/optout-judge-XXXXXX", why[256], command[128];
    struct judge j;
    config_init(&config);
    assert_non_null(mkdtemp(dir));
    snprintf(config.site_store, sizeof config.site_store, "%s", dir);
    snprintf(config.site_socket, sizeof config.site_socket, "%s/nobody", dir);
    struct site *s = site_get(dir, STORE_SIZE_PRESET, NULL, why, sizeof why);
    assert_non_null(s);
    begin(&j, &a, (struct judge_basis){ .site = s, .never_waits = true });
    assert_int_equal(judge_open(&j), OPTOUT_MORE);
    assert_int_equal(judge_look_again(&j, false), OPTOUT_MORE);
    assert_int_equal(j.site.undecided, 0); /* nothing was stated meanwhile */
    write_unpublished(s, &a, "http://h.example");
    assert_int_equal(judge_look_again(&j, false), OPTOUT_OK);
    judge_settle(&j, INSPECT_WHOLE, false);
    assert_int_equal(j.decision.kind, DECISION_CLEAR);
    assert_true(j.site.n > 0);

    begin(&j, &a, (struct judge_basis){ .site = s, .never_waits = true });
    j.exchange.url = SLICE_OF("http://other.example/");
    assert_int_equal(judge_open(&j), OPTOUT_MORE);
    assert_int_equal(judge_look_again(&j, true), OPTOUT_OK); /* it takes too long */
    judge_settle(&j, INSPECT_WHOLE, false);
    assert_int_equal(j.decision.kind, DECISION_UNDECIDED);
    assert_int_equal(j.decision.undecided, undecided_bit(UNDECIDED_SITE_UNKNOWN));
    arena_reset(&a);
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

/* What is done whatever was stated has a rule of its own, which the page names. */
static void whoever_overrules_says_by_which_rule(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct remembered *late = remember_make();
    struct past_verdict was = { .id = "01HF7YAT31JZHZ0RKZGJ5V7S9C", .kind = DECISION_RESERVED,
                                .until_ms = INT64_MAX };
    struct judge j;
    config_init(&config);
    assert_non_null(late);

    begin(&j, &a, (struct judge_basis){ .config = NULL });
    assert_int_equal(judge_open(&j), OPTOUT_OK);
    judge_settle(&j, INSPECT_STOPPED, true);
    assert_int_equal(j.decision.action, ACTION_BLOCK);
    assert_int_equal(j.decision.rule, POLICY_RULE_REFUSED_LATE);

    begin(&j, &a, (struct judge_basis){ .config = NULL });
    judge_open_request(&j);
    judge_settle_unseen(&j, UNDECIDED_TUNNEL);
    assert_int_equal(j.decision.rule, POLICY_RULE_UNREAD);

    begin(&j, &a, (struct judge_basis){ .late = late });
    judge_open_request(&j);
    assert_false(judge_settle_remembered(&j));
    remember_add(late, j.profile->name, j.exchange.url, &was);
    assert_true(judge_settle_remembered(&j));
    assert_int_equal(j.decision.rule, POLICY_RULE_REMEMBERED);

    snprintf(config.site_store, sizeof config.site_store, "/nowhere");
    begin(&j, &a, (struct judge_basis){ .config = NULL });
    j.exchange.url = SLICE_OF("http://h.example/robots.txt");
    memset(&j.exchange.response, 0, sizeof j.exchange.response);
    assert_int_equal(headers_parse(&j.exchange.response, &a, SLICE_OF("X-Robots-Tag: noai\r\n")),
                     OPTOUT_OK);
    assert_int_equal(judge_open(&j), OPTOUT_OK);
    judge_settle(&j, INSPECT_WHOLE, false);
    assert_int_equal(j.decision.kind, DECISION_RESERVED);
    assert_int_equal(j.decision.action, ACTION_PASS);
    assert_int_equal(j.decision.rule, POLICY_RULE_SITE_FILE);
    remember_free(late);
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_judged_and_recorded),
        cmocka_unit_test(who_never_waits_is_told_to_ask_again),
        cmocka_unit_test(whoever_overrules_says_by_which_rule),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
