/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_phrase_gate.c - a piece of a page, before the gate of phrases: it comes to the same each
 * time, other text behind the piece does not close it, and a text in which the reader finds
 * something opens it. */
#include "core/arena.h"
#include "standards/phrases.h"
#include "syntax/literals.h"

#include <stdlib.h>

#define TEXT_MAX 1000 /* of which nothing is too far apart */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void on_hit(void *ctx, const struct phrase_hit *hit)
{
    *(bool *)ctx = true;
    check(hit->grade > PHRASE_NONE);
}

static bool reader_finds(struct arena *arena, const struct phrases *p, struct slice text)
{
    bool found = false;
    struct phrase_reader *r = phrase_reader_open(arena, p, on_hit, &found);
    check(r != NULL);
    enum optout_rc rc = phrase_reader_plain(r, text, 0);
    check(rc == OPTOUT_MORE || rc == OPTOUT_E_LIMIT);
    rc = phrase_reader_end(r);
    check(rc == OPTOUT_DONE || rc == OPTOUT_E_LIMIT);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct phrases *p;
    struct slice text = slice_of(data, size);
    struct arena arena;
    if (!p) {
        p = phrases_builtin();
        check(p && phrases_ready(p));
    }
    arena_init(&arena, 4u << 20, NULL, 0);
    struct phrase_probe *probe = phrase_probe_open(&arena, p);
    check(probe != NULL);
    bool open = phrase_probe(probe, text);
    size_t used = arena.used, left = arena.left;
    if (!open)
        check(!phrase_probe(probe, text)); /* it keeps nothing of a text but the work that it was */
    check(arena.used == used && arena.left == left);
    if (size <= TEXT_MAX && !open)
        check(!reader_finds(&arena, p, text));
    arena_reset(&arena);
    return 0;
}
