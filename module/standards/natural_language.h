/* SPDX-License-Identifier: Apache-2.0 */
/* natural_language.h - reservations in words as statements.
 *
 * Each is weak and has a grade, in `property`: what a profile does with it depends on that.
 * `name` says by which phrase of which file it was found: "de/reserved@1", of version 1. */
#ifndef OPTOUT_STANDARDS_NATURAL_LANGUAGE_H
#define OPTOUT_STANDARDS_NATURAL_LANGUAGE_H

#include "core/signal.h"
#include "standards/phrases.h"

/* PHRASE_NONE of a statement that is not in words. */
static inline enum phrase_grade natural_grade(const struct signal *s)
{
    bool words = s->standard == STD_NATURAL_LANGUAGE && s->property < PHRASE_GRADE_COUNT;
    return words ? (enum phrase_grade)s->property : PHRASE_NONE;
}

#endif
