/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_match.c - what a sentence says in one language.
 *
 * A find line is a search for a chain of spans, one for each part, of which those that follow
 * each other are near enough. It is done over candidates in reading order, each remembering
 * which sets of parts a chain that ends in it can have; so the cost is the square of the
 * candidates, at most PARTS_MAX * SPANS_MAX * 2, whatever the text.
 *
 * A phrase whose unit is the sentence is first looked for in each clause, so that what defeats
 * one clause leaves the others alone, and only then across them. */
#include "standards/phrases_internal.h"

#define CANDIDATES_MAX (2 * PARTS_MAX * SPANS_MAX)
#define SEGMENTS_MAX 3

struct segment {
    uint8_t field;
    uint16_t from, to;
};

struct unit {
    struct segment v[SEGMENTS_MAX];
    size_t n;
};

/* A span that may be a link of the chain. */
struct link {
    uint8_t part;
    uint8_t segment;
    bool anchor; /* a chain needs one that is */
    struct range r;
    uint32_t at, end; /* in characters of the unit */
};

struct chain {
    struct link v[2 * PARTS_MAX];
    size_t n;
};

struct looking {
    struct matcher *m;
    const struct situation *s;
    const struct phrase_trace *trace;
    struct verdict *v;
    uint8_t object; /* in the sentence or the one before: 0 unknown, 1 no, 2 yes */
    uint8_t defeated[RULES_MAX]; /* of each defeater but of clauses: 0 unknown, 1 no, 2 yes */
};

/* --- units --- */

static void unit_add(struct unit *u, unsigned field, size_t from, size_t to)
{
    if (from < to)
        u->v[u->n++] = (struct segment){ (uint8_t)field, (uint16_t)from, (uint16_t)to };
}

static void unit_whole(struct looking *k, struct unit *u, unsigned field)
{
    unit_add(u, field, 0, k->m->field[field].n);
}

/* `clause`: index, for UNIT_CLAUSE. */
static struct unit unit_make(struct looking *k, unsigned kind, size_t clause)
{
    struct unit u = { .n = 0 };
    const struct clauses *c = &k->s->clauses;
    switch (kind) {
    case UNIT_CLAUSE:
        unit_add(&u, FIELD_HERE, 0, c->intro);
        unit_add(&u, FIELD_HERE, c->v[clause].at, c->v[clause].end);
        break;
    case UNIT_PAIR:
        unit_whole(k, &u, FIELD_BEFORE);
        unit_whole(k, &u, FIELD_HERE);
        break;
    case UNIT_SECTION:
        unit_whole(k, &u, FIELD_HEADING);
        unit_add(&u, FIELD_HERE, 0, k->s->intro);
        unit_whole(k, &u, FIELD_BLOCK);
        break;
    case UNIT_BLOCK:
        unit_add(&u, FIELD_HERE, 0, k->s->intro);
        unit_whole(k, &u, FIELD_BLOCK);
        break;
    case UNIT_PAGE: unit_whole(k, &u, FIELD_PAGE); break;
    default: unit_whole(k, &u, FIELD_HERE); break;
    }
    return u;
}

static bool in_segment(const struct segment *g, const struct range *r)
{
    return r->at >= g->from && r->end <= g->to;
}

static bool occurs(struct looking *k, const struct unit *u, unsigned set)
{
    for (size_t g = 0; g < u->n; g++) {
        size_t n;
        const struct range *v = field_spans(k->m, u->v[g].field, set, &n);
        for (size_t i = 0; i < n; i++)
            if (in_segment(&u->v[g], &v[i]))
                return true;
    }
    return false;
}

/* --- candidates --- */

/* Blanks, marks, and "A:", "1.", "(b)" may stand before the beginning. */
static bool is_beginning(const struct field *f, size_t from, size_t at)
{
    for (size_t i = from; i <= at;) {
        size_t n = 0;
        while (i < at && !ascii_is_alnum(f->p[i]) && f->p[i] < 0x80)
            i++;
        if (i == at)
            return true;
        size_t mark = i;
        while (mark < at && (f->p[mark] >= 0x80) && n++ < 3)
            mark++; /* a bullet */
        while (mark < at && ascii_is_alnum(f->p[mark]) && mark - i < 3)
            mark++;
        if (mark == i || mark >= at || !strchr(" .):", f->p[mark]))
            return false;
        if (f->p[mark] == ' ' && n == 0)
            return false; /* a word */
        i = mark + 1;
    }
    return true;
}

static bool is_object(const struct phrase_language *l, unsigned set)
{
    return set == SET_OBJECT || l->set[set].usages != 0;
}

struct gathering {
    const struct unit *unit;
    bool anchored;  /* only what stands in the sentence itself is an anchor */
    bool by_object; /* and only if it is an object */
    struct link v[CANDIDATES_MAX];
    size_t n;
};

static bool is_anchor(const struct looking *k, const struct gathering *c,
                      const struct segment *g, const struct range *r, unsigned set)
{
    if (!c->anchored || g->field == FIELD_HERE)
        return g->field == FIELD_HERE || !c->anchored;
    if (g->field != FIELD_BLOCK || r->at < k->s->in_block.at || r->end > k->s->in_block.end)
        return false;
    return !c->by_object || is_object(k->m->l, set);
}

static void gather_set(struct looking *k, struct gathering *c, const struct find_part *part,
                       size_t number, unsigned set)
{
    for (size_t g = 0; g < c->unit->n; g++) {
        const struct segment *seg = &c->unit->v[g];
        size_t n;
        const struct range *v = field_spans(k->m, seg->field, set, &n);
        for (size_t i = 0; i < n && c->n < CANDIDATES_MAX; i++) {
            if (!in_segment(seg, &v[i]))
                continue;
            if (part->begins && !is_beginning(&k->m->field[seg->field], seg->from, v[i].at))
                continue;
            c->v[c->n++] = (struct link){ .part = (uint8_t)number, .segment = (uint8_t)g,
                                          .anchor = is_anchor(k, c, seg, &v[i], set),
                                          .r = v[i] };
        }
    }
}

/* Insertion: the spans of each set are in order already. */
static void sort_links(struct gathering *c)
{
    for (size_t i = 1; i < c->n; i++) {
        struct link x = c->v[i];
        size_t j = i;
        for (; j; j--) {
            const struct link *y = &c->v[j - 1];
            if (y->segment < x.segment || (y->segment == x.segment && y->r.at <= x.r.at))
                break;
            c->v[j] = *y;
        }
        c->v[j] = x;
    }
}

static uint32_t characters(const struct field *f, size_t from, size_t to)
{
    uint32_t n = 0;
    for (size_t i = from; i < to; i++)
        n += (f->p[i] & 0xC0) != 0x80;
    return n;
}

/* Places in characters, counted through the segments of the unit. */
static void place_links(struct looking *k, struct gathering *c)
{
    uint32_t before = 0;
    size_t i = 0;
    for (size_t g = 0; g < c->unit->n; g++) {
        const struct segment *seg = &c->unit->v[g];
        const struct field *f = &k->m->field[seg->field];
        size_t at = seg->from;
        for (; i < c->n && c->v[i].segment == g; i++) {
            before += characters(f, at, c->v[i].r.at);
            at = c->v[i].r.at;
            c->v[i].at = before;
            c->v[i].end = before + characters(f, at, c->v[i].r.end);
        }
        before += characters(f, at, seg->to) + 1;
    }
}

static bool may_hold_object(struct matcher *m, unsigned field)
{
    for (size_t o = 0; o < m->l->n_objects; o++)
        if (field_may_hold(m, field, m->l->object[o]))
            return true;
    return false;
}

/* By the words that its sets need, and by what was looked for already. */
static bool part_may_stand(struct matcher *m, unsigned field, const struct find_part *part)
{
    for (size_t j = 0; j < part->n; j++) {
        unsigned set = part->set[j];
        if (set == SET_OBJECT && m->field[field].state[set] == 0 ? may_hold_object(m, field)
                                                                 : field_may_hold(m, field, set))
            return true;
    }
    return false;
}

static bool part_may_occur(struct looking *k, const struct unit *u, const struct find_part *part)
{
    for (size_t g = 0; g < u->n; g++)
        if (part_may_stand(k->m, u->v[g].field, part))
            return true;
    return false;
}

static bool part_occurs(struct looking *k, const struct unit *u, const struct find_part *part)
{
    for (size_t j = 0; j < part->n; j++)
        if (occurs(k, u, part->set[j]))
            return true;
    return false;
}

/* What looking for it costs, about: programs that were not run yet. */
static uint32_t cost_of(const struct looking *k, const struct unit *u, const struct find_part *part)
{
    uint32_t cost = 1;
    for (size_t j = 0; j < part->n; j++)
        for (size_t g = 0; g < u->n; g++) {
            unsigned set = part->set[j];
            if (k->m->field[u->v[g].field].state[set] == 0)
                cost += set == SET_OBJECT ? 1000u : k->m->l->set[set].weight;
        }
    return cost;
}

/* Does each part occur? The cheap ones are looked for first: mostly one of them does not. */
static bool parts_occur(struct looking *k, const struct unit *u, const struct find_side *side)
{
    unsigned left = (1u << side->n) - 1;
    for (size_t i = 0; i < side->n; i++)
        if (!part_may_occur(k, u, &side->part[i]))
            return false;
    while (left) {
        uint32_t least = UINT32_MAX;
        size_t next = 0;
        for (size_t i = 0; i < side->n; i++) {
            uint32_t cost = left >> i & 1 ? cost_of(k, u, &side->part[i]) : UINT32_MAX;
            next = cost < least ? i : next;
            least = cost < least ? cost : least;
        }
        if (!part_occurs(k, u, &side->part[next]))
            return false;
        left &= ~(1u << next);
    }
    return true;
}

static void gather(struct looking *k, struct gathering *c, const struct find_side *side)
{
    c->by_object = side->names_object;
    c->n = 0;
    if (!parts_occur(k, c->unit, side))
        return;
    for (size_t i = 0; i < side->n; i++) {
        size_t had = c->n;
        for (size_t j = 0; j < side->part[i].n; j++)
            gather_set(k, c, &side->part[i], i, side->part[i].set[j]);
        if (c->n == had) {
            c->n = 0;
            return;
        }
    }
    sort_links(c);
    place_links(k, c);
    k->m->run.work += c->n * c->n * 2;
}

/* --- chains --- */

/* Bit m of a state: a chain that ends here has the parts of the set m. [1]: with an anchor. */
typedef uint64_t state[2];

static const uint64_t without[PARTS_MAX] = { 0x5555555555555555u, 0x3333333333333333u,
                                             0x0F0F0F0F0F0F0F0Fu, 0x00FF00FF00FF00FFu,
                                             0x0000FFFF0000FFFFu, 0x00000000FFFFFFFFu };

static bool may_follow(const struct find_side *side, const struct link *a, const struct link *b)
{
    if (side->ordered && (b->part != a->part + 1 || b->at < a->end))
        return false;
    return b->at <= a->end || b->at - a->end <= side->part[b->part].within;
}

static void reach(const struct find_side *side, const struct gathering *c, size_t i, state *s)
{
    const struct link *x = &c->v[i];
    s[i][0] = s[i][1] = 0;
    if (!side->ordered || x->part == 0)
        s[i][x->anchor] = 1ull << (1u << x->part);
    for (size_t j = 0; j < i; j++) {
        if (c->v[j].part == x->part || !may_follow(side, &c->v[j], x))
            continue;
        for (unsigned a = 0; a < 2; a++)
            s[i][a | x->anchor] |= (s[j][a] & without[x->part]) << (1u << x->part);
    }
}

/* The chain that ends in i, from its end. */
static void walk_back(const struct find_side *side, const struct gathering *c, state *s, size_t i,
                      struct chain *out)
{
    unsigned mask = (1u << side->n) - 1, anchored = 1;
    for (;;) {
        const struct link *x = &c->v[i];
        out->v[out->n++] = *x;
        mask &= ~(1u << x->part);
        if (mask == 0)
            return;
        size_t j = i;
        unsigned a = 0;
        for (bool found = false; !found && j-- > 0;)
            for (a = 0; a < 2 && !found; a++)
                found = (a | x->anchor) == anchored && (s[j][a] >> mask & 1) &&
                        c->v[j].part != x->part && may_follow(side, &c->v[j], x);
        if (j == SIZE_MAX)
            return; /* cannot be */
        anchored = a - 1;
        i = j;
    }
}

static bool find_chain(struct looking *k, const struct find_side *side, struct gathering *c,
                       struct chain *out)
{
    state s[CANDIDATES_MAX];
    unsigned all = (1u << side->n) - 1;
    gather(k, c, side);
    for (size_t i = 0; i < c->n; i++) {
        reach(side, c, i, s);
        if (!(s[i][1] >> all & 1))
            continue;
        walk_back(side, c, s, i, out);
        return true;
    }
    return false;
}

/* --- find lines --- */

static bool facts_hold(unsigned facts, const struct find_side *side)
{
    return (side->facts & ~facts) == 0 && (side->not_facts & facts) == 0;
}

/* `declared`: in which what must not occur is looked for. */
static bool side_holds(struct looking *k, const struct find_side *side, const struct unit *u,
                       const struct unit *declared, bool anchored, struct chain *out)
{
    struct gathering c = { .unit = u, .anchored = anchored };
    for (size_t i = 0; i < side->n_never; i++)
        if (occurs(k, declared, side->never[i]))
            return false;
    return side->n == 0 || find_chain(k, side, &c, out);
}

static bool pair_holds(struct looking *k, const struct phrase_find *f, struct chain *out)
{
    struct unit before = { .n = 0 }, here = { .n = 0 };
    struct chain unused = { .n = 0 };
    unit_whole(k, &before, FIELD_BEFORE);
    unit_whole(k, &here, FIELD_HERE);
    return facts_hold(k->s->before_facts, &f->before) &&
           side_holds(k, &f->before, &before, &before, false, &unused) &&
           side_holds(k, &f->here, &here, &here, false, out);
}

static bool find_holds(struct looking *k, const struct phrase_find *f, const struct unit *u,
                       const struct unit *declared, bool anchored, struct chain *out)
{
    out->n = 0;
    if (!facts_hold(k->s->facts, &f->here))
        return false;
    return f->pair ? pair_holds(k, f, out) : side_holds(k, &f->here, u, declared, anchored, out);
}

/* Does a set of 'unless' occur? */
static bool unless_found(struct looking *k, const struct phrase_rule *rule,
                         const struct unit *declared)
{
    for (size_t i = 0; i < rule->n_unless; i++)
        if (occurs(k, declared, rule->unless[i]))
            return true;
    return false;
}

/* --- defeaters --- */

static bool defeats_in(struct looking *k, const struct phrase_rule *d, size_t clause)
{
    struct unit u = unit_make(k, d->unit, clause);
    struct chain chain;
    if (unless_found(k, d, &u))
        return false;
    for (const struct phrase_find *f = d->first; f; f = f->next)
        if (find_holds(k, f, &u, &u, false, &chain))
            return true;
    return false;
}

/* Bits of the clauses in which spans of the chain stand; of an introduction alone: all. */
static uint32_t clauses_of(const struct looking *k, const struct unit *u,
                           const struct chain *chain)
{
    const struct clauses *c = &k->s->clauses;
    uint32_t bits = 0;
    for (size_t i = 0; i < chain->n; i++) {
        if (u->n && u->v[chain->v[i].segment].field != FIELD_HERE)
            continue;
        for (size_t j = 0; j < c->n; j++)
            if (chain->v[i].r.end > c->v[j].at && chain->v[i].r.at < c->v[j].end)
                bits |= 1u << j;
    }
    return bits ? bits : UINT32_MAX;
}

static bool defeater_holds(struct looking *k, size_t index, uint32_t clauses)
{
    const struct phrase_rule *d = &k->m->l->rule[index];
    if (d->unit == UNIT_CLAUSE) {
        for (size_t j = 0; j < k->s->clauses.n; j++)
            if ((clauses >> j & 1) && defeats_in(k, d, j))
                return true;
        return false;
    }
    if (k->defeated[index] == 0)
        k->defeated[index] = defeats_in(k, d, 0) ? 2 : 1;
    return k->defeated[index] == 2;
}

static bool is_defeated(struct looking *k, const struct phrase_rule *rule, uint32_t clauses)
{
    const struct phrase_language *l = k->m->l;
    bool any = false;
    for (size_t i = 0; i < l->n_rules && !(any && !k->trace); i++) {
        if (!l->rule[i].defeats || (rule->despite[i / 64] >> (i % 64) & 1))
            continue;
        if (!defeater_holds(k, i, clauses))
            continue;
        any = true;
        if (k->trace)
            k->trace->found(k->trace->ctx, l, rule, &l->rule[i]);
    }
    return any;
}

/* --- phrases --- */

static usage_set usages_in(struct looking *k, const struct find_side *side, const struct unit *u)
{
    const struct phrase_language *l = k->m->l;
    usage_set out = 0;
    for (size_t i = 0; i < side->n; i++)
        for (size_t j = 0; j < side->part[i].n; j++) {
            unsigned set = side->part[i].set[j];
            if (set != SET_OBJECT) {
                out |= l->set[set].usages && occurs(k, u, set) ? l->set[set].usages : 0;
                continue;
            }
            for (size_t o = 0; o < l->n_objects; o++)
                if (occurs(k, u, l->object[o]))
                    out |= l->set[l->object[o]].usages;
        }
    return out;
}

static usage_set usages_found(struct looking *k, const struct phrase_rule *rule,
                              const struct phrase_find *f, const struct unit *u)
{
    if (rule->usages)
        return rule->usages;
    struct unit before = { .n = 0 }, here = { .n = 0 };
    unit_whole(k, &before, FIELD_BEFORE);
    unit_whole(k, &here, FIELD_HERE);
    usage_set out = usages_in(k, &f->here, f->pair ? &here : u);
    return out | (f->pair ? usages_in(k, &f->before, &before) : 0);
}

static void note_hit(struct looking *k, const struct phrase_rule *rule, usage_set usages)
{
    struct verdict *v = k->v;
    if (k->trace)
        k->trace->found(k->trace->ctx, k->m->l, rule, NULL);
    v->says = true;
    if (rule->grade < v->grade)
        return;
    if (rule->grade > v->grade) {
        v->grade = rule->grade;
        v->rule = rule;
        v->usages = 0; /* what is less clear says nothing of what is said clearly */
    }
    v->usages |= usages;
}

static bool has_object(struct looking *k)
{
    size_t n = 0;
    if (k->object == 0) {
        field_spans(k->m, FIELD_HERE, SET_OBJECT, &n);
        if (n == 0 && k->m->l->looks_back)
            field_spans(k->m, FIELD_BEFORE, SET_OBJECT, &n);
        k->object = n ? 2 : 1;
    }
    return k->object == 2;
}

enum outcome { NOTHING, DEFEATED, HIT };

static enum outcome attempt(struct looking *k, const struct phrase_rule *rule,
                            const struct phrase_find *f, const struct unit *u, uint32_t clauses)
{
    struct unit declared = rule->unit == UNIT_CLAUSE ? *u : unit_make(k, rule->unit, 0);
    struct chain chain;
    bool anchored = rule->unit > UNIT_SENTENCE;
    if (!find_holds(k, f, u, &declared, anchored, &chain) ||
        (!rule->needs_no_object && !has_object(k)))
        return NOTHING;
    if (unless_found(k, rule, &declared)) {
        if (k->trace)
            k->trace->found(k->trace->ctx, k->m->l, rule, rule);
        return NOTHING;
    }
    struct unit here = { .n = 0 };
    unit_whole(k, &here, FIELD_HERE);
    if (!clauses)
        clauses = clauses_of(k, f->pair ? &here : u, &chain);
    if (is_defeated(k, rule, clauses)) {
        k->v->says = true;
        return DEFEATED;
    }
    note_hit(k, rule, usages_found(k, rule, f, u));
    return HIT;
}

static enum outcome in_clauses(struct looking *k, const struct phrase_rule *rule,
                               const struct phrase_find *f)
{
    enum outcome best = NOTHING;
    for (size_t j = 0; j < k->s->clauses.n && best != HIT; j++) {
        struct unit u = unit_make(k, UNIT_CLAUSE, j);
        enum outcome o = attempt(k, rule, f, &u, 1u << j);
        best = o > best ? o : best;
    }
    return best;
}

static enum outcome try_find(struct looking *k, const struct phrase_rule *rule,
                             const struct phrase_find *f)
{
    enum outcome o = NOTHING;
    if (!f->pair && rule->unit <= UNIT_SENTENCE &&
        (rule->unit == UNIT_CLAUSE || k->s->clauses.n > 1))
        o = in_clauses(k, rule, f);
    if (o != NOTHING || (rule->unit == UNIT_CLAUSE && !f->pair))
        return o;
    struct unit u = unit_make(k, rule->unit, 0);
    return attempt(k, rule, f, &u, 0);
}

static void try_rule(struct looking *k, const struct phrase_rule *rule)
{
    for (const struct phrase_find *f = rule->first; f && !k->m->run.limited; f = f->next) {
        if (k->s->facts & FACTS_SILENT & ~f->here.facts)
            continue;
        if (f->pair && (k->s->before_facts & FACTS_SILENT_BEFORE & ~f->before.facts))
            continue;
        if (try_find(k, rule, f) == HIT)
            return;
    }
}

static void trace_spans(struct looking *k)
{
    const struct phrase_language *l = k->m->l;
    for (unsigned field = 0; field < FIELD_COUNT; field++)
        for (unsigned set = 0; set < l->n_sets; set++) {
            const struct field *f = &k->m->field[field];
            for (unsigned i = 0; i + 1 < f->state[set]; i++)
                k->trace->spans(k->trace->ctx, l, &l->set[set], field,
                                slice_of(f->p + k->m->span[field][set][i].at,
                                         (size_t)(k->m->span[field][set][i].end - k->m->span[field][set][i].at)));
        }
}

/* --- what cannot be --- */

static bool side_may_hold(struct matcher *m, const struct find_side *side, const unsigned *field,
                          size_t n)
{
    for (size_t i = 0; i < side->n; i++) {
        bool may = false;
        for (size_t g = 0; g < n && !may; g++)
            may = part_may_stand(m, field[g], &side->part[i]);
        if (!may)
            return false;
    }
    return true;
}

/* A find line of a unit beyond the pair starts from an object in the sentence, if it names one. */
static bool find_may_hold(struct matcher *m, const struct phrase_rule *rule,
                          const struct phrase_find *f, bool object_here)
{
    static const unsigned fields[] = { FIELD_HERE, FIELD_BEFORE, FIELD_BLOCK, FIELD_HEADING,
                                       FIELD_PAGE };
    if (f->pair)
        return side_may_hold(m, &f->here, fields, 1) && side_may_hold(m, &f->before, fields + 1, 1);
    if (rule->unit <= UNIT_SENTENCE)
        return side_may_hold(m, &f->here, fields, 1);
    if (!object_here && rule->unit > UNIT_PAIR && f->here.names_object)
        return false;
    return side_may_hold(m, &f->here, fields, rule->unit == UNIT_PAIR ? 2 : FIELD_COUNT);
}

bool match_may_say(struct matcher *m, const struct situation *s)
{
    bool here = may_hold_object(m, FIELD_HERE);
    bool object = here || (m->l->looks_back && may_hold_object(m, FIELD_BEFORE));
    if (!object && !m->l->needs_no_object)
        return false;
    for (size_t i = 0; i < m->l->n_rules; i++) {
        const struct phrase_rule *rule = &m->l->rule[i];
        if (rule->defeats || (!object && !rule->needs_no_object))
            continue;
        for (const struct phrase_find *f = rule->first; f; f = f->next)
            if (facts_hold(s->facts, &f->here) && find_may_hold(m, rule, f, here))
                return true;
    }
    return false;
}

void match_sentence(struct matcher *m, const struct situation *s, const struct phrase_trace *trace,
                    struct verdict *v)
{
    struct looking k = { .m = m, .s = s, .trace = trace, .v = v };
    *v = (struct verdict){ .says = false };
    for (size_t i = 0; i < m->l->n_rules && !m->run.limited; i++)
        if (!m->l->rule[i].defeats)
            try_rule(&k, &m->l->rule[i]);
    if (trace)
        trace_spans(&k);
    if (m->run.limited)
        *v = (struct verdict){ .says = false };
}
