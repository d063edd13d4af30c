/* SPDX-License-Identifier: Apache-2.0 */
/* slow_clients.c - ten thousand downloads through proxies, each of them watched to the last byte.
 *
 *   slow_clients --proxy PORT[,PORT...] --origin PORT --clients N --body LENGTH/FIRST/PIECE/EVERY
 *                [--kind p|f|s|d|l] [--denied EACH] [--read BYTES/MS] [--rate PER-SECOND]
 *
 * Client k asks the proxies in turn. One in EACH of them asks for a page that must be refused: half of these
 * say so in their head, half in their last element. --read takes that many bytes each time, with a small window; else all
 * that comes is taken. A line of standard input is answered by a line of JSON, its end ends the program:
 *
 *   opened, waiting (nothing has come), flowing, whole, refused (451), failed (5xx), broken (ended before its
 *   end), bytes of bodies, wrong (bytes that are not the origin's), leaked (bytes of bodies that must be refused,
 *   beyond what a cut may have let out: of those whose head refuses none)
 *
 * One thread. */
#include "slow_util.h"

#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX 2048
#define PROXIES_MAX 16
#define SMALL_WINDOW 2048 /* bytes of a slow reader's socket buffer, as asked of the kernel */
#define READ_MAX 65536
#define HEAD_PIECE 256   /* a slow reader takes a head in these */

enum progress { NOT_YET, WAITING, FLOWING, WHOLE, REFUSED, FAILED, BROKEN, STATES };
enum framing { BY_LENGTH, BY_CHUNKS, BY_END };
enum chunk { CHUNK_SIZE, CHUNK_DATA, CHUNK_AFTER, CHUNK_LAST };

struct client {
    int fd;
    enum progress progress;
    enum framing framing;
    enum chunk chunk;
    unsigned status;
    char kind;
    bool whole;         /* the end that its framing names has come */
    size_t head_n;
    uint64_t left;      /* of the length, or of the chunk */
    uint64_t at;        /* body bytes that came */
    uint64_t due_ms;    /* of a slow reader: when it reads again */
    char head[HEAD_MAX];
};

static struct {
    unsigned proxy[PROXIES_MAX], proxies, origin;
    unsigned long clients, denied_each, read_bytes, read_ms, rate;
    char kind;
    struct slow_body body;
} options = { .clients = 100, .kind = SLOW_PAGE, .rate = 2000 };

static struct client *clients;
static int poller;
static unsigned long opened, in_state[STATES];
static uint64_t body_bytes, wrong, leaked;

static void become(struct client *c, enum progress p)
{
    in_state[c->progress]--;
    in_state[p]++;
    c->progress = p;
}

static char kind_of(unsigned long number)
{
    if (!options.denied_each || number % options.denied_each)
        return options.kind;
    return number / options.denied_each % 2 ? SLOW_DENIED : SLOW_LATE;
}

static void over(struct client *c, bool at_end)
{
    bool whole = c->whole || (at_end && c->framing == BY_END && c->head_n == 0);
    close(c->fd);
    c->fd = -1;
    if (c->status == 451)
        become(c, REFUSED);
    else if (c->status >= 500)
        become(c, FAILED);
    else
        become(c, whole ? WHOLE : BROKEN);
}

/* ---- bytes of an answer ---- */

static void take_body(struct client *c, const char *bytes, size_t n)
{
    static char expected[READ_MAX];
    struct slow_body body = options.body;
    body.kind = c->kind;
    body_bytes += n;
    if (slow_is_denied(c->kind)) {
        for (size_t i = 0; i < n; i++)
            leaked += bytes[i] == SLOW_SECRET;
    } else if (c->status == 200) {
        slow_fill(&body, c->at, expected, n);
        for (size_t i = 0; i < n; i++)
            wrong += bytes[i] != expected[i];
    }
    c->at += n;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void end_size_line(struct client *c)
{
    c->chunk = c->left ? CHUNK_DATA : CHUNK_LAST;
    c->whole = c->left == 0;
}

static void take_chunks(struct client *c, const char *bytes, size_t n)
{
    while (n && !c->whole) {
        size_t k = 1;
        if (c->chunk == CHUNK_SIZE && *bytes == '\n')
            end_size_line(c);
        else if (c->chunk == CHUNK_SIZE && digit(*bytes) >= 0)
            c->left = c->left * 16 + (uint64_t)digit(*bytes);
        else if (c->chunk == CHUNK_AFTER && *bytes == '\n')
            c->chunk = CHUNK_SIZE;
        else if (c->chunk == CHUNK_DATA) {
            k = c->left < n ? (size_t)c->left : n;
            take_body(c, bytes, k);
            c->left -= k;
            c->chunk = c->left ? CHUNK_DATA : CHUNK_AFTER;
        }
        bytes += k;
        n -= k;
    }
}

static void take_framed(struct client *c, const char *bytes, size_t n)
{
    if (c->framing == BY_CHUNKS) {
        take_chunks(c, bytes, n);
        return;
    }
    if (c->framing == BY_LENGTH && n > c->left)
        n = (size_t)c->left;
    take_body(c, bytes, n);
    c->left -= c->framing == BY_LENGTH ? n : 0;
    c->whole = c->framing == BY_LENGTH && c->left == 0;
}

static void read_head(struct client *c)
{
    const char *length = strcasestr(c->head, "\r\nContent-Length:");
    if (sscanf(c->head, "HTTP/%*s %u", &c->status) != 1)
        slow_fail("no answer of HTTP: %.60s", c->head);
    c->framing = strcasestr(c->head, "\r\nTransfer-Encoding: chunked") ? BY_CHUNKS : length ? BY_LENGTH : BY_END;
    if (c->framing == BY_LENGTH)
        c->left = strtoull(length + 17, NULL, 10);
    c->whole = c->framing == BY_LENGTH && c->left == 0;
    become(c, FLOWING);
}

static void take(struct client *c, const char *bytes, size_t n)
{
    if (c->progress == FLOWING) {
        take_framed(c, bytes, n);
        return;
    }
    size_t k = n < HEAD_MAX - 1 - c->head_n ? n : HEAD_MAX - 1 - c->head_n;
    memcpy(c->head + c->head_n, bytes, k);
    c->head_n += k;
    c->head[c->head_n] = '\0';
    char *end = strstr(c->head, "\r\n\r\n");
    if (!end && c->head_n == HEAD_MAX - 1)
        slow_fail("a head without end: %.200s", c->head);
    if (!end)
        return;
    size_t head = (size_t)(end + 4 - c->head), before = c->head_n - k;
    end[2] = '\0';
    c->head_n = 0;
    read_head(c);
    take_framed(c, bytes + (head - before), n - (head - before));
}

static void read_some(struct client *c, size_t most)
{
    static char bytes[READ_MAX];
    ssize_t n = recv(c->fd, bytes, most < sizeof bytes ? most : sizeof bytes, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        take(c, bytes, (size_t)n);
    if (n <= 0 || c->whole)
        over(c, n == 0);
}

/* ---- asking ---- */

static void ask(struct client *c, unsigned long number)
{
    char request[512];
    const struct slow_body *b = &options.body;
    int n = snprintf(request, sizeof request,
                     "GET http://127.0.0.1:%u/%c/%lu/%lu/%lu/%lu/%lu HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                     "User-Agent: Example\r\nConnection: close\r\n\r\n",
                     options.origin, c->kind, b->length, b->first, b->piece, b->every, number, options.origin);
    if (send(c->fd, request, (size_t)n, MSG_NOSIGNAL) != n)
        slow_fail("a request cannot be sent: %s", strerror(errno));
    become(c, WAITING);
}

/* Connecting waits, as it is at once on loopback: what does not fit the proxy's backlog comes later. */
static void open_client(unsigned long number)
{
    struct client *c = &clients[number];
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
                              .sin_port = htons((uint16_t)options.proxy[number % options.proxies]) };
    int small = SMALL_WINDOW;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        slow_fail("socket: %s", strerror(errno));
    if (options.read_bytes)
        (void)setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
        slow_fail("proxy: %s", strerror(errno));
    c->kind = kind_of(number);
    ask(c, number);
    struct epoll_event e = { .events = EPOLLIN, .data = { .ptr = c } };
    if ((!options.read_bytes && epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e) != 0) ||
        fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0)
        slow_fail("epoll: %s", strerror(errno));
}

static void open_due(uint64_t began)
{
    uint64_t due = (slow_now_ms() - began) * options.rate / 1000 + 1;
    while (opened < options.clients && opened < due)
        open_client(opened++);
}

static void read_slowly(uint64_t now)
{
    for (unsigned long i = 0; i < opened; i++) {
        struct client *c = &clients[i];
        if (c->fd < 0 || now < c->due_ms)
            continue;
        if (c->progress == FLOWING)
            c->due_ms = now + options.read_ms;
        read_some(c, c->progress == FLOWING ? options.read_bytes : HEAD_PIECE);
    }
}

/* False: standard input is over. */
static bool on_command(void)
{
    char line[64];
    if (!fgets(line, sizeof line, stdin))
        return false;
    printf("{\"opened\": %lu, \"waiting\": %lu, \"flowing\": %lu, \"whole\": %lu, \"refused\": %lu, \"failed\": %lu, "
           "\"broken\": %lu, \"bytes\": %llu, \"wrong\": %llu, \"leaked\": %llu}\n",
           opened, in_state[WAITING], in_state[FLOWING], in_state[WHOLE], in_state[REFUSED], in_state[FAILED],
           in_state[BROKEN], (unsigned long long)body_bytes, (unsigned long long)wrong, (unsigned long long)leaked);
    fflush(stdout);
    return true;
}

static void run(void)
{
    struct epoll_event command = { .events = EPOLLIN, .data = { .ptr = NULL } };
    uint64_t began = slow_now_ms(), next = 0;
    if (epoll_ctl(poller, EPOLL_CTL_ADD, 0, &command) != 0)
        slow_fail("standard input must be a pipe");
    for (;;) {
        struct epoll_event events[256];
        int n = epoll_wait(poller, events, 256, SLOW_TICK_MS);
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;
            if (!c && !on_command())
                return;
            if (c && c->fd >= 0)
                read_some(c, READ_MAX);
        }
        open_due(began);
        if (options.read_bytes && slow_now_ms() >= next) {
            read_slowly(slow_now_ms());
            next = slow_now_ms() + SLOW_TICK_MS;
        }
    }
}

/* ---- options ---- */

static void set_proxies(char *text)
{
    for (char *p = strtok(text, ","); p && options.proxies < PROXIES_MAX; p = strtok(NULL, ","))
        options.proxy[options.proxies++] = (unsigned)slow_number(p, 65535);
}

static const struct option long_options[] = {
    { "proxy", 1, NULL, 'p' },  { "origin", 1, NULL, 'o' }, { "clients", 1, NULL, 'c' }, { "body", 1, NULL, 'b' },
    { "kind", 1, NULL, 'k' },   { "denied", 1, NULL, 'd' }, { "read", 1, NULL, 'r' },    { "rate", 1, NULL, 't' },
    { NULL, 0, NULL, 0 },
};

static void read_option(int c)
{
    struct slow_body *b = &options.body;
    switch (c) {
    case 'p': set_proxies(optarg); break;
    case 'o': options.origin = (unsigned)slow_number(optarg, 65535); break;
    case 'c': options.clients = slow_number(optarg, 1000000); break;
    case 'k': options.kind = *optarg; break;
    case 'd': options.denied_each = slow_number(optarg, 1000000); break;
    case 't': options.rate = slow_number(optarg, 1000000); break;
    case 'b':
        if (sscanf(optarg, "%lu/%lu/%lu/%lu", &b->length, &b->first, &b->piece, &b->every) != 4)
            slow_fail("--body: LENGTH/FIRST/PIECE/EVERY");
        break;
    case 'r':
        if (sscanf(optarg, "%lu/%lu", &options.read_bytes, &options.read_ms) != 2)
            slow_fail("--read: BYTES/MS");
        break;
    default: slow_fail("unknown option; the head of slow_clients.c names all");
    }
}

int main(int argc, char **argv)
{
    int c;
    while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        read_option(c);
    if (!options.proxies || !options.origin || !options.body.length || !options.rate || optind != argc)
        slow_fail("--proxy, --origin and --body are needed");
    slow_open_many();
    setvbuf(stdin, NULL, _IONBF, 0);
    poller = epoll_create1(EPOLL_CLOEXEC);
    clients = calloc(options.clients, sizeof *clients);
    if (poller < 0 || !clients)
        slow_fail("out of memory");
    in_state[NOT_YET] = options.clients;
    run();
    return 0;
}
