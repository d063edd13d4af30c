/* SPDX-License-Identifier: Apache-2.0 */
/* xml_sax.c - XML 1.0 (fifth edition), Namespaces in XML 1.0, by libxml2.
 *
 * Limits: XML_SAX_MAX, XML_SAX_DEPTH_MAX, XML_SAX_ATTRS_MAX,
 * XML_SAX_NAMESPACES_MAX, XML_SAX_TOKEN_MAX. */
#include "core/xml_sax.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>

/* Bytes per call: what is done after a callback has said stop is no more than
 * this and the token before it. */
#define PIECE 4096

struct reader {
    const struct xml_events *events;
    struct arena *arena;
    xmlParserCtxtPtr parser;
    unsigned depth;
    uint32_t line; /* lines skipped before the document */
    enum optout_rc rc;
};

static struct slice name_slice(const xmlChar *s)
{
    return slice_cstr((const char *)s);
}

static bool stopped(struct reader *r, enum optout_rc rc)
{
    if (r->rc == OPTOUT_OK)
        r->rc = rc;
    return r->rc != OPTOUT_OK;
}

/* libxml2 leaves an ampersand of an attribute value as "&#38;", for a tree
 * builder to resolve; there is no other reference left in it. */
static struct slice attr_value(struct reader *r, const xmlChar *from, const xmlChar *to)
{
    static const struct slice escaped = SLICE("&#38;");
    struct slice s = slice_of(from, (size_t)(to - from));
    if (slice_find(s, '&') == s.n)
        return s;
    uint8_t *out = arena_take(r->arena, s.n);
    size_t n = 0;
    if (!out) {
        stopped(r, OPTOUT_E_NOMEM);
        return SLICE_EMPTY;
    }
    for (size_t i = 0; i < s.n; i++) {
        out[n++] = s.p[i];
        if (slice_eq(slice_sub(s, i, escaped.n), escaped))
            i += escaped.n - 1;
    }
    return slice_of(out, n);
}

static void sax_open(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                    int n_namespaces, const xmlChar **namespaces, int n_attr, int n_defaulted,
                    const xmlChar **attr)
{
    struct reader *r = ctx;
    struct xml_attr list[XML_SAX_ATTRS_MAX];
    (void)namespaces;
    (void)n_defaulted;
    r->depth++;
    if (r->depth > XML_SAX_DEPTH_MAX || n_attr > XML_SAX_ATTRS_MAX ||
        n_namespaces > XML_SAX_NAMESPACES_MAX)
        stopped(r, OPTOUT_E_LIMIT);
    if (r->rc != OPTOUT_OK)
        return;
    for (int i = 0; i < n_attr; i++, attr += 5)
        list[i] = (struct xml_attr){ name_slice(attr[2]), name_slice(attr[0]),
                                     attr_value(r, attr[3], attr[4]) };
    if (r->rc != OPTOUT_OK)
        return;
    struct xml_element e = {
        .ns = name_slice(uri),
        .prefix = name_slice(prefix),
        .name = name_slice(name),
        .attr = list,
        .n_attr = (size_t)n_attr,
        .depth = r->depth,
        .line = r->line + (uint32_t)xmlSAX2GetLineNumber(r->parser),
    };
    stopped(r, r->events->open(r->events->ctx, &e));
}

static void sax_close(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct reader *r = ctx;
    (void)name;
    (void)prefix;
    (void)uri;
    if (r->rc == OPTOUT_OK)
        stopped(r, r->events->close(r->events->ctx, r->depth));
    r->depth--;
}

static void sax_text(void *ctx, const xmlChar *text, int n)
{
    struct reader *r = ctx;
    if (r->rc == OPTOUT_OK && n > 0)
        stopped(r, r->events->text(r->events->ctx, r->depth, slice_of(text, (size_t)n)));
}

/* Called for a DOCTYPE before anything in it is read. Declarations have no
 * handler, so none of them has an effect in what is left of the piece. */
static void sax_doctype(void *ctx, const xmlChar *name, const xmlChar *public_id,
                       const xmlChar *system_id)
{
    (void)name;
    (void)public_id;
    (void)system_id;
    stopped(ctx, OPTOUT_E_SYNTAX);
}

static void skip_space(struct reader *r, struct slice *document)
{
    struct slice rest = *document;
    uint32_t lines = 0;
    while (rest.n && ascii_is_space(rest.p[0])) {
        lines += rest.p[0] == '\n';
        rest = slice_from(rest, 1);
    }
    if (!slice_begins(rest, '<'))
        return;
    *document = rest;
    r->line = lines;
}

static void feed(struct reader *r, struct slice document)
{
    xmlParserCtxtPtr p = r->parser;
    while (document.n && r->rc == OPTOUT_OK) {
        struct slice piece = slice_sub(document, 0, PIECE);
        document = slice_from(document, piece.n);
        (void)xmlParseChunk(p, (const char *)piece.p, (int)piece.n, 0);
        if (!p->wellFormed)
            stopped(r, p->errNo == XML_ERR_NO_MEMORY ? OPTOUT_E_NOMEM : OPTOUT_E_SYNTAX);
        else if (p->input && p->input->end - p->input->cur > (ptrdiff_t)XML_SAX_TOKEN_MAX)
            stopped(r, OPTOUT_E_LIMIT);
    }
    if (r->rc != OPTOUT_OK)
        return;
    (void)xmlParseChunk(p, NULL, 0, 1);
    if (!p->wellFormed)
        stopped(r, p->errNo == XML_ERR_NO_MEMORY ? OPTOUT_E_NOMEM : OPTOUT_E_SYNTAX);
    else if (r->depth)
        stopped(r, OPTOUT_E_SYNTAX);
}

struct slice xml_attr(const struct xml_element *e, const char *name)
{
    for (size_t i = 0; i < e->n_attr; i++)
        if (e->attr[i].ns.n == 0 && slice_eq(e->attr[i].name, slice_cstr(name)))
            return e->attr[i].value;
    return SLICE_EMPTY;
}

enum optout_rc xml_sax_parse(struct slice document, struct arena *arena,
                             const struct xml_events *events)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .internalSubset = sax_doctype,
        .startElementNs = sax_open,
        .endElementNs = sax_close,
        .characters = sax_text,
        .ignorableWhitespace = sax_text,
        .cdataBlock = sax_text,
    };
    struct reader r = { .events = events, .arena = arena, .rc = OPTOUT_OK };
    if (document.n > XML_SAX_MAX)
        return OPTOUT_E_LIMIT;
    skip_space(&r, &document);
    xmlInitParser();
    r.parser = xmlCreatePushParserCtxt(&sax, &r, NULL, 0, NULL);
    if (!r.parser)
        return OPTOUT_E_NOMEM;
    xmlCtxtUseOptions(r.parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    feed(&r, document);
    if (r.parser->myDoc)
        xmlFreeDoc(r.parser->myDoc);
    xmlFreeParserCtxt(r.parser);
    return r.rc;
}
