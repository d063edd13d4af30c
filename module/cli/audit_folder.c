/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/audit_folder.h"

#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t length_without(const char *path, const char *end)
{
    size_t n = strlen(path), k = strlen(end);
    return n > k && strcmp(path + n - k, end) == 0 ? n - k : n;
}

/* "x.jsonl" of "x.jsonl.open" and "x.jsonl.zst". */
static char *closed_name(const char *path)
{
    size_t n = length_without(path, ".open");
    return strndup(path, n < strlen(path) ? n : length_without(path, ".zst"));
}

/* The file that the segment of that closed name is now; NULL with errno ENOENT. */
static char *closed_path(const char *name)
{
    static const char *const ends[] = { "", ".zst" };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s%s", name, ends[i]) >= 0 && access(path, F_OK) == 0)
            return path;
        free(path);
    }
    errno = ENOENT;
    return NULL;
}

static int is_segment(const struct dirent *e)
{
    char *name = closed_name(e->d_name);
    bool is = name && name[0] != '.' && length_without(name, ".jsonl") < strlen(name);
    free(name);
    return is;
}

/* Where a source is: folders have tens of thousands of segments, and are looked through
 * again and again. */
struct named {
    const char *name; /* the source's */
    size_t at;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static struct audit_source *source_find(const struct audit_folder *f, const char *name)
{
    struct named key = { .name = name };
    void *const *found = tfind(&key, &f->names, by_name);
    return found ? &f->sources[((const struct named *)*found)->at] : NULL;
}

/* Takes both texts when it is true. */
static bool source_add(struct audit_folder *f, char *name, char *path)
{
    if (f->n == f->room) {
        size_t room = f->room ? f->room * 2 : 64;
        struct audit_source *more = realloc(f->sources, room * sizeof *more);
        if (!more)
            return false;
        f->sources = more;
        f->room = room;
    }
    struct named *named = malloc(sizeof *named);
    if (!named)
        return false;
    *named = (struct named){ name, f->n };
    if (!tsearch(named, &f->names, by_name)) {
        free(named);
        return false;
    }
    f->sources[f->n++] = (struct audit_source){ .name = name, .path = path };
    return true;
}

/* What is known already, and has only been renamed, is left as it is. */
static bool add_file(struct audit_folder *f, const char *path)
{
    char *name = closed_name(path), *copy = strdup(path);
    struct audit_source *known = name ? source_find(f, name) : NULL;
    if (!known && name && copy && source_add(f, name, copy))
        return true;
    if (known && !known->reader && !known->ended && copy) {
        free(known->path);
        known->path = copy;
        copy = NULL;
    }
    free(name);
    free(copy);
    errno = ENOMEM;
    return known != NULL;
}

static bool add_segments(struct audit_folder *f, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_segment, alphasort);
    bool ok = n >= 0;
    for (int i = 0; i < n; i++) {
        char *path = NULL;
        ok = ok && asprintf(&path, "%s/%s", folder, entries[i]->d_name) >= 0 && add_file(f, path);
        free(path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return ok;
}

bool audit_folder_add(struct audit_folder *f, const char *path)
{
    struct stat st;
    /* A segment that was closed since it was named is still that segment. */
    if (stat(path, &st) != 0) {
        int why = errno;
        char *name = closed_name(path), *closed = name ? closed_path(name) : NULL;
        bool there = closed && add_file(f, closed);
        free(name);
        free(closed);
        errno = why;
        return there;
    }
    return S_ISDIR(st.st_mode) ? add_segments(f, path) : add_file(f, path);
}

enum optout_rc audit_source_open(struct audit_source *s)
{
    enum optout_rc rc = segment_reader_open(s->path, &s->reader);
    if (rc != OPTOUT_OK)
        return rc;
    s->said.references = references_new();
    s->said.lines = audit_lines_new();
    if (s->said.references && s->said.lines)
        return OPTOUT_OK;
    audit_source_end(s);
    s->ended = false;
    errno = ENOMEM;
    return OPTOUT_E_NOMEM;
}

bool audit_source_find_again(struct audit_source *s)
{
    char *path = closed_path(s->name);
    if (!path)
        return false;
    free(s->path);
    s->path = path;
    return true;
}

void audit_source_end(struct audit_source *s)
{
    segment_reader_close(s->reader);
    references_free(s->said.references);
    audit_lines_free(s->said.lines);
    s->reader = NULL;
    s->said = (struct audit_said){ .references = NULL };
    s->ended = true;
}

void audit_folder_free(struct audit_folder *f)
{
    for (size_t i = 0; i < f->n; i++)
        audit_source_end(&f->sources[i]);
    tdestroy(f->names, free);
    for (size_t i = 0; i < f->n; i++) {
        free(f->sources[i].name);
        free(f->sources[i].path);
    }
    free(f->sources);
}
