/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.h - what was decided of a whole body holds for what only speaks of it.
 *
 * A 206 shows a part, of which nothing can be concluded (undecided: partial), a 304 and the
 * answer to HEAD nothing (undecided: unseen). But a body that was read before, under the same
 * strong validator and length (RFC 9110 section 13.3.3: the same bytes), has been judged. The
 * verdicts are kept in a table of fixed size that all children share, with the statements that
 * denied; what falls out of it is partial or unseen again. */
#ifndef OPTOUT_VERDICT_RANGES_H
#define OPTOUT_VERDICT_RANGES_H

#include "verdict/judge.h"

/* With the head: what was clear is no longer partial or unseen, what denied is stated
 * again. Nothing to do for other answers. */
void ranges_recall(struct judge *j);
/* After a verdict on a whole body. */
void ranges_remember(struct judge *j, enum inspect_end end);

#endif
