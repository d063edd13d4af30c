/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/ranges.h"

#include "core/buf.h"

#define KEEP_MS (24 * 3600 * 1000ll)
#define KEY_MAX 20000 /* bytes: configuration, URL, validator */

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

/* What the bytes are known by: a strong validator is that of one representation, its
 * content coding included (RFC 9110 section 8.8.1). False when there is none. */
static bool make_key(const struct transaction *t, struct buf *key)
{
    struct slice etag = strong_etag(t);
    buf_init(key, KEY_MAX);
    if (etag.n == 0)
        return false;
    buf_puts(key, t->snapshot->config.hash); /* another configuration, another verdict */
    buf_putc(key, '\n');
    buf_append(key, t->exchange.url.p, t->exchange.url.n);
    buf_putc(key, '\n');
    buf_append(key, etag.p, etag.n);
    return key->failed == OPTOUT_OK;
}

/* A range must be one of as many bytes; a message without a body need not say how many. */
static bool fits(const struct transaction *t, const struct denial *was)
{
    uint64_t total;
    if (t->exchange.status == 206)
        return !was->of_head && total_length(t, &total) && was->length >= 0 &&
               (uint64_t)was->length == total;
    if (was->of_head && t->exchange.status != 304)
        return false; /* a HEAD has the whole head of its own */
    /* Servers that do not know the length say 0 to HEAD. */
    return t->record.length <= 0 || was->length < 0 || t->record.length == was->length;
}

void ranges_recall(struct transaction *t)
{
    struct buf key;
    struct denial was;
    if (t->exchange.status != 206 && !exchange_body_is_unseen(&t->exchange))
        return;
    bool found = make_key(t, &key) &&
                 remember_find(t->shared->wholes, t->profile->name, buf_slice(&key),
                               t->record.wall_ms, &was) &&
                 fits(t, &was);
    buf_free(&key);
    if (!found)
        return;
    memcpy(t->record.earlier, was.id, sizeof was.id);
    if (was.kind == DECISION_CLEAR)
        inspect_whole_is_known(t->inspection);
    else
        evidence_give(&was.evidence, inspect_statements(t->inspection));
}

/* Site files are looked at again each time. What the head said is kept apart: a 304 need
 * not repeat it, others do. */
static bool take_denial(const struct decision *d, struct denial *v)
{
    evidence_take(&v->evidence, d, false);
    if (v->evidence.n)
        return true;
    evidence_take(&v->evidence, d, true);
    v->of_head = true;
    return v->evidence.n > 0;
}

void ranges_remember(struct transaction *t, enum inspect_end end)
{
    const struct decision *d = &t->decision;
    struct denial v = { .kind = (uint8_t)d->kind,
                        .until_ms = t->record.wall_ms + KEEP_MS,
                        .length = t->record.length };
    bool clear = d->kind == DECISION_CLEAR && inspect_body_was_read(t->inspection) &&
                 end != INSPECT_TRUNCATED;
    bool denied = (d->kind == DECISION_RESERVED || d->kind == DECISION_CONDITIONAL) &&
                  take_denial(d, &v);
    struct buf key;
    if (t->exchange.status != 200 || !t->exchange.has_body || t->site_file ||
        !(clear || denied))
        return;
    memcpy(v.id, t->record.id, sizeof v.id);
    if (make_key(t, &key))
        remember_add(t->shared->wholes, t->profile->name, buf_slice(&key), &v);
    buf_free(&key);
}
