/* SPDX-License-Identifier: Apache-2.0 */
/* message_client.c - the filter's side of the socket: one connection per thread.
 *
 * Nothing here waits longer than it was told to: connecting, sending and
 * receiving share one deadline. A connection that is not in order any more (an
 * answer that came too late, half a message sent) is closed, never mended.
 *
 * Limits: MESSAGE_MAX bytes of an answer; TELL_WAIT_MS for handing over. */
#include "core/clock.h"
#include "site/message.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define GRACE_MS 100     /* for the answer "late" to arrive after the wait */
#define TELL_WAIT_MS 20  /* for the rest of a message that is handed over in part */
#define RECEIVE 16384    /* bytes at a time */
#define KEEP_MAX 65536   /* bytes of buffer a thread keeps between questions */

struct connection {
    int fd;        /* -1: none */
    pid_t pid;     /* who opened it: a fork inherits the number, not the talk */
    uint32_t tag;  /* of the newest question */
    struct sockaddr_un to;
    struct buf out, in;
};

static pthread_key_t key;
static bool have_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void hang_up(struct connection *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    buf_clear(&c->in);
}

static void free_connection(void *p)
{
    struct connection *c = p;
    if (!c)
        return;
    hang_up(c);
    buf_free(&c->out);
    buf_free(&c->in);
    free(c);
}

static void prepare(void)
{
    have_key = pthread_key_create(&key, free_connection) == 0;
}

/* The key's destructor is code of this library: it must go before it does. */
__attribute__((destructor)) static void forget(void)
{
    if (!have_key)
        return;
    free_connection(pthread_getspecific(key));
    pthread_key_delete(key);
}

/* This thread's connection, not necessarily open; NULL without memory. */
static struct connection *connection_mine(void)
{
    pthread_once(&once, prepare);
    struct connection *c = have_key ? pthread_getspecific(key) : NULL;
    if (c || !have_key)
        return c;
    c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->fd = -1;
    buf_init(&c->out, MESSAGE_MAX);
    buf_init(&c->in, MESSAGE_MAX);
    if (pthread_setspecific(key, c) != 0) {
        free(c);
        return NULL;
    }
    return c;
}

static int left_ms(uint64_t deadline_us)
{
    uint64_t now = clock_mono_us();
    if (now >= deadline_us)
        return 0;
    uint64_t ms = (deadline_us - now + 999) / 1000;
    return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

/* Waits for `events`; false with ETIMEDOUT when the deadline passed. */
static bool wait_for(int fd, short events, uint64_t deadline_us)
{
    for (;;) {
        struct pollfd p = { fd, events, 0 };
        int left = left_ms(deadline_us);
        int n = poll(&p, 1, left);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
        if (n == 0 && left == 0) {
            errno = ETIMEDOUT;
            return false;
        }
    }
}

static bool address(const char *path, struct sockaddr_un *to)
{
    size_t n = strlen(path);
    memset(to, 0, sizeof *to);
    to->sun_family = AF_UNIX;
    if (n == 0 || n >= sizeof to->sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(to->sun_path, path, n);
    return true;
}

/* A full queue of the listener makes connect() wait: SO_SNDTIMEO bounds it. */
static bool dial(struct connection *c, uint64_t deadline_us)
{
    int ms = left_ms(deadline_us);
    struct timeval limit = { ms / 1000, ms % 1000 * 1000 };
    if (ms == 0)
        limit.tv_usec = 1000;
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        return false;
    c->pid = getpid();
    int failed = setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (!failed)
        do
            failed = connect(c->fd, (const struct sockaddr *)&c->to, sizeof c->to);
        while (failed && errno == EINTR && left_ms(deadline_us) > 0);
    if (failed) {
        int why = errno == EAGAIN ? ETIMEDOUT : errno;
        hang_up(c);
        errno = why;
        return false;
    }
    return true;
}

/* An open connection to `path`; *kept tells that it was there before. */
static bool reach(struct connection *c, const char *path, uint64_t deadline_us, bool *kept)
{
    struct sockaddr_un to;
    uint8_t byte;
    *kept = false;
    if (!address(path, &to))
        return false;
    if (c->fd >= 0 && (c->pid != getpid() || memcmp(&to, &c->to, sizeof to) != 0))
        hang_up(c);
    c->to = to;
    if (c->fd >= 0) {
        /* Nothing may wait to be read between questions; an end means a restart. */
        ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            *kept = true;
            return true;
        }
        hang_up(c);
    }
    return dial(c, deadline_us);
}

static bool send_all(struct connection *c, uint64_t deadline_us, size_t *sent)
{
    for (*sent = 0; *sent < c->out.n;) {
        ssize_t n = send(c->fd, c->out.p + *sent, c->out.n - *sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            *sent += (size_t)n;
        else if (n < 0 && errno == EAGAIN) {
            if (!wait_for(c->fd, POLLOUT, deadline_us))
                return false;
        } else if (n < 0 && errno != EINTR)
            return false;
    }
    return true;
}

/* Receives the answer that carries the newest tag; its fields point into c->in. */
static bool receive(struct connection *c, uint64_t deadline_us, struct message *answer)
{
    buf_clear(&c->in);
    for (;;) {
        size_t used = 0;
        enum optout_rc rc = message_read(buf_slice(&c->in), answer, &used);
        if (rc == OPTOUT_OK && answer->tag == c->tag && answer->verb == MESSAGE_ANSWER &&
            used == c->in.n)
            return true;
        uint8_t *room = rc == OPTOUT_MORE ? buf_room(&c->in, RECEIVE) : NULL;
        if (!room && c->in.failed == OPTOUT_E_LIMIT && rc == OPTOUT_MORE) {
            buf_clear(&c->in);
            errno = EMSGSIZE;
            return false;
        }
        if (!room) {
            errno = EPROTO;
            return false;
        }
        ssize_t n = recv(c->fd, room, RECEIVE, MSG_DONTWAIT);
        if (n > 0)
            c->in.n += (size_t)n;
        else if (n == 0) {
            errno = ECONNRESET;
            return false;
        } else if (errno == EAGAIN) {
            if (!wait_for(c->fd, POLLIN, deadline_us))
                return false;
        } else if (errno != EINTR)
            return false;
    }
}

static bool print(struct connection *c, const struct message *m)
{
    struct message tagged = *m;
    tagged.tag = ++c->tag;
    buf_clear(&c->out);
    if (message_print(&tagged, &c->out) == OPTOUT_OK)
        return true;
    errno = EMSGSIZE;
    return false;
}

/* Buffers that one large message made grow are not kept for ever. */
static void shrink(struct buf *b)
{
    if (b->size > KEEP_MAX) {
        buf_free(b);
        buf_init(b, MESSAGE_MAX);
    }
}

/* One question and its answer. A daemon that was restarted closed the kept
 * connection: then it is asked once more on a new one; questions may be repeated.
 * False with errno; the connection is closed then. */
static bool talk(struct connection *c, const char *path, const struct message *m,
                 unsigned wait_ms, struct message *answer)
{
    uint64_t deadline_us = clock_mono_us() + ((uint64_t)wait_ms + GRACE_MS) * 1000;
    bool kept = true, ok = print(c, m);
    if (!ok)
        return false;
    for (int tries = 0; tries < 2 && kept; tries++) {
        size_t sent;
        ok = reach(c, path, deadline_us, &kept);
        if (!ok)
            break;
        ok = send_all(c, deadline_us, &sent) && receive(c, deadline_us, answer);
        if (ok)
            break;
        int why = errno;
        hang_up(c);
        errno = why;
        if (why != ECONNRESET && why != EPIPE)
            break;
    }
    return ok;
}

enum ask_result message_ask(const char *socket_path, const struct message *m, unsigned wait_ms)
{
    static const struct {
        struct slice word;
        enum ask_result means;
    } words[] = {
        { SLICE("known"), ASK_KNOWN },
        { SLICE("refused"), ASK_REFUSED },
    };
    struct connection *c = connection_mine();
    struct message answer;
    if (!c)
        return ASK_AWAY;
    bool ok = talk(c, socket_path, m, wait_ms, &answer);
    enum ask_result result = ok || errno == ETIMEDOUT ? ASK_LATE : ASK_AWAY;
    for (size_t i = 0; ok && answer.n > 0 && i < sizeof words / sizeof *words; i++)
        if (slice_eq(answer.field[0], words[i].word))
            result = words[i].means;
    shrink(&c->out);
    shrink(&c->in);
    return result;
}

bool message_tell(const char *socket_path, const struct message *m)
{
    struct connection *c = connection_mine();
    uint64_t deadline_us = clock_mono_us() + TELL_WAIT_MS * 1000;
    bool kept, ok = c && print(c, m);
    if (!ok)
        return false;
    for (int tries = 0; tries < 2; tries++) {
        size_t sent = 0;
        ok = reach(c, socket_path, deadline_us, &kept) && send_all(c, deadline_us, &sent);
        if (ok || c->fd < 0)
            break;
        /* A full queue leaves the connection in order if nothing went out. */
        bool full = errno == ETIMEDOUT;
        if (!full || sent)
            hang_up(c);
        if (full || !kept)
            break;
    }
    shrink(&c->out);
    return ok;
}

enum optout_rc message_call(const char *socket_path, const struct message *m, unsigned wait_ms,
                            struct message *answer, struct buf *storage)
{
    struct connection *c = connection_mine();
    size_t start = storage->n, used;
    if (!c)
        return OPTOUT_E_NOMEM;
    if (!talk(c, socket_path, m, wait_ms, answer)) {
        int why = errno;
        shrink(&c->out);
        shrink(&c->in);
        errno = why;
        return why == EMSGSIZE ? OPTOUT_E_LIMIT : OPTOUT_E_IO;
    }
    enum optout_rc rc = buf_append(storage, c->in.p, c->in.n);
    /* Read again where it lies now, so that the fields point into the storage. */
    if (rc == OPTOUT_OK)
        rc = message_read(slice_from(buf_slice(storage), start), answer, &used);
    shrink(&c->out);
    shrink(&c->in);
    return rc;
}
