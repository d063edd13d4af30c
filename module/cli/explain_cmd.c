/* SPDX-License-Identifier: Apache-2.0 */
/* optout explain: one decision of the log in plain sentences. */
#include "answers/explain.h"
#include "answers/find.h"
#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_CONFIG OPTOUT_CONFIGDIR "/srv_optout.conf"
#define PRINTED_MAX (64u << 20) /* bytes of one explanation as printed: escapes make it longer */

static const char help_text[] =
    "Usage: optout explain [OPTION]... ID|URL [FILE|FOLDER]...\n"
    "Tells in sentences why something was decided as it was: what was asked for and came,\n"
    "the rules that decided (docs/decisions.md), what was stated and where, what was not\n"
    "read, what was known of the site, the settings in force, and what would have changed\n"
    "the answer. ID is that of a record, as the block page and the Optout field name it;\n"
    "of a URL the latest record is told. Looks into segments and folders of the log;\n"
    "without an argument, AuditDir of the configuration.\n\n"
    "Options:\n"
    "      --all          each record of the URL, the newest 256 of them\n"
    "      --json         one JSON object per record, one per line\n"
    "  -c, --config FILE  where AuditDir stands [" DEFAULT_CONFIG "]\n"
    "  -h, --help         show this help\n"
    "      --version      show the version\n\n"
    "Exit status: 0 explained, 1 there is no such record, 2 usage or file error.\n";

struct explaining {
    bool json, all, colour;
    const char *config_path, *what;
    struct segment_list list;
};

/* ---- one record ---- */

/* The record that it rests on, when the log has it; to be freed. */
static bool find_earlier(struct explaining *x, const char *id, struct found *out)
{
    struct find_query q;
    bool ok = find_query_make(slice_cstr(id), &q) == OPTOUT_OK && q.id[0] &&
              find_records(&x->list, &q, out) == OPTOUT_OK;
    if (!ok)
        *out = (struct found){ .n = 0 };
    return ok && out->n;
}

static enum optout_rc explain_with_earlier(struct explaining *x, struct slice lines,
                                           struct explanation *e)
{
    struct explain_input in = { .lines = lines };
    struct found earlier;
    enum optout_rc rc = explain_record(&in, e);
    if (rc != OPTOUT_OK || !e->earlier[0])
        return rc;
    if (find_earlier(x, e->earlier, &earlier)) {
        in.earlier = buf_slice(&earlier.record[0].lines);
        explanation_free(e);
        rc = explain_record(&in, e);
    }
    found_free(&earlier);
    return rc;
}

static bool print_record(struct explaining *x, const struct found_record *r, bool first)
{
    struct explanation e;
    struct buf out;
    enum optout_rc rc = explain_with_earlier(x, buf_slice(&r->lines), &e);
    if (rc != OPTOUT_OK) {
        cli_error("%s: %s", r->id, rc == OPTOUT_E_NOMEM ? "out of memory"
                                                       : "this is no record of the filter's");
        return false;
    }
    buf_init(&out, PRINTED_MAX);
    if (!first && !x->json)
        buf_puts(&out, "\n\n");
    if (x->json)
        explanation_print_json(&e, &out);
    else
        explanation_print(&e, x->colour, &out);
    bool ok = cli_write(&out);
    buf_free(&out);
    explanation_free(&e);
    return ok;
}

/* ---- all of them ---- */

static void tell_gaps(const struct found *f)
{
    struct slice rest = buf_slice(&f->where), line;
    if (f->removed)
        cli_error("%llu segments of the log, with %llu records, were removed by rule (AuditKeep)",
                  (unsigned long long)f->removed, (unsigned long long)f->removed_records);
    if (f->gaps + f->damage == 0)
        return;
    cli_error("the log has %llu gaps and is damaged in %llu places, where records may be missing:",
              (unsigned long long)f->gaps, (unsigned long long)f->damage);
    while (rest.n && slice_split(&rest, '\n', &line))
        if (line.n)
            cli_error("  %.*s", SLICE_FMT(line));
}

static void tell_places(const struct explaining *x, char **path, size_t n)
{
    cli_error("there is no record of %s in %zu segments of:", x->what, x->list.n);
    for (size_t i = 0; i < n; i++)
        cli_error("  %s", path[i]);
}

static int print_found(struct explaining *x, const struct found *f, char **path, size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < f->n && ok; i++)
        ok = print_record(x, &f->record[i], i == 0);
    if (!ok)
        return CLI_FAILED;
    if (f->n == 0) {
        tell_places(x, path, n);
        tell_gaps(f);
        return CLI_FOUND;
    }
    if (x->all && f->left_out)
        cli_error("%llu older records of it are left out", (unsigned long long)f->left_out);
    if (f->damage)
        tell_gaps(f);
    return CLI_CLEAR;
}

static int search(struct explaining *x, char **path, size_t n)
{
    struct find_query q;
    struct found f;
    enum optout_rc rc = find_query_make(slice_cstr(x->what), &q);
    q.keep = x->all ? FIND_KEEP_MAX : 1;
    if (rc == OPTOUT_OK) {
        rc = find_records(&x->list, &q, &f);
        find_query_free(&q);
    }
    if (rc != OPTOUT_OK) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    int status = print_found(x, &f, path, n);
    found_free(&f);
    return status;
}

static int look_into(struct explaining *x, char **path, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (segment_list_add(&x->list, path[i]))
            continue;
        cli_error("%s: %s", path[i], strerror(errno));
        segment_list_free(&x->list);
        return CLI_FAILED;
    }
    int status = search(x, path, n);
    segment_list_free(&x->list);
    return status;
}

static int read_options(int argc, char **argv, struct explaining *x)
{
    enum { JSON = 256, ALL, VERSION };
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' }, { "json", no_argument, NULL, JSON },
        { "all", no_argument, NULL, ALL },          { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, VERSION },  { NULL, 0, NULL, 0 },
    };
    for (int o; (o = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (o) {
        case 'c': x->config_path = optarg; break;
        case JSON: x->json = true; break;
        case ALL: x->all = true; break;
        case 'h': return cli_write_text(help_text);
        case VERSION: return cli_write_version();
        default: return cli_misuse_hint(argv[0]);
        }
    }
    return -1;
}

int explain_command(int argc, char **argv)
{
    struct explaining x = { .json = false };
    char *dir = NULL;
    int status = read_options(argc, argv, &x);
    if (status >= 0)
        return status;
    if (optind >= argc || !*argv[optind])
        return cli_misuse(argv[0], "name a record by its id, or a URL");
    x.what = argv[optind++];
    x.colour = !x.json && cli_colour();
    if (optind < argc)
        return look_into(&x, argv + optind, (size_t)(argc - optind));
    dir = cli_audit_folder(x.config_path);
    status = dir ? look_into(&x, &dir, 1) : CLI_FAILED;
    free(dir);
    return status;
}
