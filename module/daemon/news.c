/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/news.h"

#include "core/clock.h"
#include "core/hex.h"
#include "core/log.h"
#include "daemon/terms_value.h"
#include "daemon/told.h"
#include "http/url_path.h"
#include "verdict/fleet_images.h"
#include "verdict/joins.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define IMAGES "images:"
#define HELLO "hello:"
#define IMAGES_KEY_SIZE (sizeof IMAGES - 1 + 2 * (IMAGE_KEY + 4))
#define ROUND_US 20000           /* between two rounds of a walk over what was told */
#define SETTLE_US 300000         /* both connections, and the other nodes, come one after the other */
#define HELLO_SPREAD_US 1000000  /* a fleet does not answer at one moment */
#define HELLO_PAUSE_MS 10000     /* from one answer to the next */
#define MEND_SPREAD_MS 1000      /* others may be about to mend the same value */
#define MEND_PAUSE_MS 10000      /* from one mending of a value to the next, */
#define MENDS_MAX 3              /* in a row: nodes that do not agree do not go on for ever */
#define MENDS_OVER_MS 600000     /* then a row begins anew */
#define REFUSED_PAUSE_MS 60000   /* from one line in the log to the next: anybody may write such values */
#define SILENCE_MS (7 * 86400ll * 1000) /* that a page of terms says nothing any more */

/* Something that another node has; fetched in its turn. */
struct wanted {
    struct map_node node; /* first */
    struct wanted *later;
    struct news *news;
    bool asked, again; /* Redis has been asked; and it changed meanwhile */
};

struct news {
    struct news_env env;
    struct image_map *map; /* NULL: images are not shared, or the file cannot be made */
    struct told told;
    struct map wanted;
    struct wanted *first, **last;
    size_t under_way;
    struct timer hello;  /* connected: what was told goes to Redis, and the others are greeted */
    struct timer answer; /* somebody said hello */
    struct timer mend;   /* what was not sent goes to Redis */
    struct timer round;  /* of the walk */
    bool looks;          /* the walk looks for the values in Redis, too */
    int64_t answered_ms, refused_ms;
    struct news_stat stat;
};

/* ---- telling ---- */

static void want(struct news *n, struct slice key);

static struct share *share_of(const struct news *n)
{
    return n->env.intake->share;
}

/* False: not now. */
static bool give(struct news *n, struct told_value *v, int64_t now_ms)
{
    bool sent = share_set(share_of(n), v->node.key, v->value, v->read_ms, v->until_ms - now_ms);
    n->stat.told += sent && !v->sent;
    v->sent |= sent;
    v->told_ms = sent ? now_ms : v->told_ms;
    return sent;
}

static void tell(struct news *n, struct slice key, struct slice value, int64_t read_ms,
                 int64_t until_ms)
{
    struct told_value *v = told_put(&n->told, key, value, read_ms, until_ms);
    if (!v)
        n->stat.lost++;
    else
        (void)give(n, v, clock_wall_ms()); /* else when Redis is back */
}

/* Before anything is given that was not read just now, it is looked for in Redis, where another node may
 * have put what it read later. */
static void on_round(void *ctx)
{
    struct news *n = ctx;
    int64_t now_ms = clock_wall_ms();
    for (unsigned i = 0; i < NEWS_AT_ONCE && n->told.next; i++) {
        struct told_value *v = n->told.next;
        bool over = v->until_ms <= now_ms;
        if (!over && (n->looks || !v->sent))
            want(n, v->node.key);
        else if (!over && !share_say(share_of(n), v->node.key, v->read_ms))
            return; /* lost again: the next connection begins anew */
        n->told.next = v->newer;
        if (over)
            told_drop(&n->told, v);
    }
    if (n->told.next)
        loop_timer(n->env.loop, &n->round, ROUND_US);
    else
        n->looks = false;
}

static void walk(struct news *n, bool looks)
{
    n->looks |= looks;
    n->told.next = n->told.oldest;
    if (n->told.next)
        loop_timer(n->env.loop, &n->round, 0);
}

static void on_hello(void *ctx)
{
    struct news *n = ctx;
    (void)share_say(share_of(n), SLICE_OF(HELLO), clock_wall_ms());
    walk(n, true);
}

void news_connected(struct news *n)
{
    loop_timer(n->env.loop, &n->hello, SETTLE_US);
}

static void on_answer(void *ctx)
{
    struct news *n = ctx;
    n->answered_ms = clock_wall_ms();
    walk(n, false);
}

/* Those who come at about the same time are answered together. */
static void greeted(struct news *n)
{
    int64_t left_ms = n->answered_ms + HELLO_PAUSE_MS - clock_wall_ms();
    uint64_t wait_us = arc4random_uniform(HELLO_SPREAD_US);
    if (left_ms > 0 && left_ms <= HELLO_PAUSE_MS)
        wait_us += (uint64_t)left_ms * 1000;
    if (!n->answer.place)
        loop_timer(n->env.loop, &n->answer, wait_us);
}

/* ---- mending ---- */

static void give_unsent(struct news *n)
{
    int64_t now_ms = clock_wall_ms();
    for (struct told_value *v = n->told.oldest; v; v = v->newer)
        if (!v->sent && v->until_ms > now_ms && !give(n, v, now_ms))
            return; /* the next connection gives it */
}

static void on_mend(void *ctx)
{
    give_unsent(ctx);
}

struct mending {
    uint8_t n; /* of a row; 0: it was not told at all yet */
    int64_t told_ms;
    uint64_t wait_ms;
};

static bool may_mend(const struct told_value *own, struct mending *m)
{
    int64_t now_ms = clock_wall_ms(), age_ms = own ? now_ms - own->told_ms : MENDS_OVER_MS;
    uint8_t before = age_ms < MENDS_OVER_MS ? own->mended : 0;
    *m = (struct mending){ (uint8_t)(before + 1), now_ms, arc4random_uniform(MEND_SPREAD_MS) };
    if (own && !own->sent) { /* it is about to be told */
        m->n = own->mended;
        m->told_ms = own->told_ms;
        return true;
    }
    if (before && age_ms >= 0 && age_ms < MEND_PAUSE_MS)
        m->wait_ms += (uint64_t)(MEND_PAUSE_MS - age_ms);
    return before < MENDS_MAX;
}

/* Redis has something older than v, or nothing that can be read: who comes later must find v. Others may
 * see that, too, so it is put off for a moment, and not done when one of them was quicker. */
static void mend(struct news *n, struct told_value *v, const struct mending *m)
{
    v->sent = false;
    v->told_ms = m->told_ms;
    v->mended = m->n;
    if (!n->mend.place)
        loop_timer(n->env.loop, &n->mend, m->wait_ms * 1000);
}

static void mend_own(struct news *n, struct told_value *own)
{
    struct mending m;
    if (own && may_mend(own, &m))
        mend(n, own, &m);
}

static void mend_with(struct news *n, struct slice key, struct slice value, int64_t read_ms,
                      int64_t until_ms)
{
    struct mending m;
    struct told_value *v = may_mend(told_find(&n->told, key), &m)
                               ? told_put(&n->told, key, value, read_ms, until_ms) : NULL;
    if (v)
        mend(n, v, &m);
}

static void refuse(struct news *n, struct slice key)
{
    int64_t now_ms = clock_wall_ms();
    n->stat.refused++;
    mend_own(n, told_find(&n->told, key));
    if (now_ms - n->refused_ms < REFUSED_PAUSE_MS)
        return;
    n->refused_ms = now_ms;
    log_event(LOG_SHARE, "what Redis holds under %.*s cannot be read", SLICE_FMT(key));
}

/* ---- images ---- */

static struct slice images_key(const struct image_key *k, char out[IMAGES_KEY_SIZE])
{
    uint8_t at[4] = { (uint8_t)(k->at >> 24), (uint8_t)(k->at >> 16), (uint8_t)(k->at >> 8),
                      (uint8_t)k->at };
    memcpy(out, IMAGES, sizeof IMAGES - 1);
    hex_print(out + sizeof IMAGES - 1, k->p, IMAGE_KEY);
    hex_print(out + sizeof IMAGES - 1 + 2 * IMAGE_KEY, at, sizeof at);
    return slice_of(out, IMAGES_KEY_SIZE);
}

static bool is_images_key(struct slice key, struct image_key *k)
{
    struct slice hex = slice_from(key, sizeof IMAGES - 1);
    uint8_t bytes[IMAGE_KEY + 4];
    if (key.n != IMAGES_KEY_SIZE || !slice_eq(slice_sub(key, 0, sizeof IMAGES - 1), SLICE_OF(IMAGES)))
        return false;
    for (size_t i = 0; i < sizeof bytes; i++) {
        int high = hex_value(hex.p[2 * i]), low = hex_value(hex.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(k->p, bytes, IMAGE_KEY);
    k->at = (uint32_t)bytes[16] << 24 | (uint32_t)bytes[17] << 16 | (uint32_t)bytes[18] << 8 |
            bytes[19];
    return true;
}

static const char *images_read(struct news *n, struct slice value)
{
    char text[IMAGES_KEY_SIZE];
    struct joins j;
    int64_t now_ms = clock_wall_ms();
    if (!n->map)
        return "images are not shared";
    if (value.n > JOINS_MAX || !joins_read(value, now_ms, &j))
        return "no page with images";
    if (joins_apply(&j, n->map, now_ms))
        tell(n, images_key(&j.of, text), value, j.read_ms, j.page.until_ms);
    return NULL;
}

/* The page says nothing any more, and that was read later than what Redis has. */
static void mend_silence(struct news *n, struct slice key, const struct image_key *image,
                         int64_t there_ms)
{
    struct joins j = { .of = *image, .whole = true };
    struct buf value;
    if (!image_map_page(n->map, image, clock_wall_ms(), &j.page) || !image_page_is_silent(&j.page) ||
        j.page.since_ms <= there_ms)
        return;
    j.read_ms = j.page.since_ms;
    buf_init(&value, JOINS_MAX);
    if (joins_print(&j, NULL, 0, &value) == OPTOUT_OK)
        mend_with(n, key, buf_slice(&value), j.read_ms, j.page.until_ms);
    buf_free(&value);
}

/* In Redis is what was read at `there_ms`. */
static void hold_against_ours(struct news *n, struct slice key, const struct image_key *image,
                              int64_t there_ms)
{
    struct told_value *own = told_find(&n->told, key);
    if (!own)
        mend_silence(n, key, image, there_ms);
    else if (own->read_ms > there_ms)
        mend_own(n, own);
    else if (own->read_ms < there_ms) /* it must not come back */
        told_drop(&n->told, own);
    else
        own->sent = true;
}

static void take_images(struct news *n, struct slice key, struct slice value)
{
    char text[IMAGES_KEY_SIZE];
    struct joins j;
    int64_t now_ms = clock_wall_ms();
    if (value.n > JOINS_MAX || !joins_read(value, now_ms, &j) ||
        !slice_eq(images_key(&j.of, text), key)) {
        refuse(n, key);
        return;
    }
    n->stat.taken += joins_apply(&j, n->map, now_ms);
    hold_against_ours(n, key, &j.of, j.read_ms);
}

static bool has_images(struct news *n, const struct image_key *k, int64_t read_ms)
{
    struct image_page known;
    return image_map_page(n->map, k, clock_wall_ms(), &known) && known.since_ms >= read_ms;
}

static void on_images_changed(struct news *n, struct slice key, const struct image_key *image,
                              int64_t fetched_ms)
{
    if (!n->map || fetched_ms == SHARE_FORGOTTEN)
        return;
    if (has_images(n, image, fetched_ms))
        hold_against_ours(n, key, image, fetched_ms);
    else
        want(n, key);
}

/* ---- terms ---- */

static struct slice terms_key(struct arena *a, struct slice origin)
{
    return share_key_print(a, SITE_TERMS, origin, SLICE_EMPTY);
}

static bool is_origin(struct slice name)
{
    struct arena scratch;
    struct slice origin, path;
    arena_init(&scratch, 64u << 10, NULL, 0);
    bool good = name.n && name.n <= TERMS_URL_MAX && url_split(&scratch, name, &origin, &path) &&
                slice_eq(origin, name);
    arena_reset(&scratch);
    return good;
}

static bool is_terms_key(struct slice key, struct slice *origin)
{
    size_t colon = slice_find(key, ':');
    *origin = slice_from(key, colon + 1);
    return slice_eq(slice_sub(key, 0, colon), slice_cstr(site_kind_name(SITE_TERMS))) &&
           is_origin(*origin);
}

/* What is known of them, in the memory of `list`. False: the store cannot say. */
static bool list_pages(struct news *n, struct slice origin, int64_t now_ms, struct buf *list,
                       struct terms_value *v)
{
    v->n = 0;
    if (terms_list(n->env.intake->store, origin, list) != OPTOUT_OK) {
        log_event_on(LOG_STORE, origin, "the terms of %.*s could not be read, and are not told",
                     SLICE_FMT(origin));
        return false;
    }
    struct slice rest = buf_slice(list);
    while (v->n < TERMS_PAGES && terms_next(&rest, &v->page[v->n]))
        v->n += terms_kept_until(&v->page[v->n]) > now_ms;
    return true;
}

static const struct terms_page *page_at(const struct terms_value *v, struct slice url)
{
    for (size_t i = 0; i < v->n; i++)
        if (slice_eq(v->page[i].url, url))
            return &v->page[i];
    return NULL;
}

typedef void telling(struct news *n, struct slice key, struct slice value, int64_t read_ms,
                     int64_t until_ms);

static void tell_terms(struct news *n, struct slice origin, const struct terms_value *v,
                       int64_t now_ms, telling *how)
{
    struct buf value;
    struct arena scratch;
    int64_t until_ms = now_ms;
    buf_init(&value, TERMS_VALUE_MAX);
    arena_init(&scratch, 64u << 10, NULL, 0);
    for (size_t i = 0; i < v->n; i++) {
        int64_t kept_ms = terms_kept_until(&v->page[i]);
        until_ms = kept_ms > until_ms ? kept_ms : until_ms;
    }
    struct slice key = terms_key(&scratch, origin);
    if (key.n && v->n && terms_value_print(v, &value) == OPTOUT_OK)
        how(n, key, buf_slice(&value), now_ms, until_ms);
    arena_reset(&scratch);
    buf_free(&value);
}

#define LIST_MAX (1u << 20)

void news_terms_read(struct news *n, struct slice origin, struct slice url)
{
    struct terms_value v;
    struct buf list;
    int64_t now_ms = clock_wall_ms();
    if (!share_of(n))
        return;
    buf_init(&list, LIST_MAX);
    bool known = list_pages(n, origin, now_ms, &list, &v);
    if (known && !page_at(&v, url))
        v.page[v.n++] = (struct terms_page){ .url = url, .fetched_ms = now_ms,
                                             .expires_ms = now_ms + SILENCE_MS };
    if (known)
        tell_terms(n, origin, &v, now_ms, tell);
    buf_free(&list);
}

static const char *terms_read(struct news *n, struct slice origin, struct slice url)
{
    if (!is_origin(origin) || url.n > TERMS_URL_MAX || url.n <= origin.n ||
        !slice_eq(slice_sub(url, 0, origin.n), origin) || url.p[origin.n] != '/')
        return "no page of that origin";
    news_terms_read(n, origin, url);
    return NULL;
}

/* What stands in Redis lacks what we know: a page was read there earlier than here, or, of nodes that
 * told at once and so have overwritten each other, what we told is not there. */
static void mend_terms(struct news *n, struct slice key, struct slice origin,
                       const struct terms_value *got, int64_t now_ms)
{
    struct told_value *own = told_find(&n->told, key);
    struct terms_value all;
    struct buf list;
    bool lacks = false;
    buf_init(&list, LIST_MAX);
    bool known = list_pages(n, origin, now_ms, &list, &all);
    for (size_t i = 0; i < all.n && !lacks; i++) {
        const struct terms_page *there = page_at(got, all.page[i].url);
        lacks = there ? there->fetched_ms < all.page[i].fetched_ms : own != NULL;
    }
    if (lacks)
        tell_terms(n, origin, &all, now_ms, mend_with);
    else if (own && known)
        own->sent = true;
    buf_free(&list);
}

/* Redis has none: of what was told, what is known now. */
static void tell_terms_anew(struct news *n, struct slice origin, struct told_value *own)
{
    struct terms_value all;
    struct buf list;
    int64_t now_ms = clock_wall_ms();
    buf_init(&list, LIST_MAX);
    bool known = list_pages(n, origin, now_ms, &list, &all);
    if (all.n)
        tell_terms(n, origin, &all, now_ms, tell);
    else if (known)
        told_drop(&n->told, own);
    buf_free(&list);
}

/* True: one of them was news. */
static bool store_terms(struct news *n, struct slice origin, const struct terms_value *v,
                        int64_t now_ms)
{
    struct store *store = n->env.intake->store;
    bool news = false, changed;
    for (size_t i = 0; i < v->n; i++) {
        const struct terms_page *p = &v->page[i];
        if (terms_known(store, origin, p->url, now_ms).fetched_ms >= p->fetched_ms)
            continue;
        if (terms_put_if_news(store, origin, p, now_ms, &changed) == OPTOUT_OK)
            news |= changed;
        else
            log_event_on(LOG_STORE_NOT_WRITTEN, p->url, "the terms at %.*s could not be stored",
                         SLICE_FMT(p->url));
    }
    return news;
}

void news_take_terms(struct news *n, struct slice origin, struct slice value)
{
    struct terms_value v;
    struct arena scratch;
    int64_t now_ms = clock_wall_ms();
    arena_init(&scratch, 64u << 10, NULL, 0);
    struct slice key = terms_key(&scratch, origin);
    if (value.n > TERMS_VALUE_MAX || !terms_value_read(value, origin, now_ms, &v)) {
        refuse(n, key);
    } else {
        n->stat.taken += store_terms(n, origin, &v, now_ms);
        mend_terms(n, key, origin, &v, now_ms);
    }
    arena_reset(&scratch);
}

static bool knows_origin(struct news *n, struct slice origin)
{
    struct arena scratch;
    struct seen seen;
    arena_init(&scratch, 64u << 10, NULL, 0);
    seen_read(n->env.intake->store, &scratch, store_key_origin(&scratch, origin, SLICE_EMPTY), &seen);
    arena_reset(&scratch);
    return seen.there;
}

/* ---- fetching ---- */

static void fetch_more(struct news *n);

static void line_up(struct news *n, struct wanted *w)
{
    w->later = NULL;
    *n->last = w;
    n->last = &w->later;
}

static void take(struct news *n, struct slice key, enum share_result r, struct slice value)
{
    struct slice origin;
    struct image_key image;
    struct told_value *own = told_find(&n->told, key);
    bool images = is_images_key(key, &image), terms = !images && is_terms_key(key, &origin);
    if (r == SHARE_FOUND && images)
        take_images(n, key, value);
    else if (r == SHARE_FOUND && terms)
        news_take_terms(n, origin, value);
    else if (r == SHARE_ABSENT && own && terms)
        tell_terms_anew(n, origin, own);
    else if (r == SHARE_ABSENT && own)
        (void)give(n, own, clock_wall_ms());
}

static void on_value(void *ctx, enum share_result r, struct slice value)
{
    struct wanted *w = ctx;
    struct news *n = w->news;
    n->under_way--;
    if (w->again && r != SHARE_AWAY) {
        w->again = w->asked = false;
        line_up(n, w);
        fetch_more(n);
        return;
    }
    map_remove(&n->wanted, &w->node);
    take(n, w->node.key, r, value);
    free(w);
    if (r != SHARE_AWAY) /* else it is told again when we are back */
        fetch_more(n);
}

static void fetch_more(struct news *n)
{
    while (n->first && n->under_way < NEWS_AT_ONCE) {
        struct wanted *w = n->first;
        n->first = w->later;
        if (!n->first)
            n->last = &n->first;
        n->under_way++;
        w->asked = true;
        share_get(share_of(n), w->node.key, false, false, on_value, w);
    }
}

static void want(struct news *n, struct slice key)
{
    struct wanted *w = (struct wanted *)map_find(&n->wanted, key); /* node is its first member */
    if (w) {
        w->again = w->asked;
        return;
    }
    w = n->wanted.n < NEWS_WANTED_MAX ? malloc(sizeof *w + key.n) : NULL;
    if (!w) {
        n->stat.lost++;
        return;
    }
    *w = (struct wanted){ .node.key = { (uint8_t *)(w + 1), key.n }, .news = n };
    memcpy(w + 1, key.p, key.n);
    map_add(&n->wanted, &w->node);
    line_up(n, w);
    fetch_more(n);
}

bool news_changed(struct news *n, struct slice key, int64_t fetched_ms)
{
    struct image_key image;
    struct slice origin;
    if (slice_eq(key, SLICE_OF(HELLO))) {
        greeted(n);
    } else if (is_images_key(key, &image)) {
        on_images_changed(n, key, &image, fetched_ms);
    } else if (is_terms_key(key, &origin)) {
        struct told_value *own = told_find(&n->told, key);
        if (fetched_ms == SHARE_FORGOTTEN && own)
            told_drop(&n->told, own);
        if (fetched_ms != SHARE_FORGOTTEN)
            want(n, key); /* known or not: it may be asked for at this moment */
        else if (knows_origin(n, origin) && terms_forget(n->env.intake->store, origin) != OPTOUT_OK)
            log_event_on(LOG_STORE_NOT_WRITTEN, origin, "the terms of %.*s could not be forgotten",
                         SLICE_FMT(origin));
    } else {
        return false;
    }
    return true;
}

void news_forget(struct news *n, struct slice origin)
{
    struct arena scratch;
    arena_init(&scratch, 64u << 10, NULL, 0);
    struct slice key = terms_key(&scratch, origin);
    struct told_value *own = key.n ? told_find(&n->told, key) : NULL;
    if (own)
        told_drop(&n->told, own);
    if (key.n && share_of(n))
        share_forget(share_of(n), key);
    arena_reset(&scratch);
}

/* ---- life ---- */

void news_flush(struct news *n)
{
    size_t unsent = 0;
    if (!share_of(n))
        return;
    give_unsent(n);
    bool all = share_flush(share_of(n), NEWS_FLUSH_MS);
    for (struct told_value *v = n->told.oldest; v; v = v->newer)
        unsent += !v->sent;
    if (unsent || !all)
        log_event(LOG_SHARE, "other nodes are not told of all that was learned here of pages: "
                             "Redis %s, %zu values waited", all ? "is away" : "does not answer", unsent);
}

const char *news_take(struct news *n, const struct message *m)
{
    if (!share_of(n)) /* the filter does not know whether there is a fleet */
        return NULL;
    if (m->verb == MESSAGE_IMAGES)
        return m->n == 1 ? images_read(n, m->field[0]) : "no page with images";
    return m->n == 2 ? terms_read(n, m->field[0], m->field[1]) : "no page of terms";
}

static struct image_map *open_map(const struct news_env *env)
{
    char path[1100];
    snprintf(path, sizeof path, "%s/%s", env->dir, FLEET_IMAGES_FILE);
    struct image_map *m = env->images && env->intake->share ? image_map_create(path, env->images)
                                                            : NULL;
    if (!m && env->images && env->intake->share)
        log_event(LOG_STORE_NOT_WRITTEN, "what pages say of their images is not shared: %s: %s", path,
                  strerror(errno));
    return m;
}

struct news *news_new(const struct news_env *env)
{
    struct news *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->env = *env;
    n->last = &n->first;
    n->hello = (struct timer){ .fire = on_hello, .ctx = n };
    n->answer = (struct timer){ .fire = on_answer, .ctx = n };
    n->mend = (struct timer){ .fire = on_mend, .ctx = n };
    n->round = (struct timer){ .fire = on_round, .ctx = n };
    told_init(&n->told);
    map_init(&n->wanted);
    n->map = open_map(env);
    return n;
}

void news_free(struct news *n)
{
    if (!n)
        return;
    loop_timer_stop(n->env.loop, &n->hello);
    loop_timer_stop(n->env.loop, &n->answer);
    loop_timer_stop(n->env.loop, &n->mend);
    loop_timer_stop(n->env.loop, &n->round);
    while (n->first) {
        struct wanted *w = n->first;
        n->first = w->later;
        free(w);
    }
    told_free(&n->told);
    image_map_free(n->map);
    free(n);
}

void news_stat(const struct news *n, struct news_stat *out)
{
    *out = n->stat;
    out->lost += n->told.lost;
    out->waiting = 0;
    for (const struct told_value *v = n->told.oldest; v; v = v->newer)
        out->waiting += !v->sent;
}
