/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log.h"

#include "core/clock.h"
#include "core/journal.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

/* Written once, before there is anything to log and before there are threads. */
static bool verbose;
static struct {
    const char *name, *path;
    int fd;        /* -1: standard error is not the journal */
    bool stderr_is_journal;
} journal = { .name = "optout", .fd = -1 };

static atomic_ullong lost; /* messages that nobody took */

void log_verbose(bool on)
{
    verbose = on;
}

void log_open_at(const char *name, const char *path)
{
    log_close();
    journal.name = name;
    journal.path = path;
    journal.stderr_is_journal = journal_has(STDERR_FILENO);
    journal.fd = journal.stderr_is_journal ? journal_socket() : -1;
}

void log_open(const char *name)
{
    log_open_at(name, JOURNAL_SOCKET);
}

void log_close(void)
{
    if (journal.fd >= 0)
        close(journal.fd);
    journal.fd = -1;
    journal.stderr_is_journal = false;
}

static void make_plain(char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((uint8_t)p[i] < 0x20 || (uint8_t)p[i] >= 0x7F)
            p[i] = '?';
}

/* ---- to the journal ---- */

static void add(struct journal_field *f, size_t *n, const char *name, struct slice value)
{
    if (value.n)
        f[(*n)++] = (struct journal_field){ name, value };
}

/* False: it was not taken. `row` may be NULL. */
static bool send_message(const struct log_event_row *row, int priority, struct slice subject,
                         struct slice text)
{
    struct journal_field f[JOURNAL_FIELDS_MAX];
    size_t n = 0;
    char digit[2] = { (char)('0' + priority), '\0' }, number[24] = "";
    unsigned long long untold = atomic_exchange(&lost, 0);
    if (untold)
        snprintf(number, sizeof number, "%llu", untold);
    add(f, &n, "MESSAGE", text);
    add(f, &n, "PRIORITY", slice_cstr(digit));
    add(f, &n, "SYSLOG_IDENTIFIER", slice_cstr(journal.name));
    add(f, &n, "OPTOUT_LOST", slice_cstr(number));
    if (row) {
        add(f, &n, "MESSAGE_ID", slice_cstr(row->id));
        add(f, &n, "OPTOUT_EVENT", slice_cstr(row->word));
        if (row->field)
            add(f, &n, row->field, slice_sub(subject, 0, LOG_SUBJECT_MAX));
    }
    if (journal_send(journal.fd, journal.path, f, n))
        return true;
    atomic_fetch_add(&lost, untold);
    return false;
}

/* ---- to standard error ---- */

/* The journal reads "<4>" in front of a line as its priority, and has the time itself. */
static size_t print_front(char *line, size_t size, int priority)
{
    if (journal.stderr_is_journal)
        return (size_t)snprintf(line, size, "<%d>", priority);
    clock_text(clock_wall_ms(), line);
    size_t n = strlen(line);
    line[n++] = ' ';
    return n;
}

/* The journal's stream must not be waited for either. */
static void write_line(const char *line, size_t n)
{
    ssize_t k = journal.stderr_is_journal
                    ? send(STDERR_FILENO, line, n, MSG_DONTWAIT | MSG_NOSIGNAL)
                    : write(STDERR_FILENO, line, n);
    if (k < 0)
        atomic_fetch_add(&lost, 1);
}

static void tell(const struct log_event_row *row, int priority, struct slice subject,
                 const char *fmt, va_list ap)
{
    char line[LINE_MAX_BYTES];
    size_t front = print_front(line, sizeof line, priority);
    int k = vsnprintf(line + front, sizeof line - front - 1, fmt, ap);
    size_t end = k < 0 ? front : front + (size_t)k;
    if (end > sizeof line - 2)
        end = sizeof line - 2;
    make_plain(line + front, end - front);
    if (journal.fd >= 0 && send_message(row, priority, subject, slice_of(line + front, end - front)))
        return;
    line[end++] = '\n';
    write_line(line, end);
}

/* ---- the log ---- */

void log_event(enum log_event e, const char *fmt, ...)
{
    const struct log_event_row *row = log_event_row(e);
    va_list ap;
    if (row->priority == LOG_PRIORITY_DETAIL && !verbose)
        return;
    va_start(ap, fmt);
    tell(row, row->priority, SLICE_EMPTY, fmt, ap);
    va_end(ap);
}

void log_event_on(enum log_event e, struct slice subject, const char *fmt, ...)
{
    const struct log_event_row *row = log_event_row(e);
    va_list ap;
    if (row->priority == LOG_PRIORITY_DETAIL && !verbose)
        return;
    va_start(ap, fmt);
    tell(row, row->priority, subject, fmt, ap);
    va_end(ap);
}

void log_note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    tell(NULL, LOG_PRIORITY_NOTICE, SLICE_EMPTY, fmt, ap);
    va_end(ap);
}

void log_detail(const char *fmt, ...)
{
    va_list ap;
    if (!verbose)
        return;
    va_start(ap, fmt);
    tell(NULL, LOG_PRIORITY_DETAIL, SLICE_EMPTY, fmt, ap);
    va_end(ap);
}

void log_to_journal(enum log_event e, struct slice subject, struct slice text)
{
    const struct log_event_row *row = log_event_row(e);
    char plain[LINE_MAX_BYTES];
    if (journal.fd < 0)
        return;
    struct slice kept = slice_sub(text, 0, sizeof plain);
    memcpy(plain, kept.p, kept.n);
    make_plain(plain, kept.n);
    if (!send_message(row, row->priority, subject, slice_of(plain, kept.n)))
        atomic_fetch_add(&lost, 1);
}
