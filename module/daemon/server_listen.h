/* SPDX-License-Identifier: Apache-2.0 */
/* server_listen.h - making the local socket. */
#ifndef OPTOUT_DAEMON_SERVER_LISTEN_H
#define OPTOUT_DAEMON_SERVER_LISTEN_H

#include <stddef.h>

/* A listening descriptor, or -1 with `why`. */
int server_listen(const char *name, unsigned mode, const char *group, char *why, size_t why_size);

#endif
