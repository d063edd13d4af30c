/* SPDX-License-Identifier: Apache-2.0 */
/* format_fuzz.h - the fuzz target of a format: whatever the body is, however it is cut,
 * it ends, keeps to its memory and finds the same packets. */
#ifndef OPTOUT_TESTS_FORMAT_FUZZ_H
#define OPTOUT_TESTS_FORMAT_FUZZ_H

#include "findings.h"
#include "formats/rows.h"

#define FORMAT_MEMORY_MAX (4u << 20)

static inline int format_fuzz(const struct format *format, const uint8_t *data, size_t size)
{
    struct slice body = slice_of(data, size);
    struct findings *whole = findings_of(format, body, 0, NULL);
    struct findings *bytes = findings_of(format, body, size < 4096 ? 1 : 61, NULL);
    findings_require(whole->memory <= FORMAT_MEMORY_MAX && bytes->memory <= FORMAT_MEMORY_MAX);
    findings_require(findings_equal(whole, bytes));
    findings_free(whole);
    findings_free(bytes);
    return 0;
}

#define FORMAT_FUZZ(name)                                                   \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);           \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)            \
    {                                                                       \
        return format_fuzz(&format_##name, data, size);                     \
    }

#endif
