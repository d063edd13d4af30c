/* SPDX-License-Identifier: Apache-2.0 */
/* kind.c - types and first bytes: Fetch ("extract a MIME type"), MIME Sniffing sections 5 and 7,
 * XML 1.0 section 2.8 (what stands before the root).
 *
 * Limits: FORMAT_SNIFF first bytes, SNIFF_DATA of types that are data, KIND_PROLOG_MAX of XML
 * that begins with comments; KIND_TYPES_MAX types. */
#include "inspect/kind.h"

#include "core/packet.h"
#include "syntax/unicode.h"
#include "syntax/xml_sax.h"
#include "formats/format.h"
#include "http/media_type.h"

#define SNIFF_DATA 64 /* bytes looked at of data, which only lies when it holds a file */

/* ---- types ---- */

static bool type_is_one_of(struct slice type, const char *const *names)
{
    for (; *names; names++)
        if (slice_eq(type, slice_cstr(*names)))
            return true;
    return false;
}

static bool ends_with(struct slice s, const char *what)
{
    struct slice w = slice_cstr(what);
    return s.n >= w.n && slice_eq(slice_from(s, s.n - w.n), w);
}

/* Programs, styles and plain data: no reservation is written in them. docs/standards.md has
 * the same table. */
bool kind_is_data(struct slice type)
{
    static const struct slice data[] = {
        /* scripts and styles */
        SLICE("text/css"), SLICE("text/javascript"), SLICE("text/ecmascript"),
        SLICE("text/jscript"), SLICE("text/livescript"), SLICE("text/x-javascript"),
        SLICE("text/x-ecmascript"), SLICE("application/javascript"),
        SLICE("application/x-javascript"), SLICE("application/ecmascript"),
        SLICE("application/x-ecmascript"), SLICE("application/typescript"),
        SLICE("application/wasm"), SLICE("text/x-component"),
        /* plain data */
        SLICE("application/json"), SLICE("text/json"), SLICE("text/x-json"),
        SLICE("application/jsonp"), SLICE("application/json-seq"), SLICE("application/x-ndjson"),
        SLICE("application/ndjson"), SLICE("application/jsonl"), SLICE("application/x-jsonlines"),
        SLICE("application/json5"), SLICE("text/csv"), SLICE("application/csv"),
        SLICE("text/tab-separated-values"), SLICE("text/event-stream"), SLICE("text/calendar"),
        SLICE("text/vcard"), SLICE("text/x-vcard"), SLICE("application/yaml"),
        SLICE("application/x-yaml"), SLICE("text/yaml"), SLICE("text/x-yaml"),
        SLICE("application/toml"), SLICE("application/cbor"), SLICE("application/cbor-seq"),
        SLICE("application/msgpack"), SLICE("application/x-msgpack"), SLICE("application/protobuf"),
        SLICE("application/x-protobuf"), SLICE("application/vnd.google.protobuf"),
        SLICE("application/grpc"), SLICE("application/grpc-web"),
        SLICE("application/grpc-web+proto"), SLICE("application/grpc-web-text"),
        SLICE("application/graphql"), SLICE("application/x-www-form-urlencoded"),
        SLICE("application/xml-dtd"), SLICE("application/sql"), SLICE("application/vnd.sqlite3"),
        SLICE("application/x-sqlite3"), SLICE("application/dns-message"),
        SLICE("text/cache-manifest"), SLICE("text/x-cross-domain-policy"),
        SLICE("application/vnd.mapbox-vector-tile"),
        /* captions and playlists */
        SLICE("text/vtt"), SLICE("application/x-subrip"), SLICE("application/vnd.apple.mpegurl"),
        SLICE("application/x-mpegurl"), SLICE("audio/mpegurl"), SLICE("audio/x-mpegurl"),
        SLICE("application/dash+xml"), SLICE("audio/x-scpls"), SLICE("application/ttml+xml"),
        /* keys, signatures and their like */
        SLICE("application/ocsp-request"), SLICE("application/ocsp-response"),
        SLICE("application/pkix-cert"), SLICE("application/pkix-crl"),
        SLICE("application/pkcs7-mime"), SLICE("application/pkcs7-signature"),
        SLICE("application/x-x509-ca-cert"), SLICE("application/x-pkcs7-crl"),
        SLICE("application/pgp-keys"), SLICE("application/pgp-signature"),
        SLICE("application/jose"), SLICE("application/jwt"), SLICE("application/timestamp-reply"),
        /* pictures without a place for words */
        SLICE("image/x-icon"), SLICE("image/vnd.microsoft.icon"), SLICE("image/bmp"),
        SLICE("image/x-ms-bmp"), SLICE("image/x-bmp"), SLICE("image/x-portable-bitmap"),
        SLICE("image/x-portable-graymap"), SLICE("image/x-portable-pixmap"),
        SLICE("image/x-portable-anymap"),
    };
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        if (type.n == data[i].n && slice_eq(type, data[i]))
            return true;
    if (slice_eq(type, SLICE_OF("application/feed+json")))
        return false;
    return ends_with(type, "+json") || ends_with(type, "+cbor") ||
           ends_with(type, "+json-seq") || ends_with(type, "+yaml") || ends_with(type, "+jwt");
}

static bool is_xml(struct slice type)
{
    static const char *const xml[] = { "text/xml", "application/xml", NULL };
    return type_is_one_of(type, xml) || ends_with(type, "+xml") ||
           slice_find_nocase(type, SLICE_OF("xhtml")) < type.n;
}

/* A page under its own types, XML under any that says so; else, where it looks like one, under
 * all but data and texts that are shown as they are. */
static enum page_hint hint_for(struct slice type)
{
    if (slice_eq(type, SLICE_OF("text/html")))
        return PAGE_HTML;
    if (slice_eq(type, SLICE_OF("application/xhtml+xml")))
        return PAGE_XHTML;
    if (kind_is_data(type))
        return PAGE_NEVER;
    if (is_xml(type))
        return PAGE_IF_ITS_ROOT_IS_ONE;
    if (slice_starts_nocase(type, SLICE_OF("text/")) &&
        slice_find_nocase(type, SLICE_OF("htm")) == type.n)
        return PAGE_NEVER;
    return PAGE_IF_IT_LOOKS_LIKE_ONE;
}

static struct slice lower(struct arena *a, struct slice s)
{
    struct slice copy = arena_copy(a, s, PACKET_WHERE_MAX);
    for (size_t k = 0; k < copy.n; k++)
        ((uint8_t *)(uintptr_t)copy.p)[k] = ascii_lower(copy.p[k]);
    return copy;
}

static bool names_file(struct slice type)
{
    return !slice_starts_nocase(type, SLICE_OF("text/")) && format_of_type(type);
}

bool kind_of_head(struct body_kind *k, const struct exchange *x, struct arena *arena)
{
    struct media_type t[KIND_TYPES_MAX] = { { SLICE_EMPTY, SLICE_EMPTY } };
    size_t n = media_types_extract(&x->response, t, KIND_TYPES_MAX);
    *k = (struct body_kind){ .charset = t[0].charset, .n_types = n ? n : 1, .data = n > 0 };
    for (size_t i = 0; i < k->n_types; i++) {
        struct slice type = k->type[i] = lower(arena, t[i].essence);
        enum page_hint hint = hint_for(type);
        if (hint > k->page && t[i].charset.n)
            k->charset = t[i].charset;
        k->page = hint > k->page ? hint : k->page;
        k->data = k->data && hint == PAGE_NEVER && kind_is_data(type);
        k->file = k->file || names_file(type);
        if (!type.p)
            return false;
    }
    k->markdown = slice_eq(k->type[0], SLICE_OF("text/markdown")) ||
                  slice_eq(k->type[0], SLICE_OF("text/x-markdown"));
    k->plain = !k->data && !k->file;
    k->sniff_max = k->data ? SNIFF_DATA : FORMAT_SNIFF;
    return true;
}

/* ---- first bytes ---- */

static bool begins(struct slice s, const char *what)
{
    struct slice w = slice_cstr(what);
    return slice_eq(slice_sub(s, 0, w.n), w);
}

static struct slice skip_blank(struct slice s)
{
    while (s.n && ascii_is_space(s.p[0]))
        s = slice_from(s, 1);
    return s;
}

bool kind_begins_text(struct slice head)
{
    return slice_begins(skip_blank(slice_skip_bom(head)), '<');
}

/* Roots of drawings and feeds, which come under the type of a page too. */
static bool is_other_root(struct slice s)
{
    static const struct slice roots[] = { SLICE("<svg"), SLICE("<rss"), SLICE("<feed"),
                                          SLICE("<rdf") };
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (s.n > roots[i].n && slice_starts_nocase(s, roots[i]) && !ascii_is_alnum(s.p[roots[i].n]))
            return true;
    return false;
}

/* Not an XML declaration, a comment, a drawing or feed, or UTF-16 without a mark; these are looked at
 * longer. */
bool kind_begins_page(const struct body_kind *k, struct slice head)
{
    if (k->page < PAGE_HTML)
        return false;
    head = skip_blank(slice_skip_bom(head));
    return head.n >= 5 && head.p[0] == '<' && head.p[1] != '?' && head.p[1] != 0 &&
           !begins(head, "<!--") && !is_other_root(head);
}

/* Behind `what`, or empty when it does not come. */
static struct slice behind(struct slice s, const char *what)
{
    struct slice w = slice_cstr(what);
    while (s.n >= w.n) {
        const uint8_t *p = memchr(s.p, w.p[0], s.n - w.n + 1);
        if (!p)
            return SLICE_EMPTY;
        s = slice_from(s, (size_t)(p - s.p));
        if (memcmp(s.p, w.p, w.n) == 0)
            return slice_from(s, w.n);
        s = slice_from(s, 1);
    }
    return SLICE_EMPTY;
}

/* A document type declaration, with what stands in its brackets. */
static struct slice behind_doctype(struct slice s)
{
    bool bracket = false;
    uint8_t quote = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (quote) {
            quote = c == quote ? 0 : quote;
        } else if (bracket && begins(slice_sub(s, i, 4), "<!--")) {
            struct slice rest = behind(slice_from(s, i + 4), "-->");
            if (!rest.p)
                return SLICE_EMPTY;
            i = (size_t)(rest.p - s.p) - 1;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[' || c == ']') {
            bracket = c == '[';
        } else if (c == '>' && !bracket) {
            return slice_from(s, i + 1);
        }
    }
    return SLICE_EMPTY;
}

/* One comment, instruction or declaration; false: there is none. */
static bool skip_one(struct slice *s)
{
    if (begins(*s, "<?"))
        *s = behind(slice_from(*s, 2), "?>");
    else if (begins(*s, "<!--"))
        *s = behind(slice_from(*s, 4), "-->");
    else if (slice_starts_nocase(*s, SLICE_OF("<!doctype")))
        *s = behind_doctype(slice_from(*s, 9));
    else
        return false;
    return true;
}

static bool has_xhtml_root(const struct kind_look *l)
{
    bool prefixed;
    struct slice name = xml_tag_name(l->root, &prefixed);
    size_t end = slice_find(l->root, '>');
    struct slice ns = SLICE_OF("http://www.w3.org/1999/xhtml");
    struct slice tag = slice_sub(l->root, 0, end);
    return slice_eq_nocase(name, SLICE_OF("html")) &&
           (prefixed || slice_find_nocase(tag, ns) < tag.n);
}

static bool is_utf16(enum unicode_form form)
{
    return form == UNICODE_UTF16LE || form == UNICODE_UTF16BE;
}

bool kind_look(struct kind_look *l, struct slice head, struct arena *arena)
{
    enum unicode_form form = unicode_form_of(head);
    *l = (struct kind_look){ .text = head };
    if (form != UNICODE_UTF8) {
        size_t size = 2 * head.n + UNICODE_OUT_MAX;
        uint8_t *out = arena_alloc(arena, size);
        if (!out)
            return false;
        l->text = unicode_head(head, out, size);
    }
    l->foreign = (form != UNICODE_UTF8 && !is_utf16(form)) ||
                 begins(head, "\x4C\x6F\xA7\x94");
    if (is_utf16(form) && (head.p[0] == '<' || head.p[1] == '<'))
        l->charset = form == UNICODE_UTF16LE ? SLICE_OF("utf-16le") : SLICE_OF("utf-16be");
    struct slice s = skip_blank(slice_skip_bom(l->text));
    l->xml = begins(s, "<?xml");
    while (s.n && skip_one(&s)) {
        l->unfinished = !s.p;
        s = skip_blank(s);
    }
    if (s.n > 1 && s.p[0] == '<' && (ascii_is_alpha(s.p[1]) || s.p[1] == '_' || s.p[1] >= 0x80))
        l->root = s;
    l->xml = l->xml || (l->root.n && has_xhtml_root(l));
    return true;
}

struct kind_pages kind_pages(const struct body_kind *k, const struct kind_look *l, bool is_file)
{
    struct kind_pages p = { .xml = k->page == PAGE_XHTML, .html = k->page == PAGE_HTML };
    if (p.xml || p.html || k->page == PAGE_NEVER)
        return p;
    bool prefixed = false;
    bool root = l->root.n &&
                slice_eq_nocase(xml_tag_name(l->root, &prefixed), SLICE_OF("html"));
    bool any = l->unfinished && !is_file; /* nobody knows what comes */
    p.html = media_sniff_html(l->root) || (media_sniff_html(l->text) && !is_file) || any ||
             (root && !prefixed);
    p.xml = any || (root && (l->xml || k->page == PAGE_IF_ITS_ROOT_IS_ONE));
    p.html_is_second = p.xml && l->xml;
    return p;
}

bool kind_is_known(struct slice head, bool texts_too)
{
    const struct format *found[FORMATS_OPEN_MAX];
    uint8_t text[2 * FORMAT_SNIFF + UNICODE_OUT_MAX];
    head = slice_sub(head, 0, FORMAT_SNIFF);
    if (formats_sniff(head, found))
        return true;
    if (!media_sniff_text(head))
        return false;
    struct slice s = skip_blank(slice_skip_bom(unicode_head(head, text, sizeof text)));
    return texts_too || media_sniff_html(head) || begins(s, "<?xml") || begins(s, "<!");
}

/* ---- ranges ---- */

bool kind_is_middle(const struct exchange *x)
{
    const struct header *h = headers_find(&x->response, "content-range");
    static const struct slice front = SLICE("bytes 0-");
    const struct header *type = headers_find(&x->response, "content-type");
    if (type && slice_starts_nocase(type->value, SLICE_OF("multipart/")))
        return false; /* several, each with a head of its own */
    return x->status == 206 && !(h && slice_starts_nocase(h->value, front));
}
