/* SPDX-License-Identifier: Apache-2.0 */
/* feed.h - reads a news feed: bytes in, what it states of rights and licences out, as
 * properties (carrier feed). RSS 0.9 to 2.0 and Atom, in UTF-8, UTF-16 or what the XML
 * declaration says.
 *
 * RSS 2.0 (copyright), RFC 4287 (rights, link), RFC 4946 (licence links), RSL 1.0 section 4.5
 * (content in items), Creative Commons' modules for RSS 1.0 and 2.0, Media RSS 1.5.1, the
 * Podcast name space, Dublin Core.
 *
 * What the feed or its channel states is the feed's own; what stands anywhere deeper, in items
 * first of all, is about a part of it (`nested`). An RSL content comes as a document, with the
 * root that it lacks; a licence named by a URL has that as its value. Markup in a text, which
 * feeds quote, is left out. Behind the first flaw everything comes as PACKET_SALVAGED: readers
 * differ in what they make of it. */
#ifndef OPTOUT_METADATA_FEED_H
#define OPTOUT_METADATA_FEED_H

#include "core/arena.h"
#include "core/property.h"
#include "core/rc.h"

struct feed;

/* `base` is copied into each property; `where` and `offset` are those of the element. NULL when
 * memory is used up. */
struct feed *feed_open(struct arena *arena, const struct property *base, property_visit *visit,
                       void *ctx);
/* OPTOUT_MORE, OPTOUT_DONE behind the end of the root; errors as in feed_end. */
enum optout_rc feed_feed(struct feed *f, struct slice bytes) OPTOUT_CHECKED;
/* Ends and frees it. OPTOUT_DONE: all was read, flaws of the text apart; OPTOUT_E_SYNTAX: the
 * elements are not well-formed, or it is no feed: part of it may be unread; OPTOUT_E_LIMIT;
 * OPTOUT_E_NOMEM. */
enum optout_rc feed_end(struct feed *f) OPTOUT_CHECKED;

#endif
