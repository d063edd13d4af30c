/* SPDX-License-Identifier: Apache-2.0 */
/* test_html.c - pages in, statements out. Every page is fed whole, in pieces of
 * 7 bytes and byte by byte; all three must report the same.
 *
 * A statement is written "kind@offset{name=value,…}flags": H in head, N in
 * noscript, C cut, L lenient; a script's text follows in brackets. */
#include "unit.h"

#include "core/buf.h"
#include "page/html_internal.h"

static const char *const kinds[] = { "meta", "link", "a", "base", "script", "image" };

static struct html *scanner; /* that reports now */

static void on_page(void *ctx, const struct page_statement *s)
{
    struct buf *out = ctx;
    if (slice_eq(page_attr(s, "content"), SLICE_OF("noimageai")))
        html_report_images(scanner);
    buf_printf(out, "%s%s@%d{", out->n ? " " : "", kinds[s->kind], (int)s->offset);
    for (size_t i = 0; i < s->n_attr; i++)
        buf_printf(out, "%s%.*s=%.*s", i ? "," : "", SLICE_FMT(s->attr[i].name),
                   SLICE_FMT(s->attr[i].value));
    buf_printf(out, "}%s%s%s%s", s->in_head ? "H" : "", s->in_noscript ? "N" : "",
               s->cut ? "C" : "", s->lenient ? "L" : "");
    if (s->kind == PAGE_SCRIPT)
        buf_printf(out, "[%.*s]", SLICE_FMT(s->text));
}

struct outcome {
    enum optout_rc rc;
    bool closed;
};

static struct outcome feed(struct slice in, struct html_options o, size_t piece, struct buf *out)
{
    struct arena a = test_arena();
    o.page = on_page;
    o.ctx = out;
    struct html *h = html_open(&a, &o);
    assert_non_null(h);
    scanner = h;
    enum optout_rc rc = OPTOUT_MORE;
    while (in.n && rc == OPTOUT_MORE) {
        struct slice part = slice_sub(in, 0, piece);
        rc = html_feed(h, part);
        in = slice_from(in, part.n);
    }
    struct outcome result = { rc, false };
    assert_int_equal(html_end(h), OPTOUT_DONE);
    result.closed = html_head_closed(h);
    arena_reset(&a);
    return result;
}

/* What is reported, to be freed; the same for every way of cutting. */
static struct outcome scan(struct slice in, struct html_options o, struct buf *whole)
{
    static const size_t pieces[] = { 7, 1 };
    buf_init(whole, 1u << 20);
    struct outcome result = feed(in, o, SIZE_MAX, whole);
    for (size_t i = 0; i < 2; i++) {
        struct buf cut;
        buf_init(&cut, 1u << 20);
        struct outcome again = feed(in, o, pieces[i], &cut);
        if (!slice_eq(buf_slice(&cut), buf_slice(whole)))
            fail_msg("in pieces of %zu \"%.*s\", whole \"%.*s\"", pieces[i],
                     SLICE_FMT(buf_slice(&cut)), SLICE_FMT(buf_slice(whole)));
        assert_int_equal(again.closed, result.closed);
        buf_free(&cut);
    }
    return result;
}

static void expect_with(struct slice in, struct html_options o, const char *want)
{
    struct buf got;
    scan(in, o, &got);
    assert_slice(buf_slice(&got), want);
    buf_free(&got);
}

static void expect(const char *page, const char *want)
{
    expect_with(slice_cstr(page), (struct html_options){ .charset = SLICE("utf-8") }, want);
}

static void expect_xml(const char *page, const char *want)
{
    expect_with(slice_cstr(page), (struct html_options){ .xml = true }, want);
}

#define META "<meta name=robots content=noai>"

static void statements_of_a_plain_page(void **state)
{
    (void)state;
    expect("<!DOCTYPE html><html><head><meta name=\"robots\" content='noai'>"
           "<link rel=license href=/l><base href=/b/></head><body><a href=x>y</a>"
           "<a rel=license href=z>",
           "meta@27{name=robots,content=noai}H link@62{rel=license,href=/l}H base@88{href=/b/}H "
           "a@131{rel=license,href=z}");
    expect("<area rel=license><a data-rel=license><a hrel=license rel><a rel='x license'>"
           "<a type=application/rsl+xml>",
           "a@0{rel=license} a@58{rel=x license}");
    expect("<a itemprop=license href=x><a data-itemprop=license><a title=item><a itemprop=name>"
           "<a rel=copyright href=y><link rel=Copyright>",
           "a@0{itemprop=license,href=x} a@83{rel=copyright,href=y} link@107{rel=Copyright}");
}

#define IMAGES "<meta name=robots content=noimageai>"

/* Once somebody asks, and from there on. */
static void images_are_reported_on_demand(void **state)
{
    (void)state;
    expect("<body><img src=a><p>" IMAGES "<img src=b alt=x><picture><source srcset='c 1x, d 2x'></picture>"
           "<video src=e poster=f></video><p><IMAGE SRC=g>",
           "meta@20{name=robots,content=noimageai} image@56{src=b,alt=x} "
           "image@82{srcset=c 1x, d 2x} image@120{src=e,poster=f} image@153{src=g}");
    expect(IMAGES "<link rel=preload as=image href=a><link rel=preload as=font href=b>"
           "<link rel=image_src href=c><link rel='license image_src' href=d><link rel=icon href=e>",
           "meta@0{name=robots,content=noimageai}H image@36{rel=preload,as=image,href=a}H "
           "image@103{rel=image_src,href=c}H image@130{rel=license image_src,href=d}H "
           "link@130{rel=license image_src,href=d}H");
    expect(IMAGES "<body><svg><image href=a /><g/></svg><noscript><img src=b></noscript>"
           "<template><img src=c></template><textarea><img src=d></textarea><!--<img src=e>-->",
           "meta@0{name=robots,content=noimageai}H image@47{href=a} image@83{src=b}NL");
    expect_xml("<html><head>" IMAGES "</meta></head><body><img src=\"a\"/><x:img src=\"b\"/></body></html>",
               "meta@12{name=robots,content=noimageai}H image@68{src=a} image@82{src=b}");
}

/* In a tag that asks for an image, long lists are read whole; in others they are not. */
static void lists_of_images_are_long(void **state)
{
    static char page[12000];
    struct buf got;
    (void)state;
    memset(page, 'x', sizeof page - 1);
    memcpy(page, IMAGES "<body><img srcset='", sizeof IMAGES "<body><img srcset='" - 1);
    memcpy(page + 3000, "'><meta name=b srcset='", 23);
    memcpy(page + 6000, "'>", 2);
    scan(slice_cstr(page), (struct html_options){ .charset = SLICE("utf-8") }, &got);
    assert_true(got.n > 2900 + 512 && got.n < 2900 + 900);
    assert_true(slice_find_nocase(buf_slice(&got), SLICE_OF("}C")) == got.n);
    buf_free(&got);
}

static void the_title_is_kept(void **state)
{
    static const struct { const char *page, *title; } pages[] = {
        { "<title>AGB &ndash; <b>Verlag</title><title>x</title>", "AGB \xE2\x80\x93 <b>Verlag" },
        { "<p>x<svg><title>no</title></svg><title> late </TITLE >", "late" },
        { "<template><title>no</title></template><p>", "" },
        { "<noscript><title>no</title></noscript>", "" },
        { "<title>unfinished", "unfinished" },
        { "<title></title>", "" },
        { "<!-- <title>no</title> --><script><title>no</title></script>", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        for (size_t piece = 1; piece < 100; piece += 33) {
            struct arena a = test_arena();
            struct buf out;
            buf_init(&out, 4096);
            struct html_options o = { .charset = SLICE("utf-8"), .page = on_page, .ctx = &out };
            struct html *h = html_open(&a, &o);
            struct slice in = slice_cstr(pages[i].page);
            scanner = h;
            for (; in.n; in = slice_from(in, piece))
                assert_true(html_feed(h, slice_sub(in, 0, piece)) >= 0);
            assert_int_equal(html_end(h), OPTOUT_DONE);
            assert_slice(html_title(h, &a), pages[i].title);
            buf_free(&out);
            arena_reset(&a);
        }
    char page[2 * HTML_TITLE_MAX];
    struct arena a = test_arena();
    struct html_options o = { .charset = SLICE("utf-8"), .page = on_page };
    struct html *h = html_open(&a, &o);
    memset(page, 'x', sizeof page);
    memcpy(page, "<title>", 7);
    assert_int_equal(html_feed(h, slice_of(page, sizeof page)), OPTOUT_MORE);
    assert_int_equal(html_title(h, &a).n, HTML_TITLE_MAX);
    arena_reset(&a);
}

/* Of links, those that a standard reads. */
static void links_are_told_by_words(void **state)
{
    (void)state;
    expect("<link rel=icon><link rel='x LICENSE'><link rel=licence><link rel=C2PA-manifest>"
           "<link type=application/RSL+xml><link type=application/rss+xml><link href=license>"
           "<link rel=lic&#x65;nse><link rel=&#99;2pa-manifest><link type=application/rsl&#43;xml>",
           "link@15{rel=x LICENSE}H link@55{rel=C2PA-manifest}H link@79{type=application/RSL+xml}H "
           "link@160{rel=license}H link@183{rel=c2pa-manifest}H link@211{type=application/rsl+xml}H");
    struct buf page, got;
    buf_init(&page, 1u << 13);
    buf_puts(&page, "<link rel='");
    for (int i = 0; i < 5000; i++)
        buf_puts(&page, "x");
    buf_puts(&page, "'>"); /* may have gone on with a word */
    scan(buf_slice(&page), (struct html_options){ .xml = false }, &got);
    assert_true(got.n > 3 && !memcmp(got.p + got.n - 3, "}HC", 3));
    buf_free(&got);
    buf_free(&page);
}

/* XR-13 to XR-19: what must not count, and what must in odd dress. */
static void only_elements_count(void **state)
{
    (void)state;
    expect("<!-- " META " -->", "");
    expect("<META CONTENT=noai NAME=ROBOTS>", "meta@0{content=noai,name=ROBOTS}H");
    expect("<meta name=\"robots\" content=\"no&#97;i\">", "meta@0{name=robots,content=noai}H");
    expect("<script>document.write('" META "')</script>", "");
    expect("<p>add <code>noai</code> to your page</p>", "");
    expect("<p title='" META "' x=\"" META "\">", "");
    expect("<textarea>" META "</textarea><title>" META "</title><style>" META "</style>"
           "<xmp>" META "</xmp><iframe>" META "</iframe>", "");
    expect("<template>" META "<template></template>" META "</template>", "");
    expect("<plaintext>" META "</plaintext>" META, "");
    expect("<p><![CDATA[" META "]]>", "");
    expect("<p><svg><![CDATA[" META "]]></svg>", "");
    expect("<![CDATA[>" META "]]>", "meta@10{name=robots,content=noai}H");
    expect("&lt;meta name=robots content=noai>", "");
}

static void raw_text_ends_where_it_should(void **state)
{
    (void)state;
    expect("<title></titl></title x>" META, "meta@24{name=robots,content=noai}H");
    expect("<TITLE></tItLe\n/>" META, "meta@17{name=robots,content=noai}H");
    expect("<style></style" META, "");
    expect("<script>x<!--y</script>" META, "meta@23{name=robots,content=noai}H");
    expect("<script><!--<script></script>" META "</script>" META,
           "meta@69{name=robots,content=noai}H");
    expect("<script><!--<script>--></script>" META, "meta@32{name=robots,content=noai}H");
    expect("<script><!--><script></script>" META, "meta@30{name=robots,content=noai}H");
    expect("<script><!--<scripty></script>" META, "meta@30{name=robots,content=noai}H");
    expect("<script><!--<script </script/></script>" META, "meta@39{name=robots,content=noai}H");
    expect("<script></scripts></script\f>" META, "meta@28{name=robots,content=noai}H");
}

static void comments_end_where_they_should(void **state)
{
    (void)state;
    expect("<!-->" META, "meta@5{name=robots,content=noai}H");
    expect("<!--->" META, "meta@6{name=robots,content=noai}H");
    expect("<!----!>" META, "meta@8{name=robots,content=noai}H");
    expect("<!--!>" META "-->", "");
    expect("<!---!>" META "-->", "");
    expect("<!--x--!-->" META, "meta@11{name=robots,content=noai}H");
    expect("<!-- <!-- -->" META, "meta@13{name=robots,content=noai}H");
    expect("<!-x>" META "<?x>" META "</ x>" META "</>" META "<!x -- >" META,
           "meta@5{name=robots,content=noai}H meta@40{name=robots,content=noai}H "
           "meta@76{name=robots,content=noai}H meta@110{name=robots,content=noai}H "
           "meta@149{name=robots,content=noai}H");
    expect("<!DOCTYPE html \"a>" META, "meta@18{name=robots,content=noai}H");
}

static void attributes_in_odd_dress(void **state)
{
    (void)state;
    expect("<meta/name=robots/content='x'>", "meta@0{name=robots/content='x'}H");
    expect("<meta/name='robots'/content\n=\r\n'a\r\nb\rc'x=y>",
           "meta@0{name=robots,content=a\nb\nc,x=y}H");
    expect("<meta name=a NAME=b Name=c content>", "meta@0{name=a,content=}H");
    expect("<meta =x=y a==b \"=c d=\"e>f\" g='\"' h=i\"j>",
           "meta@0{=x=y,a==b,\"=c,d=e>f,g=\",h=i\"j}H");
    expect("<meta a='>' b=\">\" c=>", "meta@0{a=>,b=>,c=}H");
    expect("<meta a=b/>", "meta@0{a=b/}H");
    expect("<meta a='b", "");
    expect_with(SLICE_OF("<meta n\0x=a\0b>"), (struct html_options){ .xml = false },
                "meta@0{n\xEF\xBF\xBDx=a\xEF\xBF\xBD" "b}H");
    expect_with(SLICE_OF("<me\0ta a=b>"), (struct html_options){ .xml = false }, "");
}

static void references_in_values(void **state)
{
    (void)state;
    expect("<meta a='&lt;&amp;&AMP&ampx&amp=&amp&notit;&notin;&nGt;&hearts;&bogus;&'>",
           "meta@0{a=<&&&ampx&amp=&&notit;"
           "\xE2\x88\x89\xE2\x89\xAB\xE2\x83\x92\xE2\x99\xA5&bogus;&}H");
    expect("<meta a='&#65;&#x42&#X43;&#x80;&#0;&#xD800;&#x110000;&#99999999999;&#;&#x;&#xg'>",
           "meta@0{a=ABC\xE2\x82\xAC\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD&#;&#x;&#xg}H");
    expect("<meta a=&copy b=&copy;d c='&copyd'>", "meta@0{a=\xC2\xA9,b=\xC2\xA9" "d,c=&copyd}H");
}

static void head_closes_at_what_does_not_belong(void **state)
{
    (void)state;
    expect(META "<p>" META, "meta@0{name=robots,content=noai}H meta@34{name=robots,content=noai}");
    expect(" \n<html> <head>\n" META "x" META,
           "meta@16{name=robots,content=noai}H meta@48{name=robots,content=noai}");
    expect("<head></head>\n" META "<body>" META,
           "meta@14{name=robots,content=noai}H meta@51{name=robots,content=noai}");
    expect("<head>&#32;&Tab;" META "&nbsp;" META,
           "meta@16{name=robots,content=noai}H meta@53{name=robots,content=noai}");
    expect("<head><title>x</title></br>" META, "meta@27{name=robots,content=noai}");
    expect("<template><p>x</p></head></body></template>" META,
           "meta@43{name=robots,content=noai}H");
    expect("<head></p></div></title>" META, "meta@24{name=robots,content=noai}H");
    expect("<head></head><noscript></noscript>" META, "meta@34{name=robots,content=noai}");
}

static void noscript_is_read_twice(void **state)
{
    (void)state;
    expect("<head><noscript> <link rel=license><!-- --><style>" META "</style>" META
           "</noscript>" META,
           "link@17{rel=license}HN meta@89{name=robots,content=noai}HN "
           "meta@131{name=robots,content=noai}H");
    expect("<head><noscript><img src=x>" META "</noscript>" META,
           "meta@27{name=robots,content=noai}NL meta@69{name=robots,content=noai}H");
    expect("<head><noscript>text" META "</noscript>" META,
           "meta@20{name=robots,content=noai}NL meta@62{name=robots,content=noai}H");
    expect("<head>text<noscript>" META "</noscript>", "meta@20{name=robots,content=noai}NL");
    expect("<body><noscript>" META "<iframe></noscript>" META,
           "meta@16{name=robots,content=noai}NL meta@66{name=robots,content=noai}");
    expect("<body><noscript><p><noscript>" META "</noscript>" META,
           "meta@29{name=robots,content=noai}NL meta@71{name=robots,content=noai}");
    expect("<body><noscript><base href=x><!--" META "--><style>" META "</style>" META,
           "meta@113{name=robots,content=noai}NL");
    expect("<body><template><noscript>" META "</noscript></template>", "");
}

static void fallback_text_is_read_beside(void **state)
{
    (void)state;
    expect("<noframes>" META "</noframes>" META,
           "meta@10{name=robots,content=noai}L meta@52{name=robots,content=noai}H");
    expect("<p><noembed><b>" META "</noembed>", "meta@15{name=robots,content=noai}L");
    expect("<p><noembed><noframes>" META "</noframes></noembed>", "");
}

/* In UTF-16 the places are counted in the page, not in what was made of it. */
static void places_in_fallback_text(void **state)
{
    (void)state;
    static const char page[] = "<p><noscript>\xE9 <meta name=a></noscript>";
    struct buf wide, got;
    buf_init(&wide, 1024);
    for (size_t i = 0; i + 1 < sizeof page; i++) {
        buf_putc(&wide, page[i]);
        buf_putc(&wide, '\0');
    }
    scan(buf_slice(&wide), (struct html_options){ .charset = SLICE("utf-16le") }, &got);
    assert_slice(buf_slice(&got), "meta@30{name=a}NL");
    buf_free(&got);
    buf_free(&wide);
}

static void foreign_content_is_left_in_time(void **state)
{
    (void)state;
    expect("<p><svg><style>" META, "meta@15{name=robots,content=noai}");
    expect("<p><svg><title/><style/><script/><g></svg>" META, "meta@42{name=robots,content=noai}");
    expect("<p><svg><path></p><![CDATA[>" META, "meta@28{name=robots,content=noai}");
    expect("<div><svg></div><style>" META "</style>", "meta@23{name=robots,content=noai}L");
    expect("<p><svg><foreignObject><style>" META "</style></foreignObject><![CDATA[" META, "");
    expect("<p><svg><desc><b></b></desc><![CDATA[" META "]]></svg><title>" META, "");
    expect("<p><svg><desc><b></desc><![CDATA[" META "]]></svg><title>" META,
           "meta@80{name=robots,content=noai}L"); /* nobody knows what is still open */
    expect("<p><math><mi><![CDATA[" META "]]></mi>"
           "<annotation-xml encoding='Text/HTML'><style>" META, "");
    expect("<p><svg><font><![CDATA[" META "]]><font color=x><![CDATA[>" META,
           "meta@81{name=robots,content=noai}");
    expect("<p><svg><a rel=license></a><link rel=license></svg>", "a@8{rel=license}");
    expect("<template><svg></template>" META, "meta@26{name=robots,content=noai}H");
}

/* What closes nothing ends no svg: its style is an element like others, whose metas are
 * real. */
static void an_end_tag_that_closes_nothing(void **state)
{
    (void)state;
    expect("<p><svg></div><style>" META "</style>", "meta@21{name=robots,content=noai}L");
    expect("<p><math></b><title>" META "</title>", "meta@20{name=robots,content=noai}L");
    expect("<p><svg><a></b></a><style>" META, "meta@26{name=robots,content=noai}L");
    expect("<p><svg></b><script>" META "</script>", "meta@20{name=robots,content=noai}L");
    expect("<p><svg></b><template>" META, "meta@22{name=robots,content=noai}");
    expect("<p><svg></b><plaintext>" META, "meta@23{name=robots,content=noai}");
    expect("<p><svg></div></svg><style>" META "</style>", "");
    expect("<p><svg></div><p><style>" META "</style>", "");
    expect("<p><svg><g><desc></g><style>" META, "meta@28{name=robots,content=noai}");
    expect("<x-y><svg></x-y><![CDATA[>" META "]]>", "meta@26{name=robots,content=noai}");
    expect("<p><svg><desc><b></svg></b></desc><style>" META "</style>",
           "meta@41{name=robots,content=noai}L");
    expect("<p><svg><foreignObject><div><br></div></foreignObject></svg><style>" META, "");
}

static void typed_scripts_are_reported(void **state)
{
    (void)state;
    expect("<script type=' Application/RSL+xml ; v=1'><rsl/></b></script>",
           "script@0{type=Application/RSL+xml ; v=1}H[<rsl/></b>]");
    expect("<p><script type=application/rsl+xml id=a><!--<script></script>--></script >",
           "script@3{type=application/rsl+xml,id=a}[<!--<script></script>-->]");
    expect("<script type=application/ld+json>{}</script>", "script@0{type=application/ld+json}H[{}]");
    expect("<script type=application/json>{}</script>", "");
    expect("<script type=application/rsl+xml><rsl></scri", "script@0{type=application/rsl+xml}HC"
                                                          "[<rsl></scri]");
    expect("<script type=application/rsl+xml><rsl></script ", "script@0{type=application/rsl+xml}HC"
                                                             "[<rsl>]");
    expect("<template><script type=application/rsl+xml><rsl></script></template>", "");
}

/* ---- manifests in scripts ---- */

static unsigned begin_packet(void *ctx, const struct packet *p)
{
    buf_printf(ctx, "(%.*s@%d ", SLICE_FMT(p->where), (int)p->offset);
    return p->kind == PACKET_C2PA;
}

static bool packet_bytes(void *ctx, unsigned handle, struct slice bytes)
{
    buf_printf(ctx, "%.*s%s", SLICE_FMT(bytes), handle ? "" : "?");
    return true;
}

static void end_packet(void *ctx, unsigned handle, enum packet_end how)
{
    buf_printf(ctx, " %c%s)", "wclx"[how], handle ? "" : "?");
}

static void expect_packets(const char *page, bool xml, const char *want)
{
    static const size_t pieces[] = { SIZE_MAX, 7, 1 };
    for (size_t i = 0; i < 3; i++) {
        struct buf got, none;
        buf_init(&got, 1u << 20);
        buf_init(&none, 1u << 20);
        struct packet_sink sink = { begin_packet, packet_bytes, end_packet, NULL, &got };
        struct html_options o = { .charset = SLICE("utf-8"), .xml = xml, .packets = &sink };
        feed(slice_cstr(page), o, pieces[i], &none);
        assert_slice(buf_slice(&got), want);
        assert_int_equal(none.n, 0);
        buf_free(&got);
        buf_free(&none);
    }
}

#define C2PA "<script type='application/c2pa'>"

static void manifests_in_scripts(void **state)
{
    (void)state;
    expect_packets("<head>" C2PA " Zm9v\nYmFy </script>", false, "(script@6 foobar w)");
    expect_packets(C2PA "Zm9vYg==</script><p>" C2PA "Zm9v</script >", false,
                   "(script@0 foob w)(script@52 foo w)");
    expect_packets(C2PA "Zm9v!Ym</script>", false, "(script@0 foo x)");
    expect_packets(C2PA "Zm9v<b>Ym</script>", false, "(script@0 foo x)");
    expect_packets(C2PA "Zm9vY</script>", false, "(script@0 foo x)");
    expect_packets(C2PA "Zm9v", false, "(script@0 foo c)");
    expect_packets(C2PA "Zm9v</scr", false, "(script@0 foo c)");
    expect_packets(C2PA " \n</script>", false, "");
    expect_packets("<template>" C2PA "Zm9v</script></template>", false, "");
    expect_packets("<!--" C2PA "Zm9v</script>-->", false, "");
    expect_packets("<script>" C2PA "Zm9v</script>", false, "");
    expect_packets("<html><head>" C2PA "Zm9v</script></head></html>", true,
                   "(script@12 foo w)");
    expect(C2PA "Zm9v</script>" META, "meta@45{name=robots,content=noai}H");
}

static void long_scripts_are_cut(void **state)
{
    (void)state;
    struct buf page, got;
    buf_init(&page, 1u << 20);
    buf_puts(&page, "<script type=application/rsl+xml>");
    for (int i = 0; i < PAGE_SCRIPT_MAX; i++)
        buf_putc(&page, 'x');
    buf_puts(&page, "</script>");
    size_t script = page.n - 9;
    for (int extra = 0; extra < 2; extra++) {
        scan(buf_slice(&page), (struct html_options){ .xml = false }, &got);
        assert_int_equal(got.n, strlen("script@0{type=application/rsl+xml}H[]") + PAGE_SCRIPT_MAX +
                                    (size_t)extra);
        buf_free(&got);
        page.n = script;
        buf_puts(&page, "y</script>");
    }
    buf_free(&page);
}

static void fill(struct buf *b, const char *what, int times)
{
    while (times--)
        buf_puts(b, what);
}

static void long_tags_are_cut_and_survived(void **state)
{
    (void)state;
    struct buf page, got;
    /* A value that is too long hides nothing that follows it. */
    buf_init(&page, 1u << 20);
    buf_puts(&page, "<link href='data:");
    fill(&page, "0123456789", 5000);
    buf_puts(&page, "' rel=license>" META);
    scan(buf_slice(&page), (struct html_options){ .xml = false }, &got);
    assert_true(slice_find_nocase(buf_slice(&got), SLICE_OF(",rel=license}HC")) < got.n);
    assert_true(slice_find_nocase(buf_slice(&got), SLICE_OF("noai}H")) == got.n - 6);
    assert_true(got.n < PAGE_VALUE_MAX + 200);
    buf_free(&got);
    /* The longest value that is kept whole. */
    page.n = 0;
    buf_puts(&page, "<meta content='");
    fill(&page, "x", PAGE_VALUE_MAX);
    buf_puts(&page, "'>");
    scan(buf_slice(&page), (struct html_options){ .xml = false }, &got);
    assert_slice(slice_from(buf_slice(&got), got.n - 4), "xx}H");
    buf_free(&got);
    /* More attributes than are kept, more bytes than are kept. */
    page.n = 0;
    buf_puts(&page, "<meta");
    for (int i = 0; i <= PAGE_ATTRS_MAX; i++)
        buf_printf(&page, " a%d", i);
    buf_puts(&page, ">" META);
    scan(buf_slice(&page), (struct html_options){ .xml = false }, &got);
    assert_true(slice_find_nocase(buf_slice(&got), SLICE_OF("a47=}H meta")) < got.n);
    buf_free(&got);
    /* What nobody reads takes no place from what somebody does. */
    page.n = 0;
    buf_puts(&page, "<meta x='");
    fill(&page, "x", 20000);
    buf_puts(&page, "' y='");
    fill(&page, "&amp;", 20000);
    buf_puts(&page, "'");
    for (int i = 0; i <= PAGE_ATTRS_MAX; i++)
        buf_printf(&page, " a%d", i);
    fill(&page, " ", 20000);
    fill(&page, "/", 20000);
    buf_puts(&page, " name=robots");
    fill(&page, "\n", 20000);
    buf_puts(&page, "content= '");
    fill(&page, "\t ", 20000);
    buf_puts(&page, "noai'>");
    scan(buf_slice(&page), (struct html_options){ .xml = false }, &got);
    assert_true(slice_find_nocase(buf_slice(&got), SLICE_OF("name=robots,content=noai}H")) < got.n);
    buf_free(&got);
    page.n = 0;
    buf_puts(&page, "<meta ");
    fill(&page, "x", 40000);
    buf_puts(&page, ">" META);
    scan(buf_slice(&page), (struct html_options){ .xml = false }, &got);
    assert_slice(buf_slice(&got), "meta@0{}HC meta@40007{name=robots,content=noai}H");
    buf_free(&got);
    buf_free(&page);
}

static void cut_values_stay_utf8(void **state)
{
    (void)state;
    struct buf page, got;
    buf_init(&page, 1u << 20);
    buf_puts(&page, "<meta value=x");
    fill(&page, "\xE2\x82\xAC", PAGE_VALUE_MAX / 3 + 1);
    buf_puts(&page, ">");
    scan(buf_slice(&page), (struct html_options){ .xml = false }, &got);
    assert_slice(slice_from(buf_slice(&got), got.n - 6), "\xE2\x82\xAC}HC");
    buf_free(&got);
    buf_free(&page);
}

static void head_only_stops_early(void **state)
{
    (void)state;
    struct buf got;
    struct html_options o = { .head_only = true, .charset = SLICE("utf-8") };
    struct outcome r = scan(SLICE_OF(META "</head>" META "<p>" META), o, &got);
    assert_int_equal(r.rc, OPTOUT_DONE);
    assert_true(r.closed);
    assert_slice(buf_slice(&got),
                 "meta@0{name=robots,content=noai}H meta@38{name=robots,content=noai}H");
    buf_free(&got);
    r = scan(SLICE_OF("<head>" META), o, &got);
    assert_int_equal(r.rc, OPTOUT_MORE);
    assert_false(r.closed);
    buf_free(&got);
}

static void xhtml_is_xml(void **state)
{
    (void)state;
    expect_xml("<?xml version='1.0' a='>'?><!DOCTYPE html [<!-- ' ]> --><!ENTITY a \"]>\">]>"
               "<html><head><title>a<!-- " META " --></title><meta name='robots' content='noai'/>"
               "<META/></head><body><![CDATA[" META "]]><meta name='x'/><a rel='license'/></body>",
               "meta@142{name=robots,content=noai}H meta@241{name=x} a@257{rel=license}");
    expect_xml("<h:html xmlns:h='u'><h:head><h:meta name='a'/>"
               "<h:style/><h:meta name='b'/></h:head>",
               "meta@28{name=a}H meta@56{name=b}H");
    expect_xml("<head><script><meta/><script/></script><template><meta/></template><meta/></head>",
               "meta@67{}H");
    expect_xml("<head><h:script type='application/rsl+xml'>\n<![CDATA[<rsl/>]]> </h:script><meta/>",
               "script@6{type=application/rsl+xml}H[<rsl/>] meta@74{}H");
    expect_xml("<head><script type='application/rsl+xml' src='x'/><meta/>",
               "script@6{type=application/rsl+xml,src=x}H[] meta@50{}H");
    expect_xml("<head><noscript><meta/></noscript><meta NAME='a'/></head><body><noscript><meta/>",
               "meta@16{}HN meta@34{NAME=a}H meta@73{}NL");
}

static void utf16_is_read(void **state)
{
    (void)state;
    static const char ascii[] = "<p><meta name=robots content=n\x01oai><a rel=license>";
    uint8_t le[2 + 2 * sizeof ascii + 8] = { 0xFF, 0xFE }, be[sizeof le] = { 0xFE, 0xFF };
    size_t n = 2;
    for (size_t i = 0; ascii[i]; i++, n += 2) {
        le[n] = be[n + 1] = (uint8_t)ascii[i];
        if (ascii[i] == 1) { /* U+1F600, then a high surrogate alone */
            static const uint8_t units[] = { 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x00 };
            for (size_t k = 0; k < 6; k++) {
                be[n + k] = units[k];
                le[n + k] = units[k ^ 1];
            }
            n += 4;
        }
    }
    static const char want[] = "meta@8{name=robots,content=n\xF0\x9F\x98\x80\xEF\xBF\xBDoai} "
                               "a@76{rel=license}";
    struct html_options plain = { .charset = SLICE_EMPTY };
    expect_with(slice_of(le, n), plain, want);
    expect_with(slice_of(be, n), (struct html_options){ .charset = SLICE("utf-8") }, want);
    struct buf got;
    scan(slice_of(le + 2, n - 2), (struct html_options){ .charset = SLICE(" UTF-16 ") }, &got);
    assert_true(slice_find_nocase(buf_slice(&got), SLICE_OF("meta@6{")) == 0);
    buf_free(&got);
    expect("\xEF\xBB\xBF" META, "meta@3{name=robots,content=noai}H");
    /* A page that says in ASCII that it is UTF-16 is not. */
    expect_with(SLICE_OF("<meta charset=utf-16>"), plain, "meta@0{charset=utf-16}H");
}

static void kanji_are_no_tags(void **state)
{
    (void)state;
    /* 0x3C 0x6D is one character in ISO-2022-JP. */
    static const char page[] = "<meta charset='iso-2022-jp'><title></title><p>\x1b$B<meta a>\x1b(B"
                               "<meta b='no\x1b(Jai\x1b$B\"'\x1b(B'>";
    expect_with(slice_cstr(page), (struct html_options){ .charset = SLICE_EMPTY },
                "meta@0{charset=iso-2022-jp}H meta@60{b=noai\xA2\xA7}");
    expect_with(slice_cstr(page + 28), (struct html_options){ .charset = SLICE("csISO2022JP") },
                "meta@32{b=noai\xA2\xA7}");
    expect_with(slice_cstr("<p>\x1b$B<a rel"), (struct html_options){ .charset = SLICE("euc-jp") },
                "");
    expect("<meta a='\x1b(B\x1b'>", "meta@0{a=\x1b(B\x1b}H");
}

static void prescan_follows_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *page;
        int kind; /* -1: none found */
    } cases[] = {
        { "<meta charset=utf-8>", CHARSET_BYTES },
        { "<META CHARSET = \"ISO-2022-JP\" >", CHARSET_ISO2022JP },
        { "<meta charset=utf-16be>", CHARSET_BYTES },
        { "<meta charset=nonsense>", -1 },
        { "<meta content='text/html; charset=iso-2022-jp'>", -1 },
        { "<meta content='a charset; charset = \"iso-2022-jp\"' http-equiv=Content-Type>",
          CHARSET_ISO2022JP },
        { "<!-- <meta charset=utf-8> --><meta charset=iso-2022-jp>", CHARSET_ISO2022JP },
        { "<!--><meta charset=iso-2022-jp>", CHARSET_ISO2022JP },
        { "<p title='<meta charset=utf-8>'><meta charset=iso-2022-jp>", CHARSET_ISO2022JP },
        { "<metacharset=iso-2022-jp>", -1 },
        { "<?xml encoding=\"iso-2022-jp\"?>", CHARSET_ISO2022JP },
        { "<?xml encoding='iso-2022-jp'?><meta charset=utf-8>", CHARSET_BYTES },
        { "", -1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum charset_kind kind = CHARSET_BYTES;
        enum charset_code code;
        int got = charset_prescan(slice_cstr(cases[i].page), false, &kind, &code) ? (int)kind : -1;
        if (got != cases[i].kind)
            fail_msg("%s: got %d, want %d", cases[i].page, got, cases[i].kind);
    }
    enum charset_kind kind;
    enum charset_code code;
    assert_true(charset_label(SLICE_OF("\tShift_JIS "), &kind, &code));
    assert_int_equal(code, CODE_SJIS);
    assert_int_equal(kind, CHARSET_BYTES);
    assert_false(charset_label(SLICE_OF("utf-7"), &kind, &code));
    assert_false(charset_label(SLICE_OF("utf-32"), &kind, &code));
    assert_false(charset_label(SLICE_OF("utf-8 utf8"), &kind, &code));
}

static void quick_filter_passes_what_matters(void **state)
{
    (void)state;
    static const char *const names[] = { "a",        "area",     "base",     "iframe",   "link",
                                         "math",     "meta",     "noembed",  "noframes", "noscript",
                                         "plaintext", "script",  "style",    "svg",      "template",
                                         "textarea", "title",    "xmp",      "META",     "SVG" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(html_name_may_matter((const uint8_t *)names[i], strlen(names[i])));
        assert_non_null(html_name_find(slice_cstr(names[i]), true));
    }
    assert_false(html_name_may_matter((const uint8_t *)"div", 3));
}

/* Enough follows each tag that it is run over many bytes at once. What is quoted is no tag. */
static void a_tag_ends_at_its_own_end(void **state)
{
    (void)state;
#define QUOTED "x><a rel=license>y"
    static const char *const tags[] = {
        "<p a=\"" QUOTED "\">", "<p a='" QUOTED "'>", "<p a = \"" QUOTED "\">",
        "<p a=\n'" QUOTED "'>", "<p a=\"'\" b='" QUOTED "'>", "<p a='\"' b=\"" QUOTED "\">",
        "<p a=b\" c=\"" QUOTED "\">", "<p a='\" c=' b=\"" QUOTED "\">",
        "<p a=\" c='\" b='" QUOTED "'>", "<p a=\"b\"c=\"" QUOTED "\">", "<p\"a b=\"" QUOTED "\">",
        "<my-p a=\"" QUOTED "\">", "</p a=\"" QUOTED "\">", "<p a=\"b=\">", "<p a=\"b \">",
        "<p a=\"\">", "<p a=\"b\"c>", "<p =\"x>", "<p a=b\"c>", "<p\"=\">", "<p=\"x>", "<p a==\"x>",
        "<p a=\"b\"=\"x>", "</p=\"x>", "<a b=\"/release\">", "<abbr rel=license>",
        "<ab rel=license>",
    };
    struct buf page, want;
    buf_init(&page, 1u << 20);
    buf_init(&want, 1u << 10);
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        for (int padding = 0; padding < 140; padding++) {
            page.n = want.n = 0;
            buf_puts(&page, padding % 2 ? "<body><i k='" : "<body></i k=\"");
            fill(&page, "x", padding); /* moves the attribute over the windows */
            buf_puts(&page, padding % 2 ? "'" : "\"");
            buf_puts(&page, strchr(tags[i], ' ') ? strchr(tags[i], ' ') : ">");
            buf_puts(&page, tags[i]);
            bool item = padding % 3 == 0;
            buf_printf(&want, "a@%d{%s=license}", (int)page.n, item ? "itemprop" : "rel");
            buf_putc(&want, '\0');
            buf_puts(&page, item ? "<A ItemProp=license>" : "<A Rel=license>");
            fill(&page, "<b>", 80);
            expect_with(buf_slice(&page), (struct html_options){ .charset = SLICE("utf-8") },
                        (const char *)want.p);
        }
    buf_free(&page);
    buf_free(&want);
}

static void deep_nesting_is_bounded(void **state)
{
    (void)state;
    struct buf page;
    buf_init(&page, 1u << 20);
    fill(&page, "<template>", 500);
    fill(&page, META "</template>", 500);
    buf_puts(&page, META);
    expect_with(buf_slice(&page), (struct html_options){ .xml = false },
                "meta@26000{name=robots,content=noai}H");
    page.n = 0;
    buf_puts(&page, "<p>");
    fill(&page, "<svg><desc>", 500);
    buf_puts(&page, META);
    expect_with(buf_slice(&page), (struct html_options){ .xml = false },
                "meta@5503{name=robots,content=noai}");
    buf_free(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_of_a_plain_page),
        cmocka_unit_test(images_are_reported_on_demand),
        cmocka_unit_test(lists_of_images_are_long),
        cmocka_unit_test(the_title_is_kept),
        cmocka_unit_test(links_are_told_by_words),
        cmocka_unit_test(only_elements_count),
        cmocka_unit_test(raw_text_ends_where_it_should),
        cmocka_unit_test(comments_end_where_they_should),
        cmocka_unit_test(attributes_in_odd_dress),
        cmocka_unit_test(references_in_values),
        cmocka_unit_test(head_closes_at_what_does_not_belong),
        cmocka_unit_test(noscript_is_read_twice),
        cmocka_unit_test(fallback_text_is_read_beside),
        cmocka_unit_test(places_in_fallback_text),
        cmocka_unit_test(foreign_content_is_left_in_time),
        cmocka_unit_test(an_end_tag_that_closes_nothing),
        cmocka_unit_test(typed_scripts_are_reported),
        cmocka_unit_test(manifests_in_scripts),
        cmocka_unit_test(long_scripts_are_cut),
        cmocka_unit_test(long_tags_are_cut_and_survived),
        cmocka_unit_test(cut_values_stay_utf8),
        cmocka_unit_test(head_only_stops_early),
        cmocka_unit_test(xhtml_is_xml),
        cmocka_unit_test(utf16_is_read),
        cmocka_unit_test(kanji_are_no_tags),
        cmocka_unit_test(prescan_follows_the_standard),
        cmocka_unit_test(quick_filter_passes_what_matters),
        cmocka_unit_test(a_tag_ends_at_its_own_end),
        cmocka_unit_test(deep_nesting_is_bounded),
    };
    return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
