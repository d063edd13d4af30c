/* SPDX-License-Identifier: Apache-2.0 */
/* What optout-ship reads beside segments: a position, and the beginning of a line and of a
 * segment's name. */
#include "ship/line.h"
#include "ship/position.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static bool lies_in(struct slice part, struct slice whole)
{
    return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice all = slice_of(data, size);
    struct slice rows = slice_from(all, slice_find(all, '\n') + 1);
    struct slice name = slice_sub(rows, 0, slice_find(rows, '\n'));
    struct position p;
    name = slice_from(name, sizeof "segment " - 1);
    if (position_parse(all, name, &p)) {
        check(p.state < POSITION_STATES && p.first[POSITION_FIRST - 1] == '\0');
        check(p.lines == 0 || strlen(p.first) == POSITION_FIRST - 1);
        check(!position_parse(slice_sub(all, 0, all.n - 1), name, &p));
    }
    struct ship_line l = ship_line_look(all);
    check(lies_in(l.id, all) && (lies_in(l.event, all) || slice_eq(l.event, SLICE_OF("final"))));
    check(slice_find(l.id, '"') == l.id.n && slice_find(l.event, '"') == l.event.n);
    check(!all.n || ship_node_of(all).n > 0);
    return 0;
}
