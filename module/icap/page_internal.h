/* SPDX-License-Identifier: Apache-2.0 */
/* page_internal.h - what the HTML page and the JSON page both say. */
#ifndef OPTOUT_ICAP_PAGE_INTERNAL_H
#define OPTOUT_ICAP_PAGE_INTERNAL_H

#include "icap/transaction.h"

#define SHOWN_MAX 200 /* bytes of a hostile value that are shown */
#define URL_SHOWN_MAX (2 * SIGNAL_URL_MAX)

enum own_page { PAGE_BLOCK, PAGE_LATER, PAGE_AUDIT, PAGE_COUNT };

enum own_page page_which(const struct transaction *t);
bool page_was_fetched(const struct transaction *t);     /* was the origin asked at all? */
const char *page_reason(const struct transaction *t);   /* why it is undecided; "" if it is not */
void page_purpose(const struct transaction *t, struct buf *list); /* inits it; buf_free */
size_t page_evidence(const struct transaction *t);      /* deciding statements that are shown */

void page_print_json(const struct transaction *t, struct buf *out);

#endif
