/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/row_list.h"

#include <stdlib.h>

#define TRIM_MIN 1024u

static int by_place(const struct row *a, const struct row *b)
{
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return a->line < b->line ? -1 : a->line > b->line;
}

static int by_key(struct slice a, struct slice b, bool number)
{
    uint64_t x, y;
    if (number && slice_to_u64(a, &x) && slice_to_u64(b, &y))
        return x < y ? -1 : x > y;
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return c ? c : a.n < b.n ? -1 : a.n > b.n;
}

static int compare(const void *left, const void *right, void *arg)
{
    const struct row *a = left, *b = right;
    const struct row_order *order = arg;
    if (!a->key_n || !b->key_n)
        return a->key_n == b->key_n ? by_place(a, b) : a->key_n ? -1 : 1;
    int c = by_key(slice_of(a->bytes, a->key_n), slice_of(b->bytes, b->key_n), order->number);
    return c == 0 ? by_place(a, b) : order->descending ? -c : c;
}

static void drop_from(struct row_list *l, size_t n)
{
    while (l->n > n) {
        struct row *r = &l->row[--l->n];
        l->bytes -= r->key_n + r->text_n;
        free(r->bytes);
    }
}

void row_list_sort(struct row_list *l, const struct row_order *order)
{
    if (l->n)
        qsort_r(l->row, l->n, sizeof *l->row, compare, (void *)(uintptr_t)order);
    if (order->limit)
        drop_from(l, order->limit);
}

/* Takes the row's bytes, also when it fails. */
static enum optout_rc append(struct row_list *l, const struct row_order *order, struct row row)
{
    if (order->limit && l->n >= 2 * order->limit && l->n >= TRIM_MIN)
        row_list_sort(l, order);
    size_t room = l->room ? l->room * 2 : 64, n = row.key_n + row.text_n;
    struct row *more = l->n < l->room ? l->row : realloc(l->row, room * sizeof *more);
    if (!more || n > ROW_LIST_BYTES_MAX - l->bytes) {
        if (more && l->n == l->room) {
            l->row = more;
            l->room = room;
        }
        free(row.bytes);
        return more ? OPTOUT_E_LIMIT : OPTOUT_E_NOMEM;
    }
    if (l->n == l->room)
        l->room = room;
    l->row = more;
    l->row[l->n++] = row;
    l->bytes += n;
    return OPTOUT_OK;
}

enum optout_rc row_list_add(struct row_list *l, const struct row_order *order, struct slice key,
                            struct slice text, uint64_t file, uint64_t line)
{
    struct row row = { malloc(key.n + text.n + 1), key.n, text.n, file, line };
    if (!row.bytes)
        return OPTOUT_E_NOMEM;
    if (key.n)
        memcpy(row.bytes, key.p, key.n);
    if (text.n)
        memcpy(row.bytes + key.n, text.p, text.n);
    return append(l, order, row);
}

enum optout_rc row_list_take(struct row_list *l, const struct row_order *order, struct row_list *from)
{
    enum optout_rc rc = OPTOUT_OK;
    for (size_t i = 0; i < from->n; i++) {
        if (rc == OPTOUT_OK)
            rc = append(l, order, from->row[i]);
        else
            free(from->row[i].bytes);
    }
    from->n = from->bytes = 0;
    return rc;
}

void row_list_free(struct row_list *l)
{
    drop_from(l, 0);
    free(l->row);
    *l = (struct row_list){ .n = 0 };
}
