/* SPDX-License-Identifier: Apache-2.0 */
/* document.h - one site file of one origin: what it was asked for, what came
 * back, and what that means. */
#ifndef OPTOUT_SITE_DOCUMENT_H
#define OPTOUT_SITE_DOCUMENT_H

#include "site/kinds.h"
#include "site/compiled.h"

#include "http/headers.h"

#define SITE_URL_MAX 2048
#define SITE_AGENT_MAX 256
#define SITE_ETAG_MAX 256
#define SITE_WHY_MAX 128

/* Slices are borrowed: from the arena when made, from the map when read. */
struct site_document {
    uint8_t kind, state, source;
    bool varies;          /* the origin answers other agents otherwise (Vary, or seen) */
    bool has_sha256;
    uint16_t status;      /* HTTP, of the final answer; 0: none came */
    uint8_t sha256[32];   /* of the body as decoded, when has_sha256 */
    int64_t fetched_ms;   /* wall clock */
    int64_t expires_ms;
    struct slice url;     /* where it was got in the end */
    struct slice agent;   /* User-Agent it was asked with */
    struct slice etag, last_modified; /* as sent; may be empty */
    struct slice why;     /* for people: why unreachable or unparseable; of a published one, why
                             nothing newer could be had: it is kept beyond its time */
    struct slice rules;   /* compiled form; empty unless SITE_PUBLISHED */
};

/* How long answers hold, in seconds. */
struct site_lifetimes {
    uint32_t floor, ceiling; /* clamp HTTP freshness: 300 and 86400 by default */
    uint32_t preset;         /* when the origin does not say: 86400 */
    uint32_t negative;       /* none published: 86400 at most; unreachable: see retry */
    uint32_t retry;          /* unreachable: 300 */
};
#define SITE_LIFETIMES_PRESET { 300, 86400, 86400, 3600, 300 }

/* One answer of an origin. */
struct site_answer {
    enum site_kind kind;
    struct slice origin;  /* the authority that is asked, not the one redirected to */
    struct slice url;     /* final URL */
    struct slice agent;   /* User-Agent sent */
    int status;           /* final HTTP status; 0: no answer, `why` says why */
    const struct headers *headers; /* of the final answer; NULL when status is 0 */
    struct slice body;    /* decoded */
    bool body_cut;        /* longer than what was read */
    struct slice why;     /* network error, for people */
    enum site_source source;
    int64_t now_ms;
};

/* What an answer means: state (RFC 9309 section 2.3.1; W section 2.4, 4.5, 6):
 *   2xx, readable                      -> published, compiled
 *   2xx HTML or another error message in its place -> none (robots.txt, tdmrep.json, ai.txt,
 *                                         trust.txt); an HTML page is never rules
 *   2xx of the right kind but broken, or longer than is read -> unparseable
 *   206 but of all of it, a packed file that is cut -> unreachable
 *   2xx without a document, 204        -> none; an empty robots.txt is published
 *   3xx left over (too many redirects) -> none (RFC: unavailable)
 *   4xx but 429                        -> none
 *   429, 5xx, 304 without a copy, no answer -> unreachable
 * For SITE_LICENCE what is no readable document is unparseable, but 4xx is none.
 * How long it holds: Cache-Control max-age, no-store and no-cache (floor), Expires
 * with Date, Age; an RSL document's own max-age before them; clamped. Unparseable:
 * `negative` at most. Unreachable: Retry-After between `retry` and `negative`.
 * SHA-256 is that of `body` as given. `rules` and copies go to the arena.
 * Never fails but for OPTOUT_E_NOMEM. 304 is the caller's: see document_renew. */
enum optout_rc document_read(const struct site_answer *a, const struct agents *agents,
                             const struct site_lifetimes *l, struct arena *arena,
                             struct site_document *out) OPTOUT_CHECKED;

/* The same in two halves, for who has hostile bytes looked at by another process: the body, which
 * needs a parser, and all else, which does not. */
struct site_body {
    uint8_t state;      /* enum site_state */
    uint32_t max_age_s; /* of an RSL document; 0: it does not say */
    struct slice why;   /* as site_document.why */
    struct slice rules; /* compiled form, 8-byte aligned; empty unless SITE_PUBLISHED */
};
/* The state is told by what is in the body, not by the status alone. */
bool document_has_body(const struct site_answer *a);
/* Of the answer its kind, URL, body and body_cut. `rules` and a `why` that is no literal go to the
 * arena. Never fails but for OPTOUT_E_NOMEM. */
enum optout_rc document_read_body(const struct site_answer *a, const struct agents *agents,
                                  struct arena *arena, struct site_body *out) OPTOUT_CHECKED;
/* `body`: NULL exactly when document_has_body says so. Its slices are borrowed by `out`. */
enum optout_rc document_conclude(const struct site_answer *a, const struct site_body *body,
                                 const struct site_lifetimes *l, struct arena *arena,
                                 struct site_document *out) OPTOUT_CHECKED;

/* A 304: the document `d` holds again from now on, as long as before if the 304
 * does not say. Validators that it brings are borrowed from its headers. */
void document_renew(struct site_document *d, const struct site_answer *a,
                    const struct site_lifetimes *l);

/* What an answer that a crawler got teaches of the file that it asked for, for whoever
 * learns: a range, a validation, a redirect or a refusal of that request's own fields says
 * nothing of the file. */
bool document_teaches(int status);
/* Whether such an answer may take the place of what is known: a failure that a crawler met
 * does not undo what holds. Of `known` the state and the time count. */
bool document_is_news(const struct site_document *known, int status, int64_t now_ms);

/* The RSL documents that a robots.txt document names (License:), absolute http(s)
 * URLs only; at most `max` into `url`, which point into d->rules. */
size_t document_licences(const struct site_document *d, struct slice *url, size_t max);

#endif
