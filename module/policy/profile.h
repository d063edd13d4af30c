/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h - one crawl programme: what it wants content for, whom it crawls
 * as, and what is to happen for each outcome. Immutable once configured. */
#ifndef OPTOUT_POLICY_PROFILE_H
#define OPTOUT_POLICY_PROFILE_H

#include "core/undecided.h"
#include "core/usage.h"
#include "standards/phrases.h"

enum decision_kind {
    DECISION_CLEAR,       /* nothing that was read forbids the purpose */
    DECISION_RESERVED,    /* a usage of the purpose is denied */
    DECISION_CONDITIONAL, /* allowed only under a licence or other condition */
    DECISION_LICENSED,    /* a licence held lifts what would forbid it */
    DECISION_UNDECIDED,   /* could not be read to the end, nothing forbids so far */
    DECISION_COUNT
};

enum action {
    ACTION_PASS,  /* untouched */
    ACTION_TAG,   /* with the Optout field */
    ACTION_BLOCK, /* replaced by a page that says why */
    ACTION_CUT,   /* broken off: the answer had begun */
    ACTION_COUNT
};

enum weak_choice { WEAK_IGNORE, WEAK_TAG, WEAK_BLOCK };
/* What to do with a body that outgrows what may be held back. */
enum late_choice { LATE_CUT, LATE_REFUSE };

#define PROFILE_NAME_MAX 32
#define PROFILE_AGENTS_MAX 32
#define PROFILE_AGENT_MAX 64
#define PROFILE_USER_AGENT_MAX 256

struct profile {
    char name[PROFILE_NAME_MAX]; /* a Structured Field token */
    usage_set purpose;
    char agent[PROFILE_AGENTS_MAX][PROFILE_AGENT_MAX]; /* product tokens, lower case */
    size_t n_agents;
    char user_agent[PROFILE_USER_AGENT_MAX]; /* to ask for site files with; empty: the request's */
    uint8_t user;    /* enum rsl_user: what RSL licences call the operator */
    char country[3]; /* ISO 3166-1 alpha-2, upper case; empty: not told */
    uint8_t on[DECISION_COUNT];            /* enum action */
    uint8_t on_undecided[UNDECIDED_COUNT]; /* enum action */
    uint8_t weak;                          /* enum weak_choice: of all that is weak but words */
    uint8_t natural[PHRASE_GRADE_COUNT];   /* enum weak_choice, of words of that grade */
    bool natural_binding;                  /* plain words are no weak statement */
    uint16_t others; /* training crawlers refused by a robots.txt that are a weak denial; 0: none */
    uint8_t late;                          /* enum late_choice */
    bool monitor;                          /* record what would be done, pass */
};

/* The built-in profile: "training", for train-ai, no agent tokens; reserved and
 * conditional block, undecided and weak tag, and so do words, but hints do nothing. */
void profile_init(struct profile *p);

/* True when a statement addressed to `agent` speaks to this profile: an empty
 * agent or "*" speaks to everybody. */
bool profile_is_addressed(const struct profile *p, struct slice agent);

const char *decision_name(enum decision_kind d); /* "clear" "reserved" … */
const char *action_name(enum action a);          /* "pass" "tag" "block" "cut" */
bool action_from_name(struct slice name, enum action *a);

#endif
