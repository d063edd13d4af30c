/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_heif.c - items of HEIF and AVIF files: where they are, whose, packed, cut; and
 * minimized images. */
#include "bmff_fixture.h"

/* One item of metadata, in one or more extents of XMP_TEXT. */
struct place {
    unsigned version;     /* of iloc */
    unsigned width;       /* of its offsets and lengths */
    unsigned method;
    size_t split;         /* bytes in the first extent, 0: one extent */
    bool before, in_meta_first; /* the data come before the meta box; idat before iloc */
    bool swapped;         /* the second extent comes first in the file */
    unsigned infe;        /* version */
    const char *coding;
    unsigned refers;      /* to this item; 0: to none */
    unsigned hidden;
};

static const struct place usual = { .width = 4, .infe = 2, .coding = "", .refers = 1 };

static void put_infe(struct buf *b, const struct place *p, unsigned id, const char *type)
{
    size_t at = box_begin(b, "infe");
    put_be(b, p->infe << 24, 4);
    put_be(b, id, p->infe == 2 ? 2 : 4);
    put_be(b, id == 2 ? p->hidden : 0, 2);
    put_text(b, type);
    put_text(b, "name");
    put_be(b, 0, 1);
    if (strcmp(type, "mime") == 0) {
        put_text(b, "application/rdf+xml");
        put_be(b, 0, 1);
        put_text(b, p->coding);
        put_be(b, 0, 1);
    }
    box_end(b, at);
}

static void put_tables(struct buf *b, const struct place *p)
{
    size_t at = box_begin(b, "pitm");
    put_be(b, 0, 4);
    put_be(b, 1, 2);
    box_end(b, at);
    at = box_begin(b, "iinf");
    put_be(b, 0, 4);
    put_be(b, 2, 2);
    put_infe(b, p, 1, "hvc1");
    put_infe(b, p, 2, "mime");
    box_end(b, at);
    if (!p->refers)
        return;
    at = box_begin(b, "iref");
    put_be(b, 0, 4);
    size_t cdsc = box_begin(b, "cdsc");
    put_be(b, 2, 2);
    put_be(b, 1, 2);
    put_be(b, p->refers, 2);
    box_end(b, cdsc);
    box_end(b, at);
}

/* Returns where the first extent's offset stands. */
static size_t put_iloc(struct buf *b, const struct place *p, size_t n)
{
    size_t at = box_begin(b, "iloc"), patch = 0;
    size_t first = p->split ? p->split : n, rest = n - first;
    put_be(b, p->version << 24, 4);
    put_be(b, p->width << 12 | p->width << 8, 2);
    put_be(b, 2, p->version < 2 ? 2 : 4);
    for (unsigned id = 1; id <= 2; id++) {
        put_be(b, id, p->version < 2 ? 2 : 4);
        if (p->version)
            put_be(b, id == 2 ? p->method : 0, 2);
        put_be(b, 0, 2);
        put_be(b, id == 2 && rest ? 2 : 1, 2);
        patch = b->n;
        put_be(b, 0, p->width);
        put_be(b, id == 1 ? 1 : first, p->width);
        if (id == 1 || !rest)
            continue;
        put_be(b, 0, p->width);
        put_be(b, rest, p->width);
    }
    box_end(b, at);
    return patch;
}

static void put_ftyp(struct buf *b)
{
    buf_init(b, 64u << 20);
    put_box(b, "ftyp", "heic\1\1\1\1mif1heic");
}

static void set_offsets(struct buf *b, const struct place *p, size_t patch, size_t data, size_t n)
{
    size_t first = p->split ? p->split : n, at = patch + p->width - 4;
    set_be32(b, at, p->swapped ? data + n - first : data);
    if (first < n)
        set_be32(b, at + 2 * p->width, p->swapped ? data : data + first);
}

static void put_data(struct buf *b, const struct place *p, struct slice s)
{
    struct slice tail = slice_from(s, p->split);
    if (p->swapped)
        put_slice(b, tail);
    put_slice(b, p->swapped ? slice_sub(s, 0, p->split) : s);
}

static void build(struct buf *b, const struct place *p)
{
    struct buf item;
    buf_init(&item, 1u << 16);
    if (strcmp(p->coding, "deflate") == 0)
        put_zlib(&item, slice_cstr(XMP_TEXT));
    else
        put_text(&item, XMP_TEXT);
    put_ftyp(b);
    size_t data = 0, at;
    if (p->before) {
        at = box_begin(b, "mdat");
        data = b->n;
        put_data(b, p, buf_slice(&item));
        box_end(b, at);
    }
    size_t meta = box_begin(b, "meta");
    put_be(b, 0, 4);
    put_box(b, "hdlr", "12345678pict");
    if (p->method == 1 && p->in_meta_first) {
        at = box_begin(b, "idat");
        put_data(b, p, buf_slice(&item));
        box_end(b, at);
    }
    put_tables(b, p);
    size_t patch = put_iloc(b, p, item.n);
    if (p->method == 1 && !p->in_meta_first) {
        at = box_begin(b, "idat");
        put_data(b, p, buf_slice(&item));
        box_end(b, at);
    }
    box_end(b, meta);
    at = box_begin(b, "mdat");
    put_text(b, "picture");
    if (!p->before && p->method == 0) {
        data = b->n;
        put_data(b, p, buf_slice(&item));
    }
    put_text(b, "picture, much longer");
    box_end(b, at);
    set_offsets(b, p, patch, data, item.n);
    buf_free(&item);
}

static void check_place(const struct place *p)
{
    struct buf b;
    build(&b, p);
    struct findings *f = run(&format_heif, &b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 1);
    check_packet(f, PACKET_XMP, 0, XMP_TEXT, "item 2",
                 p->refers > 1 ? PACKET_COMPONENT : PACKET_MAIN);
    findings_free(f);
    buf_free(&b);
}

static void items_in_any_place(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 3 * 2 * 2 * 2 * 2 * 2; i++) {
        struct place p = usual;
        unsigned k = i;
        p.version = k % 3;
        k /= 3;
        p.width = k & 1 ? 8 : 4;
        p.method = k & 2 && p.version ? 1 : 0;
        p.split = k & 4 ? 20 : 0;
        p.before = p.in_meta_first = k & 8;
        p.swapped = p.split && k & 16;
        if (p.method == 1)
            p.before = false;
        check_place(&p);
    }
}

static void whose_it_is(void **unused)
{
    (void)unused;
    for (unsigned refers = 0; refers < 3; refers++)
        for (unsigned infe = 2; infe < 4; infe++) {
            struct place p = usual;
            p.refers = refers;
            p.infe = infe;
            check_place(&p);
        }
}

static void packed_items(void **unused)
{
    (void)unused;
    struct place p = usual;
    p.coding = "deflate";
    check_place(&p);
    p.split = 9;
    p.swapped = true;
    check_place(&p);
    p.coding = "rot13";
    struct buf b;
    build(&b, &p);
    struct findings *f = run(&format_heif, &b);
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    assert_int_equal(f->n, 0);
    findings_free(f);
    buf_free(&b);
}

static void what_is_not_read_is_said(void **unused)
{
    (void)unused;
    struct place hidden = usual, made = usual;
    hidden.hidden = 1;
    made.version = 1;
    made.method = 2;
    const struct place *const all[] = { &hidden, &made };
    for (size_t i = 0; i < 2; i++) {
        struct buf b;
        build(&b, all[i]);
        struct findings *f = run(&format_heif, &b);
        assert_int_equal(f->rc, i ? OPTOUT_E_LIMIT : OPTOUT_E_UNSUP);
        assert_int_equal(f->n, 0);
        findings_free(f);
        buf_free(&b);
    }
}

static size_t offset_of(const struct buf *b, const char *type)
{
    for (size_t i = 0; i + 4 <= b->n; i++)
        if (memcmp(b->p + i, type, 4) == 0)
            return i;
    fail_msg("no box %s", type);
    return 0;
}

/* Where the items are cannot be told, or is told in no way that is known. */
static void broken_tables_are_told(void **unused)
{
    (void)unused;
    static const struct {
        const char *box;
        int at; /* from its type */
        uint8_t value;
        enum optout_rc rc;
    } cases[] = {
        { "iloc", 4, 3, OPTOUT_E_LIMIT },        /* of a later version */
        { "iloc", 8, 0x34, OPTOUT_E_SYNTAX },    /* offsets of three bytes */
        { "iloc", 10, 0xFF, OPTOUT_E_SYNTAX }, /* more items than there are */
        { "infe", -1, 0xFF, OPTOUT_E_SYNTAX }, /* longer than the table */
        { "infe", -1, 4, OPTOUT_E_SYNTAX },    /* shorter than its head */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b;
        build(&b, &usual);
        b.p[(int)offset_of(&b, cases[i].box) + cases[i].at] = cases[i].value;
        struct findings *f = run(&format_heif, &b);
        if (f->rc != cases[i].rc)
            fail_msg("%s at %d: %d", cases[i].box, cases[i].at, f->rc);
        findings_free(f);
        buf_free(&b);
    }
}

static void done_when_the_items_are_read(void **unused)
{
    (void)unused;
    struct buf b;
    build(&b, &usual);
    struct findings *f = findings_of(&format_heif, buf_slice(&b), 1, NULL);
    assert_true(f->done);
    assert_int_equal(f->fed, b.n - strlen("picture, much longer"));
    findings_free(f);
    buf_free(&b);
    struct place p = usual;
    p.version = p.method = 1;
    build(&b, &p);
    f = findings_of(&format_heif, buf_slice(&b), 1, NULL);
    assert_true(f->done); /* at the header of mdat */
    assert_int_equal(f->fed, b.n - strlen("picturepicture, much longer"));
    findings_free(f);
    buf_free(&b);
}

static void item_beyond_the_end(void **unused)
{
    (void)unused;
    struct place p = usual;
    struct buf b;
    build(&b, &p);
    for (size_t n = 32; n < b.n - strlen("picture, much longer"); n++) {
        struct findings *f = findings_of(&format_heif, slice_of(b.p, n), 0, NULL);
        for (size_t i = 0; i < f->n; i++)
            assert_int_equal(f->v[i].end, PACKET_CUT);
        assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        assert_true(findings_same_in_pieces(&format_heif, slice_of(b.p, n), NULL));
        findings_free(f);
    }
    buf_free(&b);
}

static void cut_at_every_byte(void **unused)
{
    (void)unused;
    struct place p = usual;
    p.version = p.method = 1;
    p.in_meta_first = true;
    struct buf b;
    build(&b, &p);
    size_t borders[] = { 0 };
    check_cuts(&format_heif, &b, borders);
    buf_free(&b);
}

static void boxes_beside_the_items(void **unused)
{
    (void)unused;
    struct buf b;
    put_ftyp(&b);
    put_c2pa_uuid(&b, "manifest", true, 8);
    put_xmp_uuid(&b);
    put_box(&b, "mdat", "picture");
    struct findings *f = run(&format_heif, &b);
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX); /* there is no image */
    findings_free(f);
    put_box(&b, "meta", "");
    f = run(&format_heif, &b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 2);
    check_store(f, 0);
    check_packet(f, PACKET_XMP, 0, XMP_TEXT, "uuid box", PACKET_MAIN);
    findings_free(f);
    buf_free(&b);
}

static void a_store_that_may_be_extended(void **unused)
{
    (void)unused;
    struct buf b;
    put_ftyp(&b);
    put_c2pa_uuid(&b, "original", true, 0);
    size_t meta = box_begin(&b, "meta");
    put_be(&b, 0, 4);
    box_end(&b, meta);
    put_box(&b, "mdat", "picture");
    put_c2pa_uuid(&b, "update", false, 0);
    struct findings *f = run(&format_heif, &b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 2);
    check_store(f, 1);
    findings_free(f);
    buf_free(&b);
}

static void sequences_have_a_movie(void **unused)
{
    (void)unused;
    struct buf b;
    buf_init(&b, 1u << 20);
    put_box(&b, "ftyp", "avis\1\1\1\1avifmsf1");
    size_t meta = box_begin(&b, "meta");
    put_be(&b, 0, 4);
    box_end(&b, meta);
    put_box(&b, "mdat", "picture");
    size_t moov = box_begin(&b, "moov"), udta = box_begin(&b, "udta");
    put_box(&b, "XMP_", XMP_TEXT);
    box_end(&b, udta);
    box_end(&b, moov);
    struct findings *f = run(&format_heif, &b);
    check_packet(f, PACKET_XMP, 0, XMP_TEXT, "moov/udta/XMP_", PACKET_MAIN);
    findings_free(f);
    buf_free(&b);
}

static void meta_without_size(void **unused)
{
    (void)unused;
    struct place p = usual;
    p.before = true;
    struct buf b;
    build(&b, &p);
    b.n -= strlen("picturepicture, much longer") + 8; /* meta is the last box */
    size_t meta = 24 + 8 + strlen(XMP_TEXT);
    assert_memory_equal(b.p + meta + 4, "meta", 4);
    set_be32(&b, meta, 0);
    struct findings *f = run(&format_heif, &b);
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_packet(f, PACKET_XMP, 0, XMP_TEXT, "item 2", PACKET_MAIN);
    findings_free(f);
    buf_free(&b);
}

static void minimized_images(void **unused)
{
    (void)unused;
    static const struct {
        unsigned bits; /* the second byte */
        bool packed, there;
        size_t found;
        enum optout_rc rc;
    } rows[] = {
        { 0x20, false, true, 1, OPTOUT_DONE },
        { 0x20, true, true, 1, OPTOUT_DONE },
        { 0x00, false, true, 0, OPTOUT_DONE },
        { 0x20, false, false, 0, OPTOUT_E_LIMIT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b;
        buf_init(&b, 1u << 20);
        put_box(&b, "ftyp", "mif3avif");
        size_t mini = box_begin(&b, "mini");
        put_be(&b, rows[i].bits, 2);
        put_text(&b, "the picture itself, and xmp");
        if (rows[i].there && rows[i].packed)
            put_zlib(&b, slice_cstr(XMP_TEXT));
        else if (rows[i].there)
            put_text(&b, XMP_TEXT);
        box_end(&b, mini);
        struct findings *f = run(&format_heif, &b);
        assert_int_equal(f->rc, rows[i].rc);
        assert_int_equal(f->n, rows[i].found);
        if (f->n)
            check_packet(f, PACKET_XMP, 0, XMP_TEXT, "mini box", PACKET_MAIN);
        findings_free(f);
        size_t borders[] = { 0 };
        check_cuts(&format_heif, &b, borders);
        buf_free(&b);
    }
}

static void real_files(void **unused)
{
    (void)unused;
    static const char *const ends[] = { ".heic", ".heif", ".avif", ".hif", NULL };
    run_corpus(&format_heif, ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_in_any_place),
        cmocka_unit_test(whose_it_is),
        cmocka_unit_test(packed_items),
        cmocka_unit_test(what_is_not_read_is_said),
        cmocka_unit_test(broken_tables_are_told),
        cmocka_unit_test(done_when_the_items_are_read),
        cmocka_unit_test(item_beyond_the_end),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(boxes_beside_the_items),
        cmocka_unit_test(a_store_that_may_be_extended),
        cmocka_unit_test(sequences_have_a_movie),
        cmocka_unit_test(meta_without_size),
        cmocka_unit_test(minimized_images),
        cmocka_unit_test(real_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
