/* SPDX-License-Identifier: Apache-2.0 */
/* json_path.h - one string deep in a JSON object, by the names that lead to it.
 *
 * For long lists of objects of which one member counts. All of the text is checked
 * (json_scan.h); nothing is built of it. */
#ifndef OPTOUT_SYNTAX_JSON_PATH_H
#define OPTOUT_SYNTAX_JSON_PATH_H

#include "core/buf.h"

#define JSON_PATH_MAX 16 /* names, from the object at the top down */

struct json_path {
    struct slice name[JSON_PATH_MAX];
    size_t n;
};

enum json_found {
    JSON_FOUND,
    JSON_NOT_THERE, /* no such member, or what it holds is no string: half of a pair, NUL */
    JSON_TWICE,     /* a name of the path stands twice in its object: readers differ */
    JSON_BROKEN     /* no object, or no JSON, or deeper than json_scan reads */
};

/* "a.b" into names that point into `text`. False: an empty name, or too many. */
bool json_path_parse(struct slice text, struct json_path *path) OPTOUT_CHECKED;

/* The text must be one object and nothing else. The value points into `text`, or into `room`,
 * which is cleared first, when escapes had to be undone. */
enum json_found json_path_find(struct slice text, const struct json_path *path, struct buf *room,
                               struct slice *value) OPTOUT_CHECKED;

#endif
