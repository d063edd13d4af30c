/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_disk.c - a disk that fails, where and how the input chooses: who needs it, two bytes for the place,
 * how it fails and, the highest bit, whether all after it fails as well; then, if there is more, where it
 * fails a second time. What was told then, and what is there, is looked at as by the unit tests, which try
 * every single place (tests/unit/test_faults_*.c). */
#define OPTOUT_TESTS_UNIT_H /* without cmocka */
#include "core/arena.h"
#include "core/rc.h"
#include "core/slice.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define fail_msg(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), abort())
#define assert_true(good) ((good) ? (void)0 : fail_msg("%s:%d: %s", __FILE__, __LINE__, #good))
#define assert_non_null(p) assert_true((p) != NULL)
#define assert_int_equal(a, b) assert_true((a) == (b))

#include "faults_files.h"
#include "faults_log.h"
#include "faults_store.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct faulty *const everybody[] = {
    &faulty_log,    &faulty_synced_log, &faulty_store, &faulty_config, &faulty_metrics,
    &faulty_reader, &faulty_unpacking,  &faulty_index, &faulty_board,  &faulty_map,
    &faulty_other_map, &faulty_terms,
};
enum { ALL = sizeof everybody / sizeof *everybody };
static unsigned long places[ALL][FAULT_KINDS]; /* of each without a failure */

static void drop(void)
{
    clear_dir();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    assert_true(make_dir(NULL) == 0);
    atexit(drop);
    for (size_t i = 0; i < ALL; i++)
        for (int how = 0; how < FAULT_KINDS; how++) {
            assert_true(!fail_once(everybody[i], (enum fault)how, 0, false));
            places[i][how] = atomic_load(&calls);
        }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    size_t who = data[0] % ALL, how = (data[3] & 0x7F) % FAULT_KINDS;
    unsigned long n = 1 + ((unsigned long)data[1] << 8 | data[2]) % (places[who][how] + 1);
    atomic_store(&second_failure, size > 4 ? n + 1 + data[4] : 0);
    /* Who is interrupted for ever may try for ever. */
    (void)fail_once(everybody[who], (enum fault)how, n, how != FAULT_INTERRUPTED && data[3] & 0x80);
    return 0;
}
