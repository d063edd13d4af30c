/* SPDX-License-Identifier: Apache-2.0 */
/* explain_otherwise.c - what would have changed the answer: the decision is made again with one
 * thing changed at a time, and what comes out differently is told. */
#include "answers/explain_lines.h"

#include "standards/natural_language.h"
#include "standards/standard.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define AGENTS_TOLD 8

struct trial {
    const struct explain_case *c;
    struct explanation *e;
    struct profile profile;
    struct signals signals; /* `v` has room for all */
    undecided_set undecided;
};

static void begin_trial(struct trial *t)
{
    struct signal *v = t->signals.v;
    t->profile = t->c->profile;
    t->signals = t->c->signals;
    t->signals.v = v;
    if (t->c->signals.n)
        memcpy(v, t->c->signals.v, t->c->signals.n * sizeof *v);
    t->undecided = t->c->decision.undecided;
}

static bool changes_something(const struct trial *t, const struct decision *d)
{
    const struct decision *was = &t->c->decision;
    return d->kind != was->kind || d->would != was->would || d->action != was->action;
}

/* As the judge does, of a tunnel. */
static void decide_again(const struct trial *t, struct decision *d)
{
    explain_case_decide(t->c, &t->profile, &t->signals, t->undecided, d);
    if ((d->undecided & undecided_bit(UNDECIDED_TUNNEL)) && d->action == ACTION_TAG)
        decision_become(d, d->rule, ACTION_PASS);
}

static void put_outcome(const struct trial *t, const char *what, const struct decision *d)
{
    struct buf *out = line_begin(t->e);
    buf_printf(out, "%s: ", what);
    bool would = t->profile.monitor && t->c->profile.monitor;
    words_of_outcome(out, d->kind, would ? d->would : d->action);
    buf_printf(out, " (%s)%s.", policy_rules[d->rule].id,
               would ? ", were it not for monitor mode" : "");
    line_end(t->e, EXPLAIN_OTHERWISE);
}

/* Decides again; what was changed is told when it changes the answer. */
static bool __attribute__((format(printf, 2, 3))) tell_trial(const struct trial *t,
                                                             const char *what, ...)
{
    char text[160];
    struct decision d;
    va_list ap;
    decide_again(t, &d);
    if (!changes_something(t, &d))
        return false;
    va_start(ap, what);
    vsnprintf(text, sizeof text, what, ap);
    va_end(ap);
    put_outcome(t, text, &d);
    return true;
}

/* ---- another purpose ---- */

static void try_purposes(struct trial *t)
{
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        if (u == USAGE_ACQUIRE || t->c->profile.purpose == usage_bit((enum usage)u))
            continue;
        begin_trial(t);
        t->profile.purpose = usage_bit((enum usage)u);
        (void)tell_trial(t, "Had it been wanted for %s alone", usage_name((enum usage)u));
    }
}

/* ---- other statements ---- */

static bool decides(const struct explain_case *c, const struct signal *s)
{
    for (size_t i = 0; i < c->decision.n_by; i++)
        if (c->decision.by[i] == s)
            return true;
    return false;
}

/* Leaves out all that one standard stated; STD_COUNT: all that decided. */
static void leave_out(struct trial *t, unsigned standard)
{
    const struct signals *all = &t->c->signals;
    begin_trial(t);
    t->signals.n = 0;
    for (size_t i = 0; i < all->n; i++) {
        bool out = standard == STD_COUNT ? decides(t->c, &all->v[i])
                                         : all->v[i].standard == standard;
        if (!out)
            t->signals.v[t->signals.n++] = all->v[i];
    }
}

static void try_without_statements(struct trial *t)
{
    unsigned deciding = 0;
    bool one_is_enough = false;
    for (unsigned id = 0; id < STD_COUNT; id++) {
        bool any = false;
        for (size_t i = 0; i < t->c->decision.n_by; i++)
            any = any || t->c->decision.by[i]->standard == id;
        if (!any)
            continue;
        deciding++;
        leave_out(t, id);
        one_is_enough |= tell_trial(t, "Without what %s states", standards[id]->name);
    }
    if (deciding < 2 || one_is_enough)
        return;
    leave_out(t, STD_COUNT);
    (void)tell_trial(t, "Without any of the statements that decide");
}

/* ---- another token ---- */

static bool was_tried(const struct explain_case *c, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (slice_eq_nocase(c->signals.v[k].agent, c->signals.v[i].agent))
            return true;
    return false;
}

/* Tokens are the profile's to choose; what they are called the site says. */
static void try_agents(struct trial *t)
{
    const struct signals *s = &t->c->signals;
    unsigned told = 0;
    for (size_t i = 0; i < s->n && told < AGENTS_TOLD; i++) {
        struct slice agent = s->v[i].agent;
        char name[PROFILE_AGENT_MAX];
        if (profile_is_addressed(&t->c->profile, agent) || agent.n >= sizeof name ||
            was_tried(t->c, i) || t->c->profile.n_agents == PROFILE_AGENTS_MAX)
            continue;
        begin_trial(t);
        memcpy(name, agent.p, agent.n);
        name[agent.n] = '\0';
        memcpy(t->profile.agent[t->profile.n_agents++], name, sizeof name);
        told += tell_trial(t, "Had the profile answered to the token %s", name);
    }
}

/* ---- another choice of the profile ---- */

static bool any_words(const struct explain_case *c)
{
    for (size_t i = 0; i < c->signals.n; i++)
        if (natural_grade(&c->signals.v[i]))
            return true;
    return false;
}

static void try_choices_of_weak(struct trial *t)
{
    static const char *const words[] = { "ignore", "tag", "block" };
    for (unsigned choice = WEAK_IGNORE; choice <= WEAK_BLOCK; choice++) {
        begin_trial(t);
        t->profile.weak = (uint8_t)choice;
        (void)tell_trial(t, "Had the profile said weak=%s", words[choice]);
        begin_trial(t);
        for (unsigned g = PHRASE_HINT; g < PHRASE_GRADE_COUNT; g++)
            t->profile.natural[g] = (uint8_t)choice;
        if (any_words(t->c))
            (void)tell_trial(t, "Had the profile said natural=%s of each grade of words",
                             words[choice]);
    }
    begin_trial(t);
    t->profile.natural_binding = !t->profile.natural_binding;
    (void)tell_trial(t, "Had the profile said natural-binding=%s",
                     t->profile.natural_binding ? "yes" : "no");
}

static void try_actions(struct trial *t)
{
    unsigned kind = t->c->decision.kind;
    if (kind == DECISION_UNDECIDED)
        return; /* its reasons have actions of their own */
    for (unsigned a = ACTION_PASS; a <= ACTION_BLOCK; a++) {
        begin_trial(t);
        t->profile.on[kind] = (uint8_t)a;
        (void)tell_trial(t, "Had the profile said %s=%s", decision_name((enum decision_kind)kind),
                         action_name((enum action)a));
    }
}

static void try_actions_of_unread(struct trial *t)
{
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++) {
        if (!(t->c->decision.undecided & undecided_bit((enum undecided)u)))
            continue;
        for (unsigned a = ACTION_PASS; a <= ACTION_BLOCK; a++) {
            begin_trial(t);
            t->profile.on_undecided[u] = (uint8_t)a;
            (void)tell_trial(t, "Had the profile said undecided.%s=%s",
                             undecided_name((enum undecided)u), action_name((enum action)a));
        }
    }
}

static void try_monitor(struct trial *t)
{
    begin_trial(t);
    t->profile.monitor = !t->profile.monitor;
    (void)tell_trial(t, "Had the profile %sonly monitored", t->profile.monitor ? "" : "not ");
}

static void try_all_read(struct trial *t)
{
    begin_trial(t);
    t->undecided = 0;
    (void)tell_trial(t, "Had all been read, and nothing more been found");
}

/* What the profile's own action would have been. */
static void tell_let_through(const struct trial *t)
{
    struct decision d;
    decide_again(t, &d);
    put_outcome(t, "Had it been let through while it was read, as with late=cut", &d);
}

/* What decides whatever is stated. */
static bool is_beyond_statements(struct trial *t)
{
    struct explanation *e = t->e;
    switch (t->c->decision.rule) {
    case POLICY_RULE_REFUSED_LATE:
        begin_trial(t);
        tell_let_through(t);
        return true;
    case POLICY_RULE_SITE_FILE:
        line_put(e, EXPLAIN_OTHERWISE, "Nothing: a site file passes whatever is stated of it.");
        return true;
    case POLICY_RULE_REMEMBERED:
        line_put(e, EXPLAIN_OTHERWISE, "It would have been fetched and judged anew, had the denial "
                                       "that is remembered expired, or had the profile another "
                                       "action for it now.");
        return true;
    default:
        return false;
    }
}

static void try_all(struct trial *t)
{
    try_purposes(t);
    try_without_statements(t);
    try_all_read(t);
    try_agents(t);
    try_choices_of_weak(t);
    try_actions(t);
    try_actions_of_unread(t);
    try_monitor(t);
}

void explain_otherwise(const struct explain_case *c, struct explanation *e)
{
    size_t before = e->n;
    struct trial *t = calloc(1, sizeof *t);
    struct signal *v = calloc(c->signals.n + 1, sizeof *v);
    if (t && v) {
        t->c = c;
        t->e = e;
        t->signals.v = v;
        if (!is_beyond_statements(t))
            try_all(t);
    }
    if (e->n == before)
        line_put(e, EXPLAIN_OTHERWISE, "Nothing of what was tried: another purpose, other tokens, "
                                       "other choices of the profile, single standards left out.");
    free(v);
    free(t);
}
