/* SPDX-License-Identifier: Apache-2.0 */
/* Phrase files: what compiles reads any text, within its bounds, and its gate, with the sets that
 * alternatives have in common (phrases_key.c), says of a piece of it the same each time; what does
 * not compile says where. */
#include "standards/phrases.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

struct faults {
    size_t n, lines;
};

static void on_fault(void *ctx, const struct phrase_fault *f)
{
    struct faults *x = ctx;
    check(f->line >= 1 && f->line <= x->lines && f->why[0] && f->remedy[0]);
    x->n++;
}

static void on_hit(void *ctx, const struct phrase_hit *hit)
{
    (void)ctx;
    check(hit->grade > PHRASE_NONE && hit->grade < PHRASE_GRADE_COUNT);
    check(hit->language[0] && hit->phrase[0] && hit->text.n <= PHRASE_SENTENCE_MAX);
}

static bool gate_opens(const struct phrases *p, struct slice text)
{
    struct arena arena;
    arena_init(&arena, 4u << 20, NULL, 0);
    struct phrase_probe *x = phrase_probe_open(&arena, p);
    check(x != NULL);
    bool opens = phrase_probe(x, text);
    check(phrase_probe(x, text) || !opens); /* it may have done so much work by then that it opens */
    arena_reset(&arena);
    return opens;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    struct phrase_text file = { "fuzz.phr", text };
    struct faults x = { .lines = 1 };
    struct phrases *p;
    struct arena arena;
    for (size_t i = 0; i < size; i++)
        x.lines += data[i] == '\n';
    enum optout_rc rc = phrases_compile(&file, 1, false, on_fault, &x, &p);
    check((rc == OPTOUT_OK) == (p != NULL));
    check((rc == OPTOUT_E_SYNTAX) == (x.n != 0));
    if (!p)
        return 0;
    arena_init(&arena, 1u << 20, NULL, 0);
    struct phrase_reader *r = phrase_reader_open(&arena, p, on_hit, NULL);
    check(r != NULL);
    rc = phrase_reader_plain(r, text, 0); /* its own hit lines are in it */
    check(rc == OPTOUT_MORE || rc == OPTOUT_E_LIMIT);
    enum optout_rc end = phrase_reader_end(r);
    check(end == (rc == OPTOUT_MORE ? end : rc));
    arena_reset(&arena);
    struct slice piece = slice_sub(text, size > 1200 ? size - 1200 : 0, 1200);
    check(gate_opens(p, piece) == gate_opens(p, piece));
    phrases_free(p);
    return 0;
}
