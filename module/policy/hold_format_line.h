/* SPDX-License-Identifier: Apache-2.0 */
/* hold_format_line.h - the directive HoldFormat: how much of a body of one file format is
 * held back until its verdict. */
#ifndef OPTOUT_POLICY_HOLD_FORMAT_LINE_H
#define OPTOUT_POLICY_HOLD_FORMAT_LINE_H

#include "policy/config.h"

void hold_format_init(struct config *c);
/* To a struct config. */
enum optout_rc hold_format_apply(void *c, int argc, const char *const *argv,
                                 struct config_error *e) OPTOUT_CHECKED;
/* A line for each format that has a limit of its own. */
void hold_format_print(const struct config *c, struct buf *out);
/* The largest limit of these formats. UINT64_MAX: there are none, or one has no limit. */
uint64_t hold_format_limit(const struct config *c, format_set formats);

#endif
