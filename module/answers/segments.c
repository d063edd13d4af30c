/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/segments.h"

#include "core/slice.h"

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

/* Where a segment is: folders have tens of thousands, and are looked through again and
 * again. */
struct named {
    const char *name; /* the segment's */
    size_t at;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static struct segment_file *find_file(const struct segment_list *list, const char *name)
{
    struct named key = { .name = name };
    void *const *found = tfind(&key, &list->names, by_name);
    return found ? &list->file[((const struct named *)*found)->at] : NULL;
}

/* Takes both texts when it is true. */
static bool append_file(struct segment_list *list, char *name, char *path, uint64_t bytes)
{
    if (list->n == list->room) {
        size_t room = list->room ? list->room * 2 : 64;
        struct segment_file *more = realloc(list->file, room * sizeof *more);
        if (!more)
            return false;
        list->file = more;
        list->room = room;
    }
    struct named *named = malloc(sizeof *named);
    if (!named)
        return false;
    *named = (struct named){ name, list->n };
    if (!tsearch(named, &list->names, by_name)) {
        free(named);
        return false;
    }
    list->file[list->n++] = (struct segment_file){ .name = name, .path = path, .bytes = bytes };
    return true;
}

static bool add_file(struct segment_list *list, const char *path, uint64_t bytes)
{
    char *name = closed_name(path), *copy = strdup(path);
    struct segment_file *known = name ? find_file(list, name) : NULL;
    if (!known && name && copy && append_file(list, name, copy, bytes))
        return true;
    if (known && copy) {
        free(known->path);
        known->path = copy;
        known->bytes = bytes;
        copy = NULL;
    }
    free(name);
    free(copy);
    errno = ENOMEM;
    return known != NULL;
}

/* One that is renamed meanwhile is found again when it is opened. */
static bool add_entry(struct segment_list *list, const char *folder, const char *name)
{
    struct stat st;
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return false;
    bool ok = add_file(list, path, stat(path, &st) == 0 ? (uint64_t)st.st_size : 0);
    free(path);
    return ok;
}

static bool add_folder(struct segment_list *list, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_segment, alphasort);
    bool ok = n >= 0;
    for (int i = 0; i < n; i++) {
        ok = ok && add_entry(list, folder, entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return ok;
}

bool segment_list_add(struct segment_list *list, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0)
        return S_ISDIR(st.st_mode) ? add_folder(list, path)
                                   : add_file(list, path, (uint64_t)st.st_size);
    /* A segment that was closed since it was named is still that segment. */
    int why = errno;
    char *name = closed_name(path), *closed = name ? closed_path(name) : NULL;
    bool there = closed && stat(closed, &st) == 0 && add_file(list, closed, (uint64_t)st.st_size);
    free(name);
    free(closed);
    errno = why;
    return there;
}

bool segment_find_again(struct segment_file *f)
{
    char *path = closed_path(f->name);
    if (!path)
        return false;
    free(f->path);
    f->path = path;
    return true;
}

/* ---- who wrote it ---- */

/* "NODE-TIME-PID-NUMBER.jsonl", taken apart. */
struct writer {
    struct slice node, time, pid, number;
    size_t at; /* of the segment */
};

/* What stands behind the last hyphen, which is cut off. */
static struct slice cut_last(struct slice *s)
{
    size_t n = s->n;
    while (n && s->p[n - 1] != '-')
        n--;
    struct slice last = slice_from(*s, n);
    s->n = n ? n - 1 : 0;
    return last;
}

static struct writer writer_of(const char *name, size_t at)
{
    const char *slash = strrchr(name, '/');
    struct writer w = { .at = at };
    w.node = slice_cstr(slash ? slash + 1 : name);
    w.number = cut_last(&w.node);
    w.pid = cut_last(&w.node);
    w.time = cut_last(&w.node);
    return w;
}

static int compare(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : a.n < b.n ? -1 : a.n > b.n;
}

static bool same_writer(const struct writer *a, const struct writer *b)
{
    return a->node.n && slice_eq(a->node, b->node) && slice_eq(a->pid, b->pid);
}

static int by_writer(const void *left, const void *right)
{
    const struct writer *a = left, *b = right;
    int c = compare(a->node, b->node);
    if (c == 0)
        c = compare(a->pid, b->pid);
    if (c == 0)
        c = compare(a->time, b->time);
    return c ? c : compare(a->number, b->number);
}

size_t *segment_list_next(const struct segment_list *list)
{
    struct writer *w = list->n ? calloc(list->n, sizeof *w) : NULL;
    size_t *next = w ? calloc(list->n, sizeof *next) : NULL;
    for (size_t i = 0; next && i < list->n; i++)
        w[i] = writer_of(list->file[i].name, i);
    if (next)
        qsort(w, list->n, sizeof *w, by_writer);
    for (size_t i = 0; next && i < list->n; i++)
        next[w[i].at] = i + 1 < list->n && same_writer(&w[i], &w[i + 1]) ? w[i + 1].at : SIZE_MAX;
    free(w);
    return next;
}

void segment_list_free(struct segment_list *list)
{
    tdestroy(list->names, free);
    for (size_t i = 0; i < list->n; i++) {
        free(list->file[i].name);
        free(list->file[i].path);
    }
    free(list->file);
    *list = (struct segment_list){ .file = NULL };
}
