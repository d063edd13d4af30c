/* SPDX-License-Identifier: Apache-2.0 */
/* optout audit: what the log says. */
#include "cli/audit_folder.h"
#include "cli/audit_text.h"
#include "cli/cli.h"
#include "policy/config.h"
#include "policy/snapshot.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG OPTOUT_CONFIGDIR "/srv_optout.conf"
#define OUTPUT_AT (64u << 10) /* bytes that are gathered before they are written */
#define PAUSE_MS 200          /* between two looks at a log that is quiet */

static const char help_text[] =
    "Usage: optout audit cat [OPTION]... [FILE|FOLDER]...\n"
    "       optout audit query [OPTION]... [FILE|FOLDER]...\n"
    "       optout audit index [OPTION]... [FILE|FOLDER]...\n"
    "       optout audit keep [OPTION]... [FOLDER]\n"
    "       optout audit leads [OPTION]... [FILE|FOLDER]...\n"
    "       optout audit publisher [OPTION]... HOST|DOMAIN [FILE|FOLDER]...\n"
    "       optout audit report [OPTION]... [FILE|FOLDER]...\n"
    "optout audit cat prints the audit log in sentences: segments as they are written, closed or\n"
    "compressed with zstd, and every segment of a folder, in the order in which they\n"
    "were begun. Without an argument, AuditDir of the configuration.\n\n"
    "Options:\n"
    "      --json         the lines as they are\n"
    "      --resolve      each record as JSON with all that it leaves out and refers to\n"
    "  -f, --follow       go on with what is written from now on\n"
    "  -c, --config FILE  where AuditDir stands [" DEFAULT_CONFIG "]\n"
    "  -h, --help         show this help\n"
    "      --version      show the version\n\n"
    "Exit status: 0 done, 1 something in the log is damaged or missing, which is said;\n"
    "2 usage or file error.\n";

struct cat {
    bool json, resolve, follow, colour;
    const char *config_path;
    struct audit_folder folder;
    struct buf out;
    bool damaged, failed;
};

static bool flush(struct cat *c)
{
    bool ok = cli_write(&c->out);
    buf_clear(&c->out);
    c->failed |= !ok;
    return ok;
}

static void complain(struct cat *c, const struct audit_source *s, const char *what)
{
    struct slice name = segment_reader_name(s->reader);
    c->damaged = true;
    (void)flush(c); /* at its place among the lines */
    cli_error("%.*s:%llu: %s", SLICE_FMT(name),
              (unsigned long long)segment_reader_line(s->reader), what);
}

static void print_json(struct cat *c, json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (text)
        buf_puts(&c->out, text);
    else
        c->failed = true;
    buf_putc(&c->out, '\n');
    free(text);
}

/* What a record refers to is shown with it where it is resolved. */
static void print_parsed(struct cat *c, const struct audit_source *s, json_t *line, bool referred)
{
    const char *missing = audit_resolve(line, &s->said);
    if (missing) {
        char text[128];
        snprintf(text, sizeof text, "what the record refers to as %.40s is not in the segment",
                 missing);
        complain(c, s, text);
    }
    if (!c->resolve)
        audit_text(line, c->colour, &c->out);
    else if (!referred)
        print_json(c, line);
}

static void print_line(struct cat *c, const struct audit_source *s, struct slice line)
{
    bool referred = references_take(s->said.references, line);
    if (c->json) {
        buf_append(&c->out, line.p, line.n);
        buf_putc(&c->out, '\n');
    } else {
        json_error_t e;
        json_t *parsed = json_loadb((const char *)line.p, line.n, JSON_ALLOW_NUL, &e);
        if (json_is_object(parsed))
            print_parsed(c, s, parsed, referred);
        else
            complain(c, s, parsed ? "this is no record" : e.text);
        json_decref(parsed);
    }
    if (c->out.n >= OUTPUT_AT)
        (void)flush(c);
}

/* Reads what there is. True when it was anything. */
static bool read_source(struct cat *c, struct audit_source *s)
{
    struct slice line;
    bool any = false;
    while (!c->failed) {
        enum optout_rc rc = segment_reader_next(s->reader, &line);
        if (rc == OPTOUT_OK) {
            print_line(c, s, line);
            any = true;
            continue;
        }
        if (rc == OPTOUT_E_LIMIT) {
            complain(c, s, "this line is too long to be a record");
            continue;
        }
        if (rc == OPTOUT_E_SYNTAX)
            complain(c, s, "what follows is no whole line: cut or damaged");
        else if (rc == OPTOUT_E_IO || rc == OPTOUT_E_NOMEM)
            complain(c, s, rc == OPTOUT_E_IO ? strerror(errno) : "out of memory");
        if (rc != OPTOUT_MORE || !c->follow)
            audit_source_end(s);
        return any;
    }
    return any;
}

static bool open_source(struct cat *c, size_t at)
{
    struct audit_source *s = &c->folder.sources[at];
    if (s->ended || s->reader)
        return s->reader != NULL;
    if (audit_source_open(&c->folder, at) == OPTOUT_OK)
        return true;
    if (errno != ENOENT || !c->follow) { /* else it may come back */
        cli_error("%s: %s", c->folder.list.file[at].path, strerror(errno));
        c->damaged = true;
        audit_source_end(s);
    }
    return false;
}

static bool read_all(struct cat *c)
{
    bool any = false;
    for (size_t i = 0; i < c->folder.n && !c->failed; i++)
        if (open_source(c, i))
            any = read_source(c, &c->folder.sources[i]) || any;
    return any;
}

static bool find_segments(struct cat *c, char **paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (audit_folder_add(&c->folder, paths[i]))
            continue;
        cli_error("%s: %s", paths[i], strerror(errno));
        return false;
    }
    return true;
}

/* False: nobody reads the output any more. */
static bool pause_quietly(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO };
    return poll(&out, 1, PAUSE_MS) <= 0;
}

static bool cat_segments(struct cat *c, char **paths, size_t n)
{
    if (!find_segments(c, paths, n))
        return false;
    (void)read_all(c);
    while (flush(c) && c->follow && !c->failed) {
        for (size_t i = 0; i < n; i++)
            if (!audit_folder_add(&c->folder, paths[i]))
                continue; /* gone, it may come back */
        if (!read_all(c) && !pause_quietly())
            break;
    }
    return !c->failed;
}

char *cli_audit_folder(const char *config_path)
{
    if (!config_path && access(DEFAULT_CONFIG, R_OK) == 0)
        config_path = DEFAULT_CONFIG;
    struct snapshot *s = cli_load_config(config_path);
    char *dir = s ? strdup(s->config.audit_dir) : NULL;
    cli_free_config(s);
    return dir;
}

static int cat(struct cat *c, char **paths, int n)
{
    char *dir = NULL;
    c->colour = !c->json && !c->resolve && cli_colour();
    buf_init(&c->out, CLI_OUTPUT_MAX);
    if (n == 0) {
        dir = cli_audit_folder(c->config_path);
        if (!dir)
            return CLI_FAILED;
        paths = &dir;
        n = 1;
    }
    bool ok = cat_segments(c, paths, (size_t)n);
    audit_folder_free(&c->folder);
    buf_free(&c->out);
    free(dir);
    return !ok ? CLI_FAILED : c->damaged ? CLI_FOUND : CLI_CLEAR;
}

static int read_options(int argc, char **argv, struct cat *c)
{
    enum { JSON = 256, RESOLVE, VERSION };
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' }, { "json", no_argument, NULL, JSON },
        { "resolve", no_argument, NULL, RESOLVE },  { "follow", no_argument, NULL, 'f' },
        { "help", no_argument, NULL, 'h' },         { "version", no_argument, NULL, VERSION },
        { NULL, 0, NULL, 0 },
    };
    for (int o; (o = getopt_long(argc, argv, "c:fh", options, NULL)) != -1;) {
        switch (o) {
        case 'c': c->config_path = optarg; break;
        case 'f': c->follow = true; break;
        case JSON: c->json = true; break;
        case RESOLVE: c->resolve = true; break;
        case 'h': return cli_write_text(help_text);
        case VERSION: return cli_write_version();
        default: return cli_misuse_hint(argv[0]);
        }
    }
    return -1;
}

static const struct command commands[] = {
    { "query", "find records, count them", audit_query },
    { "index", "make what finds a host quickly", audit_index },
    { "keep", "remove closed segments as AuditKeep says", audit_keep },
    { "leads", "whose refusals cost most, and ways to a licence", audit_leads },
    { "publisher", "what the log has of one publisher", audit_publisher },
    { "report", "what the log says in figures", audit_report },
    { NULL, NULL, NULL },
};

static int run_command(const struct command *command, int argc, char **argv)
{
    char name[48]; /* what getopt_long begins its messages with */
    snprintf(name, sizeof name, "optout audit %s", command->name);
    argv[0] = name;
    return command->run(argc, argv);
}

int audit_command(int argc, char **argv)
{
    for (const struct command *one = commands; argc > 1 && one->name; one++)
        if (strcmp(argv[1], one->name) == 0)
            return run_command(one, argc - 1, argv + 1);
    struct cat c = { .json = false };
    int status = read_options(argc, argv, &c);
    if (status >= 0)
        return status;
    if (optind >= argc || strcmp(argv[optind], "cat") != 0)
        return cli_misuse(argv[0], "name what to do: cat, query, index, keep, leads, publisher or report");
    if (c.json && c.resolve)
        return cli_misuse(argv[0], "--json excludes --resolve");
    return cat(&c, argv + optind + 1, argc - optind - 1);
}
