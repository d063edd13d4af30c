/* SPDX-License-Identifier: Apache-2.0 */
#include "site/bundle.h"

#include "core/clock.h"
#include "core/hex.h"
#include "syntax/digest.h"
#include "site/terms.h"
#include "syntax/json.h"

#define LICENCE_KEY "rsl " /* begins the key of a licence document (store.h) */

/* Whom the documents speak for. */
static void print_key(struct json *j, struct slice key)
{
    size_t n = sizeof LICENCE_KEY - 1;
    if (key.n > n && memcmp(key.p, LICENCE_KEY, n) == 0) {
        json_slice(j, "licence", slice_from(key, n));
        return;
    }
    size_t end = slice_find(key, '\n');
    json_slice(j, "origin", slice_sub(key, 0, end));
    if (end < key.n)
        json_slice(j, "token", slice_from(key, end + 1));
}

static void print_file(struct json *j, const struct site_document *d)
{
    char time[CLOCK_TEXT], hex[2 * sizeof d->sha256];
    json_open(j, NULL, '{');
    json_str(j, "file", site_kind_name((enum site_kind)d->kind));
    json_str(j, "state", site_state_name((enum site_state)d->state));
    if (d->url.n && (d->state != SITE_NONE || d->kind == SITE_LICENCE || d->kind == SITE_TERMS)) /* else the name tells */
        json_slice(j, "url", slice_sub(d->url, 0, SITE_URL_MAX));
    clock_text(d->fetched_ms, time);
    json_slice(j, "fetched_at", slice_of(time, CLOCK_TEXT - 1));
    if (d->status)
        json_int(j, "status", d->status);
    if (d->has_sha256) {
        hex_print(hex, d->sha256, sizeof d->sha256);
        json_slice(j, "sha256", slice_of(hex, sizeof hex));
    }
    json_str(j, "source", site_source_name((enum site_source)d->source));
    if (d->varies)
        json_bool(j, "varies", true);
    json_close(j, '}');
}

/* Each page for itself, as if it were a file. */
static void print_terms(struct json *j, struct slice list)
{
    struct terms_page p;
    while (terms_next(&list, &p)) {
        struct site_document d = { .kind = SITE_TERMS,
                                   .state = p.n ? SITE_PUBLISHED
                                            : p.unread ? SITE_UNREACHABLE : SITE_NONE,
                                   .source = p.shared    ? SITE_SHARED
                                             : p.fetched ? SITE_FETCHED : SITE_PASSIVE,
                                   .status = p.unread ? 0 : 200,
                                   .fetched_ms = p.fetched_ms, .has_sha256 = p.has_sha256,
                                   .url = p.url };
        memcpy(d.sha256, p.sha256, sizeof d.sha256);
        print_file(j, &d);
    }
}

enum optout_rc bundle_print(struct slice key, const struct site_document *d, struct buf *out)
{
    struct json j = json_to(out);
    json_open(&j, NULL, '{');
    print_key(&j, key);
    json_open(&j, "files", '[');
    for (unsigned kind = 0; kind < SITE_KIND_COUNT; kind++)
        if (kind == SITE_TERMS && d[kind].state == SITE_PUBLISHED)
            print_terms(&j, d[kind].rules);
        else if (d[kind].state != SITE_NOT_ASKED)
            print_file(&j, &d[kind]);
    json_close(&j, ']');
    json_close(&j, '}');
    return out->failed;
}

bool bundle_id(struct slice text, char id[BUNDLE_ID_SIZE])
{
    uint8_t sha256[32];
    if (!digest_of(text, sha256))
        return false;
    hex_print(id, sha256, BUNDLE_ID_SIZE / 2);
    return true;
}
