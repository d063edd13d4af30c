/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_mp4.c - packets in MP4 and QuickTime files: every carrier, order, size, cut. */
#include "bmff_fixture.h"

static void start(struct buf *b)
{
    buf_init(b, 64u << 20);
    put_box(b, "ftyp", "isom----isommp42");
}

static void put_mdat(struct buf *b)
{
    put_box(b, "mdat", "picture data <x:xmpmeta> uuid moov");
}

static void uuid_boxes_in_any_place(void **unused)
{
    (void)unused;
    struct buf b;
    start(&b);
    put_c2pa_uuid(&b, "manifest", true, 40);
    put_box(&b, "moov", "");
    put_mdat(&b);
    put_xmp_uuid(&b);
    struct findings *f = run(&format_mp4, &b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 2);
    check_store(f, 0);
    check_packet(f, PACKET_XMP, 0, XMP_TEXT, "uuid box", PACKET_MAIN);
    assert_int_equal(f->v[1].packet.offset, b.n - strlen(XMP_TEXT));
    findings_free(f);
    buf_free(&b);
}

static void c2pa_purposes(void **unused)
{
    (void)unused;
    static const struct {
        const char *purpose;
        bool offset;
        size_t found;
        enum optout_rc rc;
    } rows[] = {
        { "manifest", true, 1, OPTOUT_DONE }, { "original", true, 1, OPTOUT_DONE },
        { "update", false, 1, OPTOUT_DONE },  { "update", true, 1, OPTOUT_DONE },
        { "manifest", false, 1, OPTOUT_DONE },
        { "merkle", true, 0, OPTOUT_DONE },
        { "a purpose without an end to it, long", true, 0, OPTOUT_E_SYNTAX },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b;
        start(&b);
        put_c2pa_uuid(&b, rows[i].purpose, rows[i].offset, 0);
        struct findings *f = run(&format_mp4, &b);
        assert_int_equal(f->rc, rows[i].rc);
        assert_int_equal(f->n, rows[i].found);
        if (f->n)
            check_store(f, 0);
        findings_free(f);
        buf_free(&b);
    }
}

static void store_longer_than_its_box_is_cut(void **unused)
{
    (void)unused;
    struct buf b;
    start(&b);
    size_t at = b.n;
    put_c2pa_uuid(&b, "manifest", true, 0);
    b.n -= 10;
    box_end(&b, at);
    put_mdat(&b);
    struct findings *f = run(&format_mp4, &b);
    assert_int_equal(f->n, 1);
    assert_int_equal(f->v[0].end, PACKET_CUT);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    findings_free(f);
    buf_free(&b);
}

static void put_user_data(struct buf *b)
{
    size_t udta = box_begin(b, "udta");
    put_box(b, "XMP_", XMP_TEXT);
    size_t at = box_begin(b, "cprt");
    put_be(b, 0, 4);
    put_be(b, 0x55C4, 2);
    put_text(b, "No mining");
    put_be(b, 0, 1);
    box_end(b, at);
    at = box_begin(b, "\251cpy");
    put_be(b, 5, 2);
    put_be(b, 0, 2);
    put_text(b, "Quick");
    box_end(b, at);
    at = box_begin(b, "meta"); /* as in ISO files */
    put_be(b, 0, 4);
    put_box(b, "hdlr", "12345678mdirappl");
    size_t ilst = box_begin(b, "ilst"), cprt = box_begin(b, "cprt"), data = box_begin(b, "data");
    put_be(b, 1, 4);
    put_be(b, 0, 4);
    put_text(b, "All rights");
    box_end(b, data);
    box_end(b, cprt);
    box_end(b, ilst);
    box_end(b, at);
    at = box_begin(b, "meta"); /* as in QuickTime */
    put_box(b, "hdlr", "12345678mdirappl");
    size_t xml = box_begin(b, "xml ");
    put_be(b, 0, 4);
    put_text(b, XMP_TEXT);
    box_end(b, xml);
    xml = box_begin(b, "xml ");
    put_be(b, 0, 4);
    put_text(b, "<something><else/></something>");
    box_end(b, xml);
    box_end(b, at);
    put_be(b, 0, 4); /* terminator */
    box_end(b, udta);
}

static void check_user_data(const struct findings *f, enum optout_rc rc)
{
    assert_int_equal(f->rc, rc);
    assert_int_equal(f->n, 5);
    check_packet(f, PACKET_XMP, 0, XMP_TEXT, "moov/udta/XMP_", PACKET_MAIN);
    check_packet(f, PACKET_XMP, 1, XMP_TEXT, "moov/udta/meta/xml", PACKET_MAIN);
    check_packet(f, PACKET_TEXT, 0, "No mining", "moov/udta/cprt", PACKET_MAIN);
    check_packet(f, PACKET_TEXT, 1, "Quick", "moov/udta/?cpy", PACKET_MAIN);
    check_packet(f, PACKET_TEXT, 2, "All rights", "moov/udta/meta/ilst/cprt/data", PACKET_MAIN);
}

static void put_movie(struct buf *b)
{
    size_t moov = box_begin(b, "moov");
    put_box(b, "mvhd", "header of a movie");
    put_user_data(b);
    box_end(b, moov);
}

static void user_data_of_a_movie_at_the_end(void **unused)
{
    (void)unused;
    struct buf b;
    buf_init(&b, 64u << 20);
    put_box(&b, "wide", ""); /* QuickTime from before ftyp */
    put_mdat(&b);
    put_movie(&b);
    struct findings *f = run(&format_mp4, &b);
    check_user_data(f, OPTOUT_DONE);
    findings_free(f);
    buf_free(&b);
}

static void put_compressed(struct buf *b, const char *method)
{
    struct buf inner;
    buf_init(&inner, 1u << 20);
    put_movie(&inner);
    size_t moov = box_begin(b, "moov"), cmov = box_begin(b, "cmov");
    put_box(b, "dcom", method);
    size_t cmvd = box_begin(b, "cmvd");
    put_be(b, inner.n, 4);
    put_zlib(b, buf_slice(&inner));
    box_end(b, cmvd);
    box_end(b, cmov);
    box_end(b, moov);
    buf_free(&inner);
}

static void compressed_movie_header(void **unused)
{
    (void)unused;
    struct buf b;
    start(&b);
    put_compressed(&b, "zlib");
    struct findings *f = run(&format_mp4, &b);
    check_user_data(f, OPTOUT_DONE);
    findings_free(f);
    b.p[b.n - 1] ^= 1; /* the checksum */
    f = run(&format_mp4, &b);
    check_user_data(f, OPTOUT_E_SYNTAX);
    findings_free(f);
    buf_free(&b);
}

static void sizes(void **unused)
{
    (void)unused;
    struct buf b;
    start(&b);
    put_be(&b, 1, 4); /* 64 bits */
    put_text(&b, "uuid");
    put_be(&b, 16 + 16 + strlen(XMP_TEXT), 8);
    put_hex(&b, UUID_XMP);
    put_text(&b, XMP_TEXT);
    size_t at = box_begin(&b, "uuid"); /* 0: to the end */
    put_hex(&b, UUID_XMP);
    put_text(&b, XMP_TEXT);
    struct findings *f = run(&format_mp4, &b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 2);
    check_packet(f, PACKET_XMP, 0, XMP_TEXT, "uuid box", PACKET_MAIN);
    check_packet(f, PACKET_XMP, 1, XMP_TEXT, "uuid box", PACKET_MAIN);
    findings_free(f);
    for (size_t size = 2; size < 8; size++) { /* no box is as short */
        set_be32(&b, at, size);
        f = run(&format_mp4, &b);
        assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        assert_int_equal(f->n, 1);
        findings_free(f);
    }
    buf_free(&b);
}

static void child_beyond_its_parent(void **unused)
{
    (void)unused;
    struct buf b;
    start(&b);
    size_t moov = box_begin(&b, "moov"), udta = box_begin(&b, "udta");
    put_box(&b, "XMP_", XMP_TEXT);
    set_be32(&b, udta, 1u << 30);
    box_end(&b, moov);
    put_xmp_uuid(&b);
    struct findings *f = run(&format_mp4, &b);
    assert_int_equal(f->n, 2); /* both are found all the same */
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    findings_free(f);
    buf_free(&b);
}

static void boxes_without_end(void **unused)
{
    (void)unused;
    struct buf b;
    start(&b);
    size_t moov = box_begin(&b, "moov");
    for (size_t i = 0; i < 4097; i++)
        put_box(&b, "free", "");
    box_end(&b, moov);
    put_xmp_uuid(&b);
    struct findings *f = run(&format_mp4, &b);
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    assert_int_equal(f->n, 1);
    findings_free(f);
    buf_free(&b);
}

static void cut_at_every_byte(void **unused)
{
    (void)unused;
    struct buf b;
    size_t borders[8] = { 0 };
    start(&b);
    borders[0] = b.n;
    put_c2pa_uuid(&b, "manifest", true, 0);
    borders[1] = b.n;
    put_mdat(&b);
    borders[2] = b.n;
    put_movie(&b);
    borders[3] = b.n;
    put_xmp_uuid(&b);
    check_cuts(&format_mp4, &b, borders);
    for (size_t n = borders[1] + 1; n < borders[2]; n++) { /* in mdat as well */
        struct findings *f = findings_of(&format_mp4, slice_of(b.p, n), 0, NULL);
        assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        findings_free(f);
    }
    buf_free(&b);
}

static void long_packets_are_limited(void **unused)
{
    (void)unused;
    struct buf b;
    start(&b);
    size_t at = box_begin(&b, "uuid");
    put_hex(&b, UUID_XMP);
    put_zeros(&b, PACKET_XMP_MAX + 1);
    box_end(&b, at);
    struct findings *f = findings_of(&format_mp4, buf_slice(&b), 4096, NULL);
    assert_int_equal(f->n, 1);
    assert_int_equal(f->v[0].end, PACKET_LIMIT);
    assert_int_equal(f->v[0].bytes.n, PACKET_XMP_MAX);
    findings_free(f);
    buf_free(&b);
}

/* What a track states is about a part; a list of values may hold a packet. */
static void packets_deeper_down(void **unused)
{
    (void)unused;
    static const struct {
        const char *path, *where; /* names of boxes in each other, four letters each */
        enum packet_role role;
    } rows[] = {
        { "trakudtaXMP_", "moov/trak/udta/XMP_", PACKET_COMPONENT },
        { "trakudtametaxml ", "moov/trak/udta/meta/xml", PACKET_COMPONENT },
        { "trakmetaxml ", "moov/trak/meta/xml", PACKET_COMPONENT },
        { "XMP_", "moov/XMP_", PACKET_MAIN },
        { "metaXMP_", "moov/meta/XMP_", PACKET_MAIN },
        { "udtametailstXMP_data", "moov/udta/meta/ilst/XMP_/data", PACKET_MAIN },
        { "udtametailst----data", "moov/udta/meta/ilst/----/data", PACKET_MAIN },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b;
        size_t at[8], n = 0;
        start(&b);
        at[n++] = box_begin(&b, "moov");
        for (const char *p = rows[i].path; *p; p += 4) {
            char type[5] = { p[0], p[1], p[2], p[3] };
            at[n++] = box_begin(&b, type);
            bool full = !strcmp(type, "meta") || !strcmp(type, "xml ");
            put_zeros(&b, !strcmp(type, "data") ? 8 : full ? 4 : 0);
        }
        put_text(&b, XMP_TEXT);
        while (n > 0)
            box_end(&b, at[--n]);
        struct findings *f = run(&format_mp4, &b);
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 1);
        check_packet(f, PACKET_XMP, 0, XMP_TEXT, rows[i].where, rows[i].role);
        findings_free(f);
        buf_free(&b);
    }
}

/* A box that goes on to the end hides what stands behind its header. */
static void a_first_box_without_end(void **unused)
{
    (void)unused;
    static const char *const first[] = { "ftyp", "free", "wide", "skip", "styp" };
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        struct buf b;
        buf_init(&b, 1u << 20);
        size_t at = box_begin(&b, first[i]);
        put_text(&b, "isom----");
        set_be32(&b, at, 0);
        put_xmp_uuid(&b);
        assert_true(format_mp4.sniff(buf_slice(&b)));
        struct findings *f = run(&format_mp4, &b);
        assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        findings_free(f);
        buf_free(&b);
    }
}

static void what_is_a_movie(void **unused)
{
    (void)unused;
    static const struct {
        struct slice head;
        bool yes;
    } rows[] = {
        { SLICE("\0\0\0\x14" "ftypisom\0\0\0\0mp42"), true },
        { SLICE("\0\0\0\x14" "ftypqt  \0\0\0\0qt  "), true },
        { SLICE("\0\0\0\x14" "ftypavif\0\0\0\0mif1"), false },
        { SLICE("\0\0\0\x14" "ftypXXXX\0\0\0\0heic"), false },
        { SLICE("\0\0\0\x18" "stypmsdh\0\0\0\0msdh"), true },
        { SLICE("\0\0\0\x08" "wide"), true },
        { SLICE("\0\0\1\0" "moov"), true },
        { SLICE("The moov is a box"), false },
        { SLICE("\0\0\0\x0CJXL \x0D\x0A\x87\x0A"), false },
        { SLICE("\0\0\0\3" "free"), false },
        { SLICE("\0\0\0\1" "ftyp\0\0\0\0\0\0\0\x18" "isom\0\0\0\0"), true },
        { SLICE("\0\0\0\1" "ftyp\0\0\0\0\0\0\0\x18" "heic\0\0\0\0"), false },
        { SLICE("\0\0\0\0" "ftypisom\0\0\0\0"), true },
        { SLICE("\0\0\0\x0a" "any 12\0\0\0\x10" "ftypisom\0\0\0\0"), true },
        { SLICE("\0\0\0\x0a" "free12\0\0\0\x10" "ftypmif1\0\0\0\0"), false },
        { SLICE("\0\0\0\x0a" "any 12\0\0\1\0" "moov"), true },
        { SLICE("\0\0\0\x10" "ftypjxl \0\0\0\0"), false },
        { SLICE("\0\0\0\1" "JXL \0\0\0\0\0\0\0\x14" "\x0D\x0A\x87\x0A"), false },
        { SLICE("\0\0\0\1" "ftyp"), false },
        { SLICE("\0\0\0"), false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (format_mp4.sniff(rows[i].head) != rows[i].yes)
            fail_msg("row %zu", i);
}

static void real_files(void **unused)
{
    (void)unused;
    static const char *const ends[] = { ".mp4", ".m4a", ".mov", ".m4s", ".m4v", ".3gp", NULL };
    run_corpus(&format_mp4, ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuid_boxes_in_any_place),
        cmocka_unit_test(c2pa_purposes),
        cmocka_unit_test(store_longer_than_its_box_is_cut),
        cmocka_unit_test(user_data_of_a_movie_at_the_end),
        cmocka_unit_test(compressed_movie_header),
        cmocka_unit_test(sizes),
        cmocka_unit_test(child_beyond_its_parent),
        cmocka_unit_test(boxes_without_end),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(long_packets_are_limited),
        cmocka_unit_test(packets_deeper_down),
        cmocka_unit_test(a_first_box_without_end),
        cmocka_unit_test(what_is_a_movie),
        cmocka_unit_test(real_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
