/* SPDX-License-Identifier: Apache-2.0 */
/* cbor.c - RFC 8949 sections 3 and 4; encodings need not be deterministic.
 *
 * Limits: CBOR_DEPTH_MAX, CBOR_ITEMS_MAX (tags count), CBOR_STRING_MAX. */
#include "syntax/cbor.h"

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

struct level {
    struct cbor_item *of, *last;
    uint64_t left; /* items, or pairs of a map, still to come */
    bool endless, map;
    bool keyed; /* map: the key of the next value is known */
    struct slice key;
};

struct reader {
    struct cbor_pool *pool;
    struct slice in;
    struct cbor_item *root;
    struct level stack[CBOR_DEPTH_MAX];
    size_t depth, items;
};

struct head {
    enum major major;
    uint8_t info;
    uint64_t value;
    bool endless;
};

void cbor_pool_clear(struct cbor_pool *pool)
{
    pool->n = pool->n_joined = 0;
}

struct cbor_item *cbor_pool_item(struct cbor_pool *pool, enum optout_rc *rc)
{
    *rc = OPTOUT_E_LIMIT;
    if (pool->n == CBOR_ITEMS_MAX)
        return NULL;
    struct cbor_item **chunk = &pool->chunk[pool->n / CBOR_CHUNK];
    if (!*chunk)
        *chunk = arena_array(pool->arena, CBOR_CHUNK, sizeof **chunk);
    *rc = OPTOUT_E_NOMEM;
    if (!*chunk)
        return NULL;
    *rc = OPTOUT_OK;
    struct cbor_item *item = &(*chunk)[pool->n++ % CBOR_CHUNK];
    *item = (struct cbor_item){ .kind = CBOR_OTHER };
    return item;
}

/* Section 3: the initial byte and its argument. */
static bool read_head(struct reader *r, struct head *h)
{
    if (r->in.n == 0)
        return false;
    uint8_t first = r->in.p[0];
    h->major = (enum major)(first >> 5);
    h->info = first & 0x1f;
    h->value = h->info;
    h->endless = h->info == 31;
    r->in = slice_from(r->in, 1);
    if (h->info < 24)
        return true;
    if (h->endless)
        return h->major >= BYTES && h->major != TAG;
    if (h->info > 27)
        return false;
    size_t n = (size_t)1 << (h->info - 24);
    if (r->in.n < n)
        return false;
    h->value = 0;
    for (size_t i = 0; i < n; i++)
        h->value = h->value << 8 | r->in.p[i];
    r->in = slice_from(r->in, n);
    return true;
}

static enum optout_rc read_definite(struct reader *r, uint64_t n, struct slice *out)
{
    if (n > r->in.n)
        return OPTOUT_E_SYNTAX;
    if (n > CBOR_STRING_MAX)
        return OPTOUT_E_LIMIT;
    *out = slice_sub(r->in, 0, (size_t)n);
    r->in = slice_from(r->in, (size_t)n);
    return OPTOUT_OK;
}

/* Section 3.2.3: chunks of the same major type up to the break. */
static enum optout_rc read_chunks(struct reader *r, enum major major, struct slice *out)
{
    struct cbor_pool *pool = r->pool;
    if (!pool->joined)
        pool->joined = arena_take(pool->arena, CBOR_STRING_MAX);
    if (!pool->joined)
        return OPTOUT_E_NOMEM;
    *out = slice_of(pool->joined + pool->n_joined, 0);
    for (;;) {
        struct head h;
        struct slice piece;
        if (!read_head(r, &h))
            return OPTOUT_E_SYNTAX;
        if (h.major == SIMPLE && h.endless)
            return OPTOUT_OK;
        if (h.major != major || h.endless)
            return OPTOUT_E_SYNTAX;
        enum optout_rc rc = read_definite(r, h.value, &piece);
        if (rc != OPTOUT_OK)
            return rc;
        if (++r->items > CBOR_ITEMS_MAX || piece.n > CBOR_STRING_MAX - pool->n_joined)
            return OPTOUT_E_LIMIT;
        if (piece.n)
            memcpy(pool->joined + pool->n_joined, piece.p, piece.n);
        pool->n_joined += piece.n;
        out->n += piece.n;
    }
}

static struct level *top(struct reader *r)
{
    return r->depth ? &r->stack[r->depth - 1] : NULL;
}

/* Adds a value to what is open. */
static enum optout_rc add(struct reader *r, enum cbor_kind kind, struct slice text,
                          struct cbor_item **added)
{
    enum optout_rc rc;
    struct cbor_item *item = cbor_pool_item(r->pool, &rc);
    if (!item)
        return rc;
    item->kind = kind;
    item->text = text;
    *added = item;
    struct level *l = top(r);
    if (!l) {
        r->root = item;
        return OPTOUT_OK;
    }
    item->key = l->map ? l->key : SLICE_EMPTY;
    l->keyed = false;
    l->left -= !l->endless;
    if (l->last)
        l->last->next = item;
    else
        l->of->first = item;
    l->last = item;
    return OPTOUT_OK;
}

static enum optout_rc open_container(struct reader *r, const struct head *h)
{
    bool map = h->major == MAP;
    struct cbor_item *item;
    if (!h->endless && h->value > r->in.n)
        return OPTOUT_E_SYNTAX;
    if (r->depth == CBOR_DEPTH_MAX)
        return OPTOUT_E_LIMIT;
    enum optout_rc rc = add(r, map ? CBOR_MAP : CBOR_ARRAY, SLICE_EMPTY, &item);
    if (rc != OPTOUT_OK)
        return rc;
    r->stack[r->depth++] = (struct level){
        .of = item, .left = h->endless ? 1 : h->value, .endless = h->endless, .map = map,
    };
    return OPTOUT_OK;
}

static enum optout_rc close_endless(struct reader *r)
{
    struct level *l = top(r);
    if (!l || !l->endless || l->keyed)
        return OPTOUT_E_SYNTAX;
    r->depth--;
    return OPTOUT_OK;
}

/* A key, or a value that is no container. */
static enum optout_rc cbor_put(struct reader *r, enum cbor_kind kind, struct slice text)
{
    struct level *l = top(r);
    struct cbor_item *item;
    if (!l || !l->map || l->keyed)
        return add(r, kind, text, &item);
    l->keyed = true;
    l->key = kind == CBOR_TEXT ? text : SLICE_EMPTY;
    if (kind == CBOR_TEXT && !l->key.p)
        l->key = slice_of("", 0);
    return OPTOUT_OK;
}

static enum optout_rc cbor_step(struct reader *r)
{
    struct head h;
    if (!read_head(r, &h))
        return OPTOUT_E_SYNTAX;
    if (++r->items > CBOR_ITEMS_MAX)
        return OPTOUT_E_LIMIT;
    if (h.major == TAG)
        return OPTOUT_OK;
    if (h.major == SIMPLE && h.endless)
        return close_endless(r);
    struct level *l = top(r);
    if (h.major == ARRAY || h.major == MAP)
        return l && l->map && !l->keyed ? OPTOUT_E_SYNTAX : open_container(r, &h);
    if (h.major != BYTES && h.major != TEXT)
        return cbor_put(r, CBOR_OTHER, SLICE_EMPTY);
    struct slice text;
    enum optout_rc rc = h.endless ? read_chunks(r, h.major, &text)
                                  : read_definite(r, h.value, &text);
    return rc == OPTOUT_OK ? cbor_put(r, h.major == TEXT ? CBOR_TEXT : CBOR_BYTES, text) : rc;
}

enum optout_rc cbor_read(struct cbor_pool *pool, struct slice in, struct cbor_item **root)
{
    struct reader r = { .pool = pool, .in = in };
    enum optout_rc rc = OPTOUT_OK;
    cbor_pool_clear(pool);
    while (rc == OPTOUT_OK && !(r.root && r.depth == 0)) {
        rc = cbor_step(&r);
        for (struct level *l; rc == OPTOUT_OK && (l = top(&r)) != NULL;) {
            if (l->endless || l->left || l->keyed)
                break;
            r.depth--;
        }
    }
    *root = r.root;
    return rc == OPTOUT_OK ? OPTOUT_DONE : rc;
}

const struct cbor_item *cbor_get(const struct cbor_item *map, const char *key,
                                 enum cbor_kind kind)
{
    if (!map || map->kind != CBOR_MAP)
        return NULL;
    for (const struct cbor_item *i = map->first; i; i = i->next)
        if (i->kind == kind && i->key.p && slice_eq(i->key, slice_cstr(key)))
            return i;
    return NULL;
}

struct slice cbor_get_text(const struct cbor_item *map, const char *key)
{
    const struct cbor_item *i = cbor_get(map, key, CBOR_TEXT);
    return i ? i->text : SLICE_EMPTY;
}
