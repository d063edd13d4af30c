/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/map.h"

#include <stdlib.h>

void map_init(struct map *m)
{
    *m = (struct map){ .n = 0 };
    arc4random_buf(&m->seed, sizeof m->seed);
}

static struct map_node **slot_of(const struct map *m, struct slice key)
{
    uint64_t h = m->seed ^ key.n;
    for (size_t i = 0; i < key.n; i++) {
        h = (h ^ key.p[i]) * 0x100000001B3u;
        h ^= h >> 29;
    }
    h = (h ^ m->seed) * 0xBF58476D1CE4E5B9u;
    return (struct map_node **)&m->slot[(h >> 40) % MAP_SLOTS];
}

struct map_node *map_find(const struct map *m, struct slice key)
{
    struct map_node *node = *slot_of(m, key);
    while (node && !slice_eq(node->key, key))
        node = node->next;
    return node;
}

void map_add(struct map *m, struct map_node *node)
{
    struct map_node **slot = slot_of(m, node->key);
    node->next = *slot;
    *slot = node;
    m->n++;
}

void map_remove(struct map *m, struct map_node *node)
{
    struct map_node **at = slot_of(m, node->key);
    while (*at && *at != node)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = node->next;
    m->n--;
}
