/* SPDX-License-Identifier: Apache-2.0 */
/* test_plain.c - plain text and Markdown in, blocks out, the same however the text is cut.
 * Blocks are written as in test_html_text.c. */
#include "unit.h"

#include "core/buf.h"
#include "page/plain.h"

static void on_text(void *ctx, const struct text_block *b)
{
    struct buf *out = ctx;
    assert_true(b->text.n > 0 && b->text.n <= TEXT_BLOCK_MAX);
    buf_putc(out, "pthir"[b->kind]);
    if (b->depth)
        buf_printf(out, "%u", b->depth);
    if (b->voice)
        buf_putc(out, " qsfx"[b->voice]);
    buf_printf(out, "%s@%d{%.*s}", b->goes_on ? "+" : "", (int)b->offset, SLICE_FMT(b->text));
}

static void read_text(struct slice text, bool markdown, size_t piece, struct buf *out)
{
    struct arena a = test_arena();
    buf_init(out, 1u << 20);
    struct plain *p = plain_open(&a, markdown, SLICE_EMPTY, SLICE_EMPTY, on_text, out);
    assert_non_null(p);
    for (; text.n; text = slice_from(text, piece)) {
        struct slice part = slice_sub(text, 0, piece);
        uint8_t *copy = malloc(part.n); /* so that no byte beyond it is read */
        memcpy(copy, part.p, part.n);
        plain_feed(p, slice_of(copy, part.n));
        free(copy);
    }
    plain_end(p);
    arena_reset(&a);
}

/* Without the offsets when `want` has none. */
static void compare(struct slice text, struct buf *got, const char *want)
{
    struct buf plain;
    buf_init(&plain, 1u << 20);
    bool skips = false;
    for (size_t i = 0; i < got->n; i++) {
        skips = !strchr(want, '@') && (got->p[i] == '@' || (skips && got->p[i] != '{'));
        if (!skips)
            buf_putc(&plain, (char)got->p[i]);
    }
    if (!slice_eq(buf_slice(&plain), slice_cstr(want)))
        fail_msg("%.*s\ngot  %.*s\nwant %s", SLICE_FMT(text), SLICE_FMT(buf_slice(&plain)), want);
    buf_free(&plain);
}

static void expect(const char *text, bool markdown, const char *want)
{
    static const size_t pieces[] = { 1, 2, 7 };
    struct buf whole, cut;
    read_text(slice_cstr(text), markdown, SIZE_MAX, &whole);
    for (size_t i = 0; i < 3; i++) {
        read_text(slice_cstr(text), markdown, pieces[i], &cut);
        if (!slice_eq(buf_slice(&cut), buf_slice(&whole)))
            fail_msg("%s\nin pieces of %zu %.*s\nwhole %.*s", text, pieces[i],
                     SLICE_FMT(buf_slice(&cut)), SLICE_FMT(buf_slice(&whole)));
        buf_free(&cut);
    }
    compare(slice_cstr(text), &whole, want);
    buf_free(&whole);
}

static void paragraphs_of_plain_text(void **state)
{
    (void)state;
    expect("", false, "");
    expect("one", false, "p@0{one}");
    expect("  one\r\ntwo  three \r\n\r\n \t\n# four\n\nfive", false,
           "p@2{one two three}p@25{# four}p@33{five}");
    expect("\xEF\xBB\xBF" "a\n\nb", false, "p@3{a}p@6{b}");
    expect("Gem\xE4\xDF\n\xC3\xA4", false, "p{Gem\xC3\xA4\xC3\x9F \xC3\xA4}");
    expect("a &amp; <b>\n***\n_b_ `c`", false, "p{a &amp; <b> *** _b_ `c`}");
    expect("Terms\n=====\nText\n-----\n> quoted", false, "p{Terms}p{Text}p{> quoted}");
    expect("    indented\n\n    again", false, "p{indented}p{again}");
}

static void items_of_plain_text(void **state)
{
    (void)state;
    expect("You may not:\n- train\n  models\n* mine\n1. text\n2) data\n\xE2\x80\xA2 x\n\nEver -1 -x 3.5 1.x",
           false, "p{You may not:}i1{train models}i1{mine}i1{text}i1{data}i1{x}p{Ever -1 -x 3.5 1.x}");
    expect("- a\n  - b\n    - c\n  - d\n- e\n\n  still e\n\nout", false,
           "i1{a}i2{b}i3{c}i2{d}i1{e}i1{still e}p{out}");
    expect("-\n- \n-x\n--\n- - a", false, "p{-x}i1{- a}");
    expect("1234567890. x\n12345 y", false, "p{1234567890. x 12345 y}");
}

static void markdown_blocks(void **state)
{
    (void)state;
    expect("# Terms #\nText\nmore\n## AI\n#no\n####### no\nSet\n===\nText\n---\n\nx", true,
           "h{Terms #}p{Text more}h{AI}h{#no ####### no Set}h{Text}p{x}");
    expect("a\n\n> q\n> r\n>\n> - s\n>> t\nown\n\n```js\nvar x;\n\n# y\n~~~\n```\nz\n~~~~\n~~~\nk\n~~~~~\n",
           true, "p{a}pq{q r}i1q{s t}p{own}ps{var x;}ps{# y ~~~}p{z}ps{~~~ k}");
    expect("a\n\n    code\n    more\n\n    code\nb\n    c", true, "p{a}ps{code more}ps{code}p{b c}");
    expect("| Use | Rule |\n| AI | **no** |\nx | y", true, "r{Use: Rule}r{AI: no}p{x | y}");
}

static void markdown_in_lines(void **state)
{
    (void)state;
    expect("You may **not** _train_ *AI* on __this__ snake_case __x_", true,
           "p{You may not train AI on this snake_case x}");
    expect("See [the terms](https://x/a_b*c) and [1] (2) ![alt](x.png), a\\*b\\_c", true,
           "p{See the terms and 1 (2) !alt, a*b_c}");
    expect("Put `no_ai *x*` and ``y`` in `z\n\nnext", true,
           "p{Put \"no_ai *x*\" and \"y\" in \"z\"}p{next}");
    expect("`all of it`", true, "ps{\"all of it\"}");
}

static void utf_16(void **state)
{
    struct buf got;
    (void)state;
    read_text(SLICE_OF("\xFF\xFE-\0 \0\xE4\0\n\0\n\0b\0"), false, SIZE_MAX, &got);
    assert_slice(buf_slice(&got), "i1@6{\xC3\xA4}p@12{b}");
    buf_free(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paragraphs_of_plain_text),
        cmocka_unit_test(items_of_plain_text),
        cmocka_unit_test(markdown_blocks),
        cmocka_unit_test(markdown_in_lines),
        cmocka_unit_test(utf_16),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
