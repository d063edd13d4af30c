/* SPDX-License-Identifier: Apache-2.0 */
/* site_file.h - what the commands share that read one site file from FILE and say
 * what it means for one URL: robots, tdmrep, rsl. Messages are printed here. */
#ifndef OPTOUT_CLI_SITE_FILE_H
#define OPTOUT_CLI_SITE_FILE_H

#include "site/compiled.h"

/* After the options: --url was given and one FILE follows. False: the command ends
 * with *status. */
bool site_file_operands(int argc, char **argv, const char *url, const char **file, int *status);
/* FILE in the arena, at most `max` bytes and one more, so that a longer one is seen
 * to be. False: it cannot be read. */
bool site_file_read(const char *path, size_t max, struct arena *arena, struct slice *out);
/* The origin and path of the query. `absolute`: a path alone will not do. */
bool site_file_url(struct arena *arena, const char *url, bool absolute, struct rules_query *q);
/* What was ignored or misspelt, on standard error, each with its place: a line of
 * FILE, or what `unit` calls it. */
void site_file_warnings(const char *path, const char *unit, const struct site_rules *rules);

#endif
