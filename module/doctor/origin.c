/* SPDX-License-Identifier: Apache-2.0 */
/* origin.c - listens, and gives each connection a thread of its own. */
#include "doctor/origin.h"

#include "core/clock.h"
#include "doctor/origin_key.h"
#include "http/exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIES 20         /* for two ports that nobody has */
#define NAME_MAX_BYTES 96
#define LINGER_US 500000 /* that the other end may take to read what it was sent */
#define REPLY_MAX (4u << 20)

struct seen {
    char name[NAME_MAX_BYTES];
    unsigned times;
    struct buf head; /* of the last */
};

struct visitor {
    struct origin *origin;
    bool tls;
    bool used;
    int fd;
    pthread_t thread;
};

struct origin {
    struct wire_place place[2]; /* of http, of https */
    int listener[2];
    char name[256];
    char token[ORIGIN_TOKEN_MAX];
    uint64_t end_us;
    SSL_CTX *tls;
    pthread_t thread;
    bool running;
    int wake[2]; /* a pipe: closed when there is no more to do */
    pthread_mutex_t lock; /* of all below */
    struct seen seen[ORIGIN_SEEN_MAX];
    size_t n_seen;
    struct visitor visitor[ORIGIN_CONNECTIONS];
};

/* --- what was seen --------------------------------------------------------- */

static struct seen *find_seen(struct origin *o, struct slice name)
{
    for (size_t i = 0; i < o->n_seen; i++)
        if (slice_eq(slice_cstr(o->seen[i].name), name))
            return &o->seen[i];
    return NULL;
}

static void note(struct origin *o, struct slice name, struct slice head)
{
    name = slice_sub(name, 0, NAME_MAX_BYTES - 1);
    pthread_mutex_lock(&o->lock);
    struct seen *s = find_seen(o, name);
    if (!s && o->n_seen < ORIGIN_SEEN_MAX) {
        s = &o->seen[o->n_seen++];
        snprintf(s->name, sizeof s->name, "%.*s", SLICE_FMT(name));
        buf_init(&s->head, ORIGIN_HEAD_MAX);
    }
    if (s) {
        s->times++;
        buf_clear(&s->head);
        (void)buf_append(&s->head, head.p, head.n);
    }
    pthread_mutex_unlock(&o->lock);
}

unsigned origin_count(struct origin *o, const char *what)
{
    pthread_mutex_lock(&o->lock);
    const struct seen *s = find_seen(o, slice_cstr(what));
    unsigned times = s ? s->times : 0;
    pthread_mutex_unlock(&o->lock);
    return times;
}

void origin_seen(struct origin *o, const char *what, struct buf *head)
{
    pthread_mutex_lock(&o->lock);
    const struct seen *s = find_seen(o, slice_cstr(what));
    if (s)
        (void)buf_append(head, s->head.p, s->head.n);
    pthread_mutex_unlock(&o->lock);
}

/* --- one connection -------------------------------------------------------- */

static bool ends_head(struct slice s)
{
    return slice_find_nocase(s, SLICE_OF("\r\n\r\n")) < s.n;
}

static void read_head(struct wire *w, struct buf *head)
{
    uint8_t bytes[4096];
    while (!ends_head(buf_slice(head))) {
        ssize_t n = wire_read(w, bytes, sizeof bytes);
        if (n <= 0 || buf_append(head, bytes, (size_t)n) != OPTOUT_OK)
            return;
        if (!ascii_is_alpha(head->p[0]))
            return; /* no method begins so */
    }
}

/* "/optout-doctor/TOKEN/NAME" and "/optout-doctor/forbidden/TOKEN" */
static struct slice case_of(const struct origin *o, struct slice path)
{
    struct slice token = slice_cstr(o->token);
    struct slice before = SLICE_OF(ORIGIN_PATH), forbidden = SLICE_OF(ORIGIN_FORBIDDEN);
    if (slice_starts_nocase(path, forbidden) &&
        slice_eq(slice_from(path, forbidden.n), token))
        return SLICE_OF("forbidden");
    if (!slice_starts_nocase(path, before))
        return SLICE_EMPTY;
    path = slice_from(path, before.n);
    if (!slice_starts_nocase(path, token) || path.n <= token.n || path.p[token.n] != '/')
        return SLICE_EMPTY;
    return slice_from(path, token.n + 1);
}

static void serve(struct origin *o, struct wire *w)
{
    struct buf head, out;
    struct slice method, path;
    unsigned minor;
    buf_init(&head, ORIGIN_HEAD_MAX);
    buf_init(&out, REPLY_MAX);
    read_head(w, &head);
    struct slice all = buf_slice(&head);
    size_t line = slice_find(all, '\n');
    struct slice first = slice_trim_space(slice_sub(all, 0, line));
    if (!ends_head(all) || !exchange_request_line(first, &method, &path, &minor)) {
        if (all.n)
            note(o, SLICE_OF("raw"), all);
    } else if (!origin_site_answer(path, &out)) {
        struct slice name = case_of(o, path);
        note(o, name, all);
        origin_answer(name, slice_from(all, line + 1), &out);
    }
    if (out.failed != OPTOUT_OK || !wire_write(w, buf_slice(&out)))
        w->end_us = 0; /* whoever did not take it need not be waited for */
    buf_free(&head);
    buf_free(&out);
}

/* Bytes that are no TLS are looked at as they are, not as a failed handshake. */
static bool begins_tls(const struct wire *w)
{
    uint8_t first = 0;
    struct pollfd p = { .fd = w->fd, .events = POLLIN };
    uint64_t now = clock_mono_us();
    int ms = w->end_us > now ? (int)((w->end_us - now) / 1000) : 0;
    return poll(&p, 1, ms) == 1 && recv(w->fd, &first, 1, MSG_PEEK) == 1 && first == 0x16;
}

/* Closing at once would take from the other end what it has not read yet. */
static void close_gently(struct wire *w)
{
    uint8_t bytes[4096];
    if (w->ssl)
        (void)SSL_shutdown(w->ssl);
    (void)shutdown(w->fd, SHUT_WR);
    uint64_t end = clock_mono_us() + LINGER_US;
    w->end_us = end < w->end_us ? end : w->end_us;
    SSL_free(w->ssl);
    w->ssl = NULL;
    while (wire_read(w, bytes, sizeof bytes) > 0)
        continue;
    wire_close(w);
}

static void *visit(void *arg)
{
    struct visitor *v = arg;
    struct origin *o = v->origin;
    struct wire w;
    int fd = dup(v->fd); /* theirs is shut down by whoever closes the origin */
    if (fd >= 0 && wire_take(&w, fd, o->end_us)) {
        bool plain = !v->tls || !begins_tls(&w);
        if (plain || wire_shake(&w, o->tls, NULL))
            serve(o, &w);
        close_gently(&w);
    } else if (fd >= 0) {
        close(fd);
    }
    pthread_mutex_lock(&o->lock);
    close(v->fd);
    v->fd = -1;
    pthread_mutex_unlock(&o->lock);
    return NULL;
}

/* --- all of them ----------------------------------------------------------- */

/* A place whose visitor has gone; NULL: all are taken. */
static struct visitor *free_place(struct origin *o)
{
    for (size_t i = 0; i < ORIGIN_CONNECTIONS; i++) {
        struct visitor *v = &o->visitor[i];
        pthread_mutex_lock(&o->lock);
        bool gone = v->used && v->fd < 0;
        pthread_mutex_unlock(&o->lock);
        if (gone)
            pthread_join(v->thread, NULL);
        v->used &= !gone;
        if (!v->used)
            return v;
    }
    return NULL;
}

static void let_in(struct origin *o, int fd, bool tls)
{
    struct visitor *v = free_place(o);
    if (!v) {
        close(fd);
        return;
    }
    *v = (struct visitor){ .origin = o, .tls = tls, .used = true, .fd = fd };
    if (pthread_create(&v->thread, NULL, visit, v) != 0) {
        close(fd);
        v->used = false;
    }
}

static void *listen_on(void *arg)
{
    struct origin *o = arg;
    for (;;) {
        struct pollfd p[3] = { { .fd = o->listener[0], .events = POLLIN },
                               { .fd = o->listener[1], .events = POLLIN },
                               { .fd = o->wake[0], .events = POLLIN } };
        if (poll(p, 3, -1) < 0 && errno != EINTR)
            return NULL;
        if (p[2].revents)
            return NULL;
        for (int i = 0; i < 2; i++) {
            int fd = p[i].revents ? accept4(p[i].fd, NULL, NULL, SOCK_CLOEXEC) : -1;
            if (fd >= 0)
                let_in(o, fd, i == 1);
        }
    }
}

/* --- opening and closing --------------------------------------------------- */

static int listen_at(const struct wire_place *at, uint16_t port, uint16_t *got)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICHOST };
    struct addrinfo *a;
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    char text[8];
    int on = 1;
    snprintf(text, sizeof text, "%u", port);
    if (getaddrinfo(at->host, text, &hints, &a) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 128) == 0 &&
                getsockname(fd, (struct sockaddr *)&bound, &size) == 0;
    int error = errno;
    freeaddrinfo(a);
    if (!good) {
        if (fd >= 0)
            close(fd);
        errno = error;
        return -1;
    }
    *got = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                             : ((struct sockaddr_in *)&bound)->sin_port);
    return fd;
}

static bool listen_both(struct origin *o, const struct wire_place *at)
{
    for (int i = 0; i < TRIES; i++) {
        o->place[0] = o->place[1] = *at;
        o->listener[0] = listen_at(at, at->port, &o->place[0].port);
        if (o->listener[0] < 0)
            return false;
        o->listener[1] = listen_at(at, (uint16_t)(o->place[0].port + 1), &o->place[1].port);
        if (o->listener[1] >= 0)
            return true;
        int error = errno;
        close(o->listener[0]);
        o->listener[0] = -1;
        errno = error;
        if (at->port)
            return false;
    }
    return false;
}

static bool make_token(char token[ORIGIN_TOKEN_MAX])
{
    uint8_t bytes[8];
    if (getentropy(bytes, sizeof bytes) < 0)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

struct origin *origin_open(const struct origin_options *options, char *why, size_t why_size)
{
    struct origin *o = calloc(1, sizeof *o);
    snprintf(why, why_size, "memory is used up");
    if (!o)
        return NULL;
    pthread_mutex_init(&o->lock, NULL);
    o->listener[0] = o->listener[1] = o->wake[0] = o->wake[1] = -1;
    o->end_us = options->end_us;
    snprintf(o->name, sizeof o->name, "%s", options->name ? options->name : options->at.host);
    o->tls = origin_key_context(options->cert_file, o->name);
    if (!o->tls) {
        snprintf(why, why_size, "no certificate and key in %s",
                 options->cert_file ? options->cert_file : "memory");
    } else if (!listen_both(o, &options->at)) {
        snprintf(why, why_size, "cannot listen at %s, ports %u and %u: %s", options->at.host,
                 options->at.port, options->at.port + 1u, strerror(errno));
    } else if (pipe(o->wake) == 0 && make_token(o->token)) {
        o->running = pthread_create(&o->thread, NULL, listen_on, o) == 0;
    }
    if (o->running)
        return o;
    origin_close(o);
    return NULL;
}

void origin_close(struct origin *o)
{
    if (!o)
        return;
    if (o->wake[1] >= 0)
        close(o->wake[1]);
    if (o->running)
        pthread_join(o->thread, NULL);
    for (size_t i = 0; i < ORIGIN_CONNECTIONS; i++) {
        struct visitor *v = &o->visitor[i];
        pthread_mutex_lock(&o->lock);
        if (v->used && v->fd >= 0)
            (void)shutdown(v->fd, SHUT_RDWR);
        pthread_mutex_unlock(&o->lock);
        if (v->used)
            pthread_join(v->thread, NULL);
    }
    for (int i = 0; i < 2; i++)
        if (o->listener[i] >= 0)
            close(o->listener[i]);
    if (o->wake[0] >= 0)
        close(o->wake[0]);
    for (size_t i = 0; i < o->n_seen; i++)
        buf_free(&o->seen[i].head);
    SSL_CTX_free(o->tls);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

/* --- what it is ------------------------------------------------------------ */

const char *origin_token(const struct origin *o)
{
    return o->token;
}

void origin_url(const struct origin *o, bool tls, struct buf *out)
{
    bool six = strchr(o->name, ':') != NULL;
    buf_printf(out, "%s://%s%s%s:%u", tls ? "https" : "http", six ? "[" : "", o->name,
               six ? "]" : "", o->place[tls].port);
}

struct wire_place origin_place(const struct origin *o, bool tls)
{
    struct wire_place place = o->place[tls];
    snprintf(place.host, sizeof place.host, "%s", o->name);
    return place;
}

bool origin_certificate(const struct origin *o, uint8_t sha256[32])
{
    const X509 *cert = SSL_CTX_get0_certificate(o->tls);
    unsigned n = 32;
    return cert && X509_digest(cert, EVP_sha256(), sha256, &n) == 1;
}
