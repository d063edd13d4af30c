/* SPDX-License-Identifier: Apache-2.0 */
/* share_conn.c - the life of a connection:
 *
 *   WAITING -> CONNECTING -> GREETING -> UP -> WAITING ...
 *
 * From the start of an attempt to UP no more than timeout_ms may pass, nor between a
 * command and its reply. Redis answers in order, so only the oldest is looked at. */
#include "daemon/share_conn.h"

#include "core/buf.h"
#include "core/clock.h"
#include "daemon/share_reader.h"
#include "daemon/share_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#define MAX_OPEN 65536u        /* commands without a reply yet */
#define MAX_UNSENT (64u << 20) /* bytes */
#define MAX_READS 32           /* pieces read before others have their turn */
#define READ_SIZE (64u << 10)
#define RETRY_FIRST_MS 100
#define RETRY_LAST_MS 30000
#define STEADY_MS 5000 /* up that long, the next attempts start from the shortest wait */
#define IDLE_MS 3600000 /* the timer is always set, so that to set it cannot fail */

#define KIND_GREETING UINT32_MAX

enum state { WAITING, CONNECTING, GREETING, UP };

struct open_command {
    unsigned kind;
    void *what;
    int64_t due_ms;
};

struct conn {
    struct conn_setup setup;
    enum state state;
    struct wire *wire;
    struct watch io; /* of the wire, from GREETING on */
    bool blocked;    /* the wire took not all of `out` */
    struct timer due; /* set from conn_new to conn_end */
    bool read_more; /* stopped before everything was read */
    int64_t due_ms; /* WAITING: the next attempt; else the end of this one */
    int64_t up_ms;
    unsigned attempts;
    struct share_reader *reader;
    struct buf out;
    size_t sent; /* bytes of `out` */
    struct open_command *open; /* a ring */
    size_t open_first, open_n, open_size;
    unsigned greetings; /* replies still to come */
    char why[256];
};

static bool is_open(const struct conn *c)
{
    return c->state == GREETING || c->state == UP;
}

int64_t share_now_ms(void)
{
    return (int64_t)(clock_mono_us() / 1000);
}

/* Half to all of the wait, so that a fleet does not come back at one moment. */
static int64_t next_wait(struct conn *c)
{
    int64_t wait = RETRY_FIRST_MS;
    for (unsigned i = 0; i < c->attempts && wait < RETRY_LAST_MS; i++)
        wait *= 2;
    if (wait > RETRY_LAST_MS)
        wait = RETRY_LAST_MS;
    c->attempts++;
    return wait / 2 + arc4random_uniform((uint32_t)(wait / 2 + 1));
}

static void close_socket(struct conn *c)
{
    loop_unwatch(c->setup.loop, &c->io);
    wire_close(c->wire);
    share_reader_free(c->reader);
    c->reader = NULL;
    buf_clear(&c->out);
    c->sent = 0;
    c->blocked = c->read_more = false;
}

static bool pop_open(struct conn *c, struct open_command *out)
{
    if (c->open_n == 0)
        return false;
    *out = c->open[c->open_first];
    c->open_first = (c->open_first + 1) % c->open_size;
    c->open_n--;
    return true;
}

static void reply_null_to_all(struct conn *c)
{
    struct open_command o;
    while (pop_open(c, &o))
        if (o.kind != KIND_GREETING)
            c->setup.reply(c->setup.ctx, o.kind, o.what, NULL);
}

static void drop(struct conn *c, enum conn_event e, const char *why)
{
    int64_t now = share_now_ms();
    bool was_up = c->state == UP;
    if (was_up && now - c->up_ms >= STEADY_MS)
        c->attempts = 0;
    close_socket(c);
    c->state = WAITING;
    c->due_ms = now + next_wait(c);
    c->greetings = 0;
    reply_null_to_all(c);
    c->setup.event(c->setup.ctx, was_up && e == CONN_AWAY ? CONN_LOST : e, why);
}

void conn_end(struct conn *c)
{
    if (!c)
        return;
    c->state = WAITING;
    close_socket(c);
    loop_timer_stop(c->setup.loop, &c->due);
    reply_null_to_all(c);
}

void conn_free(struct conn *c)
{
    if (!c)
        return;
    conn_end(c);
    wire_free(c->wire);
    buf_free(&c->out);
    free(c->open);
    free(c);
}

bool conn_is_up(const struct conn *c)
{
    return c->state == UP;
}

/* --- sending --- */

static bool grow_ring(struct conn *c)
{
    size_t size = c->open_size ? c->open_size * 2 : 64;
    struct open_command *p = size > MAX_OPEN ? NULL : malloc(size * sizeof *p);
    if (!p)
        return false;
    for (size_t i = 0; i < c->open_n; i++)
        p[i] = c->open[(c->open_first + i) % c->open_size];
    free(c->open);
    c->open = p;
    c->open_first = 0;
    c->open_size = size;
    return true;
}

#define MAX_ARGS 8

static bool put_command(struct conn *c, size_t argc, const struct slice *argv)
{
    const char *p[MAX_ARGS];
    size_t n[MAX_ARGS];
    char *text = NULL;
    for (size_t i = 0; i < argc; i++) {
        p[i] = argv[i].n ? (const char *)argv[i].p : "";
        n[i] = argv[i].n;
    }
    long long size = redisFormatCommandArgv(&text, (int)argc, p, n);
    if (size < 0)
        return false;
    enum optout_rc rc = buf_append(&c->out, text, (size_t)size);
    redisFreeCommand(text);
    c->out.failed = OPTOUT_OK;
    return rc == OPTOUT_OK;
}

static bool send_command(struct conn *c, unsigned kind, void *what, size_t argc,
                         const struct slice *argv)
{
    if (argc > MAX_ARGS || (c->open_n == c->open_size && !grow_ring(c)) ||
        !put_command(c, argc, argv))
        return false;
    c->open[(c->open_first + c->open_n++) % c->open_size] =
        (struct open_command){ kind, what, share_now_ms() + c->setup.timeout_ms };
    return true;
}

bool conn_send(struct conn *c, unsigned kind, void *what, size_t argc, const struct slice *argv)
{
    bool idle = c->sent == c->out.n;
    if (c->state != UP || !send_command(c, kind, what, argc, argv))
        return false;
    if (idle) /* what is sent until the loop goes on leaves in one piece */
        loop_timer(c->setup.loop, &c->due, 0);
    return true;
}

/* All at once; the reply to each is looked at. PING shows whether commands are
 * answered at all: without a password Redis accepts anybody and then says NOAUTH. */
static bool greet(struct conn *c)
{
    const struct share_address *a = c->setup.address;
    char db[16];
    snprintf(db, sizeof db, "%u", a->db);
    struct slice auth[3] = { SLICE("AUTH") };
    size_t n = 1;
    if (a->user[0])
        auth[n++] = slice_cstr(a->user);
    auth[n++] = slice_cstr(a->password);
    const struct slice select[] = { SLICE("SELECT"), slice_cstr(db) };
    const struct slice subscribe[] = { SLICE("SUBSCRIBE"), slice_cstr(c->setup.channel) };
    const struct slice ping[] = { SLICE("PING") };
    size_t before = c->open_n;
    bool good = true;
    if (a->password[0] || a->user[0])
        good = send_command(c, KIND_GREETING, NULL, n, auth);
    if (a->db)
        good = good && send_command(c, KIND_GREETING, NULL, 2, select);
    if (c->setup.channel)
        good = good && send_command(c, KIND_GREETING, NULL, 2, subscribe);
    else
        good = good && send_command(c, KIND_GREETING, NULL, 1, ping);
    c->greetings = (unsigned)(c->open_n - before);
    return good;
}

/* --- connecting --- */

static void away(struct conn *c, const char *what, int error)
{
    snprintf(c->why, sizeof c->why, "%.100s: %.100s", what, strerror(error));
    drop(c, CONN_AWAY, c->why);
}

static void begin_greeting(struct conn *c)
{
    c->state = GREETING;
    c->reader = share_reader_new(c->setup.reply_max);
    if (!c->reader || !greet(c))
        away(c, "greeting", ENOMEM);
}

static void work(struct conn *c, uint32_t ready);

static void on_opened(void *ctx, enum wire_result r)
{
    struct conn *c = ctx;
    if (r == WIRE_OPEN)
        begin_greeting(c);
    else
        drop(c, r == WIRE_AWAY ? CONN_AWAY : CONN_REFUSED, wire_why(c->wire));
    work(c, 0);
}

static void begin_attempt(struct conn *c)
{
    c->due_ms = share_now_ms() + c->setup.timeout_ms;
    c->state = CONNECTING;
    if (!wire_open(c->wire))
        away(c, "connect", ENOMEM);
}

/* --- bytes --- */

static void write_out(struct conn *c)
{
    while (c->sent < c->out.n) {
        const uint8_t *p = c->out.p + c->sent;
        size_t n = c->out.n - c->sent;
        ssize_t k = wire_write(c->wire, p, n);
        if (k < 0) {
            c->blocked = errno == EAGAIN;
            if (!c->blocked)
                drop(c, CONN_AWAY, wire_why(c->wire));
            return;
        }
        c->sent += (size_t)k;
    }
    c->blocked = false;
    buf_clear(&c->out);
    c->sent = 0;
    if (c->out.size > 4 * READ_SIZE) /* a burst need not keep its memory */
        buf_free(&c->out);
}

static void take_greeting(struct conn *c, const redisReply *r)
{
    static const char no_permission[] = "NOPERM";
    bool last = --c->greetings == 0;
    /* Whoever may not PING is a user who was let in all the same. */
    bool ping = last && !c->setup.channel;
    if (r->type == REDIS_REPLY_ERROR && !(ping && strncmp(r->str, no_permission, 6) == 0)) {
        snprintf(c->why, sizeof c->why, "%.*s", (int)(r->len < 200 ? r->len : 200), r->str);
        drop(c, CONN_REFUSED, c->why);
        return;
    }
    if (last) {
        c->state = UP;
        c->up_ms = share_now_ms();
        c->setup.event(c->setup.ctx, CONN_UP, "");
    }
}

static void take_reply(struct conn *c, const redisReply *r)
{
    struct open_command o = { .kind = CONN_PUSHED };
    /* To a subscriber the first reply is that of SUBSCRIBE, all later ones messages. */
    if (!pop_open(c, &o) && !c->setup.channel)
        drop(c, CONN_AWAY, "a reply to nothing");
    else if (o.kind == KIND_GREETING)
        take_greeting(c, r);
    else
        c->setup.reply(c->setup.ctx, o.kind, o.what, r);
}

static void take_replies(struct conn *c)
{
    redisReply *r = NULL;
    while (is_open(c)) {
        if (!share_reader_next(c->reader, &r)) {
            drop(c, CONN_AWAY, share_reader_why());
            return;
        }
        if (!r)
            return;
        take_reply(c, r);
        freeReplyObject(r);
    }
}

static void read_in(struct conn *c)
{
    char piece[READ_SIZE];
    for (int i = 0; i < MAX_READS && is_open(c); i++) {
        ssize_t k = wire_read(c->wire, piece, sizeof piece);
        if (k < 0 && errno == EAGAIN) {
            c->read_more = false;
            return;
        }
        if (k < 0) {
            drop(c, CONN_AWAY, wire_why(c->wire));
            return;
        }
        if (k == 0) {
            drop(c, CONN_AWAY, "closed by the server");
            return;
        }
        if (!share_reader_feed(c->reader, piece, (size_t)k)) {
            drop(c, CONN_AWAY, share_reader_why());
            return;
        }
        take_replies(c);
    }
    /* TLS may hold bytes that epoll does not know of. */
    c->read_more = is_open(c);
}

/* --- the loop's side --- */

static void work_on_io(struct conn *c, uint32_t ready)
{
    if (ready || c->read_more)
        read_in(c);
    /* Also when not ready for it: what was sent since goes out at once. */
    if (is_open(c) && c->sent < c->out.n)
        write_out(c);
}

/* UP: of the oldest command; before: of the attempt; WAITING: of the next one. */
static int64_t deadline(const struct conn *c)
{
    if (c->state != UP)
        return c->due_ms;
    return c->open_n ? c->open[c->open_first].due_ms : INT64_MAX;
}

static void wait_again(struct conn *c)
{
    if (is_open(c) && !c->io.events)
        c->io.fd = wire_fd(c->wire);
    if (is_open(c) && !loop_watch(c->setup.loop, &c->io,
                                  EPOLLIN | (c->blocked ? (uint32_t)EPOLLOUT : 0u)))
        away(c, "waiting", errno);
    int64_t wait = c->read_more ? 0 : deadline(c) - share_now_ms();
    wait = wait < 0 ? 0 : wait > IDLE_MS ? IDLE_MS : wait;
    loop_timer(c->setup.loop, &c->due, (uint64_t)wait * 1000);
}

static void work(struct conn *c, uint32_t ready)
{
    if (c->state == WAITING && share_now_ms() >= c->due_ms)
        begin_attempt(c);
    if (is_open(c))
        work_on_io(c, ready);
    if (c->state != WAITING && share_now_ms() >= deadline(c))
        drop(c, CONN_AWAY, "no answer in time");
    wait_again(c);
}

bool conn_flush(struct conn *c, int64_t until_ms)
{
    if (c->state != UP)
        return true;
    work(c, 0);
    while (c->state == UP && c->open_n && share_now_ms() < until_ms) {
        int64_t wait = (deadline(c) < until_ms ? deadline(c) : until_ms) - share_now_ms();
        struct pollfd p = { .fd = wire_fd(c->wire),
                            .events = (short)(POLLIN | (c->blocked ? POLLOUT : 0)) };
        int n = poll(&p, 1, c->read_more || wait < 0 ? 0 : (int)wait);
        work(c, n > 0 && (p.revents & ~POLLOUT) ? EPOLLIN : 0);
    }
    return c->state == UP && c->open_n == 0;
}

static void on_ready(void *ctx, uint32_t events)
{
    work(ctx, events);
}

static void on_due(void *ctx)
{
    struct conn *c = ctx;
    loop_timer(c->setup.loop, &c->due, 0); /* holds its place: later it is only moved */
    work(c, 0);
}

struct conn *conn_new(const struct conn_setup *setup)
{
    struct conn *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    struct wire_setup wire = { setup->loop, setup->address, setup->ca_file, setup->timeout_ms,
                               on_opened, c };
    c->setup = *setup;
    c->due_ms = share_now_ms();
    c->io = (struct watch){ .ready = on_ready, .ctx = c };
    c->due = (struct timer){ .fire = on_due, .ctx = c };
    buf_init(&c->out, MAX_UNSENT);
    c->wire = wire_new(&wire);
    if (c->wire && loop_timer(setup->loop, &c->due, 0))
        return c;
    wire_free(c->wire);
    free(c);
    return NULL;
}
