/* SPDX-License-Identifier: Apache-2.0 */
/* visible.h - text from the network for people: it is shown, never obeyed. Pure: any thread. */
#ifndef OPTOUT_SYNTAX_VISIBLE_H
#define OPTOUT_SYNTAX_VISIBLE_H

#include "core/buf.h"

/* Appends `s` so that a terminal shows it and obeys nothing in it: control
 * characters (C0, DEL, C1), line and paragraph separators, bidirectional
 * controls and bytes that are not UTF-8 as \n, \xNN or \u{NNNN}, a backslash
 * twice. At most `columns` characters, "…" at the end when cut; 0: all. */
void visible_append(struct buf *out, struct slice s, size_t columns);
/* Code points in UTF-8 text. */
size_t visible_columns(struct slice s);

#endif
