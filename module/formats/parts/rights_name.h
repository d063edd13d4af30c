/* SPDX-License-Identifier: Apache-2.0 */
/* rights_name.h - whether a name that somebody made up (a custom document property, an ID3
 * TXXX description) says that its value is about rights. */
#ifndef OPTOUT_FORMATS_PARTS_RIGHTS_NAME_H
#define OPTOUT_FORMATS_PARTS_RIGHTS_NAME_H

#include "core/slice.h"

/* True for names with "rights", "copyright", "license", "licence", "mining", "training" or
 * "usage terms" in them, and for those with "tdm", "ai", "noai" or "genai" as a word. */
bool rights_name(struct slice name);

#endif
