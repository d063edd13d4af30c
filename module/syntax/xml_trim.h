/* SPDX-License-Identifier: Apache-2.0 */
/* xml_trim.h - takes from an XML document what its parser need not see.
 *
 * For drawings, which come with document types, with instructions of editors and with
 * whole pictures in an attribute. Comments, instructions and the DOCTYPE are dropped, long
 * attribute values are cut, references to entities that the internal subset declares with
 * plain text of at most 1 KiB are replaced by that text, names that the caller knows by their
 * number, others by nothing: no entity is ever expanded inside another, nothing is fetched. UTF-16 becomes UTF-8.
 * What is not well-formed stays so: the parser behind it judges. */
#ifndef OPTOUT_SYNTAX_XML_TRIM_H
#define OPTOUT_SYNTAX_XML_TRIM_H

#include "core/arena.h"
#include "core/rc.h"

#define XML_TRIM_VALUE_MAX 8192         /* bytes kept of an attribute value */
#define XML_TRIM_TAG_MAX (24u << 10)    /* bytes of all values of a tag */
#define XML_TRIM_ENTITIES_MAX 32        /* of the internal subset that are known */
#define XML_TRIM_ENTITY_MAX 1024        /* bytes of the text of one */
#define XML_TRIM_EXPANDED_MAX (64u << 10) /* bytes that entities may add to a document */

/* Called at the end of every tag, whatever the pieces that are fed. OPTOUT_OK to go on;
 * anything else ends it with that. */
typedef enum optout_rc xml_trim_sink(void *ctx, struct slice bytes);

struct xml_trim;

struct xml_trim *xml_trim_open(struct arena *arena, xml_trim_sink *sink, void *ctx);
/* Names of references that a document need not declare: the code points of one, code[1] 0
 * where there is but one. False: no such name. They are written as numbers. */
typedef bool xml_trim_names(struct slice name, uint32_t code[2]);
void xml_trim_know(struct xml_trim *t, xml_trim_names *names);
/* OPTOUT_OK, or what the sink answered. */
enum optout_rc xml_trim_feed(struct xml_trim *t, struct slice bytes) OPTOUT_CHECKED;
enum optout_rc xml_trim_end(struct xml_trim *t) OPTOUT_CHECKED;

/* Where in the document the newest '<' of a tag stands, in bytes as they were fed: during a
 * call of the sink that ends with a tag, that tag. */
uint64_t xml_trim_at(const struct xml_trim *t);

#endif
