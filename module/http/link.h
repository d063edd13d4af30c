/* SPDX-License-Identifier: Apache-2.0 */
/* link.h - the Link header field, RFC 8288 section 3 and appendix B.2. */
#ifndef OPTOUT_HTTP_LINK_H
#define OPTOUT_HTTP_LINK_H

#include "core/arena.h"
#include "core/rc.h"

#define LINKS_MAX 256 /* links kept per field line */

struct link_value {
    struct slice target; /* between < and >, as written */
    struct slice rel;    /* first rel parameter, unquoted; a space-separated list */
    struct slice type;   /* first type parameter, unquoted */
    struct slice anchor; /* first anchor parameter; p is NULL when absent */
};

struct links {
    struct link_value *v;
    size_t n;
};

/* Parses one field line. What follows a malformed part is dropped and the
 * result is OPTOUT_E_SYNTAX; the links before it, and the parameters that the
 * flawed link already had, are kept in `out`. So are LINKS_MAX links when there
 * are more, which is OPTOUT_E_LIMIT. */
enum optout_rc link_parse(struct arena *a, struct slice value, struct links *out) OPTOUT_CHECKED;

/* True when the space-separated list of relation types holds `type`, ASCII
 * case folded. */
bool link_rel_has(struct slice rel, const char *type);

#endif
