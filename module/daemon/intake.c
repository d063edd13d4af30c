/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/intake.h"

#include "core/clock.h"
#include "core/log.h"
#include "daemon/share_value.h"

#include <stdio.h>
#include <stdlib.h>

#define RETRY_MAX_S 3600
#define STALE_SHARE 16 /* a copy kept although stale is asked for after this part of its age */
#define SHARE_VALUE_MAX ((1u << 20) + (64u << 10))

/* ---- reading the store ---- */

static size_t aligned(size_t n)
{
    return (n + 7) & ~(size_t)7; /* compiled rules need it */
}

size_t document_size(const struct site_document *d)
{
    return aligned(sizeof *d) + aligned(d->url.n) + aligned(d->agent.n) + aligned(d->etag.n) +
           aligned(d->last_modified.n) + aligned(d->why.n) + aligned(d->rules.n);
}

struct site_document *document_copy(void *room, const struct site_document *d)
{
    struct site_document *copy = room;
    struct slice *of[] = { &copy->url, &copy->agent, &copy->etag, &copy->last_modified,
                           &copy->why, &copy->rules };
    uint8_t *p = (uint8_t *)room + aligned(sizeof *d);
    *copy = *d;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        size_t n = of[i]->n;
        if (n)
            memcpy(p, of[i]->p, n);
        *of[i] = slice_of(p, n);
        p += aligned(n);
    }
    return copy;
}

struct copying {
    struct arena *arena;
    enum site_kind kind;
    struct site_document *copy; /* NULL: none */
};

static void copy_stored(void *ctx, const struct store_value *v)
{
    struct copying *c = ctx;
    const struct site_document *d = &v->d[c->kind];
    void *room = d->state == SITE_NOT_ASKED ? NULL : arena_take(c->arena, document_size(d));
    c->copy = room ? document_copy(room, d) : NULL;
}

bool stored_document(struct store *s, struct arena *a, struct slice key, enum site_kind kind,
                     struct site_document *out)
{
    struct copying c = { .arena = a, .kind = kind };
    if (!store_read(s, key, copy_stored, &c) || !c.copy)
        return false;
    *out = *c.copy;
    return true;
}

struct seeing {
    struct arena *arena;
    struct seen *out;
};

static void see(void *ctx, const struct store_value *v)
{
    struct seeing *s = ctx;
    const struct site_document *d = v->d;
    struct seen *out = s->out;
    struct slice url[SEEN_LICENCES];
    const struct site_document *robots = &d[SITE_ROBOTS];
    out->there = true;
    out->asked = v->asked;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++) {
        out->state[kind] = d[kind].state;
        out->expires_ms[kind] = d[kind].expires_ms;
        out->fetched_ms[kind] = d[kind].fetched_ms;
        out->is_private |= d[kind].state == SITE_UNREACHABLE &&
                           slice_eq(d[kind].why, SLICE_OF(PRIVATE_WHY));
    }
    out->varies = robots->varies;
    size_t n = robots->state == SITE_PUBLISHED ? document_licences(robots, url, SEEN_LICENCES) : 0;
    for (size_t i = 0; i < n && i < SEEN_LICENCES; i++) {
        struct slice copy = arena_copy(s->arena, url[i], SITE_URL_MAX);
        if (copy.p && url[i].n <= SITE_URL_MAX)
            out->licence[out->n_licences++] = copy;
    }
}

void seen_read(struct store *s, struct arena *a, struct slice key, struct seen *out)
{
    struct seeing ctx = { a, out };
    *out = (struct seen){ .there = false };
    if (!store_read(s, key, see, &ctx))
        *out = (struct seen){ .there = false };
}

/* ---- keys ---- */

struct slice share_key_print(struct arena *a, enum site_kind kind, struct slice name,
                             struct slice token)
{
    const char *word = site_kind_name(kind);
    size_t n = strlen(word), size = n + 1 + name.n + (token.n ? 1 + token.n : 0);
    uint8_t *p = arena_take(a, size);
    if (!p)
        return SLICE_EMPTY;
    memcpy(p, word, n);
    p[n++] = ':';
    memcpy(p + n, name.p, name.n);
    n += name.n;
    if (token.n) {
        p[n++] = '\n';
        memcpy(p + n, token.p, token.n);
    }
    return slice_of(p, size);
}

bool share_key_read(struct arena *a, struct slice share_key, enum site_kind *kind,
                    struct slice *key)
{
    size_t colon = slice_find(share_key, ':');
    if (!site_kind_from_name(slice_sub(share_key, 0, colon), kind))
        return false;
    struct slice name = slice_from(share_key, colon + 1);
    size_t line = slice_find(name, '\n');
    if (*kind == SITE_LICENCE)
        *key = store_key_licence(a, name);
    else
        *key = store_key_origin(a, slice_sub(name, 0, line), slice_from(name, line + 1));
    return key->n != 0;
}

/* ---- what an answer means beside what it says ---- */

/* A failure is left alone for twice as long as the one before it. */
static void back_off(struct site_document *d, const struct site_document *before,
                     const struct site_lifetimes *l)
{
    int64_t wait_ms = l->retry * 1000ll;
    if (before->state == SITE_UNREACHABLE && before->expires_ms > before->fetched_ms)
        wait_ms = 2 * (before->expires_ms - before->fetched_ms);
    if (wait_ms > RETRY_MAX_S * 1000ll)
        wait_ms = RETRY_MAX_S * 1000ll;
    if (wait_ms < l->retry * 1000ll)
        wait_ms = l->retry * 1000ll;
    if (d->expires_ms < d->fetched_ms + wait_ms)
        d->expires_ms = d->fetched_ms + wait_ms;
}

/* The copy that is here speaks on; it says that it could not be renewed. */
static bool keep_stale(struct intake *in, struct site_document *d,
                       const struct site_document *before, int64_t now_ms)
{
    int64_t age_ms = now_ms - before->fetched_ms;
    if (before->state != SITE_PUBLISHED || age_ms < 0 ||
        age_ms > in->config->stale_max_s * 1000ll || slice_eq(d->why, SLICE_OF(PRIVATE_WHY)))
        return false;
    int64_t wait_ms = age_ms / STALE_SHARE;
    if (wait_ms > RETRY_MAX_S * 1000ll)
        wait_ms = RETRY_MAX_S * 1000ll;
    if (wait_ms < in->config->lifetimes.retry * 1000ll)
        wait_ms = in->config->lifetimes.retry * 1000ll;
    struct slice why = d->why;
    *d = *before;
    d->why = why;
    d->expires_ms = now_ms + wait_ms;
    in->count->kept_stale++;
    return true;
}

/* Two agents were told different things while the first still held. */
static bool differs(const struct site_document *before, const struct site_document *d)
{
    return before->state == SITE_PUBLISHED && d->state == SITE_PUBLISHED &&
           before->expires_ms > d->fetched_ms && !slice_eq(before->agent, d->agent) &&
           before->has_sha256 && d->has_sha256 &&
           memcmp(before->sha256, d->sha256, sizeof d->sha256) != 0;
}

static void unreadable(struct site_document *d, const struct site_answer *a,
                       const struct site_lifetimes *l, const char *why)
{
    *d = (struct site_document){
        .kind = (uint8_t)a->kind, .state = SITE_UNREACHABLE, .source = (uint8_t)a->source,
        .status = (uint16_t)a->status, .fetched_ms = a->now_ms,
        .expires_ms = a->now_ms + l->retry * 1000ll, .url = a->url, .agent = a->agent,
        .why = slice_cstr(why),
    };
}

/* ---- sharing ---- */

static void share_print(struct intake *in, struct slice share_key, const struct site_answer *a,
                        int64_t ttl_ms)
{
    struct buf value;
    buf_init(&value, SHARE_VALUE_MAX);
    if (ttl_ms > 0 && share_value_print(a, &value) == OPTOUT_OK && value.failed == OPTOUT_OK)
        share_put(in->share, share_key, buf_slice(&value), a->now_ms, ttl_ms);
    else
        share_release(in->share, share_key);
    buf_free(&value);
}

/* A 304 has no body, and the shared value is gone with its lifetime: the body comes
 * from the originals. */
static void share_renewed(struct intake *in, struct slice share_key, const struct site_answer *a,
                          const struct site_document *d)
{
    struct buf body;
    struct site_answer whole = *a;
    buf_init(&body, SITE_FILE_MAX + 1);
    if (d->has_sha256 && store_original(in->store, d->sha256, &body) == OPTOUT_OK) {
        whole.status = d->status;
        whole.body = buf_slice(&body);
        share_print(in, share_key, &whole, d->expires_ms - clock_wall_ms());
    } else {
        share_release(in->share, share_key);
    }
    buf_free(&body);
}

static void share_out(struct intake *in, struct slice share_key, const struct site_answer *a,
                      const struct site_document *d)
{
    if (!in->share || a->source == SITE_SHARED)
        return;
    if (a->status == 304)
        share_renewed(in, share_key, a, d);
    else if (a->status == 0 || d->state == SITE_UNREACHABLE) /* others may fare better */
        share_release(in->share, share_key);
    else
        share_print(in, share_key, a, d->expires_ms - clock_wall_ms());
}

/* ---- taking in ---- */

static void keep_original(struct intake *in, const struct site_document *d,
                          const struct site_answer *a)
{
    if (d->has_sha256 && a->status != 304 && a->body.n &&
        store_keep_original(in->store, d->sha256, a->body) != OPTOUT_OK)
        log_event_on(LOG_STORE_NOT_WRITTEN, a->url, "an original could not be kept: %.*s",
                     SLICE_FMT(a->url));
}

/* `body`: what the worker read, or NULL. */
static void read_answer(struct intake *in, const struct site_answer *a,
                        const struct site_body *body, struct arena *arena,
                        const struct site_document *before, bool have, struct site_document *d)
{
    const struct site_lifetimes *l = &in->config->lifetimes;
    if (a->status == 304) {
        if (have && (before->state == SITE_PUBLISHED || before->state == SITE_NONE ||
                     before->state == SITE_UNPARSEABLE)) {
            *d = *before;
            document_renew(d, a, l);
            d->why = before->state == SITE_UNPARSEABLE ? before->why : SLICE_EMPTY;
            in->count->not_modified++;
            return;
        }
        unreadable(d, a, l, "304 without a copy");
    } else if (document_has_body(a) && !body) {
        unreadable(d, a, l, "too many documents wait to be read");
    } else if (document_conclude(a, body, l, arena, d) != OPTOUT_OK) {
        unreadable(d, a, l, "out of memory");
    }
    if (d->state == SITE_UNREACHABLE && !(have && keep_stale(in, d, before, a->now_ms)) && have)
        back_off(d, before, l);
}

static void take_in(struct intake *in, const struct intake_place *place,
                    const struct site_answer *a, const struct site_body *body,
                    struct arena *arena, struct site_document *d)
{
    struct site_document before = { .state = SITE_NOT_ASKED };
    bool have = stored_document(in->store, arena, place->key, place->kind, &before);
    read_answer(in, a, body, arena, &before, have, d);
    d->kind = (uint8_t)place->kind;
    if (place->kind == SITE_ROBOTS && have && (before.varies || differs(&before, d)))
        d->varies = true;
    keep_original(in, d, a);
    share_out(in, place->share_key, a, d);
    log_event_on(LOG_SITE_FILE_READ, a->url, "%s %.*s: %s, %u, for %lld s%s%.*s",
                 site_source_name((enum site_source)a->source), SLICE_FMT(a->url),
                 site_state_name((enum site_state)d->state), (unsigned)a->status,
                 (long long)((d->expires_ms - clock_wall_ms() + 500) / 1000),
                 d->why.n ? ": " : "", SLICE_FMT(d->why));
}

/* ---- while the worker reads ---- */

struct intake_reading {
    struct intake *in;
    struct arena arena;
    struct intake_place place;
    struct site_answer answer;
    struct headers headers;
    struct worker_job *job;
    intake_done *done;
    void *ctx;
};

static bool copy_text(struct arena *a, struct slice *s)
{
    *s = arena_copy(a, *s, s->n);
    return s->p != NULL;
}

static bool copy_headers(struct intake_reading *r, const struct headers *from)
{
    bool good = headers_reserve(&r->headers, &r->arena, from->n ? from->n : 1) == OPTOUT_OK;
    for (size_t i = 0; i < from->n && good; i++) {
        struct header *h = &r->headers.v[r->headers.n++];
        *h = from->v[i];
        good = copy_text(&r->arena, &h->name) && copy_text(&r->arena, &h->value);
    }
    r->answer.headers = &r->headers;
    return good;
}

static bool copy_question(struct intake_reading *r, const struct intake_place *place,
                          const struct site_answer *a)
{
    r->place = *place;
    r->answer = *a;
    return copy_text(&r->arena, &r->place.key) && copy_text(&r->arena, &r->place.share_key) &&
           copy_text(&r->arena, &r->answer.origin) && copy_text(&r->arena, &r->answer.url) &&
           copy_text(&r->arena, &r->answer.agent) && copy_text(&r->arena, &r->answer.body) &&
           copy_text(&r->arena, &r->answer.why) && (!a->headers || copy_headers(r, a->headers));
}

static void reading_free(struct intake_reading *r)
{
    arena_reset(&r->arena);
    free(r);
}

static void on_read(void *ctx, const struct site_body *body)
{
    struct intake_reading *r = ctx;
    struct site_document d;
    take_in(r->in, &r->place, &r->answer, body, &r->arena, &d);
    r->done(r->ctx, &d);
    reading_free(r);
}

/* NULL: no memory, or the worker takes no more. */
static struct intake_reading *reading_new(struct intake *in, const struct intake_place *place,
                                          const struct site_answer *a)
{
    struct intake_reading *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->in = in;
    arena_init(&r->arena, INTAKE_ARENA, NULL, 0);
    if (copy_question(r, place, a))
        r->job = worker_read_site(in->worker, &r->answer, on_read, r);
    if (r->job)
        return r;
    reading_free(r);
    return NULL;
}

struct intake_reading *intake_read(struct intake *in, const struct intake_place *place,
                                   const struct site_answer *a, intake_done *done, void *ctx)
{
    struct arena arena;
    struct site_document d;
    struct intake_reading *r = document_has_body(a) ? reading_new(in, place, a) : NULL;
    if (r) {
        r->done = done;
        r->ctx = ctx;
        return r;
    }
    arena_init(&arena, INTAKE_ARENA, NULL, 0);
    take_in(in, place, a, NULL, &arena, &d);
    done(ctx, &d);
    arena_reset(&arena);
    return NULL;
}

void intake_leave(struct intake_reading *r)
{
    worker_leave(r->job);
    reading_free(r);
}

static bool write_one(struct intake *in, struct slice key, const struct site_document *d,
                      bool asked)
{
    enum optout_rc rc = store_write(in->store, key, d, 1, asked);
    if (rc != OPTOUT_OK)
        log_event_on(LOG_STORE_NOT_WRITTEN, d->url, "%s of %.*s could not be stored: %s",
                     site_kind_name((enum site_kind)d->kind), SLICE_FMT(d->url),
                     rc == OPTOUT_E_LIMIT ? "it is too large" : "the disk refused");
    return rc == OPTOUT_OK;
}

enum optout_rc intake_write(struct intake *in, struct slice key, struct slice token_key,
                            const struct site_document *d, size_t n, const uint32_t *kinds)
{
    bool good = true;
    for (size_t i = 0; i < n && token_key.n; i++)
        if (d[i].kind == SITE_ROBOTS && d[i].varies)
            good = write_one(in, token_key, &d[i], true);
    enum optout_rc rc = kinds && good ? store_write_last(in->store, key, d, n, *kinds)
                                      : store_write(in->store, key, d, n, false);
    if (rc == OPTOUT_OK || rc == OPTOUT_MORE)
        return good ? rc : OPTOUT_E_IO;
    if (n == 0)
        log_event(LOG_STORE_NOT_WRITTEN, "the store cannot be written to: %.*s", SLICE_FMT(key));
    for (size_t i = 0; i < n; i++) /* one that is too large takes no other with it */
        (void)write_one(in, key, &d[i], false);
    return OPTOUT_E_IO;
}

void intake_expire(struct intake *in, struct slice key, enum site_kind kind, int64_t newer_ms)
{
    struct arena arena;
    struct site_document d;
    arena_init(&arena, INTAKE_ARENA, NULL, 0);
    int64_t now_ms = clock_wall_ms();
    if (stored_document(in->store, &arena, key, kind, &d) && d.expires_ms > now_ms &&
        d.fetched_ms < newer_ms) {
        d.expires_ms = now_ms;
        if (store_write(in->store, key, &d, 1, false) != OPTOUT_OK)
            log_event(LOG_STORE_NOT_WRITTEN, "%s could not be stored", site_kind_name(kind));
    }
    arena_reset(&arena);
}
