/* SPDX-License-Identifier: Apache-2.0 */
/* json_feed.h - what a JSON Feed states of rights and licences, as properties (carrier feed).
 *
 * JSON Feed 1.0 and 1.1 have no member for it; read are those that feeds are given all the
 * same, in the feed, in its items, and in extensions of either (objects whose name begins with
 * '_'). What stands in an item is about a part (`nested`). */
#ifndef OPTOUT_METADATA_JSON_FEED_H
#define OPTOUT_METADATA_JSON_FEED_H

#include "core/property.h"
#include "core/rc.h"

/* `base` is copied into each property. OPTOUT_DONE; OPTOUT_E_SYNTAX: it is no JSON to its end,
 * what came before was reported; OPTOUT_E_NOMEM. */
enum optout_rc json_feed_read(const struct property *base, struct slice text,
                              property_visit *visit, void *ctx) OPTOUT_CHECKED;

#endif
