/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - the text of the block page, from c-icap's templates
 * (TemplateDir/srv_optout/<language>/): BLOCK for what the publisher or the
 * profile refuses, LATER for what is not known yet, AUDIT for what could not be
 * recorded, each as .html and .json. What came from the network is escaped here, once, for the kind
 * of page that it goes into: c-icap escapes nothing. */
#ifndef OPTOUT_ICAP_PAGE_H
#define OPTOUT_ICAP_PAGE_H

#include "icap/transaction.h"

/* Fills t->page; a template that is missing is replaced by a short page of our
 * own, so that a block never depends on a file. */
bool page_print(struct transaction *t, ci_request_t *req, unsigned status);

#endif
