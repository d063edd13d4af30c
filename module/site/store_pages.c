/* SPDX-License-Identifier: Apache-2.0 */
/* The form of the file is that of LMDB 0.9 on a machine of 64 bits. */
#include "site/store_pages.h"

#include <string.h>

#define MAGIC 0xBEEFC0DEu
#define VERSION 1u
#define HEAD 16u        /* bytes of a page before its pointers, or its data */
#define NODE 8u         /* bytes of a node before its key */
#define DEPTH_MAX 32    /* as LMDB's cursors */
#define NO_PAGE UINT64_MAX

enum { BRANCH = 1, LEAF = 2, OVERFLOW = 4 };     /* of pages */
enum { BIG_DATA = 1, SUB_DATA = 2 };             /* of nodes */
enum { FREE_TREE, MAIN_TREE };

struct tree {
    uint32_t pad;
    uint16_t flags, depth;
    uint64_t branch, leaf, overflow, entries, root;
};

struct meta {
    uint32_t magic, version;
    uint64_t address, map_size;
    struct tree tree[2];
    uint64_t last_page, txn;
};

struct head {
    uint64_t number;
    uint16_t pad, flags, lower, upper;
};

struct node {
    uint16_t low, high, flags, key_size;
};

struct walk {
    const struct store_pages *p;
    uint64_t last_page, last_written; /* of the transaction; of the file, if it ends before */
    size_t left; /* pages that may still be looked at */
    struct tree found[2];
    size_t n_found; /* tables that the main tree names */
};

_Static_assert(sizeof(struct tree) == 48 && sizeof(struct meta) == STORE_META_SIZE, "as LMDB writes them");

static struct meta meta_at(const struct store_pages *p, unsigned i)
{
    struct meta m;
    memcpy(&m, p->base + (size_t)i * p->page + HEAD, sizeof m);
    return m;
}

bool store_meta_whole(const struct store_pages *p, uint64_t txn, bool exact)
{
    struct meta m = meta_at(p, txn & 1), other = meta_at(p, !(txn & 1));
    if (m.magic != MAGIC || m.version != VERSION || other.magic != MAGIC ||
        other.version != VERSION)
        return false;
    if (exact)
        return m.txn == txn && (txn == 0 || other.txn == txn - 1);
    /* A writer may have gone on since: this page then is that of a later one. */
    return m.txn >= txn && m.txn - txn < UINT32_MAX && (m.txn - txn) % 2 == 0;
}

void store_metas_copy(const struct store_pages *p, struct store_metas *m)
{
    memcpy(m->p, p->base + HEAD, STORE_META_SIZE);
    memcpy(m->p + STORE_META_SIZE, p->base + p->page + HEAD, STORE_META_SIZE);
}

uint64_t store_metas_last(const struct store_metas *m)
{
    struct meta one, other;
    memcpy(&one, m->p, sizeof one);
    memcpy(&other, m->p + STORE_META_SIZE, sizeof other);
    return one.txn > other.txn ? one.txn : other.txn;
}

bool store_meta_is(const struct store_pages *p, uint64_t txn)
{
    return meta_at(p, txn & 1).txn == txn;
}

static struct node node_at(const uint8_t *page, unsigned i, unsigned *offset)
{
    struct node n;
    uint16_t at;
    memcpy(&at, page + HEAD + 2 * i, sizeof at);
    *offset = at;
    memcpy(&n, page + at, sizeof n);
    return n;
}

/* A page of the tree whose nodes all lie within it. */
static const uint8_t *page_of(struct walk *w, uint64_t number, unsigned flags, unsigned *keys)
{
    struct head h;
    unsigned page = w->p->page, offset;
    if (number < 2 || number > w->last_written)
        return NULL;
    const uint8_t *at = w->p->base + number * page;
    memcpy(&h, at, sizeof h);
    if (h.number != number || h.flags != flags || h.lower < HEAD || h.lower > h.upper ||
        h.upper > page || h.lower % 2)
        return NULL;
    *keys = (h.lower - HEAD) / 2;
    if (*keys < (flags == BRANCH ? 2u : 1u))
        return NULL;
    for (unsigned i = 0; i < *keys; i++) {
        uint16_t place;
        memcpy(&place, at + HEAD + 2 * i, sizeof place);
        if (place < h.upper || place > page - NODE)
            return NULL;
        struct node n = node_at(at, i, &offset);
        uint64_t size = flags == BRANCH ? 0 : (uint64_t)n.low | (uint64_t)n.high << 16;
        if (flags == LEAF && (n.flags & ~(BIG_DATA | SUB_DATA)))
            return NULL;
        if (flags == LEAF && (n.flags & BIG_DATA))
            size = sizeof(uint64_t);
        if (offset + NODE + n.key_size + size > page)
            return NULL;
    }
    return at;
}

static int compare(const uint8_t *a, size_t n, const uint8_t *b, size_t m)
{
    int order = memcmp(a, b, n < m ? n : m);
    return order ? order : (n > m) - (n < m);
}

/* Keys of a page ascend. LMDB leaves the first of a branch empty. */
static bool is_ordered(const uint8_t *page, unsigned keys, bool branch)
{
    unsigned before = 0, offset;
    struct node last = { 0, 0, 0, 0 };
    for (unsigned i = branch ? 1 : 0; i < keys; i++) {
        struct node n = node_at(page, i, &offset);
        if (before && compare(page + before + NODE, last.key_size, page + offset + NODE,
                              n.key_size) >= 0)
            return false;
        before = offset;
        last = n;
    }
    return true;
}

/* Pages that hold one value that is too large for a leaf. */
static const uint8_t *overflow_of(struct walk *w, uint64_t number, uint64_t size)
{
    struct head h;
    uint32_t pages;
    if (number < 2 || number > w->last_written)
        return NULL;
    const uint8_t *at = w->p->base + number * w->p->page;
    memcpy(&h, at, sizeof h);
    memcpy(&pages, at + 12, sizeof pages);
    if (h.number != number || h.flags != OVERFLOW || !pages ||
        pages - 1 > w->last_written - number || (uint64_t)pages * w->p->page < HEAD + size)
        return NULL;
    return at + HEAD;
}

/* A list of free pages: a count, and numbers that descend. */
static bool is_free_list(const struct walk *w, const uint8_t *data, uint64_t size)
{
    uint64_t n, page, last = UINT64_MAX;
    if (size < sizeof n)
        return false;
    memcpy(&n, data, sizeof n);
    if (n > size / sizeof n - 1)
        return false;
    for (uint64_t i = 1; i <= n; i++, last = page) {
        memcpy(&page, data + i * sizeof page, sizeof page);
        if (page < 2 || page > w->last_page || page >= last)
            return false;
    }
    return true;
}

enum tree_kind { FREE_PAGES, TABLES, PAIRS };

static bool leaf_whole(struct walk *w, const uint8_t *page, unsigned keys, enum tree_kind kind)
{
    unsigned offset;
    for (unsigned i = 0; i < keys; i++) {
        struct node n = node_at(page, i, &offset);
        const uint8_t *data = page + offset + NODE + n.key_size;
        uint64_t size = (uint64_t)n.low | (uint64_t)n.high << 16, number;
        if (n.flags & BIG_DATA) {
            memcpy(&number, data, sizeof number);
            data = overflow_of(w, number, size);
            if (!data)
                return false;
        }
        if (kind == FREE_PAGES && (n.key_size != 8 || !is_free_list(w, data, size)))
            return false;
        if ((kind == TABLES) != !!(n.flags & SUB_DATA))
            return false;
        if (kind != TABLES)
            continue;
        if (size != sizeof *w->found || w->n_found == 2)
            return false;
        memcpy(&w->found[w->n_found++], data, size);
    }
    return true;
}

/* Depth first, without recursion. True too when the pages that may be looked at are
 * used up. */
static bool tree_whole(struct walk *w, const struct tree *t, enum tree_kind kind)
{
    struct {
        const uint8_t *page;
        unsigned next, keys;
    } stack[DEPTH_MAX];
    unsigned level = 0, offset;
    uint64_t number = t->root;
    if (t->root == NO_PAGE)
        return t->entries == 0;
    if (t->depth < 1 || t->depth > DEPTH_MAX)
        return false;
    for (;;) {
        bool leaf = level + 1 == t->depth;
        unsigned keys;
        if (w->left == 0)
            return true;
        w->left--;
        const uint8_t *page = page_of(w, number, leaf ? LEAF : BRANCH, &keys);
        if (!page || (kind != FREE_PAGES && !is_ordered(page, keys, !leaf)) ||
            (leaf && !leaf_whole(w, page, keys, kind)))
            return false;
        if (!leaf) {
            stack[level].page = page;
            stack[level].next = 0;
            stack[level].keys = keys;
            level++;
        }
        while (level && stack[level - 1].next == stack[level - 1].keys)
            level--;
        if (!level)
            return true;
        struct node n = node_at(stack[level - 1].page, stack[level - 1].next++, &offset);
        number = (uint64_t)n.low | (uint64_t)n.high << 16 | (uint64_t)n.flags << 32;
    }
}

bool store_trees_whole(const struct store_pages *p, uint64_t txn, uint64_t file_size)
{
    struct meta m = meta_at(p, txn & 1);
    uint64_t pages = (file_size < p->map_size ? file_size : p->map_size) / p->page;
    if (pages < 2 || m.last_page < 1 || m.last_page >= p->map_size / p->page)
        return false;
    /* Pages at the end that were taken and given back at once are never written. */
    struct walk w = { .p = p, .last_page = m.last_page, .left = STORE_PAGES_MAX,
                      .last_written = m.last_page < pages ? m.last_page : pages - 1 };
    if (!tree_whole(&w, &m.tree[FREE_TREE], FREE_PAGES) ||
        !tree_whole(&w, &m.tree[MAIN_TREE], TABLES))
        return false;
    for (size_t i = 0; i < w.n_found; i++)
        if (!tree_whole(&w, &w.found[i], PAIRS))
            return false;
    return true;
}
