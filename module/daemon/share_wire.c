/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/share_wire.h"

#include "daemon/fetch_multi.h"

#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wire {
    struct wire_setup setup;
    struct fetch_multi *multi; /* its own: what others ask for must not close a connection */
    struct fetch_handle handle;
    int fd;
    /* A write that was not taken must be tried again from the same place: TLS asks for it,
     * and libcurl does not tell it otherwise. */
    uint8_t piece[16u << 10];
    size_t piece_n;
    char error[CURL_ERROR_SIZE];
    char why[CURL_ERROR_SIZE + 16];
};

/* A peer that vanished without a word is noticed within half a minute. */
static void set_keepalive(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        { IPPROTO_TCP, TCP_NODELAY, 1 },  { SOL_SOCKET, SO_KEEPALIVE, 1 },
        { IPPROTO_TCP, TCP_KEEPIDLE, 15 }, { IPPROTO_TCP, TCP_KEEPINTVL, 5 },
        { IPPROTO_TCP, TCP_KEEPCNT, 3 },
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(int));
}

static enum wire_result explain(struct wire *w, CURLcode code)
{
    long error = 0;
    const char *text = w->error[0] ? w->error : curl_easy_strerror(code);
    curl_easy_getinfo(w->handle.easy, CURLINFO_OS_ERRNO, &error);
    bool refused = w->setup.address->tls && code != CURLE_COULDNT_RESOLVE_HOST &&
                   code != CURLE_COULDNT_CONNECT && code != CURLE_OPERATION_TIMEDOUT &&
                   code != CURLE_OUT_OF_MEMORY;
    if (code == CURLE_COULDNT_CONNECT && error)
        text = strerror((int)error);
    snprintf(w->why, sizeof w->why, "%s%s", refused ? "TLS: " : "", text);
    return refused ? WIRE_REFUSED : WIRE_AWAY;
}

static void on_connected(void *ctx, int result)
{
    struct wire *w = ctx;
    curl_socket_t fd = CURL_SOCKET_BAD;
    CURLcode code = (CURLcode)result;
    if (code == CURLE_OK)
        code = curl_easy_getinfo(w->handle.easy, CURLINFO_ACTIVESOCKET, &fd);
    if (code == CURLE_OK && fd == CURL_SOCKET_BAD)
        code = CURLE_COULDNT_CONNECT;
    enum wire_result r = code == CURLE_OK ? WIRE_OPEN : explain(w, code);
    w->fd = fd;
    if (r == WIRE_OPEN && !w->setup.address->path[0])
        set_keepalive(fd);
    w->setup.opened(w->setup.ctx, r);
}

struct wire *wire_new(const struct wire_setup *setup)
{
    struct wire *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->setup = *setup;
    w->handle = (struct fetch_handle){ .done = on_connected, .ctx = w };
    w->multi = fetch_multi_new(setup->loop, 1);
    if (w->multi)
        return w;
    free(w);
    return NULL;
}

void wire_close(struct wire *w)
{
    if (w->handle.easy)
        fetch_multi_drop(w->multi, &w->handle);
}

void wire_free(struct wire *w)
{
    if (!w)
        return;
    wire_close(w);
    fetch_multi_free(w->multi);
    free(w);
}

static void set_options(struct wire *w, CURL *easy)
{
    const struct share_address *a = w->setup.address;
    char url[SHARE_HOST_MAX + 32];
    bool numbers = strchr(a->host, ':') != NULL;
    snprintf(url, sizeof url, "%s://%s%s%s:%s/", a->tls ? "https" : "http", numbers ? "[" : "",
             a->path[0] ? "localhost" : a->host, numbers ? "]" : "", a->path[0] ? "1" : a->port);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &w->handle);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, w->error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* or a slow name server stops the loop */
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* nor that of the environment */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)w->setup.timeout_ms);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L); /* it is no HTTP */
    if (a->path[0])
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, a->path);
    if (w->setup.ca_file[0]) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, w->setup.ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* and not the system's as well */
    }
}

bool wire_open(struct wire *w)
{
    CURL *easy = curl_easy_init();
    if (!easy)
        return false;
    w->handle.easy = easy;
    w->error[0] = w->why[0] = '\0';
    w->piece_n = 0;
    set_options(w, easy);
    if (fetch_multi_add(w->multi, &w->handle))
        return true;
    wire_close(w);
    return false;
}

int wire_fd(const struct wire *w)
{
    return w->fd;
}

const char *wire_why(const struct wire *w)
{
    return w->why;
}

static ssize_t result_of(struct wire *w, CURLcode code, size_t n)
{
    if (code == CURLE_OK)
        return (ssize_t)n;
    errno = code == CURLE_AGAIN ? EAGAIN : EPROTO;
    if (code != CURLE_AGAIN)
        snprintf(w->why, sizeof w->why, "%s", w->error[0] ? w->error : curl_easy_strerror(code));
    return -1;
}

ssize_t wire_read(struct wire *w, void *p, size_t n)
{
    size_t done = 0;
    CURLcode code = curl_easy_recv(w->handle.easy, p, n, &done);
    return result_of(w, code, done);
}

ssize_t wire_write(struct wire *w, const void *p, size_t n)
{
    size_t done = 0;
    if (!w->piece_n) {
        w->piece_n = n < sizeof w->piece ? n : sizeof w->piece;
        memcpy(w->piece, p, w->piece_n);
    }
    CURLcode code = curl_easy_send(w->handle.easy, w->piece, w->piece_n, &done);
    if (code == CURLE_OK)
        w->piece_n = 0;
    return result_of(w, code, done);
}
