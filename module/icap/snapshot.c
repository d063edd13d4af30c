/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/snapshot.h"

#include "core/clock.h"
#include "icap/c_icap.h"
#include "icap/log.h"
#include "site/site.h"
#include "site/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define RETRY_MS 1000 /* between two attempts to open a log that failed */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards `current` alone; taken
                                                           before no other lock */
static struct snapshot *current;

/* What users hold is its first member. */
struct counted {
    struct snapshot snapshot;
    atomic_uint refs;
    pthread_mutex_t lock; /* guards what follows */
    struct audit *audit;  /* NULL in the master, and while it cannot be opened */
    int64_t tried_ms;     /* when opening it was last tried */
    uint64_t unnoted;     /* exchanges that were refused while there was none */
};

static struct counted *counted_of(struct snapshot *s)
{
    return (struct counted *)(void *)s;
}

struct snapshot *snapshot_open(const char *path, struct config_error *e)
{
    struct counted *s = calloc(1, sizeof *s);
    if (!s) {
        (void)config_fail(e, "free some memory", "out of memory");
        return NULL;
    }
    struct config_errors first = config_first_error(e);
    if (snapshot_load(&s->snapshot, path, &first) != OPTOUT_OK) {
        free(s);
        return NULL;
    }
    atomic_init(&s->refs, 1);
    pthread_mutex_init(&s->lock, NULL);
    return &s->snapshot;
}

struct audit *snapshot_audit(struct snapshot *snapshot, struct config_error *e)
{
    struct counted *s = counted_of(snapshot);
    pthread_mutex_lock(&s->lock);
    int64_t now = (int64_t)(clock_mono_us() / 1000);
    e->reason[0] = '\0';
    if (!s->audit && (s->tried_ms == 0 || now - s->tried_ms >= RETRY_MS)) {
        s->tried_ms = now;
        s->audit = audit_open(&snapshot->config, e);
        if (s->audit && s->unnoted)
            audit_note_refused(s->audit, s->unnoted);
    }
    struct audit *a = s->audit;
    pthread_mutex_unlock(&s->lock);
    return a;
}

struct snapshot *snapshot_renew(const char *path, bool child, struct config_error *e)
{
    struct snapshot *s = snapshot_open(path, e);
    bool good = s && config_check_folders(&s->config, e) == OPTOUT_OK;
    if (s && !good)
        config_locate(path, e);
    if (good && (!child || snapshot_audit(s, e)))
        return s;
    snapshot_put(s);
    return NULL;
}

void snapshot_note_refused(struct snapshot *snapshot)
{
    struct counted *s = counted_of(snapshot);
    pthread_mutex_lock(&s->lock);
    if (s->audit)
        audit_note_refused(s->audit, 1);
    else
        s->unnoted++;
    pthread_mutex_unlock(&s->lock);
}

struct site *snapshot_site(const struct snapshot *s)
{
    const struct config *c = &s->config;
    char why[256];
    if (!c->site_store[0])
        return NULL;
    struct site *site = site_get(c->site_store, c->site_store_size, log_site, why, sizeof why);
    if (!site && why[0])
        log_server(LOG_STORE, "the store of site rules cannot be used: %s", why);
    return site;
}

static bool keep_file(struct store *store, const struct data_file *f)
{
    return store_keep_original(store, f->sha256, buf_slice(&f->text)) == OPTOUT_OK;
}

static bool keep_phrases(struct store *store, const struct phrase_folder *f)
{
    bool good = true;
    for (size_t i = 0; i < f->n; i++)
        good = store_keep_original(store, f->file[i].sha256, buf_slice(&f->file[i].text)) ==
                   OPTOUT_OK && good;
    return good;
}

void snapshot_keep(const struct snapshot *s)
{
    struct site *site = snapshot_site(s);
    if (!site)
        return;
    bool good = keep_file(site_store(site), &s->settings);
    for (size_t i = 0; i < s->n_files; i++)
        good = keep_file(site_store(site), &s->file[i]) && good;
    good = keep_phrases(site_store(site), &s->phrases) && good;
    if (!good)
        log_server(LOG_STORE, "the store does not keep what configuration %.16s is: %s",
                   s->config.hash, strerror(errno));
}

struct snapshot *snapshot_get(void)
{
    pthread_mutex_lock(&lock);
    struct snapshot *s = current;
    if (s)
        atomic_fetch_add(&counted_of(s)->refs, 1);
    pthread_mutex_unlock(&lock);
    return s;
}

void snapshot_put(struct snapshot *snapshot)
{
    struct counted *s = counted_of(snapshot);
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    audit_close(s->audit);
    snapshot_free(&s->snapshot);
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
