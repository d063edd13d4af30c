/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - which process this is, without asking the kernel for every exchange. Any thread, and
 * right after fork. */
#ifndef OPTOUT_CORE_PROCESS_H
#define OPTOUT_CORE_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

pid_t process_self(void); /* as getpid() */

/* A number that tells this process from the one that it was forked from, and from all others that
 * came of it; 0: there is none, as the kernel does not clear memory on fork. */
uint64_t process_serial(void);

#endif
