/* SPDX-License-Identifier: Apache-2.0 */
/* decide.h - from signals to a decision for one profile.
 *
 * Deterministic and free of side effects: the same signals, reasons and profile
 * give the same decision and the same explanation. */
#ifndef OPTOUT_POLICY_DECIDE_H
#define OPTOUT_POLICY_DECIDE_H

#include "core/signal.h"
#include "policy/profile.h"

#define DECISION_BY_MAX 16 /* deciding signals named; the record lists all signals anyway */

/* Of decision and precedence; each has its row in rules.h and its section in docs/decisions.md.
 * The first ones decide, the others take part. In the order of their ids: new ones at the end. */
enum policy_rule {
    POLICY_RULE_CLEAR,
    POLICY_RULE_DENIED,
    POLICY_RULE_CONDITION,
    POLICY_RULE_WEAK,
    POLICY_RULE_WORDS,
    POLICY_RULE_UNREAD,
    POLICY_RULE_SITE_UNREAD,
    POLICY_RULE_SITE_FILE,
    POLICY_RULE_REMEMBERED,
    POLICY_RULE_REFUSED_LATE,
    POLICY_RULE_AUDIT_FAILED,
    /* which statements count */
    POLICY_RULE_AGENT,
    POLICY_RULE_PURPOSE,
    POLICY_RULE_FETCHING,
    POLICY_RULE_PAGE_IMAGES,
    POLICY_RULE_IMAGE_OF_PAGE,
    POLICY_RULE_TERMS,
    POLICY_RULE_PART,
    /* inside one standard */
    POLICY_RULE_UMBRELLA,
    POLICY_RULE_STRICTEST_INSIDE,
    POLICY_RULE_TDMREP_ORDER,
    POLICY_RULE_TDMREP_POLICY,
    POLICY_RULE_C2PA_STORES,
    POLICY_RULE_AIPREF,
    POLICY_RULE_ROBOTS_TXT,
    POLICY_RULE_RSL,
    POLICY_RULE_ROBOTS_META,
    POLICY_RULE_LAX,
    /* across standards */
    POLICY_RULE_ACROSS,
    POLICY_RULE_WEAK_APART,
    POLICY_RULE_IGNORED,
    POLICY_RULE_BINDING,
    POLICY_RULE_OTHERS,
    /* what was not read */
    POLICY_RULE_UNREAD_BESIDE,
    POLICY_RULE_STRICTEST_ACTION,
    POLICY_RULE_SITE_STATE,
    POLICY_RULE_STALE,
    POLICY_RULE_KNOWN_WHOLE,
    POLICY_RULE_FLOOD,
    /* what is done */
    POLICY_RULE_ACTION,
    POLICY_RULE_MONITOR,
    POLICY_RULE_NO_HEAD,
    POLICY_RULE_CUT,
    POLICY_RULE_CUT_BROKEN,
    POLICY_RULE_LEFT,
    POLICY_RULE_BEFORE_FETCH,
    POLICY_RULE_EARLY,
    POLICY_RULE_CONTACT,
    POLICY_RULE_COUNT
};

struct decision {
    enum decision_kind kind;
    enum policy_rule rule;        /* that decided */
    enum action action;    /* what is done; in monitor mode ACTION_PASS */
    enum action would;     /* what would be done without monitor mode */
    struct prefs usage;    /* all standards combined, for this profile's agents */
    usage_set conflicts;   /* usages that one standard allows and another restricts */
    undecided_set undecided; /* as given */
    bool final;            /* no later statement can lift what is denied or conditional */
    const struct signal *by[DECISION_BY_MAX]; /* signals that restrict the purpose */
    size_t n_by;
    struct slice contact;  /* licence or policy URL of a deciding signal; may be empty */
};

/* The usages that decide: the purpose's, and fetching at all. */
usage_set decision_matters(const struct profile *p);
/* Whether it is addressed to the profile, and about what was asked for. */
bool decision_counts(const struct profile *p, const struct signal *s);
/* A weak statement of which the profile wants to know nothing. */
bool decision_ignores(const struct profile *p, const struct signal *s);
/* It never allows, and what it restricts meets what the profile chose for weak statements. */
bool decision_takes_weakly(const struct profile *p, const struct signal *s);

/* What the profile chose for it, when it takes it weakly. */
enum weak_choice decision_for_weak(const struct profile *p, const struct signal *s);

/* Weighs statements for this profile: what cannot restrict its purpose gives way. */
struct signal_scale decision_scale(const struct profile *p);

void decide(const struct profile *p, const struct signals *s, undecided_set undecided,
            struct decision *out);

/* What is done whatever was stated, and the rule that wants it so. */
void decision_become(struct decision *d, enum policy_rule why, enum action action);

/* True when nothing that may still be read can change what is done: the decision
 * is final and every other action is less strict. */
bool decision_stands(const struct decision *d, const struct profile *p);

/* The Optout field value of a decision (RFC 9651 dictionary); `id` is the
 * record's. Appended to `out` without the field name. */
struct buf;
void decision_print_tag(const struct decision *d, const struct profile *p, const char *id,
                        struct buf *out);
/* The same while the verdict is still open: decision=pending. */
void decision_print_pending(const struct profile *p, const char *id, struct buf *out);

#endif
