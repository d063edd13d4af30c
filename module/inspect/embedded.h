/* SPDX-License-Identifier: Apache-2.0 */
/* embedded.h - the images that an element of a page embeds, or that it calls the page's own:
 * img, picture, poster of a video, links and metas for previews (HTML sections 4.2.4, 4.8;
 * Open Graph). Images of style sheets are not among them. */
#ifndef OPTOUT_INSPECT_EMBEDDED_H
#define OPTOUT_INSPECT_EMBEDDED_H

#include "core/page.h"

/* Tells each reference as written; an empty one of a URL, or of several, that were cut off. Linear in
 * the element; what it has twice is told twice. */
void embedded_images(const struct page_statement *s, void (*image)(void *ctx, struct slice reference),
                     void *ctx);

#endif
