/* SPDX-License-Identifier: Apache-2.0 */
#include "site/site_kind.h"

static const struct {
    const char *name, *path;
} kinds[SITE_KIND_COUNT] = {
    [SITE_ROBOTS] = { "robots.txt", "/robots.txt" },
    [SITE_TDMREP] = { "tdmrep.json", "/.well-known/tdmrep.json" },
    [SITE_AI_TXT] = { "ai.txt", "/ai.txt" },
    [SITE_AI_WELL_KNOWN] = { "well-known/ai.txt", "/.well-known/ai.txt" },
    [SITE_TRUST] = { "trust.txt", "/trust.txt" },
    [SITE_TRUST_WELL_KNOWN] = { "well-known/trust.txt", "/.well-known/trust.txt" },
    [SITE_LICENCE] = { "rsl", NULL },
};
static const char *const state_names[SITE_STATE_COUNT] = {
    "not-asked", "none", "published", "unreachable", "unparseable",
};
static const char *const source_names[SITE_SOURCE_COUNT] = { "fetched", "passive", "shared" };

const char *site_kind_name(enum site_kind k)
{
    return (unsigned)k < SITE_KIND_COUNT ? kinds[k].name : "?";
}

const char *site_kind_path(enum site_kind k)
{
    return (unsigned)k < SITE_KIND_COUNT ? kinds[k].path : NULL;
}

bool site_kind_from_name(struct slice name, enum site_kind *k)
{
    for (unsigned i = 0; i < SITE_KIND_COUNT; i++) {
        if (slice_eq_nocase(name, slice_cstr(kinds[i].name))) {
            *k = (enum site_kind)i;
            return true;
        }
    }
    return false;
}

bool site_kind_of_path(struct slice path, enum site_kind *k)
{
    for (unsigned i = 0; i < SITE_KIND_COUNT; i++) {
        if (kinds[i].path && slice_eq(path, slice_cstr(kinds[i].path))) {
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
