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

struct kept {
    char id[REFERENCE_ID_SIZE];
    uint8_t *line;
    size_t n;
};

struct references {
    struct kept kept[KEPT]; /* a ring, [first, first + n) */
    size_t first, n, bytes;
};

struct references *references_new(void)
{
    return calloc(1, sizeof(struct references));
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

static struct kept *find_kept(const struct references *r, struct slice id)
{
    for (size_t i = r->n; id.n == REFERENCE_ID_SIZE && i-- > 0;) { /* the newest first */
        const struct kept *k = &r->kept[(r->first + i) % KEPT];
        if (memcmp(k->id, id.p, REFERENCE_ID_SIZE) == 0)
            return (struct kept *)(uintptr_t)k;
    }
    return NULL;
}

static void drop_oldest(struct references *r)
{
    struct kept *k = &r->kept[r->first];
    r->bytes -= k->n;
    free(k->line);
    *k = (struct kept){ .line = NULL };
    r->first = (r->first + 1) % KEPT;
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
    struct kept *k = &r->kept[(r->first + r->n++) % KEPT];
    memcpy(k->id, id.p, REFERENCE_ID_SIZE);
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
