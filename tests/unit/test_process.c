/* SPDX-License-Identifier: Apache-2.0 */
/* test_process.c - which process this is, and that no two records share an id, whatever thread or
 * forked child made them. */
#include "unit.h"

#include "audit/ulid.h"
#include "core/process.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 3
#define EACH 60 /* more than are drawn at once, and not a multiple of it */
#define CHILDREN 4
#define IDS (THREADS * EACH)

typedef char id_row[EACH][ULID_TEXT];

static void *make_ids(void *row)
{
    for (size_t i = 0; i < EACH; i++)
        ulid_make(0, ((char(*)[ULID_TEXT])row)[i]);
    return NULL;
}

static void make_in_threads(id_row *rows)
{
    pthread_t t[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, make_ids, rows[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* What a process has in store when it forks is used by one of both at most. */
static void no_two_ids_are_the_same(void **state)
{
    (void)state;
    size_t n = (CHILDREN + 1) * IDS + (CHILDREN + 1) * EACH;
    char(*id)[ULID_TEXT] = mmap(NULL, n * sizeof *id, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(id != MAP_FAILED);
    id_row *row = (id_row *)id;
    make_ids(row[0]);
    for (size_t i = 1; i <= CHILDREN; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            make_ids(row[i]);
            make_in_threads(&row[CHILDREN + 1 + i * THREADS]);
            _exit(0);
        }
        assert_int_equal(waitpid(pid, NULL, 0), pid);
    }
    make_in_threads(&row[CHILDREN + 1]);
    qsort(id, n, sizeof *id, compare);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(strlen(id[i]), ULID_TEXT - 1);
    for (size_t i = 1; i < n; i++)
        assert_string_not_equal(id[i - 1], id[i]);
    munmap(id, n * sizeof *id);
}

static void a_child_is_another_process(void **state)
{
    (void)state;
    uint64_t serial = process_serial();
    assert_int_equal(process_self(), getpid());
    assert_true(serial != 0 && process_serial() == serial);
    for (int i = 0; i < 2; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            uint64_t own = process_serial();
            bool good = process_self() == getpid() && own && own != serial && process_serial() == own;
            _exit(good ? 0 : 1);
        }
        int status = -1;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
    assert_int_equal(process_self(), getpid());
    assert_true(process_serial() == serial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_is_another_process),
        cmocka_unit_test(no_two_ids_are_the_same),
    };
    return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
