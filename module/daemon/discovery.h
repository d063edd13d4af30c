/* SPDX-License-Identifier: Apache-2.0 */
/* discovery.h - a question of the filter, followed until all of it is known.
 *
 * What there is to know of an origin comes in steps: its site files; its robots.txt
 * for the asker's own token, if the site answers agents differently; the licences
 * that robots.txt names. A step asks for nothing that the store holds already. A
 * question goes on, without anybody waiting, when its wait is over. */
#ifndef OPTOUT_DAEMON_DISCOVERY_H
#define OPTOUT_DAEMON_DISCOVERY_H

#include "daemon/inquiry.h"
#include "site/message.h"

#define ASKS_MAX 65536
#define TOKEN_MAX 64
#define WAIT_MAX_MS_OF_ASK 60000

struct discovery;
struct ask;

/* `word` as in message.h, `text` for people. Called once. */
typedef void ask_answer(void *ctx, const char *word, const char *text);

struct discovery *discovery_new(struct loop *loop, struct inquiries *inquiries,
                                struct intake *intake);
/* Answers "late" to all who wait; nothing is asked for from now on. */
void discovery_stop(struct discovery *d);
void discovery_free(struct discovery *d);
size_t discovery_waiting(const struct discovery *d);

/* NULL when it was answered at once; else what to give to ask_leave. The handle is
 * dead once `answer` was called. */
struct ask *discovery_ask(struct discovery *d, const struct inquiry_subject *subject,
                          unsigned wait_ms, ask_answer *answer, void *ctx);
void ask_leave(struct ask *a); /* who asked is gone */

/* MESSAGE_LEARN: NULL, or why it is not taken. */
const char *discovery_learn(struct discovery *d, const struct message *m);
/* MESSAGE_FORGET: an origin with all its tokens, or a licence, here and for all nodes. */
bool discovery_forget(struct discovery *d, struct slice name);
/* Another node has put or forgotten this; see share.h. */
void discovery_changed(struct discovery *d, struct slice share_key, int64_t fetched_ms);

#endif
