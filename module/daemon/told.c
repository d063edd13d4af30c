/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/told.h"

#include <stdlib.h>

void told_init(struct told *t)
{
    *t = (struct told){ .oldest = NULL };
    map_init(&t->map);
}

static size_t bytes_of(const struct told_value *v)
{
    return sizeof *v + v->node.key.n + v->value.n;
}

void told_drop(struct told *t, struct told_value *v)
{
    if (t->next == v)
        t->next = v->newer;
    if (v->older)
        v->older->newer = v->newer;
    else
        t->oldest = v->newer;
    if (v->newer)
        v->newer->older = v->older;
    else
        t->newest = v->older;
    map_remove(&t->map, &v->node);
    t->bytes -= bytes_of(v);
    free(v);
}

void told_free(struct told *t)
{
    while (t->oldest)
        told_drop(t, t->oldest);
}

struct told_value *told_find(struct told *t, struct slice key)
{
    return (struct told_value *)map_find(&t->map, key); /* node is its first member */
}

struct told_value *told_put(struct told *t, struct slice key, struct slice value, int64_t read_ms,
                            int64_t until_ms)
{
    struct told_value *v = malloc(sizeof *v + key.n + value.n), *was = told_find(t, key);
    if (!v)
        return NULL;
    if (was)
        told_drop(t, was);
    uint8_t *p = (uint8_t *)(v + 1);
    memcpy(p, key.p, key.n);
    memcpy(p + key.n, value.p, value.n);
    *v = (struct told_value){ .node.key = { p, key.n }, .value = { p + key.n, value.n },
                              .older = t->newest, .read_ms = read_ms, .until_ms = until_ms };
    if (v->older)
        v->older->newer = v;
    else
        t->oldest = v;
    t->newest = v;
    map_add(&t->map, &v->node);
    t->bytes += bytes_of(v);
    while (t->oldest != v && (t->map.n > TOLD_MAX || t->bytes > TOLD_BYTES)) {
        t->lost += !t->oldest->sent;
        told_drop(t, t->oldest);
    }
    return v;
}
