/* SPDX-License-Identifier: Apache-2.0 */
/* kinds.c - every site file that is known, one row each. */
#include "site/kinds.h"

#include <stdio.h>

#define ROW(id, number, name, path, parse, max, standard) \
    [SITE_##id] = { name, path, parse, max, standard },
#define DOCUMENT_ROW(id, number, name, max, standard) \
    [SITE_##id] = { name, NULL, NULL, max, standard },
#define WORD(id, number, name, path, parse, max, standard) [SITE_##id] = name,
#define NO_WORD(id, number, name, max, standard) [SITE_##id] = "",

const struct site_file site_kinds[SITE_KIND_COUNT] = { SITE_FILES(ROW, DOCUMENT_ROW) };
const char *const site_file_words[SITE_KIND_COUNT + 1] = { SITE_FILES(WORD, NO_WORD) };

static const char *const state_names[SITE_STATE_COUNT] = {
    "not-asked", "none", "published", "unreachable", "unparseable",
};
static const char *const source_names[SITE_SOURCE_COUNT] = { "fetched", "passive", "shared" };

const char *site_kind_name(enum site_kind k)
{
    return (unsigned)k < SITE_KIND_COUNT ? site_kinds[k].name : "?";
}

const char *site_kind_names(char out[SITE_NAMES_MAX])
{
    size_t n = 0;
    _Static_assert(SITE_TERMS == SITE_KIND_COUNT - 1, "files stand before it");
    for (unsigned k = 0; k < SITE_TERMS && n < SITE_NAMES_MAX; k++)
        n += (size_t)snprintf(out + n, SITE_NAMES_MAX - n, "%s%s",
                              k == 0 ? "" : k + 1 < SITE_TERMS ? ", " : " or ",
                              site_kinds[k].name);
    return out;
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
