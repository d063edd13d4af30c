/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/phrase_folder.h"

#include "core/file.h"
#include "core/hex.h"
#include "standards/phrases_builtin.h"
#include "syntax/digest.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define NAME_OF_NONE "none"
#define LIST_MAX ((size_t)PHRASE_FILES_MAX * 80)

/* Whoever is told what is wrong, and whether anything was. */
struct faults {
    phrase_folder_fault *tell;
    void *ctx;
    bool any;
};

static enum optout_rc tell(struct faults *to, struct config_error *e)
{
    snprintf(e->directive, sizeof e->directive, "Phrases");
    to->any = true;
    to->tell(to->ctx, e);
    return OPTOUT_E_SYNTAX;
}

static enum optout_rc out_of_memory(struct faults *to)
{
    struct config_error e = { .line = 0 };
    (void)config_fail(&e, "free some memory", "out of memory");
    return tell(to, &e);
}

/* ---- which files ---- */

static int is_phrase_file(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 4 && d->d_name[0] != '.' && strcmp(d->d_name + n - 4, ".phr") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* The next file, its path not yet filled in. NULL: there are too many. */
static struct phrase_file *new_file(struct phrase_folder *f)
{
    if (f->n == PHRASE_FILES_MAX)
        return NULL;
    struct phrase_file *to = &f->file[f->n++];
    buf_init(&to->text, PHRASE_FILE_MAX);
    return to;
}

static enum optout_rc name_file(struct phrase_folder *f, const char *folder, const char *name,
                                struct config_error *e)
{
    struct phrase_file *to = new_file(f);
    if (!to)
        return config_fail(e, "leave some out", "%.100s holds more than %d phrase files", folder,
                           PHRASE_FILES_MAX);
    int n = snprintf(to->path, sizeof to->path, "%s/%s", folder, name);
    if (n < 0 || (size_t)n >= sizeof to->path)
        return config_fail(e, "shorten it", "%.100s/%.100s is too long a name", folder, name);
    return OPTOUT_OK;
}

static enum optout_rc list_folder(struct phrase_folder *f, const char *folder,
                                  struct config_error *e)
{
    struct dirent **entry;
    int n = scandir(folder, &entry, is_phrase_file, by_name);
    if (n < 0)
        return config_fail(e, "check its name and permissions", "%.100s cannot be read: %s", folder,
                           strerror(errno));
    enum optout_rc rc = OPTOUT_OK;
    for (int i = 0; i < n; i++) {
        if (rc == OPTOUT_OK)
            rc = name_file(f, folder, entry[i]->d_name, e);
        free(entry[i]);
    }
    free(entry);
    if (n == 0)
        return config_fail(e, "name a folder that holds some, or write: Phrases " NAME_OF_NONE,
                           "%.100s holds no phrase file (NAME.phr)", folder);
    return rc;
}

static enum optout_rc list_files(struct phrase_folder *f, const char *named, struct config_error *e)
{
    struct stat is;
    if (stat(named, &is) == 0 && S_ISDIR(is.st_mode))
        return list_folder(f, named, e);
    struct phrase_file *only = new_file(f);
    if (only)
        snprintf(only->path, sizeof only->path, "%s", named);
    return OPTOUT_OK;
}

/* ---- what is in them ---- */

static enum optout_rc read_file(struct phrase_file *file, struct faults *to)
{
    struct config_error e = { .line = 0 };
    enum optout_rc rc = file_read(file->path, &file->text);
    if (rc == OPTOUT_OK)
        return OPTOUT_OK;
    if (rc == OPTOUT_E_IO)
        (void)config_fail(&e, "check its name and permissions", "%.100s cannot be read: %s",
                          file->path, strerror(errno));
    else
        (void)config_fail(&e, "shorten it", "%.100s is too long", file->path);
    return tell(to, &e);
}

static enum optout_rc read_all(struct phrase_folder *f, struct faults *to)
{
    enum optout_rc rc = OPTOUT_OK;
    for (size_t i = 0; i < f->n; i++)
        if (read_file(&f->file[i], to) != OPTOUT_OK)
            rc = OPTOUT_E_SYNTAX;
    return rc;
}

static enum optout_rc copy_builtin(struct phrase_folder *f, struct faults *to)
{
    for (size_t i = 0; i < phrases_builtin_count; i++) {
        const struct phrase_text *text = &phrases_builtin_texts[i];
        struct phrase_file *file = new_file(f);
        if (!file || buf_append(&file->text, text->text.p, text->text.n) != OPTOUT_OK)
            return out_of_memory(to);
        snprintf(file->path, sizeof file->path, "%s", text->path);
    }
    return OPTOUT_OK;
}

static enum optout_rc take_digests(struct phrase_folder *f, struct faults *to)
{
    for (size_t i = 0; i < f->n; i++) {
        char hex[65] = "";
        if (!digest_of(buf_slice(&f->file[i].text), f->file[i].sha256))
            return out_of_memory(to);
        hex_print(hex, f->file[i].sha256, sizeof f->file[i].sha256);
        buf_printf(&f->list, "sha256:%s\n", hex);
    }
    return f->list.failed == OPTOUT_OK ? OPTOUT_OK : out_of_memory(to);
}

static void take_fault(void *ctx, const struct phrase_fault *fault)
{
    struct config_error e = { .line = fault->line };
    snprintf(e.file, sizeof e.file, "%s", fault->path);
    (void)config_fail(&e, fault->remedy, "%s", fault->why);
    (void)tell(ctx, &e);
}

/* ---- what is compiled, once for all configurations that name the same texts ---- */

struct compiled {
    struct compiled *next;
    struct phrases *phrases;
    unsigned folders; /* that have it */
    size_t n;
    char list[]; /* digests of the texts */
};

static struct compiled *all;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;

static struct phrases *find_compiled(struct slice list)
{
    struct phrases *found = NULL;
    pthread_mutex_lock(&all_lock);
    for (struct compiled *c = all; c && !found; c = c->next)
        if (slice_eq(slice_of(c->list, c->n), list)) {
            c->folders++;
            found = c->phrases;
        }
    pthread_mutex_unlock(&all_lock);
    return found;
}

/* False when memory is used up. */
static bool keep_compiled(struct slice list, struct phrases *phrases)
{
    struct compiled *c = malloc(sizeof *c + list.n);
    if (!c)
        return false;
    *c = (struct compiled){ .phrases = phrases, .folders = 1, .n = list.n };
    memcpy(c->list, list.p, list.n);
    pthread_mutex_lock(&all_lock);
    c->next = all;
    all = c;
    pthread_mutex_unlock(&all_lock);
    return true;
}

static void free_compiled(struct phrases *phrases)
{
    pthread_mutex_lock(&all_lock);
    struct compiled **at = &all, *c;
    while ((c = *at) != NULL && c->phrases != phrases)
        at = &c->next;
    bool last = !c || --c->folders == 0;
    if (c && last)
        *at = c->next;
    pthread_mutex_unlock(&all_lock);
    if (!last)
        return;
    free(c);
    phrases_free(phrases);
}

static enum optout_rc compile(struct phrase_folder *f, struct faults *to)
{
    if ((f->own = find_compiled(buf_slice(&f->list))) != NULL)
        return OPTOUT_OK;
    struct phrase_text text[PHRASE_FILES_MAX];
    for (size_t i = 0; i < f->n; i++)
        text[i] = (struct phrase_text){ f->file[i].path, buf_slice(&f->file[i].text) };
    enum optout_rc rc = phrases_compile(text, f->n, true, take_fault, to, &f->own);
    if (rc == OPTOUT_OK && !keep_compiled(buf_slice(&f->list), f->own))
        rc = OPTOUT_E_NOMEM;
    return rc != OPTOUT_OK && !to->any ? out_of_memory(to) : rc;
}

static enum optout_rc load(struct phrase_folder *f, const char *named, struct faults *to)
{
    struct config_error e = { .line = 0 };
    f->file = calloc(PHRASE_FILES_MAX, sizeof *f->file);
    if (!f->file)
        return out_of_memory(to);
    if (*named && list_files(f, named, &e) != OPTOUT_OK)
        return tell(to, &e);
    enum optout_rc rc = *named ? read_all(f, to) : copy_builtin(f, to);
    if (rc == OPTOUT_OK)
        rc = take_digests(f, to);
    return rc == OPTOUT_OK && *named ? compile(f, to) : rc;
}

enum optout_rc phrase_folder_load(struct phrase_folder *f, const char *named,
                                 phrase_folder_fault *fault, void *ctx)
{
    struct faults to = { .tell = fault, .ctx = ctx };
    *f = (struct phrase_folder){ .none = strcmp(named, NAME_OF_NONE) == 0 };
    buf_init(&f->list, LIST_MAX);
    return f->none ? OPTOUT_OK : load(f, named, &to);
}

const struct phrases *phrase_folder_compiled(const struct phrase_folder *f)
{
    return f->none ? NULL : f->own ? f->own : phrases_builtin();
}

void phrase_folder_free(struct phrase_folder *f)
{
    for (size_t i = 0; i < f->n; i++)
        buf_free(&f->file[i].text);
    free(f->file);
    buf_free(&f->list);
    if (f->own)
        free_compiled(f->own);
    *f = (struct phrase_folder){ .none = true };
}
