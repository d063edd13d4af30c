/* SPDX-License-Identifier: Apache-2.0 */
/* test_terms_pages.c - pages of terms told by path and title, and the table that says which. */
#include "unit.h"

#include "policy/terms_pages.h"

static void paths(void **state)
{
    static const char *const yes[] = {
        "/terms", "/Terms-Of-Use.html", "/en/terms_of_service/", "/legal/terms/en", "/agb.php?x=1",
        "/impressum/index.html", "/mentions-legales", "/mentions-l%C3%A9gales", "/aviso-legal/",
        "/note-legali.aspx", "/colofon", "/regulamin", "/%E5%88%A9%E7%94%A8%E8%A6%8F%E7%B4%84",
        "/terms/en-us/index.html", "/copyright#a/b", "/a/b/c/legal",
    };
    static const char *const no[] = {
        "/", "", "/story", "/terms-of-endearment", "/legal/a-story", "/copyright/2021/08/new-law",
        "/agb/neues", "/termsx", "/xterms", "/en/", "/index.html", "/?/terms",
        "/terms/en/de/fr", "/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    };
    const struct terms_pages *t = terms_pages_builtin();
    (void)state;
    assert_non_null(t);
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!terms_pages_have_path(t, slice_cstr(yes[i])))
            fail_msg("%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (terms_pages_have_path(t, slice_cstr(no[i])))
            fail_msg("not %s", no[i]);
}

static void titles(void **state)
{
    static const char *const yes[] = {
        "Terms of Use", "AGB | Verlag", "Verlag - Impressum", "Mentions légales – Le Journal",
        "Le Journal : mentions légales", "利用規約｜新聞", "Site » Legal Notice", "Terms &\nConditions",
    };
    static const char *const no[] = {
        "", "Terms of Endearment", "The legal notice that changed a town", "Impressum2",
        "Wie man ein Impressum schreibt | Verlag", " - | - ",
    };
    const struct terms_pages *t = terms_pages_builtin();
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!terms_pages_have_title(t, slice_cstr(yes[i])))
            fail_msg("%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (terms_pages_have_title(t, slice_cstr(no[i])))
            fail_msg("not %s", no[i]);
}

static void tables(void **state)
{
    static const struct { const char *text; unsigned line; const char *why; } wrong[] = {
        { "de\n", 1, "parted by tabs" }, { "# c\n\nde\tpath\t\n", 3, "1 to 96" },
        { "de\tpaths\ta\n", 1, "path or title" }, { "de\tpath\tAGB\n", 1, "small letters" },
        { "\tpath\ta\n", 1, "parted by tabs" }, { "de\tpath\ta\tb\n", 1, "without tabs" },
    };
    struct terms_pages *t = NULL;
    unsigned line;
    const char *why;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(terms_pages_parse(slice_cstr(wrong[i].text), &t, &line, &why),
                         OPTOUT_E_SYNTAX);
        assert_int_equal(line, wrong[i].line);
        if (!strstr(why, wrong[i].why))
            fail_msg("%s: %s", wrong[i].text, why);
    }
    assert_int_equal(terms_pages_parse(SLICE_OF("# mine\r\nxx\tpath\thouse-rules\r\n"), &t, &line, &why),
                     OPTOUT_OK);
    assert_true(terms_pages_have_path(t, SLICE_OF("/House_Rules")));
    assert_false(terms_pages_have_path(t, SLICE_OF("/terms")));
    assert_false(terms_pages_have_title(t, SLICE_OF("house-rules")));
    terms_pages_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),
        cmocka_unit_test(titles),
        cmocka_unit_test(tables),
    };
    return cmocka_run_group_tests_name("terms_pages", tests, NULL, NULL);
}
