/* SPDX-License-Identifier: Apache-2.0 */
/* test_faults_reload.c - memory and the disk fail at every place of a reload: faults_reload.h. */
#include "faults_reload.h"

static void the_new_one_is_in_force_or_the_old_one_stays(void **state)
{
    (void)state;
    fail_each_call(&faulty_reload, 60, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_new_one_is_in_force_or_the_old_one_stays, make_dir, drop_dir),
    };
    return cmocka_run_group_tests_name("faults_reload", tests, NULL, NULL);
}
