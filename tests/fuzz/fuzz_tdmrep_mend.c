/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_tdmrep_mend.c - any text at the place of tdmrep.json: mending adds nothing to it. */
#include "findings.h"
#include "standards/tdmrep_mend.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, 2 * size + 4096, NULL, 0);
    struct slice text = slice_of(data, size), mended = tdmrep_mended(&arena, text);
    findings_require(mended.p && mended.n <= size);
    findings_require(!tdmrep_names_reservation(text) || tdmrep_looks_like(text));
    (void)tdmrep_looks_like(mended);
    arena_reset(&arena);
    return 0;
}
