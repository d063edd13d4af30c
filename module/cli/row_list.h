/* SPDX-License-Identifier: Apache-2.0 */
/* row_list.h - printed rows to be put in order, bounded. One thread at a time. */
#ifndef OPTOUT_CLI_ROW_LIST_H
#define OPTOUT_CLI_ROW_LIST_H

#include "core/rc.h"
#include "core/slice.h"

#define ROW_LIST_BYTES_MAX ((size_t)1 << 30) /* of rows and keys */

struct row {
    uint8_t *bytes; /* key, then text; owned */
    size_t key_n, text_n;
    uint64_t file, line; /* where rows that are equal stand */
};

struct row_order {
    bool number, descending; /* an empty key comes last, whatever the direction */
    size_t limit;            /* 0: none; else no more than the first so many are kept */
};

struct row_list {
    struct row *row;
    size_t n, room, bytes;
};

/* OPTOUT_E_LIMIT: more than may be; give a limit. OPTOUT_E_NOMEM. */
enum optout_rc row_list_add(struct row_list *l, const struct row_order *order, struct slice key,
                            struct slice text, uint64_t file, uint64_t line) OPTOUT_CHECKED;
/* Moves all rows of `from`, which is empty then. */
enum optout_rc row_list_take(struct row_list *l, const struct row_order *order,
                             struct row_list *from) OPTOUT_CHECKED;
/* Puts them in order and drops what is beyond the limit. */
void row_list_sort(struct row_list *l, const struct row_order *order);
void row_list_free(struct row_list *l);

static inline struct slice row_text(const struct row *r)
{
    return slice_of(r->bytes + r->key_n, r->text_n);
}

#endif
