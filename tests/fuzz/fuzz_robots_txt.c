/* SPDX-License-Identifier: Apache-2.0 */
/* robots.txt, any bytes: what is read keeps its promises, and the same text read
 * again says the same. */
#include "standards/site_rules.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_rule(const struct site_rules *r, const struct site_rule *rule)
{
    check((rule->kind <= RULE_HINT || rule->kind == RULE_WORDS) && rule->confidence < CONF_COUNT && rule->line > 0);
    check(rule->group == RULE_GROUP_FILE || rule->group < r->n_groups);
    check(rule->group != RULE_GROUP_FILE || rule->kind != RULE_ACCESS);
    check(rule->raw.n <= SIGNAL_RAW_MAX && rule->url.n <= SIGNAL_URL_MAX);
    check(rule->pattern.n == 0 || rule->pattern.p[0] == '/' || rule->pattern.p[0] == '*');
    check(rule->pattern.n == 0 || rule->weight > 0);
    check(rule->confidence == CONF_EXACT || rule->note != NULL);
    struct prefs spread = rule->prefs;
    for (size_t u = 0; u < USAGE_COUNT; u++) {
        check(rule->prefs.of[u] < PREF_COUNT);
        check(rule->confidence != CONF_WEAK || rule->prefs.of[u] != PREF_ALLOW);
        check(rule->kind == RULE_ACCESS || u != USAGE_ACQUIRE || !rule->prefs.of[u]);
    }
    if (rule->kind != RULE_USAGE) { /* a label of today stands against an older umbrella */
        prefs_spread(&spread);
        check(memcmp(&spread, &rule->prefs, sizeof spread) == 0);
    }
}

static void check_groups(const struct site_rules *r)
{
    uint32_t agents = 0;
    for (uint32_t i = 0; i < r->n_groups; i++) {
        check(r->group[i].first_agent == agents);
        agents += r->group[i].n_agents;
    }
    check(agents == r->n_agents);
    for (uint32_t i = 0; i < r->n_agents; i++) {
        struct slice token = r->agent[i].token;
        check(token.n > 0);
        for (size_t k = 0; k < token.n; k++)
            check(token.p[k] == ascii_lower(token.p[k]) && token.p[k] != '/');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    static struct site_rules r, again;
    arena_init(&a, 64u << 20, NULL, 0);
    site_rules_init(&r, &a);
    enum optout_rc rc = robots_txt_parse(slice_of(data, size), &r);
    check(rc == OPTOUT_OK || rc == OPTOUT_E_SYNTAX || rc == OPTOUT_E_LIMIT ||
          rc == OPTOUT_E_NOMEM);
    check(rc != OPTOUT_OK || !r.overflow);
    for (uint32_t i = 0; i < r.n_rules; i++)
        check_rule(&r, &r.rule[i]);
    check_groups(&r);
    site_rules_init(&again, &a);
    check(robots_txt_parse(slice_of(data, size), &again) == rc);
    check(again.n_rules == r.n_rules && again.n_warnings == r.n_warnings);
    arena_reset(&a);
    return 0;
}
