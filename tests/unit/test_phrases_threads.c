/* SPDX-License-Identifier: Apache-2.0 */
/* Phrases that are built in, first needed by several threads at once. */
#include "phrases_fixture.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS 20

static void *reads(void *arg)
{
    static const char *const texts[] = {
        "We do not permit the training of AI models on the articles of this site.",
        "Das Training von KI mit unseren Inhalten ist nicht gestattet.",
        "La fouille de textes et de donn\xC3\xA9" "es est express\xC3\xA9ment r\xC3\xA9serv\xC3\xA9" "e.",
    };
    size_t *hits = arg;
    const struct phrases *p = phrases_builtin();
    for (int i = 0; i < ROUNDS; i++)
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            *hits += hits_of_plain(p, slice_cstr(texts[k])).n != 0;
    return NULL;
}

static void threads_make_it_ready_once(void **state)
{
    (void)state;
    pthread_t thread[THREADS];
    size_t hits[THREADS] = { 0 };
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, reads, &hits[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(hits[i], ROUNDS * 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_make_it_ready_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
