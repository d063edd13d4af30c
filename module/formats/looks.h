/* SPDX-License-Identifier: Apache-2.0 */
/* looks.h - metadata that is told by its look, where no pointer of the format says what it is.
 * One list for all formats: what one of them salvages, any other does. */
#ifndef OPTOUT_FORMATS_LOOKS_H
#define OPTOUT_FORMATS_LOOKS_H

#include "core/slice.h"

#define LOOKS_STORE_HEAD 46 /* bytes that tell a manifest store, with any header of its box */
#define LOOKS_XMP_NAME 64   /* bytes from '<' that tell the beginning of a packet */

/* A JUMBF superbox that is a C2PA manifest store, from its LBox on. */
bool looks_like_store(struct slice box);
/* The same of what stands in the superbox. */
bool looks_like_store_content(struct slice content);
/* XML that begins so is likely to be an XMP packet, in any encoding. */
bool looks_like_xmp(struct slice head);
/* Where in `s` from `from` on a packet, or what stands in one, begins; s.n: nowhere. */
size_t looks_xmp_at(struct slice s, size_t from);

#endif
