/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_literals.c - the words of look-for, of all languages together: what tells nearly all
 * texts from those that deserve a look, and for a sentence whose words they are. */
#include "standards/phrases_internal.h"

#include "syntax/literals.h"
#include "syntax/unicode.h"

#include <stdlib.h>
#include <utf8proc.h>

#define SCRATCH_MAX (2u << 20)
#define RUN_MAX 48 /* longer than a word */

struct literal_list {
    struct literal *v;
    size_t n, size;
    struct arena *arena;
    bool nomem;
};

static void add_literal(struct literal_list *x, struct slice bytes, bool exact)
{
    if (x->n < x->size)
        x->v[x->n++] = (struct literal){ bytes, exact };
}

typedef utf8proc_int32_t case_change(utf8proc_int32_t c);

static struct slice cased(struct arena *arena, struct slice word, case_change *change,
                          bool first_only)
{
    uint8_t *out = arena_take(arena, word.n * 2 + 8);
    size_t n = 0;
    if (!out)
        return SLICE_EMPTY;
    for (size_t at = 0, len; at < word.n; at += len) {
        int32_t c = (int32_t)phrase_char(word.p, word.n, at, &len);
        if (n + 4 > word.n * 2 + 8)
            return SLICE_EMPTY;
        n += unicode_encode((uint32_t)(first_only && at ? c : change(c)), out + n);
    }
    return slice_of(out, n);
}

static bool is_ascii(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x80)
            return false;
    return true;
}

/* The word as it is written and, beyond ASCII, in small letters, with a capital, in capitals. */
static void add_word(struct literal_list *x, const struct phrase_word *w)
{
    add_literal(x, w->text, w->exact);
    if (w->exact || is_ascii(w->text))
        return;
    struct slice forms[3] = { cased(x->arena, w->text, utf8proc_tolower, false),
                              cased(x->arena, w->text, utf8proc_toupper, true),
                              cased(x->arena, w->text, utf8proc_toupper, false) };
    for (size_t i = 0; i < 3; i++) {
        x->nomem = x->nomem || forms[i].n == 0;
        if (forms[i].n && !slice_eq(forms[i], w->text))
            add_literal(x, forms[i], false);
    }
}

static size_t count_words(const struct phrase_language *l)
{
    size_t n = 0;
    for (const struct phrase_word *w = l->look_for; w; w = w->next)
        n++;
    return n;
}

/* Exact ones first, so that a word that is not stands behind what it begins with. */
static int compare_literals(const void *a, const void *b)
{
    const struct literal *x = a, *y = b;
    if (x->exact != y->exact)
        return x->exact ? -1 : 1;
    size_t n = x->bytes.n < y->bytes.n ? x->bytes.n : y->bytes.n;
    for (size_t i = 0; i < n; i++) {
        int c = x->exact ? x->bytes.p[i] - y->bytes.p[i]
                         : ascii_lower(x->bytes.p[i]) - ascii_lower(y->bytes.p[i]);
        if (c)
            return c;
    }
    return x->bytes.n < y->bytes.n ? -1 : x->bytes.n > y->bytes.n;
}

/* Without those that are there twice, or begin with another. */
static void drop_needless(struct literal_list *x)
{
    size_t n = 0;
    qsort(x->v, x->n, sizeof *x->v, compare_literals);
    for (size_t i = 0; i < x->n; i++) {
        const struct literal *last = n ? &x->v[n - 1] : NULL;
        bool same = last && last->exact == x->v[i].exact &&
                    (last->exact ? slice_eq(last->bytes, x->v[i].bytes)
                                 : slice_starts_nocase(x->v[i].bytes, last->bytes));
        if (!same)
            x->v[n++] = x->v[i];
    }
    x->n = n;
}

static void add_all(struct literal_list *x, const struct phrases *p)
{
    for (size_t i = 0; i < p->n; i++)
        x->size += 4 * count_words(&p->language[i]);
    x->v = arena_array(x->arena, x->size + 1, sizeof *x->v);
    x->nomem = !x->v;
    for (size_t i = 0; i < p->n && x->v; i++)
        for (const struct phrase_word *w = p->language[i].look_for; w; w = w->next)
            add_word(x, w);
}

/* --- whose they are --- */

static size_t bucket_of(const uint8_t *p)
{
    uint32_t h = ascii_lower(p[0]) * 31u + ascii_lower(p[1]) * 7u;
    return (h ^ h >> 5) & (OWNER_BUCKETS - 1);
}

static void add_owner(struct owner_table *t, const struct literal *l, uint64_t language)
{
    uint16_t *first = &t->bucket[bucket_of(l->bytes.p)];
    for (unsigned i = *first; i; i = t->v[i - 1].next)
        if (t->v[i - 1].exact == l->exact && slice_eq(t->v[i - 1].word, l->bytes)) {
            t->v[i - 1].languages |= language;
            return;
        }
    t->v[t->n] = (struct literal_owner){ l->bytes, language, *first, l->exact };
    *first = (uint16_t)++t->n;
}

static bool make_owners(struct phrases *p, size_t most)
{
    struct owner_table *t = &p->owners;
    t->v = most < UINT16_MAX ? arena_array(&p->arena, most + 1, sizeof *t->v) : NULL;
    for (size_t i = 0; i < p->n && t->v; i++)
        for (const struct phrase_word *w = p->language[i].look_for; w; w = w->next) {
            struct literal room[4];
            struct literal_list x = { .v = room, .size = 4, .arena = &p->arena };
            add_word(&x, w);
            for (size_t k = 0; k < x.n; k++)
                add_owner(t, &x.v[k], 1ull << i);
        }
    return t->v != NULL;
}

/* Letters and digits in a row around text[at..end), as far as RUN_MAX: data, not words. */
static bool in_data(struct slice text, size_t at, size_t end)
{
    size_t from = at;
    while (from && end - from < RUN_MAX && ascii_is_alnum(text.p[from - 1]))
        from--;
    while (end < text.n && end - from < RUN_MAX && ascii_is_alnum(text.p[end]))
        end++;
    return end - from >= RUN_MAX;
}

/* As literals.h has it, an exact one of two letters stands by itself. So do the digits of one: in
 * hexadecimal data every "44b" occurs. */
static bool stands_at(const struct literal_owner *o, struct slice text, size_t at)
{
    struct slice rest = slice_sub(text, at, o->word.n);
    const uint8_t *w = o->word.p;
    size_t end = at + o->word.n;
    if (o->exact ? !slice_eq(rest, o->word) : !slice_eq_nocase(rest, o->word))
        return false;
    bool two = o->exact && o->word.n == 2 && ascii_is_alpha(w[0]) && ascii_is_alpha(w[1]);
    bool before = at && ascii_is_alnum(text.p[at - 1]);
    bool after = end < text.n && ascii_is_alnum(text.p[end]);
    if (before && (two || ascii_is_digit(w[0])))
        return false;
    bool digits = ascii_is_digit(w[0]) || ascii_is_digit(w[o->word.n - 1]);
    return !(after && (two || digits)) && !in_data(text, at, end);
}

uint64_t phrase_literal_owners(const struct phrases *p, struct slice text)
{
    const struct owner_table *t = &p->owners;
    const struct literals *l = phrases_literals(p);
    uint64_t out = 0;
    for (size_t at = 0; (at = l ? literals_find(l, text, at) : at) + 2 <= text.n; at++)
        for (unsigned i = t->bucket[bucket_of(text.p + at)]; i; i = t->v[i - 1].next)
            if ((t->v[i - 1].languages & ~out) && stands_at(&t->v[i - 1], text, at))
                out |= t->v[i - 1].languages;
    return out;
}

bool phrase_owners_make(struct phrases *p)
{
    size_t most = 0;
    for (size_t i = 0; i < p->n; i++)
        most += 4 * count_words(&p->language[i]);
    return make_owners(p, most);
}

static struct literals *make_literals(const struct phrases *p)
{
    struct arena scratch;
    struct literal_list x = { .arena = &scratch };
    struct literals *out = NULL;
    arena_init(&scratch, SCRATCH_MAX, NULL, 0);
    add_all(&x, p);
    if (!x.nomem) {
        drop_needless(&x);
        out = literals_compile_for_text(x.v, x.n);
    }
    arena_reset(&scratch);
    return out;
}

/* It takes long enough to be left to who first asks; a service asks before it forks. */
const struct literals *phrases_literals(const struct phrases *p)
{
    struct phrases *own = (struct phrases *)p; /* all else of it stays as it is */
    struct literals *l = atomic_load(&own->literals);
    if (l)
        return l;
    pthread_mutex_lock(&own->lock);
    l = atomic_load(&own->literals);
    if (!l) {
        l = make_literals(p);
        atomic_store(&own->literals, l);
    }
    pthread_mutex_unlock(&own->lock);
    return l;
}
