/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/audit_ask.h"

#include "answers/when.h"
#include "cli/cli.h"
#include "core/file.h"
#include "policy/config.h"
#include "policy/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG OPTOUT_CONFIGDIR "/srv_optout.conf"
#define DAMAGES_SAID 3 /* of one segment */
#define DAMAGE_MAX 240

/* ---- options ---- */

static bool read_time(const char *text, int64_t *ms, char out[CLOCK_TEXT])
{
    if (!when_read(slice_cstr(text), clock_wall_ms(), ms))
        return false;
    clock_text(*ms, out);
    return true;
}

static int take_time(const char *text, int64_t *ms, char out[CLOCK_TEXT], const char *command)
{
    return read_time(text, ms, out)
               ? -1
               : cli_misuse(command, "%s: want a time such as 2026-11-01, "
                                     "2026-11-01T10:00Z or 7d", text);
}

int audit_ask_option(struct audit_ask *a, int c, const char *command, const char *help_text)
{
    switch (c) {
    case ASK_SINCE: return take_time(optarg, &a->since_ms, a->since, command);
    case ASK_UNTIL: return take_time(optarg, &a->until_ms, a->until, command);
    case ASK_PROFILE: a->profile = optarg; return -1;
    case ASK_NODE: a->node = optarg; return -1;
    case ASK_JSON: a->json = true; return -1;
    case 'o': a->output = optarg; return -1;
    case 'c': a->config_path = optarg; return -1;
    case 'h': return cli_write_text(help_text);
    case ASK_VERSION: return cli_write_version();
    default: return cli_misuse_hint(command);
    }
}

static bool add_path(struct audit_ask *a, const char *path)
{
    if (segment_list_add(&a->list, path))
        return true;
    cli_error("%s: %s", path, strerror(errno));
    return false;
}

static bool add_configured(struct audit_ask *a)
{
    const char *path = a->config_path;
    if (!path && access(DEFAULT_CONFIG, R_OK) == 0)
        path = DEFAULT_CONFIG;
    struct snapshot *s = cli_load_config(path);
    bool ok = s && add_path(a, s->config.audit_dir);
    cli_free_config(s);
    return ok;
}

bool audit_ask_open(struct audit_ask *a, char **paths, int n)
{
    bool ok = n > 0 || add_configured(a);
    for (int i = 0; i < n && ok; i++)
        ok = add_path(a, paths[i]);
    return ok;
}

void audit_ask_close(struct audit_ask *a)
{
    segment_list_free(&a->list);
    question_free(a->question);
}

/* ---- reading ---- */

struct asking {
    struct audit_ask *ask;
    const struct audit_counter *by;
    bool failed;
};

struct asked_part {
    const struct asking *asking;
    void *part;
    char damage[DAMAGES_SAID][DAMAGE_MAX];
    size_t damages;
    struct line_viewer viewer;
};

static void *begin(const void *self, const struct segment_file *file)
{
    const struct asking *asking = self;
    struct asked_part *p = malloc(sizeof *p);
    (void)file;
    if (!p)
        return NULL;
    p->asking = asking;
    p->damages = 0;
    p->part = asking->by->begin(asking->by->self);
    if (!p->part) {
        free(p);
        return NULL;
    }
    line_viewer_init(&p->viewer);
    return p;
}

static void free_part(struct asked_part *p)
{
    p->asking->by->end(p->part);
    line_viewer_free(&p->viewer);
    free(p);
}

static void drop(void *self, void *part)
{
    (void)self;
    free_part(part);
}

/* All times of a log have one form, so they compare as text. */
static bool wants(const void *self, struct slice raw, const struct scan_head *head)
{
    const struct audit_ask *a = ((const struct asking *)self)->ask;
    if (a->question && !question_wants(a->question, raw, head))
        return false;
    if (head->time.n != CLOCK_TEXT - 1)
        return true;
    return !(a->since_ms && memcmp(head->time.p, a->since, CLOCK_TEXT - 1) < 0) &&
           !(a->until_ms && memcmp(head->time.p, a->until, CLOCK_TEXT - 1) >= 0);
}

/* What was removed is of the time that it had, not of the time when it went. */
static bool is_removal_meant(const struct audit_ask *a, const struct line_view *v)
{
    return !(a->since_ms && v->to_ms && v->to_ms < a->since_ms) &&
           !(a->until_ms && v->from_ms && v->from_ms >= a->until_ms);
}

static bool is_meant(const struct audit_ask *a, const struct line_view *v)
{
    if (v->event == LINE_REMOVED)
        return is_removal_meant(a, v);
    if ((a->since_ms && v->time_ms < a->since_ms) || (a->until_ms && v->time_ms >= a->until_ms))
        return false;
    if (a->node && !slice_eq(v->node, slice_cstr(a->node)))
        return false;
    return !a->profile || v->event == LINE_GAP || slice_eq(v->profile, slice_cstr(a->profile));
}

static void note_damage(struct asked_part *p, const struct scan_line *line)
{
    if (p->damages < DAMAGES_SAID)
        snprintf(p->damage[p->damages], DAMAGE_MAX, "%.*s:%llu: %s", SLICE_FMT(line->segment),
                 (unsigned long long)line->number, line->damage);
    p->damages++;
}

static bool is_asked(struct asked_part *p, const struct scan_line *line)
{
    const struct question *q = p->asking->ask->question;
    return !q || line->kind == SCAN_GAP || line->kind == SCAN_REMOVED || question_matches(q, line, &p->viewer.scratch);
}

static enum scan_next take_line(void *part, const struct scan_line *line)
{
    struct asked_part *p = part;
    const struct line_view *v;
    if (line->kind == SCAN_DAMAGE) {
        note_damage(p, line);
        return SCAN_ON;
    }
    /* Of a segment that is still written the end may come: it is not missing. */
    if ((line->kind == SCAN_PENDING && line->open) || !is_asked(p, line) ||
        !(v = line_view_of(&p->viewer, line)) || !is_meant(p->asking->ask, v))
        return SCAN_ON;
    return p->asking->by->take(p->part, v, line) ? SCAN_FULL : SCAN_ON;
}

static bool merge(void *self, void *part, bool last)
{
    struct asking *asking = self;
    struct asked_part *p = part;
    asking->failed |= !asking->by->merge(asking->by->self, p->part);
    if (!last)
        return !asking->failed;
    for (size_t i = 0; i < p->damages && i < DAMAGES_SAID; i++)
        cli_error("%s", p->damage[i]);
    if (p->damages > DAMAGES_SAID)
        cli_error("and %zu more in that segment", p->damages - DAMAGES_SAID);
    asking->ask->damaged |= p->damages != 0;
    free_part(p);
    return !asking->failed;
}

static void progress(void *self, uint64_t done, uint64_t all)
{
    char text[64];
    (void)self;
    int n = snprintf(text, sizeof text, "\r%llu %% of %.1f GB",
                     (unsigned long long)(all ? done * 100 / all : 100), (double)all / 1e9);
    cli_write_error(slice_of(text, n > 0 ? (size_t)n : 0));
}

bool audit_ask_scan(struct audit_ask *a, const struct audit_counter *by)
{
    struct asking asking = { .ask = a, .by = by };
    if (a->question && question_ready(a->question) != OPTOUT_OK) {
        cli_error("out of memory");
        return false;
    }
    bool shown = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
    struct scan_job job = { .begin = begin, .line = take_line, .merge = merge, .drop = drop,
                            .wants = a->since_ms || a->until_ms || a->question ? wants : NULL,
                            .progress = shown ? progress : NULL, .self = &asking };
    enum optout_rc rc = scan_segments(&a->list, &job);
    if (shown)
        cli_write_error(SLICE_OF("\r                              \r"));
    if (rc == OPTOUT_OK && !asking.failed)
        return true;
    cli_error("out of memory");
    return false;
}

/* ---- the answer ---- */

/* Written beside it, and given its name once it is whole. */
static bool write_file(const char *path, struct slice text)
{
    char *beside = NULL;
    if (asprintf(&beside, "%s.new-%ld", path, (long)getpid()) < 0)
        return false;
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool ok = fd >= 0 && file_write_all(fd, text);
    ok = fd >= 0 && close(fd) == 0 && ok;
    ok = ok && rename(beside, path) == 0;
    if (!ok) {
        cli_error("%s: %s", path, strerror(errno));
        if (fd >= 0)
            unlink(beside);
    }
    free(beside);
    return ok;
}

int audit_ask_write(const struct audit_ask *a, const struct buf *out)
{
    bool to_file = a->output && strcmp(a->output, "-") != 0 && out->failed == OPTOUT_OK;
    bool ok = to_file ? write_file(a->output, buf_slice(out)) : cli_write(out);
    return !ok ? CLI_FAILED : a->damaged ? CLI_FOUND : CLI_CLEAR;
}
