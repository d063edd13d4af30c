/* SPDX-License-Identifier: Apache-2.0 */
#include "warc/captures.h"

#include "http/url.h"
#include "http/url_path.h"
#include "warc/date.h"
#include "warc/judging.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define REDIRECTS_MAX 5

struct capture {
    struct slice origin;
    struct slice to;    /* of a redirect: the other origin; else empty */
    int64_t date_ms;
    uint8_t kind;
    struct site_document d;
};

struct warc_captures {
    struct arena arena; /* of all that is captured */
    const struct agents *agents;
    struct store *store; /* NULL: none */
    struct site_log *log; /* NULL: none */
    bool terms;
    struct capture *v;
    size_t n, size;
    bool over;
};

struct warc_moment {
    struct warc_captures *from;
    struct site *site;
    int64_t date_ms;
};

/* ---- filling ---- */

struct warc_captures *warc_captures_new(const struct agents *agents, struct store *store)
{
    struct warc_captures *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->agents = agents;
    c->store = store;
    arena_init(&c->arena, CAPTURES_MAX, NULL, 0);
    return c;
}

void warc_captures_use_log(struct warc_captures *c, struct site_log *log, bool terms)
{
    c->log = log;
    c->terms = terms;
}

void warc_captures_free(struct warc_captures *c)
{
    if (!c)
        return;
    arena_reset(&c->arena);
    free(c->v);
    free(c);
}

bool warc_captures_over(const struct warc_captures *c)
{
    return c->over;
}

static struct slice keep(struct warc_captures *c, struct slice s)
{
    struct slice copy = arena_copy(&c->arena, s, SIZE_MAX);
    c->over |= !copy.p;
    return copy;
}

/* Compiled rules are matched where they lie, at a multiple of 8: the arena's pieces of 16. */
static void keep_document(struct warc_captures *c, struct site_document *d)
{
    d->url = keep(c, d->url);
    d->agent = keep(c, d->agent);
    d->etag = d->last_modified = SLICE_EMPTY;
    d->why = keep(c, d->why);
    d->rules = keep(c, d->rules);
    d->expires_ms = INT64_MAX; /* it was so then */
}

static void add(struct warc_captures *c, const struct capture *new)
{
    if (c->n == c->size) {
        size_t size = c->size ? c->size * 2 : 256;
        struct capture *v = realloc(c->v, size * sizeof *v);
        if (!v) {
            c->over = true;
            return;
        }
        c->v = v;
        c->size = size;
    }
    struct capture *to = &c->v[c->n];
    *to = *new;
    to->origin = keep(c, new->origin);
    to->to = keep(c, new->to);
    keep_document(c, &to->d);
    c->n += !c->over;
}

/* A redirect counts when it leads to the same file elsewhere. */
static bool follow(const struct site_answer *a, struct arena *scratch, struct slice *origin)
{
    const struct header *h = headers_find(a->headers, "location");
    struct slice path;
    enum site_kind kind;
    return h && url_split(scratch, url_resolve(scratch, a->url, h->value), origin, &path) &&
           site_kind_of_path(path, &kind) && kind == a->kind && !slice_eq(*origin, a->origin);
}

static void learn(void *ctx, const struct site_answer *a, const struct agents *agents,
                  struct arena *scratch)
{
    static const struct site_lifetimes lifetimes = SITE_LIFETIMES_PRESET;
    struct warc_moment *m = ctx;
    struct capture new = { .origin = a->origin, .kind = (uint8_t)a->kind,
                           .date_ms = m->date_ms };
    struct site_answer then = *a;
    bool redirect = a->status >= 300 && a->status < 400;
    then.now_ms = m->date_ms;
    if (redirect ? !follow(a, scratch, &new.to)
                 : !document_teaches(a->status) ||
                       document_read(&then, agents, &lifetimes, scratch, &new.d) != OPTOUT_OK)
        return;
    add(m->from, &new);
}

static int compare(const void *a, const void *b)
{
    const struct capture *x = a, *y = b;
    size_t n = x->origin.n < y->origin.n ? x->origin.n : y->origin.n;
    int order = memcmp(x->origin.p, y->origin.p, n);
    if (order == 0)
        order = (x->origin.n > y->origin.n) - (x->origin.n < y->origin.n);
    if (order == 0)
        order = (x->kind > y->kind) - (x->kind < y->kind);
    return order ? order : (x->date_ms > y->date_ms) - (x->date_ms < y->date_ms);
}

void warc_captures_sort(struct warc_captures *c)
{
    if (c->n)
        qsort(c->v, c->n, sizeof *c->v, compare);
}

/* ---- asking ---- */

/* The capture of a file that counts on a date; NULL: there is none. */
static const struct capture *find(const struct warc_captures *c, struct slice origin,
                                  unsigned kind, int64_t date_ms)
{
    struct capture key = { .origin = origin, .kind = (uint8_t)kind, .date_ms = date_ms };
    size_t from = 0, to = c->n; /* the first that is later */
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (compare(&c->v[mid], &key) <= 0)
            from = mid + 1;
        else
            to = mid;
    }
    for (size_t i = from; i > 0 && i + 1 >= from; i--)
        if (c->v[i - 1].kind == kind && slice_eq(c->v[i - 1].origin, origin))
            return &c->v[i - 1];
    if (from < c->n && c->v[from].kind == kind && slice_eq(c->v[from].origin, origin))
        return &c->v[from];
    return NULL;
}

static const struct capture *resolve(const struct warc_captures *c, struct slice origin,
                                     unsigned kind, int64_t date_ms)
{
    const struct capture *found = find(c, origin, kind, date_ms);
    for (int i = 0; found && found->to.n; i++)
        found = i < REDIRECTS_MAX ? find(c, found->to, kind, date_ms) : NULL;
    return found;
}

struct onward {
    store_visit *visit;
    void *ctx;
};

/* What is old today was not then. */
static void visit_stored(void *ctx, const struct store_value *stored)
{
    const struct onward *to = ctx;
    struct store_value v = *stored;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++) {
        v.d[kind].expires_ms = INT64_MAX;
        if (v.d[kind].state == SITE_PUBLISHED)
            v.d[kind].why = SLICE_EMPTY;
    }
    to->visit(to->ctx, &v);
}

/* What was captured, else what the log says. */
static bool find_documents(const struct warc_moment *m, struct store_value *v)
{
    const struct warc_captures *c = m->from;
    bool any = false;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++) {
        const struct capture *found = resolve(c, v->key, kind, m->date_ms);
        if (found)
            v->d[kind] = found->d;
        else if (!c->log || !site_log_find(c->log, v->key, (enum site_kind)kind, m->date_ms,
                                           &v->d[kind]))
            continue;
        any = true;
    }
    v->asked = v->d[SITE_ROBOTS].state != SITE_NOT_ASKED;
    if (v->d[SITE_TERMS].state != SITE_NOT_ASKED) { /* said in words that are not kept */
        v->d[SITE_TERMS] = (struct site_document){ .state = SITE_NOT_ASKED };
        v->asked &= !c->terms;
    }
    return any;
}

static bool read_site(void *ctx, struct slice key, store_visit *visit, void *visit_ctx)
{
    struct warc_moment *m = ctx;
    struct store_value v = { .key = key };
    struct buf bundle;
    struct onward to = { visit, visit_ctx };
    if (!find_documents(m, &v))
        return m->from->store && store_read(m->from->store, key, visit_stored, &to);
    buf_init(&bundle, BUNDLE_MAX);
    bool ok = bundle_print(key, v.d, &bundle) == OPTOUT_OK &&
              bundle_id(buf_slice(&bundle), v.bundle_id);
    v.bundle = buf_slice(&bundle);
    if (ok)
        visit(visit_ctx, &v);
    buf_free(&bundle);
    return ok;
}

struct warc_moment *warc_moment_new(struct warc_captures *c)
{
    struct warc_moment *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->from = c;
    m->site = site_of_source(&(struct site_documents){ read_site, learn, m });
    if (m->site)
        return m;
    free(m);
    return NULL;
}

void warc_moment_free(struct warc_moment *m)
{
    if (!m)
        return;
    site_of_source_free(m->site);
    free(m);
}

struct site *warc_moment_site(struct warc_moment *m)
{
    return m->site;
}

void warc_moment_set(struct warc_moment *m, struct slice date)
{
    if (!warc_date_read(date, &m->date_ms))
        m->date_ms = 0; /* then the first capture counts */
}

/* ---- the first pass ---- */

static bool is_site_file(struct slice url)
{
    enum site_kind kind;
    size_t at = slice_find(url, ':');
    struct slice rest = slice_from(url, at + 3 < url.n ? at + 3 : url.n);
    return site_kind_of_path(slice_from(rest, slice_find(rest, '/')), &kind);
}

static enum optout_rc read_records(struct warc_reader *r, uint32_t file, struct warc_index *x,
                                   struct judging *w)
{
    enum optout_rc rc;
    while ((rc = warc_next(r)) == OPTOUT_OK) {
        const struct warc_head *h = &r->record.head;
        warc_index_record(x, h, (struct warc_place){ file, r->record.offset });
        if (!w || h->type != WARC_RESPONSE || !is_site_file(h->url))
            continue;
        struct judged v;
        rc = judging_record(w, r, &v);
        judging_done(w);
        if (rc != OPTOUT_OK)
            return rc;
    }
    return rc;
}

enum optout_rc warc_first_pass(const char *path, uint32_t file, struct warc_index *x,
                               struct warc_captures *c, const struct judging_options *o)
{
    struct warc_reader r;
    struct judging_options mine = *o;
    struct warc_moment *m = c ? warc_moment_new(c) : NULL;
    mine.moment = m;
    mine.shared = x;
    mine.digests = false;
    mine.basis.learns = true;
    mine.basis.site = m ? m->site : NULL;
    struct judging *w = m ? judging_new(&mine) : NULL;
    int fd = c && !w ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum optout_rc rc = c && !w ? OPTOUT_E_NOMEM : OPTOUT_OK;
    if (fd >= 0) {
        rc = warc_open(&r, fd, 0, UINT64_MAX, o->side_dictionary, NULL, NULL);
        if (rc == OPTOUT_OK)
            rc = read_records(&r, file, x, w);
        warc_close(&r);
        close(fd);
    }
    judging_free(w);
    warc_moment_free(m);
    return rc == OPTOUT_E_NOMEM ? rc : OPTOUT_OK;
}
