/* SPDX-License-Identifier: Apache-2.0 */
/* optout urls: a list of URLs, decided by the rules of their sites. */
#include "cli/urls.h"

#include "cli/cli.h"
#include "policy/config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG OPTOUT_CONFIGDIR "/srv_optout.conf"
#define IN_FLIGHT 64u
#define IN_FLIGHT_MAX 1024u
#define WAIT_S 60u
#define WAIT_MAX_S 600u
#define COLUMN_MAX 4096u
#define PRINT_ALL ((1u << URL_VERDICT_COUNT) - 1)

static const char help_text[] =
    "Usage: optout urls [OPTION]... [FILE]...\n"
    "Reads a list of URLs and prints the rows whose URL may be fetched, as they are and\n"
    "in their order. Each is decided as the proxy decides before it fetches: by the\n"
    "rules of its site alone. Without a FILE, or where it is '-', standard input is read.\n"
    "Files packed with gzip or zstd are read as they are.\n\n"
    "The list, else a URL a line:\n"
    "      --column N|NAME      separated values: the column of the URL, counted from 1,\n"
    "                           or by its name in the first row\n"
    "      --header             the first row holds names; implied by NAME\n"
    "      --separator C        one character, or 'tab' [by the file's name, .csv or .tsv,\n"
    "                           else a tab if the first row has one, else a comma]\n"
    "      --json MEMBER        JSON Lines: the member that holds the URL; a.b is b in a\n\n"
    "The output:\n"
    "      --refused            the rows whose URL may not be fetched, in their place\n"
    "      --print LIST         of allowed, refused, undecided [allowed]\n"
    "      --all                all rows\n"
    "      --format FORMAT      'lines' as they are; behind each verdict, decision, standard,\n"
    "                           rule and reason: 'tsv', 'csv', 'jsonl' [lines; with --all:\n"
    "                           as the list is, of lines tsv]\n"
    "  -o, --output FILE        in place of standard output\n"
    "      --state FILE         keeps there how far it is, and goes on from there when run\n"
    "                           again; needs --output\n"
    "      --summary FORM       'text', 'json' or 'none' at the end, on standard error [text]\n"
    "  -q, --quiet              no progress, no text\n"
    "      --strict             exit status 3 when something is undecided\n\n"
    "The sites:\n"
    "  -c, --config FILE        where SiteStore, SiteSocket and profiles stand\n"
    "                           [" DEFAULT_CONFIG "]\n"
    "      --store DIR          the store, in place of SiteStore\n"
    "      --socket PATH        the daemon's socket, in place of SiteSocket\n"
    "  -p, --profile NAME       the profile that asks [the default profile]\n"
    "      --no-fetch           what is not known stays undecided; else the daemon is asked\n"
    "      --in-flight N        sites asked for at a time [64]\n"
    "      --wait SECONDS       for each of them [60]\n"
    "  -h, --help               show this help\n"
    "      --version            show the version\n\n"
    "Exit status: 0 all rows were read; 2 usage, configuration, file or output error;\n"
    "3 with --strict: something is undecided, or no URL. Ended by a signal: 128 and its\n"
    "number.\n";

enum {
    OPT_COLUMN = 256,
    OPT_HEADER,
    OPT_SEPARATOR,
    OPT_JSON,
    OPT_REFUSED,
    OPT_PRINT,
    OPT_ALL,
    OPT_FORMAT,
    OPT_STATE,
    OPT_SUMMARY,
    OPT_STRICT,
    OPT_STORE,
    OPT_SOCKET,
    OPT_NO_FETCH,
    OPT_IN_FLIGHT,
    OPT_WAIT,
    OPT_VERSION,
};

static const struct option long_options[] = {
    { "column", required_argument, NULL, OPT_COLUMN },
    { "header", no_argument, NULL, OPT_HEADER },
    { "separator", required_argument, NULL, OPT_SEPARATOR },
    { "json", required_argument, NULL, OPT_JSON },
    { "refused", no_argument, NULL, OPT_REFUSED },
    { "print", required_argument, NULL, OPT_PRINT },
    { "all", no_argument, NULL, OPT_ALL },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "output", required_argument, NULL, 'o' },
    { "state", required_argument, NULL, OPT_STATE },
    { "summary", required_argument, NULL, OPT_SUMMARY },
    { "quiet", no_argument, NULL, 'q' },
    { "strict", no_argument, NULL, OPT_STRICT },
    { "config", required_argument, NULL, 'c' },
    { "store", required_argument, NULL, OPT_STORE },
    { "socket", required_argument, NULL, OPT_SOCKET },
    { "profile", required_argument, NULL, 'p' },
    { "no-fetch", no_argument, NULL, OPT_NO_FETCH },
    { "in-flight", required_argument, NULL, OPT_IN_FLIGHT },
    { "wait", required_argument, NULL, OPT_WAIT },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

/* What stands on the command line and is read once all of it is there. */
struct urls_args {
    struct urls_options o;
    const char *json, *separator, *print, *format, *summary, *in_flight, *wait;
    bool all, refused;
    const char *command;
};

/* ---- words of options ---- */

/* The place of `word` in `words`, or -1. */
static int find_word(struct slice word, const char *const words[])
{
    for (int i = 0; words[i]; i++)
        if (slice_eq(word, slice_cstr(words[i])))
            return i;
    return -1;
}

static bool take_number(const char *text, unsigned max, unsigned *n)
{
    uint64_t value;
    if (!slice_to_u64(slice_cstr(text), &value) || value == 0 || value > max)
        return false;
    *n = (unsigned)value;
    return true;
}

static const char *take_column(struct urls_options *o)
{
    unsigned n;
    if (!o->column)
        return NULL;
    o->form.kind = ROWS_SEPARATED;
    if (take_number(o->column, COLUMN_MAX, &n)) {
        o->form.column = n - 1;
        return NULL;
    }
    if (!o->column[0] || strspn(o->column, "0123456789") == strlen(o->column))
        return "--column: want a number from 1, or a name";
    o->by_name = o->header = true;
    return NULL;
}

static const char *take_separator(struct urls_args *a)
{
    struct rows_form *form = &a->o.form;
    form->separator = ',';
    form->quotes = true;
    if (!a->separator)
        return NULL;
    a->o.separator_given = true;
    if (strcmp(a->separator, "tab") == 0)
        form->separator = '\t';
    else if (strlen(a->separator) == 1 && !strchr("\"\r\n", a->separator[0]))
        form->separator = (uint8_t)a->separator[0];
    else
        return "--separator: want one character, or 'tab'";
    form->quotes = form->separator != '\t';
    return NULL;
}

static const char *take_json(struct urls_args *a)
{
    if (!a->json)
        return NULL;
    a->o.form.kind = ROWS_JSON;
    return json_path_parse(slice_cstr(a->json), &a->o.form.path)
               ? NULL
               : "--json: want names with dots between them, 16 at most";
}

static const char *take_print(struct urls_args *a)
{
    static const char *const words[] = { "allowed", "refused", "undecided", NULL };
    a->o.print = a->all ? PRINT_ALL : 1u << (a->refused ? URL_REFUSED : URL_ALLOWED);
    if (!a->print)
        return NULL;
    struct slice rest = slice_cstr(a->print), word;
    a->o.print = 0;
    while (slice_split(&rest, ',', &word)) {
        int i = find_word(word, words);
        if (i < 0)
            return "--print: want some of allowed, refused, undecided, with commas between them";
        a->o.print |= 1u << i;
    }
    return NULL;
}

static const char *take_format(struct urls_args *a)
{
    static const char *const words[] = { "lines", "tsv", "csv", "jsonl", NULL };
    static const enum urls_format of_all[] = {
        [ROWS_LINES] = URLS_TSV, [ROWS_SEPARATED] = URLS_LIKEWISE, [ROWS_JSON] = URLS_JSONL,
    };
    a->o.format = a->all ? of_all[a->o.form.kind] : URLS_AS_IS;
    if (!a->format)
        return NULL;
    int i = find_word(slice_cstr(a->format), words);
    if (i >= 0)
        a->o.format = (enum urls_format)i;
    return i < 0 ? "--format: want 'lines', 'tsv', 'csv' or 'jsonl'" : NULL;
}

static const char *take_summary(struct urls_args *a)
{
    static const char *const words[] = { "text", "json", "none", NULL };
    int i = a->summary ? find_word(slice_cstr(a->summary), words) : 0;
    a->o.summary_json = i == 1;
    a->o.no_summary = i == 2;
    return i < 0 ? "--summary: want 'text', 'json' or 'none'" : NULL;
}

static const char *take_numbers(struct urls_args *a)
{
    unsigned seconds = WAIT_S;
    a->o.in_flight = IN_FLIGHT;
    if (a->in_flight && !take_number(a->in_flight, IN_FLIGHT_MAX, &a->o.in_flight))
        return "--in-flight: want a number from 1 to 1024";
    if (a->wait && !take_number(a->wait, WAIT_MAX_S, &seconds))
        return "--wait: want seconds, from 1 to 600";
    a->o.wait_ms = seconds * 1000;
    return NULL;
}

static const char *find_misuse(const struct urls_args *a)
{
    size_t inputs = 0;
    for (size_t i = 0; i < a->o.n_files; i++)
        inputs += strcmp(a->o.file[i], "-") == 0;
    if (inputs > 1)
        return "standard input can be read only once";
    if (a->o.column && a->json)
        return "--column and --json exclude each other";
    if ((a->o.header || a->separator) && !a->o.column)
        return "--header and --separator need --column";
    if (a->all + a->refused + (a->print != NULL) > 1)
        return "--all, --refused and --print exclude each other";
    if (a->o.state && !a->o.output)
        return "--state needs --output";
    return NULL;
}

static const char *read_words(struct urls_args *a)
{
    static const char *(*const take[])(struct urls_args *) = {
        take_separator, take_json, take_print, take_format, take_summary, take_numbers,
    };
    const char *wrong = take_column(&a->o);
    for (size_t i = 0; i < sizeof take / sizeof *take && !wrong; i++)
        wrong = take[i](a);
    return wrong ? wrong : find_misuse(a);
}

/* ---- the command line ---- */

/* False ends the command with *status. */
static bool take_option(struct urls_args *a, int c, int *status)
{
    struct urls_options *o = &a->o;
    switch (c) {
    case OPT_COLUMN: o->column = optarg; return true;
    case OPT_HEADER: o->header = true; return true;
    case OPT_SEPARATOR: a->separator = optarg; return true;
    case OPT_JSON: a->json = optarg; return true;
    case OPT_REFUSED: a->refused = true; return true;
    case OPT_PRINT: a->print = optarg; return true;
    case OPT_ALL: a->all = true; return true;
    case OPT_FORMAT: a->format = optarg; return true;
    case 'o': o->output = optarg; return true;
    case OPT_STATE: o->state = optarg; return true;
    case OPT_SUMMARY: a->summary = optarg; return true;
    case 'q': o->quiet = true; return true;
    case OPT_STRICT: o->strict = true; return true;
    case 'c': o->config_path = optarg; return true;
    case OPT_STORE: o->store = optarg; return true;
    case OPT_SOCKET: o->socket = optarg; return true;
    case 'p': o->profile = optarg; return true;
    case OPT_NO_FETCH: o->fetch = false; return true;
    case OPT_IN_FLIGHT: a->in_flight = optarg; return true;
    case OPT_WAIT: a->wait = optarg; return true;
    case 'h': *status = cli_write_text(help_text); return false;
    case OPT_VERSION: *status = cli_write_version(); return false;
    default: *status = cli_misuse_hint(a->command); return false;
    }
}

static bool parse_args(struct urls_args *a, int argc, char **argv, int *status)
{
    static char minus[] = "-", *standard_input[] = { minus };
    int c;
    while ((c = getopt_long(argc, argv, "c:p:o:qh", long_options, NULL)) != -1)
        if (!take_option(a, c, status))
            return false;
    a->o.file = optind < argc ? argv + optind : standard_input;
    a->o.n_files = optind < argc ? (size_t)(argc - optind) : 1;
    const char *wrong = read_words(a);
    if (wrong)
        *status = cli_misuse(a->command, "%s", wrong);
    return !wrong;
}

/* Without a file at the usual place the built-in configuration serves. */
static struct snapshot *load(struct urls_options *o)
{
    if (!o->config_path && access(DEFAULT_CONFIG, R_OK) == 0)
        o->config_path = DEFAULT_CONFIG;
    struct snapshot *s = cli_load_config(o->config_path);
    if (!s)
        return NULL;
    struct config *c = &s->config;
    if (o->store)
        snprintf(c->site_store, sizeof c->site_store, "%s", o->store);
    if (o->socket)
        snprintf(c->site_socket, sizeof c->site_socket, "%s", o->socket);
    return s;
}

static void on_signal(int number)
{
    urls_signal = number;
}

/* A run with a state ends in good order. */
static void catch_signals(void)
{
    struct sigaction act = { .sa_handler = on_signal };
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGHUP, &act, NULL);
}

int urls_command(int argc, char **argv)
{
    struct urls_args a = { .o = { .profile = "", .fetch = true }, .command = argv[0] };
    int status = CLI_FAILED;
    if (!parse_args(&a, argc, argv, &status))
        return status;
    struct snapshot *s = load(&a.o);
    if (!s)
        return CLI_FAILED;
    if (!s->config.site_store[0]) {
        cli_error("there is no store: SiteStore is not set; name it with --store");
    } else if (!config_profile(&s->config, slice_cstr(a.o.profile))) {
        cli_error("there is no profile '%s'", a.o.profile);
    } else {
        if (a.o.state)
            catch_signals();
        status = urls_run(&a.o, s);
    }
    cli_free_config(s);
    return status;
}
