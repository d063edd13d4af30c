/* SPDX-License-Identifier: Apache-2.0 */
/* terms.h - pages that hold the terms of a site: what they say in words is kept for the other pages
 * of their origin (site/terms.h). */
#ifndef OPTOUT_VERDICT_TERMS_H
#define OPTOUT_VERDICT_TERMS_H

#include "verdict/judge.h"

/* Where the inspection tells links to terms. */
struct terms_sink terms_sink(struct judge *j);
/* After the record of a page: what it says in words is kept when it is a page of terms, or, when it was
 * read whole, that it says nothing (any more). */
void terms_remember(struct judge *j, enum inspect_end end);

#endif
