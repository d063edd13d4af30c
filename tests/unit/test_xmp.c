/* SPDX-License-Identifier: Apache-2.0 */
/* The XMP reader: every form of RDF/XML, encodings, what must not count, broken packets. */
#include "unit.h"

#include "core/buf.h"
#include "findings.h"
#include "formats/rows.h"
#include "metadata/xmp.h"

#include <time.h>

#define RDF_NS "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
#define PLUS_NS "xmlns:plus='http://ns.useplus.org/ldf/xmp/1.0/'"
#define V "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"
#define RDF(body) "<rdf:RDF " RDF_NS " " PLUS_NS ">" body "</rdf:RDF>"
#define META(body) "<x:xmpmeta xmlns:x='adobe:ns:meta/'>" RDF(body) "</x:xmpmeta>"
#define DESC(body) META("<rdf:Description rdf:about=''>" body "</rdf:Description>")
#define PACKET(body)                                                                         \
    "<?xpacket begin='\xef\xbb\xbf' id='W5M0MpCehiHzreSzNTczkc9d'?>" body                    \
    "   \n<?xpacket end='w'?>"

/* Properties as lines: "name=value", then " nested", " salvaged", " @lang", " in top". */
struct seen {
    struct buf text;
    size_t n;
};

static void on_property(void *ctx, const struct property *p)
{
    struct seen *s = ctx;
    assert_true(p->carrier == CARRIER_XMP);
    s->n++;
    (void)buf_printf(&s->text, "%.*s=%.*s%s%s", SLICE_FMT(p->name), SLICE_FMT(p->value),
                     p->nested ? " nested" : "",
                     p->role == PACKET_SALVAGED ? " salvaged" : "");
    if (p->lang.n)
        (void)buf_printf(&s->text, " @%.*s", SLICE_FMT(p->lang));
    if (p->top_name.n)
        (void)buf_printf(&s->text, " in %.*s", SLICE_FMT(p->top_name));
    (void)buf_puts(&s->text, p->cut ? " cut\n" : "\n");
}

static enum optout_rc read_packet(struct slice packet, size_t piece, enum packet_end how,
                                  struct seen *s)
{
    struct arena a = test_arena();
    struct property base = { .carrier = CARRIER_XMP, .role = PACKET_MAIN, .format = "jpeg" };
    buf_init(&s->text, 1u << 20);
    s->n = 0;
    struct xmp *x = xmp_open(&a, &base, on_property, s);
    assert_non_null(x);
    for (size_t i = 0; i < packet.n; i += piece)
        if (xmp_feed(x, slice_sub(packet, i, piece)) < 0)
            break;
    enum optout_rc rc = xmp_end(x, how);
    arena_reset(&a);
    return rc;
}

static struct slice joined(struct slice a, struct slice b)
{
    static uint8_t bytes[8192];
    memcpy(bytes, a.p, a.n);
    memcpy(bytes + a.n, b.p, b.n);
    return slice_of(bytes, a.n + b.n);
}

static void expect(struct slice packet, enum optout_rc rc, const char *want)
{
    static const size_t pieces[] = { SIZE_MAX / 2, 1, 7 };
    for (size_t i = 0; i < 3; i++) {
        struct seen s;
        enum optout_rc got = read_packet(packet, pieces[i], PACKET_WHOLE, &s);
        if (got != rc)
            print_error("rc %d in: %.*s\n", got, (int)(packet.n < 200 ? packet.n : 200), packet.p);
        if (!slice_eq(buf_slice(&s.text), slice_cstr(want)))
            print_error("in: %.*s\n", (int)(packet.n < 400 ? packet.n : 400), packet.p);
        assert_int_equal(got, rc);
        assert_slice(buf_slice(&s.text), want);
        buf_free(&s.text);
    }
}

#define ONE "DataMining=" V "\n"

static const char *const same[] = {
    /* F1 */ META("<rdf:Description rdf:about='' plus:DataMining='" V "'/>"),
    /* F2 */ DESC("<plus:DataMining>" V "</plus:DataMining>"),
    PACKET(DESC("<plus:DataMining>" V "</plus:DataMining>")),
    /* F3 */ DESC("<plus:DataMining rdf:resource='" V "'/>"),
    /* F4 */ "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description "
             "xmlns:zz='http://ns.useplus.org/ldf/xmp/1.0/' zz:DataMining='" V "'/></r:RDF>",
    DESC("<DataMining xmlns='http://ns.useplus.org/ldf/xmp/1.0/'>" V "</DataMining>"),
    /* F5 */ DESC("<plus:DataMining><rdf:Bag><rdf:li>" V "</rdf:li></rdf:Bag></plus:DataMining>"),
    DESC("<plus:DataMining>\n<rdf:Seq>\n<rdf:li>" V "</rdf:li>\n</rdf:Seq>\n</plus:DataMining>"),
    /* F6 */ DESC("<plus:DataMining><rdf:Bag><rdf:li rdf:resource='" V "'/></rdf:Bag>"
                  "</plus:DataMining>"),
    /* F7 */ DESC("<plus:DataMining rdf:parseType='Resource'><rdf:value>" V "</rdf:value>"
                  "</plus:DataMining>"),
    /* F8 */ DESC("<plus:DataMining><rdf:Description><rdf:value>" V "</rdf:value>"
                  "</rdf:Description></plus:DataMining>"),
    DESC("<plus:DataMining><rdf:Description rdf:value='" V "'/></plus:DataMining>"),
    DESC("<plus:DataMining rdf:value='" V "'/>"),
    /* F9 */ META("<x:Anything rdf:about='' plus:DataMining='" V "'/>"),
    /* F10 */ META("<rdf:Description rdf:about=''/><rdf:Description rdf:about='uuid:1'>"
                   "<plus:DataMining>" V "</plus:DataMining></rdf:Description>"),
    META("<rdf:Description about=''><plus:DataMining>" V "</plus:DataMining></rdf:Description>"),
    META("<rdf:Description><plus:DataMining>" V "</plus:DataMining></rdf:Description>"),
    /* F11 */ META("<rdf:Description rdf:about=''><plus:DataMining rdf:nodeID='n'/>"
                   "</rdf:Description><rdf:Description rdf:nodeID='n'><rdf:value>" V "</rdf:value>"
                   "</rdf:Description>"),
    META("<rdf:Description rdf:nodeID='n' rdf:value='" V "'/>"
         "<rdf:Description rdf:about=''><plus:DataMining rdf:nodeID='n'/></rdf:Description>"),
    META("<rdf:Description rdf:nodeID='n' plus:DataMining='" V "'/>"),
    /* F12 */ DESC("<plus:DataMining>\n  http://ns.useplus.org/ldf/vocab/&#68;MI-"
                   "<![CDATA[PROHIBITED]]>\n </plus:DataMining>"),
    /* F13 */ RDF("<rdf:Description plus:DataMining='" V "'/>"),
    "\xef\xbb\xbf \n<?xml version='1.0'?>\n" RDF("<rdf:Description plus:DataMining='" V "'/>"),
    "<?xpacket begin='' id='x'?><?xml version='1.0' encoding='UTF-8'?>"
    RDF("<rdf:Description plus:DataMining='" V "'/>"),
    PACKET("\xef\xbb\xbf" RDF("<rdf:Description plus:DataMining='" V "'/>")),
    /* several rdf:RDF, other wrappers, rubbish behind */
    "<x:xapmeta xmlns:x='adobe:ns:meta/'>" RDF("") RDF("<rdf:Description plus:DataMining='" V "'/>")
    "</x:xapmeta>",
    RDF("") RDF("<rdf:Description plus:DataMining='" V "'/>"),
    PACKET(DESC("<plus:DataMining>" V "</plus:DataMining>")) "rubbish <a>",
    DESC("<plus:DataMining>" V "</plus:DataMining>") "rubbish",
    /* prefix rdf that nobody declared */
    "<rdf:RDF><rdf:Description " PLUS_NS " plus:DataMining='" V "'/></rdf:RDF>",
};

static void all_forms_are_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        expect(slice_cstr(same[i]), OPTOUT_DONE, ONE);
}

static void put_wide(struct buf *b, const char *s, unsigned width, bool little)
{
    for (; *s; s++) {
        if (little)
            put_le(b, (uint8_t)*s, width);
        else
            put_be(b, (uint8_t)*s, width);
    }
}

static void wide_encodings_are_read(void **state)
{
    static const char text[] = "<?xpacket begin='' id='x'?>"
                               RDF("<rdf:Description plus:DataMining='" V "'/>")
                               "<?xpacket end='w'?>";
    (void)state;
    for (unsigned k = 0; k < 16; k++) {
        unsigned width = k & 1 ? 4 : 2;
        bool little = k & 2, mark = k & 4, declared = k & 8;
        struct buf b;
        buf_init(&b, 1u << 20);
        if (mark && little)
            put_le(&b, 0xfeff, width);
        else if (mark)
            put_be(&b, 0xfeff, width);
        if (declared)
            put_wide(&b, "<?xml version='1.0' encoding='UTF-16'?>", width, little);
        put_wide(&b, text, width, little);
        put_be(&b, 0, 5); /* NUL padding */
        expect(buf_slice(&b), OPTOUT_DONE, ONE);
        struct findings *f = findings_of(&format_xmp, buf_slice(&b), 0, NULL);
        assert_true(format_xmp.sniff(slice_sub(buf_slice(&b), 0, FORMAT_SNIFF)));
        assert_int_equal(f->n, 1);
        findings_free(f);
        buf_free(&b);
    }
}

static void padding_of_nul_is_no_error(void **state)
{
    static const char text[] = PACKET(DESC("<plus:DataMining>" V "</plus:DataMining>\0")) "\0\0";
    static const char inside[] = DESC("<plus:DataMining>" V "</plus:DataMining>")
                                 "\0\0\0<?xpacket end='w'?>";
    (void)state;
    struct seen s;
    /* a NUL in the document is one */
    assert_int_equal(read_packet(slice_of(text, sizeof text), 9, PACKET_WHOLE, &s),
                     OPTOUT_E_SYNTAX);
    assert_slice(buf_slice(&s.text), ONE);
    buf_free(&s.text);
    expect(slice_of(inside, sizeof inside - 1), OPTOUT_DONE, ONE);
    expect(slice_of("\0\0\0\0", 4), OPTOUT_DONE, "");
    expect(SLICE_OF(PACKET("")), OPTOUT_DONE, "");
    expect(SLICE_OF("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"), OPTOUT_DONE, "");
}

static void alternatives_have_languages(void **state)
{
    (void)state;
    expect(SLICE_OF(DESC("<plus:OtherConstraints><rdf:Alt><rdf:li xml:lang='x-default'>Ask us"
                         "</rdf:li><rdf:li xml:lang='de'>Fragen</rdf:li></rdf:Alt>"
                         "</plus:OtherConstraints>")),
           OPTOUT_DONE, "OtherConstraints=Ask us @x-default\nOtherConstraints=Fragen @de\n");
    expect(SLICE_OF(DESC("<plus:DataMining xml:lang='en'>x</plus:DataMining>")), OPTOUT_DONE,
           "DataMining=x @en\n");
}

#define EXT "xmlns:e='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'"
static void fields_of_structures(void **state)
{
    (void)state;
    expect(SLICE_OF(DESC("<e:EmbdEncRightsExpr " EXT "><rdf:Bag><rdf:li rdf:parseType='Resource'>"
                         "<e:EncRightsExpr>&lt;odrl/&gt;</e:EncRightsExpr>"
                         "<e:RightsExprEncType>a/b</e:RightsExprEncType></rdf:li></rdf:Bag>"
                         "</e:EmbdEncRightsExpr>")),
           OPTOUT_DONE,
           "EncRightsExpr=<odrl/> in EmbdEncRightsExpr\nRightsExprEncType=a/b in "
           "EmbdEncRightsExpr\n");
    expect(SLICE_OF(DESC("<e:LinkedEncRightsExpr " EXT "><rdf:Bag><rdf:li "
                         "e:LinkedRightsExpr='https://a.example/'/></rdf:Bag>"
                         "</e:LinkedEncRightsExpr>")),
           OPTOUT_DONE, "LinkedRightsExpr=https://a.example/ in LinkedEncRightsExpr\n");
    expect(SLICE_OF(DESC("<plus:Licensor><rdf:Seq><rdf:li><rdf:Description>"
                         "<plus:LicensorURL>https://b.example/</plus:LicensorURL>"
                         "</rdf:Description></rdf:li></rdf:Seq></plus:Licensor>")),
           OPTOUT_DONE, "LicensorURL=https://b.example/ in Licensor\n");
}

#define MM "xmlns:m='http://ns.adobe.com/xap/1.0/mm/'"
static void what_is_nested_is_said_to_be(void **state)
{
    static const char want[] = "DataMining=x nested in Pantry\n";
    (void)state;
    expect(SLICE_OF(DESC("<m:Pantry " MM "><rdf:Bag><rdf:li rdf:parseType='Resource'>"
                         "<plus:DataMining>x</plus:DataMining></rdf:li></rdf:Bag></m:Pantry>")),
           OPTOUT_DONE, want);
    expect(SLICE_OF(DESC("<m:Pantry " MM "><rdf:Bag><rdf:li><rdf:Description plus:DataMining='x'/>"
                         "</rdf:li></rdf:Bag></m:Pantry>")),
           OPTOUT_DONE, want);
    expect(SLICE_OF(DESC("<m:Pantry " MM " plus:DataMining='x'/>")), OPTOUT_DONE, want);
    expect(SLICE_OF(DESC("<m:Pantry " MM "><rdf:Description><m:A><rdf:Description>"
                         "<plus:DataMining>x</plus:DataMining></rdf:Description></m:A>"
                         "</rdf:Description></m:Pantry>")),
           OPTOUT_DONE, want);
    expect(SLICE_OF(META("<rdf:Description><m:Pantry " MM " rdf:nodeID='p'/></rdf:Description>"
                         "<rdf:Description rdf:nodeID='p' plus:DataMining='x'/>")),
           OPTOUT_DONE, want);
}

static void what_is_no_statement(void **state)
{
    (void)state;
    /* N4 */ expect(SLICE_OF(DESC("<d:description xmlns:d='urn:d'>DataMining DMI-PROHIBITED"
                                  "</d:description>")),
                    OPTOUT_DONE, "description=DataMining DMI-PROHIBITED\n");
    /* N6 */ expect(SLICE_OF(DESC("<!--<plus:DataMining>x</plus:DataMining>-->")), OPTOUT_DONE, "");
    /* N3 of TDMRep */
    expect(SLICE_OF(DESC("<s:schemas xmlns:s='http://www.aiim.org/pdfa/ns/extension/' "
                         "xmlns:tdm='http://www.w3.org/ns/tdmrep/'><rdf:Bag><rdf:li "
                         "rdf:parseType='Resource'><tdm:reservation>1</tdm:reservation></rdf:li>"
                         "</rdf:Bag></s:schemas>")),
           OPTOUT_DONE, "");
    expect(SLICE_OF("<html><p>DataMining DMI-</p></html>"), OPTOUT_E_SYNTAX,
           "DataMining=DMI- salvaged\n");
}

static void a_document_type_is_refused(void **state)
{
    (void)state;
    expect(SLICE_OF("<!DOCTYPE r [<!ENTITY a 'DMI-ALLOWED'>]>"
                    DESC("<plus:DataMining>&a;</plus:DataMining>")),
           OPTOUT_E_SYNTAX, "DataMining=DMI-ALLOWED salvaged\n");
    expect(SLICE_OF("<!DOCTYPE r>" DESC("<plus:DataMining>" V "</plus:DataMining>")),
           OPTOUT_E_SYNTAX, "DataMining=" V " salvaged\n");
    expect(SLICE_OF("<!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;'>]>"
                    DESC("<plus:DataMining>&b;</plus:DataMining>")),
           OPTOUT_E_SYNTAX, "DataMining= salvaged\n");
}

/* Version and flags of a box, padding, what a program printed: the packet is behind it. */
static void a_packet_behind_something(void **state)
{
    (void)state;
    static const struct slice fillers[] = { SLICE("\0\0\0\0"), SLICE("\0"), SLICE("\0\0\0\0\n ") };
    static const struct slice others[] = { SLICE("\0\0\0\1"), SLICE("Warning: a < b\n"),
                                           SLICE("<a><b></a>") };
    static const struct slice packets[] = { SLICE(PACKET(DESC("<plus:DataMining>" V
                                                              "</plus:DataMining>"))),
                                            SLICE(DESC("<plus:DataMining>" V
                                                       "</plus:DataMining>")),
                                            SLICE(RDF("<rdf:Description plus:DataMining='" V
                                                      "'/>")) };
    for (size_t k = 0; k < sizeof packets / sizeof *packets; k++) {
        for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
            expect(joined(fillers[i], packets[k]), OPTOUT_DONE, ONE);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            expect(joined(others[i], packets[k]), OPTOUT_E_SYNTAX,
                   "DataMining=" V " salvaged\n");
    }
}

/* Zero bytes in front do not tell how the text is written. */
static void encodings_behind_zero_bytes(void **state)
{
    (void)state;
    static const struct slice text = SLICE(DESC("<plus:DataMining>" V "</plus:DataMining>"));
    for (unsigned front = 0; front <= 8; front += 4) {
        for (unsigned form = 0; form < 4; form++) {
            uint8_t bytes[4096] = { 0 };
            size_t width = form < 2 ? 2 : 4, n = front;
            for (size_t i = 0; i < text.n; i++, n += width)
                bytes[n + (form % 2 ? width - 1 : 0)] = text.p[i];
            expect(slice_of(bytes, n), OPTOUT_DONE, ONE);
        }
    }
}

static void roots_of_all_kinds(void **state)
{
    (void)state;
#define INSIDE "<rdf:Description " PLUS_NS " plus:DataMining='" V "'/>"
    static const struct slice v[] = {
        SLICE("<x:xml_doc xmlns:x='adobe:ns:meta/'><rdf:RDF " RDF_NS ">" INSIDE "</rdf:RDF></x:xml_doc>"),
        SLICE("<x:xapmeta><rdf:RDF>" INSIDE "</rdf:RDF></x:xapmeta>"),
        SLICE("<xmpmeta><RDF xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>" INSIDE
              "</RDF></xmpmeta>"),
        SLICE("<RDF><Description " PLUS_NS " plus:DataMining='" V "'/></RDF>"),
        SLICE("<a><b><rdf:RDF " RDF_NS ">" INSIDE "</rdf:RDF></b></a>"),
        SLICE("<x:xmpmeta xmlns:x='adobe:ns:meta/' " RDF_NS ">" INSIDE "</x:xmpmeta>"),
        SLICE("<rdf:Description " RDF_NS " " PLUS_NS "><plus:DataMining>" V
              "</plus:DataMining></rdf:Description>"),
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        expect(v[i], OPTOUT_DONE, ONE);
    expect(SLICE_OF("<x:xmpmeta xmlns:x='adobe:ns:meta/'><plus:DataMining>" V
                    "</plus:DataMining></x:xmpmeta>"),
           OPTOUT_DONE, "DataMining=DMI-PROHIBITED salvaged\n");
}

static void broken_packets_may_deny(void **state)
{
    (void)state;
    expect(SLICE_OF("<rdf:RDF " RDF_NS "><rdf:Description " PLUS_NS ">"
                    "<plus:A>1</plus:A><plus:DataMining>" V "</plus:Data"),
           OPTOUT_E_SYNTAX, "A=1\nDataMining=DMI-PROHIBITED salvaged\n");
    /* what was read before is not found again */
    expect(SLICE_OF("<rdf:RDF " RDF_NS "><rdf:Description " PLUS_NS ">"
                    "<plus:DataMining>" V "</plus:DataMining><a>&nbsp;</a>"),
           OPTOUT_E_SYNTAX, ONE);
    expect(SLICE_OF("<rdf:RDF " RDF_NS "><rdf:Description tdm:reservation='1' a=b "),
           OPTOUT_E_SYNTAX, "reservation=1 salvaged\n");
    expect(SLICE_OF("<rdf:RDF><a><tdm:reservation> 1 </tdm:reservation>"
                    "<tdm:reservation>0</tdm:reservation><tdm:reservation>12</"),
           OPTOUT_E_SYNTAX, "reservation=1 salvaged\nreservation=0 salvaged\n");
    /* a prefix that nobody declared */
    expect(SLICE_OF("<rdf:RDF " RDF_NS "><rdf:Description plus:DataMining='x'>"
                    "<tdm:reservation>1</tdm:reservation></rdf:Description></rdf:RDF>"),
           OPTOUT_DONE, "DataMining=x salvaged\nreservation=1 salvaged\n");
    expect(SLICE_OF("<<!-- DataMining DMI-PROHIBITED -->"), OPTOUT_E_SYNTAX, "");
}

static void every_truncation_is_an_error(void **state)
{
    static const char text[] = PACKET(DESC("<plus:DataMining>" V "</plus:DataMining>"));
    size_t whole = (size_t)(strstr(text, "</x:xmpmeta>") - text) + 12;
    size_t front = (size_t)(strstr(text, "?>") - text) + 2;
    (void)state;
    for (size_t n = 0; n < sizeof text; n++) {
        struct seen s;
        enum optout_rc rc = read_packet(slice_of(text, n), 1000, PACKET_CUT, &s);
        assert_int_equal(rc, OPTOUT_E_SYNTAX);
        buf_free(&s.text);
        rc = read_packet(slice_of(text, n), 1000, PACKET_WHOLE, &s);
        if (n > front && n < whole)
            assert_int_equal(rc, OPTOUT_E_SYNTAX);
        if (n >= whole)
            assert_int_equal(rc, OPTOUT_DONE);
        buf_free(&s.text);
    }
}

static void rsl_comes_as_a_document(void **state)
{
    static const char want[] =
        "rsl=<rsl xmlns=\"https://rslstandard.org/rsl\">"
        "<content xmlns=\"https://rslstandard.org/rsl\" url=\"https://a.example/?a&amp;b\">"
        "<license xmlns=\"https://rslstandard.org/rsl\">"
        "<prohibits xmlns=\"https://rslstandard.org/rsl\" type=\"usage\">ai-all</prohibits>"
        "</license></content></rsl>\nDataMining=x\n";
    (void)state;
    expect(SLICE_OF(DESC("<r:rsl xmlns:r='https://rslstandard.org/rsl'>"
                         "<r:content url='https://a.example/?a&amp;b'>"
                         "<r:license><r:prohibits type='usage'>ai-all</r:prohibits></r:license>"
                         "</r:content></r:rsl><plus:DataMining>x</plus:DataMining>")),
           OPTOUT_DONE, want);
}

static void limits_are_kept(void **state)
{
    struct buf b;
    struct seen s;
    (void)state;
    buf_init(&b, 8u << 20);
    put_text(&b, "<rdf:RDF " RDF_NS "><rdf:Description " PLUS_NS "><plus:A>");
    for (unsigned i = 0; i < 70000; i++)
        put_text(&b, "x");
    put_text(&b, "</plus:A><plus:DataMining>y</plus:DataMining></rdf:Description></rdf:RDF>");
    assert_int_equal(read_packet(buf_slice(&b), 4096, PACKET_WHOLE, &s), OPTOUT_DONE);
    assert_int_equal(s.n, 2);
    assert_true(slice_find_nocase(buf_slice(&s.text), SLICE_OF("xxx cut\nDataMining=y\n")) <
                s.text.n);
    buf_free(&s.text);
    buf_clear(&b);
    for (unsigned i = 0; i < 100; i++)
        put_text(&b, "<a>");
    assert_int_equal(read_packet(buf_slice(&b), 4096, PACKET_WHOLE, &s), OPTOUT_E_LIMIT);
    buf_free(&s.text);
    buf_clear(&b);
    put_text(&b, DESC("<plus:DataMining>y</plus:DataMining>"));
    while (b.n < PACKET_XMP_MAX + 1)
        put_text(&b, "                ");
    assert_int_equal(read_packet(buf_slice(&b), 4096, PACKET_WHOLE, &s), OPTOUT_E_LIMIT);
    assert_slice(buf_slice(&s.text), "DataMining=y\n");
    buf_free(&s.text);
    struct findings *f = findings_of(&format_xmp, buf_slice(&b), 0, NULL);
    assert_int_equal(f->rc, OPTOUT_E_LIMIT);
    findings_free(f);
    /* one attribute of a megabyte */
    buf_clear(&b);
    put_text(&b, "<rdf:RDF " RDF_NS "><rdf:Description xmlns:g='urn:g' g:Data='");
    while (b.n < PACKET_XMP_MAX - 200)
        put_text(&b, "0123456789&amp;");
    put_text(&b, "' " PLUS_NS " plus:DataMining='z'/></rdf:RDF>");
    assert_int_equal(read_packet(buf_slice(&b), 4096, PACKET_WHOLE, &s), OPTOUT_DONE);
    assert_int_equal(s.n, 2);
    buf_free(&s.text);
    buf_free(&b);
}

/* A parser that compares each attribute with all before it would take seconds. */
static void a_crowded_tag_is_not_parsed(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1u << 20);
    (void)buf_puts(&b, "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
                       "xmlns:plus='http://ns.useplus.org/ldf/xmp/1.0/'>"
                       "<r:Description plus:DataMining='" V "'/><r:Description");
    for (unsigned i = 0; i < 60000; i++)
        (void)buf_printf(&b, " a%u=''", i);
    (void)buf_puts(&b, "/></r:RDF>");
    clock_t before = clock();
    expect(buf_slice(&b), OPTOUT_E_LIMIT, ONE);
    assert_true(clock() - before < CLOCKS_PER_SEC);
    buf_free(&b);
}

static void documents_beyond_the_limit_are_said(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1u << 20);
    for (unsigned i = 0; i < 9; i++)
        (void)buf_puts(&b, "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>");
    expect(buf_slice(&b), OPTOUT_E_LIMIT, "");
    buf_free(&b);
    expect(SLICE_OF("<?xpacket begin='' id='x'?>"), OPTOUT_E_SYNTAX, "");
    expect(SLICE_OF("<?xpacket begin='' id='x'?>  <?xpacket end='w'?>"), OPTOUT_DONE, "");
}

static void files_are_one_packet(void **state)
{
    struct slice body = SLICE(PACKET(DESC("<plus:DataMining>x</plus:DataMining>")));
    (void)state;
    assert_true(format_xmp.sniff(body));
    assert_true(format_xmp.sniff(SLICE_OF("\xef\xbb\xbf \n<?xml version='1.0'?><!-- c -->"
                                          "<rdf:RDF")));
    assert_false(format_xmp.sniff(SLICE_OF("<?xml version='1.0'?><svg>")));
    assert_false(format_xmp.sniff(SLICE_OF("<html>")));
    assert_false(format_xmp.sniff(SLICE_OF("")));
    assert_true(findings_same_in_pieces(&format_xmp, body, NULL));
    struct findings *f = findings_of(&format_xmp, body, 0, NULL);
    assert_int_equal(f->rc, OPTOUT_DONE);
    assert_int_equal(f->n, 1);
    assert_true(slice_eq(buf_slice(&f->v[0].bytes), body));
    findings_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_forms_are_one),
        cmocka_unit_test(wide_encodings_are_read),
        cmocka_unit_test(padding_of_nul_is_no_error),
        cmocka_unit_test(alternatives_have_languages),
        cmocka_unit_test(fields_of_structures),
        cmocka_unit_test(what_is_nested_is_said_to_be),
        cmocka_unit_test(what_is_no_statement),
        cmocka_unit_test(a_document_type_is_refused),
        cmocka_unit_test(a_packet_behind_something),
        cmocka_unit_test(encodings_behind_zero_bytes),
        cmocka_unit_test(roots_of_all_kinds),
        cmocka_unit_test(broken_packets_may_deny),
        cmocka_unit_test(every_truncation_is_an_error),
        cmocka_unit_test(rsl_comes_as_a_document),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(a_crowded_tag_is_not_parsed),
        cmocka_unit_test(documents_beyond_the_limit_are_said),
        cmocka_unit_test(files_are_one_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
