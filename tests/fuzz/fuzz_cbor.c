/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR and base64. */
#include "syntax/base64.h"
#include "syntax/cbor.h"
#include "standards/training_mining.h"

#include <stdlib.h>

#define REQUIRE(what)  \
    do {               \
        if (!(what))   \
            abort();   \
    } while (0)

static void read_item(struct arena *a, struct slice in)
{
    struct cbor_pool pool = { .arena = a };
    struct cbor_item *root;
    struct training *t = arena_alloc(a, sizeof *t);
    for (int twice = 0; twice < 2; twice++) {
        enum optout_rc rc = cbor_read(&pool, in, &root);
        REQUIRE(rc == OPTOUT_DONE ? root != NULL : rc < 0);
        REQUIRE(t && pool.n <= CBOR_ITEMS_MAX);
        training_read(root, t);
        for (size_t i = 0; i < t->n; i++)
            (void)training_prefs(t, i);
    }
}

static void read_base64(struct slice in)
{
    struct base64 whole = { 0 }, bytes = { 0 };
    uint8_t out[64];
    size_t n = 0, m = 0;
    struct slice rest = in, one;
    do
        n += base64_feed(&whole, &rest, out, sizeof out);
    while (rest.n && !whole.stopped);
    for (size_t i = 0; i < in.n && !bytes.stopped; i++) {
        one = slice_of(in.p + i, 1);
        m += base64_feed(&bytes, &one, out, 3);
    }
    REQUIRE(n == m && base64_is_whole(&whole) == base64_is_whole(&bytes));
    REQUIRE(base64_finish(&whole, out) == base64_finish(&bytes, out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    arena_init(&a, 1u << 20, NULL, 0);
    read_item(&a, slice_of(data, size));
    read_base64(slice_of(data, size));
    arena_reset(&a);
    return 0;
}
