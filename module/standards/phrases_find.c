/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_find.c - find lines, and what else names sets and defeaters; read when all names of
 * a file are known.
 *
 *   find line  = side [ "/" side ]
 *   side       = part *( "&" part )  /  part *( ">" [ distance ] part )
 *   part       = [ "!" / "^" ] name *( "|" name )  /  [ "!" ] "#" fact */
#include "standards/phrases_internal.h"

#define MIXED_REMEDY "write two find lines, or a set for one of them"

struct line {
    struct phrase_parse *p;
    unsigned at;
    const struct phrase_rule *rule;
    struct slice rest;
    uint16_t within; /* to the part before, for the part that comes */
    bool bad;
};

#define fault(x, remedy, ...)                                                               \
    do {                                                                                    \
        phrase_fault_at((x)->p, (x)->at, remedy, __VA_ARGS__);                              \
        (x)->bad = true;                                                                    \
    } while (0)

int phrase_set_find(const struct phrase_language *l, struct slice name)
{
    if (slice_eq(name, SLICE_OF("object")))
        return SET_OBJECT;
    for (size_t i = 0; i < l->n_sets; i++)
        if (slice_eq(l->set[i].name, name))
            return (int)i;
    return -1;
}

static void skip_blanks(struct slice *s)
{
    while (s->n && (s->p[0] == ' ' || s->p[0] == '\t'))
        *s = slice_from(*s, 1);
}

static struct slice take_name(struct slice *s)
{
    size_t n = 0;
    while (n < s->n && (ascii_is_alnum(s->p[n]) || s->p[n] == '-' || s->p[n] == '_'))
        n++;
    struct slice name = slice_sub(*s, 0, n);
    *s = slice_from(*s, n);
    return name;
}

/* The set that is named next; a fault when there is none. */
static bool take_set(struct line *x, uint8_t *set)
{
    struct phrase_language *l = x->p->l;
    struct slice name = take_name(&x->rest);
    int i = phrase_set_find(l, name);
    if (name.n == 0)
        fault(x, "write names of sets with & or > between them", "a name is missing before '%.*s'",
              SLICE_FMT(slice_sub(x->rest, 0, 20)));
    else if (i < 0)
        fault(x, "write the set, or another name", "there is no set '%.*s'", SLICE_FMT(name));
    if (i < 0)
        return false;
    if (i < SETS_MAX)
        l->set[i].used = l->set[i].asked = true;
    *set = (uint8_t)i;
    return true;
}

static void take_fact(struct line *x, struct find_side *side, bool never)
{
    static const struct {
        const char *name;
        uint8_t bit;
    } facts[] = { { "question", FACT_QUESTION }, { "heading", FACT_HEADING },
                  { "item", FACT_ITEM },         { "quote", FACT_QUOTE },
                  { "quoting", FACT_QUOTING } };
    struct slice name = take_name(&x->rest);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (slice_eq(name, slice_cstr(facts[i].name))) {
            *(never ? &side->not_facts : &side->facts) |= facts[i].bit;
            return;
        }
    fault(x, "#question, #heading, #item, #quote or #quoting", "unknown fact '#%.*s'",
          SLICE_FMT(name));
}

static void take_sets(struct line *x, struct find_side *side, bool never, bool begins)
{
    struct find_part part = { .begins = begins, .within = x->within };
    do {
        uint8_t set;
        skip_blanks(&x->rest);
        if (!take_set(x, &set))
            return;
        skip_blanks(&x->rest);
        if (never && side->n_never < NEVERS_MAX)
            side->never[side->n_never++] = set;
        else if (!never && part.n < PART_SETS_MAX)
            part.set[part.n++] = set;
        else {
            fault(x, "make one set of them", "too many sets in one part");
            return;
        }
    } while (slice_take(&x->rest, '|'));
    if (never)
        return;
    if (side->n == PARTS_MAX)
        fault(x, "make sets that hold more", "more than %d parts", PARTS_MAX);
    else
        side->part[side->n++] = part;
}

static void take_part(struct line *x, struct find_side *side)
{
    skip_blanks(&x->rest);
    bool never = slice_take(&x->rest, '!');
    bool begins = !never && slice_take(&x->rest, '^');
    if (!begins && slice_take(&x->rest, '#'))
        take_fact(x, side, never);
    else
        take_sets(x, side, never, begins);
}

/* The distance written after '>'. */
static void take_distance(struct line *x)
{
    struct slice digits = slice_of(x->rest.p, 0);
    uint64_t n;
    while (x->rest.n && ascii_is_digit(x->rest.p[0])) {
        digits.n++;
        x->rest = slice_from(x->rest, 1);
    }
    if (digits.n == 0)
        return;
    if (!slice_to_u64(digits, &n) || n > WITHIN_MAX)
        fault(x, "at most 2000 characters", "a distance of '%.*s'", SLICE_FMT(digits));
    else
        x->within = (uint16_t)n;
}

/* Parts up to '/' or the end. */
static void take_side(struct line *x, struct find_side *side)
{
    uint8_t sign = 0;
    while (!x->bad) {
        take_part(x, side);
        skip_blanks(&x->rest);
        x->within = x->rule->within;
        if (x->bad || x->rest.n == 0 || x->rest.p[0] == '/')
            break;
        uint8_t c = x->rest.p[0];
        x->rest = slice_from(x->rest, 1);
        if (c != '&' && c != '>')
            fault(x, "write & or > between parts", "'%c' where & or > is wanted",
                  c < 0x20 || c > 0x7E ? '?' : c);
        else if (sign && sign != c)
            fault(x, MIXED_REMEDY, "& and > on one side");
        else if (c == '>')
            take_distance(x);
        sign = c;
    }
    side->ordered = sign == '>';
    if (!x->bad && side->n == 0 && !x->rule->defeats)
        fault(x, "name a set that must be found", "nothing but conditions on one side");
}

static void read_find(struct phrase_parse *p, const struct phrase_rule *rule,
                      struct phrase_find *f)
{
    struct line x = { .p = p, .at = f->line, .rule = rule, .rest = f->text,
                      .within = rule->within };
    take_side(&x, &f->here);
    if (x.bad || !slice_take(&x.rest, '/'))
        return;
    f->before = f->here;
    f->here = (struct find_side){ .n = 0 };
    f->pair = true;
    x.within = rule->within;
    take_side(&x, &f->here);
    if (!x.bad && x.rest.n)
        fault(&x, "one sentence before, and this one", "more than one '/'");
}

/* Every name of a list of words, each handed to `take`. */
static void each_name(struct line *x, void (*each)(struct line *x, struct phrase_rule *rule),
                      struct phrase_rule *rule)
{
    for (skip_blanks(&x->rest); x->rest.n && !x->bad; skip_blanks(&x->rest)) {
        each(x, rule);
        slice_take(&x->rest, ',');
    }
}

static void link_unless(struct line *x, struct phrase_rule *rule)
{
    uint8_t set;
    if (!take_set(x, &set))
        return;
    if (rule->n_unless == UNLESS_MAX)
        fault(x, "make one set of them", "more than %d sets after 'unless'", UNLESS_MAX);
    else
        rule->unless[rule->n_unless++] = set;
}

static void link_despite(struct line *x, struct phrase_rule *rule)
{
    const struct phrase_language *l = x->p->l;
    struct slice name = take_name(&x->rest);
    for (size_t i = 0; i < l->n_rules; i++)
        if (l->rule[i].defeats && slice_eq(slice_cstr(l->rule[i].name), name)) {
            rule->despite[i / 64] |= 1ull << (i % 64);
            return;
        }
    fault(x, "name a 'defeat' of this file", "there is no defeater '%.*s'", SLICE_FMT(name));
}

/* Does what it finds always have a usage? */
static bool has_usage(const struct phrase_language *l, const struct find_side *side)
{
    for (size_t i = 0; i < side->n; i++) {
        bool all = true;
        for (size_t k = 0; k < side->part[i].n; k++) {
            unsigned set = side->part[i].set[k];
            all = all && (set == SET_OBJECT || l->set[set].usages);
        }
        if (all)
            return true;
    }
    return false;
}

static void check_rule(struct phrase_parse *p, const struct phrase_rule *rule)
{
    unsigned hits = 0, misses = 0;
    for (const struct phrase_sample *s = rule->first_sample; s; s = s->next)
        *(s->hit ? &hits : &misses) += 1;
    if (!rule->about)
        phrase_fault_at(p, rule->line, "add: for WHAT IT IS FOR", "'%s' has no 'for'", rule->name);
    if (!rule->first)
        phrase_fault_at(p, rule->line, "add: find SET & SET", "'%s' has no 'find'", rule->name);
    if (!rule->defeats && hits < 2)
        phrase_fault_at(p, rule->line, "add: hit A SENTENCE, and a paraphrase of it",
                        "phrase '%s' has fewer than two 'hit'", rule->name);
    if (rule->defeats && misses < 1)
        phrase_fault_at(p, rule->line, "add: miss WHAT WOULD BE A HIT WITHOUT IT",
                        "defeater '%s' has no 'miss'", rule->name);
    if (rule->defeats && (rule->usages))
        phrase_fault_at(p, rule->line, "leave it out", "defeater '%s' has a usage", rule->name);
    if (!rule->defeats && rule->unit == UNIT_PAGE)
        phrase_fault_at(p, rule->line, "take 'unit section'",
                        "phrase '%s' has the unit of titles", rule->name);
}

static void note_reach(struct phrase_language *l, const struct phrase_rule *rule)
{
    for (const struct phrase_find *f = rule->first; f; f = f->next)
        l->looks_back |= !rule->defeats && (f->pair || rule->unit == UNIT_PAIR);
}

static void link_rule(struct phrase_parse *p, struct phrase_rule *rule)
{
    for (struct phrase_find *f = rule->first; f; f = f->next) {
        size_t faults = p->faults;
        read_find(p, rule, f);
        if (faults == p->faults && !rule->defeats && !rule->usages &&
            !has_usage(p->l, &f->here) && !(f->pair && has_usage(p->l, &f->before)))
            phrase_fault_at(p, f->line, "name an object, or add: usage tdm",
                            "'%s' can find something without a usage", rule->name);
    }
    struct line unless = { .p = p, .at = rule->unless_line, .rule = rule,
                           .rest = rule->unless_words };
    struct line despite = { .p = p, .at = rule->despite_line, .rule = rule,
                            .rest = rule->despite_words };
    each_name(&unless, link_unless, rule);
    each_name(&despite, link_despite, rule);
    check_rule(p, rule);
    note_reach(p->l, rule);
}

static bool names_object(const struct phrase_language *l, const struct find_side *side)
{
    for (size_t i = 0; i < side->n; i++)
        for (size_t j = 0; j < side->part[i].n; j++)
            if (side->part[i].set[j] == SET_OBJECT || l->set[side->part[i].set[j]].usages)
                return true;
    return false;
}

/* Those that phrases ask for are looked for much more often than those of defeaters. */
static void note_sets(struct phrase_language *l, const struct find_side *side, bool alone)
{
    for (size_t i = 0; i < side->n; i++)
        for (size_t j = 0; j < side->part[i].n; j++) {
            if (side->part[i].set[j] == SET_OBJECT)
                continue;
            struct phrase_set *s = &l->set[side->part[i].set[j]];
            s->of_phrase = true;
            s->alone = s->alone || alone;
        }
}

static void look_for_objects(struct phrase_language *l, struct phrase_rule *rule)
{
    for (struct phrase_find *f = rule->first; f; f = f->next) {
        f->here.names_object = names_object(l, &f->here);
        f->before.names_object = names_object(l, &f->before);
        bool alone = rule->usages && !f->here.names_object && !f->before.names_object;
        if (!rule->defeats) {
            note_sets(l, &f->here, alone);
            note_sets(l, &f->before, alone);
        }
        rule->needs_no_object = rule->needs_no_object || alone;
    }
    l->needs_no_object = l->needs_no_object || (rule->needs_no_object && !rule->defeats);
}

void phrase_link(struct phrase_parse *p)
{
    struct phrase_language *l = p->l;
    for (size_t i = 0; i < l->n_sets; i++)
        if (l->set[i].usages)
            l->object[l->n_objects++] = (uint8_t)i;
    int breaks = phrase_set_find(l, SLICE_OF("clause-break"));
    l->clause_break = breaks < 0 ? SETS_MAX : (uint8_t)breaks;
    if (breaks >= 0)
        l->set[breaks].used = l->set[breaks].asked = l->set[breaks].of_phrase = true;
    for (size_t i = 0; i < l->n_rules; i++)
        link_rule(p, &l->rule[i]);
    for (size_t i = 0; i < l->n_rules && !p->faults; i++)
        look_for_objects(l, &l->rule[i]);
    if (l->n_objects == 0)
        phrase_fault_at(p, 1, "give a set a usage: set mining usage tdm", "no set is an object");
    if (!l->look_for)
        phrase_fault_at(p, 1, "add: look-for and parts of the words of all objects",
                        "no 'look-for'");
}
