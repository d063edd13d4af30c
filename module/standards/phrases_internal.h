/* SPDX-License-Identifier: Apache-2.0 */
/* phrases_internal.h - what the files of the phrase engine share: the model that a phrase file
 * becomes, folded text, and what a reader looks at.
 *
 *   phrases_file.c   lines of a file → the model, with names for what it refers to
 *   phrases_find.c   find lines; names → numbers
 *   phrases_pattern.c  alternatives of a set → a PCRE2 program
 *   phrases_need.c   words without which an alternative cannot be found
 *   phrases_key.c    sets without which it cannot
 *   phrases_need_table.c  such words of many, looked for at once
 *   phrases_gate.c   whether a text is worth reading
 *   phrases_words.c  words that tell languages, abbreviations
 *   phrases_literals.c  words of look-for, and whose they are
 *   phrases.c        all of it together
 *   phrases_builtin.c  the files of the source
 *   phrases_fold.c   text as written → folded text
 *   phrases_text.c   folded text → sentences, clauses, quotations
 *   phrases_run.c    the program of a set is run
 *   phrases_span.c   where the sets of a language stand in a text
 *   phrases_match.c  spans → what a sentence says
 *   phrases_reader.c blocks → sentences with what surrounds them
 *   phrases_plain.c  text that is no page → blocks */
#ifndef OPTOUT_STANDARDS_PHRASES_INTERNAL_H
#define OPTOUT_STANDARDS_PHRASES_INTERNAL_H

#include "standards/phrases.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <pthread.h>
#include <stdatomic.h>

#define LANGUAGES_MAX 48
#define SETS_MAX 128 /* of a language */
#define RULES_MAX 128 /* phrases and defeaters of a language */
#define FINDS_MAX 32 /* of a rule */
#define PARTS_MAX 6  /* of one side of a find line */
#define PART_SETS_MAX 8
#define NEVERS_MAX 6
#define UNLESS_MAX 16
#define SPANS_MAX 32 /* of a set in a text */
#define WITHIN_DEFAULT 200
#define WITHIN_MAX 2000
#define PHRASE_LINE_MAX 4096
#define SET_OBJECT SETS_MAX /* every set with a usage */

enum phrase_unit {
    UNIT_CLAUSE,
    UNIT_SENTENCE,
    UNIT_PAIR,
    UNIT_BLOCK,
    UNIT_SECTION,
    UNIT_PAGE,
    UNIT_COUNT
};

enum {
    FACT_QUESTION = 1,
    FACT_HEADING = 2,
    FACT_ITEM = 4,
    FACT_QUOTE = 8,
    FACT_QUOTING = 16
};
/* What says nothing by itself: a phrase must name it. */
#define FACTS_SILENT (FACT_QUESTION | FACT_HEADING | FACT_QUOTE)
#define FACTS_SILENT_BEFORE (FACT_QUESTION | FACT_QUOTE)

struct phrase_alternative {
    struct slice pattern;
    unsigned line;
    bool exact;      /* case matters */
    bool open_left;  /* letters may stand before it */
    bool open_right; /* or go on after it */
    uint8_t key; /* of an object: a set that stands in each match, SETS_MAX: none */
    struct phrase_alternative *next;
};

struct phrase_set {
    struct slice name;
    unsigned line;
    usage_set usages; /* not 0: an object */
    struct phrase_alternative *first, **last;
    pcre2_code *code;
    uint8_t visit; /* while {set} is followed: 1 open, 2 done */
    uint16_t weight; /* what a byte costs that the program looks at */
    bool at_words; /* the program is anchored: it is to be tried where a word begins, or none is */
    uint8_t first_byte[32]; /* then: bits of what a match may begin with */
    bool used;  /* by anything */
    bool asked; /* by a rule: spans of it are looked for */
    bool of_phrase; /* by a phrase, not only by defeaters */
    bool alone;     /* and by a find line that does without an object */
    bool key;       /* of an alternative */
};

/* One part of a find line: any of these sets. */
struct find_part {
    uint8_t set[PART_SETS_MAX]; /* SET_OBJECT among them */
    uint8_t n;
    bool begins;     /* ^ */
    uint16_t within; /* characters to the part before it */
};

struct find_side {
    struct find_part part[PARTS_MAX];
    uint8_t n;
    bool ordered; /* > */
    bool names_object;
    uint8_t never[NEVERS_MAX];
    uint8_t n_never;
    uint8_t facts, not_facts;
};

struct phrase_find {
    struct slice text;
    unsigned line;
    struct find_side before; /* of a pair */
    struct find_side here;
    bool pair;
    struct phrase_find *next;
};

/* Of the file's text, which its reader may have given up: for who has it still. */
struct phrase_sample {
    struct slice text; /* \n for a line's end */
    unsigned line;
    bool hit;
    struct phrase_sample *next;
};

struct phrase_rule {
    const char *name;
    unsigned line;
    bool defeats;
    uint8_t grade; /* enum phrase_grade; a defeater has none */
    uint8_t unit;  /* enum phrase_unit */
    uint16_t within;
    usage_set usages; /* 0: of the objects found */
    bool about; /* 'for' is there */
    bool needs_no_object; /* a phrase that names its usages: may be of a sentence without one */
    struct phrase_find *first, **last;
    struct slice unless_words, despite_words; /* as they are written */
    unsigned unless_line, despite_line;
    uint8_t unless[UNLESS_MAX];
    uint8_t n_unless;
    uint64_t despite[RULES_MAX / 64];
    struct phrase_sample *first_sample, **last_sample;
};

struct phrase_word {
    struct slice text;
    unsigned line;
    bool exact;
    struct phrase_word *next;
};

struct phrase_language {
    char code[12];
    struct slice title;
    const char *path;
    unsigned version;
    bool partial;
    bool joined; /* words are not parted by blanks */
    bool everywhere; /* read in pages of other languages */
    bool looks_back; /* a rule reads the sentence before */
    bool needs_no_object; /* a phrase does not */
    bool has_blocks; /* a phrase reads more than a pair */
    struct phrase_set *set;
    uint8_t n_sets;
    struct phrase_rule *rule;
    uint8_t n_rules;
    uint8_t object[SETS_MAX]; /* the sets with a usage */
    uint8_t n_objects;
    uint8_t clause_break; /* a set, or SETS_MAX */
    struct phrase_word *look_for, *abbreviations, *function_words;
    const struct need_table *needs; /* phrases_need.h, of sets */
    size_t program_size, jit_size; /* bytes that PCRE2 holds */
    atomic_int ready;              /* enum readiness: of the programs */
};

enum readiness { READY_LATER, READY, READY_NEVER };

/* Words of all languages, lower case: whose they are. */
struct word_entry {
    struct slice word;
    uint64_t function;     /* bit: index of a language */
    uint64_t abbreviation; /* with its full stop */
};

struct word_table {
    struct word_entry *v;
    size_t size; /* a power of two, at most half full */
    uint64_t joined; /* languages whose words are looked for inside of runs */
};

/* Literals and the languages that look for them. */
struct literal_owner {
    struct slice word;
    uint64_t languages;
    uint16_t next; /* of the same bucket, counted from 1; 0: the last */
    bool exact;
};

#define OWNER_BUCKETS 1024

struct owner_table {
    struct literal_owner *v;
    size_t n;
    uint16_t bucket[OWNER_BUCKETS];
};

struct need_table;
struct need_last;
struct phrase_gate;

struct phrases {
    struct arena arena;
    struct phrase_language *language;
    size_t n;
    struct word_table words;
    struct owner_table owners;
    struct literals *_Atomic literals; /* of text as it is written, and so of folded text */
    const struct phrase_gate *_Atomic gate;
    pthread_mutex_t lock; /* guards what is compiled later: the literals, the gate, programs */
};

/* What a parser carries along. */
struct phrase_parse {
    struct arena *arena;
    struct phrase_language *l;
    phrase_fault_visit *fault;
    void *ctx;
    size_t faults;
    bool nomem;
    bool trusted; /* the files were checked before: what costs time is not done again */
};

void phrase_fault_at(struct phrase_parse *p, unsigned line, const char *remedy, const char *why,
                     ...) __attribute__((format(printf, 4, 5)));

/* phrases.c: programs are compiled, without JIT, when a text first needs a language. */
enum optout_rc phrases_compile_late(const struct phrase_text *file, size_t n,
                                    phrase_fault_visit *fault, void *ctx,
                                    struct phrases **out) OPTOUT_CHECKED;
/* The programs of language i are there, compiled now if they were not; false: they cannot be. */
bool phrase_language_ready(const struct phrases *p, size_t i);
/* phrases_file.c */
void phrase_file_read(struct phrase_parse *p, struct slice text);
/* phrases_find.c: after all of a file was read. */
void phrase_link(struct phrase_parse *p);
/* The set of that name, SET_OBJECT, or -1. */
int phrase_set_find(const struct phrase_language *l, struct slice name);
enum set_rank { RANK_KEY, RANK_OBJECT, RANK_ALONE, RANK_PHRASE, RANK_DEFEATER };

/* phrases_key.c: after the sets were found to be good, before they are compiled. */
void phrase_keys(struct phrase_language *l);

/* phrases_pattern.c: programs of the sets; for this processor those of a rank, of `least` bytes and
 * fewer than `most`, until they take `max` bytes. Returns how many. */
void phrase_patterns(struct phrase_parse *p);
size_t phrase_patterns_jit(struct phrase_language *l, enum set_rank rank, size_t least,
                           size_t most, size_t max);
/* One alternative of a set that was compiled, as a set of its own. Its code is to be freed. false: no
 * memory. */
bool phrase_alternative_set(const struct phrase_language *l, const struct phrase_alternative *a,
                            struct phrase_alternative *copy, struct phrase_set *out);
/* Behind the character, escape or class at `at` of a pattern. */
size_t phrase_atom_end(struct slice s, size_t at);
/* The name of a {set} at `at`, or empty. */
struct slice phrase_inclusion_at(struct slice s, size_t at);

/* phrases_gate.c: made when it is first asked for; NULL without memory. */
const struct phrase_gate *phrases_gate(const struct phrases *p);
size_t phrase_gate_size(const struct phrase_gate *g); /* bytes of its programs. NULL: none */
void phrase_gate_free(const struct phrase_gate *g);   /* what it has besides the arena; NULL: nothing */

/* phrases_literals.c */
bool phrase_owners_make(struct phrases *p);
/* Languages of which a literal stands in a folded text. */
uint64_t phrase_literal_owners(const struct phrases *p, struct slice text);

/* phrases_fold.c */
#define FOLD_RAW_MAX 8192
#define FOLD_MAX 12288

struct folded {
    uint8_t *p;   /* FOLD_MAX bytes, valid UTF-8 */
    uint16_t *at; /* for each byte, and for the end: where it came from */
    size_t n;
};

/* Folds up to FOLD_RAW_MAX bytes into f; returns how many were read, fewer than there are
 * only when f is full. */
size_t phrase_fold(struct slice raw, struct folded *f);
/* A character of valid UTF-8 at `at` < n. */
uint32_t phrase_char(const uint8_t *p, size_t n, size_t at, size_t *len);
size_t phrase_lower(struct slice word, uint8_t *out, size_t size); /* 0: does not fit */
/* A text of folded characters; *aligned if each is as long as it was. */
size_t phrase_lower_text(struct slice text, uint8_t *out, size_t size, bool *aligned);

/* phrases_words.c */
bool word_table_make(struct phrases *p);
const struct word_entry *word_find(const struct word_table *t, struct slice lower);
/* How many function words of each language stand in a text; 255 at most. */
void words_count(const struct phrases *p, struct slice text, uint8_t count[LANGUAGES_MAX]);

/* phrases_text.c */
#define QUOTES_MAX 64
#define SENTENCES_MAX 512
#define CLAUSES_MAX 32

struct range {
    uint16_t at, end;
};

struct quotes {
    struct range v[QUOTES_MAX];   /* between the marks */
    bool is_long[QUOTES_MAX];     /* more than a term or a title */
    bool goes_on[QUOTES_MAX];     /* long, and begins small: takes up what is written around it */
    size_t n;
};

struct sentence {
    struct range r;
    bool question;
    bool quoted; /* the whole of it */
    bool quoting; /* it goes on in a quotation */
    bool stopped; /* ends with a full stop, or what is like it */
};

struct sentences {
    struct sentence v[SENTENCES_MAX];
    size_t n;
    size_t taken; /* bytes of the folded text that they are made of */
};

void quotes_find(const struct folded *f, struct quotes *q);
/* Those from `from` on. `languages`: whose abbreviations hold. `last`: nothing follows in this
 * block. */
void sentences_split(const struct phrases *p, const struct folded *f, const struct quotes *q,
                     size_t from, uint64_t languages, bool last, struct sentences *out);
/* A blank at or before `at`, above `least`; else the beginning of a character. */
size_t sentence_cut(const struct folded *f, size_t at, size_t least);
/* Copies f[r] to out with quotations in blanks, but for a wholly quoted sentence. */
void sentence_mask(const struct folded *f, const struct quotes *q, const struct sentence *s,
                   uint8_t *out);

/* phrases_span.c */
enum { FIELD_HERE, FIELD_BEFORE, FIELD_BLOCK, FIELD_HEADING, FIELD_PAGE, FIELD_COUNT };

/* A text, and where the sets of one language stand in it, as far as somebody asked. */
struct field {
    const uint8_t *p;
    size_t n;
    bool met_known;
    uint64_t met[SETS_MAX / 64]; /* sets that may stand there */
    uint8_t state[SETS_MAX + 1]; /* 0: not looked for; else spans + 1 */
};

typedef struct range field_spans_of[SETS_MAX + 1][SPANS_MAX];

#define LOWER_MAX (FOLD_MAX + 64)

/* What runs the programs of sets, within limits. */
struct runner {
    pcre2_match_context *context;
    pcre2_match_data *data;
    uint8_t *heap_next, *heap_end; /* memory of PCRE2 */
    uint64_t work, work_max; /* about nanoseconds */
    bool limited;
};

struct matcher {
    const struct phrase_language *l;
    struct field field[FIELD_COUNT];
    field_spans_of *span; /* one for each field; of those sets whose state says so */
    struct runner run;
    uint8_t *lower; /* LOWER_MAX bytes of scratch */
    struct need_last *last; /* NEED_LISTS_MAX, likewise */
};

/* phrases_run.c: stays where it is, for PCRE2 knows its place. false without memory. */
bool runner_open(struct runner *r, struct arena *arena);
/* The first match that begins at `at` < text.n or behind it; beyond `last` it need not be looked for.
 * As pcre2_match has it. */
int runner_first(struct runner *r, const struct phrase_set *set, struct slice text, size_t at,
                 size_t last);
/* Where it is; empty: one cannot go on from there. */
struct range runner_match(const struct runner *r);

void field_set(struct field *f, struct slice text);
void field_forget(struct field *f); /* another language looks at it */
/* Fills in which sets may stand there, by the words that they need. */
void field_meet(struct matcher *m, struct field *f);

/* false: no span of the set is there, as was found or by the words that it needs. */
static inline bool field_may_hold(struct matcher *m, unsigned field, unsigned set)
{
    struct field *f = &m->field[field];
    if (f->state[set])
        return f->state[set] > 1;
    if (!f->met_known)
        field_meet(m, f);
    return f->met[set / 64] >> (set % 64) & 1;
}

/* Spans in order; *n of them. */
const struct range *field_spans(struct matcher *m, unsigned field, unsigned set, size_t *n);

/* phrases_match.c */
struct clauses {
    struct range v[CLAUSES_MAX];
    size_t n;
    uint16_t intro; /* the end of what introduces them, 0: nothing */
};

struct situation {
    uint8_t facts;
    uint8_t before_facts; /* of the sentence before */
    struct range in_block; /* where the sentence stands in FIELD_BLOCK */
    struct clauses clauses;
    uint16_t intro; /* FIELD_HERE: bytes that stand before the sentence itself */
};

struct verdict {
    bool says; /* a hit, or one that was defeated */
    uint8_t grade;
    usage_set usages;
    const struct phrase_rule *rule;
};

struct phrase_trace {
    void *ctx;
    /* A sentence is looked at, with `words` function words of l; skipped: it is another language's. */
    void (*sentence)(void *ctx, struct slice text, unsigned facts, const struct phrase_language *l,
                     unsigned words, bool skipped);
    /* The rule found something. `by` NULL: it holds; the rule itself: a set of its 'unless'
     * occurs; else the defeater that took it down. */
    void (*found)(void *ctx, const struct phrase_language *l, const struct phrase_rule *rule,
                  const struct phrase_rule *by);
    void (*spans)(void *ctx, const struct phrase_language *l, const struct phrase_set *set,
                  unsigned field, struct slice text);
};

void clauses_split(struct matcher *m, uint16_t intro, struct clauses *out);
/* Could any phrase hold, by the words that its sets need? HERE and BEFORE are set. */
bool match_may_say(struct matcher *m, const struct situation *s);
void match_sentence(struct matcher *m, const struct situation *s, const struct phrase_trace *trace,
                    struct verdict *v);

/* phrases_reader.c */
void phrase_reader_trace(struct phrase_reader *r, const struct phrase_trace *trace);

#endif
