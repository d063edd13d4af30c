/* SPDX-License-Identifier: Apache-2.0 */
/* coding.c - content codings undone, RFC 9110 section 8.4.
 *
 * Limits: CODING_LAYERS_MAX layers, zstd windows of 2^CODING_WINDOW_LOG bytes,
 * pieces of PIECE_MAX bytes, and the caller's own on output and ratio, which
 * hold for every layer, since a layer in the middle can be a bomb too.
 *
 * Each layer is a decoder of one library behind the same three calls. The
 * layers feed each other: what layer 0 (the coding applied last) gives out is
 * the input of layer 1, and the sink stands after the last one. */
#include "http/coding.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define PIECE_MAX (16u << 10)     /* bytes handed over at once */
#define BROTLI_GIVEN_MAX 1024 /* coded bytes handed to brotli at once */
#define INPUT_MAX (1u << 20)      /* bytes shown to a decoder at once; fits its types */
#define RATIO_FREE (1u << 20)     /* decoded bytes before the ratio is looked at */
#define GZIP_MAGIC "\x1F\x8B"
#define WBITS_AUTO (15 + 32) /* gzip or zlib, whichever the header says */
#define WBITS_RAW (-15)

struct layer;

/* One call of a decoder: takes from `in`, fills `out`. */
struct step {
    struct slice in;  /* advanced over what was taken */
    uint8_t *out;     /* PIECE_MAX bytes */
    size_t n;         /* bytes put there */
};

struct decoder {
    enum optout_rc (*open)(struct layer *l);
    enum optout_rc (*run)(struct layer *l, struct step *s);
    void (*close)(struct layer *l);
};

struct layer {
    const struct decoder *decoder;
    union {
        z_stream zlib;
        BrotliDecoderState *brotli;
        ZSTD_DCtx *zstd;
    } u;
    size_t wanted;   /* zstd: input that would end its block */
    bool inflating;  /* gzip, deflate: u.zlib is set up */
    bool complete;   /* input so far ends where the coded data may end */
    bool closed;     /* the coded data has ended; all else is ignored */
    bool again;      /* gzip, zstd: one member or frame has been complete */
    uint8_t held[2]; /* gzip, deflate: the first bytes, until there are two */
    size_t n_held;
    uint64_t output;
    uint8_t *out; /* PIECE_MAX bytes */
};

struct coding {
    struct coding_limits limits;
    coding_sink *sink;
    void *ctx;
    enum optout_rc rc; /* OPTOUT_MORE, or how it ended */
    bool fed;
    uint64_t coded; /* bytes taken by layer 0 */
    size_t n;
    struct layer layer[CODING_LAYERS_MAX];
};

/* ---- gzip and deflate: zlib -------------------------------------------- */

static enum optout_rc zlib_rc(int rc)
{
    switch (rc) {
    case Z_OK:
    case Z_STREAM_END:
    case Z_BUF_ERROR: /* no progress possible: more input or more room is wanted */
        return OPTOUT_MORE;
    case Z_MEM_ERROR:
        return OPTOUT_E_NOMEM;
    default:
        return OPTOUT_E_SYNTAX;
    }
}

static enum optout_rc zlib_open(struct layer *l)
{
    (void)l; /* opened when the first two bytes are known */
    return OPTOUT_MORE;
}

static void zlib_close(struct layer *l)
{
    if (l->inflating)
        inflateEnd(&l->u.zlib);
}

/* Moves bytes from the input into `held` until there are two. */
static bool zlib_hold(struct layer *l, struct step *s)
{
    while (l->n_held < 2 && s->in.n) {
        l->held[l->n_held++] = s->in.p[0];
        s->in = slice_from(s->in, 1);
    }
    return l->n_held == 2;
}

/* Inflates `in` into what is left of the piece; *end at the end of a stream. */
static enum optout_rc zlib_inflate(struct layer *l, struct slice *in, struct step *s, bool *end)
{
    z_stream *z = &l->u.zlib;
    uInt given = in->n < INPUT_MAX ? (uInt)in->n : INPUT_MAX;
    uInt room = (uInt)(PIECE_MAX - s->n);
    z->next_in = (Bytef *)(uintptr_t)in->p; /* zlib does not write there */
    z->avail_in = given;
    z->next_out = s->out + s->n;
    z->avail_out = room;
    int rc = inflate(z, Z_NO_FLUSH);
    *in = slice_from(*in, given - z->avail_in);
    s->n += room - z->avail_out;
    *end = rc == Z_STREAM_END;
    return zlib_rc(rc);
}

/* Opens the inflater, again for a later member, and feeds it the two held
 * bytes, which never fill a piece. */
static enum optout_rc zlib_start(struct layer *l, struct step *s, int wbits, bool *end)
{
    struct slice held = slice_of(l->held, l->n_held);
    int rc = l->inflating ? inflateReset(&l->u.zlib) : inflateInit2(&l->u.zlib, wbits);
    if (rc != Z_OK)
        return zlib_rc(rc);
    l->inflating = true;
    return zlib_inflate(l, &held, s, end);
}

/* RFC 1952: any number of members. Bytes between or after them that do not
 * start a member end the data. */
static enum optout_rc gzip_run(struct layer *l, struct step *s)
{
    bool end = false;
    enum optout_rc rc;
    if (l->n_held < 2) {
        if (l->again && l->n_held == 0 && s->in.n)
            l->complete = s->in.p[0] != (uint8_t)GZIP_MAGIC[0];
        if (!zlib_hold(l, s))
            return OPTOUT_MORE;
        if (l->again && memcmp(l->held, GZIP_MAGIC, 2) != 0) {
            l->complete = l->closed = true;
            return OPTOUT_MORE;
        }
        l->complete = false;
        rc = zlib_start(l, s, WBITS_AUTO, &end);
        if (rc != OPTOUT_MORE)
            return rc;
    }
    rc = zlib_inflate(l, &s->in, s, &end);
    if (end) {
        l->again = l->complete = true;
        l->n_held = 0;
    }
    return rc;
}

/* True for a zlib (RFC 1950) or gzip header, false for the raw RFC 1951 stream
 * that some servers send as deflate. Neither is a likely raw stream: the low
 * bits of 0x78 would be a stored block with padding bits set, those of 0x1F a
 * block of the reserved type. */
static bool has_header(const uint8_t b[2])
{
    bool zlib = (b[0] & 0x0F) == 8 && (b[0] >> 4) <= 7 && (b[0] << 8 | b[1]) % 31 == 0;
    return zlib || memcmp(b, GZIP_MAGIC, 2) == 0;
}

static enum optout_rc deflate_run(struct layer *l, struct step *s)
{
    bool end = false;
    enum optout_rc rc = OPTOUT_MORE;
    if (!l->inflating) {
        if (!zlib_hold(l, s))
            return OPTOUT_MORE;
        rc = zlib_start(l, s, has_header(l->held) ? WBITS_AUTO : WBITS_RAW, &end);
    }
    if (rc == OPTOUT_MORE && !end)
        rc = zlib_inflate(l, &s->in, s, &end);
    if (end)
        l->complete = l->closed = true;
    return rc;
}

/* ---- br: Brotli, RFC 7932 ---------------------------------------------- */

static enum optout_rc brotli_open(struct layer *l)
{
    l->u.brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    return l->u.brotli ? OPTOUT_MORE : OPTOUT_E_NOMEM;
}

static void brotli_close(struct layer *l)
{
    if (l->u.brotli)
        BrotliDecoderDestroyInstance(l->u.brotli);
}

static enum optout_rc brotli_error(const BrotliDecoderState *state)
{
    BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(state);
    return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                   code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES
               ? OPTOUT_E_NOMEM
               : OPTOUT_E_SYNTAX;
}

static enum optout_rc brotli_run(struct layer *l, struct step *s)
{
    /* Output of the call that meets corrupt data is lost: little goes into each. */
    const uint8_t *in = s->in.p;
    size_t given = s->in.n < BROTLI_GIVEN_MAX ? s->in.n : BROTLI_GIVEN_MAX, left = given;
    uint8_t *out = s->out;
    size_t room = PIECE_MAX;
    BrotliDecoderResult r =
        BrotliDecoderDecompressStream(l->u.brotli, &left, &in, &room, &out, NULL);
    s->in = slice_from(s->in, given - left);
    s->n = PIECE_MAX - room;
    if (r == BROTLI_DECODER_RESULT_SUCCESS)
        l->complete = l->closed = true;
    return r == BROTLI_DECODER_RESULT_ERROR ? brotli_error(l->u.brotli) : OPTOUT_MORE;
}

/* ---- zstd, RFC 8878 ---------------------------------------------------- */

static enum optout_rc zstd_open(struct layer *l)
{
    l->u.zstd = ZSTD_createDCtx();
    if (!l->u.zstd)
        return OPTOUT_E_NOMEM;
    size_t r = ZSTD_DCtx_setParameter(l->u.zstd, ZSTD_d_windowLogMax, CODING_WINDOW_LOG);
    return ZSTD_isError(r) ? OPTOUT_E_UNSUP : OPTOUT_MORE;
}

static void zstd_close(struct layer *l)
{
    ZSTD_freeDCtx(l->u.zstd);
}

static enum optout_rc zstd_error(struct layer *l, size_t r)
{
    switch (ZSTD_getErrorCode(r)) {
    case ZSTD_error_memory_allocation:
        return OPTOUT_E_NOMEM;
    case ZSTD_error_frameParameter_windowTooLarge:
        return OPTOUT_E_LIMIT;
    case ZSTD_error_prefix_unknown:
        if (!l->again)
            return OPTOUT_E_SYNTAX;
        l->complete = l->closed = true; /* what follows the last frame is no frame */
        return OPTOUT_MORE;
    default:
        return OPTOUT_E_SYNTAX;
    }
}

static enum optout_rc zstd_run(struct layer *l, struct step *s)
{
    /* At the end of a frame a call without input would begin the next one. */
    if (l->complete && slice_empty(s->in))
        return OPTOUT_MORE;
    /* The call that finds an error puts nothing out: none is given more than ends
     * the block at hand, without the three bytes of the next one's header. */
    size_t most = l->wanted > 3 ? l->wanted - 3 : l->wanted ? l->wanted : 1;
    ZSTD_inBuffer in = { s->in.p, s->in.n < most ? s->in.n : most, 0 };
    ZSTD_outBuffer out = { s->out, PIECE_MAX, 0 };
    size_t r = ZSTD_decompressStream(l->u.zstd, &out, &in);
    s->in = slice_from(s->in, in.pos);
    s->n = out.pos;
    l->complete = r == 0;
    l->wanted = ZSTD_isError(r) ? 0 : r;
    if (ZSTD_isError(r))
        return zstd_error(l, r);
    l->again = l->again || l->complete;
    return OPTOUT_MORE;
}

/* ---- the stack --------------------------------------------------------- */

static const struct decoder gzip_decoder = { zlib_open, gzip_run, zlib_close };
static const struct decoder deflate_decoder = { zlib_open, deflate_run, zlib_close };
static const struct decoder brotli_decoder = { brotli_open, brotli_run, brotli_close };
static const struct decoder zstd_decoder = { zstd_open, zstd_run, zstd_close };

static const struct decoder *const decoders[] = {
    [CODING_GZIP] = &gzip_decoder,
    [CODING_DEFLATE] = &deflate_decoder,
    [CODING_BR] = &brotli_decoder,
    [CODING_ZSTD] = &zstd_decoder,
};

static enum optout_rc add_layer(struct coding *c, enum coding_kind kind)
{
    if (c->n == CODING_LAYERS_MAX)
        return OPTOUT_E_UNSUP;
    struct layer *l = &c->layer[c->n];
    *l = (struct layer){ .decoder = decoders[kind], .out = malloc(PIECE_MAX) };
    if (!l->out)
        return OPTOUT_E_NOMEM;
    c->n++; /* so that it is closed with the others, whatever comes of it */
    enum optout_rc rc = l->decoder->open(l);
    return rc == OPTOUT_MORE ? OPTOUT_OK : rc;
}

enum optout_rc coding_push(struct coding **c, enum coding_kind kind,
                           const struct coding_limits *limits, coding_sink *sink, void *ctx)
{
    struct coding *made = *c ? *c : malloc(sizeof *made);
    if (!made)
        return OPTOUT_E_NOMEM;
    if (!*c)
        *made = (struct coding){ .limits = *limits, .sink = sink, .ctx = ctx, .rc = OPTOUT_MORE };
    *c = made;
    return add_layer(made, kind);
}

enum optout_rc coding_open(struct slice value, const struct coding_limits *limits,
                           coding_sink *sink, void *ctx, struct coding **out)
{
    struct coding_names names;
    enum optout_rc rc = OPTOUT_OK;
    *out = NULL;
    coding_names(value, &names);
    if (names.foreign || names.over)
        return OPTOUT_E_UNSUP;
    while (names.n && rc == OPTOUT_OK)
        rc = coding_push(out, names.kind[--names.n], limits, sink, ctx);
    if (rc != OPTOUT_OK) {
        coding_close(*out);
        *out = NULL;
    }
    return rc;
}

/* Counts what layer `l` gave out and shortens it to what is allowed. */
static enum optout_rc account(struct coding *c, struct layer *l, struct slice *piece)
{
    uint64_t left = c->limits.output_max - l->output;
    enum optout_rc rc = OPTOUT_MORE;
    if (piece->n > left) {
        *piece = slice_sub(*piece, 0, (size_t)left);
        rc = OPTOUT_E_LIMIT;
    }
    l->output += piece->n;
    if (c->limits.ratio_max && l->output > RATIO_FREE &&
        l->output / c->limits.ratio_max > c->coded)
        rc = OPTOUT_E_LIMIT;
    return rc;
}

static enum optout_rc feed_layer(struct coding *c, size_t i, struct slice bytes);

static enum optout_rc hand_over(struct coding *c, size_t next, struct slice piece)
{
    if (slice_empty(piece))
        return OPTOUT_MORE;
    if (next < c->n)
        return feed_layer(c, next, piece);
    enum optout_rc rc = c->sink(c->ctx, piece);
    return rc == OPTOUT_OK ? OPTOUT_MORE : rc;
}

/* Calls itself through hand_over once per layer: at most CODING_LAYERS_MAX
 * deep. A full piece means that the decoder may hold more. */
static enum optout_rc feed_layer(struct coding *c, size_t i, struct slice bytes)
{
    struct layer *l = &c->layer[i];
    struct step s = { .in = bytes, .out = l->out };
    enum optout_rc rc = OPTOUT_MORE;
    bool full = false;
    while (rc == OPTOUT_MORE && !l->closed && (s.in.n || full)) {
        size_t before = s.in.n;
        s.n = 0;
        rc = l->decoder->run(l, &s);
        full = s.n == PIECE_MAX;
        if (rc == OPTOUT_MORE && s.n == 0 && s.in.n && s.in.n == before && !l->closed)
            rc = OPTOUT_E_SYNTAX; /* no decoder stands still before input */
        if (i == 0)
            c->coded += before - s.in.n;
        /* What came out before an error was well-formed: it is handed on. */
        struct slice piece = slice_of(s.out, s.n);
        enum optout_rc limit = account(c, l, &piece);
        enum optout_rc given = hand_over(c, i + 1, piece);
        if (given != OPTOUT_MORE)
            rc = given;
        else if (limit != OPTOUT_MORE && rc == OPTOUT_MORE)
            rc = limit;
    }
    return rc;
}

enum optout_rc coding_feed(struct coding *c, struct slice bytes)
{
    if (c->rc != OPTOUT_MORE || slice_empty(bytes))
        return c->rc;
    c->fed = true;
    c->rc = feed_layer(c, 0, bytes);
    return c->rc;
}

enum optout_rc coding_feed_newest(struct coding *c, struct slice bytes)
{
    if (c->rc != OPTOUT_MORE || slice_empty(bytes))
        return c->rc;
    c->fed = true;
    c->rc = feed_layer(c, c->n - 1, bytes);
    return c->rc;
}

enum optout_rc coding_finish(struct coding *c)
{
    if (c->rc == OPTOUT_DONE || !c->fed)
        return OPTOUT_OK;
    for (size_t i = 0; i < c->n && c->rc == OPTOUT_MORE; i++)
        if (!c->layer[i].complete)
            c->rc = OPTOUT_E_SYNTAX;
    return c->rc == OPTOUT_MORE ? OPTOUT_OK : c->rc;
}

void coding_close(struct coding *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++) {
        c->layer[i].decoder->close(&c->layer[i]);
        free(c->layer[i].out);
    }
    free(c);
}
