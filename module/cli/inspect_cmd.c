/* SPDX-License-Identifier: Apache-2.0 */
/* optout inspect: the filter's engine on stored bytes. */
#include "cli/cli.h"
#include "cli/head.h"
#include "cli/packets.h"
#include "cli/report.h"
#include "inspect/inspect.h"
#include "policy/config.h"
#include "policy/profile_line.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#define FEED_SIZE 65536u           /* bytes of a file in memory at a time */
#define INSPECT_ARENA_MAX (8u << 20) /* as of an exchange in flight */

static const char help_text[] =
    "Usage: optout inspect [OPTION]... FILE...\n"
    "  or:  optout inspect [OPTION]... --no-body\n"
    "Says what stored responses state about the use of their content, and what the\n"
    "filter would do with them. FILE holds a response's body as it was sent; '-' is\n"
    "standard input.\n\n"
    "The response:\n"
    "      --url URL            the URL it was asked for\n"
    "      --status N           its status [as in --headers, else 200]\n"
    "      --method METHOD      the request's method [GET]\n"
    "      --headers FILE       its head, as received; of several heads the last\n"
    "      --header 'K: V'      one more header line; may be repeated\n"
    "      --content-type TYPE  its media type, whatever the head says\n"
    "      --no-body            only the head; no FILE is read\n\n"
    "The use:\n"
    "      --purpose LIST       usages, separated by commas: tdm, train-ml, train-ai,\n"
    "                           ai-use, search\n"
    "      --profile NAME       a profile of the configuration [its default]\n"
    "      --config FILE        the configuration [the built-in one]\n"
    "      --agent TOKEN        also heed what is addressed to TOKEN; may be repeated\n"
    "      --html-depth DEPTH   'head' or 'document': how far pages are read\n\n"
    "Output:\n"
    "      --json               one JSON object per FILE, one per line\n"
    "      --packets            first show the metadata packets that are found inside\n"
    "  -h, --help               show this help\n"
    "      --version            show the version\n\n"
    "Exit status: 0 clear or licensed, 1 reserved or conditional, 2 usage or file\n"
    "error, 3 undecided; of several the gravest: 2, 1, 3, 0.\n";

struct inspect_args {
    struct head_options head;
    const char **line;  /* head.line, to fill */
    const char **agent;
    size_t n_agents;
    const char *config_file;
    const char *profile;
    const char *purpose;
    const char *html_depth;
    bool json, packets;
    char **file;
    size_t n_files;
};

enum {
    OPT_URL = 256,
    OPT_STATUS,
    OPT_METHOD,
    OPT_HEADERS,
    OPT_HEADER,
    OPT_CONTENT_TYPE,
    OPT_NO_BODY,
    OPT_PURPOSE,
    OPT_PROFILE,
    OPT_CONFIG,
    OPT_AGENT,
    OPT_HTML_DEPTH,
    OPT_JSON,
    OPT_PACKETS,
    OPT_VERSION,
};

static const struct option long_options[] = {
    { "url", required_argument, NULL, OPT_URL },
    { "status", required_argument, NULL, OPT_STATUS },
    { "method", required_argument, NULL, OPT_METHOD },
    { "headers", required_argument, NULL, OPT_HEADERS },
    { "header", required_argument, NULL, OPT_HEADER },
    { "content-type", required_argument, NULL, OPT_CONTENT_TYPE },
    { "no-body", no_argument, NULL, OPT_NO_BODY },
    { "purpose", required_argument, NULL, OPT_PURPOSE },
    { "profile", required_argument, NULL, OPT_PROFILE },
    { "config", required_argument, NULL, OPT_CONFIG },
    { "agent", required_argument, NULL, OPT_AGENT },
    { "html-depth", required_argument, NULL, OPT_HTML_DEPTH },
    { "json", no_argument, NULL, OPT_JSON },
    { "packets", no_argument, NULL, OPT_PACKETS },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

static bool parse_status(const char *text, int *status)
{
    uint64_t n;
    if (!slice_to_u64(slice_cstr(text), &n) || n < 100 || n > 599)
        return false;
    *status = (int)n;
    return true;
}

/* False ends the command with *exit_status. */
static bool take_option(struct inspect_args *a, int c, const char *command, int *exit_status)
{
    switch (c) {
    case OPT_URL: a->head.url = optarg; return true;
    case OPT_METHOD: a->head.method = optarg; return true;
    case OPT_HEADERS: a->head.file = optarg; return true;
    case OPT_HEADER: a->line[a->head.n_lines++] = optarg; return true;
    case OPT_CONTENT_TYPE: a->head.content_type = optarg; return true;
    case OPT_NO_BODY: a->head.no_body = true; return true;
    case OPT_PURPOSE: a->purpose = optarg; return true;
    case OPT_PROFILE: a->profile = optarg; return true;
    case OPT_CONFIG: a->config_file = optarg; return true;
    case OPT_AGENT: a->agent[a->n_agents++] = optarg; return true;
    case OPT_HTML_DEPTH: a->html_depth = optarg; return true;
    case OPT_JSON: a->json = true; return true;
    case OPT_PACKETS: a->packets = true; return true;
    case OPT_STATUS:
        if (parse_status(optarg, &a->head.status))
            return true;
        *exit_status = cli_misuse(command, "--status '%s': want a number from 100 to 599", optarg);
        return false;
    case 'h': *exit_status = cli_write_text(help_text); return false;
    case OPT_VERSION: *exit_status = cli_write_version(); return false;
    default: *exit_status = cli_misuse_hint(command); return false;
    }
}

static const char *find_misuse(const struct inspect_args *a)
{
    size_t inputs = a->head.file && strcmp(a->head.file, "-") == 0;
    for (size_t i = 0; i < a->n_files; i++)
        inputs += strcmp(a->file[i], "-") == 0;
    if (inputs > 1)
        return "standard input can be read only once";
    if (a->json && a->packets)
        return "--packets and --json exclude each other";
    if (a->profile && a->purpose)
        return "--profile and --purpose exclude each other";
    if (a->head.no_body && a->n_files)
        return "--no-body takes no FILE";
    if (!a->head.no_body && a->n_files == 0)
        return "a FILE is missing ('-' is standard input, --no-body reads only the head)";
    return NULL;
}

static bool parse_args(struct inspect_args *a, int argc, char **argv, int *exit_status)
{
    int c;
    while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
        if (!take_option(a, c, argv[0], exit_status))
            return false;
    a->file = argv + optind;
    a->n_files = (size_t)(argc - optind);
    const char *misuse = find_misuse(a);
    if (misuse)
        *exit_status = cli_misuse(argv[0], "%s", misuse);
    return !misuse;
}

static bool said(enum optout_rc rc, const char *option, const struct config_error *e)
{
    if (rc != OPTOUT_OK)
        cli_error("%s: %s; %s", option, e->reason, e->remedy);
    return rc == OPTOUT_OK;
}

static bool choose_profile(const struct inspect_args *a, const struct config *c,
                           struct profile *p)
{
    struct config_error e = { .line = 0 };
    if (a->purpose) {
        profile_init(p);
        memcpy(p->name, "ad-hoc", sizeof "ad-hoc");
        if (!said(purpose_parse(slice_cstr(a->purpose), &p->purpose, &e), "--purpose", &e))
            return false;
    } else {
        const struct profile *found = config_profile(c, slice_cstr(a->profile));
        if (!found) {
            cli_error("there is no profile '%s'%s", a->profile,
                      a->config_file ? "" : " in the built-in configuration; see --config");
            return false;
        }
        *p = *found;
    }
    for (size_t i = 0; i < a->n_agents; i++)
        if (!said(agents_parse(slice_cstr(a->agent[i]), p, &e), "--agent", &e))
            return false;
    return true;
}

static bool choose_options(const struct inspect_args *a, const struct config *c,
                           struct inspect_options *o)
{
    *o = (struct inspect_options){
        .html_head_only = c->html_depth == HTML_DEPTH_HEAD,
        .expand_max = c->expand_max,
        .expand_ratio = c->expand_ratio,
    };
    if (!a->html_depth)
        return true;
    o->html_head_only = strcmp(a->html_depth, "head") == 0;
    if (o->html_head_only || strcmp(a->html_depth, "document") == 0)
        return true;
    cli_error("--html-depth '%s': want 'head' or 'document'", a->html_depth);
    return false;
}

/* What every input shares. */
struct job {
    const struct exchange *exchange;
    struct inspect_options options;
    struct profile profile;
    bool json, packets;
    bool colour;
};

/* Of a file that has places, the formats may read what went by again. */
static enum optout_rc read_back(void *ctx, uint64_t offset, void *to, size_t n)
{
    const int *fd = ctx;
    uint8_t *out = to;
    while (n) {
        ssize_t k = pread(*fd, out, n, (off_t)offset);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return OPTOUT_E_LIMIT;
        out += k;
        offset += (uint64_t)k;
        n -= (size_t)k;
    }
    return OPTOUT_OK;
}

/* Feeds the file until nothing more can be learnt from it. */
static bool feed_file(struct inspection *in, int fd, const char *path, const struct exchange *x,
                      enum inspect_end *end)
{
    uint8_t piece[FEED_SIZE];
    uint64_t seen = 0;
    ssize_t n = 0;
    enum optout_rc rc = OPTOUT_MORE;
    while (rc == OPTOUT_MORE && (n = input_read(fd, path, piece, sizeof piece)) > 0) {
        seen += (uint64_t)n;
        rc = inspect_feed(in, slice_of(piece, (size_t)n));
    }
    int64_t announced = exchange_content_length(x);
    *end = INSPECT_WHOLE;
    if (rc == OPTOUT_MORE && announced >= 0 && seen < (uint64_t)announced)
        *end = INSPECT_TRUNCATED;
    return n >= 0;
}

static int status_of(enum decision_kind kind)
{
    static const int status[DECISION_COUNT] = {
        [DECISION_CLEAR] = CLI_CLEAR,          [DECISION_RESERVED] = CLI_RESERVED,
        [DECISION_CONDITIONAL] = CLI_RESERVED, [DECISION_LICENSED] = CLI_CLEAR,
        [DECISION_UNDECIDED] = CLI_UNDECIDED,
    };
    return status[kind];
}

static int report_inspection(const struct job *job, const char *path,
                             const struct inspection *in)
{
    struct decision d;
    struct buf out;
    decide(&job->profile, inspect_signals(in), inspect_undecided(in), &d);
    struct report r = {
        .file = path,
        .exchange = job->exchange,
        .profile = &job->profile,
        .signals = inspect_signals(in),
        .decision = &d,
        .inspected = inspect_format(in),
    };
    buf_init(&out, CLI_OUTPUT_MAX);
    if (job->json)
        report_json(&r, &out);
    else
        report_text(&r, job->colour, &out);
    bool ok = cli_write(&out);
    buf_free(&out);
    return ok ? status_of(d.kind) : CLI_FAILED;
}

/* `fd` is -1 when only the head is there. */
static int inspect_open_file(const struct job *job, const char *path, int fd,
                             const struct exchange *x)
{
    struct arena arena;
    struct packet_dump dump;
    struct inspect_options o = job->options;
    o.scale = decision_scale(&job->profile);
    enum inspect_end end = INSPECT_WHOLE;
    int status = CLI_FAILED;
    if (fd >= 0 && lseek(fd, 0, SEEK_CUR) == 0)
        o.back = (struct lookback){ read_back, &fd };
    packet_dump_init(&dump, path ? path : "");
    if (job->packets)
        o.tap = &dump.tap;
    arena_init(&arena, INSPECT_ARENA_MAX, NULL, 0);
    struct inspection *in = inspect_open(&arena, x, &o);
    if (!in) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    bool ok = fd < 0 || feed_file(in, fd, path, x, &end);
    inspect_close(in, end);
    if (ok && !dump.failed)
        status = report_inspection(job, path, in);
    arena_reset(&arena);
    return status;
}

/* `path` is NULL when only the head is there. /dev/null means the same. */
static int inspect_one(const struct job *job, const char *path)
{
    struct exchange x = *job->exchange;
    if (path && strcmp(path, "/dev/null") == 0)
        x.has_body = false;
    if (!path || !x.has_body)
        return inspect_open_file(job, path, -1, &x);
    int fd = input_open(path);
    if (fd < 0)
        return CLI_FAILED;
    int status = inspect_open_file(job, path, fd, &x);
    input_close(fd);
    return status;
}

static int graver(int a, int b)
{
    static const int rank[] = {
        [CLI_CLEAR] = 0, [CLI_UNDECIDED] = 1, [CLI_RESERVED] = 2, [CLI_FAILED] = 3,
    };
    return rank[b] > rank[a] ? b : a;
}

static int run(const struct inspect_args *a, struct config *config, struct head *head)
{
    struct job job = { .exchange = &head->x, .json = a->json, .packets = a->packets,
                       .colour = cli_colour() };
    config_init(config);
    if (a->config_file && !cli_load_config(a->config_file, config))
        return CLI_FAILED;
    if (!choose_profile(a, config, &job.profile) ||
        !choose_options(a, config, &job.options) || !head_build(head, &a->head))
        return CLI_FAILED;
    if (a->head.no_body)
        return inspect_one(&job, NULL);
    int status = CLI_CLEAR;
    for (size_t i = 0; i < a->n_files; i++)
        status = graver(status, inspect_one(&job, a->file[i]));
    return status;
}

int inspect_command(int argc, char **argv)
{
    struct inspect_args a = { .json = false };
    struct head head = { .x = { .status = 0 } };
    int status = CLI_FAILED;
    a.line = calloc((size_t)argc, sizeof *a.line);
    a.agent = calloc((size_t)argc, sizeof *a.agent);
    struct config *config = malloc(sizeof *config);
    if (!a.line || !a.agent || !config) {
        cli_error("out of memory");
    } else if (parse_args(&a, argc, argv, &status)) {
        a.head.line = a.line;
        status = run(&a, config, &head);
        head_free(&head);
    }
    free(config);
    free(a.agent);
    free(a.line);
    return status;
}
