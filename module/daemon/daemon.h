/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.h - the parts put together, from the first to the last moment. */
#ifndef OPTOUT_DAEMON_DAEMON_H
#define OPTOUT_DAEMON_DAEMON_H

#include "daemon/daemon_config.h"

/* Runs until SIGTERM or SIGINT. Returns the exit status: 0 after a clean stop, 2
 * when it could not start (`why` has been logged). */
int daemon_run(const struct daemon_config *c);

#endif
