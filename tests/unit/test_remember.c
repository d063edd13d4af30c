/* SPDX-License-Identifier: Apache-2.0 */
/* test_remember.c - the memory of denials under many threads, and what a writer that
 * died leaves behind. Built once more with ThreadSanitizer by test_threads.sh. */
#include "unit.h"

#include "verdict/remember.c"

#include <pthread.h>
#include <sys/wait.h>

#define THREADS 4
#define ROUNDS 20000
#define URLS 64 /* few, so that all meet in the same places */

static struct slice url_of(unsigned i, char text[32])
{
    snprintf(text, 32, "http://h/%u", i % URLS);
    return slice_cstr(text);
}

/* A denial whose parts belong together: a mixture is told. */
static struct past_verdict denial_of(unsigned i)
{
    struct past_verdict d = { .kind = (uint8_t)(i % 200), .until_ms = 1000000 + (int64_t)(i % 200),
                        .length = (int64_t)(i % 200) };
    memset(d.id, 'a' + (int)(i % 20), sizeof d.id - 1);
    d.id[0] = (char)(1 + i % 200);
    return d;
}

static bool is_one(const struct past_verdict *d)
{
    unsigned i = d->kind;
    for (size_t k = 1; k + 1 < sizeof d->id; k++)
        if (d->id[k] != (char)('a' + (int)(i % 20)))
            return false;
    return d->until_ms == 1000000 + (int64_t)i && d->length == (int64_t)i &&
           d->id[0] == (char)(1 + i);
}

static struct remembered *memory;
static atomic_uint mixed, found;

static void *hammer(void *ctx)
{
    unsigned seed = *(unsigned *)ctx;
    for (unsigned k = 0; k < ROUNDS; k++) {
        char text[32];
        unsigned i = (unsigned)rand_r(&seed) % 200;
        struct past_verdict d = denial_of(i), got;
        struct slice url = url_of((unsigned)rand_r(&seed), text);
        if (k % 2)
            remember_add(memory, "p", url, &d);
        else if (remember_find(memory, "p", url, 0, &got)) {
            atomic_fetch_add(&found, 1);
            if (!is_one(&got))
                atomic_fetch_add(&mixed, 1);
        }
    }
    return NULL;
}

static void many_threads_never_mix_two_denials(void **state)
{
    pthread_t thread[THREADS];
    unsigned seed[THREADS];
    (void)state;
    memory = remember_make();
    for (unsigned i = 0; i < THREADS; i++) {
        seed[i] = i + 1;
        assert_int_equal(pthread_create(&thread[i], NULL, hammer, &seed[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(atomic_load(&mixed), 0);
    assert_true(atomic_load(&found) > 100);
    remember_free(memory);
}

static pid_t dead_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

/* All places as a writer that was killed leaves them. */
static void leave_odd(struct remembered *r, pid_t writer)
{
    for (size_t i = 0; i < ENTRIES; i++)
        atomic_store(&r->entry[i].state, (uint64_t)writer << 32 | 7);
}

static void a_place_survives_its_writer(void **state)
{
    struct past_verdict d = denial_of(3), got;
    char text[32];
    (void)state;
    struct remembered *r = remember_make();
    leave_odd(r, dead_process());
    for (unsigned i = 0; i < URLS; i++) {
        assert_false(remember_find(r, "p", url_of(i, text), 0, &got));
        remember_add(r, "p", url_of(i, text), &d);
        assert_true(remember_find(r, "p", url_of(i, text), 0, &got));
        assert_true(is_one(&got));
    }
    remember_free(r);
}

static void a_writer_that_lives_is_left_alone(void **state)
{
    struct past_verdict d = denial_of(3), got;
    (void)state;
    struct remembered *r = remember_make();
    leave_odd(r, getpid());
    remember_add(r, "p", SLICE_OF("http://h/"), &d);
    assert_false(remember_find(r, "p", SLICE_OF("http://h/"), 0, &got));
    leave_odd(r, getppid());
    remember_add(r, "p", SLICE_OF("http://h/"), &d);
    assert_false(remember_find(r, "p", SLICE_OF("http://h/"), 0, &got));
    remember_free(r);
}

static void the_last_denial_of_a_url_counts(void **state)
{
    struct past_verdict first = denial_of(1), last = denial_of(2), got;
    (void)state;
    struct remembered *r = remember_make();
    assert_false(remember_find(r, "p", SLICE_OF("http://h/"), 0, &got));
    remember_add(r, "p", SLICE_OF("http://h/"), &first);
    remember_add(r, "p", SLICE_OF("http://h/"), &last);
    assert_true(remember_find(r, "p", SLICE_OF("http://h/"), 0, &got));
    assert_int_equal(got.kind, 2);
    assert_false(remember_find(r, "q", SLICE_OF("http://h/"), 0, &got));
    assert_false(remember_find(r, "p", SLICE_OF("http://h/"), last.until_ms, &got));
    remember_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_denial_of_a_url_counts),
        cmocka_unit_test(many_threads_never_mix_two_denials),
        cmocka_unit_test(a_place_survives_its_writer),
        cmocka_unit_test(a_writer_that_lives_is_left_alone),
    };
    return cmocka_run_group_tests_name("remember", tests, NULL, NULL);
}
