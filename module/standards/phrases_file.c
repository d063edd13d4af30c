/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_file.c - the lines of a phrase file (docs/phrases.md) become the model, with names
 * for what it refers to; phrases_find.c resolves them.
 *
 * Limits: PHRASE_LINE_MAX bytes of a line, SETS_MAX sets, RULES_MAX phrases and defeaters. All
 * faults of a file are told, and what is wrong is left out. */
#include "standards/phrases_internal.h"

#include "syntax/utf8.h"

#include <stdarg.h>
#include <stdio.h>

#define NAME_MAX_BYTES 40

struct reading {
    struct phrase_parse *p;
    unsigned line;
    struct phrase_set *set;   /* its alternatives follow */
    struct phrase_rule *rule; /* its directives follow */
    bool lost;                /* lines that belong to something that was refused */
};

void phrase_fault_at(struct phrase_parse *p, unsigned line, const char *remedy, const char *why,
                     ...)
{
    struct phrase_fault f = { .path = p->l->path, .line = line };
    va_list ap;
    va_start(ap, why);
    vsnprintf(f.why, sizeof f.why, why, ap);
    va_end(ap);
    snprintf(f.remedy, sizeof f.remedy, "%s", remedy);
    p->faults++;
    p->fault(p->ctx, &f);
}

#define fault(r, remedy, ...) phrase_fault_at((r)->p, (r)->line, remedy, __VA_ARGS__)

static void *take(struct reading *r, size_t n)
{
    void *m = arena_alloc(r->p->arena, n);
    if (!m)
        r->p->nomem = true;
    return m;
}

/* What outlives the text of the file. */
static struct slice keep(struct reading *r, struct slice s)
{
    struct slice copy = arena_copy(r->p->arena, s, s.n);
    r->p->nomem = r->p->nomem || !copy.p;
    return copy;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* The next word of *rest, empty at its end. */
static struct slice next_word(struct slice *rest)
{
    while (rest->n && is_blank(rest->p[0]))
        *rest = slice_from(*rest, 1);
    size_t n = 0;
    while (n < rest->n && !is_blank(rest->p[n]))
        n++;
    struct slice word = slice_sub(*rest, 0, n);
    *rest = slice_trim_ows(slice_from(*rest, n));
    return word;
}

static bool name_is_good(struct slice s)
{
    if (s.n == 0 || s.n > NAME_MAX_BYTES || s.p[0] < 'a' || s.p[0] > 'z')
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !ascii_is_digit(s.p[i]) && s.p[i] != '-')
            return false;
    return true;
}

static const char *cstring(struct reading *r, struct slice s)
{
    char *p = take(r, s.n + 1);
    return p ? memcpy(p, s.p, s.n) : NULL;
}

static bool number_of(struct slice s, unsigned max, unsigned *value)
{
    uint64_t v;
    if (!slice_to_u64(s, &v) || v == 0 || v > max)
        return false;
    *value = (unsigned)v;
    return true;
}

static bool usages_of(struct slice s, usage_set *out)
{
    struct slice one;
    enum usage u;
    *out = 0;
    while (slice_split(&s, ',', &one)) {
        if (!usage_from_name(slice_trim_ows(one), &u) || u == USAGE_SEARCH || u == USAGE_ACQUIRE)
            return false;
        *out |= usage_bit(u);
    }
    return *out != 0;
}

/* A '#' at the beginning, or one between two blanks (or a tab) and a blank, begins a comment. */
static struct slice without_comment(struct slice line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] != '#')
            continue;
        bool after = i + 1 == line.n || is_blank(line.p[i + 1]);
        bool apart = i >= 2 && is_blank(line.p[i - 1]) && is_blank(line.p[i - 2]);
        bool tab = i >= 1 && line.p[i - 1] == '\t';
        if (slice_trim_ows(slice_sub(line, 0, i)).n == 0 || (after && (apart || tab)))
            return slice_sub(line, 0, i);
    }
    return line;
}

/* --- words of a language --- */

/* Hyphens, quotation marks and apostrophes may be others in a page. */
static bool is_one_word(struct slice word)
{
    for (size_t i = 0; i < word.n; i++)
        if (strchr("-'\"`", word.p[i]))
            return false;
    return true;
}

static void add_words(struct reading *r, struct phrase_word **list, struct slice rest,
                      bool may_be_exact)
{
    for (struct slice word; (word = next_word(&rest)).n;) {
        struct phrase_word *w = take(r, sizeof *w);
        if (!w)
            return;
        w->exact = may_be_exact && slice_take(&word, '=');
        w->text = keep(r, word);
        w->line = r->line;
        if (may_be_exact && word.n < 2) {
            fault(r, "take a longer part of it", "look-for '%.*s' is shorter than two bytes",
                  SLICE_FMT(word));
            continue;
        }
        if (may_be_exact && !is_one_word(word)) {
            fault(r, "take a part of it without", "look-for '%.*s' holds a mark that pages write in "
                  "several ways", SLICE_FMT(word));
            continue;
        }
        w->next = *list;
        *list = w;
    }
}

static void language_line(struct reading *r, struct slice rest)
{
    struct phrase_language *l = r->p->l;
    struct slice code = next_word(&rest);
    if (l->code[0])
        fault(r, "leave one of them", "a second 'language'");
    else if (!name_is_good(code) || code.n >= sizeof l->code)
        fault(r, "write a code of BCP 47 in small letters, then its name: language de Deutsch",
              "'%.*s' is no code of a language", SLICE_FMT(code));
    else
        memcpy(l->code, code.p, code.n);
    l->title = keep(r, rest);
}

static void status_line(struct reading *r, struct slice rest)
{
    r->p->l->partial = slice_eq(rest, SLICE_OF("partial"));
    if (!r->p->l->partial && !slice_eq(rest, SLICE_OF("full")))
        fault(r, "write full or partial", "status '%.*s'", SLICE_FMT(rest));
}

static void version_line(struct reading *r, struct slice rest)
{
    if (!number_of(rest, 1000000, &r->p->l->version))
        fault(r, "write a number from 1 on", "version '%.*s'", SLICE_FMT(rest));
}

/* --- sets --- */

static void set_line(struct reading *r, struct slice rest)
{
    struct phrase_language *l = r->p->l;
    struct slice name = next_word(&rest);
    r->lost = true;
    if (!name_is_good(name)) {
        fault(r, "small letters, digits and '-', a letter first", "'%.*s' is no name of a set",
              SLICE_FMT(name));
        return;
    }
    if (phrase_set_find(l, name) >= 0) {
        fault(r, "take another name", "there is a set '%.*s' already", SLICE_FMT(name));
        return;
    }
    if (l->n_sets == SETS_MAX) {
        fault(r, "join sets that are used alike", "more than %d sets", SETS_MAX);
        return;
    }
    struct phrase_set *s = &l->set[l->n_sets++];
    *s = (struct phrase_set){ .name = keep(r, name), .line = r->line };
    s->last = &s->first;
    r->set = s;
    r->lost = false;
    if (rest.n == 0)
        return;
    struct slice word = next_word(&rest);
    if (!slice_eq(word, SLICE_OF("usage")) || !usages_of(rest, &s->usages))
        fault(r, "set NAME usage tdm,train-ml,train-ai,ai-use (one or more of them)",
              "what follows the name of set '%.*s' is no usage", SLICE_FMT(name));
}

/* What folding changes would never match. A letter stands in front, for blanks at the
 * beginning of a text go. */
static bool is_folded(struct reading *r, struct slice pattern)
{
    uint8_t raw[PHRASE_LINE_MAX + 2], text[FOLD_MAX];
    uint16_t at[FOLD_MAX + 1];
    struct folded f = { text, at, 0 };
    raw[0] = 'x';
    memcpy(raw + 1, pattern.p, pattern.n);
    phrase_fold(slice_of(raw, pattern.n + 1), &f);
    struct slice now = slice_from(slice_of(f.p, f.n), 1);
    if (slice_eq(pattern, now))
        return true;
    size_t i = 0;
    while (i < now.n && i < pattern.n && now.p[i] == pattern.p[i])
        i++;
    while (i && i < pattern.n && (pattern.p[i] & 0xC0) == 0x80)
        i--;
    struct slice rest = slice_from(pattern, i);
    struct slice had = slice_sub(rest, 0, rest.n ? utf8_length(rest) : 0);
    struct slice has = utf8_clip(slice_sub(now, i, 24), 12);
    fault(r, "write it as texts are folded: ' \" - and single blanks, no full-width letters",
          "'%.*s' never stands in a folded text, which has '%.*s' there", SLICE_FMT(had),
          SLICE_FMT(has));
    return false;
}

static void alternative_line(struct reading *r, struct slice line)
{
    struct phrase_alternative *a = take(r, sizeof *a);
    if (!a)
        return;
    a->line = r->line;
    a->exact = slice_take(&line, '=');
    a->open_left = slice_take(&line, '~');
    if (line.n > 1 && line.p[line.n - 1] == '~' && line.p[line.n - 2] != '\\') {
        a->open_right = true;
        line.n--;
    }
    a->pattern = keep(r, line);
    if (line.n == 0) {
        fault(r, "write what it should match", "an empty alternative");
        return;
    }
    if (!r->p->trusted && !is_folded(r, line))
        return;
    *r->set->last = a;
    r->set->last = &a->next;
}

/* --- phrases and defeaters --- */

static bool grade_of(struct slice s, uint8_t *grade)
{
    for (unsigned g = PHRASE_PERMISSION; g < PHRASE_GRADE_COUNT; g++) {
        if (!slice_eq(s, slice_cstr(phrase_grade_name((enum phrase_grade)g))))
            continue;
        *grade = (uint8_t)g;
        return true;
    }
    return false;
}

static void rule_begin(struct reading *r, struct slice rest, bool defeats)
{
    struct phrase_language *l = r->p->l;
    struct slice name = next_word(&rest);
    const char *kind = defeats ? "defeater" : "phrase";
    r->lost = true;
    if (!name_is_good(name)) {
        fault(r, "small letters, digits and '-', a letter first", "'%.*s' is no name of a %s",
              SLICE_FMT(name), kind);
        return;
    }
    for (size_t i = 0; i < l->n_rules; i++)
        if (l->rule[i].defeats == defeats && slice_eq(slice_cstr(l->rule[i].name), name)) {
            fault(r, "take another name", "there is a %s '%.*s' in line %u", kind,
                  SLICE_FMT(name), l->rule[i].line);
            return;
        }
    if (l->n_rules == RULES_MAX) {
        fault(r, "join phrases that say the same", "more than %d phrases and defeaters",
              RULES_MAX);
        return;
    }
    struct phrase_rule *rule = &l->rule[l->n_rules];
    *rule = (struct phrase_rule){ .line = r->line, .defeats = defeats, .unit = UNIT_SENTENCE,
                                  .within = WITHIN_DEFAULT };
    rule->last = &rule->first;
    rule->last_sample = &rule->first_sample;
    rule->name = cstring(r, name);
    if (!rule->name)
        return;
    l->n_rules++;
    r->rule = rule;
    r->lost = false;
    if (defeats ? rest.n != 0 : !grade_of(rest, &rule->grade))
        fault(r, defeats ? "write its name alone" : "plain, likely, hint or permission",
              "'%.*s' after the name of the %s", SLICE_FMT(rest), kind);
}

static void phrase_line(struct reading *r, struct slice rest)
{
    rule_begin(r, rest, false);
}

static void defeat_line(struct reading *r, struct slice rest)
{
    rule_begin(r, rest, true);
}

static void about_line(struct reading *r, struct slice rest)
{
    r->rule->about = rest.n != 0;
}

static void find_line(struct reading *r, struct slice rest)
{
    struct phrase_find *f = take(r, sizeof *f);
    if (!f)
        return;
    f->text = keep(r, rest);
    f->line = r->line;
    *r->rule->last = f;
    r->rule->last = &f->next;
}

static void within_line(struct reading *r, struct slice rest)
{
    unsigned n;
    if (number_of(rest, WITHIN_MAX, &n))
        r->rule->within = (uint16_t)n;
    else
        fault(r, "write a number of characters from 1 to 2000", "within '%.*s'",
              SLICE_FMT(rest));
}

static void unit_line(struct reading *r, struct slice rest)
{
    static const char *const units[UNIT_COUNT] = { "clause", "sentence", "pair",
                                                   "block",  "section",  "page" };
    for (unsigned u = 0; u < UNIT_COUNT; u++)
        if (slice_eq(rest, slice_cstr(units[u]))) {
            r->rule->unit = (uint8_t)u;
            return;
        }
    fault(r, "clause, sentence, pair, block, section or page", "unit '%.*s'", SLICE_FMT(rest));
}

static void unless_line(struct reading *r, struct slice rest)
{
    if (r->rule->unless_words.n)
        fault(r, "join both in one line", "a second 'unless'");
    r->rule->unless_words = keep(r, rest);
    r->rule->unless_line = r->line;
}

static void despite_line(struct reading *r, struct slice rest)
{
    if (r->rule->despite_words.n)
        fault(r, "join both in one line", "a second 'despite'");
    if (r->rule->defeats)
        fault(r, "leave it out", "a defeater has no 'despite'");
    r->rule->despite_words = keep(r, rest);
    r->rule->despite_line = r->line;
}

static void usage_line(struct reading *r, struct slice rest)
{
    if (!usages_of(rest, &r->rule->usages))
        fault(r, "one or more of tdm,train-ml,train-ai,ai-use", "usage '%.*s'", SLICE_FMT(rest));
}

static void sample_line(struct reading *r, struct slice rest, bool hit)
{
    struct phrase_sample *s = take(r, sizeof *s);
    if (!s)
        return;
    s->text = rest;
    s->line = r->line;
    s->hit = hit;
    *r->rule->last_sample = s;
    r->rule->last_sample = &s->next;
}

static void hit_line(struct reading *r, struct slice rest)
{
    sample_line(r, rest, true);
}

static void miss_line(struct reading *r, struct slice rest)
{
    sample_line(r, rest, false);
}

static void look_for_line(struct reading *r, struct slice rest)
{
    add_words(r, &r->p->l->look_for, rest, true);
}

static void abbreviations_line(struct reading *r, struct slice rest)
{
    add_words(r, &r->p->l->abbreviations, rest, false);
}

static void function_words_line(struct reading *r, struct slice rest)
{
    add_words(r, &r->p->l->function_words, rest, false);
}

static void joined_words_line(struct reading *r, struct slice rest)
{
    r->p->l->joined = true;
    if (rest.n)
        fault(r, "write it alone", "'%.*s' after joined-words", SLICE_FMT(rest));
}

static void everywhere_line(struct reading *r, struct slice rest)
{
    r->p->l->everywhere = true;
    if (rest.n)
        fault(r, "write it alone", "'%.*s' after read-everywhere", SLICE_FMT(rest));
}

/* --- lines --- */

static const struct directive {
    const char *word;
    void (*take)(struct reading *r, struct slice rest);
    bool inside;  /* of a phrase or a defeater */
    bool no_rest; /* may stand alone */
} directives[] = {
    { "language", language_line, false, false },
    { "status", status_line, false, false },
    { "version", version_line, false, false },
    { "abbreviations", abbreviations_line, false, false },
    { "function-words", function_words_line, false, false },
    { "look-for", look_for_line, false, false },
    { "joined-words", joined_words_line, false, true },
    { "read-everywhere", everywhere_line, false, true },
    { "set", set_line, false, false },
    { "phrase", phrase_line, false, false },
    { "defeat", defeat_line, false, false },
    { "for", about_line, true, false },
    { "find", find_line, true, false },
    { "within", within_line, true, false },
    { "unit", unit_line, true, false },
    { "unless", unless_line, true, false },
    { "despite", despite_line, true, false },
    { "usage", usage_line, true, false },
    { "hit", hit_line, true, false },
    { "miss", miss_line, true, false },
};

static const struct directive *directive_find(struct slice word)
{
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
        if (slice_eq(word, slice_cstr(directives[i].word)))
            return &directives[i];
    return NULL;
}

static void directive_take(struct reading *r, struct slice line, bool indented)
{
    struct slice rest = line, word = next_word(&rest);
    const struct directive *d = directive_find(word);
    if (!indented && !(d && d->inside)) {
        r->set = NULL;
        r->rule = NULL;
        r->lost = false;
    }
    if (!d)
        fault(r, "docs/phrases.md lists the words; alternatives of a set are indented",
              "unknown word '%.*s'", SLICE_FMT(utf8_clip(word, 60)));
    else if (d->inside != indented)
        fault(r, indented ? "let it begin its line" : "put two blanks before it",
              d->inside ? "'%s' belongs to a phrase or a defeater" : "'%s' belongs to nothing",
              d->word);
    else if (rest.n == 0 && !d->no_rest)
        fault(r, "write what belongs there", "'%s' without anything after it", d->word);
    else if (!d->inside || r->rule)
        d->take(r, rest);
    else if (!r->lost)
        fault(r, "put it under 'phrase' or 'defeat'", "'%s' belongs to no phrase", d->word);
}

static void line_take(struct reading *r, struct slice line)
{
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (line.n > PHRASE_LINE_MAX) {
        fault(r, "part it", "a line of %zu bytes; at most %d are read", line.n, PHRASE_LINE_MAX);
        return;
    }
    if (!r->p->trusted && (!utf8_is_valid(line) || slice_find(line, 0) < line.n)) {
        fault(r, "save the file as UTF-8", "a line that is not UTF-8");
        return;
    }
    line = without_comment(line);
    bool indented = line.n && is_blank(line.p[0]);
    line = slice_trim_ows(line);
    if (line.n == 0)
        return;
    if (indented && r->set)
        alternative_line(r, line);
    else if (!indented || !r->lost)
        directive_take(r, line, indented);
}

void phrase_file_read(struct phrase_parse *p, struct slice text)
{
    struct reading r = { .p = p };
    struct slice line;
    text = slice_skip_bom(text);
    while (!p->nomem && slice_split(&text, '\n', &line)) {
        r.line++;
        line_take(&r, line);
    }
    if (!p->l->code[0])
        phrase_fault_at(p, 1, "write: language de Deutsch", "no line names the language");
}
