/* SPDX-License-Identifier: Apache-2.0 */
#include "answers/tally.h"

#include <stdlib.h>

#define BLOCK (256u << 10)

/* Texts are copied into blocks, which begin with the one before. */
struct block {
    struct block *before;
    uint8_t bytes[];
};

/* Not keyed: whoever fills a log with texts that meet makes its counts slow, not wrong; the
 * steps of a look-up are bounded by what is in a table. */
static uint64_t hash_of(struct slice s)
{
    uint64_t h = 0x9E3779B97F4A7C15u ^ s.n, w;
    for (; s.n >= 8; s = slice_from(s, 8)) {
        memcpy(&w, s.p, 8);
        h = (h ^ w) * 0xFF51AFD7ED558CCDu;
        h ^= h >> 32;
    }
    w = 0;
    if (s.n)
        memcpy(&w, s.p, s.n);
    h = (h ^ w) * 0xC4CEB9FE1A85EC53u;
    return h ^ h >> 29;
}

static uint32_t *find_slot(const struct tally *t, uint64_t hash, struct slice text)
{
    for (size_t at = hash & (t->slots - 1);; at = (at + 1) & (t->slots - 1)) {
        uint32_t *slot = &t->slot[at];
        if (!*slot)
            return slot;
        const struct tally_entry *e = &t->entry[*slot - 1];
        if (e->hash == hash && slice_eq(slice_of(e->text, e->n), text))
            return slot;
    }
}

/* At most half of the slots are taken. */
static bool make_room(struct tally *t)
{
    if (t->n < t->room)
        return true;
    size_t room = t->room ? t->room * 2 : 64;
    struct tally_entry *entry = realloc(t->entry, room * sizeof *entry);
    if (!entry)
        return false;
    t->entry = entry;
    uint32_t *slot = calloc(room * 2, sizeof *slot);
    if (!slot)
        return false;
    free(t->slot);
    t->slot = slot;
    t->slots = room * 2;
    t->room = room;
    for (size_t i = 0; i < t->n; i++)
        *find_slot(t, entry[i].hash, slice_of(entry[i].text, entry[i].n)) = (uint32_t)(i + 1);
    return true;
}

static uint8_t *copy_text(struct tally *t, struct slice text)
{
    if (text.n > t->left || !t->block) {
        size_t size = text.n > BLOCK ? text.n : BLOCK;
        struct block *b = malloc(sizeof *b + size);
        if (!b)
            return NULL;
        b->before = t->block;
        t->block = b;
        t->next = b->bytes;
        t->left = size;
    }
    uint8_t *to = t->next;
    if (text.n)
        memcpy(to, text.p, text.n);
    t->next += text.n;
    t->left -= text.n;
    return to;
}

enum optout_rc tally_add(struct tally *t, struct slice text, uint64_t count)
{
    uint64_t hash = hash_of(text);
    if (!make_room(t))
        return OPTOUT_E_NOMEM;
    uint32_t *slot = find_slot(t, hash, text);
    if (*slot) {
        t->entry[*slot - 1].count += count;
        return OPTOUT_OK;
    }
    if (t->n == TALLY_MAX || text.n > TALLY_BYTES_MAX - t->bytes)
        return OPTOUT_E_LIMIT;
    uint8_t *copy = copy_text(t, text);
    if (!copy)
        return OPTOUT_E_NOMEM;
    t->bytes += text.n;
    t->entry[t->n++] = (struct tally_entry){ hash, count, copy, (uint32_t)text.n };
    *slot = (uint32_t)t->n;
    return OPTOUT_OK;
}

const struct tally_entry *tally_find(const struct tally *t, struct slice text)
{
    const uint32_t *slot = t->n ? find_slot(t, hash_of(text), text) : NULL;
    return slot && *slot ? &t->entry[*slot - 1] : NULL;
}

void tally_free(struct tally *t)
{
    for (struct block *b = t->block, *before; b; b = before) {
        before = b->before;
        free(b);
    }
    free(t->entry);
    free(t->slot);
    *t = (struct tally){ .n = 0 };
}
