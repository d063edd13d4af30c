/* SPDX-License-Identifier: Apache-2.0 */
/* soak_origin - the origin of a soak: it answers each exchange as its row says, with the breaks,
 * pauses and garbage of it, and keeps a ledger of what it was asked for and what it sent to its
 * end. One thread for each connection.
 *
 *   soak_origin LISTENER FORBIDDEN CONTENTS PLAN LEDGER
 *
 * LISTENER is an open socket. PLAN are `struct exchange`s by number, in a file that another
 * process fills ahead of whoever asks; row 0 is one more exchange that bears a number of its own.
 * LEDGER, mapped, has three counters of a byte for each number; they stay at 255. */
#include "exchange.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define IDLE 60            /* seconds that a connection may do nothing */
#define ARRIVES 0.2        /* seconds in which what was sent arrives before a break */
#define HEAD_ROOM 16384    /* of a request */
#define CHUNK 8192
#define PAD "X-Pad: 1234567890\r\n"
#define PIECE (256u << 10) /* of a body without chunks */

enum { ASKED, WHOLE, BROKEN, COLUMNS };

static struct {
    int listener;
    const char *forbidden;
    const struct content *contents;
    size_t contents_n;
    const struct exchange *plan;
    size_t plan_n;
    _Atomic uint8_t *ledger;
} soak;

static void count(const struct exchange *x, unsigned column)
{
    if (x == soak.plan) /* nobody judges it */
        return;
    _Atomic uint8_t *cell = &soak.ledger[(size_t)(x - soak.plan) * COLUMNS + column];
    uint8_t n = *cell;
    while (n < UINT8_MAX && !atomic_compare_exchange_weak(cell, &n, (uint8_t)(n + 1)))
        ;
}

/* ---- sending ---- */

/* All of it, in one call while the connection takes it. */
static bool send_all(int fd, struct iovec *v, size_t n, int flags)
{
    while (n) {
        struct msghdr message = { .msg_iov = v, .msg_iovlen = n };
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | flags);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return false;
        for (; n && (size_t)sent >= v->iov_len; v++, n--)
            sent -= (ssize_t)v->iov_len;
        if (n) {
            v->iov_base = (char *)v->iov_base + sent;
            v->iov_len -= (size_t)sent;
        }
    }
    return true;
}

static bool send_bytes(int fd, const char *at, size_t n, int flags)
{
    struct iovec v = { (void *)(uintptr_t)at, n };
    return send_all(fd, &v, n > 0, flags);
}

static bool send_text(int fd, const char *text) { return send_bytes(fd, text, strlen(text), 0); }

static bool send_chunk(int fd, const char *at, size_t n, int flags)
{
    char size[32];
    int length = snprintf(size, sizeof size, "%zx\r\n", n);
    struct iovec v[] = { { size, (size_t)length },
                         { (void *)(uintptr_t)at, n },
                         { (void *)(uintptr_t)"\r\n", 2 } };
    return send_all(fd, v, 3, flags);
}

/* ---- bodies ---- */

static size_t piece_of(const struct exchange *x)
{
    size_t piece = x->framing == FRAMING_CHUNKED ? CHUNK : PIECE;
    size_t twentieth = x->rate / 20 ? x->rate / 20 : 1;
    if (x->rate && twentieth < CHUNK)
        return twentieth;
    return x->rate ? CHUNK : piece;
}

/* Up to `end`, no faster than its rate, and with its pause. */
static bool send_pieces(int fd, const struct exchange *x, struct bytes body, size_t end)
{
    bool (*send_piece)(int, const char *, size_t, int) =
        x->framing == FRAMING_CHUNKED ? send_chunk : send_bytes;
    size_t at = 0, piece = piece_of(x);
    bool paused = x->pause_at == NEVER;
    for (double begun = now(); at < end;) {
        size_t stop = end - at < piece ? end : at + piece;
        if (!paused && stop >= x->pause_at)
            stop = x->pause_at > at ? x->pause_at : at;
        if (stop > at && !send_piece(fd, body.at + at, stop - at, 0))
            return false;
        at = stop;
        if (!paused && at >= x->pause_at) {
            paused = true;
            sleep_for(x->pause);
        }
        if (x->rate)
            sleep_for((double)at / x->rate - (now() - begun));
    }
    return true;
}

static void break_off(int fd, const struct exchange *x)
{
    struct linger at_once = { .l_onoff = 1 };
    sleep_for(ARRIVES);
    if (x->abort_by == ABORT_RST)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/* False: the connection is to be closed. */
static bool send_body(int fd, const struct exchange *x, struct bytes body)
{
    bool breaks = x->abort_at != NEVER;
    if (breaks)
        count(x, BROKEN);
    if (!send_pieces(fd, x, body, breaks && x->abort_at < body.n ? x->abort_at : body.n))
        return false;
    if (breaks) {
        break_off(fd, x);
        return false;
    }
    return x->framing != FRAMING_CHUNKED || send_text(fd, "0\r\n\r\n");
}

/* ---- heads ---- */

/* At once, or a few bytes at a time for so many seconds. */
static bool send_head(int fd, const struct exchange *x, const char *head, size_t n, bool body_follows)
{
    /* Of every other number the head comes together with what follows it. */
    bool together = body_follows && x->number % 2 && x->rate == 0 && x->pause_at == NEVER;
    size_t piece = x->drip > 0 && n >= 10 ? n / 10 : n;
    for (size_t at = 0; at < n; at += piece) {
        if (!send_bytes(fd, head + at, n - at < piece ? n - at : piece, together ? MSG_MORE : 0))
            return false;
        sleep_for(x->drip / 10);
    }
    return true;
}

static size_t print_head(const struct exchange *x, const struct content *c, struct bytes body,
                         char *to, size_t room)
{
    char range[80] = "", length[48] = "";
    if (x->method == METHOD_CONDITIONAL)
        return (size_t)snprintf(to, room, "HTTP/1.1 304 Not Modified\r\nETag: %.*s\r\n\r\n",
                                (int)c->etag.n, c->etag.at);
    if (x->method == METHOD_RANGE)
        snprintf(range, sizeof range, "Content-Range: bytes %u-%u/%zu\r\n", x->first, x->last,
                 c->body.n);
    if (x->framing == FRAMING_LENGTH)
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", body.n);
    const char *framing = x->framing == FRAMING_CHUNKED ? "Transfer-Encoding: chunked\r\n"
                          : x->framing == FRAMING_CLOSE ? "Connection: close\r\n"
                                                        : length;
    return (size_t)snprintf(to, room, "HTTP/1.1 %s\r\n%.*s%s%s\r\n",
                            *range ? "206 Partial Content" : "200 OK", (int)c->head.n, c->head.at,
                            range, framing);
}

/* ---- what is no answer, or stops being one ---- */

static void send_noise(int fd, uint64_t seed, size_t n)
{
    uint64_t noise[512], s = seed * 0x9e3779b97f4a7c15u + 1;
    while (n) {
        for (size_t i = 0; i < 512; i++) {
            s ^= s << 13, s ^= s >> 7, s ^= s << 17;
            noise[i] = s;
        }
        size_t part = n < sizeof noise ? n : sizeof noise;
        if (!send_bytes(fd, (const char *)noise, part, 0))
            return;
        n -= part;
    }
}

/* Lines without an end, filled in before the first thread. */
static char endless_head[2000 * (sizeof PAD - 1)];

static void fill_endless_head(void)
{
    for (size_t i = 0; i < sizeof endless_head; i += sizeof PAD - 1)
        memcpy(endless_head + i, PAD, sizeof PAD - 1);
}

static void send_garbage(int fd, const struct exchange *x, const struct content *c)
{
    char head[512];
    struct bytes body = c->body;
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\nETag: %.*s\r\nContent-Type: text/html\r\n",
                     (int)c->etag.n, c->etag.at);
    char *rest = head + n;
    size_t room = sizeof head - (size_t)n;
    if (x->garbage == GARBAGE_BYTES) {
        send_noise(fd, x->number, body.n);
        return;
    }
    if (x->garbage == GARBAGE_LENGTHS)
        snprintf(rest, room, "Content-Length: %zu\r\nContent-Length: 7\r\n\r\n", body.n);
    if (x->garbage == GARBAGE_CHUNK)
        snprintf(rest, room, "Transfer-Encoding: chunked\r\n\r\n");
    if (!send_text(fd, head))
        return;
    if (x->garbage == GARBAGE_HEAD)
        (void)send_bytes(fd, endless_head, sizeof endless_head, 0);
    else if (x->garbage == GARBAGE_LENGTHS)
        (void)send_bytes(fd, body.at, body.n, 0);
    else if (send_chunk(fd, body.at, body.n / 2, 0) && send_text(fd, "no size at all\r\n"))
        (void)send_bytes(fd, body.at, body.n, 0);
}

/* ---- answers ---- */

/* Every third site forbids a folder, another has no rules, the last has a file that is silent. */
static bool answer_robots(int fd, unsigned host)
{
    char rules[128], answer[512];
    if (host == 0 || (host - 1) % 3 == 1)
        return send_text(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    bool forbids = (host - 1) % 3 == 0;
    int n = snprintf(rules, sizeof rules, "User-agent: *\nDisallow:%s%s\n", forbids ? " " : "",
                     forbids ? soak.forbidden : "");
    snprintf(answer, sizeof answer,
             "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=300\r\n"
             "Content-Length: %d\r\n\r\n%s", n, rules);
    return send_text(fd, answer);
}

/* The last part of the address that a request's Host has; 0: none. */
static unsigned host_asked(const char *head)
{
    const char *line = strcasestr(head, "\r\nhost:");
    if (!line)
        return 0;
    line += 7;
    line += strspn(line, " ");
    const char *end = line + strspn(line, "0123456789.");
    while (end > line && end[-1] != '.')
        end--;
    return (unsigned)strtoul(end, NULL, 10);
}

/* By "case=RUN-NUMBER" in the target. NULL: it is none of the run's. */
static const struct exchange *exchange_asked(const char *head)
{
    const char *line_end = strstr(head, "\r\n"), *at = strstr(head, "case=");
    if (!at || at > line_end || at == head || !strchr("?&", at[-1]))
        return NULL;
    at = strchr(at, '-');
    if (!at || at > line_end)
        return NULL;
    unsigned long number = strtoul(at + 1, NULL, 10);
    const struct exchange *x = &soak.plan[number < soak.plan_n ? number : 0];
    return x->number == number && number && x->content < soak.contents_n ? x : NULL;
}

/* One request, whose head is a string. False: the connection is to be closed. */
static bool answer(int fd, const char *request)
{
    const struct exchange *x = exchange_asked(request);
    if (!x)
        return answer_robots(fd, strncmp(request, "GET /robots.txt ", 16) ? 0 : host_asked(request));
    count(x, ASKED);
    const struct content *c = &soak.contents[x->content];
    if (x->garbage) {
        if (x->garbage == GARBAGE_CHUNK)
            count(x, BROKEN);
        send_garbage(fd, x, c);
        return false;
    }
    char head[1024];
    struct bytes body = body_asked(x, c);
    bool bodiless = strncmp(request, "HEAD ", 5) == 0 || x->method == METHOD_CONDITIONAL;
    size_t n = print_head(x, c, body, head, sizeof head);
    if (n >= sizeof head || !send_head(fd, x, head, n, !bodiless && body.n > 0) ||
        (!bodiless && !send_body(fd, x, body)))
        return false;
    count(x, WHOLE);
    return x->framing != FRAMING_CLOSE;
}

/* ---- connections ---- */

static void *serve(void *argument)
{
    int fd = (int)(intptr_t)argument, on = 1;
    struct timeval idle = { .tv_sec = IDLE };
    char buffer[HEAD_ROOM + 1], *end;
    size_t n = 0;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &idle, sizeof idle);
    for (;;) {
        buffer[n] = 0;
        if (!(end = strstr(buffer, "\r\n\r\n"))) {
            ssize_t came = n < HEAD_ROOM ? recv(fd, buffer + n, HEAD_ROOM - n, 0) : 0;
            if (came <= 0)
                break;
            n += (size_t)came;
            continue;
        }
        end[2] = 0;
        if (!answer(fd, buffer))
            break;
        n -= (size_t)(end + 4 - buffer);
        memmove(buffer, end + 4, n);
    }
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return EXIT_FAILURE;
    end_with_parent();
    soak.listener = atoi(argv[1]);
    soak.forbidden = argv[2];
    soak.contents = read_contents(map_file(argv[3], false), &soak.contents_n);
    struct bytes plan = map_file(argv[4], false), ledger = map_file(argv[5], true);
    soak.plan = (const struct exchange *)(const void *)plan.at;
    soak.plan_n = plan.n / sizeof *soak.plan;
    soak.ledger = (_Atomic uint8_t *)(uintptr_t)ledger.at;
    errno = EPROTO;
    if (soak.plan_n == 0 || ledger.n / COLUMNS < soak.plan_n)
        fail("ledger");
    fill_endless_head();
    for (;;) {
        int fd = accept(soak.listener, NULL, NULL);
        if (fd < 0 && (errno == EBADF || errno == EINVAL))
            fail("accept");
        if (fd < 0) /* a connection that is gone, or too many: it will be better */
            sleep_for(0.01);
        else if (!start_thread(serve, (void *)(intptr_t)fd))
            close(fd);
    }
}
