/* SPDX-License-Identifier: Apache-2.0 */
/* worker_child.h - the other side of worker.h: the keeper, and the reader that it forks.
 *
 * The keeper is forked of the daemon before that has a thread, an open store or a connection. It
 * never sees a byte of a document: it takes a socket, ends the reader that was there and forks one
 * that reads from the new socket. So a reader always begins from the same clean memory. */
#ifndef OPTOUT_DAEMON_WORKER_CHILD_H
#define OPTOUT_DAEMON_WORKER_CHILD_H

#include "daemon/worker_wire.h"

struct phrases;

struct worker_setup {
    const struct phrases *phrases; /* that terms are read with; NULL: none are */
    unsigned deadline_ms;          /* of one document */
    /* For tests: called in the reader before each document. */
    void (*before)(const struct worker_job_head *head, const struct worker_job_text *text);
};

/* To the keeper: one byte with the socket of the next reader. Its answer is how the one before
 * ended, as waitpid tells it; -1: there was none. */
_Noreturn void worker_keep(int control, int parent, const struct worker_setup *s);

#endif
