/* SPDX-License-Identifier: Apache-2.0 */
/* terms.c - the list of an origin's terms, written and read.
 *
 * A page is a head and its hits, each followed by its texts; native-endian and unaligned, as it never
 * leaves the machine. Limits: TERMS_*; the list has TERMS_PAGES of them. */
#include "site/terms.h"

#define LIST_MAX (TERMS_PAGES * (TERMS_URL_MAX + 256 + TERMS_HITS * (TERMS_TEXT_MAX + TERMS_NAME_MAX + 64)))
#define SCRATCH_MAX (1u << 20)
#define SIGHT_MS (3600 * 1000ll) /* what times of sights are exact to */

enum { HAS_SHA256 = 1, WAS_FETCHED = 2, WAS_ASKED = 4, IS_UNREAD = 8, IS_SHARED = 16,
       FLAGS_ALL = 31 };

struct page_head {
    int64_t fetched_ms, expires_ms;
    uint8_t sha256[32];
    char id[TERMS_ID_SIZE];
    uint8_t flags, n;
    uint16_t n_url;
};

struct hit_head {
    uint64_t at;
    struct prefs prefs;
    uint8_t grade, n_name;
    uint16_t n_text;
};

/* ---- one page ---- */

static bool take(struct slice *from, void *to, size_t n)
{
    if (from->n < n)
        return false;
    memcpy(to, from->p, n);
    *from = slice_from(*from, n);
    return true;
}

static bool take_text(struct slice *from, size_t n, size_t max, struct slice *out)
{
    if (n > max || from->n < n)
        return false;
    *out = slice_sub(*from, 0, n);
    *from = slice_from(*from, n);
    return true;
}

static bool take_hit(struct slice *list, struct terms_hit *out)
{
    struct hit_head h;
    if (!take(list, &h, sizeof h))
        return false;
    *out = (struct terms_hit){ .prefs = h.prefs, .grade = h.grade, .at = h.at };
    for (size_t u = 0; u < USAGE_COUNT; u++)
        if (h.prefs.of[u] >= PREF_COUNT)
            return false;
    return take_text(list, h.n_name, TERMS_NAME_MAX, &out->name) &&
           take_text(list, h.n_text, TERMS_TEXT_MAX, &out->text);
}

bool terms_next(struct slice *list, struct terms_page *out)
{
    struct page_head h;
    *out = (struct terms_page){ .n = 0 };
    if (!take(list, &h, sizeof h) || h.n > TERMS_HITS || h.flags > FLAGS_ALL ||
        !take_text(list, h.n_url, TERMS_URL_MAX, &out->url))
        return false;
    out->fetched_ms = h.fetched_ms;
    out->expires_ms = h.expires_ms;
    out->has_sha256 = h.flags & HAS_SHA256;
    out->fetched = h.flags & WAS_FETCHED;
    out->asked = h.flags & WAS_ASKED;
    out->unread = h.flags & IS_UNREAD;
    out->shared = h.flags & IS_SHARED;
    memcpy(out->sha256, h.sha256, sizeof out->sha256);
    memcpy(out->id, h.id, sizeof out->id);
    out->id[TERMS_ID_SIZE - 1] = '\0';
    for (out->n = 0; out->n < h.n; out->n++)
        if (!take_hit(list, &out->hit[out->n]))
            return false;
    return true;
}

static void put_hit(const struct terms_hit *t, struct buf *list)
{
    struct slice name = slice_sub(t->name, 0, TERMS_NAME_MAX);
    struct slice text = slice_sub(t->text, 0, TERMS_TEXT_MAX);
    struct hit_head h;
    memset(&h, 0, sizeof h); /* equal pages are equal bytes */
    h.at = t->at;
    h.prefs = t->prefs;
    h.grade = t->grade;
    h.n_name = (uint8_t)name.n;
    h.n_text = (uint16_t)text.n;
    (void)buf_append(list, &h, sizeof h);
    (void)buf_append(list, name.p, name.n);
    (void)buf_append(list, text.p, text.n);
}

enum optout_rc terms_print(const struct terms_page *p, struct buf *list)
{
    struct page_head h;
    if (p->url.n > TERMS_URL_MAX)
        return OPTOUT_E_LIMIT;
    memset(&h, 0, sizeof h);
    h.fetched_ms = p->fetched_ms;
    h.expires_ms = p->expires_ms;
    h.flags = (uint8_t)((p->has_sha256 ? HAS_SHA256 : 0) | (p->fetched ? WAS_FETCHED : 0) |
                        (p->asked ? WAS_ASKED : 0) | (p->unread ? IS_UNREAD : 0) |
                        (p->shared ? IS_SHARED : 0));
    h.n = (uint8_t)(p->n < TERMS_HITS ? p->n : TERMS_HITS);
    h.n_url = (uint16_t)p->url.n;
    memcpy(h.sha256, p->sha256, sizeof h.sha256);
    memcpy(h.id, p->id, sizeof h.id);
    (void)buf_append(list, &h, sizeof h);
    (void)buf_append(list, p->url.p, p->url.n);
    for (size_t i = 0; i < h.n; i++)
        put_hit(&p->hit[i], list);
    return list->failed; /* a shorter piece may have found room behind one that did not */
}

/* ---- the pages of an origin ---- */

struct pages {
    struct terms_page page[TERMS_PAGES];
    size_t n;
    bool changed;      /* since it was read */
    bool lost;         /* there is no memory for them */
    struct slice list; /* what they point into */
    struct arena *arena;
};

static void read_pages(void *ctx, const struct store_value *v)
{
    struct pages *all = ctx;
    all->list = arena_copy(all->arena, v->d[SITE_TERMS].rules, LIST_MAX);
    all->lost = !all->list.p && v->d[SITE_TERMS].rules.n;
    struct slice rest = all->list;
    while (all->n < TERMS_PAGES && terms_next(&rest, &all->page[all->n]))
        all->n++;
}

static bool says_the_same(const struct terms_page *a, const struct terms_page *b)
{
    bool same = a->n == b->n && a->unread == b->unread &&
                (!a->n || (a->has_sha256 == b->has_sha256 &&
                           !memcmp(a->sha256, b->sha256, sizeof a->sha256)));
    for (size_t i = 0; i < a->n && same; i++)
        same = a->hit[i].grade == b->hit[i].grade && slice_eq(a->hit[i].name, b->hit[i].name) &&
               slice_eq(a->hit[i].text, slice_sub(b->hit[i].text, 0, TERMS_TEXT_MAX));
    return same;
}

/* It says the same, was just seen, and holds for more than half of the time that it would have anew. */
static bool holds(const struct terms_page *old, const struct terms_page *new, int64_t now_ms)
{
    return says_the_same(old, new) && new->fetched_ms - old->fetched_ms < SIGHT_MS &&
           old->expires_ms - now_ms > (new->expires_ms - now_ms) / 2;
}

int64_t terms_kept_until(const struct terms_page *p)
{
    int64_t sight_ms = p->fetched_ms + TERMS_LIFE_MAX_MS;
    return p->n || p->unread || sight_ms < p->expires_ms ? p->expires_ms : sight_ms;
}

static void drop_page(struct pages *all, size_t i)
{
    memmove(&all->page[i], &all->page[i + 1], (--all->n - i) * sizeof all->page[0]);
}

static unsigned rank(const struct terms_page *p, int64_t now_ms)
{
    return p->asked && p->expires_ms > now_ms ? 2 : p->n != 0;
}

static bool goes_before(const struct terms_page *a, const struct terms_page *b, int64_t now_ms)
{
    unsigned ra = rank(a, now_ms), rb = rank(b, now_ms);
    return ra != rb ? ra < rb : a->expires_ms < b->expires_ms;
}

/* Room for one: the page that ends first goes, before all others one that says nothing; but those that
 * were asked for stay, lest they be asked for again. */
static void make_room(struct pages *all, int64_t now_ms)
{
    size_t first = 0;
    if (all->n < TERMS_PAGES)
        return;
    for (size_t i = 1; i < all->n; i++)
        if (goes_before(&all->page[i], &all->page[first], now_ms))
            first = i;
    drop_page(all, first);
}

static enum optout_rc write_pages(struct store *s, struct slice key, const struct pages *all)
{
    struct site_document d = { .kind = SITE_TERMS, .state = SITE_PUBLISHED,
                               .source = SITE_PASSIVE, .status = 200 };
    struct buf list;
    enum optout_rc rc = OPTOUT_OK;
    if (all->n == 0)
        d.state = SITE_NOT_ASKED; /* as if it had never been there */
    buf_init(&list, LIST_MAX);
    for (size_t i = 0; i < all->n && rc == OPTOUT_OK; i++) {
        const struct terms_page *p = &all->page[i];
        rc = terms_print(p, &list);
        d.expires_ms = terms_kept_until(p) > d.expires_ms ? terms_kept_until(p) : d.expires_ms;
        if (p->fetched_ms < d.fetched_ms)
            continue;
        d.fetched_ms = p->fetched_ms; /* of the newest */
        d.url = p->url;
        d.has_sha256 = p->has_sha256;
        d.source = p->shared ? SITE_SHARED : p->fetched ? SITE_FETCHED : SITE_PASSIVE;
        memcpy(d.sha256, p->sha256, sizeof d.sha256);
    }
    d.rules = buf_slice(&list);
    if (rc == OPTOUT_OK)
        rc = store_write(s, key, &d, 1, false);
    buf_free(&list);
    return rc;
}

/* What is known of the page's URL stands. Times in the future are another node's, and none to go by. */
static bool stands(const struct terms_page *old, const struct terms_page *new, int64_t now_ms)
{
    bool fresh = old->expires_ms > now_ms;
    return (old->fetched_ms > new->fetched_ms && old->fetched_ms <= now_ms) ||
           (fresh && (new->unread || (new->asked && !new->shared) || holds(old, new, now_ms)));
}

/* Takes the place of what was known: that it was asked for is kept, and, when it could not be had this
 * time, when it was last seen to say nothing. */
static void replace(const struct terms_page *old, struct terms_page *new, int64_t now_ms)
{
    new->asked |= old->expires_ms > now_ms && old->asked;
    if (new->unread && !old->unread && !old->n) {
        new->fetched_ms = old->fetched_ms;
        new->unread = false;
    }
}

/* Takes out what is over, and what was known of p's URL, which it tells. False: what was known stands. */
static bool take_out(struct pages *all, struct terms_page *p, int64_t now_ms, bool *known)
{
    struct terms_page wanted = *p;
    for (size_t i = all->n; i-- > 0;) {
        const struct terms_page *old = &all->page[i];
        bool this = slice_eq(old->url, p->url), over = terms_kept_until(old) <= now_ms;
        if (this && !over && stands(old, &wanted, now_ms))
            return false;
        if (this && !over) {
            replace(old, p, now_ms);
            *known = true;
        }
        if (this || over) {
            drop_page(all, i);
            all->changed = true;
        }
    }
    return true;
}

static enum optout_rc put_page(struct store *s, struct slice key, struct pages *all,
                               const struct terms_page *p, int64_t now_ms, bool *news)
{
    struct terms_page page = *p;
    bool known = false;
    if (store_find(s, key, read_pages, all) == OPTOUT_E_IO)
        return OPTOUT_E_IO; /* else the other pages would be lost */
    if (all->lost)
        return OPTOUT_E_NOMEM;
    if (!take_out(all, &page, now_ms, &known))
        return OPTOUT_OK;
    if (page.n || page.asked || known || page.shared) {
        make_room(all, now_ms);
        all->page[all->n++] = page;
        all->changed = true;
    }
    *news = all->changed;
    return all->changed ? write_pages(s, key, all) : OPTOUT_OK;
}

enum optout_rc terms_put_if_news(struct store *s, struct slice origin, const struct terms_page *p,
                                 int64_t now_ms, bool *changed)
{
    struct arena scratch;
    enum optout_rc rc = OPTOUT_E_NOMEM;
    *changed = false;
    if (p->url.n > TERMS_URL_MAX)
        return OPTOUT_E_LIMIT;
    arena_init(&scratch, SCRATCH_MAX, NULL, 0);
    struct pages *all = arena_alloc(&scratch, sizeof *all);
    struct slice key = store_key_origin(&scratch, origin, SLICE_EMPTY);
    if (all && key.p) {
        all->arena = &scratch;
        rc = put_page(s, key, all, p, now_ms, changed);
    }
    arena_reset(&scratch);
    return rc;
}

enum optout_rc terms_put(struct store *s, struct slice origin, const struct terms_page *p,
                         int64_t now_ms)
{
    bool changed;
    return terms_put_if_news(s, origin, p, now_ms, &changed);
}

static void append_list(void *ctx, const struct store_value *v)
{
    (void)buf_append(ctx, v->d[SITE_TERMS].rules.p, v->d[SITE_TERMS].rules.n);
}

enum optout_rc terms_list(struct store *s, struct slice origin, struct buf *list)
{
    struct arena scratch;
    arena_init(&scratch, SCRATCH_MAX, NULL, 0);
    struct slice key = store_key_origin(&scratch, origin, SLICE_EMPTY);
    enum optout_rc rc = key.p ? store_find(s, key, append_list, list) : OPTOUT_E_NOMEM;
    arena_reset(&scratch);
    return rc == OPTOUT_OK || rc == OPTOUT_DONE ? list->failed : rc;
}

enum optout_rc terms_forget(struct store *s, struct slice origin)
{
    struct site_document d = { .kind = SITE_TERMS, .state = SITE_NOT_ASKED };
    struct arena scratch;
    arena_init(&scratch, SCRATCH_MAX, NULL, 0);
    struct slice key = store_key_origin(&scratch, origin, SLICE_EMPTY);
    enum optout_rc rc = key.p ? store_write(s, key, &d, 1, false) : OPTOUT_E_NOMEM;
    arena_reset(&scratch);
    return rc;
}

struct terms_known terms_known(struct store *s, struct slice origin, struct slice url,
                               int64_t now_ms)
{
    struct terms_known known = { .asked = 0 };
    struct arena scratch;
    arena_init(&scratch, SCRATCH_MAX, NULL, 0);
    struct pages *all = arena_alloc(&scratch, sizeof *all);
    struct slice key = store_key_origin(&scratch, origin, SLICE_EMPTY);
    if (all && key.p) {
        all->arena = &scratch;
        (void)store_read(s, key, read_pages, all);
        for (size_t i = 0; i < all->n; i++) {
            bool fresh = all->page[i].expires_ms > now_ms;
            known.fresh |= fresh && slice_eq(all->page[i].url, url);
            if (slice_eq(all->page[i].url, url))
                known.fetched_ms = all->page[i].fetched_ms;
            known.asked += fresh && all->page[i].asked;
        }
    }
    arena_reset(&scratch);
    return known;
}
