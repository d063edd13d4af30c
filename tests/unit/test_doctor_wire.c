/* SPDX-License-Identifier: Apache-2.0 */
/* test_doctor_wire.c - what the doctor reads from the network, and the origin that it sees with. */
#include "unit.h"

#include "core/clock.h"
#include "doctor/answer.h"
#include "doctor/coded.h"
#include "doctor/icap_options.h"
#include "doctor/origin.h"
#include "http/coding.h"

/* --- answers --------------------------------------------------------------- */

struct answer_row {
    const char *bytes;
    bool no_body;
    enum optout_rc rc; /* at the end of the connection */
    int status;
    uint64_t body_n;
};

static const struct answer_row answers[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, OPTOUT_DONE, 200, 5 },
    { "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false, OPTOUT_DONE, 200, 0 },
    { "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", false, OPTOUT_E_SYNTAX, 200, 5 },
    { "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello", false, OPTOUT_E_SYNTAX, 200, 0 },
    { "HTTP/1.1 200 OK\n\nhello", false, OPTOUT_DONE, 200, 5 },
    { "HTTP/1.1 204 No\r\n\r\nhello", false, OPTOUT_DONE, 204, 0 },
    { "HTTP/1.1 200 OK\r\n\r\n", true, OPTOUT_DONE, 200, 0 },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx", false,
      OPTOUT_DONE, 404, 1 },
    { "HTTP/1.1 101 Switching\r\n\r\nbytes", false, OPTOUT_DONE, 101, 0 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n2\r\n!!\r\n0\r\n\r\n",
      false, OPTOUT_DONE, 200, 7 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nTrailer: y\r\n\r\n", false,
      OPTOUT_DONE, 200, 1 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false,
      OPTOUT_E_SYNTAX, 200, 5 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false, OPTOUT_E_SYNTAX, 200, 0 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n123456789\r\n", false,
      OPTOUT_E_SYNTAX, 200, 0 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy", false, OPTOUT_E_SYNTAX, 200,
      1 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx", false,
      OPTOUT_E_SYNTAX, 200, 1 },
    { "HTTP/1.1 20 OK\r\n\r\n", false, OPTOUT_E_SYNTAX, 0, 0 },
    { "HTTP/1.1 2000 OK\r\n\r\n", false, OPTOUT_E_SYNTAX, 0, 0 },
    { "hello\r\n\r\n", false, OPTOUT_E_SYNTAX, 0, 0 },
    { "HTTP/1.1 200 OK\r\n", false, OPTOUT_E_SYNTAX, 0, 0 },
    { "", false, OPTOUT_E_SYNTAX, 0, 0 },
    { "ICAP/1.0 200 OK\r\nPreview: 1024\r\nEncapsulated: null-body=0\r\n\r\n", true, OPTOUT_DONE, 200,
      0 },
};

static enum optout_rc feed(struct answer *a, const char *bytes, size_t step)
{
    struct slice rest = slice_cstr(bytes);
    enum optout_rc rc = OPTOUT_MORE;
    for (; rest.n && rc == OPTOUT_MORE; rest = slice_from(rest, step))
        rc = answer_feed(a, slice_sub(rest, 0, step));
    return rc == OPTOUT_MORE ? answer_end(a) : rc;
}

static void answers_are_read_in_any_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const struct answer_row *row = &answers[i];
        for (size_t step = 1; step < 200; step += step < 20 ? 1 : 60) {
            struct answer a;
            answer_init(&a, row->no_body);
            enum optout_rc rc = feed(&a, row->bytes, step);
            if (rc != row->rc || a.body_n != row->body_n ||
                (rc == OPTOUT_DONE && a.status != row->status) ||
                a.whole != (rc == OPTOUT_DONE))
                fail_msg("row %zu, pieces of %zu: %d, status %d, %u bytes", i, step, (int)rc,
                         a.status, (unsigned)a.body_n);
            answer_free(&a);
        }
    }
}

static void answers_have_limits(void **state)
{
    (void)state;
    struct answer a;
    char line[1025];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    answer_init(&a, false);
    assert_int_equal(answer_feed(&a, SLICE_OF("HTTP/1.1 200 OK\r\nX: ")), OPTOUT_MORE);
    enum optout_rc rc = OPTOUT_MORE;
    for (size_t n = 0; rc == OPTOUT_MORE && n < 2 * ANSWER_HEAD_MAX; n += 1024)
        rc = answer_feed(&a, slice_cstr(line));
    assert_int_equal(rc, OPTOUT_E_LIMIT);
    assert_true(a.head.n <= ANSWER_HEAD_MAX);
    answer_free(&a);
    answer_init(&a, false);
    assert_int_equal(answer_feed(&a, SLICE_OF("HTTP/1.1 200 OK\r\n\r\n")), OPTOUT_MORE);
    rc = OPTOUT_MORE;
    for (size_t n = 0; rc == OPTOUT_MORE && n < 2 * ANSWER_BODY_MAX; n += 1024)
        rc = answer_feed(&a, slice_cstr(line));
    assert_int_equal(rc, OPTOUT_E_LIMIT);
    assert_int_equal(a.body.n, ANSWER_KEPT_MAX);
    answer_free(&a);
}

/* --- places ---------------------------------------------------------------- */

static void places_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host; /* NULL: it is none */
        unsigned port;
    } rows[] = {
        { "127.0.0.1:80", "127.0.0.1", 80 }, { "proxy", "proxy", 7 },
        { "[::1]:8080", "::1", 8080 },       { "[::1]", "::1", 7 },
        { "", NULL, 0 },                     { ":80", NULL, 0 },
        { "a:70000", NULL, 0 },              { "a:b", NULL, 0 },
        { "[::1", NULL, 0 },                 { "[::1]80", NULL, 0 },
        { "a:", NULL, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wire_place at;
        bool good = wire_place_read(slice_cstr(rows[i].text), 7, &at);
        if (good != (rows[i].host != NULL))
            fail_msg("%s", rows[i].text);
        if (!good)
            continue;
        assert_string_equal(at.host, rows[i].host);
        assert_int_equal(at.port, rows[i].port);
    }
    struct icap_url url;
    assert_true(icap_url_read("icap://127.0.0.1/optout?profile=a", &url));
    assert_int_equal(url.at.port, 1344);
    assert_string_equal(url.path, "/optout?profile=a");
    assert_false(icap_url_read("http://127.0.0.1/optout", &url));
    assert_false(icap_url_read("icap://127.0.0.1/a b\r\nX: y", &url));
}

/* --- codings --------------------------------------------------------------- */

static void codings_are_undone_again(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*code)(struct slice, struct buf *);
    } rows[] = { { "gzip", coded_gzip }, { "br", coded_brotli }, { "zstd", coded_zstd } };
    static const size_t sizes[] = { 0, 1, 20, 65535, 65536, 65537, 200000 };
    const struct coding_limits limits = { 1u << 20, 0 };
    uint8_t *page = malloc(200000);
    for (size_t i = 0; i < 200000; i++)
        page[i] = (uint8_t)('a' + i * i % 26);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct buf coded, kept;
            buf_init(&coded, 1u << 20);
            buf_init(&kept, 1u << 20);
            rows[r].code(slice_of(page, sizes[i]), &coded);
            assert_int_equal(coded.failed, OPTOUT_OK);
            struct slice body = buf_slice(&coded);
            if (sizes[i]) {
                assert_int_equal(coding_undo(slice_cstr(rows[r].name), &limits, NULL, NULL,
                                             &body, &kept),
                                 OPTOUT_OK);
                assert_true(slice_eq(body, slice_of(page, sizes[i])));
            }
            buf_free(&coded);
            buf_free(&kept);
        }
    }
    free(page);
}

/* --- the origin ------------------------------------------------------------ */

static struct origin *open_origin(void)
{
    char why[256];
    struct origin_options o = { .at = { "127.0.0.1", 0 },
                                .end_us = clock_mono_us() + 10 * 1000000 };
    struct origin *origin = origin_open(&o, why, sizeof why);
    if (!origin)
        fail_msg("%s", why);
    return origin;
}

/* Says `request` there, over TLS or not, and reads the answer. */
static void ask(struct origin *o, bool tls, bool shake, const char *request, struct answer *a)
{
    struct wire_place at = origin_place(o, tls);
    struct wire w = WIRE_NONE;
    uint8_t bytes[4096];
    ssize_t n = 0;
    enum optout_rc rc = OPTOUT_MORE;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    answer_init(a, false);
    assert_true(wire_dial(&w, &at, clock_mono_us() + 5 * 1000000));
    if (shake)
        assert_true(wire_shake(&w, ctx, at.host));
    assert_true(wire_write(&w, slice_cstr(request)));
    while (rc == OPTOUT_MORE && (n = wire_read(&w, bytes, sizeof bytes)) > 0)
        rc = answer_feed(a, slice_of(bytes, (size_t)n));
    wire_close(&w);
    SSL_CTX_free(ctx);
}

static void the_origin_answers_and_remembers(void **state)
{
    (void)state;
    struct origin *o = open_origin();
    struct answer a;
    struct buf head;
    char request[512];
    for (int tls = 0; tls < 2; tls++) {
        snprintf(request, sizeof request, "GET %s%s/reserved HTTP/1.1\r\nHost: x\r\nX-Y: %d\r\n\r\n",
                 ORIGIN_PATH, origin_token(o), tls);
        ask(o, tls, tls, request, &a);
        assert_true(a.whole);
        assert_int_equal(a.status, 200);
        assert_slice(answer_field(&a, "tdm-reservation"), "1");
        answer_free(&a);
        assert_int_equal(origin_count(o, "reserved"), tls + 1);
    }
    buf_init(&head, ORIGIN_HEAD_MAX);
    origin_seen(o, "reserved", &head);
    assert_true(slice_find_nocase(buf_slice(&head), SLICE_OF("X-Y: 1")) < head.n);
    buf_free(&head);
    ask(o, false, false, "GET /robots.txt HTTP/1.1\r\n\r\n", &a);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    ask(o, false, false, "GET /optout-doctor/other/reserved HTTP/1.1\r\n\r\n", &a);
    assert_int_equal(a.status, 404); /* another run's */
    answer_free(&a);
    assert_int_equal(origin_count(o, "reserved"), 2);
    origin_close(o);
}

static void the_origin_sees_what_is_no_http(void **state)
{
    (void)state;
    struct origin *o = open_origin();
    struct answer a;
    for (int tls = 0; tls < 2; tls++) {
        ask(o, tls, false, "OPTOUT-DOCTOR neither\r\n\r\n", &a);
        answer_free(&a);
        assert_int_equal(origin_count(o, "raw"), tls + 1);
    }
    origin_close(o);
}

static void sizes_are_exact(void **state)
{
    (void)state;
    static const char *const names[] = { "size/65535", "size/65536", "chunked/1048576" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf out;
        struct answer a;
        buf_init(&out, 4u << 20);
        answer_init(&a, false);
        origin_answer(slice_cstr(names[i]), SLICE_EMPTY, &out);
        assert_int_equal(answer_feed(&a, buf_slice(&out)), OPTOUT_DONE);
        assert_int_equal(a.body_n, strtoul(strchr(names[i], '/') + 1, NULL, 10));
        answer_free(&a);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_read_in_any_pieces),
        cmocka_unit_test(answers_have_limits),
        cmocka_unit_test(places_are_read),
        cmocka_unit_test(codings_are_undone_again),
        cmocka_unit_test(the_origin_answers_and_remembers),
        cmocka_unit_test(the_origin_sees_what_is_no_http),
        cmocka_unit_test(sizes_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
