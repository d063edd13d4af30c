/* SPDX-License-Identifier: Apache-2.0 */
/* html_entities.h - character references of HTML, for texts that are written in it.
 * HTML standard sections 13.2.5.72 to 13.2.5.80 and 13.5. Pure functions. */
#ifndef OPTOUT_PAGE_HTML_ENTITIES_H
#define OPTOUT_PAGE_HTML_ENTITIES_H

#include "core/slice.h"

/* The code points of a named reference; code[1] is 0 when there is but one. `semicolon`: one
 * follows; else only the names that do without one. False: there is no such name. */
bool html_entity(struct slice name, bool semicolon, uint32_t code[2]);
/* Decodes character references, NUL and CR into `out`; false when `size` was
 * too small, `*n` is then what fits, whole characters only. `attribute`: a name
 * without semicolon is none before '=' and letters. */
bool html_decode(struct slice raw, bool attribute, uint8_t *out, size_t size, size_t *n);

#endif
