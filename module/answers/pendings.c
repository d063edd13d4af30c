/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/pendings.h"

#include <stdlib.h>

static size_t slot_of(struct slice id)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < id.n; i++)
        h = (h ^ id.p[i]) * 1099511628211u;
    return (h ^ h >> 32) % PENDING_SLOTS;
}

enum optout_rc pendings_add(struct pendings *p, struct slice id, struct slice line, uint64_t number)
{
    if (line.n > PENDINGS_BYTES_MAX - p->bytes || p->n >= PENDINGS_BYTES_MAX / 256)
        return OPTOUT_E_LIMIT;
    struct pending *one = malloc(sizeof *one + line.n + id.n);
    if (!one)
        return OPTOUT_E_NOMEM;
    uint8_t *text = (uint8_t *)(one + 1);
    memcpy(text, line.p, line.n);
    if (id.n)
        memcpy(text + line.n, id.p, id.n);
    struct pending **slot = &p->slot[slot_of(id)];
    *one = (struct pending){ .next_of_slot = *slot,
                             .older = p->newest,
                             .line = slice_of(text, line.n),
                             .id = slice_of(text + line.n, id.n),
                             .number = number };
    *slot = one;
    if (p->newest)
        p->newest->newer = one;
    else
        p->oldest = one;
    p->newest = one;
    p->n++;
    p->bytes += line.n;
    return OPTOUT_OK;
}

static void take_out(struct pendings *p, struct pending **at)
{
    struct pending *one = *at;
    *at = one->next_of_slot;
    if (one->older)
        one->older->newer = one->newer;
    else
        p->oldest = one->newer;
    if (one->newer)
        one->newer->older = one->older;
    else
        p->newest = one->older;
    p->n--;
    p->bytes -= one->line.n;
}

void pendings_end(struct pendings *p, struct slice id)
{
    struct pending **at = &p->slot[slot_of(id)];
    while (*at) {
        struct pending *one = *at;
        if (!slice_eq(one->id, id)) {
            at = &one->next_of_slot;
            continue;
        }
        take_out(p, at);
        free(one);
    }
}

struct pending *pendings_pop(struct pendings *p)
{
    struct pending *one = p->oldest;
    if (!one)
        return NULL;
    struct pending **at = &p->slot[slot_of(one->id)];
    while (*at != one)
        at = &(*at)->next_of_slot;
    take_out(p, at);
    return one;
}

void pendings_free(struct pendings *p)
{
    for (struct pending *one; (one = pendings_pop(p)) != NULL;)
        free(one);
}
