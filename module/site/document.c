/* SPDX-License-Identifier: Apache-2.0 */
/* document.c - what an origin's answer to the question for a site file means.
 *
 * RFC 9309 section 2.3.1 (states), RFC 9111 section 4.2 (freshness), RSL 1.0
 * section 4.9 (max-age). A soft 404 is a page, not rules.
 *
 * Limits: SITE_URL_MAX, SITE_AGENT_MAX, SITE_ETAG_MAX, SITE_WHY_MAX bytes are
 * kept; LICENCES_LOOKED_AT License lines; ROBOTS_TXT_MAX and SITE_FILE_MAX of a
 * body that a coding hides. */
#include "site/document.h"
#include "http/coding.h"
#include "http/date.h"
#include "http/exchange.h"
#include "http/media_type.h"
#include "syntax/digest.h"

#include <stdio.h>

#define STATUS_TEXT 32
#define LICENCES_LOOKED_AT 64 /* License lines of one robots.txt */
#define DATE_MAX 64 /* bytes of Last-Modified that are kept */
#define PAGE_LOOKED_AT 1024 /* bytes at the front by which a page is told */

/* A body while it is being read. */
struct reading {
    const struct site_answer *a;
    struct arena *arena;
    struct site_body *out;
    struct slice body;    /* without a gzip that nobody announced */
    bool body_cut;
};

static void conclude(struct reading *r, enum site_state state, const char *why)
{
    r->out->state = (uint8_t)state;
    r->out->why = slice_sub(slice_cstr(why), 0, SITE_WHY_MAX);
}

/* ---- body --------------------------------------------------------------- */

/* A file that was packed beforehand and is served without Content-Encoding, or with one of
 * several. False: it does not unpack. One byte more than a document may have is unpacked, so
 * that what is longer is seen to be. */
static enum optout_rc unpack(struct reading *r, bool *readable)
{
    size_t max = (size_t)site_kinds[r->a->kind].max + 1;
    struct coding_limits limits = { max, 0 };
    struct slice body = r->body;
    struct buf kept;
    buf_init(&kept, max);
    enum optout_rc rc = coding_undo(SLICE_EMPTY, &limits, NULL, NULL, &body, &kept);
    /* The packed file may be cut itself: what there is of it was unpacked. */
    bool longer = kept.n == max;
    *readable = rc == OPTOUT_OK || longer || r->a->body_cut;
    r->body_cut |= longer;
    if (rc != OPTOUT_E_NOMEM && body.p != r->body.p)
        r->body = arena_copy(r->arena, buf_slice(&kept), max);
    buf_free(&kept);
    return rc == OPTOUT_E_NOMEM || !r->body.p ? OPTOUT_E_NOMEM : OPTOUT_OK;
}

static bool has_utf8_mark(struct slice s)
{
    return s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0;
}

static bool holds(struct slice text, struct slice word)
{
    return slice_find_nocase(text, word) < text.n;
}

/* A page in place of the file. What only begins as markup does may be a notice of the server
 * in front of the file: its reader knows. */
static bool is_html(const struct reading *r)
{
    struct slice text = has_utf8_mark(r->body) ? slice_from(r->body, 3) : r->body;
    text = slice_sub(slice_trim_space(text), 0, PAGE_LOOKED_AT);
    if (slice_starts_nocase(text, SLICE_OF("<!doctype html")) ||
        slice_starts_nocase(text, SLICE_OF("<html")))
        return true;
    /* RSL is XML, whatever type a server gives it. */
    return r->a->kind != SITE_LICENCE && slice_begins(text, '<') &&
           (holds(text, SLICE_OF("<!doctype html")) || holds(text, SLICE_OF("<html")));
}

/* ---- rules -------------------------------------------------------------- */

/* Compiles into the arena. OPTOUT_OK even when the rules cannot be kept: the
 * state then says so. */
static enum optout_rc compile(struct reading *r, const struct site_rules *rules,
                              const struct agents *agents)
{
    struct buf out;
    buf_init(&out, COMPILED_MAX);
    enum optout_rc rc = compiled_make(rules, agents ? agents : agents_builtin(), &out);
    if (rc == OPTOUT_OK) {
        r->out->rules = arena_copy(r->arena, buf_slice(&out), COMPILED_MAX);
        if (!r->out->rules.p)
            rc = OPTOUT_E_NOMEM;
        conclude(r, SITE_PUBLISHED, "");
    } else if (rc != OPTOUT_E_NOMEM) {
        conclude(r, SITE_UNPARSEABLE, "more rules than are kept");
        rc = OPTOUT_OK;
    }
    buf_free(&out);
    return rc;
}

static enum optout_rc parse(struct reading *r, const struct agents *agents)
{
    enum site_kind kind = r->a->kind;
    struct site_rules rules;
    site_rules_init(&rules, r->arena);
    enum optout_rc rc = site_kinds[kind].parse
                            ? site_kinds[kind].parse(r->body, &rules)
                            : rsl_document_parse(r->body, r->a->url, &rules);
    if (rc == OPTOUT_E_NOMEM)
        return rc;
    r->out->max_age_s = rules.max_age_s;
    if (rc == OPTOUT_E_LIMIT || (rc == OPTOUT_OK && rules.overflow))
        conclude(r, SITE_UNPARSEABLE, "longer or with more rules than is read");
    else if (rc == OPTOUT_OK)
        return compile(r, &rules, agents);
    else if (kind == SITE_ROBOTS || rc == OPTOUT_E_UNSUP)
        conclude(r, SITE_NONE, kind == SITE_ROBOTS ? "a page, not rules" : "an error message");
    else
        conclude(r, SITE_UNPARSEABLE, "not a document of this kind");
    return OPTOUT_OK;
}

static enum optout_rc read_body(struct reading *r, const struct agents *agents)
{
    bool readable = true, licence = r->a->kind == SITE_LICENCE;
    bool robots = r->a->kind == SITE_ROBOTS;
    r->body = r->a->body;
    r->body_cut = r->a->body_cut;
    if (r->body.n && coding_may_begin(r->body.p[0])) {
        enum optout_rc rc = unpack(r, &readable);
        if (rc != OPTOUT_OK)
            return rc;
    }
    bool blank = slice_trim_space(r->body).n == 0;
    if (!readable)
        conclude(r, SITE_UNREACHABLE, "a packed file that is cut or corrupt");
    else if (is_html(r) && !robots)
        conclude(r, licence ? SITE_UNPARSEABLE : SITE_NONE, "a page, not a site file");
    else if (blank && !robots)
        conclude(r, licence ? SITE_UNPARSEABLE : SITE_NONE, "empty");
    else if (r->body_cut && !robots)
        conclude(r, SITE_UNPARSEABLE, "longer than is read");
    else
        return parse(r, agents);
    return OPTOUT_OK;
}

enum optout_rc document_read_body(const struct site_answer *a, const struct agents *agents,
                                  struct arena *arena, struct site_body *out)
{
    struct reading r = { .a = a, .arena = arena, .out = out };
    *out = (struct site_body){ .state = SITE_UNPARSEABLE };
    return read_body(&r, agents);
}

/* ---- status ------------------------------------------------------------- */

bool document_has_body(const struct site_answer *a)
{
    return a->status >= 200 && a->status < 300 && a->status != 204 && a->status != 205 &&
           !exchange_is_part(a->status, a->headers);
}

/* "HTTP 503" */
static void take_status(struct site_document *d, int status, enum site_state state,
                        const char *more, struct arena *arena)
{
    char text[STATUS_TEXT];
    snprintf(text, sizeof text, "HTTP %d%s", status, more);
    d->state = (uint8_t)state;
    d->why = arena_copy(arena, slice_cstr(text), SITE_WHY_MAX);
}

/* Of an answer without a body that counts. */
static void read_status(const struct site_answer *a, struct arena *arena, struct site_document *d)
{
    int status = a->status;
    enum site_state nothing = a->kind == SITE_LICENCE ? SITE_UNPARSEABLE : SITE_NONE;
    if (status == 0) {
        d->state = SITE_UNREACHABLE;
        d->why = arena_copy(arena, a->why, SITE_WHY_MAX);
    } else if (status == 204 || status == 205)
        take_status(d, status, nothing, "", arena);
    else if (exchange_is_part(status, a->headers))
        take_status(d, status, SITE_UNREACHABLE, ", a part", arena);
    else if (status == 304)
        take_status(d, status, SITE_UNREACHABLE, " without a copy", arena);
    else if (status >= 300 && status < 400)
        take_status(d, status, nothing, ", redirected", arena);
    else if (status >= 400 && status < 500 && status != 429)
        take_status(d, status, SITE_NONE, "", arena);
    else
        take_status(d, status, SITE_UNREACHABLE, "", arena);
}

/* ---- how long it holds -------------------------------------------------- */

static uint32_t clamp(int64_t seconds, uint32_t low, uint32_t high)
{
    if (seconds > (int64_t)high)
        return high;
    return seconds < (int64_t)low ? low : (uint32_t)seconds;
}

/* Retry-After of a 429 or 503, RFC 9110 section 10.2.3; 0 when absent. */
static int64_t retry_after(const struct site_answer *a)
{
    const struct header *h = a->headers ? headers_find(a->headers, "retry-after") : NULL;
    int64_t now = a->now_ms / 1000, then;
    uint64_t seconds;
    if (!h)
        return 0;
    if (slice_to_u64(h->value, &seconds))
        return seconds > INT32_MAX ? INT32_MAX : (int64_t)seconds;
    return date_parse(h->value, now, &then) && then > now ? then - now : 0;
}

static int64_t freshness(const struct site_answer *a)
{
    return a->headers ? headers_freshness(a->headers, a->now_ms / 1000) : -1;
}

static uint32_t lifetime(const struct site_answer *a, const struct site_body *body,
                         enum site_state state, const struct site_lifetimes *l)
{
    int64_t said = freshness(a);
    switch (state) {
    case SITE_PUBLISHED:
        if (body && body->max_age_s) /* of an RSL document */
            said = body->max_age_s;
        return clamp(said >= 0 ? said : l->preset, l->floor, l->ceiling);
    case SITE_NONE:
        return clamp(said >= 0 ? said : l->negative, l->floor, l->ceiling);
    case SITE_UNPARSEABLE:
        /* It may be mended soon. */
        return clamp(said >= 0 ? said : l->negative, l->floor, l->negative);
    default:
        return clamp(retry_after(a), l->retry, l->negative);
    }
}

static bool varies_by_agent(const struct headers *h)
{
    return headers_list_has(h, "vary", "*") || headers_list_has(h, "vary", "user-agent");
}

/* A validator that was cut would never match: kept whole or not at all. */
static struct slice validator(const struct headers *h, const char *name, size_t max)
{
    const struct header *line = h ? headers_find(h, name) : NULL;
    return line && line->value.n <= max ? line->value : SLICE_EMPTY;
}

enum optout_rc document_conclude(const struct site_answer *a, const struct site_body *body,
                                 const struct site_lifetimes *l, struct arena *arena,
                                 struct site_document *out)
{
    *out = (struct site_document){
        .kind = (uint8_t)a->kind,
        .source = (uint8_t)a->source,
        .status = a->status > 0 && a->status < 1000 ? (uint16_t)a->status : 0,
        .fetched_ms = a->now_ms,
        .varies = a->headers && varies_by_agent(a->headers),
    };
    if (body) {
        out->has_sha256 = digest_of(a->body, out->sha256);
        out->state = body->state;
        out->why = body->why;
        out->rules = body->rules;
    } else {
        read_status(a, arena, out);
    }
    out->expires_ms =
        a->now_ms + (int64_t)lifetime(a, body, (enum site_state)out->state, l) * 1000;
    out->url = arena_copy(arena, a->url, SITE_URL_MAX);
    out->agent = arena_copy(arena, a->agent, SITE_AGENT_MAX);
    out->etag = arena_copy(arena, validator(a->headers, "etag", SITE_ETAG_MAX), SITE_ETAG_MAX);
    out->last_modified =
        arena_copy(arena, validator(a->headers, "last-modified", DATE_MAX), DATE_MAX);
    bool whole = out->url.p && out->agent.p && out->etag.p && out->last_modified.p && out->why.p;
    return whole ? OPTOUT_OK : OPTOUT_E_NOMEM;
}

enum optout_rc document_read(const struct site_answer *a, const struct agents *agents,
                             const struct site_lifetimes *l, struct arena *arena,
                             struct site_document *out)
{
    struct site_body body;
    bool has = document_has_body(a);
    enum optout_rc rc = has ? document_read_body(a, agents, arena, &body) : OPTOUT_OK;
    return rc == OPTOUT_OK ? document_conclude(a, has ? &body : NULL, l, arena, out) : rc;
}

void document_renew(struct site_document *d, const struct site_answer *a,
                    const struct site_lifetimes *l)
{
    int64_t said = freshness(a), before = (d->expires_ms - d->fetched_ms) / 1000;
    /* What the 304 leaves out holds as it did (RFC 9111 section 4.3.4); an RSL
     * document's own max-age is in its body, which did not change. */
    if (said < 0 || d->kind == SITE_LICENCE)
        said = before;
    struct slice etag = validator(a->headers, "etag", SITE_ETAG_MAX);
    struct slice modified = validator(a->headers, "last-modified", DATE_MAX);
    if (etag.n)
        d->etag = etag;
    if (modified.n)
        d->last_modified = modified;
    d->varies |= a->headers && varies_by_agent(a->headers);
    d->fetched_ms = a->now_ms;
    d->expires_ms = a->now_ms + (int64_t)clamp(said, l->floor, l->ceiling) * 1000;
    d->source = (uint8_t)a->source;
}

bool document_teaches(int status)
{
    static const uint16_t of_the_request[] = { 407, 408, 412, 413, 414, 415, 416,
                                               417, 421, 422, 425, 426, 428, 431 };
    for (size_t i = 0; i < sizeof of_the_request / sizeof *of_the_request; i++)
        if (status == of_the_request[i])
            return false;
    return status == 200 || status == 203 || status == 204 || (status >= 400 && status <= 599);
}

bool document_is_news(const struct site_document *known, int status, int64_t now_ms)
{
    bool holds = (known->state == SITE_PUBLISHED || known->state == SITE_NONE) &&
                 known->expires_ms > now_ms;
    return !(holds && (status == 429 || status >= 500));
}

static bool is_web_url(struct slice url)
{
    return url.n <= SITE_URL_MAX && (slice_starts_nocase(url, SLICE_OF("https://")) ||
                                     slice_starts_nocase(url, SLICE_OF("http://")));
}

size_t document_licences(const struct site_document *d, struct slice *url, size_t max)
{
    struct slice named[LICENCES_LOOKED_AT];
    size_t n = 0;
    if (d->kind != SITE_ROBOTS || d->state != SITE_PUBLISHED)
        return 0;
    size_t n_named = compiled_licenses(d->rules, named, LICENCES_LOOKED_AT);
    for (size_t i = 0; i < n_named && i < LICENCES_LOOKED_AT && n < max; i++) {
        bool again = !is_web_url(named[i]);
        for (size_t k = 0; k < n && !again; k++)
            again = slice_eq(url[k], named[i]);
        if (!again)
            url[n++] = named[i];
    }
    return n;
}
