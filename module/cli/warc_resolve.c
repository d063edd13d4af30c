/* SPDX-License-Identifier: Apache-2.0 */
/* warc_resolve.c - how exchanges ended whose head had to leave before the verdict.
 *
 * The log is read once. Kept of it are the ids of pending records, which are few, and the
 * outcomes of those; no more than PENDING_MAX. */
#include "cli/warc.h"

#include "answers/record_view.h"
#include "audit/ulid.h"
#include "cli/cli.h"

#include <stdlib.h>

#define PENDING_MAX (8u << 20)
#define ID_SIZE (ULID_TEXT - 1)
#define NO_DECISION 0xFF

struct pending {
    char id[ID_SIZE]; /* [0] NUL: free */
    struct warc_outcome outcome;
};

struct warc_resolved {
    struct pending *v;
    size_t n, size; /* a power of two, at most half full */
    bool over;
};

static size_t slot_of(const struct pending *v, size_t size, const char *id)
{
    size_t h = 0;
    for (size_t i = 0; i < ID_SIZE; i++)
        h = (h ^ (uint8_t)id[i]) * 0x100000001b3u;
    h ^= h >> 29;
    while (v[h & (size - 1)].id[0] && memcmp(v[h & (size - 1)].id, id, ID_SIZE) != 0)
        h++;
    return h & (size - 1);
}

static bool grow(struct warc_resolved *r)
{
    size_t size = r->size ? r->size * 2 : 1024;
    struct pending *v = size <= 2 * (size_t)PENDING_MAX ? calloc(size, sizeof *v) : NULL;
    if (!v)
        return false;
    for (size_t i = 0; i < r->size; i++)
        if (r->v[i].id[0])
            v[slot_of(v, size, r->v[i].id)] = r->v[i];
    free(r->v);
    r->v = v;
    r->size = size;
    return true;
}

static void add_pending(struct warc_resolved *r, struct slice id)
{
    if (2 * r->n >= r->size && !grow(r)) {
        r->over = true;
        return;
    }
    struct pending *p = &r->v[slot_of(r->v, r->size, (const char *)id.p)];
    r->n += !p->id[0];
    memcpy(p->id, id.p, ID_SIZE);
    p->outcome.decision = NO_DECISION;
}

static uint8_t word(struct slice text, const char *(*name)(unsigned), unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (slice_eq(text, slice_cstr(name(i))))
            return (uint8_t)i;
    return NO_DECISION;
}

static const char *decision_word(unsigned i)
{
    return decision_name((enum decision_kind)i);
}

static const char *action_word(unsigned i)
{
    return action_name((enum action)i);
}

static void take_record(struct warc_resolved *r, const struct record_view *v, struct buf *scratch)
{
    struct slice id = v->value[FIELD_ID], event = record_text(v, FIELD_EVENT, scratch);
    if (id.n != ID_SIZE + 2)
        return;
    id = slice_sub(id, 1, ID_SIZE);
    if (slice_eq(event, SLICE_OF("pending"))) {
        add_pending(r, id);
    } else if (slice_eq(event, SLICE_OF("final")) && r->n) {
        struct pending *p = &r->v[slot_of(r->v, r->size, (const char *)id.p)];
        if (!p->id[0])
            return;
        p->outcome.decision = word(record_text(v, FIELD_DECISION, scratch), decision_word,
                                   DECISION_COUNT);
        p->outcome.action = word(record_text(v, FIELD_ACTION, scratch), action_word,
                                 ACTION_COUNT);
    }
}

struct resolving {
    struct warc_resolved *r;
    struct buf scratch;
};

static bool take_line(void *ctx, struct slice line)
{
    struct resolving *to = ctx;
    struct record_view v;
    if (record_view_read(&v, line)) /* `optout audit` tells of damage */
        take_record(to->r, &v, &to->scratch);
    return true;
}

struct warc_resolved *warc_resolved_new(const char *const *log, size_t n)
{
    struct warc_resolved *r = calloc(1, sizeof *r);
    struct resolving to = { .r = r };
    bool ok = r && grow(r);
    buf_init(&to.scratch, 4096);
    if (!ok)
        cli_error("out of memory");
    ok = ok && warc_log_read(log, n, take_line, &to);
    if (ok && r->over)
        cli_error("more pending records than are kept (%u): some are not resolved", PENDING_MAX);
    buf_free(&to.scratch);
    if (ok)
        return r;
    warc_resolved_free(r);
    return NULL;
}

void warc_resolved_free(struct warc_resolved *r)
{
    if (r)
        free(r->v);
    free(r);
}

bool warc_resolved_find(const struct warc_resolved *r, struct slice id, struct warc_outcome *out)
{
    if (id.n != ID_SIZE)
        return false;
    const struct pending *p = &r->v[slot_of(r->v, r->size, (const char *)id.p)];
    *out = p->outcome;
    return p->id[0] && out->decision < DECISION_COUNT && out->action < ACTION_COUNT;
}
