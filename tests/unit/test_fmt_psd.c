/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_psd.c - Photoshop documents and what they share with other formats: image
 * resources, IPTC-IIM datasets, Exif blocks, old texts as UTF-8. */
#include "unit.h"

#include "findings.h"
#include "samples.h"
#include "formats/parts/exif.h"
#include "metadata/iim.h"
#include "formats/parts/photoshop.h"
#include "formats/rows.h"
#include "syntax/utf8.h"


/* ---- image resources ---- */

static void put_resource(struct buf *b, const char *signature, unsigned id, const char *name,
                         struct slice data)
{
    put_text(b, signature);
    put_be(b, id, 2);
    put_be(b, strlen(name), 1);
    put_text(b, name);
    if (strlen(name) % 2 == 0)
        put_be(b, 0, 1);
    put_be(b, data.n, 4);
    put_slice(b, data);
    if (data.n % 2)
        put_be(b, 0, 1);
}

static void put_document(struct buf *b, unsigned version, const char *colours,
                         const struct buf *resources)
{
    buf_init(b, 4u << 20);
    put_text(b, "8BPS");
    put_be(b, version, 2);
    put_be(b, 0, 6);
    put_be(b, 3, 2);
    put_be(b, 1, 4);
    put_be(b, 1, 4);
    put_be(b, 0x00080003, 4);
    put_be(b, strlen(colours), 4);
    put_text(b, colours);
    put_be(b, resources->n, 4);
    put_slice(b, buf_slice(resources));
}

static struct findings *run(const struct buf *b)
{
    assert_true(format_psd.sniff(buf_slice(b)));
    assert_true(findings_same_in_pieces(&format_psd, buf_slice(b), NULL));
    return findings_of(&format_psd, buf_slice(b), 0, NULL);
}

static void documents(void **state)
{
    (void)state;
    static const char *const signatures[] = { "8BIM", "AgHg", "DCSR", "PHUT", "MeSa" };
    for (unsigned i = 0; i < 5; i++) {
        struct buf r, b;
        buf_init(&r, 1u << 20);
        put_resource(&r, signatures[i], 0x03ED, "", SLICE_OF("sixteen bytes ab"));
        put_resource(&r, signatures[i], 0x0404, "odd", SLICE_OF("\x1c\2\x74\0\2me"));
        put_resource(&r, signatures[i], 0x0425, "even", SLICE_OF("digest"));
        put_resource(&r, signatures[i], 0x0424, "", SLICE_OF("<x/>"));
        put_document(&b, 1 + i % 2, i ? "colours" : "", &r);
        size_t end = b.n;
        put_text(&b, "layers, 8BIM\4\x24");
        struct findings *f = run(&b);
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->n, 2);
        const struct finding *iim = findings_get(f, PACKET_IIM, 0);
        const struct finding *xmp = findings_get(f, PACKET_XMP, 0);
        assert_slice(buf_slice(&xmp->bytes), "<x/>");
        assert_string_equal(xmp->where, "image resources, 8BIM 0424");
        assert_int_equal(xmp->packet.role, PACKET_MAIN);
        assert_int_equal(iim->bytes.n, 7);
        assert_memory_equal(b.p + iim->packet.offset, "\x1c\2\x74", 3);
        findings_free(f);
        f = findings_of(&format_psd, buf_slice(&b), 1, NULL);
        assert_true(f->done);
        assert_int_equal(f->fed, end);
        findings_free(f);
        buf_free(&b);
        buf_free(&r);
    }
}

static void document_cut_at_every_byte(void **state)
{
    (void)state;
    struct buf r, b;
    buf_init(&r, 1u << 20);
    put_resource(&r, "8BIM", 0x0404, "name", SLICE_OF("\x1c\2\x74\0\2me"));
    put_resource(&r, "8BIM", 0x0424, "", SLICE_OF("<x/>"));
    put_document(&b, 1, "colours", &r);
    for (size_t n = 0; n <= b.n; n++) {
        struct findings *f = findings_of(&format_psd, slice_of(b.p, n), 0, NULL);
        assert_int_equal(f->rc, n < b.n ? OPTOUT_E_SYNTAX : OPTOUT_DONE);
        findings_free(f);
    }
    assert_true(findings_cuts_are_told(&format_psd, buf_slice(&b), NULL));
    buf_free(&b);
    buf_free(&r);
}

static void hostile_documents(void **state)
{
    (void)state;
    struct buf r, b;
    buf_init(&r, 4u << 20);
    put_resource(&r, "8BIM", 0x0424, "", SLICE_OF("<x/>"));
    r.p[r.n - 5] = 0xFF; /* longer than the section */
    put_document(&b, 1, "", &r);
    put_text(&b, "<behind/>");
    struct findings *f = run(&b);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    assert_int_equal(f->v[0].end, PACKET_CUT);
    assert_slice(buf_slice(&f->v[0].bytes), "<x/>");
    findings_free(f);
    buf_free(&b);

    buf_clear(&r); /* no resource behind a good one; zeros would be padding */
    put_resource(&r, "8BIM", 0x0424, "", SLICE_OF("<x/>"));
    put_text(&r, "nonsense");
    put_document(&b, 1, "", &r);
    f = run(&b);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    assert_int_equal(f->v[0].end, PACKET_WHOLE);
    findings_free(f);
    buf_free(&b);

    buf_clear(&r); /* too many, and datasets that are too long */
    static uint8_t zeros[PACKET_IIM_MAX + 2];
    put_resource(&r, "8BIM", 0x0404, "", slice_of(zeros, sizeof zeros));
    for (unsigned i = 0; i < 5000; i++)
        put_resource(&r, "8BIM", 1000, "", SLICE_EMPTY);
    put_document(&b, 1, "", &r);
    f = run(&b);
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    assert_int_equal(f->v[0].end, PACKET_LIMIT);
    assert_int_equal(f->v[0].bytes.n, PACKET_IIM_MAX);
    findings_free(f);
    buf_free(&b);

    buf_clear(&r);
    put_document(&b, 3, "", &r);
    assert_false(format_psd.sniff(buf_slice(&b)));
    buf_free(&b);
    put_document(&b, 1, "", &r); /* no resources at all */
    f = run(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 0);
    findings_free(f);
    buf_free(&b);
    buf_free(&r);
}

/* Some writers leave out the byte that makes data even. */
static void missing_padding(void **state)
{
    (void)state;
    struct buf r, b;
    buf_init(&r, 1000);
    put_resource(&r, "8BIM", 0x0404, "", SLICE_OF("\x1c\2\x74\0\0"));
    r.n--;
    put_resource(&r, "8BIM", 0x0424, "", SLICE_OF("<x/>"));
    put_document(&b, 1, "", &r);
    struct findings *f = run(&b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 2);
    findings_free(f);
    buf_free(&b);
    buf_free(&r);
}

/* ---- IPTC-IIM ---- */

struct seen {
    char text[512];
    unsigned n;
};

static void on_property(void *ctx, const struct property *p)
{
    struct seen *s = ctx;
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%.*s=%.*s%s|", SLICE_FMT(p->name),
             SLICE_FMT(p->value), p->cut ? "~" : "");
    s->n++;
    assert_string_equal(p->format, "jpeg");
    assert_true(utf8_is_valid(p->value));
}

static void datasets(void **state)
{
    (void)state;
    static const struct {
        struct slice bytes;
        enum optout_rc rc;
        const char *seen;
    } cases[] = {
        { SLICE(""), OPTOUT_DONE, "" },
        { SLICE("\x1c\2\0\0\2\0\4\x1c\2\x74\0\4 me\0\x1c\2\x28\0\2no"), OPTOUT_DONE,
          "2:116=me|2:40=no|" },
        { SLICE("\x1c\2\x6e\0\1a\x1c\2\x73\0\1b\x1c\2\x78\0\1c\x1c\2\x50\0\1d"), OPTOUT_DONE,
          "2:110=a|2:115=b|2:120=c|" },
        { SLICE("\x1c\3\x74\0\1a\x1c\2\x74\0\1b\x1c\2\x74\0\1c"), OPTOUT_DONE,
          "2:116=b|2:116=c|" },
        { SLICE("\x1c\1\x5a\0\3\x1b%G\x1c\2\x74\0\3\xC3\xA9!"), OPTOUT_DONE,
          "2:116=\xC3\xA9!|" },
        { SLICE("\x1c\2\x74\0\2\xA9!"), OPTOUT_DONE, "2:116=\xC2\xA9!|" },
        { SLICE("\x1c\1\x5a\0\3\x1b%G\x1c\2\x74\0\2\xA9!"), OPTOUT_DONE, "2:116=\xC2\xA9!|" },
        { SLICE("\x1c\2\x74\x80\4\0\0\0\2me\0\0\0"), OPTOUT_DONE, "2:116=me|" },
        { SLICE("\x1c\2\x74\0\3me"), OPTOUT_E_SYNTAX, "2:116=me~|" },
        { SLICE("\x1c\2\x74\x80\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFme"), OPTOUT_E_SYNTAX,
          "2:116=me~|" },
        { SLICE("\x1c\2\x74\x80\x09\0\0\0\0\0\0\0\0\2me"), OPTOUT_E_SYNTAX, "" },
        { SLICE("\x1c\2\x74\x80\0me"), OPTOUT_E_SYNTAX, "" },
        { SLICE("\x1c\2\x74\0\2mex"), OPTOUT_E_SYNTAX, "2:116=me|" },
        { SLICE("\x1c\2\x74\0"), OPTOUT_E_SYNTAX, "" },
    };
    struct property base = { .carrier = CARRIER_IIM, .format = "jpeg" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = test_arena();
        struct seen s = { .n = 0 };
        assert_int_equal(iim_read(&a, &base, cases[i].bytes, on_property, &s), cases[i].rc);
        assert_string_equal(s.text, cases[i].seen);
        arena_reset(&a);
    }
    struct buf many;
    buf_init(&many, 1u << 20);
    for (unsigned i = 0; i < 300; i++)
        put_slice(&many, SLICE_OF("\x1c\2\x74\0\0"));
    struct arena a = test_arena();
    struct seen s = { .n = 0 };
    assert_int_equal(iim_read(&a, &base, buf_slice(&many), on_property, &s), OPTOUT_E_LIMIT);
    assert_int_equal(s.n, 256);
    arena_reset(&a);
    buf_free(&many);
}

/* ---- Exif ---- */

struct entry {
    unsigned tag, type;
    struct slice value;
};

/* IFD0 with the first entries, the Exif IFD with the others. */
static void put_exif(struct buf *b, bool little, const struct entry *e, size_t n, size_t in_ifd0)
{
    void (*put)(struct buf *, uint64_t, unsigned) = little ? put_le : put_be;
    size_t data = 8 + 2 + 12 * (in_ifd0 + 1) + 4 + 2 + 12 * (n - in_ifd0) + 4;
    buf_init(b, 1u << 20);
    put_text(b, little ? "II" : "MM");
    put(b, 42, 2);
    put(b, 8, 4);
    put(b, in_ifd0 + 1, 2);
    for (size_t i = 0; i <= n; i++) {
        if (i == in_ifd0) {
            put(b, 0x8769, 2);
            put(b, 4, 2);
            put(b, 1, 4);
            put(b, 8 + 2 + 12 * (in_ifd0 + 1) + 4, 4);
            put(b, 0, 4);
            put(b, n - in_ifd0, 2);
        }
        if (i == n)
            break;
        put(b, e[i].tag, 2);
        put(b, e[i].type, 2);
        put(b, e[i].value.n, 4);
        if (e[i].value.n <= 4) {
            put_slice(b, e[i].value);
            put_be(b, 0, 4 - (unsigned)e[i].value.n);
        } else {
            put(b, data, 4);
            data += e[i].value.n;
        }
    }
    put(b, 0, 4);
    for (size_t i = 0; i < n; i++)
        if (e[i].value.n > 4)
            put_slice(b, e[i].value);
}

static struct findings *read_exif(struct slice block)
{
    struct findings *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->sink = (struct packet_sink){ findings_begin, findings_bytes, findings_end, findings_role,
                                    f };
    arena_init(&f->arena, 1u << 20, NULL, 0);
    struct format_env env = { .arena = &f->arena, .out = &f->sink, .length = UINT64_MAX };
    exif_read(&env, PACKET_MAIN, SLICE_OF("eXIf chunk"), 1000, block);
    assert_int_equal(f->open, 0);
    return f;
}

static void exif_blocks(void **state)
{
    (void)state;
    for (unsigned little = 0; little < 2; little++) {
        const struct entry entries[] = {
            { 0x010E, 2, SLICE_OF("A view\0") },
            { 0x010E, 2, SLICE_OF("Another\0") }, /* only the first counts */
            { 0x8298, 2, SLICE_OF("she\0he\0") },
            { 0x9C9C, 1, SLICE_OF("n\0o\0 \0A\0I\0\0\0") },
            { 700, 1, SLICE_OF("<x:xmpmeta/>") },
            { 0x9286, 7, little ? SLICE_OF("UNICODE\0h\0\xE9\0") : SLICE_OF("UNICODE\0\0h\0\xE9") },
        };
        struct buf b;
        put_exif(&b, little, entries, 6, 5);
        struct findings *f = read_exif(buf_slice(&b));
        static const char *const fields[] = { "ImageDescription", "Copyright", "XPComment", "",
                                              "UserComment" };
        static const char *const values[] = { "A view", "she he", "no AI", "<x:xmpmeta/>",
                                              "h\xC3\xA9" };
        assert_int_equal(f->n, 5);
        for (size_t i = 0; i < 5; i++) {
            assert_string_equal(f->v[i].field, fields[i]);
            assert_slice(buf_slice(&f->v[i].bytes), values[i]);
            assert_int_equal(f->v[i].packet.kind, i == 3 ? PACKET_XMP : PACKET_TEXT);
            assert_int_equal(f->v[i].packet.role, i == 3 ? PACKET_SALVAGED : PACKET_MAIN);
        }
        assert_string_equal(f->v[0].where, "eXIf chunk, EXIF");
        assert_string_equal(f->v[3].where, "eXIf chunk, EXIF tag 700");
        assert_memory_equal(b.p + f->v[3].packet.offset - 1000, "<x:xmpmeta/>", 12);
        findings_free(f);
        for (size_t n = 0; n < b.n; n++) {
            uint8_t *copy = malloc(n + 1);
            memcpy(copy, b.p, n);
            f = read_exif(slice_of(copy, n));
            assert_true(f->n <= 5);
            findings_free(f);
            free(copy);
        }
        buf_free(&b);
    }
}

static void hostile_exif(void **state)
{
    (void)state;
    static const struct slice blocks[] = {
        SLICE("II*\0\x08\0\0\0\1\0\x98\x82\2\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
        SLICE("II*\0\x08\0\0\0\1\0\x98\x82\x05\0\xFF\xFF\xFF\xFF\1\0\0\0"),
        SLICE("II*\0\xFF\xFF\xFF\xFF"), SLICE("MM\0*\0\0\0\x08"), SLICE("II*\0\0\0\0\0"),
        SLICE("Exif\0\0"), SLICE("Exif\0\0II"), SLICE(""),
        /* an Exif IFD that is IFD0 */
        SLICE("MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\0"),
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        struct findings *f = read_exif(blocks[i]);
        assert_true(f->n <= 1);
        for (size_t k = 0; k < f->n; k++)
            assert_int_equal(f->v[k].end, PACKET_CUT);
        findings_free(f);
    }
}

/* ---- texts ---- */

static void texts(void **state)
{
    (void)state;
    uint8_t room[8];
    assert_true(utf8_is_valid(SLICE_OF("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")));
    static const struct slice wrong[] = {
        SLICE("\x80"), SLICE("\xC0\x80"), SLICE("\xC3"), SLICE("\xE0\x80\x80"),
        SLICE("\xED\xA0\x80"), SLICE("\xF4\x90\x80\x80"), SLICE("\xF0\x80\x80\x80"),
        SLICE("\xFF"), SLICE("\xE2\x82"),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(utf8_is_valid(wrong[i]));
    assert_slice(utf8_clip(SLICE_OF("ab\xE2\x82\xAC"), 4), "ab");
    assert_slice(utf8_clip(SLICE_OF("ab\xE2\x82\xAC"), 5), "ab\xE2\x82\xAC");
    assert_slice(utf8_clip(SLICE_OF("\x80\x80\x80\x80\x80\x80"), 5), "\x80\x80\x80\x80\x80");
    assert_slice(utf8_from_latin1(SLICE_OF("\xE9\xE8\xE7\xE6\xE5"), room, sizeof room),
                 "\xC3\xA9\xC3\xA8\xC3\xA7\xC3\xA6");
    assert_slice(utf8_from_utf16(SLICE_OF("\xFE\xFF\0a\x20\xAC"), true, room, sizeof room),
                 "a\xE2\x82\xAC");
    assert_slice(utf8_from_utf16(SLICE_OF("\x3D\xD8\0\xDE!"), true, room, sizeof room),
                 "\xF0\x9F\x98\x80");
    assert_slice(utf8_from_utf16(SLICE_OF("\0\xDE\x3D\xD8"), true, room, sizeof room),
                 "\xEF\xBF\xBD\xEF\xBF\xBD");
}

/* ---- real files ---- */

static unsigned found_xmp;

static bool visit(const char *path, struct slice body)
{
    if (!format_psd.sniff(body))
        return false;
    if (!findings_same_in_pieces(&format_psd, body, NULL))
        fail_msg("%s depends on how it is cut", path);
    struct findings *f = findings_of(&format_psd, body, 0, NULL);
    found_xmp += findings_get(f, PACKET_XMP, 0) != NULL;
    findings_free(f);
    return true;
}

static void real_files(void **state)
{
    static const char *const folders[] = { "media", "hostile", NULL };
    static const char *const ends[] = { ".psd", ".psb", NULL };
    (void)state;
    unsigned files = samples_visit("Photoshop documents", folders, ends, visit);
    print_message("# %u files, %u with XMP\n", files, found_xmp);
    assert_true(found_xmp > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents),         cmocka_unit_test(document_cut_at_every_byte),
        cmocka_unit_test(hostile_documents), cmocka_unit_test(missing_padding),
        cmocka_unit_test(datasets),          cmocka_unit_test(exif_blocks),
        cmocka_unit_test(hostile_exif),      cmocka_unit_test(texts),
        cmocka_unit_test(real_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
