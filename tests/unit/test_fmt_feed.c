/* SPDX-License-Identifier: Apache-2.0 */
/* test_fmt_feed.c - formats/doc/feed.c, metadata/feed.c: what is told as a feed, and what it
 * states of itself and of its items, however it is written. */
#include "unit.h"

#include "core/buf.h"
#include "findings.h"
#include "formats/rows.h"
#include "metadata/feed.h"
#include "metadata/json_feed.h"

struct seen {
    struct buf text; /* "name=value;" of each property; '~' behind those of a part, '!' behind
                        what may only deny, '+' behind what is cut */
    struct slice source;
};

static void on_property(void *ctx, const struct property *p)
{
    struct seen *s = ctx;
    assert_int_equal(p->carrier, CARRIER_FEED);
    assert_true(p->nested == slice_starts_nocase(p->where, SLICE_OF("item ")));
    assert_true(p->offset < s->source.n);
    assert_int_equal(buf_printf(&s->text, "%.*s%s%s%s=%.*s%s%.*s;", SLICE_FMT(p->name),
                                p->nested ? "~" : "", p->role == PACKET_SALVAGED ? "!" : "",
                                p->cut ? "+" : "", SLICE_FMT(p->value), p->base.n ? "@" : "",
                                SLICE_FMT(p->base)), OPTOUT_OK);
}

/* In pieces of that many bytes. */
static enum optout_rc read_in(struct slice document, size_t piece, struct seen *s)
{
    const struct property base = { .role = PACKET_MAIN, .format = "feed" };
    struct arena arena = test_arena();
    buf_init(&s->text, 4u << 20);
    s->source = document;
    struct feed *f = feed_open(&arena, &base, on_property, s);
    assert_non_null(f);
    enum optout_rc rc = OPTOUT_MORE;
    while (document.n && rc == OPTOUT_MORE) {
        uint8_t *copy = NULL; /* exact, so that a sanitizer sees what is read beyond it */
        struct slice bytes = slice_sub(document, 0, piece);
        assert_non_null(copy = malloc(bytes.n));
        memcpy(copy, bytes.p, bytes.n);
        rc = feed_feed(f, slice_of(copy, bytes.n));
        free(copy);
        document = slice_from(document, bytes.n);
    }
    enum optout_rc end = feed_end(f);
    arena_reset(&arena);
    return rc == OPTOUT_MORE ? end : rc == OPTOUT_DONE ? end : rc;
}

/* Whole, by single bytes and by sevens. */
static void reads_as(struct slice document, enum optout_rc rc, const char *expected)
{
    static const size_t pieces[] = { SIZE_MAX, 1, 7 };
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct seen s;
        enum optout_rc got = read_in(document, pieces[i], &s);
        if (got != rc)
            fail_msg("%.200s: %d, not %d", (const char *)document.p, (int)got, (int)rc);
        assert_slice(buf_slice(&s.text), expected);
        buf_free(&s.text);
    }
}

#define SPACES                                                                             \
    " xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:dcterms='http://purl.org/dc/terms/'" \
    " xmlns:atom='http://www.w3.org/2005/Atom' xmlns:media='http://search.yahoo.com/mrss/'"  \
    " xmlns:cc='http://creativecommons.org/ns#' xmlns:rsl='https://rslstandard.org/rsl'"     \
    " xmlns:creativeCommons='http://backend.userland.com/creativeCommonsRssModule'"          \
    " xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"                               \
    " xmlns:podcast='https://podcastindex.org/namespace/1.0'"
#define RSS "<?xml version='1.0'?><rss version='2.0'" SPACES "><channel><title>t</title>"
#define RSS_END "</channel></rss>"
#define RSL_OPEN "<rsl xmlns=\"https://rslstandard.org/rsl\">"
#define RSL_LICENSE "<license xmlns=\"https://rslstandard.org/rsl\"></license></content></rsl>"
#define RSL_CONTENT "<content xmlns=\"https://rslstandard.org/rsl\""

static void statements_of_a_channel(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "<copyright> Mine\n </copyright>", "copyright=Mine;" },
        { "<copyright><![CDATA[<p>No <b>AI</b></p>]]></copyright>", "copyright=No  AI;" },
        { "<copyright>a &lt; b &amp; c</copyright>", "copyright=a < b & c;" },
        { "<copyright/>", "" },
        { "<dc:rights>r</dc:rights><rights>s</rights>", "rights=r;rights=s;" },
        { "<dcterms:rights rdf:resource='https://l.test/'/>", "rights=https://l.test/;" },
        { "<dcterms:accessRights>a</dcterms:accessRights>", "accessRights=a;" },
        { "<cc:license rdf:resource='https://l.test/'/>", "license=https://l.test/;" },
        { "<creativeCommons:license>https://l.test/</creativeCommons:license>",
          "license=https://l.test/;" },
        { "<media:license href='https://l.test/'>words</media:license>",
          "license=https://l.test/;license=words;" },
        { "<media:copyright url='https://l.test/'/>", "copyright=https://l.test/;" },
        { "<podcast:license>cc-by-4.0</podcast:license>", "license=cc-by-4.0;" },
        { "<atom:link rel='license' href='/l'/>", "license=/l;" },
        { "<atom:link rel='self' href='/l'/><link>https://a.test/</link>", "" },
        { "<tdm:reservation>1</tdm:reservation>", "reservation=1;" }, /* a prefix is enough */
        { "<foo:rights xmlns:foo='http://other.test/'>x</foo:rights>", "" },
        { "<dc:rights xml:lang='de'>d</dc:rights>", "rights=d;" },
        { "<!-- <copyright>no</copyright> --><?x <copyright/> ?>", "" },
        { "<description>&lt;copyright>no&lt;/copyright></description>", "" },
        /* what stands deeper is about a part, whatever is around it */
        { "<item><dc:rights>r</dc:rights></item>", "rights~=r;" },
        { "<item><media:group><media:copyright>r</media:copyright></media:group></item>",
          "copyright~=r;" },
        { "<image><copyright>r</copyright></image><copyright>s</copyright>",
          "copyright~=r;copyright=s;" },
        { "<item/><item><copyright>r</copyright></item><copyright>s</copyright>",
          "copyright~=r;copyright=s;" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[4096];
        int n = snprintf(text, sizeof text, RSS "%s" RSS_END, cases[i][0]);
        reads_as(slice_of(text, (size_t)n), OPTOUT_DONE, cases[i][1]);
    }
}

static void rsl_in_feeds_is_made_a_document(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "<item><rsl:content url='https://a.test/1'><rsl:license/></rsl:content></item>",
          "rsl~=" RSL_OPEN RSL_CONTENT " url=\"https://a.test/1\">" RSL_LICENSE ";" },
        { "<rsl:rsl><rsl:content url='/'><rsl:license/></rsl:content></rsl:rsl>",
          "rsl=" RSL_OPEN RSL_CONTENT " url=\"/\">" RSL_LICENSE ";" },
        { "<rsl xmlns='https://rslstandard.org/rsl'><content url='/'><license/></content></rsl>",
          "rsl=" RSL_OPEN RSL_CONTENT " url=\"/\">" RSL_LICENSE ";" },
        { "<x:content xmlns:x='https://rslstandard.org/rsl' url='/'><x:license/></x:content>",
          "rsl=" RSL_OPEN RSL_CONTENT " url=\"/\">" RSL_LICENSE ";" },
        /* nothing says what it is the licence of */
        { "<rsl:license><rsl:permits/></rsl:license>",
          "rsl!=" RSL_OPEN RSL_CONTENT "><license xmlns=\"https://rslstandard.org/rsl\">"
          "<permits xmlns=\"https://rslstandard.org/rsl\"></permits></license></content></rsl>;" },
        { "<rsl:license> https://a.test/l.xml </rsl:license>", "license=https://a.test/l.xml;" },
        { "<atom:link rel='license' type='application/rsl+xml' href='/l'/>", "license=/l;" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[4096];
        int n = snprintf(text, sizeof text, RSS "%s" RSS_END, cases[i][0]);
        reads_as(slice_of(text, (size_t)n), OPTOUT_DONE, cases[i][1]);
    }
}

static void kinds_of_feeds(void **state)
{
    (void)state;
    reads_as(SLICE_OF("<feed xmlns='http://www.w3.org/2005/Atom'><rights type='xhtml'>"
                      "<div xmlns='http://www.w3.org/1999/xhtml'>No <b>AI</b></div></rights>"
                      "<link rel='license' href='l'/><entry><rights>e</rights><link rel='license'"
                      " href='https://e.test/'/><source><rights>s</rights></source></entry></feed>"),
             OPTOUT_DONE,
             "rights=No AI;license=l;rights~=e;license~=https://e.test/;rights~=s;");
    reads_as(SLICE_OF("<a:feed xmlns:a='http://www.w3.org/2005/Atom' xml:base='https://b.test/x/'>"
                      "<a:link rel='license' href='l'/><a:entry><a:rights>r</a:rights></a:entry>"
                      "<a:entry xml:base='y/'><a:link rel='license' href='m'/></a:entry></a:feed>"),
             OPTOUT_DONE,
             "license=l@https://b.test/x/;rights~=r@https://b.test/x/;license~=m@y/;");
    reads_as(SLICE_OF("<feed version='0.3' xmlns='http://purl.org/atom/ns#'>"
                      "<copyright>c</copyright></feed>"), OPTOUT_DONE, "copyright=c;");
    reads_as(SLICE_OF("<rdf:RDF xmlns='http://purl.org/rss/1.0/'" SPACES "><channel rdf:about=''>"
                      "<dc:rights>c</dc:rights><items/></channel><item><cc:license "
                      "rdf:resource='u'/></item></rdf:RDF>"), OPTOUT_DONE,
             "rights=c;license~=u;");
    reads_as(SLICE_OF("<html><copyright>c</copyright></html>"), OPTOUT_E_SYNTAX, "");
    reads_as(SLICE_OF("not a feed"), OPTOUT_E_SYNTAX, "");
}

/* As they are met: what follows a flaw may deny only, and only where it is not clear what the
 * elements are was something left unread. */
static void feeds_that_are_not_well_formed(void **state)
{
    (void)state;
    static const struct {
        const char *inside, *expected;
        enum optout_rc rc;
    } cases[] = {
        { "<title>a &nbsp;&foo; b</title><copyright>&copy; r&eacute;serv&amp;eacute;s &foo;</copyright>",
          "copyright=\xc2\xa9 r\xc3\xa9serv\xc3\xa9s;", OPTOUT_DONE },
        { "<copyright>don&amp;rsquo;t &lt;b&gt;R&amp;D&lt;/b&gt; &NotEqualTilde;</copyright>",
          "copyright=don\xe2\x80\x99t  R&D  \xe2\x89\x82\xcc\xb8;", OPTOUT_DONE },
        { "<title>&#1114112; &#55296; &#x110000;</title><copyright>a</copyright>", "copyright!=a;",
          OPTOUT_DONE },
        { "<title>D&D, C++ &</title><copyright>a</copyright>", "copyright!=a;", OPTOUT_DONE },
        { "<copyright>a</copyright><title>b & c</title><rights>d</rights>",
          "copyright=a;rights!=d;", OPTOUT_DONE },
        { "<link>https://a.test/?a=1&b=2</link><copyright>a</copyright>", "copyright!=a;",
          OPTOUT_DONE },
        { "<title>\x01 &#8;</title><copyright>a</copyright>", "copyright!=a;", OPTOUT_DONE },
        { "<title>\xe9t\xe9</title><copyright>a</copyright>", "copyright!=a;", OPTOUT_DONE },
        { "<item><b>c</item></b><copyright>a</copyright>", "copyright!=a;", OPTOUT_E_SYNTAX },
        { "<title>b</titel><copyright>a</copyright>", "copyright!=a;", OPTOUT_E_SYNTAX },
        { "<item a=b><rights>c</rights></item>", "rights~!=c;", OPTOUT_E_SYNTAX },
        { "<copyright>a</copyright><title>1 < 2</title>", "copyright=a;", OPTOUT_E_SYNTAX },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[4096];
        int n = snprintf(text, sizeof text, RSS "%s" RSS_END, cases[i].inside);
        reads_as(slice_of(text, (size_t)n), cases[i].rc, cases[i].expected);
    }
    reads_as(SLICE_OF("\n\n" RSS "<copyright>a</copyright>" RSS_END "<script>junk"), OPTOUT_DONE,
             "copyright=a;");
    reads_as(SLICE_OF("\xef\xbb\xbf<!DOCTYPE rss PUBLIC '-//Netscape//DTD RSS 0.91//EN' "
                      "'http://my.netscape.com/rss-0.91.dtd'><rss version='0.91'><channel>"
                      "<copyright>&copy; a</copyright></channel></rss>"), OPTOUT_DONE,
             "copyright=\xc2\xa9 a;");
    reads_as(SLICE_OF("<!DOCTYPE rss [<!ENTITY a 'x'><!ENTITY b '&a;&a;'><!ENTITY c SYSTEM "
                      "'file:///etc/passwd'>]><rss><channel><copyright>[&a;&b;&c;]</copyright>"
                      "</channel></rss>"), OPTOUT_DONE, "copyright=[x];");
}

static void every_cut_is_told(void **state)
{
    (void)state;
    static const char whole[] = RSS "<copyright>a</copyright><item><rsl:content url='/'/></item>"
                                RSS_END;
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        struct seen s;
        assert_int_equal(read_in(slice_of(whole, n), SIZE_MAX, &s), OPTOUT_E_SYNTAX);
        buf_free(&s.text);
    }
}

static void utf16(void **state)
{
    (void)state;
    static const char document[] = "<?xml version='1.0' encoding='UTF-16'?><rss><channel>"
                                   "<copyright>c</copyright></channel></rss>";
    for (int little = 0; little < 2; little++) {
        uint8_t wide[2 * sizeof document];
        for (size_t i = 0; i < sizeof document; i++) { /* the first: a byte order mark */
            unsigned c = i ? (unsigned char)document[i - 1] : 0xFEFF;
            wide[2 * i] = (uint8_t)(little ? c : c >> 8);
            wide[2 * i + 1] = (uint8_t)(little ? c >> 8 : c);
        }
        reads_as(slice_of(wide, sizeof wide), OPTOUT_DONE, "copyright=c;");
        assert_true(format_feed.sniff(slice_of(wide, sizeof wide)));
    }
}

static void put_many(struct buf *b, const char *what, size_t times)
{
    while (times--)
        put_text(b, what);
}

static void limits(void **state)
{
    (void)state;
    struct buf b;
    struct seen s;
    buf_init(&b, 64u << 20);
    put_text(&b, RSS);
    put_many(&b, "<item><rsl:content url='/'/></item>", 513);
    put_text(&b, RSS_END);
    assert_int_equal(read_in(buf_slice(&b), SIZE_MAX, &s), OPTOUT_E_LIMIT);
    buf_free(&s.text);
    buf_clear(&b);
    put_text(&b, RSS);
    put_many(&b, "<a>", 300);
    assert_int_equal(read_in(buf_slice(&b), SIZE_MAX, &s), OPTOUT_E_LIMIT);
    buf_free(&s.text);
    buf_clear(&b);
    put_text(&b, RSS "<copyright>"); /* a text that does not end is cut, and says so */
    put_many(&b, "0123456789abcdef", 5000);
    put_text(&b, "</copyright><rights>r</rights>" RSS_END);
    assert_int_equal(read_in(buf_slice(&b), 4096, &s), OPTOUT_DONE);
    assert_true(slice_find_nocase(buf_slice(&s.text), SLICE_OF("copyright+=0123")) == 0);
    assert_true(slice_find_nocase(buf_slice(&s.text), SLICE_OF("rights=r;")) < s.text.n);
    buf_free(&s.text);
    buf_clear(&b);
    put_text(&b, RSS); /* of the size of a podcast's, every byte of it read */
    put_many(&b, "<item><description><![CDATA[<p>0123456789abcdef</p>]]></description></item>",
             200000);
    put_text(&b, "<copyright>c</copyright>" RSS_END);
    assert_int_equal(read_in(buf_slice(&b), 32768, &s), OPTOUT_DONE);
    assert_slice(buf_slice(&s.text), "copyright=c;");
    buf_free(&s.text);
    buf_free(&b);
}

static void what_is_told_as_a_feed(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        bool feed;
    } cases[] = {
        { "<rss version='2.0'>", true },
        { "<?xml version='1.0'?>\n<!-- x -->\n<?xml-stylesheet href='a'?><rss>", true },
        { "\xef\xbb\xbf <rss>", true },
        { "<RSS version='0.91'>", true },
        { "<!DOCTYPE rss PUBLIC 'a' 'b'><rss>", true },
        { "<feed xmlns='http://www.w3.org/2005/Atom'>", true },
        { "<atom:feed xmlns:atom='http://www.w3.org/2005/Atom'>", true },
        { "<rdf:RDF xmlns='http://purl.org/rss/1.0/'>", true },
        { "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>", false },
        { "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>", false },
        { "<rssx>", false },
        { "<html><rss>", false },
        { "rss", false },
        { "", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (format_feed.sniff(slice_cstr(cases[i].head)) != cases[i].feed)
            fail_msg("%s", cases[i].head);
    assert_true(findings_same_in_pieces(&format_feed, SLICE_OF(RSS RSS_END), NULL));
}

static void what_is_told_as_a_json_feed(void **state)
{
    static const struct {
        const char *head;
        bool feed;
    } cases[] = {
        { "{\"version\":\"https://jsonfeed.org/version/1.1\"", true },
        { "\xEF\xBB\xBF\n{ \"title\":\"x\",\n \"version\" : \"https:\\/\\/jsonfeed.org\\/version\\/1\"", true },
        { "{\"version\":\"http://www.jsonfeed.org/version/1\"", true },
        { "[{\"version\":\"https://jsonfeed.org/version/1.1\"", false },
        { "https://jsonfeed.org/version/1.1", false },
        { "{\"version\":\"1.1\"", false },
        { "{\"see\":\"https://jsonfeed.org/\"", false },
        { "", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (format_jsonfeed.sniff(slice_cstr(cases[i].head)) != cases[i].feed)
            fail_msg("%s", cases[i].head);
    assert_true(findings_same_in_pieces(&format_jsonfeed, slice_cstr(cases[0].head), NULL));
}

/* Whole, and cut behind each byte: the same statements, as far as they stand there. */
static void statements_of_a_json_feed(void **state)
{
    static const struct property base = { .role = PACKET_MAIN, .format = "jsonfeed" };
    struct slice text = SLICE_OF(
        "{\"Copyright\":\" C\\u00e9 \",\"tdm-reservation\":0,\"rights\":{\"license\":\"n\"},\"license\":\"\","
        "\"_a\":{\"licence\":\"l\",\"_b\":{\"licence\":\"n\"}},\"items\":[1,{\"rights\":\"i\",\"_c\":{\"license\":\"j\"}},"
        "[{\"rights\":\"n\"}]],\"tdm_policy\":\"p\"}");
    (void)state;
    for (size_t n = 0; n <= text.n; n++) {
        static const char all[] = "copyright=C\xC3\xA9;reservation=0;license=l;rights~=i;license~=j;policy=p;";
        struct seen s = { .source = text };
        buf_init(&s.text, 1000);
        enum optout_rc rc = json_feed_read(&base, slice_sub(text, 0, n), on_property, &s);
        assert_int_equal(rc, n == text.n ? OPTOUT_DONE : OPTOUT_E_SYNTAX);
        assert_true(s.text.n <= sizeof all - 1 && memcmp(s.text.p ? s.text.p : (const uint8_t *)"", all, s.text.n) == 0);
        assert_true(n < text.n || s.text.n == sizeof all - 1);
        buf_free(&s.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_of_a_channel), cmocka_unit_test(rsl_in_feeds_is_made_a_document),
        cmocka_unit_test(kinds_of_feeds), cmocka_unit_test(feeds_that_are_not_well_formed),
        cmocka_unit_test(every_cut_is_told), cmocka_unit_test(utf16), cmocka_unit_test(limits),
        cmocka_unit_test(what_is_told_as_a_feed), cmocka_unit_test(what_is_told_as_a_json_feed),
        cmocka_unit_test(statements_of_a_json_feed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
