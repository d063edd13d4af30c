/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspect.h"

#include "core/buf.h"
#include "syntax/digest.h"
#include "http/coding.h"
#include "http/media_type.h"
#include "http/url.h"
#include "page/plain.h"
#include "inspect/files.h"
#include "inspect/kind.h"
#include "inspect/members.h"
#include "inspect/pages.h"
#include "inspect/reasons.h"
#include "standards/natural_language.h"
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
    struct words words;
    struct words_text text; /* of the page, or of plain text */
    enum reader reader;
    struct body_kind kind;
    struct coding_names names; /* codings that the head names and that were not found yet */
    bool strange;              /* it names one that nobody knows: texts prove nothing */
    bool layers_told;          /* the bytes that come are in no coding */
    struct coding *coding;     /* NULL: the body is as it is */
    struct packets *packets;
    struct files *files;
    struct members_budget budget; /* of the files inside, unless this is one */
    struct pages *pages;
    struct plain *plain;    /* text for people, and nothing else */
    struct digest *digest;
    uint8_t *sniffed; /* bytes kept while sniffing */
    size_t n_sniffed, sniff_max;
    struct slice piece; /* what is being fed, when it is not coded; `seen` is its offset */
    struct buf captured;
    bool capture_cut;
    uint64_t seen, hashed;
    bool done;       /* no later byte can change the signals */
    bool pages_done; /* the page has told all it will */
    bool files_done; /* so have the files */
    bool closed;
    bool read_through; /* the body ended, or nothing later in it mattered */
    bool whole;
    bool has_digest;
    char names_of_formats[NAMES_MAX];
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

/* A result of decoding becomes a reason; errors end the reading. */
static void take_result(struct inspection *i, enum optout_rc rc)
{
    i->undecided |= reasons_of(READER_OF_CODING, rc);
    if (rc == OPTOUT_DONE || rc < 0)
        finish_reading(i);
}

/* ---- what kind of body it is ---- */

static enum optout_rc on_bytes(void *ctx, struct slice bytes);

/* What a file inside states may still lift what the header denies. */
static bool may_supersede(const struct inspection *i)
{
    for (size_t k = 0; k < files_count(i->files); k++)
        if (files_format(i->files, k)->supersedes)
            return true;
    return false;
}

static void open_files(struct inspection *i, struct slice head, const struct kind_look *look)
{
    const struct format *found[FORMATS_OPEN_MAX];
    int64_t length = exchange_content_length(i->x);
    uint64_t known = length >= 0 && !i->coding ? (uint64_t)length : UINT64_MAX;
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
    if (look->root.n && formats_sniff(head, found) == 0)
        head = slice_sub(look->root, 0, FORMAT_SNIFF); /* behind comments and the like */
    for (size_t k = 0; k < i->kind.n_types; k++) {
        struct slice type = i->kind.type[k];
        if (kind_is_data(type) || (i->kind.page == PAGE_HTML && kind_begins_text(head)))
            type = SLICE_EMPTY;
        if (k == 0)
            files_begin(i->files, head, type, known);
        else
            files_begin_named(i->files, head, type, known);
    }
}

static void open_pages(struct inspection *i, struct kind_pages as, struct slice charset)
{
    i->text = (struct words_text){ .words = &i->words, .out = &i->signals,
                                   .carrier = CARRIER_HTML, .scope = SCOPE_PAGE };
    struct pages_env env = {
        .arena = i->arena,
        .x = i->x,
        .out = &i->signals,
        .undecided = &i->undecided,
        .words = &i->words,
        .packets = i->packets ? packets_sink(i->packets, "html") : NULL,
        .text = words_text_block,
        .text_ctx = &i->text,
        .literals = i->words.phrases ? phrases_literals(i->words.phrases) : NULL,
        .worth = phrase_probe,
        .worth_ctx = i->words.phrases ? phrase_probe_open(i->arena, i->words.phrases) : NULL,
        .charset = charset.n ? charset : i->kind.charset,
        .head_only = i->options.html_head_only,
        .image = i->options.images.image,
        .image_ctx = i->options.images.ctx,
        .linked = i->options.terms.linked,
        .linked_ctx = i->options.terms.ctx,
    };
    i->pages = env.worth_ctx || !env.literals ? pages_open(&env, as) : NULL;
    if (!i->pages) {
        note(i, UNDECIDED_LIMIT_MEMORY);
        finish_reading(i);
    }
}

/* Nothing is read in it but its words. */
static void open_plain(struct inspection *i, const struct kind_look *look)
{
    struct slice charset = look->charset.n ? look->charset : i->kind.charset;
    i->text = (struct words_text){ .words = &i->words, .out = &i->signals,
                                   .carrier = CARRIER_TEXT, .scope = SCOPE_ASSET };
    i->plain = plain_open(i->arena, i->kind.markdown, charset, pages_tld(i->x->url),
                          words_text_block, &i->text);
    if (!i->plain)
        note(i, UNDECIDED_LIMIT_MEMORY);
}

static enum optout_rc read_body(struct inspection *i, struct slice bytes)
{
    if (i->files && !i->files_done) {
        files_piece(i->files, i->coding ? SLICE_EMPTY : i->piece, i->seen);
        i->files_done = files_feed(i->files, bytes) != OPTOUT_MORE;
    }
    if (i->pages && !i->pages_done)
        i->pages_done = pages_feed(i->pages, bytes) != OPTOUT_MORE;
    if (i->plain)
        plain_feed(i->plain, bytes);
    if ((!i->pages || i->pages_done) && (!i->files || i->files_done) && !i->plain)
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
    i->names_of_formats[0] = '\0';
    if (i->reader == READER_CAPTURE)
        add_name(i->names_of_formats, "site-file");
    if (i->pages)
        add_name(i->names_of_formats, "html");
    for (size_t k = 0; i->files && k < files_count(i->files); k++)
        add_name(i->names_of_formats, files_format(i->files, k)->name);
    if (!i->names_of_formats[0])
        add_name(i->names_of_formats, "headers");
}

static bool is_text_only(const struct inspection *i)
{
    return files_count(i->files) == 1 && !files_format(i->files, 0)->sniff;
}

/* A body that nothing was opened for: what its type says it holds is not there, or nobody
 * knows what it is. Data holds nothing, and XML of other kinds is data. A page may be any
 * bytes, but these are none that anybody wrote. */
static void judge(struct inspection *i, struct slice head, const struct kind_look *look)
{
    bool text = media_sniff_text(head) || i->kind.charset.n;
    bool file = files_count(i->files) && !is_text_only(i);
    if (file || i->kind.data || head.n == 0)
        return;
    if (look->foreign)
        note(i, UNDECIDED_UNREAD);
    bool xml = look->root.n && (text || look->charset.n) &&
               (!i->kind.file || i->kind.page == PAGE_IF_ITS_ROOT_IS_ONE);
    if (xml || (i->pages && text))
        return;
    if (i->kind.file && !i->pages && !(is_text_only(i) && text))
        note(i, UNDECIDED_MALFORMED);
    else if (!text)
        note(i, UNDECIDED_UNREAD);
}

/* Letters of UTF-16 may be any bytes. */
static bool may_be_text(const struct inspection *i, struct slice head)
{
    enum charset_kind kind;
    enum charset_code code;
    return media_sniff_text(head) ||
           (head.n && charset_label(i->kind.charset, &kind, &code) &&
            (kind == CHARSET_UTF16LE || kind == CHARSET_UTF16BE));
}

/* The first bytes decide; they are read as what they are. `whole`: of a body that is whole, or
 * as many as are wanted. */
static enum optout_rc end_sniffing(struct inspection *i, bool whole)
{
    struct slice head = slice_of(i->sniffed, i->n_sniffed);
    struct kind_look look;
    i->reader = READER_BODY;
    if (!kind_look(&look, head, i->arena))
        note(i, UNDECIDED_LIMIT_MEMORY);
    bool middle = kind_is_middle(i->x);
    if (!middle && !kind_begins_page(&i->kind, head))
        open_files(i, head, &look);
    bool file = i->files && files_count(i->files);
    struct kind_pages as = kind_pages(&i->kind, &look, file && !is_text_only(i));
    if (as.html || as.xml)
        open_pages(i, as, look.charset);
    bool told = !look.unfinished || file || i->kind.data || i->kind.page >= PAGE_HTML;
    if (!told && whole && i->n_sniffed >= KIND_PROLOG_MAX)
        note(i, UNDECIDED_LIMIT_METADATA);
    if (whole && i->files && !middle)
        judge(i, head, &look);
    if (!middle && !i->pages && i->kind.plain && i->words.phrases && (!file || is_text_only(i)) &&
        !look.root.n && !look.xml && may_be_text(i, head))
        open_plain(i, &look);
    if (!file && !i->pages && !i->plain)
        i->reader = READER_NONE;
    if (!i->pages && !(file && may_supersede(i)))
        i->signals.settled = true;
    return read_body(i, head);
}

/* Nearly every page: nothing need be kept, nor waited for. */
static bool begins_plainly(struct inspection *i, struct slice bytes)
{
    static const struct kind_pages html = { .html = true }, xml = { .xml = true };
    if (i->n_sniffed || !i->layers_told || !kind_begins_page(&i->kind, bytes))
        return false;
    i->reader = READER_BODY;
    open_pages(i, i->kind.page == PAGE_XHTML ? xml : html, SLICE_EMPTY);
    return true;
}

/* ---- in what coding it is ---- */

static bool knows(void *ctx, struct slice head)
{
    const struct inspection *i = ctx;
    return i->reader == READER_CAPTURE ? media_sniff_text(head)
                                       : kind_is_known(head, !i->strange);
}

/* One layer more is undone; the bytes that showed it are its first. */
static enum optout_rc undo_layer(struct inspection *i, enum coding_kind kind, struct slice head)
{
    struct coding_limits limits = { i->options.expand_max, i->options.expand_ratio };
    enum optout_rc rc = coding_push(&i->coding, kind, &limits, on_bytes, i);
    if (rc == OPTOUT_OK)
        rc = coding_feed_newest(i->coding, head);
    take_result(i, rc);
    return rc;
}

/* By its first bytes, or by all there are: `ended`. *again: they were a coding's, and what came
 * out of it is looked at in turn. */
static enum optout_rc tell_layers(struct inspection *i, bool ended, bool *again)
{
    struct slice head = slice_of(i->sniffed, i->n_sniffed);
    bool lost = false;
    enum coding_kind kind = coding_front(&i->names, head, ended, knows, i, &lost);
    *again = kind != CODING_NONE;
    if (kind != CODING_NONE) {
        i->sniffed = NULL;
        i->n_sniffed = 0;
        return undo_layer(i, kind, head);
    }
    i->layers_told = true;
    if (lost) {
        note(i, UNDECIDED_CODING);
        finish_reading(i);
        return OPTOUT_DONE;
    }
    return OPTOUT_MORE;
}

/* Without keeping anything: by one byte for nearly all pages that are not coded, by a signature
 * for most that are. */
static bool layers_are_plain(struct inspection *i, struct slice bytes, enum coding_kind *kind)
{
    *kind = CODING_NONE;
    if (i->names.n) {
        enum coding_kind next = (enum coding_kind)i->names.kind[i->names.n - 1];
        if (bytes.n >= 4 && coding_begins(next, bytes)) {
            i->names.n--;
            *kind = next;
        }
        return false;
    }
    return !i->names.foreign && !i->names.over && kind_begins_text(bytes);
}

/* ---- the first bytes ---- */

static bool keep_first(struct inspection *i, struct slice *bytes)
{
    if (!i->sniffed) {
        i->sniffed = arena_alloc(i->arena, i->sniff_max);
        if (!i->sniffed) {
            note(i, UNDECIDED_LIMIT_MEMORY);
            finish_reading(i);
            return false;
        }
    }
    size_t n = i->sniff_max - i->n_sniffed;
    n = n < bytes->n ? n : bytes->n;
    if (n)
        memcpy(i->sniffed + i->n_sniffed, bytes->p, n);
    i->n_sniffed += n;
    *bytes = slice_from(*bytes, n);
    return true;
}

/* XML whose root stands behind comments is looked at four times as far, again and again. */
static bool look_further(struct inspection *i)
{
    struct kind_look look;
    struct slice head = slice_of(i->sniffed, i->n_sniffed);
    if (i->kind.data || i->kind.page == PAGE_NEVER || i->sniff_max >= KIND_PROLOG_MAX ||
        !kind_look(&look, head, i->arena) || !look.unfinished)
        return false;
    uint8_t *more = arena_alloc(i->arena, i->sniff_max * 4);
    if (!more)
        return false; /* what is used up then says so */
    memcpy(more, i->sniffed, i->n_sniffed);
    i->sniffed = more;
    i->sniff_max *= 4;
    return true;
}

static enum optout_rc sniff(struct inspection *i, struct slice *bytes)
{
    for (;;) {
        if (begins_plainly(i, *bytes))
            return i->done ? OPTOUT_DONE : OPTOUT_MORE;
        if (!keep_first(i, bytes))
            return OPTOUT_DONE;
        struct slice head = slice_of(i->sniffed, i->n_sniffed);
        if (kind_begins_page(&i->kind, head))
            return end_sniffing(i, true);
        if (i->n_sniffed < i->sniff_max)
            return OPTOUT_MORE;
        if (!look_further(i))
            return end_sniffing(i, true);
    }
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

/* Bytes whose layers are all undone. */
static enum optout_rc read_plain(struct inspection *i, struct slice bytes)
{
    if (i->reader == READER_CAPTURE)
        return capture(i, bytes);
    if (i->reader == READER_SNIFF) {
        enum optout_rc rc = sniff(i, &bytes);
        if (rc == OPTOUT_DONE || bytes.n == 0)
            return rc;
    }
    return read_body(i, bytes);
}

/* What was kept to tell the layers is read as it is. */
static enum optout_rc read_kept(struct inspection *i)
{
    if (i->reader == READER_CAPTURE)
        return capture(i, slice_of(i->sniffed, i->n_sniffed));
    struct slice nothing = SLICE_EMPTY;
    return sniff(i, &nothing);
}

/* Bytes of the body, without the layers that were undone; the sink of the content coding. */
static enum optout_rc on_bytes(void *ctx, struct slice bytes)
{
    struct inspection *i = ctx;
    enum coding_kind kind;
    bool again;
    if (i->done)
        return OPTOUT_DONE;
    if (i->layers_told)
        return read_plain(i, bytes);
    if (i->n_sniffed == 0 && layers_are_plain(i, bytes, &kind)) {
        i->layers_told = true;
        return read_plain(i, bytes);
    }
    if (i->n_sniffed == 0 && kind != CODING_NONE)
        return undo_layer(i, kind, bytes);
    if (!keep_first(i, &bytes))
        return OPTOUT_DONE;
    if (i->n_sniffed < i->sniff_max)
        return OPTOUT_MORE;
    enum optout_rc rc = tell_layers(i, false, &again);
    if (rc == OPTOUT_MORE && again && bytes.n) {
        rc = coding_feed_newest(i->coding, bytes);
        take_result(i, rc);
    }
    if (again || rc != OPTOUT_MORE)
        return rc;
    rc = read_kept(i);
    return rc == OPTOUT_MORE && bytes.n ? read_plain(i, bytes) : rc;
}

/* The body has come to its end, or nothing more of it comes: what was kept to tell its layers
 * and its kind is read. Each turn undoes one of CODING_LAYERS_MAX layers, but the last. */
static void end_sniffed(struct inspection *i, bool whole)
{
    bool again = true;
    while (!i->layers_told && i->n_sniffed && !i->done && again)
        (void)tell_layers(i, whole, &again);
    if (i->reader == READER_SNIFF && i->n_sniffed && (i->layers_told || i->done))
        (void)end_sniffing(i, whole && !i->done);
    else if (i->reader == READER_CAPTURE && i->n_sniffed && !i->captured.n && !i->done)
        (void)capture(i, slice_of(i->sniffed, i->n_sniffed));
    i->n_sniffed = 0;
}

/* ---- life ---- */

static void open_body(struct inspection *i)
{
    struct slice codings = headers_join(&i->x->response, i->arena, "content-encoding");
    const struct header *coded = headers_find(&i->x->response, "content-encoding");
    if (exchange_is_part(i->x->status, &i->x->response))
        note(i, UNDECIDED_PARTIAL);
    bool known = kind_of_head(&i->kind, i->x, i->arena) && (codings.p || !coded);
    coding_names(codings, &i->names);
    i->strange = i->names.foreign;
    i->sniff_max = i->kind.sniff_max;
    i->reader = i->options.capture_max ? READER_CAPTURE : READER_SNIFF;
    if (i->reader == READER_CAPTURE) {
        i->sniff_max = FORMAT_SNIFF;
    } else {
        const struct hook_input in = { i->x, &i->signals, &i->words };
        i->packets = packets_open(i->arena, &in, i->options.tap, &i->undecided);
        known = known && i->packets;
    }
    if (!known)
        take_result(i, OPTOUT_E_NOMEM);
    if (i->kind.data && i->reader == READER_SNIFF) {
        i->layers_told = true; /* data is not looked into */
        if (coded)
            finish_reading(i);
    }
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
    i->words = (struct words){ .phrases = o->phrases, .arena = arena,
                               .undecided = &i->undecided };
    standards_read_headers(&(struct hook_input){ x, &i->signals, &i->words });
    if (x->has_body)
        open_body(i);
    else
        finish_reading(i);
    if (exchange_body_is_unseen(x))
        note(i, UNDECIDED_UNSEEN);
    return i;
}

enum optout_rc inspect_feed(struct inspection *i, struct slice bytes)
{
    if (!i->done && i->coding)
        take_result(i, coding_feed(i->coding, bytes));
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
    bool whole = end == INSPECT_WHOLE;
    bool done = i->done;
    end_sniffed(i, whole);
    if (i->coding && whole && !done)
        take_result(i, coding_finish(i->coding));
    if (i->pages)
        pages_end(i->pages, end == INSPECT_STOPPED);
    if (i->plain && end != INSPECT_STOPPED)
        plain_end(i->plain);
    if (i->plain && plain_is_untold(i->plain))
        note(i, UNDECIDED_UNREAD);
    words_text_end(&i->text);
    undecided_set before = i->undecided;
    /* A file of which only a part came is that, not malformed. */
    if (i->files)
        files_end(i->files, whole && !exchange_is_part(i->x->status, &i->x->response));
    if (end == INSPECT_STOPPED)
        i->undecided = before; /* what formats still had open was not read; that is all */
    if (i->packets)
        end_packets(i, end);
}

/* Licences and policies are named relative to the page, or to the URL that was
 * asked for (HTML section 2.4.3, RFC 9110 section 4.2.1). */
static void resolve_urls(struct inspection *i)
{
    struct slice base = i->pages ? pages_base(i->pages) : SLICE_EMPTY;
    for (size_t k = 0; k < i->signals.n; k++) {
        struct signal *s = &i->signals.v[k];
        struct slice from = s->carrier == CARRIER_HTML && base.p ? base : i->x->url;
        if (s->page.n) /* what another page stated is absolute */
            continue;
        if (s->url.n)
            s->url = url_resolve(i->arena, from, s->url);
        if (s->image.n)
            s->image = url_resolve(i->arena, from, s->image);
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

struct signals *inspect_signals(struct inspection *i)
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

format_set inspect_formats(const struct inspection *i)
{
    format_set set = 0;
    for (size_t k = 0; i->files && k < files_count(i->files); k++)
        set |= format_bit(files_format(i->files, k));
    return set;
}

struct slice inspect_title(const struct inspection *i)
{
    return i->pages ? pages_title(i->pages) : SLICE_EMPTY;
}

bool inspect_is_page(const struct inspection *i)
{
    return i->pages != NULL;
}

const char *inspect_format(struct inspection *i)
{
    name_formats(i);
    return i->names_of_formats;
}

bool inspect_reads_on(const struct inspection *i)
{
    bool files = i->files && files_count(i->files) && !i->files_done;
    return !i->read_through && (files || (i->pages && !i->pages_done) || i->plain);
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
    if (i->reader == READER_CAPTURE && !i->closed)
        end_sniffed(i, true);
    if (i->coding && !i->done) /* a coding without its end is not all of the file */
        take_result(i, coding_finish(i->coding));
    *body = buf_slice(&i->captured);
    *cut = i->capture_cut;
    return i->reader == READER_CAPTURE && !i->closed && !i->undecided;
}

bool inspect_sha256(const struct inspection *i, uint8_t out[32])
{
    if (!i->whole || !i->has_digest || i->hashed != i->seen)
        return false;
    memcpy(out, i->sha256, 32);
    return true;
}
