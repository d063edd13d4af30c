/* SPDX-License-Identifier: Apache-2.0 */
#include "standards/phrases.h"

static const char *const names[PHRASE_GRADE_COUNT] = {
    [PHRASE_PERMISSION] = "permission",
    [PHRASE_HINT] = "hint",
    [PHRASE_LIKELY] = "likely",
    [PHRASE_PLAIN] = "plain",
};

const char *phrase_grade_name(enum phrase_grade g)
{
    return (unsigned)g < PHRASE_GRADE_COUNT && names[g] ? names[g] : "?";
}

bool phrase_grade_from_name(struct slice name, enum phrase_grade *g)
{
    for (unsigned i = PHRASE_PERMISSION; i < PHRASE_GRADE_COUNT; i++)
        if (slice_eq_nocase(name, slice_cstr(names[i]))) {
            *g = (enum phrase_grade)i;
            return true;
        }
    return false;
}
