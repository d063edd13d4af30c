/* SPDX-License-Identifier: Apache-2.0 */
/* directive_file.c - our lines of a configuration file.
 *
 * c-icap's syntax: words, "quoted words" with \" inside, # comments, Include.
 * In c-icap's own files lines of other prefixes are left alone; which prefix is
 * ours is told by the Service line that loads srv_optout.so; `optout.` and
 * `srv_optout.` always are. In a file of ours alone every line must be ours. */
#include "policy/directive.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>

#define LINE_MAX_BYTES 8192
#define INCLUDE_DEPTH 5 /* as c-icap */
#define FILES_MAX 1000  /* read in all */
#define ALIASES_MAX 8
#define ALIAS_MAX 64

struct reader {
    const struct directive_set *set;
    void *target;                /* NULL: only look for place->directive */
    struct config_error *place;  /* gets file and line of the last */
    struct config_errors *all;
    enum optout_rc rc;           /* of the first error */
    char alias[ALIASES_MAX][ALIAS_MAX];
    size_t n_aliases;
    size_t n_files;
    bool loads, ours; /* seen: the Service line that loads us, a line of ours */
};

/* One line of a file: where errors of it are, and how deep files are nested there. */
struct line {
    struct config_error error;
    int depth;
};

/* c-icap's own directives for any service; it reads them itself. */
static const char *const of_c_icap[] = {
    "TransferPreview", "TransferIgnore", "TransferComplete",
    "MaxConnections",  "OptionsTTL",     "Allow206",
};

/* Why a line cannot be split. */
enum { OPEN_QUOTE = -1, GLUED_QUOTE = -2, TOO_MANY_WORDS = -3 };

int directive_words(char *line, const char *word[DIRECTIVE_WORDS_MAX])
{
    int n = 0;
    char *p = line;
    for (;;) {
        p += strspn(p, " \t\r\n");
        if (!*p || *p == '#')
            break;
        if (n == DIRECTIVE_WORDS_MAX)
            return TOO_MANY_WORDS;
        char *to = p;
        word[n++] = to;
        if (*p == '"') {
            for (p++; *p && *p != '"'; p++) {
                if (*p == '\\' && p[1])
                    p++;
                *to++ = *p;
            }
            if (*p++ != '"')
                return OPEN_QUOTE;
            if (*p && !ascii_is_space((uint8_t)*p))
                return GLUED_QUOTE;
        } else {
            to = p += strcspn(p, " \t\r\n");
        }
        bool last = *p == '\0';
        *to = '\0';
        p += last ? 0 : 1;
    }
    return n;
}

static bool is_ours(const struct reader *r, const char *prefix, size_t n)
{
    for (size_t i = 0; i < r->n_aliases; i++)
        if (slice_eq_nocase(slice_of(prefix, n), slice_cstr(r->alias[i])))
            return true;
    return false;
}

static void learn_alias(struct reader *r, int argc, const char *const *word)
{
    const char *so = argc > 2 ? strstr(word[2], r->set->service) : NULL;
    r->loads |= so != NULL;
    if (so && r->n_aliases < ALIASES_MAX)
        snprintf(r->alias[r->n_aliases++], ALIAS_MAX, "%s", word[1]);
}

static enum optout_rc apply_line(struct reader *r, struct line *l, int argc,
                                 const char *const *word)
{
    const char *dot = strchr(word[0], '.');
    if (!dot || !is_ours(r, word[0], (size_t)(dot - word[0]))) {
        if (r->set->service || !r->target)
            return OPTOUT_OK;
        snprintf(l->error.directive, sizeof l->error.directive, "%s", word[0]);
        return config_fail(&l->error, r->set->see, "does not begin with %s.",
                           r->set->prefixes[0]);
    }
    r->ours = true;
    for (size_t i = 0; r->set->service && i < sizeof of_c_icap / sizeof *of_c_icap; i++)
        if (slice_eq_nocase(slice_cstr(dot + 1), slice_cstr(of_c_icap[i])))
            return OPTOUT_OK;
    if (r->target)
        return directives_apply(r->set, r->target, dot + 1, argc - 1, word + 1, &l->error);
    if (slice_eq_nocase(slice_cstr(dot + 1), slice_cstr(r->place->directive))) {
        memcpy(r->place->file, l->error.file, sizeof r->place->file);
        r->place->line = l->error.line;
    }
    return OPTOUT_OK;
}

static bool read_file(struct reader *r, const char *path, const struct line *from);

/* A relative name is looked for beside the including file, then where c-icap
 * itself looks. */
static bool include(struct reader *r, const struct line *l, const char *name)
{
    char path[2 * CONFIG_PATH_MAX + 2], folder[CONFIG_PATH_MAX];
    if (name[0] == '/')
        return read_file(r, name, l);
    snprintf(folder, sizeof folder, "%s", l->error.file);
    snprintf(path, sizeof path, "%s/%s", dirname(folder), name);
    FILE *f = fopen(path, "r");
    if (f)
        fclose(f);
    else
        snprintf(path, sizeof path, "%s/%s", OPTOUT_CONFIGDIR, name);
    return read_file(r, path, l);
}

static void refuse(struct reader *r, enum optout_rc rc, const struct config_error *e)
{
    if (r->rc == OPTOUT_OK)
        r->rc = rc;
    config_errors_add(r->all, e);
}

static enum optout_rc refuse_words(struct config_error *e, int why)
{
    if (why == OPEN_QUOTE)
        return config_fail(e, "close the quotation mark", "a quotation mark is left open");
    if (why == GLUED_QUOTE)
        return config_fail(e, "put a space there, or one quotation mark around it all",
                           "something follows a quotation mark at once");
    return config_fail(e, "write several lines", "more than %d words", DIRECTIVE_WORDS_MAX);
}

/* Nothing is read after an Include that is refused: files that include each other would be
 * told of again for each way through them. */
static enum optout_rc refuse_include(const struct reader *r, struct line *l)
{
    if (l->depth >= INCLUDE_DEPTH)
        return config_fail(&l->error, "include fewer files in one another",
                           "Include is nested more than %d deep", INCLUDE_DEPTH);
    if (r->n_files >= FILES_MAX)
        return config_fail(&l->error, "include fewer files", "more than %d files are included",
                           FILES_MAX - 1);
    return OPTOUT_OK;
}

/* False: nothing more is to be read. */
static bool read_line(struct reader *r, struct line *l, char *text)
{
    const char *word[DIRECTIVE_WORDS_MAX];
    int argc = directive_words(text, word);
    if (argc == 0)
        return true;
    if (argc > 0 && r->set->service && slice_eq_nocase(slice_cstr(word[0]), SLICE_OF("Service")))
        learn_alias(r, argc, word);
    bool includes = argc == 2 && slice_eq_nocase(slice_cstr(word[0]), SLICE_OF("Include"));
    enum optout_rc rc = argc < 0   ? refuse_words(&l->error, argc)
                        : includes ? refuse_include(r, l)
                                   : apply_line(r, l, argc, word);
    if (rc != OPTOUT_OK)
        refuse(r, rc, &l->error);
    else if (includes)
        return include(r, l, word[1]);
    return rc == OPTOUT_OK || !includes;
}

/* A line without its end, cut to fit; `n` is how long it is. False at the end of the file. */
static bool next_line(FILE *f, char text[LINE_MAX_BYTES], size_t *n)
{
    int c;
    *n = 0;
    while ((c = getc(f)) != EOF && c != '\n') {
        if (*n < LINE_MAX_BYTES - 1)
            text[*n] = (char)c;
        *n += 1;
    }
    text[*n < LINE_MAX_BYTES ? *n : LINE_MAX_BYTES - 1] = '\0';
    return *n || c != EOF;
}

static bool read_lines(struct reader *r, FILE *f, const char *path, int depth)
{
    char text[LINE_MAX_BYTES];
    size_t n;
    bool more = true;
    for (unsigned number = 1; more && next_line(f, text, &n); number++) {
        struct line l = { .error = { .line = number }, .depth = depth };
        snprintf(l.error.file, sizeof l.error.file, "%s", path);
        if (n > LINE_MAX_BYTES - 2)
            refuse(r, config_fail(&l.error, "break it up", "the line is longer than %d bytes",
                                  LINE_MAX_BYTES - 2), &l.error);
        else if (strlen(text) != n)
            refuse(r, config_fail(&l.error, "remove it", "holds a NUL byte"), &l.error);
        else
            more = read_line(r, &l, text);
    }
    return more;
}

/* Where a file is wrong as a whole is the line that includes it. */
static void refuse_file(struct reader *r, const char *path, const struct line *from,
                        const char *remedy)
{
    const char *why = strerror(errno);
    struct config_error e = { .line = 0 };
    if (from) {
        e = from->error;
        snprintf(e.directive, sizeof e.directive, "Include");
        (void)config_fail(&e, remedy, "\"%.100s\" cannot be read: %s", path, why);
    } else {
        snprintf(e.file, sizeof e.file, "%s", path);
        (void)config_fail(&e, remedy, "cannot be read: %s", why);
    }
    refuse(r, OPTOUT_E_IO, &e);
}

/* `from` NULL: the file that was asked for. False: nothing more is to be read. */
static bool read_file(struct reader *r, const char *path, const struct line *from)
{
    const char *remedy = "check its name and permissions";
    bool more = true, good = false;
    FILE *f = fopen(path, "r");
    r->n_files++;
    if (f) {
        more = read_lines(r, f, path, from ? from->depth + 1 : 0);
        good = !ferror(f);
        remedy = "name a file, not a folder";
    }
    if (!good)
        refuse_file(r, path, from, remedy);
    if (f)
        fclose(f);
    return more;
}

static struct reader reader_for(const struct directive_set *set, void *target,
                                struct config_errors *all)
{
    struct reader r = { .set = set, .target = target, .all = all };
    for (const char *const *p = set->prefixes; *p && r.n_aliases < ALIASES_MAX; p++)
        snprintf(r.alias[r.n_aliases++], ALIAS_MAX, "%s", *p);
    return r;
}

void directives_locate(const struct directive_set *set, const char *path, struct config_error *e)
{
    struct config_errors none = { .max = 0 };
    struct reader r = reader_for(set, NULL, &none);
    r.place = e;
    snprintf(e->file, sizeof e->file, "%s", path);
    e->line = 0;
    (void)read_file(&r, path, NULL);
}

/* A file that was emptied, cut short or mistaken for another is no wish for all
 * defaults; /dev/null is one. */
static void want_ours(struct reader *r, const char *path)
{
    struct config_error e = { .line = 0 };
    if (r->rc != OPTOUT_OK || !r->set->service || r->loads || r->ours ||
        strcmp(path, "/dev/null") == 0)
        return;
    snprintf(e.file, sizeof e.file, "%s", path);
    refuse(r, config_fail(&e, "name the right file; c-icap.conf must have the line: Include "
                          "srv_optout.conf", "no line loads %s", r->set->service), &e);
}

enum optout_rc directives_read(const struct directive_set *set, void *target, const char *path,
                               struct config_errors *all)
{
    struct reader r = reader_for(set, target, all);
    (void)read_file(&r, path, NULL);
    want_ours(&r, path);
    return r.rc;
}
