/* SPDX-License-Identifier: Apache-2.0 */
/* drain.h - the end of a child of c-icap. Told to end, c-icap breaks off every exchange that waits for
 * bytes, and waits eleven seconds for threads whose connection is idle (mpmt_server.c: CHILD_HALT,
 * cancel_all_threads). Here the exchanges come to their end first, and idle connections are ended, so
 * that no thread is waited for. */
#ifndef OPTOUT_ICAP_DRAIN_H
#define OPTOUT_ICAP_DRAIN_H

#include <stdint.h>

/* So long exchanges have: with what c-icap takes itself, a stop stays below five seconds. */
#define DRAIN_MS 2500

/* In the first process, before it forks children. Without memory, or not called, a reconfiguration is
 * taken for a stop. */
void drain_prepare(void);
/* In a child, by its first thread, when c-icap has set its signal handlers: takes SIGTERM's over, and
 * passes it on when there is nothing left to wait for. Does nothing where that cannot be had. */
void drain_begin(void);
/* Before the module is unloaded. In the first process: children are told to end because of a
 * reconfiguration from here on, for a stop ends them before it unloads; c-icap then takes no new
 * connections and lets exchanges come to their end itself. Does nothing when nothing was begun. */
void drain_end(void);

/* The calling thread has an exchange on this connection, `peer` being the other side's port in network
 * order; and has it no more. Any thread; some nanoseconds. */
void drain_exchange_begins(int fd, uint16_t peer);
void drain_exchange_ends(void);

#endif
