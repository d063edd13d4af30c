/* SPDX-License-Identifier: Apache-2.0 */
/* test_faults_segment.c - memory and the disk fail at every place where the log asks for
 * something: faults_log.h. */
#include "faults_log.h"

static void every_call_may_fail(void **state)
{
    (void)state;
    fail_each_call(&faulty_log, 20, 4);
}

static void every_call_may_fail_where_each_line_is_synced(void **state)
{
    (void)state;
    fail_each_call(&faulty_synced_log, 20, 4);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(every_call_may_fail),
        IN_DIR(every_call_may_fail_where_each_line_is_synced),
    };
    return cmocka_run_group_tests_name("faults_segment", tests, NULL, NULL);
}
