/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_opf.c - whatever the package document is, what is reported is bounded and of the four
 * name spaces that standards know. */
#include "core/buf.h"
#include "metadata/opf.h"

#include <stdlib.h>

static void on_property(void *ctx, const struct property *p)
{
    (void)ctx;
    if (p->value.n > PROPERTY_VALUE_MAX || p->ns.n == 0 || p->name.n == 0 ||
        p->carrier != CARRIER_EPUB)
        abort();
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < p->value.n; i++)
        sum = (uint8_t)(sum + p->value.p[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, 8u << 20, NULL, 0);
    const struct property base = { .role = PACKET_MAIN, .format = "zip" };
    enum optout_rc rc = opf_read(&arena, &base, slice_of(data, size), on_property, NULL);
    if (rc != OPTOUT_DONE && rc >= 0)
        abort();
    arena_reset(&arena);
    return 0;
}
