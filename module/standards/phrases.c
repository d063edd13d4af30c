/* SPDX-License-Identifier: Apache-2.0 */
/* phrases.c - phrase files become one struct phrases: read, linked, compiled, together. */
#include "standards/phrases_need.h"

#include "syntax/literals.h"

#include <stdio.h>
#include <stdlib.h>

#define SCRATCH_MAX (24u << 20)
#define MODEL_MAX (32u << 20) /* bytes of all files, as a model */

/* --- files --- */

/* Lines that begin with this word, at most `max`. */
static size_t count_lines(struct slice text, const char *word, size_t max)
{
    struct slice line, begin = slice_cstr(word);
    size_t n = 0;
    while (n < max && slice_split(&text, '\n', &line))
        n += line.n > begin.n && memcmp(line.p, begin.p, begin.n) == 0;
    return n;
}

static bool language_open(struct phrases *p, struct phrase_language *l, const char *path,
                          struct slice text)
{
    size_t rules = count_lines(text, "phrase", RULES_MAX) + count_lines(text, "defeat", RULES_MAX);
    l->path = path;
    l->version = 1;
    l->set = arena_array(&p->arena, count_lines(text, "set", SETS_MAX) + 1, sizeof *l->set);
    l->rule = arena_array(&p->arena, rules + 1, sizeof *l->rule);
    return l->set && l->rule;
}

static void check_languages(const struct phrases *p, size_t i, struct phrase_parse *parse)
{
    for (size_t k = 0; k < i; k++)
        if (p->language[i].code[0] && strcmp(p->language[i].code, p->language[k].code) == 0)
            phrase_fault_at(parse, 1, "one file for each language",
                            "language '%s' has a file already: %s", p->language[i].code,
                            p->language[k].path);
}

/* Bytes of all that is compiled. Programs for this processor are near ten times as large as
 * PCRE2's own; what does not fit is matched without. */
#define COMPILED_MAX (8000u << 10)

static size_t room_for_jit(const struct phrases *p)
{
    size_t used = p->arena.used + phrase_gate_size(atomic_load(&p->gate));
    for (size_t i = 0; i < p->n; i++)
        used += p->language[i].program_size;
    return used < COMPILED_MAX ? COMPILED_MAX - used : 0;
}

enum reach { EVERYWHERE, FULL, PARTIAL };

static enum reach reach_of(const struct phrase_language *l)
{
    return l->everywhere ? EVERYWHERE : l->partial ? PARTIAL : FULL;
}

/* Of all languages of a kind; small programs first, for the more of them there is room. */
static size_t compile_rank(const struct phrases *p, enum reach reach, enum set_rank rank, size_t left)
{
    static const size_t sizes[] = { 0, 1024, 2048, 4096, 8192, SIZE_MAX };
    for (size_t k = 0; k + 1 < sizeof sizes / sizeof *sizes; k++)
        for (size_t i = 0; i < p->n; i++) {
            struct phrase_language *l = &p->language[i];
            if (reach_of(l) != reach)
                continue;
            size_t n = phrase_patterns_jit(l, rank, sizes[k], sizes[k + 1], left);
            left = n < left ? left - n : 0;
        }
    return left;
}

/* What is looked for most comes first: what tells whether a page is worth reading, and then in
 * languages that are read everywhere, in full ones, and in the others. */
static void compile_jit(const struct phrases *p)
{
    static const struct {
        enum reach reach;
        enum set_rank rank;
    } order[] = {
        { EVERYWHERE, RANK_KEY }, { FULL, RANK_KEY }, { EVERYWHERE, RANK_ALONE },
        { EVERYWHERE, RANK_OBJECT }, { FULL, RANK_OBJECT }, { PARTIAL, RANK_KEY },
        { FULL, RANK_ALONE }, { PARTIAL, RANK_OBJECT }, { PARTIAL, RANK_ALONE },
        { EVERYWHERE, RANK_PHRASE }, { FULL, RANK_PHRASE }, { EVERYWHERE, RANK_DEFEATER },
        { PARTIAL, RANK_PHRASE }, { FULL, RANK_DEFEATER }, { PARTIAL, RANK_DEFEATER },
    };
    size_t left = room_for_jit(p);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        left = compile_rank(p, order[i].reach, order[i].rank, left);
}

static bool make_needs(struct phrases *p, struct phrase_language *l)
{
    struct arena scratch;
    arena_init(&scratch, SCRATCH_MAX, NULL, 0);
    struct need_table *t = need_table_make(&scratch);
    struct needing *k = phrase_needing(l, &scratch);
    for (unsigned i = 0; i < l->n_sets && t && k; i++) {
        struct need_owner o = { .number = i, .near = UINT16_MAX };
        for (const struct phrase_alternative *a = l->set[i].first; a && l->set[i].code; a = a->next)
            phrase_needs_add(k, t, a, NULL, &o);
    }
    l->needs = t && k ? need_table_keep(t, &p->arena) : NULL;
    arena_reset(&scratch);
    return l->needs != NULL;
}

/* Faults of this file, 0 when it is good. */
static size_t read_file(struct phrases *p, size_t i, const struct phrase_text *file,
                        bool late, struct phrase_parse *parse)
{
    struct phrase_language *l = &p->language[i];
    struct slice path = slice_cstr(file->path);
    path = arena_copy(&p->arena, slice_of(path.p, path.n + 1), path.n + 1);
    parse->l = l;
    parse->faults = 0;
    if (!path.p || !language_open(p, l, (const char *)path.p, file->text)) {
        parse->nomem = true;
        return 0;
    }
    phrase_file_read(parse, file->text);
    phrase_link(parse);
    if (!late) {
        phrase_patterns(parse);
        parse->nomem = parse->nomem || !make_needs(p, l);
        atomic_store(&l->ready, READY);
    }
    check_languages(p, i, parse);
    return parse->faults;
}

static struct phrases *open_phrases(size_t n)
{
    struct phrases *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    arena_init(&p->arena, MODEL_MAX, NULL, 0);
    pthread_mutex_init(&p->lock, NULL);
    p->language = arena_array(&p->arena, n + 1, sizeof *p->language);
    if (p->language)
        return p;
    phrases_free(p);
    return NULL;
}

static enum optout_rc compile(const struct phrase_text *file, size_t n, bool late,
                              struct phrase_parse *parse, struct phrases **out)
{
    size_t faults = 0;
    struct phrases *p = open_phrases(n);
    if (!p)
        return OPTOUT_E_NOMEM;
    parse->arena = &p->arena;
    while (p->n < n && !parse->nomem) {
        p->n++;
        faults += read_file(p, p->n - 1, &file[p->n - 1], late, parse);
    }
    enum optout_rc rc = parse->nomem               ? OPTOUT_E_NOMEM
                        : faults                   ? OPTOUT_E_SYNTAX
                        : phrase_owners_make(p) && word_table_make(p) ? OPTOUT_OK
                                                   : OPTOUT_E_NOMEM;
    if (rc == OPTOUT_OK)
        *out = p;
    else
        phrases_free(p);
    return rc;
}

static enum optout_rc compile_files(const struct phrase_text *file, size_t n, bool late,
                                    phrase_fault_visit *fault, void *ctx, struct phrases **out)
{
    struct phrase_parse parse = { .fault = fault, .ctx = ctx, .trusted = late };
    *out = NULL;
    if (n <= LANGUAGES_MAX)
        return compile(file, n, late, &parse, out);
    struct phrase_fault f = { .path = file[LANGUAGES_MAX].path, .line = 1 };
    snprintf(f.why, sizeof f.why, "more than %d files", LANGUAGES_MAX);
    snprintf(f.remedy, sizeof f.remedy, "leave some out");
    fault(ctx, &f);
    return OPTOUT_E_SYNTAX;
}

enum optout_rc phrases_compile(const struct phrase_text *file, size_t n, bool jit,
                               phrase_fault_visit *fault, void *ctx, struct phrases **out)
{
    enum optout_rc rc = compile_files(file, n, false, fault, ctx, out);
    if (rc == OPTOUT_OK && (!phrases_literals(*out) || !phrases_gate(*out))) {
        phrases_free(*out);
        *out = NULL;
        return OPTOUT_E_NOMEM;
    }
    if (rc == OPTOUT_OK && jit)
        compile_jit(*out); /* with what memory is left */
    return rc;
}

enum optout_rc phrases_compile_late(const struct phrase_text *file, size_t n,
                                    phrase_fault_visit *fault, void *ctx, struct phrases **out)
{
    return compile_files(file, n, true, fault, ctx, out);
}

static void late_fault(void *ctx, const struct phrase_fault *f)
{
    (void)ctx;
    (void)f;
}

bool phrase_language_ready(const struct phrases *p, size_t i)
{
    struct phrase_language *l = &p->language[i];
    int ready = atomic_load(&l->ready);
    if (ready != READY_LATER)
        return ready == READY;
    pthread_mutex_t *lock = (pthread_mutex_t *)&p->lock; /* all else of it stays as it is */
    pthread_mutex_lock(lock);
    if (atomic_load(&l->ready) == READY_LATER) {
        struct phrase_parse parse = { .l = l, .fault = late_fault };
        phrase_patterns(&parse);
        bool good = !parse.faults && !parse.nomem && make_needs((struct phrases *)p, l);
        atomic_store(&l->ready, good ? READY : READY_NEVER);
    }
    pthread_mutex_unlock(lock);
    return atomic_load(&l->ready) == READY;
}

bool phrases_ready(const struct phrases *p)
{
    bool late = false, good = true;
    for (size_t i = 0; i < p->n; i++)
        late = late || atomic_load(&p->language[i].ready) == READY_LATER;
    for (size_t i = 0; i < p->n; i++)
        good = phrase_language_ready(p, i) && good;
    good = good && phrases_literals(p) && phrases_gate(p);
    if (late && good)
        compile_jit(p); /* with what memory is left */
    return good;
}

void phrases_free(struct phrases *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->language && i < p->n; i++) {
        struct phrase_language *l = &p->language[i];
        for (size_t k = 0; l->set && k < l->n_sets; k++)
            pcre2_code_free(l->set[k].code);
    }
    phrase_gate_free(atomic_load(&p->gate));
    literals_free(atomic_load(&p->literals));
    pthread_mutex_destroy(&p->lock);
    arena_reset(&p->arena);
    free(p);
}
