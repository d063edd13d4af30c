/* SPDX-License-Identifier: Apache-2.0 */
/* worker_warm.h - what libraries open when they are first used is opened before nothing may be. */
#ifndef OPTOUT_DAEMON_WORKER_WARM_H
#define OPTOUT_DAEMON_WORKER_WARM_H

struct phrases;

/* Of the process that forks readers; once. Keeps charsets of the web loaded, of which XML may be. */
void worker_warm(const struct phrases *phrases);

#endif
