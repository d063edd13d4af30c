/* SPDX-License-Identifier: Apache-2.0 */
/* decide.c - the heart: from what was stated to what is done.
 *
 * The order of things, each step a function below:
 *
 *  1. Only statements addressed to everybody or to one of the profile's tokens
 *     count, and only those about the resource itself: what a page says of the
 *     images it embeds concerns those images. For one of them it counts: the
 *     statement names the page then (signal.h: page).
 *  2. Inside one standard its own precedence holds (standard_resolve). What
 *     another page said takes no part in it: it restricts, and lifts nothing.
 *  3. Across standards the more restrictive wins, usage by usage. A standard
 *     that allows what another restricts is noted as a conflict.
 *  4. Weak statements are kept apart: they never allow, and what they restrict
 *     meets the action that the profile chose for weak statements; words, the one
 *     that it chose for their grade. Plain words are not weak for a profile that
 *     takes them as binding.
 *  5. The purpose of the profile, and fetching at all, pick the usages that
 *     matter. Nothing else that is denied forbids anything.
 *  6. What could not be read adds its own action; of all actions that apply the
 *     most restrictive is taken, so that "unread" can never soften "denied".
 *
 * A denial is final when its standard has no statement left that could lift it.
 * Reading may stop there once no stricter action can follow. Everything else is
 * known only at the end. */
#include "policy/decide.h"

#include "core/buf.h"
#include "standards/license_link.h"
#include "standards/natural_language.h"
#include "standards/standard.h"

_Static_assert(STD_COUNT <= 32, "a bit for each standard");

struct weighing {
    const struct profile *profile;
    const struct signals *signals;
    uint32_t spoken; /* bit 1 << enum standard_id: it has a strong statement; most have none */
    struct prefs by_standard[STD_COUNT]; /* resolved, strong statements only */
    bool liftable[STD_COUNT]; /* by what may still be read */
    struct prefs strong;
    struct prefs weak;    /* what is ignored left out */
    uint8_t weak_choice;  /* the strictest, of weak statements that restrict what matters */
    bool weak_words;      /* it is that of words */
};

bool decision_counts(const struct profile *p, const struct signal *s)
{
    return !signal_is_of_images(s) && profile_is_addressed(p, s->agent);
}

usage_set decision_matters(const struct profile *p)
{
    return p->purpose | usage_bit(USAGE_ACQUIRE);
}

bool decision_takes_weakly(const struct profile *p, const struct signal *s)
{
    bool binding = p->natural_binding && natural_grade(s) == PHRASE_PLAIN && !s->aside;
    return s->confidence == CONF_WEAK && !binding;
}

enum weak_choice decision_for_weak(const struct profile *p, const struct signal *s)
{
    enum phrase_grade grade = natural_grade(s);
    return (enum weak_choice)(grade == PHRASE_NONE ? p->weak : p->natural[grade]);
}

bool decision_ignores(const struct profile *p, const struct signal *s)
{
    return decision_takes_weakly(p, s) && decision_for_weak(p, s) == WEAK_IGNORE;
}

static enum signal_weight weight_for(const void *profile, const struct signal *s)
{
    const struct profile *p = profile;
    enum signal_weight w = signal_weigh(s, decision_matters(p));
    if (!decision_counts(p, s) || (w == WEIGHT_WEAK && decision_ignores(p, s)))
        return WEIGHT_NONE;
    if (w == WEIGHT_WEAK && !decision_takes_weakly(p, s))
        return WEIGHT_DENIAL; /* words name no condition */
    return w;
}

struct signal_scale decision_scale(const struct profile *p)
{
    return (struct signal_scale){ weight_for, p };
}

static bool is_strong(const struct weighing *w, const struct signal *s)
{
    return !decision_takes_weakly(w->profile, s) && decision_counts(w->profile, s);
}

static void resolve_standard(struct weighing *w, enum standard_id id)
{
    const struct signal *mine[SIGNALS_MAX];
    struct prefs others = { { 0 } };
    size_t n = 0;
    for (size_t i = 0; i < w->signals->n; i++) {
        const struct signal *s = &w->signals->v[i];
        if (s->standard != id || !is_strong(w, s))
            continue;
        if (s->page.n)
            prefs_join(&others, &s->prefs);
        else
            mine[n++] = s;
    }
    standard_resolve(id, mine, n, &w->by_standard[id]);
    w->liftable[id] = !w->signals->settled && standards[id]->may_lift &&
                      standards[id]->may_lift(mine, n);
    prefs_drop_allow(&others);
    prefs_join(&w->by_standard[id], &others);
    prefs_join(&w->strong, &w->by_standard[id]);
}

static void gather_strong(struct weighing *w)
{
    for (size_t i = 0; i < w->signals->n; i++)
        if (is_strong(w, &w->signals->v[i]))
            w->spoken |= 1u << w->signals->v[i].standard;
    for (unsigned id = 0; id < STD_COUNT; id++)
        if ((w->spoken >> id) & 1)
            resolve_standard(w, (enum standard_id)id);
}

static bool restricts(const struct signal *s, usage_set matter)
{
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if ((matter & (1u << u)) && s->prefs.of[u] > PREF_ALLOW)
            return true;
    return false;
}

static void join_weak(struct weighing *w, const struct signal *s)
{
    unsigned choice = decision_for_weak(w->profile, s);
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (s->prefs.of[u] > PREF_ALLOW && s->prefs.of[u] > w->weak.of[u])
            w->weak.of[u] = s->prefs.of[u];
    if (choice > w->weak_choice && restricts(s, decision_matters(w->profile))) {
        w->weak_choice = (uint8_t)choice;
        w->weak_words = natural_grade(s) != PHRASE_NONE;
    }
}

static void gather_weak(struct weighing *w)
{
    for (size_t i = 0; i < w->signals->n; i++) {
        const struct signal *s = &w->signals->v[i];
        if (decision_takes_weakly(w->profile, s) && decision_counts(w->profile, s) &&
            !decision_ignores(w->profile, s))
            join_weak(w, s);
    }
}

static usage_set find_conflicts(const struct weighing *w)
{
    usage_set conflicts = 0;
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (w->strong.of[u] > PREF_ALLOW || w->weak.of[u] > PREF_ALLOW)
            for (unsigned id = 0; id < STD_COUNT; id++)
                if (w->by_standard[id].of[u] == PREF_ALLOW)
                    conflicts |= usage_bit((enum usage)u);
    return conflicts;
}

/* The gravest preference among the usages that matter to the profile. */
static enum preference gravest(const struct profile *p, const struct prefs *prefs)
{
    unsigned worst = PREF_UNKNOWN;
    usage_set matter = decision_matters(p);
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if ((matter & (1u << u)) && prefs->of[u] > worst)
            worst = prefs->of[u];
    return (enum preference)worst;
}

static void be_stricter(enum action *a, unsigned other)
{
    if (other > (unsigned)*a)
        *a = (enum action)other;
}

static const uint8_t of_weak[] = {
    [WEAK_IGNORE] = ACTION_PASS, [WEAK_TAG] = ACTION_TAG, [WEAK_BLOCK] = ACTION_BLOCK
};

static enum decision_kind kind_of(enum preference p)
{
    return p == PREF_DENY ? DECISION_RESERVED : DECISION_CONDITIONAL;
}

static enum policy_rule rule_of_unread(undecided_set undecided)
{
    const undecided_set of_site = undecided_bit(UNDECIDED_SITE_UNKNOWN) |
                                  undecided_bit(UNDECIDED_ROBOTS_UNREACHABLE) |
                                  undecided_bit(UNDECIDED_SITE_UNREACHABLE);
    return undecided & of_site ? POLICY_RULE_SITE_UNREAD : POLICY_RULE_UNREAD;
}

static enum policy_rule rule_of(const struct weighing *w, const struct decision *d,
                         enum preference strong)
{
    if (strong > PREF_ALLOW)
        return strong == PREF_DENY ? POLICY_RULE_DENIED : POLICY_RULE_CONDITION;
    if (d->kind == DECISION_UNDECIDED)
        return rule_of_unread(d->undecided);
    if (d->kind == DECISION_CLEAR)
        return POLICY_RULE_CLEAR;
    return w->weak_words ? POLICY_RULE_WORDS : POLICY_RULE_WEAK;
}

static void choose(const struct weighing *w, struct decision *d)
{
    const struct profile *p = w->profile;
    enum preference strong = gravest(p, &w->strong), weak = gravest(p, &w->weak);
    d->would = ACTION_PASS;
    if (strong > PREF_ALLOW)
        d->kind = kind_of(strong);
    else if (weak > PREF_ALLOW)
        d->kind = kind_of(weak);
    else
        d->kind = d->undecided ? DECISION_UNDECIDED : DECISION_CLEAR;
    d->rule = rule_of(w, d, strong);
    if (strong > PREF_ALLOW || d->kind == DECISION_CLEAR)
        be_stricter(&d->would, p->on[d->kind]);
    if (weak > PREF_ALLOW)
        be_stricter(&d->would, of_weak[w->weak_choice]);
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++)
        if (d->undecided & (1u << u))
            be_stricter(&d->would, p->on_undecided[u]);
    d->action = p->monitor ? ACTION_PASS : d->would;
}

/* Does this statement restrict a usage that matters, and does its standard, all
 * of its statements taken together, still restrict it? */
static bool decides(const struct weighing *w, const struct signal *s)
{
    usage_set matter = decision_matters(w->profile);
    const struct prefs *resolved =
        decision_takes_weakly(w->profile, s) ? &w->weak : &w->by_standard[s->standard];
    if (!decision_counts(w->profile, s) || decision_ignores(w->profile, s))
        return false;
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if ((matter & (1u << u)) && s->prefs.of[u] > PREF_ALLOW && resolved->of[u] > PREF_ALLOW)
            return true;
    return false;
}

static void name_deciders(const struct weighing *w, struct decision *d)
{
    for (size_t i = 0; i < w->signals->n; i++) {
        const struct signal *s = &w->signals->v[i];
        if (d->n_by < DECISION_BY_MAX && decides(w, s))
            d->by[d->n_by++] = s;
    }
    for (unsigned id = 0; id < STD_COUNT; id++)
        if (((w->spoken >> id) & 1) && !w->liftable[id] &&
            gravest(w->profile, &w->by_standard[id]) > PREF_ALLOW)
            d->final = true;
}

/* Where to turn for a licence: a deciding statement's own URL, else another
 * statement of a deciding standard (TDMRep's policy), else any licence link, first of all one
 * that says where a licence can be had. */
static void find_contact(const struct weighing *w, struct decision *d)
{
    bool deciding[STD_COUNT] = { false };
    for (size_t i = 0; i < d->n_by; i++) {
        deciding[d->by[i]->standard] = true;
        if (d->by[i]->url.n && !d->contact.n)
            d->contact = d->by[i]->url;
    }
    struct slice licence = SLICE_EMPTY, offer = SLICE_EMPTY;
    for (size_t i = 0; i < w->signals->n && d->n_by; i++) {
        const struct signal *s = &w->signals->v[i];
        if (s->url.n == 0 || !decision_counts(w->profile, s))
            continue;
        if (deciding[s->standard] && !d->contact.n)
            d->contact = s->url;
        if ((s->standard == STD_RSL || s->standard == STD_LICENSE_LINK) && !licence.n)
            licence = s->url;
        if (license_link_offers(s) && !offer.n)
            offer = s->url;
    }
    if (!d->contact.n)
        d->contact = offer.n ? offer : licence;
}

void decide(const struct profile *p, const struct signals *s, undecided_set undecided,
            struct decision *out)
{
    struct weighing w = { .profile = p, .signals = s };
    *out = (struct decision){ .undecided = undecided };
    if (s->overflow)
        out->undecided |= undecided_bit(UNDECIDED_LIMIT_SIGNALS);
    if (s->n == 0 && !out->undecided) { /* nearly every response */
        choose(&w, out);
        return;
    }
    if (s->n) {
        gather_strong(&w);
        gather_weak(&w);
        name_deciders(&w, out);
    }
    out->usage = w.strong;
    prefs_join(&out->usage, &w.weak);
    out->conflicts = find_conflicts(&w);
    choose(&w, out);
    find_contact(&w, out);
}

void decision_become(struct decision *d, enum policy_rule why, enum action action)
{
    d->rule = why;
    d->action = d->would = action;
}

static bool blocks_unread(const struct profile *p, undecided_set undecided)
{
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++)
        if ((undecided & (1u << u)) && p->on_undecided[u] == ACTION_BLOCK)
            return true;
    return false;
}

/* Known before a body is read, or never. */
static const undecided_set before_reading = 1u << UNDECIDED_SITE_UNKNOWN |
                                            1u << UNDECIDED_ROBOTS_UNREACHABLE;

bool decision_stands(const struct decision *d, const struct profile *p)
{
    unsigned strictest = of_weak[p->weak];
    if (d->action == ACTION_BLOCK && blocks_unread(p, d->undecided))
        return true; /* what is unread stays so, and nothing is stricter */
    for (unsigned g = 0; g < PHRASE_GRADE_COUNT; g++)
        if (of_weak[p->natural[g]] > strictest)
            strictest = of_weak[p->natural[g]];
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++)
        if (!(before_reading & (1u << u)) && p->on_undecided[u] > strictest)
            strictest = p->on_undecided[u];
    if (d->kind == DECISION_CONDITIONAL && p->on[DECISION_RESERVED] != p->on[d->kind])
        return false; /* a denial that is read later would be answered otherwise */
    return d->final && !p->monitor && d->action >= (enum action)strictest;
}

/* "tdmrep-header", "robots-meta-html": standard and, in one word, the carrier. */
static void print_by(const struct signal *s, struct buf *out)
{
    static const char *const word[CARRIER_COUNT] = {
        [CARRIER_HTTP_HEADER] = "header",
        [CARRIER_HTTP_STATUS] = "status",
        [CARRIER_HTML] = "html",
        [CARRIER_SITE_FILE] = "site",
        [CARRIER_XMP] = "xmp",
        [CARRIER_JUMBF] = "jumbf",
        [CARRIER_IIM] = "iim",
        [CARRIER_EPUB] = "epub",
        [CARRIER_FEED] = "feed",
        [CARRIER_TEXT] = "text",
    };
    buf_puts(out, "\"");
    buf_puts(out, standards[s->standard]->name);
    buf_puts(out, "-");
    buf_puts(out, word[s->carrier]);
    buf_puts(out, "\"");
}

static bool named_before(const struct decision *d, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (d->by[j]->standard == d->by[i]->standard && d->by[j]->carrier == d->by[i]->carrier)
            return true;
    return false;
}

static void print_head(const char *decision, const char *reason, const struct profile *p,
                       const char *id, struct buf *out)
{
    buf_puts(out, "decision=");
    buf_puts(out, decision);
    if (reason) {
        buf_puts(out, ";reason=");
        buf_puts(out, reason);
    }
    buf_puts(out, ";profile=");
    buf_puts(out, p->name);
    buf_puts(out, ";id=\"");
    buf_puts(out, id);
    buf_puts(out, "\"");
}

void decision_print_tag(const struct decision *d, const struct profile *p, const char *id,
                        struct buf *out)
{
    static const char value[PREF_COUNT] = { 'u', 'y', 'c', 'n' };
    print_head(decision_name(d->kind),
               d->undecided ? undecided_name(undecided_first(d->undecided)) : NULL, p, id, out);
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        if (d->usage.of[u] == PREF_UNKNOWN)
            continue;
        buf_puts(out, ", ");
        buf_puts(out, usage_name((enum usage)u));
        buf_putc(out, '=');
        buf_putc(out, value[d->usage.of[u]]);
    }
    if (d->n_by == 0)
        return;
    buf_puts(out, ", by=(");
    for (size_t i = 0; i < d->n_by; i++) {
        if (named_before(d, i))
            continue;
        if (i)
            buf_putc(out, ' ');
        print_by(d->by[i], out);
    }
    buf_putc(out, ')');
}

void decision_print_pending(const struct profile *p, const char *id, struct buf *out)
{
    print_head("pending", NULL, p, id, out);
}
