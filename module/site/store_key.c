/* SPDX-License-Identifier: Apache-2.0 */
/* store_key.c - keys of the store.
 *
 * Limits: STORE_KEY_MAX bytes; a longer key is "sha256 " and 64 digits, and the
 * value repeats it as it is (at most STORE_LONG_KEY_MAX). */
#include "syntax/digest.h"
#include "core/hex.h"
#include "site/store_internal.h"

#include <stdlib.h>

struct slice store_key_origin(struct arena *a, struct slice origin, struct slice token)
{
    size_t n = origin.n + (token.n ? 1 + token.n : 0);
    uint8_t *p = arena_take(a, n);
    if (!p)
        return SLICE_EMPTY;
    if (origin.n)
        memcpy(p, origin.p, origin.n);
    if (token.n) {
        p[origin.n] = '\n';
        memcpy(p + origin.n + 1, token.p, token.n);
    }
    return slice_of(p, n);
}

struct slice store_key_licence(struct arena *a, struct slice url)
{
    static const struct slice word = SLICE("rsl ");
    uint8_t *p = arena_take(a, word.n + url.n);
    if (!p)
        return SLICE_EMPTY;
    memcpy(p, word.p, word.n);
    if (url.n)
        memcpy(p + word.n, url.p, url.n);
    return slice_of(p, word.n + url.n);
}

struct store_key store_key_of(struct slice key)
{
    static const struct slice word = SLICE("sha256 ");
    struct store_key k;
    uint8_t sum[32];
    k.n = 0;
    if (key.n == 0 || key.n > STORE_LONG_KEY_MAX)
        return k;
    if (key.n <= STORE_KEY_MAX) {
        memcpy(k.p, key.p, key.n);
        k.n = key.n;
        return k;
    }
    if (!digest_of(key, sum))
        return k;
    memcpy(k.p, word.p, word.n);
    k.n = word.n;
    hex_print(k.p + k.n, sum, sizeof sum);
    k.n += 2 * sizeof sum;
    return k;
}

uint64_t store_random(void)
{
    uint64_t v;
    do
        arc4random_buf(&v, sizeof v);
    while (v == 0);
    return v;
}
