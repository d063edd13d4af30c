/* SPDX-License-Identifier: Apache-2.0 */
/* xmp_internal.h - what the parts of the XMP reader share.
 *
 *   xmp.c          a packet: its wrapper and encoding, the row of .xmp files
 *   xmp_rdf.c      RDF/XML events to properties
 *   xmp_blank.c    values that stand on a blank node elsewhere in the packet
 *   xmp_salvage.c  what a packet that is not well-formed may still deny */
#ifndef OPTOUT_METADATA_XMP_INTERNAL_H
#define OPTOUT_METADATA_XMP_INTERNAL_H

#include "syntax/xml_sax.h"
#include "metadata/xmp.h"

#define XMP_DEPTH_MAX 64
#define XMP_ATTRS_MAX 512
#define XMP_NAMESPACES_MAX 64
#define XMP_NS_MAX 128   /* bytes of a name space; longer ones are nobody's */
#define XMP_NAME_MAX 64
#define XMP_LANG_MAX 32

#define XMP_RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define XMP_RSL "https://rslstandard.org/rsl"
#define XMP_PLUS "http://ns.useplus.org/ldf/xmp/1.0/"
#define XMP_TDM "http://www.w3.org/ns/tdmrep/"

/* A name that outlives the event it came with. */
struct xmp_name {
    uint8_t ns[XMP_NS_MAX], name[XMP_NAME_MAX], lang[XMP_LANG_MAX];
    uint8_t ns_n, name_n, lang_n;
    bool guessed; /* its prefix was declared by nobody and is taken for the usual one */
};

struct xmp_rdf;

struct xmp_rdf *xmp_rdf_open(struct arena *arena, const struct property *base,
                             property_visit *visit, void *ctx);
struct xml_events xmp_rdf_events(struct xmp_rdf *r);
/* The parser its events come from, for the place of what was read last. */
void xmp_rdf_parser(struct xmp_rdf *r, struct xml_sax *parser);
bool xmp_rdf_seen(const struct xmp_rdf *r);      /* an rdf:RDF or x:xmpmeta */
bool xmp_rdf_is_rdf(const struct xmp_rdf *r);    /* the former, or a description */
bool xmp_rdf_root_closed(const struct xmp_rdf *r);
uint64_t xmp_rdf_read(const struct xmp_rdf *r);  /* bytes before which all was delivered */
uint64_t xmp_rdf_root_end(const struct xmp_rdf *r);
/* Delivers what blank nodes hold; frees it. OPTOUT_OK, _E_LIMIT, _E_NOMEM. */
enum optout_rc xmp_rdf_close(struct xmp_rdf *r);

/* ---- blank nodes ---- */

#define XMP_BLANK_STATEMENTS_MAX 64
#define XMP_BLANK_REFERENCES_MAX 32
#define XMP_BLANK_VALUE_MAX 4096

struct xmp_blank;

struct xmp_blank *xmp_blank_open(struct arena *arena);
/* `id` names the node. A value of rdf:value, rdf:li or a list item becomes the value of
 * whoever refers to the node, another property one of its fields. False: no room. */
bool xmp_blank_state(struct xmp_blank *b, struct slice id, const struct property *p);
/* `p` (without value) has the node for its value. */
bool xmp_blank_refer(struct xmp_blank *b, struct slice id, const struct property *p);
void xmp_blank_deliver(struct xmp_blank *b, property_visit *visit, void *ctx);

/* ---- what is broken ---- */

/* Looks through the bytes (UTF-8) for PLUS codes and for a TDMRep reservation. */
void xmp_salvage(struct slice bytes, const struct property *base, property_visit *visit,
                 void *ctx);

#endif
