/* SPDX-License-Identifier: Apache-2.0 */
/* usage.h - what content is wanted for, and what a publisher says to that.
 *
 * Usages are those of the IETF AI Preferences vocabulary (draft-ietf-aipref-vocab)
 * with the umbrella of Directive (EU) 2019/790 Art. 4 above them and, beside
 * them, fetching at all. Preferences form a chain; the more restrictive is the
 * larger number, so that joining statements is taking the maximum. */
#ifndef OPTOUT_CORE_USAGE_H
#define OPTOUT_CORE_USAGE_H

#include "core/slice.h"

enum usage {
    USAGE_TDM,      /* any automated text and data mining */
    USAGE_TRAIN_ML, /* training any model */
    USAGE_TRAIN_AI, /* training models that generate content */
    USAGE_AI_USE,   /* input to a model at run time, grounding */
    USAGE_SEARCH,   /* finding and linking, excerpts only */
    USAGE_ACQUIRE,  /* fetching at all */
    USAGE_COUNT
};

enum preference { PREF_UNKNOWN, PREF_ALLOW, PREF_CONDITIONAL, PREF_DENY, PREF_COUNT };

/* One preference per usage; all zero is "nothing said". */
struct prefs {
    uint8_t of[USAGE_COUNT]; /* enum preference */
};

typedef uint8_t usage_set; /* bit 1 << enum usage */

static inline usage_set usage_bit(enum usage u)
{
    return (usage_set)(1u << u);
}

/* "train-ai" and so on; "acquire" for fetching. Never NULL. */
const char *usage_name(enum usage u);
bool usage_from_name(struct slice name, enum usage *u); /* case folded */
const char *preference_name(enum preference p); /* "unknown" "allow" "conditional" "deny" */

/* Fills what a statement leaves open from its own umbrella: tdm covers
 * train-ml, train-ai and ai-use; train-ml covers train-ai. What the statement
 * says itself stands. Search and acquire are covered by nothing. */
void prefs_spread(struct prefs *p);
/* Takes the more restrictive of both, usage by usage. */
void prefs_join(struct prefs *into, const struct prefs *other);
bool prefs_empty(const struct prefs *p);
/* Weak statements allow nothing: an allowance becomes unknown. */
void prefs_drop_allow(struct prefs *p);

#endif
