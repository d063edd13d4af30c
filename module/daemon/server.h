/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - the local socket: connections of the filter's threads and of the tool,
 * each with one question at a time. What a peer sends is bounded before it is used;
 * a peer that breaks the form is cut off. */
#ifndef OPTOUT_DAEMON_SERVER_H
#define OPTOUT_DAEMON_SERVER_H

#include "daemon/discovery.h"

struct server;

struct server_options {
    const char *path;
    unsigned mode;
    const char *group; /* empty: ours */
    void (*status)(void *ctx, struct buf *out); /* the JSON of MESSAGE_STATUS */
    /* MESSAGE_TERMS: NULL, or why nothing comes of it. */
    const char *(*terms)(void *ctx, const struct message *m);
    /* MESSAGE_IMAGES, MESSAGE_TERMS_READ: the same. */
    const char *(*news)(void *ctx, const struct message *m);
    void *ctx;
    size_t connections; /* at a time */
};

#define SERVER_CONNECTIONS_MAX 16384

/* NULL with `why`: the socket cannot be made, or another daemon answers there. A
 * socket that nobody listens on is replaced. */
struct server *server_new(struct loop *loop, struct discovery *d, const struct server_options *o,
                          char *why, size_t why_size);
/* Now and then: makes the socket again when somebody removed it. */
void server_look(struct server *s);
void server_stop(struct server *s); /* takes no more connections; the socket is removed */
void server_flush(struct server *s); /* tries once to send what is still to be sent */
void server_free(struct server *s);
size_t server_connections(const struct server *s);

#endif
