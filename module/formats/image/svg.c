/* SPDX-License-Identifier: Apache-2.0 */
/* svg.c - SVG drawings.
 *
 * SVG 2 section 5.9 (metadata), XMP Specification Part 3 (SVG), C2PA 2.4 (SVG: base64 in
 * c2pa:manifest inside of metadata). The drawing is read as XML to its end; its metadata is
 * written out again, so that name spaces that the root declares stand in the packet.
 *
 * Limits: SVG_MAX bytes, DEPTH_MAX elements inside each other, ATTRS_MAX attributes,
 * NAMESPACES_MAX declarations, those of syntax/xml_trim.h and syntax/xml_write.h. */
#include "syntax/base64.h"
#include "syntax/unicode.h"
#include "syntax/xml_sax.h"
#include "syntax/xml_write.h"
#include "formats/looks.h"
#include "formats/parts/bmff.h"
#include "formats/rows.h"

#define SVG_MAX (32u << 20)
#define DEPTH_MAX 256
#define ATTRS_MAX 256
#define NAMESPACES_MAX 64
#define WRITTEN_MAX (256u << 10) /* of a packet before it is handed on */

#define NS_SVG "http://www.w3.org/2000/svg"

struct svg {
    const struct format_env *env;
    struct xml_sax *parser;
    enum optout_rc rc; /* why it ended; OPTOUT_OK: it has not */
    bool root_closed;
    unsigned metadata; /* depth of the metadata element that is open; 0: none */
    unsigned packet;   /* depth of the element that is the open packet; 0: none */
    bool is_store;     /* that is a manifest, in base64 */
    struct base64 base64;
    unsigned handle;   /* of the packet, 0: nobody wants it */
    struct buf written;
    struct xml_write write;
};

static const struct xml_limits limits = {
    .bytes = SVG_MAX,
    .depth = DEPTH_MAX,
    .attrs = ATTRS_MAX,
    .namespaces = NAMESPACES_MAX,
    .token = XML_SAX_TOKEN_MAX,
    .skip_doctype = true,
};

/* ---- packets ---- */

static void end_packet(struct svg *s, enum packet_end how)
{
    if (s->handle)
        s->env->out->end(s->env->out->ctx, s->handle, how);
    s->handle = 0;
}

static void svg_put(struct svg *s, struct slice bytes)
{
    if (!s->handle || bytes.n == 0)
        return;
    if (!s->env->out->bytes(s->env->out->ctx, s->handle, bytes))
        s->handle = 0;
}

static void put_written(struct svg *s, enum optout_rc rc)
{
    if (rc != OPTOUT_OK) {
        end_packet(s, PACKET_LIMIT);
        return;
    }
    svg_put(s, buf_slice(&s->written));
    buf_clear(&s->written);
}

static void begin_packet(struct svg *s, enum packet_kind kind, const struct xml_element *e)
{
    bool main = e->depth == 2 || (s->metadata == 2 && e->depth == 3);
    struct packet p = {
        .kind = kind,
        .role = main ? PACKET_MAIN : PACKET_COMPONENT,
        .offset = xml_sax_at(s->parser),
        .where = kind == PACKET_C2PA ? SLICE_OF("c2pa:manifest") : SLICE_OF("metadata"),
    };
    s->packet = e->depth;
    s->is_store = kind == PACKET_C2PA;
    s->base64 = (struct base64){ .n = 0 };
    s->handle = s->env->out->begin(s->env->out->ctx, &p);
}

/* ---- a manifest in base64 ---- */

static void end_store(struct svg *s)
{
    bool whole = !s->base64.stopped && base64_is_whole(&s->base64);
    uint8_t rest[2];
    svg_put(s, slice_of(rest, base64_finish(&s->base64, rest)));
    end_packet(s, whole ? PACKET_WHOLE : PACKET_CORRUPT);
}

static void put_decoded(struct svg *s, struct slice text)
{
    uint8_t out[768];
    while (s->handle && text.n && !s->base64.stopped)
        svg_put(s, slice_of(out, base64_feed(&s->base64, &text, out, sizeof out)));
    if (s->base64.stopped)
        end_store(s);
}

/* ---- elements ---- */

static bool is_of_svg(const struct xml_element *e, const char *name)
{
    return slice_eq(e->name, slice_cstr(name)) &&
           (e->ns.n == 0 || slice_eq(e->ns, SLICE_OF(NS_SVG)));
}

static bool is_in(const struct xml_element *e, const char *name, const char *ns,
                  const char *prefix)
{
    return slice_eq(e->name, slice_cstr(name)) &&
           (slice_eq(e->ns, slice_cstr(ns)) ||
            (e->ns.n == 0 && slice_eq(e->prefix, slice_cstr(prefix))));
}

static bool packet_of(const struct xml_element *e, enum packet_kind *kind)
{
    static const struct {
        const char *name, *ns, *prefix;
        enum packet_kind kind;
    } roots[] = {
        { "RDF", "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf", PACKET_XMP },
        { "xmpmeta", "adobe:ns:meta/", "x", PACKET_XMP },
        { "xapmeta", "adobe:ns:meta/", "x", PACKET_XMP },
        { "manifest", "http://c2pa.org/manifest", "c2pa", PACKET_C2PA },
        { "rsl", "https://rslstandard.org/rsl", "rsl", PACKET_RSL },
    };
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (is_in(e, roots[i].name, roots[i].ns, roots[i].prefix)) {
            *kind = roots[i].kind;
            return true;
        }
    return false;
}

static enum optout_rc on_open(void *ctx, const struct xml_element *e)
{
    struct svg *s = ctx;
    enum packet_kind kind;
    if (e->depth == 1 && !is_of_svg(e, "svg"))
        return OPTOUT_E_SYNTAX;
    if (!s->packet && !s->metadata && e->depth > 1 && is_of_svg(e, "metadata"))
        s->metadata = e->depth;
    if (!s->packet && packet_of(e, &kind))
        begin_packet(s, kind, e);
    if (s->packet && !s->is_store)
        put_written(s, xml_write_open(&s->write, e));
    return OPTOUT_OK;
}

/* A whole packet in a CDATA section, which is no XMP to an XML parser and is to others. */
static void quoted(struct svg *s, struct slice text)
{
    struct packet p = { .kind = PACKET_XMP, .role = PACKET_SALVAGED,
                        .offset = xml_sax_at(s->parser), .where = SLICE_OF("metadata, as text") };
    if (looks_like_xmp(text))
        (void)packet_put(s->env->out, &p, text, PACKET_WHOLE);
}

static enum optout_rc on_text(void *ctx, unsigned depth, struct slice text)
{
    struct svg *s = ctx;
    if (!s->packet && s->metadata)
        quoted(s, text);
    if (!s->packet)
        return OPTOUT_OK;
    if (!s->is_store)
        put_written(s, xml_write_text(&s->write, text));
    else if (depth == s->packet)
        put_decoded(s, text);
    return OPTOUT_OK;
}

static enum optout_rc on_close(void *ctx, unsigned depth)
{
    struct svg *s = ctx;
    if (s->packet && !s->is_store)
        put_written(s, xml_write_close(&s->write));
    if (depth == s->packet) {
        if (s->is_store)
            end_store(s);
        else
            end_packet(s, PACKET_WHOLE);
        s->packet = 0;
        s->write.depth = 0;
        buf_clear(&s->write.names);
        buf_clear(&s->written);
    }
    if (depth == s->metadata)
        s->metadata = 0;
    if (depth > 1)
        return OPTOUT_OK;
    s->root_closed = true;
    return OPTOUT_DONE;
}

/* ---- the row ---- */

static void *svg_open(const struct format_env *env)
{
    struct svg *s = arena_alloc(env->arena, sizeof *s);
    if (!s)
        return NULL;
    struct xml_events events = { on_open, on_text, on_close, s };
    s->env = env;
    s->parser = xml_sax_open(&limits, env->arena, &events);
    if (!s->parser)
        return NULL;
    buf_init(&s->written, WRITTEN_MAX);
    xml_write_init(&s->write, &s->written);
    return s;
}

static enum optout_rc svg_feed(void *state, struct slice bytes)
{
    struct svg *s = state;
    enum optout_rc rc = xml_sax_feed(s->parser, bytes);
    if (rc != OPTOUT_MORE)
        s->rc = rc;
    return rc;
}

static enum optout_rc svg_end(void *state)
{
    struct svg *s = state;
    enum optout_rc rc = xml_sax_end(s->parser);
    if (s->rc == OPTOUT_OK)
        s->rc = rc;
    end_packet(s, s->rc == OPTOUT_E_LIMIT ? PACKET_LIMIT : PACKET_CUT);
    xml_write_free(&s->write);
    buf_free(&s->written);
    if (s->root_closed)
        return OPTOUT_DONE;
    return s->rc < 0 ? s->rc : OPTOUT_E_SYNTAX;
}

static bool begins(struct slice s, const char *what)
{
    return slice_eq(slice_sub(s, 0, strlen(what)), slice_cstr(what));
}

static struct slice skip_blank(struct slice s)
{
    while (s.n && (ascii_is_space(s.p[0]) || s.p[0] >= 0x80)) /* byte order marks too */
        s = slice_from(s, 1);
    return s;
}

static size_t svg_find(struct slice s, const char *what)
{
    struct slice w = slice_cstr(what);
    for (size_t i = 0; w.n <= s.n && i <= s.n - w.n; i++)
        if (memcmp(s.p + i, w.p, w.n) == 0)
            return i + w.n;
    return s.n;
}

/* The root, or a document type that names it, behind comments and instructions. */
static bool svg_sniff(struct slice head)
{
    uint8_t text[FORMAT_SNIFF];
    struct slice s = skip_blank(unicode_head(head, text, sizeof text));
    while (begins(s, "<?") || begins(s, "<!--"))
        s = skip_blank(slice_from(s, svg_find(s, begins(s, "<?") ? "?>" : "-->")));
    if (begins(s, "<!DOCTYPE")) {
        s = skip_blank(slice_from(s, 9));
        return begins(s, "svg") && s.n > 3 && !ascii_is_alnum(s.p[3]);
    }
    if (!slice_take(&s, '<'))
        return false;
    size_t n = 0;
    while (n < s.n && (ascii_is_alnum(s.p[n]) || s.p[n] == '_' || s.p[n] == '-'))
        n++;
    if (n < s.n && s.p[n] == ':')
        s = slice_from(s, n + 1);
    return begins(s, "svg") && s.n > 3 && (ascii_is_space(s.p[3]) || s.p[3] == '>');
}

static const char *const svg_types[] = { "image/svg+xml", "image/svg", NULL };

const struct format format_svg = {
    .name = "svg",
    .title = "SVG",
    .reads = "RDF and XMP, RSL and C2PA manifests in metadata elements, to the end of the drawing, "
             "up to 32 MiB; packed ones (`.svgz`) too",
    .types = svg_types,
    .sniff = svg_sniff,
    .by_type = true,
    .to_end = true,
    .open = svg_open,
    .feed = svg_feed,
    .end = svg_end,
};
