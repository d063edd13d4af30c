/* SPDX-License-Identifier: Apache-2.0 */
/* polite.h - whose turn it is: so many requests at a time to one host, a pause
 * between them, and so many in all. First come, first served within a host, and
 * hosts take turns, so that a slow one holds up nobody else. */
#ifndef OPTOUT_DAEMON_POLITE_H
#define OPTOUT_DAEMON_POLITE_H

#include "daemon/loop.h"
#include "daemon/map.h"

struct polite;
struct lane;

/* Embedded by who waits; lives until `go` and then until polite_done. */
struct turn {
    struct turn *next;
    struct lane *lane; /* NULL: not in any */
    bool running;
    void (*go)(void *ctx); /* from the loop, never from inside of a call */
    void *ctx;
};

struct polite *polite_new(struct loop *loop, unsigned all, unsigned per_host, unsigned delay_ms);
void polite_free(struct polite *p);

/* `host`: "example.com:8080", copied. False: no memory. */
bool polite_ask(struct polite *p, struct slice host, struct turn *t);
/* It is over, or no longer wanted. */
void polite_done(struct polite *p, struct turn *t);
/* How many run, and how many wait for their turn. */
void polite_count(const struct polite *p, size_t *running, size_t *waiting);

#endif
