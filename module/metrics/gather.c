/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c - adding up what processes have counted.
 *
 * Without a lock: somebody may fold a file into the total between two looks. Each fold has a
 * number, so a sum during which it changed is begun anew. */
#include "metrics/gather.h"

#include "metrics/metric_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRIES 8

struct gathering {
    int folder;
    struct metric_total total;
    struct metric_process process;
    struct metric_sums *out;
    uint64_t newest_ms;
};

static void add_build(struct metric_sums *out, const struct metric_process *p)
{
    for (size_t i = 0; i < out->n_builds; i++)
        if (out->build[i].program == p->program && strcmp(out->build[i].version, p->version) == 0)
            return;
    if (out->n_builds == METRIC_BUILDS_MAX)
        return;
    struct metric_build *b = &out->build[out->n_builds++];
    b->program = p->program;
    memcpy(b->version, p->version, sizeof b->version);
}

static void add_config(struct metric_sums *out, uint64_t config)
{
    if (!config)
        return;
    for (size_t i = 0; i < out->n_configs; i++)
        if (out->config[i] == config)
            return;
    if (out->n_configs < METRIC_CONFIGS_MAX)
        out->config[out->n_configs++] = config;
}

/* Shards are added one after the other: while a thread gives back what another took, a gauge can
 * seem to be below zero. */
static uint64_t not_below_zero(uint64_t v)
{
    return v > INT64_MAX ? 0 : v;
}

static void add_gauges(struct gathering *g)
{
    const struct metric_process *p = &g->process;
    bool newest = p->program == METRIC_FILTER && p->touched_ms > g->newest_ms;
    if (newest)
        g->newest_ms = p->touched_ms;
    for (unsigned f = 0; f < METRIC_FAMILIES; f++) {
        const struct metric *m = &metric_table[f];
        for (unsigned i = m->first; !metric_is_lasting(m) && i < metric_family_end(f); i++) {
            uint64_t *to = &g->out->value[i], v = not_below_zero(p->value[i]);
            if (m->kind == METRIC_GAUGE_SUM)
                metric_sum_add(to, v);
            else if (m->kind == METRIC_GAUGE_MAX ? v > *to : newest)
                *to = v;
        }
    }
}

/* False: it could not be read, errno says why. */
static bool add_file(struct gathering *g, const char *name)
{
    enum metric_life life = metric_file_load(g->folder, name, &g->process);
    if (life == METRIC_FILE_OF_NONE)
        g->out->ignored++;
    if ((life != METRIC_FILE_LIVES && life != METRIC_FILE_DEAD) ||
        metric_is_folded(&g->total, g->process.id))
        return life != METRIC_FILE_UNREAD;
    metric_add_lasting(g->out->value, g->process.value);
    if (life != METRIC_FILE_LIVES)
        return true;
    add_gauges(g);
    add_build(g->out, &g->process);
    add_config(g->out, g->process.config);
    return true;
}

/* OPTOUT_MORE: somebody folded meanwhile. OPTOUT_E_IO with errno: a sum without all would be one
 * that went back. */
static enum optout_rc add_up(struct gathering *g, DIR *d)
{
    struct metric_sums *out = g->out;
    struct metric_total after;
    unsigned seen = 0;
    memset(out, 0, sizeof *out);
    g->newest_ms = 0;
    enum metric_total_state total = metric_total_load(g->folder, &g->total);
    if (total == METRIC_TOTAL_UNREAD)
        return OPTOUT_E_IO;
    if (total == METRIC_TOTAL_DAMAGED)
        out->ignored++;
    metric_add_lasting(out->value, g->total.value);
    rewinddir(d);
    for (struct dirent *e; (errno = 0, e = readdir(d)) != NULL;) {
        if (!metric_name_is_file(e->d_name))
            continue;
        if (seen++ >= METRIC_FILES_MAX)
            out->ignored++;
        else if (!add_file(g, e->d_name))
            return OPTOUT_E_IO;
    }
    if (errno || metric_total_load(g->folder, &after) == METRIC_TOTAL_UNREAD)
        return OPTOUT_E_IO;
    return after.generation == g->total.generation ? OPTOUT_OK : OPTOUT_MORE;
}

/* 0 and *folder -1: there is none. */
static enum optout_rc open_folder(const char *dir, int *folder)
{
    char path[METRIC_PATH_MAX];
    *folder = -1;
    if (snprintf(path, sizeof path, "%s/" METRIC_FOLDER, dir) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return OPTOUT_E_IO;
    }
    *folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *folder >= 0 || errno == ENOENT ? OPTOUT_OK : OPTOUT_E_IO;
}

enum optout_rc metrics_gather(const char *dir, struct metric_sums *out)
{
    int folder, list;
    memset(out, 0, sizeof *out);
    enum optout_rc rc = open_folder(dir, &folder);
    if (rc != OPTOUT_OK || folder < 0)
        return rc;
    list = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = list >= 0 ? fdopendir(list) : NULL;
    struct gathering *g = d ? malloc(sizeof *g) : NULL;
    rc = g ? OPTOUT_MORE : OPTOUT_E_IO;
    if (g) {
        g->folder = folder;
        g->out = out;
        for (int tries = 0; tries < TRIES && rc == OPTOUT_MORE; tries++)
            rc = add_up(g, d);
    }
    int why = errno;
    if (d)
        closedir(d);
    else if (list >= 0)
        close(list);
    close(folder);
    free(g);
    if (rc == OPTOUT_MORE)
        rc = OPTOUT_OK; /* as near as it gets */
    errno = why;
    return rc;
}

void metrics_fold(const char *dir)
{
    int folder;
    if (open_folder(dir, &folder) != OPTOUT_OK || folder < 0)
        return;
    int lock = metric_folder_lock(folder, false);
    if (lock >= 0) {
        if (metric_folder_fold(folder) != OPTOUT_OK)
            errno = 0; /* the next time */
        close(lock);
    }
    close(folder);
}
