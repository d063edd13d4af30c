/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_mime.c - formats/archive/mime.c, mime_coding.c. */
#include "unit.h"

#include "findings.h"
#include "formats/archive/mime_coding.h"
#include "formats/rows.h"

#define SAVED                                                                  \
    "From: <Saved by a browser>\r\nMIME-Version: 1.0\r\n"                      \
    "Content-Type: multipart/related;\r\n\ttype=\"text/html\";\r\n\tboundary=\"b--1\"\r\n\r\n"
#define PART(n) "--b--1\r\nContent-Type: text/html\r\nContent-Location: " n "\r\n\r\n"

static struct findings *run(const char *body, const char *declared)
{
    struct slice s = slice_cstr(body);
    assert_true(findings_same_in_pieces(&format_mime, s, declared));
    return findings_of(&format_mime, s, 0, declared);
}

static const struct found_member *check(const struct findings *f, const char *name,
                                        const char *data, bool root)
{
    const struct found_member *m = findings_member(f, name);
    assert_non_null(m);
    assert_slice(buf_slice(&m->bytes), data);
    assert_int_equal(m->member.root, root);
    return m;
}

static void a_saved_page_is_its_first_part(void **state)
{
    (void)state;
    struct findings *f = run(SAVED "preamble\r\n" PART("a") "one\r\n--b\r\n" PART("b")
                             "two\r\n\r\n--b--1--\r\nepilogue", NULL);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n_members, 2);
    assert_int_equal(f->missed, 0);
    const struct found_member *m = check(f, "a", "one\r\n--b", true);
    assert_true(m->whole);
    assert_slice(m->member.head, "Content-Type: text/html\r\nContent-Location: a");
    check(f, "b", "two\r\n", false);
    findings_free(f);
}

static void the_root_is_the_one_that_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *body, *declared;
        bool first, second;
    } cases[] = {
        { "", "multipart/related; boundary=x; start=\"<2>\"", true, true },
        { "", "Multipart/Related;boundary=\"x\"", true, false },
        { "", "multipart/mixed; boundary=x", false, false },
        { "", "multipart/form-data; boundary=x", false, false },
        { "", "multipart/alternative; boundary=x", true, true },
        { "", "multipart/byteranges; boundary=x", true, true },
        { "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n", "message/rfc822",
          true, false },
        /* The body's own head knows better. */
        { "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n",
          "multipart/related; boundary=wrong", true, false },
        { "Words: in front of it\n\n", "multipart/related; boundary=x", true, false },
        { "", "multipart/related", true, false }, /* the first line tells the boundary */
        { "\r\n\r\n", "multipart/related", true, false },
        { "", "multipart/mixed; boundary=--x", false, false }, /* as cameras say it */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[1024];
        snprintf(body, sizeof body,
                 "%s--x\nContent-Location: a\n\none\n--x \t\nContent-ID: <2>\n"
                 "Content-Location: b\n\ntwo\n--x--", cases[i].body);
        struct findings *f = run(body, cases[i].declared);
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n_members, 2);
        check(f, "a", "one", cases[i].first);
        check(f, "b", "two", cases[i].second);
        findings_free(f);
    }
}

static void multiparts_nest(void **state)
{
    (void)state;
    struct findings *f = run("Subject: x\nMIME-Version: 1.0\n"
                             "Content-Type: multipart/mixed; boundary=o\n\n--o\n"
                             "Content-Type: multipart/alternative; boundary=i\n\n--i\n\nplain\n"
                             "--i\nContent-Type: text/html\n\nhtml\n--i--\n--o\n"
                             "Content-Disposition: attachment; filename=\"f.jpg\"\n\nfile\n--o--\n",
                             "message/rfc822");
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n_members, 3);
    check(f, "part 1", "plain", true);
    check(f, "part 2", "html", true);
    check(f, "f.jpg", "file", false);
    findings_free(f);

    char deep[4096];
    size_t n = 0;
    for (int i = 0; i < 20; i++)
        n += (size_t)snprintf(deep + n, sizeof deep - n,
                              "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    f = run(deep, "message/rfc822");
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    assert_true(f->missed);
    findings_free(f);
}

static void a_message_is_its_text(void **state)
{
    (void)state;
    struct findings *f = run("Subject: x\nContent-Type: text/html\n"
                             "Content-Transfer-Encoding: base64\n\nPGI+\n\nYg==\n",
                             "message/rfc822");
    assert_int_equal(f->rc, OPTOUT_DONE);
    const struct found_member *m = check(f, "part 1", "<b>b", true);
    assert_true(m->whole);
    assert_false(m->member.in_place);
    findings_free(f);

    f = run("<html>no mail", "message/rfc822");
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    assert_int_equal(f->n_members, 0);
    findings_free(f);

    /* A mailbox may hold more. */
    f = run("From a@b Mon\nSubject: x\n\ntext\n\nFrom c@d Mon\nSubject: y\n\ntext\n", NULL);
    assert_true(f->missed);
    findings_free(f);
}

static void one_replacement_is_read(void **state)
{
    (void)state;
    struct findings *f = run("--x\r\nContent-Type: image/jpeg\r\n\r\none\r\n--x\r\n"
                             "Content-Type: image/jpeg\r\n\r\ntwo\r\n--x\r\n",
                             "multipart/x-mixed-replace; boundary=x");
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n_members, 1);
    check(f, "part 1", "one", true);
    assert_true(f->missed);
    findings_free(f);

    size_t n = (2u << 20) + 64;
    char *long_one = calloc(n, 1);
    memset(long_one, 'x', n - 1);
    memcpy(long_one, "--x\n\n", 5);
    f = findings_of(&format_mime, slice_cstr(long_one), 4096,
                    "multipart/x-mixed-replace; boundary=x");
    assert_true(f->done && f->missed);
    assert_true(f->fed < n);
    findings_free(f);
    free(long_one);
}

static void no_truncation_is_whole(void **state)
{
    (void)state;
    const char *body = SAVED PART("a") "one\r\n" PART("b") "two\r\n--b--1--";
    for (size_t n = 1; n < strlen(body); n++) {
        struct findings *f = findings_of(&format_mime, slice_of(body, n), 0, NULL);
        assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        findings_free(f);
    }
    assert_true(findings_cuts_are_told(&format_mime, slice_cstr(body), NULL));
}

static void heads_have_a_limit(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1u << 20);
    put_text(&b, SAVED "--b--1\r\nX: ");
    for (int i = 0; i < 40000; i++)
        put_text(&b, "x");
    put_text(&b, "\r\n\r\none\r\n" PART("b") "two\r\n--b--1--\r\n");
    assert_true(findings_same_in_pieces(&format_mime, buf_slice(&b), NULL));
    struct findings *f = findings_of(&format_mime, buf_slice(&b), 0, NULL);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->missed, 1);
    check(f, "part 1", "one", true);
    check(f, "b", "two", false);
    findings_free(f);
    buf_free(&b);
}

/* ---- transfer encodings ---- */

static bool collect(void *ctx, struct slice bytes)
{
    return buf_append(ctx, bytes.p, bytes.n) == OPTOUT_OK;
}

static void transfer_encodings(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in, *out;
    } cases[] = {
        { "quoted-printable", "a=3Db=3db=\r\nc=  \nd = e=", "a=b=bcd = e=" },
        { "Quoted-Printable", "==41=4=4G==", "=A=4=4G==" },
        { "quoted-printable ; x", "a=\t \r\nb=\r", "ab=\r" },
        { "base64", "PGh0\r\nbWw+", "<html>" },
        { "BASE64", "PGh0!bWw*+YQ==YWI=junk: YQ", "<html>aab" },
        { "8bit", "a=3D", "a=3D" },
        { "x-uuencode", "a=3D", "a=3D" },
        { "", "a=3D", "a=3D" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step < 9; step++) {
            struct mime_coding c = { .kind = mime_coding_of(slice_cstr(cases[i].name)) };
            struct slice in = slice_cstr(cases[i].in);
            struct buf out;
            buf_init(&out, 4096);
            for (; in.n; in = slice_from(in, step))
                assert_true(mime_coding_feed(&c, slice_sub(in, 0, step), collect, &out));
            assert_true(mime_coding_end(&c, collect, &out));
            if (i == 4)
                assert_true(slice_eq(slice_sub(buf_slice(&out), 0, 9), SLICE_OF("<html>aab")));
            else
                assert_slice(buf_slice(&out), cases[i].out);
            buf_free(&out);
        }
    assert_int_equal(mime_coding_of(SLICE_OF("x-uuencode")), MIME_UNKNOWN);
    assert_int_equal(mime_coding_of(SLICE_OF("binary")), MIME_AS_IT_IS);
}

static void told_by_their_first_lines(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        bool is;
    } cases[] = {
        { SAVED, true },
        { "Subject: x\nDate: y\n z\nmime-version: 1.0\n", true },
        { "From x@y Mon\nMIME-Version: 1.0\n", true },
        { "\r\n--b\r\nContent-Type: text/html\r\n", true },
        { "From: \"Saved by X\"\n", true },
        { "--b\nrm -rf", false },
        { "Subject: x\n\nMIME-Version: 1.0\n", false },
        { "<html>\nMIME-Version: 1.0\n", false },
        { "User-agent: *\nDisallow: /\n", false },
        { "", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(format_mime.sniff(slice_cstr(cases[i].head)), cases[i].is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saved_page_is_its_first_part),
        cmocka_unit_test(the_root_is_the_one_that_is_named),
        cmocka_unit_test(multiparts_nest),
        cmocka_unit_test(a_message_is_its_text),
        cmocka_unit_test(one_replacement_is_read),
        cmocka_unit_test(no_truncation_is_whole),
        cmocka_unit_test(heads_have_a_limit),
        cmocka_unit_test(transfer_encodings),
        cmocka_unit_test(told_by_their_first_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
