/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h - addresses that the daemon does not ask: its own machine, private and
 * link-local networks, multicast, and the forms of IPv6 that hide one of them.
 *
 * A crawler chooses the origins, and an origin chooses its redirects and its
 * names' addresses: without this anybody could make the daemon send requests
 * into the operator's network. RFC 6890 and the IANA special-purpose registries. */
#ifndef OPTOUT_DAEMON_GUARD_H
#define OPTOUT_DAEMON_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>

/* True when the address may be asked. `size`: bytes at `a`. Anything but IPv4 and
 * IPv6 is not public. Pure. */
bool guard_is_public(const struct sockaddr *a, socklen_t size);

#endif
