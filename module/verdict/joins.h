/* SPDX-License-Identifier: Apache-2.0 */
/* joins.h - a page that says something of its images, and those images, as the value that the
 * processes of a node and the nodes of a fleet hand to each other.
 *
 * Input is hostile: whoever may write to Redis, or to the daemon's socket, wrote it. What is read
 * restricts or is refused: no value allows anything. */
#ifndef OPTOUT_VERDICT_JOINS_H
#define OPTOUT_VERDICT_JOINS_H

#include "core/buf.h"
#include "verdict/image_map.h"

#define JOINS_IMAGES 4096 /* of a page that are shared; of more, the first ones */
#define JOINS_MAX (JOINS_IMAGES * 21u + 8192) /* bytes of a value */
/* A value from the future is refused, but for what clocks of a fleet differ by. */
#define JOINS_AHEAD_MS (5 * 60 * 1000ll)
#define JOINS_LIFE_MAX_MS (366 * 86400ll * 1000)

struct join_image {
    struct image_key key;
    uint8_t mask; /* statements beside the general ones that are about it */
};

struct joins {
    struct image_key of;    /* the page's */
    struct image_page page; /* no statements and not `more`: it says nothing (any more) */
    int64_t read_ms;        /* when it began to be read */
    bool whole;
    struct slice images;    /* of what was read: for joins_next */
};

/* Appends. Of the page all but its serial and the two times. */
enum optout_rc joins_print(const struct joins *j, const struct join_image *image, size_t n,
                           struct buf *out) OPTOUT_CHECKED;
/* False: not of ours, of another version, over at `now_ms`, or it does not restrict. `images`
 * points into `value`. */
bool joins_read(struct slice value, int64_t now_ms, struct joins *out);
bool joins_next(struct slice *images, struct join_image *out);

/* What the value says goes into the map, unless that has a newer reading of the page. False: it has. */
bool joins_apply(const struct joins *j, struct image_map *m, int64_t now_ms);

/* A preference for each usage, cut off the front of what another node wrote; what would allow is left
 * out. False: they are none. */
bool joins_take_prefs(struct slice *from, struct prefs *p);

#endif
