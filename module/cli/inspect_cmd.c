/* SPDX-License-Identifier: Apache-2.0 */
/* optout inspect: the filter's engine on stored bytes. */
#include "answers/explain.h"
#include "cli/cli.h"
#include "cli/head.h"
#include "cli/packets.h"
#include "cli/report.h"
#include "cli/setup.h"
#include "http/coding.h"
#include "http/exchange.h"
#include "policy/snapshot.h"
#include "verdict/judge.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FEED_SIZE 65536u           /* bytes of a file in memory at a time */

static const char help_text[] =
    "Usage: optout inspect [OPTION]... FILE...\n"
    "  or:  optout inspect [OPTION]... --no-body | --request\n"
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
    "      --no-body            only the head; no FILE is read\n"
    "      --request            the request alone, before anything is fetched\n"
    "      --request-header 'K: V'\n"
    "                           a header line of the request; may be repeated\n\n"
    "The site, whose rules count as in the proxy when its store is known and --url given:\n"
    "      --store DIR          the store of site rules [SiteStore of --config]\n"
    "      --socket PATH        the daemon's socket [SiteSocket of --config]\n"
    "      --fetch              ask the daemon for what is not known, and wait\n"
    "      --no-site            leave site rules and licence documents out\n\n"
    "The use:\n"
    "      --purpose LIST       usages, separated by commas: tdm, train-ml, train-ai,\n"
    "                           ai-use, search\n"
    "      --profile NAME       a profile of the configuration [its default]\n"
    "      --config FILE        the configuration [the built-in one]\n"
    "      --agent TOKEN        also heed what is addressed to TOKEN; may be repeated\n"
    "      --html-depth DEPTH   'head' or 'document': how far pages are read\n\n"
    "Output:\n"
    "      --json               one JSON object per FILE, one per line\n"
    "      --record             the record that the proxy would write, of each FILE\n"
    "      --explain            why, in sentences, with the rules that decided and what would\n"
    "                           have changed it; with --json as JSON\n"
    "      --packets            first show the metadata packets that are found inside\n"
    "  -h, --help               show this help\n"
    "      --version            show the version\n\n"
    "Exit status: 0 clear or licensed, 1 reserved or conditional, 2 usage or file\n"
    "error, 3 undecided; of several the gravest: 2, 1, 3, 0.\n";

struct inspect_args {
    struct head_options head;
    const char **line, **request_line; /* of `head`, to fill */
    const char **agent; /* of `setup`, to fill */
    struct setup_options setup;
    bool json, packets, record, explain;
    bool request;
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
    OPT_RECORD,
    OPT_EXPLAIN,
    OPT_REQUEST,
    OPT_REQUEST_HEADER,
    OPT_STORE,
    OPT_SOCKET,
    OPT_FETCH,
    OPT_NO_SITE,
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
    { "record", no_argument, NULL, OPT_RECORD },
    { "explain", no_argument, NULL, OPT_EXPLAIN },
    { "request", no_argument, NULL, OPT_REQUEST },
    { "request-header", required_argument, NULL, OPT_REQUEST_HEADER },
    { "store", required_argument, NULL, OPT_STORE },
    { "socket", required_argument, NULL, OPT_SOCKET },
    { "fetch", no_argument, NULL, OPT_FETCH },
    { "no-site", no_argument, NULL, OPT_NO_SITE },
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
    case OPT_PURPOSE: a->setup.purpose = optarg; return true;
    case OPT_PROFILE: a->setup.profile = optarg; return true;
    case OPT_CONFIG: a->setup.config_file = optarg; return true;
    case OPT_AGENT: a->agent[a->setup.n_agents++] = optarg; return true;
    case OPT_HTML_DEPTH: a->setup.html_depth = optarg; return true;
    case OPT_JSON: a->json = true; return true;
    case OPT_PACKETS: a->packets = true; return true;
    case OPT_RECORD: a->record = true; return true;
    case OPT_EXPLAIN: a->explain = true; return true;
    case OPT_REQUEST: a->request = a->head.no_body = true; return true;
    case OPT_REQUEST_HEADER: a->request_line[a->head.n_request_lines++] = optarg; return true;
    case OPT_STORE: a->setup.store = optarg; return true;
    case OPT_SOCKET: a->setup.socket = optarg; return true;
    case OPT_FETCH: a->setup.fetch = true; return true;
    case OPT_NO_SITE: a->setup.no_site = true; return true;
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
    if (a->json + a->packets + a->record > 1)
        return "--json, --packets and --record exclude each other";
    if (a->explain && (a->packets || a->record))
        return "--explain excludes --packets and --record";
    if (a->setup.no_site && (a->setup.store || a->setup.socket || a->setup.fetch))
        return "--no-site excludes --store, --socket and --fetch";
    if ((a->setup.store || a->setup.fetch || a->request) && !a->head.url)
        return "--store, --fetch and --request need --url";
    if (a->setup.profile && a->setup.purpose)
        return "--profile and --purpose exclude each other";
    if (a->head.no_body && a->n_files)
        return "--no-body and --request take no FILE";
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

/* What every input shares. */
struct job {
    const struct inspect_args *args;
    const struct exchange *exchange;
    struct judge_basis basis;
    struct profile profile;
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
static bool feed_file(struct judge *j, int fd, const char *path, uint64_t *seen)
{
    uint8_t piece[FEED_SIZE];
    ssize_t n = 0;
    enum optout_rc rc = OPTOUT_MORE;
    while (rc == OPTOUT_MORE && (n = input_read(fd, path, piece, sizeof piece)) > 0) {
        *seen += (uint64_t)n;
        rc = judge_feed(j, slice_of(piece, (size_t)n));
    }
    return n >= 0;
}

/* Feeds it as the proxy does: a body that fits the preview whole, of others no more than
 * the verdict takes. *stopped: there was more. */
static bool feed_in_flight(struct judge *j, int fd, const char *path, uint64_t *seen,
                           bool *stopped)
{
    uint8_t piece[FEED_SIZE];
    size_t preview = j->basis.config->preview_size;
    ssize_t n = input_read(fd, path, piece, preview + 1); /* one more tells whether it is all */
    bool more = n > (ssize_t)preview;
    *stopped = more && judge_is_decided(j);
    while (n > 0 && !*stopped) {
        struct slice now = slice_of(piece, (size_t)n);
        judge_hash(j, now);
        *seen += now.n;
        enum optout_rc rc = judge_feed(j, now);
        *stopped = more && (rc == OPTOUT_DONE || inspect_head_only(j->inspection) ||
                            judge_is_decided(j));
        n = *stopped || !more ? 0 : input_read(fd, path, piece, sizeof piece);
    }
    return n >= 0;
}

static bool read_body(const struct job *job, struct judge *j, int fd, const char *path,
                      enum inspect_end *end)
{
    uint64_t seen = 0;
    bool stopped = false;
    bool ok = job->args->record ? feed_in_flight(j, fd, path, &seen, &stopped)
                                : feed_file(j, fd, path, &seen);
    *end = INSPECT_WHOLE;
    if (stopped)
        *end = INSPECT_STOPPED;
    else if (j->announced >= 0 && seen < (uint64_t)j->announced)
        *end = INSPECT_TRUNCATED;
    return ok;
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

/* As a segment of the log would begin that holds this record alone. */
static bool print_record(const struct record *r, struct buf *out)
{
    struct reference_list refs;
    record_references(r, &refs);
    for (size_t i = 0; i < refs.n; i++)
        refs.of[i].print(&refs.of[i], out);
    return record_print(r, out) == OPTOUT_OK;
}

/* From the record, as it would be explained out of the log. */
static bool print_explanation(const struct job *job, const char *path, const struct judge *j,
                              struct buf *out)
{
    struct buf lines;
    struct explanation e;
    buf_init(&lines, CLI_OUTPUT_MAX);
    bool ok = print_record(&j->record, &lines);
    struct explain_input in = { .lines = buf_slice(&lines), .profile = j->profile };
    ok = ok && explain_record(&in, &e) == OPTOUT_OK;
    if (ok && job->args->json) {
        explanation_print_json(&e, out);
    } else if (ok) {
        if (job->args->n_files > 1) {
            visible_append(out, slice_cstr(path), 0);
            buf_puts(out, ":\n\n");
        }
        explanation_print(&e, job->colour, out);
        buf_puts(out, job->args->n_files > 1 ? "\n" : "");
    }
    if (ok)
        explanation_free(&e);
    else
        cli_error("this cannot be explained: out of memory");
    buf_free(&lines);
    return ok;
}

/* What the bytes of a file are in, whatever the head says of the response. */
static const char *packed_as(int fd)
{
    uint8_t head[4];
    ssize_t n = fd >= 0 ? pread(fd, head, sizeof head, 0) : 0;
    struct slice s = slice_of(head, n > 0 ? (size_t)n : 0);
    return coding_begins(CODING_GZIP, s)   ? "gzip"
           : coding_begins(CODING_ZSTD, s) ? "zstd" : NULL;
}

static int report(const struct job *job, const char *path, int fd, const struct judge *j)
{
    struct buf out;
    struct report r = {
        .file = path,
        .exchange = &j->exchange,
        .profile = j->profile,
        .signals = j->record.signals,
        .decision = &j->decision,
        .site = j->record.site,
        .inspected = j->record.inspected,
        .packed = packed_as(fd),
    };
    bool ok = true;
    buf_init(&out, CLI_OUTPUT_MAX);
    if (job->args->record)
        ok = print_record(&j->record, &out);
    else if (job->args->explain)
        ok = print_explanation(job, path, j, &out);
    else if (job->args->json)
        report_json(&r, &out);
    else
        report_text(&r, job->colour, &out);
    ok = cli_write(&out) && ok;
    buf_free(&out);
    return ok ? status_of(j->decision.kind) : CLI_FAILED;
}

/* Of a request the proxy writes a record only when it is refused, or a tunnel. */
static int judge_request(const struct job *job, struct judge *j)
{
    bool told = true;
    j->exchange.status = 0; /* nobody has answered */
    judge_open_request(j);
    if (slice_eq(j->exchange.method, SLICE_OF("CONNECT")))
        judge_settle_unseen(j, UNDECIDED_TUNNEL);
    else
        told = judge_settle_site(j) && !j->site_file;
    judge_close_record(j, INSPECT_STOPPED, j->decision.action, 0);
    if (!j->record.signals) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    return told || !job->args->record ? report(job, NULL, -1, j) : status_of(j->decision.kind);
}

/* `fd` is -1 when only the head is there. */
static int judge_response(const struct job *job, struct judge *j, const char *path, int fd)
{
    enum inspect_end end = INSPECT_WHOLE;
    if (judge_open(j) != OPTOUT_OK) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    bool ok = fd < 0 || read_body(job, j, fd, path, &end);
    judge_settle(j, end, false);
    judge_close_record(j, end, j->decision.action, 0);
    return ok ? report(job, path, fd, j) : CLI_FAILED;
}

static int judge_file(const struct job *job, const char *path, int fd, const struct exchange *x)
{
    struct arena arena;
    struct packet_dump dump;
    struct judge j = { .profile = NULL };
    struct judge_basis basis = job->basis;
    if (fd >= 0 && lseek(fd, 0, SEEK_CUR) == 0)
        basis.back = (struct lookback){ read_back, &fd };
    packet_dump_init(&dump, path ? path : "");
    if (job->args->packets)
        basis.tap = &dump.tap;
    arena_init(&arena, JUDGE_ARENA, NULL, 0);
    judge_begin(&j, &basis, &job->profile, &arena);
    j.exchange = *x;
    int status = job->args->request ? judge_request(job, &j) : judge_response(job, &j, path, fd);
    arena_reset(&arena);
    return dump.failed ? CLI_FAILED : status;
}

/* `path` is NULL when only the head is there. /dev/null means the same. */
static int inspect_one(const struct job *job, const char *path)
{
    struct exchange x = *job->exchange;
    if (path && strcmp(path, "/dev/null") == 0)
        x.has_body = false;
    if (!path || !x.has_body)
        return judge_file(job, path, -1, &x);
    int fd = input_open(path);
    if (fd < 0)
        return CLI_FAILED;
    int status = judge_file(job, path, fd, &x);
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

static int run(const struct inspect_args *a, struct snapshot *s, struct head *head)
{
    struct config *config = &s->config;
    struct job job = { .args = a, .exchange = &head->x,
                       .basis = setup_basis(s),
                       .colour = cli_colour() };
    if (!setup_profile(&a->setup, config, &job.profile) || !setup_depth(&a->setup, config) ||
        !setup_site(&a->setup, a->head.url, config, &job.basis) || !head_build(head, &a->head))
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
    a.request_line = calloc((size_t)argc, sizeof *a.request_line);
    a.agent = calloc((size_t)argc, sizeof *a.agent);
    struct snapshot *snapshot = NULL;
    if (!a.line || !a.request_line || !a.agent) {
        cli_error("out of memory");
    } else if (parse_args(&a, argc, argv, &status) &&
               (snapshot = cli_load_config(a.setup.config_file)) != NULL) {
        a.setup.agent = a.agent;
        a.head.line = a.line;
        a.head.request_line = a.request_line;
        status = run(&a, snapshot, &head);
        head_free(&head);
    }
    cli_free_config(snapshot);
    free(a.agent);
    free(a.request_line);
    free(a.line);
    return status;
}
