/* SPDX-License-Identifier: Apache-2.0 */
/* url.h - what a link in a page or header field points to: RFC 3986 section 5. */
#ifndef OPTOUT_HTTP_URL_H
#define OPTOUT_HTTP_URL_H

#include "core/arena.h"

#define URL_RESOLVED_MAX 8192 /* bytes of a base and a reference together */

/* The reference made absolute against `base`, in the arena: sections 5.2
 * (strict: "http:g" is absolute) and 5.3. Never fails; any byte may stand
 * anywhere. The reference comes back as it was given when it is absolute, when
 * the base is no absolute http or https URL, when both are longer than
 * URL_RESOLVED_MAX and when the arena is used up. */
struct slice url_resolve(struct arena *a, struct slice base, struct slice reference);

/* What a client asks for that meets this URL in a page (WHATWG URL section 4.4): blanks and
 * controls at the ends, tabs and line ends anywhere left out, backslashes turned, and what cannot
 * stand in a URL encoded. In the arena; p NULL when that is used up. Applied twice it is as once. */
struct slice url_as_sent(struct arena *a, struct slice url);

#endif
