/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_gate.c - whether a piece of a page is worth reading.
 *
 * The words of look-for stand in three pages of four. Near them must stand the other words that an
 * object needs, and then the object itself; or all parts of a find line that does without. That is
 * left of a few pages in a hundred. */
#include "standards/phrases_need.h"

#define SCRATCH_MAX (24u << 20)
#define NEAR_MAX 1000 /* bytes from the first word to the last; longer objects nobody writes */
#define NEAR_FIND 100 /* what parts of a find line take themselves */
#define AROUND 48 /* bytes around a match that its program may look at */
#define WORK_MAX 400000 /* of one page, about nanoseconds; then it is read */

/* An alternative of an object, or a find line without one. */
struct gate_owner {
    const struct phrase_find *find; /* NULL: the alternative */
    struct phrase_alternative alternative;
    struct phrase_set set; /* of it alone */
    uint8_t language;
    bool at_ends; /* it asks where a sentence ends */
};

struct phrase_gate {
    const struct need_table *table[LANGUAGES_MAX];
    bool open; /* some owner needs no words: all is read */
    struct need_starts starts; /* by group_bits */
    uint64_t at_ends[LANGUAGES_MAX][SETS_MAX / 64]; /* sets that ask where a sentence ends */
    size_t n, programs; /* programs: their bytes */
    struct gate_owner owner[NEED_OWNERS_MAX];
};

/* --- making it --- */

static unsigned at_most(size_t n)
{
    return (unsigned)(n < NEAR_MAX ? n : NEAR_MAX);
}

/* Parts of a find line stand no farther from each other than it says. */
static unsigned near_of_find(const struct phrase_language *l, const struct phrase_find *f)
{
    const struct phrase_word *w = l->function_words;
    size_t wide = l->joined ? 3 : w && w->text.n && w->text.p[0] >= 0xCD ? 2 : 1, near = 0;
    for (size_t i = 0; i < f->here.n; i++)
        near += NEAR_FIND + (i ? f->here.part[i].within : 0u);
    for (size_t i = 0; f->pair && i < f->before.n; i++)
        near += NEAR_FIND + f->before.part[i].within;
    return at_most(near * wide);
}

static bool alternative_at_ends(const struct phrase_language *l, const struct phrase_alternative *a,
                                const uint64_t *known)
{
    for (size_t at = 0; at < a->pattern.n; at = phrase_atom_end(a->pattern, at)) {
        struct slice name = phrase_inclusion_at(a->pattern, at);
        int set = name.n ? phrase_set_find(l, name) : -1;
        if (a->pattern.p[at] == '$' || a->pattern.p[at] == '^' ||
            (set >= 0 && set != SET_OBJECT && known[set / 64] >> (set % 64) & 1))
            return true;
    }
    return false;
}

/* A piece of a page does not show the ends of sentences; sets may take in others. */
static void note_ends(const struct phrase_language *l, uint64_t *sets)
{
    for (bool news = true; news;) {
        news = false;
        for (size_t i = 0; i < l->n_sets; i++)
            for (const struct phrase_alternative *a = l->set[i].first; a; a = a->next)
                if (!(sets[i / 64] >> (i % 64) & 1) && alternative_at_ends(l, a, sets)) {
                    sets[i / 64] |= 1ull << (i % 64);
                    news = true;
                }
    }
}

static struct gate_owner *add_owner(struct phrase_gate *g, size_t language,
                                    const struct phrase_find *find)
{
    struct gate_owner *o = g->n < NEED_OWNERS_MAX ? &g->owner[g->n++] : NULL;
    if (o) {
        o->find = find;
        o->language = (uint8_t)language;
    }
    return o;
}

static bool add_alternative(struct phrase_gate *g, struct needing *k, struct need_table *t,
                            const struct phrase_language *l, size_t language,
                            const struct phrase_alternative *a)
{
    struct gate_owner *o = add_owner(g, language, NULL);
    struct need_owner owner = { .number = (unsigned)g->n - 1, .near = at_most(phrase_length_of(k, a)) };
    size_t n = 0;
    if (!o || !phrase_alternative_set(l, a, &o->alternative, &o->set))
        return false;
    o->at_ends = alternative_at_ends(l, a, g->at_ends[language]);
    g->programs += pcre2_pattern_info(o->set.code, PCRE2_INFO_SIZE, &n) ? 0 : n;
    phrase_needs_add(k, t, a, NULL, &owner);
    return true;
}

static bool add_language(struct phrase_gate *g, struct phrases *p, size_t i)
{
    const struct phrase_language *l = &p->language[i];
    struct arena scratch;
    arena_init(&scratch, SCRATCH_MAX, NULL, 0);
    struct need_table *t = need_table_make(&scratch);
    struct needing *k = phrase_needing(l, &scratch);
    bool good = t && k;
    note_ends(l, g->at_ends[i]);
    for (size_t o = 0; o < l->n_objects && good; o++) {
        const struct phrase_set *set = &l->set[l->object[o]];
        for (const struct phrase_alternative *a = set->first; a && good; a = a->next)
            good = add_alternative(g, k, t, l, i, a);
    }
    for (size_t r = 0; r < l->n_rules && good; r++)
        for (const struct phrase_find *f = l->rule[r].first; f && good; f = f->next) {
            if (l->rule[r].defeats || !l->rule[r].needs_no_object || f->here.names_object ||
                f->before.names_object)
                continue;
            good = add_owner(g, i, f) != NULL;
            struct need_owner owner = { .number = (unsigned)g->n - 1, .near = near_of_find(l, f) };
            if (good)
                phrase_needs_add(k, t, NULL, f, &owner);
        }
    g->table[i] = good ? need_table_keep(t, &p->arena) : NULL;
    arena_reset(&scratch);
    return g->table[i] != NULL;
}

/* Two languages may share one: then text is marked that need not be. */
static uint32_t group_bits(uint64_t languages)
{
    return (uint32_t)(languages | languages >> 32);
}

static const struct phrase_gate *make_gate(struct phrases *p)
{
    struct phrase_gate *g = arena_alloc(&p->arena, sizeof *g);
    bool good = g != NULL;
    for (size_t i = 0; i < p->n && good; i++)
        good = add_language(g, p, i);
    for (size_t i = 0; i < p->n && good; i++) {
        g->open = g->open || need_table_always(g->table[i]);
        need_starts_add(&g->starts, g->table[i], group_bits(1ull << i));
    }
    if (good)
        return g;
    phrase_gate_free(g);
    return NULL;
}

size_t phrase_gate_size(const struct phrase_gate *g)
{
    return g ? g->programs : 0;
}

void phrase_gate_free(const struct phrase_gate *g)
{
    for (size_t i = 0; g && i < g->n; i++)
        pcre2_code_free(g->owner[i].set.code);
}

const struct phrase_gate *phrases_gate(const struct phrases *p)
{
    struct phrases *own = (struct phrases *)p; /* all else of it stays as it is */
    const struct phrase_gate *g = atomic_load(&own->gate);
    if (g)
        return g;
    pthread_mutex_lock(&own->lock);
    g = atomic_load(&own->gate);
    if (!g) {
        g = make_gate(own);
        atomic_store(&own->gate, g);
    }
    pthread_mutex_unlock(&own->lock);
    return g;
}

/* --- asking it --- */

/* Matches that begin between `begin` and `at`, and end before `end`, were looked for. */
struct probe_seen {
    uint16_t begin, at, end;
};

struct phrase_probe {
    const struct phrases *p;
    struct arena *arena;
    const struct phrase_gate *gate; /* NULL: nobody asked yet */
    struct runner run;
    struct folded f;
    uint8_t *lower;
    struct need_last *last;
    bool aligned;
    uint64_t owners[NEED_OWNERS_MAX / 64]; /* that are not looked for: none */
    /* Of this text; set when it is looked at: */
    struct probe_seen seen[NEED_OWNERS_MAX]; /* of each owner */
    struct probe_sets {
        uint64_t asked[SETS_MAX / 64], stand[SETS_MAX / 64];
    } sets[LANGUAGES_MAX]; /* anywhere in it */
};

struct phrase_probe *phrase_probe_open(struct arena *arena, const struct phrases *p)
{
    struct phrase_probe *x = arena_take(arena, sizeof *x);
    if (!x)
        return NULL;
    memset(x, 0, offsetof(struct phrase_probe, seen));
    x->p = p;
    x->arena = arena;
    return x;
}

static bool begin(struct phrase_probe *x)
{
    const struct phrase_gate *g = atomic_load(&x->p->gate); /* made for who reads much */
    if (!g)
        return false;
    x->f.p = arena_take(x->arena, FOLD_MAX);
    x->f.at = arena_take(x->arena, (FOLD_MAX + 1) * sizeof *x->f.at);
    x->lower = arena_take(x->arena, LOWER_MAX);
    x->last = arena_take(x->arena, NEED_LISTS_MAX * sizeof *x->last);
    x->run.work_max = WORK_MAX;
    if (g->open || !x->f.p || !x->f.at || !x->lower || !x->last ||
        !runner_open(&x->run, x->arena))
        return false;
    x->gate = g;
    return true;
}

/* In what a match may lie that holds the words between from and to, and is no longer than `near`. */
static struct probe_seen around(struct slice s, unsigned near, size_t from, size_t to)
{
    size_t begin = to > near + AROUND ? to - near - AROUND : 0;
    size_t end = from + near + AROUND < s.n ? from + near + AROUND : s.n;
    while (begin && (s.p[begin] & 0xC0) == 0x80)
        begin--;
    while (end < s.n && (s.p[end] & 0xC0) == 0x80)
        end++;
    return (struct probe_seen){ (uint16_t)begin, (uint16_t)from, (uint16_t)end };
}

/* Beginning at `last` or before it. Where its program cannot tell, it may. */
static bool stands(struct phrase_probe *x, const struct phrase_set *set, bool at_ends,
                   struct slice text, size_t last)
{
    return at_ends || !set->code || x->run.limited || runner_first(&x->run, set, text, 0, last) >= 0 ||
           x->run.limited;
}

static bool set_stands(struct phrase_probe *x, size_t language, unsigned number, struct slice text)
{
    bool at_ends = x->gate->at_ends[language][number / 64] >> (number % 64) & 1;
    return stands(x, &x->p->language[language].set[number], at_ends, text, text.n);
}

/* Anywhere: several ask. */
static bool stands_anywhere(struct phrase_probe *x, size_t language, unsigned number)
{
    struct probe_sets *known = &x->sets[language];
    uint64_t bit = 1ull << (number % 64);
    if (!(known->asked[number / 64] & bit)) {
        known->asked[number / 64] |= bit;
        if (set_stands(x, language, number, slice_of(x->f.p, x->f.n)))
            known->stand[number / 64] |= bit;
    }
    return known->stand[number / 64] & bit;
}

static size_t cost_of(const struct phrase_language *l, const struct find_part *part)
{
    size_t cost = 1;
    for (size_t j = 0; j < part->n; j++)
        cost += l->set[part->set[j]].weight;
    return cost;
}

static bool part_stands(struct phrase_probe *x, size_t language, const struct find_part *part,
                        struct slice text)
{
    for (size_t j = 0; j < part->n; j++)
        if (stands_anywhere(x, language, part->set[j]) &&
            (text.n == x->f.n || set_stands(x, language, part->set[j], text)))
            return true;
    return false;
}

/* The cheap ones first: mostly one of them does not stand there. */
static bool side_stands(struct phrase_probe *x, size_t language, const struct find_side *side,
                        struct slice text)
{
    const struct phrase_language *l = &x->p->language[language];
    unsigned left = (1u << side->n) - 1;
    if (side->facts & FACT_QUESTION && slice_find(text, '?') == text.n &&
        slice_find(text, ';') == text.n) /* of Greek */
        return false;
    while (left) {
        size_t next = 0, least = SIZE_MAX;
        for (size_t i = 0; i < side->n; i++)
            if (left >> i & 1 && cost_of(l, &side->part[i]) < least)
                least = cost_of(l, &side->part[next = i]);
        if (!part_stands(x, language, &side->part[next], text))
            return false;
        left &= ~(1u << next);
    }
    return true;
}

/* All the words of this one are there. */
static bool look_for_it(void *ctx, unsigned owner, unsigned near, size_t from, size_t to)
{
    struct phrase_probe *x = ctx;
    const struct gate_owner *o = &x->gate->owner[owner];
    struct slice text = slice_of(x->f.p, x->f.n);
    struct probe_seen *seen = &x->seen[owner], now = { 0, UINT16_MAX, UINT16_MAX };
    x->owners[owner / 64] &= ~(1ull << (owner % 64)); /* it may stand elsewhere */
    if (from <= seen->at && from + near <= seen->end && to >= near + seen->begin)
        return false;
    if (x->aligned)
        now = around(text, near, from, to);
    *seen = now;
    text = slice_sub(text, now.begin, (size_t)(now.end - now.begin));
    if (!phrase_language_ready(x->p, o->language))
        return true;
    if (!o->find)
        return (o->alternative.key == SETS_MAX || stands_anywhere(x, o->language, o->alternative.key)) &&
               stands(x, &o->set, o->at_ends, text, (size_t)(now.at - now.begin));
    return side_stands(x, o->language, &o->find->here, text) &&
           (!o->find->pair || side_stands(x, o->language, &o->find->before, text));
}

bool phrase_probe(void *probe, struct slice text)
{
    struct phrase_probe *x = probe;
    if ((!x->gate && !begin(x)) || phrase_fold(text, &x->f) < text.n)
        return true;
    struct slice folded = slice_of(x->f.p, x->f.n);
    uint64_t languages = phrase_literal_owners(x->p, folded);
    if (languages == 0)
        return false; /* what hid a letter hides no such word */
    size_t n = phrase_lower_text(folded, x->lower, LOWER_MAX, &x->aligned);
    memset(x->seen, 0, x->gate->n * sizeof *x->seen);
    memset(x->sets, 0, x->p->n * sizeof *x->sets);
    if (folded.n && !n)
        return true;
    struct need_text t;
    t.text = x->aligned ? folded : SLICE_EMPTY;
    t.lower = slice_of(x->lower, n);
    need_text_mark_for(&t, &x->gate->starts, group_bits(languages));
    for (size_t i = 0; i < x->p->n; i++)
        if (languages >> i & 1 &&
            need_table_look(x->gate->table[i], group_bits(1ull << i), &t, x->last, x->owners,
                            look_for_it, x))
            return true;
    return false;
}
