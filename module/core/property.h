/* SPDX-License-Identifier: Apache-2.0 */
/* property.h - one name and value that a metadata packet states, between the reader
 * of the packet's syntax and the standards. What page.h is to pages.
 *
 * Readers report only what stands where the syntax lets a statement stand (never
 * text in comments, descriptions or schemas), so a standard may take what it is
 * given at its word. */
#ifndef OPTOUT_CORE_PROPERTY_H
#define OPTOUT_CORE_PROPERTY_H

#include "core/packet.h"
#include "core/signal.h"

#define PROPERTY_VALUE_MAX (64u << 10) /* bytes kept of a value */

/* Valid only during the call that hands it over. Text is UTF-8. */
struct property {
    enum carrier carrier; /* CARRIER_XMP, _IIM, _EPUB, _JUMBF (JSON-LD of an assertion), _FEED,
                             _TEXT, _HTML (structured data) */
    enum packet_role role; /* of the packet; PACKET_MAIN, COMPONENT, STALE or SALVAGED, and in a
                              packet whose role is pending as if it were MAIN */
    struct slice ns;      /* name space URI as written; empty for IIM and text */
    struct slice name;    /* local name; "2:116" in IIM; the field's name in text */
    struct slice base;    /* what a relative URL is relative to; empty: the response's own URL */
    struct slice lang;    /* xml:lang of an alternative; empty: none */
    struct slice value;   /* trimmed of ASCII white space and NUL. An RSL element (name space
                             of RSL, name "rsl") comes as a whole document, written out again */
    /* The property of the asset that it stands in, when it is a field of a structure
     * (EncRightsExpr in EmbdEncRightsExpr); else empty. */
    struct slice top_ns, top_name;
    bool nested;          /* inside another property that is not a plain structure of values:
                             about an ingredient, a pantry entry, a part */
    bool of_image;        /* a page's: about an image in it; `image` is its URL, which may be empty */
    struct slice image;
    bool refines;         /* EPUB: it refines another statement, it is about a part */
    bool shown;           /* a page's: the value is text that it shows, and is read as such */
    bool cut;             /* the value is longer than what is kept */
    const char *format;   /* name of the format the packet was in: "jpeg", "pdf", "epub" */
    struct slice where;   /* of the packet */
    uint64_t offset;      /* of the packet */
};

typedef void property_visit(void *ctx, const struct property *p);

/* Name spaces are compared as written, then with https taken for http and one
 * trailing '/' or '#' left out, for all of these are met. `ns` ends in none. */
bool property_ns_is(struct slice written, const char *ns);

#endif
