/* SPDX-License-Identifier: Apache-2.0 */
/* naive_rules.h - what rules say of a query, by looking at every rule: the slow
 * and plain reading that the compiled form is held against. Nothing of
 * module/site is used here. RSL licences are left out. */
#ifndef OPTOUT_TESTS_NAIVE_RULES_H
#define OPTOUT_TESTS_NAIVE_RULES_H

#include "http/url_path.h"
#include "standards/agents.h"
#include "standards/site_rules.h"

#define NAIVE_MAX 4096

struct naive_said {
    uint32_t rule;
    bool purpose;       /* of an opt-out or policy token */
    struct slice agent; /* empty: everybody */
    struct prefs prefs;
};

struct naive {
    const struct site_rules *r;
    const struct agents *agents;
    struct slice path;
    struct naive_said said[NAIVE_MAX];
    size_t n;
    bool access_found, allowed;
};

enum { NAIVE_STAR = 1, NAIVE_FILE = 2 }; /* in place of a token */

struct naive_who {
    struct slice token;
    int other; /* NAIVE_STAR, NAIVE_FILE; 0: the token */
    bool loose; /* also where it is one of the names in a longer value */
};

static inline bool naive_names(const struct site_rules *r, uint32_t group, struct naive_who who)
{
    if (who.other == NAIVE_FILE || group == RULE_GROUP_FILE)
        return who.other == NAIVE_FILE && group == RULE_GROUP_FILE;
    struct slice token = who.other == NAIVE_STAR ? SLICE_OF("*") : who.token;
    for (uint32_t i = 0; i < r->group[group].n_agents; i++) {
        const struct rule_agent *a = &r->agent[r->group[group].first_agent + i];
        if (slice_eq(a->token, token) && (who.loose || !a->loose))
            return true;
    }
    return false;
}

/* Some value that is longer holds the name. */
static inline bool naive_is_loose(const struct site_rules *r, struct slice token)
{
    for (uint32_t i = 0; i < r->n_agents; i++)
        if (r->agent[i].loose && slice_eq(r->agent[i].token, token))
            return true;
    return false;
}

static inline bool naive_is_named(const struct site_rules *r, struct naive_who who)
{
    for (uint32_t g = 0; g < r->n_groups; g++)
        if (naive_names(r, g, who))
            return true;
    return false;
}

static inline bool naive_candidate(const struct naive *k, uint32_t i, enum rule_kind kind,
                                   struct naive_who who)
{
    const struct site_rule *rule = &k->r->rule[i];
    return rule->kind == kind && naive_names(k->r, rule->group, who) &&
           url_pattern_match(rule->pattern, k->path);
}

static inline void naive_say(struct naive *k, uint32_t rule, bool purpose, struct slice agent,
                             const struct prefs *prefs)
{
    for (size_t i = 0; i < k->n && !purpose; i++)
        if (k->said[i].rule == rule && !k->said[i].purpose)
            return;
    if (k->n < NAIVE_MAX)
        k->said[k->n++] = (struct naive_said){ rule, purpose, agent, *prefs };
}

/* True when a rule of the kind speaks. */
static inline bool naive_speak(struct naive *k, enum rule_kind kind, struct naive_who who,
                               bool nameless)
{
    uint8_t choice = rule_kinds[kind].choice;
    uint32_t best = 0;
    bool any = false;
    for (uint32_t i = 0; i < k->r->n_rules; i++) {
        if (!naive_candidate(k, i, kind, who))
            continue;
        any = true;
        best = k->r->rule[i].weight > best ? k->r->rule[i].weight : best;
    }
    for (uint32_t i = 0; any && i < k->r->n_rules; i++) {
        struct prefs p = k->r->rule[i].prefs;
        bool empty = true;
        for (unsigned u = 0; u < USAGE_COUNT; u++) {
            if (who.loose && p.of[u] == PREF_ALLOW)
                p.of[u] = PREF_UNKNOWN;
            empty = empty && p.of[u] == PREF_UNKNOWN;
        }
        bool longest = choice == CHOOSE_LONGEST_STRICT || choice == CHOOSE_NARROWEST;
        if (!naive_candidate(k, i, kind, who) || (longest && k->r->rule[i].weight != best))
            continue;
        if (!who.loose || !empty || kind == RULE_LICENSE)
            naive_say(k, i, false, who.other || nameless ? SLICE_EMPTY : who.token, &p);
        if (choice == CHOOSE_FIRST)
            break;
    }
    return any;
}

/* Index of the deciding access rule; UINT32_MAX: none. */
static inline uint32_t naive_access(const struct naive *k, struct naive_who who)
{
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 0; i < k->r->n_rules; i++) {
        if (!naive_candidate(k, i, RULE_ACCESS, who))
            continue;
        const struct site_rule *a = &k->r->rule[i];
        const struct site_rule *b = found == UINT32_MAX ? NULL : &k->r->rule[found];
        if (!b || a->weight > b->weight ||
            (a->weight == b->weight && a->prefs.of[USAGE_ACQUIRE] < b->prefs.of[USAGE_ACQUIRE]))
            found = i;
    }
    return found;
}

/* Access by groups that name `who` loosely too: true when they refuse. */
static inline bool naive_refused(struct naive *k, struct naive_who who)
{
    struct prefs p = { { 0 } };
    uint32_t access = naive_access(k, who);
    if (access == UINT32_MAX || k->r->rule[access].prefs.of[USAGE_ACQUIRE] != PREF_DENY)
        return false;
    p.of[USAGE_ACQUIRE] = PREF_DENY;
    k->access_found = true;
    k->allowed = false;
    naive_say(k, access, false, who.other ? SLICE_EMPTY : who.token, &p);
    return true;
}

static inline void naive_crawler(struct naive *k, struct slice token)
{
    const struct naive_who me = { token, 0, false }, star = { SLICE_EMPTY, NAIVE_STAR, false },
                           file = { SLICE_EMPTY, NAIVE_FILE, false },
                           me_loose = { token, 0, true },
                           star_loose = { SLICE_EMPTY, NAIVE_STAR, true };
    bool by_me = token.n && naive_is_loose(k->r, token);
    bool own = token.n && naive_is_named(k->r, me), refused = false;
    uint32_t access = naive_access(k, own ? me : star);
    if (access != UINT32_MAX && !slice_eq(k->path, SLICE_OF("/robots.txt"))) {
        struct prefs p = { { 0 } };
        p.of[USAGE_ACQUIRE] = k->r->rule[access].prefs.of[USAGE_ACQUIRE];
        refused = p.of[USAGE_ACQUIRE] == PREF_DENY;
        k->access_found = true;
        k->allowed = k->allowed && !refused;
        naive_say(k, access, false, own ? token : SLICE_EMPTY, &p);
    }
    bool by_star = !own && naive_is_loose(k->r, SLICE_OF("*"));
    if (!slice_eq(k->path, SLICE_OF("/robots.txt"))) {
        refused = refused || (by_me && naive_refused(k, me_loose));
        refused = refused || (by_star && naive_refused(k, star_loose));
    }
    for (unsigned i = RULE_ACCESS + 1; i < RULE_KIND_COUNT; i++) {
        enum rule_kind kind = (enum rule_kind)i;
        uint8_t fallback = rule_kinds[kind].fallback;
        if (refused && kind == RULE_USAGE)
            continue;
        if (!(own && naive_speak(k, kind, me, false)) &&
            !((!own || fallback == FALLBACK_STAR_FILE) && naive_speak(k, kind, star, true)) &&
            fallback != FALLBACK_NONE)
            naive_speak(k, kind, file, true);
        if (by_me)
            naive_speak(k, kind, me_loose, false);
        if (by_star)
            naive_speak(k, kind, star_loose, true);
    }
}

static inline void naive_purpose(struct naive *k, const struct agent_entry *e)
{
    const struct naive_who me[] = { { slice_cstr(e->token), 0, false },
                                    { slice_cstr(e->token), 0, true } };
    bool policy = e->kind == AGENT_POLICY_TOKEN, said = false;
    size_t n = naive_is_loose(k->r, me[0].token) ? 2 : 1;
    for (size_t i = 0; i < n && !said; i++) {
        uint32_t access = naive_access(k, me[i]);
        said = access != UINT32_MAX && k->r->rule[access].prefs.of[USAGE_ACQUIRE] == PREF_DENY;
        if (said)
            naive_say(k, access, true, policy ? SLICE_EMPTY : me[0].token, &e->denies);
    }
    for (unsigned i = RULE_ACCESS + 1; i < RULE_KIND_COUNT; i++)
        for (size_t j = 0; j < n; j++)
            naive_speak(k, (enum rule_kind)i, me[j], policy);
}

static inline bool naive_is_purpose(const struct agents *a, struct slice token)
{
    const struct agent_entry *e = agents_find(a, token);
    return e && (e->kind == AGENT_OPT_OUT_TOKEN || e->kind == AGENT_POLICY_TOKEN);
}

static inline void naive_apply(struct naive *k, const struct site_rules *r,
                               const struct agents *agents, struct slice path,
                               const struct slice *agent, size_t n_agents)
{
    k->r = r;
    k->agents = agents;
    k->path = path;
    k->n = 0;
    k->access_found = false;
    k->allowed = true;
    size_t crawlers = 0;
    for (size_t i = 0; i < n_agents; i++)
        if (!naive_is_purpose(agents, agent[i])) {
            crawlers++;
            naive_crawler(k, agent[i]);
        }
    if (crawlers == 0)
        naive_crawler(k, SLICE_EMPTY);
    for (size_t i = 0; i < n_agents; i++) {
        const struct agent_entry *e = agents_find(agents, agent[i]);
        if (e && e->kind == AGENT_OPT_OUT_TOKEN)
            naive_purpose(k, e);
    }
    for (size_t i = 0; i < agents_count(agents); i++)
        if (agents_at(agents, i)->kind == AGENT_POLICY_TOKEN)
            naive_purpose(k, agents_at(agents, i));
}

/* ---- Rules at random, from any source of bytes ---- */

struct naive_source {
    uint8_t (*byte)(void *ctx);
    void *ctx;
};

static inline uint32_t naive_below(struct naive_source s, uint32_t n)
{
    return (uint32_t)(s.byte(s.ctx) | s.byte(s.ctx) << 8) % n;
}

static const char *const naive_tokens[] = {
    "*", "abot", "bbot", "google-extended", "machinelearning", "cbot", "applebot-extended",
};
#define NAIVE_TOKENS (sizeof naive_tokens / sizeof *naive_tokens)

/* Few letters, so that patterns begin each other and match. */
static inline struct slice naive_text(struct naive_source s, struct arena *a, bool pattern)
{
    static const char letters[] = "/aab/*$?";
    uint8_t text[12];
    size_t n = naive_below(s, sizeof text);
    for (size_t i = 0; i < n; i++)
        text[i] = (uint8_t)letters[naive_below(s, pattern ? 8 : 5)];
    if (n && naive_below(s, 8))
        text[0] = '/';
    struct slice t = slice_of(text, n);
    return pattern ? url_pattern_normal(a, t) : url_path_normal(a, t);
}

static inline void naive_rule(struct naive_source s, struct site_rules *r, struct arena *a,
                              uint32_t line)
{
    struct site_rule rule = {
        .kind = (uint8_t)naive_below(s, RULE_RSL), /* all but RSL */
        .confidence = CONF_EXACT,
        .line = line,
        .pattern = naive_text(s, a, true),
    };
    if (naive_below(s, 3) == 0)
        rule.kind = RULE_ACCESS;
    rule.weight = (uint32_t)rule.pattern.n + (naive_below(s, 8) == 0 ? naive_below(s, 4) : 0);
    rule.group = r->n_groups && naive_below(s, 8) ? naive_below(s, r->n_groups) : RULE_GROUP_FILE;
    if (rule.kind == RULE_ACCESS)
        rule.prefs.of[USAGE_ACQUIRE] = naive_below(s, 2) ? PREF_DENY : PREF_ALLOW;
    else
        rule.prefs.of[naive_below(s, USAGE_COUNT)] = (uint8_t)naive_below(s, PREF_COUNT);
    site_rules_add(r, &rule);
}

static inline void naive_rules(struct naive_source s, struct site_rules *r, struct arena *a)
{
    site_rules_init(r, a);
    uint32_t groups = naive_below(s, 6), rules = naive_below(s, 40);
    for (uint32_t g = 0; g < groups; g++) {
        site_rules_group(r, g + 1);
        for (uint32_t n = naive_below(s, 3) + 1; n; n--) {
            struct slice token = slice_cstr(naive_tokens[naive_below(s, NAIVE_TOKENS)]);
            if (naive_below(s, 4))
                site_rules_agent(r, token, g + 1);
            else
                site_rules_loose_agent(r, token, g + 1);
        }
    }
    for (uint32_t i = 0; i < rules; i++)
        naive_rule(s, r, a, i + 1); /* the line tells the rule */
}

static inline size_t naive_agents(struct naive_source s, struct slice agent[4])
{
    size_t n = naive_below(s, 4);
    size_t from = naive_below(s, 6);
    for (size_t i = 0; i < n; i++)
        agent[i] = slice_cstr(naive_below(s, 8) ? naive_tokens[1 + (from + i) % 6] : "zbot");
    if (n > 1 && slice_eq(agent[0], agent[n - 1]))
        n--;
    return n;
}

/* True when both say the same: signals carry the line of their rule. */
static inline bool naive_agrees(const struct naive *k, const struct signals *s)
{
    if (k->n != s->n)
        return false;
    for (size_t i = 0; i < k->n; i++) {
        const struct naive_said *want = &k->said[i];
        bool found = false;
        for (size_t j = 0; j < s->n && !found; j++)
            found = s->v[j].at == k->r->rule[want->rule].line &&
                    s->v[j].standard == rule_kinds[k->r->rule[want->rule].kind].standard &&
                    slice_eq(s->v[j].agent, want->agent) &&
                    memcmp(&s->v[j].prefs, &want->prefs, sizeof want->prefs) == 0;
        if (!found)
            return false;
    }
    return true;
}

#endif
