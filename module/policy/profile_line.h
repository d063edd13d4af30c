/* SPDX-License-Identifier: Apache-2.0 */
/* profile_line.h - the Profile directive: NAME key=value … */
#ifndef OPTOUT_POLICY_PROFILE_LINE_H
#define OPTOUT_POLICY_PROFILE_LINE_H

#include "policy/config.h"

/* To a struct config. A profile that exists is changed, a new one starts from profile_init. */
enum optout_rc profile_line_apply(void *c, int argc, const char *const *argv,
                                  struct config_error *e);
/* "train-ai,search" into a set. */
enum optout_rc purpose_parse(struct slice list, usage_set *purpose, struct config_error *e);
/* Appends "GPTBot,CCBot" to the profile's tokens. */
enum optout_rc agents_parse(struct slice list, struct profile *p, struct config_error *e);
/* The profile of that name out of settings as config_digest prints them and records keep them.
 * False: they have none that this version can read. */
bool profile_of_settings(struct slice settings, struct slice name, struct profile *out);
/* The line that profile_line_apply would read. */
void profile_line_print(const struct profile *p, struct buf *out);

#endif
