/* SPDX-License-Identifier: Apache-2.0 */
/* outside.c - the order in which the proxy is looked at. */
#include "doctor/outside.h"

#include "core/clock.h"
#include "site/kinds.h"

#include <errno.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_ORIGIN "127.0.0.1:18180"
#define VISIT_SECONDS 6u
#define STALL_SECONDS 5u
#define ERRANDS_MAX 64
#define TOGETHER 32

/* --- errands: what is done at once ----------------------------------------- */

/* A crawler's own field: the proxy has to keep it from origins. */
#define CRAWL_FIELDS "X-Crawl-Programme: optout-doctor\r\nX-Crawl-Job: optout-doctor\r\n"
#define UPGRADE_FIELDS                                                                      \
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"                                   \
    "Sec-WebSocket-Key: b3B0b3V0IGRvY3RvciBvbmU=\r\n"

static const struct {
    int at;
    const char *name, *fields;
    bool tls;
    unsigned seconds;
    int after; /* the same thread makes that visit first; -1: none */
} errands[] = {
    { AT_RESERVED, "reserved", "", false, VISIT_SECONDS, -1 },
    { AT_FIELDS, "fields", CRAWL_FIELDS, false, VISIT_SECONDS, -1 },
    { AT_RANGE, "range", "Range: bytes=0-9\r\n", false, VISIT_SECONDS, -1 },
    { AT_UPGRADE, "upgrade", UPGRADE_FIELDS, false, VISIT_SECONDS, -1 },
    { AT_FORBIDDEN, "forbidden", "", false, VISIT_SECONDS, -1 },
    { AT_TLS_RESERVED, "reserved", "", true, VISIT_SECONDS, -1 },
    { AT_CODING + 0, "coding/none", "", false, VISIT_SECONDS, -1 },
    { AT_CODING + 1, "coding/gzip", "", false, VISIT_SECONDS, -1 },
    { AT_CODING + 2, "coding/gzip-members", "", false, VISIT_SECONDS, -1 },
    { AT_CODING + 3, "coding/br", "", false, VISIT_SECONDS, -1 },
    { AT_CODING + 4, "coding/zstd", "", false, VISIT_SECONDS, -1 },
    { AT_CODING + 5, "coding/gzip-br", "", false, VISIT_SECONDS, -1 },
    { AT_CODING + 6, "coding/mislabelled", "", false, VISIT_SECONDS, -1 },
    { AT_CODING + 7, "coding/unlabelled", "", false, VISIT_SECONDS, -1 },
    { AT_SIZES + 0, "size/65535", "", false, STALL_SECONDS, -1 },
    { AT_SIZES + 1, "size/65536", "", false, STALL_SECONDS, -1 },
    { AT_SIZES + 2, "size/1048576", "", false, STALL_SECONDS, -1 },
    { AT_SIZES + 3, "chunked/1048576", "", false, STALL_SECONDS, -1 },
    { AT_CACHE_1, "cacheable", "", false, VISIT_SECONDS, -1 },
    { AT_CACHE_2, "cacheable", "", false, VISIT_SECONDS, AT_CACHE_1 },
    { AT_GALLERY, "gallery", "", false, VISIT_SECONDS, -1 },
    { AT_PICTURE, "picture.svg", "", false, VISIT_SECONDS, AT_GALLERY },
};
#define ERRANDS (sizeof errands / sizeof *errands)

static void make_visit(struct outside *o, size_t i)
{
    outside_visit(o, &o->visit[errands[i].at], errands[i].name, errands[i].tls,
                  errands[i].fields, errands[i].seconds);
}

struct errand {
    pthread_t thread;
    struct outside *o;
    int number;
};

/* A visit, with those that follow it. */
static void *run_errand(void *arg)
{
    struct errand *e = arg;
    make_visit(e->o, (size_t)e->number);
    for (size_t i = 0; i < ERRANDS; i++)
        if (errands[i].after == errands[e->number].at)
            make_visit(e->o, i);
    return NULL;
}

static void *run_tunnels(void *arg)
{
    struct errand *e = arg;
    for (int i = 0; i < TUNNELS; i++)
        outside_tunnel(e->o, i);
    return NULL;
}

static void *run_together(void *arg)
{
    struct errand *e = arg;
    outside_visit(e->o, &e->o->visit[AT_TOGETHER + e->number], "together", false, "",
                  VISIT_SECONDS);
    return NULL;
}

/* As many as can be started; what cannot is a visit that was not made, and told as that. */
static size_t start(struct errand *e, size_t n, struct outside *o, int number,
                    void *(*run)(void *))
{
    e[n] = (struct errand){ .o = o, .number = number };
    return n + (n < ERRANDS_MAX && pthread_create(&e[n].thread, NULL, run, &e[n]) == 0);
}

static void join(struct errand *e, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pthread_join(e[i].thread, NULL);
}

static void make_visits(struct outside *o)
{
    struct errand e[ERRANDS_MAX + 1];
    size_t n = start(e, 0, o, 0, run_tunnels);
    for (size_t i = 0; i < ERRANDS; i++)
        if (errands[i].after < 0)
            n = start(e, n, o, (int)i, run_errand);
    join(e, n);
    outside_visit(o, &o->visit[AT_TOGETHER], "together", false, "", VISIT_SECONDS);
    n = 0;
    for (int i = 1; i <= TOGETHER; i++)
        n = start(e, n, o, i, run_together);
    join(e, n);
}

/* --- whether there is anything to look at ---------------------------------- */

/* The filter may not ask what is not public, but it learns what passes. */
static void teach_site(struct outside *o, bool tls)
{
    struct visit v = { .end = VISIT_WHOLE };
    for (unsigned k = 0; k < SITE_KIND_COUNT && v.end == VISIT_WHOLE; k++) {
        const char *path = site_kind_path((enum site_kind)k);
        if (path)
            outside_visit_path(o, &v, path, tls, 3);
    }
}

static void tell(struct outside *o, enum finding_id id, bool found, const char *what)
{
    struct buf text;
    buf_init(&text, FINDING_EVIDENCE_MAX);
    outside_print(o, &o->visit[AT_CLEAN], &text);
    buf_printf(&text, "%s%s", *what ? ": " : "", what);
    if (found)
        findings_found(o->d->findings, id, "%.*s", SLICE_FMT(buf_slice(&text)));
    else
        findings_unknown(o->d->findings, id, "%.*s", SLICE_FMT(buf_slice(&text)));
    buf_free(&text);
}

static bool is_refusal(const struct visit *v)
{
    return v->status == 403 || v->status == 407 || v->status == 401;
}

/* A page that nobody can mind comes through; else it is told why not. */
static bool gets_through(struct outside *o)
{
    struct visit *v = &o->visit[AT_CLEAN];
    outside_visit(o, v, "clean", false, "", VISIT_SECONDS);
    if (v->end == VISIT_NO_PROXY) {
        findings_found(o->d->findings, FOUND_PROXY_UNREACHABLE, "%s", o->d->options->proxy);
        return false;
    }
    findings_ok(o->d->findings, FOUND_PROXY_UNREACHABLE, "%s", o->d->options->proxy);
    if (strcmp(v->squid_error, "ERR_ICAP_FAILURE") == 0) {
        tell(o, FOUND_ICAP_UNREACHABLE, true, "");
        return false;
    }
    if (v->squid_error[0] || (is_refusal(v) && !v->tagged)) {
        tell(o, FOUND_ORIGIN_REFUSED, false, is_refusal(v) ? "the proxy does not allow it" : "");
        return false;
    }
    if (v->end != VISIT_WHOLE) {
        tell(o, FOUND_ORIGIN_REFUSED, false, "no whole answer");
        return false;
    }
    if (v->tagged && v->status == 503) {
        tell(o, FOUND_ORIGIN_REFUSED, false,
             "the filter does not know the site rules of the doctor's origin: robots.txt does "
             "not pass, or is not learned");
        return false;
    }
    findings_ok(o->d->findings, FOUND_ORIGIN_REFUSED, "http %d", v->status);
    return true;
}

/* --- what is needed for it ------------------------------------------------- */

static bool prepare_tls(struct outside *o)
{
    static const unsigned char protocols[] = "\x02h2\x08http/1.1";
    const char *ca = o->d->options->ca;
    o->tls = SSL_CTX_new(TLS_client_method());
    o->trust = X509_STORE_new();
    bool good = o->tls && o->trust &&
                SSL_CTX_set_alpn_protos(o->tls, protocols, sizeof protocols - 1) == 0 &&
                (ca ? X509_STORE_load_file(o->trust, ca) : X509_STORE_set_default_paths(o->trust)) ==
                    1;
    if (!good)
        findings_unknown(o->d->findings, FOUND_CA_NOT_TRUSTED, "%s holds no certificate",
                         ca ? ca : "the system's list");
    ERR_clear_error();
    return good;
}

static bool prepare_origin(struct outside *o)
{
    const struct doctor_options *given = o->d->options;
    struct origin_options how = { .name = given->origin_name, .cert_file = given->origin_cert,
                                  .end_us = o->d->end_us };
    const char *at = given->origin ? given->origin : DEFAULT_ORIGIN;
    char why[512];
    if (!wire_place_read(slice_cstr(at), 18180, &how.at)) {
        findings_unknown(o->d->findings, FOUND_ORIGIN_REFUSED, "%s is no ADDRESS:PORT", at);
        return false;
    }
    o->origin = origin_open(&how, why, sizeof why);
    if (!o->origin)
        findings_unknown(o->d->findings, FOUND_ORIGIN_REFUSED, "%s", why);
    return o->origin != NULL;
}

static void look(struct outside *o)
{
    struct log_mark *mark = outside_log_mark(o->d);
    teach_site(o, false);
    if (gets_through(o)) {
        teach_site(o, true);
        make_visits(o);
        outside_log_read(o, mark);
        outside_judge(o);
    }
    outside_log_free(mark);
}

void probe_proxy(struct doctor *d)
{
    struct outside *o = calloc(1, sizeof *o);
    struct slice rest;
    if (!o) {
        findings_unknown(d->findings, FOUND_ORIGIN_REFUSED, "memory is used up");
        return;
    }
    o->d = d;
    if (d->options->squid_conf)
        squid_port_find(d->options->squid_conf, &o->port);
    if (!wire_url_read(d->options->proxy, "http", 3128, &o->proxy, &rest))
        findings_found(d->findings, FOUND_PROXY_UNREACHABLE, "%s is no http://HOST:PORT",
                       d->options->proxy);
    else if (prepare_tls(o) && prepare_origin(o))
        look(o);
    origin_close(o->origin);
    X509_STORE_free(o->trust);
    SSL_CTX_free(o->tls);
    free(o);
}
