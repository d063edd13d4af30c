/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/warc.h"

#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#define DEPTH_MAX 32

static bool add(struct warc_files *f, char *path)
{
    if (path && f->n == f->size) {
        size_t size = f->size ? f->size * 2 : 64;
        char **p = realloc(f->path, size * sizeof *p);
        if (p) {
            f->path = p;
            f->size = size;
        }
    }
    if (!path || f->n == f->size) {
        free(path);
        cli_error("out of memory");
        return false;
    }
    f->path[f->n++] = path;
    return true;
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcasecmp(name + n - m, end) == 0;
}

static bool is_named(const char *name)
{
    return ends_with(name, ".warc") || ends_with(name, ".warc.gz") || ends_with(name, ".warc.zst");
}

static bool find(struct warc_files *f, const char *name, unsigned depth);

static bool find_entry(struct warc_files *f, const char *dir, const char *name, unsigned depth)
{
    char *path = NULL;
    struct stat st;
    bool ok = true;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return true;
    size_t n = strlen(dir);
    if (asprintf(&path, "%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name) < 0)
        return add(f, NULL);
    if (stat(path, &st) != 0)
        ok = errno == ENOENT; /* gone meanwhile, or a link to nothing */
    else if (S_ISDIR(st.st_mode))
        ok = find(f, path, depth + 1);
    else if (S_ISREG(st.st_mode) && is_named(name))
        ok = add(f, strdup(path));
    free(path);
    return ok;
}

static bool find(struct warc_files *f, const char *name, unsigned depth)
{
    struct dirent **entry;
    if (depth > DEPTH_MAX) {
        cli_error("%s: folders are nested too deep", name);
        return false;
    }
    int n = scandir(name, &entry, NULL, alphasort);
    if (n < 0) {
        cli_error("%s: %s", name, strerror(errno));
        return false;
    }
    bool ok = true;
    for (int i = 0; i < n; i++) {
        ok = ok && find_entry(f, name, entry[i]->d_name, depth);
        free(entry[i]);
    }
    free(entry);
    return ok;
}

bool warc_files_find(struct warc_files *f, char *const *name, size_t n)
{
    struct stat st;
    *f = (struct warc_files){ .n = 0 };
    for (size_t i = 0; i < n; i++) {
        bool folder = strcmp(name[i], "-") != 0 && stat(name[i], &st) == 0 && S_ISDIR(st.st_mode);
        if (!(folder ? find(f, name[i], 0) : add(f, strdup(name[i]))))
            return false;
    }
    if (f->n == 0)
        cli_error("no WARC file was found");
    return f->n;
}

void warc_files_free(struct warc_files *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->path[i]);
    free(f->path);
}
