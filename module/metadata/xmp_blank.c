/* SPDX-License-Identifier: Apache-2.0 */
/* xmp_blank.c - W3C RDF/XML section 2.10, rdf:nodeID, one step of indirection.
 *
 * Limits: XMP_BLANK_*. */
#include "metadata/xmp_internal.h"

struct statement {
    struct slice id, ns, name, lang, value;
    bool cut, nested, referred, guessed;
};

struct reference {
    struct slice id, ns, name, lang, top_ns, top_name;
    bool nested, guessed;
};

struct xmp_blank {
    struct arena *arena;
    size_t n_statements, n_references;
    struct statement statement[XMP_BLANK_STATEMENTS_MAX];
    struct reference reference[XMP_BLANK_REFERENCES_MAX];
};

struct xmp_blank *xmp_blank_open(struct arena *arena)
{
    struct xmp_blank *b = arena_alloc(arena, sizeof *b);
    if (b)
        b->arena = arena;
    return b;
}

static struct slice copy(struct xmp_blank *b, struct slice s)
{
    return arena_copy(b->arena, s, XMP_NS_MAX);
}

bool xmp_blank_state(struct xmp_blank *b, struct slice id, const struct property *p)
{
    if (b->n_statements == XMP_BLANK_STATEMENTS_MAX)
        return false;
    struct statement *s = &b->statement[b->n_statements++];
    *s = (struct statement){
        .id = copy(b, id),
        .ns = copy(b, p->ns),
        .name = copy(b, p->name),
        .lang = copy(b, p->lang),
        .value = arena_copy(b->arena, p->value, XMP_BLANK_VALUE_MAX),
        .cut = p->cut || p->value.n > XMP_BLANK_VALUE_MAX,
        .nested = p->nested,
        .guessed = p->role == PACKET_SALVAGED,
    };
    return s->id.p && s->ns.p && s->name.p && s->lang.p && s->value.p;
}

bool xmp_blank_refer(struct xmp_blank *b, struct slice id, const struct property *p)
{
    if (b->n_references == XMP_BLANK_REFERENCES_MAX)
        return false;
    struct reference *r = &b->reference[b->n_references++];
    *r = (struct reference){
        .id = copy(b, id),
        .ns = copy(b, p->ns),
        .name = copy(b, p->name),
        .lang = copy(b, p->lang),
        .top_ns = copy(b, p->top_ns),
        .top_name = copy(b, p->top_name),
        .nested = p->nested,
        .guessed = p->role == PACKET_SALVAGED,
    };
    return r->id.p && r->ns.p && r->name.p && r->lang.p;
}

static bool is_value(const struct statement *s)
{
    return slice_eq(s->ns, SLICE_OF(XMP_RDF)) &&
           (slice_eq(s->name, SLICE_OF("value")) || slice_eq(s->name, SLICE_OF("li")));
}

static void deliver_referred(const struct reference *r, const struct statement *s,
                             property_visit *visit, void *ctx)
{
    struct property p = { .ns = r->ns, .name = r->name, .lang = s->lang.n ? s->lang : r->lang,
                          .value = s->value, .cut = s->cut, .top_ns = r->top_ns,
                          .top_name = r->top_name, .nested = r->nested,
                          .role = r->guessed ? PACKET_SALVAGED : PACKET_MAIN };
    if (!is_value(s)) {
        p.ns = s->ns;
        p.name = s->name;
        p.top_ns = r->ns;
        p.top_name = r->name;
        p.nested = true;
    }
    visit(ctx, &p);
}

/* A node that nobody refers to describes the asset as well as any other. */
void xmp_blank_deliver(struct xmp_blank *b, property_visit *visit, void *ctx)
{
    for (size_t i = 0; i < b->n_references; i++)
        for (size_t k = 0; k < b->n_statements; k++) {
            struct statement *s = &b->statement[k];
            if (!slice_eq(s->id, b->reference[i].id))
                continue;
            s->referred = true;
            deliver_referred(&b->reference[i], s, visit, ctx);
        }
    for (size_t k = 0; k < b->n_statements; k++) {
        const struct statement *s = &b->statement[k];
        if (s->referred || is_value(s))
            continue;
        struct property p = { .ns = s->ns, .name = s->name, .lang = s->lang, .value = s->value,
                              .cut = s->cut, .nested = s->nested,
                              .role = s->guessed ? PACKET_SALVAGED : PACKET_MAIN };
        visit(ctx, &p);
    }
}
