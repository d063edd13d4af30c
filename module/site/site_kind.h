/* SPDX-License-Identifier: Apache-2.0 */
/* site_kind.h - the files by which a whole site speaks, and what can be known of
 * one of them. */
#ifndef OPTOUT_SITE_SITE_KIND_H
#define OPTOUT_SITE_SITE_KIND_H

#include "core/slice.h"

/* What is asked for, and where. The order is kept in the store. */
enum site_kind {
    SITE_ROBOTS,           /* /robots.txt */
    SITE_TDMREP,           /* /.well-known/tdmrep.json */
    SITE_AI_TXT,           /* /ai.txt */
    SITE_AI_WELL_KNOWN,    /* /.well-known/ai.txt */
    SITE_TRUST,            /* /trust.txt */
    SITE_TRUST_WELL_KNOWN, /* /.well-known/trust.txt */
    SITE_LICENCE,          /* an RSL document, at any URL */
    SITE_KIND_COUNT
};

enum site_state {
    SITE_NOT_ASKED,   /* nothing is known */
    SITE_NONE,        /* asked: the origin publishes none */
    SITE_PUBLISHED,
    SITE_UNREACHABLE, /* 5xx, 429, network error, time-out: what it says is not known */
    SITE_UNPARSEABLE, /* there is something, and it cannot be read as what it should be */
    SITE_STATE_COUNT
};

enum site_source { SITE_FETCHED, SITE_PASSIVE, SITE_SHARED, SITE_SOURCE_COUNT };

const char *site_kind_name(enum site_kind k);     /* "robots.txt" "tdmrep.json" "ai.txt"
                  "well-known/ai.txt" "trust.txt" "well-known/trust.txt" "rsl" */
bool site_kind_from_name(struct slice name, enum site_kind *k);
const char *site_kind_path(enum site_kind k);     /* "/robots.txt"; NULL for SITE_LICENCE */
const char *site_state_name(enum site_state s);   /* "not-asked" "none" "published" … */
const char *site_source_name(enum site_source s); /* "fetched" "passive" "shared" */
/* Which site file a path (as requested, query included) is; false: none. Exact,
 * case-sensitive; a query makes it another resource. */
bool site_kind_of_path(struct slice path, enum site_kind *k);

#endif
