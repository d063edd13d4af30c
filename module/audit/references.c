/* SPDX-License-Identifier: Apache-2.0 */
/* references.c - the lines of a segment that its records refer to.
 *
 * A writer prints a line again once it has printed a few thousand others (PRINTED_MAX), so
 * that the last KEPT of a segment are enough. One that is printed again counts as new: the
 * writer relies on that one now. */
#include "audit/reader.h"
#include "audit/reference.h"

#include <stdlib.h>
#include <string.h>

#define KEPT 4096u

_Static_assert(KEPT > PRINTED_MAX &&
                   REFERENCES_BYTES_MAX >= PRINTED_BYTES_MAX + 2 * AUDIT_WRITE_MAX,
               "all that a writer relies on is kept, and the write that has the record");

#define HEADS (2 * KEPT)

/* Those that fall together are chained, the newest first. The oldest goes first, so a chain
 * ends where it comes to one that is gone. */
struct kept {
    char id[REFERENCE_ID_SIZE];
    uint8_t *line;
    size_t n;
    uint64_t older; /* number of the next of its chain */
};

struct references {
    struct kept kept[KEPT]; /* number i, from 1 on, at i % KEPT: [first, first + n) */
    uint64_t head[HEADS];   /* 0: none */
    uint64_t first;
    size_t n, bytes;
};

struct references *references_new(void)
{
    struct references *r = calloc(1, sizeof *r);
    if (r)
        r->first = 1;
    return r;
}

/* The digits are those of a digest. */
static size_t head_of(const char id[REFERENCE_ID_SIZE])
{
    uint64_t a, b;
    memcpy(&a, id, sizeof a);
    memcpy(&b, id + sizeof a, sizeof b);
    a = (a ^ b * 0x9E3779B97F4A7C15u) * 0xFF51AFD7ED558CCDu;
    return (a ^ a >> 32) % HEADS;
}

void references_free(struct references *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++)
        free(r->kept[(r->first + i) % KEPT].line);
    free(r);
}

/* What stands behind `front`, when the line begins with it. */
static bool skip(struct slice *line, struct slice front)
{
    if (line->n < front.n || memcmp(line->p, front.p, front.n) != 0)
        return false;
    *line = slice_from(*line, front.n);
    return true;
}

/* The members of such a line are in the order in which they are documented. */
static bool id_of(struct slice line, struct slice *id)
{
    static const struct slice config = SLICE("\"config\",\"id\":\""), site = SLICE("\"site\",\"id\":\"");
    if (!skip(&line, SLICE_OF("{\"v\":2,\"event\":")) || !(skip(&line, config) || skip(&line, site)) ||
        line.n <= REFERENCE_ID_SIZE || line.p[REFERENCE_ID_SIZE] != '"')
        return false;
    *id = slice_sub(line, 0, REFERENCE_ID_SIZE);
    return true;
}

static const struct kept *find_kept(const struct references *r, struct slice id)
{
    if (id.n != REFERENCE_ID_SIZE)
        return NULL;
    for (uint64_t i = r->head[head_of((const char *)id.p)]; i >= r->first; i = r->kept[i % KEPT].older)
        if (memcmp(r->kept[i % KEPT].id, id.p, REFERENCE_ID_SIZE) == 0)
            return &r->kept[i % KEPT];
    return NULL;
}

static void drop_oldest(struct references *r)
{
    struct kept *k = &r->kept[r->first % KEPT];
    r->bytes -= k->n;
    free(k->line);
    k->line = NULL;
    r->first++;
    r->n--;
}

bool references_take(struct references *r, struct slice line)
{
    struct slice id;
    if (!id_of(line, &id))
        return false;
    while (r->n && (r->n == KEPT || r->bytes + line.n > REFERENCES_BYTES_MAX))
        drop_oldest(r);
    uint8_t *copy = malloc(line.n);
    if (!copy)
        return true; /* whoever looks for it is told that it is not there */
    memcpy(copy, line.p, line.n);
    uint64_t number = r->first + r->n++;
    struct kept *k = &r->kept[number % KEPT];
    memcpy(k->id, id.p, REFERENCE_ID_SIZE);
    uint64_t *head = &r->head[head_of(k->id)];
    k->older = *head;
    *head = number;
    k->line = copy;
    k->n = line.n;
    r->bytes += line.n;
    return true;
}

struct slice references_find(const struct references *r, struct slice id)
{
    const struct kept *k = find_kept(r, id);
    return k ? slice_of(k->line, k->n) : SLICE_EMPTY;
}
