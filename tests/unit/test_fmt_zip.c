/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_zip.c - formats/archive/zip.c, zip_member.c, zip_texts.c, zip_directory.c. */
#include "unit.h"

#include "formats/rows.h"
#include "zip_fixture.h"

#include <glob.h>

#define CONTAINER                                                                              \
    "<?xml version='1.0'?><container "                                                         \
    "xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles>"                      \
    "<rootfile full-path='OEBPS/content.opf' media-type='application/oebps-package+xml'/>"     \
    "</rootfiles></container>"
#define OPF "<package xmlns='http://www.idpf.org/2007/opf'><metadata/></package>"

static void add(struct archive *a, const char *name, const char *data, unsigned how)
{
    archive_add(a, name, slice_cstr(data), how);
}

/* Runs it whole, after a look at other chunkings; frees the archive. */
static struct findings *run(struct archive *a, const char *comment)
{
    struct slice body = archive_end(a, comment);
    assert_true(findings_same_in_pieces(&format_zip, body, NULL));
    return findings_of(&format_zip, body, 0, NULL);
}

static void check_opf(const struct findings *f, size_t n, const char *where, enum packet_role role)
{
    const struct finding *v = findings_get(f, PACKET_OPF, n);
    assert_non_null(v);
    assert_string_equal(v->where, where);
    assert_int_equal(v->packet.role, role);
    assert_int_equal(v->end, PACKET_WHOLE);
    assert_slice(buf_slice(&v->bytes), OPF);
}

static void done(struct findings *f, struct archive *a)
{
    findings_free(f);
    archive_free(a);
}

static void every_way_of_storing(void **state)
{
    (void)state;
    static const unsigned ways[] = {
        0, IN_DEFLATE, IN_DESCRIPTOR, IN_DEFLATE | IN_DESCRIPTOR, IN_ZIP64, IN_ZIP64 | IN_DEFLATE,
        IN_ZIP64 | IN_DESCRIPTOR, IN_ZIP64 | IN_DEFLATE | IN_DESCRIPTOR,
        IN_DESCRIPTOR | IN_UNSIGNED, IN_DEFLATE | IN_DESCRIPTOR | IN_UNSIGNED,
        IN_ZIP64 | IN_DESCRIPTOR | IN_UNSIGNED,
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        for (int last = 0; last < 2; last++) {
            struct archive a;
            archive_init(&a);
            add(&a, "mimetype", "application/epub+zip", 0);
            if (last)
                add(&a, "META-INF/container.xml", CONTAINER, ways[i]);
            add(&a, "c1.xhtml", "text PK\3\4 PK\7\10 text", ways[i]);
            add(&a, "OEBPS/content.opf", OPF, ways[i]);
            add(&a, "c2.xhtml", "PPPPK\1\2PK\5\6", ways[i]);
            if (!last)
                add(&a, "META-INF/container.xml", CONTAINER, ways[i]);
            struct findings *f = run(&a, "");
            assert_int_equal(f->rc, OPTOUT_DONE);
            assert_int_equal(f->n, 1);
            check_opf(f, 0, "OEBPS/content.opf", PACKET_MAIN);
            done(f, &a);
        }
}

static void roles_of_package_documents(void **state)
{
    (void)state;
    struct archive a;
    archive_init(&a);
    add(&a, "other/a.opf", OPF, 0);
    add(&a, "META-INF/container.xml", CONTAINER, IN_DEFLATE);
    add(&a, "oebps/content.OPF", OPF, 0); /* letters folded, as some readers do */
    struct findings *f = run(&a, "a comment");
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_opf(f, 0, "other/a.opf", PACKET_COMPONENT);
    check_opf(f, 1, "oebps/content.OPF", PACKET_MAIN);
    done(f, &a);

    archive_init(&a);
    add(&a, "a.opf", OPF, 0);
    f = run(&a, "");
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_opf(f, 0, "a.opf", PACKET_SALVAGED); /* no container.xml */
    done(f, &a);

    archive_init(&a);
    add(&a, "a.opf", OPF, 0);
    add(&a, "META-INF/container.xml", CONTAINER, 0);
    f = run(&a, "");
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX); /* the one it names is not there */
    check_opf(f, 0, "a.opf", PACKET_SALVAGED);
    done(f, &a);
}

static void a_rootfile_with_any_name(void **state)
{
    (void)state;
    for (int last = 0; last < 2; last++) {
        struct archive a;
        archive_init(&a);
        const char *container = "<container><rootfiles><rootfile full-path='book%20data.xml'/>"
                                "</rootfiles></container>";
        if (!last)
            add(&a, "META-INF/container.xml", container, 0);
        add(&a, "book data.xml", OPF, IN_DEFLATE);
        if (last)
            add(&a, "META-INF/container.xml", container, 0);
        struct findings *f = run(&a, "");
        assert_int_equal(f->rc, OPTOUT_DONE);
        check_opf(f, 0, "book data.xml", PACKET_MAIN);
        done(f, &a);
    }
}

static void only_the_central_directory_names_it(void **state)
{
    (void)state;
    static const unsigned ways[] = { IN_DISGUISE, IN_DISGUISE | IN_DEFLATE | IN_DESCRIPTOR };
    for (size_t i = 0; i < 2; i++) {
        struct archive a;
        archive_init(&a);
        add(&a, "META-INF/container.xml", CONTAINER, 0);
        add(&a, "OEBPS/content.opf", OPF, ways[i]);
        struct findings *f = run(&a, "");
        assert_int_equal(f->rc, OPTOUT_DONE);
        check_opf(f, 0, "OEBPS/content.opf", PACKET_MAIN);
        done(f, &a);
    }
}

static void names_twice_and_names_not_listed_are_read(void **state)
{
    (void)state;
    struct archive a;
    archive_init(&a);
    add(&a, "META-INF/container.xml", CONTAINER, 0);
    add(&a, "OEBPS/content.opf", OPF, 0);
    add(&a, "OEBPS/content.opf", OPF, IN_DEFLATE);
    add(&a, "OEBPS/content.opf", OPF, IN_UNLISTED);
    struct findings *f = run(&a, "");
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 3);
    done(f, &a);
}

static void something_in_front(void **state)
{
    (void)state;
    for (size_t counted = 0; counted < 2; counted++) {
        struct archive a;
        archive_init(&a);
        put_text(&a.zip, "MZ program PK\3\4PK\3\4 that unpacks itself PK");
        a.prefix = counted ? 0 : a.zip.n;
        add(&a, "META-INF/container.xml", CONTAINER, 0);
        add(&a, "OEBPS/content.opf", OPF, IN_DEFLATE);
        struct findings *f = run(&a, "");
        assert_int_equal(f->rc, OPTOUT_DONE);
        check_opf(f, 0, "OEBPS/content.opf", PACKET_MAIN);
        assert_int_equal(f->n, 1);
        done(f, &a);
    }
}

static void a_second_archive_behind_the_first(void **state)
{
    (void)state;
    struct archive a, b;
    archive_init(&a);
    archive_init(&b);
    add(&a, "readme", "nothing", 0);
    add(&b, "META-INF/container.xml", CONTAINER, 0);
    add(&b, "OEBPS/content.opf", OPF, 0);
    struct slice second = archive_end(&b, "");
    (void)archive_end(&a, "");
    put_slice(&a.zip, second);
    struct findings *f = findings_of(&format_zip, buf_slice(&a.zip), 0, NULL);
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_opf(f, 0, "OEBPS/content.opf", PACKET_MAIN);
    assert_true(findings_same_in_pieces(&format_zip, buf_slice(&a.zip), NULL));
    archive_free(&b);
    done(f, &a);
}

static void xmp_and_credentials(void **state)
{
    (void)state;
    struct archive a;
    archive_init(&a);
    add(&a, "META-INF/metadata.xml", "<x:xmpmeta/>", IN_DEFLATE);
    add(&a, "META-INF/content_credential.c2pa", "store", 0);
    struct findings *f = run(&a, "");
    assert_int_equal(f->rc, OPTOUT_DONE);
    const struct finding *xmp = findings_get(f, PACKET_XMP, 0);
    const struct finding *c2pa = findings_get(f, PACKET_C2PA, 0);
    assert_non_null(xmp);
    assert_non_null(c2pa);
    assert_slice(buf_slice(&xmp->bytes), "<x:xmpmeta/>");
    assert_slice(buf_slice(&c2pa->bytes), "store");
    assert_int_equal(c2pa->packet.role, PACKET_MAIN);
    assert_memory_equal(f->body.p + c2pa->packet.offset, "store", 5);
    done(f, &a);
}

static void rights_among_document_properties(void **state)
{
    (void)state;
    struct archive a;
    archive_init(&a);
    add(&a, "docProps/custom.xml",
        "<Properties xmlns='c' xmlns:vt='v'><property name='AI training'><vt:lpwstr>No AI "
        "&amp; no TDM</vt:lpwstr></property><property name='Mail'><vt:i4>1</vt:i4></property>"
        "</Properties>", IN_DEFLATE);
    add(&a, "meta.xml",
        "<m xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:meta='urn:meta'><dc:rights> All "
        "reserved </dc:rights><meta:user-defined meta:name='License'>by</meta:user-defined></m>",
        IN_DEFLATE | IN_DESCRIPTOR);
    struct findings *f = run(&a, "");
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 3);
    assert_string_equal(f->v[0].field, "AI training");
    assert_string_equal(f->v[0].where, "docProps/custom.xml");
    assert_slice(buf_slice(&f->v[0].bytes), "No AI & no TDM");
    assert_string_equal(f->v[1].field, "rights");
    assert_slice(buf_slice(&f->v[1].bytes), "All reserved");
    assert_string_equal(f->v[2].field, "License");
    done(f, &a);
}

static enum optout_rc result_of(struct slice zip, size_t *found)
{
    struct findings *f = findings_of(&format_zip, zip, 0, NULL);
    enum optout_rc rc = f->rc;
    *found = f->n;
    findings_free(f);
    return rc;
}

/* What only the directory names is read where it says, or told. */
static void a_directory_that_points_nowhere_is_told(void **state)
{
    static const struct {
        size_t field; /* of its second entry */
        uint32_t value;
    } lies[] = { { 42, 0x7FFFFFFF }, { 42, 1 }, { 20, 0x7FFFFFFF } };
    (void)state;
    for (size_t i = 0; i <= sizeof lies / sizeof *lies; i++) {
        struct archive a;
        size_t found;
        archive_init(&a);
        add(&a, "mimetype", "application/epub+zip", 0);
        size_t second = a.central.n;
        add(&a, "OPS/book.opf", OPF, IN_DISGUISE);
        for (unsigned k = 0; i && k < 4; k++)
            a.central.p[second + lies[i - 1].field + k] = (uint8_t)(lies[i - 1].value >> 8 * k);
        enum optout_rc rc = result_of(archive_end(&a, ""), &found);
        assert_int_equal(rc, i ? OPTOUT_E_SYNTAX : OPTOUT_DONE);
        assert_int_equal(found, i ? 0 : 1);
        archive_free(&a);
    }
}

/* The last record says that its numbers stand in the one before. */
static void wide_end(struct archive *a, uint64_t at)
{
    uint64_t record = a->zip.n + a->central.n;
    put_slice(&a->zip, buf_slice(&a->central));
    put_le(&a->zip, 0x06064B50, 4);
    put_le(&a->zip, 44, 8);
    put_le(&a->zip, 45, 2);
    put_le(&a->zip, 45, 2);
    put_le(&a->zip, 0, 8);
    put_le(&a->zip, a->n, 8);
    put_le(&a->zip, a->n, 8);
    put_le(&a->zip, a->central.n, 8);
    put_le(&a->zip, at, 8);
    put_le(&a->zip, 0x07064B50, 4);
    put_le(&a->zip, 0, 4);
    put_le(&a->zip, record, 8);
    put_le(&a->zip, 1, 4);
    put_le(&a->zip, 0x06054B50, 4);
    put_le(&a->zip, 0, 4);
    put_le(&a->zip, 0xFFFFFFFF, 4); /* entries of this disk, and in all */
    put_le(&a->zip, 0xFFFFFFFF, 4);
    put_le(&a->zip, 0xFFFFFFFF, 4);
    put_le(&a->zip, 0, 2);
}

static void the_end_of_a_large_archive(void **state)
{
    (void)state;
    for (unsigned lies = 0; lies < 2; lies++) {
        struct archive a;
        size_t found;
        archive_init(&a);
        add(&a, "mimetype", "application/epub+zip", 0);
        add(&a, "OPS/book.opf", OPF, IN_DISGUISE);
        wide_end(&a, lies ? UINT64_MAX - 1 : a.zip.n);
        enum optout_rc rc = result_of(buf_slice(&a.zip), &found);
        assert_int_equal(rc, lies ? OPTOUT_E_SYNTAX : OPTOUT_DONE);
        assert_int_equal(found, lies ? 0 : 1);
        archive_free(&a);
    }
}

static void encrypted_members(void **state)
{
    (void)state;
    struct archive a;
    archive_init(&a);
    add(&a, "picture.jpg", "xxxx", IN_ENCRYPTED);
    add(&a, "picture2.jpg", "xxxxx", IN_ENCRYPTED | IN_DESCRIPTOR | IN_DEFLATE);
    struct findings *f = run(&a, "");
    assert_int_equal(f->rc, OPTOUT_DONE);
    done(f, &a);
    archive_init(&a);
    add(&a, "OEBPS/content.opf", OPF, IN_ENCRYPTED);
    f = run(&a, "");
    assert_int_equal(f->rc, OPTOUT_E_UNSUP);
    assert_int_equal(f->n, 0);
    done(f, &a);
}

static void members_packed_by_unknown_methods(void **state)
{
    (void)state;
    struct archive a;
    archive_init(&a);
    add(&a, "OEBPS/content.opf", OPF, 0);
    struct slice body = archive_end(&a, "");
    uint8_t *method = (uint8_t *)(uintptr_t)body.p + 8;
    *method = 14; /* LZMA */
    assert_true(findings_same_in_pieces(&format_zip, body, NULL));
    struct findings *f = findings_of(&format_zip, body, 0, NULL);
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    assert_int_equal(f->n, 0);
    done(f, &a);
}

static void truncated_anywhere_it_is_not_done(void **state)
{
    (void)state;
    struct archive a;
    archive_init(&a);
    add(&a, "META-INF/container.xml", CONTAINER, IN_DEFLATE | IN_DESCRIPTOR);
    add(&a, "OEBPS/content.opf", OPF, IN_DEFLATE);
    add(&a, "c.xhtml", "text", IN_DESCRIPTOR);
    struct slice body = archive_end(&a, "comment");
    for (size_t n = 0; n < body.n; n++) {
        struct findings *f = findings_of(&format_zip, slice_sub(body, 0, n), 0, NULL);
        assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        for (size_t i = 0; i < f->n; i++)
            assert_true(f->v[i].ended && f->v[i].packet.role != PACKET_PENDING);
        findings_free(f);
    }
    assert_true(findings_cuts_are_told(&format_zip, body, NULL));
    archive_free(&a);
}

static void too_large_is_a_limit(void **state)
{
    (void)state;
    size_t n = (4u << 20) + 1;
    uint8_t *big = malloc(n);
    for (size_t i = 0, x = 1; i < n; i++, x = x * 1103515245 + 12345)
        big[i] = (uint8_t)(x >> 16);
    static const unsigned ways[] = { 0, IN_DEFLATE, IN_DEFLATE | IN_DESCRIPTOR, IN_DESCRIPTOR };
    for (size_t i = 0; i < 4; i++) {
        struct archive a;
        archive_init(&a);
        archive_add(&a, "a.opf", slice_of(big, n), ways[i]);
        add(&a, "b.opf", OPF, 0);
        struct slice body = archive_end(&a, "");
        struct findings *f = findings_of(&format_zip, body, 4096, NULL);
        assert_int_equal(f->rc, OPTOUT_E_LIMIT);
        const struct finding *v = findings_get(f, PACKET_OPF, 0);
        assert_int_equal(v->end, PACKET_LIMIT);
        assert_int_equal(v->bytes.n, 4u << 20);
        check_opf(f, 1, "b.opf", PACKET_SALVAGED);
        done(f, &a);
    }
    free(big);
}

/* Members that are not read may pack as well as they like. */
static void plain_text_that_packs_well_is_no_bomb(void **state)
{
    (void)state;
    size_t n = 8u << 20;
    uint8_t *big = calloc(1, n);
    struct archive a;
    archive_init(&a);
    archive_add(&a, "log.txt", slice_of(big, n), IN_DEFLATE | IN_DESCRIPTOR);
    archive_add(&a, "log2.txt", slice_of(big, n), IN_DEFLATE);
    add(&a, "a.opf", OPF, 0);
    struct findings *f = run(&a, "");
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_opf(f, 0, "a.opf", PACKET_SALVAGED);
    done(f, &a);
    /* A true bomb: dropping ends, the next header is found by its descriptor. */
    archive_init(&a);
    for (int i = 0; i < 24; i++)
        archive_add(&a, "log.txt", slice_of(big, n), IN_DEFLATE | IN_DESCRIPTOR);
    add(&a, "a.opf", OPF, 0);
    struct slice body = archive_end(&a, "");
    f = findings_of(&format_zip, body, 0, NULL);
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_opf(f, 0, "a.opf", PACKET_SALVAGED);
    done(f, &a);
    free(big);
}

static void many_members(void **state)
{
    (void)state;
    struct archive a;
    archive_init(&a);
    for (int i = 0; i < 100000; i++)
        add(&a, "m", "", 0);
    add(&a, "a.opf", OPF, 0);
    struct slice body = archive_end(&a, "");
    struct findings *f = findings_of(&format_zip, body, 0, NULL);
    assert_int_equal(f->rc, OPTOUT_DONE);
    check_opf(f, 0, "a.opf", PACKET_SALVAGED);
    assert_true(f->memory < (256u << 10));
    done(f, &a);
    archive_init(&a);
    for (int i = 0; i < 17; i++)
        add(&a, "a.opf", OPF, 0);
    f = run(&a, "");
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    assert_int_equal(f->n, 16);
    done(f, &a);
}

static void what_is_no_archive(void **state)
{
    (void)state;
    assert_false(format_zip.sniff(SLICE_OF("PK\1\2....")));
    assert_false(format_zip.sniff(SLICE_OF("PK")));
    assert_true(format_zip.sniff(SLICE_OF("PK\3\4")));
    struct slice page = SLICE_OF("<html>not found</html>");
    struct findings *f = findings_of(&format_zip, page, 0, "application/epub+zip");
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    assert_int_equal(f->n, 0);
    findings_free(f);
    struct archive a;
    archive_init(&a);
    f = run(&a, "");
    assert_int_equal(f->rc, OPTOUT_DONE); /* an archive without members */
    done(f, &a);
}

static void corpus(void **state)
{
    (void)state;
    const char *root = getenv("OPTOUT_CORPUS");
    static const char *const patterns[] = { "media/*/epub/*.epub", "hostile/gofuzz/zip/*" };
    size_t n = 0;
    for (size_t i = 0; root && i < 2; i++) {
        char pattern[1024];
        glob_t g;
        snprintf(pattern, sizeof pattern, "%s/%s", root, patterns[i]);
        if (glob(pattern, 0, NULL, &g) != 0)
            continue;
        for (size_t k = 0; k < g.gl_pathc; k++, n++) {
            size_t size;
            uint8_t *p = test_read_file(g.gl_pathv[k], &size);
            struct findings *f = findings_of(&format_zip, slice_of(p, size), 0, NULL);
            assert_true(findings_same_in_pieces(&format_zip, slice_of(p, size), NULL));
            if (i == 0) {
                assert_int_equal(f->rc, OPTOUT_DONE);
                size_t main = 0;
                for (size_t j = 0; j < f->n; j++)
                    main += f->v[j].packet.role == PACKET_MAIN;
                assert_int_equal(main, 1);
            }
            findings_free(f);
            free(p);
        }
        globfree(&g);
    }
    if (n == 0) {
        print_message("SKIP: OPTOUT_CORPUS names no folder with archives\n");
        skip();
    }
}

/* ---- archives ---- */

static void members_of_archives_are_handed_on(void **state)
{
    (void)state;
    static const unsigned ways[] = {
        0, IN_DEFLATE, IN_DESCRIPTOR, IN_DEFLATE | IN_DESCRIPTOR, IN_ZIP64,
        IN_ZIP64 | IN_DEFLATE | IN_DESCRIPTOR, IN_DESCRIPTOR | IN_UNSIGNED,
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct archive a;
        archive_init(&a);
        add(&a, "a.html", "text PK\3\4 PK\7\10 text", ways[i]);
        add(&a, "d/", "", 0);
        add(&a, "b.html", "PPPPK\1\2PK\5\6", ways[i]);
        struct findings *f = run(&a, "a comment");
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->missed, 0);
        assert_int_equal(f->n_members - f->from, 2);
        const struct found_member *m = findings_member(f, "a.html");
        assert_non_null(m);
        assert_slice(buf_slice(&m->bytes), "text PK\3\4 PK\7\10 text");
        assert_true(m->whole);
        assert_int_equal(m->member.in_place, !(ways[i] & IN_DEFLATE));
        if (m->member.in_place)
            assert_memory_equal(a.zip.p + m->member.at, "text PK", 7);
        assert_slice(buf_slice(&findings_member(f, "b.html")->bytes), "PPPPK\1\2PK\5\6");
        done(f, &a);
    }
}

static void members_that_cannot_be_read_are_missed(void **state)
{
    (void)state;
    struct archive a;
    archive_init(&a);
    add(&a, "a.html", "text", IN_ENCRYPTED);
    add(&a, "b.html", "text", 0);
    struct findings *f = run(&a, "");
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->missed, 1);
    assert_int_equal(f->n_members, 1);
    done(f, &a);

    archive_init(&a); /* of a way of packing that is not read: no byte of it is */
    add(&a, "a.html", "text", 0);
    a.zip.p[8] = a.central.p[10] = 12;
    f = run(&a, "");
    assert_int_equal(f->missed, 1);
    assert_int_equal(f->n_members, 0);
    done(f, &a);

    archive_init(&a); /* the directory names one that was not met */
    add(&a, "a.html", "text", 0);
    add(&a, "b.html", "text", 0);
    a.central.p[42] = 1;
    f = run(&a, "");
    assert_true(f->missed);
    done(f, &a);

    archive_init(&a); /* met, but not named: read all the same */
    add(&a, "a.html", "text", 0);
    add(&a, "b.html", "text", IN_UNLISTED);
    f = run(&a, "");
    assert_int_equal(f->missed, 0);
    assert_int_equal(f->n_members, 2);
    done(f, &a);

    archive_init(&a); /* what was unpacked does not end well */
    add(&a, "a.html", "some text that is packed, some text", IN_DEFLATE);
    a.zip.p[36] = 0x07; /* no kind of block is that */
    f = run(&a, "");
    assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
    done(f, &a);
}

static void dense_members_are_read_to_a_limit(void **state)
{
    (void)state;
    static const size_t sizes[] = { 60u << 20, 70u << 20 };
    for (size_t i = 0; i < 2; i++) {
        struct archive a;
        archive_init(&a);
        uint8_t *zeros = calloc(sizes[i], 1);
        assert_non_null(zeros);
        archive_add(&a, "zeros", slice_of(zeros, sizes[i]), IN_DEFLATE);
        add(&a, "b.html", "text", IN_DEFLATE);
        free(zeros);
        struct findings *f = findings_of(&format_zip, archive_end(&a, ""), 0, NULL);
        assert_int_equal(f->rc, OPTOUT_DONE);
        assert_int_equal(f->missed, i);
        assert_true(f->m[0].bytes.n <= 64u << 20);
        assert_non_null(findings_member(f, "b.html"));
        done(f, &a);
    }
}

static void documents_hand_nothing_on(void **state)
{
    (void)state;
    static const struct {
        const char *name, *data;
    } marks[] = {
        { "mimetype", "application/vnd.oasis.opendocument.text" },
        { "mimetype", " application/epub+zip\n" },
        { "[Content_Types].xml", "<Types/>" },
        { "META-INF/container.xml", CONTAINER },
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        for (int last = 0; last < 2; last++) {
            struct archive a;
            archive_init(&a);
            if (!last)
                add(&a, marks[i].name, marks[i].data, 0);
            add(&a, "a.html", "text", IN_DEFLATE);
            if (last)
                add(&a, marks[i].name, marks[i].data, IN_DEFLATE);
            add(&a, "OEBPS/content.opf", OPF, IN_DEFLATE);
            struct findings *f = run(&a, "");
            /* "mimetype" counts in front only, where its specifications want it. */
            bool archive = last && i < 2;
            assert_int_equal(f->n_members - f->from, archive ? 2 : 0);
            /* A book without container.xml only says that it is one. */
            assert_int_equal(f->missed, !last && i == 1);
            done(f, &a);
        }
    struct archive a;
    archive_init(&a);
    add(&a, "mimetype", "text/plain", 0);
    add(&a, "a.html", "text", 0);
    struct findings *f = run(&a, "");
    assert_int_equal(f->n_members - f->from, 2);
    done(f, &a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_of_storing),
        cmocka_unit_test(roles_of_package_documents),
        cmocka_unit_test(a_rootfile_with_any_name),
        cmocka_unit_test(only_the_central_directory_names_it),
        cmocka_unit_test(names_twice_and_names_not_listed_are_read),
        cmocka_unit_test(something_in_front),
        cmocka_unit_test(a_second_archive_behind_the_first),
        cmocka_unit_test(xmp_and_credentials),
        cmocka_unit_test(rights_among_document_properties),
        cmocka_unit_test(a_directory_that_points_nowhere_is_told),
        cmocka_unit_test(the_end_of_a_large_archive),
        cmocka_unit_test(encrypted_members),
        cmocka_unit_test(members_packed_by_unknown_methods),
        cmocka_unit_test(truncated_anywhere_it_is_not_done),
        cmocka_unit_test(too_large_is_a_limit),
        cmocka_unit_test(plain_text_that_packs_well_is_no_bomb),
        cmocka_unit_test(many_members),
        cmocka_unit_test(what_is_no_archive),
        cmocka_unit_test(corpus),
        cmocka_unit_test(members_of_archives_are_handed_on),
        cmocka_unit_test(members_that_cannot_be_read_are_missed),
        cmocka_unit_test(dense_members_are_read_to_a_limit),
        cmocka_unit_test(documents_hand_nothing_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
