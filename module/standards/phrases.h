/* SPDX-License-Identifier: Apache-2.0 */
/* phrases.h - reservations in words: phrase files, and the reader that finds them in text.
 *
 * A phrase file (conf/phrases/LANG.phr, docs/phrases.md) says for one language what the objects
 * of a reservation are called, how it is expressed, and what makes something else of it. All
 * files together are one `struct phrases`: compiled once, immutable, read by any thread and,
 * after a fork, by any process. */
#ifndef OPTOUT_STANDARDS_PHRASES_H
#define OPTOUT_STANDARDS_PHRASES_H

#include "core/arena.h"
#include "core/rc.h"
#include "core/text.h"
#include "core/usage.h"

struct literals;

enum phrase_grade {
    PHRASE_NONE,
    PHRASE_PERMISSION, /* an express permission: reported, allows nothing */
    PHRASE_HINT,
    PHRASE_LIKELY,
    PHRASE_PLAIN,
    PHRASE_GRADE_COUNT
};

const char *phrase_grade_name(enum phrase_grade g); /* "plain" "likely" "hint" "permission" */
bool phrase_grade_from_name(struct slice name, enum phrase_grade *g); /* case folded */

struct phrases;

/* One phrase file, as it was read. */
struct phrase_text {
    const char *path; /* for messages */
    struct slice text;
};

/* Where a phrase file is wrong. */
struct phrase_fault {
    const char *path; /* of one of the texts */
    unsigned line;
    char why[160];
    char remedy[120];
};

typedef void phrase_fault_visit(void *ctx, const struct phrase_fault *f);

/* Compiles the files; each fault is told to `fault` (not NULL), with every file looked at to its end.
 * `jit`: for who reads much. On failure *out is NULL. OPTOUT_E_SYNTAX or OPTOUT_E_NOMEM. */
enum optout_rc phrases_compile(const struct phrase_text *file, size_t n, bool jit,
                               phrase_fault_visit *fault, void *ctx,
                               struct phrases **out) OPTOUT_CHECKED;
void phrases_free(struct phrases *p); /* NULL: nothing */
/* Those that are built in (conf/phrases of the source), never freed; NULL when memory is used
 * up. A language is compiled when a text first needs it, which takes memory then: a service
 * makes them ready before it forks. */
const struct phrases *phrases_builtin(void);
/* Compiles what is not yet, for who reads much; false when memory is used up. */
bool phrases_ready(const struct phrases *p) OPTOUT_CHECKED;

/* Literals of which every text that could give a hit holds one, as bytes in UTF-8 as it is
 * written (literals_compile_for_text). NULL: those that are built in, and memory is used up. */
const struct literals *phrases_literals(const struct phrases *p);

/* Tells of pieces of one text whether it is worth reading. Memory is the arena's: little, and
 * 200 KiB when it is first asked. NULL without. */
struct phrase_probe;
struct phrase_probe *phrase_probe_open(struct arena *arena, const struct phrases *p);
/* Whether a piece in which a literal stands may belong to a hit: as it is written, but for references,
 * and cut anywhere. More than 8,192 bytes may, and each where nobody made all ready (phrases_ready).
 * `probe`: a struct phrase_probe. */
bool phrase_probe(void *probe, struct slice text);

/* One sentence that says something. Slices are valid during the call. */
struct phrase_hit {
    enum phrase_grade grade;
    usage_set usages;     /* that are reserved, or permitted */
    struct slice text;    /* the sentence as it was written, at most PHRASE_SENTENCE_MAX bytes */
    const char *language; /* "de" */
    const char *phrase;   /* "reserved" */
    unsigned version;     /* of its file */
    uint64_t offset;      /* of the block it stands in */
};

#define PHRASE_SENTENCE_MAX 2048

typedef void phrase_visit(void *ctx, const struct phrase_hit *hit);

struct phrase_reader;

/* Reads texts, one after the other: a page, a field. Memory is the arena's and fixed, 320 KiB;
 * NULL when there is none. Not to be shared by threads. */
struct phrase_reader *phrase_reader_open(struct arena *arena, const struct phrases *p,
                                         phrase_visit *visit, void *ctx);
/* OPTOUT_MORE; OPTOUT_E_LIMIT once more sentences were candidates than are looked at, or one could not
 * be matched within its limits: what follows is not read. */
enum optout_rc phrase_reader_block(struct phrase_reader *r, const struct text_block *b) OPTOUT_CHECKED;
/* OPTOUT_DONE, or the OPTOUT_E_LIMIT of this text. The next block begins another. */
enum optout_rc phrase_reader_end(struct phrase_reader *r) OPTOUT_CHECKED;

/* A text that is no page: paragraphs stand between empty lines. */
enum optout_rc phrase_reader_plain(struct phrase_reader *r, struct slice text,
                                   uint64_t offset) OPTOUT_CHECKED;

#endif
