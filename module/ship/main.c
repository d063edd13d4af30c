/* SPDX-License-Identifier: Apache-2.0 */
/* optout-ship: the audit log, line by line, into Kafka. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "core/log.h"
#include "ship/shipper.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#define EXIT_UNSURE 1
#define EXIT_WRONG 2
#define TOPIC "optout.audit"
#define STOP_SECONDS 10

static const char help[] =
    "Usage: optout-ship [OPTION]... FOLDER\n"
    "Sends the audit log to Kafka, line by line as it is written: every segment of FOLDER\n"
    "(AuditDir), open, closed or compressed with zstd. Keeps beside each segment how far it\n"
    "is shipped, and goes on from there. Each line arrives at least once. Runs in the\n"
    "foreground until SIGTERM.\n"
    "\n"
    "  -b, --brokers LIST      HOST:PORT,... to begin with: bootstrap.servers\n"
    "  -c, --config FILE       settings of librdkafka, NAME=VALUE a line\n"
    "  -X, --set NAME=VALUE    one of them; secrets belong into the file\n"
    "  -t, --topic TOPIC       where lines go [" TOPIC "]\n"
    "  -r, --references TOPIC  where config and site lines go, under their id; without it\n"
    "                          they stay among the records\n"
    "  -s, --state FOLDER      where positions are kept [beside the segments]\n"
    "  -m, --metrics FILE      figures for Prometheus' textfile collector, every ten seconds\n"
    "      --once              end when all that is there is shipped\n"
    "      --stop-after SECONDS  how long an end waits for Kafka [10]\n"
    "  -v, --verbose           say what librdkafka says, and each segment\n"
    "  -h, --help              this text\n"
    "      --version           the version\n"
    "\n"
    "Exit status: 0 all that was read is shipped; 1 not all: it is sent again, or was set\n"
    "aside, which is said; 2 usage, settings or file error.\n"
    "See optout-ship(8).\n";

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    stop = number;
}

static int print(const char *text)
{
    return fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_WRONG;
}

static int misuse(const char *what, const char *about)
{
    fprintf(stderr, "optout-ship: %s%s%s\nTry 'optout-ship --help' for more.\n", what,
            about ? ": " : "", about ? about : "");
    return EXIT_WRONG;
}

static int misuse_hint(void)
{
    fputs("Try 'optout-ship --help' for more.\n", stderr);
    return EXIT_WRONG;
}

static bool wrong_setting(const char *where, const char *why)
{
    fprintf(stderr, "optout-ship: %s: %s\n", where, why);
    return false;
}

static bool set_pair(struct outbox_settings *s, const char *pair)
{
    char name[256], why[512];
    const char *equals = strchr(pair, '=');
    if (!equals || equals == pair || (size_t)(equals - pair) >= sizeof name)
        return wrong_setting(pair, "this is not NAME=VALUE");
    snprintf(name, sizeof name, "%.*s", (int)(equals - pair), pair);
    if (outbox_setting_is_secret(name))
        return wrong_setting(name, "all users see arguments: it belongs into a file of --config");
    return outbox_set(s, name, equals + 1, why, sizeof why) || wrong_setting(name, why);
}

static bool read_file(struct outbox_settings *s, const char *path)
{
    char why[1024];
    return outbox_read_settings(s, path, why, sizeof why) || wrong_setting(path, why);
}

static bool set_brokers(struct outbox_settings *s, const char *list)
{
    char why[512];
    return outbox_set(s, "bootstrap.servers", list, why, sizeof why) || wrong_setting(list, why);
}

static bool read_seconds(const char *text, int *ms)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || n > 3600)
        return wrong_setting(text, "this is no number of seconds from 0 to 3600");
    *ms = (int)n * 1000;
    return true;
}

enum { OPT_ONCE = 256, OPT_STOP, OPT_VERSION };

static const struct option table[] = {
    { "brokers", required_argument, NULL, 'b' },
    { "config", required_argument, NULL, 'c' },
    { "set", required_argument, NULL, 'X' },
    { "topic", required_argument, NULL, 't' },
    { "references", required_argument, NULL, 'r' },
    { "state", required_argument, NULL, 's' },
    { "metrics", required_argument, NULL, 'm' },
    { "once", no_argument, NULL, OPT_ONCE },
    { "stop-after", required_argument, NULL, OPT_STOP },
    { "verbose", no_argument, NULL, 'v' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct ship_options *o, struct outbox_settings *s)
{
    bool good = true;
    for (int c; good && (c = getopt_long(argc, argv, "b:c:X:t:r:s:m:vh", table, NULL)) != -1;) {
        switch (c) {
        case 'b': good = set_brokers(s, optarg); break;
        case 'c': good = read_file(s, optarg); break;
        case 'X': good = set_pair(s, optarg); break;
        case 't': o->topic = optarg; break;
        case 'r': o->references = optarg; break;
        case 's': o->state = optarg; break;
        case 'm': o->metrics = optarg; break;
        case OPT_ONCE: o->once = true; break;
        case OPT_STOP: good = read_seconds(optarg, &o->stop_ms); break;
        case 'v': log_verbose(true); break;
        case OPT_VERSION: return print("optout-ship " PACKAGE_VERSION "\n");
        case 'h': return print(help);
        default: return misuse_hint();
        }
    }
    if (!good)
        return EXIT_WRONG;
    if (optind + 1 != argc)
        return misuse("name one folder", optind + 1 < argc ? argv[optind + 1] : NULL);
    o->folder = argv[optind];
    o->state = o->state ? o->state : o->folder;
    return outbox_settings_name_servers(s) ? -1 : misuse("name brokers", "--brokers");
}

int main(int argc, char **argv)
{
    struct ship_options o = { .topic = TOPIC, .stop_ms = STOP_SECONDS * 1000 };
    struct sigaction action = { .sa_handler = on_signal };
    struct outbox_settings *settings = outbox_settings_new();
    if (!settings)
        return misuse("out of memory", NULL);
    log_open("optout-ship");
    int status = read_options(argc, argv, &o, settings);
    if (status < 0) {
        (void)sigaction(SIGTERM, &action, NULL);
        (void)sigaction(SIGINT, &action, NULL);
        enum ship_end how = ship_run(&o, settings, &stop);
        status = how == SHIP_GOOD ? EXIT_SUCCESS : how == SHIP_UNSURE ? EXIT_UNSURE : EXIT_WRONG;
    }
    outbox_settings_free(settings);
    return status;
}
