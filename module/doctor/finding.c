/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/finding.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct findings {
    pthread_mutex_t lock;
    struct finding list[FINDINGS_MAX];
    size_t n, lost;
    const struct finding_kind *only;
    bool skipped[FOUND_COUNT];
};

const struct finding_kind *finding_kind_named(const char *id)
{
    for (size_t i = FOUND_NONE + 1; i < FOUND_COUNT; i++)
        if (strcmp(finding_kinds[i].id, id) == 0)
            return &finding_kinds[i];
    return NULL;
}

struct findings *findings_new(const struct finding_kind *only)
{
    struct findings *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    pthread_mutex_init(&f->lock, NULL);
    f->only = only;
    return f;
}

void findings_free(struct findings *f)
{
    for (size_t i = 0; f && i < f->n; i++) {
        free(f->list[i].evidence);
        free(f->list[i].effect);
        free(f->list[i].remedy);
    }
    if (f)
        pthread_mutex_destroy(&f->lock);
    free(f);
}

void findings_add(struct findings *f, enum finding_id id, enum finding_state state,
                  const char *seen, const char *effect, const char *remedy)
{
    struct finding new = { .kind = &finding_kinds[id], .state = state };
    if (f->skipped[id] || (f->only && f->only != new.kind))
        return;
    new.evidence = strndup(seen ? seen : "", FINDING_EVIDENCE_MAX);
    new.effect = effect ? strdup(effect) : NULL;
    new.remedy = remedy ? strdup(remedy) : NULL;
    bool whole = new.evidence && !new.effect == !effect && !new.remedy == !remedy;
    pthread_mutex_lock(&f->lock);
    if (whole && f->n < FINDINGS_MAX) {
        f->list[f->n++] = new;
    } else {
        f->lost++;
        whole = false;
    }
    pthread_mutex_unlock(&f->lock);
    if (!whole) {
        free(new.evidence);
        free(new.effect);
        free(new.remedy);
    }
}

static void add_formatted(struct findings *f, enum finding_id id, enum finding_state state,
                          const char *fmt, va_list ap)
{
    char text[FINDING_EVIDENCE_MAX];
    vsnprintf(text, sizeof text, fmt, ap);
    findings_add(f, id, state, text, NULL, NULL);
}

void findings_ok(struct findings *f, enum finding_id id, const char *seen, ...)
{
    va_list ap;
    va_start(ap, seen);
    add_formatted(f, id, FINDING_OK, seen, ap);
    va_end(ap);
}

void findings_found(struct findings *f, enum finding_id id, const char *seen, ...)
{
    va_list ap;
    va_start(ap, seen);
    add_formatted(f, id, finding_kinds[id].severity, seen, ap);
    va_end(ap);
}

void findings_unknown(struct findings *f, enum finding_id id, const char *why, ...)
{
    va_list ap;
    va_start(ap, why);
    add_formatted(f, id, FINDING_UNKNOWN, why, ap);
    va_end(ap);
}

void findings_skip(struct findings *f, const struct finding_kind *kind)
{
    f->skipped[kind - finding_kinds] = true;
}

size_t findings_count(const struct findings *f)
{
    return f->n;
}

const struct finding *findings_at(const struct findings *f, size_t i)
{
    return &f->list[i];
}

size_t findings_lost(const struct findings *f)
{
    return f->lost;
}

/* Those of one kind are few: what is added last goes behind its equals. */
void findings_sort(struct findings *f)
{
    for (size_t i = 1; i < f->n; i++) {
        struct finding moved = f->list[i];
        size_t to = i;
        for (; to > 0 && f->list[to - 1].kind > moved.kind; to--)
            f->list[to] = f->list[to - 1];
        f->list[to] = moved;
    }
}

int findings_status(const struct findings *f)
{
    bool has[FINDING_ERROR + 1] = { false };
    for (size_t i = 0; i < f->n; i++)
        has[f->list[i].state] = true;
    if (has[FINDING_ERROR] || f->lost)
        return 2;
    return has[FINDING_WARNING] ? 1 : has[FINDING_UNKNOWN] ? 3 : 0;
}
