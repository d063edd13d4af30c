/* SPDX-License-Identifier: Apache-2.0 */
#include "core/usage.h"

static const char *const usage_names[USAGE_COUNT] = {
    "tdm", "train-ml", "train-ai", "ai-use", "search", "acquire",
};

static const char *const preference_names[PREF_COUNT] = {
    "unknown", "allow", "conditional", "deny",
};

const char *usage_name(enum usage u)
{
    return (unsigned)u < USAGE_COUNT ? usage_names[u] : "?";
}

const char *preference_name(enum preference p)
{
    return (unsigned)p < PREF_COUNT ? preference_names[p] : "?";
}

bool usage_from_name(struct slice name, enum usage *u)
{
    for (unsigned i = 0; i < USAGE_COUNT; i++) {
        if (slice_eq_nocase(name, slice_cstr(usage_names[i]))) {
            *u = (enum usage)i;
            return true;
        }
    }
    return false;
}

static void inherit(struct prefs *p, enum usage child, enum usage parent)
{
    if (p->of[child] == PREF_UNKNOWN)
        p->of[child] = p->of[parent];
}

void prefs_spread(struct prefs *p)
{
    inherit(p, USAGE_TRAIN_ML, USAGE_TDM);
    inherit(p, USAGE_TRAIN_AI, USAGE_TRAIN_ML);
    inherit(p, USAGE_AI_USE, USAGE_TDM);
}

void prefs_join(struct prefs *into, const struct prefs *other)
{
    for (unsigned i = 0; i < USAGE_COUNT; i++)
        if (other->of[i] > into->of[i])
            into->of[i] = other->of[i];
}

bool prefs_empty(const struct prefs *p)
{
    for (unsigned i = 0; i < USAGE_COUNT; i++)
        if (p->of[i] != PREF_UNKNOWN)
            return false;
    return true;
}

void prefs_drop_allow(struct prefs *p)
{
    for (size_t u = 0; u < USAGE_COUNT; u++)
        if (p->of[u] == PREF_ALLOW)
            p->of[u] = PREF_UNKNOWN;
}
