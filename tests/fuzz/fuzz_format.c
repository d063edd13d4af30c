/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_format.c - every format of core/format_list.h, a target each by its name: whatever the
 * body is, however it is cut, it ends, keeps to its memory and finds the same packets. */
#include "findings.h"
#include "formats/rows.h"
#include "fuzz_rows.h"

#define FORMAT_MEMORY_MAX (4u << 20)

#define NAME(name) #name,
static const char *const names[] = { FORMAT_ROWS(NAME) NULL };
static const struct format *format;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    format = formats[fuzz_row(*argc, *argv, names)];
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
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
