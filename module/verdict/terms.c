/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/terms.h"

#include "http/url.h"
#include "http/url_path.h"
#include "policy/config.h"
#include "policy/terms_pages.h"
#include "site/message.h"
#include "standards/natural_language.h"
#include "syntax/digest.h"
#include "verdict/sites.h"
#include "verdict/url_set.h"

_Static_assert(TERMS_ID_SIZE == ULID_TEXT, "an id of a record");

/* Terms change rarely, and are read rarely: longer than other site files are kept. */
#define LIFE_MIN_S (7 * 86400)
#define LIFE_MAX_S (30 * 86400)
#define UNREAD_S 86400
#define TOLD_S 300
/* Of a body that is decoded already. */
#define EXPAND_MAX (16u << 20)
#define EXPAND_RATIO 1000

static int64_t life_of(const struct headers *head, int64_t now_ms)
{
    int64_t seconds = headers_freshness(head, now_ms / 1000);
    return seconds < 0 || seconds > LIFE_MAX_S ? LIFE_MAX_S
           : seconds < LIFE_MIN_S              ? LIFE_MIN_S
                                               : seconds;
}

/* A reservation of the page's own text. */
static bool is_of_terms(const struct signal *s)
{
    return natural_grade(s) > PHRASE_PERMISSION && s->carrier == CARRIER_HTML && !s->page.n &&
           !s->aside && signal_restricts(s);
}

/* The plainest first. */
static void take_hit(struct terms_page *p, const struct signal *s)
{
    size_t at = p->n;
    while (at && p->hit[at - 1].grade < s->property)
        at--;
    if (at == TERMS_HITS)
        return;
    p->n += p->n < TERMS_HITS;
    memmove(&p->hit[at + 1], &p->hit[at], (p->n - 1 - at) * sizeof p->hit[0]);
    p->hit[at] = (struct terms_hit){ .prefs = s->prefs, .grade = s->property, .at = s->at,
                                     .name = s->name, .text = s->raw };
}

static void take_hits(struct terms_page *p, const struct signals *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (is_of_terms(&s->v[i]))
            take_hit(p, &s->v[i]);
}

/* ---- links ---- */

/* Without what does not belong to it. */
static struct slice url_of(struct arena *a, struct slice origin, struct slice path)
{
    path = slice_sub(path, 0, slice_find(path, '#'));
    uint8_t *p = arena_take(a, origin.n + path.n);
    if (!p)
        return SLICE_EMPTY;
    memcpy(p, origin.p, origin.n);
    memcpy(p + origin.n, path.p, path.n);
    return slice_of(p, origin.n + path.n);
}

/* What was said to one who showed who he is may be for him alone. */
static bool is_for_everybody(const struct exchange *x)
{
    return !headers_find(&x->request, "cookie") && !headers_find(&x->request, "authorization");
}

/* The daemon is told of a page that nothing is known of, but not for each page that links to it. */
static void ask_for(struct judge *j, struct slice origin, struct slice url,
                    const struct image_key *key)
{
    const struct config *c = j->basis.config;
    int64_t now_ms = j->record.wall_ms;
    struct image_key told = *key;
    told.p[0] ^= 1; /* a row of its own in the table */
    if (!c->site_socket[0] || !j->basis.learns || url.n > TERMS_URL_MAX ||
        !is_for_everybody(&j->exchange) || url_set_has(j->basis.linked, &told, now_ms) ||
        terms_known(site_store(j->basis.site), origin, url, now_ms).fresh)
        return;
    url_set_add(j->basis.linked, &told, now_ms + TOLD_S * 1000ll);
    struct message m = { .verb = MESSAGE_TERMS, .n = 3 };
    m.field[0] = url;
    m.field[1] = j->profile->n_agents ? slice_cstr(j->profile->agent[0]) : SLICE_EMPTY;
    m.field[2] = slice_sub(sites_user_agent(j), 0, SITE_AGENT_MAX);
    (void)message_tell(c->site_socket, &m); /* no daemon: terms are learned as they pass by */
}

/* Only an origin's own pages say which its terms are. */
static void on_linked(void *ctx, struct slice base, struct slice reference)
{
    struct judge *j = ctx;
    struct arena *a = j->arena;
    struct slice url = url_resolve(a, base, url_as_sent(a, reference)), own, other, path, page;
    struct image_key key;
    if (!url_split(a, url, &other, &path) || !url_split(a, j->exchange.url, &own, &page) ||
        !slice_eq(own, other) || !image_key_of(url, &key))
        return;
    url_set_add(j->basis.linked, &key, j->record.wall_ms + LIFE_MIN_S * 1000ll);
    url = url_of(a, other, path);
    if (url.p)
        ask_for(j, other, url, &key);
}

struct terms_sink terms_sink(struct judge *j)
{
    bool wanted = j->basis.linked && j->basis.site && j->basis.phrases &&
                  j->basis.config->site_terms;
    return (struct terms_sink){ wanted ? on_linked : NULL, j };
}

static bool was_linked(const struct judge *j)
{
    struct image_key key;
    return !url_set_is_empty(j->basis.linked) && image_key_of(j->exchange.url, &key) &&
           url_set_has(j->basis.linked, &key, j->record.wall_ms);
}

/* ---- pages ---- */

static bool is_terms_page(const struct judge *j, struct slice path)
{
    const struct terms_pages *t = j->basis.terms ? j->basis.terms : terms_pages_builtin();
    return terms_pages_have_path(t, path) ||
           terms_pages_have_title(t, inspect_title(j->inspection)) || was_linked(j);
}

static bool was_read(const struct judge *j, enum inspect_end end)
{
    return end == INSPECT_WHOLE && inspect_body_was_read(j->inspection);
}

/* The daemon gives what the store has now to the other nodes. */
static void tell_fleet(const struct judge *j, struct slice origin, struct slice url)
{
    struct message m = { .verb = MESSAGE_TERMS_READ, .n = 2 };
    m.field[0] = origin;
    m.field[1] = url;
    if (j->basis.config->site_socket[0])
        (void)message_tell(j->basis.config->site_socket, &m);
}

/* Of a page of terms, which few are. */
static void remember_page(struct judge *j, enum inspect_end end, struct slice origin, struct slice path)
{
    const struct exchange *x = &j->exchange;
    struct terms_page page = { .fetched_ms = j->record.wall_ms };
    take_hits(&page, inspect_signals(j->inspection));
    if (!page.n && !was_read(j, end)) /* the rest may say it */
        return;
    page.url = url_of(j->arena, origin, path);
    page.expires_ms = page.fetched_ms + life_of(&x->response, page.fetched_ms) * 1000;
    page.has_sha256 = j->record.has_sha256;
    memcpy(page.sha256, j->record.sha256, sizeof page.sha256);
    memcpy(page.id, j->record.id, sizeof page.id);
    bool changed;
    if (!page.url.p || terms_put_if_news(site_store(j->basis.site), origin, &page, page.fetched_ms,
                                         &changed) != OPTOUT_OK)
        return; /* the store tells what is wrong with it; the next reading teaches again */
    if (changed)
        tell_fleet(j, origin, page.url);
}

void terms_remember(struct judge *j, enum inspect_end end)
{
    const struct exchange *x = &j->exchange;
    struct slice origin, path;
    if (j->basis.config->site_terms && j->basis.site && j->basis.learns && j->basis.phrases &&
        x->status == 200 && slice_eq(x->method, SLICE_OF("GET")) &&
        inspect_is_page(j->inspection) && url_split(j->arena, x->url, &origin, &path) &&
        is_terms_page(j, path))
        remember_page(j, end, origin, path);
}

/* ---- pages that were fetched ---- */

static bool is_html(const struct exchange *x)
{
    const struct header *h = headers_find(&x->response, "content-type");
    struct slice type = h ? slice_trim_space(slice_sub(h->value, 0, slice_find(h->value, ';')))
                          : SLICE_EMPTY;
    return slice_eq_nocase(type, SLICE_OF("text/html")) ||
           slice_eq_nocase(type, SLICE_OF("application/xhtml+xml"));
}

struct terms_page terms_unread(int64_t now_ms)
{
    return (struct terms_page){ .fetched_ms = now_ms, .fetched = true, .unread = true,
                                .expires_ms = now_ms + UNREAD_S * 1000ll };
}

enum optout_rc terms_read(struct arena *a, const struct terms_reading *r, struct terms_page *out)
{
    struct inspect_options o = { .expand_max = EXPAND_MAX, .expand_ratio = EXPAND_RATIO,
                                 .phrases = r->phrases };
    *out = terms_unread(r->now_ms);
    if (r->x->status != 200 || !is_html(r->x))
        return OPTOUT_OK;
    struct inspection *i = inspect_open(a, r->x, &o);
    if (!i)
        return OPTOUT_E_NOMEM;
    (void)inspect_feed(i, r->body);
    inspect_close(i, r->whole ? INSPECT_WHOLE : INSPECT_TRUNCATED);
    take_hits(out, inspect_signals(i));
    out->has_sha256 = digest_of(r->body, out->sha256);
    out->unread = !out->n && !(r->whole && inspect_body_was_read(i));
    if (!out->unread)
        out->expires_ms = r->now_ms + life_of(&r->x->response, r->now_ms) * 1000;
    return OPTOUT_OK;
}
