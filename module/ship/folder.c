/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/folder.h"

#include "core/log.h"
#include "ship/position.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POSITION_KEPT_SECONDS (7 * 86400)
#define RACY_SECONDS 2 /* the clock of a file system is coarse: what changed just now may again */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct segment *)a)->name, ((const struct segment *)b)->name);
}

static int by_name_indirect(const void *a, const void *b)
{
    return by_name(*(struct segment *const *)a, *(struct segment *const *)b);
}

static bool take_end(struct slice *name, const char *end)
{
    struct slice e = slice_cstr(end);
    if (name->n <= e.n || !slice_eq(slice_from(*name, name->n - e.n), e))
        return false;
    name->n -= e.n;
    return true;
}

/* The name of the closed segment; empty when the file is none. */
static struct slice segment_name(const char *file, bool *growing)
{
    struct slice name = slice_cstr(file), stem;
    *growing = take_end(&name, ".open");
    if (!*growing)
        (void)take_end(&name, ".zst");
    stem = name;
    bool is = take_end(&stem, ".jsonl") && file[0] != '.' && name.n <= POSITION_NAME_MAX;
    return is ? name : SLICE_EMPTY;
}

char *folder_path_of(const struct folder *f, const struct segment *s)
{
    /* Closed while this looks, it is found by its second turn. */
    static const char *const ends[] = { "", ".open", "", ".zst" };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s/%s%s", f->path, s->name, ends[i]) < 0)
            return NULL;
        if (access(path, F_OK) == 0)
            return path;
        free(path);
    }
    errno = ENOENT;
    return NULL;
}

/* ---- looking ---- */

/* What an earlier run said of it. */
static void recall(const struct folder *f, struct segment *s)
{
    struct position p;
    if (position_load(f->state, s->name, &p) == OPTOUT_OK && p.state != POSITION_OPEN)
        s->fate = SEGMENT_SHIPPED;
}

static struct segment *add(struct folder *f, struct slice name)
{
    struct segment *s = calloc(1, sizeof *s + name.n + 1);
    if (!s)
        return NULL;
    memcpy(s->name, name.p, name.n);
    struct segment **found = tsearch(s, &f->names, by_name);
    if (!found) {
        free(s);
        return NULL;
    }
    if (*found != s) {
        free(s);
        return *found;
    }
    recall(f, s);
    return s;
}

static bool see(struct folder *f, int fd, const char *file)
{
    bool growing;
    struct slice name = segment_name(file, &growing);
    struct stat st;
    if (name.n == 0)
        return true;
    struct segment *s = add(f, name);
    if (!s)
        return false;
    s->seen = f->looks;
    s->growing = growing;
    if (s->fate == SEGMENT_WAITS && fstatat(fd, file, &st, 0) == 0) {
        s->size = (uint64_t)st.st_size;
        s->mtime = st.st_mtim.tv_sec;
    }
    return true;
}

struct gathering {
    struct folder *f;
    struct segment **gone;
    size_t n, room;
    bool failed;
};

static void push(struct segment ***list, size_t *n, size_t *room, struct segment *s, bool *failed)
{
    if (*n == *room) {
        size_t more = *room ? *room * 2 : 64;
        struct segment **p = realloc(*list, more * sizeof *p);
        if (!p) {
            *failed = true;
            return;
        }
        *list = p;
        *room = more;
    }
    (*list)[(*n)++] = s;
}

static void gather(const void *node, VISIT which, void *ctx)
{
    struct gathering *g = ctx;
    struct segment *s = *(struct segment *const *)node;
    if (which != postorder && which != leaf)
        return;
    if (s->seen != g->f->looks && s->fate != SEGMENT_IN_HAND)
        push(&g->gone, &g->n, &g->room, s, &g->failed);
    else if (s->fate == SEGMENT_WAITS)
        push(&g->f->waiting, &g->f->n, &g->f->room, s, &g->failed);
}

/* A segment that is no more there needs no position, and what was not shipped of it is lost.
 * A look may miss one that is renamed at that moment. */
static void drop_gone(struct gathering *g)
{
    struct folder *f = g->f;
    for (size_t i = 0; i < g->n; i++) {
        struct segment *s = g->gone[i];
        char *path = folder_path_of(f, s);
        bool there = path || errno != ENOENT;
        free(path);
        if (there) {
            if (s->fate == SEGMENT_WAITS)
                push(&f->waiting, &f->n, &f->room, s, &g->failed);
            continue;
        }
        if (s->fate == SEGMENT_WAITS) {
            log_event_on(LOG_SEGMENT_TROUBLE, slice_cstr(s->name), "%s: gone before it was shipped",
                         s->name);
            f->lost++;
        }
        (void)position_remove(f->state, s->name);
        (void)tdelete(s, &f->names, by_name);
        free(s);
    }
}

static bool list_waiting(struct folder *f)
{
    struct gathering g = { .f = f };
    f->n = f->next = 0;
    twalk_r(f->names, gather, &g);
    drop_gone(&g);
    free(g.gone);
    if (f->n)
        qsort(f->waiting, f->n, sizeof *f->waiting, by_name_indirect);
    errno = ENOMEM;
    return !g.failed;
}

static bool look_through(struct folder *f, DIR *d)
{
    bool ok = true;
    f->looks++;
    errno = 0;
    for (struct dirent *e; ok && (e = readdir(d)) != NULL;)
        ok = see(f, dirfd(d), e->d_name);
    return ok && list_waiting(f);
}

/* Positions of segments that went while nobody was at work. An empty folder may be one that is not
 * mounted, so those of late are kept. */
static void drop_old_positions(struct folder *f)
{
    DIR *d = opendir(f->state);
    struct stat st;
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        struct slice name = slice_cstr(e->d_name);
        if (!take_end(&name, POSITION_SUFFIX) || name.n > POSITION_NAME_MAX ||
            fstatat(dirfd(d), e->d_name, &st, 0) != 0 ||
            st.st_mtim.tv_sec > time(NULL) - POSITION_KEPT_SECONDS)
            continue;
        union {
            struct segment segment;
            char room[sizeof(struct segment) + POSITION_NAME_MAX + 1];
        } key;
        memcpy(key.segment.name, name.p, name.n);
        key.segment.name[name.n] = '\0';
        if (!tfind(&key.segment, &f->names, by_name))
            (void)unlinkat(dirfd(d), e->d_name, 0);
    }
    closedir(d);
}

bool folder_look(struct folder *f)
{
    struct stat st;
    if (stat(f->path, &st) != 0)
        return false;
    if (f->looks && st.st_mtim.tv_sec == f->changed.tv_sec &&
        st.st_mtim.tv_nsec == f->changed.tv_nsec)
        return true;
    time_t now = time(NULL);
    DIR *d = opendir(f->path);
    if (!d)
        return false;
    bool first = f->looks == 0, ok = look_through(f, d);
    closedir(d);
    if (first && ok)
        drop_old_positions(f);
    if (ok && st.st_mtim.tv_sec < now - RACY_SECONDS)
        f->changed = st.st_mtim;
    return ok;
}

/* ---- what waits ---- */

struct segment *folder_take(struct folder *f, bool growing)
{
    for (size_t i = f->next; i < f->n; i++) {
        struct segment *s = f->waiting[i];
        if (s->growing != growing || s->fate != SEGMENT_WAITS)
            continue;
        s->fate = SEGMENT_IN_HAND;
        while (f->next < f->n && f->waiting[f->next]->fate != SEGMENT_WAITS)
            f->next++;
        return s;
    }
    return NULL;
}

void folder_put_back(struct folder *f, struct segment *s)
{
    s->fate = SEGMENT_WAITS;
    f->changed.tv_sec = 0; /* the next look lists it */
}

size_t folder_waiting(const struct folder *f)
{
    size_t n = 0;
    for (size_t i = f->next; i < f->n; i++)
        n += f->waiting[i]->fate == SEGMENT_WAITS;
    return n;
}

uint64_t folder_waiting_bytes(const struct folder *f, int64_t *oldest)
{
    uint64_t bytes = 0;
    *oldest = 0;
    for (size_t i = f->next; i < f->n; i++) {
        const struct segment *s = f->waiting[i];
        if (s->fate != SEGMENT_WAITS)
            continue;
        bytes += s->size;
        if (!*oldest || s->mtime < *oldest)
            *oldest = s->mtime;
    }
    return bytes;
}

void folder_free(struct folder *f)
{
    tdestroy(f->names, free);
    free(f->waiting);
}
