/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_pattern.c - the alternatives of a set become one PCRE2 program.
 *
 * What could make matching costly or open a door is refused by its look, before PCRE2 sees it:
 * unbounded repeats of what matches nearly anything, recursion, callouts, verbs, references.
 * What is left is bounded by the limits of the match. Limits: PATTERN_MAX bytes of a set with
 * all that it takes in. */
#include "standards/phrases_internal.h"

#include "core/buf.h"

#define PATTERN_MAX (256u << 10)
/* No word is cut there: \b, but with letters and digits alone as what words are made of. */
#define LOOK_BEHIND "(?:(?<![\\p{L}\\p{N}])|(?![\\p{L}\\p{N}]))"
#define LOOK_AHEAD "(?:(?![\\p{L}\\p{N}])|(?<![\\p{L}\\p{N}]))"
#define MORE_LETTERS "\\p{L}*+" /* '~': to the end of the word */
#define OPTIONS \
    (PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_NO_AUTO_CAPTURE | PCRE2_NEVER_BACKSLASH_C | \
     PCRE2_NO_UTF_CHECK)

/* The end of a class that begins at `at` ('['), or s.n. */
static size_t class_end(struct slice s, size_t at)
{
    size_t i = at + 1;
    if (i < s.n && s.p[i] == '^')
        i++;
    if (i < s.n && s.p[i] == ']')
        i++;
    while (i < s.n && s.p[i] != ']')
        i += s.p[i] == '\\' ? 2 : 1;
    return i < s.n ? i + 1 : s.n;
}

/* Does a repeat without an upper bound begin here? */
static bool repeats_forever(struct slice s, size_t at)
{
    if (at >= s.n)
        return false;
    if (s.p[at] == '*' || s.p[at] == '+')
        return true;
    if (s.p[at] != '{')
        return false;
    size_t i = at + 1;
    while (i < s.n && ascii_is_digit(s.p[i]))
        i++;
    return i > at + 1 && i + 1 < s.n && s.p[i] == ',' && s.p[i + 1] == '}';
}

/* What matches nearly anything: '.', \S, \D, \W, \X, \N, [^...]. Its end, or `at`. */
static size_t wide_end(struct slice s, size_t at)
{
    if (s.p[at] == '.')
        return at + 1;
    if (s.p[at] == '\\' && at + 1 < s.n && strchr("SDWXNHV", s.p[at + 1]) && s.p[at + 1])
        return at + 2;
    if (s.p[at] == '[' && at + 1 < s.n && s.p[at + 1] == '^')
        return class_end(s, at);
    return at;
}

/* NULL, or what is not allowed at `at`. */
static const char *refused_here(struct slice s, size_t at)
{
    struct slice rest = slice_from(s, at);
    if (rest.n >= 2 && rest.p[0] == '(' && rest.p[1] == '*')
        return "a verb (*...)";
    if (rest.n >= 3 && rest.p[0] == '(' && rest.p[1] == '?' && !strchr(":=!<>|-i", rest.p[2]))
        return "a group other than (?: (?= (?! (?< (?> (?| (?i";
    if (rest.n >= 4 && rest.p[0] == '(' && rest.p[1] == '?' && rest.p[2] == '<' &&
        rest.p[3] != '=' && rest.p[3] != '!')
        return "a named group";
    if (rest.n >= 2 && rest.p[0] == '\\' &&
        ((rest.p[1] >= '1' && rest.p[1] <= '9') || rest.p[1] == 'g' || rest.p[1] == 'k' ||
         rest.p[1] == 'C' || rest.p[1] == 'Q' || rest.p[1] == 'E'))
        return "a back reference, \\C or \\Q";
    if (s.p[at] == '~')
        return "'~' stands at the ends alone; within, write \\p{L}*, or \\~ for the character";
    size_t end = wide_end(s, at);
    if (end > at && repeats_forever(s, end))
        return "an unbounded repeat of what matches nearly anything; write {0,80}";
    return NULL;
}

size_t phrase_atom_end(struct slice s, size_t at)
{
    if (at >= s.n)
        return at + 1;
    if (s.p[at] == '\\')
        return at + 2;
    return s.p[at] == '[' ? class_end(s, at) : at + 1;
}

static bool is_allowed(struct phrase_parse *p, const struct phrase_alternative *a)
{
    for (size_t at = 0; at < a->pattern.n; at = phrase_atom_end(a->pattern, at)) {
        const char *why = refused_here(a->pattern, at);
        if (!why)
            continue;
        phrase_fault_at(p, a->line, "write it without", "character %zu: %s", at + 1, why);
        return false;
    }
    return true;
}

/* Is {name} here, and not the {L} of \p{L}? Its name. */
struct slice phrase_inclusion_at(struct slice s, size_t at)
{
    size_t n = at + 1;
    if (s.p[at] != '{' || n >= s.n || !(s.p[n] >= 'a' && s.p[n] <= 'z'))
        return SLICE_EMPTY;
    while (n < s.n && (ascii_is_alnum(s.p[n]) || s.p[n] == '-'))
        n++;
    return n < s.n && s.p[n] == '}' ? slice_sub(s, at + 1, n - at - 1) : SLICE_EMPTY;
}

/* The text of a program that is put together. A set that is taken in once more is called where
 * it stood first, which keeps programs small. */
struct pattern {
    const struct phrase_language *l;
    struct buf out;
    bool taken_in[SETS_MAX];
    bool copies; /* no calls */
};

static void put_alternatives(struct pattern *x, const struct phrase_alternative *a,
                             const struct phrase_alternative *end, bool inside);

static void put_set(struct pattern *x, unsigned set)
{
    if (x->taken_in[set]) {
        buf_printf(&x->out, "(?&s%u)", set);
        return;
    }
    x->taken_in[set] = !x->copies;
    if (x->copies)
        buf_puts(&x->out, "(?:");
    else
        buf_printf(&x->out, "(?<s%u>", set);
    put_alternatives(x, x->l->set[set].first, NULL, true);
    buf_putc(&x->out, ')');
}

static void put_included(struct pattern *x, struct slice name)
{
    int set = phrase_set_find(x->l, name);
    if (set >= 0 && set < SETS_MAX) {
        put_set(x, (unsigned)set);
        return;
    }
    buf_puts(&x->out, "(?:");
    for (size_t i = 0; i < x->l->n_objects; i++) {
        buf_puts(&x->out, i ? "|" : "");
        put_set(x, x->l->object[i]);
    }
    buf_putc(&x->out, ')');
}

static bool is_property(struct slice atom)
{
    return atom.n == 2 && atom.p[0] == '\\' && (atom.p[1] == 'p' || atom.p[1] == 'P' ||
                                                atom.p[1] == 'x' || atom.p[1] == 'o');
}

/* As it is written, with {sets} in their place. */
static void put_pattern(struct pattern *x, struct slice s)
{
    for (size_t at = 0; at < s.n;) {
        struct slice name = phrase_inclusion_at(s, at);
        size_t end = name.n ? at + name.n + 2 : phrase_atom_end(s, at);
        struct slice atom = slice_sub(s, at, end - at);
        if (name.n)
            put_included(x, name);
        else
            buf_append(&x->out, atom.p, atom.n);
        at = end;
        if (is_property(atom) && slice_begins(slice_from(s, at), '{')) {
            struct slice braces = slice_from(s, at); /* of \p{L} */
            size_t n = slice_find(braces, '}') + 1;
            buf_append(&x->out, braces.p, n < braces.n ? n : braces.n);
            at += n;
        }
    }
}

static bool alike(const struct phrase_alternative *a, const struct phrase_alternative *b)
{
    return a->exact == b->exact && a->open_left == b->open_left && a->open_right == b->open_right;
}

/* What stands before alternatives like this one. Inside of others the letters that may stand
 * there are matched, for something else comes before them. */
static const char *bound_before(const struct phrase_language *l,
                                const struct phrase_alternative *a, bool inside)
{
    if (l->joined)
        return "";
    return !a->open_left ? LOOK_BEHIND : inside ? "\\p{L}*" : "";
}

static const char *bound_after(const struct phrase_language *l, const struct phrase_alternative *a)
{
    if (l->joined)
        return "";
    return a->open_right ? MORE_LETTERS : LOOK_AHEAD;
}

/* Alternatives that follow each other and are bounded alike stand between one pair of bounds,
 * which is what costs. Up to `end`, NULL for all. */
static void put_alternatives(struct pattern *x, const struct phrase_alternative *a,
                             const struct phrase_alternative *end, bool inside)
{
    struct buf *out = &x->out;
    while (a != end && !out->failed) {
        const struct phrase_alternative *first = a;
        buf_puts(out, bound_before(x->l, first, inside));
        buf_puts(out, first->exact ? "(?-i:" : "(?:");
        for (; a != end && alike(a, first); a = a->next) {
            buf_puts(out, a == first ? "" : "|");
            put_pattern(x, a->pattern);
        }
        buf_putc(out, ')');
        buf_puts(out, bound_after(x->l, first));
        buf_puts(out, a == end ? "" : "|");
    }
}

/* Begins anew with these alternatives. */
static struct slice pattern_of(struct pattern *x, const struct phrase_alternative *a,
                               const struct phrase_alternative *end)
{
    buf_clear(&x->out);
    memset(x->taken_in, 0, sizeof x->taken_in);
    put_alternatives(x, a, end, false);
    return buf_slice(&x->out);
}

/* --- what {set} takes in --- */

enum { VISIT_NEVER, VISIT_OPEN, VISIT_DONE, VISIT_BAD };

static bool visit_set(struct phrase_parse *p, struct phrase_set *s, unsigned depth);

static bool visit_name(struct phrase_parse *p, const struct phrase_alternative *a,
                       struct slice name, unsigned depth)
{
    struct phrase_language *l = p->l;
    int i = phrase_set_find(l, name);
    if (i == SET_OBJECT) {
        bool good = true;
        for (size_t k = 0; k < l->n_objects; k++)
            good = visit_set(p, &l->set[l->object[k]], depth + 1) && good;
        return good;
    }
    if (i < 0) {
        phrase_fault_at(p, a->line, "write the set, or \\{ for a brace", "there is no set '%.*s'",
                        SLICE_FMT(name));
        return false;
    }
    l->set[i].used = true;
    if (l->set[i].visit == VISIT_OPEN) {
        phrase_fault_at(p, a->line, "take one of them out", "set '%.*s' takes in itself",
                        SLICE_FMT(name));
        return false;
    }
    return visit_set(p, &l->set[i], depth + 1);
}

/* Depth is bounded by the number of sets, for none is open twice. */
static bool visit_set(struct phrase_parse *p, struct phrase_set *s, unsigned depth)
{
    if (s->visit == VISIT_DONE || s->visit == VISIT_BAD || depth > SETS_MAX)
        return s->visit == VISIT_DONE;
    bool good = true;
    s->visit = VISIT_OPEN;
    for (const struct phrase_alternative *a = s->first; a; a = a->next)
        for (size_t at = 0; at < a->pattern.n;) {
            struct slice name = phrase_inclusion_at(a->pattern, at);
            bool property = at >= 2 && is_property(slice_sub(a->pattern, at - 2, 2));
            if (name.n && !property)
                good = visit_name(p, a, name, depth) && good;
            at = name.n ? at + name.n + 2 : phrase_atom_end(a->pattern, at);
        }
    s->visit = good ? VISIT_DONE : VISIT_BAD;
    return good;
}

/* --- programs --- */

static pcre2_code *program(struct slice text, int *error, PCRE2_SIZE *where)
{
    return pcre2_compile(text.p, text.n, OPTIONS, error, where, NULL);
}

static bool matches_empty(const pcre2_code *code)
{
    uint32_t empty = 0;
    pcre2_pattern_info(code, PCRE2_INFO_MATCHEMPTY, &empty);
    return empty != 0;
}

/* Which alternative is at fault? Each is tried by itself. */
static bool blame(struct phrase_parse *p, const struct phrase_alternative *a, struct pattern *x)
{
    int error = 0;
    PCRE2_SIZE where = 0;
    pcre2_code *code = program(pattern_of(x, a, a->next), &error, &where);
    if (!code) {
        char message[120] = "";
        size_t before = strlen(bound_before(p->l, a, false)) + (a->exact ? 5 : 3);
        where = where > before ? where - before : 1;
        pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
        phrase_fault_at(p, a->line, "see pcre2pattern(3)", "character %zu: %s",
                        where < a->pattern.n ? where : a->pattern.n, message);
        return true;
    }
    bool empty = matches_empty(code);
    pcre2_code_free(code);
    if (empty)
        phrase_fault_at(p, a->line, "let something be required",
                        "'%.*s' matches the empty text", SLICE_FMT(slice_sub(a->pattern, 0, 60)));
    return empty;
}

/* Copies: PCRE2 does not see that what is called cannot be empty. */
static void blame_set(struct phrase_parse *p, const struct phrase_set *s, struct pattern *x)
{
    size_t before = p->faults;
    x->copies = true;
    for (const struct phrase_alternative *a = s->first; a; a = a->next)
        blame(p, a, x);
    if (p->faults == before)
        phrase_fault_at(p, s->line, "make two sets of it", "set '%.*s' is too large for PCRE2",
                        SLICE_FMT(s->name));
    x->copies = false;
}

/* Whether it really does: told by a program without calls. */
static bool set_matches_empty(const struct phrase_set *s, struct pattern *x)
{
    int error;
    PCRE2_SIZE where;
    if (!matches_empty(s->code))
        return false;
    x->copies = true;
    pcre2_code *code = program(pattern_of(x, s->first, NULL), &error, &where);
    x->copies = false;
    bool empty = !code || matches_empty(code);
    pcre2_code_free(code);
    return empty;
}

/* The larger a program the more of it is tried at each byte; as measured. Partial languages may
 * be matched without JIT (phrases.c). It is of the files alone, so that all who have them read
 * a text as far. */
static uint16_t weight_of(const struct phrase_language *l, size_t size)
{
    size_t w = (2 + size / 512) * (l->partial ? 4 : 1);
    return (uint16_t)(w < UINT16_MAX ? w : UINT16_MAX);
}

/* Where words are parted, and no alternative goes on inside of one: it is tried there alone. */
static bool stands_at_words(const struct phrase_language *l, const struct phrase_set *s)
{
    for (const struct phrase_alternative *a = s->first; a; a = a->next)
        if (a->open_left)
            return false;
    return !l->joined;
}

/* What a match can begin with, as far as PCRE2 tells. */
static bool first_bytes_of(const pcre2_code *code, uint8_t out[32])
{
    uint32_t type = 0;
    const uint8_t *bits = NULL;
    pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &bits);
    pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &type);
    if (type != 0 || !bits)
        return false;
    memcpy(out, bits, 32);
    return true;
}

/* Behind a call it does not look: then it is asked about a program without calls. */
static void take_first_bytes(struct phrase_set *s, struct pattern *x)
{
    int error;
    PCRE2_SIZE where;
    if (first_bytes_of(s->code, s->first_byte))
        return;
    x->copies = true;
    pcre2_code *code = program(pattern_of(x, s->first, NULL), &error, &where);
    x->copies = false;
    if (x->out.failed || !code || !first_bytes_of(code, s->first_byte))
        memset(s->first_byte, 0xFF, sizeof s->first_byte);
    pcre2_code_free(code);
}

/* A program that is tried at one place. */
static void anchor(struct phrase_set *s, struct pattern *x)
{
    int error;
    PCRE2_SIZE where;
    take_first_bytes(s, x);
    struct slice text = pattern_of(x, s->first, NULL);
    pcre2_code *code = x->out.failed ? NULL
                                     : pcre2_compile(text.p, text.n, OPTIONS | PCRE2_ANCHORED,
                                                     &error, &where, NULL);
    if (!code)
        return; /* no memory: it is looked for as it is */
    pcre2_code_free(s->code);
    s->code = code;
    s->at_words = true;
}

static void compile_set(struct phrase_parse *p, struct phrase_set *s, struct pattern *x)
{
    int error;
    PCRE2_SIZE where;
    struct slice text = pattern_of(x, s->first, NULL);
    if (x->out.failed == OPTOUT_E_LIMIT) {
        phrase_fault_at(p, s->line, "take in fewer sets", "set '%.*s' is longer than %u bytes",
                        SLICE_FMT(s->name), PATTERN_MAX);
        return;
    }
    if (x->out.failed) {
        p->nomem = true;
        return;
    }
    s->code = program(text, &error, &where);
    if (!s->code || set_matches_empty(s, x)) {
        blame_set(p, s, x);
        return;
    }
    size_t n = 0;
    bool asked = s->asked || s->usages || s->key;
    if (stands_at_words(p->l, s) && asked)
        anchor(s, x);
    if (s->code && !asked) { /* others take it in, nobody asks for it */
        pcre2_code_free(s->code);
        s->code = NULL;
    } else if (pcre2_pattern_info(s->code, PCRE2_INFO_SIZE, &n) == 0) {
        p->l->program_size += n;
        s->weight = weight_of(p->l, n);
    }
}

static enum set_rank rank_of(const struct phrase_set *s)
{
    return s->key         ? RANK_KEY
           : s->usages    ? RANK_OBJECT
           : s->alone     ? RANK_ALONE
           : s->of_phrase ? RANK_PHRASE
                          : RANK_DEFEATER;
}

size_t phrase_patterns_jit(struct phrase_language *l, enum set_rank rank, size_t least,
                           size_t most, size_t max)
{
    size_t sum = 0;
    for (size_t i = 0; i < l->n_sets && sum < max; i++) {
        const struct phrase_set *s = &l->set[i];
        size_t size = 0, n = 0;
        if (s->code && rank_of(s) == rank &&
            pcre2_pattern_info(s->code, PCRE2_INFO_SIZE, &size) == 0 && size >= least &&
            size < most && pcre2_jit_compile(s->code, PCRE2_JIT_COMPLETE) == 0 &&
            pcre2_pattern_info(s->code, PCRE2_INFO_JITSIZE, &n) == 0)
            sum += n;
    }
    l->jit_size += sum;
    return sum;
}

bool phrase_alternative_set(const struct phrase_language *l, const struct phrase_alternative *a,
                            struct phrase_alternative *copy, struct phrase_set *out)
{
    struct pattern x = { .l = l };
    int error;
    PCRE2_SIZE where;
    size_t n = 0;
    *copy = *a;
    copy->next = NULL;
    *out = (struct phrase_set){ .first = copy, .line = a->line };
    buf_init(&x.out, PATTERN_MAX);
    struct slice text = pattern_of(&x, copy, NULL);
    out->code = x.out.failed ? NULL : program(text, &error, &where);
    if (out->code && stands_at_words(l, out))
        anchor(out, &x);
    buf_free(&x.out);
    if (!out->code || pcre2_pattern_info(out->code, PCRE2_INFO_SIZE, &n))
        return false;
    out->weight = weight_of(l, n);
    return true;
}

void phrase_patterns(struct phrase_parse *p)
{
    struct phrase_language *l = p->l;
    struct pattern x = { .l = l };
    buf_init(&x.out, PATTERN_MAX);
    phrase_keys(l);
    for (size_t i = 0; i < l->n_sets && !p->nomem; i++) {
        struct phrase_set *s = &l->set[i];
        bool good = visit_set(p, s, 0);
        if (!s->first)
            phrase_fault_at(p, s->line, "put alternatives under it, with two blanks before them",
                            "set '%.*s' is empty", SLICE_FMT(s->name));
        for (const struct phrase_alternative *a = s->first; a; a = a->next)
            good = is_allowed(p, a) && good;
        if (good && s->first)
            compile_set(p, s, &x);
    }
    buf_free(&x.out);
}
