/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_site_value.c - a value of the store with any bytes in it: nothing outside
 * of it is touched; what is read can be printed and reads the same again. */
#include <stdlib.h>

#include "site/store_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned sink; /* so that the reading is not optimised away */

static void touch(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        sink += s.p[i];
}

static void compare(const struct store_value *a, const struct store_value *b)
{
    if (a->serial != b->serial || a->asked != b->asked || !slice_eq(a->key, b->key))
        abort();
    for (size_t i = 0; i < SITE_KIND_COUNT; i++)
        if (a->d[i].state != b->d[i].state || a->d[i].status != b->d[i].status ||
            !slice_eq(a->d[i].url, b->d[i].url) || !slice_eq(a->d[i].rules, b->d[i].rules))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store_value v, again;
    struct buf out;
    struct slice bytes = slice_of(data, size);
    (void)store_value_whole(bytes);
    (void)store_value_serial(bytes);
    if (!store_value_read(bytes, &v))
        return 0;
    touch(v.key);
    for (size_t i = 0; i < SITE_KIND_COUNT; i++) {
        touch(v.d[i].url);
        touch(v.d[i].agent);
        touch(v.d[i].etag);
        touch(v.d[i].last_modified);
        touch(v.d[i].why);
        touch(v.d[i].rules);
    }
    buf_init(&out, 64u << 20);
    if (store_value_print(&v, &out) != OPTOUT_OK || !store_value_whole(buf_slice(&out)) ||
        !store_value_read(buf_slice(&out), &again))
        abort();
    compare(&v, &again);
    buf_free(&out);
    return 0;
}
