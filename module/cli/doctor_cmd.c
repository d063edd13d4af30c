/* SPDX-License-Identifier: Apache-2.0 */
/* optout doctor: says what is wrong with a filter that is to work, and how to mend it. */
#include "cli/cli.h"
#include "doctor/doctor.h"
#include "doctor/squid_port.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#define DEFAULT_CONFIG OPTOUT_CONFIGDIR "/c-icap.conf"
#define DEFAULT_SQUID_CONF "/etc/squid/squid.conf"
#define DEFAULT_DAEMON_CONF OPTOUT_CONFIGDIR "/optoutd.conf"

static const char help_text[] =
    "Usage: optout doctor [OPTION]...\n"
    "Looks at a filter that is to work and says what is wrong, what follows from it and\n"
    "how to mend it. Each finding has an id, and under it a section in\n"
    "docs/troubleshooting.md.\n\n"
    "What is looked at:\n"
    "      --proxy URL       what passes through this proxy, http://HOST:PORT, by fetching\n"
    "                        from an origin of the doctor's own\n"
    "      --icap URL        what the filter says of itself, icap://HOST:PORT/SERVICE\n"
    "      --local           this machine: configurations, folders, processes\n"
    "                        Without any of the three: this machine, and what passes\n"
    "                        through the first port of its squid.conf\n\n"
    "Where it is found:\n"
    "      --config FILE     c-icap's configuration [" DEFAULT_CONFIG "]\n"
    "      --squid-conf FILE Squid's [" DEFAULT_SQUID_CONF "]\n"
    "      --daemon-conf FILE optoutd's [" DEFAULT_DAEMON_CONF "]\n"
    "      --ca FILE         certificates that clients of the proxy trust [the system's]\n"
    "      --origin ADDRESS[:PORT]  where the doctor's origin listens; https at the next\n"
    "                        port [127.0.0.1:18180]\n"
    "      --origin-name NAME  its name, which the proxy finds at that address\n"
    "      --origin-cert FILE  its certificate and key, which the proxy trusts\n"
    "      --user-agent TEXT of the crawler\n"
    "      --direct URL      must not be reached without the proxy\n\n"
    "Output:\n"
    "      --only ID         look for this finding alone\n"
    "      --skip ID         leave this finding out, of what is printed and of the exit\n"
    "                        status; may be repeated\n"
    "      --list            list what can be found\n"
    "      --quiet           print only what is not as it should be\n"
    "      --json            a line of JSON for each finding\n"
    "  -h, --help            show this help\n"
    "      --version         show the version\n\n"
    "Exit status: 0 fine, 1 warnings, 2 errors (usage too), 3 something could not be\n"
    "looked at, and nothing worse was found.\n";

struct asked {
    struct doctor_options o;
    bool quiet, json, list;
    struct client_port port; /* of squid.conf, where no proxy was named */
    char proxy[300];
    bool skip[FOUND_COUNT];
    const char *no_proxy; /* why none is looked through, though all is to be looked at; or NULL */
};

enum { OPT_PROXY = 256, OPT_ICAP, OPT_LOCAL, OPT_CONFIG, OPT_SQUID, OPT_DAEMON, OPT_CA, OPT_ORIGIN,
       OPT_ORIGIN_NAME, OPT_ORIGIN_CERT, OPT_AGENT, OPT_DIRECT, OPT_ONLY, OPT_SKIP, OPT_LIST, OPT_QUIET, OPT_JSON,
       OPT_VERSION };

static const struct option options[] = {
    { "proxy", required_argument, NULL, OPT_PROXY },
    { "icap", required_argument, NULL, OPT_ICAP },
    { "local", no_argument, NULL, OPT_LOCAL },
    { "config", required_argument, NULL, OPT_CONFIG },
    { "squid-conf", required_argument, NULL, OPT_SQUID },
    { "daemon-conf", required_argument, NULL, OPT_DAEMON },
    { "ca", required_argument, NULL, OPT_CA },
    { "origin", required_argument, NULL, OPT_ORIGIN },
    { "origin-name", required_argument, NULL, OPT_ORIGIN_NAME },
    { "origin-cert", required_argument, NULL, OPT_ORIGIN_CERT },
    { "user-agent", required_argument, NULL, OPT_AGENT },
    { "direct", required_argument, NULL, OPT_DIRECT },
    { "only", required_argument, NULL, OPT_ONLY },
    { "skip", required_argument, NULL, OPT_SKIP },
    { "list", no_argument, NULL, OPT_LIST },
    { "quiet", no_argument, NULL, OPT_QUIET },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

static int misuse_of_id(const char *id)
{
    return cli_misuse("doctor", "there is no finding '%s'; see --list", id);
}

static bool skip(struct asked *a, const char *id)
{
    const struct finding_kind *kind = finding_kind_named(id);
    if (kind)
        a->skip[kind - finding_kinds] = true;
    return kind != NULL;
}

/* False: the command ends with *status. */
static bool read_options(int argc, char **argv, struct asked *a, int *status)
{
    int c;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (c) {
        case OPT_PROXY: a->o.proxy = optarg; break;
        case OPT_ICAP: a->o.icap = optarg; break;
        case OPT_LOCAL: a->o.local = true; break;
        case OPT_CONFIG: a->o.config = optarg; break;
        case OPT_SQUID: a->o.squid_conf = optarg; break;
        case OPT_DAEMON: a->o.daemon_conf = optarg; break;
        case OPT_CA: a->o.ca = optarg; break;
        case OPT_ORIGIN: a->o.origin = optarg; break;
        case OPT_ORIGIN_NAME: a->o.origin_name = optarg; break;
        case OPT_ORIGIN_CERT: a->o.origin_cert = optarg; break;
        case OPT_AGENT: a->o.user_agent = optarg; break;
        case OPT_DIRECT: a->o.direct = optarg; break;
        case OPT_ONLY: a->o.only = optarg; break;
        case OPT_SKIP:
            if (skip(a, optarg))
                break;
            *status = misuse_of_id(optarg);
            return false;
        case OPT_LIST: a->list = true; break;
        case OPT_QUIET: a->quiet = true; break;
        case OPT_JSON: a->json = true; break;
        case 'h': *status = cli_write_text(help_text); return false;
        case OPT_VERSION: *status = cli_write_version(); return false;
        default: *status = cli_misuse_hint(argv[0]); return false;
        }
    }
    return true;
}

static const char *if_there(const char *path)
{
    return access(path, F_OK) == 0 ? path : NULL;
}

/* Where clients on this machine find the proxy, and as whom it opens https. */
static void find_proxy(struct asked *a)
{
    squid_port_find(a->o.squid_conf, &a->port);
    if (!a->port.at.port)
        return;
    snprintf(a->proxy, sizeof a->proxy, strchr(a->port.at.host, ':') ? "http://[%s]:%u" : "http://%s:%u",
             a->port.at.host, a->port.at.port);
    a->o.proxy = a->proxy;
    if (!a->o.ca && a->port.cert[0])
        a->o.ca = a->port.cert;
}

/* What was not named is looked for where the packages put it. */
static void fill_in(struct asked *a)
{
    struct doctor_options *o = &a->o;
    bool everything = !o->proxy && !o->icap && !o->direct && !o->local;
    o->local |= everything;
    if (!o->config) {
        o->config = if_there(DEFAULT_CONFIG);
        o->config_presumed = !o->local;
    }
    if (!o->squid_conf && o->local)
        o->squid_conf = if_there(DEFAULT_SQUID_CONF);
    if (!o->daemon_conf)
        o->daemon_conf = if_there(DEFAULT_DAEMON_CONF);
    if (everything && o->squid_conf)
        find_proxy(a);
    if (everything && !o->proxy)
        a->no_proxy = o->squid_conf ? "squid.conf has no http_port for clients; name one with --proxy, or say --local"
                                    : "there is no " DEFAULT_SQUID_CONF "; name the proxy with --proxy, or say --local";
}

static int print_list(void)
{
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    for (size_t i = FOUND_NONE + 1; i < FOUND_COUNT; i++)
        buf_printf(&out, "%-22s %s\n", finding_kinds[i].id, finding_kinds[i].title);
    bool ok = cli_write(&out);
    buf_free(&out);
    return ok ? CLI_CLEAR : CLI_FAILED;
}

static int print_found(const struct asked *a, const struct findings *f)
{
    struct findings_style style = { a->quiet, cli_colour() };
    struct buf out;
    buf_init(&out, CLI_OUTPUT_MAX);
    if (a->json)
        findings_print_json(f, a->quiet, &out);
    else
        findings_print(f, &style, &out);
    bool ok = cli_write(&out);
    buf_free(&out);
    return ok ? findings_status(f) : CLI_FAILED;
}

int doctor_command(int argc, char **argv)
{
    struct asked a = { .quiet = false };
    int status = CLI_FAILED;
    if (!read_options(argc, argv, &a, &status))
        return status;
    if (optind < argc)
        return cli_misuse(argv[0], "unexpected argument '%s'", argv[optind]);
    if (a.list)
        return print_list();
    const struct finding_kind *only = a.o.only ? finding_kind_named(a.o.only) : NULL;
    if (a.o.only && !only)
        return misuse_of_id(a.o.only);
    fill_in(&a);
    struct findings *f = findings_new(only);
    for (size_t i = FOUND_NONE + 1; f && i < FOUND_COUNT; i++)
        if (a.skip[i])
            findings_skip(f, &finding_kinds[i]);
    if (f && a.no_proxy)
        findings_unknown(f, FOUND_PROXY_UNREACHABLE, "%s", a.no_proxy);
    if (!f || !doctor_run(&a.o, f))
        cli_error("the probes could not be run: memory or threads are used up");
    else
        status = print_found(&a, f);
    findings_free(f);
    return status;
}
