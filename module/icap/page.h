/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - the text of the page that stands for what is not delivered: BLOCK for what the
 * publisher or the profile refuses, LATER for what is not known yet, AUDIT for what could not
 * be recorded. JSON is printed here; HTML comes from c-icap's templates
 * (TemplateDir/srv_optout/<language>/BLOCK.html and so on), and each value is escaped here,
 * once, for c-icap escapes nothing. */
#ifndef OPTOUT_ICAP_PAGE_H
#define OPTOUT_ICAP_PAGE_H

#include "icap/transaction.h"

/* Fills t->page, as t->page_is_json says. A template that is missing is replaced by a short
 * page of our own, so that a block never depends on a file. */
bool page_print(struct transaction *t, ci_request_t *req, unsigned status);

#endif
