/* SPDX-License-Identifier: Apache-2.0 */
/* The gate that a failing log closes: one trial at a time, seen by all processes. */
#include "unit.h"

#include "core/clock.h"
#include "icap/record_gate.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static void it_is_open_until_a_record_fails(void **state)
{
    (void)state;
    struct record_gate *g = record_gate_make();
    assert_int_equal(record_gate_ask(g), GATE_OPEN);
    assert_true(record_gate_close(g));
    assert_false(record_gate_close(g));
    assert_int_equal(record_gate_ask(g), GATE_TRY);
    assert_int_equal(record_gate_open(g), 0);
    assert_int_equal(record_gate_ask(g), GATE_OPEN);
    record_gate_free(g);
}

static void one_trial_at_once_then_one_a_second(void **state)
{
    (void)state;
    struct record_gate *g = record_gate_make();
    assert_true(record_gate_close(g));
    for (int second = 0; second < 3; second++) {
        assert_int_equal(record_gate_ask(g), GATE_TRY);
        for (int i = 0; i < 5; i++) {
            assert_int_equal(record_gate_ask(g), GATE_CLOSED);
            record_gate_count(g);
        }
        assert_false(record_gate_close(g)); /* what fails meanwhile makes no trial due */
        assert_int_equal(record_gate_ask(g), GATE_CLOSED);
        clock_advance(GATE_TRIAL_US / 1000);
    }
    assert_int_equal(record_gate_open(g), 15);
    assert_int_equal(record_gate_ask(g), GATE_OPEN);
    assert_true(record_gate_close(g)); /* again: at once */
    assert_int_equal(record_gate_ask(g), GATE_TRY);
    assert_int_equal(record_gate_open(g), 0);
    record_gate_free(g);
}

static void children_share_it(void **state)
{
    (void)state;
    struct record_gate *g = record_gate_make();
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) /* fails a record, begins a trial, and dies amid it */
        _exit(record_gate_close(g) && record_gate_ask(g) == GATE_TRY ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(record_gate_ask(g), GATE_CLOSED);
    clock_advance(GATE_TRIAL_US / 1000);
    assert_int_equal(record_gate_ask(g), GATE_TRY);
    record_gate_free(g);
}

#define ASKERS 4

static void *ask_often(void *arg)
{
    struct record_gate *g = arg;
    uintptr_t trials = 0;
    for (int i = 0; i < 20000; i++)
        trials += record_gate_ask(g) == GATE_TRY;
    return (void *)trials;
}

static void threads_get_one_trial(void **state)
{
    (void)state;
    struct record_gate *g = record_gate_make();
    pthread_t thread[ASKERS];
    uintptr_t trials = 0;
    uint64_t began = clock_mono_us();
    assert_true(record_gate_close(g));
    for (int i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, ask_often, g), 0);
    for (int i = 0; i < ASKERS; i++) {
        void *n;
        assert_int_equal(pthread_join(thread[i], &n), 0);
        trials += (uintptr_t)n;
    }
    assert_true(trials >= 1 && trials <= 1 + (clock_mono_us() - began) / GATE_TRIAL_US);
    record_gate_free(g);
}

static void without_one_it_is_open(void **state)
{
    (void)state;
    assert_false(record_gate_close(NULL));
    record_gate_count(NULL);
    assert_int_equal(record_gate_ask(NULL), GATE_OPEN);
    assert_int_equal(record_gate_open(NULL), 0);
    record_gate_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_open_until_a_record_fails),
        cmocka_unit_test(one_trial_at_once_then_one_a_second),
        cmocka_unit_test(children_share_it),
        cmocka_unit_test(threads_get_one_trial),
        cmocka_unit_test(without_one_it_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
