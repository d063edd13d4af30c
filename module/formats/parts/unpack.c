/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.c - RFC 1950, 1951, 1952 (zlib), RFC 7932 (Brotli).
 *
 * Limits: output_max of the caller, UNPACK_MEMORY_MAX, UNPACK_RATIO_MAX. */
#include "formats/parts/unpack.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <zlib.h>

#define PIECE 16384 /* bytes of output at a time */
#define BLOCK 512   /* of input, counted from the first byte: the ratio is that of whole blocks,
                       so what is found does not depend on how the input was cut */

/* What the Brotli decoder may allocate is counted in front of each piece. */
#define COUNTED 16

struct unpack {
    enum unpack_kind kind;
    unpack_sink *sink;
    void *ctx;
    uint64_t in, out, out_max;
    uint64_t ratio_from; /* output that any ratio may come to */
    uint64_t block_end; /* of the input */
    enum optout_rc rc; /* OPTOUT_MORE until it has ended */
    z_stream z;
    BrotliDecoderState *brotli;
    size_t allocated;
    uint8_t piece[PIECE];
};

static void *counted_alloc(void *ctx, size_t n)
{
    struct unpack *u = ctx;
    if (n > UNPACK_MEMORY_MAX - u->allocated)
        return NULL;
    size_t *p = malloc(n + COUNTED);
    if (!p)
        return NULL;
    *p = n;
    u->allocated += n;
    return (uint8_t *)p + COUNTED;
}

static void counted_free(void *ctx, void *at)
{
    struct unpack *u = ctx;
    if (!at)
        return;
    size_t *p = (void *)((uint8_t *)at - COUNTED);
    u->allocated -= *p;
    free(p);
}

static bool open_decoder(struct unpack *u)
{
    static const int window[] = {
        [UNPACK_ZLIB] = MAX_WBITS, [UNPACK_DEFLATE] = -MAX_WBITS, [UNPACK_GZIP] = 16 + MAX_WBITS,
    };
    if (u->kind == UNPACK_BROTLI) {
        u->brotli = BrotliDecoderCreateInstance(counted_alloc, counted_free, u);
        return u->brotli != NULL;
    }
    return inflateInit2(&u->z, window[u->kind]) == Z_OK;
}

struct unpack *unpack_open(enum unpack_kind kind, uint64_t output_max, unpack_sink *sink,
                           void *ctx)
{
    struct unpack *u = calloc(1, sizeof *u);
    if (!u)
        return NULL;
    u->kind = kind;
    u->out_max = output_max;
    u->ratio_from = UNPACK_RATIO_FROM;
    u->sink = sink;
    u->ctx = ctx;
    u->rc = OPTOUT_MORE;
    if (open_decoder(u))
        return u;
    free(u);
    return NULL;
}

void unpack_ratio_from(struct unpack *u, uint64_t output)
{
    u->ratio_from = output > UNPACK_RATIO_FROM ? output : UNPACK_RATIO_FROM;
}

/* Output that may have come by the end of the block of input that is being read. */
static uint64_t output_max(const struct unpack *u)
{
    uint64_t dense = UNPACK_RATIO_MAX * u->block_end;
    dense = dense > u->ratio_from ? dense : u->ratio_from;
    return dense < u->out_max ? dense : u->out_max;
}

/* Hands on n bytes of u->piece, or those that are within the limits. */
static enum optout_rc deliver(struct unpack *u, size_t n)
{
    uint64_t room = output_max(u) - u->out;
    bool over = n > room;
    if (over)
        n = (size_t)room;
    u->out += n;
    enum optout_rc rc = n ? u->sink(u->ctx, slice_of(u->piece, n)) : OPTOUT_OK;
    return rc == OPTOUT_OK && over ? OPTOUT_E_LIMIT : rc;
}

/* One step: consumes from *bytes, fills *n bytes of the piece. OPTOUT_OK: there may be more
 * without further input. */
static enum optout_rc step_zlib(struct unpack *u, struct slice *bytes, size_t *n)
{
    u->z.next_in = (Bytef *)(uintptr_t)bytes->p;
    u->z.avail_in = bytes->n > UINT32_MAX ? UINT32_MAX : (uInt)bytes->n;
    uInt before = u->z.avail_in;
    u->z.next_out = u->piece;
    u->z.avail_out = PIECE;
    int z = inflate(&u->z, Z_NO_FLUSH);
    *bytes = slice_from(*bytes, before - u->z.avail_in);
    *n = PIECE - u->z.avail_out;
    if (z == Z_STREAM_END)
        return OPTOUT_DONE;
    if (z == Z_MEM_ERROR)
        return OPTOUT_E_NOMEM;
    if (z != Z_OK && z != Z_BUF_ERROR)
        return OPTOUT_E_SYNTAX;
    return u->z.avail_out == 0 || bytes->n ? OPTOUT_OK : OPTOUT_MORE;
}

static enum optout_rc brotli_error(const struct unpack *u)
{
    int code = (int)BrotliDecoderGetErrorCode(u->brotli);
    bool memory = code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                  code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
    return memory ? OPTOUT_E_LIMIT : OPTOUT_E_SYNTAX;
}

static enum optout_rc step_brotli(struct unpack *u, struct slice *bytes, size_t *n)
{
    size_t room = PIECE;
    uint8_t *to = u->piece;
    BrotliDecoderResult r =
        BrotliDecoderDecompressStream(u->brotli, &bytes->n, &bytes->p, &room, &to, NULL);
    *n = PIECE - room;
    if (r == BROTLI_DECODER_RESULT_SUCCESS)
        return OPTOUT_DONE;
    if (r == BROTLI_DECODER_RESULT_ERROR)
        return brotli_error(u);
    return r == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT ? OPTOUT_OK : OPTOUT_MORE;
}

/* Bytes of one block. */
static enum optout_rc feed_block(struct unpack *u, struct slice *bytes)
{
    enum optout_rc rc = OPTOUT_OK;
    while (rc == OPTOUT_OK) {
        size_t n, before = bytes->n;
        rc = u->kind == UNPACK_BROTLI ? step_brotli(u, bytes, &n) : step_zlib(u, bytes, &n);
        u->in += before - bytes->n;
        enum optout_rc taken = deliver(u, n);
        if (taken != OPTOUT_OK)
            rc = taken;
    }
    return rc;
}

enum optout_rc unpack_feed(struct unpack *u, struct slice bytes, size_t *used)
{
    struct slice rest = bytes;
    while (rest.n && u->rc == OPTOUT_MORE) {
        u->block_end = (u->in / BLOCK + 1) * BLOCK;
        struct slice block = slice_sub(rest, 0, (size_t)(u->block_end - u->in)), left = block;
        u->rc = feed_block(u, &left);
        rest = slice_from(rest, block.n - left.n);
    }
    if (used)
        *used = bytes.n - rest.n;
    return u->rc;
}

void unpack_close(struct unpack *u)
{
    if (!u)
        return;
    if (u->kind == UNPACK_BROTLI)
        BrotliDecoderDestroyInstance(u->brotli);
    else
        (void)inflateEnd(&u->z);
    free(u);
}

enum optout_rc unpack_all(enum unpack_kind kind, uint64_t output_max, struct slice data,
                          unpack_sink *sink, void *ctx)
{
    struct unpack *u = unpack_open(kind, output_max, sink, ctx);
    if (!u)
        return OPTOUT_E_NOMEM;
    enum optout_rc rc = unpack_feed(u, data, NULL);
    unpack_close(u);
    return rc == OPTOUT_MORE ? OPTOUT_E_SYNTAX : rc;
}
