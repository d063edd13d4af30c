/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/fetch.h"

#include "core/buf.h"
#include "core/clock.h"
#include "daemon/fetch_multi.h"
#include "daemon/guard.h"
#include "http/coding.h"
#include "http/headers.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#define VALIDATOR_MAX 512 /* bytes of a request line made of ETag or Last-Modified */
#define ACCEPTED "Accept-Encoding: gzip, deflate"

enum phase { RESOLVING, FETCHING };

struct fetcher {
    struct fetch_multi *multi;
    struct fetch_options options;
    char proxy[1024], ca_file[1024];
};

struct fetch {
    struct fetcher *fetcher;
    struct fetch_handle handle;
    enum phase phase;
    unsigned hops;
    uint64_t deadline_us;
    struct curl_slist *plain, *validating; /* request lines: without and with validators */
    bool private_seen, public_seen;
    bool head_done, body_cut, by_proxy_itself;
    const char *broken; /* why the body is not all, or cannot be decoded; NULL: it is and can */
    size_t lines_n; /* bytes of all heads and trailers of this hop */
    size_t body_max;
    struct buf head, body;
    char url[FETCH_URL_MAX], copy_url[FETCH_URL_MAX];
    char error[CURL_ERROR_SIZE];
    char why[256];
    fetch_done *done;
    bool (*may_follow)(void *ctx, struct slice url); /* or NULL */
    void *ctx;
};

/* ---- what libcurl calls ---- */

/* Every address that is about to be connected to. While a name is only being
 * resolved, all of them are noted and none is connected to. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct fetch *t = ctx;
    bool guarded = t->phase == RESOLVING || !t->fetcher->proxy[0];
    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKET_BAD;
    if (guarded && !t->fetcher->options.allow_private) {
        bool is_public = guard_is_public(&a->addr, (socklen_t)a->addrlen);
        t->private_seen |= !is_public;
        t->public_seen |= is_public;
        if (!is_public || t->phase == RESOLVING)
            return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t on_head(char *p, size_t size, size_t n, void *ctx)
{
    struct fetch *t = ctx;
    struct slice line = slice_of(p, size * n);
    t->lines_n += line.n;
    if (t->lines_n > FETCH_HEAD_MAX)
        return 0;
    if (slice_starts_nocase(line, SLICE_OF("HTTP/"))) { /* also after an interim response */
        buf_clear(&t->head);
        t->head_done = t->by_proxy_itself = false;
        return line.n;
    }
    if (slice_empty(slice_trim_space(line)))
        t->head_done = true;
    if (t->head_done) /* trailers are no part of it */
        return line.n;
    if (slice_starts_nocase(line, SLICE_OF("X-Squid-Error:")))
        t->by_proxy_itself = true;
    return buf_append(&t->head, line.p, line.n) == OPTOUT_OK ? line.n : 0;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct fetch *t = ctx;
    size_t all = size * n, room = t->body_max - t->body.n;
    if (buf_append(&t->body, p, all < room ? all : room) != OPTOUT_OK)
        return 0;
    if (all > room) {
        t->body_cut = true;
        return 0; /* enough: ends the transfer */
    }
    return all;
}

/* ---- one hop ---- */

static void set_common(struct fetch *t, CURL *easy, long left_ms)
{
    const struct fetch_options *o = &t->fetcher->options;
    curl_easy_setopt(easy, CURLOPT_URL, t->url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &t->handle);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* or a slow name server stops the loop */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, ""); /* nor exceptions of the environment */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
}

static void set_transfer(struct fetch *t, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_PROXY, t->fetcher->proxy); /* empty: not the environment's */
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    bool same = strcmp(t->url, t->copy_url) == 0;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, same ? t->validating : t->plain);
    if (t->fetcher->ca_file[0]) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, t->fetcher->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* and not the system's as well */
    }
}

/* Connects nowhere: open_socket sees the addresses and lets none pass. */
static void set_resolution(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}

static bool start_phase(struct fetch *t, enum phase phase)
{
    CURL *easy = t->handle.easy;
    uint64_t now = clock_mono_us();
    long left_ms = now < t->deadline_us ? (long)((t->deadline_us - now) / 1000) : 0;
    t->phase = phase;
    t->private_seen = t->public_seen = false;
    t->head_done = t->body_cut = t->by_proxy_itself = false;
    t->broken = NULL;
    t->lines_n = 0;
    t->error[0] = '\0';
    buf_clear(&t->head);
    buf_clear(&t->body);
    set_common(t, easy, left_ms > 0 ? left_ms : 1);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 0L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 0L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 0L);
    if (phase == RESOLVING)
        set_resolution(easy);
    else
        set_transfer(t, easy);
    return fetch_multi_add(t->fetcher->multi, &t->handle);
}

static bool start_hop(struct fetch *t)
{
    bool by_name = t->fetcher->proxy[0] && !t->fetcher->options.allow_private;
    return start_phase(t, by_name ? RESOLVING : FETCHING);
}

/* ---- the end of one ---- */

static void fetch_free(struct fetch *t)
{
    fetch_multi_drop(t->fetcher->multi, &t->handle);
    curl_slist_free_all(t->plain);
    curl_slist_free_all(t->validating);
    buf_free(&t->head);
    buf_free(&t->body);
    free(t);
}

static void end(struct fetch *t, int status, bool refused)
{
    struct fetch_result r = {
        .status = status,
        .refused = refused,
        .body_cut = t->body_cut,
        .url = slice_cstr(t->url),
        .head = status ? buf_slice(&t->head) : SLICE_EMPTY,
        .body = status ? buf_slice(&t->body) : SLICE_EMPTY,
        .why = slice_cstr(t->why),
    };
    fetch_multi_remove(t->fetcher->multi, &t->handle);
    t->done(t->ctx, &r);
    fetch_free(t);
}

static void end_private(struct fetch *t)
{
    snprintf(t->why, sizeof t->why, "%s", t->hops ? "redirected to a private address"
                                                  : "private address");
    end(t, 0, t->hops == 0);
}

static void end_error(struct fetch *t, CURLcode code)
{
    if (t->private_seen && !t->public_seen) {
        end_private(t);
        return;
    }
    const char *why = t->error[0] ? t->error : curl_easy_strerror(code);
    if (t->broken)
        why = t->broken;
    else if (t->lines_n > FETCH_HEAD_MAX)
        why = "its head is too long";
    else if (code == CURLE_OUT_OF_MEMORY && t->phase == FETCHING) /* or of libcurl's own bounds */
        why = "a line of its head is too long, or memory is used up";
    snprintf(t->why, sizeof t->why, "%s", why);
    end(t, 0, t->hops == 0 && code == CURLE_URL_MALFORMAT);
}

/* The next hop's URL into t->url; false when this answer is the final one. */
static bool follow(struct fetch *t, long status)
{
    const char *to = NULL;
    if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308)
        return false;
    curl_easy_getinfo(t->handle.easy, CURLINFO_REDIRECT_URL, &to);
    struct slice url = slice_cstr(to);
    if (t->hops >= FETCH_REDIRECTS || url.n >= sizeof t->url ||
        (!slice_starts_nocase(url, SLICE_OF("http://")) &&
         !slice_starts_nocase(url, SLICE_OF("https://"))) ||
        (t->may_follow && !t->may_follow(t->ctx, url)))
        return false;
    memcpy(t->url, to, url.n + 1);
    t->hops++;
    return true;
}

/* A body that only the end of the connection ends, RFC 9112 section 6.3: whole if HTTP/1.0
 * or a server that said it would close sent it; one that meant to go on was lost. */
static bool is_lost(const struct fetch *t, const struct headers *head)
{
    long version = 0;
    curl_easy_getinfo(t->handle.easy, CURLINFO_HTTP_VERSION, &version);
    return version == CURL_HTTP_VERSION_1_1 &&
           !(headers_find(head, "content-length") ||
             headers_list_has(head, "transfer-encoding", "chunked") ||
             headers_list_has(head, "connection", "close"));
}

/* Decoding is ours, for libcurl takes a coded body without its end for a whole one. */
static void decode(struct fetch *t, struct slice coding)
{
    struct coding_limits limits = { t->body_max + 1, 0 };
    struct slice body = buf_slice(&t->body);
    struct buf kept;
    buf_init(&kept, t->body_max + 1);
    enum optout_rc rc = coding_undo(coding, &limits, NULL, NULL, &body, &kept);
    bool longer = body.n > t->body_max;
    if (rc == OPTOUT_E_NOMEM)
        t->broken = "memory is used up";
    else if (rc == OPTOUT_E_LIMIT && !longer)
        t->broken = "its coding asks for too much";
    else if (rc != OPTOUT_OK && rc != OPTOUT_E_LIMIT && !t->body_cut)
        t->broken = "its coded body is corrupt or has no end";
    t->body_cut |= longer;
    if (!t->broken && body.p != t->body.p) {
        kept.n = longer ? t->body_max : kept.n;
        buf_free(&t->body);
        t->body = kept;
    } else {
        buf_free(&kept);
    }
}

/* What libcurl took for whole may not be. Bodies of errors and redirects say nothing. */
static CURLcode check_end(struct fetch *t, CURLcode code, long status)
{
    struct arena arena;
    struct headers head = { NULL, 0 };
    if (code == CURLE_WRITE_ERROR && t->body_cut)
        code = CURLE_OK; /* enough was read */
    if (code != CURLE_OK || status < 200 || status > 299 || status == 204 || status == 205)
        return code;
    arena_init(&arena, 4 * FETCH_HEAD_MAX, NULL, 0);
    if (headers_parse(&head, &arena, buf_slice(&t->head)) != OPTOUT_OK)
        t->broken = "its head has too many lines";
    else if (!t->body_cut && is_lost(t, &head))
        t->broken = "the connection ended where its body need not end";
    else
        decode(t, headers_join(&head, &arena, "content-encoding"));
    arena_reset(&arena);
    return t->broken ? CURLE_PARTIAL_FILE : CURLE_OK;
}

/* libcurl is done with the handle. */
static void on_done(void *ctx, int result)
{
    struct fetch *t = ctx;
    CURLcode code = (CURLcode)result;
    long status = 0;
    fetch_multi_remove(t->fetcher->multi, &t->handle);
    if (t->phase == RESOLVING) {
        if (t->private_seen)
            end_private(t);
        else if (!t->public_seen)
            end_error(t, code);
        else if (!start_phase(t, FETCHING))
            end_error(t, CURLE_OUT_OF_MEMORY);
        return;
    }
    curl_easy_getinfo(t->handle.easy, CURLINFO_RESPONSE_CODE, &status);
    code = check_end(t, code, status);
    if (code != CURLE_OK || status < 200 || status > 999) {
        end_error(t, code);
        return;
    }
    if (t->fetcher->proxy[0] && t->by_proxy_itself) { /* its word is not the origin's */
        snprintf(t->why, sizeof t->why, "the proxy answered %ld itself", status);
        end(t, 0, false);
        return;
    }
    if (!follow(t, status))
        end(t, (int)status, false);
    else if (!start_hop(t))
        end_error(t, CURLE_OUT_OF_MEMORY);
}

/* ---- starting and stopping ---- */

static bool add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *more = curl_slist_append(*list, line);
    if (more)
        *list = more;
    return more != NULL;
}

static bool add_validator(struct fetch *t, const char *name, struct slice value)
{
    char line[VALIDATOR_MAX];
    if (!value.n || value.n > sizeof line - 32)
        return true;
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < 0x20 || value.p[i] == 0x7F)
            return true;
    snprintf(line, sizeof line, "%s: %.*s", name, SLICE_FMT(value));
    return add_line(&t->validating, line);
}

static bool put_string(char *to, size_t size, struct slice from)
{
    if (from.n >= size)
        return false;
    if (from.n)
        memcpy(to, from.p, from.n);
    to[from.n] = '\0';
    return true;
}

struct fetch *fetch_start(struct fetcher *f, const struct fetch_request *r, fetch_done *done,
                          void *ctx)
{
    char agent[1024];
    struct fetch *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->fetcher = f;
    t->done = done;
    t->ctx = ctx;
    t->may_follow = r->may_follow;
    t->body_max = r->body_max;
    t->deadline_us = clock_mono_us() + f->options.timeout_ms * 1000ull;
    t->handle = (struct fetch_handle){ .easy = curl_easy_init(), .done = on_done, .ctx = t };
    buf_init(&t->head, FETCH_HEAD_MAX);
    buf_init(&t->body, r->body_max);
    if (!t->handle.easy || !put_string(t->url, sizeof t->url, r->url) ||
        !put_string(agent, sizeof agent, r->agent) ||
        !put_string(t->copy_url, sizeof t->copy_url, r->copy_url) ||
        !add_line(&t->plain, ACCEPTED) || !add_line(&t->validating, ACCEPTED) ||
        !add_validator(t, "If-None-Match", r->etag) ||
        !add_validator(t, "If-Modified-Since", r->last_modified) ||
        curl_easy_setopt(t->handle.easy, CURLOPT_USERAGENT, agent) != CURLE_OK || !start_hop(t)) {
        fetch_free(t);
        return NULL;
    }
    return t;
}

void fetch_cancel(struct fetch *t)
{
    fetch_free(t);
}

struct fetcher *fetcher_new(struct loop *loop, const struct fetch_options *o)
{
    struct fetcher *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->options = *o;
    put_string(f->proxy, sizeof f->proxy, slice_cstr(o->proxy));
    put_string(f->ca_file, sizeof f->ca_file, slice_cstr(o->ca_file));
    f->multi = fetch_multi_new(loop, o->keep);
    if (!f->multi) {
        free(f);
        return NULL;
    }
    return f;
}

void fetcher_free(struct fetcher *f)
{
    if (!f)
        return;
    fetch_multi_free(f->multi);
    free(f);
}
