/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_id3.c - formats/av/id3.c, id3_frame.c, mp3.c (MP3 and FLAC), vorbis_comment.c. */
#include "unit.h"

#include "findings.h"
#include "formats/rows.h"

#include <glob.h>
#include <zlib.h>

#define XMP "<x:xmpmeta xmlns:x='adobe:ns:meta/'>\xff\x01</x:xmpmeta>"

static void put_zeros(struct buf *b, size_t n)
{
    while (n--)
        put_be(b, 0, 1);
}

static void put_safe(struct buf *b, size_t n)
{
    put_be(b, (n >> 21 & 127) << 24 | (n >> 14 & 127) << 16 | (n >> 7 & 127) << 8 | (n & 127), 4);
}

static void put_frame(struct buf *b, unsigned version, const char *id, unsigned flags,
                      struct slice content)
{
    put_text(b, id);
    if (version == 2) {
        put_be(b, content.n, 3);
    } else {
        if (version == 4)
            put_safe(b, content.n);
        else
            put_be(b, content.n, 4);
        put_be(b, flags, 2);
    }
    put_slice(b, content);
}

static struct buf unsynchronised(struct slice s)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    for (size_t i = 0; i < s.n; i++) {
        put_be(&b, s.p[i], 1);
        if (s.p[i] == 0xFF)
            put_be(&b, 0, 1);
    }
    return b;
}

static struct buf tag_of(unsigned version, unsigned flags, struct slice frames)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    put_text(&b, "ID3");
    put_be(&b, version, 1);
    put_be(&b, 0, 1);
    put_be(&b, flags, 1);
    put_safe(&b, frames.n);
    put_slice(&b, frames);
    return b;
}

static struct slice priv(void)
{
    return SLICE_OF("XMP\0" XMP);
}

/* Runs a body of tags and sound; the sound is not to be looked at. */
static struct findings *run(struct buf *tag)
{
    put_text(tag, "\xff\xfb\x90");
    for (int i = 0; i < 10000; i++)
        put_be(tag, 0x55, 1);
    assert_true(findings_same_in_pieces(&format_mp3, buf_slice(tag), "audio/mpeg"));
    return findings_of(&format_mp3, buf_slice(tag), 64, NULL);
}

static void expect(struct buf *frames, unsigned version, unsigned flags, enum packet_kind kind,
                   const char *bytes)
{
    struct buf tag = tag_of(version, flags, buf_slice(frames));
    size_t n = tag.n;
    struct findings *f = run(&tag);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_true(f->done && f->fed < n + 128);
    const struct finding *v = findings_get(f, kind, 0);
    assert_non_null(v);
    assert_int_equal(v->end, PACKET_WHOLE);
    assert_slice(buf_slice(&v->bytes), bytes);
    findings_free(f);
    buf_free(&tag);
    buf_free(frames);
}

static struct buf frames(void)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    return b;
}

static void xmp_in_each_version(void **state)
{
    (void)state;
    for (unsigned version = 3; version <= 4; version++) {
        struct buf b = frames();
        put_frame(&b, version, "TIT2", 0, SLICE_OF("\0title"));
        put_frame(&b, version, "PRIV", 0, priv());
        put_zeros(&b, 20);
        expect(&b, version, 0, PACKET_XMP, XMP);
    }
    /* the whole tag unsynchronised; an extended header */
    struct buf b = frames();
    put_be(&b, 6, 4);
    put_be(&b, 0, 6);
    put_frame(&b, 3, "PRIV", 0, priv());
    struct buf u = unsynchronised(buf_slice(&b));
    buf_free(&b);
    expect(&u, 3, 0xC0, PACKET_XMP, XMP);
    /* a frame unsynchronised, with its length in front */
    b = frames();
    put_safe(&b, 6);
    put_be(&b, 0x0100, 2);
    struct buf content = frames();
    put_safe(&content, priv().n);
    u = unsynchronised(priv());
    put_slice(&content, buf_slice(&u));
    put_frame(&b, 4, "PRIV", 3, buf_slice(&content));
    buf_free(&u);
    buf_free(&content);
    expect(&b, 4, 0x40, PACKET_XMP, XMP);
}

static void compressed_frames(void **state)
{
    (void)state;
    for (unsigned version = 3; version <= 4; version++) {
        uint8_t packed[512];
        uLongf n = sizeof packed;
        assert_int_equal(compress(packed, &n, priv().p, priv().n), Z_OK);
        struct buf content = frames(), b = frames();
        put_be(&content, priv().n, 4);
        put_slice(&content, slice_of(packed, n));
        put_frame(&b, version, "PRIV", version == 3 ? 0x80 : 0x09, buf_slice(&content));
        buf_free(&content);
        expect(&b, version, 0, PACKET_XMP, XMP);
    }
}

/* Some write the sizes of ID3v2.4 as plain numbers. */
static void plain_sizes_in_version_4(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        struct buf b = frames();
        char picture[300];
        memset(picture, 'p', sizeof picture);
        put_text(&b, "APIC");
        put_be(&b, sizeof picture, 4);
        put_be(&b, 0, 2);
        put_slice(&b, slice_of(picture, sizeof picture));
        put_text(&b, "PRIV");
        put_be(&b, priv().n, 4);
        put_be(&b, 0, 2);
        put_slice(&b, priv());
        if (more)
            put_zeros(&b, 40);
        expect(&b, 4, 0, PACKET_XMP, XMP);
    }
}

static void credentials(void **state)
{
    (void)state;
    static const struct slice content[] = {
        SLICE("\0application/c2pa\0c2pa\0c2pa manifest store\0STORE"),
        SLICE("\3application/x-c2pa-manifest-store\0\0\0STORE"),
        SLICE("\1application/c2pa\0\xff\xfe" "c\0\0\0\xff\xfe\0\1\0\0STORE"),
        SLICE("\2application/c2pa\0\1\0\0\0\0\0STORE"),
    };
    for (size_t i = 0; i < 4; i++) {
        struct buf b = frames();
        put_frame(&b, 4, "GEOB", 0, content[i]);
        expect(&b, 4, 0, PACKET_C2PA, "STORE");
        b = frames();
        put_frame(&b, 2, "GEO", 0, content[i]);
        expect(&b, 2, 0, PACKET_C2PA, "STORE");
    }
}

static void texts(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        struct slice content;
        const char *text;
    } cases[] = {
        { "TCOP", SLICE("\0 2024 M\xfcller"), " 2024 M\xc3\xbcller" },
        { "WCOP", SLICE("https://l.test/"), "https://l.test/" },
        { "USER", SLICE("\1eng\xff\xfe" "N\0o\0"), "No" },
        { "COMM", SLICE("\2eng\0d\0\0\0N\xd8\x3d\xde\x00"), "N\xf0\x9f\x98\x80" },
        { "TXXX", SLICE("\3License\0by-nc"), "by-nc" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice content = cases[i].content;
        static const uint8_t comm[] = "\2eng\0d\0\0\0N\xd8\x3d\xde";
        if (i == 3)
            content = slice_of(comm, sizeof comm); /* its last byte is the NUL of the literal */
        struct buf b = frames();
        put_frame(&b, 3, "TXXX", 0, SLICE_OF("\0REPLAYGAIN\0" "1"));
        put_frame(&b, 3, cases[i].id, 0, content);
        expect(&b, 3, 0, PACKET_TEXT, cases[i].text);
    }
}

static void footers_and_several_tags(void **state)
{
    (void)state;
    struct buf b = frames();
    put_frame(&b, 4, "TIT2", 0, SLICE_OF("\0title"));
    struct buf tag = tag_of(4, 0x10, buf_slice(&b));
    put_text(&tag, "3DI\4");
    put_be(&tag, 0, 6);
    buf_clear(&b);
    put_frame(&b, 3, "PRIV", 0, priv());
    struct buf second = tag_of(3, 0, buf_slice(&b));
    put_slice(&tag, buf_slice(&second));
    struct findings *f = run(&tag);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_non_null(findings_get(f, PACKET_XMP, 0));
    findings_free(f);
    buf_free(&b);
    buf_free(&tag);
    buf_free(&second);
}

static void what_cannot_be_read_says_so(void **state)
{
    (void)state;
    static const struct {
        unsigned version, frame_flags;
        struct slice content;
        enum optout_rc rc;
    } cases[] = {
        { 3, 0x40, SLICE("\1XMP\0xx"), OPTOUT_E_UNSUP },
        { 3, 0x80, SLICE("\0\0\0\7broken zlib"), OPTOUT_E_SYNTAX },
        { 3, 0x80, SLICE("\0"), OPTOUT_E_SYNTAX },
        { 5, 0, SLICE("XMP\0xx"), OPTOUT_E_LIMIT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = frames();
        put_frame(&b, 3, "PRIV", cases[i].frame_flags, cases[i].content);
        struct buf tag = tag_of(cases[i].version, 0, buf_slice(&b));
        struct findings *f = run(&tag);
        assert_int_equal(f->rc, cases[i].rc);
        findings_free(f);
        buf_free(&b);
        buf_free(&tag);
    }
}

static void truncated_anywhere_it_is_not_done(void **state)
{
    (void)state;
    for (unsigned version = 3; version <= 4; version++) {
        struct buf b = frames();
        put_frame(&b, version, "TCOP", 0, SLICE_OF("\0c"));
        put_frame(&b, version, "PRIV", 0, priv());
        put_frame(&b, version, "TIT2", 0, SLICE_OF("\0title"));
        struct buf tag = tag_of(version, 0, buf_slice(&b));
        for (size_t n = 1; n < tag.n; n++) {
            struct findings *f = findings_of(&format_mp3, slice_sub(buf_slice(&tag), 0, n), 0,
                                             NULL);
            assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
            findings_free(f);
        }
        assert_true(findings_cuts_are_told(&format_mp3, buf_slice(&tag), NULL));
        buf_free(&b);
        buf_free(&tag);
    }
}

static void frames_larger_than_the_tag(void **state)
{
    (void)state;
    struct buf b = frames();
    put_text(&b, "PRIV");
    put_be(&b, 0x7F7F7F7F, 4);
    put_be(&b, 0, 2);
    put_slice(&b, priv());
    struct buf tag = tag_of(4, 0, buf_slice(&b));
    struct findings *f = run(&tag);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    assert_int_equal(f->v[0].end, PACKET_CUT);
    findings_free(f);
    buf_free(&b);
    buf_free(&tag);
}

static struct buf flac(void)
{
    struct buf b = frames();
    put_text(&b, "fLaC");
    put_be(&b, 34, 4);
    put_zeros(&b, 34);
    put_be(&b, 4u << 24 | 61, 4);
    put_le(&b, 3, 4);
    put_text(&b, "abc");
    put_le(&b, 3, 4);
    put_le(&b, 7, 4);
    put_text(&b, "TITLE=x");
    put_le(&b, 17, 4);
    put_text(&b, "copyright=(c) A B");
    put_le(&b, 14, 4);
    put_text(&b, "LICENSE=l.test");
    return b;
}

static void flac_comments(void **state)
{
    (void)state;
    struct buf b = flac();
    size_t whole = b.n;
    for (int i = 0; i < 1000; i++)
        put_be(&b, 0xFFF8, 2);
    for (int tagged = 0; tagged < 2; tagged++) {
        struct buf tag = tag_of(3, 0, SLICE_OF(""));
        if (tagged) {
            put_slice(&tag, buf_slice(&b));
            buf_free(&b);
            b = tag;
        } else {
            buf_free(&tag);
        }
        const struct format *format = tagged ? &format_mp3 : &format_flac;
        assert_true(format->sniff(buf_slice(&b)));
        assert_true(findings_same_in_pieces(format, buf_slice(&b), NULL));
        struct findings *f = findings_of(format, buf_slice(&b), 16, NULL);
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_true(f->done && f->fed < whole + 32);
        assert_int_equal(f->n, 2);
        assert_slice(buf_slice(&f->v[0].bytes), "(c) A B");
        assert_string_equal(f->v[0].field, "COPYRIGHT");
        assert_slice(buf_slice(&f->v[1].bytes), "l.test");
        findings_free(f);
    }
    buf_free(&b);
    b = flac();
    for (size_t n = 4; n < b.n; n++) {
        struct findings *f = findings_of(&format_flac, slice_sub(buf_slice(&b), 0, n), 0, NULL);
        assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        findings_free(f);
    }
    assert_true(findings_cuts_are_told(&format_flac, buf_slice(&b), NULL));
    buf_free(&b);
}

static void add_frames(struct buf *b, const char *head, size_t size, unsigned n)
{
    static const uint8_t sound[9000] = { 0 };
    for (; n; n--) {
        assert_int_equal(buf_append(b, head, 6), OPTOUT_OK);
        assert_int_equal(buf_append(b, sound, size - 6), OPTOUT_OK);
    }
}

/* ISO/IEC 11172-3 table of 2.4.2.3, 13818-3; ADTS: length in bits 30 to 42. */
static const struct {
    const char *head;
    size_t size;
} streams[] = {
    { "\xff\xfb\x90\x64\0\0", 417 },         /* layer III, 128 kbit/s, 44.1 kHz */
    { "\xff\xfb\xe2\x64\0\0", 1045 },        /* 320 kbit/s, padded */
    { "\xff\xfa\x18\x64\0\0", 144 },         /* 32 kbit/s, 32 kHz, with a check sum */
    { "\xff\xf3\x84\xc4\0\0", 192 },         /* MPEG-2, 64 kbit/s, 24 kHz */
    { "\xff\xe3\x18\xc4\0\0", 72 },          /* MPEG-2.5, 8 kbit/s, 8 kHz */
    { "\xff\xfd\xc4\x04\0\0", 768 },         /* layer II, 256 kbit/s, 48 kHz */
    { "\xff\xff\xe4\x04\0\0", 448 },         /* layer I, 448 kbit/s, 48 kHz */
    { "\xff\xf1\x50\x80\x2f\xff", 383 },     /* ADTS */
    { "\xff\xf9\x4c\x83\xff\xff", 8191 },    /* the longest */
};

static void expect_sound(struct slice b, enum optout_rc rc)
{
    struct findings *f = findings_of(&format_mp3, b, 64, NULL);
    assert_int_equal(f->rc, rc);
    assert_int_equal(f->n, 0);
    findings_free(f);
    if (b.n < 4000)
        assert_true(findings_same_in_pieces(&format_mp3, b, "audio/mpeg"));
}

static void frames_tell_sound(void **state)
{
    static const uint8_t zeros[70000] = { 0 };
    (void)state;
    assert_false(format_mp3.sniff(SLICE_OF("\xff\xfb\x90....")));
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        struct buf b;
        size_t size = streams[i].size;
        buf_init(&b, 1u << 20);
        add_frames(&b, streams[i].head, size, 40);
        struct findings *f = findings_of(&format_mp3, buf_slice(&b), 64, NULL);
        assert_true(f->done); /* long before its end */
        assert_in_range(f->fed, 2 * size + 6, 2 * size + 6 + 64);
        assert_int_equal(f->rc, OPTOUT_DONE);
        findings_free(f);
        expect_sound(buf_slice(&b), OPTOUT_DONE);
        expect_sound(slice_from(buf_slice(&b), 100), OPTOUT_DONE); /* joined in its middle */
        expect_sound(slice_sub(buf_slice(&b), 0, size), OPTOUT_DONE); /* of one frame */
        expect_sound(slice_sub(buf_slice(&b), 0, size - 1), OPTOUT_E_SYNTAX);
        buf_free(&b);
    }
    struct buf b;
    buf_init(&b, 1u << 20);
    assert_int_equal(buf_append(&b, zeros, 1000), OPTOUT_OK);
    add_frames(&b, streams[0].head, 417, 3);
    expect_sound(buf_slice(&b), OPTOUT_DONE);
    expect_sound(slice_sub(buf_slice(&b), 0, 1400), OPTOUT_E_SYNTAX);
    buf_free(&b);
    buf_init(&b, 1u << 20);
    add_frames(&b, streams[0].head, 417, 1);
    assert_int_equal(buf_append(&b, "TAGtitle", 8), OPTOUT_OK);
    expect_sound(buf_slice(&b), OPTOUT_DONE);
    buf_free(&b);
    expect_sound(slice_of(zeros, 100), OPTOUT_E_SYNTAX);
    expect_sound(slice_of(zeros, sizeof zeros), OPTOUT_E_SYNTAX);
    expect_sound(SLICE_OF("ADIF and more"), OPTOUT_DONE);
    expect_sound(SLICE_OF("\xff\xfb\x90\x64 but no sound at all"), OPTOUT_E_SYNTAX);
    expect_sound(SLICE_OF("a text"), OPTOUT_E_SYNTAX);
    expect_sound(SLICE_OF("a"), OPTOUT_E_SYNTAX);
    expect_sound(SLICE_EMPTY, OPTOUT_DONE);
}

static void noise_is_no_sound(void **state)
{
    uint8_t noise[40000];
    uint32_t seed = 1;
    (void)state;
    for (unsigned turn = 0; turn < 200; turn++) {
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
        memcpy(noise, streams[turn % (sizeof streams / sizeof *streams)].head, 6);
        expect_sound(slice_of(noise, sizeof noise), OPTOUT_E_SYNTAX);
        expect_sound(slice_of(noise, 4500), OPTOUT_E_SYNTAX);
    }
}

static void corpus(void **state)
{
    (void)state;
    const char *root = getenv("OPTOUT_CORPUS");
    static const char *const patterns[] = { "c2pa/derived/*.mp3", "c2pa/derived/*.flac",
                                            "c2pa/real/*/*.mp3", "media/*/*/*.mp3",
                                            "media/*/*/*.flac" };
    size_t n = 0;
    for (size_t i = 0; root && i < sizeof patterns / sizeof *patterns; i++) {
        char pattern[1024];
        glob_t g;
        snprintf(pattern, sizeof pattern, "%s/%s", root, patterns[i]);
        if (glob(pattern, 0, NULL, &g) != 0)
            continue;
        for (size_t k = 0; k < g.gl_pathc; k++, n++) {
            size_t size;
            uint8_t *p = test_read_file(g.gl_pathv[k], &size);
            struct slice body = slice_of(p, size);
            const struct format *format = format_flac.sniff(body) ? &format_flac : &format_mp3;
            assert_true(findings_same_in_pieces(format, body, NULL));
            struct findings *f = findings_of(format, body, 0, NULL);
            if (i < 2) {
                const struct finding *v = findings_get(f, PACKET_C2PA, 0);
                assert_non_null(v);
                assert_int_equal(f->rc, OPTOUT_DONE);
                assert_int_equal(v->end, PACKET_WHOLE);
                assert_int_equal(be32(v->bytes.p), v->bytes.n);
            }
            findings_free(f);
            free(p);
        }
        globfree(&g);
    }
    if (n == 0) {
        print_message("SKIP: OPTOUT_CORPUS names no folder with MP3 or FLAC\n");
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xmp_in_each_version),
        cmocka_unit_test(compressed_frames),
        cmocka_unit_test(plain_sizes_in_version_4),
        cmocka_unit_test(credentials),
        cmocka_unit_test(texts),
        cmocka_unit_test(footers_and_several_tags),
        cmocka_unit_test(what_cannot_be_read_says_so),
        cmocka_unit_test(truncated_anywhere_it_is_not_done),
        cmocka_unit_test(frames_larger_than_the_tag),
        cmocka_unit_test(flac_comments),
        cmocka_unit_test(frames_tell_sound),
        cmocka_unit_test(noise_is_no_sound),
        cmocka_unit_test(corpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
