/* SPDX-License-Identifier: Apache-2.0 */
/* test_http.c - heads, links, media types, dates. */
#include "unit.h"

#include "core/clock.h"
#include "http/endless.h"
#include "http/date.h"
#include "http/exchange.h"
#include "http/link.h"
#include "http/media_type.h"

/* ---- header lines ------------------------------------------------------ */

static void lines_are_kept_as_sent(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct headers h;
    static const char block[] = "HTTP/1.1 200 OK: fine\r\n"
                                "X-Robots-Tag: noai\r\n"
                                "Date:\t Fri, 25 Jun 2010 15:00:00 GMT \t\r\n"
                                "no colon here\r\n"
                                ": no name\r\n"
                                "x-robots-tag :noimageai\n"
                                "Empty:\r\n"
                                "\r\n"
                                "Body: text\r\n";
    assert_int_equal(headers_parse(&h, &a, SLICE_OF(block)), OPTOUT_OK);
    assert_int_equal(h.n, 4);
    assert_slice(h.v[0].name, "X-Robots-Tag");
    assert_slice(h.v[0].value, "noai");
    assert_slice(h.v[1].value, "Fri, 25 Jun 2010 15:00:00 GMT");
    assert_slice(h.v[2].name, "x-robots-tag");
    assert_slice(h.v[2].value, "noimageai");
    assert_slice(h.v[3].value, "");
    assert_non_null(h.v[3].value.p);
    arena_reset(&a);
}

static void start_lines_are_not_fields(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct headers h;
    assert_int_equal(
        headers_parse(&h, &a, SLICE_OF("GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n")), OPTOUT_OK);
    assert_int_equal(h.n, 1);
    assert_slice(h.v[0].name, "Host");
    assert_int_equal(headers_parse(&h, &a, SLICE_EMPTY), OPTOUT_OK);
    assert_int_equal(h.n, 0);
    assert_int_equal(headers_parse(&h, &a, SLICE_OF("\r\n a: b\r\n")), OPTOUT_OK);
    assert_int_equal(h.n, 0);
    arena_reset(&a);
}

static void folds_become_one_space(void **state)
{
    (void)state;
    static const struct {
        const char *block, *value;
    } cases[] = {
        { "A: b\r\n c\r\n\r\n", "b c" },
        { "A: b \t\r\n \t c\r\n", "b c" },
        { "A: b\n\tc\n  d\n", "b c d" },
        { "A:\r\n b\r\n", "b" },
        { "A: b\r\n \r\n", "b" },
        { "A: b\r\n \r\n c\r\n", "b c" },
        { "A: b\rc\r\n", "b\rc" },
        { "A: b\r\n c", "b c" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = test_arena();
        struct headers h;
        assert_int_equal(headers_parse(&h, &a, slice_cstr(cases[i].block)), OPTOUT_OK);
        assert_int_equal(h.n, 1);
        assert_slice(h.v[0].value, cases[i].value);
        arena_reset(&a);
    }
}

/* A line that starts with white space belongs to the start line before it. */
static void a_fold_of_nothing_is_no_field(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct headers h;
    assert_int_equal(headers_parse(&h, &a, SLICE_OF("HTTP/1.1 200 OK\r\n A: b\r\nC: d\r\n")),
                     OPTOUT_OK);
    assert_int_equal(h.n, 1);
    assert_slice(h.v[0].name, "C");
    assert_int_equal(headers_append(&h, &a, SLICE_OF(" A: b")), OPTOUT_E_SYNTAX);
    assert_int_equal(headers_append(&h, &a, SLICE_OF("A\r\n : b")), OPTOUT_E_SYNTAX);
    assert_int_equal(headers_append(&h, &a, SLICE_OF("")), OPTOUT_E_SYNTAX);
    assert_int_equal(h.n, 1);
    arena_reset(&a);
}

static void any_byte_may_be_in_a_value(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct headers h;
    static const char block[] = "A: \0\xFF\x01:\r\n";
    assert_int_equal(headers_parse(&h, &a, slice_of(block, sizeof block - 1)), OPTOUT_OK);
    assert_int_equal(h.n, 1);
    assert_true(slice_eq(h.v[0].value, slice_of("\0\xFF\x01:", 4)));
    arena_reset(&a);
}

static void lines_of_one_name_are_found_and_joined(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct headers h;
    size_t i = 0;
    assert_int_equal(headers_parse(&h, &a,
                                   SLICE_OF("Content-Usage: train-ai=n\r\nB: x\r\n"
                                            "CONTENT-USAGE: search=y\r\nB:\r\n")),
                     OPTOUT_OK);
    assert_slice(headers_join(&h, &a, "content-usage"), "train-ai=n, search=y");
    assert_slice(headers_join(&h, &a, "b"), "x, ");
    assert_null(headers_join(&h, &a, "c").p);
    assert_slice(headers_find(&h, "b")->value, "x");
    assert_null(headers_find(&h, "content"));
    assert_slice(headers_next(&h, "Content-Usage", &i)->value, "train-ai=n");
    assert_int_equal(i, 1);
    assert_slice(headers_next(&h, "Content-Usage", &i)->value, "search=y");
    assert_int_equal(i, 3);
    assert_null(headers_next(&h, "Content-Usage", &i));
    assert_int_equal(headers_parse(&h, &a, SLICE_OF("A:\r\nA: b\r\n")), OPTOUT_OK);
    assert_slice(headers_join(&h, &a, "a"), ", b");
    arena_reset(&a);
}

static void lines_beyond_the_limit_are_reported(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct headers h;
    char *block = malloc((HEADERS_MAX + 1) * 6 + 1), *p = block;
    for (int i = 0; i < HEADERS_MAX + 1; i++)
        p += sprintf(p, "a: b\r\n");
    assert_int_equal(headers_parse(&h, &a, slice_cstr(block)), OPTOUT_E_LIMIT);
    assert_int_equal(h.n, HEADERS_MAX);
    assert_int_equal(headers_parse(&h, &a, slice_of(block, HEADERS_MAX * 6)), OPTOUT_OK);
    assert_int_equal(h.n, HEADERS_MAX);
    free(block);
    arena_reset(&a);

    arena_init(&a, 0, NULL, 0);
    assert_int_equal(headers_parse(&h, &a, SLICE_OF("a: b\r\n")), OPTOUT_E_NOMEM);
    assert_int_equal(h.n, 0);
}

static void reserving_keeps_what_is_there(void **state)
{
    (void)state;
    struct arena a = test_arena();
    struct headers h = { NULL, 0 };
    assert_int_equal(headers_reserve(&h, &a, 1), OPTOUT_OK);
    assert_int_equal(headers_append(&h, &a, SLICE_OF("A: b")), OPTOUT_OK);
    assert_int_equal(headers_reserve(&h, &a, 2), OPTOUT_OK);
    assert_int_equal(headers_append(&h, &a, SLICE_OF("C: d\r\n e")), OPTOUT_OK);
    assert_slice(h.v[0].name, "A");
    assert_slice(h.v[1].value, "d e");
    arena_reset(&a);
}

/* ---- exchange ---------------------------------------------------------- */

static void status_lines(void **state)
{
    (void)state;
    int status = 0;
    assert_true(exchange_status_line(SLICE_OF("HTTP/1.1 200 OK\r\n"), &status));
    assert_int_equal(status, 200);
    assert_true(exchange_status_line(SLICE_OF("HTTP/1.0 451"), &status));
    assert_int_equal(status, 451);
    assert_true(exchange_status_line(SLICE_OF("HTTP/2 404 "), &status));
    assert_int_equal(status, 404);
    assert_false(exchange_status_line(SLICE_OF("HTTP/1.1 20 OK"), &status));
    assert_false(exchange_status_line(SLICE_OF("HTTP/1.1 2000 OK"), &status));
    assert_false(exchange_status_line(SLICE_OF("HTTP/1.1 abc"), &status));
    assert_false(exchange_status_line(SLICE_OF("HTTP/1.1"), &status));
    assert_false(exchange_status_line(SLICE_OF("ICAP/1.0 200 OK"), &status));
    assert_false(exchange_status_line(SLICE_OF(""), &status));
    assert_int_equal(status, 404);
}

static void request_lines(void **state)
{
    (void)state;
    struct slice method, url;
    unsigned minor;
    assert_true(exchange_request_line(SLICE_OF("GET http://h/a?b HTTP/1.0\r\n"), &method, &url,
                                      &minor));
    assert_slice(method, "GET");
    assert_slice(url, "http://h/a?b");
    assert_int_equal(minor, 0);
    assert_true(exchange_request_line(SLICE_OF("CONNECT h:443 HTTP/1.1"), &method, &url, &minor));
    assert_slice(url, "h:443");
    assert_int_equal(minor, 1);
    assert_true(exchange_request_line(SLICE_OF("GET /a b HTTP/2.0"), &method, &url, &minor));
    assert_slice(url, "/a b");
    assert_int_equal(minor, 1);
    assert_false(exchange_request_line(SLICE_OF("GET /"), &method, &url, &minor));
    assert_false(exchange_request_line(SLICE_OF("GET  HTTP/1.1"), &method, &url, &minor));
    assert_false(exchange_request_line(SLICE_OF("GET / HTTP/1.1x"), &method, &url, &minor));
    assert_false(exchange_request_line(SLICE_OF("HTTP/1.1"), &method, &url, &minor));
    assert_false(exchange_request_line(SLICE_OF(""), &method, &url, &minor));
}

static void content_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *block;
        int64_t want;
    } cases[] = {
        { "Content-Length: 5\r\n", 5 },
        { "content-length: 0\r\n", 0 },
        { "Content-Length: 5, 5\r\n", 5 },
        { "Content-Length: 5\r\nContent-Length: 5\r\n", 5 },
        { "Content-Length: 5\r\nContent-Length: 6\r\n", -1 },
        { "Content-Length: 5, 6\r\n", -1 },
        { "Content-Length: -5\r\n", -1 },
        { "Content-Length: 5,\r\n", -1 },
        { "Content-Length: 5 5\r\n", -1 },
        { "Content-Length:\r\n", -1 },
        { "Content-Length: 9223372036854775807\r\n", INT64_MAX },
        { "Content-Length: 9223372036854775808\r\n", -1 },
        { "A: b\r\n", -1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = test_arena();
        struct exchange x = { .status = 200 };
        assert_int_equal(headers_parse(&x.response, &a, slice_cstr(cases[i].block)), OPTOUT_OK);
        if (exchange_content_length(&x) != cases[i].want)
            fail_msg("%s: %lld", cases[i].block, (long long)exchange_content_length(&x));
        arena_reset(&a);
    }
}

static void parts_and_wholes(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *block;
        bool part;
    } cases[] = {
        { 206, "Content-Range: bytes 0-99/100\r\n", false },
        { 206, "content-range: Bytes 0- 99/100\r\n", false },
        { 206, "Content-Range: bytes 0-98/100\r\n", true },
        { 206, "Content-Range: bytes 1-99/100\r\n", true },
        { 206, "Content-Range: bytes 0-99/*\r\n", true },
        { 206, "Content-Range: bytes 0-99/100\r\nContent-Range: bytes 0-9/100\r\n", true },
        { 206, "A: b\r\n", true },
        { 200, "Content-Range: bytes 1-99/100\r\n", false },
        { 200, "A: b\r\n", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = test_arena();
        struct headers h = { NULL, 0 };
        assert_int_equal(headers_parse(&h, &a, slice_cstr(cases[i].block)), OPTOUT_OK);
        if (exchange_is_part(cases[i].status, &h) != cases[i].part)
            fail_msg("%d, %s", cases[i].status, cases[i].block);
        arena_reset(&a);
    }
    assert_true(exchange_is_part(206, NULL));
    assert_false(exchange_is_part(200, NULL));
}

static void range_lengths(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *block;
        int64_t want;
    } cases[] = {
        { 206, "Content-Range: bytes 0-99/1234\r\n", 100 },
        { 206, "content-range: Bytes 5-5/*\r\n", 1 },
        { 206, "Content-Range: bytes  7 - 9 / 10\r\n", 3 },
        { 206, "Content-Range: bytes 9-7/10\r\n", -1 },
        { 206, "Content-Range: bytes */10\r\n", -1 },
        { 206, "Content-Range: bytes\r\n", -1 },
        { 206, "Content-Range: bytes 0\r\n", -1 },
        { 206, "Content-Range: items 0-99/1234\r\n", -1 },
        { 206, "Content-Range: bytes 0-18446744073709551615/*\r\n", -1 },
        { 206, "A: b\r\n", -1 },
        { 200, "Content-Range: bytes 0-99/1234\r\n", -1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = test_arena();
        struct exchange x = { .status = cases[i].status };
        assert_int_equal(headers_parse(&x.response, &a, slice_cstr(cases[i].block)), OPTOUT_OK);
        if (exchange_range_length(&x) != cases[i].want)
            fail_msg("%s: %lld", cases[i].block, (long long)exchange_range_length(&x));
        arena_reset(&a);
    }
}

static void bodies_that_are_elsewhere(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        int status;
        bool body, want;
    } cases[] = {
        { "GET", 304, false, true },   { "HEAD", 304, false, true },  { "HEAD", 200, false, true },
        { "HEAD", 206, false, true },  { "HEAD", 204, false, false }, { "HEAD", 301, false, false },
        { "HEAD", 404, false, false }, { "GET", 200, false, false },  { "GET", 200, true, false },
        { "GET", 204, false, false },  { "POST", 200, false, false }, { "HEAD", 205, false, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct exchange x = { .method = slice_cstr(cases[i].method),
                              .status = cases[i].status,
                              .has_body = cases[i].body };
        if (exchange_body_is_unseen(&x) != cases[i].want)
            fail_msg("%s %d", cases[i].method, cases[i].status);
    }
}

static void endless_answers(void **state)
{
    (void)state;
    static const struct {
        const char *block;
        bool want;
    } cases[] = {
        { "Content-Type: text/event-stream\r\n", true },
        { "Content-Type: Text/Event-Stream; charset=utf-8\r\n", true },
        { "Content-Type: text/event-stream\r\nContent-Length: 10\r\n", false },
        { "Content-Type: application/x-ndjson\r\n", true },
        { "Content-Type: multipart/x-mixed-replace; boundary=a\r\n", true },
        { "Content-Type: multipart/mixed; boundary=a\r\n", false },
        { "Content-Type: audio/mpeg\r\n", false },
        { "Content-Type: audio/mpeg\r\nICY-BR: 128\r\n", true },
        { "Content-Type: audio/aacp\r\nServer: Icecast 2.4.4\r\n", true },
        { "Content-Type: application/ogg\r\nice-audio-info: a\r\n", true },
        { "Content-Type: text/html\r\nicy-name: a\r\n", false },
        { "Server: Icecast\r\n", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = test_arena();
        struct exchange x = { .status = 200, .has_body = true };
        assert_int_equal(headers_parse(&x.response, &a, slice_cstr(cases[i].block)), OPTOUT_OK);
        if (exchange_is_endless(&x) != cases[i].want)
            fail_msg("%s", cases[i].block);
        x.has_body = false;
        assert_false(exchange_is_endless(&x));
        arena_reset(&a);
    }
}

/* ---- Link -------------------------------------------------------------- */

/* All links of a line: how many, and the last one. */
static int read_links(struct arena *a, struct slice line, size_t *n, struct link_value *last)
{
    struct link_value link;
    int rc;
    *n = 0;
    do {
        rc = link_next(a, &line, &link);
        if (link.target.p) {
            ++*n;
            *last = link;
        }
    } while (rc == OPTOUT_OK);
    return rc == OPTOUT_DONE ? OPTOUT_OK : rc;
}

static void links(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int rc;
        size_t n;
        const char *target, *rel, *type, *anchor; /* of the last one; NULL: absent */
    } cases[] = {
        { "<http://a/>; rel=license", OPTOUT_OK, 1, "http://a/", "license", NULL, NULL },
        { "<a>;rel=\"license next\";type=\"text/html\"", OPTOUT_OK, 1, "a", "license next",
          "text/html", NULL },
        { "<a>; rel=x; rel=y", OPTOUT_OK, 1, "a", "x", NULL, NULL },
        { "<a>; REL = x ; Anchor=\"#b\"", OPTOUT_OK, 1, "a", "x", NULL, "#b" },
        { "<a>; rel=\"a\\\"b\\\\\"", OPTOUT_OK, 1, "a", "a\"b\\", NULL, NULL },
        { "<a>; rel=x, <b>; rel=y", OPTOUT_OK, 2, "b", "y", NULL, NULL },
        { "<a>; title=\"x, <c>; rel=z\"; rel=x", OPTOUT_OK, 1, "a", "x", NULL, NULL },
        { "<a,b;c>; rel=x", OPTOUT_OK, 1, "a,b;c", "x", NULL, NULL },
        { ",, <a>; rel=x , ,\t<b>;rel=y,", OPTOUT_OK, 2, "b", "y", NULL, NULL },
        { "<a>", OPTOUT_OK, 1, "a", NULL, NULL, NULL },
        { "<>; rel=self", OPTOUT_OK, 1, "", "self", NULL, NULL },
        { "<a>; rel", OPTOUT_OK, 1, "a", "", NULL, NULL },
        { "<a>;;rel=x;", OPTOUT_OK, 1, "a", "x", NULL, NULL },
        { "<a>; rel=x foo; type=y", OPTOUT_OK, 1, "a", "x foo", "y", NULL },
        { "", OPTOUT_OK, 0, NULL, NULL, NULL, NULL },
        { "http://a/; rel=license", OPTOUT_E_SYNTAX, 0, NULL, NULL, NULL, NULL },
        { "<a; rel=license", OPTOUT_E_SYNTAX, 0, NULL, NULL, NULL, NULL },
        { "<a>; rel=x, b; rel=y", OPTOUT_E_SYNTAX, 1, "a", "x", NULL, NULL },
        { "<a>; rel=\"x", OPTOUT_E_SYNTAX, 1, "a", "x", NULL, NULL },
        { "<a>; rel=\"x\\", OPTOUT_E_SYNTAX, 1, "a", "x\\", NULL, NULL },
        { "<a>; rel=\"x\"y; type=z, <b>", OPTOUT_E_SYNTAX, 1, "a", "x", NULL, NULL },
        { "<a> rel=x", OPTOUT_E_SYNTAX, 1, "a", NULL, NULL, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = test_arena();
        struct link_value last;
        size_t n;
        int rc = read_links(&a, slice_cstr(cases[i].value), &n, &last);
        if (rc != cases[i].rc || n != cases[i].n)
            fail_msg("%s: result %d, %zu links", cases[i].value, rc, n);
        if (n) {
            const struct slice got[] = { last.target, last.rel, last.type, last.anchor };
            const char *want[] = { cases[i].target, cases[i].rel, cases[i].type, cases[i].anchor };
            for (size_t k = 0; k < 4; k++) {
                if ((got[k].p == NULL) != (want[k] == NULL))
                    fail_msg("%s: part %zu", cases[i].value, k);
                assert_slice(got[k], want[k]);
            }
        }
        arena_reset(&a);
    }
}

static void links_need_no_memory_but_for_escapes(void **state)
{
    (void)state;
    struct arena a;
    struct link_value last;
    char text[1000 * 4 + 1];
    size_t n;
    for (size_t i = 0; i < 1000; i++)
        memcpy(text + i * 4, "<a>,", 5);
    arena_init(&a, 0, NULL, 0);
    assert_int_equal(read_links(&a, slice_cstr(text), &n, &last), OPTOUT_OK);
    assert_int_equal(n, 1000);
    struct slice escaped = SLICE_OF("<a>, <b>; rel=\"x\\y\"");
    assert_int_equal(read_links(&a, escaped, &n, &last), OPTOUT_E_NOMEM);
}

static void relations_are_words(void **state)
{
    (void)state;
    assert_true(link_rel_has(SLICE_OF("license"), "license"));
    assert_true(link_rel_has(SLICE_OF(" next\tLICENSE "), "license"));
    assert_false(link_rel_has(SLICE_OF("licenses nolicense"), "license"));
    assert_false(link_rel_has(SLICE_EMPTY, "license"));
}

/* ---- media types ------------------------------------------------------- */

static void media_types(void **state)
{
    (void)state;
    static const struct {
        const char *value, *essence, *charset;
    } cases[] = {
        { "text/html", "text/html", "" },
        { " Text/HTML ; charset=UTF-8", "Text/HTML", "UTF-8" },
        { "text/html;charset=\"utf-8\"", "text/html", "utf-8" },
        { "text/html; x=\"a;charset=b\"; CHARSET=c; charset=d", "text/html", "c" },
        { "text/html;charset=;charset=x", "text/html", "x" },
        { "text/html;;charset = utf-8;", "text/html", "utf-8" },
        { "text/html, text/plain", "text/html", "" },
        { "text/html;charset=\"utf", "text/html", "utf" },
        { "application/ld+json", "application/ld+json", "" },
        { "text", "", "" },
        { "text/", "", "" },
        { "/html", "", "" },
        { "te xt/html", "", "" },
        { "text/html charset=utf-8", "", "" },
        { "", "", "" },
        { ";charset=utf-8", "", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct media_type t = media_type_parse(slice_cstr(cases[i].value));
        assert_slice(t.essence, cases[i].essence);
        assert_slice(t.charset, cases[i].charset);
    }
    struct media_type t = media_type_parse(SLICE_OF("Text/Html; charset=x"));
    assert_true(media_type_is(&t, "text/html"));
    assert_false(media_type_is(&t, "text/htm"));
}

static void html_is_sniffed(void **state)
{
    (void)state;
    static const struct {
        struct slice head;
        bool html;
    } cases[] = {
        { SLICE("<!DOCTYPE html>"), true },
        { SLICE("<!doctype HTML PUBLIC"), true },
        { SLICE(" \t\r\n\f<html>"), true },
        { SLICE("\xEF\xBB\xBF<html lang=\"x\">"), true },
        { SLICE("<!--x"), true },
        { SLICE("<meta name=\"robots\">"), true },
        { SLICE("<link rel"), true },
        { SLICE("<b>"), true },
        { SLICE("<br>"), true },
        { SLICE("<p "), true },
        { SLICE("<h1>"), true },
        { SLICE("<iframe "), true },
        { SLICE("\xFF\xFE<\0h\0t\0m\0l\0>\0"), true },
        { SLICE("\xFE\xFF\0 \0<\0p\0>"), true },
        { SLICE("\xFF\xFE<\1p\0>\0"), false },
        { SLICE("<\0p\0>\0"), false },
        { SLICE("<html"), false },
        { SLICE("<html/>"), false },
        { SLICE("<bold>"), false },
        { SLICE("<!DOCTYPE svg>"), false },
        { SLICE("<?xml version=\"1.0\"?><html>"), false },
        { SLICE("text <p>"), false },
        { SLICE("\xA0<p>"), false },
        { SLICE("<!-"), false },
        { SLICE("   "), false },
        { SLICE("\xFF\xFE<"), false },
        { SLICE("\xEF\xBB"), false },
        { SLICE(""), false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (media_sniff_html(cases[i].head) != cases[i].html)
            fail_msg("case %zu: %.*s", i, SLICE_FMT(cases[i].head));
}

static void accept_chooses(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        bool json;
    } cases[] = {
        { "", false },
        { "*/*", false },
        { "application/json", true },
        { "application/problem+json", true },
        { "application/json, */*", false },
        { "application/json, */*;q=0.1", true },
        { "text/html, application/json", false },
        { "text/html;q=0.5, application/json", true },
        { "text/html;q=0.5, application/json;q=0.4", false },
        { "application/json;q=0", false },
        { "application/json;q=0, */*", false },
        { "text/html;q=0, */*", true },
        { "text/*;q=0.3, application/*;q=0.7", true },
        { "text/*, text/html;q=0.1, application/*;q=0.5", true },
        { "Application/JSON; Q=0.9 , text/html ; q=0.899", true },
        { "application/json;q=0.2, application/problem+json;q=0.9, text/html;q=0.5", true },
        { "application/xhtml+xml", false },
        { "application/json;x=\"a,b;q=0\";q=1", true },
        { "application/json;q=2", false },
        { "application/json;q=0.0001", false },
        { "application/json;q=x", false },
        { "application/json;q=1.", true },
        { ", ,application/json,", true },
        { "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (accept_prefers_json(slice_cstr(cases[i].accept)) != cases[i].json)
            fail_msg("Accept: %s", cases[i].accept);
    assert_false(accept_prefers_json(SLICE_EMPTY));
}

/* ---- dates ------------------------------------------------------------- */

#define NOW 1795500000 /* November 2026 */

static void dates(void **state)
{
    (void)state;
    const int64_t june = 1277478000; /* 2010-06-25T15:00:00Z */
    const struct {
        const char *text;
        int64_t want; /* -1: refused */
    } cases[] = {
        { "Friday, 25-Jun-10 15:00:00 UTC", june },
        { "25 Jun 2010 15:00:00 PST", june + 8 * 3600 },
        { "25 Jun 2010 15:00:00 EDT", june + 4 * 3600 },
        { "Fri, 25 Jun 2010 15:00:00 GMT", june },
        { "fri, 25 jun 2010 15:00:00 gmt", june },
        { "Fri, 25 Jun 2010 15:00:00 +0200", june - 7200 },
        { "Fri, 25 Jun 2010 15:00:00 -0730", june + 27000 },
        { "25 June 2010", june - 54000 },
        { "June 25, 2010", june - 54000 },
        { "25-Jun-2010", june - 54000 },
        { "25 Jun 2010 15:00", june },
        { "Fri Jun 25 15:00:00 2010", june },
        { "Fri Jun  5 15:00:00 2010", june - 20 * 86400 },
        { "2010-06-25", june - 54000 },
        { "2010-06-25T15:00:00Z", june },
        { "2010-06-25t15:00:00.123z", june },
        { "2010-06-25T15:00:00+02:00", june - 7200 },
        { "2010-06-25T15:00:00-02", june + 7200 },
        { "2010-06-25 15:00", june },
        { " 2010-06-25 15:00:00 UTC ", june },
        { "2012-02-29", 1330473600 },
        { "2000-02-29", 951782400 },
        { "1900-02-29", -1 },
        { "2011-02-29", -1 },
        { "2010-06-31", -1 },
        { "2010-13-01", -1 },
        { "2010-00-01", -1 },
        { "2010-06-00", -1 },
        { "0000-06-01", -1 },
        { "2010-06-25T24:00:00Z", -1 },
        { "2010-06-25T15:60Z", -1 },
        { "2010-06-25T15", -1 },
        { "2010-06-25T", -1 },
        { "2010-06-25T15:00:00+24:00", -1 },
        { "2010-06-25T15:00:00 XYZ", -1 },
        { "2010-06-25 noai", -1 },
        { "2010-06", -1 },
        { "25 Jun", -1 },
        { "32 Jan 2010", -1 },
        { "25 Foo 2010", -1 },
        { "25 Jun 201", -1 },
        { "25 Jun 20100", -1 },
        { "Someday, 25 Jun 2010", -1 },
        { "Fri", -1 },
        { "1277478000", -1 },
        { "", -1 },
        /* Two digits: at most 50 years ahead of now. */
        { "25-Jun-10", june - 54000 },
        { "25-Jun-76", clock_from_civil(2076, 6, 25, 0, 0, 0) },
        { "25-Dec-76", clock_from_civil(1976, 12, 25, 0, 0, 0) },
        { "25-Jun-99", clock_from_civil(1999, 6, 25, 0, 0, 0) },
        { "29-Feb-00", 951782400 },
        { "29-Feb-01", -1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t got = -1;
        bool read = date_parse(slice_cstr(cases[i].text), NOW, &got);
        if (read != (cases[i].want != -1) || (read && got != cases[i].want))
            fail_msg("\"%s\": %s %lld, want %lld", cases[i].text, read ? "read as" : "refused",
                     (long long)got, (long long)cases[i].want);
    }
}

static void two_digit_years_follow_now(void **state)
{
    (void)state;
    int64_t got;
    assert_true(date_parse(SLICE_OF("1-Jan-01"), clock_from_civil(2099, 1, 1, 0, 0, 0), &got));
    assert_true(got == clock_from_civil(2101, 1, 1, 0, 0, 0));
    assert_true(date_parse(SLICE_OF("1-Jan-01"), INT64_MIN, &got));
    assert_true(got == clock_from_civil(2001, 1, 1, 0, 0, 0));
    /* The year would be 10001. */
    assert_false(date_parse(SLICE_OF("1-Jan-01"), INT64_MAX, &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_kept_as_sent),
        cmocka_unit_test(start_lines_are_not_fields),
        cmocka_unit_test(folds_become_one_space),
        cmocka_unit_test(a_fold_of_nothing_is_no_field),
        cmocka_unit_test(any_byte_may_be_in_a_value),
        cmocka_unit_test(lines_of_one_name_are_found_and_joined),
        cmocka_unit_test(lines_beyond_the_limit_are_reported),
        cmocka_unit_test(reserving_keeps_what_is_there),
        cmocka_unit_test(status_lines),
        cmocka_unit_test(request_lines),
        cmocka_unit_test(content_lengths),
        cmocka_unit_test(parts_and_wholes),
        cmocka_unit_test(range_lengths),
        cmocka_unit_test(bodies_that_are_elsewhere),
        cmocka_unit_test(endless_answers),
        cmocka_unit_test(links),
        cmocka_unit_test(links_need_no_memory_but_for_escapes),
        cmocka_unit_test(relations_are_words),
        cmocka_unit_test(media_types),
        cmocka_unit_test(html_is_sniffed),
        cmocka_unit_test(accept_chooses),
        cmocka_unit_test(dates),
        cmocka_unit_test(two_digit_years_follow_now),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
