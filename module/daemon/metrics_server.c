/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/metrics_server.h"

#include "core/clock.h"
#include "core/log.h"
#include "daemon/listen_address.h"
#include "daemon/metrics_request.h"
#include "daemon/server_listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 16
#define PATIENCE_US (5 * 1000000) /* for a request, and for taking its answer */
#define ACCEPT_PAUSE_US 1000000   /* when descriptors are used up */
#define TEXT_MAX (1u << 20)

struct client {
    struct client *older;
    struct metrics_server *server;
    struct watch watch;
    struct timer patience;
    uint8_t head[METRICS_HEAD_MAX];
    size_t n; /* bytes of it */
    struct buf out;
    size_t sent;
    bool answered; /* what still comes is thrown away, so that the answer is not reset */
};

struct metrics_server {
    struct loop *loop;
    struct metrics_server_options options;
    struct listen_address address;
    struct watch watch; /* fd -1: does not listen */
    struct timer pause;
    struct client *newest;
    size_t n;
    uint64_t second; /* and the answers of it */
    unsigned answers;
    dev_t dev; /* of a local socket's file */
    ino_t ino;
    bool said; /* that it cannot listen */
};

static void client_free(struct client *c)
{
    struct metrics_server *s = c->server;
    struct client **at = &s->newest;
    while (*at != c)
        at = &(*at)->older;
    *at = c->older;
    s->n--;
    loop_unwatch(s->loop, &c->watch);
    loop_timer_stop(s->loop, &c->patience);
    close(c->watch.fd);
    buf_free(&c->out);
    free(c);
}

/* ---- answering ---- */

static const char *reason_of(unsigned status)
{
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 431: return "Request Header Fields Too Large";
    default: return "Service Unavailable";
    }
}

static bool may_answer(struct metrics_server *s)
{
    uint64_t now = clock_mono_us() / 1000000;
    if (now != s->second)
        s->answers = 0;
    s->second = now;
    return s->answers++ < METRICS_A_SECOND;
}

static void answer(struct client *c, struct metrics_request r)
{
    struct metrics_server *s = c->server;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    if (r.status == 200 &&
        (!may_answer(s) || !s->options.print(s->options.ctx, &text) || text.failed != OPTOUT_OK)) {
        r.status = 503;
        buf_clear(&text);
    }
    if (r.status != 200)
        buf_printf(&text, "%u %s\n%s", r.status, reason_of(r.status),
                   r.status == 404 ? "There is /metrics.\n" : "");
    buf_printf(&c->out,
               "HTTP/1.1 %u %s\r\nContent-Type: text/plain; %scharset=utf-8\r\n"
               "Content-Length: %zu\r\nCache-Control: no-store\r\n"
               "X-Content-Type-Options: nosniff\r\n%s%sConnection: close\r\n\r\n",
               r.status, reason_of(r.status), r.status == 200 ? "version=0.0.4; " : "", text.n,
               r.status == 405 ? "Allow: GET, HEAD\r\n" : "",
               r.status == 503 ? "Retry-After: 1\r\n" : "");
    if (!r.head)
        buf_append(&c->out, text.p, text.n);
    buf_free(&text);
    c->answered = true;
    (void)loop_timer(s->loop, &c->patience, PATIENCE_US); /* it is set: moving takes nothing */
}

/* False: the connection is over. */
static bool send_some(struct client *c)
{
    while (c->sent < c->out.n) {
        ssize_t n = send(c->watch.fd, c->out.p + c->sent, c->out.n - c->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        c->sent += (size_t)n;
        if (c->sent == c->out.n)
            (void)shutdown(c->watch.fd, SHUT_WR);
    }
    return true;
}

/* ---- reading ---- */

/* False: the connection is over. One read a turn: others have theirs. */
static bool read_some(struct client *c)
{
    uint8_t thrown_away[METRICS_HEAD_MAX];
    struct metrics_request r;
    uint8_t *to = c->answered ? thrown_away : c->head + c->n;
    size_t room = c->answered ? sizeof thrown_away : sizeof c->head - c->n;
    ssize_t n = recv(c->watch.fd, to, room, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (n == 0)
        return false;
    if (c->answered)
        return true;
    c->n += (size_t)n;
    if (metrics_request_read(slice_of(c->head, c->n), &r) == OPTOUT_OK)
        answer(c, r);
    return true;
}

static void on_client(void *ctx, uint32_t events)
{
    struct client *c = ctx;
    bool good = true;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        good = read_some(c);
    good = good && (!c->answered || send_some(c));
    uint32_t wanted = EPOLLIN | (c->sent < c->out.n ? (uint32_t)EPOLLOUT : 0u);
    if (!good || !loop_watch(c->server->loop, &c->watch, wanted))
        client_free(c);
}

static void on_patience_over(void *ctx)
{
    client_free(ctx);
}

/* ---- connections ---- */

/* The one that has been asking longest without having asked; NULL: all are being answered. */
static struct client *slowest(struct metrics_server *s)
{
    struct client *found = NULL;
    for (struct client *c = s->newest; c; c = c->older)
        if (!c->answered || c->sent == c->out.n)
            found = c;
    return found;
}

static bool client_new(struct metrics_server *s, int fd)
{
    struct client *slow = s->n >= METRICS_CLIENTS_MAX ? slowest(s) : NULL;
    if (slow)
        client_free(slow);
    struct client *c = s->n < METRICS_CLIENTS_MAX ? calloc(1, sizeof *c) : NULL;
    if (!c)
        return false;
    c->server = s;
    c->watch = (struct watch){ .fd = fd, .ready = on_client, .ctx = c };
    c->patience = (struct timer){ .fire = on_patience_over, .ctx = c };
    buf_init(&c->out, TEXT_MAX + METRICS_HEAD_MAX);
    c->older = s->newest;
    s->newest = c;
    s->n++;
    if (!loop_timer(s->loop, &c->patience, PATIENCE_US) ||
        !loop_watch(s->loop, &c->watch, EPOLLIN))
        client_free(c);
    return true;
}

static void on_pause_over(void *ctx)
{
    struct metrics_server *s = ctx;
    if (s->watch.fd >= 0)
        (void)loop_watch(s->loop, &s->watch, EPOLLIN);
}

static void on_listen(void *ctx, uint32_t events)
{
    struct metrics_server *s = ctx;
    (void)events;
    for (int i = 0; i < METRICS_CLIENTS_MAX; i++) { /* then the others have their turn */
        int fd = accept4(s->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0 && !client_new(s, fd))
            close(fd);
        if (fd >= 0)
            continue;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            loop_unwatch(s->loop, &s->watch);
            loop_timer(s->loop, &s->pause, ACCEPT_PAUSE_US);
        }
        return;
    }
}

/* ---- listening ---- */

static int listen_tcp(const struct listen_address *a, char *why, size_t why_size)
{
    int on = 1;
    int fd = socket(a->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, (const struct sockaddr *)&a->address, a->size) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    snprintf(why, why_size, "%s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static void remember_file(struct metrics_server *s)
{
    struct stat st;
    bool there = s->address.kind == LISTEN_PATH && lstat(s->options.listen, &st) == 0;
    s->dev = there ? st.st_dev : 0;
    s->ino = there ? st.st_ino : 0;
}

/* With the port that it has become, where any would do. */
static void tell_place(const struct metrics_server *s)
{
    struct sockaddr_storage a;
    socklen_t size = sizeof a;
    char port[8];
    const char *listen = s->options.listen, *colon = strrchr(listen, ':');
    if (s->address.kind != LISTEN_TCP ||
        getsockname(s->watch.fd, (struct sockaddr *)&a, &size) != 0 ||
        getnameinfo((const struct sockaddr *)&a, size, NULL, 0, port, sizeof port,
                    NI_NUMERICSERV) != 0)
        log_note("metrics on %s", listen);
    else
        log_note("metrics on %.*s:%s", (int)(colon - listen), listen, port);
}

static void begin_to_listen(struct metrics_server *s)
{
    char why[256] = "";
    int fd = s->address.kind == LISTEN_PATH
                 ? server_listen(s->options.listen, s->options.mode, s->options.group, why,
                                 sizeof why)
                 : listen_tcp(&s->address, why, sizeof why);
    s->watch.fd = fd;
    if (fd >= 0 && !loop_watch(s->loop, &s->watch, EPOLLIN)) {
        snprintf(why, sizeof why, "%s", strerror(errno));
        close(fd);
        s->watch.fd = -1;
    }
    if (s->watch.fd >= 0) {
        remember_file(s);
        s->said = false;
        tell_place(s);
    } else if (!s->said) {
        s->said = true;
        log_event(LOG_METRICS, "MetricsListen: %s: %s; it is tried again", s->options.listen, why);
    }
}

struct metrics_server *metrics_server_new(struct loop *l, const struct metrics_server_options *o)
{
    struct metrics_server *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->loop = l;
    s->options = *o;
    s->watch = (struct watch){ .fd = -1, .ready = on_listen, .ctx = s };
    s->pause = (struct timer){ .fire = on_pause_over, .ctx = s };
    (void)listen_address_read(o->listen, &s->address);
    metrics_server_look(s);
    return s;
}

static bool is_file_ours(const struct metrics_server *s)
{
    struct stat st;
    return s->ino && lstat(s->options.listen, &st) == 0 && st.st_dev == s->dev &&
           st.st_ino == s->ino;
}

static void stop_listening(struct metrics_server *s)
{
    if (s->watch.fd < 0)
        return;
    loop_unwatch(s->loop, &s->watch);
    close(s->watch.fd);
    s->watch.fd = -1;
    if (is_file_ours(s))
        unlink(s->options.listen);
}

void metrics_server_look(struct metrics_server *s)
{
    if (s->address.kind == LISTEN_OFF)
        return;
    if (s->address.kind == LISTEN_PATH && s->watch.fd >= 0 && !is_file_ours(s))
        stop_listening(s); /* somebody removed its file */
    if (s->watch.fd < 0)
        begin_to_listen(s);
}

void metrics_server_free(struct metrics_server *s)
{
    if (!s)
        return;
    while (s->newest)
        client_free(s->newest);
    loop_timer_stop(s->loop, &s->pause);
    stop_listening(s);
    free(s);
}
