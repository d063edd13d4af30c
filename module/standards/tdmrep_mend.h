/* SPDX-License-Identifier: Apache-2.0 */
/* tdmrep_mend.h - texts at the place of tdmrep.json that are no JSON, or not only. Only
 * tdmrep_json.c includes it. */
#ifndef OPTOUT_STANDARDS_TDMREP_MEND_H
#define OPTOUT_STANDARDS_TDMREP_MEND_H

#include "core/arena.h"

/* Something in the text looks like TDMRep: the name of one of its members. That of the file
 * itself does not count, for error messages repeat it. */
bool tdmrep_looks_like(struct slice text);
/* The same of tdm-reservation alone, or how it begins. */
bool tdmrep_names_reservation(struct slice text);
/* A copy without what JSON does not have and people write all the same: comments, a comma
 * behind the last element. p is NULL when the arena is used up. */
struct slice tdmrep_mended(struct arena *a, struct slice text);

#endif
