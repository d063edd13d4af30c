/* SPDX-License-Identifier: Apache-2.0 */
/* audit_text.h - lines of the log in sentences, or with all that was left out. */
#ifndef OPTOUT_CLI_AUDIT_TEXT_H
#define OPTOUT_CLI_AUDIT_TEXT_H

#include "audit/reader.h"
#include "core/buf.h"

#include <jansson.h>

/* Appends what one line says, for people; safe for a terminal. Of a record, once it is
 * resolved. */
void audit_text(const json_t *line, bool colour, struct buf *out);

/* What the lines say that the records of one segment refer to: a segment has few, and many
 * records. */
struct audit_lines;
struct audit_lines *audit_lines_new(void); /* NULL: memory is used up */
void audit_lines_free(struct audit_lines *lines); /* NULL is fine */

/* What a segment has said so far. */
struct audit_said {
    struct references *references;
    struct audit_lines *lines;
};

/* Fills in what a record refers to and what it left out (docs/audit-format.md). The first
 * id that was not said, or NULL; of a line that is no record nothing is done. */
const char *audit_resolve(json_t *record, const struct audit_said *said);

#endif
