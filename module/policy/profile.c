/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profile.h"

static const char *const decision_names[DECISION_COUNT] = {
    "clear", "reserved", "conditional", "licensed", "undecided",
};
static const char *const action_names[ACTION_COUNT] = { "pass", "tag", "block", "cut" };

void profile_init(struct profile *p)
{
    *p = (struct profile){
        .name = "training",
        .purpose = usage_bit(USAGE_TRAIN_AI),
        .on = { [DECISION_CLEAR] = ACTION_PASS,
                [DECISION_RESERVED] = ACTION_BLOCK,
                [DECISION_CONDITIONAL] = ACTION_BLOCK,
                [DECISION_LICENSED] = ACTION_TAG,
                [DECISION_UNDECIDED] = ACTION_TAG },
        .weak = WEAK_TAG,
        .natural = { [PHRASE_LIKELY] = WEAK_TAG, [PHRASE_PLAIN] = WEAK_TAG },
        .late = LATE_CUT,
    };
    for (unsigned i = 0; i < UNDECIDED_COUNT; i++)
        p->on_undecided[i] = ACTION_TAG;
    p->on_undecided[UNDECIDED_TUNNEL] = ACTION_PASS; /* a tunnel has no head to tag */
    p->on_undecided[UNDECIDED_SITE_UNKNOWN] = ACTION_BLOCK;
    p->on_undecided[UNDECIDED_ROBOTS_UNREACHABLE] = ACTION_BLOCK;
    p->on_undecided[UNDECIDED_UNREAD] = ACTION_PASS; /* recorded, for there are many of them */
    p->on_undecided[UNDECIDED_UNSEEN] = ACTION_PASS;
}

bool profile_is_addressed(const struct profile *p, struct slice agent)
{
    if (slice_empty(agent) || slice_eq(agent, SLICE_OF("*")))
        return true;
    for (size_t i = 0; i < p->n_agents; i++)
        if (slice_eq_nocase(agent, slice_cstr(p->agent[i])))
            return true;
    return false;
}

const char *decision_name(enum decision_kind d)
{
    return (unsigned)d < DECISION_COUNT ? decision_names[d] : "?";
}

const char *action_name(enum action a)
{
    return (unsigned)a < ACTION_COUNT ? action_names[a] : "?";
}

bool action_from_name(struct slice name, enum action *a)
{
    for (unsigned i = 0; i < ACTION_COUNT; i++) {
        if (slice_eq_nocase(name, slice_cstr(action_names[i]))) {
            *a = (enum action)i;
            return true;
        }
    }
    return false;
}
