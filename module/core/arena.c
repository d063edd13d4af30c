/* SPDX-License-Identifier: Apache-2.0 */
#include "core/arena.h"

#include <stdlib.h>

#define ARENA_BLOCK 8192u /* grain of what malloc is asked for, bytes */
#define ARENA_ALIGN 16u

struct arena_block {
    struct arena_block *older;
    size_t size; /* pads the header to ARENA_ALIGN */
};

void arena_init(struct arena *a, size_t limit, void *first, size_t first_size)
{
    *a = (struct arena){ .limit = limit, .first = first, .first_size = first_size };
    a->next = first;
    a->left = first_size;
}

void arena_reset(struct arena *a)
{
    while (a->block) {
        struct arena_block *older = a->block->older;
        free(a->block);
        a->block = older;
    }
    arena_init(a, a->limit, a->first, a->first_size);
}

static bool arena_grow(struct arena *a, size_t n)
{
    size_t size = n + sizeof(struct arena_block);
    if (size < ARENA_BLOCK)
        size = ARENA_BLOCK;
    if (size > a->limit - a->used) {
        size = n + sizeof(struct arena_block); /* the last piece that fits */
        if (size > a->limit - a->used)
            return false;
    }
    struct arena_block *b = malloc(size);
    if (!b)
        return false;
    b->older = a->block;
    b->size = size;
    a->block = b;
    a->used += size;
    a->next = (uint8_t *)(b + 1);
    a->left = size - sizeof *b;
    return true;
}

void *arena_take(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        return NULL;
    n = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (n == 0)
        n = ARENA_ALIGN;
    if (n > a->left && !arena_grow(a, n))
        return NULL;
    void *p = a->next;
    a->next += n;
    a->left -= n;
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    void *p = arena_take(a, n);
    return p ? memset(p, 0, n) : NULL;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    return arena_alloc(a, count * size);
}

struct slice arena_copy(struct arena *a, struct slice s, size_t max)
{
    if (s.n > max)
        s.n = max;
    uint8_t *p = arena_take(a, s.n);
    if (!p)
        return SLICE_EMPTY;
    if (s.n)
        memcpy(p, s.p, s.n);
    return slice_of(p, s.n);
}
