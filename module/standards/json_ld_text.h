/* SPDX-License-Identifier: Apache-2.0 */
/* json_ld_text.h - JSON-LD as text: whether it may matter, mended, parsed. Only json_ld.c includes
 * it. */
#ifndef OPTOUT_STANDARDS_JSON_LD_TEXT_H
#define OPTOUT_STANDARDS_JSON_LD_TEXT_H

#include "core/arena.h"

#include <jansson.h>

#define JSON_LD_DEPTH_MAX 32
#define JSON_LD_VALUES_MAX 20000u

/* Whether a name that is read may stand in it: nearly all scripts have none. */
bool json_ld_may_matter(struct slice s);
/* The next quote from `from` on, also as an entity, an apostrophe or with a backslash, behind a
 * name that is read; s.n: none. What ends as one with a prefix does is taken for one. */
size_t json_ld_next_name(struct slice s, size_t from);
/* A copy without what JSON does not have and people write all the same: comments, marks around
 * it, a comma behind the last element, control characters in strings, quotes as entities. p is NULL
 * when the arena is used up. */
struct slice json_ld_mended(struct slice s, struct arena *a);

struct json_ld_result {
    size_t n;   /* bytes that were read */
    bool twice; /* a node has two members of one name, of which the parser keeps one */
    bool lost;  /* memory ran out: perhaps not all is there */
};

/* The caller's to json_decref. `more`: something may follow it. NULL: it is no JSON, or beyond the
 * limits. */
json_t *json_ld_parse(struct slice s, bool more, struct json_ld_result *result);

/* A list or object whose elements or members are visited. */
struct json_ld_visit {
    json_t *of;
    void *iter;   /* object */
    size_t index; /* array */
};

/* The next one, with its name if it has one; NULL at the end. */
json_t *json_ld_next_child(struct json_ld_visit *v, struct slice *key);

#endif
