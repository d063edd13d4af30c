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
const char *page_rule(const struct transaction *t);     /* id of the one that decided */
void page_rule_text(const struct transaction *t, struct buf *out); /* its sentence: ours alone */
void page_purpose(const struct transaction *t, struct buf *list); /* inits it; buf_free */

/* A deciding statement as pages show it: what is hostile is cut to SHOWN_MAX, not escaped. */
struct page_evidence {
    const struct standard *standard;
    const char *carrier;
    char place[PLACE_TEXT]; /* may be empty */
    const char *grade;      /* of words; NULL: it is not in words */
    struct slice name;      /* of the field that `raw` is the value of, or of the phrase that
                               found it; may be empty */
    struct slice raw;
};
size_t page_evidence_count(const struct transaction *t); /* that are shown */
struct page_evidence page_evidence(const struct transaction *t, size_t i);

void page_print_json(const struct transaction *t, struct buf *out);

#endif
