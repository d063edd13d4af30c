/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "http/url_path.h"

static void urls_are_split(void **state)
{
    (void)state;
    static const struct {
        const char *url, *origin, *path; /* origin NULL: refused */
    } cases[] = {
        { "https://Example.COM:443/a?b#c", "https://example.com", "/a?b" },
        { "http://example.com:80", "http://example.com", "/" },
        { "HTTP://example.com:8080/", "http://example.com:8080", "/" },
        { "https://example.com:80/x", "https://example.com:80", "/x" },
        { "https://example.com:0443/x", "https://example.com", "/x" },
        { "https://example.com:/x", "https://example.com", "/x" },
        { "https://u:p@h@example.com/@x", "https://example.com", "/@x" },
        { "https://example.com?q=/x", "https://example.com", "/?q=/x" },
        { "https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443", "/x" },
        { "https://1.2.3.4#f", "https://1.2.3.4", "/" },
        { "https://example.com:70000/", NULL, NULL },
        { "https://example.com:0/", NULL, NULL },
        { "https://example.com:8a/", NULL, NULL },
        { "https://:443/", NULL, NULL },
        { "https:///x", NULL, NULL },
        { "https://[]/x", NULL, NULL },
        { "https://a b/x", NULL, NULL },
        { "https://a\nb/x", NULL, NULL },
        { "https://a\\b/x", NULL, NULL },
        { "ftp://example.com/", NULL, NULL },
        { "/x", NULL, NULL },
        { "//example.com/x", NULL, NULL },
        { "", NULL, NULL },
    };
    struct arena a = test_arena();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice origin, path;
        bool ok = url_split(&a, slice_cstr(cases[i].url), &origin, &path);
        if (ok != (cases[i].origin != NULL))
            fail_msg("%s", cases[i].url);
        if (ok) {
            assert_slice(origin, cases[i].origin);
            assert_slice(path, cases[i].path);
        }
    }
    arena_reset(&a);
}

static void paths_have_one_form(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "/plain?x=1&y", "/plain?x=1&y" },
        { "/%62ook", "/book" },
        { "/a%3cd", "/a%3Cd" },
        { "/a%2fb", "/a%2Fb" },
        { "/%7euser/%2D%5f%2e", "/~user/-_." },
        { "/caf\xc3\xa9/", "/caf%C3%A9/" },
        { "/caf%c3%a9/", "/caf%C3%A9/" },
        { "/a*b$c", "/a%2Ab%24c" },
        { "/a%2ab%24", "/a%2Ab%24" },
        { "/100%", "/100%" },
        { "/%4", "/%4" },
        { "/%zz%4g", "/%zz%4g" },
        { "?baz=https://x", "?baz=https://x" },
        { "", "" },
        { "/open/../private/a", "/private/a" },
        { "/./private/a", "/private/a" },
        { "/open/%2e%2E/private/a", "/private/a" },
        { "/a/..", "/" },
        { "/a/b/.", "/a/b/" },
        { "/../../x", "/x" },
        { "/a/b/../../../c?d=/../e", "/c?d=/../e" },
        { "/a//../b", "/a/b" },
        { "/.hidden/..x/...", "/.hidden/..x/..." },
        { "/caf\xc3\xa9/../b", "/b" },
    };
    struct arena a = test_arena();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_slice(url_path_normal(&a, slice_cstr(cases[i][0])), cases[i][1]);
    arena_reset(&a);
}

static void patterns_have_one_form(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "/a***b", "/a*b" }, { "/a**", "/a" },      { "*", "" },        { "/*.php$", "/*.php$" },
        { "/a$b", "/a%24b" }, { "/a$*", "/a%24" },   { "/%2A%24", "/%2A%24" },
        { "/a*$", "/a*$" },   { "/%62%2f", "/b%2F" }, { "\xe4*", "%E4" }, { "", "" },
    };
    struct arena a = test_arena();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_slice(url_pattern_normal(&a, slice_cstr(cases[i][0])), cases[i][1]);
    arena_reset(&a);
}

static void patterns_match(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool match;
    } cases[] = {
        { "", "/x", true },
        { "/fish", "/fish.html", true },
        { "/fish", "/Fish", false },
        { "/fish", "/fis", false },
        { "/*.php$", "/i.php", true },
        { "/*.php$", "/i.php?x", false },
        { "/*.php$", "/a.php/b.php", true },
        { "/*.pdf$", "/x.pdf?dl=1", false },
        { "/*.php", "/i.php5", true },
        { "/a*b*c", "/axxbyyczz", true },
        { "/a*b*c", "/acb", false },
        { "/a*b$", "/ab", true },
        { "/ab*b$", "/ab", false }, /* the runs do not overlap */
        { "/a*$", "/abc", true },
        { "/$", "/", true },
        { "/$", "/a", false },
        { "$", "", true },
        { "$", "/", false },
        { "*.jpg", "/x/y.jpg?z", true },
        { "/%2A", "/%2A", true },
        { "/%2A", "/x", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (url_pattern_match(slice_cstr(cases[i].pattern), slice_cstr(cases[i].path)) !=
            cases[i].match)
            fail_msg("%s on %s", cases[i].pattern, cases[i].path);
    assert_int_equal(url_pattern_literal(SLICE_OF("/a*b$")), 2);
    assert_int_equal(url_pattern_literal(SLICE_OF("/ab$")), 3);
    assert_int_equal(url_pattern_literal(SLICE_OF("/ab")), 3);
    assert_int_equal(url_pattern_literal(SLICE_OF("")), 0);
}

static void long_input_is_bounded(void **state)
{
    (void)state;
    struct arena a = test_arena();
    static uint8_t big[4 * URL_PATH_MAX];
    memset(big, 0xe9, sizeof big);
    assert_int_equal(url_path_normal(&a, slice_of(big, sizeof big)).n, URL_PATH_MAX);
    memset(big, 'a', sizeof big);
    assert_int_equal(url_path_normal(&a, slice_of(big, sizeof big)).n, URL_PATH_MAX);
    struct arena none;
    arena_init(&none, 0, NULL, 0);
    assert_null(url_path_normal(&none, SLICE_OF("/x")).p);
    assert_null(url_pattern_normal(&none, SLICE_OF("/x")).p);
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_split),         cmocka_unit_test(paths_have_one_form),
        cmocka_unit_test(patterns_have_one_form), cmocka_unit_test(patterns_match),
        cmocka_unit_test(long_input_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
