/* SPDX-License-Identifier: Apache-2.0 */
/* ai_txt.h - the two formats named ai.txt that state something. Only ai_txt*.c
 * include it. */
#ifndef OPTOUT_STANDARDS_AI_TXT_H
#define OPTOUT_STANDARDS_AI_TXT_H

#include "standards/site_lines.h"

/* Each takes its own lines out of the text and leaves the others alone; a text
 * without such lines adds no rules. Results as of ai_txt_parse. */
enum optout_rc ai_txt_spawning(struct site_lines lines, struct site_rules *out) OPTOUT_CHECKED;
enum optout_rc ai_txt_known(struct site_lines lines, struct site_rules *out) OPTOUT_CHECKED;

/* The agent's token in lower case without its version, in the arena; p is NULL
 * when that is used up. */
struct slice ai_txt_token(struct arena *a, struct slice value);
/* Why a rule could not be added. */
enum optout_rc ai_txt_full(const struct site_rules *out) OPTOUT_CHECKED;

#endif
