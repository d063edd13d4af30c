/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/loop.h"

#include "core/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LOOP_BATCH 64
#define WAIT_MAX_MS 60000

struct loop {
    int epoll;
    bool stopped;
    struct timer **heap; /* heap[1] fires next */
    size_t n_timers, heap_size;
    struct epoll_event batch[LOOP_BATCH];
    int n_batch;
};

struct loop *loop_new(void)
{
    struct loop *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0) {
        free(l);
        return NULL;
    }
    return l;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    close(l->epoll);
    free(l->heap);
    free(l);
}

bool loop_watch(struct loop *l, struct watch *w, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = w };
    if (events == w->events)
        return true;
    if (!events) {
        loop_unwatch(l, w);
        return true;
    }
    if (epoll_ctl(l->epoll, w->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, w->fd, &e) != 0)
        return false;
    w->events = events;
    return true;
}

void loop_unwatch(struct loop *l, struct watch *w)
{
    if (!w->events)
        return;
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    w->events = 0;
    for (int i = 0; i < l->n_batch; i++) /* what is reported already must not reach it */
        if (l->batch[i].data.ptr == w)
            l->batch[i].data.ptr = NULL;
}

/* ---- timers: a binary heap whose members know their place ---- */

static void heap_put(struct loop *l, size_t place, struct timer *t)
{
    l->heap[place] = t;
    t->place = place;
}

static void heap_up(struct loop *l, size_t place, struct timer *t)
{
    for (; place > 1 && l->heap[place / 2]->at_us > t->at_us; place /= 2)
        heap_put(l, place, l->heap[place / 2]);
    heap_put(l, place, t);
}

static void heap_down(struct loop *l, size_t place, struct timer *t)
{
    for (size_t child; (child = place * 2) <= l->n_timers; place = child) {
        if (child < l->n_timers && l->heap[child + 1]->at_us < l->heap[child]->at_us)
            child++;
        if (l->heap[child]->at_us >= t->at_us)
            break;
        heap_put(l, place, l->heap[child]);
    }
    heap_put(l, place, t);
}

bool loop_timer(struct loop *l, struct timer *t, uint64_t in_us)
{
    loop_timer_stop(l, t);
    if (l->n_timers + 2 > l->heap_size) {
        size_t size = l->heap_size ? 2 * l->heap_size : 64;
        struct timer **more = realloc(l->heap, size * sizeof *more);
        if (!more)
            return false;
        l->heap = more;
        l->heap_size = size;
    }
    t->at_us = clock_mono_us() + in_us;
    heap_up(l, ++l->n_timers, t);
    return true;
}

void loop_timer_stop(struct loop *l, struct timer *t)
{
    size_t place = t->place;
    if (!place)
        return;
    t->place = 0;
    struct timer *last = l->heap[l->n_timers--];
    if (last == t)
        return;
    if (place > 1 && l->heap[place / 2]->at_us > last->at_us)
        heap_up(l, place, last);
    else
        heap_down(l, place, last);
}

static void fire_timers(struct loop *l)
{
    uint64_t now = clock_mono_us(); /* one set while firing waits for the next round */
    while (l->n_timers && l->heap[1]->at_us <= now) {
        struct timer *t = l->heap[1];
        loop_timer_stop(l, t);
        t->fire(t->ctx);
    }
}

/* ---- waiting ---- */

static int wait_ms(const struct loop *l)
{
    if (!l->n_timers)
        return WAIT_MAX_MS;
    uint64_t now = clock_mono_us(), at = l->heap[1]->at_us;
    uint64_t ms = at <= now ? 0 : (at - now + 999) / 1000;
    return ms < WAIT_MAX_MS ? (int)ms : WAIT_MAX_MS;
}

static void tell_ready(struct loop *l)
{
    for (int i = 0; i < l->n_batch; i++) {
        struct watch *w = l->batch[i].data.ptr;
        if (w)
            w->ready(w->ctx, l->batch[i].events);
    }
    l->n_batch = 0;
}

void loop_run(struct loop *l)
{
    while (!l->stopped) {
        l->n_batch = epoll_wait(l->epoll, l->batch, LOOP_BATCH, wait_ms(l));
        if (l->n_batch < 0 && errno != EINTR)
            return;
        tell_ready(l);
        fire_timers(l);
    }
    l->stopped = false;
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
}
