/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/snapshot.h"

#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TABLE_MAX (4u << 20) /* bytes of the catalogue, and of the table of clients */
#define RETRY_MS 1000 /* between two attempts to open a log that failed */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards `current` alone; taken
                                                           before no other lock */
static struct snapshot *current;

/* A whole data file that a directive names. */
static enum optout_rc read_table(const char *path, const char *directive, struct buf *text,
                                 struct config_error *e)
{
    snprintf(e->directive, sizeof e->directive, "%s", directive);
    FILE *f = fopen(path, "r");
    if (!f)
        return config_fail(e, "check its name and permissions", "%.100s cannot be read: %s", path,
                           strerror(errno));
    uint8_t piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
        (void)buf_append(text, piece, n);
    bool failed = ferror(f);
    fclose(f);
    if (failed)
        return config_fail(e, "check that it is a file", "%.100s cannot be read", path);
    if (text->failed != OPTOUT_OK)
        return config_fail(e, "shorten it", "%.100s is too long", path);
    return OPTOUT_OK;
}

static enum optout_rc refuse_row(const char *path, unsigned line, const char *why,
                                 struct config_error *e)
{
    snprintf(e->file, sizeof e->file, "%s", path);
    e->line = line;
    return config_fail(e, "mend or remove the line", "%s", why);
}

static enum optout_rc load_agents(struct snapshot *s, struct config_error *e)
{
    const char *path = s->config.agents_file, *why = "";
    struct buf text;
    unsigned line = 0;
    if (!path[0])
        return OPTOUT_OK;
    buf_init(&text, TABLE_MAX);
    enum optout_rc rc = read_table(path, "Agents", &text, e);
    if (rc == OPTOUT_OK &&
        (rc = agents_parse_text(buf_slice(&text), &s->agents, &line, &why)) != OPTOUT_OK)
        rc = refuse_row(path, line, why, e);
    buf_free(&text);
    return rc;
}

static enum optout_rc load_clients(struct snapshot *s, struct config_error *e)
{
    const char *path = s->config.clients_file, *why = "";
    struct buf text;
    unsigned line = 0;
    if (!path[0])
        return OPTOUT_OK;
    buf_init(&text, TABLE_MAX);
    enum optout_rc rc = read_table(path, "Clients", &text, e);
    if (rc == OPTOUT_OK &&
        (rc = clients_parse_text(buf_slice(&text), &s->clients, &line, &why)) != OPTOUT_OK)
        rc = refuse_row(path, line, why, e);
    buf_free(&text);
    return rc;
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
        if (rc == OPTOUT_OK)
            rc = load_clients(s, e);
        if (rc != OPTOUT_OK && !e->file[0])
            config_locate(path, e);
    }
    if (rc != OPTOUT_OK) {
        pthread_mutex_destroy(&s->lock);
        agents_free(s->agents);
        clients_free(s->clients);
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
    clients_free(s->clients);
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
