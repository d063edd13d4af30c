/* SPDX-License-Identifier: Apache-2.0 */
/* Every example of RFC 3986 section 5.4, and what the RFC leaves to us. */
#include "unit.h"

#include "http/url.h"

#define RFC_BASE "http://a/b/c/d;p?q"

struct example {
    const char *reference;
    const char *target;
};

static void resolve_all(const char *base, const struct example *v, size_t n)
{
    struct arena a = test_arena();
    for (size_t i = 0; i < n; i++) {
        struct slice got = url_resolve(&a, slice_cstr(base), slice_cstr(v[i].reference));
        if (!slice_eq(got, slice_cstr(v[i].target)))
            fail_msg("\"%s\" against %s: got \"%.*s\", want \"%s\"", v[i].reference, base,
                     SLICE_FMT(got), v[i].target);
    }
    arena_reset(&a);
}

#define RESOLVE(base, table) resolve_all(base, table, sizeof(table) / sizeof *(table))

static void normal_examples_of_section_5_4_1(void **state)
{
    static const struct example v[] = {
        { "g:h", "g:h" },
        { "g", "http://a/b/c/g" },
        { "./g", "http://a/b/c/g" },
        { "g/", "http://a/b/c/g/" },
        { "/g", "http://a/g" },
        { "//g", "http://g" },
        { "?y", "http://a/b/c/d;p?y" },
        { "g?y", "http://a/b/c/g?y" },
        { "#s", "http://a/b/c/d;p?q#s" },
        { "g#s", "http://a/b/c/g#s" },
        { "g?y#s", "http://a/b/c/g?y#s" },
        { ";x", "http://a/b/c/;x" },
        { "g;x", "http://a/b/c/g;x" },
        { "g;x?y#s", "http://a/b/c/g;x?y#s" },
        { "", "http://a/b/c/d;p?q" },
        { ".", "http://a/b/c/" },
        { "./", "http://a/b/c/" },
        { "..", "http://a/b/" },
        { "../", "http://a/b/" },
        { "../g", "http://a/b/g" },
        { "../..", "http://a/" },
        { "../../", "http://a/" },
        { "../../g", "http://a/g" },
    };
    (void)state;
    RESOLVE(RFC_BASE, v);
}

static void abnormal_examples_of_section_5_4_2(void **state)
{
    static const struct example v[] = {
        { "../../../g", "http://a/g" },
        { "../../../../g", "http://a/g" },
        { "/./g", "http://a/g" },
        { "/../g", "http://a/g" },
        { "g.", "http://a/b/c/g." },
        { ".g", "http://a/b/c/.g" },
        { "g..", "http://a/b/c/g.." },
        { "..g", "http://a/b/c/..g" },
        { "./../g", "http://a/b/g" },
        { "./g/.", "http://a/b/c/g/" },
        { "g/./h", "http://a/b/c/g/h" },
        { "g/../h", "http://a/b/c/h" },
        { "g;x=1/./y", "http://a/b/c/g;x=1/y" },
        { "g;x=1/../y", "http://a/b/c/y" },
        { "g?y/./x", "http://a/b/c/g?y/./x" },
        { "g?y/../x", "http://a/b/c/g?y/../x" },
        { "g#s/./x", "http://a/b/c/g#s/./x" },
        { "g#s/../x", "http://a/b/c/g#s/../x" },
        { "http:g", "http:g" }, /* as strict parsers read it */
    };
    (void)state;
    RESOLVE(RFC_BASE, v);
}

static void base_without_a_path(void **state)
{
    static const struct example v[] = {
        { "g", "http://a/g" },
        { "../g", "http://a/g" },
        { "", "http://a?q" },
        { "?y", "http://a?y" },
        { "#s", "http://a?q#s" },
        { "//h/x/../y", "http://h/y" },
    };
    (void)state;
    RESOLVE("http://a?q", v);
}

static void the_fragment_of_the_base_is_dropped(void **state)
{
    static const struct example v[] = {
        { "", "https://h:8/p" },
        { "x", "https://h:8/x" },
        { "#", "https://h:8/p#" },
        { "?", "https://h:8/p?" },
    };
    (void)state;
    RESOLVE("https://h:8/p#old", v);
}

static void empty_segments_are_segments(void **state)
{
    static const struct example v[] = {
        { "x//../y", "http://a/b//x/y" },
        { "..", "http://a/b/" },
        { "../..", "http://a/" },
        { "/.//x", "http://a//x" },
    };
    (void)state;
    RESOLVE("http://a/b//", v);
}

static void a_colon_behind_the_first_segment_is_no_scheme(void **state)
{
    static const struct example v[] = {
        { "./g:h", "http://a/b/c/g:h" },
        { "1g:h", "http://a/b/c/1g:h" },
        { "g h:i", "http://a/b/c/g h:i" },
        { "?g:h", "http://a/b/c/d;p?g:h" },
        { ":", "http://a/b/c/:" },
    };
    (void)state;
    RESOLVE(RFC_BASE, v);
}

static void a_base_that_is_no_web_url_leaves_the_reference(void **state)
{
    static const char *const bases[] = {
        "", "a/b", "//h/p", "ftp://h/p", "http:p", "http:///p", "urn:x:y", "httpx://h/", ":",
    };
    static const char *const references[] = { "", "g", "/g", "//h/g", "../g", "#s" };
    struct arena a = test_arena();
    (void)state;
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        for (size_t k = 0; k < sizeof references / sizeof *references; k++)
            assert_slice(url_resolve(&a, slice_cstr(bases[i]), slice_cstr(references[k])),
                         references[k]);
    assert_slice(url_resolve(&a, SLICE_EMPTY, SLICE_OF("g")), "g");
    assert_slice(url_resolve(&a, SLICE_OF("HTTPS://h"), SLICE_OF("g")), "HTTPS://h/g");
    assert_slice(url_resolve(&a, SLICE_OF("http://h/p"), SLICE_EMPTY), "http://h/p");
    arena_reset(&a);
}

static void odd_bytes_are_kept(void **state)
{
    static const uint8_t odd[] = "\x00\xFF \"<>\\%\x7F/..\x00/g";
    struct arena a = test_arena();
    (void)state;
    struct slice r = slice_of(odd, sizeof odd - 1);
    struct slice got = url_resolve(&a, SLICE_OF("http://h/p/q"), r);
    assert_int_equal(got.n, strlen("http://h/p/") + r.n);
    assert_memory_equal(got.p + strlen("http://h/p/"), odd, r.n);
    arena_reset(&a);
}

/* One byte more than allowed, or than there is memory, gives the reference. */
static void size_and_memory_are_bounded(void **state)
{
    static const char base[] = "http://h/d/";
    static uint8_t dots[URL_RESOLVED_MAX];
    struct arena a = test_arena();
    (void)state;
    for (size_t i = 0; i < sizeof dots; i++)
        dots[i] = i % 3 == 2 ? (uint8_t)'/' : (uint8_t)'.';
    size_t most = sizeof dots - strlen(base);
    struct slice fits = slice_of(dots, most), big = slice_of(dots, most + 1);
    assert_ptr_not_equal(url_resolve(&a, slice_cstr(base), fits).p, dots);
    assert_ptr_equal(url_resolve(&a, slice_cstr(base), big).p, dots);
    assert_int_equal(url_resolve(&a, big, SLICE_OF("g")).n, 1);
    arena_reset(&a);

    arena_init(&a, 64, NULL, 0);
    struct slice long_base = SLICE("http://h/a-path-of-more-than-sixty-four-bytes-in-all/");
    assert_slice(url_resolve(&a, long_base, SLICE_OF("../g")), "../g");
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_examples_of_section_5_4_1),
        cmocka_unit_test(abnormal_examples_of_section_5_4_2),
        cmocka_unit_test(base_without_a_path),
        cmocka_unit_test(the_fragment_of_the_base_is_dropped),
        cmocka_unit_test(empty_segments_are_segments),
        cmocka_unit_test(a_colon_behind_the_first_segment_is_no_scheme),
        cmocka_unit_test(a_base_that_is_no_web_url_leaves_the_reference),
        cmocka_unit_test(odd_bytes_are_kept),
        cmocka_unit_test(size_and_memory_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
