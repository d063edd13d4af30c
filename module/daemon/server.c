/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/server.h"

#include "core/clock.h"
#include "core/log.h"
#include "daemon/server_listen.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_PIECE 4096u
#define READ_ROUNDS 16        /* of one connection before the others have their turn */
#define KEEP_BUFFER (16u << 10) /* of an idle connection */
#define OUT_MAX (1u << 20)
#define ACCEPT_PAUSE_US 1000000 /* when descriptors are used up */
#define PATIENCE_US (10 * 1000000) /* for the rest of a message */
#define IN_ALL_MAX (64u << 20)  /* bytes of unfinished messages, of all connections */

struct connection {
    struct connection *older, *newer;
    struct server *server;
    struct watch watch;
    struct buf in, out;
    size_t counted; /* of in.size, in server.held */
    struct timer patience; /* while a message is unfinished */
    struct ask *ask;
    bool asking; /* an answer is owed: nothing is read before it */
    bool closing;
    uint32_t tag;
};

struct server {
    struct loop *loop;
    struct discovery *discovery;
    struct server_options options;
    char path[128];
    struct watch watch;
    struct timer pause;
    struct connection *newest;
    size_t n, held;
    dev_t dev; /* of the socket's file */
    ino_t ino;
    bool missed; /* it could not be made again: has been said */
};

static void connection_free(struct connection *c)
{
    struct server *s = c->server;
    if (c->ask)
        ask_leave(c->ask);
    loop_unwatch(s->loop, &c->watch);
    loop_timer_stop(s->loop, &c->patience);
    close(c->watch.fd);
    s->held -= c->counted;
    buf_free(&c->in);
    buf_free(&c->out);
    if (c->newer)
        c->newer->older = c->older;
    else
        s->newest = c->older;
    if (c->older)
        c->older->newer = c->newer;
    s->n--;
    free(c);
}

/* ---- answering ---- */

static void drop_front(struct buf *b, size_t n)
{
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
    if (!b->n && b->size > KEEP_BUFFER) {
        size_t limit = b->limit;
        buf_free(b);
        buf_init(b, limit);
    }
}

static bool flush(struct connection *c)
{
    while (c->out.n) {
        ssize_t n = send(c->watch.fd, c->out.p, c->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        drop_front(&c->out, (size_t)n);
    }
    return true;
}

static void reply(struct connection *c, struct slice word, const struct slice *text)
{
    struct message m = { .verb = MESSAGE_ANSWER, .tag = c->tag, .n = text ? 2 : 1 };
    m.field[0] = word;
    if (text)
        m.field[1] = *text;
    if (message_print(&m, &c->out) != OPTOUT_OK)
        c->closing = true;
}

/* What the connection waits for now. */
static void watch_for(struct connection *c)
{
    uint32_t events = EPOLLRDHUP | (c->asking ? 0u : (uint32_t)EPOLLIN) |
                      (c->out.n ? (uint32_t)EPOLLOUT : 0u);
    if (!loop_watch(c->server->loop, &c->watch, events))
        c->closing = true;
}

static bool take_messages(struct connection *c);

static void on_answer(void *ctx, const char *word, const char *text)
{
    struct connection *c = ctx;
    struct slice of = slice_cstr(text);
    bool later = c->ask != NULL; /* not from inside of discovery_ask */
    c->ask = NULL;
    c->asking = false;
    reply(c, slice_cstr(word), &of);
    if (!later)
        return;
    if (!take_messages(c) || !flush(c))
        c->closing = true;
    watch_for(c);
    if (c->closing)
        connection_free(c);
}

/* ---- questions ---- */

static bool on_ask(struct connection *c, const struct message *m)
{
    uint64_t wait_ms, age_s;
    struct inquiry_subject s = { m->verb == MESSAGE_ASK ? INQUIRY_ORIGIN : INQUIRY_LICENCE,
                                 m->field[0], m->field[1], m->field[2], 0 };
    if (m->n < 4 || m->n > 5 || !slice_to_u64(m->field[3], &wait_ms) ||
        (m->n == 5 && (!slice_to_u64(m->field[4], &age_s) || age_s > MESSAGE_AGE_MAX_S)))
        return false;
    if (m->n == 5)
        s.fresh_ms = clock_wall_ms() - (int64_t)age_s * 1000;
    c->asking = true;
    c->ask = discovery_ask(c->server->discovery, &s,
                           wait_ms < WAIT_MAX_MS_OF_ASK ? (unsigned)wait_ms : WAIT_MAX_MS_OF_ASK,
                           on_answer, c);
    return true;
}

static bool on_forget(struct connection *c, const struct message *m)
{
    struct slice none = SLICE_OF("");
    if (m->n != 1)
        return false;
    bool good = discovery_forget(c->server->discovery, m->field[0]);
    log_event_on(LOG_FORGOTTEN, m->field[0], "%s %.*s",
                 good ? "forgotten:" : "cannot be forgotten:", SLICE_FMT(m->field[0]));
    reply(c, slice_cstr(good ? "done" : "error"), &none);
    return true;
}

static bool on_status(struct connection *c)
{
    struct buf json;
    buf_init(&json, OUT_MAX / 2);
    c->server->options.status(c->server->options.ctx, &json);
    reply(c, buf_slice(&json), NULL);
    buf_free(&json);
    return true;
}

/* False: not a message that a peer may send. */
static bool on_message(struct connection *c, const struct message *m)
{
    const char *why;
    c->tag = m->tag;
    switch (m->verb) {
    case MESSAGE_ASK:
    case MESSAGE_ASK_LICENCE:
        return on_ask(c, m);
    case MESSAGE_LEARN:
        why = discovery_learn(c->server->discovery, m);
        if (why)
            log_event(LOG_NOT_TAKEN, "not learned: %s", why);
        return true;
    case MESSAGE_TERMS:
        why = c->server->options.terms(c->server->options.ctx, m);
        if (why)
            log_event(LOG_NOT_TAKEN, "terms not asked for: %s", why);
        return true;
    case MESSAGE_IMAGES:
    case MESSAGE_TERMS_READ:
        why = c->server->options.news(c->server->options.ctx, m);
        if (why)
            log_event(LOG_NOT_TAKEN, "not told to other nodes: %s", why);
        return true;
    case MESSAGE_FORGET:
        return on_forget(c, m);
    case MESSAGE_STATUS:
        return on_status(c);
    default:
        return false;
    }
}

static void on_patience_over(void *ctx)
{
    log_event(LOG_NOT_TAKEN, "cut off: a message is not finished");
    connection_free(ctx);
}

/* Not for ever, and not for everybody. */
static bool be_patient(struct connection *c)
{
    struct server *s = c->server;
    s->held += c->in.size - c->counted;
    c->counted = c->in.size;
    if (!c->in.n || c->asking) {
        loop_timer_stop(s->loop, &c->patience);
        return true;
    }
    if (s->held > IN_ALL_MAX && c->in.size > KEEP_BUFFER)
        return false;
    return c->patience.place || loop_timer(s->loop, &c->patience, PATIENCE_US);
}

/* Every whole message that is here, until an answer is owed. */
static bool take_messages(struct connection *c)
{
    size_t at = 0;
    bool good = true;
    while (good && !c->asking && at < c->in.n) {
        struct message m;
        size_t used = 0;
        enum optout_rc rc = message_read(slice_from(buf_slice(&c->in), at), &m, &used);
        if (rc == OPTOUT_MORE)
            break;
        good = rc == OPTOUT_OK && used > 0 && on_message(c, &m);
        at += used;
    }
    if (at) {
        drop_front(&c->in, at);
        loop_timer_stop(c->server->loop, &c->patience);
    }
    return good && be_patient(c);
}

/* ---- connections ---- */

/* False: the connection is over. */
static bool read_some(struct connection *c)
{
    for (int round = 0; round < READ_ROUNDS && !c->asking; round++) {
        uint8_t *room = buf_room(&c->in, c->in.limit - c->in.n < READ_PIECE
                                             ? c->in.limit - c->in.n : READ_PIECE);
        size_t want = room ? c->in.size - c->in.n : 0;
        if (want > c->in.limit - c->in.n)
            want = c->in.limit - c->in.n;
        if (!want)
            return false;
        ssize_t n = recv(c->watch.fd, room, want, MSG_DONTWAIT);
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        if (n == 0)
            return false;
        c->in.n += (size_t)n;
        if (!take_messages(c))
            return false;
    }
    return true;
}

static void on_connection(void *ctx, uint32_t events)
{
    struct connection *c = ctx;
    if (events & EPOLLIN)
        c->closing |= !read_some(c);
    else if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        c->closing = true;
    c->closing |= !flush(c);
    if (!c->closing)
        watch_for(c);
    if (c->closing)
        connection_free(c);
}

static bool connection_new(struct server *s, int fd)
{
    struct connection *c = s->n < s->options.connections ? calloc(1, sizeof *c) : NULL;
    if (!c)
        return false;
    c->server = s;
    c->watch = (struct watch){ .fd = fd, .ready = on_connection, .ctx = c };
    c->patience = (struct timer){ .fire = on_patience_over, .ctx = c };
    buf_init(&c->in, MESSAGE_MAX);
    buf_init(&c->out, OUT_MAX);
    c->older = s->newest;
    if (c->older)
        c->older->newer = c;
    s->newest = c;
    s->n++;
    watch_for(c);
    if (c->closing)
        connection_free(c);
    return true;
}

static void on_pause_over(void *ctx)
{
    struct server *s = ctx;
    loop_watch(s->loop, &s->watch, EPOLLIN);
}

static void on_listen(void *ctx, uint32_t events)
{
    struct server *s = ctx;
    (void)events;
    for (int fd; (fd = accept4(s->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;)
        if (!connection_new(s, fd))
            close(fd);
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        log_event(LOG_RESOURCES_LOW,
                  "no more connections for a while: descriptors or memory are used up");
        loop_unwatch(s->loop, &s->watch);
        loop_timer(s->loop, &s->pause, ACCEPT_PAUSE_US);
    }
}

/* ---- life ---- */

static void remember_file(struct server *s)
{
    struct stat st;
    bool there = lstat(s->path, &st) == 0;
    s->dev = there ? st.st_dev : 0;
    s->ino = there ? st.st_ino : 0;
}

static bool is_file_ours(const struct server *s)
{
    struct stat st;
    return lstat(s->path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino;
}

void server_look(struct server *s)
{
    char why[256];
    struct stat st;
    if (s->watch.fd < 0 || lstat(s->path, &st) == 0 || errno != ENOENT)
        return;
    int fd = server_listen(s->path, s->options.mode, s->options.group, why, sizeof why);
    if (fd < 0) {
        if (!s->missed)
            log_event_on(LOG_SOCKET, slice_cstr(s->path), "Socket: %s is gone, and %s", s->path,
                         why);
        s->missed = true;
        return;
    }
    on_listen(s, 0); /* those who came while it was there */
    loop_unwatch(s->loop, &s->watch);
    loop_timer_stop(s->loop, &s->pause);
    close(s->watch.fd);
    s->watch.fd = fd;
    s->missed = false;
    remember_file(s);
    log_event_on(LOG_SOCKET, slice_cstr(s->path), "Socket: %s was gone and is made again", s->path);
    if (!loop_watch(s->loop, &s->watch, EPOLLIN))
        loop_timer(s->loop, &s->pause, ACCEPT_PAUSE_US);
}

struct server *server_new(struct loop *loop, struct discovery *d, const struct server_options *o,
                          char *why, size_t why_size)
{
    int fd = server_listen(o->path, o->mode, o->group, why, why_size);
    if (fd < 0)
        return NULL;
    struct server *s = calloc(1, sizeof *s);
    if (s) {
        s->loop = loop;
        s->discovery = d;
        s->options = *o;
        memcpy(s->path, o->path, strlen(o->path) + 1);
        s->watch = (struct watch){ .fd = fd, .ready = on_listen, .ctx = s };
        s->pause = (struct timer){ .fire = on_pause_over, .ctx = s };
        remember_file(s);
        if (loop_watch(loop, &s->watch, EPOLLIN))
            return s;
    }
    static const char text[] = "out of memory";
    memcpy(why, text, sizeof text < why_size ? sizeof text : why_size);
    free(s);
    close(fd);
    unlink(o->path);
    return NULL;
}

void server_stop(struct server *s)
{
    if (s->watch.fd < 0)
        return;
    loop_unwatch(s->loop, &s->watch);
    loop_timer_stop(s->loop, &s->pause);
    close(s->watch.fd);
    s->watch.fd = -1;
    if (is_file_ours(s)) /* not that of one who came after it was removed */
        unlink(s->path);
}

void server_flush(struct server *s)
{
    for (struct connection *c = s->newest; c; c = c->older)
        (void)flush(c);
}

void server_free(struct server *s)
{
    if (!s)
        return;
    server_stop(s);
    while (s->newest)
        connection_free(s->newest);
    free(s);
}

size_t server_connections(const struct server *s)
{
    return s->n;
}
