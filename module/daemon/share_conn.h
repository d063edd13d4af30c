/* SPDX-License-Identifier: Apache-2.0 */
/* share_conn.h - one connection to Redis: found, opened, greeted, and again after
 * a while when it was lost. RESP2 over a socket that never blocks.
 *
 * hiredis prints commands and reads replies; time limits and end are ours.
 * Its asynchronous interface frees itself inside callbacks, looks up names in the
 * loop and, before 1.0, knows no time limits.
 *
 * Nothing is read, written or reported but from the loop and inside conn_end. */
#ifndef OPTOUT_DAEMON_SHARE_CONN_H
#define OPTOUT_DAEMON_SHARE_CONN_H

#include "core/slice.h"
#include "daemon/loop.h"
#include "daemon/share_url.h"

#include <hiredis/hiredis.h>

struct conn;

enum conn_event { CONN_NEW, CONN_UP, CONN_LOST, CONN_AWAY, CONN_REFUSED };

#define CONN_PUSHED 0u /* `kind` of what was not asked for: a message of a channel */

/* Everything is borrowed and outlives the connection. */
struct conn_setup {
    struct loop *loop;
    const struct share_address *address;
    const char *ca_file; /* "": the system's */
    const char *channel; /* subscribes to it; NULL: for commands */
    unsigned timeout_ms;
    size_t reply_max; /* bytes of one reply; beyond, the connection is dropped */
    /* The reply to what was sent, or NULL: the connection was lost before it came.
     * In the first case more may be sent from within. */
    void (*reply)(void *ctx, unsigned kind, void *what, const redisReply *r);
    /* LOST: it was up. AWAY and REFUSED come at each attempt, NEW never. */
    void (*event)(void *ctx, enum conn_event e, const char *why);
    void *ctx;
};

struct conn *conn_new(const struct conn_setup *setup); /* NULL: out of memory */
/* Replies NULL to what is open, reports no event; never up again. */
void conn_end(struct conn *c);
void conn_free(struct conn *c);

/* Works on what was sent until all of it is answered, without the loop. False: it was lost, or is not
 * answered by then. */
bool conn_flush(struct conn *c, int64_t until_ms);

bool conn_is_up(const struct conn *c);
/* False: not up, or too much is under way; then nothing is replied. */
bool conn_send(struct conn *c, unsigned kind, void *what, size_t argc, const struct slice *argv);

int64_t share_now_ms(void); /* monotonic */

#endif
