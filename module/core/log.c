/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log.h"

#include "core/clock.h"
#include "core/slice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

static bool verbose; /* written once, before there is anything to log */

void log_verbose(bool on)
{
    verbose = on;
}

static void write_line(const char *fmt, va_list ap)
{
    char line[LINE_MAX_BYTES];
    size_t n = 0;
    if (!getenv("JOURNAL_STREAM")) {
        clock_text(clock_wall_ms(), line);
        n = strlen(line);
        line[n++] = ' ';
    }
    int k = vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
    size_t end = k < 0 ? n : n + (size_t)k;
    if (end > sizeof line - 2)
        end = sizeof line - 2;
    for (; n < end; n++)
        if ((uint8_t)line[n] < 0x20 || (uint8_t)line[n] >= 0x7F)
            line[n] = '?';
    line[end++] = '\n';
    (void)!write(STDERR_FILENO, line, end);
}

void log_note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    write_line(fmt, ap);
    va_end(ap);
}

void log_detail(const char *fmt, ...)
{
    va_list ap;
    if (!verbose)
        return;
    va_start(ap, fmt);
    write_line(fmt, ap);
    va_end(ap);
}
