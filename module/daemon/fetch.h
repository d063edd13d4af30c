/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.h - one GET with its redirects, by libcurl's multi interface.
 *
 * Redirects are followed here, hop by hop (at most FETCH_REDIRECTS), so that each
 * one passes the address guard: directly, every address that libcurl is about to
 * connect to is checked; through a proxy, which resolves for itself, the name is
 * resolved first and the hop is refused when any of its addresses is not public.
 * One thread. */
#ifndef OPTOUT_DAEMON_FETCH_H
#define OPTOUT_DAEMON_FETCH_H

#include "core/slice.h"
#include "daemon/loop.h"

#define FETCH_REDIRECTS 5
#define FETCH_HEAD_MAX (64u << 10) /* bytes of heads and trailers; more is no answer */
#define FETCH_URL_MAX 8192

struct fetch_options {
    const char *proxy;   /* URL; empty: directly */
    const char *ca_file; /* empty: the system's */
    bool allow_private;
    unsigned timeout_ms; /* of a whole fetch, redirects included */
    unsigned connect_timeout_ms;
    unsigned keep;       /* idle connections that are kept */
};

struct fetch_request {
    struct slice url, agent;
    struct slice etag, last_modified; /* of the copy that is here; may be empty */
    struct slice copy_url;            /* where that copy was got */
    size_t body_max;                  /* decoded bytes; longer bodies are cut */
    /* Asked, with the ctx of `done`, whether a redirect may be followed there; one that may
     * not is the answer. NULL: every one may. */
    bool (*may_follow)(void *ctx, struct slice url);
};

/* Slices are valid during the call that hands it over. */
struct fetch_result {
    int status;        /* of the last hop; 0: no answer, `why` says why */
    bool refused;      /* the first hop was not to be asked: not public, or no such URL */
    bool body_cut;
    struct slice url;  /* of the last hop */
    struct slice head; /* its field lines, as sent */
    struct slice body; /* decoded */
    struct slice why;
};
/* The fetch is gone when this returns. */
typedef void fetch_done(void *ctx, const struct fetch_result *r);

struct fetcher;
struct fetch;

struct fetcher *fetcher_new(struct loop *loop, const struct fetch_options *o);
void fetcher_free(struct fetcher *f); /* every fetch must be over or cancelled */

/* NULL: no memory; else `done` is called once, later, unless it is cancelled. */
struct fetch *fetch_start(struct fetcher *f, const struct fetch_request *r, fetch_done *done,
                          void *ctx);
void fetch_cancel(struct fetch *t);

#endif
