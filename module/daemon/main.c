/* SPDX-License-Identifier: Apache-2.0 */
/* optoutd: fetches and keeps what sites publish about the use of their content. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/daemon.h"
#include "daemon/given_files.h"
#include "core/log.h"

#include <curl/curl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#define EXIT_WRONG 2
#define PRESET_CONFIG OPTOUT_CONFIGDIR "/optoutd.conf"

static const char help[] =
    "Usage: optoutd [--config FILE] [--verbose]\n"
    "  or:  optoutd --check [--config FILE]\n"
    "Fetches the site files that the optout filter asks for and keeps them in its store.\n"
    "Runs in the foreground until SIGTERM; SIGHUP reads the catalogue of agents again.\n"
    "\n"
    "  -c, --config FILE  read this configuration (" PRESET_CONFIG ")\n"
    "      --check        only say all that is wrong with it; exit status 2 if anything is\n"
    "      --directives   explain every directive\n"
    "  -v, --verbose      a log line for each file\n"
    "  -h, --help         this text\n"
    "      --version      the version\n"
    "\n"
    "See optoutd(8) and optoutd.conf(5).\n";

struct options {
    const char *config; /* NULL: the preset one */
    bool check, verbose;
};

static int print(const char *text)
{
    return fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_WRONG;
}

static int print_directives(void)
{
    struct buf out;
    buf_init(&out, 1u << 20);
    daemon_config_explain(&out);
    bool good = out.failed == OPTOUT_OK && fwrite(out.p, 1, out.n, stdout) == out.n &&
                fflush(stdout) == 0;
    buf_free(&out);
    return good ? EXIT_SUCCESS : EXIT_WRONG;
}

static int misuse(void)
{
    fputs("Try 'optoutd --help' for more.\n", stderr);
    return EXIT_WRONG;
}

enum { OPT_CHECK = 256, OPT_DIRECTIVES, OPT_VERSION };

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
    static const struct option table[] = {
        { "config", required_argument, NULL, 'c' },
        { "check", no_argument, NULL, OPT_CHECK },
        { "directives", no_argument, NULL, OPT_DIRECTIVES },
        { "verbose", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, OPT_VERSION },
        { NULL, 0, NULL, 0 },
    };
    for (int c; (c = getopt_long(argc, argv, "c:vh", table, NULL)) != -1;) {
        switch (c) {
        case 'c': o->config = optarg; break;
        case 'v': o->verbose = true; break;
        case OPT_CHECK: o->check = true; break;
        case OPT_DIRECTIVES: return print_directives();
        case OPT_VERSION: return print("optoutd " PACKAGE_VERSION "\n");
        case 'h': return print(help);
        default: return misuse();
        }
    }
    if (optind < argc) {
        fprintf(stderr, "optoutd: unexpected argument: %s\n", argv[optind]);
        return misuse();
    }
    return -1;
}

static void print_errors(const struct config_errors *all)
{
    for (size_t i = 0; i < config_errors_listed(all); i++) {
        struct buf text;
        buf_init(&text, 8192);
        config_error_print(&all->listed[i], &text);
        fprintf(stderr, "optoutd: %.*s\n", SLICE_FMT(buf_slice(&text)));
        buf_free(&text);
    }
    if (all->n > all->max)
        fprintf(stderr, "optoutd: and %zu more\n", all->n - all->max);
}

/* What the files are that it names is the check's business: a start reads them anyway. */
static bool load(const struct options *o, struct daemon_config *c)
{
    static struct config_error room[CONFIG_ERRORS_MAX]; /* 80 KiB, touched by errors alone */
    struct config_errors all = { .listed = room, .max = CONFIG_ERRORS_MAX };
    const char *path = o->config;
    if (!path && access(PRESET_CONFIG, F_OK) == 0)
        path = PRESET_CONFIG;
    bool good = daemon_config_load(c, path, &all) == OPTOUT_OK;
    if (o->check)
        good = given_check(c, path, &all) == OPTOUT_OK && good;
    if (!good)
        print_errors(&all);
    return good;
}

int main(int argc, char **argv)
{
    struct options o = { NULL, false, false };
    static struct daemon_config config; /* 8 KiB, for the whole run */
    int status = read_options(argc, argv, &o);
    if (status >= 0)
        return status;
    log_open("optoutd");
    log_verbose(o.verbose);
    if (!load(&o, &config))
        return EXIT_WRONG;
    if (o.check)
        return print("the configuration is right\n");
    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK) {
        log_event(LOG_REFUSED_TO_START, "libcurl cannot begin");
        return EXIT_WRONG;
    }
    status = daemon_run(&config);
    curl_global_cleanup();
    return status;
}
