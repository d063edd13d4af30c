/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/wire.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

bool wire_place_read(struct slice text, uint16_t preset, struct wire_place *out)
{
    bool bracket = slice_take(&text, '[');
    size_t end = slice_find(text, bracket ? ']' : ':');
    struct slice host = slice_sub(text, 0, end), port = slice_from(text, end);
    uint64_t number = preset;
    if (bracket && !slice_take(&port, ']'))
        return false;
    if (port.n && (!slice_take(&port, ':') || !slice_to_u64(port, &number)))
        return false;
    if (!host.n || host.n >= sizeof out->host || number > UINT16_MAX ||
        memchr(host.p, '\0', host.n))
        return false;
    memcpy(out->host, host.p, host.n);
    out->host[host.n] = '\0';
    out->port = (uint16_t)number;
    return true;
}

bool wire_url_read(const char *url, const char *scheme, uint16_t preset, struct wire_place *out,
                   struct slice *rest)
{
    struct slice all = slice_cstr(url), begin = slice_cstr(scheme);
    if (!slice_starts_nocase(all, begin) ||
        !slice_starts_nocase(slice_from(all, begin.n), SLICE_OF("://")))
        return false;
    all = slice_from(all, begin.n + 3);
    size_t end = slice_find(all, '/');
    *rest = slice_from(all, end);
    return wire_place_read(slice_sub(all, 0, end), preset, out);
}

/* --- waiting --------------------------------------------------------------- */

static bool wait_for(struct wire *w, short events)
{
    for (;;) {
        uint64_t now = clock_mono_us();
        if (now >= w->end_us) {
            w->timed_out = true;
            errno = ETIMEDOUT;
            return false;
        }
        struct pollfd p = { .fd = w->fd, .events = events };
        uint64_t ms = (w->end_us - now) / 1000 + 1;
        int n = poll(&p, 1, ms > 60000 ? 60000 : (int)ms);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

/* --- connecting ------------------------------------------------------------ */

bool wire_take(struct wire *w, int fd, uint64_t end_us)
{
    int flags = fcntl(fd, F_GETFL);
    int on = 1;
    *w = (struct wire){ .fd = fd, .end_us = end_us };
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

bool wire_reach(struct wire *w, const struct sockaddr *to, socklen_t to_size, uint64_t end_us)
{
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = 0;
    socklen_t size = sizeof error;
    if (fd < 0 || !wire_take(w, fd, end_us))
        return false;
    if (connect(fd, to, to_size) == 0)
        return true;
    if (errno != EINPROGRESS || !wait_for(w, POLLOUT) ||
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return false;
    errno = error;
    return error == 0;
}

bool wire_dial(struct wire *w, const struct wire_place *to, uint64_t end_us)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
    struct addrinfo *all;
    char port[8];
    *w = WIRE_NONE;
    snprintf(port, sizeof port, "%u", to->port);
    if (getaddrinfo(to->host, port, &hints, &all) != 0) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    bool good = false;
    for (const struct addrinfo *a = all; a && !good && !w->timed_out; a = a->ai_next) {
        wire_close(w);
        good = wire_reach(w, a->ai_addr, a->ai_addrlen, end_us);
    }
    int error = errno;
    freeaddrinfo(all);
    errno = error;
    return good;
}

/* --- TLS ------------------------------------------------------------------- */

/* True: try again; else it failed for good. */
static bool wait_for_tls(struct wire *w, int rc)
{
    switch (SSL_get_error(w->ssl, rc)) {
    case SSL_ERROR_WANT_READ: return wait_for(w, POLLIN);
    case SSL_ERROR_WANT_WRITE: return wait_for(w, POLLOUT);
    default: return false;
    }
}

bool wire_shake(struct wire *w, SSL_CTX *ctx, const char *name)
{
    w->ssl = SSL_new(ctx);
    if (!w->ssl || SSL_set_fd(w->ssl, w->fd) != 1)
        return false;
    if (name && SSL_set_tlsext_host_name(w->ssl, name) != 1)
        return false;
    for (;;) {
        ERR_clear_error();
        int rc = name ? SSL_connect(w->ssl) : SSL_accept(w->ssl);
        if (rc == 1)
            return true;
        if (!wait_for_tls(w, rc))
            return false;
    }
}

/* --- bytes ----------------------------------------------------------------- */

static ssize_t read_tls(struct wire *w, void *to, size_t size)
{
    for (;;) {
        ERR_clear_error();
        size_t n = 0;
        int rc = SSL_read_ex(w->ssl, to, size, &n);
        if (rc == 1)
            return (ssize_t)n;
        if (SSL_get_error(w->ssl, rc) == SSL_ERROR_ZERO_RETURN)
            return 0;
        if (!wait_for_tls(w, rc))
            return -1;
    }
}

ssize_t wire_read(struct wire *w, void *to, size_t size)
{
    if (w->ssl)
        return read_tls(w, to, size);
    for (;;) {
        ssize_t n = recv(w->fd, to, size, 0);
        if (n >= 0)
            return n;
        if (errno != EINTR && ((errno != EAGAIN && errno != EWOULDBLOCK) || !wait_for(w, POLLIN)))
            return -1;
    }
}

static bool write_tls(struct wire *w, struct slice bytes)
{
    while (bytes.n) {
        ERR_clear_error();
        size_t n = 0;
        int rc = SSL_write_ex(w->ssl, bytes.p, bytes.n, &n);
        if (rc != 1 && !wait_for_tls(w, rc))
            return false;
        bytes = slice_from(bytes, rc == 1 ? n : 0);
    }
    return true;
}

bool wire_write(struct wire *w, struct slice bytes)
{
    if (w->ssl)
        return write_tls(w, bytes);
    while (bytes.n) {
        ssize_t n = send(w->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n >= 0)
            bytes = slice_from(bytes, (size_t)n);
        else if (errno != EINTR &&
                 ((errno != EAGAIN && errno != EWOULDBLOCK) || !wait_for(w, POLLOUT)))
            return false;
    }
    return true;
}

void wire_close(struct wire *w)
{
    SSL_free(w->ssl);
    if (w->fd >= 0)
        close(w->fd);
    w->ssl = NULL;
    w->fd = -1;
}
