/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/line.h"

static bool take_text(struct slice *s, struct slice text)
{
    if (!slice_eq(slice_sub(*s, 0, text.n), text))
        return false;
    *s = slice_from(*s, text.n);
    return true;
}

/* A string without escapes, up to its quote; empty when it is none. */
static struct slice take_plain(struct slice *s)
{
    struct slice text = slice_sub(*s, 0, slice_find(*s, '"'));
    if (text.n == s->n || slice_find(text, '\\') < text.n)
        return SLICE_EMPTY;
    *s = slice_from(*s, text.n + 1);
    return text;
}

struct ship_line ship_line_look(struct slice s)
{
    struct ship_line l = { SLICE_OF("final"), SLICE_EMPTY };
    if (!take_text(&s, SLICE_OF("{\"v\":")))
        return l;
    while (s.n && s.p[0] >= '0' && s.p[0] <= '9')
        s = slice_from(s, 1);
    if (take_text(&s, SLICE_OF(",\"event\":\"")))
        l.event = take_plain(&s);
    if (take_text(&s, SLICE_OF(",\"id\":\"")))
        l.id = take_plain(&s);
    return l;
}

bool ship_line_is_reference(const struct ship_line *l)
{
    return slice_eq(l->event, SLICE_OF("config")) || slice_eq(l->event, SLICE_OF("site"));
}

struct slice ship_node_of(struct slice name)
{
    struct slice node = name;
    for (unsigned dashes = 0; dashes < 3; dashes++) {
        do {
            if (node.n == 0)
                return name;
            node.n--;
        } while (node.p[node.n] != '-');
    }
    return node.n ? node : name;
}
