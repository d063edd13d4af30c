/* SPDX-License-Identifier: Apache-2.0 */
/* told.h - what this node has learned and tells the other nodes, kept for a while, so that it can be
 * told again: to a Redis that was away or has lost it, and to nodes that were.
 *
 * Values by key, each with when it was learned and until when it holds. Bounded by TOLD_MAX values
 * and TOLD_BYTES; the oldest goes. One thread. */
#ifndef OPTOUT_DAEMON_TOLD_H
#define OPTOUT_DAEMON_TOLD_H

#include "daemon/map.h"

#define TOLD_MAX 8192
#define TOLD_BYTES (16u << 20)

struct told_value {
    struct map_node node; /* with the key; first */
    struct told_value *older, *newer;
    struct slice value;
    int64_t read_ms, until_ms;
    int64_t told_ms; /* when it was sent, or was to be; 0: not yet */
    bool sent;
    uint8_t mended;  /* how often in a row it was told again, as Redis had something older */
};

struct told {
    struct map map;
    struct told_value *oldest, *newest;
    struct told_value *next; /* of a walk: the next one that is to be told; NULL: none */
    size_t bytes;
    uint64_t lost; /* that gave way before they were sent */
};

void told_init(struct told *t);
void told_free(struct told *t);
/* In the place of what was there under this key, copied; NULL: out of memory. */
struct told_value *told_put(struct told *t, struct slice key, struct slice value, int64_t read_ms,
                            int64_t until_ms);
struct told_value *told_find(struct told *t, struct slice key);
void told_drop(struct told *t, struct told_value *v);

#endif
