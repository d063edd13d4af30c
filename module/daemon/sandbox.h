/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox.h - what is left to a process that reads hostile bytes: a descriptor and its memory. */
#ifndef OPTOUT_DAEMON_SANDBOX_H
#define OPTOUT_DAEMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct sandbox_limits {
    size_t memory;  /* bytes of address space */
    unsigned cpu_s; /* of the whole process */
};

/* Why this build has no filter; NULL: it has one. */
const char *sandbox_missing(void);

/* Descriptors 0 to 2 lead nowhere (sanitizers keep the last, to report), `keep` becomes 3, all
 * others are closed. False with errno: the kernel refused. */
bool sandbox_close_all(int keep);

/* Ends with the process that made this one, leaves no core, and is to no other process of its
 * user to look into. False: that one has ended already. */
bool sandbox_bind(int parent);

/* Nothing may be opened, sent, run or looked up from now on: whoever tries is killed (SIGSYS).
 * For ever, and for what is forked. False with errno: the kernel refused the limits or the
 * filter, or there is none (sandbox_missing); what it did not refuse holds. Of one thread. */
bool sandbox_enter(const struct sandbox_limits *l);

#endif
