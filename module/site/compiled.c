/* SPDX-License-Identifier: Apache-2.0 */
/* compiled.c - rules into the flat form.
 *
 * RFC 9309 section 2.2.1 (groups of one token are merged).
 *
 * How it is made: what each token is named by becomes a sorted run of groups;
 * equal runs share a list. Sizes are then known, so the tables are laid out at
 * once and filled in; only the pool grows.
 *
 * Limits: COMPILED_MAX for the whole; the counts of struct site_rules; NOTES_MAX. */
#include "site/compiled_form.h"

#include <stdlib.h>

#define NOTES_MAX 64 /* distinct notes that are kept once; more are kept each time */

/* The rules outside of groups go as a group of their own, the last. */
enum { NAMED, LOOSE, RUNS };

struct run {
    uint32_t first, n; /* in plan.groups: the groups that name a token, ascending */
    uint32_t list;     /* FORM_NONE: there are none */
    uint32_t trains;
};

struct named {
    struct slice token; /* "*"; empty: the rules outside of groups */
    struct run run[RUNS]; /* LOOSE: with those that name it in a longer value, if there are any */
    bool counts;          /* not only a part of a token that is counted itself */
    uint8_t kind;
    struct prefs denies;
};

struct pair {
    struct slice token;
    uint32_t group; /* FORM_NONE: of the catalogue, not named here */
    bool loose;
    bool counts;    /* the value that it is a part of is no training crawler's token */
};

struct plan {
    const struct site_rules *rules;
    struct buf *out;
    size_t start;          /* of the document in out */
    uint32_t n_groups;     /* with the one for rules outside */
    uint32_t *group_first; /* n_groups + 1, in group_rule */
    uint32_t *group_rule;  /* rules by group, document order */
    struct pair *pair;
    uint32_t n_pairs;
    uint32_t *groups;
    uint32_t n_kept; /* in groups */
    struct named *named;
    uint32_t n_named;
    struct run **list_run; /* of each list, a run that has it */
    uint32_t *list_trains;
    struct form_head head;
    size_t at_list, at_token, at_entry, at_rule, at_pool; /* in out */
    struct {
        const char *note;
        struct form_text text;
    } note[NOTES_MAX];
    size_t n_notes;
};

/* ---- Reading ---- */

bool compiled_is_whole(struct slice bytes)
{
    struct form f;
    return form_open(bytes, &f) && f.head.total == bytes.n && bytes.n % 8 == 0;
}

size_t compiled_licenses(struct slice bytes, struct slice *url, size_t max)
{
    struct form f;
    size_t n = 0;
    if (!form_open(bytes, &f))
        return 0;
    for (uint32_t i = 0; i < f.head.n_rules && n < max; i++) {
        struct form_rule r;
        FORM_LOAD(f.rule, i, &r);
        struct slice text = form_text(&f, r.url);
        if (r.kind == RULE_LICENSE && text.n)
            url[n++] = text;
    }
    return n;
}

/* ---- Planning ---- */

/* Rules by group: counted, then placed. */
static enum optout_rc sort_by_group(struct plan *p)
{
    const struct site_rules *r = p->rules;
    struct arena *a = r->arena;
    p->n_groups = r->n_groups + 1;
    p->group_first = arena_array(a, p->n_groups + 1u, sizeof *p->group_first);
    p->group_rule = arena_array(a, r->n_rules + 1u, sizeof *p->group_rule);
    uint32_t *next = arena_array(a, p->n_groups, sizeof *next);
    if (!p->group_first || !p->group_rule || !next)
        return OPTOUT_E_NOMEM;
    for (uint32_t i = 0; i < r->n_rules; i++) {
        uint32_t g = r->rule[i].group;
        if (r->rule[i].kind >= RULE_KIND_COUNT || (g >= r->n_groups && g != RULE_GROUP_FILE))
            return OPTOUT_E_SYNTAX;
        p->group_first[(g == RULE_GROUP_FILE ? r->n_groups : g) + 1]++;
    }
    for (uint32_t g = 0; g < p->n_groups; g++) {
        p->group_first[g + 1] += p->group_first[g];
        next[g] = p->group_first[g];
    }
    for (uint32_t i = 0; i < r->n_rules; i++) {
        uint32_t g = r->rule[i].group;
        p->group_rule[next[g == RULE_GROUP_FILE ? r->n_groups : g]++] = i;
    }
    return OPTOUT_OK;
}

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int c = form_compare(a->token, b->token);
    c = c ? c : (a->group > b->group) - (a->group < b->group);
    return c ? c : a->loose - b->loose;
}

static bool is_training(const struct agents *agents, struct slice token)
{
    const struct agent_entry *e = agents ? agents_find(agents, token) : NULL;
    return e && e->kind == AGENT_TRAIN;
}

static bool has_purpose(const struct agent_entry *e)
{
    return e->kind == AGENT_OPT_OUT_TOKEN || e->kind == AGENT_POLICY_TOKEN;
}

/* Tokens with their groups, sorted. Tokens of the catalogue that no crawler
 * sends are among them in any case: a profile that honours one which is not
 * named must not take it for a crawler and be answered by `*`. */
static enum optout_rc sort_pairs(struct plan *p, const struct agents *agents)
{
    const struct site_rules *r = p->rules;
    size_t known = agents && r->n_groups ? agents_count(agents) : 0, purposes = 0;
    for (size_t i = 0; i < known; i++)
        purposes += has_purpose(agents_at(agents, i));
    p->pair = arena_array(r->arena, r->n_agents + purposes + 1, sizeof *p->pair);
    if (!p->pair)
        return OPTOUT_E_NOMEM;
    for (uint32_t g = 0; g < r->n_groups; g++) {
        const struct rule_group *group = &r->group[g];
        if (group->first_agent > r->n_agents ||
            group->n_agents > r->n_agents - group->first_agent)
            return OPTOUT_E_SYNTAX;
        bool counts = true;
        for (uint32_t i = 0; i < group->n_agents && p->n_pairs < r->n_agents; i++) {
            const struct rule_agent *a = &r->agent[group->first_agent + i];
            if (!a->loose)
                counts = !is_training(agents, a->token);
            if (a->token.n)
                p->pair[p->n_pairs++] =
                    (struct pair){ a->token, g, a->loose, !a->loose || counts };
        }
    }
    for (size_t i = 0; i < known; i++) {
        const struct agent_entry *e = agents_at(agents, i);
        if (has_purpose(e))
            p->pair[p->n_pairs++] = (struct pair){ slice_cstr(e->token), FORM_NONE, false,
                                                      false };
    }
    if (p->group_first[r->n_groups] < r->n_rules)
        p->pair[p->n_pairs++] = (struct pair){ SLICE_EMPTY, r->n_groups, false, false };
    qsort(p->pair, p->n_pairs, sizeof *p->pair, compare_pairs);
    return OPTOUT_OK;
}

/* The groups of the pairs, all of one token, as a run; loose ones only for LOOSE. */
static struct run make_run(struct plan *p, const struct pair *pair, uint32_t n, bool loose)
{
    struct run run = { .first = p->n_kept, .list = FORM_NONE };
    for (uint32_t i = 0; i < n; i++) {
        uint32_t g = pair[i].group;
        if (g == FORM_NONE || (pair[i].loose && !loose) ||
            (run.n && p->groups[p->n_kept - 1] == g))
            continue;
        p->groups[p->n_kept++] = g;
        run.n++;
    }
    return run;
}

static void name_token(struct plan *p, const struct pair *pair, uint32_t n,
                       const struct agents *agents)
{
    struct named *t = &p->named[p->n_named++];
    const struct agent_entry *e = agents ? agents_find(agents, pair->token) : NULL;
    bool loose = false;
    *t = (struct named){ .token = pair->token };
    for (uint32_t i = 0; i < n; i++) {
        loose = loose || pair[i].loose;
        t->counts = t->counts || pair[i].counts;
    }
    if (e) {
        t->kind = e->kind;
        t->denies = e->denies;
    }
    t->run[NAMED] = make_run(p, pair, n, false);
    t->run[LOOSE] = make_run(p, pair, loose ? n : 0, true);
}

/* One entry for each token, with the groups that name it. */
static enum optout_rc name_tokens(struct plan *p, const struct agents *agents)
{
    struct arena *a = p->rules->arena;
    p->named = arena_array(a, p->n_pairs + 1u, sizeof *p->named);
    p->groups = arena_array(a, 2 * (p->n_pairs + 1u), sizeof *p->groups);
    p->list_run = arena_array(a, 2 * (p->n_pairs + 1u), sizeof *p->list_run);
    p->list_trains = arena_array(a, 2 * (p->n_pairs + 1u), sizeof *p->list_trains);
    if (!p->named || !p->groups || !p->list_run || !p->list_trains)
        return OPTOUT_E_NOMEM;
    for (uint32_t from = 0, to; from < p->n_pairs; from = to) {
        for (to = from + 1; to < p->n_pairs && slice_eq(p->pair[to].token, p->pair[from].token);)
            to++;
        name_token(p, &p->pair[from], to - from, agents);
    }
    return OPTOUT_OK;
}

/* By which run a token is counted: as it may hear it. */
static struct run *counted_run(struct named *t)
{
    return &t->run[t->run[LOOSE].n ? LOOSE : NAMED];
}

static int compare_runs(const struct plan *p, const struct run *a, const struct run *b)
{
    for (uint32_t i = 0; i < a->n && i < b->n; i++) {
        uint32_t x = p->groups[a->first + i], y = p->groups[b->first + i];
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a->n > b->n) - (a->n < b->n);
}

static int compare_by_run(const void *left, const void *right, void *plan)
{
    struct run *const *a = left, *const *b = right;
    int c = compare_runs(plan, *a, *b);
    return c ? c : (*a > *b) - (*a < *b);
}

/* Gives the runs from..to, which are the same, the next list. */
static uint64_t make_list(struct plan *p, struct run **run, uint32_t n)
{
    uint64_t entries = 0;
    for (uint32_t i = 0; i < n; i++)
        run[i]->list = p->head.n_lists;
    for (uint32_t i = 0; i < run[0]->n; i++) {
        uint32_t group = p->groups[run[0]->first + i];
        entries += p->group_first[group + 1] - p->group_first[group];
    }
    p->list_run[p->head.n_lists++] = run[0];
    return entries;
}

/* Tokens that stand in the same groups get one list; those of training crawlers come first.
 * Entries are counted. */
static enum optout_rc make_lists(struct plan *p)
{
    struct run **order = arena_array(p->rules->arena, 2 * (p->n_named + 1u), sizeof *order);
    uint32_t n = 0, to;
    uint64_t entries = 0;
    if (!order)
        return OPTOUT_E_NOMEM;
    for (uint32_t i = 0; i < p->n_named; i++) {
        struct named *t = &p->named[i];
        if (t->kind == AGENT_TRAIN && t->counts)
            counted_run(t)->trains = 1;
        for (unsigned k = 0; k < RUNS; k++)
            if (t->run[k].n) /* else of the catalogue, or never named loosely */
                order[n++] = &t->run[k];
    }
    qsort_r(order, n, sizeof *order, compare_by_run, p);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t from = 0; from < n; from = to) {
            uint32_t trains = 0;
            for (to = from; to < n && compare_runs(p, order[from], order[to]) == 0; to++)
                trains += order[to]->trains;
            if ((trains != 0) == (pass == 0)) {
                entries += make_list(p, &order[from], to - from);
                p->list_trains[p->head.n_lists - 1] = trains;
            }
        }
        if (pass == 0)
            p->head.training_lists = p->head.n_lists;
    }
    if (entries > COMPILED_MAX / sizeof(struct form_entry))
        return OPTOUT_E_LIMIT;
    p->head.n_entries = (uint32_t)entries;
    return OPTOUT_OK;
}

/* ---- Laying out ---- */

static enum optout_rc lay_out(struct plan *p)
{
    struct form_head *h = &p->head;
    h->magic = FORM_MAGIC;
    h->version = COMPILED_VERSION;
    h->n_rules = p->rules->n_rules;
    h->n_groups = p->rules->n_groups;
    h->star_list = h->file_list = h->star_loose = FORM_NONE;
    for (uint32_t i = 0; i < p->n_named; i++) {
        const struct named *t = &p->named[i];
        if (t->token.n == 0) {
            h->file_list = t->run[NAMED].list;
        } else if (slice_eq(t->token, SLICE_OF("*"))) {
            h->star_list = t->run[NAMED].list;
            h->star_loose = t->run[LOOSE].list;
        } else if (t->kind == AGENT_POLICY_TOKEN) {
            h->n_policy++;
        } else if (t->kind == AGENT_OPT_OUT_TOKEN) {
            h->n_opt_out++;
        } else {
            h->n_plain++;
        }
    }
    uint64_t fixed = form_fixed(h);
    if (fixed > COMPILED_MAX)
        return OPTOUT_E_LIMIT;
    uint8_t *room = buf_room(p->out, fixed);
    if (!room)
        return p->out->failed;
    memset(room, 0, fixed);
    p->out->n += fixed;
    p->at_list = p->start + sizeof *h;
    p->at_token = p->at_list + h->n_lists * sizeof(struct form_list);
    p->at_entry = p->at_token + form_tokens(h) * sizeof(struct form_token);
    p->at_rule = p->at_entry + h->n_entries * sizeof(struct form_entry);
    p->at_pool = p->out->n;
    return OPTOUT_OK;
}

static bool put_text(struct plan *p, struct slice s, struct form_text *t)
{
    *t = (struct form_text){ 0, 0 };
    if (s.n == 0)
        return true;
    size_t at = p->out->n - p->at_pool;
    if (s.n > COMPILED_MAX || p->out->n - p->start > COMPILED_MAX - s.n ||
        buf_append(p->out, s.p, s.n) != OPTOUT_OK)
        return false;
    *t = (struct form_text){ (uint32_t)at, (uint32_t)s.n };
    return true;
}

static bool put_note(struct plan *p, const char *note, struct form_text *t)
{
    size_t i = 0;
    while (i < p->n_notes && p->note[i].note != note)
        i++;
    if (note && i < p->n_notes) {
        *t = p->note[i].text;
        return true;
    }
    if (!put_text(p, slice_cstr(note), t))
        return false;
    if (note && p->n_notes < NOTES_MAX) {
        p->note[p->n_notes].note = note;
        p->note[p->n_notes++].text = *t;
    }
    return true;
}

/* Neighbours often have the same text: licences of one element, one policy. */
static bool put_shared(struct plan *p, struct slice s, struct slice before, struct form_text known,
                       struct form_text *t)
{
    if (s.n && s.p == before.p && s.n == before.n) {
        *t = known;
        return true;
    }
    return put_text(p, s, t);
}

static bool put_rule(struct plan *p, uint32_t i, struct form_rule *before)
{
    static const struct site_rule nothing;
    const struct site_rule *r = &p->rules->rule[i], *last = i ? r - 1 : &nothing;
    struct form_rule f = {
        .kind = r->kind,
        .confidence = r->confidence < CONF_COUNT ? r->confidence : CONF_WEAK,
        .property = r->property,
        .payment = r->payment < RSL_PAY_COUNT ? r->payment : RSL_PAY_OTHER,
        .user_permits = r->user_permits,
        .user_prohibits = r->user_prohibits,
        .usage_prohibits = r->usage_prohibits,
        .flags = (uint8_t)((r->server ? FORM_SERVER : 0) | (r->encrypted ? FORM_ENCRYPTED : 0)),
        .line = r->line,
        .content = r->content,
    };
    for (size_t u = 0; u < USAGE_COUNT; u++)
        f.prefs[u] = r->prefs.of[u] < PREF_COUNT ? r->prefs.of[u] : PREF_DENY;
    bool done = put_shared(p, r->pattern, last->pattern, before->pattern, &f.pattern) &&
                put_shared(p, r->origin, last->origin, before->origin, &f.origin) &&
                put_shared(p, slice_sub(r->raw, 0, SIGNAL_RAW_MAX),
                           slice_sub(last->raw, 0, SIGNAL_RAW_MAX), before->raw, &f.raw) &&
                put_shared(p, slice_sub(r->url, 0, SIGNAL_URL_MAX),
                           slice_sub(last->url, 0, SIGNAL_URL_MAX), before->url, &f.url) &&
                put_text(p, r->name, &f.name) && put_text(p, r->geo_permits, &f.geo_permits) &&
                put_text(p, r->geo_prohibits, &f.geo_prohibits) && put_note(p, r->note, &f.note);
    memcpy(p->out->p + p->at_rule + i * sizeof f, &f, sizeof f);
    p->head.kinds |= 1u << r->kind;
    *before = f;
    return done;
}

/* In three runs; `named` is sorted by token, so each run is too. */
static bool put_tokens(struct plan *p)
{
    uint32_t next[3] = { 0, p->head.n_policy, p->head.n_policy + p->head.n_opt_out };
    for (uint32_t i = 0; i < p->n_named; i++) {
        const struct named *t = &p->named[i];
        struct form_token f = { .list = t->run[NAMED].list, .loose = t->run[LOOSE].list,
                                .kind = t->kind };
        if (t->token.n == 0 || slice_eq(t->token, SLICE_OF("*")))
            continue;
        if (!put_text(p, t->token, &f.text))
            return false;
        for (size_t u = 0; u < USAGE_COUNT; u++)
            f.denies[u] = t->denies.of[u] < PREF_COUNT ? t->denies.of[u] : PREF_DENY;
        unsigned run = t->kind == AGENT_POLICY_TOKEN ? 0 : t->kind == AGENT_OPT_OUT_TOKEN ? 1 : 2;
        memcpy(p->out->p + p->at_token + next[run]++ * sizeof f, &f, sizeof f);
    }
    return true;
}

/* ---- Sets ---- */

static int compare_entries(const void *left, const void *right, void *pool)
{
    const struct form_entry *a = left, *b = right;
    const uint8_t *text = pool;
    struct slice x = slice_of(text + a->key_at, a->key_n), y = slice_of(text + b->key_at, b->key_n);
    int c = form_compare(x, y);
    return c ? c : (a->rule > b->rule) - (a->rule < b->rule);
}

/* Parents by the chain of the one before: what is left behind there is begun by
 * nothing that follows, so all of it together is linear. */
static void link_parents(struct form_entry *table, struct form_set set, const uint8_t *pool)
{
    for (uint32_t i = set.first; i < set.first + set.n; i++) {
        struct form_entry *e = &table[i];
        uint32_t up = i > set.first ? i - 1 : FORM_NONE;
        while (up != FORM_NONE) {
            const struct form_entry *u = &table[up];
            if (u->key_n <= e->key_n &&
                (u->key_n == 0 || memcmp(pool + u->key_at, pool + e->key_at, u->key_n) == 0))
                break;
            up = u->parent;
        }
        e->parent = up;
        e->heaviest = e->weight;
        if (up != FORM_NONE && table[up].heaviest > e->heaviest)
            e->heaviest = table[up].heaviest;
    }
}

static struct form_entry entry_of(const struct plan *p, uint32_t i)
{
    const struct site_rule *r = &p->rules->rule[i];
    struct form_rule f;
    memcpy(&f, p->out->p + p->at_rule + i * sizeof f, sizeof f);
    uint32_t key_n = (uint32_t)url_pattern_literal(r->pattern);
    struct form_entry e = {
        .key_at = f.pattern.at, .key_n = key_n, .tail_n = f.pattern.n - key_n,
        .rule = i, .parent = FORM_NONE, .weight = r->weight,
    };
    for (size_t u = 0; u < USAGE_COUNT; u++)
        e.strict = f.prefs[u] > e.strict ? f.prefs[u] : e.strict;
    return e;
}

/* The pool does not move any more. */
static void put_lists(struct plan *p)
{
    struct form_entry *table = (struct form_entry *)(void *)(p->out->p + p->at_entry);
    uint8_t *pool = p->out->p + p->at_pool;
    for (uint32_t i = 0, first = 0; i < p->head.n_lists; i++) {
        const struct run *t = p->list_run[i];
        struct form_list l = { .trains = p->list_trains[i] };
        for (int pass = 0; pass < 2; pass++) {
            for (uint32_t g = 0; g < t->n; g++) {
                uint32_t group = p->groups[t->first + g];
                for (uint32_t k = p->group_first[group]; k < p->group_first[group + 1]; k++) {
                    uint32_t rule = p->group_rule[k];
                    struct form_set *set = &l.set[p->rules->rule[rule].kind];
                    if (pass == 1)
                        table[set->first + set->n] = entry_of(p, rule);
                    set->n++;
                }
            }
            for (unsigned kind = 0; pass == 0 && kind < RULE_KIND_COUNT; kind++) {
                l.set[kind].first = first;
                first += l.set[kind].n;
                l.set[kind].n = 0;
            }
        }
        for (unsigned kind = 0; kind < RULE_KIND_COUNT; kind++) {
            struct form_set set = l.set[kind];
            qsort_r(table + set.first, set.n, sizeof *table, compare_entries, pool);
            link_parents(table, set, pool);
        }
        memcpy(p->out->p + p->at_list + i * sizeof l, &l, sizeof l);
    }
}

/* ---- The whole ---- */

/* Training crawlers whose groups refuse them the root. */
static enum optout_rc count_refused(struct plan *p)
{
    struct form f;
    struct form_list l;
    if (!form_open(slice_from(buf_slice(p->out), p->start), &f))
        return OPTOUT_E_NOMEM;
    for (uint32_t i = 0; i < p->head.training_lists; i++) {
        FORM_LOAD(f.list, i, &l);
        if (form_refuses(&f, i, SLICE_OF("/")))
            p->head.training_refused += l.trains;
    }
    return OPTOUT_OK;
}

static enum optout_rc build(struct plan *p)
{
    static const uint8_t zero[8];
    struct form_rule before = { 0 };
    enum optout_rc rc = lay_out(p);
    if (rc != OPTOUT_OK)
        return rc;
    bool done = put_tokens(p);
    for (uint32_t i = 0; done && i < p->rules->n_rules; i++)
        done = put_rule(p, i, &before);
    p->head.pool_n = (uint32_t)(p->out->n - p->at_pool);
    done = done && buf_append(p->out, zero, (8 - p->out->n % 8) % 8) == OPTOUT_OK;
    if (!done || p->out->n - p->start > COMPILED_MAX)
        return p->out->failed != OPTOUT_OK ? p->out->failed : OPTOUT_E_LIMIT;
    put_lists(p);
    p->head.total = (uint32_t)(p->out->n - p->start);
    memcpy(p->out->p + p->start, &p->head, sizeof p->head);
    rc = count_refused(p);
    memcpy(p->out->p + p->start, &p->head, sizeof p->head);
    return rc;
}

enum optout_rc compiled_make(const struct site_rules *rules, const struct agents *agents,
                             struct buf *out)
{
    struct plan p = { .rules = rules, .out = out, .start = out->n };
    enum optout_rc failed = out->failed;
    if (rules->overflow)
        return OPTOUT_E_LIMIT;
    if (out->n % 8 != 0)
        return OPTOUT_E_UNSUP;
    enum optout_rc rc = sort_by_group(&p);
    if (rc == OPTOUT_OK)
        rc = sort_pairs(&p, agents);
    if (rc == OPTOUT_OK)
        rc = name_tokens(&p, agents);
    if (rc == OPTOUT_OK)
        rc = make_lists(&p);
    if (rc == OPTOUT_OK)
        rc = build(&p);
    if (rc != OPTOUT_OK) {
        out->n = p.start;
        out->failed = failed;
    }
    return rc;
}
