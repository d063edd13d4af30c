/* SPDX-License-Identifier: Apache-2.0 */
#include "warc/index.h"

#include "warc/digests.h"

#include <stdlib.h>

#define INDEX_FIRST (1u << 12)
#define BUCKET 4u /* entries of a bucket, the newest first */

struct entry {
    uint64_t hash; /* 0: free */
    uint64_t offset;
    uint32_t file;
};

struct warc_index {
    struct entry *v;
    size_t size; /* a power of two */
    size_t n;
};

struct warc_index *warc_index_new(void)
{
    struct warc_index *x = calloc(1, sizeof *x);
    if (x && !(x->v = calloc(INDEX_FIRST, sizeof *x->v))) {
        free(x);
        return NULL;
    }
    if (x)
        x->size = INDEX_FIRST;
    return x;
}

void warc_index_free(struct warc_index *x)
{
    if (x)
        free(x->v);
    free(x);
}

void warc_index_clear(struct warc_index *x)
{
    if (x->n)
        memset(x->v, 0, x->size * sizeof *x->v);
    x->n = 0;
}

static uint64_t mix(uint64_t h, struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * 0x100000001b3u; /* FNV-1a */
    h = (h ^ 0xff) * 0x100000001b3u;
    return h ^ h >> 32;
}

/* A digest is the same in hex and in base32. */
static uint64_t hash_of(enum index_key key, struct slice a, struct slice b)
{
    struct warc_digest d;
    uint64_t h = 0xcbf29ce484222325u + key;
    if (key == KEY_DIGEST && warc_digest_read(&d, a))
        a = slice_of(d.value, d.n);
    h = mix(mix(h, a), b);
    return h ? h : 1;
}

static void place(struct entry *v, size_t size, const struct entry *e)
{
    struct entry *bucket = v + (e->hash & (size - 1) & ~(size_t)(BUCKET - 1));
    size_t i = 0;
    while (i < BUCKET - 1 && bucket[i].hash && bucket[i].hash != e->hash)
        i++;
    memmove(bucket + 1, bucket, i * sizeof *bucket);
    bucket[0] = *e;
}

static void grow(struct warc_index *x)
{
    size_t size = x->size * 4;
    struct entry *v = size <= INDEX_MAX ? calloc(size, sizeof *v) : NULL;
    if (!v)
        return;
    for (size_t i = x->size; i-- > 0;) /* the newest of a bucket stays the newest */
        if (x->v[i].hash)
            place(v, size, &x->v[i]);
    free(x->v);
    x->v = v;
    x->size = size;
}

static void add(struct warc_index *x, enum index_key key, struct slice a, struct slice b,
                struct warc_place at)
{
    struct entry e = { hash_of(key, a, b), at.offset, at.file };
    if (a.n == 0)
        return;
    if (x->n >= x->size / 2)
        grow(x);
    place(x->v, x->size, &e);
    x->n++;
}

void warc_index_record(struct warc_index *x, const struct warc_head *h, struct warc_place at)
{
    if (h->type == WARC_CONTINUATION)
        add(x, KEY_SEGMENT, h->segment_origin, h->segment, at);
    if (h->type != WARC_RESPONSE && h->type != WARC_RESOURCE)
        return;
    add(x, KEY_ID, h->id, SLICE_EMPTY, at);
    add(x, KEY_DIGEST, h->payload_digest, SLICE_EMPTY, at);
    if (h->date.n)
        add(x, KEY_CAPTURE, h->url, h->date, at);
}

bool warc_index_find(const struct warc_index *x, enum index_key key, struct slice a,
                     struct slice b, struct warc_place *at)
{
    uint64_t hash = hash_of(key, a, b);
    if (!x || a.n == 0)
        return false;
    const struct entry *bucket = x->v + (hash & (x->size - 1) & ~(size_t)(BUCKET - 1));
    for (size_t i = 0; i < BUCKET; i++) {
        if (bucket[i].hash != hash)
            continue;
        *at = (struct warc_place){ bucket[i].file, bucket[i].offset };
        return true;
    }
    return false;
}
