/* SPDX-License-Identifier: Apache-2.0 */
/* site_comments.h - what people wrote for people beside the lines of a site file.
 *
 * Only the parsers of site files include it. */
#ifndef OPTOUT_STANDARDS_SITE_COMMENTS_H
#define OPTOUT_STANDARDS_SITE_COMMENTS_H

#include "standards/site_rules.h"

#define SITE_COMMENT_MAX (64u << 10) /* bytes of comments that may say something */

/* Reads the comments of `text` (UTF-8): "# …", alone on its line or behind something. Comments
 * on lines that follow each other are one text, in which a line without words parts paragraphs.
 * What they reserve becomes a rule of the whole file, weak. The built-in phrases are looked for,
 * because what is read here is shared by everybody who asks. Linear. */
void site_comments_read(struct slice text, struct site_rules *out);

#endif
