/* SPDX-License-Identifier: Apache-2.0 */
/* evaluate.h - what both conformance runners do: bytes in, signals out, and
 * the preferences these resolve to. */
#ifndef OPTOUT_TESTS_EVALUATE_H
#define OPTOUT_TESTS_EVALUATE_H

#include "core/signal.h"
#include "http/exchange.h"

struct words; /* standards/natural_language.h */

/* Header lines, then the page. `status` 0 is 200; `page` may be empty; `words` NULL: they are
 * not read. `x` is filled, its url alone is the caller's, and must outlive the signals. False when
 * memory was used up. */
bool evaluate(struct arena *a, int status, struct slice head, struct slice page,
              struct words *words, struct exchange *x, struct signals *out);

#define AGENTS_MAX 8

struct view {
    struct slice agent[AGENTS_MAX]; /* tokens, lower case; everybody's statements count too */
    size_t n;
    uint8_t user; /* enum rsl_user */
    struct slice country;
    uint16_t others; /* training crawlers refused by a robots.txt that are a weak denial */
    bool images; /* of the images that the page embeds, not of the page */
};

/* Standard by standard with its own precedence, then the most restrictive. */
void evaluate_resolve(const struct signals *s, const struct view *view, struct prefs *out);

#endif
