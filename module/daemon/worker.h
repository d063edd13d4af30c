/* SPDX-License-Identifier: Apache-2.0 */
/* worker.h - documents of strangers, read by another process.
 *
 * Parsers of site files and of terms run in a *reader*, which can open, send and run nothing
 * (sandbox.h). The daemon gives it one document at a time, waits for no answer (all is driven by
 * the loop) and believes none beyond its form (worker_wire.h). A reader that takes longer than the
 * deadline is killed, one that ends is replaced, one after so many documents too; so what a
 * document did to it is over soon. A document whose reader ended is read once more, by a fresh one;
 * when that ends as well, or when the time was over, it is answered as unreadable.
 *
 * One thread. Copies what it is given. */
#ifndef OPTOUT_DAEMON_WORKER_H
#define OPTOUT_DAEMON_WORKER_H

#include "daemon/loop.h"
#include "daemon/worker_child.h"

#define WORKER_DEADLINE_MS 10000
#define WORKER_WAITING_MAX (64u << 20) /* bytes of documents that wait */
#define WORKER_DOCUMENTS 4096          /* that one reader reads */

struct worker;
struct worker_job;

/* Forks the keeper, which never touches a document. To be called before there are threads and
 * open descriptors that matter. NULL with errno. The setup is the keeper's from now on. */
struct worker *worker_start(const struct worker_setup *setup);
/* From now on readers are asked for. `gone` is told when the keeper has ended, or memory: nothing is
 * answered from then on. False: no memory, errno. */
bool worker_attach(struct worker *w, struct loop *loop, void (*gone)(void *ctx), void *ctx);
/* Jobs that wait are dropped; keeper and reader end. */
void worker_free(struct worker *w);

/* What documents are compiled with from now on, also those that wait: the text of a catalogue;
 * empty: the built-in agents alone. False: no memory, the former stays. */
bool worker_agents(struct worker *w, struct slice text) OPTOUT_CHECKED;

/* Whether a document of n bytes may wait with the others. */
bool worker_has_room(const struct worker *w, size_t n);

/* Called once, from the loop, never from within worker_read_*; slices are gone when it returns. */
typedef void worker_site_done(void *ctx, const struct site_body *body);
typedef void worker_terms_done(void *ctx, const struct terms_page *page);

/* Of the answer what document_read_body needs; its body is at most WORKER_BODY_MAX. NULL: too much
 * waits, or no memory. */
struct worker_job *worker_read_site(struct worker *w, const struct site_answer *a,
                                    worker_site_done *done, void *ctx);
/* A page of terms: its response's status and head; `whole`: the body is all of it. What it says has
 * neither URL nor digest; it holds for a day at least and 30 at most. */
struct worker_terms {
    struct slice url, head, body;
    int status;
    bool whole;
    int64_t now_ms;
};
struct worker_job *worker_read_terms(struct worker *w, const struct worker_terms *t,
                                     worker_terms_done *done, void *ctx);
/* Nobody waits for it any more: `done` is not called. */
void worker_leave(struct worker_job *job);

struct worker_stat {
    bool filtered;    /* the present reader's filter holds, or there was none yet */
    size_t waiting;   /* documents, with the one that is being read */
    uint64_t read, unread, died, late; /* unread: given up; late: readers killed at the deadline */
};
void worker_stat(const struct worker *w, struct worker_stat *out);

#endif
