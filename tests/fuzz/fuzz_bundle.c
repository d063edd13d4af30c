/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_bundle.c - a bundle of the log with any bytes in it: what is read of it can be printed and
 * reads the same again; as a value of the store as well, for which the bytes that the store may
 * hold are hard to guess. */
#include <stdlib.h>

#include "site/store_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_MAX (16u << 20)

struct found {
    struct slice key;
    struct site_document d[SITE_KIND_COUNT];
};

/* One of a kind, and no terms: those are printed out of a list. */
static void take(void *ctx, struct slice key, const struct site_document *d)
{
    struct found *f = ctx;
    if (d->kind >= SITE_KIND_COUNT || d->state == SITE_NOT_ASKED || d->state >= SITE_STATE_COUNT)
        abort();
    f->key = key;
    if (d->kind != SITE_TERMS)
        f->d[d->kind] = *d;
}

static void compare(const struct site_document *a, const struct site_document *b)
{
    if (a->state != b->state || a->status != b->status || a->fetched_ms != b->fetched_ms ||
        a->source != b->source || a->varies != b->varies || a->has_sha256 != b->has_sha256 ||
        memcmp(a->sha256, b->sha256, sizeof a->sha256) != 0)
        abort();
}

/* The same through the store: whole, by its own key and with the same documents. */
static void store_and_read(const struct found *f)
{
    struct store_value v = { .serial = 7, .asked = true, .key = f->key }, again;
    struct buf out;
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        v.d[kind] = f->d[kind];
    buf_init(&out, BUNDLE_MAX * 2);
    if (store_value_print(&v, &out) == OPTOUT_OK) {
        struct slice bytes = buf_slice(&out);
        if (!store_value_whole(bytes) || !store_value_read(bytes, &again) ||
            store_value_serial(bytes) != v.serial || !slice_eq(again.key, v.key))
            abort();
        for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
            compare(&v.d[kind], &again.d[kind]);
    }
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct found first = { .key = SLICE_EMPTY }, again = { .key = SLICE_EMPTY };
    struct arena arena;
    struct buf out;
    arena_init(&arena, ARENA_MAX, NULL, 0);
    buf_init(&out, BUNDLE_MAX);
    bool ok = bundle_read(slice_of(data, size), &arena, take, &first);
    if (ok && first.key.n && bundle_print(first.key, first.d, &out) == OPTOUT_OK) {
        if (!bundle_read(buf_slice(&out), &arena, take, &again))
            abort();
        for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
            compare(&first.d[kind], &again.d[kind]);
        store_and_read(&first);
    }
    buf_free(&out);
    arena_reset(&arena);
    return 0;
}
