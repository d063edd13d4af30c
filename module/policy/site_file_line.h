/* SPDX-License-Identifier: Apache-2.0 */
/* site_file_line.h - the directive SiteFile: what each state of a site file means. */
#ifndef OPTOUT_POLICY_SITE_FILE_LINE_H
#define OPTOUT_POLICY_SITE_FILE_LINE_H

#include "policy/config.h"

/* none: clear. unreachable and unparseable: undecided. An RSL document that a
 * publisher points to and that cannot be had licenses nothing: denied. */
void site_file_init(struct config *c);
/* To a struct config. */
enum optout_rc site_file_line_apply(void *c, int argc, const char *const *argv,
                                    struct config_error *e) OPTOUT_CHECKED;
/* "robots.txt none=clear unreachable=undecided unparseable=undecided" */
void site_file_line_print(const struct config *c, enum site_kind kind, struct buf *out);

#endif
