/* SPDX-License-Identifier: Apache-2.0 */
/* compiled_apply.c - which rules speak of a path, and what they say as signals.
 *
 * RFC 9309 section 2.2; draft-ietf-aipref-attach-05 section 3; TDMRep section 6;
 * RSL 1.0 sections 3.1.1 and 4.9.
 *
 * DESIGN. The query is asked on behalf of several *askers*: each of its own
 * tokens (or nobody), the opt-out tokens it honours, and the policy tokens, which
 * speak to everybody. An asker has the merged list of the groups that name it.
 * For each kind of rule it goes through its list and those of the kind's
 * fallback, and the first that has a match speaks. Groups that name it in a longer value, among
 * others or with a remark, are looked at after that: what they refuse is refused, lax, and what
 * they allow says only how far their own refusals go. In one set, a binary search
 * finds the entry whose chain of parents holds every candidate (compiled_form.h);
 * the chain is walked from the longest key to the shortest, wildcards are tried
 * on what is left of the path, and the kind's choice keeps what it wants.
 *
 * Weights need not follow key lengths (a wildcard pattern weighs more than its
 * key), so a walk that looks for the heaviest ends where nothing that is as heavy
 * can follow: `heaviest` of the entry.
 *
 * Limits: COMPILED_WORK_MAX; ASKERS_MAX; SIGNALS_MAX matches of one set, and
 * signals altogether. A chain only goes down, and is counted step by step. */
#include "site/compiled_form.h"

#include "standards/rsl_terms.h"

#include <stdio.h>

#define ASKERS_MAX 128 /* lists that one query may concern */
#define STEP_COST 1u   /* of an entry looked at, in bytes of path */
#define KINDS_BUT_ACCESS (((1u << RULE_KIND_COUNT) - 1) & ~(1u << RULE_ACCESS))
#define NOTE_OPT_OUT "opt-out token"
#define NOTE_POLICY "policy token: speaks to everybody"
#define NOTE_TRAINING "training crawlers of others are refused"
#define NOTE_LOOSE "one of the names in a longer value: it is refused what the group refuses"

struct asker {
    struct slice token; /* empty: nobody in particular */
    uint32_t list;      /* FORM_NONE: no group names it */
    uint32_t loose;     /* with the groups that name it in a longer value; FORM_NONE: none do */
    uint8_t kind;       /* enum agent_kind; AGENT_UNKNOWN for all that crawl */
    bool refused;       /* access to the path is denied */
    bool trains;        /* one of the training crawlers that are counted */
    struct prefs denies;
};

/* A walk through one set. */
struct walk {
    const struct form *f;
    struct slice path;
    struct slice origin;
    uint64_t work;
    enum optout_rc rc;
    uint32_t best;   /* greatest weight so far */
    uint32_t strict; /* of the hit of CHOOSE_LONGEST_ALLOW */
    uint32_t n;      /* matches; those beyond SIGNALS_MAX are not kept */
    uint32_t hit[SIGNALS_MAX]; /* rules */
};

struct look {
    struct walk w;
    const struct rules_query *q;
    struct signals *out;
    struct rules_verdict *v;
    struct asker asker[ASKERS_MAX];
    size_t n_askers;
    uint8_t shared[RULE_KIND_COUNT][2]; /* `*` and file: enum shared_state */
    uint32_t said[SIGNALS_MAX];         /* rules that have their signal */
    size_t n_said;
    uint8_t strictest, url_strictest;
};

enum shared_state { NOT_LOOKED, NOTHING_THERE, HAS_SPOKEN };
enum { STAR, FILE_WIDE };

/* ---- Matching one set ---- */

static void keep_one(struct walk *w, uint32_t rule)
{
    w->hit[0] = rule;
    w->n = 1;
}

static void keep_also(struct walk *w, uint32_t rule)
{
    if (w->n < SIGNALS_MAX)
        w->hit[w->n] = rule;
    w->n++;
}

static void take_longest_allow(struct walk *w, const struct form_entry *e)
{
    bool better = w->n == 0 || e->weight > w->best || e->strict < w->strict ||
                  (e->strict == w->strict && e->rule < w->hit[0]);
    if (!better)
        return;
    w->best = e->weight;
    w->strict = e->strict;
    keep_one(w, e->rule);
}

static void take_longest(struct walk *w, const struct form_entry *e)
{
    if (w->n && e->weight == w->best) {
        keep_also(w, e->rule);
        return;
    }
    w->best = e->weight;
    keep_one(w, e->rule);
}

static void take_first(struct walk *w, const struct form_entry *e)
{
    if (w->n == 0 || e->rule < w->hit[0])
        keep_one(w, e->rule);
}

static void take_all(struct walk *w, const struct form_entry *e)
{
    keep_also(w, e->rule);
}

/* As the longest, of the patterns that are confined to this origin or to none. */
static void take_narrowest(struct walk *w, const struct form_entry *e)
{
    struct form_rule r;
    FORM_LOAD(w->f->rule, e->rule, &r);
    if (r.origin.n == 0 || slice_eq(form_text(w->f, r.origin), w->origin))
        take_longest(w, e);
}

static const struct {
    void (*take)(struct walk *w, const struct form_entry *e);
    bool by_weight; /* lighter entries than the best do not count */
} choices[] = {
    [CHOOSE_LONGEST_ALLOW] = { take_longest_allow, true },
    [CHOOSE_LONGEST_STRICT] = { take_longest, true },
    [CHOOSE_FIRST] = { take_first, false },
    [CHOOSE_ALL] = { take_all, false },
    [CHOOSE_NARROWEST] = { take_narrowest, true },
};

static struct slice key_of(const struct form *f, const struct form_entry *e)
{
    return form_text(f, (struct form_text){ e->key_at, e->key_n });
}

/* The last entry of the set whose key is not greater than the path, or FORM_NONE. */
static uint32_t find_entry(const struct walk *w, struct form_set set)
{
    uint32_t low = set.first, high = set.first + set.n;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        struct form_entry e;
        FORM_LOAD(w->f->entry, mid, &e);
        if (form_compare(key_of(w->f, &e), w->path) <= 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low > set.first ? low - 1 : FORM_NONE;
}

static bool tail_matches(struct walk *w, const struct form_entry *e)
{
    if (e->tail_n == 0)
        return true;
    if (e->key_n > UINT32_MAX - e->key_at)
        return false;
    struct slice rest = slice_from(w->path, e->key_n);
    struct slice tail = form_text(w->f, (struct form_text){ e->key_at + e->key_n, e->tail_n });
    w->work += rest.n + tail.n;
    return tail.n && url_pattern_match(tail, rest);
}

/* Document order. At most SIGNALS_MAX. */
static void sort_hits(struct walk *w)
{
    for (uint32_t i = 1; i < w->n; i++) {
        uint32_t rule = w->hit[i], j = i;
        for (; j && w->hit[j - 1] > rule; j--)
            w->hit[j] = w->hit[j - 1];
        w->hit[j] = rule;
    }
}

/* The rules of the set that speak of the path are in w->hit afterwards. When a
 * limit was reached or damage met there are none, and w->rc says so. */
static uint32_t walk_set(struct walk *w, struct form_set set, unsigned choice)
{
    const struct form *f = w->f;
    w->n = w->best = 0;
    if (set.n == 0 || set.first > f->head.n_entries || set.n > f->head.n_entries - set.first)
        return 0;
    uint32_t i = find_entry(w, set);
    size_t common = 0;
    for (uint32_t top = i; i != FORM_NONE;) {
        struct form_entry e;
        FORM_LOAD(f->entry, i, &e);
        if (i == top)
            w->work += common = form_common(key_of(f, &e), w->path);
        w->work += STEP_COST;
        if (w->work > COMPILED_WORK_MAX)
            w->rc = OPTOUT_E_LIMIT;
        else if (e.rule >= f->head.n_rules ||
                 (e.parent != FORM_NONE && (e.parent >= i || e.parent < set.first)))
            w->rc = OPTOUT_E_SYNTAX;
        if (w->rc != OPTOUT_OK)
            return w->n = 0;
        bool wanted = !choices[choice].by_weight || w->n == 0 || e.weight >= w->best;
        if (choices[choice].by_weight && w->n && e.heaviest < w->best)
            break;
        if (wanted && e.key_n <= common && tail_matches(w, &e))
            choices[choice].take(w, &e);
        i = e.parent;
    }
    if (w->n > SIGNALS_MAX) {
        w->n = SIGNALS_MAX;
        w->rc = OPTOUT_E_LIMIT;
    }
    sort_hits(w);
    return w->n;
}

static uint32_t walk_list(struct walk *w, uint32_t list, enum rule_kind kind)
{
    struct form_set set;
    w->n = 0;
    if (list >= w->f->head.n_lists)
        return 0;
    FORM_LOAD(w->f->list + (size_t)list * sizeof(struct form_list), kind, &set);
    return set.n ? walk_set(w, set, rule_kinds[kind].choice) : 0;
}

static void load_rule(const struct walk *w, uint32_t i, struct form_rule *r, struct prefs *p)
{
    FORM_LOAD(w->f->rule, i, r);
    for (size_t u = 0; u < USAGE_COUNT; u++)
        p->of[u] = r->prefs[u] < PREF_COUNT ? r->prefs[u] : PREF_DENY;
    if (r->confidence >= CONF_COUNT)
        r->confidence = CONF_WEAK;
    if (r->payment >= RSL_PAY_COUNT)
        r->payment = RSL_PAY_OTHER;
}

bool form_refuses(const struct form *f, uint32_t list, struct slice path)
{
    struct walk w;
    struct form_rule r;
    struct prefs p;
    w.f = f;
    w.path = path;
    w.origin = SLICE_EMPTY;
    w.work = 0;
    w.rc = OPTOUT_OK;
    if (walk_list(&w, list, RULE_ACCESS) == 0)
        return false;
    load_rule(&w, w.hit[0], &r, &p);
    return p.of[USAGE_ACQUIRE] == PREF_DENY;
}

/* ---- Signals ---- */

/* A note in the arena with its NUL; NULL for an empty one. */
static const char *keep_note(struct look *k, struct form_text t)
{
    struct slice text = form_text(k->w.f, t);
    if (text.n == 0)
        return NULL;
    char *note = arena_take(k->out->arena, text.n + 1);
    if (!note) {
        k->out->overflow = true;
        k->w.rc = OPTOUT_E_LIMIT;
        return NULL;
    }
    memcpy(note, text.p, text.n);
    note[text.n] = '\0';
    return note;
}

static uint8_t strictest_of(const struct prefs *p)
{
    uint8_t most = PREF_UNKNOWN;
    for (size_t u = 0; u < USAGE_COUNT; u++)
        most = p->of[u] > most ? p->of[u] : most;
    return most;
}

static void note_verdict(struct look *k, const struct signal *sig, uint64_t line)
{
    uint8_t strict = strictest_of(&sig->prefs);
    if (sig->confidence == CONF_WEAK)
        return;
    prefs_join(&k->v->prefs, &sig->prefs);
    if (strict > k->strictest) {
        k->strictest = strict;
        k->v->first_line = (uint32_t)line;
    }
    if (sig->url.n && (k->v->url.n == 0 || strict > k->url_strictest)) {
        k->url_strictest = strict;
        k->v->url = sig->url;
    }
}

static void add(struct look *k, const struct signal *sig)
{
    const struct signal *kept;
    if (signals_keep(k->out, sig, &kept) != OPTOUT_OK)
        k->w.rc = OPTOUT_E_LIMIT;
    else
        note_verdict(k, kept ? kept : sig, sig->at);
}

/* One signal for the rule; `note` goes before the rule's own. */
static void say(struct look *k, const struct form_rule *r, struct slice agent,
                const struct prefs *prefs, const char *note)
{
    const struct form *f = k->w.f;
    struct signal sig = {
        .standard = rule_kinds[r->kind < RULE_KIND_COUNT ? r->kind : RULE_HINT].standard,
        .carrier = CARRIER_SITE_FILE,
        .scope = form_is_site_wide(form_text(f, r->pattern)) ? SCOPE_SITE : SCOPE_PATH,
        .confidence = r->confidence,
        .property = r->property,
        .place_kind = PLACE_LINE,
        .prefs = *prefs,
        .at = r->line,
        .agent = agent,
        .name = form_text(f, r->name),
        .raw = form_text(f, r->raw),
        .url = form_text(f, r->url),
        .note = note ? note : keep_note(k, r->note),
    };
    if (r->kind == RULE_LICENSE)
        k->v->license_lines++;
    add(k, &sig);
}

/* False when the rule has its signal already: two askers may share a fallback. */
static bool is_new(struct look *k, uint32_t rule)
{
    for (size_t i = 0; i < k->n_said; i++)
        if (k->said[i] == rule)
            return false;
    if (k->n_said < SIGNALS_MAX)
        k->said[k->n_said++] = rule;
    return true;
}

/* A rule whose group names the agent loosely: what it denies. */
static void say_loosely(struct look *k, uint32_t rule, struct slice agent)
{
    struct form_rule r;
    struct prefs p;
    load_rule(&k->w, rule, &r, &p);
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (p.of[u] == PREF_ALLOW)
            p.of[u] = PREF_UNKNOWN;
    if ((prefs_empty(&p) && r.kind != RULE_LICENSE) || !is_new(k, rule))
        return;
    if (r.confidence > CONF_LAX)
        r.confidence = CONF_LAX;
    say(k, &r, agent, &p, NOTE_LOOSE);
}

/* ---- RSL ---- */

static struct rsl_grant license_grant(const struct look *k, uint32_t rule, struct form_rule *r)
{
    struct rsl_terms t = { .prefs = { { 0 } } };
    load_rule(&k->w, rule, r, &t.prefs);
    t.usage_prohibits = r->usage_prohibits;
    t.user_permits = r->user_permits;
    t.user_prohibits = r->user_prohibits;
    t.payment = r->payment;
    t.server = r->flags & FORM_SERVER;
    t.encrypted = r->flags & FORM_ENCRYPTED;
    t.geo_permits = form_text(k->w.f, r->geo_permits);
    t.geo_prohibits = form_text(k->w.f, r->geo_prohibits);
    return rsl_terms_for(&t, k->q->user, k->q->country);
}

/* Unites the licences of the content whose first is hit[from]; returns where the next content
 * begins. Licences of one content follow each other in the document, and hits are in its order. */
static uint32_t unite_licenses(const struct look *k, uint32_t from, struct form_rule *mildest,
                               struct rsl_grant *all)
{
    const struct walk *w = &k->w;
    uint32_t i = from + 1;
    *all = license_grant(k, w->hit[from], mildest);
    uint8_t least = strictest_of(&all->prefs);
    for (; i < w->n; i++) {
        struct form_rule r;
        struct rsl_grant g = license_grant(k, w->hit[i], &r);
        if (r.content != mildest->content)
            break;
        rsl_grant_either(all, &g);
        if (strictest_of(&g.prefs) < least) {
            least = strictest_of(&g.prefs);
            *mildest = r;
        }
    }
    return i;
}

/* The licences of hit[from] to hit[to] that prohibit these usages: each says which, once. */
static void say_prohibitions(struct look *k, uint32_t from, uint32_t to, usage_set usages,
                             struct slice agent)
{
    for (uint32_t i = from; i < to && usages; i++) {
        struct form_rule r;
        struct rsl_grant g = license_grant(k, k->w.hit[i], &r);
        struct rsl_grant denied = { .prohibited = g.prohibited & usages };
        struct prefs p = rsl_grant_prefs(&denied);
        if (denied.prohibited)
            say(k, &r, agent, &p, NULL);
        usages &= (usage_set)~denied.prohibited;
    }
}

/* One signal for each content element: that of its mildest licence, with what all of its
 * licences together leave. What one permits and another prohibits is said by the other. */
static void say_licenses(struct look *k, struct slice agent)
{
    struct walk *w = &k->w;
    for (uint32_t i = 0, next; i < w->n && w->rc == OPTOUT_OK; i = next) {
        struct form_rule mildest;
        struct rsl_grant all;
        usage_set lost = 0;
        next = unite_licenses(k, i, &mildest, &all);
        if (!is_new(k, w->hit[i]))
            continue;
        for (enum usage u = 0; u < USAGE_COUNT; u++) {
            if (!(all.prohibited & usage_bit(u)) || all.prefs.of[u] == PREF_DENY)
                continue;
            lost |= usage_bit(u);
            all.prefs.of[u] = PREF_UNKNOWN;
        }
        if (!lost || !prefs_empty(&all.prefs))
            say(k, &mildest, agent, &all.prefs, NULL);
        say_prohibitions(k, i, next, lost, agent);
    }
}

/* ---- Askers ---- */

/* All rules of the last walk speak. */
static void say_hits(struct look *k, enum rule_kind kind, struct slice agent)
{
    if (rule_kinds[kind].choice == CHOOSE_NARROWEST) {
        say_licenses(k, agent);
        return;
    }
    uint32_t n = k->w.n;
    for (uint32_t i = 0; i < n; i++) {
        struct form_rule r;
        struct prefs p;
        if (!is_new(k, k->w.hit[i]))
            continue;
        load_rule(&k->w, k->w.hit[i], &r, &p);
        say(k, &r, agent, &p, NULL);
    }
}

/* The list that all askers share: looked at once. True when it spoke. */
static bool ask_shared(struct look *k, enum rule_kind kind, unsigned which)
{
    uint8_t *state = &k->shared[kind][which];
    if (*state == NOT_LOOKED) {
        const struct form_head *h = &k->w.f->head;
        bool spoke = walk_list(&k->w, which == STAR ? h->star_list : h->file_list, kind) != 0;
        *state = spoke ? HAS_SPOKEN : NOTHING_THERE;
        if (spoke)
            say_hits(k, kind, SLICE_EMPTY);
    }
    return *state == HAS_SPOKEN;
}

/* Everything but access, of groups that name the asker as a whole. */
static void ask_strictly(struct look *k, const struct asker *a, enum rule_kind kind)
{
    bool own = a->list != FORM_NONE, crawls = a->kind == AGENT_UNKNOWN;
    uint8_t fallback = rule_kinds[kind].fallback;
    if (own && walk_list(&k->w, a->list, kind)) {
        say_hits(k, kind, a->kind == AGENT_POLICY_TOKEN ? SLICE_EMPTY : a->token);
        return;
    }
    if (!crawls || k->w.rc != OPTOUT_OK)
        return;
    if ((!own || fallback == FALLBACK_STAR_FILE) && ask_shared(k, kind, STAR))
        return;
    if (fallback != FALLBACK_NONE && k->w.rc == OPTOUT_OK)
        ask_shared(k, kind, FILE_WIDE);
}

/* Everything but access, of groups that name the asker loosely. */
static void ask_loosely(struct look *k, uint32_t list, enum rule_kind kind, struct slice agent)
{
    uint32_t n = walk_list(&k->w, list, kind);
    for (uint32_t i = 0; i < n; i++)
        say_loosely(k, k->w.hit[i], agent);
}

/* Access: refused, if the rule that decides in those groups refuses. */
static void refuse_loosely(struct look *k, struct asker *a, uint32_t list, struct slice group)
{
    struct rules_verdict *v = k->v;
    struct form_rule r;
    struct prefs stated;
    if (a->refused || walk_list(&k->w, list, RULE_ACCESS) == 0)
        return;
    load_rule(&k->w, k->w.hit[0], &r, &stated);
    if (stated.of[USAGE_ACQUIRE] != PREF_DENY)
        return;
    a->refused = true;
    if (!v->access_found || v->allowed) {
        v->allowed = false;
        v->access_line = r.line;
        v->group = group;
    }
    v->access_found = true;
    say_loosely(k, k->w.hit[0], a->loose == list ? a->token : SLICE_EMPTY);
}

/* Both lists in which an asker may be named loosely: its own, and that of `*`. */
static uint32_t loose_star(const struct look *k, const struct asker *a)
{
    bool everybody = a->list == FORM_NONE && a->kind == AGENT_UNKNOWN;
    return everybody ? k->w.f->head.star_loose : FORM_NONE;
}

static void ask(struct look *k, const struct asker *a, enum rule_kind kind)
{
    bool policy = a->kind == AGENT_POLICY_TOKEN;
    uint32_t star = loose_star(k, a);
    if (a->kind == AGENT_UNKNOWN && a->refused && rule_kinds[kind].needs_access)
        return;
    ask_strictly(k, a, kind);
    if (a->loose != FORM_NONE && k->w.rc == OPTOUT_OK)
        ask_loosely(k, a->loose, kind, policy ? SLICE_EMPTY : a->token);
    if (star != FORM_NONE && k->w.rc == OPTOUT_OK)
        ask_loosely(k, star, kind, SLICE_EMPTY);
}

/* RFC 9309 section 2.2.2, for somebody who crawls. */
static void ask_access_strictly(struct look *k, struct asker *a)
{
    bool own = a->list != FORM_NONE;
    uint32_t list = own ? a->list : k->w.f->head.star_list;
    struct rules_verdict *v = k->v;
    struct form_rule r;
    struct prefs stated, p = { { 0 } };
    if (list == FORM_NONE)
        return;
    struct slice group = own ? a->token : SLICE_OF("*");
    if (v->group.n == 0)
        v->group = group;
    if (walk_list(&k->w, list, RULE_ACCESS) == 0)
        return;
    uint32_t rule = k->w.hit[0];
    load_rule(&k->w, rule, &r, &stated);
    a->refused = stated.of[USAGE_ACQUIRE] == PREF_DENY;
    if (!v->access_found || (v->allowed && a->refused)) {
        v->allowed = !a->refused;
        v->access_line = r.line;
        v->group = group;
    }
    v->access_found = true;
    p.of[USAGE_ACQUIRE] = a->refused ? PREF_DENY : PREF_ALLOW;
    if (is_new(k, rule))
        say(k, &r, own ? a->token : SLICE_EMPTY, &p, NULL);
}

static void ask_access(struct look *k, struct asker *a)
{
    uint32_t star = loose_star(k, a);
    if (slice_eq(k->w.path, SLICE_OF("/robots.txt")))
        return;
    ask_access_strictly(k, a);
    if (a->loose != FORM_NONE && k->w.rc == OPTOUT_OK)
        refuse_loosely(k, a, a->loose, a->token);
    if (star != FORM_NONE && k->w.rc == OPTOUT_OK)
        refuse_loosely(k, a, star, SLICE_OF("*"));
}

/* What a Disallow for a token that no crawler sends denies. */
static void ask_purpose(struct look *k, const struct asker *a)
{
    const uint32_t lists[] = { a->list, a->loose };
    bool policy = a->kind == AGENT_POLICY_TOKEN;
    for (size_t i = 0; i < 2; i++) {
        struct form_rule r;
        struct prefs stated;
        if (walk_list(&k->w, lists[i], RULE_ACCESS) == 0)
            continue;
        load_rule(&k->w, k->w.hit[0], &r, &stated);
        if (stated.of[USAGE_ACQUIRE] != PREF_DENY)
            continue;
        if (i && r.confidence > CONF_LAX)
            r.confidence = CONF_LAX;
        say(k, &r, policy ? SLICE_EMPTY : a->token, &a->denies,
            i        ? NOTE_LOOSE
            : policy ? NOTE_POLICY
                     : NOTE_OPT_OUT);
        return;
    }
}

/* Askers of one list and kind would say the same twice. */
static void add_asker(struct look *k, struct slice token, const struct form_token *t, uint8_t kind)
{
    uint32_t list = t ? t->list : FORM_NONE, loose = t ? t->loose : FORM_NONE;
    for (size_t i = 0; i < k->n_askers; i++)
        if (k->asker[i].list == list && k->asker[i].loose == loose && k->asker[i].kind == kind &&
            (kind == AGENT_UNKNOWN || slice_eq(k->asker[i].token, token)))
            return;
    if (k->n_askers == ASKERS_MAX) {
        k->w.rc = OPTOUT_E_LIMIT;
        return;
    }
    struct asker *a = &k->asker[k->n_askers++];
    *a = (struct asker){ .token = token, .list = list, .loose = loose, .kind = kind,
                         .trains = t && t->kind == AGENT_TRAIN };
    for (size_t u = 0; t && u < USAGE_COUNT; u++)
        a->denies.of[u] = t->denies[u] < PREF_COUNT ? t->denies[u] : PREF_DENY;
}

/* The query's own tokens that crawl; the others are left to add_purposes. */
static void add_crawlers(struct look *k)
{
    const struct form_head *h = &k->w.f->head;
    uint32_t purposes = h->n_policy + h->n_opt_out;
    struct form_token t;
    for (size_t i = 0; i < k->q->n_agents; i++) {
        struct slice token = k->q->agent[i];
        if (form_find_token(k->w.f, 0, h->n_policy, token, &t) ||
            form_find_token(k->w.f, h->n_policy, h->n_opt_out, token, &t))
            continue;
        bool named = form_find_token(k->w.f, purposes, h->n_plain, token, &t);
        add_asker(k, token, named ? &t : NULL, AGENT_UNKNOWN);
    }
    if (k->n_askers == 0)
        add_asker(k, SLICE_EMPTY, NULL, AGENT_UNKNOWN);
}

static void add_purposes(struct look *k)
{
    const struct form *f = k->w.f;
    const struct form_head *h = &f->head;
    struct form_token t;
    for (size_t i = 0; !k->q->all_tokens && i < k->q->n_agents; i++) {
        struct slice token = k->q->agent[i];
        if (form_find_token(f, h->n_policy, h->n_opt_out, token, &t) &&
            (t.list != FORM_NONE || t.loose != FORM_NONE))
            add_asker(k, token, &t, AGENT_OPT_OUT_TOKEN);
    }
    uint32_t n = h->n_policy + (k->q->all_tokens ? h->n_opt_out : 0);
    for (uint32_t i = 0; i < n; i++) {
        FORM_LOAD(f->token, i, &t);
        if (t.list != FORM_NONE || t.loose != FORM_NONE)
            add_asker(k, form_text(f, t.text), &t,
                      i < h->n_policy ? AGENT_POLICY_TOKEN : AGENT_OPT_OUT_TOKEN);
    }
}

/* Training crawlers of others that are refused the path; their lists are few, and first. */
static uint32_t count_training(struct look *k)
{
    const struct form *f = k->w.f;
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->head.training_lists && k->w.rc == OPTOUT_OK; i++) {
        struct form_rule r;
        struct form_list l;
        struct prefs p;
        if (walk_list(&k->w, i, RULE_ACCESS) == 0)
            continue;
        FORM_LOAD(f->list, i, &l);
        load_rule(&k->w, k->w.hit[0], &r, &p);
        n += p.of[USAGE_ACQUIRE] == PREF_DENY ? l.trains : 0;
    }
    return n;
}

/* What many names say together: told in any case, and from `others` on a weak denial. An own
 * token that is refused among them says so itself. */
static void say_training(struct look *k)
{
    char raw[48];
    uint32_t n = count_training(k);
    k->v->training_refused = n;
    for (size_t i = 0; i < k->n_askers; i++)
        if (k->asker[i].trains && k->asker[i].refused)
            return;
    if (n == 0 || k->w.rc != OPTOUT_OK)
        return;
    int length = snprintf(raw, sizeof raw, "%u training crawler%s", n, n == 1 ? "" : "s");
    struct signal sig = {
        .standard = STD_ROBOTS_TXT,
        .carrier = CARRIER_SITE_FILE,
        .scope = n > k->w.f->head.training_refused ? SCOPE_PATH : SCOPE_SITE,
        .confidence = CONF_WEAK,
        .raw = slice_of(raw, (size_t)length),
        .note = NOTE_TRAINING,
    };
    if (k->q->others && n >= k->q->others)
        sig.prefs.of[USAGE_TRAIN_AI] = PREF_DENY;
    add(k, &sig);
}

enum optout_rc compiled_apply(struct slice bytes, const struct rules_query *q,
                              struct signals *out, struct rules_verdict *v)
{
    struct form f;
    struct look k;
    *v = (struct rules_verdict){ .allowed = true };
    if (!form_open(bytes, &f))
        return OPTOUT_E_SYNTAX;
    k.w.f = &f;
    k.w.path = q->path;
    k.w.origin = q->origin;
    k.w.work = 0;
    k.w.rc = OPTOUT_OK;
    k.q = q;
    k.out = out;
    k.v = v;
    k.n_askers = k.n_said = k.strictest = k.url_strictest = 0;
    memset(k.shared, NOT_LOOKED, sizeof k.shared);

    add_crawlers(&k);
    add_purposes(&k);
    const uint32_t kinds = f.head.kinds & KINDS_BUT_ACCESS &
                           (q->no_words ? ~(1u << RULE_WORDS) : UINT32_MAX);
    for (size_t i = 0; i < k.n_askers && k.w.rc == OPTOUT_OK; i++) {
        struct asker *a = &k.asker[i];
        if (a->kind == AGENT_UNKNOWN)
            ask_access(&k, a);
        else
            ask_purpose(&k, a);
        /* One after the other, without those that there are no rules of: nearly all. */
        for (uint32_t left = kinds; left && k.w.rc == OPTOUT_OK; left &= left - 1)
            ask(&k, a, (enum rule_kind)__builtin_ctz(left));
    }
    say_training(&k);
    return k.w.rc;
}
