/* SPDX-License-Identifier: Apache-2.0 */
/* optout audit index: a small file beside each closed segment, by which query finds quickly. */
#include "answers/scan.h"
#include "answers/segment_index.h"
#include "cli/cli.h"
#include "core/clock.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STALE_MS (24 * 3600 * INT64_C(1000)) /* of a file that nobody put in its place */

static const char help_text[] =
    "Usage: optout audit index [OPTION]... [FILE|FOLDER]...\n"
    "Makes NAME.idx beside each closed segment that has none that fits, so that audit\n"
    "query need not read segments in which a host, a time, a decision surely is not.\n"
    "Nothing needs these files: they may be deleted. In folders, those whose segment is\n"
    "gone are deleted. Without an argument, AuditDir of the configuration.\n\n"
    "Options:\n"
    "      --again        make those, too, that fit\n"
    "  -j, --jobs N       threads [one a core]\n"
    "  -q, --quiet        say only what is wrong\n"
    "  -c, --config FILE  where AuditDir stands\n"
    "  -h, --help         show this help\n"
    "      --version      show the version\n\n"
    "Exit status: 0 done, 2 usage or file error, 3 something in a segment is damaged or\n"
    "missing, which is said; such a segment is always read.\n";

struct indexing {
    bool again, quiet;
    unsigned threads;
    const char *config_path;
    struct segment_list list;
    atomic_size_t kept, open;
    size_t made, removed;
    bool damaged, failed, progress_shown;
};

/* One segment's. */
struct making {
    struct index_builder *builder;
    const char *path;
    size_t faults;
    char first[160]; /* of its faults */
};

static void count(const atomic_size_t *n)
{
    atomic_fetch_add((atomic_size_t *)(uintptr_t)n, 1);
}

static bool is_open(const char *path)
{
    size_t n = strlen(path);
    return n > 5 && strcmp(path + n - 5, ".open") == 0;
}

static bool skips(const void *self, const struct segment_file *file)
{
    const struct indexing *x = self;
    if (is_open(file->path)) {
        count(&x->open);
        return true;
    }
    struct segment_index *ix = x->again ? NULL : segment_index_open(file);
    if (ix)
        count(&x->kept);
    segment_index_free(ix);
    return ix != NULL;
}

static void *begin(const void *self, const struct segment_file *file)
{
    struct making *m = calloc(1, sizeof *m);
    (void)self;
    if (!m)
        return NULL;
    m->path = file->path;
    m->builder = index_builder_new(file);
    if (!m->builder) { /* it is gone: opening it says so */
        m->faults = 1;
        snprintf(m->first, sizeof m->first, "%s", strerror(errno));
    }
    return m;
}

static enum scan_next take_line(void *part, const struct scan_line *line)
{
    struct making *m = part;
    if (line->kind == SCAN_DAMAGE && m->faults++ == 0)
        snprintf(m->first, sizeof m->first, "line %llu: %s", (unsigned long long)line->number, line->damage);
    return m->builder && index_builder_line(m->builder, line) ? SCAN_ON : SCAN_ENOUGH;
}

static void drop(void *self, void *part)
{
    struct making *m = part;
    (void)self;
    index_builder_free(m->builder);
    free(m);
}

static void end_progress(struct indexing *x)
{
    if (x->progress_shown)
        cli_write_error(SLICE_OF("\r\033[K"));
    x->progress_shown = false;
}

static const char *in_words(enum optout_rc rc)
{
    switch (rc) {
    case OPTOUT_E_UNSUP: return "it has changed meanwhile";
    case OPTOUT_E_LIMIT: return "there is too much in it";
    case OPTOUT_E_IO: return strerror(errno);
    default: return "out of memory";
    }
}

static bool merge(void *self, void *part, bool last)
{
    struct indexing *x = self;
    struct making *m = part;
    if (!last)
        return true;
    enum optout_rc rc = m->builder ? index_builder_write(m->builder) : OPTOUT_OK;
    if (m->faults || rc != OPTOUT_OK)
        end_progress(x);
    if (rc != OPTOUT_OK)
        cli_error("%s: no index is made: %s", m->path, in_words(rc));
    if (m->faults)
        cli_error("%s: %s%s", m->path, m->first, m->faults > 1 ? "; and more" : "");
    x->made += m->builder && rc == OPTOUT_OK;
    x->failed |= rc == OPTOUT_E_IO || rc == OPTOUT_E_NOMEM;
    x->damaged |= m->faults != 0;
    drop(self, part);
    return true;
}

static void progress(void *self, uint64_t done, uint64_t all)
{
    struct indexing *x = self;
    char text[96];
    if (x->quiet || done >= all || !isatty(STDERR_FILENO))
        return;
    snprintf(text, sizeof text, "\r\033[K%3.0f %% of %.1f GB", 100.0 * (double)done / (double)all, (double)all / 1e9);
    cli_write_error(slice_cstr(text));
    x->progress_shown = true;
}

/* ---- what is left over ---- */

static bool is_there(const char *folder, const char *name, size_t n, const char *end)
{
    char *path = NULL;
    bool there = asprintf(&path, "%s/%.*s%s", folder, (int)n, name, end) < 0 || access(path, F_OK) == 0;
    free(path);
    return there;
}

/* ".NAME.jsonl.idx.XXXXXX" that nobody has put in its place for a day. */
static bool is_stale(const char *folder, const char *name)
{
    struct stat st;
    char *path = NULL;
    const char *at = name[0] == '.' ? strstr(name, ".jsonl.idx.") : NULL;
    if (!at || strlen(at) != strlen(".jsonl.idx.XXXXXX") || asprintf(&path, "%s/%s", folder, name) < 0)
        return false;
    bool stale = lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
                 st.st_mtim.tv_sec * INT64_C(1000) < clock_wall_ms() - STALE_MS;
    free(path);
    return stale;
}

/* "NAME.jsonl.idx" without NAME.jsonl under any of its names. */
static bool is_orphan(const char *folder, const char *name)
{
    static const char end[] = ".jsonl.idx";
    size_t n = strlen(name);
    if (name[0] == '.' || n < sizeof end || strcmp(name + n - (sizeof end - 1), end) != 0)
        return is_stale(folder, name);
    n -= strlen(".idx");
    return !is_there(folder, name, n, "") && !is_there(folder, name, n, ".zst") &&
           !is_there(folder, name, n, ".open");
}

static void remove_orphans(struct indexing *x, const char *folder)
{
    DIR *d = opendir(folder);
    char *path;
    for (const struct dirent *e; d && (e = readdir(d)) != NULL;) {
        if (!is_orphan(folder, e->d_name) || asprintf(&path, "%s/%s", folder, e->d_name) < 0)
            continue;
        x->removed += unlink(path) == 0;
        free(path);
    }
    if (d)
        closedir(d);
}

/* ---- the command ---- */

static bool say_what_was_done(const struct indexing *x)
{
    char text[256];
    int n = snprintf(text, sizeof text, "%zu made, %zu fitted, %zu still written", x->made,
                     atomic_load(&x->kept), atomic_load(&x->open));
    if (x->removed)
        n += snprintf(text + n, sizeof text - (size_t)n, ", %zu of segments that are gone deleted", x->removed);
    snprintf(text + n, sizeof text - (size_t)n, "\n");
    return x->quiet || cli_write_text(text) == CLI_CLEAR;
}

static int index_segments(struct indexing *x, char **paths, size_t n)
{
    struct scan_job job = { .skips = skips, .begin = begin, .line = take_line, .merge = merge,
                            .drop = drop, .progress = progress, .self = x, .threads = x->threads, .alone = true };
    for (size_t i = 0; i < n; i++) {
        if (!segment_list_add(&x->list, paths[i])) {
            cli_error("%s: %s", paths[i], strerror(errno));
            return CLI_FAILED;
        }
        remove_orphans(x, paths[i]);
    }
    enum optout_rc rc = scan_segments(&x->list, &job);
    end_progress(x);
    if (rc != OPTOUT_OK)
        cli_error("out of memory, or of threads");
    bool ok = rc == OPTOUT_OK && say_what_was_done(x) && !x->failed;
    return !ok ? CLI_FAILED : x->damaged ? CLI_UNDECIDED : CLI_CLEAR;
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct indexing *x)
{
    enum { AGAIN = 256, VERSION };
    static const struct option options[] = {
        { "again", no_argument, NULL, AGAIN },      { "jobs", required_argument, NULL, 'j' },
        { "quiet", no_argument, NULL, 'q' },        { "config", required_argument, NULL, 'c' },
        { "help", no_argument, NULL, 'h' },         { "version", no_argument, NULL, VERSION },
        { NULL, 0, NULL, 0 },
    };
    uint64_t n;
    for (int o; (o = getopt_long(argc, argv, "c:hj:q", options, NULL)) != -1;) {
        switch (o) {
        case AGAIN: x->again = true; break;
        case 'q': x->quiet = true; break;
        case 'c': x->config_path = optarg; break;
        case 'j':
            if (!slice_to_u64(slice_cstr(optarg), &n) || !n || n > SCAN_THREADS_MAX)
                return cli_misuse(argv[0], "--jobs takes a number from 1 to %u, not '%s'", SCAN_THREADS_MAX, optarg);
            x->threads = (unsigned)n;
            break;
        case 'h': return cli_write_text(help_text);
        case VERSION: return cli_write_version();
        default: return cli_misuse_hint(argv[0]);
        }
    }
    return -1;
}

int audit_index(int argc, char **argv)
{
    struct indexing x = { .again = false };
    int status = read_options(argc, argv, &x);
    if (status >= 0)
        return status;
    char *dir = optind < argc ? NULL : cli_audit_folder(x.config_path);
    if (optind < argc)
        status = index_segments(&x, argv + optind, (size_t)(argc - optind));
    else
        status = dir ? index_segments(&x, &dir, 1) : CLI_FAILED;
    segment_list_free(&x.list);
    free(dir);
    return status;
}
