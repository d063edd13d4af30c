/* SPDX-License-Identifier: Apache-2.0 */
/* xmp_rdf.c - from the elements of an XMP packet to properties.
 *
 * ISO 16684-1 section 7 (RDF), W3C RDF/XML Syntax sections 2 and 7. Strictness of RDF is
 * left out: a subtree of RSL is no RDF and is met all the same.
 *
 * Limits: XMP_DEPTH_MAX, XMP_NS_MAX, XMP_NAME_MAX, PROPERTY_VALUE_MAX, those of
 * xmp_blank.c; a node's name of NODE_MAX bytes. */
#include "syntax/xml_write.h"
#include "metadata/xmp_internal.h"

#define NODE_MAX 64

enum kind {
    OUTSIDE,  /* the wrapper */
    RDF,
    NODE,     /* a description of something */
    PROPERTY,
    CONTAINER,/* Alt, Bag, Seq, List */
    ITEM,     /* rdf:li */
    VALUE,    /* rdf:value of the property above */
    IGNORED
};

/* What is open, one for each depth. `level` counts the properties above: the value of a
 * property of the asset has 1, of a field of it 2. */
struct frame {
    uint8_t kind; /* enum kind */
    uint8_t level;
    bool resource;  /* its children are properties: parseType="Resource" */
    bool spoken;    /* it has children, or said its value by an attribute */
    uint8_t lang_n; /* of its own xml:lang */
    uint8_t lang[XMP_LANG_MAX];
};

struct xmp_rdf {
    struct property base;
    property_visit *visit;
    void *ctx;
    struct xml_sax *parser;
    struct xmp_blank *blank;
    struct frame frame[XMP_DEPTH_MAX + 1]; /* [0] stands around the document */
    struct xmp_name name[XMP_DEPTH_MAX + 2]; /* by level */
    uint8_t node[NODE_MAX]; /* rdf:nodeID of the top node that is open */
    size_t node_n;
    struct buf text;        /* of the element that is open */
    struct buf rsl;         /* of the document that is being collected */
    struct xml_write write;
    unsigned rsl_depth;     /* of its root; 0: none */
    bool seen, is_rdf, root_closed, overflow, nomem;
    uint64_t read, root_end;
};

/* ---- names ---- */

static bool is_rdf(const struct xml_element *e, const char *name)
{
    bool undeclared = e->ns.n == 0 && (e->prefix.n == 0 || slice_eq(e->prefix, SLICE_OF("rdf")));
    return (undeclared || property_ns_is(e->ns, XMP_RDF)) && slice_eq(e->name, slice_cstr(name));
}

static bool attr_is_rdf(const struct xml_attr *a)
{
    return property_ns_is(a->ns, XMP_RDF);
}

static struct slice rdf_attr(const struct xml_element *e, const char *name)
{
    for (size_t i = 0; i < e->n_attr; i++)
        if (attr_is_rdf(&e->attr[i]) && slice_eq(e->attr[i].name, slice_cstr(name)))
            return e->attr[i].value;
    return SLICE_EMPTY;
}

static bool attr_is_xml(const struct xml_attr *a)
{
    return slice_eq(a->ns, SLICE_OF("http://www.w3.org/XML/1998/namespace"));
}

static struct slice lang_of(const struct xml_element *e)
{
    for (size_t i = 0; i < e->n_attr; i++)
        if (attr_is_xml(&e->attr[i]) && slice_eq(e->attr[i].name, SLICE_OF("lang")))
            return slice_sub(e->attr[i].value, 0, XMP_LANG_MAX);
    return SLICE_EMPTY;
}

/* What a prefix that nobody declared is taken for: it may deny, as broken packets may. */
static struct slice usual_ns(struct slice prefix)
{
    return slice_eq(prefix, SLICE_OF("plus"))  ? SLICE_OF(XMP_PLUS)
           : slice_eq(prefix, SLICE_OF("tdm")) ? SLICE_OF(XMP_TDM)
                                               : SLICE_EMPTY;
}

static void set_name(struct xmp_name *to, struct slice ns, struct slice prefix,
                     struct slice name)
{
    to->ns_n = to->name_n = to->lang_n = 0;
    to->guessed = ns.n == 0 && usual_ns(prefix).n;
    if (to->guessed)
        ns = usual_ns(prefix);
    if (ns.n > XMP_NS_MAX || name.n > XMP_NAME_MAX)
        return;
    if (ns.n)
        memcpy(to->ns, ns.p, ns.n);
    if (name.n)
        memcpy(to->name, name.p, name.n);
    to->ns_n = (uint8_t)ns.n;
    to->name_n = (uint8_t)name.n;
}

static struct slice name_ns(const struct xmp_name *n)
{
    return slice_of(n->ns, n->ns_n);
}

static struct slice name_local(const struct xmp_name *n)
{
    return slice_of(n->name, n->name_n);
}

/* Properties whose fields are values of the asset itself (IPTC Photo Metadata, PLUS). */
static bool is_plain_structure(const struct xmp_name *n)
{
    static const struct {
        const char *ns;
        struct slice name;
    } known[] = {
        { "http://iptc.org/std/Iptc4xmpExt/2008-02-29/", SLICE("EmbdEncRightsExpr") },
        { "http://iptc.org/std/Iptc4xmpExt/2008-02-29/", SLICE("LinkedEncRightsExpr") },
        { XMP_PLUS, SLICE("Licensor") },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (property_ns_is(name_ns(n), known[i].ns) && slice_eq(name_local(n), known[i].name))
            return true;
    return false;
}

/* ---- delivery ---- */

static struct slice trim(struct slice s)
{
    while (s.n && (ascii_is_space(s.p[0]) || s.p[0] == 0))
        s = slice_from(s, 1);
    while (s.n && (ascii_is_space(s.p[s.n - 1]) || s.p[s.n - 1] == 0))
        s.n--;
    return s;
}

static void visit_with_base(void *ctx, const struct property *p)
{
    struct xmp_rdf *r = ctx;
    struct property all = r->base;
    all.ns = p->ns;
    all.name = p->name;
    all.lang = p->lang;
    all.value = p->value;
    all.top_ns = p->top_ns;
    all.top_name = p->top_name;
    all.nested = p->nested;
    all.cut = p->cut;
    if (p->role == PACKET_SALVAGED && all.role == PACKET_MAIN)
        all.role = PACKET_SALVAGED;
    r->visit(r->ctx, &all);
}

static struct property named(const struct xmp_rdf *r, unsigned level, struct slice lang)
{
    const struct xmp_name *n = &r->name[level];
    struct property p = { .ns = name_ns(n), .name = name_local(n),
                          .lang = lang.n ? lang : slice_of(n->lang, n->lang_n) };
    if (n->guessed)
        p.role = PACKET_SALVAGED;
    if (level > 1) {
        p.top_ns = name_ns(&r->name[1]);
        p.top_name = name_local(&r->name[1]);
        p.nested = level > 2 || !is_plain_structure(&r->name[1]);
    }
    return p;
}

static void deliver(struct xmp_rdf *r, unsigned level, struct slice lang, struct slice value)
{
    if (level == 0 || r->name[level].name_n == 0)
        return;
    struct property p = named(r, level, lang);
    p.cut = value.n > PROPERTY_VALUE_MAX;
    p.value = trim(slice_sub(value, 0, PROPERTY_VALUE_MAX));
    if (r->node_n == 0)
        visit_with_base(r, &p);
    else if (!xmp_blank_state(r->blank, slice_of(r->node, r->node_n), &p))
        r->overflow = true;
}

static void refer(struct xmp_rdf *r, unsigned level, struct slice id)
{
    struct property p = named(r, level, SLICE_EMPTY);
    if (!xmp_blank_refer(r->blank, slice_sub(id, 0, NODE_MAX), &p))
        r->overflow = true;
}

/* Attributes that are no syntax are properties of the node they stand on. True if there
 * were some. */
static bool deliver_attributes(struct xmp_rdf *r, const struct xml_element *e, unsigned level)
{
    bool any = false;
    for (size_t i = 0; i < e->n_attr; i++) {
        const struct xml_attr *a = &e->attr[i];
        bool value = attr_is_rdf(a) && slice_eq(a->name, SLICE_OF("value"));
        if (attr_is_xml(a) || (attr_is_rdf(a) && !value) ||
            (a->ns.n == 0 && usual_ns(a->prefix).n == 0))
            continue;
        any = true;
        if (value && level > 0) {
            deliver(r, level, lang_of(e), a->value);
            continue;
        }
        set_name(&r->name[level + 1], a->ns, a->prefix, a->name);
        deliver(r, level + 1, SLICE_EMPTY, a->value);
    }
    return any;
}

/* ---- elements ---- */

static bool is_container(const struct xml_element *e)
{
    return is_rdf(e, "Alt") || is_rdf(e, "Bag") || is_rdf(e, "Seq") || is_rdf(e, "List");
}

static bool is_schema(const struct xml_element *e)
{
    return slice_starts_nocase(e->ns, SLICE_OF("http://www.aiim.org/pdfa/ns/"));
}

static enum kind kind_of(const struct frame *above, const struct xml_element *e)
{
    switch ((enum kind)above->kind) {
    case OUTSIDE: return is_rdf(e, "RDF") ? RDF : is_rdf(e, "Description") ? NODE : OUTSIDE;
    case RDF: return NODE;
    case NODE: return is_rdf(e, "value") && above->level ? VALUE
                      : is_schema(e)                     ? IGNORED
                                                         : PROPERTY;
    case CONTAINER: return ITEM;
    case PROPERTY:
    case ITEM:
        if (above->resource)
            return is_rdf(e, "value") ? VALUE : is_schema(e) ? IGNORED : PROPERTY;
        return is_container(e) ? CONTAINER : is_rdf(e, "li") ? ITEM : NODE;
    case VALUE: return is_container(e) ? CONTAINER : NODE;
    case IGNORED: break;
    }
    return IGNORED;
}

static void open_node(struct xmp_rdf *r, const struct xml_element *e, struct frame *f)
{
    if (f->level == 0) {
        struct slice id = slice_sub(rdf_attr(e, "nodeID"), 0, NODE_MAX);
        r->node_n = id.n;
        if (id.n)
            memcpy(r->node, id.p, id.n);
    }
    (void)deliver_attributes(r, e, f->level);
}

/* A property, or an item or value of one. */
static void open_value(struct xmp_rdf *r, const struct xml_element *e, struct frame *f)
{
    struct slice resource = rdf_attr(e, "resource"), id = rdf_attr(e, "nodeID");
    struct slice lang = lang_of(e);
    if (f->kind == PROPERTY) {
        set_name(&r->name[f->level], e->ns, e->prefix, e->name);
        r->name[f->level].lang_n = (uint8_t)lang.n;
        if (lang.n)
            memcpy(r->name[f->level].lang, lang.p, lang.n);
    }
    f->resource = slice_eq(rdf_attr(e, "parseType"), SLICE_OF("Resource"));
    f->spoken = f->resource || resource.p || id.p || rdf_attr(e, "value").p;
    if (resource.p)
        deliver(r, f->level, lang, resource);
    if (id.p)
        refer(r, f->level, id);
    f->spoken = deliver_attributes(r, e, f->level) || f->spoken;
}

static void open_frame(struct xmp_rdf *r, const struct xml_element *e)
{
    struct frame *above = &r->frame[e->depth - 1], *f = &r->frame[e->depth];
    *f = (struct frame){ .kind = (uint8_t)kind_of(above, e), .level = above->level };
    above->spoken = true;
    bool wrapper = slice_eq(e->name, SLICE_OF("xmpmeta")) || slice_eq(e->name, SLICE_OF("xapmeta"));
    if (f->kind == RDF || (f->kind == NODE && above->kind == OUTSIDE) ||
        (f->kind == OUTSIDE && wrapper))
        r->seen = true;
    r->is_rdf = r->is_rdf || f->kind >= RDF;
    struct slice lang = lang_of(e);
    f->lang_n = (uint8_t)lang.n;
    if (lang.n)
        memcpy(f->lang, lang.p, lang.n);
    if (f->kind == PROPERTY)
        f->level++;
    if (f->kind == NODE)
        open_node(r, e, f);
    else if (f->kind == PROPERTY || f->kind == ITEM || f->kind == VALUE)
        open_value(r, e, f);
}

static void close_frame(struct xmp_rdf *r, unsigned depth)
{
    struct frame *f = &r->frame[depth];
    bool value = f->kind == PROPERTY || f->kind == ITEM || f->kind == VALUE;
    if (value && !f->spoken) {
        deliver(r, f->level, slice_of(f->lang, f->lang_n), buf_slice(&r->text));
    }
    if (f->kind == NODE && f->level == 0)
        r->node_n = 0;
}

/* ---- RSL ---- */

static bool begins_rsl(const struct xmp_rdf *r, const struct xml_element *e)
{
    return r->frame[e->depth - 1].kind != IGNORED && property_ns_is(e->ns, XMP_RSL) &&
           slice_eq(e->name, SLICE_OF("rsl"));
}

static void end_rsl(struct xmp_rdf *r, unsigned depth)
{
    const struct frame *above = &r->frame[depth - 1];
    unsigned level = above->level + 1u;
    struct slice document = buf_slice(&r->rsl);
    set_name(&r->name[level], SLICE_OF(XMP_RSL), SLICE_EMPTY, SLICE_OF("rsl"));
    struct property p = named(r, level, SLICE_EMPTY);
    p.value = document;
    p.cut = r->rsl.failed != OPTOUT_OK;
    r->nomem = r->nomem || r->rsl.failed == OPTOUT_E_NOMEM;
    visit_with_base(r, &p);
    r->rsl_depth = 0;
}

/* ---- events ---- */

/* All up to here was delivered: nothing of it need be looked for in the raw bytes. */
static void mark_read(struct xmp_rdf *r)
{
    if (r->parser)
        r->read = xml_sax_at(r->parser);
}

static enum optout_rc on_open(void *ctx, const struct xml_element *e)
{
    struct xmp_rdf *r = ctx;
    r->text.n = 0;
    r->text.failed = OPTOUT_OK;
    if (r->rsl_depth == 0 && begins_rsl(r, e)) {
        r->frame[e->depth - 1].spoken = true;
        r->rsl_depth = e->depth;
        buf_clear(&r->rsl);
        r->write.depth = 0;
        buf_clear(&r->write.names);
    }
    if (r->rsl_depth) {
        r->frame[e->depth] = (struct frame){ .kind = IGNORED };
        (void)xml_write_open(&r->write, e); /* what fails is in r->rsl.failed */
        return OPTOUT_OK;
    }
    open_frame(r, e);
    if (r->frame[e->depth].kind == NODE)
        mark_read(r);
    return OPTOUT_OK;
}

static enum optout_rc on_text(void *ctx, unsigned depth, struct slice text)
{
    struct xmp_rdf *r = ctx;
    if (r->rsl_depth)
        (void)xml_write_text(&r->write, text);
    else if (r->frame[depth].kind >= PROPERTY && r->frame[depth].kind != IGNORED)
        (void)buf_append(&r->text, text.p,
                         text.n < r->text.limit - r->text.n ? text.n
                                                            : r->text.limit - r->text.n);
    return OPTOUT_OK;
}

static enum optout_rc on_close(void *ctx, unsigned depth)
{
    struct xmp_rdf *r = ctx;
    if (r->rsl_depth) {
        (void)xml_write_close(&r->write);
        if (depth == r->rsl_depth)
            end_rsl(r, depth);
    } else {
        close_frame(r, depth);
    }
    r->text.n = 0;
    if (r->text.failed == OPTOUT_E_NOMEM)
        r->nomem = true;
    if (r->frame[depth].kind > RDF && r->frame[depth].level <= 1 && r->rsl_depth == 0)
        mark_read(r);
    if (depth == 1) {
        r->root_closed = true;
        r->root_end = r->parser ? xml_sax_at(r->parser) : 0;
    }
    return OPTOUT_OK;
}

/* ---- the whole ---- */

struct xmp_rdf *xmp_rdf_open(struct arena *arena, const struct property *base,
                             property_visit *visit, void *ctx)
{
    struct xmp_rdf *r = arena_alloc(arena, sizeof *r);
    if (!r)
        return NULL;
    r->blank = xmp_blank_open(arena);
    if (!r->blank)
        return NULL;
    r->base = *base;
    r->visit = visit;
    r->ctx = ctx;
    r->frame[0].kind = OUTSIDE;
    buf_init(&r->text, PROPERTY_VALUE_MAX + 1); /* one more tells that it was cut */
    buf_init(&r->rsl, PROPERTY_VALUE_MAX);
    xml_write_init(&r->write, &r->rsl);
    return r;
}

struct xml_events xmp_rdf_events(struct xmp_rdf *r)
{
    return (struct xml_events){ on_open, on_text, on_close, r };
}

void xmp_rdf_parser(struct xmp_rdf *r, struct xml_sax *parser)
{
    r->parser = parser;
}

bool xmp_rdf_seen(const struct xmp_rdf *r)
{
    return r->seen;
}

bool xmp_rdf_is_rdf(const struct xmp_rdf *r)
{
    return r->is_rdf;
}

bool xmp_rdf_root_closed(const struct xmp_rdf *r)
{
    return r->root_closed;
}

uint64_t xmp_rdf_read(const struct xmp_rdf *r)
{
    return r->read;
}

uint64_t xmp_rdf_root_end(const struct xmp_rdf *r)
{
    return r->root_end;
}

enum optout_rc xmp_rdf_close(struct xmp_rdf *r)
{
    xmp_blank_deliver(r->blank, visit_with_base, r);
    buf_free(&r->text);
    buf_free(&r->rsl);
    xml_write_free(&r->write);
    return r->nomem ? OPTOUT_E_NOMEM : r->overflow ? OPTOUT_E_LIMIT : OPTOUT_OK;
}
