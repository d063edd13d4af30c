/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rules.h"

#include "standards/natural_language.h"
#include "standards/standard.h"

_Static_assert(POLICY_RULE_COUNT <= 64, "a bit for each rule");

static bool is_restricted(unsigned preference)
{
    return preference > PREF_ALLOW;
}

/* Whether it speaks of one of these usages; `restricts`: and says less than yes. */
static bool speaks_of(const struct prefs *p, usage_set set, bool restricts)
{
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if ((set & usage_bit((enum usage)u)) &&
            (restricts ? is_restricted(p->of[u]) : p->of[u] != PREF_UNKNOWN))
            return true;
    return false;
}

usage_set rule_restricted(const struct rule_case *c)
{
    usage_set set = 0;
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (is_restricted(c->decision->usage.of[u]))
            set |= usage_bit((enum usage)u);
    return set & decision_matters(c->profile);
}

/* ---- over statements ---- */

typedef bool signal_test(const struct rule_case *c, const struct signal *s);

static bool any(const struct rule_case *c, signal_test *test)
{
    for (size_t i = 0; i < c->signals->n; i++)
        if (test(c, &c->signals->v[i]))
            return true;
    return false;
}

static bool any_deciding(const struct rule_case *c, signal_test *test)
{
    for (size_t i = 0; i < c->decision->n_by; i++)
        if (test(c, c->decision->by[i]))
            return true;
    return false;
}

static bool is_weak(const struct rule_case *c, const struct signal *s)
{
    return decision_counts(c->profile, s) && decision_takes_weakly(c->profile, s);
}

static bool is_strong(const struct rule_case *c, const struct signal *s)
{
    return decision_counts(c->profile, s) && !decision_takes_weakly(c->profile, s);
}

static bool concerns(const struct rule_case *c, const struct signal *s)
{
    return speaks_of(&s->prefs, decision_matters(c->profile), false);
}

static bool restricts_what_matters(const struct rule_case *c, const struct signal *s)
{
    return speaks_of(&s->prefs, decision_matters(c->profile), true);
}

/* ---- which statements count ---- */

static bool is_to_an_agent(const struct rule_case *c, const struct signal *s)
{
    (void)c;
    return s->agent.n && !slice_eq(s->agent, SLICE_OF("*"));
}

static bool took_agent(const struct rule_case *c)
{
    return any(c, is_to_an_agent);
}

static bool is_beside_the_purpose(const struct rule_case *c, const struct signal *s)
{
    return decision_counts(c->profile, s) && signal_restricts(s) && !restricts_what_matters(c, s);
}

static bool took_purpose(const struct rule_case *c)
{
    return any(c, is_beside_the_purpose);
}

static bool took_fetching(const struct rule_case *c)
{
    return is_restricted(c->decision->usage.of[USAGE_ACQUIRE]);
}

static bool is_of_page_images(const struct rule_case *c, const struct signal *s)
{
    (void)c;
    return signal_is_of_images(s);
}

static bool took_page_images(const struct rule_case *c)
{
    return any(c, is_of_page_images);
}

static bool is_of_this_image(const struct rule_case *c, const struct signal *s)
{
    (void)c;
    return s->scope == SCOPE_EMBEDDED_IMAGES && s->page.n;
}

static bool took_image_of_page(const struct rule_case *c)
{
    return any(c, is_of_this_image);
}

static bool is_of_terms(const struct rule_case *c, const struct signal *s)
{
    (void)c;
    return s->scope == SCOPE_SITE && s->page.n;
}

static bool took_terms(const struct rule_case *c)
{
    return any(c, is_of_terms);
}

static bool is_of_part(const struct rule_case *c, const struct signal *s)
{
    return s->scope == SCOPE_COMPONENT && restricts_what_matters(c, s);
}

static bool took_part(const struct rule_case *c)
{
    return any(c, is_of_part);
}

/* ---- inside one standard ---- */

static bool comes_from_umbrella(const struct rule_case *c, const struct signal *s)
{
    const uint8_t *of = s->prefs.of;
    usage_set p = c->profile->purpose;
    const usage_set below = usage_bit(USAGE_TRAIN_ML) | usage_bit(USAGE_TRAIN_AI) |
                            usage_bit(USAGE_AI_USE);
    for (unsigned u = 0; u < USAGE_COUNT; u++) {
        if (!(p & below & usage_bit((enum usage)u)) || !is_restricted(of[u]))
            continue;
        if (of[u] == of[USAGE_TDM] || (u == USAGE_TRAIN_AI && of[u] == of[USAGE_TRAIN_ML]))
            return true;
    }
    return false;
}

static bool took_umbrella(const struct rule_case *c)
{
    return any_deciding(c, comes_from_umbrella);
}

static bool disagree(const struct signal *a, const struct signal *b, usage_set set)
{
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if ((set & usage_bit((enum usage)u)) && a->prefs.of[u] && b->prefs.of[u] &&
            a->prefs.of[u] != b->prefs.of[u])
            return true;
    return false;
}

/* Two strong statements of one standard that disagree on what matters. */
static bool any_disagree(const struct rule_case *c, bool tdmrep)
{
    usage_set set = decision_matters(c->profile);
    for (size_t i = 0; i < c->signals->n; i++) {
        const struct signal *a = &c->signals->v[i];
        if ((a->standard == STD_TDMREP) != tdmrep || a->page.n || !is_strong(c, a))
            continue;
        for (size_t k = i + 1; k < c->signals->n; k++) {
            const struct signal *b = &c->signals->v[k];
            if (b->standard == a->standard && !b->page.n && is_strong(c, b) &&
                disagree(a, b, set))
                return true;
        }
    }
    return false;
}

static bool took_strictest_inside(const struct rule_case *c)
{
    return any_disagree(c, false);
}

static bool took_tdmrep_order(const struct rule_case *c)
{
    return any_disagree(c, true);
}

static bool is_strong_tdmrep(const struct rule_case *c, const struct signal *s)
{
    return s->standard == STD_TDMREP && is_strong(c, s) && s->prefs.of[USAGE_TDM] == PREF_DENY;
}

static bool is_tdmrep_policy(const struct rule_case *c, const struct signal *s)
{
    return s->standard == STD_TDMREP && is_strong(c, s) && s->url.n;
}

static bool took_tdmrep_policy(const struct rule_case *c)
{
    return any(c, is_strong_tdmrep) && any(c, is_tdmrep_policy) &&
           c->decision->usage.of[USAGE_TDM] == PREF_CONDITIONAL;
}

static bool is_of_store(const struct signal *s)
{
    return (s->standard == STD_C2PA || s->standard == STD_CAWG) && s->carrier == CARRIER_JUMBF &&
           s->place_kind == PLACE_PART;
}

static bool took_c2pa_stores(const struct rule_case *c)
{
    const struct signal *first = NULL;
    for (size_t i = 0; i < c->signals->n; i++) {
        const struct signal *s = &c->signals->v[i];
        if (!is_of_store(s))
            continue;
        if (first && first->at != s->at)
            return true;
        first = s;
    }
    return false;
}

static bool has_a_say(const struct rule_case *c, enum standard_id id)
{
    for (size_t i = 0; i < c->signals->n; i++)
        if (c->signals->v[i].standard == id && is_strong(c, &c->signals->v[i]) &&
            concerns(c, &c->signals->v[i]))
            return true;
    return false;
}

static bool took_aipref(const struct rule_case *c)
{
    return has_a_say(c, STD_AIPREF);
}

static bool took_robots_txt(const struct rule_case *c)
{
    return has_a_say(c, STD_ROBOTS_TXT);
}

static bool took_rsl(const struct rule_case *c)
{
    return has_a_say(c, STD_RSL);
}

static bool took_robots_meta(const struct rule_case *c)
{
    return has_a_say(c, STD_ROBOTS_META);
}

static bool is_lax(const struct rule_case *c, const struct signal *s)
{
    (void)c;
    return s->confidence == CONF_LAX;
}

static bool took_lax(const struct rule_case *c)
{
    return any_deciding(c, is_lax);
}

/* ---- across standards ---- */

static bool took_across(const struct rule_case *c)
{
    return c->decision->conflicts != 0;
}

static bool is_apart(const struct rule_case *c, const struct signal *s)
{
    return is_weak(c, s) && !decision_ignores(c->profile, s);
}

static bool took_weak_apart(const struct rule_case *c)
{
    enum policy_rule by = c->decision->rule;
    return by != POLICY_RULE_WEAK && by != POLICY_RULE_WORDS && any(c, is_apart);
}

static bool is_ignored_here(const struct rule_case *c, const struct signal *s)
{
    return is_weak(c, s) && decision_ignores(c->profile, s) && restricts_what_matters(c, s);
}

static bool took_ignored(const struct rule_case *c)
{
    return any(c, is_ignored_here);
}

static bool is_binding(const struct rule_case *c, const struct signal *s)
{
    return natural_grade(s) == PHRASE_PLAIN && is_strong(c, s);
}

static bool took_binding(const struct rule_case *c)
{
    return any(c, is_binding);
}

/* What many training crawlers are told is told of to others as one weak statement. */
static bool is_of_others(const struct rule_case *c, const struct signal *s)
{
    return s->standard == STD_ROBOTS_TXT && is_weak(c, s) && s->note &&
           strstr(s->note, "crawlers of others");
}

static bool took_others(const struct rule_case *c)
{
    return any(c, is_of_others);
}

/* ---- what was not read ---- */

static bool is_denied(const struct decision *d)
{
    return d->kind == DECISION_RESERVED || d->kind == DECISION_CONDITIONAL;
}

static bool took_unread_beside(const struct rule_case *c)
{
    return c->decision->undecided && is_denied(c->decision);
}

struct spread {
    bool any;
    unsigned least, most;
};

static void take_action(struct spread *s, unsigned action)
{
    s->least = !s->any || action < s->least ? action : s->least;
    s->most = !s->any || action > s->most ? action : s->most;
    s->any = true;
}

static unsigned action_of_weak(unsigned choice)
{
    return choice == WEAK_BLOCK ? ACTION_BLOCK : choice == WEAK_TAG ? ACTION_TAG : ACTION_PASS;
}

/* Of all actions that apply, some differ. */
static bool took_strictest_action(const struct rule_case *c)
{
    const struct decision *d = c->decision;
    const struct profile *p = c->profile;
    struct spread s = { .any = false };
    if (d->rule <= POLICY_RULE_CONDITION)
        take_action(&s, p->on[d->kind]);
    for (size_t i = 0; i < d->n_by; i++)
        if (decision_takes_weakly(p, d->by[i]))
            take_action(&s, action_of_weak(decision_for_weak(p, d->by[i])));
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++)
        if (d->undecided & undecided_bit((enum undecided)u))
            take_action(&s, p->on_undecided[u]);
    return d->rule <= POLICY_RULE_SITE_UNREAD && s.least != s.most;
}

static bool is_state_of_file(const struct rule_case *c, const struct signal *s)
{
    (void)c;
    return s->carrier == CARRIER_SITE_FILE && s->note && strstr(s->note, "could not be had");
}

static bool took_site_state(const struct rule_case *c)
{
    const undecided_set states = undecided_bit(UNDECIDED_ROBOTS_UNREACHABLE) |
                                 undecided_bit(UNDECIDED_SITE_UNREACHABLE) |
                                 undecided_bit(UNDECIDED_SITE_UNPARSEABLE);
    return (c->decision->undecided & states) || any(c, is_state_of_file);
}

static bool took_stale(const struct rule_case *c)
{
    return c->happened & HAPPENED_STALE;
}

static bool took_known_whole(const struct rule_case *c)
{
    return c->happened & HAPPENED_KNOWN;
}

static bool took_flood(const struct rule_case *c)
{
    return c->decision->undecided & undecided_bit(UNDECIDED_LIMIT_SIGNALS);
}

/* ---- what is done ---- */

static bool took_action(const struct rule_case *c)
{
    const struct decision *d = c->decision;
    return !(c->happened & HAPPENED_AUDIT_FAILED) && d->rule <= POLICY_RULE_SITE_UNREAD &&
           (d->kind != DECISION_CLEAR || d->would != ACTION_PASS);
}

static bool took_monitor(const struct rule_case *c)
{
    return c->profile->monitor;
}

static bool took_no_head(const struct rule_case *c)
{
    return (c->decision->undecided & undecided_bit(UNDECIDED_TUNNEL)) &&
           c->profile->on_undecided[UNDECIDED_TUNNEL] == ACTION_TAG;
}

static bool took_left(const struct rule_case *c)
{
    return c->decision->undecided & undecided_bit(UNDECIDED_ABORTED);
}

static bool took_cut(const struct rule_case *c)
{
    return c->done == ACTION_CUT && c->decision->action == ACTION_BLOCK && !took_left(c);
}

static bool took_cut_broken(const struct rule_case *c)
{
    return c->done == ACTION_CUT && c->decision->action != ACTION_BLOCK && !took_left(c);
}

static bool took_before_fetch(const struct rule_case *c)
{
    return (c->happened & HAPPENED_BEFORE_FETCH) && c->decision->action == ACTION_BLOCK;
}

static bool took_early(const struct rule_case *c)
{
    return (c->happened & HAPPENED_STOPPED) && c->decision->final;
}

static bool took_contact(const struct rule_case *c)
{
    return c->decision->contact.n != 0;
}

/* ---- the table ---- */

const struct policy_rule_row policy_rules[POLICY_RULE_COUNT] = {
    [POLICY_RULE_CLEAR] = { "R-01", "nothing forbids",
        "All that counts was read, and nothing in it restricts {purpose}: it is clear." },
    [POLICY_RULE_DENIED] = { "R-02", "a denial reserves",
        "What is stated denies {usages} ({by}), which whoever wants it for {purpose} needs: it is "
        "reserved." },
    [POLICY_RULE_CONDITION] = { "R-03", "a condition is not met",
        "What is stated allows {usages} only under a condition ({by}), such as a licence or a "
        "payment, and none is held: it is conditional." },
    [POLICY_RULE_WEAK] = { "R-04", "only weakly restricted",
        "Nothing but weak statements restricts {usages} ({by}): what is done is what profile "
        "{profile} chose for weak statements." },
    [POLICY_RULE_WORDS] = { "R-05", "restricted in words",
        "{usages} is restricted in words for people ({by}): what is done is what profile "
        "{profile} chose for words of that grade." },
    [POLICY_RULE_UNREAD] = { "R-06", "not read is undecided",
        "Nothing that was read restricts {purpose}, but not all was read ({reasons}): it is "
        "undecided, never clear." },
    [POLICY_RULE_SITE_UNREAD] = { "R-07", "the site is not known",
        "What its site says could not be had ({reasons}): it is undecided, which says nothing of "
        "what the publisher wants." },
    [POLICY_RULE_SITE_FILE] = { "R-08", "site files pass",
        "It is a file by which a site says what may be done, and whoever wants to obey it must be "
        "able to read it: it passes." },
    [POLICY_RULE_REMEMBERED] = { "R-09", "a late denial is remembered",
        "It was denied when it was last fetched, after its answer had begun, and that still "
        "holds: it is refused, and not fetched again." },
    [POLICY_RULE_REFUSED_LATE] = { "R-10", "what cannot be held is refused",
        "It could not be held back until its verdict, and here nothing is let through that was "
        "not judged: it is refused." },
    [POLICY_RULE_AUDIT_FAILED] = { "R-11", "no record, no content",
        "The record of the decision could not be written, and nothing is delivered without one." },
    [POLICY_RULE_AGENT] = { "R-12", "addressed to an agent",
        "A statement to a product token counts only for a profile that answers to that token." },
    [POLICY_RULE_PURPOSE] = { "R-13", "beside the purpose",
        "A usage that profile {profile} does not want it for decides nothing, whatever is stated "
        "of it." },
    [POLICY_RULE_FETCHING] = { "R-14", "fetching counts for all",
        "Whether it may be fetched at all concerns every purpose." },
    [POLICY_RULE_PAGE_IMAGES] = { "R-15", "images of a page",
        "What a page says of the images that it embeds is nothing that it says of itself." },
    [POLICY_RULE_IMAGE_OF_PAGE] = { "R-16", "an image of a page",
        "What a page said of its images counts for this image, which it embeds: it restricts, and "
        "lifts nothing." },
    [POLICY_RULE_TERMS] = { "R-17", "terms of the site",
        "What a site reserves in its terms, in words, counts for each of its pages: it restricts, "
        "and lifts nothing." },
    [POLICY_RULE_PART] = { "R-18", "a part of the file",
        "What is said of a part, of an ingredient or of a file inside is weak for the whole." },
    [POLICY_RULE_UMBRELLA] = { "R-19", "the umbrella",
        "A statement about tdm holds for train-ml, train-ai and ai-use, one about train-ml for "
        "train-ai, where it says nothing narrower itself." },
    [POLICY_RULE_STRICTEST_INSIDE] = { "R-20", "the stricter within a standard",
        "Of several statements of one standard that has no order of its own the most restrictive "
        "counts, usage by usage." },
    [POLICY_RULE_TDMREP_ORDER] = { "R-21", "TDMRep's order",
        "In TDMRep page and file go before the header, and the header before tdmrep.json; what "
        "lifts a reservation must be written as the protocol says, and in one place any 1 "
        "reserves." },
    [POLICY_RULE_TDMREP_POLICY] = { "R-22", "TDMRep's policy",
        "A policy makes what TDMRep reserves a matter of its conditions." },
    [POLICY_RULE_C2PA_STORES] = { "R-23", "two manifest stores",
        "Of two manifest stores in one file at most one is the file's, so neither allows "
        "anything." },
    [POLICY_RULE_AIPREF] = { "R-24", "AIPREF's statement",
        "In an AIPREF statement the last value of a usage counts, and of several statements the "
        "most restrictive." },
    [POLICY_RULE_ROBOTS_TXT] = { "R-25", "robots.txt's match",
        "In robots.txt the groups for the crawler's token count, else those for all, and in them "
        "the rule that matches most of the path." },
    [POLICY_RULE_RSL] = { "R-26", "RSL's licences",
        "In RSL what is prohibited beats what is permitted, and what no licence permits is not "
        "licensed." },
    [POLICY_RULE_ROBOTS_META] = { "R-27", "robots rules add up",
        "Robots rules of headers and pages add up: what one of them restricts none lifts." },
    [POLICY_RULE_LAX] = { "R-28", "another spelling restricts",
        "What says it plainly in a spelling that its specification does not have restricts all "
        "the same, and allows nothing." },
    [POLICY_RULE_ACROSS] = { "R-29", "the stricter across standards",
        "Standards disagree about {conflicts}: denial goes before condition, condition before "
        "permission, permission before silence." },
    [POLICY_RULE_WEAK_APART] = { "R-30", "weak statements lift nothing",
        "Weak statements stand apart: they allow nothing, and soften nothing that others "
        "restrict." },
    [POLICY_RULE_IGNORED] = { "R-31", "weak and ignored",
        "Profile {profile} takes no account of weak statements of a kind that is there." },
    [POLICY_RULE_BINDING] = { "R-32", "plain words bind",
        "Profile {profile} takes plain words as a statement like any other "
        "(natural-binding=yes)." },
    [POLICY_RULE_OTHERS] = { "R-33", "training crawlers of others",
        "That robots.txt refuses training crawlers of others is a weak denial of training, from "
        "as many as profile {profile} says (others=)." },
    [POLICY_RULE_UNREAD_BESIDE] = { "R-34", "a denial stands",
        "What was read denies, whatever was not read ({reasons}): that can only make the answer "
        "stricter." },
    [POLICY_RULE_STRICTEST_ACTION] = { "R-35", "the strictest action",
        "Several actions apply, and the strictest is taken." },
    [POLICY_RULE_SITE_STATE] = { "R-36", "a site file without answer",
        "A site file that cannot be had or read means what SiteFile says." },
    [POLICY_RULE_STALE] = { "R-37", "what is stale is used",
        "Site files that are older than they should be count until newer ones can be had." },
    [POLICY_RULE_KNOWN_WHOLE] = { "R-38", "the same bytes, judged before",
        "A part of a body, or an answer that only speaks of it, takes over what was decided of "
        "the whole under the same strong validator." },
    [POLICY_RULE_FLOOD] = { "R-39", "more statements than are kept",
        "More was stated than is kept, and what did not fit could restrict: that is not read." },
    [POLICY_RULE_ACTION] = { "R-40", "the profile chooses the action",
        "By profile {profile} it {action}." },
    [POLICY_RULE_MONITOR] = { "R-41", "monitor mode",
        "Profile {profile} only monitors: it passes, and the record says what enforcing would "
        "have done." },
    [POLICY_RULE_NO_HEAD] = { "R-42", "a tunnel has no head",
        "A tunnel has no head that a tag could go into: it passes." },
    [POLICY_RULE_CUT] = { "R-43", "cut in place of a refusal",
        "The answer had begun before the verdict was known: it was broken off, which the client "
        "sees as an error." },
    [POLICY_RULE_CUT_BROKEN] = { "R-44", "a broken body stays broken",
        "The body ended before its announced end, after the answer had begun without its length: "
        "only breaking off tells the client." },
    [POLICY_RULE_LEFT] = { "R-45", "broken off by the client",
        "Client or proxy broke the transfer off, and the rest was not read." },
    [POLICY_RULE_BEFORE_FETCH] = { "R-46", "refused before it was fetched",
        "What was known before anything was asked of the origin refuses it, so it was not "
        "fetched." },
    [POLICY_RULE_EARLY] = { "R-47", "read no further than needed",
        "Nothing that could still have been read lifts what is denied, so the rest was not read." },
    [POLICY_RULE_CONTACT] = { "R-48", "where to turn",
        "The licence or policy to turn to is that of a deciding statement, else of another of its "
        "standard, else one where a licence is offered, else any licence link." },
};

static bool (*const took[POLICY_RULE_COUNT])(const struct rule_case *) = {
    [POLICY_RULE_AGENT] = took_agent,
    [POLICY_RULE_PURPOSE] = took_purpose,
    [POLICY_RULE_FETCHING] = took_fetching,
    [POLICY_RULE_PAGE_IMAGES] = took_page_images,
    [POLICY_RULE_IMAGE_OF_PAGE] = took_image_of_page,
    [POLICY_RULE_TERMS] = took_terms,
    [POLICY_RULE_PART] = took_part,
    [POLICY_RULE_UMBRELLA] = took_umbrella,
    [POLICY_RULE_STRICTEST_INSIDE] = took_strictest_inside,
    [POLICY_RULE_TDMREP_ORDER] = took_tdmrep_order,
    [POLICY_RULE_TDMREP_POLICY] = took_tdmrep_policy,
    [POLICY_RULE_C2PA_STORES] = took_c2pa_stores,
    [POLICY_RULE_AIPREF] = took_aipref,
    [POLICY_RULE_ROBOTS_TXT] = took_robots_txt,
    [POLICY_RULE_RSL] = took_rsl,
    [POLICY_RULE_ROBOTS_META] = took_robots_meta,
    [POLICY_RULE_LAX] = took_lax,
    [POLICY_RULE_ACROSS] = took_across,
    [POLICY_RULE_WEAK_APART] = took_weak_apart,
    [POLICY_RULE_IGNORED] = took_ignored,
    [POLICY_RULE_BINDING] = took_binding,
    [POLICY_RULE_OTHERS] = took_others,
    [POLICY_RULE_UNREAD_BESIDE] = took_unread_beside,
    [POLICY_RULE_STRICTEST_ACTION] = took_strictest_action,
    [POLICY_RULE_SITE_STATE] = took_site_state,
    [POLICY_RULE_STALE] = took_stale,
    [POLICY_RULE_KNOWN_WHOLE] = took_known_whole,
    [POLICY_RULE_FLOOD] = took_flood,
    [POLICY_RULE_ACTION] = took_action,
    [POLICY_RULE_MONITOR] = took_monitor,
    [POLICY_RULE_NO_HEAD] = took_no_head,
    [POLICY_RULE_CUT] = took_cut,
    [POLICY_RULE_CUT_BROKEN] = took_cut_broken,
    [POLICY_RULE_LEFT] = took_left,
    [POLICY_RULE_BEFORE_FETCH] = took_before_fetch,
    [POLICY_RULE_EARLY] = took_early,
    [POLICY_RULE_CONTACT] = took_contact,
};

bool rule_from_id(struct slice id, enum policy_rule *out)
{
    for (unsigned r = 0; r < POLICY_RULE_COUNT; r++) {
        if (slice_eq(id, slice_cstr(policy_rules[r].id))) {
            *out = (enum policy_rule)r;
            return true;
        }
    }
    return false;
}

enum policy_rule rule_that_decided(const struct rule_case *c)
{
    return c->happened & HAPPENED_AUDIT_FAILED ? POLICY_RULE_AUDIT_FAILED : c->decision->rule;
}

rule_set rules_that_took_part(const struct rule_case *c)
{
    rule_set set = 1ull << rule_that_decided(c);
    for (unsigned r = 0; r < POLICY_RULE_COUNT; r++)
        if (took[r] && took[r](c))
            set |= 1ull << r;
    return set;
}

/* ---- the sentence ---- */

static void print_usages(struct buf *out, usage_set set)
{
    const char *between = "";
    for (unsigned u = 0; u < USAGE_COUNT; u++)
        if (set & usage_bit((enum usage)u)) {
            buf_printf(out, "%s%s", between, usage_name((enum usage)u));
            between = ", ";
        }
    if (!set)
        buf_puts(out, "nothing");
}

static bool is_named_before(const struct decision *d, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (d->by[k]->standard == d->by[i]->standard && d->by[k]->carrier == d->by[i]->carrier)
            return true;
    return false;
}

/* "tdmrep in http-header, …" */
static void print_by(struct buf *out, const struct decision *d)
{
    const char *between = "";
    for (size_t i = 0; i < d->n_by; i++) {
        if (is_named_before(d, i))
            continue;
        buf_printf(out, "%s%s in %s", between, standards[d->by[i]->standard]->name,
                   carrier_name((enum carrier)d->by[i]->carrier));
        between = "; ";
    }
    if (!d->n_by)
        buf_puts(out, "its statement is no longer known");
}

static void print_reasons(struct buf *out, undecided_set set)
{
    const char *between = "";
    for (unsigned u = 0; u < UNDECIDED_COUNT; u++)
        if (set & undecided_bit((enum undecided)u)) {
            buf_printf(out, "%s%s", between, undecided_text((enum undecided)u));
            between = "; ";
        }
}

static void print_action(struct buf *out, enum action a)
{
    static const char *const texts[ACTION_COUNT] = {
        [ACTION_PASS] = "passes untouched",
        [ACTION_TAG] = "passes with a tag",
        [ACTION_BLOCK] = "is refused",
        [ACTION_CUT] = "is broken off",
    };
    buf_puts(out, texts[a]);
}

static void print_word(struct slice word, const struct rule_case *c, struct buf *out)
{
    if (slice_eq(word, SLICE_OF("purpose")))
        print_usages(out, c->profile->purpose);
    else if (slice_eq(word, SLICE_OF("profile")))
        buf_puts(out, c->profile->name);
    else if (slice_eq(word, SLICE_OF("usages")))
        print_usages(out, rule_restricted(c));
    else if (slice_eq(word, SLICE_OF("by")))
        print_by(out, c->decision);
    else if (slice_eq(word, SLICE_OF("reasons")))
        print_reasons(out, c->decision->undecided);
    else if (slice_eq(word, SLICE_OF("conflicts")))
        print_usages(out, c->decision->conflicts);
    else
        print_action(out, c->decision->would);
}

void rule_print(enum policy_rule r, const struct rule_case *c, struct buf *out)
{
    struct slice rest = slice_cstr(policy_rules[r].text);
    while (rest.n) {
        size_t at = slice_find(rest, '{'), end = slice_find(rest, '}');
        buf_append(out, rest.p, at);
        if (at == rest.n)
            return;
        print_word(slice_sub(rest, at + 1, end - at - 1), c, out);
        rest = slice_from(rest, end + 1);
    }
}
