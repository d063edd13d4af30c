/* SPDX-License-Identifier: Apache-2.0 */
/* training_mining.h - the training and data mining assertion: C2PA 1.3 and 1.4
 * (c2pa.training-mining), CAWG training and data mining 1.1 (cawg.training-mining). */
#ifndef OPTOUT_STANDARDS_TRAINING_MINING_H
#define OPTOUT_STANDARDS_TRAINING_MINING_H

#include "syntax/cbor.h"
#include "core/usage.h"

#define TRAINING_ENTRIES_MAX 32 /* of one assertion */

enum training_key {
    TRAINING_DATA_MINING,
    TRAINING_AI_INFERENCE,
    TRAINING_AI_TRAINING, /* of models that do not generate */
    TRAINING_AI_GENERATIVE,
    TRAINING_CUSTOM,
    TRAINING_KEY_COUNT
};

struct training_entry {
    struct slice key, use, info; /* as written, cut to sane lengths */
    enum training_key which;
    enum preference value; /* PREF_UNKNOWN: not one of the three words */
};

struct training {
    struct training_entry v[TRAINING_ENTRIES_MAX];
    size_t n;
    bool overflow; /* there are more */
    bool shapeless; /* neither `entries` nor any known key */
    uint8_t said[TRAINING_KEY_COUNT]; /* enum preference: the strictest of equal keys */
};

/* "cawg.training-mining", with its version and instance suffixes. *cawg tells whose it is. */
bool training_label(struct slice label, bool *cawg);
/* Reads what the assertion says; slices are the item's. */
void training_read(const struct cbor_item *root, struct training *t);
/* What entry `i` says of usages, with its umbrella resolved over the whole assertion: a
 * narrower key of the same assertion beats data_mining and ai_training. */
struct prefs training_prefs(const struct training *t, size_t i);

#endif
