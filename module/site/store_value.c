/* SPDX-License-Identifier: Apache-2.0 */
/* store_value.c - printing and reading one value of the store.
 *
 * Limits: SITE_URL_MAX, SITE_AGENT_MAX, SITE_ETAG_MAX, SITE_WHY_MAX, COMPILED_MAX
 * for its parts, STORE_LONG_KEY_MAX for its key, BUNDLE_MAX for its bundle. */
#include "site/store_value.h"

#define MAGIC 0x3156534fu /* "OSV1" */

enum { PART_URL, PART_AGENT, PART_ETAG, PART_MODIFIED, PART_WHY, PART_RULES, PART_COUNT };

static const uint32_t part_max[PART_COUNT] = {
    [PART_URL] = SITE_URL_MAX,   [PART_AGENT] = SITE_AGENT_MAX,  [PART_ETAG] = SITE_ETAG_MAX,
    [PART_MODIFIED] = 64,        [PART_WHY] = SITE_WHY_MAX,      [PART_RULES] = COMPILED_MAX,
};

struct part {
    uint32_t at, n;
};

struct head {
    uint32_t magic;
    uint32_t size;     /* of the whole value */
    uint64_t checksum; /* of all that follows */
    uint64_t serial;
    int64_t drop_ms;
    struct part key, bundle;
    char bundle_id[BUNDLE_ID_SIZE];
    uint8_t version, asked, n_documents, rules_version, zero[4];
};

struct entry {
    int64_t fetched_ms, expires_ms;
    uint8_t sha256[32];
    struct part part[PART_COUNT];
    uint16_t status;
    uint8_t kind, state, source, varies, has_sha256, zero;
};

#define CHECKED_FROM offsetof(struct head, serial)

_Static_assert(sizeof(struct head) % 8 == 0 && sizeof(struct entry) % 8 == 0,
               "entries and rules are aligned by construction");

uint64_t store_hash(struct slice bytes, uint64_t seed)
{
    static const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t h = seed ^ (bytes.n * odd), word;
    size_t i = 0;
    for (; i + sizeof word <= bytes.n; i += sizeof word) {
        memcpy(&word, bytes.p + i, sizeof word);
        h = (h ^ word) * odd;
        h ^= h >> 29;
    }
    word = 0;
    if (i < bytes.n)
        memcpy(&word, bytes.p + i, bytes.n - i);
    h = (h ^ word) * odd;
    h ^= h >> 32;
    h *= odd;
    return h ^ h >> 29;
}

static uint64_t checksum(struct slice bytes)
{
    return store_hash(slice_from(bytes, CHECKED_FROM), MAGIC);
}

/* ---- printing ----------------------------------------------------------- */

static enum optout_rc pad(struct buf *out, size_t start)
{
    static const uint8_t zeros[8];
    return buf_append(out, zeros, (8 - (out->n - start) % 8) % 8);
}

static struct slice *part_of(struct site_document *d, size_t i)
{
    struct slice *parts[PART_COUNT] = { &d->url, &d->agent, &d->etag,
                                        &d->last_modified, &d->why, &d->rules };
    return parts[i];
}

static enum optout_rc print_document(struct site_document d, struct entry *e, struct buf *out,
                                     size_t start)
{
    enum optout_rc rc = OPTOUT_OK;
    *e = (struct entry){
        .fetched_ms = d.fetched_ms,
        .expires_ms = d.expires_ms,
        .status = d.status,
        .kind = d.kind,
        .state = d.state,
        .source = d.source,
        .varies = d.varies,
        .has_sha256 = d.has_sha256,
    };
    memcpy(e->sha256, d.sha256, sizeof e->sha256);
    for (size_t i = 0; i < PART_COUNT && rc == OPTOUT_OK; i++) {
        struct slice s = slice_sub(*part_of(&d, i), 0, part_max[i]);
        if (i == PART_RULES)
            rc = pad(out, start);
        e->part[i] = (struct part){ (uint32_t)(out->n - start), (uint32_t)s.n };
        if (rc == OPTOUT_OK)
            rc = buf_append(out, s.p, s.n);
    }
    return rc == OPTOUT_OK ? pad(out, start) : rc;
}

static size_t count(const struct store_value *v, int64_t *drop_ms)
{
    size_t n = 0;
    *drop_ms = 0;
    for (size_t i = 0; i < SITE_KIND_COUNT; i++) {
        if (v->d[i].state == SITE_NOT_ASKED)
            continue;
        n++;
        *drop_ms = v->d[i].expires_ms > *drop_ms ? v->d[i].expires_ms : *drop_ms;
    }
    return n;
}

static enum optout_rc print_bundle(const struct store_value *v, struct head *h, struct buf *out,
                                   size_t start)
{
    size_t at = out->n;
    enum optout_rc rc = bundle_print(v->key, v->d, out);
    if (rc != OPTOUT_OK)
        return rc;
    struct slice text = slice_from(buf_slice(out), at);
    h->bundle = (struct part){ (uint32_t)(at - start), (uint32_t)text.n };
    if (text.n > BUNDLE_MAX)
        return OPTOUT_E_LIMIT;
    return bundle_id(text, h->bundle_id) ? pad(out, start) : OPTOUT_E_NOMEM;
}

enum optout_rc store_value_print(const struct store_value *v, struct buf *out)
{
    struct entry entries[SITE_KIND_COUNT];
    struct head h = { .magic = MAGIC, .serial = v->serial, .version = STORE_VALUE_VERSION,
                      .rules_version = COMPILED_VERSION };
    size_t start = out->n, n = 0, table;
    h.asked = v->asked;
    h.n_documents = (uint8_t)count(v, &h.drop_ms);
    table = sizeof h + h.n_documents * sizeof *entries;
    h.key = (struct part){ (uint32_t)table, (uint32_t)v->key.n };
    uint8_t *room = buf_room(out, table);
    if (!room)
        return out->failed;
    memset(room, 0, table);
    out->n += table;
    enum optout_rc rc = v->key.n <= STORE_LONG_KEY_MAX ? buf_append(out, v->key.p, v->key.n)
                                                       : OPTOUT_E_LIMIT;
    if (rc == OPTOUT_OK)
        rc = print_bundle(v, &h, out, start);
    if (rc == OPTOUT_OK)
        rc = pad(out, start);
    for (size_t i = 0; i < SITE_KIND_COUNT && rc == OPTOUT_OK; i++) {
        if (v->d[i].state != SITE_NOT_ASKED)
            rc = print_document(v->d[i], &entries[n++], out, start);
    }
    if (rc != OPTOUT_OK) {
        out->n = start;
        return rc;
    }
    h.size = (uint32_t)(out->n - start);
    memcpy(out->p + start, &h, sizeof h);
    memcpy(out->p + start + sizeof h, entries, n * sizeof *entries);
    h.checksum = checksum(slice_from(buf_slice(out), start));
    memcpy(out->p + start, &h, sizeof h);
    return OPTOUT_OK;
}

/* ---- reading ------------------------------------------------------------ */

static bool part_read(struct slice bytes, struct part p, uint32_t max, struct slice *s)
{
    if (p.n > max || p.at > bytes.n || p.n > bytes.n - p.at)
        return false;
    *s = slice_of(bytes.p + p.at, p.n);
    return true;
}

static bool read_document(struct slice bytes, const struct entry *e, struct store_value *v)
{
    if (e->kind >= SITE_KIND_COUNT || e->state >= SITE_STATE_COUNT ||
        e->state == SITE_NOT_ASKED || e->source >= SITE_SOURCE_COUNT || e->varies > 1 ||
        e->has_sha256 > 1)
        return false;
    struct site_document *d = &v->d[e->kind];
    if (d->state != SITE_NOT_ASKED || e->part[PART_RULES].at % 8 != 0)
        return false;
    for (size_t i = 0; i < PART_COUNT; i++)
        if (!part_read(bytes, e->part[i], part_max[i], part_of(d, i)))
            return false;
    d->state = e->state;
    d->source = e->source;
    d->varies = e->varies;
    d->has_sha256 = e->has_sha256;
    d->status = e->status;
    d->fetched_ms = e->fetched_ms;
    d->expires_ms = e->expires_ms;
    memcpy(d->sha256, e->sha256, sizeof d->sha256);
    return true;
}

bool store_value_read(struct slice bytes, struct store_value *v)
{
    struct head h;
    struct entry e;
    if (bytes.n < sizeof h)
        return false;
    memcpy(&h, bytes.p, sizeof h);
    if (h.magic != MAGIC || h.size != bytes.n || h.version != STORE_VALUE_VERSION ||
        h.asked > 1 || h.n_documents > SITE_KIND_COUNT ||
        bytes.n - sizeof h < h.n_documents * sizeof e)
        return false;
    *v = (struct store_value){ .serial = h.serial, .drop_ms = h.drop_ms, .asked = h.asked };
    for (size_t i = 0; i < SITE_KIND_COUNT; i++)
        v->d[i].kind = (uint8_t)i;
    if (!part_read(bytes, h.key, STORE_LONG_KEY_MAX, &v->key) ||
        !part_read(bytes, h.bundle, BUNDLE_MAX, &v->bundle))
        return false;
    if (h.rules_version != COMPILED_VERSION) {
        v->asked = false;
        v->bundle = SLICE_EMPTY; /* it speaks of documents that are not read here */
        return true;
    }
    memcpy(v->bundle_id, h.bundle_id, sizeof v->bundle_id);
    for (size_t i = 0; i < h.n_documents; i++) {
        memcpy(&e, bytes.p + sizeof h + i * sizeof e, sizeof e);
        if (!read_document(bytes, &e, v))
            return false;
    }
    return true;
}

bool store_value_whole(struct slice bytes)
{
    struct head h;
    if (bytes.n < sizeof h)
        return false;
    memcpy(&h, bytes.p, sizeof h);
    return h.magic == MAGIC && h.size == bytes.n && h.checksum == checksum(bytes);
}

uint64_t store_value_serial(struct slice bytes)
{
    struct head h;
    if (bytes.n < sizeof h)
        return 0;
    memcpy(&h, bytes.p, sizeof h);
    return h.serial;
}
