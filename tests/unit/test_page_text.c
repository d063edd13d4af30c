/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a page is read from its beginning, or not at all: where its first candidate stands
 * and how it is cut makes no difference. */
#include "unit.h"

#include "core/buf.h"
#include "inspect/page_text.h"
#include "inspect/pages.h"
#include "syntax/literals.h"

static void on_text(void *ctx, const struct text_block *b)
{
    buf_printf(ctx, "%u%u@%d{%.*s}", b->kind, b->voice, (int)b->offset, SLICE_FMT(b->text));
}

static struct literals *mining(void)
{
    static const struct literal v[] = { { SLICE("mining"), false } };
    struct literals *l = literals_compile_for_text(v, 1);
    assert_non_null(l);
    return l;
}

/* What the page says if it is a candidate, in pieces. */
static void read_page(struct slice page, struct kind_pages as, size_t piece, bool head_only,
                      struct buf *out)
{
    struct arena a = test_arena();
    struct signals signals;
    undecided_set undecided = 0;
    struct exchange x = { .url = SLICE("https://o.example/"), .status = 200, .has_body = true };
    struct literals *l = mining();
    signals_init(&signals, &a);
    struct pages_env env = {
        .arena = &a,
        .x = &x,
        .out = &signals,
        .undecided = &undecided,
        .charset = SLICE("utf-8"),
        .head_only = head_only,
        .text = on_text,
        .text_ctx = out,
        .literals = l,
    };
    buf_init(out, 8u << 20);
    struct pages *p = pages_open(&env, as);
    assert_non_null(p);
    enum optout_rc rc = OPTOUT_MORE;
    for (struct slice rest = page; rest.n && rc == OPTOUT_MORE; rest = slice_from(rest, piece))
        rc = pages_feed(p, slice_sub(rest, 0, piece));
    pages_end(p, false);
    assert_int_equal(undecided, 0);
    arena_reset(&a);
    literals_free(l);
}

static void read_all(struct slice page, bool xml, struct buf *out)
{
    struct arena a = test_arena();
    struct html_options o = {
        .xml = xml, .charset = SLICE("utf-8"), .text = on_text, .text_ctx = out
    };
    buf_init(out, 8u << 20);
    assert_int_equal(html_text(&a, page, &o), OPTOUT_DONE);
    arena_reset(&a);
}

/* All of its text is given, or nothing of it. */
static void expect(struct slice page, bool xml, bool all)
{
    static const size_t pieces[] = { SIZE_MAX, 7, 4096, 30000 };
    struct kind_pages as = { .html = !xml, .xml = xml };
    struct buf want, got;
    read_all(page, xml, &want);
    for (size_t i = 0; i < 4; i++) {
        read_page(page, as, pieces[i], false, &got);
        assert_int_equal(got.failed, 0);
        if (!slice_eq(buf_slice(&got), all ? buf_slice(&want) : SLICE_EMPTY))
            fail_msg("in pieces of %zu: %zu bytes of %zu", pieces[i], got.n, want.n);
        buf_free(&got);
    }
    buf_free(&want);
}

/* `n` bytes or some more, with `what` at `at`. */
static void make_page(struct buf *b, size_t n, const char *what, size_t at)
{
    bool put = false;
    buf_init(b, 8u << 20);
    buf_puts(b, "<!DOCTYPE html><title>T</title><body><ul>");
    while (b->n < n) {
        if (!put && b->n >= at)
            buf_puts(b, what);
        put = put || b->n >= at;
        buf_printf(b, "<li class=c>item <b>%zu</b></li>\n", b->n);
    }
}

static void all_of_it_or_nothing(void **state)
{
    static const size_t places[] = { 0, 3000, 8192, 60000, 99900 };
    struct buf b;
    (void)state;
    make_page(&b, 100000, "", 0);
    expect(buf_slice(&b), false, false);
    buf_free(&b);
    for (size_t i = 0; i < 5; i++) {
        make_page(&b, 100000, "<p>no min<b>ing</b> here", places[i]);
        expect(buf_slice(&b), false, true);
        buf_free(&b);
    }
    expect(SLICE_OF("<title>mining</title>"), false, true);
    expect(SLICE_OF("mining<plaintext>x"), false, true);
    expect(SLICE_OF("<html><body><p>mining</p></body></html>"), true, true);
    expect(SLICE_OF(""), false, false);
}

static void a_page_too_long_to_keep_is_read(void **state)
{
    struct buf b;
    (void)state;
    make_page(&b, PAGE_TEXT_KEPT - 100, "", 0);
    expect(buf_slice(&b), false, false);
    buf_free(&b);
    make_page(&b, PAGE_TEXT_KEPT + 1, "", 0);
    expect(buf_slice(&b), false, true);
    buf_free(&b);
    make_page(&b, 400000, "<p>mining", 390000);
    expect(buf_slice(&b), false, true);
    buf_free(&b);
}

static void the_head_alone_has_no_text(void **state)
{
    struct buf got;
    (void)state;
    read_page(SLICE_OF("<title>mining</title><p>mining"), (struct kind_pages){ .html = true },
              SIZE_MAX, true, &got);
    assert_int_equal(got.n, 0);
    buf_free(&got);
}

/* Of two ways to read it, the first. */
static void a_page_of_two_kinds_is_read_once(void **state)
{
    struct buf got;
    (void)state;
    read_page(SLICE_OF("<html><body><p>mining</p></body></html>"),
              (struct kind_pages){ .html = true, .xml = true, .html_is_second = true }, 5, false,
              &got);
    assert_slice(buf_slice(&got), "00@15{mining}");
    buf_free(&got);
}

static void memory_that_ends_is_said(void **state)
{
    static uint8_t page[PAGE_TEXT_KEPT];
    (void)state;
    memset(page, 'x', sizeof page);
    for (size_t limit = 1; limit < 400000; limit += 8000) {
        struct arena a;
        struct buf out;
        buf_init(&out, 8u << 20);
        arena_init(&a, limit, NULL, 0);
        struct html_options o = { .charset = SLICE("utf-8"), .text = on_text, .text_ctx = &out };
        struct page_text *t = page_text_open(&a, &o, SLICE_EMPTY);
        enum optout_rc rc = t ? OPTOUT_MORE : OPTOUT_E_NOMEM;
        if (rc == OPTOUT_MORE)
            rc = page_text_feed(t, slice_of(page, sizeof page));
        if (rc == OPTOUT_MORE)
            page_text_begin(t);
        if (rc == OPTOUT_MORE)
            rc = page_text_end(t);
        assert_true(rc == OPTOUT_DONE || rc == OPTOUT_E_NOMEM);
        assert_true(rc == OPTOUT_DONE ? out.n > sizeof page : out.n == 0);
        assert_true(limit < 100 ? rc < 0 : limit < 390000 || rc == OPTOUT_DONE);
        buf_free(&out);
        arena_reset(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_or_nothing),
        cmocka_unit_test(a_page_too_long_to_keep_is_read),
        cmocka_unit_test(the_head_alone_has_no_text),
        cmocka_unit_test(a_page_of_two_kinds_is_read_once),
        cmocka_unit_test(memory_that_ends_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
