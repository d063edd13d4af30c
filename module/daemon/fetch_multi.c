/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/fetch_multi.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <sys/epoll.h>

struct fetch_multi {
    CURLM *curl;
    struct loop *loop;
    struct timer timer;
};

struct socket_watch {
    struct watch watch;
    struct fetch_multi *multi;
};

static void take_results(struct fetch_multi *m)
{
    int left;
    for (CURLMsg *msg; (msg = curl_multi_info_read(m->curl, &left));) {
        struct fetch_handle *h = NULL;
        CURLcode code = msg->data.result;
        if (msg->msg != CURLMSG_DONE ||
            curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&h) != CURLE_OK || !h)
            continue;
        h->done(h->ctx, (int)code);
    }
}

static void on_ready(void *ctx, uint32_t events)
{
    struct socket_watch *s = ctx;
    struct fetch_multi *m = s->multi;
    int what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
               (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
               (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    int running;
    curl_multi_socket_action(m->curl, s->watch.fd, what, &running); /* may free s */
    take_results(m);
}

static void on_timer(void *ctx)
{
    struct fetch_multi *m = ctx;
    int running;
    curl_multi_socket_action(m->curl, CURL_SOCKET_TIMEOUT, 0, &running);
    take_results(m);
}

static int set_timer(CURLM *curl, long timeout_ms, void *ctx)
{
    struct fetch_multi *m = ctx;
    (void)curl;
    if (timeout_ms < 0)
        loop_timer_stop(m->loop, &m->timer);
    else if (!loop_timer(m->loop, &m->timer, (uint64_t)timeout_ms * 1000))
        return -1;
    return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
    struct fetch_multi *m = ctx;
    struct socket_watch *s = socket_ctx;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s) {
            loop_unwatch(m->loop, &s->watch);
            curl_multi_assign(m->curl, fd, NULL);
            free(s);
        }
        return 0;
    }
    if (!s) {
        s = calloc(1, sizeof *s);
        if (!s)
            return -1;
        s->multi = m;
        s->watch = (struct watch){ .fd = fd, .ready = on_ready, .ctx = s };
        curl_multi_assign(m->curl, fd, s);
    }
    uint32_t events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                      (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    return loop_watch(m->loop, &s->watch, events) ? 0 : -1;
}

struct fetch_multi *fetch_multi_new(struct loop *loop, unsigned keep)
{
    struct fetch_multi *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->loop = loop;
    m->timer = (struct timer){ .fire = on_timer, .ctx = m };
    m->curl = curl_multi_init();
    if (!m->curl) {
        free(m);
        return NULL;
    }
    curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
    curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
    curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, (long)keep);
    return m;
}

void fetch_multi_free(struct fetch_multi *m)
{
    if (!m)
        return;
    curl_multi_cleanup(m->curl);
    loop_timer_stop(m->loop, &m->timer);
    free(m);
}

bool fetch_multi_add(struct fetch_multi *m, struct fetch_handle *h)
{
    h->added = curl_multi_add_handle(m->curl, h->easy) == CURLM_OK;
    return h->added;
}

void fetch_multi_remove(struct fetch_multi *m, struct fetch_handle *h)
{
    if (h->added)
        curl_multi_remove_handle(m->curl, h->easy);
    h->added = false;
}

void fetch_multi_drop(struct fetch_multi *m, struct fetch_handle *h)
{
    fetch_multi_remove(m, h);
    curl_easy_cleanup(h->easy);
    h->easy = NULL;
}
