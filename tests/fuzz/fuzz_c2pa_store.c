/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest store from its bytes to its signals: the same whole and byte by byte, and no
 * allowance from a store that is broken. */
#include "../unit/manifest_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice store = slice_of(data, size);
    struct reading_of_store *whole = read_store(store, 0, PACKET_MAIN);
    struct reading_of_store *bytes = read_store(store, 1, PACKET_MAIN);
    struct buf a, b;
    buf_init(&a, 4u << 20);
    buf_init(&b, 4u << 20);
    print_reading(whole, &a);
    print_reading(bytes, &b);
    if (whole->rc != bytes->rc || !slice_eq(buf_slice(&a), buf_slice(&b)))
        abort();
    if (whole->memory > 2u << 20)
        abort();
    for (size_t i = 0; whole->rc < 0 && i < whole->signals.n; i++)
        for (unsigned u = 0; u < USAGE_COUNT; u++)
            if (whole->signals.v[i].prefs.of[u] == PREF_ALLOW)
                abort();
    buf_free(&a);
    buf_free(&b);
    free_reading(whole);
    free_reading(bytes);
    return 0;
}
