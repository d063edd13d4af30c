/* SPDX-License-Identifier: Apache-2.0 */
#include "icap/remember.h"

#include "core/digest.h"

#include <stdatomic.h>
#include <sys/mman.h>

#define ENTRIES 16384u /* a power of two; less than 1 KiB each, in use once written */
#define WAYS 8u        /* places where a key may stand */

/* Written under an odd sequence number; a reader that meets one, or a change
 * while it read, takes the place as empty. A child that dies while writing
 * leaves its place odd: it is lost, nothing else. */
struct entry {
    atomic_uint sequence;
    uint8_t key[16];
    struct denial denial;
};

struct remembered {
    atomic_ullong added; /* 0: nobody has to look */
    struct entry entry[ENTRIES];
};

struct remembered *remember_make(void)
{
    void *p = mmap(NULL, sizeof(struct remembered), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void remember_free(struct remembered *r)
{
    if (r)
        munmap(r, sizeof *r);
}

/* The digest keeps a publisher from choosing URLs that push others out. */
static bool make_key(const char *profile, struct slice url, uint8_t key[16], size_t *at)
{
    uint8_t digest[32];
    uint32_t first;
    struct digest *d = digest_open();
    digest_feed(d, slice_of(profile, strlen(profile) + 1));
    digest_feed(d, url);
    if (!digest_close(d, digest))
        return false;
    memcpy(key, digest, 16);
    memcpy(&first, digest + 16, sizeof first);
    *at = first % ENTRIES;
    return true;
}

/* What a place holds, when nobody writes there. */
struct peek {
    uint8_t key[16];
    int64_t until_ms;
};

/* A consistent copy; false when the place is being written. The whole denial only
 * where it is asked for: it is long, and most places are another's. */
static bool copy_entry(struct entry *e, struct peek *out, struct denial *denial)
{
    unsigned before = atomic_load_explicit(&e->sequence, memory_order_acquire);
    if (before & 1)
        return false;
    memcpy(out->key, e->key, sizeof out->key);
    out->until_ms = e->denial.until_ms;
    if (denial)
        *denial = e->denial;
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&e->sequence, memory_order_relaxed) == before;
}

/* The place of this key, an expired one, or else the one that expires first. */
static struct entry *place_for(struct remembered *r, const uint8_t key[16], size_t at)
{
    struct entry *best = NULL;
    struct peek copy;
    int64_t best_until = INT64_MAX;
    for (size_t i = 0; i < WAYS; i++) {
        struct entry *e = &r->entry[(at + i) % ENTRIES];
        if (!copy_entry(e, &copy, NULL))
            continue;
        if (memcmp(copy.key, key, 16) == 0)
            return e;
        if (copy.until_ms < best_until) {
            best = e;
            best_until = copy.until_ms;
        }
    }
    return best;
}

void remember_add(struct remembered *r, const char *profile, struct slice url,
                  const struct denial *d)
{
    uint8_t key[16];
    size_t at;
    if (!r || !make_key(profile, url, key, &at))
        return;
    struct entry *e = place_for(r, key, at);
    unsigned sequence = e ? atomic_load(&e->sequence) : 1;
    if ((sequence & 1) || !atomic_compare_exchange_strong(&e->sequence, &sequence, sequence + 1))
        return; /* somebody else writes here: this denial is not remembered */
    memcpy(e->key, key, 16);
    e->denial = *d;
    atomic_store_explicit(&e->sequence, sequence + 2, memory_order_release);
    atomic_fetch_add(&r->added, 1);
}

bool remember_find(struct remembered *r, const char *profile, struct slice url, int64_t now_ms,
                   struct denial *out)
{
    uint8_t key[16];
    size_t at;
    if (!r || atomic_load(&r->added) == 0 || !make_key(profile, url, key, &at))
        return false;
    for (size_t i = 0; i < WAYS; i++) {
        struct entry *e = &r->entry[(at + i) % ENTRIES];
        struct peek copy;
        if (!copy_entry(e, &copy, NULL) || memcmp(copy.key, key, 16) != 0 ||
            copy.until_ms <= now_ms || !copy_entry(e, &copy, out) ||
            memcmp(copy.key, key, 16) != 0)
            continue;
        out->id[ULID_TEXT - 1] = '\0';
        return true;
    }
    return false;
}
