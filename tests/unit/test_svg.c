/* SPDX-License-Identifier: Apache-2.0 */
/* SVG: metadata out of drawings, whatever stands around it. */
#include "unit.h"

#include "findings.h"
#include "formats/rows.h"


#define SVG_NS "xmlns='http://www.w3.org/2000/svg'"
#define RDF_NS "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
#define RDF                                                                                  \
    "<rdf:RDF " RDF_NS "><rdf:Description about='' a='&lt;'>x&amp;</rdf:Description></rdf:RDF>"
#define WRITTEN                                                                              \
    "<RDF xmlns=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><Description "               \
    "xmlns=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" about=\"\" a=\"&lt;\">x&amp;"      \
    "</Description></RDF>"

struct expected {
    const char *body;
    enum optout_rc rc;
    const char *want; /* "kind role end bytes\n" for each packet */
};

static const struct expected drawings[] = {
    { "<svg " SVG_NS "><metadata>" RDF "</metadata></svg>", OPTOUT_DONE, "0 0 0 " WRITTEN "\n" },
    { "<svg " SVG_NS " " RDF_NS "><path d='M0'/><metadata>\n<rdf:RDF/></metadata></svg> rubbish",
      OPTOUT_DONE, "0 0 0 <RDF xmlns=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"></RDF>\n" },
    { "<?xml version='1.0' encoding='UTF-8'?><!-- <svg> --><!DOCTYPE svg PUBLIC "
      "'-//W3C//DTD SVG 1.1//EN' 'http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd'>"
      "<s:svg xmlns:s='http://www.w3.org/2000/svg'><s:metadata><?xpacket begin=''?>" RDF
      "<?xpacket end='w'?></s:metadata></s:svg>",
      OPTOUT_DONE, "0 0 0 " WRITTEN "\n" },
    { "<!DOCTYPE svg [<!ENTITY r \"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"> <!-- ' ]> -->"
      "<!ENTITY x SYSTEM 'file:///etc/passwd'> <!ENTITY y '&r;&r;'> <?p ' ]>?> ]>"
      "<svg " SVG_NS " xmlns:q='&r;' t='&x;&y;&z;'><metadata><q:RDF/></metadata></svg>",
      OPTOUT_DONE, "0 0 0 <RDF xmlns=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"></RDF>\n" },
    /* of something inside */
    { "<svg " SVG_NS "><g><svg><metadata>" RDF "</metadata></svg></g></svg>", OPTOUT_DONE,
      "0 1 0 " WRITTEN "\n" },
    /* what is no metadata */
    { "<svg " SVG_NS "><!--" RDF "--><desc>&lt;rdf:RDF&gt;</desc><style><![CDATA[" RDF
      "]]></style></svg>",
      OPTOUT_DONE, "" },
    /* as text: it is read by who searches for it */
    { "<svg " SVG_NS "><metadata><![CDATA[" RDF "]]></metadata></svg>", OPTOUT_DONE,
      "0 3 0 " RDF "\n" },
    { "<svg " SVG_NS "><metadata>words <![CDATA[and <b>more</b>]]></metadata></svg>",
      OPTOUT_DONE, "" },
    { "<svg " SVG_NS "><metadata><c2pa:manifest xmlns:c2pa='http://c2pa.org/manifest'>QUJD\n"
      " RA==</c2pa:manifest></metadata></svg>",
      OPTOUT_DONE, "1 0 0 ABCD\n" },
    { "<svg " SVG_NS "><metadata><c2pa:manifest>QUJDREU=</c2pa:manifest></metadata></svg>",
      OPTOUT_DONE, "1 0 0 ABCDE\n" },
    { "<svg " SVG_NS "><metadata><c2pa:manifest>QUJD*EU=</c2pa:manifest></metadata></svg>",
      OPTOUT_DONE, "1 0 3 ABC\n" },
    { "<svg " SVG_NS "><metadata><c2pa:manifest>QUJDR</c2pa:manifest></metadata></svg>",
      OPTOUT_DONE, "1 0 3 ABC\n" },
    { "<svg " SVG_NS "><metadata><c2pa:manifest>QUJDRE</c2pa:manifest></metadata></svg>",
      OPTOUT_DONE, "1 0 0 ABCD\n" },
    { "<svg " SVG_NS "><metadata><c2pa:manifest>QUJDRE*</c2pa:manifest></metadata></svg>",
      OPTOUT_DONE, "1 0 3 ABCD\n" },
    { "<svg " SVG_NS "><metadata><c2pa:manifest>QQ==QUJD</c2pa:manifest></metadata></svg>",
      OPTOUT_DONE, "1 0 3 A\n" },
    { "<svg " SVG_NS "><metadata><c2pa:manifest>QUJD", OPTOUT_E_SYNTAX, "1 0 1 ABC\n" },
    { "<svg " SVG_NS "><metadata>" RDF "</metadata><a></b></svg>", OPTOUT_E_SYNTAX,
      "0 0 0 " WRITTEN "\n" },
    { "<svg " SVG_NS "><metadata>" RDF "</metadata>", OPTOUT_E_SYNTAX, "0 0 0 " WRITTEN "\n" },
    { "<html><svg/></html>", OPTOUT_E_SYNTAX, "" },
    { "", OPTOUT_E_SYNTAX, "" },
};

static void print(const struct findings *f, struct buf *b)
{
    for (size_t i = 0; i < f->n; i++) {
        (void)buf_printf(b, "%d %d %d ", f->v[i].packet.kind, f->v[i].packet.role, f->v[i].end);
        put_slice(b, buf_slice(&f->v[i].bytes));
        put_text(b, "\n");
    }
}

static void expect(const struct format *format, struct slice body, enum optout_rc rc,
                   const char *want)
{
    struct findings *f = findings_of(format, body, 0, NULL);
    struct buf b;
    buf_init(&b, 1u << 20);
    print(f, &b);
    if (!slice_eq(buf_slice(&b), slice_cstr(want)) || f->rc != rc)
        print_error("rc %d in: %.*s\n", f->rc, SLICE_FMT(body));
    assert_slice(buf_slice(&b), want);
    assert_int_equal(f->rc, rc);
    assert_true(f->memory <= 2u << 20);
    findings_free(f);
    buf_free(&b);
    assert_true(findings_same_in_pieces(format, body, NULL));
}

static void drawings_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof drawings / sizeof *drawings; i++)
        expect(&format_svg, slice_cstr(drawings[i].body), drawings[i].rc, drawings[i].want);
}

static void wide_drawings_are_read(void **state)
{
    const char *body = drawings[2].body;
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct buf b;
        buf_init(&b, 1u << 20);
        if (k & 1)
            put_be(&b, k & 2 ? 0xfffe : 0xfeff, 2);
        for (const char *p = body; *p; p++) {
            if (k & 2)
                put_le(&b, (uint8_t)*p, 2);
            else
                put_be(&b, (uint8_t)*p, 2);
        }
        assert_true(format_svg.sniff(buf_slice(&b)));
        expect(&format_svg, buf_slice(&b), OPTOUT_DONE, drawings[2].want);
        struct findings *f = findings_of(&format_svg, buf_slice(&b), 0, NULL);
        size_t at = (size_t)(strstr(body, "<rdf:RDF") - body);
        assert_int_equal(f->v[0].packet.offset, 2 * at + (k & 1 ? 2 : 0));
        findings_free(f);
        buf_free(&b);
    }
}

static void every_truncation_is_an_error(void **state)
{
    struct slice body = slice_cstr(drawings[2].body);
    (void)state;
    for (size_t n = 0; n < body.n; n++) {
        struct findings *f = findings_of(&format_svg, slice_sub(body, 0, n), 0, NULL);
        assert_int_equal(f->rc, OPTOUT_E_SYNTAX);
        findings_free(f);
    }
    assert_true(findings_cuts_are_told(&format_svg, body, NULL));
}

/* A picture of megabytes in an attribute is no limit; entities cost what they may. */
static void large_attributes_are_cut(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 8u << 20);
    put_text(&b, "<!DOCTYPE svg [<!ENTITY e '");
    for (unsigned i = 0; i < 1000; i++)
        put_text(&b, "\"");
    put_text(&b, "'>]><svg " SVG_NS "><image href='data:");
    for (unsigned i = 0; i < 200000; i++)
        put_text(&b, "QUJDREVG&#10;\xc3\xa4");
    put_text(&b, "'/><text>");
    for (unsigned i = 0; i < 100000; i++)
        put_text(&b, "&e;");
    put_text(&b, "</text><!--");
    for (unsigned i = 0; i < 100000; i++)
        put_text(&b, "0123456789");
    put_text(&b, "--><metadata>" RDF "</metadata></svg>");
    struct findings *f = findings_of(&format_svg, buf_slice(&b), 4096, NULL);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 1);
    assert_slice(buf_slice(&f->v[0].bytes), WRITTEN);
    findings_free(f);
    buf_clear(&b);
    put_text(&b, "<svg " SVG_NS ">");
    for (unsigned i = 0; i < 1000; i++)
        put_text(&b, "<g>");
    f = findings_of(&format_svg, buf_slice(&b), 4096, NULL);
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    findings_free(f);
    buf_free(&b);
}

static void only_drawings_are_sniffed(void **state)
{
    static const char *const no[] = {
        "", "<", "<svg", "<svgx>", "<html><svg>", "svg", "<?xml version='1.0'?><rdf:RDF>",
        "<!DOCTYPE html><svg>", "<!-- <svg> -->", "<!-- <svg>",
    };
    static const char *const yes[] = {
        "<svg>", "<svg xmlns='x'>", " \n<?xml version='1.0'?><!-- c -->\n<a:svg>",
        "\xef\xbb\xbf<svg>", "<!DOCTYPE svg PUBLIC", "<!DOCTYPE svg>",
    };
    (void)state;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        assert_false(format_svg.sniff(slice_cstr(no[i])));
    }
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(format_svg.sniff(slice_cstr(yes[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawings_are_read),
        cmocka_unit_test(wide_drawings_are_read),
        cmocka_unit_test(every_truncation_is_an_error),
        cmocka_unit_test(large_attributes_are_cut),
        cmocka_unit_test(only_drawings_are_sniffed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
