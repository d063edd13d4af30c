/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/terms_fetch.h"

#include "core/clock.h"
#include "core/log.h"
#include "daemon/news.h"
#include "http/url_path.h"
#include "syntax/digest.h"
#include "verdict/terms.h"

#include <stdlib.h>

#define GIVE_UP_US (2 * WAIT_MAX_MS_OF_ASK * 1000ull)
#define UNSTORED_PAUSE_US (3600 * 1000000ull) /* while the store refuses what a page says */

enum { TERMS_URL, TERMS_TOKEN, TERMS_AGENT, TERMS_FIELDS };

struct page {
    struct page *older, *newer;
    struct terms_fetches *all;
    struct arena arena;
    struct slice url, origin, host, token, agent;
    bool site_is_known;
    bool over; /* but could not be stored: stays for a while, lest it be asked for again */
    struct timer next; /* set from the beginning, so that moving it takes no memory */
    struct turn turn;
    struct fetch *fetch;
    struct worker_job *reading;
    struct buf body; /* while it is read */
};

struct terms_fetches {
    struct terms_fetches_env env;
    struct page *newest;
    size_t n;
};

static void page_free(struct page *p)
{
    struct terms_fetches *all = p->all;
    if (p->fetch)
        fetch_cancel(p->fetch);
    if (p->reading)
        worker_leave(p->reading);
    polite_done(all->env.polite, &p->turn);
    loop_timer_stop(all->env.loop, &p->next);
    if (p->newer)
        p->newer->older = p->older;
    else
        all->newest = p->older;
    if (p->older)
        p->older->newer = p->newer;
    all->n--;
    buf_free(&p->body);
    arena_reset(&p->arena);
    free(p);
}

/* ---- whether it may be asked for ---- */

/* robots.txt as it is for the asker; where it is not known whether it lets him, it does not. */
static bool robots_of(const struct page *p, struct arena *a, struct site_document *out)
{
    struct store *store = p->all->env.intake->store;
    struct slice key = store_key_origin(a, p->origin, SLICE_EMPTY);
    struct slice own = p->token.n ? store_key_origin(a, p->origin, p->token) : SLICE_EMPTY;
    struct site_document variant;
    if (!key.p || !stored_document(store, a, key, SITE_ROBOTS, out))
        return false;
    if (out->varies && own.n && stored_document(store, a, own, SITE_ROBOTS, &variant))
        *out = variant;
    return out->state == SITE_PUBLISHED || out->state == SITE_NONE;
}

static bool rules_let(const struct page *p, struct arena *a, struct slice rules, struct slice path)
{
    struct rules_query q = { .origin = p->origin, .path = url_path_normal(a, path),
                             .agent = &p->token, .n_agents = p->token.n != 0, .no_words = true };
    struct signals *found = arena_alloc(a, sizeof *found);
    struct rules_verdict v = { .access_found = false };
    if (!found || !q.path.p)
        return false;
    signals_init(found, a);
    return compiled_apply(rules, &q, found, &v) == OPTOUT_OK && (!v.access_found || v.allowed);
}

/* Also of where a redirect leads. */
static bool may_ask(void *ctx, struct slice url)
{
    const struct page *p = ctx;
    struct arena arena;
    struct site_document robots;
    struct slice origin, path;
    arena_init(&arena, INTAKE_ARENA, NULL, 0);
    bool may = url_split(&arena, url, &origin, &path) && slice_eq(origin, p->origin) &&
               robots_of(p, &arena, &robots) &&
               (robots.state == SITE_NONE || rules_let(p, &arena, robots.rules, path));
    arena_reset(&arena);
    return may;
}

/* ---- what it says ---- */

/* A document that is relied on is kept. False: it could not be. */
static bool keep_original(struct intake *in, const struct terms_page *page, struct slice body)
{
    return !page->n ||
           (page->has_sha256 && store_keep_original(in->store, page->sha256, body) == OPTOUT_OK);
}

/* False: it could not be stored. */
static bool take_page(struct page *p, struct terms_page *page, struct slice body)
{
    struct intake *in = p->all->env.intake;
    page->url = p->url;
    page->asked = true;
    in->count->terms_read += !page->unread;
    log_event_on(LOG_TERMS_READ, p->url, "terms %.*s: %s", SLICE_FMT(p->url),
                 page->unread ? "cannot be read" : page->n ? "they reserve" : "they say nothing");
    bool changed = false;
    bool stored = keep_original(in, page, body) &&
                  terms_put_if_news(in->store, p->origin, page, page->fetched_ms, &changed) == OPTOUT_OK;
    if (changed && in->news)
        news_terms_read(in->news, p->origin, p->url);
    if (!stored)
        log_event_on(LOG_STORE_NOT_WRITTEN, p->url, "the terms at %.*s could not be stored",
                     SLICE_FMT(p->url));
    return stored;
}

static void page_over(struct page *p, struct terms_page *page)
{
    p->over = !take_page(p, page, buf_slice(&p->body));
    buf_free(&p->body);
    if (!p->over || !loop_timer(p->all->env.loop, &p->next, UNSTORED_PAUSE_US))
        page_free(p);
}

static void on_read(void *ctx, const struct terms_page *read)
{
    struct page *p = ctx;
    struct terms_page page = *read;
    p->reading = NULL;
    page.has_sha256 = digest_of(buf_slice(&p->body), page.sha256);
    page_over(p, &page);
}

static void on_fetched(void *ctx, const struct fetch_result *r)
{
    struct page *p = ctx;
    int64_t now_ms = clock_wall_ms();
    struct worker_terms t = { .url = r->url, .head = r->head, .body = r->body,
                              .status = r->status, .whole = !r->body_cut, .now_ms = now_ms };
    p->fetch = NULL;
    polite_done(p->all->env.polite, &p->turn);
    if (r->why.n)
        log_event_on(LOG_TERMS_READ, p->url, "terms %.*s: %.*s", SLICE_FMT(p->url),
                     SLICE_FMT(r->why));
    buf_init(&p->body, TERMS_PAGE_MAX);
    if (buf_append(&p->body, r->body.p, r->body.n) == OPTOUT_OK)
        p->reading = worker_read_terms(p->all->env.intake->worker, &t, on_read, p);
    if (p->reading)
        return;
    struct terms_page unread = terms_unread(now_ms);
    page_over(p, &unread);
}

/* ---- the way there ---- */

static void on_turn(void *ctx)
{
    struct page *p = ctx;
    struct terms_fetches_env *env = &p->all->env;
    struct fetch_request r = { .url = p->url, .agent = p->agent, .body_max = TERMS_PAGE_MAX,
                               .may_follow = may_ask };
    env->intake->count->terms_asked++;
    p->fetch = fetch_start(env->fetcher, &r, on_fetched, p);
    if (!p->fetch)
        page_free(p);
}

static void on_next(void *ctx)
{
    struct page *p = ctx;
    struct terms_fetches_env *env = &p->all->env;
    if (p->over) {
        page_free(p);
        return;
    }
    bool may = p->site_is_known && may_ask(p, p->url);
    p->turn = (struct turn){ .go = on_turn, .ctx = p };
    if (may && polite_ask(env->polite, p->host, &p->turn))
        return;
    env->intake->count->terms_refused++;
    log_event_on(LOG_TERMS_READ, p->url, "terms %.*s: %s", SLICE_FMT(p->url),
                 p->site_is_known ? "robots.txt refuses them" : "the site is not known");
    page_free(p);
}

/* Perhaps from inside of discovery_ask: goes on from the loop. */
static void on_site(void *ctx, const char *word, const char *text)
{
    struct page *p = ctx;
    (void)text;
    p->site_is_known = strcmp(word, "known") == 0;
    (void)loop_timer(p->all->env.loop, &p->next, 0);
}

/* ---- beginning ---- */

static bool is_under_way(const struct terms_fetches *all, struct slice origin, struct slice url,
                         unsigned *of_origin)
{
    bool found = false;
    *of_origin = 0;
    for (const struct page *p = all->newest; p; p = p->older) {
        *of_origin += slice_eq(p->origin, origin);
        found |= slice_eq(p->url, url);
    }
    return found;
}

static const char *why_not(const struct terms_fetches *all, struct slice origin, struct slice url)
{
    unsigned under_way;
    if (is_under_way(all, origin, url, &under_way))
        return "it is being fetched";
    struct terms_known known = terms_known(all->env.intake->store, origin, url, clock_wall_ms());
    if (known.fresh)
        return "what it said holds";
    if (known.asked + under_way >= TERMS_ASKED_MAX)
        return "enough terms of its origin were asked for";
    return all->n >= TERMS_FETCHES_MAX ? "too many are being fetched" : NULL;
}

static struct page *page_new(struct terms_fetches *all, struct slice origin, const struct message *m)
{
    struct page *p = calloc(1, sizeof *p);
    struct slice agent = m->field[TERMS_AGENT];
    if (!p)
        return NULL;
    if (!agent.n)
        agent = slice_cstr(all->env.intake->config->user_agent);
    p->all = all;
    p->next = (struct timer){ .fire = on_next, .ctx = p };
    arena_init(&p->arena, 32u << 10, NULL, 0);
    p->url = arena_copy(&p->arena, m->field[TERMS_URL], TERMS_URL_MAX);
    p->token = arena_copy(&p->arena, m->field[TERMS_TOKEN], TOKEN_MAX);
    p->agent = arena_copy(&p->arena, agent, SITE_AGENT_MAX);
    if (!p->url.p || !p->token.p || !p->agent.p ||
        !loop_timer(all->env.loop, &p->next, GIVE_UP_US)) {
        arena_reset(&p->arena);
        free(p);
        return NULL;
    }
    p->origin = slice_sub(p->url, 0, origin.n);
    p->host = slice_from(p->origin, slice_find(p->origin, ':') + 3);
    p->older = all->newest;
    if (p->older)
        p->older->newer = p;
    all->newest = p;
    all->n++;
    return p;
}

/* An origin and a path, as the filter writes it. */
static bool is_url(struct arena *a, struct slice url, struct slice *origin)
{
    struct slice path;
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= 0x20 || url.p[i] >= 0x7F)
            return false;
    return url.n <= TERMS_URL_MAX && url_split(a, url, origin, &path) &&
           url.n == origin->n + path.n && slice_eq(slice_sub(url, 0, origin->n), *origin);
}

const char *terms_fetches_take(struct terms_fetches *all, const struct message *m)
{
    struct arena scratch;
    struct slice origin;
    struct page *p = NULL;
    if (!all->env.phrases)
        return "SiteTerms is off";
    if (m->n != TERMS_FIELDS || m->field[TERMS_TOKEN].n > TOKEN_MAX ||
        m->field[TERMS_AGENT].n > SITE_AGENT_MAX)
        return "no page of terms";
    arena_init(&scratch, 64u << 10, NULL, 0);
    const char *why = is_url(&scratch, m->field[TERMS_URL], &origin)
                          ? why_not(all, origin, m->field[TERMS_URL]) : "no http or https URL";
    if (!why && !(p = page_new(all, origin, m)))
        why = "out of memory";
    arena_reset(&scratch);
    if (!p)
        return why;
    struct inquiry_subject site = { INQUIRY_ORIGIN, p->origin, p->token, p->agent, 0 };
    (void)discovery_ask(all->env.discovery, &site, WAIT_MAX_MS_OF_ASK, on_site, p);
    return NULL;
}

/* ---- life ---- */

struct terms_fetches *terms_fetches_new(const struct terms_fetches_env *env)
{
    struct terms_fetches *all = calloc(1, sizeof *all);
    if (all)
        all->env = *env;
    return all;
}

void terms_fetches_free(struct terms_fetches *all)
{
    while (all && all->newest)
        page_free(all->newest);
    free(all);
}
