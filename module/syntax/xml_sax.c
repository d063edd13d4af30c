/* SPDX-License-Identifier: Apache-2.0 */
/* xml_sax.c - XML 1.0 (fifth edition), Namespaces in XML 1.0, by libxml2.
 *
 * Limits: those of the caller (struct xml_limits), NAMES_MAX bytes of different names. */
#include "syntax/xml_sax.h"

#include "syntax/xml_trim.h"

#include <libxml/SAX2.h>
#include <libxml/dict.h>
#include <libxml/parser.h>

/* Bytes per call: what is done after a callback has said stop is no more than
 * this and the token before it. */
#define PIECE 4096
#define NAMES_MAX (2u << 20)

struct xml_sax {
    struct xml_limits limits;
    struct xml_events events;
    xmlParserCtxtPtr parser;
    struct xml_trim *trim;  /* NULL: the document goes to the parser as it is */
    struct xml_attr *list;  /* limits.attrs of them */
    struct arena scratch;   /* values of the element that is being opened */
    unsigned depth;
    uint32_t line;  /* lines skipped before the document */
    uint64_t skipped, fed;
    bool begun;
    enum xml_flaw flaw;
    enum optout_rc rc; /* OPTOUT_OK while all is well */
};

const struct xml_limits xml_sax_limits = {
    .bytes = XML_SAX_MAX,
    .depth = XML_SAX_DEPTH_MAX,
    .attrs = XML_SAX_ATTRS_MAX,
    .namespaces = XML_SAX_NAMESPACES_MAX,
    .token = XML_SAX_TOKEN_MAX,
};

static struct slice name_slice(const xmlChar *s)
{
    return slice_cstr((const char *)s);
}

static bool stopped(struct xml_sax *r, enum optout_rc rc)
{
    if (r->rc == OPTOUT_OK)
        r->rc = rc;
    return r->rc != OPTOUT_OK;
}

/* libxml2 leaves an ampersand of an attribute value as "&#38;", for a tree
 * builder to resolve; there is no other reference left in it. */
static struct slice attr_value(struct xml_sax *r, const xmlChar *from, const xmlChar *to)
{
    static const struct slice escaped = SLICE("&#38;");
    struct slice s = slice_of(from, (size_t)(to - from));
    if (slice_find(s, '&') == s.n)
        return s;
    uint8_t *out = arena_take(&r->scratch, s.n);
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
    struct xml_sax *r = ctx;
    (void)namespaces;
    (void)n_defaulted;
    r->depth++;
    if (r->depth > r->limits.depth || (unsigned)n_attr > r->limits.attrs ||
        (unsigned)n_namespaces > r->limits.namespaces)
        stopped(r, OPTOUT_E_LIMIT);
    if (r->rc != OPTOUT_OK)
        return;
    for (int i = 0; i < n_attr; i++, attr += 5)
        r->list[i] = (struct xml_attr){ name_slice(attr[2]), name_slice(attr[0]),
                                        attr_value(r, attr[3], attr[4]),
                                        name_slice(attr[1]) };
    if (r->rc != OPTOUT_OK)
        return;
    struct xml_element e = {
        .ns = name_slice(uri),
        .prefix = name_slice(prefix),
        .name = name_slice(name),
        .attr = r->list,
        .n_attr = (size_t)n_attr,
        .depth = r->depth,
        .line = r->line + (uint32_t)xmlSAX2GetLineNumber(r->parser),
    };
    stopped(r, r->events.open(r->events.ctx, &e));
    if (r->scratch.used)
        arena_reset(&r->scratch);
}

static void sax_close(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct xml_sax *r = ctx;
    (void)name;
    (void)prefix;
    (void)uri;
    if (r->rc == OPTOUT_OK)
        stopped(r, r->events.close(r->events.ctx, r->depth));
    r->depth--;
}

static void sax_text(void *ctx, const xmlChar *text, int n)
{
    struct xml_sax *r = ctx;
    if (r->rc == OPTOUT_OK && n > 0)
        stopped(r, r->events.text(r->events.ctx, r->depth, slice_of(text, (size_t)n)));
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

/* What the parser passes over when it mends. Those of a name space are none: prefixes that
 * nobody declared are reported as such. */
static void sax_error(void *ctx, xmlErrorPtr error)
{
    static const int of_text[] = {
        XML_ERR_INVALID_CHAR,       XML_ERR_INVALID_CHARREF,     XML_ERR_INVALID_HEX_CHARREF,
        XML_ERR_INVALID_DEC_CHARREF, XML_ERR_INVALID_ENCODING,   XML_ERR_NAME_REQUIRED,
        XML_ERR_ENTITYREF_SEMICOL_MISSING, XML_ERR_UNDECLARED_ENTITY, XML_WAR_UNDECLARED_ENTITY,
        XML_ERR_MISPLACED_CDATA_END,
    };
    struct xml_sax *r = ctx;
    enum xml_flaw flaw = XML_FLAW_TREE;
    if (error->domain == XML_FROM_NAMESPACE || error->level < XML_ERR_ERROR)
        return;
    for (size_t i = 0; i < sizeof of_text / sizeof *of_text; i++)
        if (error->code == of_text[i])
            flaw = XML_FLAW_TEXT;
    r->flaw = flaw > r->flaw ? flaw : r->flaw;
}

static bool broken(struct xml_sax *r)
{
    /* A parser that had no memory drops what follows, and calls the document well-formed. */
    if (r->parser->errNo == XML_ERR_NO_MEMORY)
        stopped(r, OPTOUT_E_NOMEM);
    else if (r->parser->disableSAX || (!r->parser->wellFormed && !r->limits.mend))
        stopped(r, OPTOUT_E_SYNTAX);
    return r->rc != OPTOUT_OK;
}

static size_t pending(const struct xml_sax *r)
{
    const xmlParserInput *in = r->parser->input;
    return in ? (size_t)(in->end - in->cur) : 0;
}

/* Pieces grow with a token that goes on and on, for the parser looks at all of it again
 * whenever it gets more. */
static void parse(struct xml_sax *r, struct slice document)
{
    while (document.n && r->rc == OPTOUT_OK) {
        size_t waiting = pending(r);
        struct slice piece = slice_sub(document, 0, waiting > PIECE ? waiting : PIECE);
        document = slice_from(document, piece.n);
        (void)xmlParseChunk(r->parser, (const char *)piece.p, (int)piece.n, 0);
        if (!broken(r) && pending(r) > r->limits.token)
            stopped(r, OPTOUT_E_LIMIT);
    }
}

static enum optout_rc on_trimmed(void *ctx, struct slice bytes)
{
    struct xml_sax *r = ctx;
    parse(r, bytes);
    return r->rc;
}

static struct slice skip_space(struct xml_sax *r, struct slice rest)
{
    while (rest.n && ascii_is_space(rest.p[0])) {
        r->line += rest.p[0] == '\n';
        r->skipped++;
        rest = slice_from(rest, 1);
    }
    r->begun = rest.n > 0;
    return rest;
}

struct slice xml_tag_name(struct slice tag, bool *prefixed)
{
    size_t n = 1;
    while (n < tag.n && !ascii_is_space(tag.p[n]) && tag.p[n] != '>' && tag.p[n] != '/')
        n++;
    struct slice name = slice_sub(tag, 1, n - 1);
    size_t colon = slice_find(name, ':');
    *prefixed = colon < name.n;
    return *prefixed ? slice_from(name, colon + 1) : name;
}

struct slice xml_attr(const struct xml_element *e, const char *name)
{
    for (size_t i = 0; i < e->n_attr; i++)
        if (e->attr[i].ns.n == 0 && slice_eq(e->attr[i].name, slice_cstr(name)))
            return e->attr[i].value;
    return SLICE_EMPTY;
}

/* What a stranger's document does wrong is no news for the log. */
static void say_nothing(void *ctx, const char *message, ...)
{
    (void)ctx;
    (void)message;
}

struct xml_sax *xml_sax_open(const struct xml_limits *limits, struct arena *arena,
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
        .serror = limits->mend ? sax_error : NULL,
    };
    struct xml_sax *r = arena_alloc(arena, sizeof *r);
    if (!r)
        return NULL;
    r->limits = *limits;
    r->events = *events;
    r->list = arena_array(arena, limits->attrs, sizeof *r->list);
    if (limits->skip_doctype)
        r->trim = xml_trim_open(arena, on_trimmed, r);
    if (!r->list || (limits->skip_doctype && !r->trim))
        return NULL;
    if (r->trim)
        xml_trim_know(r->trim, limits->names);
    arena_init(&r->scratch, 2 * limits->token + PIECE, NULL, 0);
    xmlInitParser();
    xmlSetGenericErrorFunc(NULL, say_nothing); /* of this thread; NOERROR leaves encodings out */
    r->parser = xmlCreatePushParserCtxt(&sax, r, NULL, 0, NULL);
    if (!r->parser)
        return NULL;
    xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                     (limits->mend ? XML_PARSE_RECOVER : 0));
    (void)xmlDictSetLimit(r->parser->dict, NAMES_MAX);
    return r;
}

enum optout_rc xml_sax_feed(struct xml_sax *r, struct slice bytes)
{
    if (r->rc != OPTOUT_OK)
        return r->rc;
    r->fed += bytes.n;
    if (r->fed > r->limits.bytes) {
        stopped(r, OPTOUT_E_LIMIT);
        return r->rc;
    }
    if (!r->begun)
        bytes = skip_space(r, bytes);
    if (!r->trim)
        parse(r, bytes);
    else
        stopped(r, xml_trim_feed(r->trim, bytes));
    return r->rc == OPTOUT_OK ? OPTOUT_MORE : r->rc;
}

enum optout_rc xml_sax_end(struct xml_sax *r)
{
    if (r->rc == OPTOUT_OK && r->trim)
        stopped(r, xml_trim_end(r->trim));
    if (r->rc == OPTOUT_OK) {
        (void)xmlParseChunk(r->parser, NULL, 0, 1);
        if (!broken(r) && (r->depth || r->flaw == XML_FLAW_TREE))
            stopped(r, OPTOUT_E_SYNTAX);
    }
    if (r->parser->myDoc)
        xmlFreeDoc(r->parser->myDoc);
    xmlFreeParserCtxt(r->parser);
    arena_reset(&r->scratch);
    return r->rc;
}

enum xml_flaw xml_sax_flaw(const struct xml_sax *r)
{
    return r->flaw;
}

uint64_t xml_sax_at(const struct xml_sax *r)
{
    const xmlParserInput *in = r->parser->input;
    if (r->trim)
        return r->skipped + xml_trim_at(r->trim);
    if (!in)
        return r->skipped;
    return r->skipped + in->consumed + (uint64_t)(in->cur - in->base);
}

enum optout_rc xml_sax_parse(struct slice document, struct arena *arena,
                             const struct xml_events *events)
{
    if (document.n > XML_SAX_MAX)
        return OPTOUT_E_LIMIT;
    struct xml_sax *r = xml_sax_open(&xml_sax_limits, arena, events);
    if (!r)
        return OPTOUT_E_NOMEM;
    enum optout_rc rc = xml_sax_feed(r, document);
    enum optout_rc end = xml_sax_end(r);
    return rc < 0 ? rc : end;
}
