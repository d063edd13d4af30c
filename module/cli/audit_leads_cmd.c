/* SPDX-License-Identifier: Apache-2.0 */
/* optout audit leads: whose refusals cost most, and how a licence could be had of them. */
#include "answers/leads.h"
#include "answers/paper.h"
#include "answers/report.h"
#include "cli/audit_ask.h"
#include "cli/cli.h"
#include "cli/table.h"

#include <getopt.h>
#include <stdio.h>

#define PART_MAX (48u << 20) /* bytes of a part before it is merged */
#define TOP 25
#define TABLE_MAX (64u << 20) /* bytes of a table that is put together */
#define TARGET_COLUMNS 100

static const char help_text[] =
    "Usage: optout audit leads [OPTION]... [FILE|FOLDER]...\n"
    "Lists the hosts whose reservations refused most, by content and purpose, each with every\n"
    "way to a licence that was seen: offers, addresses, licensors, RSL servers and documents,\n"
    "prices, policies, terms. Without an argument, AuditDir of the configuration.\n\n"
    "Options:\n"
    "      --json            JSON Lines, one host each (docs/audit-leads.schema.json)\n"
    "      --domain          registrable domains in place of hosts\n"
    "      --sort bytes      by bytes, not by the number of refusals\n"
    "      --top N           so many; of JSON all [25]\n"
    AUDIT_ASK_HELP;

struct asked_leads {
    struct audit_ask ask;
    struct domains *domains;
    struct leads *all;
    bool by_domain, by_bytes;
    size_t top; /* 0: not said */
};

static void *begin(void *self)
{
    const struct asked_leads *a = self;
    return leads_new(a->domains, a->by_domain);
}

static bool take(void *part, const struct line_view *v, const struct scan_line *line)
{
    (void)line;
    leads_take(part, v);
    return leads_bytes(part) > PART_MAX;
}

static bool merge(void *self, void *part)
{
    leads_merge(((struct asked_leads *)self)->all, part);
    return true;
}

static void end(void *part)
{
    leads_free(part);
}

/* ---- for people ---- */

/* "text 12, image 3" */
static void say_content(const struct lead_row *row, struct buf *out)
{
    const char *sep = "";
    for (unsigned m = 0; m < MODE_COUNT; m++) {
        if (!row->by_mode[m])
            continue;
        buf_printf(out, "%s%s %llu", sep, modality_name((enum modality)m),
                   (unsigned long long)row->by_mode[m]);
        sep = ", ";
    }
    if (row->unfetched)
        buf_printf(out, "%snot asked for %llu", sep, (unsigned long long)row->unfetched);
}

static void say_purposes(const struct lead_row *row, struct buf *out)
{
    const char *sep = "";
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        if (!row->by_purpose[u])
            continue;
        buf_printf(out, "%s%s", sep, usage_name((enum usage)u));
        sep = ", ";
    }
}

static void say_way(const struct way_row *w, struct buf *out)
{
    struct slice key = w->head.key;
    for (int i = 0; i < 2; i++)
        key = slice_from(key, slice_find(key, '\n') + 1);
    buf_printf(out, "%s ", way_kind_name(w->kind));
    visible_append(out, key, TARGET_COLUMNS);
    buf_printf(out, " (%s)", w->first_id);
}

/* A row of the table, in texts that are one buffer. */
static bool add_row(const struct lead_row *row, struct table *t)
{
    struct slice cell[6];
    size_t from[7] = { 0 };
    struct buf out;
    buf_init(&out, 16u << 10);
    visible_append(&out, row->head.key, 60);
    from[1] = out.n;
    buf_printf(&out, "%llu", (unsigned long long)(row->refused + row->would));
    from[2] = out.n;
    paper_bytes(&out, row->bytes);
    from[3] = out.n;
    say_content(row, &out);
    from[4] = out.n;
    say_purposes(row, &out);
    from[5] = out.n;
    if (row->ways)
        say_way(row->way[0], &out);
    else
        buf_puts(&out, "none was seen");
    from[6] = out.n;
    for (size_t i = 0; i < 6; i++)
        cell[i] = slice_sub(buf_slice(&out), from[i], from[i + 1] - from[i]);
    bool ok = out.failed == OPTOUT_OK && table_add(t, cell);
    buf_free(&out);
    return ok;
}

static void print_table(const struct asked_leads *a, struct buf *out)
{
    static const char *const heads[] = { "HOST", "REFUSALS", "BYTES", "CONTENT", "PURPOSE",
                                         "BEST WAY TO A LICENCE (RECORD)" };
    struct arena arena;
    struct table t;
    size_t n = a->top && a->top < a->all->n ? a->top : a->all->n;
    arena_init(&arena, TABLE_MAX, NULL, 0);
    table_init(&t, &arena, sizeof heads / sizeof *heads);
    bool ok = table_add_text(&t, heads);
    for (size_t i = 0; i < n && ok; i++)
        ok = add_row(a->all->lead[i], &t);
    if (n)
        table_print(&t, "", out);
    else
        buf_puts(out, "Nothing was refused.\n");
    if (n < a->all->n)
        buf_printf(out, "and %zu more\n", a->all->n - n);
    if (!ok)
        buf_puts(out, "There is more than a table can hold: take --json.\n");
    arena_reset(&arena);
}

static int print(struct asked_leads *a)
{
    struct buf out;
    size_t n = a->top && a->top < a->all->n ? a->top : a->all->n;
    buf_init(&out, REPORT_OUTPUT_MAX);
    if (a->ask.json)
        for (size_t i = 0; i < n; i++)
            lead_print_json(a->all, a->all->lead[i], &out);
    else
        print_table(a, &out);
    if (a->all->exceeded)
        cli_error("there are more hosts or ways than are kept apart: those that came last are "
                  "left out");
    int status = audit_ask_write(&a->ask, &out);
    buf_free(&out);
    return status;
}

static int answer(struct asked_leads *a, char **paths, int n)
{
    const struct audit_counter by = { begin, take, merge, end, a };
    a->domains = domains_new();
    a->all = a->domains ? leads_new(a->domains, a->by_domain) : NULL;
    if (!a->all) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    if (!audit_ask_open(&a->ask, paths, n) || !audit_ask_scan(&a->ask, &by))
        return CLI_FAILED;
    if (leads_finish(a->all, a->by_bytes) == OPTOUT_OK)
        return print(a);
    cli_error("out of memory");
    return CLI_FAILED;
}

static int read_sort(struct asked_leads *a, const char *command)
{
    a->by_bytes = strcmp(optarg, "bytes") == 0;
    return a->by_bytes || strcmp(optarg, "refusals") == 0
               ? -1
               : cli_misuse(command, "--sort %s: want refusals or bytes", optarg);
}

static int read_top(struct asked_leads *a, const char *command)
{
    uint64_t n;
    if (!slice_to_u64(slice_cstr(optarg), &n) || n == 0 || n > LEADS_ROWS_MAX)
        return cli_misuse(command, "--top %s: want a number up to %u", optarg, LEADS_ROWS_MAX);
    a->top = (size_t)n;
    return -1;
}

static int read_options(int argc, char **argv, struct asked_leads *a)
{
    enum { DOMAIN_WISE = ASK_OTHER, SORT, TOP_N };
    static const struct option options[] = {
        AUDIT_ASK_OPTIONS,
        { "domain", no_argument, NULL, DOMAIN_WISE },
        { "sort", required_argument, NULL, SORT },
        { "top", required_argument, NULL, TOP_N },
        { NULL, 0, NULL, 0 },
    };
    for (int c; (c = getopt_long(argc, argv, AUDIT_ASK_SHORT, options, NULL)) != -1;) {
        int status = -1;
        switch (c) {
        case DOMAIN_WISE: a->by_domain = true; break;
        case SORT: status = read_sort(a, argv[0]); break;
        case TOP_N: status = read_top(a, argv[0]); break;
        default: status = audit_ask_option(&a->ask, c, argv[0], help_text);
        }
        if (status >= 0)
            return status;
    }
    if (!a->top && !a->ask.json)
        a->top = TOP;
    return -1;
}

int audit_leads(int argc, char **argv)
{
    struct asked_leads a = { .by_domain = false };
    int status = read_options(argc, argv, &a);
    if (status >= 0)
        return status;
    status = answer(&a, argv + optind, argc - optind);
    audit_ask_close(&a.ask);
    leads_free(a.all);
    domains_free(a.domains);
    return status;
}
