/* SPDX-License-Identifier: Apache-2.0 */
/* kinds.c - every site file that is known, one row each. */
#include "site/kinds.h"

/* What an origin is asked for: kind, name, path, parser, bytes of a body, standard. */
#define SITE_FILES(X) \
    X(SITE_ROBOTS, "robots.txt", "/robots.txt", \
      robots_txt_parse, ROBOTS_TXT_MAX, STD_ROBOTS_TXT) \
    X(SITE_TDMREP, "tdmrep.json", "/.well-known/tdmrep.json", \
      tdmrep_json_parse, SITE_FILE_MAX, STD_TDMREP) \
    X(SITE_AI_TXT, "ai.txt", "/ai.txt", \
      ai_txt_parse, SITE_FILE_MAX, STD_AI_TXT) \
    X(SITE_AI_WELL_KNOWN, "well-known/ai.txt", "/.well-known/ai.txt", \
      ai_txt_parse, SITE_FILE_MAX, STD_AI_TXT) \
    X(SITE_TRUST, "trust.txt", "/trust.txt", \
      trust_txt_parse, SITE_FILE_MAX, STD_TRUST_TXT) \
    X(SITE_TRUST_WELL_KNOWN, "well-known/trust.txt", "/.well-known/trust.txt", \
      trust_txt_parse, SITE_FILE_MAX, STD_TRUST_TXT)

#define ROW(kind, name, path, parse, max, standard) \
    [kind] = { name, path, parse, max, standard },
#define WORD(kind, name, path, parse, max, standard) [kind] = name,

const struct site_file site_kinds[SITE_KIND_COUNT] = {
    SITE_FILES(ROW)
    ROW(SITE_LICENCE, "rsl", NULL, NULL, SITE_FILE_MAX, STD_RSL)
};
const char *const site_file_words[SITE_KIND_COUNT] = { SITE_FILES(WORD) };

static const char *const state_names[SITE_STATE_COUNT] = {
    "not-asked", "none", "published", "unreachable", "unparseable",
};
static const char *const source_names[SITE_SOURCE_COUNT] = { "fetched", "passive", "shared" };

const char *site_kind_name(enum site_kind k)
{
    return (unsigned)k < SITE_KIND_COUNT ? site_kinds[k].name : "?";
}

const char *site_kind_path(enum site_kind k)
{
    return (unsigned)k < SITE_KIND_COUNT ? site_kinds[k].path : NULL;
}

bool site_kind_from_name(struct slice name, enum site_kind *k)
{
    for (unsigned i = 0; i < SITE_KIND_COUNT; i++) {
        if (slice_eq_nocase(name, slice_cstr(site_kinds[i].name))) {
            *k = (enum site_kind)i;
            return true;
        }
    }
    return false;
}

bool site_kind_of_path(struct slice path, enum site_kind *k)
{
    for (unsigned i = 0; i < SITE_KIND_COUNT; i++) {
        if (site_kinds[i].path && slice_eq(path, slice_cstr(site_kinds[i].path))) {
            *k = (enum site_kind)i;
            return true;
        }
    }
    return false;
}

const char *site_state_name(enum site_state s)
{
    return (unsigned)s < SITE_STATE_COUNT ? state_names[s] : "?";
}

const char *site_source_name(enum site_source s)
{
    return (unsigned)s < SITE_SOURCE_COUNT ? source_names[s] : "?";
}
