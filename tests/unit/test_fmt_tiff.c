/* SPDX-License-Identifier: Apache-2.0 */
/* TIFF, BigTIFF and what is built like them: where packets are found, and how much is read. */
#define _XOPEN_SOURCE 700
#include "unit.h"

#include "findings.h"
#include "samples.h"
#include "formats/parts/ranges.h"
#include "formats/rows.h"


#define XMP "<x:xmpmeta xmlns:x='adobe:ns:meta/'>packet</x:xmpmeta>"
#define IIM "\x1c\x02\x74\x00\x05right\x1c\x02\x28\x00\x02no"

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

/* ---- to build one ---- */

struct maker {
    struct buf b;
    bool be, big;
};

struct entry {
    unsigned tag, type;
    uint64_t count, value;
};

#define BYTES 1
#define ASCII 2
#define LONG 4
#define UNDEFINED 7

static void put(struct maker *m, uint64_t v, unsigned n)
{
    if (m->be)
        put_be(&m->b, v, n);
    else
        put_le(&m->b, v, n);
}

static unsigned word(const struct maker *m)
{
    return m->big ? 8 : 4;
}

static struct maker make(bool be, bool big, uint64_t first)
{
    struct maker m = { .be = be, .big = big };
    buf_init(&m.b, 64u << 20);
    put_text(&m.b, be ? "MM" : "II");
    put(&m, big ? 43 : 42, 2);
    if (big) { /* size of an offset, and nothing */
        put(&m, 8, 2);
        put(&m, 0, 2);
    }
    put(&m, first, word(&m));
    return m;
}

static void put_ifd(struct maker *m, const struct entry *e, size_t n, uint64_t next)
{
    put(m, n, m->big ? 8 : 2);
    for (size_t i = 0; i < n; i++) {
        put(m, e[i].tag, 2);
        put(m, e[i].type, 2);
        put(m, e[i].count, word(m));
        put(m, e[i].value, word(m));
    }
    put(m, next, word(m));
}

static uint64_t ifd_length(const struct maker *m, size_t n)
{
    return m->big ? 8 + 20 * n + 8 : 2 + 12 * n + 4;
}

static void pad(struct maker *m, uint64_t to)
{
    assert_true(m->b.n <= to);
    while (m->b.n < to)
        put_be(&m->b, 0xee, 1);
}

static struct findings *read_whole(struct slice body)
{
    assert_true(findings_same_in_pieces(&format_tiff, body, NULL));
    return findings_of(&format_tiff, body, 0, NULL);
}

static void check(const struct findings *f, size_t i, enum packet_kind kind,
                  enum packet_role role, const char *where, struct slice bytes)
{
    assert_true(i < f->n);
    const struct finding *v = &f->v[i];
    assert_int_equal(v->packet.kind, kind);
    assert_int_equal(v->packet.role, role);
    assert_string_equal(v->where, where);
    assert_true(slice_eq(buf_slice(&v->bytes), bytes));
    assert_int_equal(v->end, PACKET_WHOLE);
}

/* One directory with all that is read; data before or behind it. */
static struct maker full(bool be, bool big, bool data_first)
{
    struct maker m = make(be, big, 0);
    size_t n = 6;
    uint64_t at = m.b.n, data = data_first ? at : at + ifd_length(&m, n);
    struct entry e[] = {
        { 256, 3, 1, 16 },
        { 270, ASCII, 12, data },
        { 700, BYTES, sizeof XMP - 1, data + 12 },
        { 33432, ASCII, 16, data + 100 },
        { 33723, UNDEFINED, sizeof IIM - 1, data + 120 },
        { 52545, UNDEFINED, 350, data + 160 },
    };
    uint64_t end = data + 160 + 350, ifd = data_first ? end : at;
    if (!data_first)
        put_ifd(&m, e, n, 0);
    put_text(&m.b, "Description");
    put(&m, 0, 1);
    put_text(&m.b, XMP);
    pad(&m, data + 100);
    put_text(&m.b, "(c) Somebody 20");
    put(&m, 0, 1);
    pad(&m, data + 120);
    put_slice(&m.b, SLICE_OF(IIM));
    pad(&m, data + 160);
    put_slice(&m.b, store());
    if (data_first)
        put_ifd(&m, e, n, 0);
    for (unsigned i = 0; i < word(&m); i++) /* the offset of the directory */
        m.b.p[(big ? 8 : 4) + i] = (uint8_t)(ifd >> 8 * (be ? word(&m) - 1 - i : i));
    return m;
}

static void check_full(const struct findings *f)
{
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 5);
    check(f, 0, PACKET_TEXT, PACKET_MAIN, "IFD0 tag 270", SLICE_OF("Description\0"));
    assert_string_equal(f->v[0].field, "ImageDescription");
    check(f, 1, PACKET_XMP, PACKET_MAIN, "IFD0 tag 700", SLICE_OF(XMP));
    check(f, 2, PACKET_TEXT, PACKET_MAIN, "IFD0 tag 33432", SLICE_OF("(c) Somebody 20\0"));
    assert_string_equal(f->v[2].field, "Copyright");
    check(f, 3, PACKET_IIM, PACKET_MAIN, "IFD0 tag 33723", SLICE_OF(IIM));
    check(f, 4, PACKET_C2PA, PACKET_MAIN, "IFD0 tag 52545", store());
}

static void finds_everything(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        struct maker m = full(k & 1, k & 2, k & 4);
        uint64_t end = m.b.n;
        assert_true(format_tiff.sniff(buf_slice(&m.b)));
        struct findings *f = read_whole(buf_slice(&m.b));
        check_full(f);
        assert_false(f->done);
        findings_free(f);
        /* Picture data behind is not waited for. */
        pad(&m, end + 100000);
        f = findings_of(&format_tiff, buf_slice(&m.b), 64, NULL);
        check_full(f);
        assert_true(f->done);
        assert_true(f->fed < end + 64);
        findings_free(f);
        buf_free(&m.b);
    }
}

static void pages_and_subifds(void **state)
{
    (void)state;
    const uint64_t data = 1000, page1 = 300, page2 = 150, sub_a = 400, sub_b = 500,
                   sub_c = 600, list = 700;
    for (unsigned k = 0; k < 4; k++) {
        bool big = k & 2;
        struct maker m = make(k & 1, big, 16);
        pad(&m, 16);
        struct entry main[] = { { 330, big ? 16 : LONG, 2, list },
                                { 700, BYTES, 10, data } };
        put_ifd(&m, main, 2, page1);
        pad(&m, page2); /* the last page stands before the second */
        put_ifd(&m, (struct entry[]){ { 52545, UNDEFINED, 350, data + 100 } }, 1, 0);
        pad(&m, page1);
        put_ifd(&m, (struct entry[]){ { 270, ASCII, 10, data + 10 },
                                      { 700, BYTES, 10, data + 20 } }, 2, page2);
        pad(&m, sub_a);
        put_ifd(&m, (struct entry[]){ { 700, BYTES, 10, data + 40 },
                                      { 52545, UNDEFINED, 10, data + 50 } }, 2, 0);
        pad(&m, sub_b); /* with one of its own, inline, and a neighbour */
        put_ifd(&m, (struct entry[]){ { 330, big ? 18 : 13, 1, sub_c } }, 1, 0);
        pad(&m, sub_c);
        put_ifd(&m, (struct entry[]){ { 700, BYTES, 10, data + 30 } }, 1, 0);
        pad(&m, list);
        put(&m, sub_a, word(&m));
        put(&m, sub_b, word(&m));
        pad(&m, data);
        put_text(&m.b, "0123456789abcdefghijABCDEFGHIJqwertyuiop!\"$%&/()=?----------");
        pad(&m, data + 100);
        put_slice(&m.b, store());
        struct findings *f = read_whole(buf_slice(&m.b));
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 6);
        check(f, 0, PACKET_XMP, PACKET_MAIN, "IFD0 tag 700", SLICE_OF("0123456789"));
        check(f, 1, PACKET_XMP, PACKET_COMPONENT, "IFD1 tag 700", SLICE_OF("ABCDEFGHIJ"));
        check(f, 2, PACKET_XMP, PACKET_COMPONENT, "SubIFD2 tag 700", SLICE_OF("qwertyuiop"));
        check(f, 3, PACKET_XMP, PACKET_COMPONENT, "SubIFD0 tag 700", SLICE_OF("!\"$%&/()=?"));
        check(f, 4, PACKET_C2PA, PACKET_COMPONENT, "SubIFD0 tag 52545",
              SLICE_OF("----------"));
        check(f, 5, PACKET_C2PA, PACKET_MAIN, "IFD2 tag 52545", store());
        findings_free(f);
        buf_free(&m.b);
    }
}

static void iim_in_longs(void **state)
{
    (void)state;
    static const char plain[] = "\x1c\x02\x28\0\x05never\0\0";
    for (unsigned swapped = 0; swapped < 2; swapped++) {
        struct maker m = make(false, false, 8);
        put_ifd(&m, (struct entry[]){ { 33723, LONG, 3, 26 } }, 1, 0);
        for (unsigned i = 0; i < 12; i++)
            put_be(&m.b, (uint8_t)plain[swapped ? i ^ 3 : i], 1);
        struct findings *f = read_whole(buf_slice(&m.b));
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 1);
        check(f, 0, PACKET_IIM, PACKET_MAIN, "IFD0 tag 33723", slice_of(plain, 12));
        findings_free(f);
        buf_free(&m.b);
    }
}

static void image_resources(void **state)
{
    (void)state;
    struct maker m = make(true, false, 8);
    put_ifd(&m, (struct entry[]){ { 34377, BYTES, 12 + 18, 26 } }, 1, 0);
    put_text(&m.b, "8BIM");
    put_be(&m.b, 0x0404, 2);
    put_be(&m.b, 0, 2);
    put_be(&m.b, sizeof IIM - 1, 4);
    put_slice(&m.b, SLICE_OF(IIM));
    put_be(&m.b, 0, 1); /* to an even length */
    struct findings *f = read_whole(buf_slice(&m.b));
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 1);
    assert_int_equal(f->v[0].packet.kind, PACKET_IIM);
    assert_true(slice_eq(buf_slice(&f->v[0].bytes), SLICE_OF(IIM)));
    assert_non_null(strstr(f->v[0].where, "IFD0 tag 34377"));
    findings_free(f);
    buf_free(&m.b);
}

/* Raw files with marks of their own; and what is none of them. */
static void sniffs(void **state)
{
    (void)state;
    static const struct {
        struct slice head;
        bool yes;
    } heads[] = {
        { SLICE("II*\0\x08\0\0\0"), true },          { SLICE("MM\0*\0\0\0\x08"), true },
        { SLICE("II+\0\x08\0\0\0"), true },          { SLICE("MM\0+\0\x08\0\0"), true },
        { SLICE("IIRO\x08\0\0\0"), true },           { SLICE("IIRS\x08\0\0\0"), true },
        { SLICE("MMOR\0\0\0\x08"), true },           { SLICE("IIU\0\x18\0\0\0"), true },
        { SLICE("II*\0"), true },                    { SLICE("II*"), false },
        { SLICE(""), false },                        { SLICE("IIRS of the"), false },
        { SLICE("II\x1a\0\0\0HEAPCCDR"), false },    { SLICE("FUJIFILMCCD-RAW"), false },
        { SLICE("MM*\0\0\0\0\x08"), false },         { SLICE("II\xbc\x01\x08\0\0\0"), false },
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        assert_int_equal(format_tiff.sniff(heads[i].head), heads[i].yes);
    static const struct slice marks[] = { SLICE("IIRO"), SLICE("IIRS"), SLICE("IIU\0") };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct maker m = full(false, false, i & 1);
        memcpy(m.b.p, marks[i].p, 4);
        struct findings *f = read_whole(buf_slice(&m.b));
        check_full(f);
        findings_free(f);
        buf_free(&m.b);
    }
}

/* ---- broken and hostile ones ---- */

/* Cut anywhere, it never passes for one without what was cut off. */
static void cut_at_every_byte(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        struct maker m = full(k & 1, k & 2, k & 4);
        for (size_t n = 0; n < m.b.n; n++) {
            struct slice part = slice_of(m.b.p, n);
            struct findings *f = findings_of(&format_tiff, part, n % 3 ? 0 : 5, NULL);
            assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
            for (size_t i = 0; i + 1 < f->n; i++)
                assert_int_equal(f->v[i].end, PACKET_WHOLE);
            findings_free(f);
        }
        assert_true(findings_cuts_are_told(&format_tiff, buf_slice(&m.b), NULL));
        buf_free(&m.b);
    }
}

static void expect(struct maker *m, enum optout_rc rc, size_t packets)
{
    struct findings *f = read_whole(buf_slice(&m->b));
    assert_int_equal(f->rc, rc);
    assert_int_equal(f->n, packets);
    assert_true(f->memory < 512u << 10);
    findings_free(f);
    buf_free(&m->b);
}

static void loops(void **state)
{
    (void)state;
    struct maker m = make(false, false, 8); /* of itself */
    put_ifd(&m, (struct entry[]){ { 700, BYTES, 8, 8 } }, 1, 8);
    expect(&m, OPTOUT_DONE, 1);
    m = make(false, false, 8); /* of two, and below it by itself */
    put_ifd(&m, (struct entry[]){ { 330, LONG, 1, 8 } }, 1, 26);
    put_ifd(&m, (struct entry[]){ { 700, BYTES, 8, 8 } }, 1, 8);
    expect(&m, OPTOUT_DONE, 1);
}

static void hostile_sizes(void **state)
{
    (void)state;
    struct maker m = make(false, true, 16); /* count * size wraps */
    put_ifd(&m, (struct entry[]){ { 33723, 16, (1ull << 61) + 1, 20 } }, 1, 0);
    expect(&m, OPTOUT_E_SYNTAX, 1);
    m = make(false, true, 16); /* offset + length wraps */
    put_ifd(&m, (struct entry[]){ { 700, BYTES, 100, UINT64_MAX - 5 } }, 1, 0);
    expect(&m, OPTOUT_E_SYNTAX, 0);
    m = make(false, true, 16); /* as many entries as there can be */
    put(&m, UINT64_MAX, 8);
    pad(&m, 1000);
    expect(&m, OPTOUT_E_LIMIT, 0);
    m = make(true, false, 8); /* none, which is not allowed */
    put_ifd(&m, NULL, 0, 0);
    expect(&m, OPTOUT_E_SYNTAX, 0);
    m = make(true, false, 0); /* no directory at all */
    pad(&m, 100);
    expect(&m, OPTOUT_E_SYNTAX, 0);
    m = make(true, false, 8); /* a type that is none still has bytes */
    put_ifd(&m, (struct entry[]){ { 700, 99, 9, 8 } }, 1, 0);
    expect(&m, OPTOUT_E_SYNTAX, 1);
    m = make(true, false, 8); /* 65 SubIFDs */
    put_ifd(&m, (struct entry[]){ { 330, LONG, 65, 26 } }, 1, 0);
    for (unsigned i = 0; i < 65; i++)
        put(&m, 0, 4);
    expect(&m, OPTOUT_E_LIMIT, 0);
    m = make(true, false, 8); /* what lies beyond a lie is still found */
    put_ifd(&m, (struct entry[]){ { 33723, BYTES, 1u << 30, 38 },
                                  { 700, BYTES, 6, 40 } }, 2, 0);
    pad(&m, 50);
    expect(&m, OPTOUT_E_SYNTAX, 2);
}

static void too_long_packet(void **state)
{
    (void)state;
    struct maker m = make(true, false, 8);
    put_ifd(&m, (struct entry[]){ { 700, BYTES, PACKET_XMP_MAX + 1, 100 } }, 1, 0);
    pad(&m, 200 + PACKET_XMP_MAX);
    struct findings *f = findings_of(&format_tiff, buf_slice(&m.b), 5000, NULL);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 1);
    assert_int_equal(f->v[0].end, PACKET_LIMIT);
    assert_int_equal(f->v[0].bytes.n, PACKET_XMP_MAX);
    findings_free(f);
    buf_free(&m.b);
}

/* Directories and packets by the hundred that share their bytes cost no more than the file
 * is long. */
static void ranges_that_overlap(void **state)
{
    (void)state;
    struct maker m = make(true, false, 8);
    static struct entry e[3000];
    for (unsigned i = 0; i < 3000; i++)
        e[i] = (struct entry){ 700, BYTES, 200000, 40000 + i };
    put_ifd(&m, e, 3000, 0);
    pad(&m, 250000);
    struct findings *f = findings_of(&format_tiff, buf_slice(&m.b), 0, NULL);
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    size_t total = 0;
    for (size_t i = 0; i < f->n; i++)
        total += f->v[i].bytes.n;
    assert_true(total < 1000000);
    findings_free(f);
    assert_true(findings_same_in_pieces(&format_tiff, buf_slice(&m.b), NULL));
    buf_free(&m.b);
    m = make(true, false, 8); /* a chain without end */
    for (unsigned i = 0; i < 300; i++)
        put_ifd(&m, (struct entry[]){ { 256, 3, 1, 16 } }, 1, 8 + 18 * (i + 1));
    expect(&m, OPTOUT_E_LIMIT, 0);
}

/* Bytes that went by and are not kept, and a body that announces its length. */
static enum optout_rc run(const struct maker *m, uint64_t length, struct findings *f, size_t piece)
{
    struct packet_sink sink = { findings_begin, findings_bytes, findings_end, findings_role, f };
    arena_init(&f->arena, FINDINGS_ARENA, NULL, 0);
    struct format_env env = { .arena = &f->arena, .out = &sink, .length = length };
    void *tiff = format_tiff.open(&env);
    assert_non_null(tiff);
    enum optout_rc rc = OPTOUT_MORE;
    for (; rc == OPTOUT_MORE && f->fed < m->b.n; f->fed += piece)
        rc = format_tiff.feed(tiff, slice_sub(buf_slice(&m->b), (size_t)f->fed, piece));
    enum optout_rc end = format_tiff.end(tiff);
    assert_true(rc == OPTOUT_MORE || rc == end);
    return end;
}

static void nothing_kept(void **state)
{
    (void)state;
    struct findings *f = calloc(1, sizeof *f);
    struct maker m = full(false, false, true);
    assert_int_equal(run(&m, UINT64_MAX, f, 16), OPTOUT_E_LIMIT);
    assert_int_equal(f->n, 0);
    buf_free(&m.b);
    findings_free(f);
    f = calloc(1, sizeof *f); /* all ahead: nothing need be kept */
    m = full(false, false, false);
    assert_int_equal(run(&m, m.b.n, f, 16), OPTOUT_DONE);
    assert_int_equal(f->n, 5);
    findings_free(f);
    f = calloc(1, sizeof *f); /* a shorter body is announced: as soon as that is known */
    assert_int_equal(run(&m, m.b.n - 350, f, 16), OPTOUT_E_SYNTAX);
    assert_int_equal(f->n, 4);
    buf_free(&m.b);
    findings_free(f);
}

/* ---- real files ---- */

static unsigned found_xmp, found_c2pa;

static bool visit(const char *path, struct slice body)
{
    if (!format_tiff.sniff(slice_sub(body, 0, FORMAT_SNIFF)))
        return false;
    struct findings *f = read_whole(body);
    printf("# %s: rc %d\n", path, (int)f->rc);
    for (size_t i = 0; i < f->n; i++) {
        const struct finding *v = &f->v[i];
        printf("#   %s kind %d role %d end %d, %zu bytes\n", v->where, (int)v->packet.kind,
               (int)v->packet.role, (int)v->end, v->bytes.n);
        found_xmp += v->packet.kind == PACKET_XMP;
        found_c2pa += v->packet.kind == PACKET_C2PA;
        if (strstr(path, "/hostile/") == NULL)
            assert_int_equal(v->end, PACKET_WHOLE);
    }
    if (strstr(path, "/hostile/") == NULL)
        assert_int_equal(f->rc, OPTOUT_DONE);
    findings_free(f);
    return true;
}

static void real_files(void **state)
{
    static const char *const folders[] = { "media", "c2pa", "hostile", NULL };
    static const char *const ends[] = { ".tif", ".tiff", ".TIF", ".dng", ".nef",
                                        ".cr2", ".arw",  ".orf", ".rw2", ".pef", NULL };
    (void)state;
    unsigned files = samples_visit("TIFF files", folders, ends, visit);
    print_message("# %u files, %u XMP packets, %u manifest stores\n", files, found_xmp,
                  found_c2pa);
    assert_true(found_xmp > 0);
    assert_true(found_c2pa > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_everything), cmocka_unit_test(pages_and_subifds),
        cmocka_unit_test(iim_in_longs),     cmocka_unit_test(image_resources),
        cmocka_unit_test(sniffs),           cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(loops),            cmocka_unit_test(hostile_sizes),
        cmocka_unit_test(too_long_packet),  cmocka_unit_test(ranges_that_overlap),
        cmocka_unit_test(nothing_kept),     cmocka_unit_test(real_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
