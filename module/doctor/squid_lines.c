/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/squid_lines.h"

#include "core/buf.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MAX_DEPTH 16          /* files of files, as Squid */
#define MAX_FILES 256         /* files in all, one that is read twice counted twice */
#define MAX_BYTES (16u << 20) /* in all of them */
#define MAX_LINE 8190         /* what Squid takes at once; it would split a longer one */
#define MAX_JOINED 65536      /* a directive of several lines */
#define MAX_IFS 32            /* of one file, in one another */
#define MAX_WHY 600

struct level {
    FILE *f;          /* of names[next], or NULL: not open yet */
    size_t next, end; /* files of this level that are left, in `names` */
    unsigned line;
    bool holds[MAX_IFS]; /* of the open file: what each open `if` came to */
    size_t n_ifs;
};

struct squid_lines {
    struct level level[MAX_DEPTH + 1];
    size_t depth;
    char *names[MAX_FILES]; /* owned; names[0] is the caller's file */
    size_t n_names;
    size_t bytes; /* read so far */
    size_t order;
    unsigned process;
    bool quoted; /* configuration_includes_quoted_values */
    struct buf joined, other; /* a directive, and room to change it */
    char text[MAX_LINE + 2];
    char why[MAX_WHY];
    bool denied;
};

struct squid_lines *squid_lines_open(const char *path, unsigned process)
{
    struct squid_lines *r = calloc(1, sizeof *r);
    if (!r || !(r->names[0] = strdup(path))) {
        free(r);
        return NULL;
    }
    r->n_names = r->level[0].end = 1;
    r->process = process;
    buf_init(&r->joined, MAX_JOINED);
    buf_init(&r->other, 2 * MAX_JOINED);
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
    buf_free(&r->other);
    free(r);
}

const char *squid_lines_why(const struct squid_lines *r)
{
    return r->why;
}

bool squid_lines_denied(const struct squid_lines *r)
{
    return r->denied;
}

/* Says what is wrong, once. Always SQUID_FAILED. */
static enum squid_got fail(struct squid_lines *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(r->why, sizeof r->why, fmt, ap);
    va_end(ap);
    return SQUID_FAILED;
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
        r->denied = errno == EACCES;
        (void)fail(r, "%s: %s", name, strerror(errno));
        return false;
    }
    /* The caller's file may be a pipe; an included one must not keep us waiting. */
    if (S_ISDIR(st.st_mode) || (r->depth > 0 && !S_ISREG(st.st_mode))) {
        (void)fail(r, "%s: %s", name, S_ISDIR(st.st_mode) ? strerror(EISDIR) : "no regular file");
        return false;
    }
    l->line = 0;
    l->n_ifs = 0;
    l->f = fopen(name, "re");
    r->denied = !l->f && errno == EACCES;
    if (!l->f)
        (void)fail(r, "%s: %s", name, strerror(errno));
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
    if (wrong)
        return fail(r, "%s:%u: %s", name, l->line, wrong);
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
        if (r->joined.failed)
            return fail(r, "%s:%u: %s", r->names[l->next], *first,
                        r->joined.failed == OPTOUT_E_LIMIT ? "the directive is longer than 64 KiB"
                                                           : "out of memory");
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
    int rc = glob(pattern, GLOB_ERR, NULL, &found);
    r->denied = rc == GLOB_ABORTED && errno == EACCES;
    if (r->denied)
        *wrong = strerror(EACCES);
    if (rc != 0)
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
        wrong = "files are included more than 16 deep";
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
        (void)fail(r, "%s:%u: include: %.*s%s%s", from, line, (int)(word.n > 200 ? 200 : word.n),
                   word.p ? (const char *)word.p : "", word.n ? ": " : "", wrong);
        return false;
    }
    r->depth++;
    r->level[r->depth] = (struct level){ .next = first, .end = r->n_names };
    return true;
}

/* ---- what a directive becomes --------------------------------------------- */

/* ${process_name}, ${process_number} and ${service_name}, as Squid replaces them. */
static bool replace_macros(struct squid_lines *r)
{
    char number[16];
    const struct {
        struct slice macro, by;
    } macros[] = { { SLICE_OF("${process_name}"), SLICE_OF("squid") },
                   { SLICE_OF("${process_number}"), slice_cstr(number) },
                   { SLICE_OF("${service_name}"), SLICE_OF("squid") } };
    snprintf(number, sizeof number, "%u", r->process);
    struct slice text = buf_slice(&r->joined);
    if (slice_find(text, '$') == text.n)
        return true;
    buf_clear(&r->other);
    for (size_t i = 0; i < text.n;) {
        size_t used = 1;
        struct slice put = slice_sub(text, i, 1);
        for (size_t m = 0; m < sizeof macros / sizeof *macros; m++)
            if (slice_eq(slice_sub(text, i, macros[m].macro.n), macros[m].macro)) {
                used = macros[m].macro.n;
                put = m == 1 ? slice_cstr(number) : macros[m].by;
            }
        buf_append(&r->other, put.p, put.n);
        i += used;
    }
    struct buf old = r->joined;
    r->joined = r->other;
    r->other = old;
    return !r->joined.failed;
}

/* Words without their quotation marks. What Squid would not take is left as it is. */
static void unquote(struct squid_lines *r)
{
    struct slice text = buf_slice(&r->joined);
    buf_clear(&r->other);
    for (size_t i = 0; i < text.n;) {
        uint8_t c = text.p[i];
        bool begins = i == 0 || text.p[i - 1] == ' ' || text.p[i - 1] == '\t';
        if (begins && c == '#')
            break;
        if (!begins || (c != '"' && c != '\'')) {
            buf_putc(&r->other, (char)c);
            i++;
            continue;
        }
        for (i++; i < text.n && text.p[i] != c; i++) {
            i += c == '"' && text.p[i] == '\\' && i + 1 < text.n;
            bool blank = text.p[i] == ' ' || text.p[i] == '\t';
            buf_putc(&r->other, blank ? SQUID_BLANK : (char)text.p[i]);
        }
        i += i < text.n;
    }
    struct buf old = r->joined;
    r->joined = r->other;
    r->other = old;
}

/* `true`, `false` and `N = N` are all that Squid takes; at anything else it ends. */
static bool evaluate(struct slice expression, bool *holds)
{
    char text[64], end;
    long a, b;
    if (slice_eq(expression, SLICE_OF("true")) || slice_eq(expression, SLICE_OF("false"))) {
        *holds = expression.n == 4;
        return true;
    }
    if (expression.n >= sizeof text)
        return false;
    memcpy(text, expression.p, expression.n);
    text[expression.n] = '\0';
    *holds = false;
    if (sscanf(text, "%9ld = %9ld %c", &a, &b, &end) != 2)
        return false;
    *holds = a == b;
    return true;
}

enum statement { NO_STATEMENT, STATEMENT, WRONG_STATEMENT };

/* if, else, endif. As in Squid, the innermost `if` alone decides. */
static enum statement take_statement(struct squid_lines *r, struct level *l, unsigned line,
                                     struct slice text)
{
    struct slice rest = text, word;
    const char *wrong = NULL;
    if (!squid_word(&rest, &word))
        return NO_STATEMENT;
    rest = slice_trim_ows(rest);
    if (slice_eq(word, SLICE_OF("if"))) {
        if (l->n_ifs == MAX_IFS)
            wrong = "conditions are nested more than 32 deep";
        else if (!evaluate(rest, &l->holds[l->n_ifs++]))
            wrong = "Squid cannot evaluate this condition, and ends";
    } else if (slice_eq(word, SLICE_OF("else")) || slice_eq(word, SLICE_OF("endif"))) {
        if (!l->n_ifs)
            wrong = "there is no if before; Squid ends";
        else if (word.n == 4)
            l->holds[l->n_ifs - 1] = !l->holds[l->n_ifs - 1];
        else
            l->n_ifs--;
    } else {
        return NO_STATEMENT;
    }
    if (!wrong)
        return STATEMENT;
    (void)fail(r, "%s:%u: %s", r->names[l->next], line, wrong);
    return WRONG_STATEMENT;
}

static bool end_file(struct squid_lines *r, struct level *l)
{
    fclose(l->f);
    l->f = NULL;
    if (l->n_ifs) {
        (void)fail(r, "%s:%u: an if has no endif; Squid ends", r->names[l->next], l->line);
        return false;
    }
    l->next++;
    return true;
}

static void note_quoted(struct squid_lines *r, struct slice text)
{
    struct slice word;
    if (!squid_word(&text, &word) ||
        !slice_eq(word, SLICE_OF("configuration_includes_quoted_values")))
        return;
    r->quoted = squid_word(&text, &word) &&
                (slice_eq(word, SLICE_OF("on")) || slice_eq(word, SLICE_OF("enable")));
}

/* Of the open file: what a statement leaves out is passed over, and `include` opens a level
 * (SQUID_END both). */
static enum squid_got next_of_file(struct squid_lines *r, struct level *l, unsigned *first)
{
    enum squid_got got = read_directive(r, l, first);
    if (got == SQUID_END)
        return end_file(r, l) ? SQUID_END : SQUID_FAILED;
    if (got == SQUID_FAILED)
        return got;
    if (!replace_macros(r))
        return fail(r, "%s:%u: out of memory", r->names[l->next], *first);
    struct slice text = slice_trim_ows(buf_slice(&r->joined)), rest = text, word;
    enum statement s = take_statement(r, l, *first, text);
    if (s != NO_STATEMENT)
        return s == STATEMENT ? SQUID_END : SQUID_FAILED;
    if (l->n_ifs && !l->holds[l->n_ifs - 1])
        return SQUID_END;
    if (squid_word(&rest, &word) && slice_eq(word, SLICE_OF("include")))
        return include(r, *first, rest) ? SQUID_END : SQUID_FAILED;
    note_quoted(r, text);
    if (r->quoted)
        unquote(r);
    return r->joined.failed ? fail(r, "%s:%u: out of memory", r->names[l->next], *first)
                            : SQUID_LINE;
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
        enum squid_got got = next_of_file(r, l, &first);
        if (got == SQUID_FAILED)
            return got;
        if (got == SQUID_END)
            continue;
        *at = (struct squid_place){ r->names[l->next], first, ++r->order };
        *text = buf_slice(&r->joined);
        return SQUID_LINE;
    }
}
