/* SPDX-License-Identifier: Apache-2.0 */
/* test_counting.c - what the filter tells the metrics of an exchange. */
#include "answer_fixture.h"

#include "icap/counting.h"

static uint64_t before[METRIC_CELLS];

static int remember(void **state)
{
    (void)state;
    for (unsigned i = 0; i < METRIC_CELLS; i++)
        before[i] = metrics_own(i);
    return 0;
}

static uint64_t more(unsigned cell)
{
    return metrics_own(cell) - before[cell];
}

/* How many cells of a family have grown. */
static unsigned grown(unsigned first, unsigned last)
{
    unsigned n = 0;
    for (unsigned i = first; i <= last; i++)
        n += more(i) != 0;
    return n;
}

static struct answering *verdict(void)
{
    struct answering *a = answering_open();
    a->t->judge.record.profile = a->t->judge.profile;
    a->t->judge.record.micros = 60;
    return a;
}

static void a_refused_response(void **state)
{
    struct answering *a = verdict();
    struct judge *j = &a->t->judge;
    struct signal said[3] = { { .standard = STD_TDMREP, .carrier = CARRIER_HTTP_HEADER },
                              { .standard = STD_ROBOTS_TXT, .carrier = CARRIER_SITE_FILE },
                              { .standard = STD_TDMREP, .carrier = CARRIER_HTTP_HEADER } };
    struct signals signals = { .v = said, .n = 3 };
    unsigned respmod = METRIC_FILTER_SECONDS + METRIC_RESPMOD * METRIC_FILTER_TIMES_CELLS;
    (void)state;
    j->record.signals = &signals;
    j->record.seen = 700;
    j->announced = 5000;
    j->decision.undecided =
        undecided_bit(UNDECIDED_PARTIAL) | undecided_bit(UNDECIDED_LIMIT_PHRASES);
    count_verdict(j, ACTION_BLOCK, 1000);
    assert_int_equal(grown(METRIC_EXCHANGES, METRIC_EXCHANGES_LAST), 1);
    assert_int_equal(more(METRIC_AT3(EXCHANGES, DECISION, ACTION, METRIC_RESPMOD,
                                     DECISION_RESERVED, ACTION_BLOCK)), 1);
    assert_int_equal(grown(METRIC_SIGNALS, METRIC_SIGNALS_LAST), 2);
    assert_int_equal(more(METRIC_AT2(SIGNALS, CARRIER, STD_TDMREP, CARRIER_HTTP_HEADER)), 2);
    assert_int_equal(more(METRIC_AT2(SIGNALS, CARRIER, STD_ROBOTS_TXT, CARRIER_SITE_FILE)), 1);
    assert_int_equal(grown(METRIC_UNDECIDED, METRIC_UNDECIDED_LAST), 2);
    assert_int_equal(more(METRIC_UNDECIDED + UNDECIDED_PARTIAL), 1);
    assert_int_equal(more(METRIC_UNDECIDED + UNDECIDED_LIMIT_PHRASES), 1);
    assert_int_equal(more(METRIC_BODY_SEEN_BYTES), 700);
    assert_int_equal(more(METRIC_NOT_FETCHED_BYTES), 4000);
    assert_int_equal(more(respmod + 3), 1); /* more than 50 µs, up to 100 */
    assert_int_equal(more(METRIC_FILTER_SECONDS_LAST), 60);
    assert_int_equal(grown(METRIC_MONITORED, METRIC_MONITORED_LAST), 0);
    assert_int_equal(more(METRIC_CUTS) + more(METRIC_ABANDONED), 0); /* whoever cuts tells */
    answering_close(a);
}

static void what_passes_or_has_no_body_saves_nothing(void **state)
{
    struct answering *a = verdict();
    struct judge *j = &a->t->judge;
    (void)state;
    j->announced = 5000;
    count_verdict(j, ACTION_TAG, 1000);
    j->announced = 500; /* more came than was announced */
    count_verdict(j, ACTION_BLOCK, 1000);
    j->announced = -1;
    count_verdict(j, ACTION_BLOCK, 1000);
    j->announced = 5000;
    j->exchange.has_body = false; /* the answer to HEAD */
    count_verdict(j, ACTION_BLOCK, 0);
    assert_int_equal(more(METRIC_NOT_FETCHED_BYTES), 0);
    answering_close(a);
}

static void a_refused_request(void **state)
{
    struct answering *a = verdict();
    struct judge *j = &a->t->judge;
    (void)state;
    j->record.request = true;
    j->decision.kind = DECISION_CONDITIONAL;
    count_verdict(j, ACTION_BLOCK, 0);
    count_passed_request(20);
    assert_int_equal(more(METRIC_AT3(EXCHANGES, DECISION, ACTION, METRIC_REQMOD,
                                     DECISION_CONDITIONAL, ACTION_BLOCK)), 1);
    assert_int_equal(more(METRIC_REQUESTS_PASSED), 1);
    assert_int_equal(more(METRIC_FILTER_SECONDS + METRIC_FILTER_TIMES_CELLS - 1), 80);
    assert_int_equal(more(METRIC_FILTER_SECONDS_LAST), 0);
    answering_close(a);
}

static void monitor_mode_tells_what_would_have_been(void **state)
{
    struct answering *a = verdict();
    struct profile profile = *a->t->judge.profile;
    struct judge *j = &a->t->judge;
    (void)state;
    profile.monitor = true;
    j->profile = &profile;
    j->decision.would = ACTION_BLOCK;
    count_verdict(j, ACTION_PASS, 0);
    assert_int_equal(more(METRIC_MONITORED + ACTION_BLOCK), 1);
    assert_int_equal(grown(METRIC_MONITORED, METRIC_MONITORED_LAST), 1);
    answering_close(a);
}

static void records_are_counted_by_event(void **state)
{
    struct answering *a = verdict();
    struct record *r = &a->t->judge.record;
    (void)state;
    r->wall_ms = 1700000000999;
    count_record(r);
    r->event = RECORD_PENDING;
    count_record(r);
    count_record(r);
    assert_int_equal(more(METRIC_AUDIT_RECORDS + METRIC_FINAL), 1);
    assert_int_equal(more(METRIC_AUDIT_RECORDS + METRIC_PENDING), 2);
    assert_int_equal(metrics_own(METRIC_AUDIT_LAST), 1700000000);
    answering_close(a);
}

static void several_at_once(void **state)
{
    (void)state;
    count_more(METRIC_IMAGES_LOST, 7);
    count(METRIC_HELD);
    assert_int_equal(more(METRIC_IMAGES_LOST), 7);
    assert_int_equal(more(METRIC_HELD), 1);
}

static int start(void **state)
{
    (void)state;
    return mem_init() < 0 || !init_body_system() ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_refused_response, remember),
        cmocka_unit_test_setup(what_passes_or_has_no_body_saves_nothing, remember),
        cmocka_unit_test_setup(a_refused_request, remember),
        cmocka_unit_test_setup(monitor_mode_tells_what_would_have_been, remember),
        cmocka_unit_test_setup(records_are_counted_by_event, remember),
        cmocka_unit_test_setup(several_at_once, remember),
    };
    return cmocka_run_group_tests_name("counting", tests, start, NULL);
}
