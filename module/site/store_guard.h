/* SPDX-License-Identifier: Apache-2.0 */
/* store_guard.h - faults inside the map of the store are answers, not deaths.
 *
 * LMDB hands out its file as memory. Whoever cuts that file short, or writes over it,
 * makes a read end in SIGBUS, SIGSEGV or a failed assertion. Work that is done under
 * the guard ends with STORE_FAULT instead. The handlers are the process's, installed
 * once; a fault of any other code goes on to whoever had the signal before.
 *
 * Work must not hold a lock or allocate where it may fault: it is left by siglongjmp. */
#ifndef OPTOUT_SITE_STORE_GUARD_H
#define OPTOUT_SITE_STORE_GUARD_H

#include "core/rc.h"

#include <lmdb.h>

#define STORE_FAULT (-30000) /* beside LMDB's own codes */

typedef int store_work(void *ctx); /* an LMDB code */

/* Before any other of these; any thread, any number of times. */
void store_guard_install(void);
/* Does the work in this thread. */
int store_guarded(store_work *work, void *ctx);
/* Does it in a thread of its own, and waits. A thread that ends gives LMDB's writer
 * mutex back even when a fault kept the transaction from doing so; its environment
 * is lost then, and must not begin another. */
int store_guarded_thread(store_work *work, void *ctx);
/* For mdb_env_set_assert: LMDB aborts when this returns. */
void store_guard_assert(MDB_env *env, const char *text);

#endif
