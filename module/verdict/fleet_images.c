/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/fleet_images.h"

#include "core/clock.h"
#include "site/store_guard.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK_US 1000000u
#define DIR_SIZE 1024

/* What was attached is never given back, for another thread may be reading it: one more for each file
 * that takes the place of another. */
struct attached {
    struct attached *before;
    struct image_map *map; /* NULL: there is none */
    char dir[DIR_SIZE];
};

static _Atomic(struct attached *) now;
static atomic_uint_fast64_t looked_us;
static pthread_mutex_t looking = PTHREAD_MUTEX_INITIALIZER; /* a leaf, never waited for */

static struct attached *attach(const char *dir, const char *path)
{
    struct attached *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    snprintf(a->dir, sizeof a->dir, "%s", dir);
    a->map = image_map_attach(path);
    if (a->map)
        store_guard_install();
    return a;
}

/* Called with the lock held. */
static void look(const char *dir)
{
    char path[DIR_SIZE + sizeof FLEET_IMAGES_FILE + 1];
    struct attached *was = atomic_load(&now);
    struct stat st;
    bool same_dir = was && strcmp(was->dir, dir) == 0;
    snprintf(path, sizeof path, "%s/%s", dir, FLEET_IMAGES_FILE);
    bool there = stat(path, &st) == 0;
    if (same_dir && (was->map ? there && image_map_is_of(was->map, &st) : !there))
        return;
    struct attached *fresh = attach(dir, path);
    if (!fresh)
        return;
    if (same_dir && !was->map && !fresh->map) /* it is there, but of another version */
        free(fresh);
    else {
        fresh->before = was;
        atomic_store(&now, fresh);
    }
}

static struct image_map *map_of(const char *dir)
{
    uint64_t time = clock_mono_us();
    uint_fast64_t last = atomic_load_explicit(&looked_us, memory_order_relaxed);
    struct attached *a = atomic_load_explicit(&now, memory_order_acquire);
    bool due = last == 0 || time - last >= LOOK_US;
    if (!dir[0] || strlen(dir) >= DIR_SIZE)
        return NULL;
    if (due && pthread_mutex_trylock(&looking) == 0) {
        atomic_store_explicit(&looked_us, time, memory_order_relaxed);
        look(dir);
        pthread_mutex_unlock(&looking);
        a = atomic_load(&now);
    }
    return a && strcmp(a->dir, dir) == 0 ? a->map : NULL;
}

/* ---- under the guard: the file may be cut at any moment ---- */

struct reading {
    struct image_map *map;
    const struct image_key *key;
    int64_t now_ms;
    struct image_page *page; /* of one; or */
    struct image_hit *hit;   /* of images, so many */
    size_t max, found;
};

static int is_used(void *ctx)
{
    struct reading *r = ctx;
    r->found = !image_map_is_empty(r->map);
    return 0;
}

static int find_page(void *ctx)
{
    struct reading *r = ctx;
    r->found = image_map_page(r->map, r->key, r->now_ms, r->page);
    return 0;
}

static int find_image(void *ctx)
{
    struct reading *r = ctx;
    r->found = image_map_find(r->map, r->key, r->now_ms, r->hit, r->max);
    return 0;
}

static size_t done(store_work *work, struct reading *r)
{
    return r->map && store_guarded(work, r) == 0 ? r->found : 0;
}

bool fleet_images_are_there(const char *dir)
{
    struct reading r = { .map = map_of(dir) };
    return done(is_used, &r) != 0;
}

bool fleet_images_page(const char *dir, const struct image_key *page, int64_t now_ms,
                       struct image_page *out)
{
    struct reading r = { .map = map_of(dir), .key = page, .now_ms = now_ms, .page = out };
    return done(find_page, &r) != 0 && !image_page_is_silent(out);
}

int64_t fleet_images_silent_since(const char *dir, const struct image_key *page, int64_t now_ms)
{
    struct image_page known;
    struct reading r = { .map = map_of(dir), .key = page, .now_ms = now_ms, .page = &known };
    return done(find_page, &r) != 0 && image_page_is_silent(&known) ? known.since_ms : 0;
}

size_t fleet_images_find(const char *dir, const struct image_key *image, int64_t now_ms,
                         struct image_hit *out, size_t max)
{
    struct reading r = { .map = map_of(dir), .key = image, .now_ms = now_ms, .hit = out,
                         .max = max };
    return done(find_image, &r);
}
