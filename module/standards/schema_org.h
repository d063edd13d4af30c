/* SPDX-License-Identifier: Apache-2.0 */
/* schema_org.h - what a page states of rights as structured data, handed to the standards as
 * properties (carrier html): scripts of JSON-LD, microdata, and the rights and licence metas of
 * Dublin Core. Only the table of the standards includes it. */
#ifndef OPTOUT_STANDARDS_SCHEMA_ORG_H
#define OPTOUT_STANDARDS_SCHEMA_ORG_H

#include "standards/standard.h"

#define NS_SCHEMA "http://schema.org"

/* Reads an element of a page; calls `visit` for what it states. */
void schema_org_read(const struct page_statement *s, const struct hook_input *r,
                     property_visit *visit, void *ctx);

/* Whether a property has a name by which it is read. */
bool schema_org_names(const struct page_statement *property);

/* ---- between schema_org.c and json_ld.c ---- */

/* Whom a node of the structured data is about. */
enum schema_about {
    SCHEMA_PAGE,
    SCHEMA_IMAGE,  /* an image in it */
    SCHEMA_PART,   /* something else in it, or near it */
    SCHEMA_NOBODY  /* another's work, a person, a shop */
};

/* What one statement of a node is handed over with. */
struct schema_place {
    enum schema_about about;
    struct slice image; /* SCHEMA_IMAGE: its URL; may be empty */
    bool flawed;        /* a strict reader would not have read it */
};

struct schema_sink {
    const struct page_statement *s;
    const struct hook_input *r;
    property_visit *visit;
    void *ctx;
};

/* "license", "schema:license", "https://schema.org/license", "plus:DataMining": whether a
 * standard reads what is so called, and as what. */
bool schema_name(struct slice key, struct slice *ns, struct slice *local);
/* One value, a URL or words. */
void schema_put(const struct schema_sink *to, const struct schema_place *at, struct slice ns,
                struct slice local, struct slice value);

/* A script of JSON-LD, sink->s. */
void json_ld_read(const struct schema_sink *to);

#endif
