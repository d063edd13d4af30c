/* SPDX-License-Identifier: Apache-2.0 */
/* test_faults_store.c - memory, the disk and LMDB fail at every place where the store asks
 * for something: faults_store.h. */
#include "faults_store.h"

static void every_call_of_the_store_may_fail(void **state)
{
    (void)state;
    fail_each_call(&faulty_store, 60, 3);
}

static void every_call_for_terms_may_fail(void **state)
{
    (void)state;
    fail_each_call(&faulty_terms, 60, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_call_of_the_store_may_fail, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(every_call_for_terms_may_fail, make_dir, drop_dir),
    };
    return cmocka_run_group_tests_name("faults_store", tests, NULL, NULL);
}
