/* SPDX-License-Identifier: Apache-2.0 */
/* structured.h - Structured Field Values, RFC 9651, parsing (section 4.2).
 *
 * The tree is allocated in the arena; strings point into the input where no
 * escape had to be removed. Parsing is strict: any failure fails the field. */
#ifndef OPTOUT_HTTP_STRUCTURED_H
#define OPTOUT_HTTP_STRUCTURED_H

#include "core/arena.h"
#include "core/rc.h"

/* Duplicate keys count; more is OPTOUT_E_LIMIT. */
#define SF_MEMBERS_MAX 4096 /* members of a list or dictionary, items of an inner list */
#define SF_PARAMS_MAX 1024  /* parameters of one item */

enum sf_type {
    SF_INTEGER, /* number: the value */
    SF_DECIMAL, /* number: the value times 1000 */
    SF_STRING,  /* text: unescaped */
    SF_TOKEN,   /* text */
    SF_BYTES,   /* text: decoded */
    SF_BOOLEAN, /* number: 0 or 1 */
    SF_DATE,    /* number: seconds since 1970 */
    SF_DISPLAY, /* text: decoded UTF-8 */
    SF_INNER_LIST
};

struct sf_item;

struct sf_param {
    struct slice key;
    enum sf_type type; /* never SF_INNER_LIST */
    int64_t number;
    struct slice text;
};

struct sf_item {
    struct slice key; /* dictionary members only */
    enum sf_type type;
    int64_t number;
    struct slice text;
    struct sf_item *items; /* SF_INNER_LIST: its items */
    size_t n_items;
    struct sf_param *params; /* later duplicates overwrite, first position kept */
    size_t n_params;
};

struct sf_list {
    struct sf_item *v;
    size_t n;
};

/* `value` is the field value, several lines already joined with ", ".
 * OPTOUT_E_SYNTAX when parsing fails, OPTOUT_E_LIMIT or OPTOUT_E_NOMEM. */
enum optout_rc sf_parse_dictionary(struct arena *a, struct slice value, struct sf_list *out)
    OPTOUT_CHECKED;
enum optout_rc sf_parse_list(struct arena *a, struct slice value, struct sf_list *out)
    OPTOUT_CHECKED;
enum optout_rc sf_parse_item(struct arena *a, struct slice value, struct sf_item *out)
    OPTOUT_CHECKED;

/* The member of a dictionary, or NULL. */
const struct sf_item *sf_get(const struct sf_list *dictionary, const char *key);

#endif
