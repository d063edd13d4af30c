/* SPDX-License-Identifier: Apache-2.0 */
/* test_metrics_threads.c - what threads count at the same time; under ThreadSanitizer too. */
#include "unit.h"

#include "metrics/metrics.h"

#include <pthread.h>

#define THREADS 12 /* more than there are shards */
#define TIMES 20000

static void *count_much(void *arg)
{
    (void)arg;
    for (int i = 0; i < TIMES; i++) {
        metrics_count(METRIC_CUTS);
        metrics_add(METRIC_HOLD_USED_BYTES, 7);
        metrics_observe(METRIC_SITE_WAIT_SECONDS, METRIC_WAIT_TIMES, 20000);
        metrics_set(METRIC_AUDIT_LAST, (uint64_t)i);
        (void)metrics_own(METRIC_CUTS);
        metrics_take(METRIC_HOLD_USED_BYTES, 7);
    }
    return NULL;
}

static void threads_lose_nothing(void **state)
{
    (void)state;
    pthread_t t[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, count_much, NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(metrics_own(METRIC_CUTS), THREADS * TIMES);
    assert_int_equal(metrics_own(METRIC_HOLD_USED_BYTES), 0);
    assert_int_equal(metrics_own(METRIC_SITE_WAIT_SECONDS + 1), THREADS * TIMES);
    assert_int_equal(metrics_own(METRIC_SITE_WAIT_SECONDS_LAST), THREADS * TIMES * 20000ull);
}

int main(void)
{
    test_threads_alone();
    const struct CMUnitTest tests[] = { cmocka_unit_test(threads_lose_nothing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
