/* SPDX-License-Identifier: Apache-2.0 */
/* members.c - an inspection inside an inspection.
 *
 * Each member has an exchange made of its own head and an arena that is reset at its end, so
 * that their number costs no memory. What they state waits until the container has ended, for
 * then it is known whether it is one document after all; only the root's goes on at once.
 *
 * Limits: members.h. */
#include "inspect/members.h"

#include "http/media_type.h"
#include "inspect/member_type.h"

#include <stdio.h>

#define FIRST_BLOCK (40u << 10) /* of the member's arena: enough for most */

struct members {
    struct arena *arena; /* the owner's */
    struct members_owner owner;
    struct lookback back;
    struct member_sink sink;
    struct signals found;
    undecided_set pending;
    /* the member that is open */
    struct arena inner;
    struct exchange x;
    struct inspection *now;
    char name[MEMBER_NAME_MAX + 1];
    uint64_t at;
    bool root;
};

static void note(struct members *m, enum undecided u)
{
    m->pending |= undecided_bit(u);
}

/* ---- the exchange ---- */

/* The container frames its members itself. */
static bool frames(const struct header *h)
{
    return slice_eq_nocase(h->name, SLICE_OF("content-length")) ||
           slice_eq_nocase(h->name, SLICE_OF("transfer-encoding"));
}

static bool make_exchange(struct members *m, const struct member *member)
{
    struct headers parsed = { NULL, 0 };
    struct arena *a = &m->inner;
    struct slice head = arena_copy(a, member->head, SIZE_MAX);
    struct slice url = arena_copy(a, member->url, SIGNAL_URL_MAX);
    struct slice type = member->type.n ? member->type : member_type_of_name(member->name);
    type = arena_copy(a, type, MEMBER_NAME_MAX);
    if (!head.p || !url.p || !type.p || headers_parse(&parsed, a, head) != OPTOUT_OK)
        return false;
    m->x = (struct exchange){ .method = SLICE_OF("GET"), .url = url, .minor = 1,
                              .status = member->status ? member->status : 200,
                              .has_body = !member->bodiless };
    if (headers_reserve(&m->x.response, a, parsed.n + 1) != OPTOUT_OK)
        return false;
    struct headers *to = &m->x.response;
    for (size_t i = 0; i < parsed.n; i++)
        if (!frames(&parsed.v[i]))
            to->v[to->n++] = parsed.v[i];
    if (type.n && !headers_find(to, "content-type") && to->n < HEADERS_MAX)
        to->v[to->n++] = (struct header){ SLICE_OF("Content-Type"), type };
    return true;
}

/* ---- what it stated ---- */

static void begin_list(struct members *m)
{
    signals_init(&m->found, m->arena);
    m->found.scale = m->owner.out->scale;
}

/* As of any component, see docs/standards.md: weak, and no permission. */
static void demote(struct signal *s)
{
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (s->prefs.of[u] == PREF_ALLOW)
            s->prefs.of[u] = PREF_UNKNOWN;
    s->confidence = CONF_WEAK;
    s->aside = true;
    s->scope = SCOPE_COMPONENT;
    s->note = "about a file inside, not the whole";
}

/* A thousand pages of one site say one thing, which is kept once. */
static void add_component(struct members *m, struct signal s)
{
    if (s.scope == SCOPE_EMBEDDED_IMAGES || m->found.overflow)
        return; /* nobody's but that page's; or it is known that more was said than is kept */
    demote(&s);
    (void)signals_add(&m->found, &s); /* says overflow itself */
}

static void take_statements(struct members *m)
{
    const struct signals *from = inspect_signals(m->now);
    for (size_t i = 0; i < from->n; i++) {
        struct signal s = from->v[i];
        char place[PLACE_TEXT], part[MEMBER_NAME_MAX + PLACE_TEXT + 3];
        signal_place(&s, place);
        snprintf(part, sizeof part, "%s%s%s", m->name, place[0] ? ": " : "", place);
        s.part = slice_cstr(part);
        s.at = m->at;
        s.place_kind = PLACE_PART;
        if (m->root)
            (void)signals_add(m->owner.out, &s);
        else
            add_component(m, s);
    }
    m->found.overflow |= from->overflow && !m->root;
    m->owner.out->overflow |= from->overflow && m->root;
    if (m->root)
        *m->owner.undecided |= inspect_undecided(m->now);
    else
        m->pending |= inspect_undecided(m->now);
}

/* ---- the sink ---- */

static enum optout_rc look_back(void *ctx, uint64_t offset, void *to, size_t n)
{
    struct members *m = ctx;
    if (offset > UINT64_MAX - m->at)
        return OPTOUT_E_LIMIT;
    return m->back.read(m->back.ctx, m->at + offset, to, n);
}

static bool has_room(const struct members *m)
{
    const struct members_budget *b = m->owner.budget;
    return m->owner.options->depth < MEMBERS_DEPTH_MAX && b->n < MEMBERS_MAX &&
           b->bytes < MEMBERS_BYTES_MAX;
}

static bool open_member(struct members *m, const struct member *member)
{
    if (!m->inner.limit) {
        void *first = arena_take(m->arena, FIRST_BLOCK);
        arena_init(&m->inner, MEMBERS_ARENA_MAX, first, first ? FIRST_BLOCK : 0);
    }
    struct inspect_options o = *m->owner.options;
    o.terms.linked = NULL;
    o.images.image = NULL; /* their images have no URLs by which anybody asks for them */
    bool in_place = m->back.read && member->in_place;
    o.tap = NULL;
    o.capture_max = 0;
    o.back = in_place ? (struct lookback){ look_back, m } : (struct lookback){ NULL, NULL };
    o.depth++;
    o.budget = m->owner.budget;
    if (!make_exchange(m, member))
        return false;
    m->now = inspect_open(&m->inner, &m->x, &o);
    return m->now;
}

static void on_end(void *ctx, bool whole)
{
    struct members *m = ctx;
    if (!m->now)
        return;
    /* That one was cut is its container's to say. */
    inspect_close(m->now, whole ? INSPECT_WHOLE : INSPECT_STOPPED);
    take_statements(m);
    m->now = NULL;
    arena_reset(&m->inner);
}

static bool on_begin(void *ctx, const struct member *member)
{
    struct members *m = ctx;
    on_end(m, true);
    if (!has_room(m)) {
        note(m, UNDECIDED_CONTAINER);
        return false;
    }
    m->owner.budget->n++;
    size_t n = member->name.n < MEMBER_NAME_MAX ? member->name.n : MEMBER_NAME_MAX;
    if (n)
        memcpy(m->name, member->name.p, n);
    m->name[n] = '\0';
    m->at = member->at;
    m->root = member->root;
    if (open_member(m, member))
        return true; /* ended by the container, also when its head told everything */
    note(m, UNDECIDED_LIMIT_MEMORY);
    arena_reset(&m->inner);
    return false;
}

static bool on_bytes(void *ctx, struct slice bytes)
{
    struct members *m = ctx;
    if (!m->now)
        return false;
    m->owner.budget->bytes += bytes.n;
    if (m->owner.budget->bytes > MEMBERS_BYTES_MAX) {
        note(m, UNDECIDED_CONTAINER);
        return false;
    }
    return inspect_feed(m->now, bytes) == OPTOUT_MORE;
}

static void on_missed(void *ctx)
{
    note(ctx, UNDECIDED_CONTAINER);
}

static void on_forget(void *ctx)
{
    struct members *m = ctx;
    on_end(m, false);
    begin_list(m);
    m->pending = 0;
}

/* ---- life ---- */

struct members *members_open(struct arena *arena, const struct members_owner *owner,
                             struct lookback back)
{
    struct members *m = arena_alloc(arena, sizeof *m);
    if (!m)
        return NULL;
    m->arena = arena;
    m->owner = *owner;
    m->back = back;
    m->sink = (struct member_sink){ on_begin, on_bytes, on_end, on_missed, on_forget, m };
    begin_list(m);
    return m;
}

const struct member_sink *members_sink(struct members *m)
{
    return &m->sink;
}

void members_close(struct members *m)
{
    on_end(m, false);
    for (size_t i = 0; i < m->found.n; i++)
        (void)signals_add(m->owner.out, &m->found.v[i]);
    m->owner.out->overflow |= m->found.overflow;
    m->owner.out->dropped += m->found.dropped;
    *m->owner.undecided |= m->pending;
    m->found.n = 0;
    m->pending = 0;
}
