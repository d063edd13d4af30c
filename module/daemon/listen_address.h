/* SPDX-License-Identifier: Apache-2.0 */
/* listen_address.h - "127.0.0.1:10451", "[::1]:10451", "/run/optout/metrics.sock" or "off". */
#ifndef OPTOUT_DAEMON_LISTEN_ADDRESS_H
#define OPTOUT_DAEMON_LISTEN_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

enum listen_kind { LISTEN_OFF, LISTEN_PATH, LISTEN_TCP };

struct listen_address {
    enum listen_kind kind;
    bool loopback; /* of LISTEN_TCP: nobody from elsewhere can connect */
    struct sockaddr_storage address; /* of LISTEN_TCP */
    socklen_t size;
};

/* Names are not looked up. False: it is none of these. */
bool listen_address_read(const char *text, struct listen_address *out);

#endif
