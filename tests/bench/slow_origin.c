/* SPDX-License-Identifier: Apache-2.0 */
/* slow_origin.c - an origin that drips: ten thousand answers at once, each as slowly as its path says.
 *
 *   slow_origin
 *
 * Prints the port that it listens on, then a line of JSON for each line of standard input, and ends with
 * it. One thread; a connection is one answer. */
#include "slow_util.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX 1500
#define PIECE_MAX 65536
#define AGAIN_MS 200 /* until more is tried of what a slow reader did not take */

struct answer {
    struct answer *next, **from; /* in the list of those that drip */
    int fd;
    bool drips;
    size_t request_n, head_n, head_at;
    struct slow_body body;
    uint64_t at, due_ms; /* body bytes that are sent; when more may be */
    char request[REQUEST_MAX];
    char head[256];
};

static int poller, listener;
static struct answer *dripping;
static unsigned long taken, open_now, ended, sent_whole;

static void leave_list(struct answer *a)
{
    if (!a->from)
        return;
    *a->from = a->next;
    if (a->next)
        a->next->from = a->from;
    a->from = NULL;
}

static void enter_list(struct answer *a)
{
    a->next = dripping;
    a->from = &dripping;
    if (dripping)
        dripping->from = &a->next;
    dripping = a;
}

static void finish(struct answer *a)
{
    leave_list(a);
    close(a->fd);
    free(a);
    open_now--;
    ended++;
}

static uint64_t may_have_left(const struct answer *a)
{
    const struct slow_body *b = &a->body;
    return a->at < b->first ? b->first - a->at : b->piece;
}

/* What could not be sent is tried again then; never, if nothing more is to come. */
static bool later(struct answer *a, uint64_t now, uint64_t ms)
{
    a->due_ms = ms ? now + ms : UINT64_MAX;
    return true;
}

/* Sends what is due. False: the connection is over. */
static bool send_due(struct answer *a, uint64_t now)
{
    static char bytes[PIECE_MAX];
    if (now < a->due_ms)
        return true;
    while (a->head_at < a->head_n) {
        ssize_t n = send(a->fd, a->head + a->head_at, a->head_n - a->head_at, MSG_NOSIGNAL | MSG_MORE);
        if (n < 0)
            return errno == EAGAIN && later(a, now, AGAIN_MS);
        a->head_at += (size_t)n;
    }
    for (uint64_t left = may_have_left(a); left && a->at < a->body.length;) {
        size_t want = left < sizeof bytes ? (size_t)left : sizeof bytes;
        want = want < a->body.length - a->at ? want : (size_t)(a->body.length - a->at);
        slow_fill(&a->body, a->at, bytes, want);
        ssize_t n = send(a->fd, bytes, want, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN && later(a, now, AGAIN_MS);
        a->at += (uint64_t)n;
        left -= (uint64_t)n;
    }
    sent_whole += a->at == a->body.length;
    return a->at < a->body.length && later(a, now, a->body.piece ? a->body.every : 0);
}

static const char *type_of(char kind)
{
    return kind == SLOW_FILE ? "text/javascript" : kind == SLOW_STREAM ? "text/event-stream" : "text/html";
}

static bool begin(struct answer *a)
{
    struct slow_body *b = &a->body;
    const char *path = strchr(a->request, ' ');
    if (!path || sscanf(path, " /%c/%lu/%lu/%lu/%lu/", &b->kind, &b->length, &b->first, &b->piece, &b->every) != 5)
        return false;
    int n = snprintf(a->head, sizeof a->head,
                     "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %lu\r\nConnection: close\r\n%s\r\n",
                     type_of(b->kind), b->length,
                     b->kind == SLOW_DENIED ? "TDM-Reservation: 1\r\n" : "");
    a->head_n = (size_t)n;
    a->drips = true;
    enter_list(a);
    return true;
}

/* False: the connection is over. */
static bool read_request(struct answer *a)
{
    char rest[256];
    if (a->drips) /* nothing more is asked; an end is noticed */
        return recv(a->fd, rest, sizeof rest, 0) > 0 || errno == EAGAIN;
    ssize_t n = recv(a->fd, a->request + a->request_n, sizeof a->request - 1 - a->request_n, 0);
    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    a->request_n += (size_t)n;
    a->request[a->request_n] = '\0';
    if (!strstr(a->request, "\r\n\r\n"))
        return a->request_n < sizeof a->request - 1;
    return begin(a) && send_due(a, slow_now_ms());
}

static void take_in(void)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
        if (fd < 0)
            return;
        struct answer *a = calloc(1, sizeof *a);
        struct epoll_event e = { .events = EPOLLIN, .data = { .ptr = a } };
        if (!a || epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e) != 0)
            slow_fail("out of memory");
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        a->fd = fd;
        taken++;
        open_now++;
    }
}

static void drip(void)
{
    uint64_t now = slow_now_ms();
    for (struct answer *a = dripping, *next; a; a = next) {
        next = a->next;
        if (!send_due(a, now))
            finish(a);
    }
}

static unsigned listen_anywhere(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof at;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 4096) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &n) != 0)
        slow_fail("cannot listen: %s", strerror(errno));
    struct epoll_event e = { .events = EPOLLIN, .data = { .ptr = &listener } };
    if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &e) != 0)
        slow_fail("epoll: %s", strerror(errno));
    return ntohs(at.sin_port);
}

/* False: standard input is over. */
static bool on_command(void)
{
    char line[64];
    if (!fgets(line, sizeof line, stdin))
        return false;
    printf("{\"taken\": %lu, \"open\": %lu, \"ended\": %lu, \"whole\": %lu}\n", taken, open_now, ended, sent_whole);
    fflush(stdout);
    return true;
}

int main(void)
{
    struct epoll_event command = { .events = EPOLLIN, .data = { .ptr = &command } };
    uint64_t next = 0;
    slow_open_many();
    setvbuf(stdin, NULL, _IONBF, 0);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, 0, &command) != 0)
        slow_fail("standard input must be a pipe");
    printf("%u\n", listen_anywhere());
    fflush(stdout);
    for (;;) {
        struct epoll_event events[256];
        int n = epoll_wait(poller, events, 256, SLOW_TICK_MS);
        for (int i = 0; i < n; i++) {
            struct answer *a = events[i].data.ptr;
            if ((void *)a == (void *)&command) {
                if (!on_command())
                    return 0;
            } else if ((void *)a == (void *)&listener) {
                take_in();
            } else if (!read_request(a)) {
                finish(a);
            }
        }
        if (slow_now_ms() >= next) {
            drip();
            next = slow_now_ms() + SLOW_TICK_MS;
        }
    }
}
