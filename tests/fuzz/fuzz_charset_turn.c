/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_charset_turn.c - the first byte says what is declared, and whether memory is short; the rest is a
 * text. What is handed on is that text, byte for byte, and neither what it is told to be nor where it
 * turns may depend on where the input is cut. */
#include "page/charset_turn.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY (1u << 20)
#define SHORT_OF_MEMORY (4u << 10)

static void check(bool ok)
{
    if (!ok)
        abort();
}

struct result {
    uint8_t *p;
    size_t n, turned_at; /* SIZE_MAX: never */
    bool told, untold;
    enum charset_code code;
    enum charset_kind kind;
};

static void open_turn(struct charset_turn *t, struct arena *a, struct slice text, uint8_t o)
{
    static const enum charset_code declared[] = { CODE_NONE, CODE_UTF8, CODE_1252 };
    struct charset_origin origin = { .tld = SLICE_OF("jp") };
    if ((o & 3) == 3) {
        charset_turn_open_page(t, a, text, o & 4 ? SLICE_OF("utf-8") : SLICE_EMPTY, o & 8, origin.tld);
        return;
    }
    origin.declared = declared[o & 3];
    charset_turn_open(t, a, &origin);
}

static void take_all(struct result *r, struct charset_turn *t, struct slice *in, size_t size)
{
    struct slice piece;
    size_t rounds = 0;
    while (charset_turn_next(t, in, &piece)) {
        check(piece.n && r->n + piece.n <= size && ++rounds <= size + 2);
        if (t->told && r->turned_at == SIZE_MAX)
            r->turned_at = r->n;
        memcpy(r->p + r->n, piece.p, piece.n);
        r->n += piece.n;
    }
    check(in->n == 0);
}

static struct result read_all(struct slice text, uint8_t o, size_t cut)
{
    struct result r = { .p = malloc(text.n + 1), .turned_at = SIZE_MAX };
    struct charset_turn t;
    struct arena a;
    check(r.p != NULL);
    arena_init(&a, o & 16 ? SHORT_OF_MEMORY : MEMORY, NULL, 0);
    open_turn(&t, &a, text, o);
    for (struct slice rest = text; rest.n; rest = slice_from(rest, cut)) {
        struct slice part = slice_sub(rest, 0, cut);
        uint8_t *copy = malloc(part.n); /* so that no byte beyond it is read */
        check(copy != NULL);
        memcpy(copy, part.p, part.n);
        part.p = copy;
        take_all(&r, &t, &part, text.n);
        free(copy);
    }
    charset_turn_end(&t);
    struct slice none = SLICE_EMPTY;
    take_all(&r, &t, &none, text.n);
    check(r.n == text.n && (!r.n || memcmp(r.p, text.p, r.n) == 0));
    check(t.n_held <= TURN_HELD_MAX);
    r.told = t.told;
    r.untold = t.untold;
    r.code = t.code;
    r.kind = t.kind;
    arena_reset(&a);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t cuts[] = { 1, 2, 5, 4096 };
    if (size < 1 || size > 131072)
        return 0;
    struct slice text = slice_of(data + 1, size - 1);
    struct result whole = read_all(text, data[0], SIZE_MAX);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct result cut = read_all(text, data[0], cuts[i]);
        check(cut.told == whole.told && cut.untold == whole.untold);
        check(cut.code == whole.code && cut.kind == whole.kind && cut.turned_at == whole.turned_at);
        free(cut.p);
    }
    free(whole.p);
    return 0;
}
