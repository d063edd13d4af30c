/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_pdf_filter.c - any filters over any bytes: they end, keep to their limits and give the
 * same however the bytes are cut. Input: how many filters, then for each its kind and
 * parameters, six bytes in all, then the data. */
#include "core/buf.h"
#include "formats/doc/pdf_filter.h"

#include <stdio.h>
#include <stdlib.h>

#define OUT_MAX 100000
#define WORK_MAX 2000000
#define EACH 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct buf out;
    enum optout_rc rc;
    uint64_t worked;
};

static void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static enum optout_rc keep(void *ctx, struct slice bytes)
{
    struct run *r = ctx;
    return buf_append(&r->out, bytes.p, bytes.n);
}

static void decode(struct run *r, const struct pdf_filters *f, struct slice bytes, size_t piece)
{
    buf_init(&r->out, OUT_MAX);
    struct pdf_decode *d = pdf_decode_open(f, OUT_MAX, WORK_MAX, keep, r);
    require(d != NULL, "no memory");
    enum optout_rc rc = OPTOUT_MORE;
    for (size_t at = 0; at < bytes.n && rc == OPTOUT_MORE; at += piece)
        rc = pdf_decode_feed(d, slice_sub(bytes, at, piece));
    r->rc = pdf_decode_end(d);
    require(rc == OPTOUT_MORE || rc == r->rc || f->n == 0, "it ended otherwise than it was fed");
    r->worked = pdf_decode_worked(d);
    require(r->worked <= WORK_MAX && r->out.n <= OUT_MAX, "beyond its limits");
    pdf_decode_close(d);
}

static size_t read_filters(struct pdf_filters *f, const uint8_t *data, size_t size)
{
    size_t at = 1;
    if (size == 0)
        return 0;
    for (size_t n = data[0] % (PDF_FILTERS_MAX + 1); n > 0 && size - at >= EACH; n--) {
        const uint8_t *v = data + at;
        struct pdf_parms *p = &f->parms[f->n];
        f->v[f->n++].kind = v[0] % PDF_FILTER_REF;
        p->predictor = v[1];
        p->colors = v[2];
        p->bits = v[3];
        p->columns = v[4];
        p->late_change = v[5] & 1;
        at += EACH;
    }
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pdf_filters f = { .n = 0 };
    struct slice bytes = slice_from(slice_of(data, size), read_filters(&f, data, size));
    if (!pdf_filters_are_read(&f))
        return 0;
    struct run whole, pieces;
    decode(&whole, &f, bytes, bytes.n ? bytes.n : 1);
    decode(&pieces, &f, bytes, 3);
    /* Where the work of all is over, and not that of the last, depends on the cuts. */
    if (whole.worked < WORK_MAX && pieces.worked < WORK_MAX) {
        require(whole.rc == pieces.rc, "another end in pieces");
        require(slice_eq(buf_slice(&whole.out), buf_slice(&pieces.out)), "other bytes in pieces");
    }
    buf_free(&whole.out);
    buf_free(&pieces.out);
    return 0;
}
