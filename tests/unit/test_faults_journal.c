/* SPDX-License-Identifier: Apache-2.0 */
/* test_faults_journal.c - every call of the log to a journal fails: faults_journal.h. */
#include "faults_journal.h"

static void a_message_is_there_or_counted(void **state)
{
    (void)state;
    fail_each_call(&faulty_journal, 8, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_is_there_or_counted, make_dir, drop_dir),
    };
    return cmocka_run_group_tests_name("faults_journal", tests, NULL, NULL);
}
