/* SPDX-License-Identifier: Apache-2.0 */
/* soak_clients - the clients of a soak: threads that take one exchange after the other from
 * standard input, begin them at a steady rate over connections of their own that they keep or
 * not, and note in short what each got.
 *
 *   soak_clients PROXY-PORT ORIGIN-PORT RATE THREADS RUN FORBIDDEN CONTENTS RESULTS PROGRESS
 *
 * Standard input are `struct exchange`s; at its end, or upon SIGTERM, no exchange is begun any
 * more. When those under way are over, or have not come to their end PATIENCE seconds after the
 * signal, it ends, and prints how many threads are left. RESULTS gets a `struct result` for each
 * answer, PROGRESS is a mapped `struct progress`. */
#include "answer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HANG 30.0     /* seconds without an end: nothing here may take so long */
#define PATIENCE 40.0 /* seconds that all have to come to their end */
#define AGAIN 0.2     /* seconds until a proxy that took no connection is asked again */
#define REQUEST_ROOM 1024

struct result {
    uint32_t number, size;
    uint16_t status;
    uint8_t flags, error; /* flags: 1 the whole body came, 2 it is not the origin's */
    float seconds;
};
_Static_assert(sizeof(struct result) == 16, "ledger.py reads it");

struct progress {
    _Atomic uint64_t begun, unreached; /* unreached: the proxy took no connection */
};

static struct {
    unsigned proxy_port, origin_port;
    double rate, began;
    const char *run, *forbidden;
    const struct content *contents;
    size_t contents_n;
    int results;
    struct progress *progress;
} soak;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed; /* `stopping`, or the last thread has ended */
static bool stopping;
static unsigned working;

/* ---- the rate ---- */

/* Until `at`, as now(). False: nothing is to be begun any more. */
static bool wait_until(double at)
{
    struct timespec t = { .tv_sec = (time_t)at };
    t.tv_nsec = (long)((at - (double)t.tv_sec) * 1e9);
    while (!stopping && now() < at)
        pthread_cond_timedwait(&changed, &lock, &t);
    return !stopping;
}

/* The next exchange, when it is its time. */
static bool next_exchange(struct exchange *x)
{
    pthread_mutex_lock(&lock);
    bool there = !stopping && fread(x, sizeof *x, 1, stdin) == 1 && x->content < soak.contents_n;
    if (there) {
        double number = (double)++soak.progress->begun;
        there = wait_until(soak.began + number / soak.rate);
    }
    pthread_mutex_unlock(&lock);
    return there;
}

/* ---- requests ---- */

static size_t print_request(const struct exchange *x, const struct content *c, char *to)
{
    char authority[32], range[64] = "", tag[64] = "";
    snprintf(authority, sizeof authority, "127.19.0.%u:%u", x->host, soak.origin_port);
    if (x->method == METHOD_RANGE)
        snprintf(range, sizeof range, "Range: bytes=%u-%u\r\n", x->first, x->last);
    if (x->method == METHOD_CONDITIONAL)
        snprintf(tag, sizeof tag, "If-None-Match: %.*s\r\n", (int)c->etag.n, c->etag.at);
    int n = snprintf(to, REQUEST_ROOM,
                     "%s http://%s%sx?case=%s-%u HTTP/1.%c\r\nHost: %s\r\n"
                     "User-Agent: TestBot/1.0\r\nAccept: text/html, */*;q=0.5\r\n%s%s%s\r\n",
                     x->method == METHOD_HEAD ? "HEAD" : "GET", authority,
                     x->flags & FORBIDDEN ? soak.forbidden : "/pages/", soak.run, x->number,
                     x->flags & CLIENT_OLD ? '0' : '1', authority, range, tag,
                     x->flags & CLIENT_KEEPS ? "" : "Connection: close\r\n");
    return (size_t)n;
}

static void hang_up(struct wire *w)
{
    close(w->fd);
    w->fd = -1;
    w->at = w->n = 0;
}

static bool connect_once(struct wire *w)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)soak.proxy_port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct timeval patience = { .tv_sec = 5 };
    int on = 1;
    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (w->fd < 0)
        fail("socket");
    /* Of connect, too. */
    (void)setsockopt(w->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    (void)setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(w->fd, (struct sockaddr *)&to, sizeof to) == 0)
        return true;
    hang_up(w);
    return false;
}

/* While Squid is away nobody listens: that is no exchange yet. */
static bool connect_to_proxy(struct wire *w)
{
    for (double end = now() + HANG; now() < end; sleep_for(AGAIN)) {
        if (connect_once(w))
            return true;
        soak.progress->unreached++;
    }
    return false;
}

/* ---- exchanges ---- */

static void note(const struct exchange *x, const struct answer *a, struct bytes expected,
                 double seconds)
{
    /* From 400 on it is a page of the filter's or of Squid's. Of what was left in the middle the
     * chunks are still in it. */
    bool comparable = a->status < 400 && x->method != METHOD_HEAD &&
                      x->method != METHOD_CONDITIONAL && x->leave_after == 0;
    bool whole = comparable && a->same && a->size == expected.n;
    bool differs = comparable && a->has_etag && !a->same;
    struct result r = { .number = x->number, .size = (uint32_t)a->size,
                        .status = (uint16_t)a->status,
                        .flags = (uint8_t)(whole | differs << 1), .error = (uint8_t)a->error,
                        .seconds = (float)seconds };
    if (write(soak.results, &r, sizeof r) != sizeof r) /* O_APPEND: no other comes between */
        fail("results");
}

/* False: the exchange did not take place. */
static bool exchange_once(const struct exchange *x, struct wire *w, struct answer *a)
{
    const struct content *c = &soak.contents[x->content];
    struct bytes expected = body_asked(x, c);
    char request[REQUEST_ROOM];
    size_t n = print_request(x, c, request);
    if (w->fd < 0 && !connect_to_proxy(w))
        return false;
    double begun = now();
    w->deadline = begun + HANG;
    (void)send(w->fd, request, n, MSG_NOSIGNAL); /* reading tells */
    if (x->leave_after)
        answer_look_in(a, w, x->leave_after);
    else
        answer_read(a, w, x->method == METHOD_HEAD, expected);
    note(x, a, expected, now() - begun);
    if (a->error || a->extra || a->closes || (x->flags & CLIENT_OLD) || !(x->flags & CLIENT_KEEPS))
        hang_up(w);
    return true;
}

static void *work(void *unused)
{
    struct exchange x;
    struct answer a;
    struct wire *w = malloc(sizeof *w);
    (void)unused;
    if (!w)
        fail("clients");
    *w = (struct wire){ .fd = -1 };
    while (next_exchange(&x)) {
        bool took_place = exchange_once(&x, w, &a);
        /* Once more after a break, if the plan says so. */
        if (took_place && a.error && (x.flags & CLIENT_ASKS_AGAIN) && x.leave_after == 0)
            (void)exchange_once(&x, w, &a);
    }
    if (w->fd >= 0)
        hang_up(w);
    free(w);
    pthread_mutex_lock(&lock);
    working--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* ---- the run ---- */

static void *wait_for_signal(void *signals)
{
    int number;
    (void)sigwait(signals, &number);
    pthread_mutex_lock(&lock);
    stopping = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void wait_for_all(void)
{
    pthread_mutex_lock(&lock);
    while (working && !stopping)
        pthread_cond_wait(&changed, &lock);
    for (double end = now() + PATIENCE; working && now() < end;) {
        struct timespec t = { .tv_sec = (time_t)end + 1 };
        pthread_cond_timedwait(&changed, &lock, &t);
    }
    printf("%u\n", working);
    pthread_mutex_unlock(&lock);
}

static void begin(char **argv)
{
    soak.proxy_port = (unsigned)atoi(argv[1]);
    soak.origin_port = (unsigned)atoi(argv[2]);
    soak.rate = atof(argv[3]);
    working = (unsigned)atoi(argv[4]);
    soak.run = argv[5];
    soak.forbidden = argv[6];
    soak.contents = read_contents(map_file(argv[7], false), &soak.contents_n);
    soak.results = open(argv[8], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (soak.results < 0)
        fail(argv[8]);
    struct bytes progress = map_file(argv[9], true);
    if (progress.n < sizeof *soak.progress)
        fail(argv[9]);
    soak.progress = (struct progress *)(uintptr_t)progress.at;
    soak.began = now();
}

int main(int argc, char **argv)
{
    static sigset_t signals;
    pthread_condattr_t monotonic;
    if (argc != 10)
        return EXIT_FAILURE;
    end_with_parent();
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &monotonic);
    begin(argv);
    bool started = start_thread(wait_for_signal, &signals);
    for (unsigned i = working; i && started; i--)
        started = start_thread(work, NULL);
    if (!started)
        fail("threads");
    wait_for_all();
    fflush(stdout);
    _exit(EXIT_SUCCESS); /* what is left waits for nothing of ours */
}
