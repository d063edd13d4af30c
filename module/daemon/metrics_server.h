/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_server.h - GET /metrics, for Prometheus: on loopback or a local socket, in the loop.
 *
 * One request of a connection. A client has a few seconds, a few kilobytes of head, and shares a
 * few places with others; who is slow makes way for who comes. There is no TLS and nobody is asked
 * who he is: what is told are figures. */
#ifndef OPTOUT_DAEMON_METRICS_SERVER_H
#define OPTOUT_DAEMON_METRICS_SERVER_H

#include "core/buf.h"
#include "daemon/loop.h"

#define METRICS_CLIENTS_MAX 8
#define METRICS_A_SECOND 20 /* answers; more are told to come later */

struct metrics_server;

struct metrics_server_options {
    const char *listen; /* as listen_address_read takes it; kept by the caller */
    unsigned mode;      /* of a local socket */
    const char *group;  /* of it; empty: ours */
    /* The text; false: there is none now. */
    bool (*print)(void *ctx, struct buf *out);
    void *ctx;
};

/* Listens, or says why not and tries again in metrics_server_look. NULL: no memory. */
struct metrics_server *metrics_server_new(struct loop *l, const struct metrics_server_options *o);
void metrics_server_look(struct metrics_server *s); /* now and then */
void metrics_server_free(struct metrics_server *s); /* NULL is fine */

#endif
