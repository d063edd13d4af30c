/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h - the daemon's one event loop: descriptors and timers.
 *
 * epoll, with libcurl driven by its socket callbacks, because each child of c-icap
 * keeps a connection per thread: with some thousand of them idle, a wake-up must
 * cost what is ready and not what is open, as poll and curl_multi_poll do. One
 * thread; callbacks may add and remove anything, themselves too. */
#ifndef OPTOUT_DAEMON_LOOP_H
#define OPTOUT_DAEMON_LOOP_H

#include "core/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

/* Embedded by its owner, who keeps it alive until it is removed; ready may do that. */
struct watch {
    int fd; /* changes only while not watched */
    uint32_t events; /* EPOLLIN …; 0: not watched */
    void (*ready)(void *ctx, uint32_t events);
    void *ctx;
};

struct timer {
    uint64_t at_us; /* clock_mono_us */
    size_t place;   /* in the heap, from 1; 0: not set */
    void (*fire)(void *ctx);
    void *ctx;
};

struct loop *loop_new(void); /* NULL: no memory or descriptors; errno says which */
void loop_free(struct loop *l);

/* Adds, changes or, with 0, removes. False with errno: neither added nor changed. What is
 * ready but was not told yet is not told after a removal, also when the watch is used anew. */
bool loop_watch(struct loop *l, struct watch *w, uint32_t events);
void loop_unwatch(struct loop *l, struct watch *w); /* before its fd is closed */

/* Sets or moves a timer. False: no memory (it is then not set); to move one that is set
 * takes none. */
bool loop_timer(struct loop *l, struct timer *t, uint64_t in_us);
void loop_timer_stop(struct loop *l, struct timer *t);

void loop_run(struct loop *l);  /* until loop_stop; may be called again */
void loop_stop(struct loop *l);

#endif
