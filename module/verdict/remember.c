/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/remember.h"

#include "syntax/digest.h"
#include "verdict/place.h"

#include <sys/mman.h>

#define ENTRIES 16384u /* a power of two; less than 1 KiB each, in use once written */
#define WAYS 8u        /* places where a key may stand */

/* What stands in a place. In the table it is words, for many processes touch it. */
struct content {
    uint8_t key[16];
    struct past_verdict verdict;
};
#define WORDS PLACE_WORDS(struct content)
/* What a look at a place needs stands in front. */
#define PEEK (offsetof(struct content, verdict.until_ms) + sizeof(int64_t))

struct entry {
    place_word state;
    place_word word[WORDS];
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

/* The place of this key, a deserted or an expired one, or else the one that expires
 * first. */
static struct entry *place_for(struct remembered *r, const uint8_t key[16], size_t at)
{
    struct entry *best = NULL;
    struct content copy;
    int64_t best_until = INT64_MAX;
    for (size_t i = 0; i < WAYS; i++) {
        struct entry *e = &r->entry[(at + i) % ENTRIES];
        if (place_is_deserted(&e->state)) {
            best = e;
            best_until = INT64_MIN;
        }
        if (!place_copy(&e->state, e->word, &copy, PEEK))
            continue;
        if (memcmp(copy.key, key, 16) == 0)
            return e;
        if (copy.verdict.until_ms < best_until) {
            best = e;
            best_until = copy.verdict.until_ms;
        }
    }
    return best;
}

void remember_add(struct remembered *r, const char *profile, struct slice url,
                  const struct past_verdict *d)
{
    struct content c;
    size_t at;
    memset(&c, 0, sizeof c);
    if (!r || !make_key(profile, url, c.key, &at))
        return;
    struct entry *e = place_for(r, c.key, at);
    c.verdict = *d;
    if (!e || !place_write(&e->state, e->word, &c, sizeof c))
        return; /* this verdict is not remembered */
    atomic_fetch_add(&r->added, 1);
}

bool remember_find(struct remembered *r, const char *profile, struct slice url, int64_t now_ms,
                   struct past_verdict *out)
{
    uint8_t key[16];
    size_t at;
    if (!r || atomic_load(&r->added) == 0 || !make_key(profile, url, key, &at))
        return false;
    for (size_t i = 0; i < WAYS; i++) {
        struct entry *e = &r->entry[(at + i) % ENTRIES];
        struct content copy;
        if (!place_copy(&e->state, e->word, &copy, PEEK) || memcmp(copy.key, key, 16) != 0 ||
            copy.verdict.until_ms <= now_ms ||
            !place_copy(&e->state, e->word, &copy, sizeof copy) ||
            memcmp(copy.key, key, 16) != 0 || copy.verdict.until_ms <= now_ms)
            continue;
        *out = copy.verdict;
        out->id[ULID_TEXT - 1] = '\0';
        return true;
    }
    return false;
}
