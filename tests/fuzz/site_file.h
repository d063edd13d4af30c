/* SPDX-License-Identifier: Apache-2.0 */
/* site_file.h - one site file of any bytes. Every slice of the result is read, so that
 * one which points astray is found, and every rule is matched once. */
#include "http/url_path.h"
#include "standards/site_rules.h"

#include <stdlib.h>

static volatile unsigned sink; /* so that the reading is not optimised away */

static unsigned sum_of(struct slice s)
{
    unsigned sum = 0;
    for (size_t i = 0; i < s.n; i++)
        sum += s.p[i];
    return sum;
}

static void check(const struct site_rules *r, const struct site_rule *rule)
{
    if (rule->raw.n > SIGNAL_RAW_MAX || !rule->pattern.p || rule->line == 0)
        abort();
    if (rule->group != RULE_GROUP_FILE && rule->group >= r->n_groups)
        abort();
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (rule->prefs.of[u] >= PREF_COUNT ||
            (rule->confidence == CONF_WEAK && rule->prefs.of[u] == PREF_ALLOW))
            abort();
    sink = sum_of(rule->pattern) + sum_of(rule->raw) + sum_of(rule->url);
    sink = url_pattern_match(rule->pattern, SLICE_OF("/a/b.jpg?c=d"));
}

typedef enum optout_rc site_file_parser(struct slice text, struct site_rules *out);

static inline int site_file_fuzz(site_file_parser *parse, const uint8_t *data, size_t size)
{
    static struct site_rules rules;
    struct arena a;
    arena_init(&a, 64u << 20, NULL, 0);
    site_rules_init(&rules, &a);
    enum optout_rc rc = parse(slice_of(data, size), &rules);
    if (rc == OPTOUT_OK && rules.overflow)
        abort();
    for (uint32_t i = 0; i < rules.n_rules; i++)
        check(&rules, &rules.rule[i]);
    for (uint32_t i = 0; i < rules.n_groups; i++)
        if (rules.group[i].first_agent + rules.group[i].n_agents > rules.n_agents)
            abort();
    for (uint32_t i = 0; i < rules.n_agents; i++)
        sink = sum_of(rules.agent[i].token);
    arena_reset(&a);
    return 0;
}
