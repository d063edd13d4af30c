/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_need.c - what a text must hold for a set to be found in it: for each alternative a
 * word, or one of several, and a second one if it has two such parts ("train … AI"). Nearly all
 * sets stand in nearly no sentence, and a look at the words of a sentence, once for all sets of a
 * language, is cheaper than their programs.
 *
 * Texts and words are compared in small letters, but for words of which case matters. A set of
 * which an alternative needs no word of two bytes is always looked for. Limits: NEED_DEPTH / 3
 * groups in groups, NEEDS_MAX words of a set; what is beyond needs nothing. */
#include "standards/phrases_internal.h"

#include "core/buf.h"

#include <utf8proc.h>

#define NEED_DEPTH 24 /* at most three for a group */
#define NEEDS_MAX 900
#define VARIANTS_MAX 8
#define OPTIONS_MAX 4     /* of one character */
#define RUN_BYTES_MAX 64
#define NEED_BYTES_MAX 32 /* of a word; the rest does not tell more */
#define TABLE_SIZE 1024   /* buckets, by the first three bytes, or two of a word of two */
#define POOL_MAX 65535

/* A word, and what is known of where it stands. */
struct need_word {
    struct slice text;
    bool exact;        /* case matters */
    bool begins, ends; /* no letter or digit stands on that side */
};

/* Words of which a text needs one. */
struct needs {
    struct need_word v[NEEDS_MAX];
    size_t n;
    unsigned worst; /* the score of the one that tells least */
    bool none;      /* nothing is needed */
};

/* What an alternative needs: one word of either list. */
struct needed {
    struct needs best, second;
};

struct need_entry {
    uint16_t sets; /* index: which sets have it in their first list, and their second */
    uint16_t at; /* in the pool */
    uint16_t next; /* of the bucket, 1 on; 0: the last */
    uint8_t n;
    uint8_t head[3]; /* its first bytes in small letters; of a word of two, two */
    bool exact, begins, ends;
};

/* Sets, by list. */
struct need_sets {
    uint64_t v[2][SETS_MAX / 64];
};

struct phrase_needs {
    uint64_t always[2][SETS_MAX / 64]; /* sets that need nothing */
    uint16_t at_word[TABLE_SIZE]; /* of words that begin with a blank, or behind no letter or digit */
    uint16_t anywhere[TABLE_SIZE];
    uint64_t two[4]; /* bits of first bytes of words of two */
    uint16_t n, size, pool_n;
    struct need_entry *entry;
    struct need_sets *sets; /* of entries, each once */
    uint16_t n_sets;
    uint8_t *pool; /* small letters, but of exact ones */
};

struct needing {
    const struct phrase_language *l;
    struct arena *scratch;
    struct needed *spare; /* NEED_DEPTH of them, one for each depth */
    unsigned depth;
    bool exact; /* the alternative that is looked at is */
};

/* The ways in which a run of characters may be written: "trainings?-?daten" in four. */
struct run {
    uint8_t text[VARIANTS_MAX][RUN_BYTES_MAX];
    size_t length[VARIANTS_MAX];
    size_t n;
};

/* The edges of a part of a pattern: whether letters and digits end there. */
struct edges {
    bool begins, ends;
};

static void need_nothing(struct needs *x)
{
    x->none = true;
    x->n = 0;
    x->worst = 0;
}

static bool is_function_word(const struct phrase_language *l, struct slice word)
{
    word = slice_trim_space(word);
    for (const struct phrase_word *w = l->function_words; w && word.n <= 6; w = w->next)
        if (slice_eq_nocase(w->text, word))
            return true;
    return false;
}

/* The longer the rarer; words of every sentence tell next to nothing. */
static unsigned score_of(const struct phrase_language *l, const struct need_word *w)
{
    if (is_function_word(l, w->text))
        return 1;
    return (unsigned)w->text.n + w->exact + w->begins + w->ends;
}

static void need_add(struct needing *k, struct needs *x, const struct need_word *w)
{
    if (x->none)
        return;
    if (x->n == NEEDS_MAX || w->text.n < 2) {
        need_nothing(x);
        return;
    }
    unsigned score = score_of(k->l, w);
    x->worst = x->n == 0 || score < x->worst ? score : x->worst;
    x->v[x->n++] = *w;
}

static void need_join(struct needing *k, struct needs *x, const struct needs *other)
{
    if (other->none)
        need_nothing(x);
    for (size_t i = 0; i < other->n; i++)
        need_add(k, x, &other->v[i]);
}

static void need_copy(struct needs *to, const struct needs *from)
{
    memcpy(to->v, from->v, from->n * sizeof *to->v);
    to->n = from->n;
    to->worst = from->worst;
    to->none = from->none;
}

static void need_clear(struct needed *x)
{
    x->best.n = x->second.n = 0;
    x->best.worst = x->second.worst = 0;
    x->best.none = x->second.none = false;
}

/* The two that tell most are kept. */
static void need_offer(struct needed *x, const struct needs *offer)
{
    if (offer->none || offer->n == 0)
        return;
    if (x->best.n == 0 || offer->worst > x->best.worst) {
        need_copy(&x->second, &x->best);
        need_copy(&x->best, offer);
    } else if (x->second.n == 0 || offer->worst > x->second.worst) {
        need_copy(&x->second, offer);
    }
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

static void needs_of_choice(struct needing *k, struct slice s, struct edges e, struct needed *out);

static void needs_of_alternative(struct needing *k, const struct phrase_alternative *a,
                                 struct needed *out)
{
    bool was = k->exact;
    struct edges e = { !a->open_left && !k->l->joined, !a->open_right && !k->l->joined };
    k->exact = a->exact;
    needs_of_choice(k, a->pattern, e, out);
    k->exact = was;
}

/* Of a group, or of a set that is taken in: what can be said of it, if it must be there. */
static void consider(struct needing *k, struct slice inner, const struct phrase_set *set,
                     struct edges e, struct needed *out)
{
    if (k->depth == NEED_DEPTH)
        return;
    struct needed *x = &k->spare[k->depth++];
    need_clear(x);
    if (set)
        for (const struct phrase_alternative *a = set->first; a; a = a->next)
            needs_of_alternative(k, a, x);
    else
        needs_of_choice(k, inner, e, x);
    k->depth--;
    need_offer(out, &x->best);
    if (x->second.n && !x->second.none)
        need_offer(out, &x->second);
}

/* Words end at letters and digits. */
static bool is_of_word(struct slice s, size_t at)
{
    size_t len;
    uint32_t c = phrase_char(s.p, s.n, at, &len);
    if (c < 0x80)
        return ascii_is_alnum((uint8_t)c);
    utf8proc_category_t g = utf8proc_category((int32_t)c);
    return (g >= UTF8PROC_CATEGORY_LU && g <= UTF8PROC_CATEGORY_LO) ||
           (g >= UTF8PROC_CATEGORY_ND && g <= UTF8PROC_CATEGORY_NO);
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

/* What one character of a pattern may be: "" among them when it need not be there. */
struct choice {
    struct slice v[OPTIONS_MAX + 1];
    size_t n, end;
};

static size_t char_length(struct slice s, size_t at)
{
    size_t len = 1;
    while (at + len < s.n && (s.p[at + len] & 0xC0) == 0x80)
        len++;
    return len;
}

/* The characters of a class, if they are few and written one by one. */
static void class_choice(struct slice s, size_t at, struct choice *c)
{
    for (at++; at < s.n && s.p[at] != ']'; at += char_length(s, at)) {
        bool range = at + 1 < s.n && s.p[at] == '-' && c->n && s.p[at + 1] != ']';
        if (c->n == OPTIONS_MAX || range || strchr("\\[^", s.p[at])) {
            c->n = 0;
            return;
        }
        c->v[c->n++] = slice_sub(s, at, char_length(s, at));
    }
    c->end = at + 1;
}

/* The character at `at` with its quantifier; none: it is something else. */
static struct choice choice_at(struct slice s, size_t at)
{
    struct choice c = { .n = 0 };
    if (is_plain(s.p[at])) {
        c.v[c.n++] = slice_sub(s, at, char_length(s, at));
        c.end = at + char_length(s, at);
    } else if (s.p[at] == '\\' && at + 1 < s.n && s.p[at + 1] > ' ' && s.p[at + 1] < 0x7F &&
               !ascii_is_alnum(s.p[at + 1])) {
        c.v[c.n++] = slice_sub(s, at + 1, 1);
        c.end = at + 2;
    } else if (s.p[at] == '[') {
        class_choice(s, at, &c);
    }
    if (c.n == 0 || c.end >= s.n || !strchr("?*+{", s.p[c.end]))
        return c;
    bool once = s.p[c.end] == '?' && !(c.end + 1 < s.n && strchr("?+", s.p[c.end + 1]));
    bool set = s.p[c.end] == '{' && phrase_inclusion_at(s, c.end).n;
    if (once) {
        c.v[c.n++] = SLICE_EMPTY;
        c.end++;
    } else if (!set) {
        c.n = 0;
    }
    return c;
}

/* Each of the run with each of the choice; false: too many, or too long. */
static bool multiply(struct run *r, const struct choice *c)
{
    struct run was = *r;
    if (r->n * c->n > VARIANTS_MAX)
        return false;
    r->n = 0;
    for (size_t i = 0; i < was.n; i++)
        for (size_t k = 0; k < c->n; k++) {
            size_t to = r->n++;
            if (was.length[i] + c->v[k].n > RUN_BYTES_MAX) {
                *r = was;
                return false;
            }
            memcpy(r->text[to], was.text[i], was.length[i]);
            if (c->v[k].n)
                memcpy(r->text[to] + was.length[i], c->v[k].p, c->v[k].n);
            r->length[to] = was.length[i] + c->v[k].n;
        }
    return true;
}

/* A run of characters of a branch s from `at` on, of which `e` says how it begins and ends.
 * Returns its end. */
static size_t consider_run(struct needing *k, struct slice s, size_t at, struct edges e,
                           struct needed *out, struct needs *x)
{
    struct run r = { .n = 1 };
    size_t end = at;
    while (end < s.n) {
        struct choice c = choice_at(s, end);
        if (c.n == 0 || !multiply(&r, &c))
            break;
        end = c.end;
    }
    x->n = 0;
    x->none = end == at;
    for (size_t i = 0; i < r.n && !x->none; i++) {
        struct need_word w = { .exact = k->exact };
        w.text = arena_copy(k->scratch, slice_of(r.text[i], r.length[i]), RUN_BYTES_MAX);
        w.begins = w.text.n && at == 0 && e.begins && is_of_word(w.text, 0);
        w.ends = w.text.n && end == s.n && e.ends && is_of_word(w.text, last_char(w.text));
        need_add(k, x, &w);
    }
    need_offer(out, x);
    return end;
}

static const struct phrase_set *set_of(const struct needing *k, struct slice name)
{
    int i = phrase_set_find(k->l, name);
    return i < 0 || i == SET_OBJECT ? NULL : &k->l->set[i];
}

/* Of the part s[begin..end) of a branch, with its quantifier s[begin..after): a blank beside it
 * ends words, too. */
static struct edges edges_of(struct slice s, size_t begin, size_t end, size_t after,
                             struct edges e)
{
    bool once = end == after;
    bool blank = after < s.n && s.p[after] == ' ' &&
                 !(after + 1 < s.n && strchr("?*{", s.p[after + 1]));
    return (struct edges){ once && (begin ? s.p[begin - 1] == ' ' : e.begins),
                           once && (after == s.n ? e.ends : blank) };
}

/* What one branch needs: the best of its parts. */
static void needs_of_branch(struct needing *k, struct slice s, struct edges e, struct needed *out,
                            struct needs *scratch)
{
    for (size_t at = 0; at < s.n;) {
        struct slice name = phrase_inclusion_at(s, at);
        bool optional;
        size_t run = name.n ? at : consider_run(k, s, at, e, out, scratch);
        if (run > at) {
            at = run;
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
        struct edges inner = edges_of(s, begin, end, at, e);
        if (name.n && set_of(k, name))
            consider(k, SLICE_EMPTY, set_of(k, name), inner, out);
        else if (s.p[begin] == '(' && end > begin + 2 && s.p[begin + 1] != '?')
            consider(k, slice_sub(s, begin + 1, end - begin - 2), NULL, inner, out);
        else if (s.p[begin] == '(' && end > begin + 4 && s.p[begin + 1] == '?' && s.p[begin + 2] == ':')
            consider(k, slice_sub(s, begin + 3, end - begin - 4), NULL, inner, out);
    }
}

/* Branches that '|' parts: each needs something of its own. */
static void needs_of_choice(struct needing *k, struct slice s, struct edges e, struct needed *out)
{
    for (size_t begin = 0, at = 0; !out->best.none; at = at < s.n && s.p[at] == '('
                                                             ? group_end(s, at)
                                                             : phrase_atom_end(s, at)) {
        if (at < s.n && s.p[at] != '|')
            continue;
        if (k->depth + 2 > NEED_DEPTH) {
            need_nothing(&out->best);
            need_nothing(&out->second);
            return;
        }
        struct needed *x = &k->spare[k->depth], *scratch = x + 1;
        k->depth += 2;
        need_clear(x);
        needs_of_branch(k, slice_sub(s, begin, at - begin), e, x, &scratch->best);
        k->depth -= 2;
        if (x->best.n == 0) {
            need_nothing(&out->best);
            need_nothing(&out->second);
        } else {
            need_join(k, &out->best, &x->best);
            need_join(k, &out->second, x->second.n ? &x->second : &x->best);
        }
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

static bool same_entry(const struct phrase_needs *t, const struct need_entry *e,
                       const struct need_word *w, struct slice word)
{
    return e->n == word.n && e->exact == w->exact && e->begins == w->begins &&
           e->ends == w->ends && memcmp(t->pool + e->at, word.p, word.n) == 0;
}

/* `list`: 0 or 1. */
static void add_entry(struct phrase_needs *t, const struct need_word *w, unsigned set, int list)
{
    uint8_t lower[2 * NEED_BYTES_MAX + 8];
    size_t n = phrase_lower(w->text, lower, sizeof lower);
    struct slice word = w->exact ? w->text : slice_of(lower, n);
    uint16_t *bucket = w->begins || lower[0] == ' ' ? t->at_word : t->anywhere;
    uint16_t *first = n >= 2 ? &bucket[bucket_of(lower, n)] : NULL;
    for (unsigned i = first ? *first : 0; i; i = t->entry[i - 1].next)
        if (same_entry(t, &t->entry[i - 1], w, word)) {
            t->sets[t->entry[i - 1].sets].v[list][set / 64] |= 1ull << (set % 64);
            return;
        }
    if (!first || (w->exact && n != w->text.n) || t->n == t->size || t->pool_n + n > POOL_MAX) {
        t->always[list][set / 64] |= 1ull << (set % 64);
        return;
    }
    t->sets[t->n] = (struct need_sets){ .v = { { 0 } } };
    t->sets[t->n].v[list][set / 64] |= 1ull << (set % 64);
    struct need_entry *e = &t->entry[t->n++];
    *e = (struct need_entry){ .at = t->pool_n, .n = (uint8_t)n, .next = *first,
                              .sets = (uint16_t)(t->n - 1), .exact = w->exact, .begins = w->begins, .ends = w->ends };
    memcpy(e->head, lower, n < 3 ? n : 3);
    if (n == 2)
        t->two[lower[0] / 64] |= 1ull << (lower[0] % 64);
    memcpy(t->pool + t->pool_n, word.p, n);
    t->pool_n = (uint16_t)(t->pool_n + n);
    *first = t->n;
}

/* At most NEED_BYTES_MAX bytes of it, whole characters. */
static struct need_word clipped(struct need_word w)
{
    if (w.text.n <= NEED_BYTES_MAX)
        return w;
    size_t n = NEED_BYTES_MAX;
    while (n && (w.text.p[n] & 0xC0) == 0x80)
        n--;
    w.text = slice_sub(w.text, 0, n);
    w.ends = false;
    return w;
}

static void add_list(struct phrase_needs *t, const struct needs *x, unsigned set, int list)
{
    if (x->none || x->n == 0)
        t->always[list][set / 64] |= 1ull << (set % 64);
    for (size_t i = 0; i < x->n && !x->none; i++) {
        struct need_word w = clipped(x->v[i]);
        add_entry(t, &w, set, list);
    }
}

static void needs_of_set(struct needing *k, unsigned set, struct needed *x, struct phrase_needs *t)
{
    need_clear(x);
    for (const struct phrase_alternative *a = k->l->set[set].first; a; a = a->next)
        needs_of_alternative(k, a, x);
    add_list(t, &x->best, set, 0);
    add_list(t, &x->second, set, 1);
}

/* While the table is made each entry has its own; most have those of another. */
static void join_sets(struct phrase_needs *t)
{
    for (uint16_t i = 0; i < t->n; i++) {
        uint16_t k = 0;
        while (k < t->n_sets && memcmp(&t->sets[k], &t->sets[i], sizeof t->sets[i]) != 0)
            k++;
        if (k == t->n_sets)
            t->sets[t->n_sets++] = t->sets[i];
        t->entry[i].sets = k;
    }
}

/* Copied to the size that it has. */
static struct phrase_needs *keep_table(struct arena *arena, struct phrase_needs *t)
{
    join_sets(t);
    struct phrase_needs *out = arena_take(arena, sizeof *out);
    struct need_sets *sets = arena_take(arena, t->n_sets * sizeof *sets + 1);
    struct need_entry *entry = arena_take(arena, t->n * sizeof *entry + 1);
    uint8_t *pool = arena_take(arena, t->pool_n + 1u);
    if (!out || !entry || !pool || !sets)
        return NULL;
    *out = *t;
    out->entry = memcpy(entry, t->entry, t->n * sizeof *entry);
    out->sets = memcpy(sets, t->sets, t->n_sets * sizeof *sets);
    out->pool = memcpy(pool, t->pool, t->pool_n);
    return out;
}

const struct phrase_needs *phrase_needs_make(const struct phrase_language *l, struct arena *keep,
                                             struct arena *scratch)
{
    struct phrase_needs *t = arena_alloc(scratch, sizeof *t);
    struct needing k = { .l = l, .scratch = scratch, .spare = arena_take(scratch, NEED_DEPTH * sizeof *k.spare) };
    struct needed *x = arena_take(scratch, sizeof *x);
    if (!t || !k.spare || !x)
        return NULL;
    t->size = 8192;
    t->entry = arena_take(scratch, t->size * sizeof *t->entry);
    t->pool = arena_take(scratch, POOL_MAX);
    t->sets = arena_take(scratch, t->size * sizeof *t->sets);
    if (!t->entry || !t->sets || !t->pool)
        return NULL;
    for (unsigned i = 0; i < l->n_sets; i++)
        if (l->set[i].code)
            needs_of_set(&k, i, x, t);
    return keep_table(keep, t);
}

/* --- looking --- */

struct met {
    struct slice text, lower; /* of one length, or text is empty: case is not known */
    uint64_t sets[2][SETS_MAX / 64];
};

static bool stands_at(const struct phrase_needs *t, const struct need_entry *e,
                      const struct met *m, size_t at)
{
    const uint8_t *word = t->pool + e->at;
    size_t end = at + e->n;
    if (end > m->lower.n)
        return false;
    if (e->exact && m->text.n) {
        if (memcmp(word, m->text.p + at, e->n) != 0)
            return false;
    } else if (e->exact) {
        uint8_t lower[2 * NEED_BYTES_MAX + 8];
        phrase_lower(slice_of(word, e->n), lower, sizeof lower);
        if (memcmp(lower, m->lower.p + at, e->n) != 0)
            return false;
    } else if (memcmp(word, m->lower.p + at, e->n) != 0) {
        return false;
    }
    if (e->ends && end < m->lower.n && is_of_word(m->lower, end))
        return false;
    while (e->begins && at && (m->lower.p[--at] & 0xC0) == 0x80)
        ;
    return !e->begins || end == e->n || !is_of_word(m->lower, at);
}

static void look_at_bucket(const struct phrase_needs *t, const uint16_t *bucket, struct met *m,
                           size_t at, size_t n)
{
    for (unsigned i = bucket[bucket_of(m->lower.p + at, n)]; i; i = t->entry[i - 1].next) {
        const struct need_entry *e = &t->entry[i - 1];
        if (memcmp(e->head, m->lower.p + at, 2) != 0 || (n > 2 && e->head[2] != m->lower.p[at + 2]))
            continue;
        const struct need_sets *s = &t->sets[e->sets];
        bool news = false;
        for (size_t k = 0; k < SETS_MAX / 64; k++)
            news = news || (s->v[0][k] & ~m->sets[0][k]) || (s->v[1][k] & ~m->sets[1][k]);
        if (!news || !stands_at(t, e, m, at))
            continue;
        for (size_t k = 0; k < SETS_MAX / 64; k++) {
            m->sets[0][k] |= s->v[0][k];
            m->sets[1][k] |= s->v[1][k];
        }
    }
}

void phrase_needs_met(const struct phrase_needs *t, struct slice text, struct slice lower,
                      uint64_t sets[SETS_MAX / 64])
{
    struct met m = { .text = text, .lower = lower };
    memcpy(m.sets, t->always, sizeof m.sets);
    for (size_t i = 0; i + 2 <= lower.n; i++) {
        bool begins = i == 0 || !ascii_is_alnum(lower.p[i - 1]);
        bool two = t->two[lower.p[i] / 64] >> (lower.p[i] % 64) & 1;
        for (size_t n = lower.n - i > 2 ? 3 : 2; n >= (two ? 2u : 3u); n--) {
            if (begins || lower.p[i] == ' ')
                look_at_bucket(t, t->at_word, &m, i, n);
            look_at_bucket(t, t->anywhere, &m, i, n);
        }
    }
    for (size_t k = 0; k < SETS_MAX / 64; k++)
        sets[k] = m.sets[0][k] & m.sets[1][k];
}
