/* SPDX-License-Identifier: Apache-2.0 */
/* packets.c - from packets to signals.
 *
 * Limits: PACKETS_MAX, PACKETS_OPEN_MAX, PACKETS_LIMITED_MAX, STORES_MAX, packet_max. */
#include "inspect/packets.h"

#include "core/buf.h"
#include "formats/format.h"
#include "inspect/reasons.h"
#include "metadata/feed.h"
#include "metadata/iim.h"
#include "metadata/json_feed.h"
#include "metadata/jumbf.h"
#include "metadata/opf.h"
#include "metadata/xmp.h"
#include "standards/c2pa_store.h"
#include "standards/standard.h"

#define SINKS_MAX (FORMATS_OPEN_MAX + 1) /* and the page */
#define READING_FIRST 8
#define STORES_MAX 64 /* manifest stores of one body: each takes some 30 KiB */

struct packets_sink {
    struct packet_sink sink; /* its ctx is this */
    struct packets *packets;
    const char *format;
};

/* One packet. While its role is pending, what it states waits in `found`. */
struct reading {
    enum packet_kind kind;
    struct packets *packets;
    struct property base;
    struct signals found;
    struct signals *to; /* &found, or the inspection's */
    bool pending, open;
    uint8_t told; /* enum packet_role that was told while it was open; PENDING: none was */
    bool failed; /* the reader wants no more */
    uint32_t left; /* bytes that are read of its kind and have not come yet */
    struct xmp *xmp;
    struct feed *feed;
    struct jumbf *jumbf;
    struct c2pa_store *store;
    struct buf kept; /* of the kinds that are read when they are whole */
};

struct packets {
    struct arena *arena;
    struct hook_input in;
    const struct packet_tap *tap;
    undecided_set *undecided;
    struct packets_sink sinks[SINKS_MAX];
    size_t n_sinks;
    struct reading **reading; /* handle - 1 */
    unsigned n, size, n_open, n_limited, n_stores;
};

static void note(struct packets *p, enum undecided u)
{
    *p->undecided |= undecided_bit(u);
}

/* ---- what is stated ---- */

static void on_property(void *ctx, const struct property *p)
{
    struct reading *r = ctx;
    struct hook_input in = r->packets->in;
    in.out = r->to;
    standards_read_property(p, &in);
}

static bool is_kept(enum packet_kind k)
{
    return k == PACKET_IIM || k == PACKET_OPF || k == PACKET_RSL || k == PACKET_TEXT ||
           k == PACKET_JSON_FEED;
}

static const uint8_t carrier_of[PACKET_KIND_COUNT] = {
    [PACKET_XMP] = CARRIER_XMP, [PACKET_C2PA] = CARRIER_JUMBF, [PACKET_IIM] = CARRIER_IIM,
    [PACKET_OPF] = CARRIER_EPUB, [PACKET_RSL] = CARRIER_XMP,   [PACKET_FEED] = CARRIER_FEED,
    [PACKET_TEXT] = CARRIER_TEXT, [PACKET_JSON_FEED] = CARRIER_FEED,
};

/* ---- the life of a packet ---- */

static bool open_reader(struct reading *r)
{
    struct packets *p = r->packets;
    if (is_kept(r->kind)) {
        buf_init(&r->kept, packet_max[r->kind]);
        return true;
    }
    if (r->kind == PACKET_XMP) {
        r->xmp = xmp_open(p->arena, &r->base, on_property, r);
        return r->xmp != NULL;
    }
    if (r->kind == PACKET_FEED) {
        r->feed = feed_open(p->arena, &r->base, on_property, r);
        return r->feed != NULL;
    }
    r->store = c2pa_store_open(p->arena, &r->base, on_property, r);
    if (r->store)
        r->jumbf = jumbf_open(p->arena, &c2pa_store_events, r->store);
    return r->jumbf != NULL;
}

static struct reading *new_reading(struct packets *p, const char *format,
                                   const struct packet *packet)
{
    struct reading *r = arena_alloc(p->arena, sizeof *r);
    struct slice where = arena_copy(p->arena, packet->where, PACKET_WHERE_MAX);
    struct slice field = arena_copy(p->arena, packet->field, PACKET_WHERE_MAX);
    if (!r || !where.p || !field.p)
        return NULL;
    r->kind = packet->kind;
    r->packets = p;
    r->left = packet_max[packet->kind];
    r->pending = packet->role == PACKET_PENDING;
    r->open = true;
    r->told = PACKET_PENDING;
    r->base = (struct property){
        .carrier = (enum carrier)carrier_of[packet->kind],
        .role = r->pending ? PACKET_MAIN : packet->role,
        .name = field,
        .format = format,
        .where = where,
        .offset = packet->offset,
    };
    signals_init(&r->found, p->arena);
    r->found.scale = p->in.out->scale;
    r->to = r->pending ? &r->found : p->in.out;
    return open_reader(r) ? r : NULL;
}

static bool make_room(struct packets *p)
{
    if (p->n < p->size)
        return true;
    unsigned size = p->size ? p->size * 2 : READING_FIRST;
    struct reading **v = arena_array(p->arena, size, sizeof(struct reading *));
    if (!v)
        return false;
    if (p->n)
        memcpy(v, p->reading, p->n * sizeof(struct reading *));
    p->reading = v;
    p->size = size;
    return true;
}

static unsigned on_begin(void *ctx, const struct packet *packet)
{
    struct packets_sink *s = ctx;
    struct packets *p = s->packets;
    if (p->n == PACKETS_MAX || p->n_open == PACKETS_OPEN_MAX ||
        p->n_limited >= PACKETS_LIMITED_MAX ||
        (packet->kind == PACKET_C2PA && p->n_stores++ >= STORES_MAX)) {
        note(p, UNDECIDED_LIMIT_METADATA);
        return 0;
    }
    struct reading *r = make_room(p) ? new_reading(p, s->format, packet) : NULL;
    if (!r) {
        note(p, UNDECIDED_LIMIT_MEMORY);
        return 0;
    }
    p->reading[p->n++] = r;
    p->n_open++;
    if (p->tap)
        p->tap->begin(p->tap->ctx, p->n, s->format, packet);
    return p->n;
}

static struct reading *reading_find(struct packets_sink *s, unsigned handle)
{
    return handle && handle <= s->packets->n ? s->packets->reading[handle - 1] : NULL;
}

/* ---- roles ---- */

static void settle(struct reading *r, enum packet_role role)
{
    struct packets *p = r->packets;
    r->pending = false;
    for (size_t i = 0; i < r->found.n; i++) {
        struct signal s = r->found.v[i];
        signal_demote(&s, role);
        (void)signals_add(p->in.out, &s); /* says overflow itself */
    }
    p->in.out->overflow |= r->found.overflow;
    p->in.out->dropped += r->found.dropped;
    r->found.n = 0;
    r->to = p->in.out;
    r->base.role = role;
}

/* ---- the end of a packet ---- */

static enum optout_rc read_kept(struct reading *r, struct slice bytes)
{
    struct property p = r->base;
    if (r->kind == PACKET_IIM)
        return iim_read(r->packets->arena, &r->base, bytes, on_property, r);
    if (r->kind == PACKET_OPF)
        return opf_read(r->packets->arena, &r->base, bytes, on_property, r);
    if (r->kind == PACKET_JSON_FEED)
        return json_feed_read(&r->base, bytes, on_property, r);
    if (r->kind == PACKET_RSL) {
        p.ns = SLICE_OF("https://rslstandard.org/rsl");
        p.name = SLICE_OF("rsl");
    }
    p.value = slice_trim_space(bytes);
    on_property(r, &p);
    return OPTOUT_DONE;
}

/* What was kept of the packet, which need not be all of it. */
static enum optout_rc end_kept(struct reading *r, enum packet_end how)
{
    enum optout_rc failed = r->kept.failed;
    r->base.cut = failed != OPTOUT_OK || how == PACKET_LIMIT;
    enum optout_rc rc = read_kept(r, buf_slice(&r->kept));
    buf_free(&r->kept);
    return failed != OPTOUT_OK ? failed : rc;
}

static enum optout_rc end_reader(struct reading *r, enum packet_end how)
{
    if (r->xmp)
        return xmp_end(r->xmp, how);
    if (r->feed)
        return feed_end(r->feed);
    if (!r->jumbf)
        return end_kept(r, how);
    struct jumbf *j = r->jumbf;
    enum optout_rc rc = jumbf_end(j);
    return c2pa_store_end(r->store, rc, r->to);
}

static void on_end(void *ctx, unsigned handle, enum packet_end how)
{
    static const enum optout_rc meaning[] = {
        [PACKET_WHOLE] = OPTOUT_DONE,
        [PACKET_CUT] = OPTOUT_E_SYNTAX,
        [PACKET_LIMIT] = OPTOUT_E_LIMIT,
        [PACKET_CORRUPT] = OPTOUT_E_SYNTAX,
    };
    struct reading *r = reading_find(ctx, handle);
    if (!r || !r->open)
        return;
    struct packets *p = r->packets;
    r->open = false;
    p->n_open--;
    if (p->tap)
        p->tap->end(p->tap->ctx, handle, how);
    enum optout_rc rc = end_reader(r, how);
    p->n_limited += how == PACKET_LIMIT || rc == OPTOUT_E_LIMIT;
    if (how == PACKET_LIMIT && rc == OPTOUT_E_SYNTAX)
        rc = OPTOUT_DONE; /* that it has no end is our limit's doing */
    /* A field for people states at most a hint: nothing of weight is lost with its end. */
    if (r->kind != PACKET_TEXT || rc == OPTOUT_E_NOMEM) {
        *p->undecided |= reasons_of(READER_OF_PACKET, rc) |
                         reasons_of(READER_OF_PACKET, meaning[how]);
    }
    if (r->pending && r->told != PACKET_PENDING)
        settle(r, (enum packet_role)r->told);
}

/* ---- bytes ---- */

static enum optout_rc feed_reader(struct reading *r, struct slice bytes)
{
    if (r->xmp)
        return xmp_feed(r->xmp, bytes);
    if (r->feed)
        return feed_feed(r->feed, bytes);
    if (r->jumbf)
        return jumbf_feed(r->jumbf, bytes);
    return buf_append(&r->kept, bytes.p, bytes.n);
}

static bool on_bytes(void *ctx, unsigned handle, struct slice bytes)
{
    struct reading *r = reading_find(ctx, handle);
    if (!r || !r->open)
        return false;
    struct slice read = slice_sub(bytes, 0, r->left);
    r->left -= (uint32_t)read.n;
    const struct packet_tap *tap = r->packets->tap;
    if (tap)
        tap->bytes(tap->ctx, handle, read);
    if (!r->failed && read.n) {
        enum optout_rc rc = feed_reader(r, read);
        r->failed = rc < 0 || rc == OPTOUT_DONE;
    }
    if (read.n < bytes.n)
        on_end(ctx, handle, PACKET_LIMIT);
    return read.n == bytes.n;
}

/* What an open packet states is still being found: its role takes effect at its end. */
static void on_role(void *ctx, unsigned handle, enum packet_role role)
{
    struct reading *r = reading_find(ctx, handle);
    if (!r || !r->pending || role == PACKET_PENDING)
        return;
    r->told = (uint8_t)role;
    if (!r->open)
        settle(r, role);
}

/* ---- all of them ---- */

struct packets *packets_open(struct arena *arena, const struct hook_input *in,
                             const struct packet_tap *tap, undecided_set *undecided)
{
    struct packets *p = arena_alloc(arena, sizeof *p);
    if (!p)
        return NULL;
    p->arena = arena;
    p->in = *in;
    p->tap = tap;
    p->undecided = undecided;
    return p;
}

const struct packet_sink *packets_sink(struct packets *p, const char *format)
{
    if (p->n_sinks == SINKS_MAX)
        return NULL;
    struct packets_sink *s = &p->sinks[p->n_sinks++];
    *s = (struct packets_sink){
        .sink = { on_begin, on_bytes, on_end, on_role, s },
        .packets = p,
        .format = format,
    };
    return &s->sink;
}

void packets_close(struct packets *p)
{
    for (unsigned i = 0; i < p->n; i++) {
        if (p->reading[i]->open)
            on_end(&p->sinks[0], i + 1, PACKET_CUT);
        if (p->reading[i]->pending)
            settle(p->reading[i], PACKET_SALVAGED);
    }
}
