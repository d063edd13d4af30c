/* SPDX-License-Identifier: Apache-2.0 */
/* literals.c - two bytes of each literal are looked up in a set of pairs; where they are in
 * it, the literals that begin so are compared. */
#include "syntax/literals.h"

#include <stdlib.h>

#define LITERAL_MAX 255
#define LITERALS_MAX 65535
#define PAIRS 65536

struct entry {
    const uint8_t *bytes; /* in lower case unless exact */
    uint8_t n;
    bool exact;
    bool word; /* alone between others than letters and digits */
    uint16_t pair;
};

struct literals {
    size_t n, longest;
    struct entry *entry; /* by pair */
    uint8_t *text;
    uint8_t pairs[PAIRS / 8];
    uint16_t first[PAIRS]; /* of the entries with this pair, if it is in `pairs` */
};

/* Of the first two bytes; what differs in the bit of case only has the same. */
static unsigned pair_of(const uint8_t *p)
{
    return (unsigned)(p[0] | 0x20) | (unsigned)(p[1] | 0x20) << 8;
}

static int by_pair(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return (x->pair > y->pair) - (x->pair < y->pair);
}

static void fill(struct literals *l, const struct literal *v, size_t n)
{
    uint8_t *to = l->text;
    for (size_t i = 0; i < n; i++) {
        struct entry *e = &l->entry[i];
        *e = (struct entry){ .bytes = to, .n = (uint8_t)v[i].bytes.n, .exact = v[i].exact };
        for (size_t k = 0; k < e->n; k++)
            to[k] = e->exact ? v[i].bytes.p[k] : ascii_lower(v[i].bytes.p[k]);
        e->word = e->exact && e->n == 2 && ascii_is_alpha(to[0]) && ascii_is_alpha(to[1]);
        e->pair = (uint16_t)pair_of(to);
        l->longest = e->n > l->longest ? e->n : l->longest;
        to += e->n;
    }
    if (n)
        qsort(l->entry, n, sizeof *l->entry, by_pair);
    for (size_t i = n; i-- > 0;) {
        l->first[l->entry[i].pair] = (uint16_t)i;
        l->pairs[l->entry[i].pair >> 3] |= (uint8_t)(1u << (l->entry[i].pair & 7));
    }
    l->n = n;
}

struct literals *literals_compile(const struct literal *v, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        if (v[i].bytes.n < 2 || v[i].bytes.n > LITERAL_MAX)
            return NULL;
        bytes += v[i].bytes.n;
    }
    struct literals *l = n <= LITERALS_MAX ? calloc(1, sizeof *l) : NULL;
    if (!l)
        return NULL;
    l->entry = calloc(n + 1, sizeof *l->entry);
    l->text = malloc(bytes + 1);
    if (!l->entry || !l->text) {
        literals_free(l);
        return NULL;
    }
    fill(l, v, n);
    return l;
}

void literals_free(struct literals *l)
{
    if (!l)
        return;
    free(l->entry);
    free(l->text);
    free(l);
}

size_t literals_longest(const struct literals *l)
{
    return l->longest;
}

static bool stands_at(const struct entry *e, struct slice s, size_t at)
{
    if (e->n > s.n - at)
        return false;
    for (size_t i = 0; i < e->n; i++)
        if ((e->exact ? s.p[at + i] : ascii_lower(s.p[at + i])) != e->bytes[i])
            return false;
    return !e->word || ((at == 0 || !ascii_is_alnum(s.p[at - 1])) &&
                        (at + 2 == s.n || !ascii_is_alnum(s.p[at + 2])));
}

size_t literals_find(const struct literals *l, struct slice s, size_t from)
{
    for (size_t at = from; at + 1 < s.n; at++) {
        unsigned pair = pair_of(s.p + at);
        if (!(l->pairs[pair >> 3] >> (pair & 7) & 1))
            continue;
        for (size_t i = l->first[pair]; i < l->n && l->entry[i].pair == pair; i++)
            if (stands_at(&l->entry[i], s, at))
                return at;
    }
    return s.n;
}
