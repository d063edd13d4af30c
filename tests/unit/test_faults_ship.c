/* SPDX-License-Identifier: Apache-2.0 */
/* test_faults_ship.c - memory and the disk fail at every place where optout-ship needs them:
 * faults_ship.h. */
#include "faults_ship.h"

static void no_line_is_lost(void **state)
{
    (void)state;
    fail_each_call(&faulty_ship, 30, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_line_is_lost, make_dir, drop_dir),
    };
    return cmocka_run_group_tests_name("faults_ship", tests, NULL, NULL);
}
