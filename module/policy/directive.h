/* SPDX-License-Identifier: Apache-2.0 */
/* directive.h - directives as a table: `prefix.Directive value …` into the fields of a struct.
 *
 * c-icap's own style. The same table serves a start, a check, reload, the manual pages and
 * the reference in docs. A wrong value is an error that names file, line, directive and
 * remedy; what concerns more than one value is a check that names its row. The filter
 * (config.h) and optoutd (daemon/daemon_config.h) each have a table of their own. */
#ifndef OPTOUT_POLICY_DIRECTIVE_H
#define OPTOUT_POLICY_DIRECTIVE_H

#include "core/buf.h"
#include "policy/config_fault.h"

/* What the argument of a directive is, and where it goes. */
enum directive_kind {
    DIRECTIVE_SIZE,   /* bytes with K, M or G; to uint64_t */
    DIRECTIVE_NUMBER, /* plain number; to uint32_t */
    DIRECTIVE_WORD,   /* one of words[]; its index to uint8_t */
    DIRECTIVE_WORDS,  /* one or more of words[]; bit 1 << index to uint32_t */
    DIRECTIVE_SWITCH, /* on or off; to bool */
    DIRECTIVE_TEXT,   /* a path, URL or name; to char[max] */
    DIRECTIVE_OTHER   /* its own function */
};

struct directive {
    const char *name;   /* without the prefix */
    const char *args;   /* "N[K|M|G]", for people */
    const char *preset; /* the default, as a file would say it; of DIRECTIVE_OTHER for people */
    const char *help;   /* what it does, one or two sentences */
    enum directive_kind kind;
    size_t offset;            /* in the struct that the table is for */
    uint64_t min, max;        /* of a size or number; max: size of a text field */
    const char *const *words; /* DIRECTIVE_WORD, _WORDS: NULL at the end */
    enum optout_rc (*apply)(void *target, int argc, const char *const *argv,
                            struct config_error *e); /* DIRECTIVE_OTHER */
};

/* A table, and how a file of it is read. */
struct directive_set {
    const struct directive *table; /* ends with a row whose name is NULL */
    const char *const *prefixes;   /* what stands before the dot; NULL at the end */
    const char *service;           /* "srv_optout.so": the Service line that loads it adds
                                      a prefix, other lines are c-icap's; NULL: the file is
                                      ours alone, other lines are errors */
    const char *see;               /* remedy for an unknown directive */
};

/* What must hold of a setting beyond its row, once every line has been read. */
struct directive_check {
    const char *directive; /* its row, which the error names */
    const char *rests_on;  /* the row of another setting that it looks at; NULL: none */
    enum optout_rc (*check)(const struct directive *d, const void *target,
                            struct config_error *e);
};

#define DIRECTIVE_WORDS_MAX 50 /* of a line */

/* Splits a line in place, as c-icap does. The number of words; below 0 when it is wrong. */
int directive_words(char *line, const char *word[DIRECTIVE_WORDS_MAX]);

/* By name, case folded; NULL when there is none. */
const struct directive *directive_find(const struct directive_set *set, const char *name);
/* The field of a DIRECTIVE_TEXT. */
const char *directive_text(const struct directive *d, const void *target);
/* A number (for DIRECTIVE_SIZE with its unit) within the bounds of a row. */
enum optout_rc directive_number(const struct directive *d, struct slice text, uint64_t *out,
                                struct config_error *e) OPTOUT_CHECKED;
/* One value of the struct, as a line would say it; nothing for DIRECTIVE_OTHER and _WORDS. */
void directive_print(const struct directive *d, const void *target, struct buf *out);

/* One directive of the set, name without prefix, into the struct of the table. */
enum optout_rc directives_apply(const struct directive_set *set, void *target, const char *name,
                                int argc, const char *const *argv, struct config_error *e)
    OPTOUT_CHECKED;
/* Every default, but those of DIRECTIVE_OTHER. */
void directives_preset(const struct directive_set *set, void *target);
/* Reads the lines `<prefix>.Directive …` of a file, following Include. A wrong line is added to
 * `all` and has no effect, and reading goes on, but for files that include each other without
 * end. The result is that of the first error. */
enum optout_rc directives_read(const struct directive_set *set, void *target, const char *path,
                               struct config_errors *all) OPTOUT_CHECKED;
/* Finds the line that sets e->directive: for errors that show only later. Without such a line
 * e->file is the file that would hold it. */
void directives_locate(const struct directive_set *set, const char *path,
                       struct config_error *e);
/* Makes the checks (the last has no directive), but those that rest on what is wrong already.
 * Errors are located in the file; `path` NULL: there is none. */
enum optout_rc directives_check(const struct directive_set *set,
                                const struct directive_check *checks, const void *target,
                                const char *path, struct config_errors *all) OPTOUT_CHECKED;

/* Checks that several tables make. */
enum optout_rc directive_is_absolute(const struct directive *d, const void *target,
                                     struct config_error *e);
enum optout_rc directive_is_absolute_or_empty(const struct directive *d, const void *target,
                                              struct config_error *e);
enum optout_rc directive_names_node(const struct directive *d, const void *target,
                                    struct config_error *e);
/* The host name, where nothing names the node. */
void node_preset(char *node, size_t size);

#endif
