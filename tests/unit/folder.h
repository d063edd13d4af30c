/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - a folder of a test program's own, in memory where there is room. */
#ifndef OPTOUT_TESTS_FOLDER_H
#define OPTOUT_TESTS_FOLDER_H

#include "unit.h"

#include <unistd.h>

static char dir[64];

/* For cmocka's setup and teardown. */
static inline int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "%s/optout-unit-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(dir) ? 0 : -1;
}

/* The folder goes as well: whoever is tested makes it again. */
static inline void clear_dir(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0)
        fail_msg("cannot remove %s", dir);
}

static inline int drop_dir(void **state)
{
    (void)state;
    clear_dir();
    return 0;
}

#endif
