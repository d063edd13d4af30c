/* SPDX-License-Identifier: Apache-2.0 */
/* Any text, read with the phrases that are built in: as a whole and in pieces it gives the same;
 * nothing is taken from the arena after the reader was opened. The first byte is the length of
 * the pieces. */
#include "standards/phrases.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

struct seen {
    uint64_t digest;
    size_t n;
};

static void mix(struct seen *s, const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        s->digest = (s->digest ^ ((const uint8_t *)p)[i]) * 1099511628211u;
}

static void on_hit(void *ctx, const struct phrase_hit *hit)
{
    struct seen *s = ctx;
    check(hit->grade > PHRASE_NONE && hit->grade < PHRASE_GRADE_COUNT);
    check(hit->text.n <= PHRASE_SENTENCE_MAX);
    mix(s, hit->text.p, hit->text.n);
    mix(s, hit->phrase, strlen(hit->phrase));
    mix(s, &hit->usages, sizeof hit->usages);
    s->n++;
}

static enum optout_rc read_text(struct phrase_reader *r, struct slice text, size_t piece)
{
    enum optout_rc rc = OPTOUT_MORE;
    for (size_t at = 0; at < text.n && rc == OPTOUT_MORE; at += piece) {
        struct text_block b = { .text = slice_sub(text, at, piece),
                                .kind = text.p[0] % TEXT_KIND_COUNT, .depth = text.p[0] & 7,
                                .goes_on = at + piece < text.n };
        rc = phrase_reader_block(r, &b);
    }
    enum optout_rc end = phrase_reader_end(r);
    return rc == OPTOUT_MORE ? end : rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct phrases *p;
    struct slice text = slice_from(slice_of(data, size), 1);
    struct seen whole = { 0, 0 }, pieces = { 0, 0 }, plain = { 0, 0 };
    struct arena arena;
    if (size < 2)
        return 0;
    if (!p) {
        p = phrases_builtin();
        check(p && phrases_ready(p));
    }
    arena_init(&arena, 2u << 20, NULL, 0);
    struct phrase_reader *a = phrase_reader_open(&arena, p, on_hit, &whole);
    struct phrase_reader *b = phrase_reader_open(&arena, p, on_hit, &pieces);
    struct phrase_reader *c = phrase_reader_open(&arena, p, on_hit, &plain);
    check(a && b && c);
    size_t used = arena.used, left = arena.left;
    enum optout_rc rc = read_text(a, text, text.n);
    check(rc == OPTOUT_DONE || rc == OPTOUT_E_LIMIT);
    check(rc == read_text(b, text, data[0] + 1u));
    check(whole.n == pieces.n && whole.digest == pieces.digest);
    rc = phrase_reader_plain(c, text, 0);
    check(rc == OPTOUT_MORE || rc == OPTOUT_E_LIMIT);
    rc = phrase_reader_end(c);
    check(rc == OPTOUT_DONE || rc == OPTOUT_E_LIMIT);
    check(arena.used == used && arena.left == left);
    (void)phrase_probe(phrase_probe_open(&arena, p), text);
    arena_reset(&arena);
    return 0;
}
