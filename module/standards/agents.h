/* SPDX-License-Identifier: Apache-2.0 */
/* agents.h - the catalogue of agent tokens: who crawls for what.
 *
 * A data file (conf/agents.tsv), tab separated, UTF-8, # comments:
 *   token  kind  usages  operator  source
 * kind: train, search, user-fetch, other, undocumented (crawlers);
 *       opt-out-token (no crawler sends it; a publisher names it to refuse a use);
 *       policy-token (no crawler at all: names a purpose, speaks to everybody).
 * usages: what a Disallow for the token denies, for the last two kinds:
 *   "train-ai,ai-use"; "-" for crawlers.
 * Loaded once, immutable, then any thread may look up. */
#ifndef OPTOUT_STANDARDS_AGENTS_H
#define OPTOUT_STANDARDS_AGENTS_H

#include "core/rc.h"
#include "core/usage.h"

enum agent_kind {
    AGENT_UNKNOWN, /* not in the catalogue */
    AGENT_TRAIN,
    AGENT_SEARCH,
    AGENT_USER_FETCH,
    AGENT_OTHER,
    AGENT_OPT_OUT_TOKEN,
    AGENT_POLICY_TOKEN,
    AGENT_KIND_COUNT
};

struct agent_entry {
    char token[64]; /* lower case */
    uint8_t kind;   /* enum agent_kind; "undocumented" is AGENT_OTHER */
    struct prefs denies; /* by a Disallow; spread */
    char name[64];  /* operator, for people */
};

struct agents; /* sorted by token */

/* Built in: the tokens that are no crawlers (Google-Extended, Applebot-Extended,
 * MachineLearning …), so that a missing file loses none of their meaning. */
const struct agents *agents_builtin(void);
/* Reads a catalogue text; its rows go before the built-in ones. `*line` tells
 * where a wrong row is, `*why` (static) what is wrong. At most 4096 rows.
 * Free with agents_free. */
enum optout_rc agents_parse_text(struct slice text, struct agents **out, unsigned *line,
                                 const char **why) OPTOUT_CHECKED;
void agents_free(struct agents *a);
/* By lower-case token; NULL when it is not there. O(log n). */
const struct agent_entry *agents_find(const struct agents *a, struct slice token);
size_t agents_count(const struct agents *a);
const struct agent_entry *agents_at(const struct agents *a, size_t i);

#endif
