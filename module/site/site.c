/* SPDX-License-Identifier: Apache-2.0 */
/* site.c - looking an origin up, asking for it, and what its states mean.
 *
 * A look-up reads the store once. When the store knows everything and all of it is
 * fresh, the look-up takes the signals from its compiled rules. Else the look-up asks
 * the daemon, waits for at most SiteWait, and reads the store again. What the store
 * holds then counts, however old it is; what it does not hold is undecided.
 *
 * Limits: SITE_LICENCES_MAX licence documents of a look-up; a child remembers
 * ASKED_SLOTS origins that were late, each for LATE_MS. */
#include "site/site.h"

#include "core/clock.h"
#include "http/url_path.h"
#include "site/message.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define SITES_MAX 8
#define ASKED_SLOTS 1024
#define LATE_MS 2000 /* an origin that was late is not waited for again so soon */
#define RETRY_US 1000000u

struct site {
    char dir[1024];
    _Atomic(struct store *) store; /* NULL while it cannot be opened; set once */
    struct site_documents source;     /* in its place; `read` NULL: none */
    uint64_t tried_us;
    atomic_uint waiting;
    _Atomic uint64_t late[ASKED_SLOTS]; /* digest of the key in the high 40 bits, when (ms) below */
};

static pthread_mutex_t sites_lock = PTHREAD_MUTEX_INITIALIZER; /* who adds and opens: a leaf */
static _Atomic(struct site *) sites[SITES_MAX]; /* filled from the front, never emptied */

static struct site *find_site(const char *dir)
{
    for (size_t i = 0; i < SITES_MAX; i++) {
        struct site *s = sites[i];
        if (!s)
            return NULL;
        if (strcmp(s->dir, dir) == 0)
            return s;
    }
    return NULL;
}

/* Called with the lock held. */
static struct site *add_site(const char *dir)
{
    size_t i = 0;
    while (i < SITES_MAX && sites[i])
        i++;
    struct site *s = i < SITES_MAX ? calloc(1, sizeof *s) : NULL;
    if (!s)
        return NULL;
    snprintf(s->dir, sizeof s->dir, "%s", dir);
    sites[i] = s;
    return s;
}

static struct site *open_site(const struct store_options *o, char *why, size_t why_size)
{
    struct store *store;
    pthread_mutex_lock(&sites_lock);
    struct site *s = find_site(o->dir);
    if (!s)
        s = add_site(o->dir);
    uint64_t now = clock_mono_us();
    if (!s) {
        snprintf(why, why_size, "too many stores, or no memory");
    } else if (!s->store && (s->tried_us == 0 || now - s->tried_us >= RETRY_US)) {
        s->tried_us = now;
        if (store_open(o, &store, why, why_size) == OPTOUT_OK)
            s->store = store;
    }
    pthread_mutex_unlock(&sites_lock);
    return s && s->store ? s : NULL;
}

/* Each request asks: an open store is found without the lock. */
static struct site *get(const struct store_options *o, char *why, size_t why_size)
{
    struct site *s = find_site(o->dir);
    why[0] = '\0';
    return s && s->store ? s : open_site(o, why, why_size);
}

struct site *site_get(const char *dir, uint64_t size_max,
                      void (*told)(void *ctx, const char *text), char *why, size_t why_size)
{
    struct store_options o = { .dir = dir, .size_max = size_max, .told = told };
    return get(&o, why, why_size);
}

struct site *site_get_read_only(const char *dir, char *why, size_t why_size)
{
    struct store_options o = { .dir = dir, .size_max = STORE_SIZE_PRESET, .read_only = true };
    return get(&o, why, why_size);
}

struct site *site_of_source(const struct site_documents *source)
{
    struct site *s = calloc(1, sizeof *s);
    if (s)
        s->source = *source;
    return s;
}

void site_of_source_free(struct site *s)
{
    free(s);
}

const struct site_documents *site_documents(const struct site *s)
{
    return s->source.read ? &s->source : NULL;
}

struct store *site_store(struct site *s)
{
    return s->store;
}

/* ---- one look-up ---- */

struct look {
    struct site *site;
    const struct site_options *how;
    const struct site_query *query;
    struct arena *arena;
    struct signals *out;
    struct site_result *result;
    struct rules_query match;
    struct slice key;
    int64_t now_ms;
    bool last;     /* nothing better will come: take what is there */
    bool usable;   /* the documents of the key were taken */
    bool varies;   /* robots.txt has an entry of its own for our token */
    bool only_robots;
};

/* The entry of this key, made when it is the first time. A licence document may be
 * named twice. NULL: memory is used up. */
static struct site_reliance *rely(struct look *l, const struct store_value *v)
{
    struct site_result *result = l->result;
    for (size_t i = 0; i < result->n; i++)
        if (memcmp(result->reliance[i].id, v->bundle_id, BUNDLE_ID_SIZE) == 0)
            return &result->reliance[i];
    struct slice text = arena_copy(l->arena, v->bundle, BUNDLE_MAX);
    if (result->n == SITE_RELIANCES_MAX || !text.p)
        return NULL;
    struct site_reliance *r = &result->reliance[result->n++];
    *r = (struct site_reliance){ .bundle = text };
    memcpy(r->id, v->bundle_id, BUNDLE_ID_SIZE);
    return r;
}

static bool is_stale(const struct look *l, const struct site_document *d)
{
    return d->expires_ms <= l->now_ms || (d->state == SITE_PUBLISHED && d->why.n);
}

static enum undecided unreachable(enum site_kind kind)
{
    return kind == SITE_ROBOTS ? UNDECIDED_ROBOTS_UNREACHABLE : UNDECIDED_SITE_UNREACHABLE;
}

/* A state that configuration says denies: fetching, or for a licence that cannot
 * be had every use that RSL licenses (RSL 1.0 section 3.1.1). */
static void add_denial(struct look *l, const struct site_document *d)
{
    struct signal sig = {
        .standard = site_kinds[d->kind].standard,
        .carrier = CARRIER_SITE_FILE,
        .scope = SCOPE_SITE,
        .confidence = CONF_LAX,
        .url = d->url,
        .note = "this site file could not be had",
    };
    if (d->kind == SITE_LICENCE) {
        sig.prefs.of[USAGE_TRAIN_AI] = sig.prefs.of[USAGE_AI_USE] = PREF_DENY;
        sig.note = "the licence document could not be had: not licensed";
    } else {
        sig.prefs.of[USAGE_ACQUIRE] = PREF_DENY;
    }
    signals_add(l->out, &sig);
}

static void take_state(struct look *l, const struct site_document *d)
{
    switch (l->how->meaning[d->kind][d->state]) {
    case SITE_MEANS_UNDECIDED:
        l->result->undecided |= undecided_bit(d->state == SITE_UNREACHABLE
                                                  ? unreachable((enum site_kind)d->kind)
                                                  : UNDECIDED_SITE_UNPARSEABLE);
        break;
    case SITE_MEANS_DENY:
        add_denial(l, d);
        break;
    default:
        break;
    }
}

static void take_document(struct look *l, const struct site_document *d, struct site_reliance *r)
{
    if (d->state == SITE_NOT_ASKED)
        return;
    if (is_stale(l, d))
        r->stale |= 1u << d->kind;
    if (d->state != SITE_PUBLISHED) {
        take_state(l, d);
        return;
    }
    struct rules_verdict v;
    enum optout_rc rc = compiled_apply(d->rules, &l->match, l->out, &v);
    if (rc != OPTOUT_OK)
        l->result->undecided |= undecided_bit(rc == OPTOUT_E_LIMIT ? UNDECIDED_LIMIT_RULES
                                                                   : UNDECIDED_SITE_UNKNOWN);
    else
        r->line[d->kind] = v.first_line;
}

/* The site says it in words, in a page that says so itself. */
static void add_terms(struct look *l, const struct terms_page *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct terms_hit *h = &p->hit[i];
        struct signal sig = {
            .standard = STD_NATURAL_LANGUAGE,
            .carrier = CARRIER_HTML,
            .scope = SCOPE_SITE,
            .confidence = CONF_WEAK,
            .property = h->grade,
            .place_kind = PLACE_BYTE,
            .at = h->at,
            .prefs = h->prefs,
            .name = h->name,
            .raw = h->text,
            .page = p->url,
            .note = "said in the terms of the site",
        };
        prefs_drop_allow(&sig.prefs);
        signals_add(l->out, &sig);
    }
    if (p->n && !l->result->terms_id[0])
        memcpy(l->result->terms_id, p->id, sizeof p->id);
}

static void take_terms(struct look *l, const struct site_document *d)
{
    struct slice list = l->how->terms && d->state == SITE_PUBLISHED ? d->rules : SLICE_EMPTY;
    struct terms_page p;
    while (list.n && terms_next(&list, &p))
        if (p.expires_ms > l->now_ms && !slice_eq(p.url, l->query->url))
            add_terms(l, &p);
}

/* Terms end page by page, and nobody waits for them. */
static bool all_fresh(const struct site_document *d, int64_t now_ms)
{
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        if (d[kind].state != SITE_NOT_ASKED && d[kind].expires_ms <= now_ms &&
            site_kind_is_file((enum site_kind)kind))
            return false;
    return true;
}

/* Called by store_read: takes the documents, or leaves them for
 * after the question. Without a daemon there is nobody to ask. */
static void on_documents(void *ctx, const struct store_value *v)
{
    struct look *l = ctx;
    const struct site_document *d = v->d;
    if (!l->last && (!v->asked || !all_fresh(d, l->now_ms)))
        return;
    l->usable = true;
    if (!v->bundle.n) /* another version's rules: as if nothing was known */
        return;
    struct site_reliance *r = rely(l, v);
    if (!r) { /* what cannot be shown later is not relied on */
        l->result->undecided |= undecided_bit(UNDECIDED_LIMIT_MEMORY);
        return;
    }
    l->result->known = l->result->known || v->asked;
    l->varies = d[SITE_ROBOTS].varies && !l->only_robots;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        if ((kind != SITE_ROBOTS || !l->varies) && (kind == SITE_ROBOTS || !l->only_robots) &&
            site_kind_is_file((enum site_kind)kind))
            take_document(l, &d[kind], r);
    if (!l->only_robots)
        take_terms(l, &d[SITE_TERMS]);
}

/* ---- asking ---- */

static uint64_t mix(struct slice key)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < key.n; i++)
        h = (h ^ key.p[i]) * 0x100000001b3u;
    return h ^ (h >> 29);
}

static bool was_late(const struct look *l, uint64_t digest)
{
    uint64_t seen = atomic_load_explicit(&l->site->late[digest % ASKED_SLOTS],
                                         memory_order_relaxed);
    uint64_t when = seen & 0xffffffu, now = (clock_mono_us() / 1000) & 0xffffffu;
    return seen && seen >> 24 == digest >> 24 && ((now - when) & 0xffffffu) < LATE_MS;
}

static void note_late(const struct look *l, uint64_t digest)
{
    uint64_t now = (clock_mono_us() / 1000) & 0xffffffu;
    atomic_store_explicit(&l->site->late[digest % ASKED_SLOTS], (digest >> 24 << 24) | now,
                          memory_order_relaxed);
}

/* As whom the site is asked. */
static struct slice user_agent(const struct site_query *q)
{
    const struct header *h = NULL;
    if (!q->user_agent.n && q->request)
        h = headers_find(q->request, "user-agent");
    return slice_sub(h ? h->value : q->user_agent, 0, SITE_AGENT_MAX);
}

/* True when the daemon says that the store has it now. */
static bool ask(struct look *l, enum message_verb verb, struct slice what)
{
    const struct site_options *how = l->how;
    uint64_t digest = mix(what);
    if (!how->socket[0] || was_late(l, digest))
        return false;
    if (atomic_fetch_add(&l->site->waiting, 1) >= how->waiters) {
        atomic_fetch_sub(&l->site->waiting, 1);
        return false;
    }
    char wait[16];
    snprintf(wait, sizeof wait, "%u", how->wait_ms);
    struct message m = { .verb = (uint8_t)verb, .n = 4 };
    m.field[0] = what;
    m.field[1] = l->query->n_agents ? l->query->agent[0] : SLICE_EMPTY;
    m.field[2] = user_agent(l->query);
    m.field[3] = slice_cstr(wait);
    l->result->waited = true;
    uint64_t since = clock_mono_us();
    enum ask_result r = message_ask(how->socket, &m, how->wait_ms);
    l->result->waited_us += clock_mono_us() - since;
    atomic_fetch_sub(&l->site->waiting, 1);
    if (r != ASK_KNOWN)
        note_late(l, digest);
    return r == ASK_KNOWN;
}

/* ---- the two kinds of keys ---- */

static void read_key(struct look *l, struct slice key)
{
    l->usable = false;
    l->now_ms = clock_wall_ms();
    const struct site_documents *from = site_documents(l->site);
    if (!(from ? from->read(from->ctx, key, on_documents, l)
               : store_read(l->site->store, key, on_documents, l)))
        l->usable = false;
}

/* Takes what the store holds of the key; what it does not hold fresh is asked of the daemon,
 * and then taken as it is. Without a daemon there is nobody to ask. */
static void read_or_ask(struct look *l, struct slice key, enum message_verb verb,
                        struct slice what)
{
    l->last = !l->how->socket[0];
    read_key(l, key);
    if (l->usable || l->last)
        return;
    (void)ask(l, verb, what);
    l->last = true;
    read_key(l, key);
}

static void look_origin(struct look *l)
{
    struct slice key = store_key_origin(l->arena, l->match.origin, SLICE_EMPTY);
    read_or_ask(l, key, MESSAGE_ASK, l->match.origin);
    /* With a daemon, what discovery has not looked at is not known. */
    if (!l->result->known && l->how->socket[0])
        l->result->undecided |= undecided_bit(UNDECIDED_SITE_UNKNOWN);
}

/* robots.txt as the site writes it for our own token. */
static void look_variant(struct look *l)
{
    struct slice token = l->query->n_agents ? l->query->agent[0] : SLICE_EMPTY;
    struct slice key = store_key_origin(l->arena, l->match.origin, token);
    l->only_robots = true;
    l->usable = false; /* robots.txt of the origin was left out: it is told otherwise */
    if (token.n)
        read_or_ask(l, key, MESSAGE_ASK, l->match.origin);
    if (!l->usable) { /* what others are told is better than nothing */
        l->last = true;
        read_key(l, store_key_origin(l->arena, l->match.origin, SLICE_EMPTY));
    }
    l->only_robots = false;
}

static void look_licence(struct look *l, struct slice url)
{
    struct slice key = store_key_licence(l->arena, url);
    read_or_ask(l, key, MESSAGE_ASK_LICENCE, url);
    if (!l->usable) { /* named, and not to be had */
        struct site_document d = { .kind = SITE_LICENCE, .state = SITE_UNREACHABLE, .url = url };
        take_state(l, &d);
    }
}

static bool begin(struct look *l)
{
    struct slice path;
    if (!url_split(l->arena, l->query->url, &l->match.origin, &path))
        return false;
    l->match.path = url_path_normal(l->arena, path);
    l->match.agent = l->query->agent;
    l->match.n_agents = l->query->n_agents;
    l->match.user = l->query->user;
    l->match.country = l->query->country;
    l->match.others = l->query->others;
    l->match.no_words = l->query->no_words;
    if (l->match.path.p)
        return true;
    l->result->undecided |= undecided_bit(UNDECIDED_LIMIT_MEMORY);
    return false;
}

static bool points_to_licence(const struct signals *s, size_t i)
{
    const struct signal *sig = &s->v[i];
    if (sig->standard != STD_RSL || !sig->url.n || !prefs_empty(&sig->prefs))
        return false;
    for (size_t j = 0; j < i; j++)
        if (s->v[j].standard == STD_RSL && prefs_empty(&s->v[j].prefs) &&
            slice_eq(s->v[j].url, sig->url))
            return false;
    return true;
}

static void look_licences(struct look *l, size_t from)
{
    size_t upto = l->out->n, found = 0;
    bool known = l->result->known;
    for (size_t i = from; i < upto; i++) {
        if (!points_to_licence(l->out, i))
            continue;
        if (++found > SITE_LICENCES_MAX) {
            l->result->undecided |= undecided_bit(UNDECIDED_LIMIT_RULES);
            break;
        }
        look_licence(l, l->out->v[i].url);
    }
    l->result->known = known;
}

void site_look(struct site *s, const struct site_options *how, const struct site_query *q,
               struct arena *arena, struct signals *out, struct site_result *result)
{
    struct look l = { .site = s, .how = how, .query = q, .arena = arena, .out = out,
                      .result = result };
    size_t from = out->n;
    if (!begin(&l))
        return;
    look_origin(&l);
    if (l.varies)
        look_variant(&l);
    look_licences(&l, from);
}

void site_look_licences(struct site *s, const struct site_options *how,
                        const struct site_query *q, struct arena *arena, size_t from,
                        struct signals *out, struct site_result *result)
{
    struct look l = { .site = s, .how = how, .query = q, .arena = arena, .out = out,
                      .result = result };
    for (size_t i = from; i < out->n; i++) {
        if (!points_to_licence(out, i))
            continue;
        if (begin(&l))
            look_licences(&l, from);
        return;
    }
}
