/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/segments.h"

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
