/* SPDX-License-Identifier: Apache-2.0 */
/* site_text.h - the bytes of a site file to text, whatever an editor or a server made of
 * them. */
#ifndef OPTOUT_STANDARDS_SITE_TEXT_H
#define OPTOUT_STANDARDS_SITE_TEXT_H

#include "standards/site_rules.h"

#define NOTE_ODD_TEXT "UTF-16 without its mark, or NULs between the letters"

/* UTF-16 becomes UTF-8, and its mark goes (UTF-8's stays). Text that has none but looks like
 * UTF-16 is read as that; other NULs are left away. *odd: what is read so may deny, and
 * allows nothing (site_rules_doubt). `text` itself when nothing has to be done, else memory
 * of the arena: OPTOUT_E_NOMEM. Linear. */
enum optout_rc site_text_read(struct arena *a, struct slice *text, bool *odd) OPTOUT_CHECKED;
/* Takes a line, which CR, LF or CRLF ends, off the front of what is not empty. */
struct slice site_text_line(struct slice *rest);

#endif
