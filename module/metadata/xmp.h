/* SPDX-License-Identifier: Apache-2.0 */
/* xmp.h - reads an XMP packet: bytes in, properties out.
 *
 * ISO 16684-1 (XMP), W3C RDF/XML. libxml2 by SAX2, pushed; no document type, no entities,
 * nothing fetched. All forms in which RDF/XML can write a simple property, an array, a
 * structure with rdf:value and a blank node are one property to whoever listens. What
 * stands deeper than a property of the asset is reported as nested. A packet that is not
 * well-formed keeps what was read before the error, and the rest of it is searched for
 * PLUS codes that may deny. */
#ifndef OPTOUT_METADATA_XMP_H
#define OPTOUT_METADATA_XMP_H

#include "core/arena.h"
#include "core/property.h"
#include "core/rc.h"

struct xmp;

/* `base` is copied into each property (carrier, role, format, where, offset). NULL when
 * memory is used up. */
struct xmp *xmp_open(struct arena *arena, const struct property *base, property_visit *visit,
                     void *ctx);
/* OPTOUT_MORE, OPTOUT_DONE after the end of the packet; errors as in xmp_end. */
enum optout_rc xmp_feed(struct xmp *x, struct slice bytes) OPTOUT_CHECKED;
/* Ends and frees it. OPTOUT_DONE; OPTOUT_E_SYNTAX: not well-formed, not RDF, or with a
 * document type: part of it may be unread; OPTOUT_E_LIMIT; OPTOUT_E_NOMEM. `how` is how the
 * packet's bytes ended. */
enum optout_rc xmp_end(struct xmp *x, enum packet_end how) OPTOUT_CHECKED;

#endif
