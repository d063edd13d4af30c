/* SPDX-License-Identifier: Apache-2.0 */
/* test_embedded.c - the images of one element, and what a URL of a page is asked for as. */
#include "unit.h"

#include "core/buf.h"
#include "http/url.h"
#include "inspect/embedded.h"

static void on_image(void *ctx, struct slice reference)
{
    buf_printf(ctx, "%.*s|", SLICE_FMT(reference));
}

/* What is told of an element with one attribute, or two. */
static void expect_kind(enum page_kind kind, bool media, const char *name, const char *value,
                        bool cut, const char *want)
{
    struct page_attr attr[2] = { { .name = slice_cstr(name), .value = slice_cstr(value), .cut = cut } };
    struct page_statement s = { .kind = kind, .attr = attr, .n_attr = 1, .of_media = media };
    struct buf out;
    if (kind == PAGE_META) {
        attr[1] = (struct page_attr){ .name = SLICE("content"), .value = SLICE("/p.jpg") };
        s.n_attr = 2;
    }
    buf_init(&out, 4096);
    embedded_images(&s, on_image, &out);
    assert_slice(buf_slice(&out), want);
    buf_free(&out);
}

static void expect(const char *name, const char *value, const char *want)
{
    expect_kind(PAGE_IMAGE, false, name, value, false, want);
}

static void one_url(void **state)
{
    (void)state;
    expect("src", " a b.jpg ", "a b.jpg|");
    expect("src", "", "");
    expect("src", "data:image/png;base64,AA", "");
    expect("src", "BLOB:x", "");
    expect("href", "/a", "/a|");
    expect("alt", "/a", "");
    expect_kind(PAGE_IMAGE, true, "src", "film.mp4", false, "");
    expect_kind(PAGE_IMAGE, true, "poster", "film.jpg", false, "film.jpg|");
    expect_kind(PAGE_IMAGE, false, "src", "a/very/long/on", true, "|");
    expect_kind(PAGE_LINK, false, "href", "/a", false, "");
}

/* HTML section 4.8.4.2.1, with what people write. */
static void lists_of_candidates(void **state)
{
    (void)state;
    expect("srcset", "a.jpg", "a.jpg|");
    expect("srcset", "a.jpg 1x, b.jpg 2x", "a.jpg|b.jpg|");
    expect("srcset", "a.jpg, b.jpg", "a.jpg|b.jpg|");
    expect("srcset", "a,b.jpg 100w,c.jpg 200w", "a,b.jpg|c.jpg|");
    expect("srcset", " , a.jpg\n\t480w ,\nb.jpg ", "a.jpg|b.jpg|");
    expect("srcset", "a.jpg f(1, 2) 3x, b.jpg", "a.jpg|b.jpg|");
    expect("srcset", "a.jpg f(1, 2, b.jpg", "a.jpg|");
    expect("srcset", "data:image/png;base64,AA== 1x, b.jpg 2x", "b.jpg|");
    expect("srcset", ",,,", "");
    expect("imagesrcset", "a 1x,b", "a|b|");
    expect_kind(PAGE_IMAGE, true, "srcset", "a 1x, b", false, "a|b|");
    expect_kind(PAGE_IMAGE, false, "srcset", "a.jpg 1x, b.jp", true, "a.jpg||");
    expect_kind(PAGE_IMAGE, false, "srcset", "a.jpg 1x, b.jpg 2", true, "a.jpg|b.jpg|");
}

static void metas_of_previews(void **state)
{
    (void)state;
    expect_kind(PAGE_META, false, "property", "OG:image", false, "/p.jpg|");
    expect_kind(PAGE_META, false, "name", "twitter:image", false, "/p.jpg|");
    expect_kind(PAGE_META, false, "itemprop", "image", false, "/p.jpg|");
    expect_kind(PAGE_META, false, "property", "og:image:alt", false, "");
    expect_kind(PAGE_META, false, "name", "image", false, "");
}

static void urls_as_they_are_asked_for(void **state)
{
    static const struct { const char *written, *sent; } cases[] = {
        { " a b\t\n.jpg \r", "a%20b.jpg" }, { "\\\\h\\a?b\\c", "//h/a?b\\c" },
        { "a\"<>`{}", "a%22%3C%3E%60%7B%7D" }, { "a?\"{`}", "a?%22{`}" },
        { "\xC3\xA4%2f", "\xC3\xA4%2f" }, { "", "" }, { "  ", "" }, { "a\x7f", "a%7F" },
    };
    struct arena a = test_arena();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice once = url_as_sent(&a, slice_cstr(cases[i].written));
        assert_slice(once, cases[i].sent);
        assert_true(slice_eq(url_as_sent(&a, once), once));
    }
    assert_slice(url_as_sent(&a, SLICE_OF("a\x01" "b\x01")), "a%01b");
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_url),
        cmocka_unit_test(lists_of_candidates),
        cmocka_unit_test(metas_of_previews),
        cmocka_unit_test(urls_as_they_are_asked_for),
    };
    return cmocka_run_group_tests_name("embedded", tests, NULL, NULL);
}
