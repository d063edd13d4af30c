/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspect.h"

#include "core/buf.h"
#include "formats/html.h"
#include "http/coding.h"
#include "http/media_type.h"
#include "http/url.h"
#include "core/digest.h"
#include "standards/standard.h"

#define SNIFF_BYTES 512 /* of a body without a telling type are looked at */

/* How the body is read. */
enum reader {
    READER_NONE,  /* the head tells everything there is */
    READER_SNIFF, /* the type does not tell: the first bytes will */
    READER_HTML,
    READER_XHTML,
    READER_CAPTURE /* a site file, kept for whoever reads those */
};

struct inspection {
    struct arena *arena;
    const struct exchange *x;
    struct inspect_options options;
    struct signals signals;
    undecided_set undecided;
    enum reader reader;
    struct slice charset;
    struct slice base; /* href of the page's first <base>, absolute; p NULL: none */
    struct coding *coding; /* NULL: the body is as it is */
    struct html *html;
    struct digest *digest;
    uint8_t *sniffed; /* bytes kept while sniffing */
    size_t n_sniffed;
    struct buf captured;
    bool capture_cut;
    uint64_t seen, hashed;
    bool done;     /* no later byte can change the signals */
    bool html_done; /* the page has told all it will */
    bool stopping;  /* nobody wants to know what is still pending */
    bool closed;
    bool whole;
    bool has_digest;
    uint8_t sha256[32];
};

static void note(struct inspection *i, enum undecided u)
{
    i->undecided |= undecided_bit(u);
}

static void finish_reading(struct inspection *i)
{
    i->done = true;
    i->signals.settled = true;
}

/* A result of decoding or scanning becomes a reason; errors end the reading. */
static void take_result(struct inspection *i, enum optout_rc rc, enum undecided syntax,
                        enum undecided limit)
{
    if (rc == OPTOUT_E_SYNTAX || rc == OPTOUT_E_UNSUP)
        note(i, syntax);
    else if (rc == OPTOUT_E_LIMIT)
        note(i, limit);
    else if (rc < 0)
        note(i, UNDECIDED_LIMIT_MEMORY);
    if (rc == OPTOUT_DONE || rc < 0)
        finish_reading(i);
}

/* ---- the page ---- */

static void on_page(void *ctx, const struct page_statement *s)
{
    struct inspection *i = ctx;
    size_t before = i->signals.n;
    if (s->kind == PAGE_BASE && !i->base.p && page_attr(s, "href").p)
        i->base = url_resolve(i->arena, i->x->url,
                              arena_copy(i->arena, page_attr(s, "href"), SIGNAL_URL_MAX));
    standards_read_page(s, i->x, &i->signals);
    /* An icon or description that is too long states nothing that anybody reads;
     * a statement that was read in part, or attributes that were dropped, may. */
    if (s->cut && !i->stopping && (i->signals.n != before || s->n_attr >= PAGE_ATTRS_MAX))
        note(i, UNDECIDED_LIMIT_SIGNALS);
}

static bool open_html(struct inspection *i, bool xml)
{
    struct html_options o = {
        .xml = xml,
        .head_only = i->options.html_head_only,
        .charset = i->charset,
        .page = on_page,
        .ctx = i,
    };
    i->html = html_open(i->arena, &o);
    if (!i->html) {
        note(i, UNDECIDED_LIMIT_MEMORY);
        finish_reading(i);
    }
    return i->html != NULL;
}

static enum optout_rc feed_html(struct inspection *i, struct slice bytes)
{
    enum optout_rc rc = html_feed(i->html, bytes);
    i->html_done = rc != OPTOUT_MORE;
    i->signals.settled = html_head_closed(i->html);
    take_result(i, rc, UNDECIDED_CODING, UNDECIDED_LIMIT_SIGNALS);
    return i->done ? OPTOUT_DONE : OPTOUT_MORE;
}

/* ---- what kind of body it is ---- */

static bool type_is_one_of(const struct media_type *t, const char *const *names)
{
    for (; *names; names++)
        if (media_type_is(t, *names))
            return true;
    return false;
}

/* MIME Sniffing section 5: types that servers send when they do not know. */
static enum reader reader_for(const struct media_type *t)
{
    static const char *const untold[] = {
        "unknown/unknown", "application/unknown", "*/*", "application/octet-stream",
        "binary/octet-stream", "application/x-unknown-content-type", "text/xml",
        "application/xml", NULL
    };
    if (t->essence.n == 0 || type_is_one_of(t, untold))
        return READER_SNIFF;
    if (media_type_is(t, "text/html"))
        return READER_HTML;
    return media_type_is(t, "application/xhtml+xml") ? READER_XHTML : READER_NONE;
}

/* The kept bytes decide: a page, or nothing that is read. */
static enum optout_rc end_sniffing(struct inspection *i)
{
    struct slice head = slice_of(i->sniffed, i->n_sniffed);
    i->sniffed = NULL;
    if (!media_sniff_html(head)) {
        i->reader = READER_NONE;
        finish_reading(i);
        return OPTOUT_DONE;
    }
    i->reader = READER_HTML;
    return open_html(i, false) ? feed_html(i, head) : OPTOUT_DONE;
}

static enum optout_rc sniff(struct inspection *i, struct slice *bytes)
{
    if (!i->sniffed)
        i->sniffed = arena_alloc(i->arena, SNIFF_BYTES);
    if (!i->sniffed) {
        note(i, UNDECIDED_LIMIT_MEMORY);
        finish_reading(i);
        return OPTOUT_DONE;
    }
    size_t n = SNIFF_BYTES - i->n_sniffed;
    n = n < bytes->n ? n : bytes->n;
    memcpy(i->sniffed + i->n_sniffed, bytes->p, n);
    i->n_sniffed += n;
    *bytes = slice_from(*bytes, n);
    return i->n_sniffed == SNIFF_BYTES ? end_sniffing(i) : OPTOUT_MORE;
}

static enum optout_rc capture(struct inspection *i, struct slice bytes)
{
    size_t room = i->options.capture_max - i->captured.n;
    i->capture_cut = bytes.n > room;
    if (buf_append(&i->captured, bytes.p, bytes.n < room ? bytes.n : room) != OPTOUT_OK)
        note(i, UNDECIDED_LIMIT_MEMORY);
    if (i->capture_cut || i->captured.failed != OPTOUT_OK)
        finish_reading(i);
    return i->done ? OPTOUT_DONE : OPTOUT_MORE;
}

/* Decoded bytes of the body; the sink of the content coding. */
static enum optout_rc on_bytes(void *ctx, struct slice bytes)
{
    struct inspection *i = ctx;
    if (i->done)
        return OPTOUT_DONE;
    if (i->reader == READER_SNIFF) {
        enum optout_rc rc = sniff(i, &bytes);
        if (rc == OPTOUT_DONE || bytes.n == 0)
            return rc;
    }
    if (i->reader == READER_CAPTURE)
        return capture(i, bytes);
    return i->html && bytes.n ? feed_html(i, bytes) : OPTOUT_MORE;
}

/* ---- life ---- */

static void open_coding(struct inspection *i)
{
    struct coding_limits limits = { i->options.expand_max, i->options.expand_ratio };
    struct slice value = headers_join(&i->x->response, i->arena, "content-encoding");
    if (!value.p && headers_find(&i->x->response, "content-encoding"))
        take_result(i, OPTOUT_E_NOMEM, UNDECIDED_CODING, UNDECIDED_LIMIT_MEMORY);
    if (value.n == 0)
        return;
    enum optout_rc rc = coding_open(value, &limits, on_bytes, i, &i->coding);
    if (rc != OPTOUT_OK)
        take_result(i, rc, UNDECIDED_CODING, UNDECIDED_LIMIT_MEMORY);
}

static void open_body(struct inspection *i)
{
    const struct header *type = headers_find(&i->x->response, "content-type");
    struct media_type t = media_type_parse(type ? type->value : SLICE_EMPTY);
    if (i->x->status == 206)
        note(i, UNDECIDED_PARTIAL);
    i->charset = t.charset;
    i->reader = i->options.capture_max ? READER_CAPTURE : reader_for(&t);
    if (i->reader == READER_NONE) {
        finish_reading(i);
        return;
    }
    open_coding(i);
    if (!i->done && (i->reader == READER_HTML || i->reader == READER_XHTML))
        (void)open_html(i, i->reader == READER_XHTML);
}

struct inspection *inspect_open(struct arena *arena, const struct exchange *x,
                                const struct inspect_options *o)
{
    struct inspection *i = arena_alloc(arena, sizeof *i);
    if (!i)
        return NULL;
    *i = (struct inspection){ .arena = arena, .x = x, .options = *o };
    signals_init(&i->signals, arena);
    buf_init(&i->captured, o->capture_max);
    standards_read_headers(x, &i->signals);
    if (!x->has_body) {
        finish_reading(i);
        return i;
    }
    open_body(i);
    return i;
}

enum optout_rc inspect_feed(struct inspection *i, struct slice bytes)
{
    i->seen += bytes.n;
    if (!i->done && i->coding)
        take_result(i, coding_feed(i->coding, bytes), UNDECIDED_CODING,
                    UNDECIDED_LIMIT_EXPANSION);
    else if (!i->done)
        (void)on_bytes(i, bytes);
    return i->done ? OPTOUT_DONE : OPTOUT_MORE;
}

void inspect_hash(struct inspection *i, struct slice bytes)
{
    if (i->hashed == 0 && !i->digest)
        i->digest = digest_open();
    i->hashed += bytes.n;
    digest_feed(i->digest, bytes);
}

/* Bytes that were decoded but still wait, for a type or a charset to be told,
 * are read whatever else went wrong. */
static void end_body(struct inspection *i, enum inspect_end end)
{
    if (i->coding && end == INSPECT_WHOLE && !i->done)
        take_result(i, coding_finish(i->coding), UNDECIDED_CODING, UNDECIDED_LIMIT_EXPANSION);
    i->stopping = end == INSPECT_STOPPED;
    if (i->reader == READER_SNIFF && i->n_sniffed)
        (void)end_sniffing(i);
    if (i->html && !i->html_done)
        take_result(i, html_end(i->html), UNDECIDED_CODING, UNDECIDED_LIMIT_SIGNALS);
}

/* Licences and policies are named relative to the page, or to the URL that was
 * asked for (HTML section 2.4.3, RFC 9110 section 4.2.1). */
static void resolve_urls(struct inspection *i)
{
    for (size_t k = 0; k < i->signals.n; k++) {
        struct signal *s = &i->signals.v[k];
        bool in_page = s->carrier == CARRIER_HTML && i->base.p;
        if (s->url.n)
            s->url = url_resolve(i->arena, in_page ? i->base : i->x->url, s->url);
    }
}

void inspect_close(struct inspection *i, enum inspect_end end)
{
    if (i->closed)
        return;
    i->closed = true;
    if (!i->done && end == INSPECT_TRUNCATED)
        note(i, UNDECIDED_TRUNCATED);
    end_body(i, end);
    finish_reading(i);
    resolve_urls(i);
    i->whole = end == INSPECT_WHOLE;
    i->has_digest = digest_close(i->digest, i->sha256);
    i->digest = NULL;
    coding_close(i->coding);
    i->coding = NULL;
    buf_free(&i->captured);
}

bool inspect_head_only(const struct inspection *i)
{
    return i->done && i->seen == 0;
}

const struct signals *inspect_signals(const struct inspection *i)
{
    return &i->signals;
}

undecided_set inspect_undecided(const struct inspection *i)
{
    return i->undecided | (i->signals.overflow ? undecided_bit(UNDECIDED_LIMIT_SIGNALS) : 0);
}

void inspect_add_undecided(struct inspection *i, enum undecided u)
{
    note(i, u);
}

const char *inspect_format(const struct inspection *i)
{
    if (i->reader == READER_CAPTURE)
        return "site-file";
    return i->html ? "html" : "headers";
}

uint64_t inspect_seen(const struct inspection *i)
{
    return i->seen;
}

bool inspect_captured(const struct inspection *i, struct slice *body, bool *cut)
{
    *body = buf_slice(&i->captured);
    *cut = i->capture_cut;
    return i->reader == READER_CAPTURE && !i->closed && !i->undecided;
}

struct signals *inspect_statements(struct inspection *i)
{
    return &i->signals;
}

bool inspect_sha256(const struct inspection *i, uint8_t out[32])
{
    if (!i->whole || !i->has_digest || i->hashed != i->seen)
        return false;
    memcpy(out, i->sha256, 32);
    return true;
}
