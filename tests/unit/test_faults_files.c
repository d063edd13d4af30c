/* SPDX-License-Identifier: Apache-2.0 */
/* test_faults_files.c - memory and the disk fail at every place where somebody reads or writes a
 * file: faults_files.h. The log and the store have tests of their own. */
#include "faults_files.h"

#define CASE(name, faulty, places, one_in)           \
    static void name(void **state)                   \
    {                                                \
        (void)state;                                 \
        fail_each_call(&faulty, places, one_in);     \
    }

CASE(a_configuration_is_read_whole_or_refused, faulty_config, 60, 2)
CASE(what_was_counted_is_neither_lost_nor_doubled, faulty_metrics, 40, 6)
CASE(lines_of_a_segment_are_those_that_are_there, faulty_reader, 4, 2)
CASE(lines_of_a_packed_segment_too, faulty_unpacking, 4, 2)
CASE(an_index_is_whole_or_none, faulty_index, 20, 2)
CASE(the_board_shows_what_was_said, faulty_board, 10, 2)
CASE(a_map_stays_as_it_is, faulty_map, 8, 2)
CASE(a_map_that_is_made_anew_is_whole, faulty_other_map, 8, 2)

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(a_configuration_is_read_whole_or_refused),
        IN_DIR(what_was_counted_is_neither_lost_nor_doubled),
        IN_DIR(lines_of_a_segment_are_those_that_are_there),
        IN_DIR(lines_of_a_packed_segment_too),
        IN_DIR(an_index_is_whole_or_none),
        IN_DIR(the_board_shows_what_was_said),
        IN_DIR(a_map_stays_as_it_is),
        IN_DIR(a_map_that_is_made_anew_is_whole),
    };
    return cmocka_run_group_tests_name("faults_files", tests, NULL, NULL);
}
