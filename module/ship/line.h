/* SPDX-License-Identifier: Apache-2.0 */
/* line.h - what a line of the log says of itself in its first members, which is all that a
 * shipper looks at: docs/audit-format.md, Lines. */
#ifndef OPTOUT_SHIP_LINE_H
#define OPTOUT_SHIP_LINE_H

#include "core/slice.h"

struct ship_line {
    struct slice event; /* "final" where the line does not say */
    struct slice id;    /* empty: not where it belongs, or not plain */
};

/* Borrows from `line`. What does not begin as lines of the log do is a "final" without id. */
struct ship_line ship_line_look(struct slice line);
/* One that records refer to by its id: "config", "site". */
bool ship_line_is_reference(const struct ship_line *l);
/* The node in "NODE-TIME-PID-NUMBER.jsonl"; the whole of a name that is not of that form. */
struct slice ship_node_of(struct slice name);

#endif
