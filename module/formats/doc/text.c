/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - C2PA manifests in text: C2PA 2.4 sections A.7 (unstructured text: U+FEFF and
 * variation selectors that stand for bytes) and A.8 (structured text: a reference between
 * delimiters, with five dashes; with three in what came before the specification).
 *
 * The rest of the text is not read. Both beginnings are looked for at once, sixteen bytes at a
 * time. UTF-16 is read when a byte order mark says so.
 *
 * Limits: WRAPPED_MAX bytes of a wrapped store, BASE64_MAX characters of an inline one,
 *         REFERENCE_MAX bytes of a URL. */
#include "formats/doc/text_internal.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Every third byte at which "--B" or U+FEFF in UTF-8 ends is a hit. */
static bool is_mark(uint8_t a, uint8_t b, uint8_t c)
{
    return (a == '-' && b == '-' && c == 'B') || (a == 0xef && b == 0xbb && c == 0xbf);
}

/* The last byte of the first mark whose three bytes lie in [p, end), or NULL. */
static const uint8_t *find_mark(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
    const __m128i dash = _mm_set1_epi8('-'), big_b = _mm_set1_epi8('B');
    const __m128i ef = _mm_set1_epi8((char)0xef), bb = _mm_set1_epi8((char)0xbb);
    for (; end - p >= 18; p += 16) {
        __m128i v0 = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i v1 = _mm_loadu_si128((const __m128i *)(const void *)(p + 1));
        __m128i v2 = _mm_loadu_si128((const __m128i *)(const void *)(p + 2));
        __m128i a = _mm_and_si128(_mm_cmpeq_epi8(v1, dash), _mm_cmpeq_epi8(v2, big_b));
        __m128i b = _mm_and_si128(_mm_cmpeq_epi8(v0, ef), _mm_cmpeq_epi8(v1, bb));
        unsigned hits = (unsigned)_mm_movemask_epi8(_mm_or_si128(a, b));
        for (; hits; hits &= hits - 1) {
            const uint8_t *at = p + __builtin_ctz(hits);
            if (is_mark(at[0], at[1], at[2]))
                return at + 2;
        }
    }
#endif
    for (; end - p >= 3; p++)
        if (is_mark(p[0], p[1], p[2]))
            return p + 2;
    return NULL;
}

static void remember(struct text *t, const uint8_t *from, const uint8_t *to)
{
    size_t n = (size_t)(to - from);
    if (n >= 2) {
        t->last[0] = to[-2];
        t->last[1] = to[-1];
    } else if (n == 1) {
        t->last[0] = t->last[1];
        t->last[1] = to[-1];
    }
}

static void hit(struct text *t, const uint8_t *at)
{
    bool wrapper = *at == 0xbf;
    t->state = wrapper ? TEXT_WRAPPER : TEXT_BEGIN;
    t->n = 0;
    t->mark_at = text_offset(t, at) - (t->utf16 ? (wrapper ? 2 : 4) : 2);
    if (wrapper)
        text_wrapper_open(t);
}

static const uint8_t *search(struct text *t, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *at = NULL;
    for (size_t i = 0; i < 2 && p + i < end && !at; i++) /* begun in the piece before */
        if (is_mark(i ? t->last[1] : t->last[0], i ? p[0] : t->last[1], p[i]))
            at = p + i;
    if (!at)
        at = find_mark(p, end);
    const uint8_t *to = at ? at + 1 : end;
    remember(t, p, to);
    if (at)
        hit(t, at);
    return to;
}

static void run(struct text *t, const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        if (t->state == TEXT_SEARCH) {
            p = search(t, p, end);
            continue;
        }
        const uint8_t *from = p;
        p = t->state == TEXT_WRAPPER ? text_wrapper_step(t, p, end)
                                     : text_delimited_step(t, p, end);
        remember(t, from, p);
    }
}

uint64_t text_offset(struct text *t, const uint8_t *p)
{
    return t->utf16 ? charset_offset(&t->piece, p) : t->at + (uint64_t)(p - t->piece.p);
}

unsigned text_begin_packet(struct text *t, enum packet_kind kind, const char *where,
                           const char *field)
{
    struct packet p = { .kind = kind, .role = PACKET_MAIN, .offset = t->mark_at,
                        .where = slice_cstr(where), .field = slice_cstr(field) };
    t->handle = t->out->begin(t->out->ctx, &p);
    return t->handle;
}

void text_flush(struct text *t)
{
    if (t->handle && t->n_decoded)
        t->out->bytes(t->out->ctx, t->handle, slice_of(t->decoded, t->n_decoded));
    t->n_decoded = 0;
}

void text_end_packet(struct text *t, enum packet_end how)
{
    text_flush(t);
    if (t->handle)
        t->out->end(t->out->ctx, t->handle, how);
    t->handle = 0;
    if (how != PACKET_WHOLE && t->rc == OPTOUT_DONE)
        t->rc = how == PACKET_LIMIT ? OPTOUT_E_LIMIT : OPTOUT_E_SYNTAX;
}

static void *open_text(const struct format_env *env)
{
    struct text *t = arena_take(env->arena, sizeof *t);
    if (!t)
        return NULL;
    memset(t, 0, offsetof(struct text, charset));
    t->out = env->out;
    t->rc = OPTOUT_DONE;
    return t;
}

static void feed_run(struct text *t, struct slice bytes)
{
    if (t->utf16) {
        while (charset_next(&t->charset, &bytes, &t->piece))
            run(t, t->piece.p, t->piece.p + t->piece.n);
        return;
    }
    t->piece.p = bytes.p;
    run(t, bytes.p, bytes.p + bytes.n);
    t->at += bytes.n;
}

/* The first two bytes tell whether the text is UTF-16. */
static void begin_text(struct text *t)
{
    static const uint8_t le[2] = { 0xff, 0xfe }, be[2] = { 0xfe, 0xff };
    struct slice head = slice_of(t->head, t->n_head);
    t->begun = true;
    t->utf16 = head.n == 2 && (!memcmp(head.p, le, 2) || !memcmp(head.p, be, 2));
    if (t->utf16) {
        memset(&t->charset, 0, sizeof t->charset);
        charset_open(&t->charset, SLICE_EMPTY, false);
        /* The mark may be a wrapper's own U+FEFF. */
        t->state = TEXT_WRAPPER;
        text_wrapper_open(t);
    }
    feed_run(t, head);
}

static enum optout_rc feed_text(void *state, struct slice bytes)
{
    struct text *t = state;
    while (!t->begun && bytes.n) {
        t->head[t->n_head++] = bytes.p[0];
        bytes = slice_from(bytes, 1);
        if (t->n_head == 2)
            begin_text(t);
    }
    if (bytes.n)
        feed_run(t, bytes);
    return OPTOUT_MORE;
}

static enum optout_rc end_text(void *state)
{
    struct text *t = state;
    if (!t->begun)
        begin_text(t);
    if (t->utf16) {
        charset_end(&t->charset);
        feed_run(t, SLICE_EMPTY);
    }
    if (t->state == TEXT_WRAPPER)
        text_wrapper_cut(t);
    else if (t->state != TEXT_SEARCH)
        text_delimited_cut(t);
    return t->rc;
}

static const char *const text_types[] = { "text/*", NULL };

const struct format format_text = {
    .name = "text",
    .title = "Text",
    .reads = "C2PA manifests wrapped in variation selectors or named between delimiters, in "
             "the whole text",
    .types = text_types,
    .by_type = true,
    .to_end = true,
    .open = open_text,
    .feed = feed_text,
    .end = end_text,
};
