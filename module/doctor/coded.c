/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/coded.h"

#include <zlib.h>
#include <zstd.h>

#define GZIP_WINDOW (15 + 16) /* zlib's way to ask for gzip */
#define BROTLI_BLOCK 65536u   /* bytes of an uncompressed meta-block of four nibbles */

static void fail(struct buf *out)
{
    if (out->failed == OPTOUT_OK)
        out->failed = OPTOUT_E_NOMEM;
}

void coded_gzip(struct slice body, struct buf *out)
{
    z_stream z = { .zalloc = NULL };
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        fail(out);
        return;
    }
    size_t size = deflateBound(&z, (uLong)body.n);
    uint8_t *room = buf_room(out, size);
    z.next_in = (Bytef *)(uintptr_t)body.p; /* zlib does not write there */
    z.avail_in = (uInt)body.n;
    z.next_out = room;
    z.avail_out = (uInt)size;
    if (room && deflate(&z, Z_FINISH) == Z_STREAM_END)
        out->n += size - z.avail_out;
    else
        fail(out);
    (void)deflateEnd(&z);
}

void coded_zstd(struct slice body, struct buf *out)
{
    size_t size = ZSTD_compressBound(body.n);
    uint8_t *room = buf_room(out, size);
    size_t n = room ? ZSTD_compress(room, size, body.p, body.n, 3) : 0;
    if (!room || ZSTD_isError(n))
        fail(out);
    else
        out->n += n;
}

/* Bits from the lowest on: WBITS 16 is one 0; then for each block ISLAST 0, MNIBBLES 4 (00),
 * MLEN - 1, ISUNCOMPRESSED 1; at the end ISLAST and ISLASTEMPTY. The bytes of a block begin at a
 * byte's border. */
void coded_brotli(struct slice body, struct buf *out)
{
    unsigned skip = 1; /* bit of WBITS, once */
    while (body.n) {
        struct slice part = slice_sub(body, 0, BROTLI_BLOCK);
        uint32_t bits = (((uint32_t)part.n - 1) << 3 | 1u << 19) << skip;
        for (unsigned i = 0; i < 20 + skip; i += 8)
            buf_putc(out, (char)(bits >> i & 0xff));
        buf_append(out, part.p, part.n);
        body = slice_from(body, part.n);
        skip = 0;
    }
    buf_putc(out, skip ? 6 : 3);
}
