/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_mime_coding.c - first byte: the coding; then what is coded. However it is cut, the
 * same comes out, and no more than went in. */
#include "findings.h"
#include "formats/archive/mime_coding.h"

#include <stdlib.h>

struct decoded {
    uint8_t *p;
    size_t n, room;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool keep(void *ctx, struct slice bytes)
{
    struct decoded *d = ctx;
    findings_require(bytes.n <= d->room - d->n);
    if (bytes.n)
        memcpy(d->p + d->n, bytes.p, bytes.n);
    d->n += bytes.n;
    return true;
}

static struct decoded decode(enum mime_coding_kind kind, struct slice body, size_t piece)
{
    struct decoded d = { .room = body.n + 4 };
    struct mime_coding c = { .kind = kind };
    d.p = malloc(d.room);
    findings_require(d.p != NULL);
    for (; body.n; body = slice_from(body, piece))
        findings_require(mime_coding_feed(&c, slice_sub(body, 0, piece), keep, &d));
    findings_require(mime_coding_end(&c, keep, &d));
    return d;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum mime_coding_kind kind = (enum mime_coding_kind)(data[0] % MIME_UNKNOWN);
    struct slice body = slice_of(data + 1, size - 1);
    struct decoded whole = decode(kind, body, SIZE_MAX), bytes = decode(kind, body, 1);
    findings_require(slice_eq(slice_of(whole.p, whole.n), slice_of(bytes.p, bytes.n)));
    free(whole.p);
    free(bytes.p);
    (void)mime_coding_of(body);
    return 0;
}
