/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_rows.h - one program for several targets: --target=NAME among libFuzzer's arguments,
 * which passes over what begins so, says which; --targets prints their names. */
#ifndef OPTOUT_TESTS_FUZZ_ROWS_H
#define OPTOUT_TESTS_FUZZ_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The position of the target in `names`, which NULL ends; it ends the process without one. */
static inline size_t fuzz_row(int argc, char **argv, const char *const *names)
{
    static const char chooses[] = "--target=";
    for (int i = 1; i < argc; i++) {
        bool listing = strcmp(argv[i], "--targets") == 0;
        for (size_t k = 0; names[k]; k++) {
            if (listing)
                puts(names[k]);
            else if (strncmp(argv[i], chooses, sizeof chooses - 1) == 0 &&
                     strcmp(argv[i] + sizeof chooses - 1, names[k]) == 0)
                return k;
        }
        if (listing)
            exit(0);
    }
    fprintf(stderr, "%s: --target=NAME is missing, or is none of --targets\n", argv[0]);
    exit(2);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
