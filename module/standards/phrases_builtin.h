/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_builtin.h - the phrase files of the source, as the build embeds them
 * (conf/phrases.awk). */
#ifndef OPTOUT_STANDARDS_PHRASES_BUILTIN_H
#define OPTOUT_STANDARDS_PHRASES_BUILTIN_H

#include "standards/phrases.h"

/* By name, "de.phr"; after the last one whose path is NULL. */
extern const struct phrase_text phrases_builtin_texts[];
extern const size_t phrases_builtin_count;

#endif
