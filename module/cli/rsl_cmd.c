/* SPDX-License-Identifier: Apache-2.0 */
/* optout rsl: what an RSL document says about one URL. */
#include "cli/cli.h"
#include "cli/site_file.h"

#include "syntax/json.h"
#include "http/url_path.h"
#include "site/compiled.h"
#include "standards/rsl_terms.h"

#include <getopt.h>

#define RSL_ARENA_MAX (64u << 20)
#define RAW_COLUMNS 200 /* characters of a clause that people are shown */

static const char help_text[] =
    "Usage: optout rsl --url URL [OPTION]... FILE\n"
    "Says what the RSL document in FILE licenses for URL, and which licence decides.\n"
    "'-' is standard input.\n\n"
    "      --url URL            what is to be used, absolute\n"
    "      --user CLASS         who uses it: commercial, non-commercial, education,\n"
    "                           government or personal; without it a licence for some\n"
    "                           is no licence\n"
    "      --country CC         where, as two letters; the same\n\n"
    "Output:\n"
    "      --json               one JSON object\n"
    "  -h, --help               show this help\n"
    "      --version            show the version\n\n"
    "Exit status: 0 nothing denied, 1 something denied, or a use for AI conditional,\n"
    "2 usage or file error, a document that cannot be read among them.\n";

struct rsl_args {
    const char *url;
    const char *file;
    struct slice country;
    uint8_t user; /* enum rsl_user; RSL_USER_COUNT: not told */
    bool json;
};

/* What is printed. */
struct rsl_answer {
    struct prefs prefs;
    const struct site_rule *rule; /* the licence that decides; NULL: nothing is said */
};

enum { OPT_URL = 256, OPT_USER, OPT_COUNTRY, OPT_JSON, OPT_VERSION };

static const struct option long_options[] = {
    { "url", required_argument, NULL, OPT_URL },
    { "user", required_argument, NULL, OPT_USER },
    { "country", required_argument, NULL, OPT_COUNTRY },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

static bool take_user(struct rsl_args *a, const char *command, int *status)
{
    enum rsl_user user;
    if (!rsl_user_from_name(slice_cstr(optarg), &user)) {
        *status = cli_misuse(command, "--user '%s': want commercial, non-commercial, education, "
                                      "government or personal", optarg);
        return false;
    }
    a->user = (uint8_t)user;
    return true;
}

static bool take_country(struct rsl_args *a, const char *command, int *status)
{
    a->country = slice_cstr(optarg);
    if (a->country.n == 2 && ascii_is_alpha(a->country.p[0]) && ascii_is_alpha(a->country.p[1]))
        return true;
    *status = cli_misuse(command, "--country '%s': want two letters, such as DE", optarg);
    return false;
}

/* False ends the command with *status. */
static bool take_option(struct rsl_args *a, int c, const char *command, int *status)
{
    switch (c) {
    case OPT_URL: a->url = optarg; return true;
    case OPT_USER: return take_user(a, command, status);
    case OPT_COUNTRY: return take_country(a, command, status);
    case OPT_JSON: a->json = true; return true;
    case 'h': *status = cli_write_text(help_text); return false;
    case OPT_VERSION: *status = cli_write_version(); return false;
    default: *status = cli_misuse_hint(command); return false;
    }
}

static bool parse_args(struct rsl_args *a, int argc, char **argv, int *status)
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
    case OPTOUT_E_SYNTAX:
        cli_error("%s: no RSL document, or a broken one: it licenses nothing", path);
        return false;
    case OPTOUT_E_LIMIT:
        cli_error("%s: longer, deeper or with more licences than is read: it licenses nothing",
                  path);
        return false;
    default: cli_error("out of memory"); return false;
    }
}

/* The first of the usages that fare worst. */
static size_t worst_usage(const struct prefs *p)
{
    size_t worst = 0;
    for (size_t u = 1; u < USAGE_COUNT; u++)
        if (p->of[u] > p->of[worst])
            worst = u;
    return worst;
}

static struct prefs prefs_for(const struct site_rule *r, const struct rules_query *q)
{
    struct rsl_terms t = rsl_terms_of(r);
    return rsl_terms_for(&t, q->user, q->country).prefs;
}

/* The rule that a statement was made from. Several may stand on one line. */
static const struct site_rule *rule_of(const struct signal *sig, const struct site_rules *rules)
{
    for (uint32_t i = 0; i < rules->n_rules; i++)
        if (rules->rule[i].line == sig->at && slice_eq(rules->rule[i].raw, sig->raw))
            return &rules->rule[i];
    return NULL;
}

/* The licence that decides of the usage that fares worst: the one that says so, or else of
 * its content the first that leaves this of it. NULL when nothing is said. */
static const struct site_rule *deciding(const struct signals *signals,
                                        const struct site_rules *rules,
                                        const struct rules_query *q, const struct prefs *all)
{
    size_t u = worst_usage(all);
    const struct site_rule *spoke = NULL;
    for (size_t i = 0; i < signals->n && !spoke; i++)
        if (signals->v[i].prefs.of[u] == all->of[u])
            spoke = rule_of(&signals->v[i], rules);
    if (spoke && prefs_for(spoke, q).of[u] == all->of[u])
        return spoke;
    for (uint32_t i = 0; spoke && i < rules->n_rules; i++) {
        const struct site_rule *r = &rules->rule[i];
        struct prefs p = prefs_for(r, q);
        if (r->content == spoke->content && p.of[u] == all->of[u])
            return r;
    }
    return spoke;
}

/* `form` holds the compiled rules. */
static bool evaluate(const struct rsl_args *a, struct site_rules *rules, struct buf *form,
                     struct signals *signals, struct rsl_answer *answer)
{
    struct arena *arena = rules->arena;
    struct rules_query q = { .user = a->user, .country = a->country };
    struct rules_verdict verdict;
    if (!site_file_url(arena, a->url, true, &q))
        return false;
    signals_init(signals, arena);
    if (compiled_make(rules, NULL, form) != OPTOUT_OK ||
        compiled_apply(buf_slice(form), &q, signals, &verdict) != OPTOUT_OK || signals->overflow) {
        cli_error("the document is too large to be looked at whole");
        return false;
    }
    answer->prefs = verdict.prefs;
    answer->rule = deciding(signals, rules, &q, &answer->prefs);
    return true;
}

static void print_json(const struct rsl_answer *answer, struct buf *out)
{
    struct json j = json_to(out);
    const struct site_rule *rule = answer->rule;
    json_open(&j, NULL, '{');
    json_open(&j, "usage", '{');
    for (size_t u = 0; u <= USAGE_SEARCH; u++)
        json_str(&j, usage_name((enum usage)u),
                 preference_name((enum preference)answer->prefs.of[u]));
    json_close(&j, '}');
    if (rule)
        json_slice(&j, "clause", rule->raw);
    else
        json_nil(&j, "clause");
    if (rule && rule->server)
        json_slice(&j, "server", rule->url);
    else
        json_nil(&j, "server");
    json_str(&j, "payment", rule ? rsl_payment_name((enum rsl_payment)rule->payment) : NULL);
    json_close(&j, '}');
    buf_putc(out, '\n');
}

static void print_line(struct buf *out, const char *name, struct slice value)
{
    buf_printf(out, "%-10s", name);
    visible_append(out, value, RAW_COLUMNS);
    buf_putc(out, '\n');
}

/* `own_url` is what a licence without a URL of its own was given. */
static void print_text(const struct rsl_answer *answer, struct slice own_url, struct buf *out)
{
    const struct site_rule *rule = answer->rule;
    for (size_t u = 0; u <= USAGE_SEARCH; u++)
        buf_printf(out, "%-10s%s\n", usage_name((enum usage)u),
                   preference_name((enum preference)answer->prefs.of[u]));
    if (!rule) {
        buf_puts(out, "nothing is said of this URL\n");
        return;
    }
    const char *payment = rsl_payment_name((enum rsl_payment)rule->payment);
    print_line(out, "clause", rule->raw);
    buf_printf(out, "%-10s%u\n", "line", (unsigned)rule->line);
    if (payment)
        print_line(out, "payment", slice_cstr(payment));
    if (!slice_eq(rule->url, own_url))
        print_line(out, rule->server ? "server" : "licence", rule->url);
    if (rule->note)
        print_line(out, "note", slice_cstr(rule->note));
}

static int status_of(const struct prefs *p)
{
    for (size_t u = 0; u <= USAGE_SEARCH; u++)
        if (p->of[u] == PREF_DENY || (p->of[u] == PREF_CONDITIONAL && u != USAGE_SEARCH))
            return CLI_RESERVED;
    return CLI_CLEAR;
}

static int run(const struct rsl_args *a, struct arena *arena, struct buf *form, struct buf *out)
{
    struct rsl_answer answer = { .rule = NULL };
    struct signals signals;
    struct slice text;
    struct site_rules *rules = arena_take(arena, sizeof *rules);
    if (!rules) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    site_rules_init(rules, arena);
    if (!site_file_read(a->file, SITE_FILE_MAX, arena, &text) ||
        !said(rsl_document_parse(text, slice_cstr(a->url), rules), a->file) ||
        !evaluate(a, rules, form, &signals, &answer))
        return CLI_FAILED;
    if (a->json)
        print_json(&answer, out);
    else
        print_text(&answer, slice_cstr(a->url), out);
    return cli_write(out) ? status_of(&answer.prefs) : CLI_FAILED;
}

int rsl_command(int argc, char **argv)
{
    struct rsl_args a = { .user = RSL_USER_COUNT };
    struct arena arena;
    struct buf form, out;
    int status = CLI_FAILED;
    if (!parse_args(&a, argc, argv, &status))
        return status;
    arena_init(&arena, RSL_ARENA_MAX, NULL, 0);
    buf_init(&form, COMPILED_MAX);
    buf_init(&out, CLI_OUTPUT_MAX);
    status = run(&a, &arena, &form, &out);
    buf_free(&out);
    buf_free(&form);
    arena_reset(&arena);
    return status;
}
