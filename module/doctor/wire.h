/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h - one connection, plain or TLS, on which nothing is waited for beyond its end.
 *
 * The doctor's client and its origin both speak through it. One wire belongs to one thread,
 * but wire_break may be called from any. */
#ifndef OPTOUT_DOCTOR_WIRE_H
#define OPTOUT_DOCTOR_WIRE_H

#include "core/rc.h"
#include "core/slice.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/types.h>

struct wire {
    int fd;          /* -1: none */
    SSL *ssl;        /* NULL: plain */
    uint64_t end_us; /* by clock_mono_us */
    bool timed_out;  /* that is why something failed */
};

#define WIRE_NONE ((struct wire){ .fd = -1 })

struct wire_place {
    char host[256];
    uint16_t port;
};

/* "HOST", "HOST:PORT", "[ADDRESS]:PORT"; false: it is none of them. */
bool wire_place_read(struct slice text, uint16_t preset, struct wire_place *out);
/* "SCHEME://PLACE/…" of that scheme; `rest` is what stands behind the place, with its slash. */
bool wire_url_read(const char *url, const char *scheme, uint16_t preset, struct wire_place *out,
                   struct slice *rest);

/* Connects; the addresses of a name are tried in turn. False: errno says why, or the
 * wire that it timed out. Close it in either case. */
bool wire_dial(struct wire *w, const struct wire_place *to, uint64_t end_us) OPTOUT_CHECKED;
/* The same to one address, a local socket's too. */
bool wire_reach(struct wire *w, const struct sockaddr *to, socklen_t to_size,
                uint64_t end_us) OPTOUT_CHECKED;
/* Takes over a connected socket. */
bool wire_take(struct wire *w, int fd, uint64_t end_us) OPTOUT_CHECKED;
/* Shakes hands over what is connected; `name` is the server's, for SNI, NULL: we are the server.
 * What the certificate is worth is the caller's to find out. */
bool wire_shake(struct wire *w, SSL_CTX *ctx, const char *name) OPTOUT_CHECKED;
/* Bytes read; 0 at the end; -1. */
ssize_t wire_read(struct wire *w, void *to, size_t size) OPTOUT_CHECKED;
bool wire_write(struct wire *w, struct slice bytes) OPTOUT_CHECKED; /* all of it */
void wire_close(struct wire *w);

#endif
