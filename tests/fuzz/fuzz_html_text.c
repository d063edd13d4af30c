/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_html_text.c - the first byte sets the options, the rest is a page, or a plain text. The
 * blocks must be the same however it is cut, keep their promises, and hold no word that would
 * not have made the page a candidate: the second byte says which of its words is tried, and what the
 * bytes stand for. */
#include "page/charset_guess.h"
#include "page/html.h"
#include "page/plain.h"
#include "syntax/literals.h"
#include "syntax/utf8.h"

#include <stdlib.h>

#define ARENA_MAX (1u << 20)

struct digest {
    uint64_t hash, last, size;
    bool ordered;
    unsigned skip;       /* words until the one that is tried */
    uint8_t word[64];
    size_t n_word;
    bool property;
};

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void add(struct digest *d, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i++)
        d->hash = (d->hash ^ p[i]) * 0x100000001B3u;
    d->hash = (d->hash ^ n) * 0x100000001B3u;
}

/* Runs of ASCII letters, long enough not to be a word by chance. */
static void take_word(struct digest *d, struct slice s)
{
    for (size_t i = 0, n; i < s.n && !d->n_word; i += n ? n : 1) {
        for (n = 0; i + n < s.n && ascii_is_alpha(s.p[i + n]); n++)
            ;
        if (n < 3 || n > sizeof d->word || d->skip-- != 0)
            continue;
        memcpy(d->word, s.p + i, n);
        d->n_word = n;
    }
}

static void on_text(void *ctx, const struct text_block *b)
{
    struct digest *d = ctx;
    check(b->text.n > 0 && b->text.n <= TEXT_BLOCK_MAX && utf8_is_valid(b->text));
    check(b->kind < TEXT_KIND_COUNT && b->voice < VOICE_COUNT);
    check((b->kind == TEXT_ITEM) == (b->depth > 0) && b->depth <= TEXT_DEPTH_MAX);
    check(b->text.p[0] != ' ' && b->text.p[b->text.n - 1] != ' ');
    check(b->offset < d->size && b->offset >= d->last);
    d->last = b->offset;
    add(d, &b->offset, sizeof b->offset);
    uint8_t kind[4] = { b->kind, b->voice, b->depth, b->goes_on };
    add(d, kind, sizeof kind);
    add(d, b->text.p, b->text.n);
    if (b->voice == VOICE_OWN)
        take_word(d, b->text);
}

static void on_property(void *ctx, const struct page_statement *s)
{
    struct digest *d = ctx;
    check(s->kind == PAGE_PROPERTY && s->n_attr == 1 && s->offset < d->size);
    check(s->text.n <= PAGE_PROPERTY_MAX && (s->text.n || s->cut));
    uint8_t kind[2] = { s->shown, s->cut };
    add(d, kind, sizeof kind);
    add(d, s->attr[0].value.p, s->attr[0].value.n);
    add(d, s->text.p, s->text.n);
    d->property = true;
}

static void on_page(void *ctx, const struct page_statement *s)
{
    (void)ctx;
    (void)s;
}

static void on_candidate(void *ctx)
{
    ++*(unsigned *)ctx;
}

static struct slice charset_of(uint8_t options)
{
    static const char *const charsets[4] = { "utf-8", "", "utf-16le", "iso-2022-jp" };
    return slice_cstr(charsets[options >> 1 & 3]);
}

static void feed(struct html *h, struct plain *p, struct slice page, size_t piece)
{
    enum optout_rc rc = OPTOUT_MORE;
    while (page.n && rc == OPTOUT_MORE) {
        struct slice part = slice_sub(page, 0, piece);
        uint8_t *copy = malloc(part.n); /* so that no byte beyond it is read */
        check(copy != NULL);
        memcpy(copy, part.p, part.n);
        if (p)
            plain_feed(p, slice_of(copy, part.n));
        else
            rc = html_feed(h, slice_of(copy, part.n));
        free(copy);
        page = slice_from(page, part.n);
    }
    if (p)
        plain_end(p);
    else
        check(rc >= 0 && html_end(h) == OPTOUT_DONE);
}

static enum charset_code code_of(uint8_t second)
{
    static const enum charset_code codes[8] = { CODE_NONE, CODE_SJIS, CODE_EUCJP, CODE_GBK,
                                                CODE_BIG5, CODE_EUCKR, CODE_1251, CODE_LATIN2 };
    return codes[second >> 5];
}

/* The verdict does not depend on how the page was cut either. */
static void guess(struct slice page, size_t piece, uint8_t declared, struct digest *d)
{
    struct charset_sample s;
    bool untold;
    memset(&s, 0, offsetof(struct charset_sample, v));
    for (struct slice rest = page; rest.n; rest = slice_from(rest, piece))
        charset_sample(&s, slice_sub(rest, 0, piece));
    struct charset_origin o = { .declared = code_of(declared), .lang = charset_lang(page) };
    enum charset_code code = charset_guess(&s, &o, &untold);
    check(code < CODE_COUNT && s.n <= GUESS_SAMPLE_MAX);
    add(d, s.v, s.n);
    add(d, &code, sizeof code);
}

static struct digest read_text(struct slice page, uint8_t options, uint8_t second, size_t piece)
{
    uint8_t skip = second & 31;
    struct arena a;
    struct digest d = { .hash = 14695981039346656037u, .size = page.n, .skip = skip };
    struct html_options o = {
        .xml = options & 1, .charset = charset_of(options), .code = code_of(second), .text = on_text, .text_ctx = &d,
        .page = on_property, .ctx = &d,
    };
    arena_init(&a, ARENA_MAX, NULL, 0);
    bool plain = options & 8;
    struct html *h = plain ? NULL : html_open(&a, &o);
    struct plain *p = plain ? plain_open(&a, options & 1, o.charset, SLICE_EMPTY, on_text, &d) : NULL;
    check(h || p);
    feed(h, p, page, piece);
    guess(page, piece, second, &d);
    arena_reset(&a);
    return d;
}

static bool is_candidate(struct slice page, uint8_t options, const struct literals *l,
                         size_t piece)
{
    struct arena a;
    unsigned told = 0;
    struct html_options o = { .xml = options & 1,
                              .charset = charset_of(options),
                              .page = on_page,
                              .literals = l,
                              .candidate = on_candidate,
                              .candidate_ctx = &told };
    arena_init(&a, ARENA_MAX, NULL, 0);
    struct html *h = html_open(&a, &o);
    check(h != NULL);
    feed(h, NULL, page, piece);
    arena_reset(&a);
    return told == 1;
}

/* What html_look.h says nobody writes; a word around an end tag may be around one that closes
 * nothing. */
static bool is_beyond_looking(struct slice page, struct slice word)
{
    static const char *const parts[] = { "hidden", "none", "<rt", "<rp", "&", "<!", "<svg", "<math",
                                         "<template", "<script", "<style", "='", "=\"", "<noscript" };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (slice_find_nocase(page, slice_cstr(parts[i])) < page.n)
            return true;
    return slice_find_nocase(page, SLICE_OF("</")) < page.n &&
           slice_find_nocase(page, word) == page.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    uint8_t options = data[0], skip = data[1];
    struct slice page = slice_of(data + 2, size - 2);
    struct digest whole = read_text(page, options, skip, SIZE_MAX);
    check(read_text(page, options, skip, 1).hash == whole.hash);
    check(read_text(page, options, skip, 2 + (options >> 4)).hash == whole.hash);
    struct literal v = { slice_of(whole.word, whole.n_word), false };
    if (whole.property) {
        static const struct literal nothing = { SLICE("\x01\x02\x03\x04"), false };
        struct literals *none = literals_compile_for_text(&nothing, 1);
        check(none && is_candidate(page, options, none, SIZE_MAX));
        check(is_candidate(page, options, none, 1));
        literals_free(none);
    }
    if (!whole.n_word || options & 8 || is_beyond_looking(page, v.bytes))
        return 0;
    struct literals *l = literals_compile_for_text(&v, 1);
    check(l != NULL);
    check(is_candidate(page, options, l, SIZE_MAX));
    check(is_candidate(page, options, l, 1));
    check(is_candidate(page, options, l, 2 + (options >> 4)));
    literals_free(l);
    return 0;
}
