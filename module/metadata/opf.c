/* SPDX-License-Identifier: Apache-2.0 */
/* opf.c - EPUB 3.3 section 5.5 (metadata), OPF 2.0.1 section 2.2, TDM Reservation Protocol
 * 2024-05-10 section 7.3, RSL 1.0 section 4.8.
 *
 * Limits: PACKET_OPF_MAX and the others of `limits`; MAX_VALUE bytes of a value; MAX_PREFIXES of the
 * prefix attribute; MAX_SALVAGED; those of syntax/xml_write.h for an RSL element, of
 * loose_tags.h for what is not well-formed. */
#include "metadata/opf.h"

#include "syntax/unicode.h"
#include "syntax/xml_write.h"
#include "metadata/loose_tags.h"

#define MAX_VALUE PROPERTY_VALUE_MAX
#define MAX_PREFIXES 32
#define MAX_SALVAGED 32 /* statements found in what is not well-formed */

#define NS_TDMREP "http://www.w3.org/ns/tdmrep"
#define NS_RSL "http://rslstandard.org/rsl" /* as property_ns_is compares */
#define NS_DC "http://purl.org/dc/elements/1.1"
#define NS_DCTERMS "http://purl.org/dc/terms"
#define NS_XML "http://www.w3.org/XML/1998/namespace"

/* Older books have a DOCTYPE. */
static const struct xml_limits limits = { .bytes = PACKET_OPF_MAX, .depth = 64, .attrs = 64,
                                          .namespaces = 64, .token = 256u << 10,
                                          .skip_doctype = true };

/* What is reported, under names that the standards know. */
enum statement { ST_NONE, ST_RESERVATION, ST_POLICY, ST_RIGHTS, ST_LICENSE, ST_RSL };

static const struct {
    struct slice ns, name;
} reported[] = {
    [ST_RESERVATION] = { SLICE("http://www.w3.org/ns/tdmrep#"), SLICE("reservation") },
    [ST_POLICY] = { SLICE("http://www.w3.org/ns/tdmrep#"), SLICE("policy") },
    [ST_RIGHTS] = { SLICE("http://purl.org/dc/elements/1.1/"), SLICE("rights") },
    [ST_LICENSE] = { SLICE("http://creativecommons.org/ns#"), SLICE("license") },
    [ST_RSL] = { SLICE("https://rslstandard.org/rsl"), SLICE("rsl") },
};

struct prefix {
    struct slice prefix, url;
};

struct opf {
    struct arena *arena;
    const struct property *base;
    property_visit *visit;
    void *ctx;
    bool package;       /* the root was one */
    struct xml_sax *parser;
    uint64_t read;      /* bytes before which all was reported */
    bool salvaging;     /* what is reported is found in a broken document */
    unsigned salvaged;
    unsigned metadata;  /* depth of the metadata element that is open; 0: none */
    unsigned container; /* of that, or of the x-metadata or dc-metadata in it */
    bool part;          /* that metadata is of a collection */
    struct prefix prefix[MAX_PREFIXES];
    size_t n_prefix;
    /* The statement whose text is being collected. */
    enum statement open;
    unsigned depth; /* of its element */
    bool refines;
    struct slice lang;
    struct buf rsl;
    struct xml_write writer;
    uint8_t *value; /* MAX_VALUE bytes, taken when first wanted */
    size_t n;
    bool cut;
};

static struct slice trim(struct slice s)
{
    while (s.n && (ascii_is_space(s.p[0]) || s.p[0] == 0)) {
        s.p++;
        s.n--;
    }
    while (s.n && (ascii_is_space(s.p[s.n - 1]) || s.p[s.n - 1] == 0))
        s.n--;
    return s;
}

static bool is(struct slice s, const char *word)
{
    return slice_eq_nocase(s, slice_cstr(word));
}

static void report(struct opf *o, enum statement st, struct slice value, bool refines, bool cut)
{
    struct property p = *o->base;
    p.carrier = CARRIER_EPUB;
    if (o->salvaging && p.role == PACKET_MAIN)
        p.role = PACKET_SALVAGED;
    p.ns = reported[st].ns;
    p.name = reported[st].name;
    p.lang = o->lang;
    p.refines = refines || o->part;
    p.value = trim(value);
    p.cut = cut || p.value.n > MAX_VALUE;
    p.value = slice_sub(p.value, 0, MAX_VALUE);
    o->visit(o->ctx, &p);
}

/* ---- names ---- */

/* "tdm: http://www.w3.org/ns/tdmrep# cc: http://creativecommons.org/ns#" */
static void read_prefixes(struct opf *o, struct slice s)
{
    while (o->n_prefix < MAX_PREFIXES) {
        s = trim(s);
        size_t colon = slice_find(s, ':');
        if (colon == s.n)
            return;
        struct slice rest = trim(slice_from(s, colon + 1));
        size_t end = 0;
        while (end < rest.n && !ascii_is_space(rest.p[end]))
            end++;
        struct prefix *p = &o->prefix[o->n_prefix];
        p->prefix = arena_copy(o->arena, trim(slice_sub(s, 0, colon)), 256);
        p->url = arena_copy(o->arena, slice_sub(rest, 0, end), 1024);
        if (!p->prefix.p || !p->url.p)
            return;
        o->n_prefix++;
        s = slice_from(rest, end);
    }
}

static struct slice prefix_url(const struct opf *o, struct slice prefix)
{
    for (size_t i = 0; i < o->n_prefix; i++)
        if (slice_eq(o->prefix[i].prefix, prefix))
            return o->prefix[i].url;
    return SLICE_EMPTY;
}

static enum statement tdm_word(struct slice name)
{
    return is(name, "reservation") ? ST_RESERVATION : is(name, "policy") ? ST_POLICY : ST_NONE;
}

/* A name without a usable prefix: "tdm-reservation", "tdm_policy", "tdmrep.policy". */
static enum statement tdm_loose(struct slice name)
{
    static const char *const front[] = { "tdmrep", "tdm" };
    for (size_t i = 0; i < sizeof front / sizeof *front; i++) {
        struct slice f = slice_cstr(front[i]);
        if (name.n > f.n && slice_starts_nocase(name, f) && strchr("-_:.", name.p[f.n]))
            return tdm_word(slice_from(name, f.n + 1));
    }
    return ST_NONE;
}

/* The property that a meta names, or a link relates by. */
static enum statement statement_of(const struct opf *o, struct slice name)
{
    size_t colon = slice_find(name, ':');
    struct slice prefix = slice_sub(name, 0, colon);
    struct slice local = colon < name.n ? slice_from(name, colon + 1) : name;
    struct slice url = colon < name.n ? prefix_url(o, prefix) : SLICE_EMPTY;
    size_t hash = slice_find(name, '#');
    if (hash < name.n) { /* written out */
        url = slice_sub(name, 0, hash);
        local = slice_from(name, hash + 1);
    }
    if (property_ns_is(url, NS_TDMREP))
        return tdm_word(local);
    if (url.n == 0 || slice_find_nocase(url, SLICE_OF("tdm")) < url.n)
        return tdm_loose(name);
    return ST_NONE;
}

static enum statement licence_of(struct slice name)
{
    static const char *const names[] = { "cc:license", "license", "dcterms:license",
                                         "cc:licence", "xhv:license" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is(name, names[i]))
            return ST_LICENSE;
    return ST_NONE;
}

/* ---- collecting ---- */

static void opf_put(struct opf *o, struct slice s)
{
    if (o->cut)
        return;
    if (s.n > MAX_VALUE - o->n) {
        s.n = MAX_VALUE - o->n;
        o->cut = true;
    }
    if (s.n)
        memcpy(o->value + o->n, s.p, s.n);
    o->n += s.n;
}

static enum optout_rc collect(struct opf *o, enum statement st, const struct xml_element *e)
{
    if (!o->value && !(o->value = arena_take(o->arena, MAX_VALUE)))
        return OPTOUT_E_NOMEM;
    o->open = st;
    o->depth = e->depth;
    o->n = 0;
    o->cut = false;
    o->refines = xml_attr(e, "refines").n > 0;
    o->lang = SLICE_EMPTY;
    for (size_t i = 0; i < e->n_attr; i++)
        if (slice_eq(e->attr[i].ns, SLICE_OF(NS_XML)) && is(e->attr[i].name, "lang"))
            o->lang = arena_copy(o->arena, e->attr[i].value, 64);
    return OPTOUT_OK;
}

/* ---- an RSL element, written out again ---- */

/* A prefix "rsl" that nobody declared is meant all the same. */
static struct slice rsl_ns(const struct xml_element *e)
{
    return e->ns.n == 0 && is(e->prefix, "rsl") ? reported[ST_RSL].ns : e->ns;
}

/* Past a limit what is written is of no use, which the report says; without memory there
 * is nothing to report. */
static enum optout_rc written(struct opf *o, enum optout_rc rc)
{
    o->cut = o->cut || rc != OPTOUT_OK;
    return rc == OPTOUT_E_NOMEM ? rc : OPTOUT_OK;
}

static enum optout_rc write_open(struct opf *o, const struct xml_element *e)
{
    struct xml_element named = *e;
    named.ns = rsl_ns(e);
    return o->cut ? OPTOUT_OK : written(o, xml_write_open(&o->writer, &named));
}

static enum optout_rc write_text(struct opf *o, struct slice text)
{
    return o->cut ? OPTOUT_OK : written(o, xml_write_text(&o->writer, text));
}

static enum optout_rc write_close(struct opf *o)
{
    return o->cut ? OPTOUT_OK : written(o, xml_write_close(&o->writer));
}

/* ---- events ---- */

static enum optout_rc open_meta(struct opf *o, const struct xml_element *e)
{
    struct slice name = trim(xml_attr(e, "property"));
    if (name.n == 0)
        name = trim(xml_attr(e, "name"));
    enum statement st = statement_of(o, name);
    if (st == ST_NONE && (is(name, "dcterms:rights") || is(name, "dc:rights")))
        st = ST_RIGHTS;
    if (st == ST_NONE)
        st = licence_of(name);
    if (st == ST_NONE)
        return OPTOUT_OK;
    enum optout_rc rc = collect(o, st, e);
    if (rc == OPTOUT_OK)
        opf_put(o, xml_attr(e, "content"));
    return rc;
}

static enum optout_rc open_link(struct opf *o, const struct xml_element *e)
{
    struct slice rel = trim(xml_attr(e, "rel")), word;
    bool refines = xml_attr(e, "refines").n > 0;
    o->lang = SLICE_EMPTY;
    while (rel.n && slice_split(&rel, ' ', &word)) {
        enum statement st = statement_of(o, trim(word));
        if (st != ST_POLICY)
            st = licence_of(trim(word));
        if (st != ST_NONE) {
            report(o, st, xml_attr(e, "href"), refines, false);
            return OPTOUT_OK;
        }
    }
    return OPTOUT_OK;
}

static bool is_dublin_core(const struct xml_element *e)
{
    if (e->ns.n == 0)
        return is(e->prefix, "dc") || is(e->prefix, "dcterms");
    /* OEB 1.2 writes the version of the element set as 1.0. */
    return property_ns_is(e->ns, NS_DC) || property_ns_is(e->ns, NS_DCTERMS) ||
           property_ns_is(e->ns, "http://purl.org/dc/elements/1.0");
}

static enum optout_rc open_statement(struct opf *o, const struct xml_element *e)
{
    if (is(e->name, "rsl") && property_ns_is(rsl_ns(e), NS_RSL)) {
        enum optout_rc rc = collect(o, ST_RSL, e);
        if (rc != OPTOUT_OK)
            return rc;
        xml_write_free(&o->writer);
        buf_clear(&o->rsl);
        xml_write_init(&o->writer, &o->rsl);
        return write_open(o, e);
    }
    if (is(e->name, "meta"))
        return open_meta(o, e);
    if (is(e->name, "link"))
        return open_link(o, e);
    if (is(e->name, "rights") && is_dublin_core(e))
        return collect(o, ST_RIGHTS, e);
    enum statement st = tdm_word(e->name);
    if (st != ST_NONE && (property_ns_is(e->ns, NS_TDMREP) || (!e->ns.n && is(e->prefix, "tdm"))))
        return collect(o, st, e);
    return OPTOUT_OK;
}

/* The newest tag has been read, or is being collected. */
static void mark_read(struct opf *o, bool behind)
{
    if (o->open == ST_NONE)
        o->read = xml_sax_at(o->parser) + behind;
}

static enum optout_rc on_open(void *ctx, const struct xml_element *e)
{
    struct opf *o = ctx;
    mark_read(o, false);
    if (e->depth == 1) {
        if (!is(e->name, "package"))
            return OPTOUT_E_SYNTAX;
        o->package = true;
        read_prefixes(o, xml_attr(e, "prefix"));
        return OPTOUT_OK;
    }
    if (o->open != ST_NONE)
        return o->open == ST_RSL ? write_open(o, e) : OPTOUT_OK;
    if (o->metadata == 0) {
        if (is(e->name, "metadata")) {
            o->metadata = o->container = e->depth;
            o->part = e->depth > 2;
        }
        return OPTOUT_OK;
    }
    if (e->depth != o->container + 1)
        return OPTOUT_OK;
    if (is(e->name, "x-metadata") || is(e->name, "dc-metadata")) {
        o->container = e->depth;
        return OPTOUT_OK;
    }
    return open_statement(o, e);
}

static enum optout_rc on_text(void *ctx, unsigned depth, struct slice text)
{
    struct opf *o = ctx;
    if (o->open == ST_NONE || depth < o->depth)
        return OPTOUT_OK;
    if (o->open != ST_RSL) {
        opf_put(o, text);
        return OPTOUT_OK;
    }
    return write_text(o, text);
}

static enum optout_rc on_close(void *ctx, unsigned depth)
{
    struct opf *o = ctx;
    enum optout_rc rc = o->open == ST_RSL ? write_close(o) : OPTOUT_OK;
    if (rc != OPTOUT_OK)
        return rc;
    if (o->open != ST_NONE && depth == o->depth) {
        struct slice value = o->open == ST_RSL ? buf_slice(&o->rsl) : slice_of(o->value, o->n);
        report(o, o->open, value, o->refines, o->cut);
        o->open = ST_NONE;
        mark_read(o, true);
    } else if (depth == o->metadata) {
        o->metadata = o->container = 0;
        o->part = false;
    } else if (o->container && depth == o->container) {
        o->container--;
    }
    return OPTOUT_OK;
}

/* ---- what is not well-formed ---- */

/* What the tag states, and its value. */
static enum statement loose_statement(const struct opf *o, const struct loose_tag *t,
                                      struct slice *value)
{
    struct slice content = loose_tag_attr(t, "content"), name = trim(loose_tag_attr(t, "property"));
    *value = content.p ? content : t->text;
    if (name.n == 0)
        name = trim(loose_tag_attr(t, "name"));
    if (is(t->name, "meta"))
        return statement_of(o, name);
    *value = t->text;
    if (is(t->name, "rights"))
        return ST_RIGHTS;
    bool tdm = slice_find_nocase(t->prefix, SLICE_OF("tdm")) < t->prefix.n;
    return tdm ? tdm_word(t->name) : ST_NONE;
}

static void salvage_text(struct opf *o, struct slice s)
{
    struct loose_tag t;
    size_t at = 0;
    o->salvaging = true;
    o->lang = SLICE_EMPTY;
    while (o->salvaged < MAX_SALVAGED && loose_tag_next(s, &at, &t)) {
        struct slice value;
        if (is(t.name, "package"))
            read_prefixes(o, loose_tag_attr(&t, "prefix"));
        enum statement st = loose_statement(o, &t, &value);
        if (st == ST_NONE)
            continue;
        o->salvaged++;
        report(o, st, value, loose_tag_attr(&t, "refines").n > 0, false);
    }
}

/* Behind what was reported before the document turned out to be broken. */
static enum optout_rc salvage(struct opf *o, struct slice document)
{
    enum unicode_form form = unicode_form_of(document);
    struct slice rest = slice_from(document, o->read < document.n ? (size_t)o->read : document.n);
    if (form == UNICODE_UTF8) {
        salvage_text(o, rest);
        return OPTOUT_OK;
    }
    struct buf text;
    buf_init(&text, 2 * PACKET_OPF_MAX);
    enum optout_rc rc = unicode_append(&text, rest, form);
    salvage_text(o, buf_slice(&text));
    buf_free(&text);
    return rc;
}

enum optout_rc opf_read(struct arena *arena, const struct property *base, struct slice document,
                        property_visit *visit, void *ctx)
{
    if (document.n > PACKET_OPF_MAX)
        return OPTOUT_E_LIMIT;
    struct opf *o = arena_alloc(arena, sizeof *o);
    if (!o)
        return OPTOUT_E_NOMEM;
    o->arena = arena;
    o->base = base;
    o->visit = visit;
    o->ctx = ctx;
    buf_init(&o->rsl, MAX_VALUE);
    xml_write_init(&o->writer, &o->rsl);
    const struct xml_events events = { on_open, on_text, on_close, o };
    enum optout_rc rc = OPTOUT_E_NOMEM;
    struct xml_sax *x = xml_sax_open(&limits, arena, &events);
    o->parser = x;
    if (x) {
        rc = xml_sax_feed(x, document);
        enum optout_rc end = xml_sax_end(x);
        if (rc == OPTOUT_MORE)
            rc = end;
    }
    xml_write_free(&o->writer);
    buf_free(&o->rsl);
    if (rc == OPTOUT_E_SYNTAX && salvage(o, document) == OPTOUT_E_NOMEM)
        return OPTOUT_E_NOMEM;
    if (rc < 0)
        return rc;
    return o->package ? OPTOUT_DONE : OPTOUT_E_SYNTAX;
}
