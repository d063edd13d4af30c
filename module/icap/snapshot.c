/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/snapshot.h"

#include "core/clock.h"

#include <stdlib.h>

#define RETRY_MS 1000 /* between two attempts to open a log that failed */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards `current` alone; taken
                                                           before no other lock */
static struct snapshot *current;

struct snapshot *snapshot_load(const char *path, struct config_error *e)
{
    struct snapshot *s = calloc(1, sizeof *s);
    if (!s) {
        (void)config_fail(e, "free some memory", "out of memory");
        return NULL;
    }
    atomic_init(&s->refs, 1);
    pthread_mutex_init(&s->lock, NULL);
    if (config_load(&s->config, path, e) != OPTOUT_OK) {
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
