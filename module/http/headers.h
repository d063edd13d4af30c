/* SPDX-License-Identifier: Apache-2.0 */
/* headers.h - an HTTP message head as it was sent: every line, in order.
 *
 * RFC 9110 section 5, RFC 9112 section 2. Nothing is merged here: some fields
 * are lists that may be merged, some (X-Robots-Tag) must not be. */
#ifndef OPTOUT_HTTP_HEADERS_H
#define OPTOUT_HTTP_HEADERS_H

#include "core/arena.h"
#include "core/rc.h"

#define HEADERS_MAX 1024 /* lines kept per message; more is OPTOUT_E_LIMIT */

struct header {
    struct slice name;  /* as sent */
    struct slice value; /* without OWS at its ends; obs-fold turned into SP */
};

struct headers {
    struct header *v;
    size_t n;
};

/* One line "Name: value" without its line end; may hold obs-fold (CR LF SP).
 * Returns OPTOUT_E_SYNTAX for a line without a colon or with an empty name,
 * which is then not appended. `h->v` must have room (headers_reserve). */
enum optout_rc headers_append(struct headers *h, struct arena *arena, struct slice line)
    OPTOUT_CHECKED;
/* Room for `lines` lines in all, at most HEADERS_MAX of them; lines already
 * there are kept. */
enum optout_rc headers_reserve(struct headers *h, struct arena *arena, size_t lines) OPTOUT_CHECKED;

/* Lines separated by CRLF or LF up to an empty line or the end. Lines that are
 * not fields are skipped. The slices point into `block` (folded values into
 * the arena). */
enum optout_rc headers_parse(struct headers *h, struct arena *arena, struct slice block)
    OPTOUT_CHECKED;

/* First line with that name (ASCII case folded), or NULL. */
const struct header *headers_find(const struct headers *h, const char *name);
/* Next line of that name after index *i; start with *i = 0. Returns NULL at the
 * end, else leaves *i one past the line. */
const struct header *headers_next(const struct headers *h, const char *name, size_t *i);

/* True when the word stands in the list (RFC 9110 section 5.6.1) that all lines of that name
 * make, its letters folded. */
bool headers_list_has(const struct headers *h, const char *name, const char *word);

/* All lines of that name joined with ", " (RFC 9110 section 5.3); an empty
 * slice whose p is NULL when there is none or memory is used up. */
struct slice headers_join(const struct headers *h, struct arena *arena, const char *name);

#endif
