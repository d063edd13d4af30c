/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.h - a JSON text (RFC 8259) read forward once, without a tree.
 *
 * What is passed over is held to the grammar like what is taken: a text that was walked to
 * its end is JSON. Nothing is allocated and nothing recurses; values are slices of the text,
 * strings with their quotes and escapes. Nesting beyond JSON_SCAN_DEPTH counts as broken.
 * Pure: any thread. Of members that are called the same each is handed out. */
#ifndef OPTOUT_SYNTAX_JSON_SCAN_H
#define OPTOUT_SYNTAX_JSON_SCAN_H

#include "core/buf.h"

#define JSON_SCAN_DEPTH 64u /* brackets open at a time within one value */

struct json_scan {
    const uint8_t *p, *end;
    uint8_t close; /* '}' or ']' */
    bool first, broken, ended;
};

/* Of a text that is one object or one array, white space around it. False: it begins as
 * neither; then nothing is handed out. */
bool json_scan_open(struct json_scan *s, struct slice text);
/* The next member; `name` has no quotes, but escapes as they stand, and is empty in an
 * array. False: there is none, and `ended` tells whether that was the end of a whole text
 * with nothing behind it; else it is broken there. */
bool json_scan_next(struct json_scan *s, struct slice *name, struct slice *value);

/* True for a string; `inner` is what stands between its quotes, escapes as they are. */
bool json_is_text(struct slice value, struct slice *inner);
/* Appends what the escapes of a scanned string stand for: UTF-8. NUL and halves of
 * surrogate pairs become U+FFFD. */
void json_unescape(struct slice inner, struct buf *out);
/* The member of an object; empty when it has none, or is no whole object. */
struct slice json_member(struct slice object, struct slice name);

#endif
