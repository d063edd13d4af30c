/* SPDX-License-Identifier: Apache-2.0 */
#include "warc/site_log.h"

#include <pthread.h>
#include <stdlib.h>

#define SCRATCH_MAX (32u << 20) /* bytes for reading one bundle or one original */
#define ORIGINAL_SLOTS 16384u   /* of a table of lists */

struct version {
    struct slice key, url;
    int64_t fetched_ms;
    uint16_t status;
    uint8_t kind, state, source;
    bool varies, has_sha256;
    uint8_t sha256[32];
};

/* A file as its original reads; several origins and days may share one. */
struct original {
    struct original *next;
    struct slice url; /* of a licence, which is read by it */
    struct site_document d;
};

struct site_log {
    struct store *store;
    const struct agents *agents;
    struct version *v;
    size_t n, size;
    uint32_t *slot; /* numbers of versions from 1, to find equal ones; gone when it is sorted */
    size_t n_slots; /* a power of two, at most half full */
    enum optout_rc failed;
    struct arena arena;   /* keys, URLs and originals */
    pthread_mutex_t lock; /* the arena and what follows, once it is asked: a leaf */
    struct original *original[ORIGINAL_SLOTS];
    bool over;
};

struct site_log *site_log_new(struct store *originals, const struct agents *agents)
{
    struct site_log *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->store = originals;
    l->agents = agents;
    pthread_mutex_init(&l->lock, NULL);
    arena_init(&l->arena, SITE_LOG_BYTES, NULL, 0);
    return l;
}

void site_log_free(struct site_log *l)
{
    if (!l)
        return;
    arena_reset(&l->arena);
    pthread_mutex_destroy(&l->lock);
    free(l->slot);
    free(l->v);
    free(l);
}

/* ---- filling ---- */

static int compare(const void *a, const void *b)
{
    const struct version *x = a, *y = b;
    size_t n = x->key.n < y->key.n ? x->key.n : y->key.n;
    int order = n ? memcmp(x->key.p, y->key.p, n) : 0;
    if (order == 0)
        order = (x->key.n > y->key.n) - (x->key.n < y->key.n);
    if (order == 0)
        order = (x->kind > y->kind) - (x->kind < y->kind);
    return order ? order : (x->fetched_ms > y->fetched_ms) - (x->fetched_ms < y->fetched_ms);
}

/* The store has one document of a kind at a time, and of terms only that there are some counts. */
static size_t slot_of(const struct site_log *l, const struct version *v)
{
    uint64_t h = store_hash(v->key, (uint64_t)v->fetched_ms * SITE_KIND_COUNT + v->kind);
    size_t i = (size_t)h & (l->n_slots - 1);
    while (l->slot[i] && compare(&l->v[l->slot[i] - 1], v) != 0)
        i = (i + 1) & (l->n_slots - 1);
    return i;
}

static bool grow(struct site_log *l)
{
    size_t size = l->size ? l->size * 2 : 1024;
    struct version *v = realloc(l->v, size * sizeof *v);
    if (!v)
        return false;
    l->v = v;
    l->size = size;
    uint32_t *slot = calloc(2 * size, sizeof *slot);
    if (!slot)
        return false;
    free(l->slot);
    l->slot = slot;
    l->n_slots = 2 * size;
    for (size_t i = 0; i < l->n; i++)
        slot[slot_of(l, &l->v[i])] = (uint32_t)(i + 1);
    return true;
}

static void add(void *ctx, struct slice key, const struct site_document *d)
{
    struct site_log *l = ctx;
    struct version new = { .key = key, .fetched_ms = d->fetched_ms, .status = d->status,
                           .kind = d->kind, .state = d->state, .source = d->source,
                           .varies = d->varies, .has_sha256 = d->has_sha256 };
    if (d->kind == SITE_TERMS && d->state != SITE_PUBLISHED)
        return;
    if (l->n == SITE_LOG_FILES)
        l->failed = OPTOUT_E_LIMIT;
    else if (l->n == l->size && !grow(l))
        l->failed = OPTOUT_E_NOMEM;
    if (l->failed)
        return;
    size_t i = slot_of(l, &new);
    if (l->slot[i])
        return;
    new.key = arena_copy(&l->arena, key, SIZE_MAX);
    new.url = arena_copy(&l->arena, d->url, SITE_URL_MAX);
    if (!new.key.p || !new.url.p) {
        l->failed = OPTOUT_E_LIMIT;
        return;
    }
    memcpy(new.sha256, d->sha256, sizeof new.sha256);
    l->v[l->n++] = new;
    l->slot[i] = (uint32_t)l->n;
}

enum optout_rc site_log_add(struct site_log *l, struct slice bundle)
{
    struct arena scratch;
    arena_init(&scratch, SCRATCH_MAX, NULL, 0);
    bool ok = bundle_read(bundle, &scratch, add, l);
    arena_reset(&scratch);
    return l->failed ? l->failed : ok ? OPTOUT_OK : OPTOUT_E_SYNTAX;
}

void site_log_sort(struct site_log *l)
{
    if (l->n)
        qsort(l->v, l->n, sizeof *l->v, compare);
    free(l->slot);
    l->slot = NULL;
}

/* ---- originals ---- */

static bool is_of(const struct original *o, const struct version *v)
{
    return o->d.kind == v->kind && memcmp(o->d.sha256, v->sha256, sizeof v->sha256) == 0 &&
           (v->kind != SITE_LICENCE || slice_eq(o->url, v->url));
}

/* Reads what is kept, as the answer that it was. What is not that file is not there. */
static bool read_original(const struct site_log *l, const struct version *v, struct arena *scratch,
                          struct site_document *d)
{
    static const struct site_lifetimes lifetimes = SITE_LIFETIMES_PRESET;
    static const struct headers none;
    struct buf body;
    buf_init(&body, COMPILED_MAX);
    /* An empty file is not kept: its SHA-256 tells all. */
    bool kept = store_original(l->store, v->sha256, &body) == OPTOUT_OK;
    struct site_answer a = { .kind = (enum site_kind)v->kind, .url = v->url, .status = 200,
                             .headers = &none, .body = kept ? buf_slice(&body) : SLICE_EMPTY };
    bool ok = document_read(&a, l->agents, &lifetimes, scratch, d) == OPTOUT_OK &&
              d->has_sha256 && memcmp(d->sha256, v->sha256, sizeof d->sha256) == 0;
    buf_free(&body);
    return ok;
}

static struct original *make_original(struct site_log *l, const struct version *v)
{
    struct arena scratch;
    struct original *o = arena_alloc(&l->arena, sizeof *o);
    if (!o) {
        l->over = true;
        return NULL;
    }
    arena_init(&scratch, SCRATCH_MAX, NULL, 0);
    if (read_original(l, v, &scratch, &o->d)) {
        o->d.rules = arena_copy(&l->arena, o->d.rules, SIZE_MAX);
        o->d.why = arena_copy(&l->arena, o->d.why, SIZE_MAX);
        l->over |= !o->d.rules.p || !o->d.why.p;
    } else {
        o->d = (struct site_document){ .state = SITE_PUBLISHED };
    }
    arena_reset(&scratch);
    o->url = v->url;
    o->d.kind = v->kind;
    memcpy(o->d.sha256, v->sha256, sizeof o->d.sha256);
    return o;
}

/* NULL: no room. */
static const struct original *get_original(struct site_log *l, const struct version *v)
{
    size_t slot = (size_t)(v->sha256[0] | v->sha256[1] << 8) % ORIGINAL_SLOTS;
    pthread_mutex_lock(&l->lock);
    struct original *o = l->original[slot];
    while (o && !is_of(o, v))
        o = o->next;
    if (!o && (o = make_original(l, v))) {
        o->next = l->original[slot];
        l->original[slot] = o;
    }
    pthread_mutex_unlock(&l->lock);
    return o;
}

bool site_log_over(struct site_log *l)
{
    pthread_mutex_lock(&l->lock);
    bool over = l->over;
    pthread_mutex_unlock(&l->lock);
    return over;
}

/* ---- asking ---- */

static bool is_about(const struct version *v, struct slice key, unsigned kind)
{
    return v->kind == kind && slice_eq(v->key, key);
}

bool site_log_find(struct site_log *l, struct slice key, enum site_kind kind, int64_t date_ms,
                   struct site_document *out)
{
    struct version wanted = { .key = key, .kind = (uint8_t)kind, .fetched_ms = date_ms };
    size_t from = 0, to = l->n; /* the first that is later */
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (compare(&l->v[mid], &wanted) <= 0)
            from = mid + 1;
        else
            to = mid;
    }
    if (from > 0 && is_about(&l->v[from - 1], key, kind))
        from--;
    else if (from == l->n || !is_about(&l->v[from], key, kind))
        return false;
    const struct version *v = &l->v[from];
    *out = (struct site_document){ .kind = v->kind, .state = v->state, .source = v->source,
                                   .varies = v->varies, .has_sha256 = v->has_sha256,
                                   .status = v->status, .fetched_ms = v->fetched_ms,
                                   .expires_ms = INT64_MAX, .url = v->url };
    memcpy(out->sha256, v->sha256, sizeof out->sha256);
    if (v->state != SITE_PUBLISHED || !v->has_sha256 || kind == SITE_TERMS)
        return true;
    const struct original *o = get_original(l, v);
    if (o) {
        out->state = o->d.state;
        out->rules = o->d.rules;
    }
    return true;
}
