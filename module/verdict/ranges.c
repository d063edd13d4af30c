/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/ranges.h"

#include "core/buf.h"
#include "policy/config.h"

#define KEEP_MS (24 * 3600 * 1000ll)
#define KEY_MAX 20000 /* bytes: configuration, URL, validator */

/* The strong validator as sent, quotes included; empty: none. */
static struct slice strong_etag(const struct judge *j)
{
    const struct header *h = headers_find(&j->exchange.response, "etag");
    struct slice v = h ? slice_trim_ows(h->value) : SLICE_EMPTY;
    return slice_begins(v, '"') && v.n > 2 ? v : SLICE_EMPTY;
}

/* Content-Range: bytes 0-99/1234 (RFC 9110 section 14.4). */
static bool total_length(const struct judge *j, uint64_t *total)
{
    const struct header *h = headers_find(&j->exchange.response, "content-range");
    if (!h)
        return false;
    struct slice after = slice_from(h->value, slice_find(h->value, '/') + 1);
    return slice_to_u64(slice_trim_ows(after), total);
}

/* What the bytes are known by: a strong validator is that of one representation, its
 * content coding included (RFC 9110 section 8.8.1). False when there is none. */
static bool make_key(const struct judge *j, struct buf *key)
{
    struct slice etag = strong_etag(j);
    buf_init(key, KEY_MAX);
    if (etag.n == 0)
        return false;
    buf_puts(key, j->basis.config->hash); /* another configuration, another verdict */
    buf_putc(key, '\n');
    buf_append(key, j->exchange.url.p, j->exchange.url.n);
    buf_putc(key, '\n');
    buf_append(key, etag.p, etag.n);
    return key->failed == OPTOUT_OK;
}

/* A range must be one of as many bytes; a message without a body need not say how many. */
static bool fits(const struct judge *j, const struct past_verdict *was)
{
    uint64_t total;
    if (j->exchange.status == 206)
        return !was->of_head && total_length(j, &total) && was->length >= 0 &&
               (uint64_t)was->length == total;
    if (was->of_head && j->exchange.status != 304)
        return false; /* a HEAD has the whole head of its own */
    /* Servers that do not know the length say 0 to HEAD. */
    return j->record.length <= 0 || was->length < 0 || j->record.length == was->length;
}

void ranges_recall(struct judge *j)
{
    struct buf key;
    struct past_verdict was;
    if (j->exchange.status != 206 && !exchange_body_is_unseen(&j->exchange))
        return;
    bool found = make_key(j, &key) &&
                 remember_find(j->basis.wholes, j->profile->name, buf_slice(&key),
                               j->record.wall_ms, &was) &&
                 fits(j, &was);
    buf_free(&key);
    if (!found)
        return;
    memcpy(j->record.earlier, was.id, sizeof was.id);
    if (was.kind == DECISION_CLEAR)
        inspect_whole_is_known(j->inspection);
    else
        evidence_give(&was.evidence, inspect_signals(j->inspection));
}

/* Site files are looked at again each time. What the head said is kept apart: a 304 need
 * not repeat it, others do. */
static bool take_denial(const struct decision *d, const struct profile *p, struct past_verdict *v)
{
    evidence_take(&v->evidence, d, p, false);
    if (v->evidence.n)
        return true;
    evidence_take(&v->evidence, d, p, true);
    v->of_head = true;
    return v->evidence.n > 0;
}

void ranges_remember(struct judge *j, enum inspect_end end)
{
    const struct decision *d = &j->decision;
    struct past_verdict v = { .kind = (uint8_t)d->kind,
                              .until_ms = j->record.wall_ms + KEEP_MS,
                              .length = j->record.length };
    bool clear = d->kind == DECISION_CLEAR && inspect_body_was_read(j->inspection) &&
                 end != INSPECT_TRUNCATED;
    bool denied = (d->kind == DECISION_RESERVED || d->kind == DECISION_CONDITIONAL) &&
                  take_denial(d, j->profile, &v);
    struct buf key;
    if (j->exchange.status != 200 || !j->exchange.has_body || j->site_file ||
        !(clear || denied))
        return;
    memcpy(v.id, j->record.id, sizeof v.id);
    if (make_key(j, &key))
        remember_add(j->basis.wholes, j->profile->name, buf_slice(&key), &v);
    buf_free(&key);
}
