/* SPDX-License-Identifier: Apache-2.0 */
/* site_rules.c - the list that the parsers of site files fill.
 *
 * Limits: SITE_RULES_MAX, SITE_AGENTS_MAX (of groups too), SITE_WARNINGS_MAX. */
#include "standards/site_rules.h"

#include "standards/common.h"

#define FIRST_SIZE 16u

#define RULE_ROW(id, standard, choice, fallback, needs_access) \
    [RULE_##id] = { standard, CHOOSE_##choice, FALLBACK_##fallback, needs_access },
const struct rule_kind_row rule_kinds[RULE_KIND_COUNT] = { RULE_KINDS(RULE_ROW) };

void site_rules_init(struct site_rules *r, struct arena *arena)
{
    *r = (struct site_rules){ .arena = arena };
}

/* Room for one more of `n` in `v`, of which *size fit; NULL when `max` or the
 * arena is reached. What was outgrown stays in the arena. */
static void *room(struct site_rules *r, void *v, uint32_t n, uint32_t *size, uint32_t max,
                  size_t each)
{
    if (n < *size)
        return v;
    uint32_t wanted = *size ? *size * 2 : FIRST_SIZE;
    if (wanted > max)
        wanted = max;
    void *grown = n < wanted ? arena_array(r->arena, wanted, each) : NULL;
    if (!grown) {
        r->overflow = true;
        return NULL;
    }
    if (n)
        memcpy(grown, v, n * each);
    *size = wanted;
    return grown;
}

bool site_rules_add(struct site_rules *r, const struct site_rule *rule)
{
    void *v = room(r, r->rule, r->n_rules, &r->rules_size, SITE_RULES_MAX, sizeof *rule);
    if (!v)
        return false;
    r->rule = v;
    r->rule[r->n_rules++] = *rule;
    return true;
}

bool site_rules_group(struct site_rules *r, uint32_t line)
{
    void *v = room(r, r->group, r->n_groups, &r->groups_size, SITE_AGENTS_MAX, sizeof *r->group);
    if (!v)
        return false;
    r->group = v;
    r->group[r->n_groups++] = (struct rule_group){ .first_agent = r->n_agents, .line = line };
    return true;
}

static bool add_agent(struct site_rules *r, struct rule_agent agent)
{
    if (r->n_groups == 0 && !site_rules_group(r, agent.line))
        return false;
    void *v = room(r, r->agent, r->n_agents, &r->agents_size, SITE_AGENTS_MAX, sizeof *r->agent);
    if (!v)
        return false;
    r->agent = v;
    r->agent[r->n_agents++] = agent;
    r->group[r->n_groups - 1].n_agents++;
    return true;
}

bool site_rules_agent(struct site_rules *r, struct slice token, uint32_t line)
{
    return add_agent(r, (struct rule_agent){ token, line, false });
}

bool site_rules_loose_agent(struct site_rules *r, struct slice token, uint32_t line)
{
    return add_agent(r, (struct rule_agent){ token, line, true });
}

void site_rules_warn(struct site_rules *r, enum site_warning_kind kind, uint32_t line,
                     const char *text)
{
    if (r->n_warnings < SITE_WARNINGS_MAX)
        r->warning[r->n_warnings] = (struct site_warning){ (uint8_t)kind, line, text };
    if (r->n_warnings < UINT32_MAX)
        r->n_warnings++;
}

void site_rules_doubt(struct site_rules *r, const char *note)
{
    for (uint32_t i = 0; i < r->n_rules; i++) {
        struct site_rule *rule = &r->rule[i];
        if (rule->confidence > CONF_LAX)
            rule->confidence = CONF_LAX;
        if (!rule->note)
            rule->note = note;
        if (rule->kind != RULE_ACCESS) /* an Allow only says how far a Disallow goes */
            prefs_drop_allow(&rule->prefs);
    }
}

bool site_rules_restrict(const struct site_rules *r)
{
    for (uint32_t i = 0; i < r->n_rules; i++)
        for (unsigned u = 0; u < USAGE_COUNT; u++)
            if (r->rule[i].prefs.of[u] > PREF_ALLOW)
                return true;
    return false;
}
