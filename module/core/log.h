/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - the log of programs that run by themselves: one line per event on standard error, or, when
 * that is systemd's journal, one message with fields.
 *
 * A line has the time in front; a message has the fields MESSAGE, PRIORITY, SYSLOG_IDENTIFIER and,
 * of an event, MESSAGE_ID, OPTOUT_EVENT and its subject (log_events.h). Bytes that others chose
 * cannot begin a line, move a terminal or make a field. Nothing waits for the journal: what it does
 * not take goes to standard error, and what that does not take is counted and told by the next
 * message, in OPTOUT_LOST.
 *
 * Any thread, after log_open. */
#ifndef OPTOUT_CORE_LOG_H
#define OPTOUT_CORE_LOG_H

#include "core/log_events.h"
#include "core/slice.h"

/* Once, before the first line and before there are threads; without it lines go to standard
 * error. `name` is kept. */
void log_open(const char *name);
/* The same with the journal's socket elsewhere: for tests. */
void log_open_at(const char *name, const char *journal);
void log_close(void);

/* Whether what only -v shows is logged. Set once, before the first line. */
void log_verbose(bool on);

/* Of a kind that can be looked for. What has LOG_PRIORITY_DETAIL is logged with -v alone. */
void log_event(enum log_event e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* `subject` becomes the field that the event's row names; at most LOG_SUBJECT_MAX bytes of it. */
#define LOG_SUBJECT_MAX 65536u
void log_event_on(enum log_event e, struct slice subject, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Of no kind. */
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_detail(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* with -v */

/* To the journal alone, for who has a log besides; nothing when standard error was not the journal
 * at log_open. `text` may hold anything. */
void log_to_journal(enum log_event e, struct slice subject, struct slice text);

#endif
