/* SPDX-License-Identifier: Apache-2.0 */
/* audit_keep_line.h - the directive AuditKeep: how long, and how much of, the log is kept. It is
 * `optout audit keep` that removes what is beyond. */
#ifndef OPTOUT_POLICY_AUDIT_KEEP_LINE_H
#define OPTOUT_POLICY_AUDIT_KEEP_LINE_H

#include "policy/config.h"

/* To a struct config. */
enum optout_rc audit_keep_apply(void *c, int argc, const char *const *argv,
                                struct config_error *e) OPTOUT_CHECKED;
/* The line, where anything is removed at all. */
void audit_keep_print(const struct config *c, struct buf *out);

/* "400d" and "200G" of a line; false: it is none, or out of bounds. */
bool audit_keep_age(struct slice word, uint64_t *seconds);
bool audit_keep_size(struct slice word, uint64_t *bytes);

#endif
