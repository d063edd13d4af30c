/* SPDX-License-Identifier: Apache-2.0 */
/* phrases.h - what the parts of `optout phrases` share. */
#ifndef OPTOUT_CLI_PHRASES_H
#define OPTOUT_CLI_PHRASES_H

#include "cli/cli.h"
#include "standards/phrases_internal.h"

#define PHRASE_FILES_MAX 64

struct phrase_args {
    const char *passages[16]; /* files of them, one JSON object a line */
    bool plain[16];           /* they are lines: '+', '-' or '?', and the text */
    size_t n_passages;
    bool passages_only; /* not the lines of the phrase files */
    double precision, recall; /* the least that will do for all passages */
    const char *language; /* --lang; NULL: all */
    const char *text;     /* explain: what to look at */
    bool quiet;           /* figures alone */
    bool jit;             /* compile for this processor */
    char **path;          /* phrase files and folders of them */
    int n_paths;
};

/* The files, compiled. Faults are printed; then false. */
struct phrase_files {
    struct arena arena;
    struct phrase_text file[PHRASE_FILES_MAX];
    size_t n;
    struct phrases *phrases;
};

bool phrase_files_load(struct phrase_files *f, const struct phrase_args *a);
void phrase_files_free(struct phrase_files *f);

/* Each prints to `out` and returns the exit status. */
int phrases_check(const struct phrase_files *f, struct buf *out);
int phrases_test(const struct phrase_files *f, const struct phrase_args *a, struct buf *out);
int phrases_explain(const struct phrase_files *f, const struct phrase_args *a, struct buf *out);

#endif
