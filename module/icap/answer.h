/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - the heads of our answers: the tag, the pending tag, the page that
 * replaces a blocked response. */
#ifndef OPTOUT_ICAP_ANSWER_H
#define OPTOUT_ICAP_ANSWER_H

#include "icap/transaction.h"

#define TAG_FIELD "Optout"

/* Removes every field of our name that the origin sent. */
void answer_strip(ci_request_t *req);
/* Strips and adds the tag of the decision. False when memory is used up. */
bool answer_tag(struct transaction *t, ci_request_t *req);
/* Strips and adds the tag that the verdict is still open. When `drop_length`,
 * removes Content-Length, so that a cut cannot look like an end. */
bool answer_pending(struct transaction *t, ci_request_t *req, bool drop_length);
/* A 206 that announces its range alone needs its Content-Length as well: Squid
 * counts the range and then forgets the last chunk, and the client waits for it. */
bool answer_needs_length(const struct transaction *t);
bool answer_add_length(struct transaction *t, ci_request_t *req); /* where it needs one */
/* Says the verdict in an ICAP header too, where the proxy's own logs find it;
 * not that something was clear and passed. */
void answer_note(struct transaction *t, ci_request_t *req);

/* Replaces head and body by the page that says why; the body is in t->page.
 * `with_body` false for answers to HEAD. */
bool answer_block(struct transaction *t, ci_request_t *req, bool with_body);

#endif
