/* SPDX-License-Identifier: Apache-2.0 */
/* literals.c - compiling literals, and looking for them byte by byte: two bytes are looked up
 * in a set of pairs, and where they are in it, the literals that begin so are compared. So is
 * done at the end of a text, and where there is no AVX2. */
#include "syntax/literals_internal.h"

#include <stdlib.h>

#define LITERAL_MAX 255
#define LITERALS_MAX 65534

#define HIDES(text) { SLICE(text), true }
/* Soft hyphen, zero-width characters, byte order mark; full-width and half-width forms;
 * ligatures; mathematical letters; marks that combine with the letter in front of them. */
static const struct literal hiding[] = {
    HIDES("\xC2\xAD"), HIDES("\xE2\x80\x8B"), HIDES("\xE2\x80\x8C"), HIDES("\xE2\x80\x8D"),
    HIDES("\xE2\x81\xA0"), HIDES("\xEF\xBB\xBF"), HIDES("\xCD\x8F"), HIDES("\xE1\xA0\x8E"),
    HIDES("\xEF\xBC\xA1"), HIDES("\xEF\xBC\xA2"), HIDES("\xEF\xBC\xA3"), HIDES("\xEF\xBC\xA4"),
    HIDES("\xEF\xBC\xA5"), HIDES("\xEF\xBC\xA6"), HIDES("\xEF\xBC\xA7"), HIDES("\xEF\xBC\xA8"),
    HIDES("\xEF\xBC\xA9"), HIDES("\xEF\xBC\xAA"), HIDES("\xEF\xBC\xAB"), HIDES("\xEF\xBC\xAC"),
    HIDES("\xEF\xBC\xAD"), HIDES("\xEF\xBC\xAE"), HIDES("\xEF\xBC\xAF"), HIDES("\xEF\xBC\xB0"),
    HIDES("\xEF\xBC\xB1"), HIDES("\xEF\xBC\xB2"), HIDES("\xEF\xBC\xB3"), HIDES("\xEF\xBC\xB4"),
    HIDES("\xEF\xBC\xB5"), HIDES("\xEF\xBC\xB6"), HIDES("\xEF\xBC\xB7"), HIDES("\xEF\xBC\xB8"),
    HIDES("\xEF\xBC\xB9"), HIDES("\xEF\xBC\xBA"), HIDES("\xEF\xBD"), HIDES("\xEF\xBE"),
    HIDES("\xEF\xAC\x80"), HIDES("\xEF\xAC\x81"), HIDES("\xEF\xAC\x82"), HIDES("\xEF\xAC\x83"),
    HIDES("\xEF\xAC\x84"), HIDES("\xC4\xB3"), HIDES("\xC5\x80"), HIDES("\xF0\x9D"),
    HIDES("\xCC\x80"), HIDES("\xCC\x81"), HIDES("\xCC\x82"), HIDES("\xCC\x83"),
    HIDES("\xCC\x84"), HIDES("\xCC\x86"), HIDES("\xCC\x87"), HIDES("\xCC\x88"),
    HIDES("\xCC\x8A"), HIDES("\xCC\x8B"), HIDES("\xCC\x8C"), HIDES("\xCC\xA6"),
    HIDES("\xCC\xA7"), HIDES("\xCC\xA8"), HIDES("\xE3\x82\x99"), HIDES("\xE3\x82\x9A"),
};
#define N_HIDING (sizeof hiding / sizeof hiding[0])

static int by_pair(const void *a, const void *b)
{
    const struct literal_entry *x = a, *y = b;
    return (x->pair > y->pair) - (x->pair < y->pair);
}

static void set_bit(uint8_t *set, unsigned at)
{
    set[at >> 3] |= (uint8_t)(1u << (at & 7));
}

static void add_joints(struct literals_joints *j, const uint8_t *p, size_t n)
{
    for (size_t k = 0; k + 1 < n; k++)
        set_bit(j->pair, literals_joint(0, p[k], p[k + 1]));
    for (size_t k = 0; k + 2 < n; k++)
        set_bit(j->before, literals_joint(p[k], p[k + 1], p[k + 2]));
    for (unsigned any = 0; any < 32; any++)
        if (n == 2 || any == (p[2] & 31u))
            set_bit(j->after, literals_joint(p[0], p[1], (uint8_t)any));
}

/* Of two bytes in a row; of one alone, behind 0. */
static unsigned inner_pair(uint8_t a, uint8_t b)
{
    return (unsigned)ascii_lower(a) << 8 | ascii_lower(b);
}

static void add_inside(struct literals *l, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned one = inner_pair(0, p[i]), two = inner_pair(i ? p[i - 1] : 0, p[i]);
        l->inside[one >> 3] |= (uint8_t)(1u << (one & 7));
        l->inside[two >> 3] |= (uint8_t)(1u << (two & 7));
    }
}

static uint8_t *add(struct literals *l, const struct literal *v, uint8_t *to)
{
    struct literal_entry *e = &l->entry[l->n++];
    *e = (struct literal_entry){ .bytes = to, .n = (uint8_t)v->bytes.n, .exact = v->exact };
    for (size_t k = 0; k < e->n; k++)
        to[k] = e->exact ? v->bytes.p[k] : ascii_lower(v->bytes.p[k]);
    e->word = e->exact && e->n == 2 && ascii_is_alpha(to[0]) && ascii_is_alpha(to[1]);
    e->pair = (uint16_t)literal_pair(to);
    l->pairs[e->pair >> 3] |= (uint8_t)(1u << (e->pair & 7));
    add_joints(&l->joints, to, e->n);
    add_inside(l, to, e->n);
    l->longest = e->n > l->longest ? e->n : l->longest;
    return to + e->n;
}

static struct literals *compile(const struct literal *v, size_t n, size_t n_more)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        if (v[i].bytes.n < 2 || v[i].bytes.n > LITERAL_MAX)
            return NULL;
        bytes += v[i].bytes.n;
    }
    struct literals *l = n <= LITERALS_MAX - n_more ? calloc(1, sizeof *l) : NULL;
    if (!l)
        return NULL;
    l->entry = calloc(n + n_more + 1, sizeof *l->entry);
    l->text = malloc(bytes + n_more * PRINT + 1);
    if (l->entry && l->text) {
        uint8_t *to = l->text;
        for (size_t i = 0; i < n; i++)
            to = add(l, &v[i], to);
        for (size_t i = 0; i < n_more; i++)
            to = add(l, &hiding[i], to);
        qsort(l->entry, l->n, sizeof *l->entry, by_pair);
        if (literals_print(l))
            return l;
    }
    literals_free(l);
    return NULL;
}

struct literals *literals_compile(const struct literal *v, size_t n)
{
    return compile(v, n, 0);
}

struct literals *literals_compile_for_text(const struct literal *v, size_t n)
{
    return compile(v, n, N_HIDING);
}

void literals_free(struct literals *l)
{
    if (!l)
        return;
    free(l->entry);
    free(l->text);
    free(l->print);
    free(l);
}

const struct literals_joints *literals_joints(const struct literals *l)
{
    return &l->joints;
}

/* Its last two bytes tell: those of a literal that ends within it are found where it begins. */
bool literals_may_have(const struct literals *l, struct slice character)
{
    const uint8_t *last = character.p + character.n - 1;
    unsigned pair = character.n == 1 ? inner_pair(0, *last) : inner_pair(last[-1], *last);
    return (l->inside[pair >> 3] >> (pair & 7) & 1) || literals_find(l, character, 0) < character.n;
}

size_t literals_longest(const struct literals *l)
{
    return l->longest;
}

/* The first entry with this pair. */
static size_t first_with(const struct literals *l, unsigned pair)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (l->entry[mid].pair < pair)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Of those that begin in s[from..to). */
static size_t find_slowly(const struct literals *l, struct slice s, size_t from, size_t to)
{
    for (size_t at = from; at < to && at + 1 < s.n; at++) {
        unsigned pair = literal_pair(s.p + at);
        if (!(l->pairs[pair >> 3] >> (pair & 7) & 1))
            continue;
        for (size_t i = first_with(l, pair); i < l->n && l->entry[i].pair == pair; i++)
            if (literal_stands(&l->entry[i], s, at))
                return at;
    }
    return LITERAL_NONE;
}

static size_t find(const struct literals *l, struct slice s, size_t readable, size_t from)
{
    size_t seen = from;
    size_t found = literals_find_wide(l, s, readable, &seen);
    if (seen >= s.n || (found != LITERAL_NONE && seen > found + l->back))
        return found;
    size_t again = seen > from + l->back ? seen - l->back : from;
    size_t slowly = find_slowly(l, s, again, found < s.n ? found : s.n);
    return slowly < found ? slowly : found;
}

size_t literals_find(const struct literals *l, struct slice s, size_t from)
{
    size_t found = from < s.n ? find(l, s, s.n, from) : LITERAL_NONE;
    return found < s.n ? found : s.n;
}

bool literals_within(const struct literals *l, struct slice s, size_t from, size_t to)
{
    return from < to && find(l, slice_of(s.p, to), s.n, from) != LITERAL_NONE;
}
