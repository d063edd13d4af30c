/* SPDX-License-Identifier: Apache-2.0 */
/* share_lookup.h - the addresses of a host name, found off the loop: getaddrinfo
 * blocks, so a thread of its own asks it. */
#ifndef OPTOUT_DAEMON_SHARE_LOOKUP_H
#define OPTOUT_DAEMON_SHARE_LOOKUP_H

#include "core/slice.h"

#include <sys/socket.h>

#define LOOKUP_MAX 8 /* addresses kept */

struct lookup_address {
    struct sockaddr_storage at;
    socklen_t size;
};

struct lookup;

/* Without asking anybody: `host` is an address. The number found, or 0. */
size_t lookup_literal(const char *host, const char *port, struct lookup_address out[LOOKUP_MAX]);

/* NULL: no thread or descriptor to be had. */
struct lookup *lookup_start(const char *host, const char *port);
int lookup_fd(const struct lookup *l); /* readable when it is done */
/* -1: not yet; else the number found, 0 with `why`. */
int lookup_take(struct lookup *l, struct lookup_address out[LOOKUP_MAX], const char **why);
void lookup_drop(struct lookup *l); /* the thread ends by itself, whenever that is */

#endif
