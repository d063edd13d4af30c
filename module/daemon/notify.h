/* SPDX-License-Identifier: Apache-2.0 */
/* notify.h - telling the service manager how we are (sd_notify(3), its protocol). */
#ifndef OPTOUT_DAEMON_NOTIFY_H
#define OPTOUT_DAEMON_NOTIFY_H

#include <stdint.h>

/* Sends `state` ("READY=1") to $NOTIFY_SOCKET, a path or "@abstract". Without one,
 * or when nobody takes it, nothing happens. Lines make several states. */
void notify(const char *state);

/* A configuration is read again; READY=1 says that it is done. `mono_us`: CLOCK_MONOTONIC. */
void notify_reloading(uint64_t mono_us);

/* Microseconds within which the service manager wants WATCHDOG=1 again ($WATCHDOG_USEC, when it
 * is meant for this process); 0: it does not. */
uint64_t notify_watchdog_us(void);

#endif
