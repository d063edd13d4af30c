/* SPDX-License-Identifier: Apache-2.0 */
/* link.h - the Link header field, RFC 8288 section 3 and appendix B.2. */
#ifndef OPTOUT_HTTP_LINK_H
#define OPTOUT_HTTP_LINK_H

#include "core/arena.h"
#include "core/rc.h"

struct link_value {
    struct slice target; /* between < and >, as written */
    struct slice rel;    /* first rel parameter, unquoted; a space-separated list */
    struct slice type;   /* first type parameter, unquoted */
    struct slice anchor; /* first anchor parameter; p is NULL when absent */
};

/* Cuts the next link off `in`, the rest of a field line. OPTOUT_OK: there may be more.
 * OPTOUT_DONE: there was none. OPTOUT_E_SYNTAX: what follows cannot be read; the link
 * has what stood before its flaw, its target's p is NULL when that was nothing. */
enum optout_rc link_next(struct arena *a, struct slice *in,
                         struct link_value *link) OPTOUT_CHECKED;

/* True when the space-separated list of relation types holds `type`, ASCII
 * case folded. */
bool link_rel_has(struct slice rel, const char *type);

#endif
