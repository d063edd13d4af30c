/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - whole files into memory, for whoever reads them at a start or for a command; and all
 * of a text out. */
#ifndef OPTOUT_CORE_FILE_H
#define OPTOUT_CORE_FILE_H

#include "core/buf.h"

/* Appends all of a file. OPTOUT_E_IO: errno says why. Else what the buffer says of itself:
 * OPTOUT_E_LIMIT where the file is longer than it may grow, OPTOUT_E_NOMEM. */
enum optout_rc file_read(const char *path, struct buf *out) OPTOUT_CHECKED;
enum optout_rc file_read_fd(int fd, struct buf *out) OPTOUT_CHECKED; /* up to its end */
/* All of it, over interruptions; false: errno says why, or 0 when nothing was taken. */
bool file_write_all(int fd, struct slice s) OPTOUT_CHECKED;

#endif
