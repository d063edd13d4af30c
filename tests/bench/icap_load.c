/* SPDX-License-Identifier: Apache-2.0 */
/* icap_load.c - asks an ICAP server as Squid does, as fast as it answers, and checks every answer.
 *
 *   icap_load --port N --service PATH[?ARGS] --body FILE [options]
 *
 * OPTIONS first; then one exchange after the other on connections that stay open. An exchange is
 * a request in RESPMOD, in REQMOD, or in one after the other on the same connection (--vectors).
 * --answer-req and --answer-resp say what must come: 204, 200-body (the body that was sent),
 * 206-original (a head, the body by reference), 206-page or 200-page (an HTTP 451), 200-request
 * (the head of a request). The first answer that is another ends the run with status 1.
 *
 * A round ends after --requests exchanges or --seconds. It prints one line of JSON; latency
 * is that of exchanges, in µs, within 2 %. With --paced there is a round for each line of
 * standard input, so that whoever reads CPU time before and after measures nothing else.
 *
 * One thread; memory is bounded by the number of connections and the size of the body. */
#include "icap_request.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define PATIENCE_MS 30000      /* without any answer */
#define STEP_BITS 6            /* a latency is kept within 1/64 of itself */
#define BUCKETS (64 << STEP_BITS)
#define READ_MAX (256 << 10)

struct connection {
    int fd;
    bool served;  /* has answered once: an end now is that of a connection that was kept open */
    bool busy, reading_out; /* reading_out: EPOLLOUT is asked for */
    unsigned step;          /* which of the exchange's requests is under way */
    uint64_t began;         /* ns */
    struct iovec out[2];    /* what is left to send */
    struct icap_answer answer;
    char heads[2][ICAP_HEAD_MAX];
};

static struct {
    unsigned port, connections, vectors_n;
    const char *service, *says, *body_file;
    bool req, resp, paced;
    uint64_t requests;
    double seconds;
    enum icap_kind answer_req, answer_resp;
    struct icap_page page;
} options = { .connections = 4, .resp = true, .requests = 1000, .answer_req = ICAP_PASS,
              .answer_resp = ICAP_PASS, .page = { .url = "http://bench.test/", .type = "text/html" } };

static struct icap_request requests[2];
static struct connection *connections;
static int poller;
static uint64_t number; /* of the exchange, for X-Squid-Xact */

/* Of the round that is under way. */
static struct {
    uint64_t began, ends, started, done, reconnects, sent, received, body, most_ns;
    uint64_t statuses[3]; /* 204, 200, 206 */
    uint32_t latency[BUCKETS];
} round_of;

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("icap_load: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    if (round_of.began)
        printf("{\"requests\": %llu, \"errors\": 1}\n", (unsigned long long)round_of.done);
    exit(EXIT_FAILURE);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- latencies: equal steps within each power of two ---- */

static unsigned bucket_of(uint64_t ns)
{
    if (ns >> STEP_BITS == 0)
        return (unsigned)ns;
    unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - STEP_BITS;
    return ((shift + 1) << STEP_BITS) + ((unsigned)(ns >> shift) & ((1u << STEP_BITS) - 1));
}

static uint64_t bucket_ns(unsigned bucket)
{
    if (bucket >> STEP_BITS == 0)
        return bucket;
    unsigned shift = (bucket >> STEP_BITS) - 1;
    return ((1ull << STEP_BITS) + (bucket & ((1u << STEP_BITS) - 1))) << shift;
}

static double percentile_us(double share)
{
    uint64_t rank = (uint64_t)(share * (double)round_of.done), seen = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += round_of.latency[i];
        if (seen > rank)
            return (double)bucket_ns(i) / 1000;
    }
    return (double)round_of.most_ns / 1000;
}

/* ---- connections ---- */

static int open_socket(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)options.port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        fail("port %u: %s", options.port, strerror(errno));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void watch(struct connection *c, bool writable)
{
    struct epoll_event e = { .events = EPOLLIN | (writable ? (uint32_t)EPOLLOUT : 0u),
                             .data = { .ptr = c } };
    if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e) != 0 &&
        epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e) != 0)
        fail("epoll: %s", strerror(errno));
    c->reading_out = writable;
}

static void connect_to_server(struct connection *c)
{
    c->fd = open_socket();
    if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0)
        fail("socket: %s", strerror(errno));
    c->served = false;
    watch(c, false);
}

static void send_what_is_left(struct connection *c)
{
    while (c->out[0].iov_len || c->out[1].iov_len) {
        struct msghdr message = { .msg_iov = c->out, .msg_iovlen = 2 };
        ssize_t sent = sendmsg(c->fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN)
            c->out[0].iov_len = c->out[1].iov_len = 0; /* reading tells why */
        if (sent < 0)
            break;
        round_of.sent += (uint64_t)sent;
        for (unsigned i = 0; i < 2; i++) {
            size_t n = (size_t)sent < c->out[i].iov_len ? (size_t)sent : c->out[i].iov_len;
            c->out[i].iov_base = (char *)c->out[i].iov_base + n;
            c->out[i].iov_len -= n;
            sent -= (ssize_t)n;
        }
    }
    bool left = c->out[0].iov_len || c->out[1].iov_len;
    if (left != c->reading_out)
        watch(c, left);
}

/* ---- exchanges ---- */

static void send_request(struct connection *c)
{
    struct icap_request *r = &requests[c->step];
    icap_request_number(c->heads[c->step], r->number_at, number);
    icap_answer_begin(&c->answer);
    c->out[0] = (struct iovec){ c->heads[c->step], r->head_n };
    c->out[1] = (struct iovec){ r->first, r->first_n };
    send_what_is_left(c);
}

static void start_exchange(struct connection *c)
{
    bool over = round_of.ends ? now_ns() >= round_of.ends : round_of.started == options.requests;
    c->busy = !over;
    if (over)
        return;
    round_of.started++;
    number++;
    c->step = 0;
    c->began = now_ns();
    send_request(c);
}

static void note_answer(const struct icap_answer *a)
{
    round_of.body += a->body;
    round_of.statuses[a->status == 204 ? 0 : a->status == 200 ? 1 : 2]++;
}

static void end_exchange(struct connection *c)
{
    uint64_t ns = now_ns() - c->began;
    round_of.latency[bucket_of(ns)]++;
    if (ns > round_of.most_ns)
        round_of.most_ns = ns;
    round_of.done++;
}

static void check_answer(const struct connection *c)
{
    const struct icap_request *r = &requests[c->step];
    const struct icap_answer *a = &c->answer;
    const char *wrong = icap_answer_differs(a, r->kind, options.says, options.page.body_n);
    if (wrong)
        fail("wrong answer to exchange %llu, request %u of %u: %s: expected %s, came ICAP %d, HTTP "
             "%d, %llu bytes of body%s:\n%s", (unsigned long long)number, c->step + 1,
             options.vectors_n, wrong, icap_kind_name(r->kind), a->status, a->http_status,
             (unsigned long long)a->body, a->original ? " and the original one" : "", a->heads);
}

/* One answer is whole: the next request, of this exchange or of another. */
static void answered(struct connection *c)
{
    check_answer(c);
    note_answer(&c->answer);
    c->served = true;
    if (c->answer.closes) {
        close(c->fd);
        connect_to_server(c);
        round_of.reconnects++;
    }
    c->step++;
    if (c->step < options.vectors_n) {
        send_request(c);
        return;
    }
    end_exchange(c);
    start_exchange(c);
}

/* A connection that was kept open may end at any time; Squid asks again then. */
static void ended(struct connection *c)
{
    if (c->busy && (!c->served || c->answer.n))
        fail("the connection ended in the middle of an answer:\n%s", c->answer.heads);
    close(c->fd);
    connect_to_server(c);
    round_of.reconnects++;
    if (c->busy)
        send_request(c);
}

static void read_answer(struct connection *c, const char *bytes, size_t n)
{
    while (n) {
        size_t taken = 0;
        const struct icap_request *r = &requests[c->step];
        if (!c->busy)
            fail("bytes that nobody asked for: %.*s", (int)(n < 60 ? n : 60), bytes);
        enum icap_progress progress = icap_answer_read(&c->answer, bytes, n, &taken,
                                                       options.page.body, options.page.body_n);
        bytes += taken;
        n -= taken;
        if (progress == ICAP_BAD)
            fail("%s:\n%s", c->answer.why, c->answer.heads);
        if (progress == ICAP_CONTINUE && !r->rest)
            fail("100 Continue, and there is no more");
        if (progress == ICAP_CONTINUE) {
            c->out[0] = (struct iovec){ r->rest, r->rest_n };
            send_what_is_left(c);
        } else if (progress == ICAP_DONE) {
            if (n || c->out[0].iov_len || c->out[1].iov_len)
                fail("an answer that ends before the request, or is followed by more");
            answered(c);
        }
    }
}

static void serve(struct connection *c, uint32_t events)
{
    static char bytes[READ_MAX];
    if (events & EPOLLOUT)
        send_what_is_left(c);
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
    if (n > 0) {
        round_of.received += (uint64_t)n;
        read_answer(c, bytes, (size_t)n);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        ended(c);
    }
}

/* ---- rounds ---- */

static void report(void)
{
    double seconds = (double)(now_ns() - round_of.began) / 1e9;
    printf("{\"requests\": %llu, \"errors\": 0, \"seconds\": %.6f, \"reconnects\": %llu, "
           "\"sent\": %llu, \"received\": %llu, \"body\": %llu, "
           "\"status\": {\"204\": %llu, \"200\": %llu, \"206\": %llu}, "
           "\"us\": {\"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"max\": %.1f}}\n",
           (unsigned long long)round_of.done, seconds, (unsigned long long)round_of.reconnects,
           (unsigned long long)round_of.sent, (unsigned long long)round_of.received,
           (unsigned long long)round_of.body, (unsigned long long)round_of.statuses[0],
           (unsigned long long)round_of.statuses[1], (unsigned long long)round_of.statuses[2],
           percentile_us(0.5), percentile_us(0.9), percentile_us(0.99),
           (double)round_of.most_ns / 1000);
    fflush(stdout);
}

static void run_round(void)
{
    memset(&round_of, 0, sizeof round_of);
    round_of.began = now_ns();
    if (options.seconds > 0)
        round_of.ends = round_of.began + (uint64_t)(options.seconds * 1e9);
    for (unsigned i = 0; i < options.connections; i++)
        start_exchange(&connections[i]);
    while (round_of.done < round_of.started) {
        struct epoll_event events[64];
        int n = epoll_wait(poller, events, 64, PATIENCE_MS);
        if (n == 0)
            fail("no answer within %d s", PATIENCE_MS / 1000);
        for (int i = 0; i < n; i++)
            serve(events[i].data.ptr, events[i].events);
    }
    report();
}

/* ---- beginning ---- */

static void ask_options(struct icap_service *s)
{
    char text[2048];
    int fd = open_socket();
    size_t n = icap_options(text, sizeof text, options.port, options.service), got = 0;
    if (n == 0 || send(fd, text, n, MSG_NOSIGNAL) != (ssize_t)n)
        fail("OPTIONS cannot be sent");
    text[0] = '\0';
    while (!strstr(text, "\r\n\r\n")) {
        ssize_t more = recv(fd, text + got, sizeof text - 1 - got, 0);
        if (more <= 0)
            fail("no whole answer to OPTIONS: %s", text);
        got += (size_t)more;
        text[got] = '\0';
    }
    close(fd);
    if (!icap_service_read(s, text))
        fail("wrong answer to OPTIONS: %s", text);
    if ((options.req && !s->reqmod) || (options.resp && !s->respmod))
        fail("the service does not know the method: %s", text);
}

static void build_requests(const struct icap_service *s)
{
    for (unsigned i = 0; i < 2; i++) {
        bool reqmod = i == 0;
        if (!(reqmod ? options.req : options.resp))
            continue;
        struct icap_request *r = &requests[options.vectors_n++];
        if (!icap_request_build(r, reqmod, options.port, options.service, s, &options.page))
            fail("the request is too long");
        r->kind = reqmod ? options.answer_req : options.answer_resp;
    }
}

static void open_connections(void)
{
    poller = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc(options.connections, sizeof *connections);
    if (poller < 0 || !connections)
        fail("out of memory");
    for (unsigned i = 0; i < options.connections; i++) {
        for (unsigned k = 0; k < options.vectors_n; k++)
            memcpy(connections[i].heads[k], requests[k].head, sizeof requests[k].head);
        connect_to_server(&connections[i]);
    }
}

static void read_body(void)
{
    struct stat st;
    int fd = options.body_file ? open(options.body_file, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < 1 || st.st_size > ICAP_BODY_MAX)
        fail("--body: a file of 1 to %u bytes is needed", ICAP_BODY_MAX);
    size_t n = (size_t)st.st_size;
    options.page.body = malloc(n);
    if (!options.page.body || read(fd, options.page.body, n) != st.st_size)
        fail("%s cannot be read", options.body_file);
    options.page.body_n = n;
    close(fd);
}

static unsigned long whole_number(const char *text, unsigned long most)
{
    char *end = NULL;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (errno || end == text || *end || n < 1 || n > most)
        fail("%s: a number from 1 to %lu is needed", text, most);
    return n;
}

static enum icap_kind kind_of(const char *text)
{
    enum icap_kind kind = icap_kind_of(text);
    if (kind == ICAP_KINDS)
        fail("%s: 204, 200-body, 206-original, 206-page, 200-page or 200-request "
             "is needed", text);
    return kind;
}

static void set_vectors(const char *text)
{
    options.req = strcmp(text, "req") == 0 || strcmp(text, "both") == 0;
    options.resp = strcmp(text, "resp") == 0 || strcmp(text, "both") == 0;
    if (!options.req && !options.resp)
        fail("--vectors: req, resp or both");
}

static void add_field(const char *text)
{
    if (options.page.fields_n == ICAP_FIELDS_MAX)
        fail("--field: at most %d", ICAP_FIELDS_MAX);
    options.page.fields[options.page.fields_n++] = text;
}

static const struct option long_options[] = {
    { "port", 1, NULL, 'p' },       { "service", 1, NULL, 's' },    { "connections", 1, NULL, 'c' },
    { "requests", 1, NULL, 'n' },   { "seconds", 1, NULL, 't' },    { "vectors", 1, NULL, 'v' },
    { "url", 1, NULL, 'u' },        { "body", 1, NULL, 'b' },       { "type", 1, NULL, 'y' },
    { "field", 1, NULL, 'f' },      { "answer-req", 1, NULL, 'q' }, { "answer-resp", 1, NULL, 'r' },
    { "says", 1, NULL, 'a' },       { "icap-field", 1, NULL, 'i' },
    { "paced", 0, NULL, 'P' },          { NULL, 0, NULL, 0 },
};

static void read_option(int c)
{
    switch (c) {
    case 'p': options.port = (unsigned)whole_number(optarg, 65535); break;
    case 's': options.service = optarg; break;
    case 'c': options.connections = (unsigned)whole_number(optarg, CONNECTIONS_MAX); break;
    case 'n': options.requests = whole_number(optarg, 100000000); break;
    case 't': options.seconds = strtod(optarg, NULL); break;
    case 'v': set_vectors(optarg); break;
    case 'u': options.page.url = optarg; break;
    case 'b': options.body_file = optarg; break;
    case 'y': options.page.type = optarg; break;
    case 'f': add_field(optarg); break;
    case 'q': options.answer_req = kind_of(optarg); break;
    case 'r': options.answer_resp = kind_of(optarg); break;
    case 'a': options.says = optarg; break;
    case 'i': options.page.icap_field = optarg; break;
    case 'P': options.paced = true; break;
    default: fail("unknown option; the head of icap_load.c names all");
    }
}

int main(int argc, char **argv)
{
    struct icap_service service = { .preview = -1 };
    int c;
    while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        read_option(c);
    if (!options.port || !options.service || optind != argc)
        fail("--port, --service and --body are needed");
    read_body();
    ask_options(&service);
    build_requests(&service);
    open_connections();
    if (!options.paced)
        run_round();
    for (int line; options.paced && (line = getchar()) != EOF;)
        if (line == '\n')
            run_round();
    icap_request_free(&requests[0]);
    icap_request_free(&requests[1]);
    free(connections);
    free(options.page.body);
    return 0;
}
