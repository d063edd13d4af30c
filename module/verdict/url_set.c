/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/url_set.h"

#include "verdict/place.h"

#include <sys/mman.h>

#define WAYS 8u

struct url_content {
    int64_t until_ms;
    uint8_t key[IMAGE_KEY];
};

struct url_set {
    atomic_bool any; /* something was added, ever */
    struct {
        place_word state;
        place_word word[PLACE_WORDS(struct url_content)];
    } entry[URL_SET_PLACES];
};

struct url_set *url_set_make(void)
{
    void *p = mmap(NULL, sizeof(struct url_set), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void url_set_free(struct url_set *s)
{
    if (s)
        munmap(s, sizeof *s);
}

void url_set_add(struct url_set *s, const struct image_key *url, int64_t until_ms)
{
    struct url_content c, new = { .until_ms = until_ms };
    uint32_t best = 0;
    int64_t best_until = INT64_MAX;
    if (!s)
        return;
    atomic_store_explicit(&s->any, true, memory_order_relaxed);
    memcpy(new.key, url->p, IMAGE_KEY);
    for (uint32_t i = 0; i < WAYS; i++) {
        uint32_t at = (url->at + i) % URL_SET_PLACES;
        bool there = place_copy(&s->entry[at].state, s->entry[at].word, &c, sizeof c);
        if (there && memcmp(c.key, url->p, IMAGE_KEY) == 0) {
            if (c.until_ms >= until_ms)
                return;
            best = at;
            break;
        }
        int64_t until = there ? c.until_ms
                        : place_is_deserted(&s->entry[at].state) ? INT64_MIN
                                                                 : INT64_MAX;
        if (i == 0 || until < best_until) {
            best = at;
            best_until = until;
        }
    }
    if (!place_write(&s->entry[best].state, s->entry[best].word, &new, sizeof new))
        return; /* somebody else writes here */
}

bool url_set_is_empty(const struct url_set *s)
{
    return !s || !atomic_load_explicit(&s->any, memory_order_relaxed);
}

bool url_set_has(const struct url_set *s, const struct image_key *url, int64_t now_ms)
{
    struct url_content c;
    for (uint32_t i = 0; s && i < WAYS; i++) {
        uint32_t at = (url->at + i) % URL_SET_PLACES;
        if (place_copy(&s->entry[at].state, s->entry[at].word, &c, sizeof c) &&
            memcmp(c.key, url->p, IMAGE_KEY) == 0)
            return c.until_ms > now_ms;
    }
    return false;
}
