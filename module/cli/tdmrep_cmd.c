/* SPDX-License-Identifier: Apache-2.0 */
/* optout tdmrep: what a tdmrep.json says about one URL. */
#include "cli/cli.h"
#include "cli/site_file.h"

#include "syntax/json.h"
#include "http/url_path.h"
#include "site/compiled.h"
#include "standards/site_rules.h"

#include <getopt.h>

#define TDMREP_ARENA_MAX (64u << 20)
#define RAW_COLUMNS 72 /* characters of a rule that people are shown */

static const char help_text[] =
    "Usage: optout tdmrep --url URL [OPTION]... FILE\n"
    "Says whether the tdmrep.json in FILE reserves text and data mining of URL, by\n"
    "which of its rules, and under which policy. '-' is standard input.\n\n"
    "      --url URL            absolute, or a path with its query\n\n"
    "Output:\n"
    "      --json               one JSON object\n"
    "      --verbose            also rules that are misspelt, on standard error\n"
    "  -h, --help               show this help\n"
    "      --version            show the version\n\n"
    "Exit status: 0 not reserved, or nothing said, 1 reserved, 2 usage or file error,\n"
    "a document that cannot be read among them.\n";

struct tdmrep_args {
    const char *url;
    const char *file;
    bool json;
    bool verbose;
};

enum { OPT_URL = 256, OPT_JSON, OPT_VERBOSE, OPT_VERSION };

static const struct option long_options[] = {
    { "url", required_argument, NULL, OPT_URL },
    { "json", no_argument, NULL, OPT_JSON },
    { "verbose", no_argument, NULL, OPT_VERBOSE },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

/* False ends the command with *status. */
static bool take_option(struct tdmrep_args *a, int c, const char *command, int *status)
{
    switch (c) {
    case OPT_URL: a->url = optarg; return true;
    case OPT_JSON: a->json = true; return true;
    case OPT_VERBOSE: a->verbose = true; return true;
    case 'h': *status = cli_write_text(help_text); return false;
    case OPT_VERSION: *status = cli_write_version(); return false;
    default: *status = cli_misuse_hint(command); return false;
    }
}

static bool parse_args(struct tdmrep_args *a, int argc, char **argv, int *status)
{
    int c;
    while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
        if (!take_option(a, c, argv[0], status))
            return false;
    return site_file_operands(argc, argv, a->url, &a->file, status);
}

static bool said(enum optout_rc rc, const char *path)
{
    switch (rc) {
    case OPTOUT_OK: return true;
    case OPTOUT_E_UNSUP:
        cli_error("%s: no tdmrep.json: want a JSON array of rules", path);
        return false;
    case OPTOUT_E_SYNTAX:
        cli_error("%s: a tdmrep.json that cannot be read: want a JSON array of rules", path);
        return false;
    case OPTOUT_E_LIMIT:
        cli_error("%s: longer, deeper or with more rules than is read", path);
        return false;
    default: cli_error("out of memory"); return false;
    }
}

/* `form` holds the compiled rules, `signals` what the document says of the URL. */
static bool evaluate(const struct tdmrep_args *a, const struct site_rules *rules, struct buf *form,
                     struct signals *signals)
{
    struct rules_query q = { .agent = NULL };
    struct rules_verdict verdict;
    signals_init(signals, rules->arena);
    if (!site_file_url(rules->arena, a->url, false, &q))
        return false;
    if (compiled_make(rules, NULL, form) == OPTOUT_OK &&
        compiled_apply(buf_slice(form), &q, signals, &verdict) == OPTOUT_OK && !signals->overflow)
        return true;
    cli_error("%s: too large to be looked at whole", a->file);
    return false;
}

static void print_json(const struct signal *s, enum preference reservation, struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    if (reservation == PREF_UNKNOWN)
        json_nil(&j, "reservation");
    else
        json_int(&j, "reservation", reservation != PREF_ALLOW);
    if (s && s->url.n)
        json_slice(&j, "policy", s->url);
    else
        json_nil(&j, "policy");
    if (s && reservation != PREF_UNKNOWN)
        json_int(&j, "rule", (int64_t)s->at);
    else
        json_nil(&j, "rule");
    bool says = s && reservation != PREF_UNKNOWN;
    json_str(&j, "confidence", says ? confidence_name((enum confidence)s->confidence) : NULL);
    json_str(&j, "note", s ? s->note : NULL);
    json_close(&j, '}');
    buf_putc(out, '\n');
}

static void print_text(const struct signal *s, enum preference reservation, struct buf *out)
{
    static const char *const words[PREF_COUNT] = {
        [PREF_UNKNOWN] = "nothing said",
        [PREF_ALLOW] = "not reserved",
        [PREF_CONDITIONAL] = "reserved",
        [PREF_DENY] = "reserved",
    };
    buf_puts(out, words[reservation]);
    if (!s)
        buf_puts(out, ": no rule matches");
    else
        buf_printf(out, ": rule %lu (%s): ", (unsigned long)s->at,
                   confidence_name((enum confidence)s->confidence));
    if (s)
        visible_append(out, s->raw, RAW_COLUMNS);
    if (s && s->note)
        buf_printf(out, " (%s)", s->note);
    if (s && s->url.n) {
        buf_puts(out, "\npolicy: ");
        visible_append(out, s->url, 0);
    }
    buf_putc(out, '\n');
}

static int answer(const struct tdmrep_args *a, const struct signals *signals)
{
    const struct signal *s = signals->n ? &signals->v[0] : NULL; /* the first rule alone speaks */
    enum preference reservation =
        s ? (enum preference)s->prefs.of[USAGE_TDM] : PREF_UNKNOWN;
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    if (a->json)
        print_json(s, reservation, &out);
    else
        print_text(s, reservation, &out);
    bool ok = cli_write(&out);
    buf_free(&out);
    if (!ok)
        return CLI_FAILED;
    return reservation > PREF_ALLOW ? CLI_RESERVED : CLI_CLEAR;
}

int tdmrep_command(int argc, char **argv)
{
    struct tdmrep_args a = { .json = false };
    int status = CLI_FAILED;
    struct arena arena;
    struct slice text;
    struct buf form;
    struct signals signals;
    if (!parse_args(&a, argc, argv, &status))
        return status;
    arena_init(&arena, TDMREP_ARENA_MAX, NULL, 0);
    buf_init(&form, COMPILED_MAX);
    struct site_rules *rules = arena_alloc(&arena, sizeof *rules);
    if (!rules) {
        cli_error("out of memory");
    } else if (site_file_read(a.file, SITE_FILE_MAX, &arena, &text)) {
        site_rules_init(rules, &arena);
        enum optout_rc rc = tdmrep_json_parse(text, rules);
        if (a.verbose)
            site_file_warnings(a.file, "rule", rules);
        if (said(rc, a.file) && evaluate(&a, rules, &form, &signals))
            status = answer(&a, &signals);
    }
    buf_free(&form);
    arena_reset(&arena);
    return status;
}
