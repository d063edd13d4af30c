/* SPDX-License-Identifier: Apache-2.0 */
/* media_type.h - Content-Type, RFC 9110 section 8.3.1, read as leniently as
 * the MIME Sniffing standard reads it. */
#ifndef OPTOUT_HTTP_MEDIA_TYPE_H
#define OPTOUT_HTTP_MEDIA_TYPE_H

#include "http/headers.h"

struct media_type {
    struct slice essence; /* "text/html" as sent; empty when there is none */
    struct slice charset; /* unquoted, empty when absent */
};

struct media_type media_type_parse(struct slice value);
/* All types of all Content-Type lines, each once. The first is the one that the Fetch standard
 * extracts (the last that is valid; a charset said before for the same type stays), the others
 * follow as sent. Returns how many; of more than `max` the middle is left out. */
size_t media_types_extract(const struct headers *h, struct media_type *out, size_t max);
bool media_type_is(const struct media_type *t, const char *essence); /* case folded */

/* True when the first bytes of a body look like HTML to a browser (MIME
 * Sniffing section 7.1: leading white space and a BOM, then a known tag). */
bool media_sniff_html(struct slice head);

/* True when the first bytes of a body are a text: none of the bytes of MIME Sniffing section 3
 * that only binary data has, after UTF-16 and UTF-32 have been undone, with a byte order mark
 * or without one. */
bool media_sniff_text(struct slice head);

/* Chooses between "text/html" and "application/json" by an Accept value
 * (RFC 9110 section 12.5.1, q values honoured, most specific range first).
 * True when JSON is preferred; HTML wins ties and absence. */
bool accept_prefers_json(struct slice accept);

#endif
