/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_jxl.c - packets in JPEG XL and JPEG 2000 files: plain and packed boxes, stores and
 * what only looks like one, cuts. */
#include "bmff_fixture.h"

#define IIM "\x1c\x02\x74\x00\x05(c) X"

static void start_jxl(struct buf *b)
{
    buf_init(b, 64u << 20);
    put_hex(b, "0000000C4A584C200D0A870A");
    size_t at = box_begin(b, "ftyp");
    put_text(b, "jxl ");
    put_be(b, 0, 4);
    put_text(b, "jxl ");
    box_end(b, at);
}

static void start_jp2(struct buf *b)
{
    buf_init(b, 64u << 20);
    put_hex(b, "0000000C6A5020200D0A870A");
    size_t at = box_begin(b, "ftyp");
    put_text(b, "jp2 ");
    put_be(b, 0, 4);
    put_text(b, "jp2 ");
    box_end(b, at);
    put_box(b, "jp2h", "header");
}

/* RFC 7932: one uncompressed meta-block and an empty last one. */
static void put_brotli(struct buf *b, struct slice s)
{
    assert_in_range(s.n, 1, 65536);
    put_le(b, (uint64_t)(s.n - 1) << 4 | 1u << 20, 3);
    put_slice(b, s);
    put_be(b, 3, 1);
}

static void put_brob(struct buf *b, const char *type, struct slice s)
{
    size_t at = box_begin(b, "brob");
    put_text(b, type);
    put_brotli(b, s);
    box_end(b, at);
}

static void naked_codestream_is_done_at_once(void **unused)
{
    (void)unused;
    static const uint8_t body[] = { 0xFF, 0x0A, 1, 2, 3, 4 };
    assert_true(format_jxl.sniff(slice_of(body, sizeof body)));
    for (size_t piece = 1; piece < 3; piece++) {
        struct findings *f = findings_of(&format_jxl, slice_of(body, sizeof body), piece, NULL);
        assert_true(f->done);
        assert_int_equal(f->fed, 2);
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 0);
        findings_free(f);
    }
}

static void boxes_of_jxl(void **unused)
{
    (void)unused;
    struct buf b, store;
    buf_init(&store, 1024);
    put_hex(&store, STORE_HEX);
    start_jxl(&b);
    put_slice(&b, buf_slice(&store));
    put_box(&b, "jxlc", "codestream");
    put_box(&b, "xml ", XMP_TEXT);
    put_brob(&b, "xml ", slice_cstr(XMP_TEXT));
    put_brob(&b, "XML ", slice_cstr(XMP_TEXT));
    put_brob(&b, "Exif", slice_cstr("II*"));
    put_brob(&b, "JumB", slice_from(buf_slice(&store), 8));
    put_brob(&b, "jumb", slice_cstr("not a manifest store, but as long as the head of one"));
    struct findings *f = run(&format_jxl, &b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 5);
    check_store(f, 0);
    check_packet(f, PACKET_XMP, 0, XMP_TEXT, "xml box", PACKET_MAIN);
    check_packet(f, PACKET_XMP, 1, XMP_TEXT, "brob box, xml", PACKET_MAIN);
    check_packet(f, PACKET_XMP, 2, XMP_TEXT, "brob box, xml", PACKET_MAIN);
    const struct finding *packed = findings_get(f, PACKET_C2PA, 1);
    assert_non_null(packed);
    assert_int_equal(packed->end, PACKET_WHOLE);
    assert_int_equal(packed->bytes.n, STORE_SIZE);
    assert_memory_equal(packed->bytes.p + 4, store.p + 4, STORE_SIZE - 4);
    assert_int_equal(be32(packed->bytes.p), 0); /* its length is not told */
    findings_free(f);
    buf_free(&b);
    buf_free(&store);
}

static void other_jumb_boxes_are_not_stores(void **unused)
{
    (void)unused;
    static const struct {
        const struct format *format;
        void (*start)(struct buf *b);
    } rows[] = { { &format_jxl, start_jxl }, { &format_jp2, start_jp2 } };
    for (size_t i = 0; i < 2; i++) {
        struct buf b;
        rows[i].start(&b);
        size_t at = b.n;
        put_hex(&b, STORE_HEX);
        b.p[at + 16] ^= 1;  /* another content type ... */
        struct findings *f = run(rows[i].format, &b);
        assert_int_equal(f->n, 1);
        findings_free(f);
        b.p[at + 33] ^= 1; /* ... and another label */
        f = run(rows[i].format, &b);
        assert_int_equal(f->n, 0);
        assert_int_equal(f->rc, OPTOUT_DONE);
        findings_free(f);
        buf_free(&b);
    }
}

static void broken_brotli(void **unused)
{
    (void)unused;
    struct buf b;
    start_jxl(&b);
    put_brob(&b, "xml ", slice_cstr(XMP_TEXT));
    put_box(&b, "jxlc", "codestream");
    size_t at = b.n - 18 - 1; /* the last byte of the stream */
    b.p[at] = 0x1d;           /* reserved bit pattern */
    struct findings *f = run(&format_jxl, &b);
    assert_int_equal(f->n, 1);
    assert_int_not_equal(f->v[0].end, PACKET_WHOLE);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    findings_free(f);
    buf_free(&b);
}

static void boxes_of_jp2(void **unused)
{
    (void)unused;
    struct buf b;
    start_jp2(&b);
    put_xmp_uuid(&b);
    size_t at = box_begin(&b, "uuid");
    put_hex(&b, "33C7A4D2B81D4723A0BAF1A3E097AD38");
    put_slice(&b, SLICE_OF(IIM));
    box_end(&b, at);
    put_box(&b, "xml ", "<gml>not a packet</gml>");
    put_box(&b, "xml ", XMP_TEXT);
    put_hex(&b, STORE_HEX);
    put_box(&b, "jp2c", "codestream");
    struct findings *f = run(&format_jp2, &b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 4);
    check_packet(f, PACKET_XMP, 0, XMP_TEXT, "uuid box", PACKET_MAIN);
    check_packet(f, PACKET_XMP, 1, XMP_TEXT, "xml box", PACKET_MAIN);
    check_store(f, 0);
    const struct finding *iim = findings_get(f, PACKET_IIM, 0);
    assert_non_null(iim);
    assert_true(slice_eq(buf_slice(&iim->bytes), SLICE_OF(IIM)));
    findings_free(f);
    buf_free(&b);
}

/* EXIF in one, which says something in words; what a group of boxes is about is a part. */
static void uuid_boxes_of_jp2(void **unused)
{
    (void)unused;
    struct buf b;
    start_jp2(&b);
    size_t at = box_begin(&b, "uuid"); /* nobody's */
    put_hex(&b, "00112233445566778899AABBCCDDEEFF");
    put_text(&b, XMP_TEXT);
    box_end(&b, at);
    at = box_begin(&b, "uuid");
    put_text(&b, "JpgTiffExif->JP2");
    put_hex(&b, "49492A0008000000" "0100" "9882020008000000" "1A000000" "00000000");
    put_text(&b, "No AI.");
    put_hex(&b, "0000");
    box_end(&b, at);
    size_t group = box_begin(&b, "asoc");
    put_box(&b, "lbl ", "a label");
    put_xmp_uuid(&b);
    box_end(&b, group);
    put_box(&b, "jp2c", "codestream");
    struct findings *f = run(&format_jp2, &b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 2);
    check_packet(f, PACKET_TEXT, 0, "No AI.", "uuid box, EXIF", PACKET_MAIN);
    check_packet(f, PACKET_XMP, 0, XMP_TEXT, "uuid box", PACKET_COMPONENT);
    findings_free(f);
    b.n = group;
    put_box(&b, "uuid", "too short"); /* for an identifier */
    f = run(&format_jp2, &b);
    assert_int_equal(f->n, 1);
    findings_free(f);
    buf_free(&b);
}

static void cut_at_every_byte(void **unused)
{
    (void)unused;
    struct buf b;
    size_t borders[8] = { 0 };
    start_jxl(&b);
    borders[0] = 12;
    borders[1] = b.n;
    put_hex(&b, STORE_HEX);
    borders[2] = b.n;
    put_brob(&b, "xml ", slice_cstr(XMP_TEXT));
    borders[3] = b.n;
    put_box(&b, "xml ", XMP_TEXT);
    check_cuts(&format_jxl, &b, borders);
    buf_free(&b);
    start_jp2(&b);
    borders[1] = 32;
    borders[2] = b.n;
    put_xmp_uuid(&b);
    borders[3] = b.n;
    put_hex(&b, STORE_HEX);
    check_cuts(&format_jp2, &b, borders);
    buf_free(&b);
}

static void real_jxl(void **unused)
{
    (void)unused;
    static const char *const ends[] = { ".jxl", NULL };
    run_corpus(&format_jxl, ends);
}

static void real_jp2(void **unused)
{
    (void)unused;
    static const char *const ends[] = { ".jp2", ".jpx", ".jpf", ".jpm", NULL };
    run_corpus(&format_jp2, ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(naked_codestream_is_done_at_once),
        cmocka_unit_test(boxes_of_jxl),
        cmocka_unit_test(other_jumb_boxes_are_not_stores),
        cmocka_unit_test(broken_brotli),
        cmocka_unit_test(boxes_of_jp2),
        cmocka_unit_test(uuid_boxes_of_jp2),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(real_jxl),
        cmocka_unit_test(real_jp2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
