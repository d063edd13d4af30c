/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_riff.c - packets in the chunks of WebP, WAV, AVI and AIFF files. */
#include "carriers.h"
#include "formats/rows.h"

static const struct slice xmp = SLICE(XMP_TEXT);

static void chunk(struct buf *b, const char *id, struct slice data)
{
    put(b, id, 4);
    put_le(b, data.n, 4);
    put_slice(b, data);
    if (data.n % 2)
        put_be(b, 0, 1);
}

static void chunk_be(struct buf *b, const char *id, struct slice data)
{
    put(b, id, 4);
    put_be(b, data.n, 4);
    put_slice(b, data);
    if (data.n % 2)
        put_be(b, 0, 1);
}

static struct buf begin_file(const char *id, const char *form)
{
    struct buf b = new_body();
    put(&b, id, 4);
    put_le(&b, 0, 4);
    put(&b, form, 4);
    return b;
}

static void set_size(struct buf *b, size_t at, uint64_t size, bool big)
{
    for (size_t i = 0; i < 4; i++)
        b->p[at + i] = (uint8_t)(size >> 8 * (big ? 3 - i : i));
}

static struct findings *end_file(const struct format *format, struct buf *b)
{
    set_size(b, 4, b->n - 8, false);
    return find_all(format, buf_slice(b));
}

static void finish(struct findings *f, struct buf *b)
{
    findings_free(f);
    buf_free(b);
}

static void webp(void **state)
{
    (void)state;
    /* an odd chunk, VP8X flags that announce nothing, C2PA in front, the wrong id */
    struct buf b = begin_file("RIFF", "WEBP");
    chunk(&b, "VP8X", slice_of("\0\0\0\0\0\0\0\0\0\0", 10));
    chunk(&b, "VP8 ", SLICE_OF("XMP odd"));
    chunk(&b, "C2PA", store());
    chunk(&b, "XMP ", xmp);
    chunk(&b, "XMP\0", xmp);
    chunk(&b, "EXIF", slice_of("II*\0\x08\0\0\0\1\0\x98\x82\2\0\5\0\0\0\x1a\0\0\0\0\0\0\0mine\0",
                               31));
    struct findings *f = end_file(&format_webp, &b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_packet(f, PACKET_C2PA, 0, PACKET_MAIN, store(), "C2PA chunk");
    check_packet(f, PACKET_XMP, 0, PACKET_MAIN, xmp, "XMP chunk");
    check_packet(f, PACKET_XMP, 1, PACKET_MAIN, xmp, "XMP chunk, id wrong");
    check_text(f, 0, "Copyright", "mine");
    check_cuts(&format_webp, buf_slice(&b), 4);
    finish(f, &b);
}

/* Writers add chunks and leave the size alone: what stands behind may deny. */
static void chunks_behind_the_end(void **state)
{
    (void)state;
    static const struct {
        const struct format *format;
        const char *form, *id;
    } v[] = {
        { &format_webp, "WEBP", "XMP " },
        { &format_wav, "WAVE", "_PMX" },
        { &format_avi, "AVI ", "_PMX" },
    };
    for (size_t i = 0; i < 2 * sizeof v / sizeof *v; i++) {
        struct buf b = begin_file("RIFF", v[i / 2].form);
        chunk(&b, "JUNK", i % 2 ? SLICE_OF("odd") : SLICE_OF("data"));
        set_size(&b, 4, b.n - 8, false);
        chunk(&b, "none", SLICE_OF("odd"));
        chunk(&b, v[i / 2].id, xmp);
        put_text(&b, "\n\n\n\n\n\n\n\nand something else");
        struct findings *f = find_all(v[i / 2].format, buf_slice(&b));
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 1);
        check_packet(f, PACKET_XMP, 0, PACKET_SALVAGED, xmp, i < 2 ? "XMP chunk" : "_PMX chunk");
        finish(f, &b);
    }
}

static void rubbish_behind_the_end(void **state)
{
    (void)state;
    static const struct slice v[] = {
        SLICE(""), SLICE("\0"), SLICE("XMP"), SLICE("\0\0\0\0\0\0\0\0\0\0"),
        SLICE("text that looks like a chunk"), SLICE("data\0\0\0\0sound"),
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct buf b = begin_file("RIFF", "WEBP");
        chunk(&b, "VP8L", SLICE_OF("data"));
        set_size(&b, 4, b.n - 8, false);
        put_slice(&b, v[i]);
        struct findings *f = find_all(&format_webp, buf_slice(&b));
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 0);
        finish(f, &b);
    }
}

static void xmp_that_is_announced(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct buf b = begin_file("RIFF", "WEBP");
        uint8_t flags[10] = { i & 1 ? 4 : 8 };
        chunk(&b, "VP8X", slice_of(flags, sizeof flags));
        if (i & 2)
            chunk(&b, "XMP ", xmp);
        struct findings *f = end_file(&format_webp, &b);
        assert_int_equal(f->rc, i == 1 ? OPTOUT_E_SYNTAX : OPTOUT_DONE);
        finish(f, &b);
    }
}

/* Sizes of the RIFF chunk: unknown ones are forgiven, wrong ones are said. */
static void riff_sizes(void **state)
{
    (void)state;
    static const struct {
        int64_t add; /* to the right size; INT64_MAX: `size` */
        uint32_t size;
        enum optout_rc rc;
        enum packet_role role;
    } v[] = {
        { 0, 0, OPTOUT_DONE, PACKET_MAIN },
        { INT64_MAX, 0, OPTOUT_DONE, PACKET_MAIN },
        { INT64_MAX, 0xFFFFFFFF, OPTOUT_DONE, PACKET_MAIN },
        { INT64_MAX, 0xFFFFFFFE, OPTOUT_E_SYNTAX, PACKET_MAIN },
        { 2, 0, OPTOUT_E_SYNTAX, PACKET_MAIN },
        { -2, 0, OPTOUT_E_SYNTAX, PACKET_SALVAGED },
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct buf b = begin_file("RIFF", "WEBP");
        chunk(&b, "VP8L", SLICE_OF("data"));
        chunk(&b, "XMP ", xmp);
        bool given = v[i].add == INT64_MAX;
        set_size(&b, 4, given ? v[i].size : b.n - 8 + (uint64_t)v[i].add, false);
        struct findings *f = find_all(&format_webp, buf_slice(&b));
        assert_int_equal(f->rc, v[i].rc);
        check_packet(f, PACKET_XMP, 0, v[i].role, xmp, "XMP chunk");
        finish(f, &b);
    }
}

/* Writers that leave pad bytes out. */
static void missing_pads(void **state)
{
    (void)state;
    struct buf b = begin_file("RIFF", "WEBP");
    put_text(&b, "VP8L");
    put_le(&b, 3, 4);
    put_text(&b, "odd");
    chunk(&b, "XMP ", xmp);
    put_text(&b, "C2PA");
    put_le(&b, 3, 4);
    put_text(&b, "odd");
    set_size(&b, 4, b.n - 8 + 1, false);
    struct findings *f = find_all(&format_webp, buf_slice(&b));
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_packet(f, PACKET_XMP, 0, PACKET_MAIN, xmp, "XMP chunk");
    finish(f, &b);
}

static void wav(void **state)
{
    (void)state;
    struct buf info = new_body(), b = begin_file("RIFF", "WAVE");
    put_text(&info, "INFO");
    chunk(&info, "INAM", SLICE_OF("x"));
    chunk(&info, "ICOP", SLICE_OF("\xa9 me"));
    chunk(&info, "LIST", SLICE_OF("INFOICOP\0\0\0\0"));
    chunk(&b, "fmt ", SLICE_OF("0123456789abcdef"));
    chunk(&b, "LIST", SLICE_OF("adtlICOP...."));
    chunk(&b, "LIST", buf_slice(&info));
    chunk(&b, "data", SLICE_OF("_PMX.")); /* odd */
    chunk(&b, "JUNQ", xmp);
    chunk(&b, "_PMX", xmp);
    chunk(&b, "C2PA", store());
    struct findings *f = end_file(&format_wav, &b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 3);
    check_text(f, 0, "ICOP", "\xc2\xa9 me");
    check_packet(f, PACKET_XMP, 0, PACKET_MAIN, xmp, "_PMX chunk");
    check_packet(f, PACKET_C2PA, 0, PACKET_MAIN, store(), "C2PA chunk");
    check_cuts(&format_wav, buf_slice(&b), 3);
    buf_free(&info);
    finish(f, &b);
}

static struct buf rf64(const char *id, uint64_t data_size, uint64_t add)
{
    struct buf b = begin_file(id, "WAVE");
    set_size(&b, 4, 0xFFFFFFFF, false);
    put_text(&b, "ds64");
    put_le(&b, 28 + 12, 4);
    size_t size = b.n;
    put_le(&b, 0, 8);
    put_le(&b, data_size, 8);
    put_le(&b, 0, 8);
    put_le(&b, 1, 4);
    put_text(&b, "_PMX");
    put_le(&b, xmp.n, 8);
    put(&b, "data\xff\xff\xff\xff", 8);
    put_text(&b, "abcd");
    put(&b, "_PMX\xff\xff\xff\xff", 8);
    put_slice(&b, xmp);
    if (xmp.n % 2)
        put_be(&b, 0, 1);
    uint64_t whole = b.n - 8 + add;
    for (size_t i = 0; i < 8; i++)
        b.p[size + i] = (uint8_t)(whole >> 8 * i);
    return b;
}

static void wide_wav(void **state)
{
    (void)state;
    static const char *const ids[] = { "RF64", "BW64" };
    for (size_t i = 0; i < 2; i++) {
        struct buf b = rf64(ids[i], 4, 0);
        struct findings *f = find_all(&format_wav, buf_slice(&b));
        assert_int_equal(f->rc, OPTOUT_DONE);
        check_packet(f, PACKET_XMP, 0, PACKET_MAIN, xmp, "_PMX chunk");
        check_cuts(&format_wav, buf_slice(&b), 1);
        finish(f, &b);
    }
    static const uint64_t hostile[] = { UINT64_MAX, UINT64_MAX - 1, INT64_MAX, 1u << 30 };
    for (size_t i = 0; i < 8; i++) {
        uint64_t big = hostile[i / 2];
        struct buf b = rf64("RF64", i % 2 ? big : 4, i % 2 ? 0 : big);
        struct findings *f = find_all(&format_wav, buf_slice(&b));
        assert_true(f->n <= 1);
        finish(f, &b);
    }
}

/* What a writer leaves that does not know its length: data to the end. */
static void unfinished_wav(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct buf b = begin_file("RIFF", "WAVE");
        set_size(&b, 4, i ? 0xFFFFFFFF : 0, false);
        chunk(&b, "fmt ", SLICE_OF("0123456789abcdef"));
        put_text(&b, "data");
        put_le(&b, i ? 0xFFFFFFFF : 0, 4);
        put(&b, "\1\2\3\4\5\6\7\1\2\3\4\5\6\7", 14);
        struct findings *f = find_all(&format_wav, buf_slice(&b));
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 0);
        finish(f, &b);
    }
}

static void put_id3(struct buf *tag)
{
    put(tag, "ID3\3\0\0", 6);
    size_t frame = 4 + xmp.n, size = 10 + frame;
    put_be(tag, (size >> 7 & 0x7F) << 8 | (size & 0x7F), 4);
    put_text(tag, "PRIV");
    put_be(tag, frame, 4);
    put(tag, "\0\0XMP\0", 6);
    put_slice(tag, xmp);
}

static void id3_tags(void **state)
{
    (void)state;
    static const char *const ids[] = { "id3 ", "ID3 " };
    for (size_t i = 0; i < 4; i++) {
        bool big = i >= 2;
        struct buf tag = new_body();
        struct buf b = big ? begin_file("FORM", "AIFC") : begin_file("RIFF", "WAVE");
        put_id3(&tag);
        (big ? chunk_be : chunk)(&b, ids[i % 2], buf_slice(&tag));
        set_size(&b, 4, b.n - 8, big);
        const struct format *format = big ? &format_aiff : &format_wav;
        struct findings *f = find_all(format, buf_slice(&b));
        assert_int_equal(f->rc, OPTOUT_DONE);
        const struct finding *p = findings_get(f, PACKET_XMP, 0);
        assert_non_null(p);
        assert_true(slice_eq(buf_slice(&p->bytes), xmp));
        check_cuts(format, buf_slice(&b), 1);
        buf_free(&tag);
        finish(f, &b);
    }
}

static void avi(void **state)
{
    (void)state;
    struct buf b = begin_file("RIFF", "AVI ");
    chunk(&b, "LIST", SLICE_OF("hdrlavih\4\0\0\0...."));
    chunk(&b, "LIST", SLICE_OF("INFOICOP\2\0\0\0me"));
    chunk(&b, "LIST", SLICE_OF("movi_PMX\xff\xff\xff\xff"));
    chunk(&b, "_PMX", xmp);
    chunk(&b, "C2PA", store());
    set_size(&b, 4, b.n - 8, false);
    size_t first = b.n;
    struct findings *f = find_all(&format_avi, buf_slice(&b));
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_text(f, 0, "ICOP", "me");
    check_packet(f, PACKET_XMP, 0, PACKET_MAIN, xmp, "_PMX chunk");
    check_packet(f, PACKET_C2PA, 0, PACKET_MAIN, store(), "C2PA chunk");
    check_cuts(&format_avi, buf_slice(&b), 3);
    findings_free(f);
    /* a second RIFF chunk, of which only the first one's store is the file's */
    put(&b, "RIFF\0\0\0\0AVIX", 12);
    chunk(&b, "LIST", SLICE_OF("movi"));
    chunk(&b, "C2PA", store());
    set_size(&b, first + 4, b.n - first - 8, false);
    f = find_all(&format_avi, buf_slice(&b));
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_packet(f, PACKET_C2PA, 1, PACKET_SALVAGED, store(), "C2PA chunk");
    finish(f, &b);
}

static void aiff(void **state)
{
    (void)state;
    struct buf app = new_body(), b = begin_file("FORM", "AIFF");
    put_text(&app, "XMP ");
    put_slice(&app, xmp);
    chunk_be(&b, "COMM", SLICE_OF("0123456789abcdefgh"));
    chunk_be(&b, "(c) ", SLICE_OF("me, "));
    chunk_be(&b, "ANNO", SLICE_OF("odd"));
    chunk_be(&b, "APPL", SLICE_OF("stoc...."));
    chunk_be(&b, "APPL", SLICE_OF("ab"));
    chunk_be(&b, "SSND", SLICE_OF("APPL...."));
    chunk_be(&b, "APPL", buf_slice(&app));
    set_size(&b, 4, b.n - 8, true);
    struct findings *f = find_all(&format_aiff, buf_slice(&b));
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 3);
    check_text(f, 0, "(c) ", "me, ");
    check_text(f, 1, "ANNO", "odd");
    check_packet(f, PACKET_XMP, 0, PACKET_MAIN, xmp, "APPL chunk");
    check_cuts(&format_aiff, buf_slice(&b), 3);
    buf_free(&app);
    finish(f, &b);
}

/* Lists that nest without end, and chunks that are longer than everything. */
static void hostile(void **state)
{
    (void)state;
    struct buf b = begin_file("RIFF", "WAVE");
    for (unsigned i = 0; i < 1000; i++) {
        put_text(&b, "LIST");
        put_le(&b, (1000 - i) * 12, 4);
        put_text(&b, "INFO");
    }
    struct findings *f = end_file(&format_wav, &b);
    assert_int_equal(f->n, 0);
    finish(f, &b);
    static const uint32_t sizes[] = { 0xFFFFFFFF, 0xFFFFFFFE, 0x80000000, 0x7FFFFFFF };
    static const char *const ids[] = { "XMP ", "EXIF", "LIST", "ID3 ", "data", "C2PA", "ICOP" };
    for (size_t i = 0; i < 28; i++) {
        b = begin_file("RIFF", "WAVE");
        put(&b, ids[i / 4], 4);
        put_le(&b, sizes[i % 4], 4);
        put_text(&b, "INFOICOP");
        put_le(&b, sizes[i % 4], 4);
        put_text(&b, "INFO");
        f = end_file(&format_wav, &b);
        assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        finish(f, &b);
    }
}

static void only_its_own(void **state)
{
    (void)state;
    static const struct format *const all[] = {
        &format_webp, &format_wav, &format_wav, &format_wav, &format_avi, &format_aiff,
        &format_aiff,
    };
    static const struct slice heads[] = {
        SLICE("RIFF....WEBPVP8 "), SLICE("RIFF....WAVEfmt "), SLICE("RF64....WAVEds64"),
        SLICE("BW64....WAVEds64"), SLICE("RIFF....AVI LIST"), SLICE("FORM....AIFFCOMM"),
        SLICE("FORM....AIFCFVER"), SLICE("RIFF....ACONanih"), SLICE("FORM....ILBMBMHD"),
        SLICE("RF64....WEBP...."), SLICE("RIFF....WAV"),
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            assert_int_equal(all[k]->sniff(heads[i]), i < 7 && all[k] == all[i]);
}

static void webp_samples(void **state)
{
    (void)state;
    check_samples(&format_webp);
}

static void wav_samples(void **state)
{
    (void)state;
    check_samples(&format_wav);
}

static void avi_samples(void **state)
{
    (void)state;
    check_samples(&format_avi);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(webp),
        cmocka_unit_test(chunks_behind_the_end),
        cmocka_unit_test(rubbish_behind_the_end),
        cmocka_unit_test(xmp_that_is_announced),
        cmocka_unit_test(riff_sizes),
        cmocka_unit_test(missing_pads),
        cmocka_unit_test(wav),
        cmocka_unit_test(wide_wav),
        cmocka_unit_test(unfinished_wav),
        cmocka_unit_test(id3_tags),
        cmocka_unit_test(avi),
        cmocka_unit_test(aiff),
        cmocka_unit_test(hostile),
        cmocka_unit_test(only_its_own),
        cmocka_unit_test(webp_samples),
        cmocka_unit_test(wav_samples),
        cmocka_unit_test(avi_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
