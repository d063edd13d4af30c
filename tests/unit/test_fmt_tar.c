/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_tar.c - formats/archive/tar.c. */
#include "unit.h"

#include "findings.h"
#include "formats/rows.h"

enum tar_kind { TAR_USTAR, TAR_GNU, TAR_OLD };

/* One header block; size_field NULL: octal digits of `size`. */
static void header(struct buf *b, enum tar_kind kind, const char *name, char flag, size_t size,
                   const char *size_field)
{
    uint8_t h[512] = { 0 };
    unsigned sum = 0;
    snprintf((char *)h, 100, "%s", name);
    snprintf((char *)h + 100, 8, "%07o", 0644);
    snprintf((char *)h + 124, 12, "%011o", (unsigned)(size & 0xFFFFFF));
    if (size_field)
        memcpy(h + 124, size_field, 12);
    h[156] = (uint8_t)flag;
    if (kind == TAR_USTAR)
        memcpy(h + 257, "ustar\00000", 8);
    else if (kind == TAR_GNU)
        memcpy(h + 257, "ustar  ", 8);
    memset(h + 148, ' ', 8);
    for (unsigned i = 0; i < 512; i++)
        sum += h[i];
    snprintf((char *)h + 148, 8, "%06o", sum & 0777777u);
    put_slice(b, slice_of(h, 512));
}

static void pad(struct buf *b)
{
    while (b->n % 512)
        put_le(b, 0, 1);
}

static void add(struct buf *b, enum tar_kind kind, const char *name, char flag, const char *data)
{
    header(b, kind, name, flag, strlen(data), NULL);
    put_text(b, data);
    pad(b);
}

static void end(struct buf *b)
{
    for (unsigned i = 0; i < 1024; i++)
        put_le(b, 0, 1);
}

static struct findings *run(struct buf *b)
{
    assert_true(findings_same_in_pieces(&format_tar, buf_slice(b), NULL));
    return findings_of(&format_tar, buf_slice(b), 0, NULL);
}

static void done(struct findings *f, struct buf *b)
{
    findings_free(f);
    buf_free(b);
    buf_init(b, 1u << 20);
}

static void check(const struct findings *f, const char *name, const char *data)
{
    const struct found_member *m = findings_member(f, name);
    assert_non_null(m);
    assert_slice(buf_slice(&m->bytes), data);
    assert_true(m->whole);
    assert_true(m->member.in_place);
    assert_false(m->member.root);
}

static void every_kind_of_tar(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1u << 20);
    for (enum tar_kind kind = TAR_USTAR; kind <= TAR_OLD; kind++) {
        add(&b, kind, "a.html", kind == TAR_OLD ? '\0' : '0', "first");
        header(&b, kind, "d/", '5', 0, NULL);
        header(&b, kind, "link", '2', 77, NULL); /* a link has no data, whatever it says */
        add(&b, kind, "d/b.html", '0', "second");
        add(&b, kind, "odd", 'q', "third");
        end(&b);
        assert_true(format_tar.sniff(slice_sub(buf_slice(&b), 0, 512)));
        struct findings *f = run(&b);
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n_members, 3);
        assert_int_equal(f->missed, 0);
        check(f, "a.html", "first");
        check(f, "d/b.html", "second");
        check(f, "odd", "third");
        assert_int_equal(f->m[0].member.at, 512);
        done(f, &b);
    }
    buf_free(&b);
}

static void extensions_name_and_size_the_next(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1u << 20);
    add(&b, TAR_GNU, "././@LongLink", 'L', "a/long/name.html");
    add(&b, TAR_GNU, "short", '0', "one");
    add(&b, TAR_USTAR, "pax", 'x', "19 path=other.html\n9 size=3\n");
    header(&b, TAR_USTAR, "n", '0', 0, NULL); /* its own size is not the real one */
    put_text(&b, "two");
    pad(&b);
    add(&b, TAR_USTAR, "plain", '0', "three");
    header(&b, TAR_GNU, "binary", '0', 0, "\x80\0\0\0\0\0\0\0\0\0\0\4");
    put_text(&b, "four");
    pad(&b);
    end(&b);
    struct findings *f = run(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    check(f, "a/long/name.html", "one");
    check(f, "other.html", "two");
    check(f, "plain", "three");
    check(f, "binary", "four");
    done(f, &b);
    buf_free(&b);
}

static void what_is_joined_behind_the_end_is_read(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1u << 20);
    add(&b, TAR_USTAR, "a", '0', "one");
    end(&b);
    add(&b, TAR_USTAR, "b", '0', "two");
    struct findings *f = run(&b); /* and the end itself may be missing */
    assert_int_equal(f->rc, OPTOUT_DONE);
    check(f, "b", "two");
    done(f, &b);
    add(&b, TAR_USTAR, "a", '0', "one");
    end(&b);
    for (unsigned i = 0; i < 1024; i++)
        put_text(&b, "x");
    f = run(&b);
    assert_int_equal(f->rc, OPTOUT_DONE); /* other bytes there are nobody's */
    assert_int_equal(f->n_members, 1);
    done(f, &b);
    buf_free(&b);
}

static void sparse_files_are_missed(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1u << 20);
    add(&b, TAR_GNU, "holes", 'S', "one");
    add(&b, TAR_USTAR, "pax", 'x', "22 GNU.sparse.major=1\n");
    add(&b, TAR_USTAR, "holes2", '0', "two");
    add(&b, TAR_USTAR, "b", '0', "three");
    end(&b);
    struct findings *f = run(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->missed, 2);
    assert_int_equal(f->n_members, 1);
    check(f, "b", "three");
    done(f, &b);
    buf_free(&b);
}

static void no_truncation_is_whole(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1u << 20);
    add(&b, TAR_GNU, "././@LongLink", 'L', "a/long/name.html");
    add(&b, TAR_GNU, "a", '0', "one");
    add(&b, TAR_GNU, "b", '0', "two");
    struct slice all = buf_slice(&b);
    for (size_t n = 1; n < all.n; n++) {
        struct findings *f = findings_of(&format_tar, slice_sub(all, 0, n), 0, NULL);
        /* Between headers, and in the padding, nothing is missed that is known of. */
        bool clean = f->rc == OPTOUT_DONE;
        size_t in = n % 512;
        assert_true(!clean || in == 0 || in >= 3);
        for (size_t i = 0; i < f->n_members; i++)
            assert_true(clean ? f->m[i].whole : true);
        findings_free(f);
    }
    assert_true(findings_cuts_are_told(&format_tar, all, NULL));
    buf_free(&b);
}

static enum optout_rc findings_rc(const struct buf *b)
{
    struct findings *f = findings_of(&format_tar, buf_slice(b), 0, NULL);
    enum optout_rc rc = f->rc;
    findings_free(f);
    return rc;
}

static void what_is_none_is_none(void **state)
{
    (void)state;
    uint8_t zeros[512] = { 0 };
    assert_false(format_tar.sniff(slice_of(zeros, 512)));
    struct buf b; /* zeros are an archive of nothing, but what begins with some need be none */
    buf_init(&b, 1u << 20);
    assert_int_equal(buf_append(&b, zeros, 512), OPTOUT_OK);
    assert_int_equal(findings_rc(&b), OPTOUT_DONE);
    memset(zeros, 'x', sizeof zeros);
    assert_int_equal(buf_append(&b, zeros, 512), OPTOUT_OK);
    assert_int_equal(findings_rc(&b), OPTOUT_E_SYNTAX);
    buf_free(&b);
    buf_init(&b, 1u << 20);
    add(&b, TAR_OLD, "a", '0', "one");
    b.p[5] ^= 1;
    assert_false(format_tar.sniff(slice_sub(buf_slice(&b), 0, 512)));
    struct findings *f = run(&b);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    done(f, &b);
    header(&b, TAR_USTAR, "a", '0', 0, "\xBF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF");
    f = run(&b);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX); /* of a size that nothing has */
    done(f, &b);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_tar),
        cmocka_unit_test(extensions_name_and_size_the_next),
        cmocka_unit_test(what_is_joined_behind_the_end_is_read),
        cmocka_unit_test(sparse_files_are_missed),
        cmocka_unit_test(no_truncation_is_whole),
        cmocka_unit_test(what_is_none_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
