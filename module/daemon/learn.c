/* SPDX-License-Identifier: Apache-2.0 */
/* learn.c - what reaches the store without a question: answers that a crawler got,
 * what is to be forgotten, what other nodes changed. */
#include "daemon/discovery_internal.h"

#include "core/clock.h"
#include "core/log.h"
#include "daemon/news.h"
#include "http/url_path.h"

#include <stdlib.h>

enum { LEARN_KIND, LEARN_ORIGIN, LEARN_URL, LEARN_AGENT, LEARN_STATUS, LEARN_HEAD, LEARN_BODY,
       LEARN_FIELDS };

static bool is_wanted(const struct intake *in, struct arena *arena, struct slice key,
                      enum site_kind kind, int status, int64_t now_ms)
{
    struct seen seen;
    seen_read(in->store, arena, key, &seen);
    struct site_document known = { .state = seen.state[kind],
                                   .expires_ms = seen.expires_ms[kind] };
    return document_is_news(&known, status, now_ms);
}

struct learning {
    struct learning *older, *newer;
    struct discovery *discovery;
    struct intake_reading *reading; /* NULL: not under way any more */
    struct slice key;               /* in the one piece with this */
    enum site_kind kind;
};

static struct learning *learning_new(struct discovery *d, struct slice key, enum site_kind kind)
{
    struct learning *l = malloc(sizeof *l + key.n);
    if (!l)
        return NULL;
    *l = (struct learning){ .older = d->learning, .discovery = d, .kind = kind,
                            .key = { (uint8_t *)(l + 1), key.n } };
    memcpy(l + 1, key.p, key.n);
    if (l->older)
        l->older->newer = l;
    d->learning = l;
    return l;
}

static void learning_free(struct learning *l)
{
    if (l->newer)
        l->newer->older = l->older;
    else
        l->discovery->learning = l->older;
    if (l->older)
        l->older->newer = l->newer;
    discovery_learned(l->discovery, l->key);
    free(l);
}

bool learning_has(const struct discovery *d, struct slice key)
{
    for (const struct learning *l = d->learning; l; l = l->older)
        if (slice_eq(l->key, key))
            return true;
    return false;
}

void learning_drop(struct discovery *d)
{
    while (d->learning) {
        intake_leave(d->learning->reading);
        learning_free(d->learning);
    }
}

/* Another answer may have come while this one was read. */
static void on_read(void *ctx, const struct site_document *document)
{
    struct learning *l = ctx;
    struct intake *in = l->discovery->intake;
    struct arena arena;
    arena_init(&arena, INTAKE_ARENA, NULL, 0);
    inquiries_write(l->discovery->inquiries, l->key, l->kind);
    if (is_wanted(in, &arena, l->key, l->kind, document->status, clock_wall_ms()) &&
        intake_write(in, l->key, SLICE_EMPTY, document, 1, NULL) != OPTOUT_OK)
        log_event(LOG_NOT_TAKEN, "not learned: it could not be stored");
    arena_reset(&arena);
    learning_free(l);
}

static const char *take_answer(struct discovery *d, struct arena *arena, const struct message *m)
{
    struct intake *in = d->intake;
    const struct slice *f = m->field;
    struct headers headers = { NULL, 0 };
    struct slice origin, path;
    uint64_t status;
    struct site_answer a = { .source = SITE_PASSIVE, .headers = &headers,
                             .now_ms = clock_wall_ms() };
    if (m->n != LEARN_FIELDS || !site_kind_from_name(f[LEARN_KIND], &a.kind) ||
        !site_kind_is_file(a.kind))
        return "no such kind of file";
    if (f[LEARN_URL].n > SITE_URL_MAX || !url_split(arena, f[LEARN_ORIGIN], &origin, &path) ||
        !slice_eq(origin, f[LEARN_ORIGIN]))
        return "no origin";
    if (!slice_to_u64(f[LEARN_STATUS], &status) || status > 999 || !document_teaches((int)status))
        return "a status that says nothing of the file";
    if (headers_parse(&headers, arena, f[LEARN_HEAD]) != OPTOUT_OK)
        return "a head that cannot be read";
    a.origin = origin;
    a.url = f[LEARN_URL];
    a.agent = slice_sub(f[LEARN_AGENT], 0, SITE_AGENT_MAX);
    a.status = (int)status;
    a.body = f[LEARN_BODY];
    bool licence = a.kind == SITE_LICENCE;
    struct intake_place place = {
        .kind = a.kind,
        .key = licence ? store_key_licence(arena, a.url)
                       : store_key_origin(arena, origin, SLICE_EMPTY),
        .share_key = share_key_print(arena, a.kind, licence ? a.url : origin, SLICE_EMPTY),
    };
    if (!place.key.p || !place.share_key.p)
        return "out of memory";
    inquiries_write(d->inquiries, place.key, a.kind);
    if (!is_wanted(in, arena, place.key, a.kind, a.status, a.now_ms))
        return "a failure, while what is known holds";
    if (!worker_has_room(in->worker, a.body.n))
        return "too many documents wait to be read";
    struct learning *l = learning_new(d, place.key, a.kind);
    if (!l)
        return "out of memory";
    in->count->learned++;
    struct intake_reading *reading = intake_read(in, &place, &a, on_read, l);
    if (reading) /* else it is over, and so is l */
        l->reading = reading;
    return NULL;
}

const char *discovery_learn(struct discovery *d, const struct message *m)
{
    struct arena arena;
    if (d->stopped)
        return "going down";
    arena_init(&arena, INTAKE_ARENA, NULL, 0);
    const char *why = take_answer(d, &arena, m);
    arena_reset(&arena);
    return why;
}

/* ---- forgetting ---- */

struct variants {
    struct arena *arena;
    struct slice origin, key; /* key: the next one of that origin; empty: none */
};

static bool next_variant(void *ctx, const struct store_value *value)
{
    struct variants *v = ctx;
    struct slice key = value->key;
    size_t n = v->origin.n;
    if (key.n > n && slice_eq(slice_sub(key, 0, n), v->origin) && key.p[n] == '\n')
        v->key = arena_copy(v->arena, key, STORE_KEY_MAX);
    return false;
}

/* To the origin's next token; false: none, or the arena is used up. */
static bool to_next_variant(struct intake *in, struct variants *v)
{
    struct slice last = v->key;
    v->key = SLICE_EMPTY;
    store_each(in->store, last, next_variant, v);
    return v->key.n != 0;
}

static void share_forget_all(struct intake *in, struct arena *arena, struct slice name,
                             struct slice token, bool licence)
{
    for (unsigned kind = 0; kind < SITE_KIND_COUNT && in->share; kind++) {
        bool of_key = licence ? kind == SITE_LICENCE
                              : kind != SITE_LICENCE && (!token.n || kind == SITE_ROBOTS);
        of_key = of_key && site_kind_is_file((enum site_kind)kind);
        struct slice key = of_key ? share_key_print(arena, (enum site_kind)kind, name, token)
                                  : SLICE_EMPTY;
        if (key.n)
            share_forget(in->share, key);
    }
}

static bool forget_origin(struct intake *in, struct arena *arena, struct slice origin)
{
    struct slice key = store_key_origin(arena, origin, SLICE_EMPTY);
    struct variants v = { .arena = arena, .origin = origin, .key = key };
    do /* the origin, then each of its tokens */
        share_forget_all(in, arena, origin, slice_from(v.key, origin.n + 1), false);
    while (to_next_variant(in, &v));
    return key.p && store_forget(in->store, key) == OPTOUT_OK; /* with its tokens */
}

bool discovery_forget(struct discovery *d, struct slice name)
{
    struct arena arena;
    struct slice origin, path;
    arena_init(&arena, 4u << 20, NULL, 0);
    bool good = name.n && url_split(&arena, name, &origin, &path);
    learning_drop(d); /* of other names, too: what passed by is learned again */
    if (good && slice_eq(origin, name)) {
        inquiries_forget(d->inquiries, name);
        if (d->intake->news)
            news_forget(d->intake->news, name);
        good = forget_origin(d->intake, &arena, name);
    } else if (good) {
        struct slice key = store_key_licence(&arena, name);
        inquiries_forget(d->inquiries, key);
        share_forget_all(d->intake, &arena, name, SLICE_EMPTY, true);
        good = key.p && store_forget(d->intake->store, key) == OPTOUT_OK;
    }
    arena_reset(&arena);
    return good;
}

/* Another node forgot the origin: it does not know of all tokens that are here. */
static void forget_tokens(struct discovery *d, struct arena *arena, struct slice origin)
{
    struct variants v = { .arena = arena, .origin = origin, .key = origin };
    while (to_next_variant(d->intake, &v)) {
        inquiries_write(d->inquiries, v.key, SITE_ROBOTS);
        intake_expire(d->intake, v.key, SITE_ROBOTS, SHARE_FORGOTTEN);
        share_forget_all(d->intake, arena, origin, slice_from(v.key, origin.n + 1), false);
    }
}

void discovery_changed(struct discovery *d, struct slice share_key, int64_t fetched_ms)
{
    struct arena arena;
    enum site_kind kind;
    struct slice key;
    arena_init(&arena, 4u << 20, NULL, 0);
    if (share_key.n <= SITE_URL_MAX + TOKEN_MAX + 64 &&
        share_key_read(&arena, share_key, &kind, &key)) {
        inquiries_write(d->inquiries, key, kind);
        intake_expire(d->intake, key, kind, fetched_ms);
        inquiries_changed(d->inquiries, key, kind);
        if (kind == SITE_ROBOTS && fetched_ms == SHARE_FORGOTTEN &&
            slice_find(key, '\n') == key.n)
            forget_tokens(d, &arena, key);
    }
    arena_reset(&arena);
}
