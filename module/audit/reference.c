/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing over digests, which are their own hash. Limit: PRINTED_MAX of a segment. */
#include "audit/reference.h"

#include <stdlib.h>

#define SLOTS 4096u /* a power of two: 128 KiB a process */

_Static_assert(PRINTED_MAX <= SLOTS / 4 * 3, "a search finds a free slot soon");

struct printed_ids {
    size_t n, bytes;
    uint64_t seed; /* whoever makes documents shall not choose their slots */
    char id[SLOTS][REFERENCE_ID_SIZE]; /* a free slot begins with NUL */
};

struct printed_ids *printed_new(void)
{
    struct printed_ids *p = calloc(1, sizeof *p);
    if (p)
        arc4random_buf(&p->seed, sizeof p->seed);
    return p;
}

void printed_free(struct printed_ids *p)
{
    free(p);
}

void printed_clear(struct printed_ids *p)
{
    if (p->n)
        memset(p->id, 0, sizeof p->id);
    p->n = p->bytes = 0;
}

/* The slot that holds the id, or the free one where it belongs. */
static size_t slot_of(const struct printed_ids *p, const char id[REFERENCE_ID_SIZE])
{
    uint64_t h;
    memcpy(&h, id, sizeof h);
    size_t i = (size_t)((h ^ p->seed) * 0x9e3779b97f4a7c15u >> 40) % SLOTS;
    while (p->id[i][0] && memcmp(p->id[i], id, REFERENCE_ID_SIZE) != 0)
        i = (i + 1) % SLOTS;
    return i;
}

bool printed_has(const struct printed_ids *p, const char id[REFERENCE_ID_SIZE])
{
    return p->id[slot_of(p, id)][0] != '\0';
}

void printed_make_room(struct printed_ids *p, const struct reference_list *refs)
{
    size_t missing = 0;
    for (size_t i = 0; i < refs->n; i++)
        missing += !printed_has(p, refs->of[i].id);
    if (missing && (p->n + missing > PRINTED_MAX || p->bytes > PRINTED_BYTES_MAX))
        printed_clear(p);
}

void printed_add(struct printed_ids *p, const struct reference_list *refs, size_t bytes)
{
    p->bytes += bytes;
    for (size_t i = 0; i < refs->n; i++) {
        size_t at = slot_of(p, refs->of[i].id);
        if (p->id[at][0] || p->n == PRINTED_MAX) /* not remembered, it is printed again */
            continue;
        memcpy(p->id[at], refs->of[i].id, REFERENCE_ID_SIZE);
        p->n++;
    }
}
