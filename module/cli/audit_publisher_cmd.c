/* SPDX-License-Identifier: Apache-2.0 */
/* optout audit publisher: what the log has of one host or domain. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "answers/publisher.h"
#include "answers/report.h"
#include "cli/audit_ask.h"
#include "cli/cli.h"

#include <getopt.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

#define PART_MAX (48u << 20) /* bytes of a part before it is merged */

static const char help_text[] =
    "Usage: optout audit publisher [OPTION]... HOST|DOMAIN [FILE|FOLDER]...\n"
    "Tells all that the audit log has of one publisher, for the answer to their letter: what\n"
    "was fetched, refused, tagged and kept; each statement with when it was first and last\n"
    "seen, where and as written; what had been fetched before; and the site files relied on.\n"
    "A registrable domain (example.co.uk) stands for all of its hosts.\n"
    "Without a FILE, AuditDir of the configuration.\n\n"
    "Options:\n"
    "      --json            as JSON\n"
    "      --html            as a page, for the screen and for paper\n"
    "      --host            this host alone, also when it is a domain\n"
    "      --tagged-kept     what was passed on with a tag that restricts counts as kept\n"
    AUDIT_ASK_HELP;

struct asked_publisher {
    struct audit_ask ask;
    struct domains *domains;
    struct publisher *all;
    const char *name;
    bool html, host_only, domain, tagged_kept;
};

static void *begin(void *self)
{
    const struct asked_publisher *a = self;
    return publisher_new(a->name, a->tagged_kept);
}

static bool take(void *part, const struct line_view *v, const struct scan_line *line)
{
    (void)line;
    publisher_take(part, v);
    return publisher_bytes(part) > PART_MAX;
}

static bool merge(void *self, void *part)
{
    struct asked_publisher *a = self;
    publisher_merge(a->all, part);
    return !a->all->failed;
}

static void end(void *part)
{
    publisher_free(part);
}

static int print(struct asked_publisher *a)
{
    const struct audit_ask *ask = &a->ask;
    struct buf out;
    const struct publisher_head head = {
        .version = PACKAGE_VERSION, .now_ms = clock_wall_ms(), .since_ms = ask->since_ms,
        .until_ms = ask->until_ms, .damaged = ask->damaged, .domain = a->domain,
    };
    if (publisher_finish(a->all) != OPTOUT_OK) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    buf_init(&out, REPORT_OUTPUT_MAX);
    if (ask->json)
        publisher_print_json(a->all, &head, &out);
    else if (a->html)
        publisher_print_html(a->all, &head, &out);
    else
        publisher_print_text(a->all, &head, &out);
    int status = audit_ask_write(ask, &out);
    buf_free(&out);
    return status;
}

/* Which hosts are meant. */
static bool make_question(struct asked_publisher *a)
{
    char room[DOMAIN_HOST_MAX + 1];
    struct slice name = slice_cstr(a->name);
    a->domain = !a->host_only &&
                slice_eq_nocase(domain_of(a->domains, name, room), name);
    a->ask.question = question_new(a->domains);
    if (!a->ask.question ||
        question_add(a->ask.question, a->domain ? ASKED_DOMAIN : ASKED_HOST, name) != OPTOUT_OK) {
        cli_error("%s: no host is called so", a->name);
        return false;
    }
    return true;
}

static int answer(struct asked_publisher *a, char **paths, int n)
{
    const struct audit_counter by = { begin, take, merge, end, a };
    a->domains = domains_new();
    a->all = publisher_new(a->name, a->tagged_kept);
    if (!a->domains || !a->all) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    if (!make_question(a) || !audit_ask_open(&a->ask, paths, n) || !audit_ask_scan(&a->ask, &by))
        return CLI_FAILED;
    return print(a);
}

static int read_options(int argc, char **argv, struct asked_publisher *a)
{
    enum { HTML = ASK_OTHER, HOST, KEPT };
    static const struct option options[] = {
        AUDIT_ASK_OPTIONS,
        { "html", no_argument, NULL, HTML },
        { "host", no_argument, NULL, HOST },
        { "tagged-kept", no_argument, NULL, KEPT },
        { NULL, 0, NULL, 0 },
    };
    for (int c; (c = getopt_long(argc, argv, AUDIT_ASK_SHORT, options, NULL)) != -1;) {
        int status = -1;
        switch (c) {
        case HTML: a->html = true; break;
        case HOST: a->host_only = true; break;
        case KEPT: a->tagged_kept = true; break;
        default: status = audit_ask_option(&a->ask, c, argv[0], help_text);
        }
        if (status >= 0)
            return status;
    }
    return -1;
}

int audit_publisher(int argc, char **argv)
{
    struct asked_publisher a = { .html = false };
    int status = read_options(argc, argv, &a);
    if (status >= 0)
        return status;
    if (optind >= argc)
        return cli_misuse(argv[0], "name a host or a domain");
    if (a.html && a.ask.json)
        return cli_misuse(argv[0], "--html excludes --json");
    a.name = argv[optind];
    status = answer(&a, argv + optind + 1, argc - optind - 1);
    audit_ask_close(&a.ask);
    publisher_free(a.all);
    domains_free(a.domains);
    return status;
}
