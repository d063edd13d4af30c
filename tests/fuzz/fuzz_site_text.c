/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_site_text.c - any bytes of a site file: what was UTF-16 or had NULs has none left. */
#include "findings.h"
#include "standards/site_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, 4 * size + 4096, NULL, 0);
    struct slice text = slice_of(data, size);
    bool odd;
    findings_require(site_text_read(&arena, &text, &odd) == OPTOUT_OK);
    findings_require(text.n <= size / 2 * 3 + 3);
    findings_require(text.p == data || slice_find(text, 0) == text.n);
    arena_reset(&arena);
    return 0;
}
