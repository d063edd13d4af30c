/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_gif.c - packets in the application extensions of GIF files. */
#include "carriers.h"
#include "formats/rows.h"

static const struct slice xmp = SLICE(XMP_TEXT);

static struct buf begin_gif(bool table)
{
    struct buf b = new_body();
    put(&b, "GIF89a\1\0\1\0", 10);
    put_be(&b, table ? 0x81 : 0, 1);
    put(&b, "\0\0", 2);
    for (int i = 0; table && i < 12; i++)
        put_be(&b, 0x3B, 1); /* a trailer, if it were a block */
    return b;
}

/* With a colour table of its own, of bytes that begin blocks. */
static void image(struct buf *b)
{
    put(b, ",\0\0\0\0\1\0\1\0\x80!\xff;!\xff;\2\2D\1\0", 21);
}

static void trailer(struct buf *b, unsigned from)
{
    uint8_t all[258] = { 1 };
    for (unsigned i = 1; i < 257; i++)
        all[i] = (uint8_t)(256 - i);
    put(b, all + from, sizeof all - from);
}

static void blocks(struct buf *b, struct slice s)
{
    for (size_t at = 0; at < s.n; at += 255) {
        struct slice piece = slice_sub(s, at, 255);
        put_be(b, piece.n, 1);
        put_slice(b, piece);
    }
    put_be(b, 0, 1);
}

static void begin_xmp(struct buf *b)
{
    put_text(b, "!\xff\x0bXMP DataXMP");
}

static struct findings *end_gif(struct buf *b)
{
    put_text(b, ";");
    return find_all(&format_gif, buf_slice(b));
}

static void finish(struct findings *f, struct buf *b)
{
    findings_free(f);
    buf_free(b);
}

static const char xmp_where[] = "application extension XMP DataXMP";
static const char store_where[] = "application extension C2PA_GIF";

static void raw_xmp(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct buf b = begin_gif(i & 1);
        if (i & 2)
            image(&b);
        begin_xmp(&b);
        size_t at = b.n;
        put_slice(&b, xmp);
        trailer(&b, 0);
        if (!(i & 2))
            image(&b);
        struct findings *f = end_gif(&b);
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 1);
        check_packet(f, PACKET_XMP, 0, PACKET_MAIN, xmp, xmp_where);
        assert_int_equal(f->v[0].packet.offset, at);
        check_cuts(&format_gif, buf_slice(&b), 1);
        finish(f, &b);
    }
}

static void xmp_in_sub_blocks(void **state)
{
    (void)state;
    struct buf b = begin_gif(true);
    begin_xmp(&b);
    blocks(&b, xmp);
    image(&b);
    struct findings *f = end_gif(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_packet(f, PACKET_XMP, 0, PACKET_MAIN, xmp, xmp_where);
    check_cuts(&format_gif, buf_slice(&b), 1);
    finish(f, &b);
}

/* All trailers that are too short: never whole and clear, and never a crash. The whole text
 * of the packet arrives. */
static void short_trailers(void **state)
{
    (void)state;
    for (unsigned from = 1; from <= 258; from++) {
        struct buf b = begin_gif(true);
        begin_xmp(&b);
        put_slice(&b, xmp);
        trailer(&b, from);
        image(&b);
        struct findings *f = end_gif(&b);
        assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        const struct finding *p = findings_get(f, PACKET_XMP, 0);
        assert_non_null(p);
        assert_int_equal(p->end, PACKET_CUT);
        assert_true(p->bytes.n >= xmp.n);
        assert_memory_equal(p->bytes.p, xmp.p, xmp.n);
        finish(f, &b);
    }
}

static void tiny_xmp(void **state)
{
    (void)state;
    static const struct slice v[] = {
        { (const uint8_t *)"\0", 1 }, { (const uint8_t *)"\1<\0", 3 },
        { (const uint8_t *)"\1\1\0", 3 }, { (const uint8_t *)"\2<a\0", 4 },
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct buf b = begin_gif(false);
        begin_xmp(&b);
        put_slice(&b, v[i]);
        struct findings *f = end_gif(&b);
        assert_true(f->n <= 1);
        finish(f, &b);
    }
}

static void stores_and_comments(void **state)
{
    (void)state;
    struct buf b = begin_gif(true);
    put(&b, "!\xff\x0b" "C2PA_GIF\1\0\0", 14);
    blocks(&b, store());
    put_text(&b, "!\xfe");
    blocks(&b, SLICE_OF("Caf\xe9"));
    put(&b, "!\xff\x0bNETSCAPE2.0\3\1\0\0\0", 19);
    put(&b, "!\xf9\4\0\0\0\0\0", 8);
    image(&b);
    struct findings *f = end_gif(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 2);
    check_packet(f, PACKET_C2PA, 0, PACKET_MAIN, store(), store_where);
    check_text(f, 0, "Comment", "Caf\xc3\xa9");
    check_cuts(&format_gif, buf_slice(&b), 2);
    finish(f, &b);
}

/* A comment longer than what is kept, and more comments than are handed on. */
static void many_comments(void **state)
{
    (void)state;
    struct buf b = begin_gif(false), text = new_body();
    for (unsigned i = 0; i <= PACKET_TEXT_MAX; i++)
        put_be(&text, 'a' + i % 26, 1);
    for (int i = 0; i < 40; i++) {
        put_text(&b, "!\xfe");
        blocks(&b, buf_slice(&text));
    }
    struct findings *f = end_gif(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 32);
    assert_int_equal(f->v[0].end, PACKET_LIMIT);
    assert_int_equal(f->v[0].bytes.n, PACKET_TEXT_MAX);
    buf_free(&text);
    finish(f, &b);
}

static void ends_at_the_trailer(void **state)
{
    (void)state;
    struct buf b = begin_gif(true);
    image(&b);
    put_text(&b, ";");
    size_t end = b.n;
    begin_xmp(&b);
    put_slice(&b, xmp);
    trailer(&b, 0);
    struct findings *f = findings_of(&format_gif, buf_slice(&b), 1, NULL);
    assert_true(f->done);
    assert_int_equal(f->fed, end);
    assert_int_equal(f->n, 0);
    assert_int_equal(f->rc, OPTOUT_DONE);
    finish(f, &b);
}

static void broken_blocks(void **state)
{
    (void)state;
    struct buf b = begin_gif(false);
    put_text(&b, "?");
    struct findings *f = end_gif(&b);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    finish(f, &b);
    assert_false(format_gif.sniff(SLICE_OF("GIF88a...")));
    assert_false(format_gif.sniff(SLICE_OF("GIF89")));
}

static void samples(void **state)
{
    (void)state;
    check_samples(&format_gif);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_xmp),
        cmocka_unit_test(xmp_in_sub_blocks),
        cmocka_unit_test(short_trailers),
        cmocka_unit_test(tiny_xmp),
        cmocka_unit_test(stores_and_comments),
        cmocka_unit_test(many_comments),
        cmocka_unit_test(ends_at_the_trailer),
        cmocka_unit_test(broken_blocks),
        cmocka_unit_test(samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
