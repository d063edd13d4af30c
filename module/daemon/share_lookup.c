/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/share_lookup.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STACK (512u << 10) /* resolver plug-ins are not frugal */

struct lookup {
    atomic_int held; /* by the loop, by the thread */
    int fd;          /* eventfd, written when `found` and `rc` are there */
    int rc;
    struct addrinfo *found;
    char host[256];
    char port[8];
};

static void let_go(struct lookup *l)
{
    if (atomic_fetch_sub(&l->held, 1) != 1)
        return;
    if (l->found)
        freeaddrinfo(l->found);
    close(l->fd);
    free(l);
}

static int ask(const char *host, const char *port, int flags, struct addrinfo **out)
{
    struct addrinfo hints = { .ai_flags = flags | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
    int rc = getaddrinfo(host, port, &hints, out);
    if (rc != 0)
        *out = NULL;
    return rc;
}

static size_t copy_out(const struct addrinfo *list, struct lookup_address out[LOOKUP_MAX])
{
    size_t n = 0;
    for (; list && n < LOOKUP_MAX; list = list->ai_next) {
        if (list->ai_addrlen > sizeof out[n].at)
            continue;
        memcpy(&out[n].at, list->ai_addr, list->ai_addrlen);
        out[n++].size = list->ai_addrlen;
    }
    return n;
}

size_t lookup_literal(const char *host, const char *port, struct lookup_address out[LOOKUP_MAX])
{
    struct addrinfo *list = NULL;
    if (ask(host, port, AI_NUMERICHOST, &list) != 0)
        return 0;
    size_t n = copy_out(list, out);
    freeaddrinfo(list);
    return n;
}

static void *run(void *arg)
{
    struct lookup *l = arg;
    l->rc = ask(l->host, l->port, 0, &l->found);
    uint64_t one = 1;
    /* The counter of an eventfd that nobody else writes cannot be full. */
    if (write(l->fd, &one, sizeof one) != (ssize_t)sizeof one)
        l->rc = EAI_SYSTEM;
    let_go(l);
    return NULL;
}

static bool start_thread(struct lookup *l)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    if (pthread_attr_init(&attr) != 0)
        return false;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK);
    sigfillset(&all); /* signals are the loop's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread, &attr, run, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return rc == 0;
}

struct lookup *lookup_start(const char *host, const char *port)
{
    struct lookup *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    atomic_init(&l->held, 2);
    snprintf(l->host, sizeof l->host, "%s", host);
    snprintf(l->port, sizeof l->port, "%s", port);
    l->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->fd < 0) {
        free(l);
        return NULL;
    }
    if (!start_thread(l)) {
        atomic_store(&l->held, 1);
        let_go(l);
        return NULL;
    }
    return l;
}

int lookup_fd(const struct lookup *l)
{
    return l->fd;
}

int lookup_take(struct lookup *l, struct lookup_address out[LOOKUP_MAX], const char **why)
{
    uint64_t done = 0;
    if (read(l->fd, &done, sizeof done) != (ssize_t)sizeof done)
        return -1;
    size_t n = copy_out(l->found, out);
    *why = l->rc ? gai_strerror(l->rc) : "no address";
    return (int)n;
}

void lookup_drop(struct lookup *l)
{
    if (l)
        let_go(l);
}
