/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/images.h"

#include "formats/format.h"
#include "http/media_type.h"
#include "http/url.h"
#include "http/url_path.h"
#include "policy/config.h"
#include "site/message.h"
#include "verdict/fleet_images.h"
#include "verdict/joins.h"

#define LIFE_MIN_S 300 /* of what a page says that is stale at once: its images come soon */
#define HITS_MAX 4     /* pages that embed one image and are named */
#define NAMED_MAX SIGNALS_MAX /* statements of a page about one image, or about a pattern */
#define URL_MEMORY (64u << 10)
#define REDIRECTED_S 300 /* what another node said of an image that leads on: it is followed at once */

/* A statement that names its image. */
struct named_image {
    struct slice image; /* absolute; of RSL a pattern */
    uint8_t mask;
};

/* What this exchange, a page, has said of its images so far. */
struct image_talk {
    struct image_key key;
    struct image_page page;
    struct named_image named[NAMED_MAX];
    size_t n_named, n_put; /* of `named`, in the map */
    size_t changes, seen; /* of the signals, when they were looked at; how many there were */
    unsigned images;  /* put into the map */
    struct join_image *told; /* for the fleet; of them n_told, in room for so many */
    size_t n_told, room;
};

/* ---- a page speaks ---- */

static int64_t life_of(const struct judge *j)
{
    int64_t seconds = headers_freshness(&j->exchange.response, j->record.wall_ms / 1000);
    int64_t most = j->basis.config->image_time_s;
    if (seconds < 0 || seconds > most)
        seconds = most;
    return seconds < LIFE_MIN_S ? LIFE_MIN_S : seconds;
}

/* Half a URL leads astray: of one that is too long the origin is told. */
static void keep_url(struct image_page *p, struct slice url)
{
    size_t scheme = slice_find(url, ':') + 3;
    size_t n = slice_find(url, '#');
    if (n > IMAGE_PAGE_URL)
        n = scheme + slice_find(slice_from(url, scheme), '/') + 1;
    url = slice_sub(url, 0, n);
    p->n_url = (uint16_t)(url.n < IMAGE_PAGE_URL ? url.n : IMAGE_PAGE_URL);
    memcpy(p->url, url.p, p->n_url);
}

static struct image_talk *talk_of(struct judge *j)
{
    if (j->talk || !j->basis.images)
        return j->talk;
    struct image_talk *t = arena_alloc(j->arena, sizeof *t);
    if (!t || !image_key_of(j->exchange.url, &t->key))
        return NULL;
    t->changes = SIZE_MAX;
    t->page.until_ms = j->record.wall_ms + life_of(j) * 1000;
    memcpy(t->page.id, j->record.id, sizeof t->page.id);
    keep_url(&t->page, j->exchange.url);
    return j->talk = t;
}

/* Its bit, 0 when there is no room for it. */
static uint8_t take_statement(struct image_page *p, const struct signal *s)
{
    struct evidence e;
    evidence_of(&e, s);
    for (unsigned i = 0; i < p->n; i++)
        if (image_same_statement(&p->of[i], &e))
            return (uint8_t)(1u << i);
    if (p->n == IMAGE_STATEMENTS) {
        p->more = true;
        return 0;
    }
    p->of[p->n] = e;
    return (uint8_t)(1u << p->n++);
}

static void take_named(struct judge *j, struct image_talk *t, struct slice base,
                       const struct signal *s, uint8_t mask)
{
    struct slice image = url_resolve(j->arena, base, s->image);
    for (size_t i = 0; i < t->n_named; i++)
        if (slice_eq(t->named[i].image, image)) {
            t->n_put = (t->named[i].mask | mask) == t->named[i].mask ? t->n_put : 0;
            t->named[i].mask |= mask;
            return;
        }
    if (t->n_named == NAMED_MAX)
        t->page.more = true;
    else
        t->named[t->n_named++] = (struct named_image){ image, mask };
}

/* What was stated since the last look. Returns whether it changes what the map has. */
static bool take_statements(struct judge *j, struct image_talk *t, struct slice base)
{
    const struct signals *all = inspect_signals(j->inspection);
    struct image_page *p = &t->page;
    if (t->changes == all->changes && p->more >= all->images_dropped)
        return false;
    uint8_t n = p->n, general = p->general;
    bool more = p->more;
    /* They are appended, unless a full list made room. */
    size_t i = all->n - t->seen == all->changes - t->changes ? t->seen : 0;
    t->changes = all->changes;
    t->seen = all->n;
    p->more |= all->images_dropped;
    for (; i < all->n; i++) {
        const struct signal *s = &all->v[i];
        if (!signal_is_of_images(s) || !signal_restricts(s))
            continue;
        uint8_t mask = take_statement(p, s);
        if (!s->image.n)
            p->general |= mask;
        else if (mask)
            take_named(j, t, base, s, mask);
    }
    return n != p->n || general != p->general || more != p->more;
}

static bool names_by_pattern(const struct image_talk *t, uint8_t mask)
{
    for (unsigned i = 0; i < t->page.n; i++)
        if ((mask >> i & 1) && t->page.of[i].standard == STD_RSL)
            return true;
    return false;
}

/* The fleet is told when the page has ended. What does not fit is not told: this node knows it. */
static void note_image(struct judge *j, struct image_talk *t, const struct image_key *key,
                       uint8_t mask)
{
    if (t->n_told == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        struct join_image *more = room <= JOINS_IMAGES && j->basis.config->site_socket[0]
                                      ? arena_alloc(j->arena, room * sizeof *more) : NULL;
        if (!more)
            return;
        if (t->n_told)
            memcpy(more, t->told, t->n_told * sizeof *more);
        t->told = more;
        t->room = room;
    }
    t->told[t->n_told++] = (struct join_image){ *key, mask };
}

/* Images that the page names although it need not embed them. */
static void put_named(struct judge *j, struct image_talk *t)
{
    struct image_key key;
    for (; t->n_put < t->n_named; t->n_put++) {
        const struct named_image *n = &t->named[t->n_put];
        if (!names_by_pattern(t, n->mask) && image_key_of(n->image, &key)) {
            image_map_put(j->basis.images, &key, &t->key, &t->page, n->mask, j->record.wall_ms);
            note_image(j, t, &key, n->mask);
        }
    }
}

enum telling { TELL_ON, TELL_END, TELL_WHOLE }; /* how far the page has been read */

/* False when the page has said nothing that its images need. */
static bool tell_page(struct judge *j, struct image_talk *t, struct slice base, enum telling how)
{
    bool news = take_statements(j, t, base);
    if (!t->page.n && !t->page.more)
        return false;
    if (news || how != TELL_ON)
        image_map_put_page(j->basis.images, &t->key, &t->page, j->record.wall_ms, how == TELL_WHOLE);
    put_named(j, t);
    return true;
}

static bool is_named(struct arena *a, struct slice pattern, struct slice url)
{
    struct slice origin, path, wanted, form;
    size_t end = slice_find(pattern, ':') + 3;
    end += slice_find(slice_from(pattern, end), '/');
    if (!url_split(a, url, &origin, &path) || !slice_eq(slice_sub(pattern, 0, end), origin))
        return false;
    wanted = slice_from(pattern, end);
    form = url_path_normal(a, path);
    return form.p && url_pattern_match(wanted, form);
}

/* The statements beside the general ones that are about this image. */
static uint8_t mask_of(const struct image_talk *t, struct arena *a, struct slice url)
{
    uint8_t mask = 0;
    for (size_t i = 0; i < t->n_named; i++)
        if (names_by_pattern(t, t->named[i].mask) && is_named(a, t->named[i].image, url))
            mask |= t->named[i].mask;
    return mask;
}

static void on_image(void *ctx, struct slice base, struct slice reference)
{
    struct judge *j = ctx;
    struct image_talk *t = talk_of(j);
    _Alignas(16) uint8_t first[8192];
    struct image_key key;
    struct arena a;
    if (!t || !tell_page(j, t, base, TELL_ON))
        return;
    if (!reference.n || reference.n > IMAGE_URL_MAX || t->images == IMAGES_OF_PAGE_MAX) {
        image_map_lose(j->basis.images, 1);
        return;
    }
    arena_init(&a, URL_MEMORY, first, sizeof first);
    struct slice url = url_resolve(&a, base, url_as_sent(&a, reference));
    uint8_t mask = mask_of(t, &a, url);
    if ((mask | t->page.general || t->page.more) && image_key_of(url, &key)) {
        image_map_put(j->basis.images, &key, &t->key, &t->page, mask, j->record.wall_ms);
        note_image(j, t, &key, mask);
        t->images++;
    }
    arena_reset(&a);
}

struct image_sink images_sink(struct judge *j)
{
    return (struct image_sink){ j->basis.images ? on_image : NULL, j };
}

/* ---- an image is asked for ---- */

static struct slice referer_of(const struct judge *j)
{
    const struct header *h = headers_find(&j->exchange.request, "referer");
    return h ? h->value : SLICE_EMPTY;
}

/* "https://h/" is what a client says that tells other origins nothing but that: of them it is no
 * page. */
static bool names_page(struct arena *a, struct slice referer, struct slice url)
{
    struct slice origin, path, own, rest;
    if (!url_split(a, referer, &origin, &path))
        return false;
    return !slice_eq(path, SLICE_OF("/")) ||
           (url_split(a, url, &own, &rest) && slice_eq(origin, own));
}

static void give(struct judge *j, const struct image_page *p, uint8_t mask, const char *note,
                 struct signals *out)
{
    for (unsigned i = 0; i < p->n; i++) {
        if (!(mask >> i & 1))
            continue;
        struct signal s = evidence_signal(&p->of[i]);
        s.page = slice_of(p->url, p->n_url);
        s.note = note;
        prefs_drop_allow(&s.prefs);
        (void)signals_add(out, &s); /* says overflow itself */
    }
    if (p->more)
        out->overflow = true;
    if (!j->record.earlier[0])
        memcpy(j->record.earlier, p->id, sizeof j->record.earlier);
}

/* Where the answer leads instead is embedded by the same pages. */
static void pass_on(struct judge *j, const struct image_hit *hit)
{
    const struct header *to = headers_find(&j->exchange.response, "location");
    struct image_key key;
    if (j->exchange.status < 300 || j->exchange.status > 399 || !to)
        return;
    struct slice url = url_resolve(j->arena, j->exchange.url, to->value);
    if (image_key_of(url, &key))
        image_map_put(j->basis.images, &key, &hit->of, &hit->page, hit->mask, j->record.wall_ms);
}

/* Another node may have another ImageTime. */
static bool holds(const struct judge *j, const struct image_page *p)
{
    return p->since_ms + j->basis.config->image_time_s * 1000ll > j->record.wall_ms;
}

/* Another node has read the page later, and it said nothing any more. */
static bool is_withdrawn(const struct judge *j, const struct image_key *key,
                         const struct image_page *p)
{
    return fleet_images_silent_since(j->basis.config->site_store, key, j->record.wall_ms) >
           p->since_ms;
}

static size_t find_here(const struct judge *j, const struct image_key *key, struct image_hit *hit)
{
    size_t all = image_map_find(j->basis.images, key, j->record.wall_ms, hit, HITS_MAX), n = 0;
    for (size_t i = 0; i < all; i++)
        if (!is_withdrawn(j, &hit[i].of, &hit[i].page))
            hit[n++] = hit[i];
    return n;
}

static size_t find_in_fleet(const struct judge *j, const struct image_key *key,
                            struct image_hit *hit)
{
    size_t all = fleet_images_find(j->basis.config->site_store, key, j->record.wall_ms, hit,
                                   HITS_MAX), n = 0;
    for (size_t i = 0; i < all; i++)
        if (holds(j, &hit[i].page))
            hit[n++] = hit[i];
    return n;
}

/* The page is known here, too, as long as the client needs to follow. */
static void pass_on_from_fleet(struct judge *j, struct image_hit *hit)
{
    if (j->exchange.status < 300 || j->exchange.status > 399)
        return;
    int64_t until_ms = j->record.wall_ms + REDIRECTED_S * 1000;
    if (hit->page.until_ms > until_ms)
        hit->page.until_ms = until_ms;
    image_map_put_page(j->basis.images, &hit->of, &hit->page, j->record.wall_ms, false);
    pass_on(j, hit);
}

static void recall_by_url(struct judge *j, struct signals *out)
{
    struct image_hit hit[HITS_MAX];
    struct image_key key;
    if (!image_key_of(j->exchange.url, &key))
        return;
    size_t n = find_here(j, &key, hit);
    bool ours = n != 0;
    if (!ours)
        n = find_in_fleet(j, &key, hit);
    for (size_t i = 0; i < n; i++) {
        give(j, &hit[i].page, hit[i].mask, "said of its images by a page that embeds this one", out);
        if (ours)
            pass_on(j, &hit[i]);
        else
            pass_on_from_fleet(j, &hit[i]);
    }
}

static bool find_page(const struct judge *j, const struct image_key *key, struct image_page *page)
{
    int64_t now_ms = j->record.wall_ms;
    return (image_map_page(j->basis.images, key, now_ms, page) && !is_withdrawn(j, key, page)) ||
           (fleet_images_page(j->basis.config->site_store, key, now_ms, page) && holds(j, page));
}

static void recall_by_referer(struct judge *j, struct signals *out)
{
    struct slice referer = referer_of(j);
    struct image_page page;
    struct image_key key;
    if (!referer.n || !names_page(j->arena, referer, j->exchange.url) ||
        !image_key_of(referer, &key) || !find_page(j, &key, &page))
        return;
    if (page.general || page.more)
        give(j, &page, page.general, "said of its images by the page that is the request's Referer",
             out);
}

/* Nobody has to look. */
static bool nothing_is_known(const struct judge *j)
{
    return !j->basis.images || (image_map_is_empty(j->basis.images) &&
                                !fleet_images_are_there(j->basis.config->site_store));
}

/* By its URL, what was given by that is not given again. */
static void recall(struct judge *j, struct signals *out)
{
    size_t before = out->n;
    j->images_recalled = true;
    recall_by_url(j, out);
    if (out->n == before)
        recall_by_referer(j, out);
}

static bool is_image_type(struct slice type)
{
    return slice_starts_nocase(type, SLICE_OF("image/"));
}

/* No type, or one that says nothing, is no reason to think otherwise. */
static bool head_allows_image(const struct exchange *x)
{
    struct media_type types[4];
    size_t n = media_types_extract(&x->response, types, 4);
    for (size_t i = 0; i < n; i++)
        if (is_image_type(types[i].essence) ||
            slice_find_nocase(types[i].essence, SLICE_OF("octet-stream")) < types[i].essence.n)
            return true;
    return n == 0;
}

void images_recall(struct judge *j)
{
    struct signals *out = inspect_signals(j->inspection);
    if (nothing_is_known(j) || j->images_recalled)
        return;
    if (j->exchange.status >= 300 && j->exchange.status <= 399 && j->exchange.status != 304)
        recall_by_url(j, out); /* a link that is followed has a Referer too */
    else if (head_allows_image(&j->exchange))
        recall(j, out);
}

void images_recall_late(struct judge *j)
{
    format_set set = inspect_formats(j->inspection);
    if (nothing_is_known(j) || j->images_recalled)
        return;
    for (size_t i = 0; formats[i] && !j->images_recalled; i++)
        for (size_t k = 0; (set & format_bit(formats[i])) && formats[i]->types[k]; k++)
            if (is_image_type(slice_cstr(formats[i]->types[k]))) {
                recall(j, inspect_signals(j->inspection));
                break;
            }
}

static bool has_image_name(struct slice url)
{
    static const struct slice ends[] = {
        SLICE("jpg"), SLICE("jpeg"), SLICE("png"), SLICE("gif"), SLICE("webp"), SLICE("avif"),
        SLICE("jxl"), SLICE("svg"), SLICE("tif"), SLICE("tiff"), SLICE("heic"), SLICE("bmp"),
    };
    url = slice_sub(url, 0, slice_find(url, '?'));
    size_t at = url.n;
    while (at && url.p[at - 1] != '.' && url.p[at - 1] != '/')
        at--;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (at && url.p[at - 1] == '.' && slice_eq_nocase(slice_from(url, at), ends[i]))
            return true;
    return false;
}

/* What is asked for is not there yet to be looked at. */
static bool asks_for_image(const struct exchange *x)
{
    const struct header *dest = headers_find(&x->request, "sec-fetch-dest");
    const struct header *accept = headers_find(&x->request, "accept");
    if (!slice_eq(x->method, SLICE_OF("GET")) && !slice_eq(x->method, SLICE_OF("HEAD")))
        return false;
    if (dest)
        return slice_eq_nocase(dest->value, SLICE_OF("image"));
    return (accept && is_image_type(accept->value)) || has_image_name(x->url);
}

void images_recall_request(struct judge *j, struct signals *out)
{
    if (!nothing_is_known(j) && asks_for_image(&j->exchange))
        recall(j, out);
}

/* ---- the page has ended ---- */

/* What the daemon gives to the other nodes; without one, or when it takes no more, this node knows
 * it alone. */
static void tell_fleet(struct judge *j, struct joins *what, const struct join_image *image, size_t n)
{
    struct message m = { .verb = MESSAGE_IMAGES, .n = 1 };
    struct image_page *p = &what->page;
    struct buf value;
    if (!j->basis.config->site_socket[0] || !j->basis.learns)
        return;
    if (j->basis.config->audit_query != AUDIT_QUERY_KEEP) /* it is not to be kept elsewhere either */
        p->n_url = (uint16_t)slice_find(slice_of(p->url, p->n_url), '?');
    buf_init(&value, JOINS_MAX);
    if (joins_print(what, image, n, &value) == OPTOUT_OK) {
        m.field[0] = buf_slice(&value);
        (void)message_tell(j->basis.config->site_socket, &m);
    }
    buf_free(&value);
}

static void tell_fleet_of_page(struct judge *j, const struct image_talk *t, bool whole)
{
    struct joins said = { .of = t->key, .page = t->page, .read_ms = j->record.wall_ms,
                          .whole = whole };
    struct image_page known;
    const char *dir = j->basis.config->site_store;
    if (!t->page.n && !t->page.more)
        return;
    if (whole || !fleet_images_page(dir, &t->key, said.read_ms, &known)) /* a part is worth less */
        tell_fleet(j, &said, t->told, t->n_told);
}

/* It says nothing any more. Who shares must know it as long as what was said, here or elsewhere, may
 * hold. */
static void tell_fleet_of_silence(struct judge *j, const struct image_key *key)
{
    struct joins said = { .of = *key, .read_ms = j->record.wall_ms, .whole = true };
    struct image_page known;
    if (!fleet_images_page(j->basis.config->site_store, key, said.read_ms, &known))
        return;
    said.page.until_ms = said.read_ms + j->basis.config->image_time_s * 1000ll;
    if (said.page.until_ms < known.until_ms)
        said.page.until_ms = known.until_ms;
    memcpy(said.page.id, j->record.id, sizeof said.page.id);
    keep_url(&said.page, j->exchange.url);
    tell_fleet(j, &said, NULL, 0);
}

void images_remember(struct judge *j, enum inspect_end end)
{
    const struct exchange *x = &j->exchange;
    const struct signals *s = inspect_signals(j->inspection);
    struct image_key key;
    bool speaks = s->images_dropped;
    if (!j->basis.images || j->site_file)
        return;
    for (size_t i = 0; i < s->n && !speaks; i++)
        speaks = signal_is_of_images(&s->v[i]) && signal_restricts(&s->v[i]);
    bool whole = x->status == 200 && end == INSPECT_WHOLE && inspect_is_page(j->inspection) &&
                 inspect_body_was_read(j->inspection);
    struct image_talk *t = speaks ? talk_of(j) : NULL;
    if (t && tell_page(j, t, x->url, whole ? TELL_WHOLE : TELL_END))
        tell_fleet_of_page(j, t, whole);
    if (speaks || nothing_is_known(j) || !(whole || x->status == 304) || !image_key_of(x->url, &key))
        return;
    if (whole) {
        image_map_drop_page(j->basis.images, &key);
        tell_fleet_of_silence(j, &key);
    } else /* an unchanged page goes on to say it */
        image_map_renew(j->basis.images, &key, j->record.wall_ms + life_of(j) * 1000,
                        j->record.wall_ms);
}
