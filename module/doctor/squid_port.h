/* SPDX-License-Identifier: Apache-2.0 */
/* squid_port.h - where a squid.conf says that clients find the proxy, and as whom it opens https. */
#ifndef OPTOUT_DOCTOR_SQUID_PORT_H
#define OPTOUT_DOCTOR_SQUID_PORT_H

#include "doctor/wire.h"
#include "policy/config_fault.h"

struct client_port {
    struct wire_place at;       /* port 0: none; loopback where it takes all addresses */
    char cert[CONFIG_PATH_MAX]; /* of tls-cert=; empty: it opens nothing */
};

/* The first http_port for clients that know of the proxy, or better the first of those that opens
 * https. A file that cannot be read has none. */
void squid_port_find(const char *squid_conf, struct client_port *out);

#endif
