/* SPDX-License-Identifier: Apache-2.0 */
#include "warc/judging_internal.h"

#include "http/url.h"
#include "warc/captures.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST_BLOCK (64u << 10) /* of the arena: enough for most records */
#define URL_MAX 8192u

const char *judging_note_name(enum judging_note n)
{
    static const char *const names[NOTE_COUNT] = {
        "chunks-undone", "chunk-error", "short-body", "extra-newlines", "no-http-head",
        "headers-rebuilt", "original-read", "original-not-found", "unknown-profile",
        "segments-joined", "segments-missing",
    };
    return names[n];
}

const char *judging_skip_name(enum judging_skip s)
{
    static const char *const names[SKIP_COUNT] = {
        "", "warcinfo", "request", "metadata", "continuation", "unknown", "scheme",
    };
    return names[s];
}

/* ---- life ---- */

struct judging *judging_new(const struct judging_options *o)
{
    struct judging *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->o = *o;
    w->other_fd = -1;
    w->first = aligned_alloc(16, FIRST_BLOCK);
    w->own = o->shared ? NULL : warc_index_new();
    if (w->first && (w->own || o->shared))
        return w;
    judging_free(w);
    return NULL;
}

void judging_free(struct judging *w)
{
    if (!w)
        return;
    others_close(w);
    warc_index_free(w->own);
    free(w->back);
    free(w->first);
    free(w);
}

void judging_file(struct judging *w, uint32_t file, const struct warc_reader *r)
{
    w->file = file;
    w->seekable = r->s.seekable;
    w->request.n = 0;
    if (w->own)
        warc_index_clear(w->own);
}

void judging_done(struct judging *w)
{
    if (w->judge.inspection) /* of a record that could not be read to its end */
        inspect_close(w->judge.inspection, INSPECT_STOPPED);
    w->judge.inspection = NULL;
    arena_reset(&w->arena);
}

/* ---- segments ---- */

/* What was cut into records is one body again. False: some part was not found. */
static bool join_segments(struct judging *w, const struct warc_head *first)
{
    struct warc_hash *none[2] = { NULL, NULL };
    uint64_t total = 0, joined = first->length;
    bool ended = false;
    for (unsigned n = 2; !ended && others_segment(w, first, n); n++) {
        const struct warc_head *h = &w->other.record.head;
        ended = slice_to_u64(h->segment_total, &total);
        joined += h->length;
        if (body_feed_block(w, &w->other, SLICE_EMPTY, none) != OPTOUT_OK ||
            warc_end(&w->other) != OPTOUT_OK || w->other.record.damage)
            return false;
    }
    return ended && (w->done || joined == total);
}

/* ---- the exchange ---- */

static bool is_field(const struct header *h, const char *name)
{
    return slice_eq_nocase(h->name, slice_cstr(name));
}

/* Fields that say how the body is written down. */
static bool is_form(const struct header *h)
{
    return is_field(h, "content-encoding") || is_field(h, "transfer-encoding") ||
           is_field(h, "content-length");
}

static int status_of(struct slice line)
{
    int status = 0;
    size_t at = slice_find(line, ' ');
    struct slice s = slice_from(line, at);
    for (; slice_take(&s, ' ');)
        continue;
    for (size_t i = 0; i < s.n && i < 3 && ascii_is_digit(s.p[i]); i++)
        status = status * 10 + (s.p[i] - '0');
    return status;
}

/* Of a message whose head was read: the fields that count. The length is that of the bytes
 * that are here, for what the head says of it was true on the wire. */
static enum optout_rc fill_fields(struct judging *w, const struct headers *own,
                                  const struct headers *form, int64_t stored)
{
    struct headers *to = &w->judge.exchange.response;
    size_t lines = own->n + form->n + 1;
    enum optout_rc rc = headers_reserve(to, &w->arena, lines < HEADERS_MAX ? lines : HEADERS_MAX);
    if (rc != OPTOUT_OK)
        return rc;
    bool typed = headers_find(own, "content-type");
    for (size_t i = 0; i < own->n && to->n < HEADERS_MAX - 1; i++)
        if (!is_form(&own->v[i]))
            to->v[to->n++] = own->v[i];
    for (size_t i = 0; i < form->n && to->n < HEADERS_MAX - 1; i++)
        if (is_field(&form->v[i], "content-encoding") ||
            (!typed && form != own && is_field(&form->v[i], "content-type")))
            to->v[to->n++] = form->v[i];
    const struct header *h = headers_find(form, "transfer-encoding");
    w->is_chunked = h && slice_find_nocase(h->value, SLICE_OF("chunked")) < h->value.n;
    if (stored < 0 || w->is_chunked)
        return OPTOUT_OK;
    char *text = arena_alloc(&w->arena, 24);
    if (!text)
        return OPTOUT_E_NOMEM;
    snprintf(text, 24, "%lld", (long long)stored);
    to->v[to->n++] = (struct header){ SLICE("Content-Length"), slice_cstr(text) };
    return OPTOUT_OK;
}

static enum optout_rc fill_resource(struct judging *w, struct slice media, int64_t stored)
{
    struct header line[1] = { { SLICE("Content-Type"), media } };
    struct headers one = { line, media.n ? 1 : 0 };
    return fill_fields(w, &one, &one, stored);
}

/* Strips what a URL cannot hold, as clients do. */
static struct slice clean_url(struct judging *w, struct slice url)
{
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] >= 0x7F)
            return url_as_sent(&w->arena, slice_sub(url, 0, URL_MAX));
    return slice_sub(url, 0, URL_MAX);
}

static void take_request(struct judging *w, const struct warc_head *h)
{
    const struct request *q = &w->request;
    struct exchange *x = &w->judge.exchange;
    bool ours = q->n && ((q->concurrent[0] && slice_eq(h->id, slice_cstr(q->concurrent))) ||
                         (q->id[0] && slice_eq(h->concurrent, slice_cstr(q->id))));
    x->method = SLICE_OF("GET");
    if (!ours)
        return;
    struct slice text = arena_copy(&w->arena, slice_of(q->text, q->n), JUDGING_REQUEST_MAX), url;
    size_t end = slice_find(text, '\n');
    unsigned minor;
    if (!text.p || !exchange_request_line(slice_sub(text, 0, end), &x->method, &url, &minor))
        x->method = SLICE_OF("GET");
    if (text.p && headers_parse(&x->request, &w->arena, slice_from(text, end + 1)) != OPTOUT_OK)
        x->request.n = 0;
}

static bool status_has_body(int status)
{
    return status != 204 && status != 304 && (status == 0 || status >= 200);
}

/* ---- judging ---- */

static void begin(struct judging *w, const struct warc_head *h, struct judged *out)
{
    arena_init(&w->arena, JUDGE_ARENA, w->first, FIRST_BLOCK);
    w->judge = (struct judge){ .profile = NULL };
    w->chunked = (struct chunked){ .state = 0 };
    w->is_chunked = w->done = w->holds = false;
    w->fed = w->n_back = 0;
    w->out = out;
    *out = (struct judged){ .date = h->date };
    struct judge_basis basis = w->o.basis;
    basis.back = body_lookback(w);
    judge_begin(&w->judge, &basis, w->o.profile, &w->arena);
    w->judge.exchange.url = clean_url(w, h->url);
    take_request(w, h);
}

static void note_rebuilt(struct judging *w, const struct headers *h)
{
    for (size_t i = 0; i < h->n; i++)
        if (slice_starts_nocase(h->v[i].name, SLICE_OF("X-Crawler-")) ||
            slice_starts_nocase(h->v[i].name, SLICE_OF("x-orig-")) ||
            slice_starts_nocase(h->v[i].name, SLICE_OF("X-Archive-Orig-")))
            w->out->notes |= 1u << NOTE_HEADERS_REBUILT;
}

/* Why what was read may not be all there was, once the record has ended. */
static enum inspect_end weigh_record(struct judging *w, const struct warc_record *rec,
                                     bool cut)
{
    static const enum undecided reason[WARC_DAMAGE_COUNT] = {
        [WARC_LENGTH_MISMATCH] = UNDECIDED_MALFORMED, [WARC_DAMAGED] = UNDECIDED_MALFORMED,
        [WARC_CUT] = UNDECIDED_TRUNCATED, [WARC_BOMB] = UNDECIDED_LIMIT_EXPANSION,
    };
    if (rec->damage)
        inspect_add_undecided(w->judge.inspection, reason[rec->damage]);
    bool bad = rec->damage == WARC_CUT || rec->damage == WARC_DAMAGED || rec->damage == WARC_BOMB;
    return cut || bad ? INSPECT_TRUNCATED : INSPECT_WHOLE;
}

static void settle(struct judging *w, enum inspect_end end)
{
    judge_settle(&w->judge, end, false);
    judge_close_record(&w->judge, end, w->judge.decision.action, 0);
    const struct header *tag = headers_find(&w->judge.exchange.response, "Optout");
    w->out->tag = tag ? tag->value : SLICE_EMPTY;
    w->out->judge = &w->judge;
}

static void end_chunks(struct judging *w)
{
    if (!w->is_chunked)
        return;
    if (!w->done)
        (void)chunked_end(&w->chunked, body_put, w);
    if (w->chunked.begun)
        w->out->notes |= 1u << NOTE_CHUNKS_UNDONE;
    if (w->done || !chunked_is_broken(&w->chunked))
        return;
    w->out->notes |= 1u << NOTE_CHUNK_ERROR;
    inspect_add_undecided(w->judge.inspection, UNDECIDED_TRUNCATED);
}

/* ---- digests ---- */

struct checks {
    struct warc_digest block, payload;
    struct warc_hash *hash[2]; /* of the block, of the payload as stored */
};

static void begin_checks(struct judging *w, const struct warc_head *h, struct checks *c)
{
    *c = (struct checks){ .hash = { NULL, NULL } };
    if (!w->o.digests)
        return;
    if (h->block_digest.n && !warc_digest_read(&c->block, h->block_digest))
        w->out->block = CHECK_UNKNOWN;
    if (h->payload_digest.n && !warc_digest_read(&c->payload, h->payload_digest))
        w->out->payload = CHECK_UNKNOWN;
    c->hash[0] = warc_hash_open(&c->block);
    if (h->type != WARC_REVISIT && !h->segment.n) {
        c->hash[1] = warc_hash_open(&c->payload);
        w->unchunked = warc_hash_open(&c->payload);
    }
}

static void end_checks(struct judging *w, const struct warc_record *rec, struct checks *c)
{
    bool had[2] = { c->hash[0], c->hash[1] };
    bool block = warc_hash_close(c->hash[0], &c->block);
    bool payload = warc_hash_close(c->hash[1], &c->payload);
    bool unchunked = warc_hash_close(w->unchunked, &c->payload);
    w->unchunked = NULL;
    if (had[0] && !rec->damage)
        w->out->block = block ? CHECK_OK : CHECK_MISMATCH;
    if (w->out->block == CHECK_MISMATCH && w->judge.inspection)
        inspect_add_undecided(w->judge.inspection, UNDECIDED_MALFORMED);
    if (had[1] && !rec->damage)
        w->out->payload = payload ? CHECK_OK : unchunked ? CHECK_DECHUNKED : CHECK_MISMATCH;
}

/* ---- the types ---- */

/* Opens the judge on the head of this capture, `own`, and the form of the body, which may be
 * another's. `stored`: bytes of the body in the archive; -1: there is none. */
static enum optout_rc open_judge(struct judging *w, const struct warc_http *http, int status,
                                 const struct headers *own, const struct headers *form,
                                 int64_t stored)
{
    struct exchange *x = &w->judge.exchange;
    x->status = status;
    x->has_body = stored >= 0 && status_has_body(status) &&
                  !slice_eq_nocase(x->method, SLICE_OF("HEAD"));
    note_rebuilt(w, own);
    enum optout_rc rc = fill_fields(w, own, form, x->has_body ? stored : -1);
    if (rc == OPTOUT_OK)
        rc = judge_open(&w->judge);
    if (rc == OPTOUT_OK && http->broken) {
        w->out->notes |= 1u << NOTE_NO_HTTP_HEAD;
        inspect_add_undecided(w->judge.inspection, UNDECIDED_MALFORMED);
    }
    return rc;
}

static int64_t told_length(const struct headers *h)
{
    struct exchange x = { .response = *h };
    return exchange_content_length(&x);
}

static enum optout_rc judge_response(struct judging *w, struct warc_reader *r)
{
    struct warc_record *rec = &r->record;
    const struct warc_head *h = &rec->head;
    struct warc_http http;
    struct headers fields = { NULL, 0 };
    struct checks checks;
    begin_checks(w, h, &checks);
    enum optout_rc rc = warc_http_head(r, &w->arena, &http, checks.hash[0]);
    warc_hash_feed(checks.hash[1], http.body);
    if (rc == OPTOUT_OK)
        rc = headers_parse(&fields, &w->arena, http.fields);
    int64_t stored = (int64_t)(r->left + http.body.n), told = told_length(&fields);
    if (rc == OPTOUT_OK)
        rc = open_judge(w, &http, http.line.n ? status_of(http.line) : 200, &fields, &fields,
                        stored);
    bool body = rc == OPTOUT_OK && w->judge.exchange.has_body;
    w->done |= !body;
    if (rc == OPTOUT_OK)
        rc = body_feed_block(w, r, http.body, checks.hash);
    bool cut = h->truncated.n;
    if (body && rc == OPTOUT_OK && h->segment.n) {
        bool joined = join_segments(w, h);
        w->out->notes |= 1u << (joined ? NOTE_SEGMENTS_JOINED : NOTE_SEGMENTS_MISSING);
        if (!joined)
            inspect_add_undecided(w->judge.inspection, UNDECIDED_PARTIAL);
        cut |= !joined;
    } else if (body && !w->is_chunked && stored < told && !rec->damage) {
        w->out->notes |= 1u << NOTE_SHORT_BODY;
        cut = true;
    }
    if (rc == OPTOUT_OK)
        rc = warc_end(r);
    end_checks(w, rec, &checks);
    if (rc != OPTOUT_OK)
        return rc;
    end_chunks(w);
    settle(w, weigh_record(w, rec, cut));
    return OPTOUT_OK;
}

/* Without a head of HTTP: a resource, or what is left of a page. `known`: its head, which
 * could state something, is not lost. */
static enum optout_rc judge_entity(struct judging *w, struct warc_reader *r, bool known)
{
    struct warc_record *rec = &r->record;
    const struct warc_head *h = &rec->head;
    struct checks checks;
    begin_checks(w, h, &checks);
    w->judge.exchange.status = 200;
    w->judge.exchange.has_body = true;
    enum optout_rc rc = fill_resource(w, arena_copy(&w->arena, h->media, 256),
                                      (int64_t)r->left);
    if (rc == OPTOUT_OK)
        rc = judge_open(&w->judge);
    if (rc == OPTOUT_OK && !known)
        inspect_add_undecided(w->judge.inspection, UNDECIDED_UNSEEN);
    if (rc == OPTOUT_OK)
        rc = body_feed_block(w, r, SLICE_EMPTY, checks.hash);
    if (rc == OPTOUT_OK)
        rc = warc_end(r);
    end_checks(w, rec, &checks);
    if (rc == OPTOUT_OK)
        settle(w, weigh_record(w, rec, h->truncated.n || h->segment.n));
    return rc;
}

/* The head of the original, in w->other, which has a body behind it then. */
static enum optout_rc original_head(struct judging *w, struct warc_http *http,
                                    struct headers *fields)
{
    const struct warc_head *h = &w->other.record.head;
    struct slice piece = warc_peek(&w->other);
    *http = (struct warc_http){ .line = SLICE_EMPTY };
    *fields = (struct headers){ NULL, 0 };
    if (warc_head_is_http(h, piece)) {
        enum optout_rc rc = warc_http_head(&w->other, &w->arena, http, NULL);
        return rc == OPTOUT_OK ? headers_parse(fields, &w->arena, http->fields) : rc;
    }
    fields->v = arena_array(&w->arena, 1, sizeof *fields->v);
    if (!fields->v)
        return OPTOUT_E_NOMEM;
    fields->v[0] = (struct header){ SLICE("Content-Type"), arena_copy(&w->arena, h->media, 256) };
    fields->n = fields->v[0].value.n > 0;
    return OPTOUT_OK;
}

/* The body of the original, and whether it was all there. */
static enum optout_rc feed_original(struct judging *w, const struct warc_http *http,
                                    bool *whole)
{
    struct warc_hash *none[2] = { NULL, NULL };
    enum optout_rc rc = body_feed_block(w, &w->other, http->body, none);
    struct warc_record *rec = &w->other.record;
    bool cut = rec->head.truncated.n || rec->head.segment.n;
    if (rc == OPTOUT_OK)
        rc = warc_end(&w->other);
    *whole = !cut && !rec->damage;
    return rc;
}

/* Which head counts: that of this capture, or the original's where this one has none. */
static enum optout_rc judge_with_original(struct judging *w, const struct warc_http *own,
                                          const struct headers *own_fields, bool *whole)
{
    struct warc_http http;
    struct headers fields;
    enum optout_rc rc = original_head(w, &http, &fields);
    if (rc != OPTOUT_OK)
        return rc;
    bool has_own = own && own->line.n;
    int status = has_own ? status_of(own->line) : 304;
    if (status == 304)
        status = http.line.n ? status_of(http.line) : 200;
    int64_t stored = (int64_t)(w->other.left + http.body.n);
    rc = open_judge(w, &http, status, has_own ? own_fields : &fields, &fields, stored);
    return rc == OPTOUT_OK ? feed_original(w, &http, whole) : rc;
}

static enum optout_rc judge_revisit(struct judging *w, struct warc_reader *r)
{
    struct warc_record *rec = &r->record;
    const struct warc_head *h = &rec->head;
    struct warc_http own = { .line = SLICE_EMPTY };
    struct headers fields = { NULL, 0 };
    bool known = slice_find_nocase(h->profile, SLICE_OF("/revisit/identical-payload-digest")) <
                     h->profile.n ||
                 slice_find_nocase(h->profile, SLICE_OF("/revisit/server-not-modified")) <
                     h->profile.n;
    enum optout_rc rc = OPTOUT_OK;
    bool whole = false;
    if (!known)
        w->out->notes |= 1u << NOTE_UNKNOWN_PROFILE;
    else if (h->length)
        rc = warc_http_head(r, &w->arena, &own, NULL);
    if (rc == OPTOUT_OK)
        rc = headers_parse(&fields, &w->arena, own.fields);
    if (rc == OPTOUT_OK && known && others_original(w, h)) {
        rc = judge_with_original(w, &own, &fields, &whole);
    } else if (rc == OPTOUT_OK) {
        own.broken = false;
        rc = open_judge(w, &own, own.line.n ? status_of(own.line) : 200, &fields, &fields, -1);
    }
    if (rc == OPTOUT_OK && !whole)
        inspect_add_undecided(w->judge.inspection, UNDECIDED_UNSEEN);
    if (rc == OPTOUT_OK)
        rc = warc_end(r);
    if (rc != OPTOUT_OK)
        return rc;
    end_chunks(w);
    settle(w, weigh_record(w, rec, false));
    return OPTOUT_OK;
}

static enum optout_rc judge_conversion(struct judging *w, struct warc_reader *r)
{
    bool whole = false;
    if (!others_original(w, &r->record.head))
        return judge_entity(w, r, false);
    enum optout_rc rc = judge_with_original(w, NULL, NULL, &whole);
    if (rc == OPTOUT_OK && !whole)
        inspect_add_undecided(w->judge.inspection, UNDECIDED_UNSEEN);
    if (rc == OPTOUT_OK)
        rc = warc_end(r);
    if (rc != OPTOUT_OK)
        return rc;
    end_chunks(w);
    settle(w, weigh_record(w, &r->record, false));
    return OPTOUT_OK;
}

/* ---- records ---- */

static void keep_id(char to[128], struct slice id)
{
    size_t n = id.n < 128 ? id.n : 0;
    if (n)
        memcpy(to, id.p, n);
    to[n] = '\0';
}

static void keep_request(struct judging *w, struct warc_reader *r)
{
    struct slice text = warc_peek(r);
    struct request *q = &w->request;
    keep_id(q->id, r->record.head.id);
    keep_id(q->concurrent, r->record.head.concurrent);
    q->n = warc_head_end(slice_sub(text, 0, JUDGING_REQUEST_MAX));
    if (q->n)
        memcpy(q->text, text.p, q->n);
}

static bool is_web(struct slice url)
{
    return slice_starts_nocase(url, SLICE_OF("http:")) ||
           slice_starts_nocase(url, SLICE_OF("https:"));
}

static enum judging_skip skip_of(const struct warc_head *h)
{
    static const uint8_t skips[WARC_TYPE_COUNT] = {
        [WARC_UNKNOWN] = SKIP_UNKNOWN,   [WARC_WARCINFO] = SKIP_WARCINFO,
        [WARC_REQUEST] = SKIP_REQUEST,   [WARC_METADATA] = SKIP_METADATA,
        [WARC_CONTINUATION] = SKIP_CONTINUATION,
    };
    enum judging_skip s = (enum judging_skip)skips[h->type];
    return s == SKIP_NOT && !is_web(h->url) ? SKIP_SCHEME : s;
}

static enum optout_rc judge_one(struct judging *w, struct warc_reader *r)
{
    const struct warc_head *h = &r->record.head;
    switch (h->type) {
    case WARC_REVISIT: return judge_revisit(w, r);
    case WARC_CONVERSION: return judge_conversion(w, r);
    case WARC_RESPONSE:
        return warc_head_is_http(h, warc_peek(r)) ? judge_response(w, r)
                                                  : judge_entity(w, r, false);
    default: return judge_entity(w, r, true);
    }
}

enum optout_rc judging_record(struct judging *w, struct warc_reader *r, struct judged *out)
{
    const struct warc_head *h = &r->record.head;
    begin(w, h, out);
    if (w->o.moment)
        warc_moment_set(w->o.moment, h->date);
    out->skip = skip_of(h);
    if (w->own && w->seekable)
        warc_index_record(w->own, h, (struct warc_place){ w->file, r->record.offset });
    if (h->type == WARC_REQUEST)
        keep_request(w, r);
    return out->skip == SKIP_NOT ? judge_one(w, r) : warc_end(r);
}
