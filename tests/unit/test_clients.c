/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "policy/clients.h"

#include <stdio.h>
#include <stdlib.h>

static struct clients *parsed(const char *text)
{
    struct clients *c = NULL;
    unsigned line;
    const char *why = NULL;
    assert_int_equal(clients_parse_text(slice_cstr(text), &c, &line, &why), OPTOUT_OK);
    return c;
}

static void who_notices_what(void **state)
{
    (void)state;
    struct clients *c = parsed("# comment\n\nHTTrack\tnone\tkeeps it\r\n"
                               "python-requests/\tchunked\nfoo\tlength\tboth rows\nfoo bar\tchunked");
    static const struct {
        const char *agent;
        unsigned notices;
    } cases[] = {
        { "Mozilla/4.5 (compatible; HTTrack 3.0x; Windows 98)", 0 },
        { "httrack", 0 },
        { "python-requests/2.28.1", CLIENT_NOTICES_CHUNKED },
        { "my-python-REQUESTS/1", CLIENT_NOTICES_CHUNKED },
        { "Foo/1", CLIENT_NOTICES_LENGTH },
        { "foo bar", 0 },
        { "curl/7.88.1", CLIENT_NOTICES_BOTH },
        { "HTTrac", CLIENT_NOTICES_BOTH },
        { "", CLIENT_NOTICES_BOTH },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (clients_notice(c, slice_cstr(cases[i].agent)) != cases[i].notices)
            fail_msg("%s", cases[i].agent);
    assert_int_equal(clients_notice(NULL, SLICE_OF("HTTrack")), CLIENT_NOTICES_BOTH);
    clients_free(c);
    clients_free(NULL);
}

static void wrong_rows_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
    } cases[] = {
        { "a\tboth\nb\n", 2 },
        { "a\tsome\n", 1 },
        { "\tboth\n", 1 },
        { "# x\n\naaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaab\tboth\n", 3 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct clients *c = NULL;
        unsigned line;
        const char *why = NULL;
        assert_int_equal(clients_parse_text(slice_cstr(cases[i].text), &c, &line, &why),
                         OPTOUT_E_SYNTAX);
        assert_int_equal(line, cases[i].line);
        assert_non_null(why);
    }
}

static void the_shipped_file_is_right(void **state)
{
    (void)state;
    const char *dir = getenv("OPTOUT_SRCDIR");
    char path[1024], text[16384];
    snprintf(path, sizeof path, "%s/conf/clients.tsv", dir ? dir : ".");
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    struct clients *c = parsed(text);
    assert_int_equal(clients_notice(c, SLICE_OF("Mozilla/4.5 (compatible; HTTrack 3.0x)")), 0);
    assert_int_equal(clients_notice(c, SLICE_OF("Wget/1.21.3")), CLIENT_NOTICES_BOTH);
    assert_int_equal(clients_notice(c, SLICE_OF("Mozilla/5.0 (compatible; Nutch)")),
                     CLIENT_NOTICES_BOTH);
    clients_free(c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_notices_what),
        cmocka_unit_test(wrong_rows_are_named),
        cmocka_unit_test(the_shipped_file_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
