/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_iim.c - any datasets: values stay inside what may be kept, and are UTF-8. */
#include "findings.h"
#include "metadata/iim.h"
#include "syntax/utf8.h"

#define MEMORY_MAX (2u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_property(void *ctx, const struct property *p)
{
    unsigned *n = ctx;
    (*n)++;
    findings_require(p->value.n <= PROPERTY_VALUE_MAX && utf8_is_valid(p->value));
    findings_require(p->name.n >= 4 && p->ns.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, MEMORY_MAX, NULL, 0);
    struct property base = { .carrier = CARRIER_IIM, .format = "jpeg" };
    unsigned n = 0;
    enum optout_rc rc = iim_read(&arena, &base, slice_of(data, size), on_property, &n);
    findings_require(rc == OPTOUT_DONE || rc < 0);
    findings_require(n <= 256);
    arena_reset(&arena);
    return 0;
}
