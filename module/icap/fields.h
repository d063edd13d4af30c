/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h - the lines that an answer of ours adds to a head or takes from it. All answer
 * false when memory is used up. */
#ifndef OPTOUT_ICAP_FIELDS_H
#define OPTOUT_ICAP_FIELDS_H

#include "icap/transaction.h"

#define TAG_FIELD "Optout"

/* Removes every field of our name that the origin sent. */
void fields_strip(ci_request_t *req);
/* Strips and adds the tag of the decision. */
bool fields_tag(struct transaction *t, ci_request_t *req);
/* Strips and adds the tag that the verdict is still open. When `drop_length`,
 * removes Content-Length, so that a cut cannot look like an end. */
bool fields_pending(struct transaction *t, ci_request_t *req, bool drop_length);
/* A 206 that announces its range alone needs its Content-Length as well: Squid
 * counts the range and then forgets the last chunk, and the client waits for it. */
bool fields_need_length(const struct transaction *t);
bool fields_add_length(struct transaction *t, ci_request_t *req); /* where it needs one */
/* Says the verdict in an ICAP header too, where the proxy's own logs find it;
 * not that something was clear and passed. */
void fields_note(struct transaction *t, ci_request_t *req);
/* The whole head of the page in t->page, into a response that was just created. */
bool fields_page(struct transaction *t, ci_request_t *req, unsigned status);

#endif
