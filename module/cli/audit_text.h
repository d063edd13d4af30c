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

/* Fills in what a record refers to and what it left out (docs/audit-format.md). The first
 * id that `refs` does not hold, or NULL; of a line that is no record nothing is done. */
const char *audit_resolve(json_t *record, const struct references *refs);

#endif
