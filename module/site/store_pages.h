/* SPDX-License-Identifier: Apache-2.0 */
/* store_pages.h - whether the pages of the store are such as LMDB can follow.
 *
 * LMDB believes what stands in its file; a writer that follows a damaged page may
 * write over memory that is not its own. So the pages are looked at before, in a view
 * of the file that is read and never written: the two meta pages, the trees of rules,
 * of expiry and of free pages, each page's number, bounds, nodes and order of keys.
 * What the values hold is not looked at: they have checksums.
 *
 * To be called under the guard. Limit: STORE_PAGES_MAX pages are looked at. */
#ifndef OPTOUT_SITE_STORE_PAGES_H
#define OPTOUT_SITE_STORE_PAGES_H

#include "core/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_PAGES_MAX 16384u

struct store_pages {
    const uint8_t *base; /* the whole map; the file may be shorter */
    size_t map_size;
    unsigned page; /* bytes */
};

/* Both meta pages as they stand in the file: whoever finds the same again finds the trees that
 * belong to them. A writer at work may be in the middle of them. */
#define STORE_META_SIZE 136
struct store_metas {
    uint8_t p[2 * STORE_META_SIZE];
};
void store_metas_copy(const struct store_pages *p, struct store_metas *m);
/* The last transaction that they tell of. */
uint64_t store_metas_last(const struct store_metas *m);

/* The meta page of this transaction is there, whole, and no older. Allows for a
 * writer at work; `exact`: there is none, and it is the last. */
bool store_meta_whole(const struct store_pages *p, uint64_t txn, bool exact);
/* The meta page of this transaction has not been used for a later one. */
bool store_meta_is(const struct store_pages *p, uint64_t txn);
/* The trees as transaction `txn` left them; nobody may write meanwhile that could
 * reuse its pages. `file_size`: bytes that may be touched. */
bool store_trees_whole(const struct store_pages *p, uint64_t txn, uint64_t file_size);

#endif
