/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/terms_pages.h"

#include "core/hex.h"

#include <pthread.h>
#include <stdlib.h>

struct terms_word {
    bool title; /* else of a path */
    struct slice word;
};

struct terms_pages {
    size_t n; /* in order */
    struct terms_word row[TERMS_WORDS_MAX];
};

/* ---- the file ---- */

static const char *parse_row(struct slice line, struct terms_word *to)
{
    static const struct slice path = SLICE("path"), title = SLICE("title");
    struct slice rest = line, language = SLICE_EMPTY, kind = SLICE_EMPTY;
    (void)slice_split(&rest, '\t', &language);
    (void)slice_split(&rest, '\t', &kind);
    if (!language.n || !(slice_eq(kind, path) || slice_eq(kind, title)))
        return "a row is language, path or title, and a word, parted by tabs";
    if (!rest.n || rest.n > TERMS_WORD_MAX)
        return "the word must have 1 to 96 bytes";
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] != ascii_lower(rest.p[i]) || rest.p[i] == '\t')
            return "the word must be in small letters, without tabs";
    *to = (struct terms_word){ slice_eq(kind, title), rest };
    return NULL;
}

static int compare_words(const void *a, const void *b)
{
    const struct terms_word *x = a, *y = b;
    if (x->title != y->title || x->word.n != y->word.n)
        return x->title != y->title ? x->title - y->title : x->word.n < y->word.n ? -1 : 1;
    return memcmp(x->word.p, y->word.p, x->word.n);
}

enum optout_rc terms_pages_parse(struct slice text, struct terms_pages **out, unsigned *line,
                                 const char **why)
{
    struct terms_pages *t = calloc(1, sizeof *t);
    struct slice rest = text, row;
    *line = 0;
    *why = NULL;
    if (!t) {
        *why = "out of memory";
        return OPTOUT_E_NOMEM;
    }
    while (slice_next_row(&rest, &row, line)) {
        *why = t->n == TERMS_WORDS_MAX ? "more than 2048 rows" : parse_row(row, &t->row[t->n]);
        if (*why) {
            free(t);
            return OPTOUT_E_SYNTAX;
        }
        t->n++;
    }
    qsort(t->row, t->n, sizeof t->row[0], compare_words);
    *out = t;
    return OPTOUT_OK;
}

void terms_pages_free(struct terms_pages *t)
{
    free(t);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct terms_pages *builtin;

static void make_builtin(void)
{
    unsigned line;
    const char *why;
    if (terms_pages_parse(terms_pages_text, &builtin, &line, &why) != OPTOUT_OK)
        builtin = NULL; /* the tests look at the build's own file */
}

const struct terms_pages *terms_pages_builtin(void)
{
    pthread_once(&once, make_builtin);
    return builtin;
}

static bool has(const struct terms_pages *t, bool title, struct slice word)
{
    struct terms_word key = { title, word };
    return t && word.n && bsearch(&key, t->row, t->n, sizeof t->row[0], compare_words);
}

/* ---- paths ---- */

/* A segment as its words are written; empty when it is longer than any. */
static struct slice fold_segment(struct slice s, uint8_t out[TERMS_WORD_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        int high = c == '%' && i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_value(s.p[i + 2]) : -1;
        if (low >= 0) {
            c = (uint8_t)(high << 4 | low);
            i += 2;
        }
        if (n == TERMS_WORD_MAX)
            return SLICE_EMPTY;
        out[n++] = c == '_' || c == ' ' || c == '+' ? '-' : ascii_lower(c);
    }
    return slice_of(out, n);
}

/* "de", "en-us", "index": what stands behind the word that counts. */
static bool is_passed_over(struct slice segment)
{
    bool language = (segment.n == 2 || (segment.n == 5 && segment.p[2] == '-')) &&
                    ascii_is_alpha(segment.p[0]) && ascii_is_alpha(segment.p[1]);
    return language || slice_eq(segment, SLICE_OF("index")) || slice_eq(segment, SLICE_OF("default"));
}

static struct slice without_ending(struct slice segment)
{
    size_t dot = segment.n;
    while (dot && segment.p[dot - 1] != '.')
        dot--;
    bool ending = dot > 1 && segment.n - dot <= 5;
    return ending ? slice_sub(segment, 0, dot - 1) : segment;
}

bool terms_pages_have_path(const struct terms_pages *t, struct slice path)
{
    uint8_t folded[TERMS_WORD_MAX];
    path = slice_sub(path, 0, slice_find(path, '#'));
    path = slice_sub(path, 0, slice_find(path, '?'));
    for (int passed = 0; passed <= 2; passed++) {
        while (path.n && path.p[path.n - 1] == '/')
            path.n--;
        size_t from = path.n;
        while (from && path.p[from - 1] != '/')
            from--;
        struct slice word = fold_segment(without_ending(slice_from(path, from)), folded);
        if (has(t, false, word))
            return true;
        if (!is_passed_over(word))
            return false;
        path.n = from;
    }
    return false;
}

/* ---- titles ---- */

/* Bytes of what parts a title at its front: " - ", "|", "–", ":" …; 0: nothing. */
static size_t parting(struct slice s)
{
    static const struct slice marks[] = {
        SLICE(" - "), SLICE("|"), SLICE(": "), SLICE("\xE2\x80\x93"), SLICE("\xE2\x80\x94"),
        SLICE("\xC2\xB7"), SLICE("\xC2\xBB"), SLICE("\xE2\x80\xA2"), SLICE("\xEF\xBD\x9C"),
        SLICE("\xEF\xBC\x9A"), SLICE("/"), SLICE(">"), SLICE(" :: "),
    };
    if (ascii_is_alnum(s.p[0]))
        return 0;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (s.p[0] == marks[i].p[0] && s.n >= marks[i].n && !memcmp(s.p, marks[i].p, marks[i].n))
            return marks[i].n;
    return 0;
}

static struct slice fold_title(struct slice s, uint8_t out[TERMS_WORD_MAX])
{
    s = slice_trim_space(s);
    if (s.n > TERMS_WORD_MAX)
        return SLICE_EMPTY;
    for (size_t i = 0; i < s.n; i++)
        out[i] = ascii_is_space(s.p[i]) ? ' ' : ascii_lower(s.p[i]);
    return slice_of(out, s.n);
}

bool terms_pages_have_title(const struct terms_pages *t, struct slice title)
{
    uint8_t folded[TERMS_WORD_MAX];
    size_t from = 0;
    if (has(t, true, fold_title(title, folded)))
        return true;
    for (size_t i = 0; i <= title.n; i++) {
        size_t mark = i < title.n ? parting(slice_from(title, i)) : 1;
        if (!mark)
            continue;
        if (has(t, true, fold_title(slice_sub(title, from, i - from), folded)))
            return true;
        from = i + mark;
        i = from - 1;
    }
    return false;
}
