/* SPDX-License-Identifier: Apache-2.0 */
/* urls_queue.c - rows that stand behind one whose site is being asked for.
 *
 * Limits: URLS_QUEUE_BYTES and URLS_QUEUE_ROWS; beyond, whoever reads waits for the head. */
#include "cli/urls.h"

#include <stdlib.h>

static struct queued *add(struct urls_queue *q, size_t bytes)
{
    struct queued *e = malloc(sizeof *e + bytes);
    if (!e)
        return NULL;
    *e = (struct queued){ .size = sizeof *e + bytes };
    if (q->tail)
        q->tail->next = e;
    else
        q->head = e;
    q->tail = e;
    q->n++;
    q->bytes += e->size;
    return e;
}

/* Copies to *at and moves on. */
static struct slice copy(uint8_t **at, struct slice s)
{
    struct slice copied = slice_of(*at, s.n);
    if (s.n)
        memcpy(*at, s.p, s.n);
    *at += s.n;
    return copied;
}

bool urls_queue_waiting(struct urls_queue *q, const struct url_row *row, struct asked *asked)
{
    struct queued *e = add(q, row->bytes.n + row->url.n);
    if (!e)
        return false;
    uint8_t *at = e->bytes;
    e->asked = asked;
    e->row = *row;
    e->row.bytes = copy(&at, row->bytes);
    e->row.text = slice_sub(e->row.bytes, (size_t)(row->text.p - row->bytes.p), row->text.n);
    e->row.url = copy(&at, row->url);
    return true;
}

bool urls_queue_finished(struct urls_queue *q, const struct url_row *row,
                         const struct url_tally *tally, struct slice printed)
{
    struct queued *e = add(q, printed.n);
    if (!e)
        return false;
    uint8_t *at = e->bytes;
    e->tally = *tally;
    e->row = *row;
    e->row.bytes = e->row.text = e->row.url = SLICE_EMPTY;
    e->printed = copy(&at, printed);
    return true;
}

bool urls_queue_is_full(const struct urls_queue *q)
{
    return q->n >= URLS_QUEUE_ROWS || q->bytes >= URLS_QUEUE_BYTES;
}

struct queued *urls_queue_take(struct urls_queue *q)
{
    struct queued *e = q->head;
    q->head = e->next;
    if (!q->head)
        q->tail = NULL;
    q->n--;
    q->bytes -= e->size;
    return e;
}
