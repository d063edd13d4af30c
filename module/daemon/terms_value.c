/* SPDX-License-Identifier: Apache-2.0 */
/* terms_value.c - the form of the terms of an origin.
 *
 *   u8 version, u8 pages; each: u8 flags, u64 fetched_ms, u64 expires_ms, SHA-256 (32),
 *   id of its record (u8 and bytes), URL (u16), u8 hits; each: grade by name (u8), usages and one
 *   preference each (u8), u64 at, name (u8), text (u16). Numbers are big-endian. */
#include "daemon/terms_value.h"

#include "core/wire.h"
#include "verdict/joins.h"
#include "standards/phrases.h"

#define VERSION 1

enum { HAS_SHA256 = 1, WAS_FETCHED = 2, WAS_ASKED = 4, IS_UNREAD = 8, FLAGS_ALL = 15 };

static void put_hit(const struct terms_hit *h, struct buf *out)
{
    wire_put_text(out, slice_cstr(phrase_grade_name((enum phrase_grade)h->grade)), 1, 32);
    wire_put_text(out, slice_of(h->prefs.of, sizeof h->prefs.of), 1, USAGE_COUNT);
    wire_put(out, h->at, 8);
    wire_put_text(out, h->name, 1, TERMS_NAME_MAX);
    wire_put_text(out, h->text, 2, TERMS_TEXT_MAX);
}

static void put_page(const struct terms_page *p, struct buf *out)
{
    wire_put(out, (p->has_sha256 ? HAS_SHA256 : 0u) | (p->fetched ? WAS_FETCHED : 0u) |
                      (p->asked ? WAS_ASKED : 0u) | (p->unread ? IS_UNREAD : 0u), 1);
    wire_put(out, (uint64_t)p->fetched_ms, 8);
    wire_put(out, (uint64_t)p->expires_ms, 8);
    (void)buf_append(out, p->sha256, sizeof p->sha256);
    wire_put_text(out, slice_cstr(p->id), 1, TERMS_ID_SIZE - 1);
    wire_put_text(out, p->url, 2, TERMS_URL_MAX);
    wire_put(out, p->n, 1);
    for (size_t i = 0; i < p->n; i++)
        put_hit(&p->hit[i], out);
}

enum optout_rc terms_value_print(const struct terms_value *v, struct buf *out)
{
    wire_put(out, VERSION, 1);
    wire_put(out, v->n, 1);
    for (size_t i = 0; i < v->n; i++)
        put_page(&v->page[i], out);
    return out->failed;
}

/* ---- reading ---- */

static bool take_hit(struct slice *from, struct terms_hit *h)
{
    struct slice grade;
    enum phrase_grade g;
    if (!wire_take_text(from, 1, 32, &grade) || !phrase_grade_from_name(grade, &g) ||
        g <= PHRASE_PERMISSION || !joins_take_prefs(from, &h->prefs) || prefs_empty(&h->prefs) ||
        !wire_take(from, 8, UINT64_MAX, &h->at))
        return false;
    h->grade = (uint8_t)g;
    return wire_take_text(from, 1, TERMS_NAME_MAX, &h->name) &&
           wire_take_text(from, 2, TERMS_TEXT_MAX, &h->text);
}

static bool take_id(struct slice *from, char id[TERMS_ID_SIZE])
{
    struct slice text;
    if (!wire_take_text(from, 1, TERMS_ID_SIZE - 1, &text) ||
        (text.n && text.n != TERMS_ID_SIZE - 1))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (!((text.p[i] >= '0' && text.p[i] <= '9') || (text.p[i] >= 'A' && text.p[i] <= 'Z')))
            return false;
        id[i] = (char)text.p[i];
    }
    id[text.n] = '\0';
    return true;
}

/* Of this origin: no other speaks for it. */
static bool take_url(struct slice *from, struct slice origin, struct slice *url)
{
    if (!wire_take_text(from, 2, TERMS_URL_MAX, url) || url->n <= origin.n ||
        !slice_eq(slice_sub(*url, 0, origin.n), origin) || url->p[origin.n] != '/')
        return false;
    for (size_t i = 0; i < url->n; i++)
        if (url->p[i] <= 0x20 || url->p[i] == 0x7f)
            return false;
    return true;
}

static bool take_times(struct slice *from, int64_t now_ms, struct terms_page *p)
{
    uint64_t fetched, expires;
    if (!wire_take(from, 8, INT64_MAX, &fetched) || !wire_take(from, 8, INT64_MAX, &expires))
        return false;
    p->fetched_ms = (int64_t)fetched;
    p->expires_ms = (int64_t)expires;
    return p->fetched_ms <= now_ms + TERMS_AHEAD_MS &&
           p->expires_ms - p->fetched_ms <= TERMS_LIFE_MAX_MS;
}

static bool take_page(struct slice *from, struct slice origin, int64_t now_ms, struct terms_page *p)
{
    uint64_t flags, n;
    if (!wire_take(from, 1, FLAGS_ALL, &flags) || !take_times(from, now_ms, p) ||
        !wire_take_bytes(from, p->sha256, sizeof p->sha256) || !take_id(from, p->id) ||
        !take_url(from, origin, &p->url) || !wire_take(from, 1, TERMS_HITS, &n))
        return false;
    p->has_sha256 = flags & HAS_SHA256;
    p->fetched = flags & WAS_FETCHED;
    p->asked = flags & WAS_ASKED;
    p->unread = flags & IS_UNREAD;
    p->shared = true;
    for (p->n = 0; p->n < n; p->n++)
        if (!take_hit(from, &p->hit[p->n]))
            return false;
    return !(p->unread && (n || !p->asked));
}

bool terms_value_read(struct slice value, struct slice origin, int64_t now_ms,
                      struct terms_value *out)
{
    uint64_t n;
    out->n = 0;
    if (!slice_take(&value, VERSION) || !wire_take(&value, 1, TERMS_VALUE_PAGES, &n))
        return false;
    for (uint64_t i = 0; i < n; i++) {
        struct terms_page *p = &out->page[out->n];
        memset(p, 0, sizeof *p);
        if (!take_page(&value, origin, now_ms, p))
            return false;
        out->n += terms_kept_until(p) > now_ms;
    }
    return value.n == 0;
}
