/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_words.c - whose words a text is made of: function words, which tell a language from
 * its neighbours, and abbreviations, after which no sentence ends.
 *
 * Limits: words of WORD_MAX bytes; joined words of JOINED_MAX characters. */
#include "standards/phrases_internal.h"

#include <utf8proc.h>

#define WORD_MAX 64
#define JOINED_MAX 4

#define HASH_FIRST 2166136261u

static uint32_t hash_on(uint32_t h, uint8_t c)
{
    return (h ^ c) * 16777619u;
}

static struct word_entry *slot_at(const struct word_table *t, uint32_t hash, struct slice word)
{
    size_t i = hash & (t->size - 1);
    while (t->v[i].word.n && !slice_eq(t->v[i].word, word))
        i = (i + 1) & (t->size - 1);
    return &t->v[i];
}

static struct word_entry *slot_of(const struct word_table *t, struct slice word)
{
    uint32_t h = HASH_FIRST;
    for (size_t i = 0; i < word.n; i++)
        h = hash_on(h, word.p[i]);
    return slot_at(t, h, word);
}

const struct word_entry *word_find(const struct word_table *t, struct slice lower)
{
    const struct word_entry *e = slot_of(t, lower);
    return e->word.n ? e : NULL;
}

static bool add_list(struct phrases *p, const struct phrase_word *w, uint64_t bit, bool function)
{
    uint8_t lower[WORD_MAX];
    for (; w; w = w->next) {
        size_t n = phrase_lower(w->text, lower, sizeof lower);
        if (n == 0)
            continue; /* longer than any */
        struct word_entry *e = slot_of(&p->words, slice_of(lower, n));
        if (!e->word.n)
            e->word = arena_copy(&p->arena, slice_of(lower, n), WORD_MAX);
        if (!e->word.n)
            return false;
        *(function ? &e->function : &e->abbreviation) |= bit;
    }
    return true;
}

static size_t count_words(const struct phrase_word *w)
{
    size_t n = 0;
    for (; w; w = w->next)
        n++;
    return n;
}

bool word_table_make(struct phrases *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        n += count_words(p->language[i].function_words) +
             count_words(p->language[i].abbreviations);
    struct word_table *t = &p->words;
    for (t->size = 16; t->size < 2 * n + 1; t->size *= 2)
        ;
    t->v = arena_array(&p->arena, t->size, sizeof *t->v);
    if (!t->v)
        return false;
    for (size_t i = 0; i < p->n; i++) {
        const struct phrase_language *l = &p->language[i];
        uint64_t bit = 1ull << i;
        if (!add_list(p, l->function_words, bit, true) ||
            !add_list(p, l->abbreviations, bit, false))
            return false;
        t->joined |= l->joined ? bit : 0;
    }
    return true;
}

static void count_for(uint64_t languages, uint8_t count[LANGUAGES_MAX])
{
    while (languages) {
        unsigned i = (unsigned)__builtin_ctzll(languages);
        count[i] = (uint8_t)(count[i] + (count[i] < UINT8_MAX));
        languages &= languages - 1;
    }
}

static bool is_letter(uint32_t c)
{
    if (c < 0x80)
        return ascii_is_alpha((uint8_t)c);
    utf8proc_category_t k = utf8proc_category((int32_t)c);
    return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_MC;
}

static void count_word(const struct word_table *t, struct slice word, uint64_t languages,
                       uint8_t count[LANGUAGES_MAX])
{
    uint8_t lower[WORD_MAX];
    size_t n = word.n < WORD_MAX ? phrase_lower(word, lower, sizeof lower) : 0;
    const struct word_entry *e = n ? word_find(t, slice_of(lower, n)) : NULL;
    if (e)
        count_for(e->function & languages, count);
}

/* Words of languages that join them, from the character at `at` on. */
static void count_joined(const struct word_table *t, struct slice text, size_t at,
                         uint8_t count[LANGUAGES_MAX])
{
    size_t end = at;
    for (int k = 0; k < JOINED_MAX && end < text.n; k++) {
        size_t len;
        uint32_t c = phrase_char(text.p, text.n, end, &len);
        if (c < 0x1100)
            return;
        end += len;
        count_word(t, slice_sub(text, at, end - at), t->joined, count);
    }
}

/* The ASCII letters from `at` on, in small letters, and what they hash to; *n of them, of which
 * the first WORD_MAX are copied. */
static size_t ascii_word(struct slice text, size_t at, uint8_t lower[WORD_MAX], uint32_t *hash)
{
    size_t n = 0;
    uint32_t h = HASH_FIRST;
    for (; at + n < text.n && ascii_is_alpha(text.p[at + n]); n++) {
        uint8_t c = ascii_lower(text.p[at + n]);
        h = hash_on(h, c);
        if (n < WORD_MAX)
            lower[n] = c;
    }
    *hash = h;
    return n;
}

void words_count(const struct phrases *p, struct slice text, uint8_t count[LANGUAGES_MAX])
{
    size_t begin = SIZE_MAX;
    memset(count, 0, LANGUAGES_MAX);
    for (size_t at = 0, len = 1; at <= text.n; at += len) {
        uint8_t lower[WORD_MAX];
        uint32_t hash;
        size_t n = begin == SIZE_MAX && at < text.n ? ascii_word(text, at, lower, &hash) : 0;
        if (n && (at + n == text.n || text.p[at + n] < 0x80)) { /* most words */
            len = n;
            const struct word_entry *e =
                n < WORD_MAX ? slot_at(&p->words, hash, slice_of(lower, n)) : NULL;
            if (e && e->word.n)
                count_for(e->function & ~p->words.joined, count);
            continue;
        }
        uint32_t c = at < text.n ? phrase_char(text.p, text.n, at, &len) : ' ';
        len = at < text.n ? len : 1;
        if (c >= 0x1100 && p->words.joined)
            count_joined(&p->words, text, at, count);
        if (is_letter(c)) {
            begin = begin == SIZE_MAX ? at : begin;
        } else if (begin != SIZE_MAX) {
            count_word(&p->words, slice_sub(text, begin, at - begin), ~p->words.joined, count);
            begin = SIZE_MAX;
        }
    }
}
