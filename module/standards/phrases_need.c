/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_need.c - what a text must hold for an alternative of a set to be found in it: a
 * word, or one of several, and others besides if it has more such parts ("train … AI").
 *
 * Limits: NEED_DEPTH / 4 groups in groups, NEEDS_MAX words of an alternative; what is beyond needs
 * nothing. */
#include "standards/phrases_need.h"

#include "core/buf.h"

#include <utf8proc.h>

#define NEED_DEPTH 40 /* at most four for a group */
#define VARIANTS_MAX 8
#define OPTIONS_MAX 4     /* of one character */
#define RUN_BYTES_MAX 64
#define LENGTH_DEPTH 48 /* groups in groups, and sets in sets */

/* Which alternatives of the set that is split are looked at. */
enum half { HALF_BOTH, HALF_ONE_PART, HALF_MORE_PARTS };

struct needing {
    const struct phrase_language *l;
    struct arena *scratch;
    struct needed *spare; /* NEED_DEPTH of them, one for each depth */
    struct needed *found;
    unsigned depth;
    bool exact; /* the alternative that is looked at is */
    /* A set of which some alternatives need one word and others two is split, or "model" alone would
     * stand for "language model": the first such set that was met. */
    const struct phrase_set *split, *mixed;
    enum half half;
    struct need_pair pair; /* of the set that is split, those with more parts */
    const struct needed *known[SETS_MAX]; /* of sets */
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
    x->pair = false;
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
    x->v[x->n] = *w;
    unsigned score = w->score ? w->score : score_of(k->l, w);
    x->v[x->n++].score = (uint8_t)score;
    x->worst = x->n == 1 || score < x->worst ? score : x->worst;
}

static void need_copy(struct needs *to, const struct needs *from)
{
    memcpy(to->v, from->v, from->n * sizeof *to->v);
    to->n = from->n;
    to->worst = from->worst;
    to->none = from->none;
    to->pair = from->pair;
}

/* Of a pair among words one half is enough. */
static void need_join(struct needing *k, struct needs *x, const struct needs *other)
{
    if (x->pair && other->pair)
        return;
    if (x->pair)
        need_copy(x, &k->pair.part[0]);
    other = other->pair ? &k->pair.part[0] : other;
    if (other->none)
        need_nothing(x);
    for (size_t i = 0; i < other->n; i++)
        need_add(k, x, &other->v[i]);
}

static void need_clear(struct needed *x)
{
    x->n = 0;
    x->begun = false;
}

/* Of parts that must all be there, those that tell most are kept. */
static void need_offer(struct needed *x, const struct needs *offer)
{
    size_t at = x->n;
    if (offer->none || offer->n == 0)
        return;
    while (at && x->part[at - 1].worst < offer->worst)
        at--;
    if (at == NEED_PARTS)
        return;
    x->n += x->n < NEED_PARTS;
    for (size_t i = x->n - 1; i > at; i--)
        need_copy(&x->part[i], &x->part[i - 1]);
    need_copy(&x->part[at], offer);
}

/* Of branches of which any may be there: as many parts as each has. */
static void need_either(struct needing *k, struct needed *x, const struct needed *branch)
{
    x->n = x->begun && x->n < branch->n ? x->n : branch->n;
    for (size_t i = 0; i < x->n; i++)
        if (x->begun)
            need_join(k, &x->part[i], &branch->part[i]);
        else
            need_copy(&x->part[i], &branch->part[i]);
    x->begun = true;
}

static void need_nothing_of(struct needed *x)
{
    x->n = 0;
    x->begun = true;
}

/* --- reading a pattern --- */

size_t phrase_group_end(struct slice s, size_t at)
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

size_t phrase_quantifier_end(struct slice s, size_t at, bool *optional)
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
static struct edges edges_of(struct slice s, size_t begin, size_t end, size_t after,
                             struct edges e);

static void needs_of_alternative(struct needing *k, const struct phrase_alternative *a,
                                 struct needed *out)
{
    bool was = k->exact;
    struct edges e = { !a->open_left && !k->l->joined, !a->open_right && !k->l->joined };
    k->exact = a->exact;
    needs_of_choice(k, a->pattern, e, out);
    k->exact = was;
}

static size_t length_in_bytes(const struct needing *k, size_t n);
static size_t length_of_set(const struct needing *k, const struct phrase_set *set, unsigned depth);

/* Its words stand together, as near as the set is long. */
static void make_pair(struct needing *k, const struct phrase_set *set, struct needed *x)
{
    need_copy(&k->pair.part[0], &x->part[0]);
    need_copy(&k->pair.part[1], &x->part[1]);
    k->pair.near = (unsigned)length_in_bytes(k, length_of_set(k, set, LENGTH_DEPTH));
    x->n = 1;
    x->part[0].pair = true;
}

/* Any alternative of the set, in x. */
static void needs_of_alternatives(struct needing *k, const struct phrase_set *set, struct needed *x)
{
    bool one = false, more = false;
    struct needed *a_needs = &k->spare[k->depth++];
    for (const struct phrase_alternative *a = set->first; a; a = a->next) {
        need_clear(a_needs);
        needs_of_alternative(k, a, a_needs);
        one = one || a_needs->n < 2;
        more = more || a_needs->n > 1;
        if (k->split != set || k->half == (a_needs->n > 1 ? HALF_MORE_PARTS : HALF_ONE_PART))
            need_either(k, x, a_needs);
    }
    k->depth--;
    if (one && more && !k->mixed)
        k->mixed = set;
    if (k->split == set && k->half == HALF_MORE_PARTS && x->n > 1 && !x->part[0].pair &&
        !x->part[1].pair)
        make_pair(k, set, x);
}

/* A copy of the size that it has; NULL without memory. */
static const struct needed *kept_needs(struct needing *k, const struct needed *x)
{
    struct needed *out = arena_take(k->scratch, offsetof(struct needed, part) + x->n * sizeof x->part[0]);
    if (!out)
        return NULL;
    out->begun = x->begun;
    out->n = x->n;
    for (size_t i = 0; i < x->n; i++)
        need_copy(&out->part[i], &x->part[i]);
    return out;
}

/* Of a set: any of its alternatives. Sets in which none is split are the same each time. */
static void needs_of_set(struct needing *k, const struct phrase_set *set, struct needed *out)
{
    const struct needed **known = &k->known[set - k->l->set];
    if (*known) {
        need_either(k, out, *known);
        return;
    }
    if (k->depth + 2 > NEED_DEPTH) {
        need_nothing_of(out);
        return;
    }
    const struct phrase_set *mixed = k->mixed;
    struct needed *x = &k->spare[k->depth++];
    k->mixed = NULL;
    need_clear(x);
    needs_of_alternatives(k, set, x);
    k->depth--;
    if (!k->mixed)
        *known = kept_needs(k, x);
    k->mixed = mixed ? mixed : k->mixed;
    need_either(k, out, x);
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
        needs_of_set(k, set, x);
    else
        needs_of_choice(k, inner, e, x);
    k->depth--;
    for (size_t i = 0; i < x->n; i++)
        need_offer(out, &x->part[i]);
}

bool need_is_of_word(struct slice s, size_t at)
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
    static const bool special[128] = {
        ['\\'] = true, ['['] = true, [']'] = true, ['('] = true, [')'] = true, ['{'] = true,
        ['}'] = true,  ['.'] = true, ['?'] = true, ['*'] = true, ['+'] = true, ['^'] = true,
        ['$'] = true,  ['|'] = true, ['\0'] = true,
    };
    return c >= 0x80 || !special[c];
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
    x->pair = false;
    x->none = end == at;
    struct edges at_edge = x->none || k->l->joined ? (struct edges){ false, false }
                                                   : edges_of(s, at, end, end, e);
    for (size_t i = 0; i < r.n && !x->none; i++) {
        struct need_word w = { .exact = k->exact };
        w.text = arena_copy(k->scratch, slice_of(r.text[i], r.length[i]), RUN_BYTES_MAX);
        w.begins = w.text.n && at_edge.begins && need_is_of_word(w.text, 0);
        w.ends = w.text.n && at_edge.ends && need_is_of_word(w.text, last_char(w.text));
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

/* --- where words end --- */

#define GAP_DEPTH 4 /* groups in groups */

/* What is between words, and stands for itself. */
static bool is_gap(uint8_t c)
{
    return c < 0x80 && is_plain(c) && !ascii_is_alnum(c);
}

/* Is the atom at `at` one of those? */
static bool atom_is_gap(struct slice s, size_t at)
{
    size_t end = phrase_atom_end(s, at);
    if (s.p[at] == '\\')
        return at + 1 < s.n && s.p[at + 1] < 0x80 && !ascii_is_alnum(s.p[at + 1]);
    if (s.p[at] != '[')
        return is_gap(s.p[at]);
    for (size_t i = at + 1; i + 1 < end; i++)
        if (s.p[i] >= 0x80 || ascii_is_alnum(s.p[i]) || s.p[i] == '\\' || s.p[i] == '^')
            return false;
    return true;
}

/* The group that begins at `at` and ends at `end`: what is in it. `looks`: it takes nothing. */
static struct slice group_inside(struct slice s, size_t at, size_t end, bool *looks)
{
    struct slice in = slice_sub(s, at + 1, end - at - 2);
    *looks = in.n > 1 && in.p[0] == '?' && in.p[1] != ':';
    return in.n > 1 && in.p[0] == '?' ? slice_from(in, 2) : in;
}

/* The branch that begins at `at` ends at '|', or with the choice. */
static size_t branch_end(struct slice s, size_t at)
{
    while (at < s.n && s.p[at] != '|')
        at = s.p[at] == '(' ? phrase_group_end(s, at) : phrase_atom_end(s, at);
    return at < s.n ? at : s.n;
}

/* Whether a word that ends in front of `at` of a branch is over there; at the end of the branch:
 * `at_end`. */
static bool gap_follows(struct slice s, size_t at, bool at_end, unsigned depth)
{
    while (at < s.n) {
        bool optional, looks = false, gap = true;
        bool group = s.p[at] == '(';
        size_t end = group ? phrase_group_end(s, at) : phrase_atom_end(s, at);
        size_t next = phrase_quantifier_end(s, end, &optional);
        if (group) {
            struct slice in = group_inside(s, at, end, &looks);
            bool ahead = looks && s.p[at + 2] == '=';
            for (size_t b = 0; gap && depth < GAP_DEPTH && b <= in.n; b = branch_end(in, b) + 1)
                gap = gap_follows(slice_sub(in, b, branch_end(in, b) - b), 0, false, depth + 1);
            if (ahead && gap)
                return true;
            gap = looks || (gap && depth < GAP_DEPTH);
        } else if (s.p[at] == '$') {
            return true;
        } else {
            gap = atom_is_gap(s, at);
        }
        if (!gap || (!optional && !looks))
            return gap;
        at = next;
    }
    return at_end;
}

/* Whether a word that begins behind this choice begins there; in front of it: `before`. */
static bool gap_precedes(struct slice s, bool before, unsigned depth)
{
    bool all = depth < GAP_DEPTH;
    for (size_t b = 0; all && b <= s.n; b = branch_end(s, b) + 1) {
        bool now = before;
        for (size_t at = b, end = branch_end(s, b); at < end;) {
            bool optional, looks = false, gap;
            bool group = s.p[at] == '(';
            size_t behind = group ? phrase_group_end(s, at) : phrase_atom_end(s, at);
            struct slice in = group ? group_inside(s, at, behind, &looks) : SLICE_EMPTY;
            gap = group ? looks ? now : gap_precedes(in, now, depth + 1) : atom_is_gap(s, at);
            at = phrase_quantifier_end(s, behind, &optional);
            now = optional ? now && gap : gap;
        }
        all = now;
    }
    return all;
}

/* Of the part s[begin..end) of a branch, with its quantifier s[begin..after). */
static struct edges edges_of(struct slice s, size_t begin, size_t end, size_t after,
                             struct edges e)
{
    bool once = end == after;
    bool letter = begin && ascii_is_alpha(s.p[begin - 1]); /* as most are: quick */
    return (struct edges){ once && !letter && gap_precedes(slice_sub(s, 0, begin), e.begins, 0),
                           once && gap_follows(s, after, e.ends, 0) };
}

/* What one branch needs. */
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
             : s.p[at] == '(' ? phrase_group_end(s, at)
                                : phrase_atom_end(s, at);
        bool property = s.p[begin] == '\\' && at == begin + 2 && strchr("pPxo", s.p[begin + 1]);
        if (property && at < s.n && s.p[at] == '{')
            at += slice_find(slice_from(s, at), '}') + 1;
        at = at < s.n ? at : s.n;
        size_t end = at;
        at = phrase_quantifier_end(s, at, &optional);
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
    for (size_t begin = 0, at = 0; !out->begun || out->n;
         at = at < s.n && s.p[at] == '(' ? phrase_group_end(s, at) : phrase_atom_end(s, at)) {
        if (at < s.n && s.p[at] != '|')
            continue;
        if (k->depth + 2 > NEED_DEPTH) {
            need_nothing_of(out);
            return;
        }
        struct needed *x = &k->spare[k->depth], *scratch = x + 1;
        k->depth += 2;
        need_clear(x);
        needs_of_branch(k, slice_sub(s, begin, at - begin), e, x, &scratch->part[0]);
        k->depth -= 2;
        need_either(k, out, x);
        if (at >= s.n)
            return;
        begin = at + 1;
    }
}

/* --- how long a match may be --- */

#define LENGTH_MAX 4000 /* characters */
#define WORD_MAX 64 /* letters in a row, of which a pattern says no number */

static size_t length_of_choice(const struct needing *k, struct slice s, unsigned depth);

static size_t length_of_set(const struct needing *k, const struct phrase_set *set, unsigned depth)
{
    size_t most = 0;
    for (const struct phrase_alternative *a = set->first; a && depth; a = a->next) {
        size_t n = length_of_choice(k, a->pattern, depth - 1) + ((size_t)a->open_left + a->open_right) * WORD_MAX;
        most = n > most ? n : most;
    }
    return depth ? most : LENGTH_MAX;
}

/* How often it may be there; SIZE_MAX: nobody says. */
static size_t times(struct slice s, size_t at, size_t *end)
{
    bool optional;
    size_t n = 0;
    *end = phrase_quantifier_end(s, at, &optional);
    if (*end == at || s.p[at] == '?')
        return 1;
    if (s.p[at] != '{')
        return SIZE_MAX;
    for (size_t i = at + 1; i < *end && s.p[i] != '}'; i++)
        n = s.p[i] == ',' ? s.p[i + 1] == '}' ? SIZE_MAX : 0 : n * 10 + (size_t)(s.p[i] - '0');
    return n;
}

static size_t length_of_branch(const struct needing *k, struct slice s, unsigned depth)
{
    size_t length = 0;
    for (size_t at = 0; at < s.n && length < LENGTH_MAX;) {
        struct slice name = phrase_inclusion_at(s, at);
        const struct phrase_set *set = name.n ? set_of(k, name) : NULL;
        bool group = s.p[at] == '(', looks = false;
        size_t end = name.n ? at + name.n + 2 : group ? phrase_group_end(s, at) : phrase_atom_end(s, at);
        size_t one = s.p[at] != '^' && s.p[at] != '$';
        if (s.p[at] == '\\' && end < s.n && s.p[end] == '{')
            end += slice_find(slice_from(s, end), '}') + 1; /* \p{L} */
        if (group)
            one = length_of_choice(k, group_inside(s, at, end, &looks), depth);
        else if (set)
            one = length_of_set(k, set, depth);
        size_t n = times(s, end < s.n ? end : s.n, &at);
        one = looks ? 0 : one;
        length += n == SIZE_MAX ? one < 2 ? one * WORD_MAX : LENGTH_MAX : one * n;
    }
    return length < LENGTH_MAX ? length : LENGTH_MAX;
}

static size_t length_of_choice(const struct needing *k, struct slice s, unsigned depth)
{
    size_t most = 0;
    if (depth == 0)
        return LENGTH_MAX;
    for (size_t b = 0; b <= s.n; b = branch_end(s, b) + 1) {
        size_t n = length_of_branch(k, slice_sub(s, b, branch_end(s, b) - b), depth - 1);
        most = n > most ? n : most;
    }
    return most;
}

/* Of Latin letters few take two bytes, of others all. */
static size_t length_in_bytes(const struct needing *k, size_t n)
{
    const struct phrase_word *w = k->l->function_words;
    if (k->l->joined)
        return 3 * n;
    return w && w->text.n && w->text.p[0] >= 0xCD ? 2 * n : n + n / 3;
}

unsigned phrase_length_of(const struct needing *k, const struct phrase_alternative *a)
{
    return (unsigned)length_in_bytes(k, length_of_choice(k, a->pattern, LENGTH_DEPTH));
}

struct needing *phrase_needing(const struct phrase_language *l, struct arena *scratch)
{
    struct needing *k = arena_alloc(scratch, sizeof *k);
    if (!k)
        return NULL;
    k->l = l;
    k->scratch = scratch;
    k->spare = arena_take(scratch, NEED_DEPTH * sizeof *k->spare);
    k->found = arena_take(scratch, sizeof *k->found);
    return k->spare && k->found ? k : NULL;
}

static void needs_of_side(struct needing *k, const struct find_side *side)
{
    struct needed *part = k->spare;
    for (size_t i = 0; i < side->n; i++) {
        need_clear(part);
        for (size_t j = 0; j < side->part[i].n; j++)
            if (side->part[i].set[j] == SET_OBJECT)
                need_nothing_of(part);
            else
                needs_of_set(k, &k->l->set[side->part[i].set[j]], part);
        for (size_t j = 0; j < part->n; j++)
            need_offer(k->found, &part->part[j]);
    }
}

static void needs_of_find(struct needing *k, const struct phrase_find *f)
{
    k->depth = 1;
    needs_of_side(k, &f->here);
    if (f->pair)
        needs_of_side(k, &f->before);
    k->depth = 0;
}

/* Of the alternative, or of the find line. */
static void look(struct needing *k, const struct phrase_alternative *a,
                 const struct phrase_find *f, enum half half)
{
    k->half = half;
    need_clear(k->found);
    k->found->pair = &k->pair;
    if (a)
        needs_of_alternative(k, a, k->found);
    else
        needs_of_find(k, f);
}

void phrase_needs_add(struct needing *k, struct need_table *t, const struct phrase_alternative *a,
                      const struct phrase_find *f, const struct need_owner *o)
{
    k->split = k->mixed = NULL;
    look(k, a, f, HALF_BOTH);
    k->split = k->mixed;
    if (!k->split) {
        need_table_add(t, k->found, o);
        return;
    }
    for (enum half half = HALF_ONE_PART; half <= HALF_MORE_PARTS; half++) {
        look(k, a, f, half);
        need_table_add(t, k->found, o);
    }
}
