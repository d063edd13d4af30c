/* SPDX-License-Identifier: Apache-2.0 */
/* optout: the filter's engine on the command line. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cli/cli.h"
#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

#define MESSAGE_MAX 16384 /* bytes of one message, before it is made visible */

static const struct command commands[] = {
    { "inspect", "say what stored responses state about their use", inspect_command },
    { "formats", "list the file formats in which metadata is found", formats_command },
    { "standards", "list the standards that are read", standards_command },
    { "site", "what is known of a site, and asking for it again", site_command },
    { "urls", "filter a list of URLs by the rules of their sites", urls_command },
    { "audit", "what the log says, line by line", audit_command },
    { "explain", "why it was decided so, by the log, in sentences", explain_command },
    { "warc", "say what the records of WARC files state", warc_command },
    { "robots", "what a robots.txt says of a URL", robots_command },
    { "tdmrep", "what a tdmrep.json says of a URL", tdmrep_command },
    { "rsl", "what an RSL document says of a URL", rsl_command },
    { "phrases", "check, test and explain phrase files", phrases_command },
    { "config", "check, show and explain a configuration", config_command },
    { "doctor", "say what is wrong with a filter that is to work", doctor_command },
    { "metrics", "what filter and daemon count, as Prometheus reads it", metrics_command },
    { "setup", "make this machine a filtering node", setup_command },
    { "reload", "make the running filter read its configuration again", reload_command },
    { "reopen", "make the running filter begin new audit segments", reopen_command },
    { NULL, NULL, NULL },
};

void cli_write_error(struct slice text)
{
    while (text.n) {
        ssize_t n = write(STDERR_FILENO, text.p, text.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nowhere left to say it */
        text = slice_from(text, (size_t)n);
    }
}

static void message(const char *fmt, va_list ap)
{
    char text[2048];
    struct buf out;
    vsnprintf(text, sizeof text, fmt, ap);
    buf_init(&out, MESSAGE_MAX);
    buf_puts(&out, "optout: ");
    visible_append(&out, slice_cstr(text), 0);
    buf_putc(&out, '\n');
    cli_write_error(buf_slice(&out));
    buf_free(&out);
}

void cli_error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    message(fmt, ap);
    va_end(ap);
}

int cli_misuse_hint(const char *command)
{
    char text[128];
    snprintf(text, sizeof text, "Try '%s --help' for more.\n", command);
    cli_write_error(slice_cstr(text));
    return CLI_FAILED;
}

int cli_misuse(const char *command, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    message(fmt, ap);
    va_end(ap);
    return cli_misuse_hint(command);
}

bool cli_write(const struct buf *out)
{
    if (out->failed) {
        cli_error("cannot put the output together: %s",
                  out->failed == OPTOUT_E_LIMIT ? "it is too long" : "out of memory");
        return false;
    }
    struct slice rest = buf_slice(out);
    while (rest.n) {
        ssize_t n = write(STDOUT_FILENO, rest.p, rest.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            cli_error("cannot write to standard output: %s",
                      n < 0 ? strerror(errno) : "nothing is taken");
            return false;
        }
        rest = slice_from(rest, (size_t)n);
    }
    return true;
}

int cli_write_text(const char *text)
{
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    buf_puts(&out, text);
    bool ok = cli_write(&out);
    buf_free(&out);
    return ok ? CLI_CLEAR : CLI_FAILED;
}

int cli_write_version(void)
{
    return cli_write_text("optout " PACKAGE_VERSION "\n");
}

bool cli_colour(void)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return !(no && *no) && term && *term && strcmp(term, "dumb") != 0 && isatty(STDOUT_FILENO);
}

static int help(void)
{
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    buf_puts(&out, "Usage: optout COMMAND [OPTION]... [ARGUMENT]...\n"
                   "Says what publishers state about the use of their content by AI.\n\n"
                   "Commands:\n");
    for (const struct command *c = commands; c->name; c++)
        buf_printf(&out, "  %-10s %s\n", c->name, c->summary);
    buf_puts(&out, "\nOptions:\n"
                   "  -h, --help     show this help; 'optout COMMAND --help' tells more\n"
                   "      --version  show the version\n");
    bool ok = cli_write(&out);
    buf_free(&out);
    return ok ? CLI_CLEAR : CLI_FAILED;
}

static int run_command(const struct command *c, int argc, char **argv)
{
    char name[32]; /* what getopt_long begins its messages with */
    snprintf(name, sizeof name, "optout %s", c->name);
    argv[0] = name;
    return c->run(argc, argv);
}

int cli_run(const char *name)
{
    char word[32];
    char *argv[] = { word, NULL };
    snprintf(word, sizeof word, "%s", name);
    for (const struct command *c = commands; c->name; c++) {
        if (strcmp(name, c->name) != 0)
            continue;
        optind = 0; /* getopt begins anew */
        return run_command(c, 1, argv);
    }
    return CLI_CLEAR;
}

/* A closed standard descriptor would be given to the next file that is opened. */
static bool descriptors_ready(void)
{
    bool out_closed = fcntl(STDOUT_FILENO, F_GETFD) < 0;
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_WRONLY : O_RDONLY) < 0)
            return false;
    if (out_closed)
        cli_error("cannot write to standard output: it is closed");
    return !out_closed;
}

bool cli_json_option(int argc, char **argv, const char *help_text, bool *json, int *status)
{
    static const struct option options[] = {
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { NULL, 0, NULL, 0 },
    };
    int c;
    *json = false;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (c) {
        case 'j': *json = true; break;
        case 'h': *status = cli_write_text(help_text); return false;
        case 'V': *status = cli_write_version(); return false;
        default: *status = cli_misuse_hint(argv[0]); return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* write() then says EPIPE, and we say it too */
    if (!descriptors_ready())
        return CLI_FAILED;
    const char *at = getenv("OPTOUT_CLOCK");
    if (at && *at)
        clock_freeze(strtoll(at, NULL, 10));
    if (argc < 2)
        return cli_misuse("optout", "a command is missing");
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return help();
    if (strcmp(word, "--version") == 0)
        return cli_write_version();
    if (word[0] == '-')
        return cli_misuse("optout", "unknown option '%s'", word);
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(word, c->name) == 0)
            return run_command(c, argc - 1, argv + 1);
    return cli_misuse("optout", "unknown command '%s'", word);
}
