/* SPDX-License-Identifier: Apache-2.0 */
/* recorded.h - a decision written down as the filter would, and explained out of that alone. */
#ifndef OPTOUT_TESTS_RECORDED_H
#define OPTOUT_TESTS_RECORDED_H

#include "vector.h"

#include "policy/rules.h"

/* Whether the explanation of the record finds the same decision, action and rules. Prints what
 * differs. */
bool recorded_is_same(const struct vector *v, const struct exchange *x, const struct rule_case *c);

#endif
