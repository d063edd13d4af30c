/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_coding.c - coded bytes: the first byte picks the codings, the second the
 * size of the pieces in which the rest is fed. */
#include <stdlib.h>

#include "http/coding.h"

#define OUTPUT_MAX (256u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const codings[] = {
    "gzip", "deflate", "br", "zstd", "gzip, br", "zstd, gzip", "br, deflate", "gzip, zstd, br",
};

static volatile unsigned sink; /* so that the reading is not optimised away */

static enum optout_rc count(void *ctx, struct slice bytes)
{
    size_t *n = ctx;
    unsigned sum = 0;
    for (size_t i = 0; i < bytes.n; i++)
        sum += bytes.p[i];
    sink = sum;
    if (bytes.n == 0 || bytes.n > 16384)
        abort();
    *n += bytes.n;
    return OPTOUT_OK;
}

/* What is really there, whatever was named. */
static void undo(const char *value, struct slice body)
{
    static const struct coding_limits limits = { OUTPUT_MAX, 1000 };
    struct buf kept;
    buf_init(&kept, OUTPUT_MAX);
    enum optout_rc rc = coding_undo(slice_cstr(value), &limits, NULL, NULL, &body, &kept);
    if (kept.n > OUTPUT_MAX || rc == OPTOUT_MORE || rc == OPTOUT_DONE)
        abort();
    buf_free(&kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct coding_limits limits = { OUTPUT_MAX, 1000 };
    struct coding *c;
    size_t got = 0;
    if (size < 2)
        return 0;
    const char *value = codings[data[0] % (sizeof codings / sizeof *codings)];
    undo(data[0] & 0x80 ? "" : data[0] & 0x40 ? "gzip deflate, rot13" : value,
         slice_of(data + 2, size - 2));
    size_t step = data[1] ? data[1] : SIZE_MAX;
    if (coding_open(slice_cstr(value), &limits, count, &got, &c) != OPTOUT_OK)
        return 0;
    enum optout_rc rc = OPTOUT_MORE;
    for (struct slice rest = slice_of(data + 2, size - 2); rest.n && rc == OPTOUT_MORE;
         rest = slice_from(rest, step))
        rc = coding_feed(c, slice_sub(rest, 0, step));
    if (got > OUTPUT_MAX || (rc < 0 && coding_finish(c) != rc))
        abort();
    rc = coding_finish(c);
    coding_close(c);
    return 0;
}
