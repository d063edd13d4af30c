/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - a printer for one JSON text (RFC 8259), without a tree.
 *
 * The caller opens and closes objects and arrays in order; commas are set by
 * the printer. Strings are UTF-8: bytes that are not, and NUL, are printed as U+FFFD, so
 * hostile input can never break a line of the log. Output is one line. */
#ifndef OPTOUT_SYNTAX_JSON_H
#define OPTOUT_SYNTAX_JSON_H

#include "core/buf.h"

struct json {
    struct buf *out;
    bool comma; /* the next value needs a comma before it */
};

static inline struct json json_to(struct buf *out)
{
    return (struct json){ out, false };
}

/* `key` is NULL inside arrays and at the top. */
void json_open(struct json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);                  /* '}' or ']' */
void json_slice(struct json *j, const char *key, struct slice value);
void json_str(struct json *j, const char *key, const char *value); /* NULL: null */
void json_int(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
/* A number of things: JSON readers keep integers up to 2^53 exactly, and none is near it. */
void json_count(struct json *j, const char *key, uint64_t n);
void json_nil(struct json *j, const char *key);
/* A value that is JSON already. */
void json_raw(struct json *j, const char *key, struct slice value);

/* Only the quoted and escaped string, for other printers. */
void json_quote(struct buf *out, struct slice value);

/* Whether a text is within limits before a parser builds a tree of it: brackets open at a
 * time, and values. Counts as a parser would up to the first error; behind that nothing is
 * built anyway. */
bool json_is_bounded(struct slice text, size_t depth_max, size_t values_max);

#endif
