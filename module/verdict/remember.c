/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/remember.h"

#include "syntax/digest.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#define ENTRIES 16384u /* a power of two; less than 1 KiB each, in use once written */
#define WAYS 8u        /* places where a key may stand */

/* What stands in a place. In the table it is words, for many processes touch it. */
struct content {
    uint8_t key[16];
    struct past_verdict verdict;
};
#define WORDS ((sizeof(struct content) + 7) / 8)
/* The words before it hold what a look at a place needs. */
#define PEEK_WORDS ((offsetof(struct content, verdict.until_ms) + sizeof(int64_t) + 7) / 8)

/* Written under an odd sequence number; a reader that meets one, or a change while it
 * read, takes the place as empty. Beside an odd number stands the process that writes:
 * when that is no more, the next writer takes the place over. */
struct entry {
    _Atomic uint64_t state; /* process << 32 | sequence number */
    _Atomic uint64_t word[WORDS];
};

struct remembered {
    atomic_ullong added; /* 0: nobody has to look */
    struct entry entry[ENTRIES];
};

static bool is_odd(uint64_t state)
{
    return state & 1;
}

/* The writer of an odd place has died. A number that was given to another process
 * keeps the place until that ends as well. */
static bool is_deserted(uint64_t state)
{
    pid_t writer = (pid_t)(state >> 32);
    return writer != getpid() && kill(writer, 0) != 0 && errno == ESRCH;
}

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

/* A consistent copy of the first words; false when the place is being written. Each
 * load acquires, so the last look at the number comes after all of them. */
static bool copy_entry(struct entry *e, struct content *out, size_t words)
{
    uint64_t word[WORDS];
    uint64_t before = atomic_load_explicit(&e->state, memory_order_acquire);
    if (is_odd(before))
        return false;
    for (size_t i = 0; i < words; i++)
        word[i] = atomic_load_explicit(&e->word[i], memory_order_acquire);
    memcpy(out, word, words * 8 < sizeof *out ? words * 8 : sizeof *out);
    return atomic_load_explicit(&e->state, memory_order_relaxed) == before;
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
        uint64_t state = atomic_load_explicit(&e->state, memory_order_acquire);
        if (is_odd(state) && is_deserted(state)) {
            best = e;
            best_until = INT64_MIN;
        }
        if (!copy_entry(e, &copy, PEEK_WORDS))
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

/* True with the even number to leave behind; false: somebody else writes here. */
static bool begin_writing(struct entry *e, uint64_t *after)
{
    uint64_t state = atomic_load_explicit(&e->state, memory_order_acquire);
    bool odd = is_odd(state);
    if (odd && !is_deserted(state))
        return false;
    uint32_t mine = (uint32_t)state + (odd ? 2u : 1u);
    *after = (uint32_t)(mine + 1);
    return atomic_compare_exchange_strong(&e->state, &state, (uint64_t)getpid() << 32 | mine);
}

/* Each store releases, so the odd number is seen before any of them. */
static void write_words(struct entry *e, const struct content *c)
{
    uint64_t word[WORDS] = { 0 };
    memcpy(word, c, sizeof *c);
    for (size_t i = 0; i < WORDS; i++)
        atomic_store_explicit(&e->word[i], word[i], memory_order_release);
}

void remember_add(struct remembered *r, const char *profile, struct slice url,
                  const struct past_verdict *d)
{
    struct content c;
    uint64_t after;
    size_t at;
    memset(&c, 0, sizeof c);
    if (!r || !make_key(profile, url, c.key, &at))
        return;
    struct entry *e = place_for(r, c.key, at);
    if (!e || !begin_writing(e, &after))
        return; /* this verdict is not remembered */
    c.verdict = *d;
    write_words(e, &c);
    atomic_store_explicit(&e->state, after, memory_order_release);
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
        if (!copy_entry(e, &copy, PEEK_WORDS) || memcmp(copy.key, key, 16) != 0 ||
            copy.verdict.until_ms <= now_ms || !copy_entry(e, &copy, WORDS) ||
            memcmp(copy.key, key, 16) != 0 || copy.verdict.until_ms <= now_ms)
            continue;
        *out = copy.verdict;
        out->id[ULID_TEXT - 1] = '\0';
        return true;
    }
    return false;
}
