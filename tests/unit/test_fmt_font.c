/* SPDX-License-Identifier: Apache-2.0 */
/* Fonts: the C2PA table in sfnt files, collections, WOFF and WOFF2. */
#define _XOPEN_SOURCE 700
#include "unit.h"

#include "findings.h"
#include "samples.h"
#include "formats/rows.h"

#include <zlib.h>

#define URI "self#jumbf=/c2pa/urn:c2pa:1"

/* A manifest store: generative training is not allowed, training is constrained. */
static const char store_hex[] =
    "0000015e6a756d620000001e6a756d646332706100110010800000aa00389b71"
    "036332706100000001386a756d62000000476a756d6463326d61001100108000"
    "00aa00389b710375726e3a633270613a31313131313131312d313131312d3431"
    "31312d383131312d31313131313131313131313100000000e96a756d62000000"
    "296a756d646332617300110010800000aa00389b7103633270612e6173736572"
    "74696f6e7300000000b86a756d620000002e6a756d6463626f72001100108000"
    "00aa00389b7103636177672e747261696e696e672d6d696e696e670000000082"
    "63626f72a167656e7472696573a2781b636177672e61695f67656e6572617469"
    "76655f747261696e696e67a1637573656a6e6f74416c6c6f7765647063617767"
    "2e61695f747261696e696e67a2637573656b636f6e73747261696e65646f636f"
    "6e73747261696e745f696e666f7068747470733a2f2f652e746573742f70";

static struct slice store(void)
{
    static uint8_t bytes[sizeof store_hex / 2];
    for (size_t i = 0; i < sizeof bytes; i++) {
        char two[3] = { store_hex[2 * i], store_hex[2 * i + 1], '\0' };
        bytes[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    assert_int_equal(sizeof bytes, 350);
    return slice_of(bytes, sizeof bytes);
}

/* ---- to build them ---- */

/* The table with a URI (unless NULL) and the store. */
static struct buf table(const char *uri)
{
    struct buf b;
    buf_init(&b, 64u << 20);
    size_t n = uri ? strlen(uri) : 0;
    put_be(&b, 1, 4);
    put_be(&b, uri ? 20 : 0, 4);
    put_be(&b, n, 2);
    put_be(&b, 0, 2);
    put_be(&b, 20 + n, 4);
    put_be(&b, 350, 4);
    put_text(&b, uri ? uri : "");
    put_slice(&b, store());
    return b;
}

static struct buf body(const char *magic)
{
    struct buf b;
    buf_init(&b, 64u << 20);
    put_slice(&b, slice_of(magic, 4));
    return b;
}

#define TRUETYPE "\0\1\0"

static void put_header(struct buf *b, unsigned tables)
{
    put_be(b, tables, 2);
    put_be(b, 0, 6);
}

static void put_record(struct buf *b, const char *tag, uint64_t offset, uint64_t length)
{
    put_text(b, tag);
    put_be(b, 0, 4);
    put_be(b, offset, 4);
    put_be(b, length, 4);
}

static void pad(struct buf *b, size_t to)
{
    assert_true(b->n <= to);
    while (b->n < to)
        put_be(b, 0xee, 1);
}

/* Two tables, of which one is C2PA. */
static struct buf sfnt(const char *magic, const char *uri, const char *tag)
{
    struct buf b = body(magic), t = table(uri);
    put_header(&b, 2);
    put_record(&b, tag, 60, t.n);
    put_record(&b, "glyf", 44, 16);
    pad(&b, 60);
    put_slice(&b, buf_slice(&t));
    buf_free(&t);
    return b;
}

static struct buf woff(bool packed, bool broken)
{
    struct buf b = body("wOFF"), t = table(URI);
    uint8_t z[2000];
    uLongf n = sizeof z;
    assert_int_equal(compress(z, &n, t.p, t.n), Z_OK);
    if (broken)
        z[n / 2] ^= 0x55;
    struct slice data = packed ? slice_of(z, n) : buf_slice(&t);
    put_slice(&b, SLICE_OF(TRUETYPE "\0"));
    put_be(&b, 64 + 20 + data.n, 4);
    put_be(&b, 1, 2);
    pad(&b, 44);
    put_text(&b, "C2PA");
    put_be(&b, 70, 4);
    put_be(&b, data.n, 4);
    put_be(&b, t.n, 4);
    put_be(&b, 0, 4);
    pad(&b, 70);
    put_slice(&b, data);
    buf_free(&t);
    return b;
}

/* A Brotli stream whose bytes are written as they are. */
static void put_stored(struct buf *b, struct slice data)
{
    bool first = true;
    while (data.n) {
        struct slice piece = slice_sub(data, 0, 60000);
        uint32_t bits = (uint32_t)(piece.n - 1) << 3 | 1u << 19;
        put_le(b, first ? bits << 1 : bits, 3); /* one bit says how large the window is */
        put_slice(b, piece);
        data = slice_from(data, piece.n);
        first = false;
    }
    put_be(b, 3, 1);
}

static struct buf woff2(bool collection, unsigned version)
{
    struct buf b = body("wOF2"), t = table(URI), stream, packed;
    buf_init(&stream, 64u << 20);
    buf_init(&packed, 64u << 20);
    pad(&stream, 300 + 7); /* glyf and loca as they are transformed */
    put_slice(&stream, buf_slice(&t));
    pad(&stream, stream.n + 50);
    put_stored(&packed, buf_slice(&stream));
    put_slice(&b, collection ? SLICE_OF("ttcf") : SLICE_OF(TRUETYPE "\0"));
    put_be(&b, 0, 4);
    put_be(&b, 5, 2);
    put_be(&b, 0, 6);
    put_be(&b, packed.n, 4);
    while (b.n < 48)
        put_be(&b, 0, 1);
    put_slice(&b, SLICE_OF("\x0a\x98\x00\x82\x2c")); /* glyf: 3072, transformed 300 */
    put_slice(&b, SLICE_OF("\x0b\x40\x00"));         /* loca: 64, transformed 0 */
    put_slice(&b, SLICE_OF("\x00\x07"));              /* cmap: 7 */
    put_slice(&b, SLICE_OF("\x3f" "C2PA"));
    b.p[b.n - 5] = (uint8_t)(0x3f | version << 6);
    put_be(&b, 0x80 | t.n >> 7, 1);
    put_be(&b, t.n & 0x7f, 1);
    put_slice(&b, SLICE_OF("\x01\x32"));              /* head: 50 */
    if (collection) { /* two fonts, of which one says its numbers at length */
        put_slice(&b, SLICE_OF("\0\1\0\0\x02"));
        put_slice(&b, SLICE_OF("\x02\0\1\0\0\x00\x01"));
        put_slice(&b, SLICE_OF("\xfd\0\x02OTTO\xff\0\xfe\0"));
    }
    put_slice(&b, buf_slice(&packed));
    buf_free(&t);
    buf_free(&stream);
    buf_free(&packed);
    return b;
}

static struct findings *read_whole(struct slice font)
{
    assert_true(format_font.sniff(slice_sub(font, 0, FORMAT_SNIFF)));
    assert_true(findings_same_in_pieces(&format_font, font, NULL));
    return findings_of(&format_font, font, 0, NULL);
}

static void check_store(const struct findings *f, size_t i, enum packet_role role,
                        const char *where, uint64_t offset)
{
    assert_true(i < f->n);
    assert_int_equal(f->v[i].packet.kind, PACKET_C2PA);
    assert_int_equal(f->v[i].packet.role, role);
    assert_int_equal(f->v[i].packet.offset, offset);
    assert_string_equal(f->v[i].where, where);
    assert_int_equal(f->v[i].end, PACKET_WHOLE);
    assert_true(slice_eq(buf_slice(&f->v[i].bytes), store()));
}

static void check_uri(const struct findings *f, size_t i)
{
    assert_true(i < f->n);
    assert_int_equal(f->v[i].packet.kind, PACKET_TEXT);
    assert_string_equal(f->v[i].field, "activeManifestUri");
    assert_true(slice_eq(buf_slice(&f->v[i].bytes), SLICE_OF(URI)));
}

static void expect(struct buf b, enum optout_rc rc, size_t packets)
{
    struct findings *f = read_whole(buf_slice(&b));
    assert_int_equal(f->rc, rc);
    assert_int_equal(f->n, packets);
    findings_free(f);
    buf_free(&b);
}

/* ---- */

static void in_sfnt(void **state)
{
    (void)state;
    static const char *const magics[] = { TRUETYPE, "OTTO", "true" };
    for (size_t i = 0; i < 3; i++) {
        struct buf b = sfnt(magics[i], i ? URI : NULL, "C2PA");
        pad(&b, b.n + 50000); /* glyphs behind are not waited for */
        struct findings *f = read_whole(buf_slice(&b));
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, i ? 2 : 1);
        if (i)
            check_uri(f, 0);
        check_store(f, i ? 1 : 0, PACKET_MAIN, "C2PA table",
                    60 + 20 + (i ? sizeof URI - 1 : 0));
        findings_free(f);
        f = findings_of(&format_font, buf_slice(&b), 64, NULL);
        assert_true(f->done);
        assert_true(f->fed < 1000);
        findings_free(f);
        buf_free(&b);
    }
}

static void none(void **state)
{
    (void)state;
    struct buf b = sfnt("OTTO", NULL, "CFF ");
    struct findings *f = findings_of(&format_font, buf_slice(&b), 1, NULL);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 0);
    assert_int_equal(f->fed, 12 + 2 * 16); /* the directory, no more */
    findings_free(f);
    buf_free(&b);
    b = woff2(false, 0);
    memcpy(b.p + 48 + 5 + 3 + 2 + 1, "BASE", 4);
    f = findings_of(&format_font, buf_slice(&b), 1, NULL);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 0);
    assert_int_equal(f->fed, 48 + 5 + 3 + 2 + 7 + 2);
    findings_free(f);
    buf_free(&b);
}

static void in_collection(void **state)
{
    (void)state;
    struct buf b = body("ttcf"), t = table(NULL);
    put_be(&b, 0x10000, 4);
    put_be(&b, 3, 4);
    put_be(&b, 1000, 4); /* behind their tables, and in front of them */
    put_be(&b, 100, 4);
    put_be(&b, 200, 4);
    pad(&b, 100);
    put_text(&b, "OTTO");
    put_header(&b, 1);
    put_record(&b, "C2PA", 600, t.n);
    pad(&b, 200); /* shares the table */
    put_text(&b, "OTTO");
    put_header(&b, 1);
    put_record(&b, "C2PA", 600, t.n);
    pad(&b, 600);
    put_slice(&b, buf_slice(&t));
    pad(&b, 1000);
    put_text(&b, "OTTO");
    put_header(&b, 1);
    put_record(&b, "C2PA", 1100, t.n);
    pad(&b, 1100);
    put_slice(&b, buf_slice(&t));
    struct findings *f = read_whole(buf_slice(&b));
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 2);
    check_store(f, 0, PACKET_COMPONENT, "font 2, C2PA table", 620);
    check_store(f, 1, PACKET_COMPONENT, "font 1, C2PA table", 1120);
    findings_free(f);
    buf_free(&t);
    buf_free(&b);
}

static void in_woff(void **state)
{
    (void)state;
    for (unsigned packed = 0; packed < 2; packed++) {
        struct buf b = woff(packed, false);
        struct findings *f = read_whole(buf_slice(&b));
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 2);
        check_uri(f, 0);
        check_store(f, 1, PACKET_MAIN, "C2PA table", packed ? 70 : 70 + 20 + sizeof URI - 1);
        findings_free(f);
        buf_free(&b);
    }
    struct buf b = woff(true, true);
    struct findings *f = read_whole(buf_slice(&b));
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    assert_int_equal(f->n, 2);
    check_uri(f, 0);
    assert_int_equal(findings_get(f, PACKET_C2PA, 0)->end, PACKET_CORRUPT);
    findings_free(f);
    buf_free(&b);
}

static void in_woff2(void **state)
{
    (void)state;
    for (unsigned collection = 0; collection < 2; collection++) {
        struct buf b = woff2(collection, 0);
        struct findings *f = read_whole(buf_slice(&b));
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 2);
        check_uri(f, 0);
        check_store(f, 1, collection ? PACKET_COMPONENT : PACKET_MAIN, "C2PA table",
                    48 + 19 + (collection ? 5 + 7 + 11 : 0));
        findings_free(f);
        buf_free(&b);
    }
    struct buf b = woff2(false, 1); /* transformed in no known way; its length is missing too */
    struct findings *f = read_whole(buf_slice(&b));
    assert_true(f->rc < 0);
    assert_int_equal(f->n, 0);
    findings_free(f);
    buf_free(&b);
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 5; k++) {
        struct buf b = k == 0 ? sfnt("OTTO", URI, "C2PA") : k == 1 ? woff(false, false)
                       : k == 2 ? woff(true, false) : woff2(k == 4, 0);
        for (size_t n = 0; n < b.n; n++) {
            struct slice part = slice_of(b.p, n);
            struct findings *f = findings_of(&format_font, part, n % 3 ? 0 : 5, NULL);
            bool whole = f->n == 2 && f->v[1].end == PACKET_WHOLE;
            assert_true(f->rc == OPTOUT_E_SYNTAX || (f->rc == OPTOUT_DONE && whole));
            findings_free(f);
        }
        assert_true(findings_cuts_are_told(&format_font, buf_slice(&b), NULL));
        buf_free(&b);
    }
}

static void hostile(void **state)
{
    (void)state;
    struct buf b = sfnt("OTTO", NULL, "C2PA"); /* the store begins in the header */
    b.p[60 + 15] = 4;
    expect(b, OPTOUT_E_SYNTAX, 0);
    b = sfnt("OTTO", NULL, "C2PA"); /* and is longer than the table */
    b.p[60 + 18] = 0xff;
    expect(b, OPTOUT_E_SYNTAX, 1);
    b = sfnt("OTTO", NULL, "C2PA"); /* a table of a few bytes */
    memcpy(b.p + 12 + 12, "\0\0\0\x13", 4);
    expect(b, OPTOUT_E_SYNTAX, 0);
    b = sfnt("OTTO", NULL, "C2PA"); /* a table behind the end */
    b.p[12 + 8] = 0xff;
    expect(b, OPTOUT_E_SYNTAX, 0);
    b = woff(true, false); /* longer packed than unpacked */
    b.p[44 + 12 + 2] = b.p[44 + 12 + 3] = 0;
    expect(b, OPTOUT_E_SYNTAX, 0);
    b = body("ttcf"); /* more fonts than are read */
    put_be(&b, 0x10000, 4);
    put_be(&b, UINT32_MAX, 4);
    pad(&b, 3000);
    struct findings *f = read_whole(buf_slice(&b));
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    assert_true(f->memory < 512u << 10);
    findings_free(f);
    buf_free(&b);
    b = woff2(false, 0); /* a table further on than is unpacked */
    memcpy(b.p + 48, "\xca\x00\x84\x80\x80", 5);
    memcpy(b.p + 53, "\x00\x0b\x00", 3);
    f = findings_of(&format_font, buf_slice(&b), 0, NULL);
    assert_true(f->rc < 0);
    findings_free(f);
    buf_free(&b);
}

static void sniffs(void **state)
{
    (void)state;
    static const struct {
        struct slice head;
        bool yes;
    } heads[] = {
        { SLICE("\0\1\0\0\0\x10"), true },     { SLICE("OTTO\0\x10"), true },
        { SLICE("\0\1\0\0Standard Jet DB"), false }, { SLICE("OTTO of the"), false },
        { SLICE("true story, it is"), false },  { SLICE("wOFF is a format"), false },
        { SLICE("wOF2"), false },               { SLICE("\0\0\1\0\0\1"), false },
        { SLICE("ttcf\0\1\0\0"), true },        { SLICE("ttcf    "), false },
        { SLICE("OTTO\0\1\0\0\0\0\0\0\1\2\3\4"), false }, { SLICE(""), false },
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        assert_int_equal(format_font.sniff(heads[i].head), heads[i].yes);
}

/* ---- real files ---- */

static unsigned found;

static bool visit(const char *path, struct slice font)
{
    if (!format_font.sniff(slice_sub(font, 0, FORMAT_SNIFF)))
        return false;
    struct findings *f = read_whole(font);
    assert_int_equal(f->rc, OPTOUT_DONE);
    printf("# %s: %zu packets\n", path, f->n);
    found += f->n > 0;
    findings_free(f);
    return true;
}

static void real_files(void **state)
{
    static const char *const folders[] = { "", NULL };
    static const char *const ends[] = { ".ttf", ".otf", ".ttc", ".woff", ".woff2", NULL };
    (void)state;
    unsigned files = samples_visit("fonts", folders, ends, visit);
    print_message("# %u fonts, %u with a C2PA table\n", files, found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_sfnt),           cmocka_unit_test(none),
        cmocka_unit_test(in_collection),     cmocka_unit_test(in_woff),
        cmocka_unit_test(in_woff2),          cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(hostile),           cmocka_unit_test(sniffs),
        cmocka_unit_test(real_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
