/* SPDX-License-Identifier: Apache-2.0 */
/* optout audit report: what the log says in figures, as a page or as JSON. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "answers/report.h"
#include "cli/audit_ask.h"
#include "cli/cli.h"

#include <getopt.h>
#include <stdlib.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

#define PART_MAX (48u << 20) /* bytes of a part before it is merged */

static const char help_text[] =
    "Usage: optout audit report [OPTION]... [FILE|FOLDER]...\n"
    "Makes a report of the audit log: decisions over time, what was stated and refused, by\n"
    "host, format and profile, what could not be read, what changed, gaps, and the figures\n"
    "of the public summary of training content. One HTML page that needs nothing else.\n"
    "Without an argument, AuditDir of the configuration.\n\n"
    "Options:\n"
    "      --json            the same numbers as JSON\n"
    "      --top N           rows of each table [25]\n"
    "      --tagged-kept     what was passed on with a tag that restricts counts as kept\n"
    "      --rows N          names that are kept apart, of hosts, domains and so on [500000]\n"
    AUDIT_ASK_HELP;

struct asked_report {
    struct audit_ask ask;
    struct sums_options sums;
    size_t top;
    struct sums *all;
    struct domains *domains;
};

static void *begin(void *self)
{
    struct sums_options o = ((const struct asked_report *)self)->sums;
    return sums_new(&o);
}

static bool take(void *part, const struct line_view *v, const struct scan_line *line)
{
    struct sums *t = part;
    (void)line;
    if (v->event == LINE_PENDING)
        sums_pending(t, v);
    else
        sums_take(t, v);
    return sums_bytes(t) > PART_MAX;
}

static bool merge(void *self, void *part)
{
    sums_merge(((struct asked_report *)self)->all, part);
    return true;
}

static void end(void *part)
{
    sums_free(part);
}

static int print(struct asked_report *a)
{
    const struct audit_ask *ask = &a->ask;
    struct report r;
    struct buf out;
    const struct report_options o = {
        .top = a->top, .now_ms = clock_wall_ms(), .since_ms = ask->since_ms,
        .until_ms = ask->until_ms, .profile = ask->profile, .node = ask->node,
        .domains = a->domains, .version = PACKAGE_VERSION, .damaged = ask->damaged,
    };
    if (report_make(a->all, &o, &r) != OPTOUT_OK) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    buf_init(&out, REPORT_OUTPUT_MAX);
    if (ask->json)
        report_print_json(&r, &out);
    else
        report_print_html(&r, &out);
    int status = audit_ask_write(ask, &out);
    buf_free(&out);
    report_free(&r);
    return status;
}

static bool read_count(const char *text, size_t most, size_t *out)
{
    uint64_t n;
    if (!slice_to_u64(slice_cstr(text), &n) || n == 0 || n > most)
        return false;
    *out = (size_t)n;
    return true;
}

static int read_options(int argc, char **argv, struct asked_report *a)
{
    enum { TOP = ASK_OTHER, ROWS, KEPT };
    static const struct option options[] = {
        AUDIT_ASK_OPTIONS,
        { "top", required_argument, NULL, TOP },
        { "rows", required_argument, NULL, ROWS },
        { "tagged-kept", no_argument, NULL, KEPT },
        { NULL, 0, NULL, 0 },
    };
    for (int c; (c = getopt_long(argc, argv, AUDIT_ASK_SHORT, options, NULL)) != -1;) {
        int status = -1;
        if (c == KEPT)
            a->sums.tagged_kept = true;
        else if (c == TOP && !read_count(optarg, 100000, &a->top))
            status = cli_misuse(argv[0], "--top %s: want a number up to 100000", optarg);
        else if (c == ROWS && !read_count(optarg, 100000000, &a->sums.rows_max))
            status = cli_misuse(argv[0], "--rows %s: want a number up to 100000000", optarg);
        else if (c < TOP)
            status = audit_ask_option(&a->ask, c, argv[0], help_text);
        if (status >= 0)
            return status;
    }
    return -1;
}

int audit_report(int argc, char **argv)
{
    struct asked_report a = { .sums = { .rows_max = SUMS_ROWS_MAX }, .top = REPORT_TOP };
    const struct audit_counter by = { begin, take, merge, end, &a };
    int status = read_options(argc, argv, &a);
    if (status >= 0)
        return status;
    a.all = sums_new(&a.sums);
    a.domains = domains_new();
    status = CLI_FAILED;
    if (!a.all || !a.domains)
        cli_error("out of memory");
    else if (audit_ask_open(&a.ask, argv + optind, argc - optind) && audit_ask_scan(&a.ask, &by))
        status = print(&a);
    audit_ask_close(&a.ask);
    sums_free(a.all);
    domains_free(a.domains);
    return status;
}
