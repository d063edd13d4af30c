/* SPDX-License-Identifier: Apache-2.0 */
/* images.h - what a page says of the images that it embeds reaches the exchanges in which these
 * are asked for.
 *
 * A page that states something of its images (signal_is_of_images) is put into the map, and from
 * then on the images that it embeds. A later answer, or a request that looks as one for an image,
 * whose URL is among them, or that names the page as its Referer, gets the page's statements:
 * with scope embedded-images, and the page. They restrict, and allow nothing. */
#ifndef OPTOUT_VERDICT_IMAGES_H
#define OPTOUT_VERDICT_IMAGES_H

#include "verdict/judge.h"

#define IMAGES_OF_PAGE_MAX 8192 /* put into the map */
#define IMAGE_URL_MAX 4096      /* bytes of one, as written */

/* Where the inspection tells images to; `image` NULL without a map. */
struct image_sink images_sink(struct judge *j);
/* Adds what pages said of what the exchange asks for, when its head does not say that it is no
 * image; does nothing the second time. */
void images_recall(struct judge *j);
/* The body is read: it may be an image although its head says otherwise. Before the verdict. */
void images_recall_late(struct judge *j);
/* The same for a request, when it looks as one for an image. */
void images_recall_request(struct judge *j, struct signals *out);
/* The page is read: what it says of its images is kept, or that it says nothing (any more). */
void images_remember(struct judge *j, enum inspect_end end);

#endif
