/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_read.c - a bundle of the audit log, read back. */
#include "site/bundle.h"

#include "core/clock.h"
#include "core/hex.h"
#include "site/store.h"
#include "syntax/json_scan.h"

struct reading {
    struct arena *arena;
    struct buf scratch;
};

/* A member that is a string; empty: there is none. */
static struct slice text_of(struct reading *r, struct slice object, struct slice name)
{
    struct slice inner;
    if (!json_is_text(json_member(object, name), &inner))
        return SLICE_EMPTY;
    buf_clear(&r->scratch);
    json_unescape(inner, &r->scratch);
    return arena_copy(r->arena, buf_slice(&r->scratch), SIZE_MAX);
}

static bool read_key(struct reading *r, struct slice text, struct slice *key)
{
    struct slice licence = text_of(r, text, SLICE_OF("licence"));
    struct slice origin = text_of(r, text, SLICE_OF("origin"));
    if (licence.n)
        *key = store_key_licence(r->arena, licence);
    else if (origin.n)
        *key = store_key_origin(r->arena, origin, text_of(r, text, SLICE_OF("token")));
    else
        return false;
    return key->n;
}

static bool read_state(struct slice name, uint8_t *state)
{
    for (unsigned s = SITE_NOT_ASKED + 1; s < SITE_STATE_COUNT; s++)
        if (slice_eq(name, slice_cstr(site_state_name((enum site_state)s)))) {
            *state = (uint8_t)s;
            return true;
        }
    return false;
}

static uint8_t read_source(struct slice name)
{
    for (unsigned s = 0; s < SITE_SOURCE_COUNT; s++)
        if (slice_eq(name, slice_cstr(site_source_name((enum site_source)s))))
            return (uint8_t)s;
    return SITE_FETCHED;
}

static bool read_hex(struct slice text, uint8_t *to, size_t n)
{
    if (text.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_value(text.p[2 * i]), low = hex_value(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool read_time(struct slice text, int64_t *wall_ms)
{
    char time[CLOCK_TEXT];
    if (text.n != CLOCK_TEXT - 1)
        return false;
    memcpy(time, text.p, CLOCK_TEXT - 1);
    time[CLOCK_TEXT - 1] = '\0';
    return clock_read(time, wall_ms);
}

/* False: a file, state or time that nobody knows. */
static bool read_file(struct reading *r, struct slice file, struct site_document *d)
{
    enum site_kind kind;
    uint64_t status = 0;
    *d = (struct site_document){ .url = text_of(r, file, SLICE_OF("url")) };
    if (!site_kind_from_name(text_of(r, file, SLICE_OF("file")), &kind) ||
        !read_state(text_of(r, file, SLICE_OF("state")), &d->state) ||
        !read_time(text_of(r, file, SLICE_OF("fetched_at")), &d->fetched_ms))
        return false;
    d->kind = (uint8_t)kind;
    d->source = read_source(text_of(r, file, SLICE_OF("source")));
    d->varies = slice_eq(json_member(file, SLICE_OF("varies")), SLICE_OF("true"));
    if (slice_to_u64(json_member(file, SLICE_OF("status")), &status) && status < 1000)
        d->status = (uint16_t)status;
    uint8_t sha256[sizeof d->sha256];
    d->has_sha256 = read_hex(text_of(r, file, SLICE_OF("sha256")), sha256, sizeof sha256);
    if (d->has_sha256)
        memcpy(d->sha256, sha256, sizeof sha256);
    return true;
}

bool bundle_read(struct slice text, struct arena *arena, bundle_visit *visit, void *ctx)
{
    struct reading r = { .arena = arena };
    struct json_scan files;
    struct slice key, name, file;
    struct site_document d;
    buf_init(&r.scratch, BUNDLE_MAX);
    bool ok = read_key(&r, text, &key) && json_scan_open(&files, json_member(text, SLICE_OF("files"))) &&
              files.close == ']';
    while (ok && json_scan_next(&files, &name, &file))
        if (read_file(&r, file, &d))
            visit(ctx, key, &d);
    ok = ok && files.ended && r.scratch.failed == OPTOUT_OK;
    buf_free(&r.scratch);
    return ok;
}
