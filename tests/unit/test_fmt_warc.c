/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_warc.c - formats/archive/warc.c, chunked.c. */
#include "unit.h"

#include "findings.h"
#include "formats/parts/chunked.h"
#include "formats/rows.h"

#define HTTP "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
#define ANSWER "application/http;msgtype=response"

static void record(struct buf *b, const char *type, const char *media, const char *more,
                   const char *block)
{
    char head[512];
    snprintf(head, sizeof head, "WARC/1.1\r\nWARC-Type: %s\r\nWARC-Target-URI: http://o/%u\r\n"
             "Content-Type: %s\r\n%sContent-Length: %zu\r\n\r\n", type, (unsigned)b->n, media, more,
             strlen(block));
    put_text(b, head);
    put_text(b, block);
    put_text(b, "\r\n\r\n");
}

static struct findings *run(const struct buf *b)
{
    assert_true(findings_same_in_pieces(&format_warc, buf_slice(b), NULL));
    return findings_of(&format_warc, buf_slice(b), 0, NULL);
}

static void check(const struct findings *f, size_t n, const char *body, const char *head)
{
    assert_true(n < f->n_members);
    assert_slice(buf_slice(&f->m[n].bytes), body);
    if (head)
        assert_non_null(strstr((const char *)f->m[n].member.head.p, head));
}

static void answers_and_resources_are_members(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1u << 20);
    record(&b, "warcinfo", "application/warc-fields", "", "software: x\r\n");
    record(&b, "request", "application/http;msgtype=request", "", "GET / HTTP/1.1\r\n\r\nbody");
    record(&b, "response", ANSWER, "", HTTP "X-Robots-Tag: noai\r\n\r\none");
    record(&b, "resource", "text/html", "", "two");
    record(&b, "conversion", "text/plain", "", "three");
    record(&b, "response", "text/dns", "", "four");
    record(&b, "metadata", "application/warc-fields", "", "x: y\r\n");
    record(&b, "revisit", ANSWER, "", "HTTP/1.1 304 Not Modified\r\nX-Robots-Tag: noai\r\n\r\n");
    record(&b, "response", ANSWER, "", "HTTP/1.1 204 No Content\r\nX-Robots-Tag: x\r\n");
    struct findings *f = run(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n_members, 6);
    assert_int_equal(f->missed, 0);
    check(f, 0, "one", "X-Robots-Tag: noai");
    assert_int_equal(f->m[0].member.status, 200);
    assert_false(f->m[0].member.root);
    assert_memory_equal(b.p + f->m[0].member.at, "one", 3);
    check(f, 1, "two", NULL);
    assert_slice(f->m[1].member.type, "text/html");
    check(f, 2, "three", NULL);
    check(f, 3, "four", NULL);
    check(f, 4, "", "X-Robots-Tag: noai");
    assert_true(f->m[4].member.bodiless);
    check(f, 5, "", "X-Robots-Tag: x");
    assert_int_equal(f->m[5].member.status, 204);
    findings_free(f);
    buf_free(&b);
}

static void chunks_are_undone_where_they_are(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1u << 20);
    record(&b, "response", ANSWER, "",
           HTTP "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n4;x=y\r\ntwo!\r\n0\r\nX: y\r\n\r\n");
    record(&b, "response", ANSWER, "", HTTP "Transfer-Encoding: chunked\r\n\r\n<p>as it is");
    record(&b, "response", ANSWER, "", HTTP "Transfer-Encoding: chunked\r\n\r\nab");
    struct findings *f = run(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    check(f, 0, "onetwo!", NULL);
    assert_false(f->m[0].member.in_place);
    check(f, 1, "<p>as it is", NULL);
    check(f, 2, "ab", NULL);
    findings_free(f);
    buf_free(&b);
}

static void pieces_of_records_are_missed(void **state)
{
    (void)state;
    static const char *const more[] = { "WARC-Truncated: length\r\n",
                                        "WARC-Segment-Number: 1\r\n" };
    for (size_t i = 0; i < 3; i++) {
        struct buf b;
        buf_init(&b, 1u << 20);
        if (i < 2)
            record(&b, "response", ANSWER, more[i], HTTP "\r\none");
        else
            record(&b, "continuation", ANSWER, "WARC-Segment-Number: 2\r\n", "two");
        struct findings *f = run(&b);
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_true(f->missed);
        assert_int_equal(f->n_members, i < 2);
        findings_free(f);
        buf_free(&b);
    }
}

static void no_truncation_is_whole(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1u << 20);
    record(&b, "response", ANSWER, "", HTTP "\r\none");
    size_t first = b.n;
    record(&b, "resource", "text/html", "", "two");
    for (size_t n = 1; n < b.n; n++) {
        struct findings *f = findings_of(&format_warc, slice_of(b.p, n), 0, NULL);
        bool between = (n >= first - 4 && n <= first) || n >= b.n - 4;
        assert_int_equal(f->rc, between ? OPTOUT_DONE : OPTOUT_E_SYNTAX);
        findings_free(f);
    }
    assert_true(findings_cuts_are_told(&format_warc, buf_slice(&b), NULL));
    buf_free(&b);
}

static void what_is_none_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum optout_rc rc;
    } cases[] = {
        { "WARC/1.0\r\nWARC-Type: response\r\n\r\n", OPTOUT_E_SYNTAX },
        { "WARC/1.0\r\nContent-Length: -1\r\n\r\n", OPTOUT_E_SYNTAX },
        { "HTTP/1.0\r\nContent-Length: 1\r\n\r\n", OPTOUT_E_SYNTAX },
        { "WARC/1.0\r\nContent-Length: 0\r\n\r\n\r\n\r\njunk\r\n\r\n", OPTOUT_E_SYNTAX },
        { "WARC/1.0\r\nContent-Length: 18446744073709551615\r\n\r\nx", OPTOUT_E_SYNTAX },
        { "WARC/1.0\nContent-Length: 1\n\nx", OPTOUT_DONE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice s = slice_cstr(cases[i].body);
        assert_true(findings_same_in_pieces(&format_warc, s, NULL));
        struct findings *f = findings_of(&format_warc, s, 0, NULL);
        assert_int_equal(f->rc, cases[i].rc);
        findings_free(f);
    }
    assert_true(format_warc.sniff(SLICE_OF("WARC/0.18\r\n")));
    assert_false(format_warc.sniff(SLICE_OF("WARC/")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_and_resources_are_members),
        cmocka_unit_test(chunks_are_undone_where_they_are),
        cmocka_unit_test(pieces_of_records_are_missed),
        cmocka_unit_test(no_truncation_is_whole),
        cmocka_unit_test(what_is_none_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
