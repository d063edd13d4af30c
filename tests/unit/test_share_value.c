/* SPDX-License-Identifier: Apache-2.0 */
/* test_share_value.c - what one node prints another reads; nothing else is read. */
#include "unit.h"

#include "core/buf.h"
#include "daemon/share_value.h"

static const char head[] = "Content-Type: text/plain; charset=utf-8\r\n"
                           "Set-Cookie: secret=1\r\n"
                           "cache-control: max-age=600\r\n"
                           "Vary: User-Agent\r\n"
                           "VARY: Accept\r\n"
                           "ETag: W/\"x\"\r\n"
                           "Expires:\r\n"
                           "Server: s\r\n\r\n";

struct sample {
    struct arena arena;
    struct headers headers;
    struct site_answer a;
    struct buf out;
};

static void make(struct sample *s)
{
    *s = (struct sample){ .arena = test_arena() };
    assert_int_equal(headers_parse(&s->headers, &s->arena, SLICE_OF(head)), OPTOUT_OK);
    s->a = (struct site_answer){
        .kind = SITE_TDMREP,
        .origin = SLICE("https://a.test:8443"),
        .url = SLICE("https://b.test/.well-known/tdmrep.json"),
        .agent = SLICE("Bot/1.0 (+https://bot.test)"),
        .status = 200,
        .headers = &s->headers,
        .body = SLICE("[{\"location\":\"/\"}]\0\r\n"),
        .source = SITE_FETCHED,
        .now_ms = 1795500000123,
    };
    buf_init(&s->out, 1u << 20);
}

static void end(struct sample *s)
{
    buf_free(&s->out);
    arena_reset(&s->arena);
}

static void what_is_printed_is_read(void **state)
{
    (void)state;
    struct sample s;
    struct headers h;
    struct site_answer got;
    make(&s);
    s.a.body_cut = true;
    assert_int_equal(share_value_print(&s.a, &s.out), OPTOUT_OK);
    assert_int_equal(share_value_read(buf_slice(&s.out), &s.arena, &h, &got), OPTOUT_OK);
    assert_int_equal(got.kind, SITE_TDMREP);
    assert_slice(got.origin, "https://a.test:8443");
    assert_slice(got.url, "https://b.test/.well-known/tdmrep.json");
    assert_slice(got.agent, "Bot/1.0 (+https://bot.test)");
    assert_int_equal(got.status, 200);
    assert_true(slice_eq(got.body, s.a.body));
    assert_true(got.body_cut);
    assert_int_equal(got.source, SITE_SHARED);
    assert_true(got.now_ms == 1795500000123);
    assert_ptr_equal(got.headers, &h);
    static const char *const names[] = { "Content-Type", "cache-control", "Vary",
                                         "VARY",         "ETag",          "Expires" };
    assert_int_equal(h.n, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < h.n; i++)
        assert_slice(h.v[i].name, names[i]);
    assert_slice(h.v[3].value, "Accept");
    assert_slice(h.v[5].value, "");
    end(&s);
}

static void no_answer_is_a_value_too(void **state)
{
    (void)state;
    struct sample s;
    struct headers h;
    struct site_answer got;
    char why[400];
    make(&s);
    memset(why, 'w', sizeof why);
    s.a.status = 0;
    s.a.headers = NULL;
    s.a.body = SLICE_EMPTY;
    s.a.why = slice_of(why, sizeof why);
    assert_int_equal(share_value_print(&s.a, &s.out), OPTOUT_OK);
    assert_int_equal(share_value_read(buf_slice(&s.out), &s.arena, &h, &got), OPTOUT_OK);
    assert_int_equal(got.status, 0);
    assert_null(got.headers);
    assert_int_equal(got.why.n, SITE_WHY_MAX);
    assert_int_equal(got.body.n, 0);
    end(&s);
}

static void what_is_out_of_bounds_is_not_printed(void **state)
{
    (void)state;
    struct sample s;
    char url[SITE_URL_MAX + 1];
    make(&s);
    memset(url, 'u', sizeof url);
    s.a.url = slice_of(url, sizeof url);
    assert_int_equal(share_value_print(&s.a, &s.out), OPTOUT_E_LIMIT);
    s.a.url.n--;
    buf_clear(&s.out);
    assert_int_equal(share_value_print(&s.a, &s.out), OPTOUT_OK);
    s.a.headers = NULL;
    assert_int_equal(share_value_print(&s.a, &s.out), OPTOUT_E_LIMIT);
    s.a.headers = &s.headers;
    buf_free(&s.out);
    buf_init(&s.out, 100);
    assert_int_equal(share_value_print(&s.a, &s.out), OPTOUT_E_LIMIT);
    end(&s);
}

static void every_shortened_or_lengthened_value_is_refused(void **state)
{
    (void)state;
    struct sample s;
    struct headers h;
    struct site_answer got;
    make(&s);
    assert_int_equal(share_value_print(&s.a, &s.out), OPTOUT_OK);
    for (size_t n = 0; n < s.out.n; n++) {
        uint8_t *exact = malloc(n ? n : 1); /* so that a look beyond is seen */
        assert_non_null(exact);
        memcpy(exact, s.out.p, n);
        assert_int_equal(share_value_read(slice_of(exact, n), &s.arena, &h, &got),
                         OPTOUT_E_SYNTAX);
        free(exact);
    }
    assert_int_equal(buf_putc(&s.out, 0), OPTOUT_OK);
    assert_int_equal(share_value_read(buf_slice(&s.out), &s.arena, &h, &got), OPTOUT_E_SYNTAX);
    end(&s);
}

/* Where the bytes stand: version, field head of 5, then facts of 13. */
static void wrong_facts_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t byte;
    } wrong[] = {
        { 0, 0 }, { 0, 2 }, { 1, 2 }, { 5, 12 }, { 5, 14 }, { 4, 1 }, { 1 + 1, 0x80 },
        { 6, SITE_KIND_COUNT }, { 7, 2 }, { 8, 2 }, { 8, 0 }, { 9, 0x7f }, { 11, 0x80 },
        { 19, 9 }, { 20, 0xff },
        { 24, '\n' }, /* in the origin */
    };
    struct sample s;
    struct headers h;
    struct site_answer got;
    make(&s);
    assert_int_equal(share_value_print(&s.a, &s.out), OPTOUT_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t before = s.out.p[wrong[i].at];
        s.out.p[wrong[i].at] = wrong[i].byte;
        if (share_value_read(buf_slice(&s.out), &s.arena, &h, &got) != OPTOUT_E_SYNTAX)
            fail_msg("byte %zu = %u is taken", wrong[i].at, wrong[i].byte);
        s.out.p[wrong[i].at] = before;
    }
    assert_int_equal(share_value_read(buf_slice(&s.out), &s.arena, &h, &got), OPTOUT_OK);
    end(&s);
}

static void foreign_and_broken_lines_are_refused(void **state)
{
    (void)state;
    struct sample s;
    struct headers h;
    struct site_answer got;
    make(&s);
    assert_int_equal(share_value_print(&s.a, &s.out), OPTOUT_OK);
    struct slice all = buf_slice(&s.out);
    size_t name = slice_find_nocase(all, SLICE_OF("Content-Type"));
    size_t value = slice_find_nocase(all, SLICE_OF("text/plain"));
    s.out.p[name] = 'X'; /* a field that is not kept */
    assert_int_equal(share_value_read(all, &s.arena, &h, &got), OPTOUT_E_SYNTAX);
    s.out.p[name] = 'C';
    s.out.p[value] = '\r'; /* a line end inside a value */
    assert_int_equal(share_value_read(all, &s.arena, &h, &got), OPTOUT_E_SYNTAX);
    s.out.p[value] = 't';
    assert_int_equal(share_value_read(all, &s.arena, &h, &got), OPTOUT_OK);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_read),
        cmocka_unit_test(no_answer_is_a_value_too),
        cmocka_unit_test(what_is_out_of_bounds_is_not_printed),
        cmocka_unit_test(every_shortened_or_lengthened_value_is_refused),
        cmocka_unit_test(wrong_facts_are_refused),
        cmocka_unit_test(foreign_and_broken_lines_are_refused),
    };
    return cmocka_run_group_tests_name("share_value", tests, NULL, NULL);
}
