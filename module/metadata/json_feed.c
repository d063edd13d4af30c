/* SPDX-License-Identifier: Apache-2.0 */
/* json_feed.c - limits: PACKET_JSON_FEED_MAX bytes, those of json_scan.h, and PROPERTY_VALUE_MAX
 * bytes of a value. Everything is looked at once, and values of items a second time. */
#include "metadata/json_feed.h"

#include "core/buf.h"
#include "syntax/json_scan.h"

#include <stdio.h>

#define NS_DCTERMS "http://purl.org/dc/terms"
#define NS_TDMREP "http://www.w3.org/ns/tdmrep"

static const struct {
    struct slice member;
    const char *ns, *name;
} members[] = {
    { SLICE("copyright"), "", "copyright" },
    { SLICE("rights"), "", "rights" },
    { SLICE("user_comment"), "", "user_comment" },
    { SLICE("license"), NS_DCTERMS, "license" },
    { SLICE("licence"), NS_DCTERMS, "license" },
    { SLICE("content_license"), NS_DCTERMS, "license" },
    { SLICE("tdm-reservation"), NS_TDMREP, "reservation" },
    { SLICE("tdm_reservation"), NS_TDMREP, "reservation" },
    { SLICE("tdm-policy"), NS_TDMREP, "policy" },
    { SLICE("tdm_policy"), NS_TDMREP, "policy" },
};

struct reading {
    struct property like;
    property_visit *visit;
    void *ctx;
    const uint8_t *start; /* of the text */
    struct buf value;
    char where[PACKET_WHERE_MAX];
};

/* A string, or a number as it stands. */
static struct slice text_of(struct reading *r, struct slice value)
{
    struct slice inner;
    if (!json_is_text(value, &inner))
        return value.n && (ascii_is_digit(value.p[0]) || value.p[0] == '-') ? value : SLICE_EMPTY;
    if (slice_find(inner, '\\') == inner.n)
        return inner;
    buf_clear(&r->value);
    json_unescape(slice_sub(inner, 0, 6 * PROPERTY_VALUE_MAX), &r->value);
    return buf_slice(&r->value);
}

static void take_member(struct reading *r, struct slice name, struct slice value)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (!slice_eq_nocase(name, members[i].member))
            continue;
        struct property p = r->like;
        struct slice text = slice_trim_space(text_of(r, value));
        p.ns = slice_cstr(members[i].ns);
        p.name = slice_cstr(members[i].name);
        p.value = slice_sub(text, 0, PROPERTY_VALUE_MAX);
        p.cut = p.cut || text.n > p.value.n;
        p.offset += (uint64_t)(value.p - r->start);
        if (p.value.n)
            r->visit(r->ctx, &p);
        return;
    }
}

static void take_extension(struct reading *r, struct slice object)
{
    struct json_scan s;
    struct slice name, value;
    if (!slice_begins(object, '{') || !json_scan_open(&s, object))
        return;
    while (json_scan_next(&s, &name, &value))
        take_member(r, name, value);
}

static void take_item(struct reading *r, struct slice object)
{
    struct json_scan s;
    struct slice name, value;
    if (!slice_begins(object, '{') || !json_scan_open(&s, object))
        return;
    while (json_scan_next(&s, &name, &value)) {
        if (slice_begins(name, '_'))
            take_extension(r, value);
        take_member(r, name, value);
    }
}

static void take_items(struct reading *r, struct slice list)
{
    struct property feed = r->like;
    struct json_scan s;
    struct slice none, object;
    if (!slice_begins(list, '[') || !json_scan_open(&s, list))
        return;
    r->like.nested = true;
    for (unsigned i = 1; json_scan_next(&s, &none, &object); i++) {
        int n = snprintf(r->where, sizeof r->where, "item %u", i);
        r->like.where = slice_of(r->where, n > 0 ? (size_t)n : 0);
        take_item(r, object);
    }
    r->like = feed;
}

enum optout_rc json_feed_read(const struct property *base, struct slice text,
                              property_visit *visit, void *ctx)
{
    struct reading r = { .like = *base, .visit = visit, .ctx = ctx, .start = text.p };
    struct json_scan s;
    struct slice name, value;
    r.like.carrier = CARRIER_FEED;
    r.like.where = SLICE_OF("feed");
    text = slice_skip_bom(text);
    if (!slice_begins(slice_trim_space(text), '{') || !json_scan_open(&s, text))
        return OPTOUT_E_SYNTAX;
    buf_init(&r.value, 8 * PROPERTY_VALUE_MAX);
    while (json_scan_next(&s, &name, &value)) {
        if (slice_eq(name, SLICE_OF("items")))
            take_items(&r, value);
        else if (slice_begins(name, '_'))
            take_extension(&r, value);
        take_member(&r, name, value);
    }
    enum optout_rc rc = r.value.failed == OPTOUT_E_NOMEM ? OPTOUT_E_NOMEM
                        : s.ended                        ? OPTOUT_DONE
                                                         : OPTOUT_E_SYNTAX;
    buf_free(&r.value);
    return rc;
}
