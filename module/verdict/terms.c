/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/terms.h"

#include "http/url.h"
#include "http/url_path.h"
#include "policy/config.h"
#include "policy/terms_pages.h"
#include "site/terms.h"
#include "standards/natural_language.h"
#include "verdict/url_set.h"

_Static_assert(TERMS_ID_SIZE == ULID_TEXT, "an id of a record");

/* Terms change rarely, and are read rarely: longer than other site files are kept. */
#define LIFE_MIN_S (7 * 86400)
#define LIFE_MAX_S (30 * 86400)

static int64_t life_of(const struct judge *j)
{
    int64_t seconds = headers_freshness(&j->exchange.response, j->record.wall_ms / 1000);
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

/* ---- links ---- */

/* Only an origin's own pages say which its terms are. */
static void on_linked(void *ctx, struct slice base, struct slice reference)
{
    struct judge *j = ctx;
    struct arena *a = j->arena;
    struct slice url = url_resolve(a, base, url_as_sent(a, reference)), own, other, path;
    struct image_key key;
    if (url_split(a, url, &other, &path) && url_split(a, j->exchange.url, &own, &path) &&
        slice_eq(own, other) && image_key_of(url, &key))
        url_set_add(j->basis.linked, &key, j->record.wall_ms + LIFE_MIN_S * 1000ll);
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
    return j->basis.linked && image_key_of(j->exchange.url, &key) &&
           url_set_has(j->basis.linked, &key, j->record.wall_ms);
}

/* ---- pages ---- */

static bool is_terms_page(const struct judge *j, struct slice path)
{
    const struct terms_pages *t = j->basis.terms ? j->basis.terms : terms_pages_builtin();
    return terms_pages_have_path(t, path) ||
           terms_pages_have_title(t, inspect_title(j->inspection)) || was_linked(j);
}

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

static bool was_read(const struct judge *j, enum inspect_end end)
{
    return end == INSPECT_WHOLE && inspect_body_was_read(j->inspection);
}

void terms_remember(struct judge *j, enum inspect_end end)
{
    const struct exchange *x = &j->exchange;
    const struct signals *s = inspect_signals(j->inspection);
    struct terms_page page = { .fetched_ms = j->record.wall_ms };
    struct slice origin, path;
    if (!j->basis.config->site_terms || !j->basis.site || !j->basis.learns || !j->basis.phrases ||
        x->status != 200 || !slice_eq(x->method, SLICE_OF("GET")) ||
        !inspect_is_page(j->inspection) || !url_split(j->arena, x->url, &origin, &path) ||
        !is_terms_page(j, path))
        return;
    for (size_t i = 0; i < s->n; i++)
        if (is_of_terms(&s->v[i]))
            take_hit(&page, &s->v[i]);
    if (!page.n && !was_read(j, end)) /* the rest may say it */
        return;
    page.url = url_of(j->arena, origin, path);
    page.expires_ms = page.fetched_ms + life_of(j) * 1000;
    page.has_sha256 = j->record.has_sha256;
    memcpy(page.sha256, j->record.sha256, sizeof page.sha256);
    memcpy(page.id, j->record.id, sizeof page.id);
    if (page.url.p && terms_put(site_store(j->basis.site), origin, &page, page.fetched_ms) != OPTOUT_OK)
        return; /* the store tells what is wrong with it; the next reading teaches again */
}
