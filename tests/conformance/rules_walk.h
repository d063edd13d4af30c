/* SPDX-License-Identifier: Apache-2.0 */
/* rules_walk.h - the table of rules against docs/decisions.md and against the vectors. */
#ifndef OPTOUT_TESTS_RULES_WALK_H
#define OPTOUT_TESTS_RULES_WALK_H

#include "policy/rules.h"

/* A vector had these, as it said. */
void rules_walk_reached(rule_set set);
/* Prints which no vector has. */
bool rules_walk_all_reached(void);

/* The page has a section "### R-01 name" for each rule, in their order and no other; each quotes
 * the rule's sentence ("> …") and has an example, a block "```vector" with a line "= rule" that
 * names it. Examples are handed to `run`.
 * Prints what is wrong. */
bool rules_walk_document(const char *path, struct slice text,
                         void (*run)(void *ctx, const char *path, struct slice vector), void *ctx);

#endif
