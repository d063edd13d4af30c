/* SPDX-License-Identifier: Apache-2.0 */
/* optout metrics: what the processes of filter and daemon have counted, from their files. */
#include "cli/cli.h"
#include "metrics/gather.h"
#include "policy/snapshot.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEFAULT_CONFIG OPTOUT_CONFIGDIR "/srv_optout.conf"

static const char help_text[] =
    "Usage: optout metrics [OPTION]...\n"
    "Prints what the filter and optoutd count, as optoutd serves it to Prometheus: added up\n"
    "from the files of all processes beside the store. optoutd need not run. Nothing is\n"
    "changed.\n\n"
    "Options:\n"
    "  -c, --config FILE  where SiteStore stands [" DEFAULT_CONFIG "]\n"
    "      --store DIR    the store, in place of SiteStore\n"
    "      --json         JSON; what has labels and is 0 is left out\n"
    "      --names        the table: name, kind, labels and meaning, parted by tabs\n"
    "  -h, --help         show this help\n"
    "      --version      show the version\n\n"
    "Exit status: 0 done; 2 usage, configuration or file error.\n";

struct metrics_args {
    const char *config_path, *store;
    bool json, names;
};

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct metrics_args *a)
{
    enum { JSON = 256, NAMES, STORE, VERSION };
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' }, { "store", required_argument, NULL, STORE },
        { "json", no_argument, NULL, JSON },        { "names", no_argument, NULL, NAMES },
        { "help", no_argument, NULL, 'h' },         { "version", no_argument, NULL, VERSION },
        { NULL, 0, NULL, 0 },
    };
    for (int o; (o = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (o) {
        case 'c': a->config_path = optarg; break;
        case STORE: a->store = optarg; break;
        case JSON: a->json = true; break;
        case NAMES: a->names = true; break;
        case 'h': return cli_write_text(help_text);
        case VERSION: return cli_write_version();
        default: return cli_misuse_hint(argv[0]);
        }
    }
    if (optind < argc)
        return cli_misuse(argv[0], "metrics takes no argument, got '%s'", argv[optind]);
    return -1;
}

/* SiteStore of the configuration, to be freed. NULL: said why. */
static char *store_of_config(const char *path)
{
    if (!path && access(DEFAULT_CONFIG, R_OK) == 0)
        path = DEFAULT_CONFIG;
    struct snapshot *s = cli_load_config(path);
    char *dir = s ? strdup(s->config.site_store) : NULL;
    cli_free_config(s);
    if (dir && dir[0])
        return dir;
    if (dir)
        cli_error("there is no store: SiteStore is not set; name it with --store");
    free(dir);
    return NULL;
}

/* Zeros of nobody would look like a node at rest. */
static bool is_counted(const char *store)
{
    char path[CONFIG_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/metrics", store);
    if (access(path, F_OK) == 0 || errno != ENOENT)
        return true;
    cli_error("%s: %s; neither the filter nor optoutd has run with this store", path, strerror(errno));
    return false;
}

static bool print_sums(const struct metrics_args *a, const char *store, struct buf *out)
{
    struct metric_sums *sums = malloc(sizeof *sums);
    bool good = sums && metrics_gather(store, sums) == OPTOUT_OK;
    if (!good)
        cli_error("%s/metrics: %s", store, strerror(errno));
    else if (a->json)
        metrics_print_json(sums, out);
    else
        metrics_print(sums, out);
    free(sums);
    return good;
}

int metrics_command(int argc, char **argv)
{
    struct metrics_args a = { NULL, NULL, false, false };
    int status = read_options(argc, argv, &a);
    if (status >= 0)
        return status;
    struct buf out;
    char *dir = a.store || a.names ? NULL : store_of_config(a.config_path);
    const char *store = a.store ? a.store : dir;
    buf_init(&out, METRIC_TEXT_MAX);
    bool good = a.names || (store && is_counted(store) && print_sums(&a, store, &out));
    if (a.names)
        metrics_print_names(&out);
    good = good && cli_write(&out);
    buf_free(&out);
    free(dir);
    return good ? CLI_CLEAR : CLI_FAILED;
}
