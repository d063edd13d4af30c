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

struct decision {
    enum decision_kind kind;
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

/* It never allows, and what it restricts meets what the profile chose for weak statements. */
bool decision_takes_weakly(const struct profile *p, const struct signal *s);

/* What the profile chose for it, when it takes it weakly. */
enum weak_choice decision_for_weak(const struct profile *p, const struct signal *s);

/* Weighs statements for this profile: what cannot restrict its purpose gives way. */
struct signal_scale decision_scale(const struct profile *p);

void decide(const struct profile *p, const struct signals *s, undecided_set undecided,
            struct decision *out);

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
