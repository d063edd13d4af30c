/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/warc.h"

#include "cli/cli.h"

#include <getopt.h>

static const char help_text[] =
    "Usage: optout warc [OPTION]... FILE|FOLDER|-...\n"
    "Says of each record of WARC files what it states about the use of its content, and what\n"
    "the filter would do with it. WARC 1.0 and 1.1, plain, gzip and zstd. Of folders, and of\n"
    "those in them, *.warc, *.warc.gz and *.warc.zst are read; '-' is standard input.\n\n"
    "The rules of the site:\n"
    "      --site now       those of today: the store's [where a store is known]\n"
    "      --site then      those that the same files hold, nearest before the page, else\n"
    "                       those of --log, else the store's\n"
    "      --site none      none: the records alone [where no store is known]\n"
    "      --log LOG        with --site then: what an audit log says was known of sites, with\n"
    "                       the store's originals; may be repeated\n"
    "      --store DIR      the store of site rules [SiteStore of --config]\n"
    "      --socket PATH    the daemon's socket [SiteSocket of --config]\n"
    "      --fetch          ask the daemon for what is not known, and wait\n\n"
    "The use:\n"
    "      --purpose LIST, --profile NAME, --config FILE, --agent TOKEN, --html-depth DEPTH\n"
    "                       as of 'optout inspect'\n\n"
    "What is read:\n"
    "      --offset N       only records that begin at byte N of the one FILE, or behind,\n"
    "      --length N       and within so many bytes: for many workers at one file\n"
    "      --jobs N         so many files at a time [one for each core]\n"
    "      --two-passes     find originals and parts of records in all files first;\n"
    "                       --site then does so\n"
    "      --zstd-dict FILE the dictionary of zstd files that do not hold theirs\n"
    "      --digests        check the digests of blocks and payloads\n"
    "      --state FILE     keep there how far it came, and go on from there\n\n"
    "Output, one JSON object a line:\n"
    "      --removal-list[=tsv]\n"
    "                       only what would be blocked: URL, digest, file, offset, length\n"
    "      --warc-metadata FILE\n"
    "                       write WARC metadata records there too\n"
    "      --resolve LOG    complete what a proxy called pending, by its log; may be\n"
    "                       repeated\n"
    "      --quiet          leave out what is clear\n"
    "  -h, --help           show this help\n"
    "      --version        show the version\n\n"
    "Exit status: 0 everything was read, 2 usage or file error, 3 done, but something was\n"
    "damaged: each place is told.\n";

enum {
    OPT_SITE = 256, OPT_STORE, OPT_SOCKET, OPT_FETCH, OPT_PURPOSE, OPT_PROFILE, OPT_CONFIG,
    OPT_AGENT, OPT_DEPTH, OPT_OFFSET, OPT_LENGTH, OPT_JOBS, OPT_TWO_PASSES, OPT_DICTIONARY,
    OPT_DIGESTS, OPT_STATE, OPT_REMOVAL, OPT_METADATA, OPT_RESOLVE, OPT_LOG, OPT_QUIET, OPT_VERSION,
};

static const struct option long_options[] = {
    { "site", required_argument, NULL, OPT_SITE },
    { "store", required_argument, NULL, OPT_STORE },
    { "socket", required_argument, NULL, OPT_SOCKET },
    { "fetch", no_argument, NULL, OPT_FETCH },
    { "purpose", required_argument, NULL, OPT_PURPOSE },
    { "profile", required_argument, NULL, OPT_PROFILE },
    { "config", required_argument, NULL, OPT_CONFIG },
    { "agent", required_argument, NULL, OPT_AGENT },
    { "html-depth", required_argument, NULL, OPT_DEPTH },
    { "offset", required_argument, NULL, OPT_OFFSET },
    { "length", required_argument, NULL, OPT_LENGTH },
    { "jobs", required_argument, NULL, OPT_JOBS },
    { "two-passes", no_argument, NULL, OPT_TWO_PASSES },
    { "zstd-dict", required_argument, NULL, OPT_DICTIONARY },
    { "digests", no_argument, NULL, OPT_DIGESTS },
    { "state", required_argument, NULL, OPT_STATE },
    { "removal-list", optional_argument, NULL, OPT_REMOVAL },
    { "warc-metadata", required_argument, NULL, OPT_METADATA },
    { "resolve", required_argument, NULL, OPT_RESOLVE },
    { "log", required_argument, NULL, OPT_LOG },
    { "quiet", no_argument, NULL, OPT_QUIET },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};

static bool take_number(const char *command, const char *option, uint64_t max, uint64_t *to,
                        int *status)
{
    if (slice_to_u64(slice_cstr(optarg), to) && *to <= max)
        return true;
    *status = cli_misuse(command, "%s '%s': want a number up to %llu", option, optarg,
                         (unsigned long long)max);
    return false;
}

static bool take_word(const char *command, const char *option, const char *const *words,
                      unsigned *to, int *status)
{
    for (unsigned i = 0; words[i]; i++) {
        if (strcmp(optarg, words[i]) == 0) {
            *to = i;
            return true;
        }
    }
    *status = cli_misuse(command, "%s '%s': not one of its words", option, optarg);
    return false;
}

static bool take_site(struct warc_args *a, const char *command, int *status)
{
    static const char *const words[] = { "now", "then", "none", NULL };
    unsigned i = 0;
    if (!take_word(command, "--site", words, &i, status))
        return false;
    a->site = (enum warc_site)(WARC_SITE_NOW + i);
    return true;
}

static bool take_list(struct warc_args *a, const char *command, int *status)
{
    static const char *const words[] = { "json", "tsv", NULL };
    unsigned i = 0;
    if (optarg && !take_word(command, "--removal-list", words, &i, status))
        return false;
    a->list = (enum warc_list)(WARC_LIST_JSON + i);
    return true;
}

static bool take_option(struct warc_args *a, const char **agent, int c, const char *command,
                        int *status)
{
    uint64_t n = 0;
    switch (c) {
    case OPT_SITE: return take_site(a, command, status);
    case OPT_STORE: a->setup.store = optarg; return true;
    case OPT_SOCKET: a->setup.socket = optarg; return true;
    case OPT_FETCH: a->setup.fetch = true; return true;
    case OPT_PURPOSE: a->setup.purpose = optarg; return true;
    case OPT_PROFILE: a->setup.profile = optarg; return true;
    case OPT_CONFIG: a->setup.config_file = optarg; return true;
    case OPT_AGENT: agent[a->setup.n_agents++] = optarg; return true;
    case OPT_DEPTH: a->setup.html_depth = optarg; return true;
    case OPT_OFFSET: return take_number(command, "--offset", INT64_MAX, &a->offset, status);
    case OPT_LENGTH: return take_number(command, "--length", INT64_MAX, &a->length, status);
    case OPT_JOBS:
        if (!take_number(command, "--jobs", WARC_JOBS_MAX, &n, status))
            return false;
        a->jobs = (unsigned)n;
        return true;
    case OPT_TWO_PASSES: a->two_passes = true; return true;
    case OPT_DICTIONARY: a->dictionary = optarg; return true;
    case OPT_DIGESTS: a->digests = true; return true;
    case OPT_STATE: a->state = optarg; return true;
    case OPT_REMOVAL: return take_list(a, command, status);
    case OPT_METADATA: a->metadata = optarg; return true;
    case OPT_RESOLVE: a->resolve[a->n_resolve++] = optarg; return true;
    case OPT_LOG: a->log[a->n_log++] = optarg; return true;
    case OPT_QUIET: a->quiet = true; return true;
    case 'h': *status = cli_write_text(help_text); return false;
    case OPT_VERSION: *status = cli_write_version(); return false;
    default: *status = cli_misuse_hint(command); return false;
    }
}

static const char *find_misuse(const struct warc_args *a, char *const *file, size_t n)
{
    bool part = a->offset || a->length != UINT64_MAX, input = false;
    for (size_t i = 0; i < n; i++)
        input |= strcmp(file[i], "-") == 0;
    bool twice = a->two_passes || a->site == WARC_SITE_THEN;
    bool daemon = a->setup.socket || a->setup.fetch;
    if (n == 0)
        return "a FILE is missing ('-' is standard input)";
    if (part && n > 1)
        return "--offset and --length are of one FILE";
    if (input && (part || twice || a->state))
        return "standard input is read once, from its beginning";
    if (part && a->state)
        return "--state excludes --offset and --length";
    if ((daemon && a->site > WARC_SITE_NOW) || (a->setup.store && a->site == WARC_SITE_NONE))
        return "--socket and --fetch are for --site now, --store is for the rules of a site";
    if (a->n_log && a->site != WARC_SITE_THEN)
        return "--log is for --site then";
    if (a->setup.profile && a->setup.purpose)
        return "--profile and --purpose exclude each other";
    return NULL;
}

bool warc_args_parse(struct warc_args *a, const char **agent, int argc, char **argv, int *status)
{
    int c;
    a->length = UINT64_MAX;
    while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
        if (!take_option(a, agent, c, argv[0], status))
            return false;
    a->setup.agent = agent;
    const char *misuse = find_misuse(a, argv + optind, (size_t)(argc - optind));
    if (misuse)
        *status = cli_misuse(argv[0], "%s", misuse);
    return !misuse;
}
