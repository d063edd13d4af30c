/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_png.c - packets in PNG chunks. */
#include "carriers.h"
#include "formats/rows.h"

#include <zlib.h>

#define KEYWORD "XML:com.adobe.xmp\0"

static const struct slice xmp = SLICE(XMP_TEXT);

static void chunk(struct buf *b, const char *type, struct slice data)
{
    put_be(b, data.n, 4);
    put(b, type, 4);
    put_slice(b, data);
    put_be(b, 0, 4); /* check sums are not looked at */
}

static struct buf begin_png(void)
{
    struct buf b = new_body();
    put(&b, "\x89PNG\r\n\x1a\n", 8);
    chunk(&b, "IHDR", slice_of("\0\0\0\1\0\0\0\1\x08\0\0\0\0", 13));
    return b;
}

static struct findings *end_png(struct buf *b)
{
    chunk(b, "IDAT", SLICE_OF("xxxx"));
    chunk(b, "IEND", SLICE_EMPTY);
    struct findings *f = find_all(&format_png, buf_slice(b));
    return f;
}

static void join(struct buf *b, struct slice first, struct slice then)
{
    *b = new_body();
    put_slice(b, first);
    put_slice(b, then);
}

static void text_chunk(struct buf *b, const char *type, struct slice head, struct slice text)
{
    struct buf data;
    join(&data, head, text);
    chunk(b, type, buf_slice(&data));
    buf_free(&data);
}

static void deflated_chunk(struct buf *b, const char *type, struct slice head, struct slice text)
{
    uLongf n = compressBound(text.n);
    uint8_t *p = malloc(n);
    assert_int_equal(compress(p, &n, text.p, text.n), Z_OK);
    text_chunk(b, type, head, slice_of(p, n));
    free(p);
}

static struct buf raw_profile(const char *name, struct slice bytes, size_t announced)
{
    struct buf b = new_body();
    assert_int_equal(buf_printf(&b, "\n%s\n%8zu\n", name, announced), OPTOUT_OK);
    for (size_t i = 0; i < bytes.n; i++)
        assert_int_equal(buf_printf(&b, "%02x%s", bytes.p[i], i % 36 == 35 ? "\n" : ""),
                         OPTOUT_OK);
    put_text(&b, "\n");
    return b;
}

static void finish(struct findings *f, struct buf *b)
{
    findings_free(f);
    buf_free(b);
}

static void xmp_in_text_chunks(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        struct slice head;
        bool deflated;
        enum packet_role role;
        const char *where;
    } v[] = {
        { "iTXt", SLICE(KEYWORD "\0\0\0\0"), false, PACKET_MAIN, "iTXt chunk" },
        { "iTXt", SLICE(KEYWORD "\0\0en\0word\0"), false, PACKET_MAIN, "iTXt chunk" },
        { "iTXt", SLICE(KEYWORD "\1\0\0\0"), true, PACKET_MAIN, "iTXt chunk" },
        /* the fields after the keyword are missing, or some; the flag is wrong */
        { "iTXt", SLICE(KEYWORD), false, PACKET_MAIN, "iTXt chunk" },
        { "iTXt", SLICE(KEYWORD "\0\0"), false, PACKET_MAIN, "iTXt chunk" },
        { "iTXt", SLICE(KEYWORD "\1\0\0\0"), false, PACKET_MAIN, "iTXt chunk" },
        { "tEXt", SLICE(KEYWORD), false, PACKET_MAIN, "tEXt chunk" },
        { "zTXt", SLICE(KEYWORD "\0"), true, PACKET_MAIN, "zTXt chunk" },
        { "iTXt", SLICE("rights\0\0\0\0\0"), false, PACKET_SALVAGED, "iTXt chunk" },
        { "iTXt", SLICE("rights\0\1\0\0\0"), true, PACKET_SALVAGED, "iTXt chunk" },
        { "tXMP", SLICE(""), false, PACKET_MAIN, "tXMP chunk" },
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct buf b = begin_png();
        (v[i].deflated ? deflated_chunk : text_chunk)(&b, v[i].type, v[i].head, xmp);
        struct findings *f = end_png(&b);
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 1);
        check_packet(f, PACKET_XMP, 0, v[i].role, xmp, v[i].where);
        check_cuts(&format_png, buf_slice(&b), 1);
        finish(f, &b);
    }
}

static void xmp_after_the_picture(void **state)
{
    (void)state;
    struct buf b = begin_png();
    chunk(&b, "IDAT", SLICE_OF("iTXt"));
    text_chunk(&b, "iTXt", SLICE_OF(KEYWORD "\0\0\0\0"), xmp);
    struct findings *f = end_png(&b);
    check_packet(f, PACKET_XMP, 0, PACKET_MAIN, xmp, "iTXt chunk");
    finish(f, &b);
}

static void nothing_after_the_end(void **state)
{
    (void)state;
    struct buf b = begin_png();
    chunk(&b, "IEND", SLICE_EMPTY);
    size_t end = b.n;
    text_chunk(&b, "iTXt", SLICE_OF(KEYWORD "\0\0\0\0"), xmp);
    struct findings *f = find_all(&format_png, buf_slice(&b));
    assert_int_equal(f->n, 0);
    assert_int_equal(f->rc, OPTOUT_DONE);
    findings_free(f);
    f = findings_of(&format_png, buf_slice(&b), 1, NULL);
    assert_true(f->done);
    assert_int_equal(f->fed, end - 4);
    finish(f, &b);
}

static void stores(void **state)
{
    (void)state;
    struct buf b = begin_png();
    chunk(&b, "caBX", store());
    chunk(&b, "caBX", store());
    struct findings *f = end_png(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_packet(f, PACKET_C2PA, 0, PACKET_MAIN, store(), "caBX chunk");
    check_packet(f, PACKET_C2PA, 1, PACKET_MAIN, store(), "caBX chunk");
    assert_int_equal(findings_get(f, PACKET_C2PA, 0)->packet.offset, 8 + 25 + 8);
    check_cuts(&format_png, buf_slice(&b), 2);
    finish(f, &b);
}

static void raw_profiles(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct slice bytes, found;
        enum packet_kind kind;
    } v[] = {
        { "xmp", SLICE(XMP_TEXT), SLICE(XMP_TEXT), PACKET_XMP },
        { "APP1", SLICE("http://ns.adobe.com/xap/1.0/\0" XMP_TEXT), SLICE(XMP_TEXT),
          PACKET_XMP },
        { "iptc", SLICE("\x1c\x02\x74\0\x04mine"), SLICE("\x1c\x02\x74\0\x04mine"),
          PACKET_IIM },
        { "iptc", SLICE("8BIM\x04\x04\0\0\0\0\0\x09\x1c\x02\x74\0\x04mine\0"),
          SLICE("\x1c\x02\x74\0\x04mine"), PACKET_IIM },
        { "8bim", SLICE("8BIM\x04\x04\0\0\0\0\0\x09\x1c\x02\x74\0\x04mine\0"),
          SLICE("\x1c\x02\x74\0\x04mine"), PACKET_IIM },
    };
    for (size_t i = 0; i < 2 * sizeof v / sizeof *v; i++) {
        bool deflated = i % 2;
        struct buf b = begin_png(), raw = raw_profile(v[i / 2].name, v[i / 2].bytes,
                                                      v[i / 2].bytes.n);
        struct buf head = new_body();
        put_text(&head, "Raw profile type ");
        put_text(&head, v[i / 2].name);
        put(&head, "\0\0", deflated ? 2 : 1);
        (deflated ? deflated_chunk : text_chunk)(&b, deflated ? "zTXt" : "tEXt",
                                                 buf_slice(&head), buf_slice(&raw));
        struct findings *f = end_png(&b);
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 1);
        const struct finding *p = findings_get(f, v[i / 2].kind, 0);
        assert_non_null(p);
        assert_true(slice_eq(buf_slice(&p->bytes), v[i / 2].found));
        check_cuts(&format_png, buf_slice(&b), 1);
        buf_free(&raw);
        buf_free(&head);
        finish(f, &b);
    }
}

/* Fewer bytes than announced, or digits that are none. */
static void broken_profiles(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct buf b = begin_png(), raw = raw_profile("xmp", xmp, xmp.n + (i == 0));
        if (i == 1)
            raw.p[raw.n / 2] = '?';
        text_chunk(&b, "tEXt", SLICE_OF("Raw profile type xmp\0"), buf_slice(&raw));
        struct findings *f = end_png(&b);
        const struct finding *p = findings_get(f, PACKET_XMP, 0);
        assert_non_null(p);
        assert_int_equal(p->end, i == 0 ? PACKET_CUT : PACKET_CORRUPT);
        buf_free(&raw);
        finish(f, &b);
    }
}

static void texts(void **state)
{
    (void)state;
    struct buf b = begin_png();
    text_chunk(&b, "tEXt", SLICE_OF("Comment\0"), SLICE_OF("Caf\xe9"));
    text_chunk(&b, "iTXt", SLICE_OF("Copyright\0\0\0\0\0"), SLICE_OF("\xc2\xa9 me"));
    deflated_chunk(&b, "zTXt", SLICE_OF("Disclaimer\0\0"), SLICE_OF("no mining"));
    text_chunk(&b, "tEXt", SLICE_OF("Software\0"), SLICE_OF("<none>"));
    struct findings *f = end_png(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 3);
    check_text(f, 0, "Comment", "Caf\xc3\xa9");
    check_text(f, 1, "Copyright", "\xc2\xa9 me");
    check_text(f, 2, "Disclaimer", "no mining");
    finish(f, &b);
}

/* A packet that inflates beyond its limit; what went before stands. */
static void bomb(void **state)
{
    (void)state;
    size_t n = 8u << 20;
    uint8_t *zeros = calloc(1, n);
    struct buf b = begin_png();
    deflated_chunk(&b, "iTXt", SLICE_OF(KEYWORD "\1\0\0\0"), slice_of(zeros, n));
    deflated_chunk(&b, "iTXt", SLICE_OF("other\0\1\0\0\0"), slice_of(zeros, n));
    chunk(&b, "caBX", store());
    struct findings *f = end_png(&b);
    assert_int_equal(findings_get(f, PACKET_XMP, 0)->end, PACKET_LIMIT);
    check_packet(f, PACKET_C2PA, 0, PACKET_MAIN, store(), "caBX chunk");
    assert_true(f->memory <= 2u << 20);
    free(zeros);
    finish(f, &b);
}

static void long_packet(void **state)
{
    (void)state;
    struct buf text = new_body(), b = begin_png();
    while (text.n <= PACKET_XMP_MAX)
        put_slice(&text, xmp);
    text_chunk(&b, "iTXt", SLICE_OF(KEYWORD "\0\0\0\0"), buf_slice(&text));
    chunk(&b, "IEND", SLICE_EMPTY);
    struct findings *f = findings_of(&format_png, buf_slice(&b), 4096, NULL);
    assert_int_equal(findings_get(f, PACKET_XMP, 0)->end, PACKET_LIMIT);
    assert_int_equal(findings_get(f, PACKET_XMP, 0)->bytes.n, PACKET_XMP_MAX);
    buf_free(&text);
    finish(f, &b);
}

/* Chunks that end inside the fields in front of their text, with sizes of any kind. */
static void short_and_hostile_chunks(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        struct slice data;
        enum optout_rc rc;
    } v[] = {
        { "iTXt", SLICE(""), OPTOUT_DONE },
        { "iTXt", SLICE("XML:com.adobe.xmp"), OPTOUT_DONE },
        { "iTXt", SLICE(KEYWORD), OPTOUT_E_SYNTAX },
        { "iTXt", SLICE(KEYWORD "\1"), OPTOUT_E_SYNTAX },
        { "iTXt", SLICE(KEYWORD "\0\0en"), OPTOUT_E_SYNTAX },
        { "iTXt", SLICE(KEYWORD "\1\0\0\0\x78\x9c garbage"), OPTOUT_E_SYNTAX },
        { "zTXt", SLICE("Raw profile type xmp\0\0\x78\x9c garbage"), OPTOUT_E_SYNTAX },
        { "tEXt", SLICE("Raw profile type xmp\0\nxmp\n99999999999999999999\n"),
          OPTOUT_E_SYNTAX },
        { "zTXt", SLICE("Comment\0\0garbage"), OPTOUT_DONE },
        { "tEXt", SLICE("no keyword is as long as this one, which goes on and on and on and on "
                        "and on and on and on"), OPTOUT_DONE },
        { "1234", SLICE(""), OPTOUT_E_SYNTAX },
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct buf b = begin_png();
        chunk(&b, v[i].type, v[i].data);
        struct findings *f = end_png(&b);
        assert_int_equal(f->rc, v[i].rc);
        finish(f, &b);
    }
    struct buf b = begin_png();
    put_be(&b, 0xFFFFFFFF, 4);
    put_text(&b, "tEXt");
    struct findings *f = find_all(&format_png, buf_slice(&b));
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    finish(f, &b);
}

static void is_not_png(void **state)
{
    (void)state;
    assert_false(format_png.sniff(SLICE_OF("\x89PNG\r\n\x1a")));
    assert_false(format_png.sniff(SLICE_OF("\x8aMNG\r\n\x1a\n....")));
    assert_false(format_png.sniff(SLICE_OF("\x89PNG\n\n\x1a\n....")));
}

static void samples(void **state)
{
    (void)state;
    check_samples(&format_png);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xmp_in_text_chunks),
        cmocka_unit_test(xmp_after_the_picture),
        cmocka_unit_test(nothing_after_the_end),
        cmocka_unit_test(stores),
        cmocka_unit_test(raw_profiles),
        cmocka_unit_test(broken_profiles),
        cmocka_unit_test(texts),
        cmocka_unit_test(bomb),
        cmocka_unit_test(long_packet),
        cmocka_unit_test(short_and_hostile_chunks),
        cmocka_unit_test(is_not_png),
        cmocka_unit_test(samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
