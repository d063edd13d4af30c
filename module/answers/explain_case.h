/* SPDX-License-Identifier: Apache-2.0 */
/* explain_case.h - a record of the log as what it was made of: profile, statements, decision.
 *
 * The decision is made anew, by the same code, from what the record and the settings in force
 * say: so the rules that took part are found, and whether this version would decide the same.
 * One thread. */
#ifndef OPTOUT_ANSWERS_EXPLAIN_CASE_H
#define OPTOUT_ANSWERS_EXPLAIN_CASE_H

#include "policy/rules.h"

#include <jansson.h>

struct explain_case {
    struct arena arena;
    json_t *record, *config; /* `config` NULL: the log does not have it */
    json_t *sites;           /* by id, of those that the log has */
    struct slice settings;   /* of `config`; may be empty */
    struct profile profile;
    bool has_settings;  /* the profile is that of the settings, or was given; else only its name,
                           purpose and mode are known */
    struct signals signals;
    size_t n_unknown;   /* statements, usages and reasons that this version does not know */
    bool has_verdict;   /* false: a pending record */
    bool request;
    enum decision_kind said; /* by the record */
    enum action done;
    struct decision decision; /* anew */
    struct rule_case rules;
    bool is_same; /* anew and as the record has it */
};

/* From lines of a log: a record, and those that it refers to, in any order; others are passed
 * over. `profile`: what it was judged by, NULL: as the settings say. On failure nothing is to be
 * freed: OPTOUT_E_SYNTAX (no record is there), OPTOUT_E_LIMIT, OPTOUT_E_NOMEM. */
enum optout_rc explain_case_read(struct slice lines, const struct profile *profile,
                                 struct explain_case *out) OPTOUT_CHECKED;
void explain_case_free(struct explain_case *c);

/* Decides for another profile, other statements or other reasons, with no more than that. */
void explain_case_decide(const struct explain_case *c, const struct profile *p,
                         const struct signals *s, undecided_set undecided, struct decision *out);

/* A member that is a string, or `otherwise`. */
const char *explain_text(const json_t *o, const char *name, const char *otherwise);

#endif
