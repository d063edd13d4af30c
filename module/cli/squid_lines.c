/* SPDX-License-Identifier: Apache-2.0 */
/* The syntax is that of Squid 5.7 and 6.13 (parseOneConfigFile, TokenParse). */
#include "cli/squid_lines.h"

#include "cli/cli.h"
#include "core/buf.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MAX_DEPTH 5           /* files of files */
#define MAX_FILES 256         /* files in all, one that is read twice counted twice */
#define MAX_BYTES (16u << 20) /* in all of them */
#define MAX_LINE 8190         /* what Squid takes at once; it would split a longer one */
#define MAX_JOINED 65536      /* a directive of several lines */

struct level {
    FILE *f;          /* of names[next], or NULL: not open yet */
    size_t next, end; /* files of this level that are left, in `names` */
    unsigned line;
};

struct squid_lines {
    struct level level[MAX_DEPTH + 1];
    size_t depth;
    char *names[MAX_FILES]; /* owned; names[0] is the caller's file */
    size_t n_names;
    size_t bytes; /* read so far */
    size_t order;
    struct buf joined;
    char text[MAX_LINE + 2];
};

struct squid_lines *squid_lines_open(const char *path)
{
    struct squid_lines *r = calloc(1, sizeof *r);
    if (!r || !(r->names[0] = strdup(path))) {
        cli_error("out of memory");
        free(r);
        return NULL;
    }
    r->n_names = r->level[0].end = 1;
    buf_init(&r->joined, MAX_JOINED);
    return r;
}

void squid_lines_close(struct squid_lines *r)
{
    if (!r)
        return;
    for (size_t i = 0; i <= MAX_DEPTH; i++)
        if (r->level[i].f)
            fclose(r->level[i].f);
    for (size_t i = 0; i < r->n_names; i++)
        free(r->names[i]);
    buf_free(&r->joined);
    free(r);
}

bool squid_word(struct slice *rest, struct slice *word)
{
    *rest = slice_trim_ows(*rest);
    if (rest->n == 0 || rest->p[0] == '#')
        return false;
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
        n++;
    *word = slice_sub(*rest, 0, n);
    *rest = slice_from(*rest, n);
    return true;
}

static bool open_file(struct squid_lines *r, struct level *l)
{
    const char *name = r->names[l->next];
    struct stat st;
    if (stat(name, &st) != 0) {
        cli_error("%s: %s", name, strerror(errno));
        return false;
    }
    /* The caller's file may be a pipe; an included one must not keep us waiting. */
    if (S_ISDIR(st.st_mode) || (r->depth > 0 && !S_ISREG(st.st_mode))) {
        cli_error("%s: %s", name, S_ISDIR(st.st_mode) ? strerror(EISDIR) : "no regular file");
        return false;
    }
    l->line = 0;
    l->f = fopen(name, "re");
    if (!l->f)
        cli_error("%s: %s", name, strerror(errno));
    return l->f != NULL;
}

/* One line of the file into r->text, without its end. */
static enum squid_got read_line(struct squid_lines *r, struct level *l, struct slice *line)
{
    const char *name = r->names[l->next], *wrong = NULL;
    size_t n = 0;
    int c;
    l->line++;
    while (!wrong && (c = getc_unlocked(l->f)) != EOF && c != '\n') {
        if (c == '\0')
            wrong = "holds a NUL byte; this is no configuration";
        else if (n == MAX_LINE)
            wrong = "the line is longer than Squid reads; end lines with a backslash before";
        else if (++r->bytes > MAX_BYTES)
            wrong = "the configuration is longer than 16 MiB";
        else
            r->text[n++] = (char)c;
    }
    if (!wrong && c == EOF && ferror(l->f))
        wrong = strerror(errno);
    if (wrong) {
        cli_error("%s:%u: %s", name, l->line, wrong);
        return SQUID_FAILED;
    }
    r->bytes++; /* an empty line counts too */
    *line = slice_of(r->text, n);
    *line = slice_sub(*line, 0, slice_find(*line, '\r'));
    return c == EOF && n == 0 ? SQUID_END : SQUID_LINE;
}

/* One directive into r->joined. Empty lines and comments do not end a joined one.
 * One that the end of the file cuts off is not read, as in Squid. */
static enum squid_got read_directive(struct squid_lines *r, struct level *l, unsigned *first)
{
    buf_clear(&r->joined);
    *first = 0;
    for (;;) {
        struct slice line;
        enum squid_got got = read_line(r, l, &line);
        if (got != SQUID_LINE)
            return got;
        while (line.n && (line.p[0] == ' ' || line.p[0] == '\t'))
            line = slice_from(line, 1);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (!*first)
            *first = l->line;
        bool more = line.p[line.n - 1] == '\\';
        buf_append(&r->joined, line.p, line.n - more);
        if (r->joined.failed) {
            cli_error("%s:%u: %s", r->names[l->next], *first,
                      r->joined.failed == OPTOUT_E_LIMIT ? "the directive is longer than 64 KiB"
                                                         : "out of memory");
            return SQUID_FAILED;
        }
        if (!more)
            return SQUID_LINE;
    }
}

/* The name only may hold wildcards: what a pattern costs then is one folder. */
static bool expand(struct squid_lines *r, const char *pattern, const char **wrong)
{
    const char *slash = strrchr(pattern, '/'), *wild = strpbrk(pattern, "*?[");
    glob_t found;
    *wrong = "wildcards are read in the last part of a path only";
    if (slash && wild && wild < slash)
        return false;
    *wrong = "no such file";
    if (glob(pattern, GLOB_ERR, NULL, &found) != 0)
        return false;
    *wrong = NULL;
    for (size_t i = 0; i < found.gl_pathc && !*wrong; i++) {
        char *copy = r->n_names < MAX_FILES ? strdup(found.gl_pathv[i]) : NULL;
        if (copy)
            r->names[r->n_names++] = copy;
        else
            *wrong = r->n_names < MAX_FILES ? "out of memory" : "more than 256 files";
    }
    globfree(&found);
    return !*wrong;
}

static bool include(struct squid_lines *r, unsigned line, struct slice args)
{
    const char *from = r->names[r->level[r->depth].next], *wrong = NULL;
    size_t first = r->n_names;
    struct slice word = SLICE_EMPTY;
    char pattern[MAX_LINE + 2];
    if (r->depth == MAX_DEPTH)
        wrong = "files are included more than 5 deep";
    while (!wrong && squid_word(&args, &word)) {
        if (word.n > 2 && word.p[0] == '"' && word.p[word.n - 1] == '"')
            word = slice_sub(word, 1, word.n - 2);
        if (word.n >= sizeof pattern) {
            wrong = "the path is too long";
            break;
        }
        memcpy(pattern, word.p, word.n);
        pattern[word.n] = '\0';
        if (!expand(r, pattern, &wrong))
            break;
    }
    if (wrong) {
        cli_error("%s:%u: include: %.*s%s%s", from, line, (int)(word.n > 200 ? 200 : word.n),
                  word.p ? (const char *)word.p : "", word.n ? ": " : "", wrong);
        return false;
    }
    r->depth++;
    r->level[r->depth] = (struct level){ .next = first, .end = r->n_names };
    return true;
}

/* Ends: each turn reads a line, takes one of MAX_FILES names or leaves a level. */
enum squid_got squid_lines_next(struct squid_lines *r, struct squid_place *at, struct slice *text)
{
    for (;;) {
        struct level *l = &r->level[r->depth];
        if (l->next == l->end) {
            if (r->depth == 0)
                return SQUID_END;
            r->depth--;
            continue;
        }
        if (!l->f && !open_file(r, l))
            return SQUID_FAILED;
        unsigned first;
        enum squid_got got = read_directive(r, l, &first);
        if (got == SQUID_FAILED)
            return got;
        if (got == SQUID_END) {
            fclose(l->f);
            l->f = NULL;
            l->next++;
            continue;
        }
        *at = (struct squid_place){ r->names[l->next], first, ++r->order };
        *text = buf_slice(&r->joined);
        struct slice rest = *text, word;
        if (!squid_word(&rest, &word) || !slice_eq(word, SLICE_OF("include")))
            return SQUID_LINE;
        if (!include(r, first, rest))
            return SQUID_FAILED;
    }
}
