/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.h - what was decided of a whole file holds for ranges of it.
 *
 * A 206 shows a part, of which nothing can be concluded (undecided: partial). But a file
 * whose metadata was read before, under the same strong validator and length (RFC 9110
 * section 13.3.3: the same bytes), has been judged. The verdicts are kept in a table of fixed
 * size that all children share; what falls out of it is partial again. */
#ifndef OPTOUT_ICAP_RANGES_H
#define OPTOUT_ICAP_RANGES_H

#include "icap/transaction.h"

/* Before weighing a 206: a whole that was clear is no longer partial. */
void ranges_recall(struct transaction *t);
/* After it: a whole that was denied is denied in part. */
void ranges_apply(struct transaction *t);
/* After a verdict on a whole file. */
void ranges_remember(struct transaction *t, enum inspect_end end);

#endif
