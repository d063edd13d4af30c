/* SPDX-License-Identifier: Apache-2.0 */
/* optout robots: what a robots.txt says to an agent about one URL. */
#include "cli/cli.h"
#include "cli/site_file.h"

#include "audit/record.h"
#include "syntax/json.h"
#include "http/url_path.h"
#include "site/compiled.h"
#include "standards/agents.h"
#include "standards/site_rules.h"
#include "standards/standard.h"

#include <getopt.h>
#include <stdlib.h>

#define ROBOTS_ARENA_MAX (64u << 20)
#define ROBOTS_FILE_MAX (2u << 20) /* bytes read of FILE: twice what is parsed, for UTF-16 */
#define AGENTS_FILE_MAX (1u << 20)
#define RAW_COLUMNS 72 /* characters of a line that people are shown */

static const char help_text[] =
    "Usage: optout robots --agent TOKEN [--agent TOKEN]... --url URL [OPTION]... FILE\n"
    "Says whether the robots.txt in FILE allows TOKEN to fetch URL, what it states\n"
    "about the use of that content, and which lines say so. '-' is standard input.\n\n"
    "      --agent TOKEN        the crawler's product token, such as GPTBot; of several\n"
    "                           all must be allowed\n"
    "      --url URL            absolute, or a path with its query\n"
    "      --agents-file TSV    the catalogue of agent tokens [the built-in one]\n\n"
    "Output:\n"
    "      --json               one JSON object\n"
    "      --verbose            also lines that are ignored or misspelt, on standard error\n"
    "  -h, --help               show this help\n"
    "      --version            show the version\n\n"
    "Exit status: 0 allowed, 1 disallowed, 2 usage or file error.\n";

struct robots_args {
    struct slice *agent; /* in lower case */
    size_t n_agents;
    const char *url;
    const char *agents_file;
    const char *file;
    bool json;
    bool verbose;
};

enum { OPT_AGENT = 256, OPT_URL, OPT_AGENTS_FILE, OPT_JSON, OPT_VERBOSE, OPT_VERSION };

static const struct option long_options[] = {
    { "agent", required_argument, NULL, OPT_AGENT },
    { "url", required_argument, NULL, OPT_URL },
    { "agents-file", required_argument, NULL, OPT_AGENTS_FILE },
    { "json", no_argument, NULL, OPT_JSON },
    { "verbose", no_argument, NULL, OPT_VERBOSE },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

/* argv's own bytes are folded: nobody reads them again. */
static struct slice folded(char *token)
{
    for (char *c = token; *c; c++)
        *c = (char)ascii_lower((uint8_t)*c);
    return slice_cstr(token);
}

/* False ends the command with *status. */
static bool take_option(struct robots_args *a, int c, const char *command, int *status)
{
    switch (c) {
    case OPT_AGENT: a->agent[a->n_agents++] = folded(optarg); return true;
    case OPT_URL: a->url = optarg; return true;
    case OPT_AGENTS_FILE: a->agents_file = optarg; return true;
    case OPT_JSON: a->json = true; return true;
    case OPT_VERBOSE: a->verbose = true; return true;
    case 'h': *status = cli_write_text(help_text); return false;
    case OPT_VERSION: *status = cli_write_version(); return false;
    default: *status = cli_misuse_hint(command); return false;
    }
}

static bool parse_args(struct robots_args *a, int argc, char **argv, int *status)
{
    int c;
    while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
        if (!take_option(a, c, argv[0], status))
            return false;
    const char *misuse = NULL;
    for (size_t i = 0; i < a->n_agents; i++)
        if (a->agent[i].n == 0)
            misuse = "--agent is empty";
    if (a->n_agents == 0)
        misuse = "--agent is missing";
    if (misuse) {
        *status = cli_misuse(argv[0], "%s", misuse);
        return false;
    }
    return site_file_operands(argc, argv, a->url, &a->file, status);
}

/* NULL with a message printed; *own is what has to be freed. */
static const struct agents *load_agents(const char *path, struct arena *arena,
                                        struct agents **own)
{
    struct slice text;
    unsigned line;
    const char *why;
    *own = NULL;
    if (!path)
        return agents_builtin();
    if (!site_file_read(path, AGENTS_FILE_MAX, arena, &text))
        return NULL;
    if (text.n > AGENTS_FILE_MAX)
        cli_error("%s: longer than 1 MiB", path);
    else if (agents_parse_text(text, own, &line, &why) != OPTOUT_OK)
        cli_error("%s:%u: %s", path, line, why);
    return *own;
}

/* What was asked and what was found. */
struct answer {
    const struct robots_args *args;
    const struct agents *agents;
    struct signals signals;
    struct rules_verdict said;     /* of all agents together */
    struct rules_verdict deciding; /* of the first agent that is refused, else of the first */
    size_t agent;                  /* which one that is */
};

static bool apply(struct slice rules, const struct rules_query *q, struct arena *arena,
                  struct signals *out, struct rules_verdict *v)
{
    signals_init(out, arena);
    enum optout_rc rc = compiled_apply(rules, q, out, v);
    if (rc == OPTOUT_OK && !out->overflow)
        return true;
    cli_error(rc == OPTOUT_E_LIMIT || rc == OPTOUT_OK ? "matching the rules reaches a limit"
                                                      : "the rules cannot be matched");
    return false;
}

/* A token that no crawler sends refuses a use, not fetching: its group alone says
 * whether the path is disallowed for it. */
static void judge_opt_out(const struct signals *s, struct slice token, struct rules_verdict *v)
{
    v->allowed = true;
    v->access_line = 0;
    v->group = SLICE_EMPTY;
    for (size_t i = 0; i < s->n && v->allowed; i++) {
        const struct signal *sig = &s->v[i];
        if (sig->standard != STD_ROBOTS_TXT || !slice_eq_nocase(sig->agent, token))
            continue;
        for (unsigned u = 0; u < USAGE_COUNT; u++)
            v->allowed = v->allowed && sig->prefs.of[u] != PREF_DENY;
        v->access_line = (uint32_t)sig->at;
        v->group = token;
    }
}

static bool is_opt_out(const struct agents *agents, struct slice token)
{
    const struct agent_entry *e = agents_find(agents, token);
    return e && e->kind == AGENT_OPT_OUT_TOKEN;
}

static bool ask(struct slice rules, struct arena *arena, struct answer *answer)
{
    const struct robots_args *a = answer->args;
    struct rules_query q = { .agent = a->agent, .n_agents = a->n_agents };
    if (!site_file_url(arena, a->url, false, &q) ||
        !apply(rules, &q, arena, &answer->signals, &answer->said))
        return false;
    for (size_t i = 0; i < a->n_agents; i++) {
        struct signals single;
        struct rules_verdict v;
        struct rules_query one = q;
        one.agent = &a->agent[i];
        one.n_agents = 1;
        if (!apply(rules, &one, arena, &single, &v))
            return false;
        if (is_opt_out(answer->agents, a->agent[i]))
            judge_opt_out(&single, a->agent[i], &v);
        if (i && v.allowed)
            continue;
        answer->deciding = v;
        answer->agent = i;
        if (!v.allowed)
            break;
    }
    /* Nobody asked for is refused, but whoever fetches on behalf of a token that no crawler
     * sends is. */
    if (answer->deciding.allowed && !answer->said.allowed) {
        answer->deciding = answer->said;
        answer->agent = 0;
    }
    return true;
}

static void print_json(const struct answer *answer, struct buf *out)
{
    const struct rules_verdict *v = &answer->deciding;
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    json_bool(&j, "allowed", v->allowed);
    json_slice(&j, "agent", answer->args->agent[answer->agent]);
    if (v->access_line)
        json_int(&j, "line", v->access_line);
    else
        json_nil(&j, "line");
    if (v->group.n)
        json_slice(&j, "group", v->group);
    else
        json_nil(&j, "group");
    record_print_usage(&j, &answer->said.prefs);
    record_print_signals(&j, &answer->signals, NULL);
    json_close(&j, '}');
    buf_putc(out, '\n');
}

static void text_prefs(struct buf *out, const struct prefs *p)
{
    const char *between = "";
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        if (p->of[u] == PREF_UNKNOWN)
            continue;
        buf_printf(out, "%s%s %s", between, usage_name((enum usage)u),
                   preference_name((enum preference)p->of[u]));
        between = ", ";
    }
    if (!*between)
        buf_puts(out, "nothing");
}

static void print_text(const struct answer *answer, struct buf *out)
{
    const struct rules_verdict *v = &answer->deciding;
    buf_puts(out, v->allowed ? "allow " : "disallow ");
    visible_append(out, answer->args->agent[answer->agent], 0);
    if (v->access_line)
        buf_printf(out, ": line %lu", (unsigned long)v->access_line);
    else
        buf_puts(out, ": no rule matches");
    if (v->group.n) {
        buf_puts(out, ", group ");
        visible_append(out, v->group, 0);
    }
    buf_puts(out, "\nusage: ");
    text_prefs(out, &answer->said.prefs);
    buf_putc(out, '\n');
    for (size_t i = 0; i < answer->signals.n; i++) {
        const struct signal *s = &answer->signals.v[i];
        buf_printf(out, "line %lu: %s (%s): ", (unsigned long)s->at, standards[s->standard]->name,
                   confidence_name((enum confidence)s->confidence));
        text_prefs(out, &s->prefs);
        buf_puts(out, ": ");
        visible_append(out, s->raw, RAW_COLUMNS);
        if (s->note)
            buf_printf(out, " (%s)", s->note);
        buf_putc(out, '\n');
    }
}

/* Parses and compiles; false with a message printed. */
static bool compile(const struct robots_args *a, struct slice text, const struct agents *agents,
                    struct arena *arena, struct buf *compiled)
{
    struct site_rules *rules = arena_alloc(arena, sizeof *rules);
    enum optout_rc rc = OPTOUT_E_NOMEM;
    if (rules) {
        site_rules_init(rules, arena);
        rc = robots_txt_parse(text, rules);
        if (a->verbose)
            site_file_warnings(a->file, NULL, rules);
    }
    if (rc == OPTOUT_E_SYNTAX) {
        cli_error("%s: no robots.txt, but HTML or compressed bytes", a->file);
        return false;
    }
    if (rc == OPTOUT_OK)
        rc = compiled_make(rules, agents, compiled);
    if (rc != OPTOUT_OK)
        cli_error("%s: %s", a->file, rc == OPTOUT_E_LIMIT ? "too many rules" : "out of memory");
    return rc == OPTOUT_OK;
}

static int run(const struct robots_args *a, const struct agents *agents, struct slice text,
               struct arena *arena)
{
    struct buf compiled, out;
    struct answer answer = { .args = a, .agents = agents };
    int status = CLI_FAILED;
    buf_init(&compiled, COMPILED_MAX);
    buf_init(&out, CLI_OUTPUT_MAX);
    if (compile(a, text, agents, arena, &compiled) &&
        ask(buf_slice(&compiled), arena, &answer)) {
        if (a->json)
            print_json(&answer, &out);
        else
            print_text(&answer, &out);
        if (cli_write(&out))
            status = answer.deciding.allowed ? CLI_CLEAR : CLI_RESERVED;
    }
    buf_free(&out);
    buf_free(&compiled);
    return status;
}

int robots_command(int argc, char **argv)
{
    struct robots_args a = { .json = false };
    struct agents *own = NULL;
    struct arena arena;
    struct slice text;
    int status = CLI_FAILED;
    a.agent = calloc((size_t)argc, sizeof *a.agent);
    if (!a.agent) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    arena_init(&arena, ROBOTS_ARENA_MAX, NULL, 0);
    if (parse_args(&a, argc, argv, &status)) {
        const struct agents *agents = load_agents(a.agents_file, &arena, &own);
        /* A longer file is cut by the parser, which warns. */
        if (agents && site_file_read(a.file, ROBOTS_FILE_MAX, &arena, &text))
            status = run(&a, agents, text, &arena);
        agents_free(own);
    }
    arena_reset(&arena);
    free(a.agent);
    return status;
}
