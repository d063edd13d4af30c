/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - the log of programs that run by themselves: one line per event on standard error.
 *
 * With the time in front, unless the journal adds its own (JOURNAL_STREAM). Bytes
 * that others chose cannot begin a line or move a terminal. */
#ifndef OPTOUT_CORE_LOG_H
#define OPTOUT_CORE_LOG_H

#include <stdbool.h>

/* Set once, before the first line. */
void log_verbose(bool on);

void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_detail(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* with -v */

#endif
