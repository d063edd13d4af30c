/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing over digests, which are their own hash. Limit: IDS_MAX of a segment. */
#include "audit/reference.h"

#include <stdlib.h>

#define SLOTS 4096u /* a power of two: 128 KiB a process */
#define IDS_MAX (SLOTS / 4 * 3)

struct printed_ids {
    size_t n;
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
    p->n = 0;
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

void printed_add(struct printed_ids *p, const char id[REFERENCE_ID_SIZE])
{
    if (p->n == IDS_MAX)
        printed_clear(p);
    size_t i = slot_of(p, id);
    if (!p->id[i][0]) {
        memcpy(p->id[i], id, REFERENCE_ID_SIZE);
        p->n++;
    }
}
