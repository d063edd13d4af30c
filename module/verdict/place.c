/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/place.h"

#include "core/process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static bool is_odd(uint64_t state)
{
    return state & 1;
}

/* A number that was given to another process keeps the place until that ends as well. */
static bool writer_is_dead(uint64_t state)
{
    pid_t writer = (pid_t)(state >> 32);
    return writer != process_self() && kill(writer, 0) != 0 && errno == ESRCH;
}

bool place_is_deserted(const place_word *state)
{
    uint64_t now = atomic_load_explicit(state, memory_order_acquire);
    return is_odd(now) && writer_is_dead(now);
}

/* Each load acquires, so the last look at the number comes after all of them. */
bool place_copy(const place_word *state, const place_word *word, void *out, size_t bytes)
{
    uint8_t *to = out;
    uint64_t before = atomic_load_explicit(state, memory_order_acquire);
    if (is_odd(before))
        return false;
    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t w = atomic_load_explicit(&word[i / 8], memory_order_acquire);
        memcpy(to + i, &w, bytes - i < 8 ? bytes - i : 8);
    }
    return atomic_load_explicit(state, memory_order_relaxed) == before;
}

/* Each store of a word releases, so the odd number is seen before any of them. */
bool place_write(place_word *state, place_word *word, const void *from, size_t bytes)
{
    const uint8_t *p = from;
    uint64_t before = atomic_load_explicit(state, memory_order_acquire);
    bool odd = is_odd(before);
    if (odd && !writer_is_dead(before))
        return false;
    uint32_t mine = (uint32_t)before + (odd ? 2u : 1u);
    if (!atomic_compare_exchange_strong(state, &before, (uint64_t)process_self() << 32 | mine))
        return false;
    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t w = 0;
        memcpy(&w, p + i, bytes - i < 8 ? bytes - i : 8);
        atomic_store_explicit(&word[i / 8], w, memory_order_release);
    }
    atomic_store_explicit(state, (uint32_t)(mine + 1), memory_order_release);
    return true;
}
