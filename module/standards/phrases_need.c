/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_need.c - what a text must hold for a set to be found in it: for each alternative a
 * word, or one of several. Nearly all sets stand in nearly no sentence, and a look at the words
 * of a sentence, once for all sets of a language, is cheaper than their programs.
 *
 * Texts and words are compared in small letters. A set of which an alternative needs no word
 * of two bytes is always looked for. Limits: NEED_DEPTH groups in groups, NEEDS_MAX words of a
 * set; what is beyond needs nothing. */
#include "standards/phrases_internal.h"

#include "core/buf.h"

#define NEED_DEPTH 12
#define NEEDS_MAX 600
#define NEED_BYTES_MAX 32 /* of a word; the rest does not tell more */
#define TABLE_SIZE 1024   /* buckets, by the first three bytes, or two of a word of two */
#define POOL_MAX 65535

/* Words of which a text needs one. */
struct needs {
    struct slice v[NEEDS_MAX];
    size_t n;
    size_t least; /* length of the shortest */
    bool none;    /* nothing is needed */
};

struct need_entry {
    uint64_t sets[SETS_MAX / 64];
    uint16_t at; /* in the pool */
    uint16_t next; /* of the bucket, 1 on; 0: the last */
    uint8_t n;
};

struct phrase_needs {
    uint64_t always[SETS_MAX / 64]; /* sets that need nothing */
    uint16_t bucket[TABLE_SIZE];
    uint16_t n, size, pool_n;
    struct need_entry *entry;
    uint8_t *pool;
};

struct needing {
    const struct phrase_language *l;
    struct needs *spare; /* NEED_DEPTH of them, one for each depth */
    unsigned depth;
};

static void need_nothing(struct needs *x)
{
    x->none = true;
    x->n = 0;
    x->least = 0;
}

static void need_add(struct needs *x, struct slice word)
{
    if (x->none)
        return;
    if (x->n == NEEDS_MAX || word.n < 2) {
        need_nothing(x);
        return;
    }
    x->least = x->n == 0 || word.n < x->least ? word.n : x->least;
    x->v[x->n++] = word;
}

static void need_join(struct needs *x, const struct needs *other)
{
    if (other->none)
        need_nothing(x);
    for (size_t i = 0; i < other->n; i++)
        need_add(x, other->v[i]);
}

/* --- reading a pattern --- */

/* The end of a group that begins at `at`, behind its ')'. */
static size_t group_end(struct slice s, size_t at)
{
    size_t depth = 0;
    while (at < s.n) {
        uint8_t c = s.p[at];
        if (c == '(')
            depth++;
        if (c == ')' && --depth == 0)
            return at + 1;
        at = phrase_atom_end(s, at);
    }
    return s.n;
}

/* The quantifier at `at`: its end; *optional if nothing may stand there. */
static size_t quantifier_end(struct slice s, size_t at, bool *optional)
{
    *optional = false;
    if (at >= s.n)
        return at;
    uint8_t c = s.p[at];
    size_t end = at;
    if (c == '?' || c == '*' || c == '+') {
        *optional = c != '+';
        end = at + 1;
    } else if (c == '{' && at + 1 < s.n && ascii_is_digit(s.p[at + 1])) {
        *optional = s.p[at + 1] == '0';
        end = at + slice_find(slice_from(s, at), '}') + 1;
    }
    if (end > at && end < s.n && (s.p[end] == '?' || s.p[end] == '+'))
        end++;
    return end < s.n ? end : s.n;
}

static void needs_of_choice(struct needing *k, struct slice s, struct needs *out);

/* Of a group, or of a set that is taken in: what can be said of it, if it must be there. */
static void consider(struct needing *k, struct slice inner, const struct phrase_set *set,
                     struct needs *best)
{
    if (k->depth == NEED_DEPTH)
        return;
    struct needs *x = &k->spare[k->depth++];
    *x = (struct needs){ .n = 0 };
    if (set)
        for (const struct phrase_alternative *a = set->first; a; a = a->next)
            needs_of_choice(k, a->pattern, x);
    else
        needs_of_choice(k, inner, x);
    k->depth--;
    if (!x->none && x->n && (best->n == 0 || x->least > best->least))
        *best = *x;
}

static void consider_run(struct slice run, struct needs *best)
{
    if (run.n < 2 || (best->n && best->least >= run.n))
        return;
    best->n = 1;
    best->v[0] = run;
    best->least = run.n;
}

/* Is it a character that stands for itself? */
static bool is_plain(uint8_t c)
{
    return c >= 0x80 || !strchr("\\[](){}.?*+^$|", c);
}

/* The first byte of the last character of a run. */
static size_t last_char(struct slice run)
{
    size_t i = run.n - 1;
    while (i && (run.p[i] & 0xC0) == 0x80)
        i--;
    return i;
}

/* The longest plain run from `at` on, and its end; of its last character a quantifier may say
 * that it need not be there. */
static size_t plain_run(struct slice s, size_t at, struct slice *run)
{
    size_t end = at;
    while (end < s.n && is_plain(s.p[end]))
        end++;
    *run = slice_sub(s, at, end - at);
    bool optional;
    size_t after = quantifier_end(s, end, &optional);
    if (optional && run->n)
        run->n = last_char(*run);
    return after;
}

static const struct phrase_set *set_of(const struct needing *k, struct slice name)
{
    int i = phrase_set_find(k->l, name);
    return i < 0 || i == SET_OBJECT ? NULL : &k->l->set[i];
}

/* What one branch needs: the best of its parts. */
static void needs_of_branch(struct needing *k, struct slice s, struct needs *best)
{
    for (size_t at = 0; at < s.n;) {
        struct slice name = phrase_inclusion_at(s, at), run;
        bool optional;
        if (is_plain(s.p[at])) {
            at = plain_run(s, at, &run);
            consider_run(run, best);
            continue;
        }
        size_t begin = at;
        at = name.n             ? at + name.n + 2
             : s.p[at] == '(' ? group_end(s, at)
                                : phrase_atom_end(s, at);
        bool property = s.p[begin] == '\\' && at == begin + 2 && strchr("pPxo", s.p[begin + 1]);
        if (property && at < s.n && s.p[at] == '{')
            at += slice_find(slice_from(s, at), '}') + 1;
        at = at < s.n ? at : s.n;
        size_t end = at;
        at = quantifier_end(s, at, &optional);
        if (optional)
            continue;
        if (name.n && set_of(k, name))
            consider(k, SLICE_EMPTY, set_of(k, name), best);
        else if (s.p[begin] == '(' && end > begin + 2 && s.p[begin + 1] != '?')
            consider(k, slice_sub(s, begin + 1, end - begin - 2), NULL, best);
        else if (s.p[begin] == '(' && end > begin + 4 && s.p[begin + 1] == '?' && s.p[begin + 2] == ':')
            consider(k, slice_sub(s, begin + 3, end - begin - 4), NULL, best);
    }
}

/* Branches that '|' parts: each needs one of its own. */
static void needs_of_choice(struct needing *k, struct slice s, struct needs *out)
{
    for (size_t begin = 0, at = 0; !out->none; at = at < s.n && s.p[at] == '('
                                                        ? group_end(s, at)
                                                        : phrase_atom_end(s, at)) {
        if (at < s.n && s.p[at] != '|')
            continue;
        if (k->depth == NEED_DEPTH) {
            need_nothing(out);
            return;
        }
        struct needs *best = &k->spare[k->depth++];
        *best = (struct needs){ .n = 0 };
        needs_of_branch(k, slice_sub(s, begin, at - begin), best);
        k->depth--;
        if (best->n == 0)
            need_nothing(out);
        else
            need_join(out, best);
        if (at >= s.n)
            return;
        begin = at + 1;
    }
}

/* --- the table --- */

static size_t bucket_of(const uint8_t *p, size_t n)
{
    uint32_t h = p[0] * 961u + p[1] * 31u + (n > 2 ? p[2] : 0u);
    return (h ^ h >> 10) & (TABLE_SIZE - 1);
}

static void add_entry(struct phrase_needs *t, struct slice word, unsigned set)
{
    uint8_t lower[2 * NEED_BYTES_MAX + 8];
    size_t n = phrase_lower(word, lower, sizeof lower);
    uint16_t *first = &t->bucket[bucket_of(lower, n)];
    for (unsigned i = *first; i; i = t->entry[i - 1].next)
        if (t->entry[i - 1].n == n && memcmp(t->pool + t->entry[i - 1].at, lower, n) == 0) {
            t->entry[i - 1].sets[set / 64] |= 1ull << (set % 64);
            return;
        }
    if (n < 2 || t->n == t->size || t->pool_n + n > POOL_MAX) {
        t->always[set / 64] |= 1ull << (set % 64);
        return;
    }
    struct need_entry *e = &t->entry[t->n++];
    *e = (struct need_entry){ .at = t->pool_n, .n = (uint8_t)n, .next = *first };
    e->sets[set / 64] |= 1ull << (set % 64);
    memcpy(t->pool + t->pool_n, lower, n);
    t->pool_n = (uint16_t)(t->pool_n + n);
    *first = t->n;
}

/* At most NEED_BYTES_MAX bytes of it, whole characters. */
static struct slice clipped(struct slice word)
{
    if (word.n <= NEED_BYTES_MAX)
        return word;
    size_t n = NEED_BYTES_MAX;
    while (n && (word.p[n] & 0xC0) == 0x80)
        n--;
    return slice_sub(word, 0, n);
}

static void needs_of_set(struct needing *k, unsigned set, struct needs *x, struct phrase_needs *t)
{
    *x = (struct needs){ .n = 0 };
    for (const struct phrase_alternative *a = k->l->set[set].first; a; a = a->next)
        needs_of_choice(k, a->pattern, x);
    if (x->none || x->n == 0)
        t->always[set / 64] |= 1ull << (set % 64);
    for (size_t i = 0; i < x->n && !x->none; i++)
        add_entry(t, clipped(x->v[i]), set);
}

/* Copied to the size that it has. */
static struct phrase_needs *keep_table(struct arena *arena, const struct phrase_needs *t)
{
    struct phrase_needs *out = arena_take(arena, sizeof *out);
    struct need_entry *entry = arena_take(arena, t->n * sizeof *entry + 1);
    uint8_t *pool = arena_take(arena, t->pool_n + 1u);
    if (!out || !entry || !pool)
        return NULL;
    *out = *t;
    out->entry = memcpy(entry, t->entry, t->n * sizeof *entry);
    out->pool = memcpy(pool, t->pool, t->pool_n);
    return out;
}

const struct phrase_needs *phrase_needs_make(const struct phrase_language *l, struct arena *keep,
                                             struct arena *scratch)
{
    struct phrase_needs *t = arena_alloc(scratch, sizeof *t);
    struct needing k = { .l = l, .spare = arena_take(scratch, NEED_DEPTH * sizeof *k.spare) };
    struct needs *x = arena_take(scratch, sizeof *x);
    if (!t || !k.spare || !x)
        return NULL;
    t->size = 8192;
    t->entry = arena_take(scratch, t->size * sizeof *t->entry);
    t->pool = arena_take(scratch, POOL_MAX);
    if (!t->entry || !t->pool)
        return NULL;
    for (unsigned i = 0; i < l->n_sets; i++)
        if (l->set[i].code)
            needs_of_set(&k, i, x, t);
    return keep_table(keep, t);
}

/* --- looking --- */

static void look_at_bucket(const struct phrase_needs *t, struct slice rest, size_t n,
                           uint64_t sets[SETS_MAX / 64])
{
    for (unsigned i = t->bucket[bucket_of(rest.p, n)]; i; i = t->entry[i - 1].next) {
        const struct need_entry *e = &t->entry[i - 1];
        if (e->n > rest.n || memcmp(t->pool + e->at, rest.p, e->n) != 0)
            continue;
        for (size_t k = 0; k < SETS_MAX / 64; k++)
            sets[k] |= e->sets[k];
    }
}

void phrase_needs_met(const struct phrase_needs *t, struct slice lower,
                      uint64_t sets[SETS_MAX / 64])
{
    memcpy(sets, t->always, sizeof t->always);
    for (size_t i = 0; i + 2 <= lower.n; i++) {
        struct slice rest = slice_from(lower, i);
        if (rest.n > 2)
            look_at_bucket(t, rest, 3, sets);
        look_at_bucket(t, rest, 2, sets);
    }
}
