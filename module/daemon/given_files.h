/* SPDX-License-Identifier: Apache-2.0 */
/* given_files.h - the files that optoutd.conf names. They are read at the start;
 * `optoutd --check` looks at them too, so that what it calls right will start. */
#ifndef OPTOUT_DAEMON_GIVEN_FILES_H
#define OPTOUT_DAEMON_GIVEN_FILES_H

#include "core/buf.h"
#include "daemon/daemon_config.h"
#include "daemon/share_url.h"

#define AGENTS_FILE_MAX (4u << 20)

/* All of a file; errno says why not, EFBIG when it has more than `max` bytes. */
bool given_read(const char *path, size_t max, struct buf *out);

/* The first line of the file, without its end. False with `why`, which never
 * repeats it. */
bool given_password(const char *path, char out[SHARE_PASSWORD_MAX], char *why, size_t why_size);

/* Everything but the folders, which only the daemon's user may see. */
enum optout_rc given_check(const struct daemon_config *c, struct config_error *e) OPTOUT_CHECKED;

#endif
