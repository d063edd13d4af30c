/* SPDX-License-Identifier: Apache-2.0 */
/* kinds.h - the files by which a whole site speaks, one row each, and what can be known of
 * one of them. */
#ifndef OPTOUT_SITE_KINDS_H
#define OPTOUT_SITE_KINDS_H

#include "core/buf.h"
#include "core/signal.h"
#include "standards/site_rules.h"

/* What is asked for, and where. The numbers stand in the store and in what machines share:
 * they never change, and new files go to the end. */
enum site_kind {
    SITE_ROBOTS = 0,           /* /robots.txt */
    SITE_TDMREP = 1,           /* /.well-known/tdmrep.json */
    SITE_AI_TXT = 2,           /* /ai.txt */
    SITE_AI_WELL_KNOWN = 3,    /* /.well-known/ai.txt */
    SITE_TRUST = 4,            /* /trust.txt */
    SITE_TRUST_WELL_KNOWN = 5, /* /.well-known/trust.txt */
    SITE_LICENCE = 6,          /* an RSL document, at any URL */
    SITE_KIND_COUNT
};

struct site_file {
    const char *name; /* as configuration, records and the tool call it */
    const char *path; /* NULL: at any URL */
    /* NULL: RSL, which needs its URL. */
    enum optout_rc (*parse)(struct slice text, struct site_rules *out);
    uint32_t max;     /* bytes of a body */
    uint8_t standard; /* enum standard_id */
};

extern const struct site_file site_kinds[SITE_KIND_COUNT]; /* index: enum site_kind */
extern const char *const site_file_words[]; /* what SiteFiles may name, in the order
                                              of the kinds; NULL at the end */

enum site_state {
    SITE_NOT_ASKED,   /* nothing is known */
    SITE_NONE,        /* asked: the origin publishes none */
    SITE_PUBLISHED,
    SITE_UNREACHABLE, /* 5xx, 429, network error, time-out: what it says is not known */
    SITE_UNPARSEABLE, /* there is something, and it cannot be read as what it should be */
    SITE_STATE_COUNT
};

enum site_source { SITE_FETCHED, SITE_PASSIVE, SITE_SHARED, SITE_SOURCE_COUNT };

const char *site_kind_name(enum site_kind k);
bool site_kind_from_name(struct slice name, enum site_kind *k);
const char *site_kind_path(enum site_kind k);     /* "/robots.txt"; NULL for SITE_LICENCE */
const char *site_state_name(enum site_state s);   /* "not-asked" "none" "published" … */
const char *site_source_name(enum site_source s); /* "fetched" "passive" "shared" */
/* Which site file a path (as requested, query included) is; false: none. Exact,
 * case-sensitive; a query makes it another resource. */
bool site_kind_of_path(struct slice path, enum site_kind *k);

#endif
