/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_opf.c - metadata/opf.c: what the package document of an EPUB states. */
#include "unit.h"

#include "core/buf.h"
#include "metadata/opf.h"

struct seen {
    struct buf text; /* "name=value;" of each property, '~' behind those that refine */
    unsigned n;
    bool cut;
};

static void on_property(void *ctx, const struct property *p)
{
    struct seen *s = ctx;
    static const char *const known[] = { "http://www.w3.org/ns/tdmrep",
                                         "http://purl.org/dc/elements/1.1",
                                         "http://creativecommons.org/ns",
                                         "http://rslstandard.org/rsl" };
    bool ns = false;
    for (size_t i = 0; i < 4; i++)
        ns |= property_ns_is(p->ns, known[i]);
    assert_true(ns);
    assert_int_equal(p->carrier, CARRIER_EPUB);
    assert_int_equal(p->role, PACKET_COMPONENT); /* of the packet */
    s->n++;
    s->cut |= p->cut;
    assert_int_equal(buf_printf(&s->text, "%.*s%s=%.*s;", SLICE_FMT(p->name),
                                p->refines ? "~" : "", SLICE_FMT(p->value)), OPTOUT_OK);
}

static enum optout_rc read_bytes(struct slice document, struct seen *s)
{
    struct arena arena = test_arena();
    *s = (struct seen){ 0 };
    buf_init(&s->text, 1u << 20);
    const struct property base = { .role = PACKET_COMPONENT, .format = "zip" };
    enum optout_rc rc = opf_read(&arena, &base, document, on_property, s);
    arena_reset(&arena);
    return rc;
}

#define PACKAGE "<?xml version='1.0' encoding='UTF-8'?>" \
                "<package xmlns='http://www.idpf.org/2007/opf'"
#define METADATA "<metadata xmlns:dc='http://purl.org/dc/elements/1.1/' " \
                 "xmlns:opf='http://www.idpf.org/2007/opf'>"

/* `attributes` of the package, `inside` of its metadata. */
static void states(const char *attributes, const char *inside, const char *expected)
{
    char document[4096];
    struct seen s;
    snprintf(document, sizeof document, PACKAGE " %s>" METADATA "%s</metadata></package>",
             attributes, inside);
    assert_int_equal(read_bytes(slice_cstr(document), &s), OPTOUT_DONE);
    assert_slice(buf_slice(&s.text), expected);
    buf_free(&s.text);
}

static void on_salvaged(void *ctx, const struct property *p)
{
    struct seen *s = ctx;
    assert_int_equal(buf_printf(&s->text, "%.*s=%.*s%s;", SLICE_FMT(p->name), SLICE_FMT(p->value),
                                p->role == PACKET_SALVAGED ? "!" : ""), OPTOUT_OK);
}

/* A document that is not well-formed: what came before the error is as ever, what comes after
 * it is found all the same, and may deny. */
static void what_is_broken_is_searched(void **state)
{
    (void)state;
    static const struct {
        const char *inside, *expected;
    } cases[] = {
        { "<meta name='tdm:reservation' content='1'/><dc:title>\xe9</dc:title>", "reservation=1;" },
        { "<dc:title>\xe9</dc:title><meta name='tdm:reservation' content='1'/>", "reservation=1!;" },
        { "<b><meta property='tdm:reservation'>1</meta></a><meta name='tdm:policy' content='p'>",
          "reservation=1!;policy=p!;" },
        { "<a></b><meta property=\"tdm:reservation\">\n1\n</meta>", "reservation=1!;" },
        { "<a></b><opf:meta content=1 name=tdm-reservation>", "reservation=1!;" },
        { "<a></b><tdm:reservation>1<tdmrep:policy>u</tdm:policy>", "reservation=1!;policy=u!;" },
        { "<a></b><!-- <meta name='tdm:reservation' content='1'/> -->", "" },
        { "<a></b><meta name='tdm:reservation' content='0'/>", "reservation=0!;" },
        { "<meta name='tdm:reservation' content='1'", "" },
        { "<a></b><meta name='cover' content='tdm:reservation'/><meta name='x'>1</meta>", "" },
        { "<a></b><dc:rights>mine", "rights=mine!;" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = test_arena();
        struct seen s = { 0 };
        char document[2048];
        uint8_t wide[4096] = { 0 };
        const struct property base = { .role = PACKET_MAIN, .format = "zip" };
        int n = snprintf(document, sizeof document, PACKAGE ">" METADATA "%s", cases[i].inside);
        buf_init(&s.text, 1u << 20);
        assert_int_equal(OPTOUT_E_SYNTAX, opf_read(&arena, &base, slice_of(document, (size_t)n),
                                                   on_salvaged, &s));
        if (i != 8) /* the tag is cut: there may be more of its value */
            assert_slice(buf_slice(&s.text), cases[i].expected);
        buf_clear(&s.text);
        /* The same in UTF-16, but for what is no character there. */
        for (int k = 0; k < n; k++)
            wide[2 * k + 3] = (uint8_t)document[k];
        wide[0] = 0xfe;
        wide[1] = 0xff;
        if (i > 1) {
            assert_int_equal(OPTOUT_E_SYNTAX, opf_read(&arena, &base, slice_of(wide, 2 * (size_t)n + 2),
                                                       on_salvaged, &s));
            if (i != 8)
                assert_slice(buf_slice(&s.text), cases[i].expected);
        }
        buf_free(&s.text);
        arena_reset(&arena);
    }
}

static void spellings_of_tdmrep(void **state)
{
    (void)state;
    static const struct {
        const char *attributes, *inside, *expected;
    } cases[] = {
        { "", "<meta name='tdm:reservation' content='1'/>", "reservation=1;" },
        { "", "<meta name='tdm:policy' content=' https://p.test/p '/>",
          "policy=https://p.test/p;" },
        { "prefix='tdm: http://www.w3.org/ns/tdmrep#'",
          "<meta property='tdm:reservation'> 1 </meta><meta property='tdm:policy'>u</meta>",
          "reservation=1;policy=u;" },
        { "", "<meta property='tdm:reservation'>1</meta>", "reservation=1;" },
        { "", "<meta property='tdm-reservation'>0</meta>", "reservation=0;" },
        { "", "<meta name='TDMRep:Policy' content='x'/>", "policy=x;" },
        { "", "<opf:meta name='tdm:reservation' content='1'/>", "reservation=1;" },
        { "prefix='a: http://a.test/ q: http://www.w3.org/ns/tdmrep/'",
          "<meta property='q:reservation'>1</meta>", "reservation=1;" },
        { "prefix='tdm:http://www.w3.org/ns/tdmrep#'",
          "<meta property='tdm:reservation'>1</meta>", "reservation=1;" },
        { "", "<meta property='http://www.w3.org/ns/tdmrep#reservation'>1</meta>",
          "reservation=1;" },
        { "", "<meta property='tdm:reservation' content='1'/>", "reservation=1;" },
        { "", "<x-metadata><meta name='tdm:reservation' content='1'/></x-metadata>",
          "reservation=1;" },
        { "", "<dc-metadata/><meta name='tdm:reservation' content='1'/>", "reservation=1;" },
        { "", "<meta property='tdm:reservation' refines='#c'>1</meta>", "reservation~=1;" },
        { "", "<t:reservation xmlns:t='http://www.w3.org/ns/tdmrep/'>1</t:reservation>",
          "reservation=1;" },
        /* not meant */
        { "prefix='tdm: http://a.test/'", "<meta property='tdm:reservation'>1</meta>", "" },
        { "", "<meta property='reservation'>1</meta>", "" },
        { "", "<meta property='x:reservation'>1</meta>", "" },
        { "", "<!-- <meta property='tdm:reservation'>1</meta> -->", "" },
        { "", "<dc:description>&lt;meta name='tdm:reservation' content='1'/></dc:description>",
          "" },
        { "", "<dc:description><meta name='tdm:reservation' content='1'/></dc:description>", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        states(cases[i].attributes, cases[i].inside, cases[i].expected);
}

static void rights_and_licences(void **state)
{
    (void)state;
    states("", "<dc:rights>All <b>rights</b> &amp; more</dc:rights>", "rights=All rights & more;");
    states("", "<link rel='cc:license' href='https://l.test/'/>", "license=https://l.test/;");
    states("", "<link rel='x license' href='l'/>", "license=l;");
    states("", "<meta property='dcterms:license'>l</meta>", "license=l;");
    states("", "<link rel='record' href='l'/>", "");
    states("", "<x:rights xmlns:x='http://other.test/'>no</x:rights>", "");
}

static void rsl_comes_as_a_document(void **state)
{
    (void)state;
    states("", "<r:rsl xmlns:r='https://rslstandard.org/rsl'><r:content url='/?a=1&amp;b=2'>"
               "<r:license/></r:content></r:rsl>",
           "rsl=<rsl xmlns=\"https://rslstandard.org/rsl\"><content "
           "xmlns=\"https://rslstandard.org/rsl\" url=\"/?a=1&amp;b=2\"><license "
           "xmlns=\"https://rslstandard.org/rsl\"></license></content></rsl>;");
}

static void metadata_of_a_collection_is_of_a_part(void **state)
{
    (void)state;
    struct seen s;
    assert_int_equal(read_bytes(SLICE_OF(PACKAGE "><metadata/><collection><metadata><meta "
                                "property='tdm:reservation'>1</meta></metadata></collection>"
                                "</package>"), &s), OPTOUT_DONE);
    assert_slice(buf_slice(&s.text), "reservation~=1;");
    buf_free(&s.text);
}

static void utf16(void **state)
{
    (void)state;
    static const char document[] =
        "<?xml version='1.0' encoding='UTF-16'?><package xmlns='http://www.idpf.org/2007/opf'>"
        "<metadata><meta property='tdm:reservation'>1</meta></metadata></package>";
    for (int little = 0; little < 2; little++) {
        struct buf b;
        struct seen s;
        buf_init(&b, 4096);
        for (size_t i = 0; i < sizeof document; i++) { /* the first: a byte order mark */
            unsigned c = i ? (unsigned char)document[i - 1] : 0xFEFF;
            buf_putc(&b, (char)(little ? c : c >> 8));
            buf_putc(&b, (char)(little ? c >> 8 : c));
        }
        assert_int_equal(read_bytes(buf_slice(&b), &s), OPTOUT_DONE);
        assert_slice(buf_slice(&s.text), "reservation=1;");
        buf_free(&s.text);
        buf_free(&b);
    }
}

static void what_is_broken_says_so(void **state)
{
    (void)state;
    static const char whole[] = PACKAGE ">" METADATA "<meta name='tdm:reservation' content='1'/>"
                                "<dc:rights>r</dc:rights></metadata></package>";
    struct seen s;
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        assert_int_equal(read_bytes(slice_of(whole, n), &s), OPTOUT_E_SYNTAX);
        buf_free(&s.text);
    }
    assert_int_equal(read_bytes(SLICE_OF("<html/>"), &s), OPTOUT_E_SYNTAX);
    buf_free(&s.text);
}

static void limits(void **state)
{
    (void)state;
    struct buf b;
    struct seen s;
    buf_init(&b, 8u << 20);
    buf_puts(&b, PACKAGE ">" METADATA "<dc:rights>");
    for (size_t i = 0; i < 70000; i++)
        buf_putc(&b, 'r');
    buf_puts(&b, "</dc:rights><meta name='tdm:reservation' content='1'/></metadata><manifest>");
    while (b.n < (3u << 20))
        buf_puts(&b, "<item id='i' href='chapter' media-type='application/xhtml+xml'/>\n");
    buf_puts(&b, "</manifest></package>");
    assert_int_equal(read_bytes(buf_slice(&b), &s), OPTOUT_DONE); /* three megabytes are read */
    assert_true(s.cut);
    assert_int_equal(s.n, 2);
    buf_free(&s.text);
    while (b.n <= PACKET_OPF_MAX)
        buf_puts(&b, "                                                                ");
    assert_int_equal(read_bytes(buf_slice(&b), &s), OPTOUT_E_LIMIT);
    buf_free(&s.text);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings_of_tdmrep),
        cmocka_unit_test(what_is_broken_is_searched),
        cmocka_unit_test(rights_and_licences),
        cmocka_unit_test(rsl_comes_as_a_document),
        cmocka_unit_test(metadata_of_a_collection_is_of_a_part),
        cmocka_unit_test(utf16),
        cmocka_unit_test(what_is_broken_says_so),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
