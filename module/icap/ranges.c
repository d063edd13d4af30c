/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/ranges.h"

#include "core/buf.h"

#define KEEP_MS (24 * 3600 * 1000ll)
#define KEY_MAX 20000 /* bytes: configuration, URL, validator, length */

/* The strong validator as sent, quotes included; empty: none. */
static struct slice strong_etag(const struct transaction *t)
{
    const struct header *h = headers_find(&t->exchange.response, "etag");
    struct slice v = h ? slice_trim_ows(h->value) : SLICE_EMPTY;
    return slice_begins(v, '"') && v.n > 2 ? v : SLICE_EMPTY;
}

/* Content-Range: bytes 0-99/1234 (RFC 9110 section 14.4). */
static bool total_length(const struct transaction *t, uint64_t *total)
{
    const struct header *h = headers_find(&t->exchange.response, "content-range");
    if (!h)
        return false;
    struct slice after = slice_from(h->value, slice_find(h->value, '/') + 1);
    return slice_to_u64(slice_trim_ows(after), total);
}

/* What the bytes are known by. False when nothing tells that they are the same. */
static bool make_key(const struct transaction *t, uint64_t length, struct buf *key)
{
    struct slice etag = strong_etag(t);
    buf_init(key, KEY_MAX);
    if (etag.n == 0 || headers_find(&t->exchange.response, "content-encoding"))
        return false;
    buf_puts(key, t->snapshot->config.hash); /* another configuration, another verdict */
    buf_putc(key, '\n');
    buf_append(key, t->exchange.url.p, t->exchange.url.n);
    buf_putc(key, '\n');
    buf_append(key, etag.p, etag.n);
    buf_printf(key, "\n%llu", (unsigned long long)length);
    return key->failed == OPTOUT_OK;
}

static bool recall(const struct transaction *t, struct denial *was)
{
    struct buf key;
    uint64_t total;
    if (t->exchange.status != 206 || !total_length(t, &total))
        return false;
    bool found = make_key(t, total, &key) &&
                 remember_find(t->shared->wholes, t->profile->name, buf_slice(&key),
                               t->record.wall_ms, was);
    buf_free(&key);
    return found;
}

void ranges_recall(struct transaction *t)
{
    struct denial was;
    if (!recall(t, &was))
        return;
    memcpy(t->record.earlier, was.id, sizeof was.id);
    inspect_whole_is_known(t->inspection);
}

void ranges_apply(struct transaction *t)
{
    struct denial was;
    struct decision *d = &t->decision;
    if (!t->record.earlier[0] || !recall(t, &was) || was.kind == DECISION_CLEAR)
        return;
    enum action action = (enum action)t->profile->on[was.kind];
    if (action < d->would)
        return; /* what this response says itself weighs more */
    d->kind = (enum decision_kind)was.kind;
    d->would = action;
    d->action = t->profile->monitor ? ACTION_PASS : action;
}

/* Whether the file itself denies; head and site are looked at again. */
static bool file_denies(const struct decision *d)
{
    for (size_t i = 0; i < d->n_by; i++)
        if (d->by[i]->place_kind == PLACE_PART)
            return true;
    return false;
}

void ranges_remember(struct transaction *t, enum inspect_end end)
{
    const struct decision *d = &t->decision;
    bool clear = d->kind == DECISION_CLEAR && inspect_file_was_read(t->inspection) &&
                 end != INSPECT_TRUNCATED;
    bool denied = d->kind == DECISION_RESERVED || d->kind == DECISION_CONDITIONAL;
    struct buf key;
    if (t->exchange.status != 200 || t->record.length < 0 || !(clear || (denied && file_denies(d))))
        return;
    struct denial v = { .kind = (uint8_t)d->kind, .until_ms = t->record.wall_ms + KEEP_MS };
    memcpy(v.id, t->record.id, sizeof v.id);
    if (make_key(t, (uint64_t)t->record.length, &key))
        remember_add(t->shared->wholes, t->profile->name, buf_slice(&key), &v);
    buf_free(&key);
}
