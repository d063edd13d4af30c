/* SPDX-License-Identifier: Apache-2.0 */
/* mime_coding.c - RFC 2045 section 6. Limits: none needed, a few bytes of state. */
#include "formats/archive/mime_coding.h"

#include "core/hex.h"

#define PIECE 4096

enum mime_coding_kind mime_coding_of(struct slice value)
{
    static const struct slice plain[] = {
        SLICE(""), SLICE("7bit"), SLICE("8bit"), SLICE("binary"), SLICE("none"),
    };
    value = slice_trim_space(slice_sub(value, 0, slice_find(value, ';')));
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (slice_eq_nocase(value, plain[i]))
            return MIME_AS_IT_IS;
    if (slice_eq_nocase(value, SLICE_OF("base64")))
        return MIME_BASE64;
    return slice_eq_nocase(value, SLICE_OF("quoted-printable")) ? MIME_QUOTED : MIME_UNKNOWN;
}

/* ---- base64 ---- */

/* A group that was cut short ends there; what comes begins another. */
static bool end_group(struct mime_coding *c, mime_sink *sink, void *ctx)
{
    uint8_t rest[2];
    size_t n = base64_finish(&c->base64, rest);
    c->base64 = (struct base64){ .bits = 0 };
    return n == 0 || sink(ctx, slice_of(rest, n));
}

static bool feed_base64(struct mime_coding *c, struct slice s, mime_sink *sink, void *ctx)
{
    uint8_t out[PIECE];
    bool more = true;
    while (s.n && more) {
        size_t n = base64_feed(&c->base64, &s, out, sizeof out);
        more = n == 0 || sink(ctx, slice_of(out, n));
        if (!c->base64.stopped || !more)
            continue;
        c->base64.stopped = false;
        if (c->base64.pads) /* text goes on behind the padding */
            more = end_group(c, sink, ctx);
        else
            s = slice_from(s, 1);
    }
    return more;
}

/* ---- quoted-printable ---- */

/* Bytes of one call, so that the sink is not asked for each. */
struct quoted {
    mime_sink *sink;
    void *ctx;
    size_t n;
    bool more;
    uint8_t out[PIECE];
};

static void flush(struct quoted *q)
{
    if (q->n && q->more)
        q->more = q->sink(q->ctx, slice_of(q->out, q->n));
    q->n = 0;
}

static void quoted_put(struct quoted *q, uint8_t b)
{
    if (q->n == PIECE)
        flush(q);
    q->out[q->n++] = b;
}

static void give_back(struct mime_coding *c, struct quoted *q)
{
    for (unsigned i = 0; i < c->n_held; i++)
        quoted_put(q, c->held[i]);
    c->n_held = 0;
}

/* One byte, with what is held in front of it: "=", "=X", or "= " before a line end. */
static void take_quoted(struct mime_coding *c, struct quoted *q, uint8_t b)
{
    if (c->n_held == 0 || b == '=') {
        give_back(c, q);
        if (b == '=')
            c->held[c->n_held++] = b;
        else
            quoted_put(q, b);
        return;
    }
    bool blank = c->n_held == 2 && ascii_is_space(c->held[1]);
    if (b == '\n' && (c->n_held == 1 || blank)) {
        c->n_held = 0; /* a soft line break */
    } else if (c->n_held == 1 && (ascii_is_space(b) || hex_value(b) >= 0)) {
        c->held[c->n_held++] = b;
    } else if (blank && ascii_is_space(b)) {
        c->held[1] = b; /* blanks that a line break ends are no text */
    } else if (c->n_held == 2 && !blank && hex_value(b) >= 0) {
        quoted_put(q, (uint8_t)(hex_value(c->held[1]) << 4 | hex_value(b)));
        c->n_held = 0;
    } else {
        give_back(c, q);
        quoted_put(q, b);
    }
}

static bool feed_quoted(struct mime_coding *c, struct slice s, mime_sink *sink, void *ctx)
{
    struct quoted q = { .sink = sink, .ctx = ctx, .more = true };
    for (size_t i = 0; i < s.n && q.more; i++)
        take_quoted(c, &q, s.p[i]);
    flush(&q);
    return q.more;
}

/* ---- both ---- */

bool mime_coding_feed(struct mime_coding *c, struct slice s, mime_sink *sink, void *ctx)
{
    if (s.n == 0)
        return true;
    if (c->kind == MIME_BASE64)
        return feed_base64(c, s, sink, ctx);
    return c->kind == MIME_QUOTED ? feed_quoted(c, s, sink, ctx) : sink(ctx, s);
}

bool mime_coding_end(struct mime_coding *c, mime_sink *sink, void *ctx)
{
    if (c->kind == MIME_BASE64)
        return end_group(c, sink, ctx);
    if (c->kind != MIME_QUOTED || c->n_held == 0)
        return true;
    size_t n = c->n_held;
    c->n_held = 0;
    return sink(ctx, slice_of(c->held, n));
}
