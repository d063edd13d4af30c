/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_jpeg.c - packets in JPEG files: every carrier, spread, shuffled, cut, oversized. */
#include "unit.h"

#include "findings.h"
#include "samples.h"
#include "formats/rows.h"


#define XMP "http://ns.adobe.com/xap/1.0/"
#define EXTENSION "http://ns.adobe.com/xmp/extension/"
#define GUID "0123456789ABCDEF0123456789ABCDEF"
#define PACKET "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"

/* A manifest store without a claim: generative training not allowed, training constrained. */
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

#define STORE_SIZE 350

static const uint8_t *store(void)
{
    static uint8_t bytes[STORE_SIZE];
    assert_int_equal(sizeof store_hex - 1, STORE_SIZE * 2);
    for (size_t i = 0; i < STORE_SIZE; i++) {
        unsigned v;
        assert_int_equal(sscanf(store_hex + 2 * i, "%2x", &v), 1);
        bytes[i] = (uint8_t)v;
    }
    return bytes;
}

/* ---- building ---- */

static void put_start(struct buf *b)
{
    buf_init(b, 64u << 20);
    put_be(b, 0xFFD8, 2);
}

static void put_segment(struct buf *b, uint8_t marker, struct slice payload)
{
    put_be(b, 0xFF00u | marker, 2);
    put_be(b, payload.n + 2, 2);
    put_slice(b, payload);
}

static void put_scan(struct buf *b)
{
    put_be(b, 0xFFDA0008, 4);
    put_be(b, 0x0101000000, 6);
}

static void put_xmp(struct buf *b, char end, const char *packet)
{
    struct buf p;
    buf_init(&p, 65535);
    put_text(&p, XMP);
    put_be(&p, (uint8_t)end, 1);
    put_text(&p, packet);
    put_segment(b, 0xE1, buf_slice(&p));
    buf_free(&p);
}

static void put_extension(struct buf *b, const char *guid, size_t total, size_t from,
                          struct slice bytes)
{
    struct buf p;
    buf_init(&p, 65535);
    put_text(&p, EXTENSION);
    put_be(&p, 0, 1);
    put_text(&p, guid);
    put_be(&p, total, 4);
    put_be(&p, from, 4);
    put_slice(&p, bytes);
    put_segment(b, 0xE1, buf_slice(&p));
    buf_free(&p);
}

/* A piece of a box: its head of `head` bytes again, then bytes. */
static void put_box(struct buf *b, unsigned en, unsigned z, struct slice head,
                    struct slice bytes)
{
    struct buf p;
    buf_init(&p, 65535);
    put_text(&p, "JP");
    put_be(&p, en, 2);
    put_be(&p, z, 4);
    put_slice(&p, head);
    put_slice(&p, bytes);
    put_segment(b, 0xEB, buf_slice(&p));
    buf_free(&p);
}

static void put_store(struct buf *b, unsigned en, unsigned z, size_t from, size_t to)
{
    put_box(b, en, z, slice_of(store(), 8), slice_of(store() + from, to - from));
}

static struct findings *run(const struct buf *b)
{
    struct slice body = buf_slice(b);
    assert_true(format_jpeg.sniff(slice_sub(body, 0, FORMAT_SNIFF)));
    assert_true(findings_same_in_pieces(&format_jpeg, body, NULL));
    return findings_of(&format_jpeg, body, 0, NULL);
}

static void assert_packet(const struct finding *f, enum packet_role role, enum packet_end end,
                          struct slice bytes, const char *where)
{
    assert_non_null(f);
    assert_int_equal(f->packet.role, role);
    assert_int_equal(f->end, end);
    assert_true(slice_eq(buf_slice(&f->bytes), bytes));
    assert_string_equal(f->where, where);
}

static void expect_one(struct buf *b, enum packet_kind kind, enum packet_role role,
                       struct slice bytes, const char *where, enum optout_rc rc)
{
    struct findings *f = run(b);
    assert_int_equal(f->rc, rc);
    assert_int_equal(f->n, 1);
    assert_packet(findings_get(f, kind, 0), role, PACKET_WHOLE, bytes, where);
    findings_free(f);
    buf_free(b);
}

/* ---- tests ---- */

static void main_xmp(void **state)
{
    (void)state;
    struct buf b;
    put_start(&b);
    put_segment(&b, 0xE0, SLICE_OF("JFIF\0\1\1\0\0\1\0\1\0\0"));
    put_box(&b, 3, 1, SLICE_OF("\0\0\0\x20" "jumb"), SLICE_OF("\0\0\0\x18" "jumdother-kind-of"));
    put_be(&b, 0xFFFFFF, 3); /* fill bytes in front of a marker */
    put_xmp(&b, '\0', PACKET);
    put_xmp(&b, ' ', "<second/>");
    put_segment(&b, 0xE1, SLICE_OF("http://ns.example/other/\0<x/>"));
    put_be(&b, 0xFF01FFD0, 4); /* markers without a length */
    put_scan(&b);
    size_t end = b.n;
    put_xmp(&b, '\0', "<behind/>");
    struct findings *f = run(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 2);
    assert_packet(&f->v[0], PACKET_MAIN, PACKET_WHOLE, SLICE_OF(PACKET), "APP1 segment 1");
    assert_packet(&f->v[1], PACKET_MAIN, PACKET_WHOLE, SLICE_OF("<second/>"), "APP1 segment 2");
    assert_memory_equal(b.p + f->v[0].packet.offset, PACKET, sizeof PACKET - 1);
    findings_free(f);
    /* done at the marker of the scan: nothing of it is waited for */
    f = findings_of(&format_jpeg, buf_slice(&b), 1, NULL);
    assert_true(f->done);
    assert_int_equal(f->fed, end - 8);
    findings_free(f);
    buf_free(&b);
}

static void main_names(struct buf *b, const char *guid)
{
    char text[200];
    snprintf(text, sizeof text, "<a xmpNote:HasExtendedXMP='%s'/>", guid);
    put_xmp(b, '\0', text);
}

static void extended_xmp(void **state)
{
    (void)state;
    struct slice all = SLICE_OF("<x:xmpmeta>0123456789</x:xmpmeta>");
    static const uint8_t orders[][4] = {
        { 0, 1, 2, 3 }, { 2, 1, 0, 3 }, { 3, 2, 1, 0 }, { 3, 0, 2, 1 }, { 1, 3, 0, 2 },
    };
    /* 3 is the main packet, others are thirds of the extension */
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        for (unsigned matches = 0; matches < 2; matches++) {
            struct buf b;
            put_start(&b);
            for (size_t k = 0; k < 4; k++) {
                size_t from = orders[i][k] * 11u;
                if (orders[i][k] == 3)
                    main_names(&b, matches ? GUID : "ffffffffffffffffffffffffffffffff");
                else
                    put_extension(&b, GUID, all.n, from, slice_sub(all, from, 11));
            }
            put_scan(&b);
            struct findings *f = run(&b);
            assert_int_equal(f->rc, OPTOUT_DONE);
            assert_int_equal(f->n, 2);
            bool first = strcmp(f->v[0].where, "APP1 extended XMP") == 0;
            assert_packet(&f->v[first ? 0 : 1], matches ? PACKET_MAIN : PACKET_SALVAGED,
                          PACKET_WHOLE, all, "APP1 extended XMP");
            uint64_t at = f->v[first ? 0 : 1].packet.offset;
            assert_memory_equal(b.p + at, "<x:xmpmeta>", 11);
            findings_free(f);
            buf_free(&b);
        }
    }
}

static void extended_xmp_incomplete(void **state)
{
    (void)state;
    struct slice all = SLICE_OF("<x:xmpmeta>0123456789</x:xmpmeta>");
    struct buf b;
    put_start(&b); /* the middle is missing: what stands behind is read all the same */
    main_names(&b, GUID);
    put_extension(&b, GUID, all.n, 22, slice_sub(all, 22, 11));
    put_extension(&b, GUID, all.n, 0, slice_sub(all, 0, 11));
    put_scan(&b);
    struct findings *f = run(&b);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    assert_packet(&f->v[1], PACKET_MAIN, PACKET_CUT, SLICE_OF("<x:xmpmeta>/x:xmpmeta>"),
                  "APP1 extended XMP");
    findings_free(f);
    buf_free(&b);
    put_start(&b); /* overlap, parts beyond the total, another total */
    put_extension(&b, GUID, all.n, 0, slice_sub(all, 0, 20));
    put_extension(&b, GUID, all.n, 11, slice_sub(all, 11, 30));
    put_extension(&b, GUID, 5, 4000, all);
    put_extension(&b, GUID, all.n, 0, all);
    put_scan(&b);
    expect_one(&b, PACKET_XMP, PACKET_SALVAGED, all, "APP1 extended XMP", OPTOUT_E_SYNTAX);
    put_start(&b); /* five GUIDs */
    for (char c = '0'; c < '5'; c++) {
        char guid[] = GUID;
        guid[0] = c;
        put_extension(&b, guid, 4, 0, SLICE_OF("<x/>"));
    }
    put_scan(&b);
    f = run(&b);
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    assert_int_equal(f->n, 4);
    findings_free(f);
    buf_free(&b);
}

/* 1.6 MB in order cost no memory and end at what is read of a packet; in the wrong order
 * they are held as far as they may. */
static void extended_xmp_long(void **state)
{
    (void)state;
    enum { PART = 65000, PARTS = 40 };
    static uint8_t part[PART];
    memset(part, ' ', sizeof part);
    for (unsigned backwards = 0; backwards < 2; backwards++) {
        struct buf b;
        put_start(&b);
        main_names(&b, GUID);
        for (size_t i = 0; i < PARTS; i++) {
            size_t from = (backwards ? PARTS - 1 - i : i) * PART;
            put_extension(&b, GUID, PART * PARTS, from, slice_of(part, PART));
        }
        put_scan(&b);
        struct findings *f = run(&b);
        assert_int_equal(f->rc, OPTOUT_E_LIMIT);
        assert_int_equal(f->v[1].end, PACKET_LIMIT);
        assert_true(f->v[1].bytes.n <= PACKET_XMP_MAX);
        if (!backwards) {
            assert_int_equal(f->v[1].bytes.n, PACKET_XMP_MAX);
            assert_true(f->memory <= 32768);
        }
        findings_free(f);
        f = findings_of(&format_jpeg, buf_slice(&b), 4096, NULL);
        assert_true(f->memory <= (backwards ? 2u << 20 : 192u << 10));
        findings_free(f);
        buf_free(&b);
    }
}

static void manifest_store(void **state)
{
    (void)state;
    struct slice whole = slice_of(store(), STORE_SIZE);
    struct buf b;
    put_start(&b);
    put_box(&b, 0x211, 1, SLICE_EMPTY, whole);
    put_scan(&b);
    expect_one(&b, PACKET_C2PA, PACKET_MAIN, whole, "APP11 segment 1", OPTOUT_DONE);
    /* three pieces from 0 or 1, in any order, another box between */
    static const uint8_t orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 2, 1, 0 }, { 1, 0, 2 } };
    for (size_t i = 0; i < 8; i++) {
        put_start(&b);
        unsigned ordinal = 0, base = i & 1;
        for (size_t k = 0; k < 3; k++) {
            static const size_t cuts[] = { 8, 50, 200, STORE_SIZE };
            unsigned piece = orders[i / 2][k];
            put_store(&b, 0x211, base + piece, cuts[piece], cuts[piece + 1]);
            put_box(&b, 9, (unsigned)k + 1, SLICE_OF("\0\0\1\0jumb"),
                    SLICE_OF("\0\0\0\x18" "jumdother-kind-of"));
            if (piece == 0)
                ordinal = (unsigned)k * 2 + 1;
        }
        put_scan(&b);
        char where[32];
        snprintf(where, sizeof where, "APP11 segment %u", ordinal);
        expect_one(&b, PACKET_C2PA, PACKET_MAIN, whole, where, OPTOUT_DONE);
    }
}

static void manifest_store_heads(void **state)
{
    (void)state;
    struct slice whole = slice_of(store(), STORE_SIZE), content = slice_from(whole, 8);
    struct buf b;
    put_start(&b); /* LBox and TBox in the wrong byte order */
    put_box(&b, 1, 1, SLICE_OF("\x5e\1\0\0bmuj"), slice_sub(content, 0, 100));
    put_box(&b, 1, 2, SLICE_OF("\x5e\1\0\0bmuj"), slice_from(content, 100));
    put_scan(&b);
    expect_one(&b, PACKET_C2PA, PACKET_MAIN, whole, "APP11 segment 1", OPTOUT_DONE);
    struct buf x; /* XLBox, repeated */
    buf_init(&x, 1000);
    put_be(&x, 1, 4);
    put_text(&x, "jumb");
    put_be(&x, STORE_SIZE + 8, 8);
    struct slice head = slice_of(x.p, 16);
    put_start(&b);
    put_box(&b, 1, 1, head, slice_sub(content, 0, 100));
    put_box(&b, 1, 2, head, slice_from(content, 100));
    put_scan(&b);
    struct buf all;
    buf_init(&all, 1000);
    put_slice(&all, head);
    put_slice(&all, content);
    expect_one(&b, PACKET_C2PA, PACKET_MAIN, buf_slice(&all), "APP11 segment 1", OPTOUT_DONE);
    buf_free(&all);
    buf_free(&x);
}

static void manifest_store_broken(void **state)
{
    (void)state;
    struct slice whole = slice_of(store(), STORE_SIZE);
    struct buf b;
    put_start(&b); /* the second piece is missing */
    put_store(&b, 1, 1, 8, 50);
    put_store(&b, 1, 3, 200, STORE_SIZE);
    put_scan(&b);
    struct findings *f = run(&b);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    assert_packet(&f->v[0], PACKET_MAIN, PACKET_CUT, slice_sub(whole, 0, 50), "APP11 segment 1");
    findings_free(f);
    buf_free(&b);
    put_start(&b); /* the first piece is missing: nobody can tell what it was */
    put_store(&b, 1, 2, 50, STORE_SIZE);
    put_scan(&b);
    f = run(&b);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    assert_int_equal(f->n, 0);
    findings_free(f);
    buf_free(&b);
    put_start(&b); /* a piece twice, and one too many */
    put_store(&b, 1, 1, 8, 50);
    put_store(&b, 1, 1 + 1, 50, 200);
    put_store(&b, 1, 2, 50, 200);
    put_store(&b, 1, 3, 200, STORE_SIZE);
    put_store(&b, 1, 4, 8, 20);
    put_scan(&b);
    expect_one(&b, PACKET_C2PA, PACKET_MAIN, whole, "APP11 segment 1", OPTOUT_E_SYNTAX);
    put_start(&b); /* more boxes at a time than are tracked */
    for (unsigned en = 0; en < 20; en++)
        put_box(&b, en, 1, SLICE_OF("\0\0\1\0jumb"), SLICE_OF("\0\0\0\x18" "jumdother-kind-of"));
    put_scan(&b);
    f = run(&b);
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    findings_free(f);
    buf_free(&b);
}

static void other_segments(void **state)
{
    (void)state;
    static const char list[] = "8BIM\4\4\0\0\0\0\0\x0b\x1c\2\x74\0\6(c) me\0"
                               "8BIM\4\x24\0\0\0\0\0\4<x/>";
    struct slice resources = SLICE(list);
    struct buf b, p;
    put_start(&b);
    buf_init(&p, 1000);
    put_text(&p, "Photoshop 3.0");
    put_be(&p, 0, 1);
    put_slice(&p, slice_sub(resources, 0, 17)); /* cut inside the datasets */
    put_segment(&b, 0xED, buf_slice(&p));
    put_segment(&b, 0xED, SLICE_OF("of somebody else"));
    p.n = 14;
    put_slice(&p, slice_from(resources, 17));
    put_segment(&b, 0xED, buf_slice(&p));
    put_segment(&b, 0xFE, SLICE_OF("caf\xE9"));
    put_segment(&b, 0xE1, SLICE_OF("Exif\0\0MM\0*\0\0\0\x08\0\1\x82\x98\0\2\0\0\0\4me\0\0"));
    put_scan(&b);
    struct findings *f = run(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 4);
    assert_packet(&f->v[0], PACKET_MAIN, PACKET_WHOLE, SLICE_OF("\x1c\2\x74\0\6(c) me"),
                  "APP13 segment 1, 8BIM 0404");
    assert_int_equal(f->v[0].packet.kind, PACKET_IIM);
    assert_packet(findings_get(f, PACKET_XMP, 0), PACKET_MAIN, PACKET_WHOLE, SLICE_OF("<x/>"),
                  "APP13 segment 3, 8BIM 0424");
    assert_packet(findings_get(f, PACKET_TEXT, 0), PACKET_MAIN, PACKET_WHOLE,
                  SLICE_OF("caf\xC3\xA9"), "COM segment 1");
    assert_packet(findings_get(f, PACKET_TEXT, 1), PACKET_MAIN, PACKET_WHOLE, SLICE_OF("me"),
                  "APP1 segment 1, EXIF");
    assert_string_equal(findings_get(f, PACKET_TEXT, 1)->field, "Copyright");
    findings_free(f);
    buf_free(&p);
    buf_free(&b);
}

static void exv(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    put_be(&b, 0xFF01, 2);
    put_text(&b, "Exiv2");
    put_xmp(&b, '\0', PACKET);
    put_be(&b, 0xFFD9, 2);
    expect_one(&b, PACKET_XMP, PACKET_MAIN, SLICE_OF(PACKET), "APP1 segment 1", OPTOUT_DONE);
}

static void broken_walks(void **state)
{
    (void)state;
    struct buf b;
    put_start(&b); /* zeros between segments, as some cameras leave them */
    put_segment(&b, 0xE0, SLICE_OF("JFIF"));
    put_be(&b, 0, 2);
    put_xmp(&b, '\0', PACKET);
    put_scan(&b);
    expect_one(&b, PACKET_XMP, PACKET_SALVAGED, SLICE_OF(PACKET), "APP1 segment 1",
               OPTOUT_DONE);
    put_start(&b); /* a length that is too short */
    put_be(&b, 0xFFE00001, 4);
    put_xmp(&b, '\0', PACKET);
    put_scan(&b);
    expect_one(&b, PACKET_XMP, PACKET_SALVAGED, SLICE_OF(PACKET), "APP1 segment 1",
               OPTOUT_E_SYNTAX);
    put_start(&b); /* no scan before the end */
    put_xmp(&b, '\0', PACKET);
    put_be(&b, 0xFFD9, 2);
    put_scan(&b);
    expect_one(&b, PACKET_XMP, PACKET_MAIN, SLICE_OF(PACKET), "APP1 segment 1",
               OPTOUT_E_SYNTAX);
    put_start(&b); /* too much garbage, too many segments */
    put_segment(&b, 0xE0, SLICE_OF("JFIF"));
    for (unsigned i = 0; i < 40000; i++)
        put_be(&b, 0, 2);
    put_scan(&b);
    struct findings *f = run(&b);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    findings_free(f);
    buf_free(&b);
    put_start(&b);
    for (unsigned i = 0; i < 5000; i++)
        put_segment(&b, 0xE1, SLICE_OF("x"));
    put_scan(&b);
    f = run(&b);
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    findings_free(f);
    buf_free(&b);
}

static void sniffs(void **state)
{
    (void)state;
    static const struct slice others[] = {
        SLICE("\xFF\xD8"), SLICE("\xFF\xD8\0"), SLICE("\xFF\x01" "Exiv"), SLICE("\xFF\x0A"),
        SLICE("\xFF\xFB\x90\0"), SLICE("\x89PNG\r\n\x1a\n"), SLICE(""), SLICE("8BPS\0\1"),
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(format_jpeg.sniff(others[i]));
    assert_true(format_jpeg.sniff(SLICE_OF("\xFF\xD8\xFF")));
}

/* Whatever is missing at the end, the answer is never that all was read. */
static void cut_at_every_byte(void **state)
{
    (void)state;
    struct slice all = SLICE_OF("<x:xmpmeta>0123456789</x:xmpmeta>");
    struct buf b;
    put_start(&b);
    put_store(&b, 1, 1, 8, 50);
    put_store(&b, 1, 2, 50, STORE_SIZE);
    put_extension(&b, GUID, all.n, 0, slice_sub(all, 0, 11));
    put_extension(&b, GUID, all.n, 22, slice_sub(all, 22, 11));
    put_extension(&b, GUID, all.n, 11, slice_sub(all, 11, 11));
    main_names(&b, GUID);
    put_segment(&b, 0xED, SLICE_OF("Photoshop 3.0\0" "8BIM\4\4\0\0\0\0\0\4\x1c\2\x74\0"));
    put_segment(&b, 0xFE, SLICE_OF("comment"));
    put_scan(&b);
    size_t marker = b.n - 8;
    for (size_t n = 0; n < b.n; n++) {
        struct slice body = slice_of(b.p, n);
        assert_true(findings_same_in_pieces(&format_jpeg, body, NULL));
        struct findings *f = findings_of(&format_jpeg, body, 0, NULL);
        assert_int_equal(f->rc, n < marker ? OPTOUT_E_SYNTAX : OPTOUT_DONE);
        if (n >= marker)
            for (size_t i = 0; i < f->n; i++)
                assert_int_equal(f->v[i].end, PACKET_WHOLE);
        findings_free(f);
    }
    assert_true(findings_cuts_are_told(&format_jpeg, buf_slice(&b), NULL));
    buf_free(&b);
}

/* ---- real files ---- */

static unsigned found_xmp, found_c2pa, found_iim;

static bool visit(const char *path, struct slice body)
{
    if (!format_jpeg.sniff(body))
        return false;
    if (!findings_same_in_pieces(&format_jpeg, body, NULL))
        fail_msg("%s depends on how it is cut", path);
    struct findings *f = findings_of(&format_jpeg, body, 0, NULL);
    assert_true(f->memory <= 2u << 20);
    found_xmp += findings_get(f, PACKET_XMP, 0) != NULL;
    found_c2pa += findings_get(f, PACKET_C2PA, 0) != NULL;
    found_iim += findings_get(f, PACKET_IIM, 0) != NULL;
    if (strstr(path, "/derived/") && !strstr(path, "-cut-") && f->rc != OPTOUT_DONE &&
        f->rc != OPTOUT_E_LIMIT)
        fail_msg("%s: %d", path, f->rc);
    findings_free(f);
    return true;
}

static void real_files(void **state)
{
    static const char *const folders[] = { "media", "c2pa", "hostile", NULL };
    static const char *const ends[] = { ".jpg", ".jpeg", ".exv", NULL };
    (void)state;
    unsigned files = samples_visit("JPEG files", folders, ends, visit);
    print_message("# %u files: %u with XMP, %u with a manifest store, %u with IIM\n", files,
                  found_xmp, found_c2pa, found_iim);
    assert_true(found_xmp > 0 && found_c2pa > 0 && found_iim > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(main_xmp),
        cmocka_unit_test(extended_xmp),
        cmocka_unit_test(extended_xmp_incomplete),
        cmocka_unit_test(extended_xmp_long),
        cmocka_unit_test(manifest_store),
        cmocka_unit_test(manifest_store_heads),
        cmocka_unit_test(manifest_store_broken),
        cmocka_unit_test(other_segments),
        cmocka_unit_test(exv),
        cmocka_unit_test(broken_walks),
        cmocka_unit_test(sniffs),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(real_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
