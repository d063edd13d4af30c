/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h - one record of the log in plain sentences: what was asked and came, what was stated,
 * the rules that decided (policy/rules.h), what was not read, what was known of the site, the
 * settings in force, and what would have changed the answer.
 *
 * Everything is found in the record and in the lines that it refers to, so it can be told long
 * after; the decision is made anew from them, which tells which rules took part and what would
 * be otherwise. Memory: EXPLAIN_TEXT_MAX, and that of the parsed lines. One thread. */
#ifndef OPTOUT_ANSWERS_EXPLAIN_H
#define OPTOUT_ANSWERS_EXPLAIN_H

#include "core/buf.h"
#include "policy/rules.h"

#define EXPLAIN_TEXT_MAX (2u << 20)
#define EXPLAIN_LINES_MAX 2048u

enum explain_part {
    EXPLAIN_ASKED,
    EXPLAIN_WHY,
    EXPLAIN_STATED,
    EXPLAIN_CONFLICTS,
    EXPLAIN_UNREAD,
    EXPLAIN_SITE,
    EXPLAIN_SETTINGS,
    EXPLAIN_EARLIER,
    EXPLAIN_OTHERWISE,
    EXPLAIN_DOUBTS,
    EXPLAIN_PART_COUNT
};

/* One sentence. It may hold what strangers wrote, as they wrote it: it is escaped where it is
 * printed. */
struct explain_line {
    enum explain_part part;
    size_t at, n; /* in `text` */
};

struct explanation {
    char id[32], earlier[32]; /* of the record, and of the one that it rests on; may be empty */
    bool has_verdict;         /* else `rule` and `rules` mean nothing */
    enum policy_rule rule;
    rule_set rules;
    struct buf text;
    struct explain_line *line;
    size_t n;
    bool cut; /* there was more to say than there is room */
};

struct explain_input {
    /* Lines of the log, in any order: the record, and the `config` and `site` lines that it
     * refers to, as far as the log has them. */
    struct slice lines;
    struct slice earlier; /* the same of the record that it rests on; empty: not known */
    const struct profile *profile; /* by which it was judged; NULL: as the settings say */
};

/* On failure nothing is to be freed: OPTOUT_E_SYNTAX (no record is there), OPTOUT_E_LIMIT (no
 * record of ours is so large), OPTOUT_E_NOMEM. */
enum optout_rc explain_record(const struct explain_input *in, struct explanation *out) OPTOUT_CHECKED;
void explanation_free(struct explanation *e);

/* Text that is safe for a terminal. */
void explanation_print(const struct explanation *e, bool colour, struct buf *out);
/* One JSON object and its LF; docs/answers.md tells its members. */
void explanation_print_json(const struct explanation *e, struct buf *out);

#endif
