/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h - statements that decided, kept beyond their exchange.
 *
 * A verdict that is remembered is given again later, and whoever reads the answer or
 * the record must see what it rests on. Kept by value, cut to fit, in memory that
 * processes share. */
#ifndef OPTOUT_VERDICT_EVIDENCE_H
#define OPTOUT_VERDICT_EVIDENCE_H

#include "policy/decide.h"

#define EVIDENCE_KEPT 2 /* statements of a verdict */

struct evidence {
    struct prefs prefs;
    uint8_t standard, carrier, scope, confidence, property, place_kind; /* as in struct signal */
    uint8_t n_agent, n_name, n_raw, n_part, n_url; /* bytes used of what follows */
    bool raw_cut, aside;
    uint64_t at;
    char agent[64];
    char name[32];
    char raw[96];
    char part[40];
    char url[160]; /* nothing when it is longer: half a URL leads astray */
};

/* One of them; its slices point into `e` on the way back. */
void evidence_of(struct evidence *e, const struct signal *s);
struct signal evidence_signal(const struct evidence *e);

struct evidence_list {
    uint8_t n;
    struct evidence of[EVIDENCE_KEPT];
};

/* What decided for this profile, but for what site files and other pages say, for those are
 * asked anew each time. Not `head`: nor what the head said, for the next answer has a head of
 * its own. */
void evidence_take(struct evidence_list *to, const struct decision *d, const struct profile *p,
                   bool head);
/* Adds them to the statements of another exchange. */
void evidence_give(const struct evidence_list *from, struct signals *to);

#endif
