/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_media.c - the whole inspection of a file: a byte that chooses the Content-Type and
 * what may be looked back at, the file. It is inspected at once and in pieces; what is
 * stated, and what is undecided, must be the same, within the memory of an exchange. */
#include "inspect/inspect.h"

#include <stdlib.h>

#define ARENA_MAX (8u << 20) /* as of an exchange in flight */
#define NO_LOOKBACK 0x80     /* in the first byte: the body's own bytes are not kept */
#define SMALL 4096           /* bytes of a file that is also fed byte by byte */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const heads[] = {
    "", /* no Content-Type at all */
    "content-type: application/octet-stream\n",
    "content-type: image/jpeg\n",
    "content-type: image/svg+xml\n",
    "content-type: application/pdf\n",
    "content-type: application/epub+zip\n",
    "content-type: application/zip\n",
    "content-type: audio/mpeg\n",
    "content-type: video/mp4\n",
    "content-type: text/plain; charset=utf-8\n",
    "content-type: text/html\n",
    "content-type: application/xhtml+xml\n",
    "content-type: application/rdf+xml\n",
    "content-type: application/c2pa\n",
    "content-type: application/postscript\n",
    "content-type: font/woff2\n",
};

static void check(bool good)
{
    if (!good)
        abort();
}

static enum optout_rc look_back(void *ctx, uint64_t offset, void *to, size_t n)
{
    const struct slice *body = ctx;
    if (offset > body->n || n > body->n - offset)
        return OPTOUT_E_LIMIT;
    if (n)
        memcpy(to, body->p + offset, n);
    return OPTOUT_OK;
}

/* In pieces of `step` bytes, each in memory of its own, so that none beyond it is read. */
static struct inspection *run(struct arena *a, const struct exchange *x,
                              const struct inspect_options *o, struct slice body, size_t step)
{
    struct inspection *i = inspect_open(a, x, o);
    check(i != NULL);
    enum optout_rc rc = OPTOUT_MORE;
    for (struct slice rest = body; rest.n && rc == OPTOUT_MORE; rest = slice_from(rest, step)) {
        struct slice piece = slice_sub(rest, 0, step);
        uint8_t *copy = malloc(piece.n);
        check(copy != NULL);
        memcpy(copy, piece.p, piece.n);
        rc = inspect_feed(i, slice_of(copy, piece.n));
        check(rc == OPTOUT_MORE || rc == OPTOUT_DONE);
        free(copy);
    }
    inspect_close(i, INSPECT_WHOLE);
    return i;
}

static bool same_signal(const struct signal *a, const struct signal *b)
{
    return a->standard == b->standard && a->carrier == b->carrier && a->scope == b->scope &&
           a->confidence == b->confidence && a->property == b->property &&
           a->place_kind == b->place_kind && a->at == b->at && a->raw_cut == b->raw_cut &&
           a->note == b->note && memcmp(&a->prefs, &b->prefs, sizeof a->prefs) == 0 &&
           slice_eq(a->agent, b->agent) && slice_eq(a->raw, b->raw) &&
           slice_eq(a->part, b->part) && slice_eq(a->url, b->url);
}

static void check_same(struct inspection *a, struct inspection *b)
{
    const struct signals *s = inspect_signals(a), *t = inspect_signals(b);
    check(s->n == t->n && s->overflow == t->overflow && s->settled == t->settled);
    for (size_t i = 0; i < s->n; i++)
        check(same_signal(&s->v[i], &t->v[i]));
    check(inspect_undecided(a) == inspect_undecided(b));
    check(strcmp(inspect_format(a), inspect_format(b)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct slice body = slice_of(data + 1, size - 1);
    struct exchange x = { .status = 200, .minor = 1, .has_body = body.n != 0 };
    struct inspect_options o = { .expand_max = 1u << 20, .expand_ratio = 1000 };
    if (!(data[0] & NO_LOOKBACK))
        o.back = (struct lookback){ look_back, &body };
    struct arena head, one, other;
    arena_init(&head, ARENA_MAX, NULL, 0);
    arena_init(&one, ARENA_MAX, NULL, 0);
    arena_init(&other, ARENA_MAX, NULL, 0);
    const char *fields = heads[data[0] % (sizeof heads / sizeof *heads)];
    check(headers_parse(&x.response, &head, slice_cstr(fields)) == OPTOUT_OK);

    struct inspection *whole = run(&one, &x, &o, body, SIZE_MAX);
    struct inspection *pieces = run(&other, &x, &o, body, body.n < SMALL ? 1 : 61);
    check_same(whole, pieces);
    arena_reset(&head);
    arena_reset(&one);
    arena_reset(&other);
    return 0;
}
