/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/snapshot.h"

#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define AGENTS_FILE_MAX (4u << 20) /* bytes of the catalogue */
#define RETRY_MS 1000 /* between two attempts to open a log that failed */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards `current` alone; taken
                                                           before no other lock */
static struct snapshot *current;

static enum optout_rc load_agents(struct snapshot *s, struct config_error *e)
{
    const char *path = s->config.agents_file, *why = "";
    struct buf text;
    if (!path[0])
        return OPTOUT_OK;
    snprintf(e->directive, sizeof e->directive, "Agents");
    FILE *f = fopen(path, "r");
    if (!f)
        return config_fail(e, "check its name and permissions", "%.100s cannot be read: %s", path,
                           strerror(errno));
    buf_init(&text, AGENTS_FILE_MAX);
    uint8_t piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
        (void)buf_append(&text, piece, n);
    fclose(f);
    unsigned line = 0;
    enum optout_rc rc = text.failed;
    if (rc == OPTOUT_OK)
        rc = agents_parse_text(buf_slice(&text), &s->agents, &line, &why);
    buf_free(&text);
    if (rc == OPTOUT_OK)
        return OPTOUT_OK;
    snprintf(e->file, sizeof e->file, "%s", path);
    e->line = line;
    return config_fail(e, "mend or remove the line", "%s",
                       *why ? why : "the catalogue is too long");
}

struct snapshot *snapshot_load(const char *path, struct config_error *e)
{
    struct snapshot *s = calloc(1, sizeof *s);
    if (!s) {
        (void)config_fail(e, "free some memory", "out of memory");
        return NULL;
    }
    atomic_init(&s->refs, 1);
    pthread_mutex_init(&s->lock, NULL);
    enum optout_rc rc = config_load(&s->config, path, e);
    if (rc == OPTOUT_OK) {
        rc = load_agents(s, e);
        if (rc != OPTOUT_OK && !e->file[0])
            config_locate(path, e);
    }
    if (rc != OPTOUT_OK) {
        pthread_mutex_destroy(&s->lock);
        free(s);
        return NULL;
    }
    return s;
}

struct audit *snapshot_audit(struct snapshot *s, struct config_error *e)
{
    pthread_mutex_lock(&s->lock);
    int64_t now = (int64_t)(clock_mono_us() / 1000);
    e->reason[0] = '\0';
    if (!s->audit && (s->tried_ms == 0 || now - s->tried_ms >= RETRY_MS)) {
        s->tried_ms = now;
        s->audit = audit_open(&s->config, e);
    }
    struct audit *a = s->audit;
    pthread_mutex_unlock(&s->lock);
    return a;
}

struct snapshot *snapshot_get(void)
{
    pthread_mutex_lock(&lock);
    struct snapshot *s = current;
    if (s)
        atomic_fetch_add(&s->refs, 1);
    pthread_mutex_unlock(&lock);
    return s;
}

void snapshot_put(struct snapshot *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    audit_close(s->audit);
    agents_free(s->agents);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void snapshot_install(struct snapshot *s)
{
    pthread_mutex_lock(&lock);
    struct snapshot *old = current;
    current = s;
    pthread_mutex_unlock(&lock);
    snapshot_put(old);
}
