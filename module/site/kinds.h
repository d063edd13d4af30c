/* SPDX-License-Identifier: Apache-2.0 */
/* kinds.h - the files by which a whole site speaks, one row each, and what can be known of
 * one of them. */
#ifndef OPTOUT_SITE_KINDS_H
#define OPTOUT_SITE_KINDS_H

#include "core/buf.h"
#include "core/signal.h"
#include "standards/site_rules.h"

/* Every site file: number, name, path, parser, bytes of a body, standard; DOCUMENT: what is at any
 * URL, and needs it to be parsed; or, terms, is no file but pages in words (terms.h). The numbers stand in the store and in what machines
 * share: they never change, and new files go to the end. Whether an origin is asked for a
 * file says the daemon's SiteFiles; what passes is learned of all. */
#define SITE_FILES(FILE, DOCUMENT) \
    FILE(ROBOTS, 0, "robots.txt", "/robots.txt", \
         robots_txt_parse, ROBOTS_TXT_MAX, STD_ROBOTS_TXT) \
    FILE(TDMREP, 1, "tdmrep.json", "/.well-known/tdmrep.json", \
         tdmrep_json_parse, SITE_FILE_MAX, STD_TDMREP) \
    FILE(AI_TXT, 2, "ai.txt", "/ai.txt", ai_txt_parse, SITE_FILE_MAX, STD_AI_TXT) \
    FILE(AI_WELL_KNOWN, 3, "well-known/ai.txt", "/.well-known/ai.txt", \
         ai_txt_parse, SITE_FILE_MAX, STD_AI_TXT) \
    FILE(TRUST, 4, "trust.txt", "/trust.txt", trust_txt_parse, SITE_FILE_MAX, STD_TRUST_TXT) \
    FILE(TRUST_WELL_KNOWN, 5, "well-known/trust.txt", "/.well-known/trust.txt", \
         trust_txt_parse, SITE_FILE_MAX, STD_TRUST_TXT) \
    DOCUMENT(LICENCE, 6, "rsl", SITE_FILE_MAX, STD_RSL) \
    FILE(PEAC_WELL_KNOWN, 7, "well-known/peac.txt", "/.well-known/peac.txt", \
         peac_txt_parse, SITE_FILE_MAX, STD_PEAC) \
    FILE(PEAC, 8, "peac.txt", "/peac.txt", peac_txt_parse, SITE_FILE_MAX, STD_PEAC) \
    DOCUMENT(TERMS, 9, "terms", 0, STD_NATURAL_LANGUAGE)

#define SITE_NUMBER(id, number, ...) SITE_##id = number,
enum site_kind { SITE_FILES(SITE_NUMBER, SITE_NUMBER) SITE_KIND_COUNT };
#undef SITE_NUMBER

struct site_file {
    const char *name; /* as configuration, records and the tool call it */
    const char *path; /* NULL: at any URL */
    /* NULL: RSL, which needs its URL. */
    enum optout_rc (*parse)(struct slice text, struct site_rules *out);
    uint32_t max;     /* bytes of a body */
    uint8_t standard; /* enum standard_id */
};

extern const struct site_file site_kinds[SITE_KIND_COUNT]; /* index: enum site_kind */
/* What SiteFiles may name, in the order of the kinds, empty for what has no path; NULL at the end. */
extern const char *const site_file_words[];
#define SITE_NAMES_MAX 512
/* "robots.txt, tdmrep.json, … or peac.txt", the files, for messages; returns `out`. */
const char *site_kind_names(char out[SITE_NAMES_MAX]);

enum site_state {
    SITE_NOT_ASKED,   /* nothing is known */
    SITE_NONE,        /* asked: the origin publishes none */
    SITE_PUBLISHED,
    SITE_UNREACHABLE, /* 5xx, 429, network error, time-out: what it says is not known */
    SITE_UNPARSEABLE, /* there is something, and it cannot be read as what it should be */
    SITE_STATE_COUNT
};
/* What a state means for whoever asks: as configured. */
enum site_meaning { SITE_MEANS_CLEAR, SITE_MEANS_UNDECIDED, SITE_MEANS_DENY };

enum site_source { SITE_FETCHED, SITE_PASSIVE, SITE_SHARED, SITE_SOURCE_COUNT };

const char *site_kind_name(enum site_kind k);
bool site_kind_from_name(struct slice name, enum site_kind *k);
/* One that is got as a file, and has states that may mean something. */
static inline bool site_kind_is_file(enum site_kind k)
{
    return k != SITE_TERMS;
}
const char *site_kind_path(enum site_kind k);     /* "/robots.txt"; NULL for SITE_LICENCE */
const char *site_state_name(enum site_state s);   /* "not-asked" "none" "published" … */
const char *site_source_name(enum site_source s); /* "fetched" "passive" "shared" */
/* Which site file a path (as requested, query included) is; false: none. Exact,
 * case-sensitive; a query makes it another resource. */
bool site_kind_of_path(struct slice path, enum site_kind *k);

#endif
