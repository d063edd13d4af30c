/* SPDX-License-Identifier: Apache-2.0 */
/* test_document.c - what an origin's answer means and how long it holds. */
#include "unit.h"

#include "http/exchange.h"
#include "site/document.h"

#include <zlib.h>

#define NOW_MS 1700000000000 /* Tue, 14 Nov 2023 22:13:20 GMT */

static const struct site_lifetimes lifetimes = SITE_LIFETIMES_PRESET;

#define ROBOTS "User-agent: *\nDisallow: /private\n"
#define TDM "[{\"location\": \"/\", \"tdm-reservation\": 1}]"
#define TRUST "datatrainingallowed=no\n"
#define AI "User-Agent: *\nDisallow: /\n"
#define HTML "<!DOCTYPE html><title>Not found</title><p>Sorry"
#define RSL                                                                                 \
    "<rsl xmlns=\"https://rslstandard.org/rsl\"><content url=\"/\"><license>"               \
    "<permits type=\"usage\">search</permits></license></content></rsl>"
#define RSL_DAYS                                                                            \
    "<rsl xmlns=\"https://rslstandard.org/rsl\" max-age=\"7\"><content url=\"/\"><license>" \
    "<permits type=\"usage\">search</permits></license></content></rsl>"
#define TEXT "Content-Type: text/plain\r\n"
#define PAGE "Content-Type: text/html; charset=utf-8\r\n"
#define NOON "Date: Tue, 14 Nov 2023 12:00:00 GMT\r\n"
#define JSON "Content-Type: application/json\r\n"

static struct site_document read_answer(struct arena *a, enum site_kind kind, int status,
                                        const char *head, struct slice body, bool cut)
{
    struct headers *h = arena_alloc(a, sizeof *h);
    struct site_document d;
    assert_int_equal(headers_parse(h, a, slice_cstr(head)), OPTOUT_OK);
    struct site_answer answer = {
        .kind = kind,
        .origin = SLICE_OF("https://example.com"),
        .url = SLICE_OF("https://www.example.com/file"),
        .agent = SLICE_OF("ExampleBot/1.0"),
        .status = status,
        .headers = status ? h : NULL,
        .body = body,
        .body_cut = cut,
        .why = SLICE_OF("connection refused"),
        .now_ms = NOW_MS,
    };
    assert_int_equal(document_read(&answer, NULL, &lifetimes, a, &d), OPTOUT_OK);
    assert_int_equal(d.kind, kind);
    assert_int_equal(d.fetched_ms, NOW_MS);
    assert_true(d.state == SITE_PUBLISHED || d.rules.n == 0);
    return d;
}

static const struct {
    enum site_kind kind;
    int status;
    const char *head, *body;
    enum site_state state;
} states[] = {
    { SITE_ROBOTS, 200, TEXT, ROBOTS, SITE_PUBLISHED },
    { SITE_ROBOTS, 200, TEXT, "", SITE_PUBLISHED },
    { SITE_ROBOTS, 200, PAGE, ROBOTS, SITE_PUBLISHED },
    { SITE_ROBOTS, 203, "", ROBOTS, SITE_PUBLISHED },
    { SITE_ROBOTS, 200, PAGE, HTML, SITE_NONE },
    { SITE_ROBOTS, 200, TEXT, HTML, SITE_NONE },
    { SITE_ROBOTS, 204, "", "", SITE_NONE },
    { SITE_ROBOTS, 206, TEXT, ROBOTS, SITE_UNREACHABLE },
    { SITE_ROBOTS, 206, "Content-Range: bytes 0-32/34\r\n", ROBOTS, SITE_UNREACHABLE },
    { SITE_ROBOTS, 206, "Content-Range: bytes 0-32/*\r\n", ROBOTS, SITE_UNREACHABLE },
    { SITE_ROBOTS, 206, "Content-Range: bytes 1-32/33\r\n", ROBOTS, SITE_UNREACHABLE },
    { SITE_TDMREP, 200, JSON, "{\"error\":\"not_found\"}", SITE_NONE },
    { SITE_TDMREP, 200, JSON, "null", SITE_NONE },
    { SITE_TDMREP, 200, TEXT, "Not here", SITE_NONE },
    { SITE_TDMREP, 200, JSON, "[{\"location\":\"/\",\"tdm-reservation\":1}", SITE_UNPARSEABLE },
    { SITE_TDMREP, 200, PAGE, "<br />Warning: x<br />" TDM, SITE_PUBLISHED },
    { SITE_TDMREP, 200, PAGE, "<br />Warning: x<br />" HTML TDM, SITE_NONE },
    { SITE_AI_TXT, 200, JSON, "{\"error\":\"not_found\"}", SITE_NONE },
    { SITE_TRUST, 200, "Content-Type: application/xml\r\n", "<Error>x</Error>", SITE_NONE },
    { SITE_TRUST, 200, PAGE, "<br />Warning: x<br />\n" TRUST, SITE_PUBLISHED },
    { SITE_ROBOTS, 302, TEXT, ROBOTS, SITE_NONE },
    { SITE_ROBOTS, 304, "", "", SITE_UNREACHABLE },
    { SITE_ROBOTS, 401, TEXT, ROBOTS, SITE_NONE },
    { SITE_ROBOTS, 403, TEXT, ROBOTS, SITE_NONE },
    { SITE_ROBOTS, 404, PAGE, HTML, SITE_NONE },
    { SITE_ROBOTS, 410, "", "", SITE_NONE },
    { SITE_ROBOTS, 429, TEXT, ROBOTS, SITE_UNREACHABLE },
    { SITE_ROBOTS, 500, TEXT, ROBOTS, SITE_UNREACHABLE },
    { SITE_ROBOTS, 503, PAGE, HTML, SITE_UNREACHABLE },
    { SITE_ROBOTS, 0, "", "", SITE_UNREACHABLE },
    { SITE_TDMREP, 200, JSON, TDM, SITE_PUBLISHED },
    { SITE_TDMREP, 200, JSON, "[]", SITE_PUBLISHED },
    { SITE_TDMREP, 200, PAGE, TDM, SITE_PUBLISHED },
    { SITE_TDMREP, 200, JSON, "[{", SITE_UNPARSEABLE },
    { SITE_TDMREP, 200, JSON, "no json", SITE_NONE },
    { SITE_TDMREP, 200, PAGE, HTML, SITE_NONE },
    { SITE_TDMREP, 200, JSON, HTML, SITE_NONE },
    { SITE_TDMREP, 200, PAGE, "  <div>soft 404</div>", SITE_NONE },
    { SITE_TDMREP, 200, JSON, "\xef\xbb\xbf\n <HTML>", SITE_NONE },
    { SITE_TDMREP, 200, JSON, " \r\n", SITE_NONE },
    { SITE_TDMREP, 301, "", "", SITE_NONE },
    { SITE_TDMREP, 404, PAGE, HTML, SITE_NONE },
    { SITE_TDMREP, 502, "", "", SITE_UNREACHABLE },
    { SITE_TRUST, 200, TEXT, TRUST, SITE_PUBLISHED },
    { SITE_TRUST_WELL_KNOWN, 200, TEXT, TRUST, SITE_PUBLISHED },
    { SITE_TRUST, 200, PAGE, HTML, SITE_NONE },
    { SITE_AI_TXT, 200, TEXT, AI, SITE_PUBLISHED },
    { SITE_AI_WELL_KNOWN, 200, PAGE, HTML, SITE_NONE },
    { SITE_LICENCE, 200, "Content-Type: application/rsl+xml\r\n", RSL, SITE_PUBLISHED },
    { SITE_LICENCE, 200, PAGE, RSL, SITE_PUBLISHED },
    { SITE_LICENCE, 200, PAGE, HTML, SITE_UNPARSEABLE },
    { SITE_LICENCE, 200, TEXT, "", SITE_UNPARSEABLE },
    { SITE_LICENCE, 200, TEXT, "<other/>", SITE_UNPARSEABLE },
    { SITE_LICENCE, 302, "", "", SITE_UNPARSEABLE },
    { SITE_LICENCE, 404, "", "", SITE_NONE },
    { SITE_LICENCE, 500, "", "", SITE_UNREACHABLE },
};

static void answers_have_states(void **state)
{
    (void)state;
    struct arena a = test_arena();
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct site_document d = read_answer(&a, states[i].kind, states[i].status,
                                             states[i].head, slice_cstr(states[i].body), false);
        if (d.state != states[i].state)
            fail_msg("row %zu (%s %d): got %s, want %s", i, site_kind_name(states[i].kind),
                     states[i].status, site_state_name(d.state),
                     site_state_name(states[i].state));
        assert_int_equal(d.has_sha256, states[i].status == 200 || states[i].status == 203);
        if (d.state == SITE_UNREACHABLE || d.state == SITE_UNPARSEABLE)
            assert_true(d.why.n > 0);
        struct rules_query q = { .path = SLICE("/") };
        struct rules_verdict v;
        struct signals s;
        signals_init(&s, &a);
        if (d.state == SITE_PUBLISHED)
            assert_int_equal(compiled_apply(d.rules, &q, &s, &v), OPTOUT_OK);
        arena_reset(&a);
    }
}

static const struct {
    int status;
    const char *head;
    uint32_t seconds;
} lives[] = {
    { 200, "", 86400 },
    { 200, "Cache-Control: max-age=3600\r\n", 3600 },
    { 200, "cache-control: public, MAX-AGE=\"7200\", s-maxage=9\r\n", 7200 },
    { 200, "Cache-Control: s-maxage=600\r\n", 86400 },
    { 200, "Cache-Control: max-age=10\r\n", 300 },
    { 200, "Cache-Control: max-age=0\r\n", 300 },
    { 200, "Cache-Control: max-age=99999999999999999999\r\n", 86400 },
    { 200, "Cache-Control: max-age=31536000\r\n", 86400 },
    { 200, "Cache-Control: max-age=soon\r\n", 300 },
    { 200, "Cache-Control: no-store, max-age=3600\r\n", 300 },
    { 200, "Cache-Control: max-age=3600\r\nCache-Control: no-cache\r\n", 300 },
    { 200, "Cache-Control: no-cache=\"set-cookie\", max-age=3600\r\n", 3600 },
    { 200, "Cache-Control: max-age=3600\r\nAge: 600\r\n", 3000 },
    { 200, "Cache-Control: max-age=3600\r\nAge: 3590\r\n", 300 },
    { 200, "Cache-Control: max-age=3600\r\nAge: 99999\r\n", 300 },
    { 200, "Cache-Control: max-age=3600\r\nAge: soon\r\n", 3600 },
    { 200, "Cache-Control: max-age=3600\r\nExpires: 0\r\n", 3600 },
    { 200, "Expires: Tue, 14 Nov 2023 23:13:20 GMT\r\n", 3600 },
    { 200, NOON "Expires: Tue, 14 Nov 2023 14:00:00 GMT\r\n", 7200 },
    { 200, NOON "Expires: Tue, 14 Nov 2023 11:00:00 GMT\r\n", 300 },
    { 200, "Expires: -1\r\n", 300 },
    { 404, "", 3600 },
    { 404, "Cache-Control: max-age=31536000\r\n", 86400 },
    { 404, "Cache-Control: max-age=1\r\n", 300 },
    { 500, "", 300 },
    { 503, "Cache-Control: max-age=31536000\r\n", 300 },
    { 503, "Retry-After: 1200\r\n", 1200 },
    { 429, "Retry-After: 1\r\n", 300 },
    { 429, "Retry-After: 999999\r\n", 3600 },
    { 503, "Retry-After: Tue, 14 Nov 2023 22:33:20 GMT\r\n", 1200 },
    { 0, "", 300 },
    { 206, "Cache-Control: max-age=31536000\r\n", 300 },
};

static void answers_hold_as_long_as_they_say(void **state)
{
    (void)state;
    struct arena a = test_arena();
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        struct site_document d = read_answer(&a, SITE_ROBOTS, lives[i].status, lives[i].head,
                                             SLICE_OF(ROBOTS), false);
        int64_t got = (d.expires_ms - d.fetched_ms) / 1000;
        if (got != lives[i].seconds)
            fail_msg("row %zu: got %lld, want %u", i, (long long)got, lives[i].seconds);
        arena_reset(&a);
    }
    struct site_document d = read_answer(&a, SITE_LICENCE, 200, "Cache-Control: max-age=600\r\n",
                                         SLICE_OF(RSL), false);
    assert_int_equal(d.expires_ms - d.fetched_ms, 600 * 1000);
    d = read_answer(&a, SITE_LICENCE, 200, "Cache-Control: max-age=600\r\n", SLICE_OF(RSL_DAYS),
                    false);
    assert_int_equal(d.expires_ms - d.fetched_ms, 86400 * 1000);
    arena_reset(&a);
}

static void max_age_of_an_exchange(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct exchange x = { .status = 200 };
    assert_int_equal(exchange_max_age(&x), -1);
    assert_int_equal(headers_parse(&x.response, &a, SLICE_OF("Cache-Control: max-age=x\r\n")), 0);
    assert_int_equal(exchange_max_age(&x), -1);
    assert_int_equal(headers_freshness(&x.response, 0), 0);
    arena_reset(&a);
}

static void validators_and_variation_are_kept(void **state)
{
    (void)state;
    struct arena a = test_arena();
    char long_tag[400];
    struct site_document d = read_answer(
        &a, SITE_ROBOTS, 200,
        "ETag: W/\"1\"\r\nLast-Modified: Mon, 13 Nov 2023 00:00:00 GMT\r\n"
        "Vary: Accept-Encoding, USER-Agent\r\n",
        SLICE_OF(ROBOTS), false);
    assert_slice(d.etag, "W/\"1\"");
    assert_slice(d.last_modified, "Mon, 13 Nov 2023 00:00:00 GMT");
    assert_slice(d.url, "https://www.example.com/file");
    assert_slice(d.agent, "ExampleBot/1.0");
    assert_true(d.varies);
    assert_true(read_answer(&a, SITE_ROBOTS, 404, "Vary: *\r\n", SLICE_EMPTY, false).varies);
    assert_false(
        read_answer(&a, SITE_ROBOTS, 200, "Vary: Accept\r\n", SLICE_EMPTY, false).varies);
    snprintf(long_tag, sizeof long_tag, "ETag: \"%0300d\"\r\n", 1);
    assert_int_equal(read_answer(&a, SITE_ROBOTS, 200, long_tag, SLICE_EMPTY, false).etag.n, 0);
    /* SHA-256 of nothing */
    static const uint8_t nothing[4] = { 0xe3, 0xb0, 0xc4, 0x42 };
    d = read_answer(&a, SITE_ROBOTS, 200, "", SLICE_EMPTY, false);
    assert_memory_equal(d.sha256, nothing, sizeof nothing);
    arena_reset(&a);
}

static void a_cut_body_is_no_document(void **state)
{
    (void)state;
    struct arena a = test_arena();
    assert_int_equal(read_answer(&a, SITE_ROBOTS, 200, "", SLICE_OF(ROBOTS), true).state,
                     SITE_PUBLISHED);
    assert_int_equal(read_answer(&a, SITE_TDMREP, 200, "", SLICE_OF(TDM), true).state,
                     SITE_UNPARSEABLE);
    assert_int_equal(read_answer(&a, SITE_TDMREP, 200, PAGE, SLICE_OF(HTML), true).state,
                     SITE_NONE);
    arena_reset(&a);
}

static struct slice gzip(struct arena *a, struct slice s)
{
    z_stream z = { 0 };
    size_t room = s.n / 500 + 4096;
    uint8_t *p = arena_take(a, room);
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (uint8_t *)(uintptr_t)s.p;
    z.avail_in = (unsigned)s.n;
    z.next_out = p;
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = room - z.avail_out;
    deflateEnd(&z);
    return slice_of(p, n);
}

static void a_packed_file_is_unpacked(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct slice packed = gzip(&a, SLICE_OF(TDM));
    assert_int_equal(read_answer(&a, SITE_TDMREP, 200, "", packed, false).state, SITE_PUBLISHED);
    packed.n -= 12;
    assert_int_equal(read_answer(&a, SITE_TDMREP, 200, "", packed, false).state,
                     SITE_UNREACHABLE);
    size_t n = 8u << 20;
    uint8_t *blank = arena_take(&a, n);
    assert_non_null(blank);
    memset(blank, '[', n);
    struct slice bomb = gzip(&a, slice_of(blank, n));
    assert_int_equal(read_answer(&a, SITE_TDMREP, 200, "", bomb, false).state, SITE_UNPARSEABLE);
    assert_int_equal(read_answer(&a, SITE_TDMREP, 200, "", gzip(&a, SLICE_OF(HTML)), false).state,
                     SITE_NONE);
    arena_reset(&a);
}

static void a_range_of_all_is_all(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct site_document d = read_answer(&a, SITE_ROBOTS, 206, "Content-Range: bytes 0-32/33\r\n",
                                         SLICE_OF(ROBOTS), false);
    assert_int_equal(d.state, SITE_PUBLISHED);
    arena_reset(&a);
}

static void what_teaches_is_about_the_file(void **state)
{
    (void)state;
    static const int teach[] = { 200, 203, 204, 401, 403, 404, 410, 429, 451, 500, 503, 599 };
    static const int silent[] = { 0, 100, 201, 205, 206, 226, 301, 304, 407, 412, 416, 431, 600 };
    for (size_t i = 0; i < sizeof teach / sizeof *teach; i++)
        assert_true(document_teaches(teach[i]));
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        assert_false(document_teaches(silent[i]));
    struct site_document known = { .state = SITE_PUBLISHED, .expires_ms = NOW_MS + 1 };
    assert_false(document_is_news(&known, 503, NOW_MS));
    assert_false(document_is_news(&known, 429, NOW_MS));
    assert_true(document_is_news(&known, 404, NOW_MS));
    assert_true(document_is_news(&known, 503, NOW_MS + 1));
    known.state = SITE_UNREACHABLE;
    assert_true(document_is_news(&known, 503, NOW_MS));
}

static void a_304_renews(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct headers h = { NULL, 0 };
    struct site_document d = read_answer(&a, SITE_ROBOTS, 200,
                                         "ETag: \"1\"\r\nCache-Control: max-age=7200\r\n",
                                         SLICE_OF(ROBOTS), false);
    struct site_answer answer = { .status = 304, .headers = &h, .now_ms = NOW_MS + 5000 };
    document_renew(&d, &answer, &lifetimes);
    assert_int_equal(d.state, SITE_PUBLISHED);
    assert_int_equal(d.fetched_ms, NOW_MS + 5000);
    assert_int_equal(d.expires_ms, NOW_MS + 5000 + 7200 * 1000);
    assert_slice(d.etag, "\"1\"");
    assert_int_equal(
        headers_parse(&h, &a, SLICE_OF("ETag: \"2\"\r\nCache-Control: max-age=600\r\n")), 0);
    document_renew(&d, &answer, &lifetimes);
    assert_int_equal(d.expires_ms, NOW_MS + 5000 + 600 * 1000);
    assert_slice(d.etag, "\"2\"");
    arena_reset(&a);
}

static void licences_are_named_once(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct slice url[4];
    struct site_document d = read_answer(
        &a, SITE_ROBOTS, 200, "",
        SLICE_OF("License: https://example.com/a.xml\nLicense: /relative.xml\n"
                 "License: ftp://example.com/b.xml\nUser-agent: *\nDisallow: /x\n"
                 "License: http://example.com/c.xml\nLicense: https://example.com/a.xml\n"),
        false);
    assert_int_equal(document_licences(&d, url, 4), 2);
    assert_slice(url[0], "https://example.com/a.xml");
    assert_slice(url[1], "http://example.com/c.xml");
    assert_true(url[0].p >= d.rules.p && url[0].p < d.rules.p + d.rules.n);
    assert_int_equal(document_licences(&d, url, 1), 1);
    d.state = SITE_NONE;
    assert_int_equal(document_licences(&d, url, 4), 0);
    arena_reset(&a);
}

static void used_up_memory_is_an_error(void **state)
{
    (void)state;
    static _Alignas(16) uint8_t room[4096];
    struct site_document d;
    struct site_answer answer = {
        .kind = SITE_ROBOTS, .status = 200, .body = SLICE_OF(ROBOTS), .now_ms = NOW_MS,
    };
    unsigned failed = 0;
    for (size_t n = 0; n <= sizeof room; n += 16) {
        struct arena a;
        arena_init(&a, 0, room, n);
        failed += document_read(&answer, NULL, &lifetimes, &a, &d) == OPTOUT_E_NOMEM;
        arena_reset(&a);
    }
    assert_true(failed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_have_states),
        cmocka_unit_test(answers_hold_as_long_as_they_say),
        cmocka_unit_test(max_age_of_an_exchange),
        cmocka_unit_test(validators_and_variation_are_kept),
        cmocka_unit_test(a_cut_body_is_no_document),
        cmocka_unit_test(a_packed_file_is_unpacked),
        cmocka_unit_test(a_range_of_all_is_all),
        cmocka_unit_test(what_teaches_is_about_the_file),
        cmocka_unit_test(a_304_renews),
        cmocka_unit_test(licences_are_named_once),
        cmocka_unit_test(used_up_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
