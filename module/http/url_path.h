/* SPDX-License-Identifier: Apache-2.0 */
/* url_path.h - paths and path patterns of site files, compared byte by byte.
 *
 * RFC 9309 section 2.2.2 and 2.2.3, and Google's reading of it: a pattern is a
 * prefix; `*` stands for any sequence, `$` at the end for the end of the path.
 * Path and pattern are brought to one form first: percent-encoded unreserved
 * ASCII is decoded, other triplets get upper-case hexadecimal digits, bytes
 * outside of ASCII are encoded; reserved characters stay as written. In a
 * pattern, a triplet of `*` or `$` (%2A, %24) stays one: it is a literal; the
 * same characters in a path are written as these triplets, so that both meet.
 * Pure functions; linear in their input. */
#ifndef OPTOUT_HTTP_URL_PATH_H
#define OPTOUT_HTTP_URL_PATH_H

#include "core/arena.h"

#define URL_PATH_MAX 16384 /* bytes of a path in its normal form */

/* "https://Example.COM:443/a?b#c" -> origin "https://example.com" and path
 * "/a?b" (an absent path is "/"; user info and fragment are dropped; a default
 * port is dropped). The origin goes to the arena; `path` points into `url` when
 * it can. False when the URL is no absolute http or https URL with a host. */
bool url_split(struct arena *a, struct slice url, struct slice *origin, struct slice *path);

/* The normal form of a path with its query, in the arena; cut at URL_PATH_MAX.
 * Dot segments are resolved (RFC 3986 section 6.2.2.3), as servers do.
 * Empty with p NULL when the arena is used up. `*` and `$` come out as %2A and
 * %24: the result is to be matched, not shown. */
struct slice url_path_normal(struct arena *a, struct slice path);
/* The normal form of a pattern; runs of `*` become one, a trailing `*` is
 * dropped (a pattern is a prefix anyway). */
struct slice url_pattern_normal(struct arena *a, struct slice pattern);

/* How many bytes at the front of a pattern (normal form) are literal. */
size_t url_pattern_literal(struct slice pattern);
/* True when the pattern matches the path, both in normal form. Linear: each
 * literal run is searched once, from where the one before it ended; a run
 * before a final `$` is compared with the end. An empty pattern matches. */
bool url_pattern_match(struct slice pattern, struct slice path);

#endif
