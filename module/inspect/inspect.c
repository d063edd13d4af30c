/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspect.h"

#include "core/buf.h"
#include "core/digest.h"
#include "formats/html.h"
#include "http/coding.h"
#include "http/url.h"
#include "inspect/files.h"
#include "inspect/kind.h"
#include "inspect/members.h"
#include "standards/standard.h"

#include <stdio.h>

#define NAMES_MAX 80   /* of the formats, joined */

/* How the body is read. Files may be read beside a page: what is both is read as both. */
enum reader {
    READER_NONE,  /* the head tells everything there is */
    READER_SNIFF, /* the first bytes will tell what it is */
    READER_BODY,
    READER_CAPTURE /* a site file, kept for whoever reads those */
};

struct inspection {
    struct arena *arena;
    const struct exchange *x;
    struct inspect_options options;
    struct signals signals;
    undecided_set undecided;
    enum reader reader;
    struct body_kind kind;
    struct slice base; /* href of the page's first <base>, absolute; p NULL: none */
    struct coding *coding; /* NULL: the body is as it is */
    struct packets *packets;
    struct files *files;
    struct members_budget budget; /* of the files inside, unless this is one */
    struct html *html;
    struct digest *digest;
    uint8_t *sniffed; /* bytes kept while sniffing */
    size_t n_sniffed, sniff_max;
    struct slice piece; /* what is being fed, when it is not coded; `seen` is its offset */
    struct buf captured;
    bool capture_cut;
    uint64_t seen, hashed;
    bool done;       /* no later byte can change the signals */
    bool html_done;  /* the page has told all it will */
    bool files_done; /* so have the files */
    bool stopping;   /* nobody wants to know what is still pending */
    bool closed;
    bool read_through; /* the body ended, or nothing later in it mattered */
    bool whole;
    bool has_digest;
    char names[NAMES_MAX];
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

static void open_html(struct inspection *i)
{
    struct html_options o = {
        .xml = i->kind.page == PAGE_XHTML,
        .head_only = i->options.html_head_only,
        .charset = i->kind.charset,
        .page = on_page,
        .ctx = i,
        .packets = i->packets ? packets_sink(i->packets, "html") : NULL,
    };
    i->html = html_open(i->arena, &o);
    if (!i->html) {
        note(i, UNDECIDED_LIMIT_MEMORY);
        finish_reading(i);
    }
}

/* ---- what kind of body it is ---- */

/* What a file inside states may still lift what the header denies. */
static bool may_supersede(const struct inspection *i)
{
    for (size_t k = 0; k < files_count(i->files); k++)
        if (files_format(i->files, k)->supersedes)
            return true;
    return false;
}

static void open_files(struct inspection *i, struct slice head)
{
    if (kind_is_middle(i->x))
        return;
    int64_t length = exchange_content_length(i->x);
    bool known = length >= 0 && !i->coding;
    struct lookback back = i->coding ? (struct lookback){ NULL, NULL } : i->options.back;
    struct members_owner owner = {
        .x = i->x, .options = &i->options, .out = &i->signals, .undecided = &i->undecided,
        .budget = i->options.budget ? i->options.budget : &i->budget,
    };
    i->files = files_open(i->arena, i->packets, back, &owner);
    if (!i->files) {
        note(i, UNDECIDED_LIMIT_MEMORY);
        return;
    }
    files_begin(i->files, head, i->kind.file, known ? (uint64_t)length : UINT64_MAX);
}

static enum optout_rc read_body(struct inspection *i, struct slice bytes)
{
    if (i->files && !i->files_done) {
        files_piece(i->files, i->piece, i->seen);
        i->files_done = files_feed(i->files, bytes) != OPTOUT_MORE;
    }
    if (i->html && !i->html_done) {
        enum optout_rc rc = html_feed(i->html, bytes);
        i->html_done = rc != OPTOUT_MORE;
        i->signals.settled = html_head_closed(i->html);
        if (rc < 0)
            take_result(i, rc, UNDECIDED_CODING, UNDECIDED_LIMIT_SIGNALS);
    }
    if ((!i->html || i->html_done) && (!i->files || i->files_done))
        finish_reading(i);
    return i->done ? OPTOUT_DONE : OPTOUT_MORE;
}

static void add_name(char names[NAMES_MAX], const char *name)
{
    size_t n = strlen(names);
    snprintf(names + n, NAMES_MAX - n, "%s%s", n ? "+" : "", name);
}

static void name_formats(struct inspection *i)
{
    i->names[0] = '\0';
    if (i->reader == READER_CAPTURE)
        add_name(i->names, "site-file");
    if (i->html)
        add_name(i->names, "html");
    for (size_t k = 0; i->files && k < files_count(i->files); k++)
        add_name(i->names, files_format(i->files, k)->name);
    if (!i->names[0])
        add_name(i->names, "headers");
}

/* The first bytes decide; they are read as what they are. */
static enum optout_rc end_sniffing(struct inspection *i)
{
    struct slice head = slice_of(i->sniffed, i->n_sniffed);
    i->reader = READER_BODY;
    if (!kind_begins_page(&i->kind, head))
        open_files(i, head);
    bool file = i->files && files_count(i->files);
    if (kind_is_page(&i->kind, head))
        open_html(i);
    if (!file && !i->html)
        i->reader = READER_NONE;
    if (!i->html && !(file && may_supersede(i)))
        i->signals.settled = true;
    name_formats(i);
    return read_body(i, head);
}

/* Nearly every page: nothing need be kept, nor waited for. */
static bool begins_plainly(struct inspection *i, struct slice bytes)
{
    if (i->n_sniffed || !kind_begins_page(&i->kind, bytes))
        return false;
    i->reader = READER_BODY;
    open_html(i);
    name_formats(i);
    return true;
}

static enum optout_rc sniff(struct inspection *i, struct slice *bytes)
{
    if (begins_plainly(i, *bytes))
        return i->done ? OPTOUT_DONE : OPTOUT_MORE;
    if (!i->sniffed) {
        i->sniffed = arena_alloc(i->arena, i->sniff_max);
        if (!i->sniffed) {
            note(i, UNDECIDED_LIMIT_MEMORY);
            finish_reading(i);
            return OPTOUT_DONE;
        }
    }
    size_t n = i->sniff_max - i->n_sniffed;
    n = n < bytes->n ? n : bytes->n;
    memcpy(i->sniffed + i->n_sniffed, bytes->p, n);
    i->n_sniffed += n;
    *bytes = slice_from(*bytes, n);
    bool told = i->n_sniffed == i->sniff_max ||
                kind_begins_page(&i->kind, slice_of(i->sniffed, i->n_sniffed));
    return told ? end_sniffing(i) : OPTOUT_MORE;
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
    if (i->reader == READER_CAPTURE)
        return capture(i, bytes);
    if (i->reader == READER_SNIFF) {
        enum optout_rc rc = sniff(i, &bytes);
        if (rc == OPTOUT_DONE || bytes.n == 0)
            return rc;
    }
    return read_body(i, bytes);
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
    if (i->x->status == 206)
        note(i, UNDECIDED_PARTIAL);
    bool known = kind_of_head(&i->kind, i->x, i->arena);
    if (i->options.capture_max) {
        i->reader = READER_CAPTURE;
        open_coding(i);
        return;
    }
    i->packets = packets_open(i->arena, i->x, i->options.tap, &i->signals, &i->undecided);
    if (!known || !i->packets)
        take_result(i, OPTOUT_E_NOMEM, UNDECIDED_MALFORMED, UNDECIDED_LIMIT_MEMORY);
    if (!i->kind.read && headers_find(&i->x->response, "content-encoding")) {
        finish_reading(i);
        return;
    }
    i->sniff_max = i->kind.sniff_max;
    i->reader = READER_SNIFF;
    open_coding(i);
}

struct inspection *inspect_open(struct arena *arena, const struct exchange *x,
                                const struct inspect_options *o)
{
    struct inspection *i = arena_alloc(arena, sizeof *i);
    if (!i)
        return NULL;
    *i = (struct inspection){ .arena = arena, .x = x, .options = *o };
    signals_init(&i->signals, arena);
    i->signals.scale = o->scale;
    buf_init(&i->captured, o->capture_max);
    standards_read_headers(x, &i->signals);
    if (x->has_body)
        open_body(i);
    else
        finish_reading(i);
    if (exchange_body_is_unseen(x))
        note(i, UNDECIDED_UNSEEN);
    name_formats(i);
    return i;
}

enum optout_rc inspect_feed(struct inspection *i, struct slice bytes)
{
    if (!i->done && i->coding)
        take_result(i, coding_feed(i->coding, bytes), UNDECIDED_CODING,
                    UNDECIDED_LIMIT_EXPANSION);
    else if (!i->done)
        (void)on_bytes(i, i->piece = bytes);
    i->piece = SLICE_EMPTY;
    i->seen += bytes.n;
    return i->done ? OPTOUT_DONE : OPTOUT_MORE;
}

void inspect_hash(struct inspection *i, struct slice bytes)
{
    if (i->hashed == 0 && !i->digest)
        i->digest = digest_open();
    i->hashed += bytes.n;
    digest_feed(i->digest, bytes);
}

/* A packet that was cut because reading stopped was not read; that is all. */
static void end_packets(struct inspection *i, enum inspect_end end)
{
    undecided_set before = i->undecided;
    packets_close(i->packets);
    if (end != INSPECT_WHOLE)
        i->undecided = before;
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
    /* A file of which only a part came is that, not malformed. */
    if (i->files)
        files_end(i->files, end == INSPECT_WHOLE && i->x->status != 206);
    if (i->packets)
        end_packets(i, end);
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
    i->read_through = i->done || end == INSPECT_WHOLE;
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
    return i->names;
}

bool inspect_reads_on(const struct inspection *i)
{
    bool files = i->files && files_count(i->files) && !i->files_done;
    return !i->read_through && (files || (i->html && !i->html_done));
}

void inspect_whole_is_known(struct inspection *i)
{
    i->undecided &= ~(undecided_bit(UNDECIDED_PARTIAL) | undecided_bit(UNDECIDED_UNSEEN));
}

bool inspect_body_was_read(const struct inspection *i)
{
    return i->x->has_body && i->read_through && inspect_undecided(i) == 0;
}

uint64_t inspect_seen(const struct inspection *i)
{
    return i->seen;
}

bool inspect_captured(struct inspection *i, struct slice *body, bool *cut)
{
    if (i->coding && !i->done) /* a coding without its end is not all of the file */
        take_result(i, coding_finish(i->coding), UNDECIDED_CODING, UNDECIDED_LIMIT_EXPANSION);
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
