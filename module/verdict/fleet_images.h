/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_images.h - what the nodes of a fleet know of images that pages reserve: the map that optoutd
 * keeps in the folder of the store (daemon/news.h), read by this process.
 *
 * Looked for when it is first needed, and once a second whether it is still the same file. A look
 * costs as one at the children's own map does, and no system call but that one. Any thread. */
#ifndef OPTOUT_VERDICT_FLEET_IMAGES_H
#define OPTOUT_VERDICT_FLEET_IMAGES_H

#include "verdict/image_map.h"

#define FLEET_IMAGES_FILE "images.map" /* in the folder of the store */

/* Whether there is one with anything in it. `dir`: the folder of the store; empty: no. */
bool fleet_images_are_there(const char *dir);
/* When the page was last read and said nothing (any more), wall clock; 0: that is not known of it. */
int64_t fleet_images_silent_since(const char *dir, const struct image_key *page, int64_t now_ms);
/* As image_map_page, but of pages that say something, and image_map_find. */
bool fleet_images_page(const char *dir, const struct image_key *page, int64_t now_ms,
                       struct image_page *out);
size_t fleet_images_find(const char *dir, const struct image_key *image, int64_t now_ms,
                         struct image_hit *out, size_t max);

#endif
