/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of feeds with all standards behind it: it ends, says the same whatever the pieces,
 * and what is about an item, or stands behind a flaw, allows nothing. */
#include "formats/rows.h"
#include "metadata/feed.h"
#include "metadata/json_feed.h"
#include "standards/standard.h"

#include <stdio.h>
#include <stdlib.h>

struct run {
    struct arena arena;
    struct signals signals;
    struct exchange exchange;
    uint64_t hash;
    size_t n;
    enum optout_rc rc;
};

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void mix(struct run *r, struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        r->hash = (r->hash ^ s.p[i]) * 1099511628211u;
    r->hash = (r->hash ^ 0x100) * 1099511628211u;
}

static void visit(void *ctx, const struct property *p)
{
    struct run *r = ctx;
    size_t before = r->signals.n;
    r->n++;
    mix(r, p->ns);
    mix(r, p->name);
    mix(r, p->lang);
    mix(r, p->value);
    mix(r, p->base);
    mix(r, p->where);
    require(p->value.n <= PROPERTY_VALUE_MAX, "value too long");
    standards_read_property(p, &(struct hook_input){ &r->exchange, &r->signals, NULL });
    if (p->role != PACKET_MAIN || p->nested)
        for (size_t i = before; i < r->signals.n; i++)
            for (size_t u = 0; u < USAGE_COUNT; u++)
                require(r->signals.v[i].prefs.of[u] != PREF_ALLOW, "allowed by less");
}

static void run(struct run *r, struct slice packet, size_t piece)
{
    struct property base = { .role = PACKET_MAIN, .format = "feed" };
    enum optout_rc rc = OPTOUT_MORE;
    *r = (struct run){ .exchange = { .url = SLICE("https://a.example/b") } };
    arena_init(&r->arena, 8u << 20, NULL, 0);
    signals_init(&r->signals, &r->arena);
    struct feed *f = feed_open(&r->arena, &base, visit, r);
    require(f != NULL, "no memory");
    for (size_t i = 0; i < packet.n && rc == OPTOUT_MORE; i += piece)
        rc = feed_feed(f, slice_sub(packet, i, piece));
    require(rc == OPTOUT_MORE || rc == OPTOUT_DONE || rc < 0, "feed");
    r->rc = feed_end(f);
    require(r->rc == OPTOUT_DONE || r->rc < 0, "result");
    arena_reset(&r->arena);
}

/* The same of a feed in JSON, which is read whole. */
static void run_json(struct slice packet)
{
    struct property base = { .role = PACKET_MAIN, .format = "jsonfeed" };
    struct run r = { .exchange = { .url = SLICE("https://a.example/b") } };
    arena_init(&r.arena, 8u << 20, NULL, 0);
    signals_init(&r.signals, &r.arena);
    enum optout_rc rc = json_feed_read(&base, packet, visit, &r);
    require(rc == OPTOUT_DONE || rc == OPTOUT_E_SYNTAX, "result");
    arena_reset(&r.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run whole, pieces;
    run_json(slice_of(data, size));
    run(&whole, slice_of(data, size), SIZE_MAX / 2);
    run(&pieces, slice_of(data, size), 13);
    require(whole.hash == pieces.hash && whole.n == pieces.n && whole.rc == pieces.rc, "pieces");
    (void)format_feed.sniff(slice_sub(slice_of(data, size), 0, FORMAT_SNIFF));
    return 0;
}
