/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.h - who listens on a TCP port of this machine, by /proc/net/tcp and tcp6. Pure but for
 * sockets_listening. */
#ifndef OPTOUT_DOCTOR_SOCKETS_H
#define OPTOUT_DOCTOR_SOCKETS_H

#include "core/slice.h"

struct listening {
    bool loopback; /* on an address that this machine alone reaches */
    bool open;     /* on all addresses, or one that others may reach */
};

/* Adds what the text of one of these files says of the port. */
void sockets_read(struct slice text, unsigned port, struct listening *l);
/* False when none of the files can be read. */
bool sockets_listening(unsigned port, struct listening *l);

#endif
