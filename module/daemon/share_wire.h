/* SPDX-License-Identifier: Apache-2.0 */
/* share_wire.h - bytes to Redis and back: TCP, TLS or a Unix socket, by libcurl, which
 * finds the addresses off the loop, tries them and shakes hands (CURLOPT_CONNECT_ONLY).
 * The process must ignore SIGPIPE. */
#ifndef OPTOUT_DAEMON_SHARE_WIRE_H
#define OPTOUT_DAEMON_SHARE_WIRE_H

#include "daemon/loop.h"
#include "daemon/share_url.h"

#include <sys/types.h>

struct wire;

enum wire_result { WIRE_OPEN, WIRE_AWAY, WIRE_REFUSED /* by TLS, whoever of the two */ };

/* Everything is borrowed and outlives the wire. */
struct wire_setup {
    struct loop *loop;
    const struct share_address *address;
    const char *ca_file; /* "": the system's */
    unsigned timeout_ms; /* of opening: a part of it for each address */
    void (*opened)(void *ctx, enum wire_result r); /* from the loop; may close, not free */
    void *ctx;
};

struct wire *wire_new(const struct wire_setup *setup); /* NULL: out of memory */
void wire_free(struct wire *w);

/* `opened` is told how it went, unless wire_close comes first. False: out of memory. */
bool wire_open(struct wire *w);
void wire_close(struct wire *w); /* once nobody watches its descriptor */

/* Once it is open. As read and write where nothing blocks: -1 with EAGAIN, or with EPROTO
 * for any failure. After EAGAIN of wire_write the same bytes must come first again. */
int wire_fd(const struct wire *w);
ssize_t wire_read(struct wire *w, void *p, size_t n);
ssize_t wire_write(struct wire *w, const void *p, size_t n);
const char *wire_why(const struct wire *w); /* it could not be opened, read or written */

#endif
