/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - the rules of decision and precedence, each with its id.
 *
 * One table, from which the block page, the tool and docs/decisions.md speak. An id is never given
 * to another rule. decide() says which rule decided; which others took part is found out here, of
 * a decision that has been made, for whoever explains it: nothing of that is on the way of an
 * exchange. Free of side effects; any thread. */
#ifndef OPTOUT_POLICY_RULES_H
#define OPTOUT_POLICY_RULES_H

#include "core/buf.h"
#include "policy/decide.h"

struct policy_rule_row {
    const char *id;   /* "R-02" */
    const char *name; /* a few words, for people */
    const char *text; /* one sentence; {purpose} {profile} {usages} {by} {reasons} {conflicts}
                         {action} are filled in by rule_print */
};

extern const struct policy_rule_row policy_rules[POLICY_RULE_COUNT]; /* index: enum policy_rule */

bool rule_from_id(struct slice id, enum policy_rule *out);

/* What is not in the decision itself. */
enum rule_happening {
    HAPPENED_BEFORE_FETCH = 1, /* judged by the request */
    HAPPENED_KNOWN = 2,        /* a range, a 304 or an answer to HEAD, of a body judged before */
    HAPPENED_STALE = 4,        /* it rests on site files that are older than they should be */
    HAPPENED_STOPPED = 8,      /* reading ended before the body did, for the verdict was known */
    HAPPENED_AUDIT_FAILED = 16 /* its record could not be written */
};

/* One decision; borrowed. */
struct rule_case {
    const struct profile *profile;
    const struct signals *signals;
    const struct decision *decision;
    enum action done;  /* what really happened; ACTION_CUT when cut */
    unsigned happened; /* enum rule_happening */
};

typedef uint64_t rule_set; /* bit 1 << enum policy_rule */

/* The rule that the answer rests on. */
enum policy_rule rule_that_decided(const struct rule_case *c);
/* That rule, and each that had a part in it. */
rule_set rules_that_took_part(const struct rule_case *c);

/* Appends the sentence. Of what it names nothing came from the network. */
void rule_print(enum policy_rule r, const struct rule_case *c, struct buf *out);

/* The usages that matter to the profile and are restricted, by anything that counts. */
usage_set rule_restricted(const struct rule_case *c);

#endif
