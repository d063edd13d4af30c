/* SPDX-License-Identifier: Apache-2.0 */
/* notify.h - telling the service manager how we are (sd_notify(3), its protocol). */
#ifndef OPTOUT_DAEMON_NOTIFY_H
#define OPTOUT_DAEMON_NOTIFY_H

/* Sends `state` ("READY=1") to $NOTIFY_SOCKET, a path or "@abstract". Without one,
 * or when nobody takes it, nothing happens. */
void notify(const char *state);

#endif
