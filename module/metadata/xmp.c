/* SPDX-License-Identifier: Apache-2.0 */
/* xmp.c - an XMP packet: its wrapper and its encoding; and .xmp files, which are one.
 *
 * ISO 16684-1 section 7.1 (packet wrapper), Adobe XMP Specification Part 3 (encodings).
 *
 * Limits: PACKET_XMP_MAX bytes of a packet, READER_MEMORY while it is read,
 * DOCUMENTS_MAX roots behind each other, those of xmp_internal.h. */
#include "core/buf.h"
#include "syntax/unicode.h"
#include "formats/looks.h"
#include "formats/packet_out.h"
#include "formats/rows.h"
#include "metadata/xmp_internal.h"

#define READER_MEMORY (4u << 20)
#define DOCUMENTS_MAX 8

struct xmp {
    struct property base;
    property_visit *visit;
    void *ctx;
    struct buf bytes;
};

static const struct xml_limits limits = {
    .bytes = 2 * PACKET_XMP_MAX, /* UTF-16 grows */
    .depth = XMP_DEPTH_MAX,
    .attrs = XMP_ATTRS_MAX,
    .namespaces = XMP_NAMESPACES_MAX,
    .token = 2 * PACKET_XMP_MAX,
};

/* For what has a document type, which no packet may: plain entities of its own count. */
static const struct xml_limits with_doctype = {
    .bytes = 2 * PACKET_XMP_MAX,
    .depth = XMP_DEPTH_MAX,
    .attrs = XMP_ATTRS_MAX,
    .namespaces = XMP_NAMESPACES_MAX,
    .token = 2 * PACKET_XMP_MAX,
    .skip_doctype = true,
};

struct xmp *xmp_open(struct arena *arena, const struct property *base, property_visit *visit,
                     void *ctx)
{
    struct xmp *x = arena_alloc(arena, sizeof *x);
    if (!x)
        return NULL;
    x->base = *base;
    x->visit = visit;
    x->ctx = ctx;
    buf_init(&x->bytes, PACKET_XMP_MAX);
    return x;
}

enum optout_rc xmp_feed(struct xmp *x, struct slice bytes)
{
    if (x->bytes.failed != OPTOUT_OK)
        return x->bytes.failed;
    size_t room = PACKET_XMP_MAX - x->bytes.n;
    (void)buf_append(&x->bytes, bytes.p, bytes.n < room ? bytes.n : room);
    if (bytes.n > room)
        x->bytes.failed = OPTOUT_E_LIMIT;
    return x->bytes.failed == OPTOUT_OK ? OPTOUT_MORE : x->bytes.failed;
}

/* ---- what stands around the document ---- */

static bool is_filler(uint8_t c)
{
    return ascii_is_space(c) || c == 0 || c == 0xef || c == 0xbb || c == 0xbf;
}

static size_t xmp_find(struct slice s, size_t from, const char *what)
{
    struct slice w = slice_cstr(what);
    for (size_t i = from; w.n <= s.n && i <= s.n - w.n; i++)
        if (memcmp(s.p + i, w.p, w.n) == 0)
            return i;
    return s.n;
}

/* Without byte order marks, blanks, NUL and the wrapper's instruction in front; and, of a
 * text that is UTF-8 now, without the XML declaration that says otherwise. */
static struct slice skip_front(struct slice s, bool transcoded)
{
    for (;;) {
        while (s.n && is_filler(s.p[0]))
            s = slice_from(s, 1);
        bool wrapper = slice_starts_nocase(s, SLICE_OF("<?xpacket"));
        bool declaration = transcoded && slice_starts_nocase(s, SLICE_OF("<?xml "));
        if (!wrapper && !declaration)
            return s;
        size_t end = xmp_find(s, 0, "?>");
        if (end == s.n)
            return s;
        s = slice_from(s, end + 2);
    }
}

static struct slice skip_end(struct slice s)
{
    s = slice_sub(s, 0, xmp_find(s, 0, "<?xpacket end"));
    while (s.n && is_filler(s.p[s.n - 1]))
        s.n--;
    return s;
}

static uint8_t byte_at(struct slice s, size_t i)
{
    return i < s.n ? s.p[i] : 0;
}

/* A byte order mark stands in front of what begins at i. */
static bool marked(struct slice s, size_t i, uint8_t first, uint8_t second)
{
    return i >= 2 && s.p[i - 2] == first && s.p[i - 1] == second;
}

/* How the text is written whose first '<' is at i: by where the zero bytes fall. What stands
 * in front need not be of it: boxes have version and flags, and fields are padded. *from:
 * where its first character begins. */
static enum unicode_form form_at(struct slice s, size_t i, size_t *from)
{
    bool two = byte_at(s, i + 1) == 0, four = two && byte_at(s, i + 2) == 0;
    *from = i;
    if (!two || i + 2 >= s.n)
        return UNICODE_UTF8;
    if (four && byte_at(s, i + 3))
        return UNICODE_UTF8;
    bool zeros = i >= 3 && s.p[i - 1] == 0 && s.p[i - 2] == 0 && s.p[i - 3] == 0;
    if (four && zeros && (i % 4 == 3 || marked(s, i - 3, 0xfe, 0xff))) {
        *from = i - 3;
        return UNICODE_UTF32BE;
    }
    if (four)
        return UNICODE_UTF32LE;
    bool little = i == 0 || s.p[i - 1] != 0 || marked(s, i, 0xff, 0xfe);
    bool big = !little && (marked(s, i - 1, 0xfe, 0xff) || i % 2);
    if (!big)
        return UNICODE_UTF16LE;
    *from = i - 1;
    return UNICODE_UTF16BE;
}

static enum unicode_form form_of(struct slice *s)
{
    size_t i = slice_find(*s, '<'), from;
    if (i == s->n)
        return unicode_form_of(*s);
    enum unicode_form form = form_at(*s, i, &from);
    if (form != UNICODE_UTF8)
        *s = slice_from(*s, from);
    return form;
}

/* ---- reading ---- */

static bool begins_name(struct slice s)
{
    return s.n && (ascii_is_alpha(s.p[0]) || s.p[0] == '_' || s.p[0] == ':' || s.p[0] >= 0x80);
}

/* Where a tag begins that has more attributes than are read: the parser compares each with
 * all before it, and counts them only then. */
static size_t crowded_tag(struct slice s)
{
    size_t begin = 0, n = 0;
    bool in_tag = false;
    uint8_t quote = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '<') { /* not allowed in a value: no tag that is whole has it inside */
            in_tag = begins_name(slice_sub(s, i + 1, 1));
            begin = i;
            n = 0;
            quote = 0;
        } else if (in_tag && quote) {
            quote = c == quote ? 0 : quote;
        } else if (in_tag && (c == '"' || c == '\'')) {
            quote = c;
        } else if (in_tag && c == '>') {
            in_tag = false;
        } else if (in_tag && c == '=' && ++n > XMP_ATTRS_MAX + XMP_NAMESPACES_MAX) {
            return begin;
        }
    }
    return s.n;
}

/* One document at the front of the bytes, of which those before `end` are read. *used: where
 * the next one may begin; *unread: from where on nothing was delivered. */
static enum optout_rc read_document(struct xmp *x, const struct xml_limits *how,
                                    struct slice s, const uint8_t *end, size_t *used,
                                    size_t *unread, bool *seen)
{
    struct slice readable = slice_sub(s, 0, end > s.p ? (size_t)(end - s.p) : 0);
    struct arena arena; /* given back at once */
    arena_init(&arena, READER_MEMORY, NULL, 0);
    enum optout_rc rc = OPTOUT_E_NOMEM;
    struct xmp_rdf *rdf = xmp_rdf_open(&arena, &x->base, x->visit, x->ctx);
    struct xml_events events = { 0 };
    struct xml_sax *parser = NULL;
    *used = s.n;
    *unread = 0;
    if (rdf) {
        events = xmp_rdf_events(rdf);
        parser = xml_sax_open(how, &arena, &events);
    }
    if (parser) {
        xmp_rdf_parser(rdf, parser);
        enum optout_rc fed = xml_sax_feed(parser, readable);
        rc = xml_sax_end(parser);
        if (fed < 0)
            rc = fed;
        if (rc == OPTOUT_E_SYNTAX && readable.n < s.n)
            rc = OPTOUT_E_LIMIT;
        if (rc != OPTOUT_OK && xmp_rdf_root_closed(rdf)) {
            rc = OPTOUT_OK; /* what follows the root is no part of it */
            *used = (size_t)xmp_rdf_root_end(rdf);
        }
        *unread = (size_t)xmp_rdf_read(rdf);
        *seen = *seen || xmp_rdf_seen(rdf);
        /* A wrapper around something that is no RDF. */
        if (rc == OPTOUT_OK && xmp_rdf_seen(rdf) && !xmp_rdf_is_rdf(rdf))
            xmp_salvage(slice_sub(s, 0, *used), &x->base, x->visit, x->ctx);
    }
    if (rdf) {
        enum optout_rc closed = xmp_rdf_close(rdf);
        if (rc == OPTOUT_OK)
            rc = closed;
    }
    arena_reset(&arena);
    return rc;
}

/* What does not begin with a packet may have one behind something else, which may deny. The
 * packet is malformed all the same, for what was passed over may be of it. False when there
 * is none. */
static bool read_further_on(struct xmp *x, struct slice s)
{
    struct property base = x->base;
    size_t used, unread;
    bool seen = false;
    size_t start = looks_xmp_at(s, 1);
    bool doctype = xmp_find(s, 0, "<!DOCTYPE") < start;
    s = doctype ? s : skip_end(skip_front(slice_from(s, start), true));
    if (s.n == 0)
        return false;
    if (x->base.role == PACKET_MAIN)
        x->base.role = PACKET_SALVAGED;
    enum optout_rc rc = read_document(x, doctype ? &with_doctype : &limits, s,
                                      s.p + crowded_tag(s), &used, &unread, &seen);
    if (rc != OPTOUT_OK && seen)
        xmp_salvage(slice_from(s, unread), &x->base, x->visit, x->ctx);
    x->base = base;
    return seen;
}

static enum optout_rc read_text(struct xmp *x, struct slice s, bool transcoded)
{
    enum optout_rc rc = OPTOUT_OK;
    bool seen = false;
    size_t used = 0, unread = 0;
    /* The wrapper's begin alone: what it wraps was cut off. */
    bool cut = xmp_find(s, 0, "<?xpacket") < s.n && xmp_find(s, 0, "<?xpacket end") == s.n;
    s = skip_end(skip_front(s, transcoded));
    struct slice all = s;
    const uint8_t *end = s.n ? s.p + crowded_tag(s) : NULL;
    for (unsigned i = 0; s.n && i < DOCUMENTS_MAX; i++) {
        rc = read_document(x, &limits, s, end, &used, &unread, &seen);
        if (rc != OPTOUT_OK)
            break;
        s = skip_front(slice_from(s, used), transcoded);
        unread = 0;
        if (s.n < 2 || s.p[0] != '<' || !ascii_is_alpha(s.p[1]))
            s = SLICE_EMPTY; /* rubbish behind the documents */
    }
    if (rc == OPTOUT_OK && s.n)
        rc = OPTOUT_E_LIMIT;
    if (rc == OPTOUT_OK && !seen && all.n)
        rc = OPTOUT_E_SYNTAX;
    if (rc != OPTOUT_OK && !seen) {
        if (!read_further_on(x, all))
            xmp_salvage(all, &x->base, x->visit, x->ctx);
    } else if (rc != OPTOUT_OK) {
        xmp_salvage(slice_from(s, unread < s.n ? unread : s.n), &x->base, x->visit, x->ctx);
    } else if (!all.n && cut) {
        rc = OPTOUT_E_SYNTAX;
    }
    return rc;
}

enum optout_rc xmp_end(struct xmp *x, enum packet_end how)
{
    enum optout_rc failed = x->bytes.failed, rc;
    struct slice s = buf_slice(&x->bytes);
    enum unicode_form form = form_of(&s);
    if (form == UNICODE_UTF8) {
        rc = read_text(x, s, false);
    } else {
        struct buf text;
        buf_init(&text, 2 * PACKET_XMP_MAX);
        rc = unicode_append(&text, s, form);
        enum optout_rc read = read_text(x, buf_slice(&text), true);
        rc = rc == OPTOUT_OK ? read : rc;
        buf_free(&text);
    }
    buf_free(&x->bytes);
    if (failed != OPTOUT_OK)
        return failed;
    if (rc == OPTOUT_OK && how != PACKET_WHOLE)
        return how == PACKET_LIMIT ? OPTOUT_E_LIMIT : OPTOUT_E_SYNTAX;
    return rc == OPTOUT_OK ? OPTOUT_DONE : rc;
}

/* ---- files that are a packet ---- */

static bool begins(struct slice s, const char *what)
{
    return slice_eq(slice_sub(s, 0, strlen(what)), slice_cstr(what));
}

/* The root is one that packets have, or any but a drawing's, a page's or a feed's, which are
 * read as such, and RDF stands in it. */
static bool is_wrapper(struct slice s)
{
    static const char *const roots[] = { "xmpmeta", "xapmeta", "RDF" };
    static const char *const others[] = { "svg", "html", "rss", "feed" };
    bool prefixed;
    if (s.n < 2 || s.p[0] != '<' || !begins_name(slice_from(s, 1)))
        return false;
    struct slice name = xml_tag_name(s, &prefixed);
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (slice_eq(name, slice_cstr(roots[i])))
            return xmp_find(s, 0, "purl.org/rss/1.0") == s.n; /* that is a feed */
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (slice_eq_nocase(name, slice_cstr(others[i])))
            return false;
    return xmp_find(s, 0, "<rdf:RDF") < s.n;
}

static bool sniff(struct slice head)
{
    uint8_t text[FORMAT_SNIFF];
    struct slice s = unicode_head(head, text, sizeof text);
    for (;;) {
        while (s.n && is_filler(s.p[0]))
            s = slice_from(s, 1);
        size_t end = xmp_find(s, 0, begins(s, "<!--") ? "-->" : "?>");
        bool skip = begins(s, "<!--") || begins(s, "<?xml");
        if (!skip || end == s.n)
            break;
        s = slice_from(s, end + (begins(s, "<!--") ? 3 : 2));
    }
    return begins(s, "<?xpacket") || is_wrapper(s);
}

struct file {
    const struct format_env *env;
    struct packet_out out;
    bool begun;
    bool written; /* there is more than filling */
};

static void *file_open(const struct format_env *env)
{
    struct file *f = arena_alloc(env->arena, sizeof *f);
    if (f)
        f->env = env;
    return f;
}

static enum optout_rc file_feed(void *state, struct slice bytes)
{
    struct file *f = state;
    if (!f->begun) {
        struct packet p = { .kind = PACKET_XMP, .where = SLICE("file") };
        packet_out_begin(&f->out, f->env->out, &p);
        f->begun = true;
    }
    for (size_t i = 0; i < bytes.n && !f->written; i++)
        f->written = !is_filler(bytes.p[i]);
    (void)packet_out_bytes(&f->out, bytes);
    return f->out.limited ? OPTOUT_E_LIMIT : OPTOUT_MORE;
}

static enum optout_rc file_end(void *state)
{
    struct file *f = state;
    packet_out_end(&f->out, PACKET_WHOLE);
    if (f->out.limited)
        return OPTOUT_E_LIMIT;
    return f->begun && !f->written ? OPTOUT_E_SYNTAX : OPTOUT_DONE;
}

static const char *const types[] = { "application/rdf+xml", "application/xmp+xml", NULL };

const struct format format_xmp = {
    .name = "xmp",
    .title = "XMP sidecar",
    .reads = "the whole file, which is one packet, up to 1 MiB",
    .types = types,
    .sniff = sniff,
    .by_type = true,
    .to_end = true,
    .open = file_open,
    .feed = file_feed,
    .end = file_end,
};
