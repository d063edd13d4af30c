/* SPDX-License-Identifier: Apache-2.0 */
/* map.h - what is under way, by name. Members embed their node and own their key;
 * hashing is seeded, for strangers choose the names. */
#ifndef OPTOUT_DAEMON_MAP_H
#define OPTOUT_DAEMON_MAP_H

#include "core/slice.h"

#define MAP_SLOTS 4096

struct map_node {
    struct map_node *next;
    struct slice key;
};

struct map {
    struct map_node *slot[MAP_SLOTS];
    uint64_t seed;
    size_t n;
};

void map_init(struct map *m);
struct map_node *map_find(const struct map *m, struct slice key);
void map_add(struct map *m, struct map_node *node); /* its key must be set and new */
void map_remove(struct map *m, struct map_node *node);

#endif
