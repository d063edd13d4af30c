/* SPDX-License-Identifier: Apache-2.0 */
/* command.h - asks a program of the system, without a shell and not for ever. Any thread. */
#ifndef OPTOUT_DOCTOR_COMMAND_H
#define OPTOUT_DOCTOR_COMMAND_H

#include "core/buf.h"

#include <stdbool.h>

#define COMMAND_PATH_MAX 512
#define COMMAND_OUTPUT_MAX (64u << 10) /* what is more is not read */

/* Where a program is: PATH, and the folders of system programs that it may lack. */
bool command_find(const char *name, char path[COMMAND_PATH_MAX]);

enum command_end {
    COMMAND_ENDED,   /* *status is its exit status, 128 and the signal when one ended it */
    COMMAND_LATE,    /* killed after `ms` */
    COMMAND_NOT_RUN  /* errno says why */
};
/* Both outputs are appended to `out`, whose limit is the caller's; there is no input. argv[0] is a
 * path, NULL ends it. */
enum command_end command_run(const char *const *argv, unsigned ms, struct buf *out, int *status);

#endif
