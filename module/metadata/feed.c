/* SPDX-License-Identifier: Apache-2.0 */
/* feed.c - limits: PACKET_FEED_MAX bytes, DEPTH_MAX elements inside each other, ATTRS_MAX
 * attributes, NAMESPACES_MAX declarations, VALUE_MAX bytes of a text, of an RSL document and of
 * a URL, RSL_DOCUMENTS_MAX of these, BASE_MAX bytes of an xml:base; those of xml_trim.h and
 * xml_write.h. */
#include "metadata/feed.h"

#include "core/buf.h"
#include "page/html_entities.h"
#include "syntax/xml_sax.h"
#include "syntax/xml_write.h"

#include <stdio.h>

#define DEPTH_MAX 256
#define ATTRS_MAX 256
#define NAMESPACES_MAX 64
#define VALUE_MAX PROPERTY_VALUE_MAX
#define RSL_DOCUMENTS_MAX 512
#define BASE_MAX 2048

#define NS_ATOM "http://www.w3.org/2005/Atom"
#define NS_ATOM_03 "http://purl.org/atom/ns"
#define NS_DC "http://purl.org/dc/elements/1.1"
#define NS_DCTERMS "http://purl.org/dc/terms"
#define NS_MEDIA "http://search.yahoo.com/mrss"
#define NS_RSL "https://rslstandard.org/rsl"
#define NS_TDMREP "http://www.w3.org/ns/tdmrep"
#define NS_XML "http://www.w3.org/XML/1998/namespace"

/* `prefix`: what a name space is usually called; it is meant where nobody declares it. `url`: the
 * attribute that has the licence's URL, in place of the text or beside it. */
struct statement {
    const char *ns, *prefix;
    struct slice name;
    const char *url;
};

static const struct statement statements[] = {
    { "", "", SLICE("copyright"), NULL },
    { "", "", SLICE("rights"), NULL },
    { NS_ATOM, "atom", SLICE("rights"), NULL },
    { NS_ATOM_03, "", SLICE("copyright"), NULL },
    { "http://purl.org/rss/1.0", "", SLICE("copyright"), NULL },
    { "http://my.netscape.com/rdf/simple/0.9", "", SLICE("copyright"), NULL },
    { "http://backend.userland.com/RSS2", "", SLICE("copyright"), NULL },
    { NS_DC, "dc", SLICE("rights"), NULL },
    { NS_DCTERMS, "dcterms", SLICE("rights"), "resource" },
    { NS_DCTERMS, "dcterms", SLICE("accessRights"), "resource" },
    { NS_DCTERMS, "dcterms", SLICE("license"), "resource" },
    { "http://creativecommons.org/ns", "cc", SLICE("license"), "resource" },
    { "http://web.resource.org/cc", "cc", SLICE("license"), "resource" },
    { "http://backend.userland.com/creativeCommonsRssModule", "creativeCommons",
      SLICE("license"), NULL },
    { "http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html", "creativeCommons",
      SLICE("license"), NULL },
    { NS_MEDIA, "media", SLICE("license"), "href" },
    { NS_MEDIA, "media", SLICE("copyright"), "url" },
    { "https://podcastindex.org/namespace/1.0", "podcast", SLICE("license"), "url" },
    { NS_TDMREP, "tdm", SLICE("reservation"), NULL },
    { NS_TDMREP, "tdm", SLICE("policy"), NULL },
    { NS_RSL, "rsl", SLICE("rsl"), NULL },
    { NS_RSL, "rsl", SLICE("content"), NULL },
    { NS_RSL, "rsl", SLICE("license"), NULL },
};

/* Where a statement stands. */
enum level { LEVEL_FEED, LEVEL_ITEM, LEVEL_COUNT };

struct feed {
    struct arena *arena;
    struct property base;
    property_visit *visit;
    void *ctx;
    struct xml_sax *parser;
    enum optout_rc rc; /* OPTOUT_MORE while it goes on */
    unsigned channel;  /* depth of the channel that is open; 0: none */
    unsigned item;     /* depth of the outermost element below that which is open; 0: none */
    unsigned n_items, n_rsl;
    struct slice xml_base[LEVEL_COUNT];
    /* The statement that is being collected. */
    const struct statement *open;
    unsigned depth; /* of its element */
    bool nested;
    bool has_elements; /* inside of it */
    uint64_t at;
    struct slice lang;
    uint8_t *value, *decoded; /* VALUE_MAX bytes, taken when first wanted */
    size_t n;
    bool cut;
    struct buf rsl;
    struct xml_write writer;
};

/* RSS 0.91 declares the names of HTML in a document type that nobody fetches; others use them
 * without. */
static bool is_html_name(struct slice name, uint32_t code[2])
{
    return html_entity(name, true, code);
}

static const struct xml_limits limits = {
    .bytes = PACKET_FEED_MAX,
    .depth = DEPTH_MAX,
    .attrs = ATTRS_MAX,
    .namespaces = NAMESPACES_MAX,
    .token = XML_SAX_TOKEN_MAX,
    .skip_doctype = true,
    .names = is_html_name,
    .mend = true,
};

static bool is(struct slice s, const char *word)
{
    return slice_eq_nocase(s, slice_cstr(word));
}

static bool is_rsl(const struct statement *st, const char *name)
{
    return strcmp(st->ns, NS_RSL) == 0 && is(st->name, name);
}

/* ---- what is reported ---- */

/* Leaves out tags, which a text may quote: "&lt;a href=…>". A '<' that no '>' follows is none. */
static struct slice without_markup(uint8_t *text, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *end = NULL;
        if (text[i] == '<' && i + 1 < n &&
            (ascii_is_alpha(text[i + 1]) || text[i + 1] == '/' || text[i + 1] == '!'))
            end = memchr(text + i, '>', n - i);
        if (end)
            i = (size_t)(end - text);
        text[kept++] = end ? ' ' : text[i];
    }
    return slice_trim_space(slice_of(text, kept));
}

/* Texts are HTML more often than not. */
static struct slice as_words(struct feed *f, size_t n)
{
    struct slice text = without_markup(f->value, n);
    if (slice_find(text, '&') == text.n)
        return text;
    if (!f->decoded && !(f->decoded = arena_take(f->arena, VALUE_MAX)))
        return text;
    f->cut = !html_decode(text, false, f->decoded, VALUE_MAX, &n) || f->cut;
    return slice_of(f->decoded, n);
}

static void report_as(struct feed *f, const char *ns, struct slice name, struct slice value)
{
    char where[PACKET_WHERE_MAX];
    struct property p = f->base;
    p.carrier = CARRIER_FEED;
    if (p.role == PACKET_MAIN && xml_sax_flaw(f->parser) != XML_FLAWLESS)
        p.role = PACKET_SALVAGED;
    p.ns = slice_cstr(ns);
    p.name = name;
    p.lang = f->lang;
    p.base = f->xml_base[f->nested && f->xml_base[LEVEL_ITEM].n ? LEVEL_ITEM : LEVEL_FEED];
    p.value = slice_trim_space(value);
    p.nested = f->nested;
    p.cut = f->cut;
    p.offset = f->base.offset + f->at;
    p.where = SLICE_OF("channel");
    if (f->nested) {
        int n = snprintf(where, sizeof where, "item %u", f->n_items);
        p.where = slice_of(where, n > 0 ? (size_t)n : 0);
    }
    if (p.value.n)
        f->visit(f->ctx, &p);
}

/* An RSL element with whatever of the elements around it a document has. */
static void report_rsl(struct feed *f)
{
    enum packet_role role = f->base.role;
    if (!f->has_elements && is_rsl(f->open, "license")) { /* the URL of a document, at best */
        report_as(f, NS_RSL, f->open->name, slice_of(f->value, f->n));
        return;
    }
    if (is_rsl(f->open, "license") && role == PACKET_MAIN)
        f->base.role = PACKET_SALVAGED; /* nothing says what it is the licence of */
    report_as(f, NS_RSL, SLICE_OF("rsl"), buf_slice(&f->rsl));
    f->base.role = role;
}

/* ---- collecting ---- */

static void put_value(struct feed *f, struct slice s)
{
    if (s.n > VALUE_MAX - f->n) {
        s.n = VALUE_MAX - f->n;
        f->cut = true;
    }
    if (s.n)
        memcpy(f->value + f->n, s.p, s.n);
    f->n += s.n;
}

/* Past a limit what is written is of no use, which the report says. */
static enum optout_rc written(struct feed *f, enum optout_rc rc)
{
    f->cut = f->cut || rc != OPTOUT_OK;
    return rc == OPTOUT_E_NOMEM ? rc : OPTOUT_OK;
}

static enum optout_rc write_open(struct feed *f, const struct xml_element *e)
{
    struct xml_element named = *e;
    if (e->ns.n == 0 && is(e->prefix, "rsl"))
        named.ns = SLICE_OF(NS_RSL);
    return f->cut ? OPTOUT_OK : written(f, xml_write_open(&f->writer, &named));
}

static enum optout_rc write_close(struct feed *f)
{
    return f->cut ? OPTOUT_OK : written(f, xml_write_close(&f->writer));
}

/* A content stands without its root, a license without either. */
static enum optout_rc begin_rsl(struct feed *f, const struct xml_element *e)
{
    static const char *const around[] = { "rsl", "content" };
    size_t missing = is_rsl(f->open, "rsl") ? 0 : is_rsl(f->open, "content") ? 1 : 2;
    if (++f->n_rsl > RSL_DOCUMENTS_MAX)
        return OPTOUT_E_LIMIT;
    xml_write_free(&f->writer);
    buf_clear(&f->rsl);
    xml_write_init(&f->writer, &f->rsl);
    for (size_t i = 0; i < missing; i++) {
        struct xml_element outer = { .ns = SLICE(NS_RSL), .name = slice_cstr(around[i]) };
        enum optout_rc rc = write_open(f, &outer);
        if (rc != OPTOUT_OK)
            return rc;
    }
    return write_open(f, e);
}

static enum optout_rc end_rsl(struct feed *f)
{
    enum optout_rc rc = OPTOUT_OK;
    while (f->writer.depth && !f->cut && rc == OPTOUT_OK)
        rc = write_close(f);
    if (rc == OPTOUT_OK)
        report_rsl(f);
    return rc;
}

static struct slice attr_of(const struct xml_element *e, const char *ns, const char *name)
{
    for (size_t i = 0; i < e->n_attr; i++)
        if (is(e->attr[i].name, name) && (!ns || slice_eq(e->attr[i].ns, slice_cstr(ns))))
            return e->attr[i].value;
    return SLICE_EMPTY;
}

static enum optout_rc collect(struct feed *f, const struct statement *st,
                              const struct xml_element *e)
{
    if (!f->value && !(f->value = arena_take(f->arena, VALUE_MAX)))
        return OPTOUT_E_NOMEM;
    f->open = st;
    f->depth = e->depth;
    f->n = 0;
    f->has_elements = false;
    if (strcmp(st->ns, NS_RSL) == 0)
        return begin_rsl(f, e);
    struct slice url = st->url ? attr_of(e, NULL, st->url) : SLICE_EMPTY;
    if (url.n)
        report_as(f, st->ns, st->name, url);
    return OPTOUT_OK;
}

static enum optout_rc end_statement(struct feed *f)
{
    const struct statement *st = f->open;
    enum optout_rc rc = OPTOUT_OK;
    if (strcmp(st->ns, NS_RSL) == 0)
        rc = end_rsl(f);
    else
        report_as(f, st->ns, st->name, as_words(f, f->n));
    f->open = NULL;
    return rc;
}

/* ---- elements ---- */

static bool is_of(const struct xml_element *e, const struct statement *st)
{
    if (!slice_eq(e->name, st->name))
        return false;
    if (e->ns.n == 0)
        return slice_eq(e->prefix, slice_cstr(st->prefix));
    return *st->ns && property_ns_is(e->ns, st->ns);
}

/* RFC 4946: the licence's URL is the link's target. An RSL document is one by its type. */
static void read_link(struct feed *f, const struct xml_element *e)
{
    struct slice rel = slice_trim_space(xml_attr(e, "rel"));
    struct slice type = slice_trim_space(xml_attr(e, "type"));
    if (!is(rel, "license") && !is(rel, "http://www.iana.org/assignments/relation/license"))
        return;
    bool rsl = slice_starts_nocase(type, SLICE_OF("application/rsl+xml"));
    report_as(f, rsl ? NS_RSL : NS_ATOM, SLICE_OF("license"), xml_attr(e, "href"));
}

static bool is_link(const struct xml_element *e)
{
    return is(e->name, "link") &&
           (e->ns.n ? property_ns_is(e->ns, NS_ATOM) || property_ns_is(e->ns, NS_ATOM_03)
                    : e->prefix.n == 0 || is(e->prefix, "atom"));
}

static enum optout_rc read_element(struct feed *f, const struct xml_element *e)
{
    f->nested = f->item && e->depth > f->item;
    f->at = xml_sax_at(f->parser);
    f->lang = SLICE_EMPTY;
    f->cut = false;
    if (is_link(e)) {
        read_link(f, e);
        return OPTOUT_OK;
    }
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (!is_of(e, &statements[i]))
            continue;
        f->lang = arena_copy(f->arena, attr_of(e, NS_XML, "lang"), 64);
        return collect(f, &statements[i], e);
    }
    return OPTOUT_OK;
}

static bool is_root(const struct xml_element *e)
{
    return is(e->name, "rss") || is(e->name, "feed") || is(e->name, "RDF");
}

/* The feed's own statements stand in the root and in the channel; what else stands there is
 * taken for an item, whatever it is called. */
static void note_place(struct feed *f, const struct xml_element *e)
{
    struct slice base = slice_trim_space(attr_of(e, NS_XML, "base"));
    bool outer = e->depth == 1 || (e->depth == 2 && is(e->name, "channel"));
    if (outer && e->depth == 2)
        f->channel = e->depth;
    if (outer || f->item) {
        if (outer && base.n)
            f->xml_base[LEVEL_FEED] = arena_copy(f->arena, base, BASE_MAX);
        return;
    }
    f->item = e->depth;
    f->n_items += is(e->name, "item") || is(e->name, "entry");
    f->xml_base[LEVEL_ITEM] = base.n ? arena_copy(f->arena, base, BASE_MAX) : SLICE_EMPTY;
}

static enum optout_rc on_open(void *ctx, const struct xml_element *e)
{
    struct feed *f = ctx;
    if (e->depth == 1 && !is_root(e))
        return OPTOUT_E_SYNTAX;
    if (f->open) {
        f->has_elements = true;
        return strcmp(f->open->ns, NS_RSL) == 0 ? write_open(f, e) : OPTOUT_OK;
    }
    note_place(f, e);
    return e->depth > 1 ? read_element(f, e) : OPTOUT_OK;
}

static enum optout_rc on_text(void *ctx, unsigned depth, struct slice text)
{
    struct feed *f = ctx;
    if (!f->open || depth < f->depth)
        return OPTOUT_OK;
    bool rsl = strcmp(f->open->ns, NS_RSL) == 0;
    if (!rsl || is_rsl(f->open, "license"))
        put_value(f, text);
    if (!rsl || f->cut)
        return OPTOUT_OK;
    return written(f, xml_write_text(&f->writer, text));
}

static enum optout_rc on_close(void *ctx, unsigned depth)
{
    struct feed *f = ctx;
    enum optout_rc rc = OPTOUT_OK;
    if (f->open && depth > f->depth && strcmp(f->open->ns, NS_RSL) == 0)
        rc = write_close(f);
    else if (f->open && depth <= f->depth)
        rc = end_statement(f);
    if (depth == f->item)
        f->item = 0;
    if (depth == f->channel)
        f->channel = 0;
    if (rc != OPTOUT_OK)
        return rc;
    return depth > 1 ? OPTOUT_OK : OPTOUT_DONE;
}

/* ---- life ---- */

struct feed *feed_open(struct arena *arena, const struct property *base, property_visit *visit,
                       void *ctx)
{
    struct feed *f = arena_alloc(arena, sizeof *f);
    if (!f)
        return NULL;
    const struct xml_events events = { on_open, on_text, on_close, f };
    f->arena = arena;
    f->base = *base;
    f->visit = visit;
    f->ctx = ctx;
    f->rc = OPTOUT_MORE;
    buf_init(&f->rsl, VALUE_MAX);
    xml_write_init(&f->writer, &f->rsl);
    f->parser = xml_sax_open(&limits, arena, &events);
    return f->parser ? f : NULL;
}

enum optout_rc feed_feed(struct feed *f, struct slice bytes)
{
    if (f->rc == OPTOUT_MORE)
        f->rc = xml_sax_feed(f->parser, bytes);
    return f->rc;
}

enum optout_rc feed_end(struct feed *f)
{
    enum optout_rc end = xml_sax_end(f->parser);
    xml_write_free(&f->writer);
    buf_free(&f->rsl);
    if (f->rc == OPTOUT_MORE)
        f->rc = end == OPTOUT_OK ? OPTOUT_E_SYNTAX : end; /* without an end of its root */
    if (f->rc == OPTOUT_DONE && xml_sax_flaw(f->parser) == XML_FLAW_TREE)
        f->rc = OPTOUT_E_SYNTAX;
    return f->rc;
}
