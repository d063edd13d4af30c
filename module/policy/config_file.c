/* SPDX-License-Identifier: Apache-2.0 */
/* config_file.c - our lines of a configuration file.
 *
 * c-icap's syntax: words, "quoted words" with \" inside, # comments, Include.
 * In c-icap's own files lines of other prefixes are left alone; which prefix is
 * ours is told by the Service line that loads srv_optout.so; `optout.` and
 * `srv_optout.` always are. In a file of ours alone every line must be ours. */
#include "policy/config.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>

#define LINE_MAX_BYTES 8192
#define WORDS_MAX 50
#define INCLUDE_DEPTH 5 /* as c-icap */
#define ALIASES_MAX 8
#define ALIAS_MAX 64

struct reader {
    const struct directive_set *set;
    void *target; /* NULL: only look for error->directive */
    struct config_error *error;
    char alias[ALIASES_MAX][ALIAS_MAX];
    size_t n_aliases;
    bool found;
    bool loads, ours; /* seen: the Service line that loads us, a line of ours */
};

/* c-icap's own directives for any service; it reads them itself. */
static const char *const of_c_icap[] = {
    "TransferPreview", "TransferIgnore", "TransferComplete",
    "MaxConnections",  "OptionsTTL",     "Allow206",
};

/* Why a line cannot be split. */
enum { OPEN_QUOTE = -1, GLUED_QUOTE = -2, TOO_MANY_WORDS = -3 };

/* Splits in place; returns the number of words, or one of the above. */
static int split_words(char *line, const char **word)
{
    int n = 0;
    char *p = line;
    for (;;) {
        p += strspn(p, " \t\r\n");
        if (!*p || *p == '#')
            break;
        if (n == WORDS_MAX)
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

static enum optout_rc apply_line(struct reader *r, int argc, const char *const *word)
{
    const char *dot = strchr(word[0], '.');
    if (!dot || !is_ours(r, word[0], (size_t)(dot - word[0]))) {
        if (r->set->service || !r->target)
            return OPTOUT_OK;
        snprintf(r->error->directive, sizeof r->error->directive, "%s", word[0]);
        return config_fail(r->error, r->set->see, "does not begin with %s.",
                           r->set->prefixes[0]);
    }
    r->ours = true;
    for (size_t i = 0; r->set->service && i < sizeof of_c_icap / sizeof *of_c_icap; i++)
        if (slice_eq_nocase(slice_cstr(dot + 1), slice_cstr(of_c_icap[i])))
            return OPTOUT_OK;
    if (r->target)
        return directives_apply(r->set, r->target, dot + 1, argc - 1, word + 1, r->error);
    r->found = slice_eq_nocase(slice_cstr(dot + 1), slice_cstr(r->error->directive));
    return OPTOUT_OK;
}

static enum optout_rc read_file(struct reader *r, const char *path, int depth);

/* A relative name is looked for beside the including file, then where c-icap
 * itself looks. */
static enum optout_rc include(struct reader *r, const char *from, const char *name, int depth)
{
    char path[2 * CONFIG_PATH_MAX + 2], folder[CONFIG_PATH_MAX];
    if (depth >= INCLUDE_DEPTH)
        return config_fail(r->error, "include fewer files in one another",
                           "Include is nested more than %d deep", INCLUDE_DEPTH);
    if (name[0] == '/') {
        snprintf(path, sizeof path, "%s", name);
        return read_file(r, path, depth + 1);
    }
    snprintf(folder, sizeof folder, "%s", from);
    snprintf(path, sizeof path, "%s/%s", dirname(folder), name);
    FILE *f = fopen(path, "r");
    if (f)
        fclose(f);
    else
        snprintf(path, sizeof path, "%s/%s", OPTOUT_CONFIGDIR, name);
    return read_file(r, path, depth + 1);
}

static enum optout_rc read_line(struct reader *r, char *line, const char *path, int depth)
{
    const char *word[WORDS_MAX];
    if (r->target)
        r->error->directive[0] = '\0';
    r->found = false;
    int argc = split_words(line, word);
    if (argc == OPEN_QUOTE)
        return config_fail(r->error, "close the quotation mark", "a quotation mark is left open");
    if (argc == GLUED_QUOTE)
        return config_fail(r->error, "put a space there, or one quotation mark around it all",
                           "something follows a quotation mark at once");
    if (argc == TOO_MANY_WORDS)
        return config_fail(r->error, "write several lines", "more than %d words", WORDS_MAX);
    if (argc == 0)
        return OPTOUT_OK;
    if (r->set->service && slice_eq_nocase(slice_cstr(word[0]), SLICE_OF("Service")))
        learn_alias(r, argc, word);
    if (slice_eq_nocase(slice_cstr(word[0]), SLICE_OF("Include")) && argc == 2)
        return include(r, path, word[1], depth);
    return apply_line(r, argc, word);
}

static enum optout_rc read_file(struct reader *r, const char *path, int depth)
{
    char line[LINE_MAX_BYTES];
    enum optout_rc rc = OPTOUT_OK;
    unsigned number = 0;
    FILE *f = fopen(path, "r");
    if (!f) {
        snprintf(r->error->file, sizeof r->error->file, "%s", path);
        r->error->line = 0;
        (void)config_fail(r->error, "check its name and permissions", "cannot be read: %s",
                          strerror(errno));
        return OPTOUT_E_IO;
    }
    while (rc == OPTOUT_OK && fgets(line, sizeof line, f)) {
        number++;
        if (!strchr(line, '\n') && !feof(f))
            rc = config_fail(r->error, "break it up", "the line is longer than %d bytes",
                             LINE_MAX_BYTES - 2);
        else
            rc = read_line(r, line, path, depth);
        if (r->found) { /* the last one is in force */
            snprintf(r->error->file, sizeof r->error->file, "%s", path);
            r->error->line = number;
            r->found = false;
        }
        if (rc != OPTOUT_OK && !r->error->file[0]) { /* not yet named by an included file */
            snprintf(r->error->file, sizeof r->error->file, "%s", path);
            r->error->line = number;
        }
    }
    if (rc == OPTOUT_OK && ferror(f)) {
        snprintf(r->error->file, sizeof r->error->file, "%s", path);
        (void)config_fail(r->error, "name a file, not a folder", "cannot be read: %s",
                          strerror(errno));
        rc = OPTOUT_E_IO;
    }
    fclose(f);
    return rc;
}

static struct reader reader_for(const struct directive_set *set, void *target,
                                struct config_error *e)
{
    struct reader r = { .set = set, .target = target, .error = e };
    for (const char *const *p = set->prefixes; *p && r.n_aliases < ALIASES_MAX; p++)
        snprintf(r.alias[r.n_aliases++], ALIAS_MAX, "%s", *p);
    return r;
}

void directives_locate(const struct directive_set *set, const char *path, struct config_error *e)
{
    struct config_error place = { .line = 0 };
    memcpy(place.directive, e->directive, sizeof place.directive);
    struct reader r = reader_for(set, NULL, &place);
    if (read_file(&r, path, 0) != OPTOUT_OK || !place.line) {
        snprintf(e->file, sizeof e->file, "%s", path);
        return;
    }
    memcpy(e->file, place.file, sizeof e->file);
    e->line = place.line;
}

/* A file that was emptied, cut short or mistaken for another is no wish for all
 * defaults; /dev/null is one. */
static enum optout_rc is_for_us(const struct reader *r, const char *path, struct config_error *e)
{
    if (!r->set->service || r->loads || r->ours || strcmp(path, "/dev/null") == 0)
        return OPTOUT_OK;
    snprintf(e->file, sizeof e->file, "%s", path);
    e->line = 0;
    e->directive[0] = '\0';
    return config_fail(e, "name the right file; c-icap.conf must have the line: Include "
                       "srv_optout.conf", "no line loads %s", r->set->service);
}

enum optout_rc directives_read(const struct directive_set *set, void *target, const char *path,
                               struct config_error *e)
{
    struct reader r = reader_for(set, target, e);
    *e = (struct config_error){ { 0 }, 0, { 0 }, { 0 }, { 0 } };
    enum optout_rc rc = read_file(&r, path, 0);
    return rc == OPTOUT_OK ? is_for_us(&r, path, e) : rc;
}

void config_locate(const char *path, struct config_error *e)
{
    directives_locate(&service_directives, path, e);
}

enum optout_rc config_load(struct config *c, const char *path, struct config_error *e)
{
    config_init(c);
    enum optout_rc rc = directives_read(&service_directives, c, path, e);
    if (rc == OPTOUT_OK) {
        rc = config_finish(c, e);
        if (rc != OPTOUT_OK)
            config_locate(path, e);
    }
    return rc;
}
