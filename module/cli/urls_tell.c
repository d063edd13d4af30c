/* SPDX-License-Identifier: Apache-2.0 */
/* urls_tell.c - what people are told of a list while it is read, and at its end. */
#include "cli/urls.h"

#include "cli/cli.h"
#include "core/clock.h"
#include "syntax/json.h"

#include <stdio.h>

#define TOLD_MAX 20 /* rows at fault that are named */
#define PROGRESS_US 500000u

const char *urls_file_name(const struct urls_options *o, uint64_t file)
{
    const char *path = o->file[file];
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static const char *text_of_fault(const char *reason)
{
    static const struct {
        const char *reason, *text;
    } row[] = {
        { "empty", "there is nothing where a URL should be" },
        { "nul", "a NUL in the URL; is this UTF-16?" },
        { "long-url", "the URL is longer than 8192 bytes" },
        { "malformed-url", "this is no http or https URL" },
        { "long-row", "the row is longer than 16 MiB" },
        { "cut-row", "the input ends within this row" },
        { "quotes", "quotation marks that do not fit" },
        { "no-column", "there are fewer columns" },
        { "no-json", "this is no JSON object" },
        { "no-member", "there is no such member, or no string in it" },
        { "member-twice", "the member is there twice" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (strcmp(row[i].reason, reason) == 0)
            return row[i].text;
    return reason;
}

void urls_tell_fault(struct urls_teller *t, const struct url_row *row, const char *reason)
{
    if (t->o->quiet || t->told > TOLD_MAX)
        return;
    urls_end_progress(t);
    if (t->told++ == TOLD_MAX)
        cli_error("more rows that cannot be decided are only counted");
    else
        cli_error("%s:%llu: %s", urls_file_name(t->o, row->file), (unsigned long long)row->line,
                  text_of_fault(reason));
}

void urls_tell_ends(const struct urls_teller *t, const struct url_row *row, bool bom)
{
    if (!t->o->quiet)
        cli_error("%s:%llu: %s", urls_file_name(t->o, row->file), (unsigned long long)row->line,
                  bom ? "a byte order mark, which is taken for no part of the row"
                      : "the line ends with CRLF, as others may; they stay as they are");
}

static double seconds_since(uint64_t began_us)
{
    double seconds = (double)(clock_mono_us() - began_us) / 1e6;
    return seconds > 0.001 ? seconds : 0.001;
}

void urls_show_progress(struct urls_teller *t, uint64_t file, const struct urls_counts *c,
                        size_t waiting)
{
    uint64_t now = clock_mono_us();
    if (!t->progress || now - t->shown_us < PROGRESS_US)
        return;
    t->shown_us = now;
    char text[256];
    int n = snprintf(text, sizeof text, "\r%.60s: %llu rows, %.0f/s, %llu allowed, %zu waiting\033[K",
                     urls_file_name(t->o, file), (unsigned long long)c->rows,
                     (double)(c->rows - t->old_rows) / seconds_since(t->began_us),
                     (unsigned long long)c->by_verdict[URL_ALLOWED], waiting);
    cli_write_error(slice_of(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1));
}

void urls_end_progress(const struct urls_teller *t)
{
    if (t->progress)
        cli_write_error(SLICE_OF("\r\033[K"));
}

static void print_text(const struct urls_teller *t, const struct urls_counts *c,
                       const struct asker_counts *asked, double seconds, struct buf *out)
{
    buf_printf(out, "%llu rows: %llu allowed, %llu refused, %llu undecided",
               (unsigned long long)c->rows, (unsigned long long)c->by_verdict[URL_ALLOWED],
               (unsigned long long)c->by_verdict[URL_REFUSED],
               (unsigned long long)c->by_verdict[URL_UNDECIDED]);
    if (c->malformed)
        buf_printf(out, " (%llu of them malformed)", (unsigned long long)c->malformed);
    buf_printf(out, "; %.1f s, %.0f rows/s", seconds, (double)(c->rows - t->old_rows) / seconds);
    if (asked->asked)
        buf_printf(out, "; %llu sites were asked for, %llu of them in vain",
                   (unsigned long long)asked->asked, (unsigned long long)asked->failed);
    buf_putc(out, '\n');
    for (size_t i = 0; i < c->n_reasons; i++)
        buf_printf(out, "  %s: %llu\n", c->reason[i].name, (unsigned long long)c->reason[i].n);
}

static void print_json(const struct urls_counts *c, const struct asker_counts *asked,
                       double seconds, struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    urls_counts_print(&j, c);
    json_int(&j, "asked", (int64_t)asked->asked);
    json_int(&j, "asked_in_vain", (int64_t)asked->failed);
    json_int(&j, "ms", (int64_t)(seconds * 1000));
    json_close(&j, '}');
    buf_putc(out, '\n');
}

void urls_print_summary(const struct urls_teller *t, const struct urls_counts *c,
                        const struct asker_counts *asked)
{
    struct buf out;
    double seconds = seconds_since(t->began_us);
    buf_init(&out, CLI_OUTPUT_MAX);
    if (t->o->summary_json)
        print_json(c, asked, seconds, &out);
    else if (!t->o->quiet && !t->o->no_summary)
        print_text(t, c, asked, seconds, &out);
    cli_write_error(buf_slice(&out));
    buf_free(&out);
}
