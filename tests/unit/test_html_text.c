/* SPDX-License-Identifier: Apache-2.0 */
/* test_html_text.c - pages in, blocks of text out. Every page is fed whole, byte by byte and
 * in pieces of three; all must give the same.
 *
 * A property is written as (names=value), [names=value] when its text is shown, '!' when it is cut.
 * A block is written as its kind (t h p i r), of an item its depth, whose words it holds unless
 * the site's own (q quoted, s sample, f form, x hidden), '+' when it goes on, and its text in
 * brackets. */
#include "unit.h"

#include "core/buf.h"
#include "page/html.h"
#include "samples.h"
#include "syntax/literals.h"
#include "syntax/utf8.h"

#include <utf8proc.h>

struct result {
    struct buf blocks, offsets;
    uint64_t size, last;
};

static void on_text(void *ctx, const struct text_block *b)
{
    struct result *r = ctx;
    assert_true(b->text.n > 0 && b->text.n <= TEXT_BLOCK_MAX);
    assert_true(b->kind < TEXT_KIND_COUNT && b->voice < VOICE_COUNT && b->depth <= TEXT_DEPTH_MAX);
    assert_true((b->kind == TEXT_ITEM) == (b->depth > 0));
    assert_true(b->offset >= r->last && b->offset < r->size);
    assert_true(b->text.p[0] != ' ' && b->text.p[b->text.n - 1] != ' ');
    r->last = b->offset;
    buf_putc(&r->blocks, "pthir"[b->kind]);
    if (b->depth)
        buf_printf(&r->blocks, "%u", b->depth);
    if (b->voice)
        buf_putc(&r->blocks, " qsfx"[b->voice]);
    if (b->goes_on)
        buf_putc(&r->blocks, '+');
    buf_printf(&r->blocks, "{%.*s}", SLICE_FMT(b->text));
    buf_printf(&r->offsets, "%d ", (int)b->offset);
}

static void on_property(void *ctx, const struct page_statement *s)
{
    struct result *r = ctx;
    assert_int_equal(s->kind, PAGE_PROPERTY);
    assert_true(s->text.n <= PAGE_PROPERTY_MAX && s->offset < r->size);
    buf_printf(&r->blocks, "%c%.*s=%.*s%s%c", s->shown ? '[' : '(', SLICE_FMT(s->attr[0].value),
               SLICE_FMT(s->text), s->cut ? "!" : "", s->shown ? ']' : ')');
    buf_printf(&r->offsets, "%d ", (int)s->offset);
}

static void read_text(struct slice page, struct html_options o, size_t piece, struct result *r)
{
    struct arena a = test_arena();
    *r = (struct result){ .size = page.n };
    buf_init(&r->blocks, 1u << 22);
    buf_init(&r->offsets, 1u << 22);
    o.text = on_text;
    o.text_ctx = r;
    o.page = on_property;
    o.ctx = r;
    struct html *h = html_open(&a, &o);
    assert_non_null(h);
    while (page.n) {
        struct slice part = slice_sub(page, 0, piece);
        uint8_t *copy = malloc(part.n); /* so that no byte beyond it is read */
        memcpy(copy, part.p, part.n);
        assert_int_equal(html_feed(h, slice_of(copy, part.n)), OPTOUT_MORE);
        free(copy);
        page = slice_from(page, part.n);
    }
    assert_int_equal(html_end(h), OPTOUT_DONE);
    arena_reset(&a);
}

static void free_result(struct result *r)
{
    buf_free(&r->blocks);
    buf_free(&r->offsets);
}

/* The same however it is cut. */
static void read_all_ways(struct slice page, struct html_options o, struct result *whole)
{
    static const size_t pieces[] = { 1, 3 };
    read_text(page, o, SIZE_MAX, whole);
    for (size_t i = 0; i < 2; i++) {
        struct result cut;
        read_text(page, o, pieces[i], &cut);
        if (!slice_eq(buf_slice(&cut.blocks), buf_slice(&whole->blocks)))
            fail_msg("in pieces of %zu \"%.*s\", whole \"%.*s\"", pieces[i],
                     SLICE_FMT(buf_slice(&cut.blocks)), SLICE_FMT(buf_slice(&whole->blocks)));
        if (!slice_eq(buf_slice(&cut.offsets), buf_slice(&whole->offsets)))
            fail_msg("in pieces of %zu at %.*s, whole at %.*s", pieces[i],
                     SLICE_FMT(buf_slice(&cut.offsets)), SLICE_FMT(buf_slice(&whole->offsets)));
        free_result(&cut);
    }
}

static void expect_with(struct slice page, struct html_options o, const char *want)
{
    struct result got;
    read_all_ways(page, o, &got);
    if (!slice_eq(buf_slice(&got.blocks), slice_cstr(want)))
        fail_msg("%.*s\ngot  %.*s\nwant %s", SLICE_FMT(page), SLICE_FMT(buf_slice(&got.blocks)),
                 want);
    free_result(&got);
}

static void expect(const char *page, const char *want)
{
    expect_with(slice_cstr(page), (struct html_options){ .charset = SLICE("utf-8") }, want);
}

static void expect_xml(const char *page, const char *want)
{
    expect_with(slice_cstr(page), (struct html_options){ .xml = true }, want);
}

static void blocks_of_a_plain_page(void **state)
{
    (void)state;
    expect("<!DOCTYPE html><html><head><title> Terms &amp;\n use </title><meta name=x content=y>"
           "<style>p{color:red}</style><script>var a = '<p>no</p>';</script></head>"
           "<body><h1>Terms</h1>\n<p>All rights\n  reserved.</p><!-- no -->\n<p>More.<div>And more."
           "</div>Tail<hr>End</body></html>",
           "t{Terms & use}h{Terms}p{All rights reserved.}p{More.}p{And more.}p{Tail}p{End}");
    expect("", "");
    expect(" \n\t <p> </p>&nbsp;<b></b>", "");
    expect("bare", "p{bare}");
    expect("a < b, x<3 <> </> </3>c & d &", "p{a < b, x<3 <> c & d &}");
}

static void inline_elements_leave_no_trace(void **state)
{
    (void)state;
    expect("text and data min<b>ing</b> is <a href=x>re</a><i>served</i>.",
           "p{text and data mining is reserved.}");
    expect("a<span> b</span> <em>c </em> d<!-- x -->e<wbr>f<img alt='no'>g",
           "p{a b c def" "g}");
    expect("data&shy;mining data\xC2\xADmining A&#73; &#x41;I&nbsp;x &amp;lt; &notit; &copy;",
           "p{data\xC2\xADmining data\xC2\xADmining AI AI x &lt; \xC2\xACit; \xC2\xA9}");
    expect("<ruby>\xE5\xAD\xA6<rp>(</rp><rt>gaku</rt><rp>)</rp>\xE7\xBF\x92<rt>shu</ruby>\xE3\x80\x80x",
           "p{\xE5\xAD\xA6\xE7\xBF\x92 x}");
    expect("<ruby>a<rt>b<rp>c</rt>d</ruby>e<ruby>f<rt>g<p>h</p>", "p{aef}p{h}");
    expect("one<br>two<br/>three<br><br>four <br> <br> five</br>six",
           "p{one two three}p{four}p{five six}");
    expect("<unknown-thing>a</unknown-thing>b", "p{ab}");
}

static void quotation_marks_around_what_is_quoted(void **state)
{
    (void)state;
    expect("He said <q>no <q>more</q> AI</q>, they said.", "p{He said \"no more AI\", they said.}");
    expect("Put <code>noai</code> and <kbd> x</kbd> there",
           "p{Put \"noai\" and \"x\" there}");
    expect("<p>Say <q>never closed</p><p>next", "p{Say \"never closed\"}p{next}");
    expect("<code>User-agent: *</code><p><code>a</code> <samp>b</samp></p><p><code>a</code> b",
           "ps{\"User-agent: *\"}ps{\"a\" \"b\"}p{\"a\" b}");
    expect("<p><code></code>x<q> </q>y", "p{x y}");
    expect("<code>a<p>b</code>c", "ps{\"a\"}p{\"b\"c}");
}

static void whose_words_they_are(void **state)
{
    (void)state;
    expect("<blockquote>q<p>r</p></blockquote>own<pre>a\n  b</pre>"
           "<textarea>t &amp; <b>u</textarea>own",
           "pq{q}pq{r}p{own}ps{a b}ps{t & <b>u}p{own}");
    expect("Choose <select><option>a<option>b<optgroup label=x><option>c</select> or "
           "<button>press <b>it</b></button> now",
           "p{Choose}pf{a}pf{b}pf{c}p{or}pf{press it}p{now}");
    expect("<p>We <span hidden>do not <b>x</b> </span>reserve</p>", "p{We reserve}");
    expect("<p hidden>a</p>b<div style='color:red; DISPLAY : none'>c<p>d</p></div>e"
           "<p style=visibility:hidden>f</p><dialog>g</dialog><dialog open>h</dialog>",
           "px{a}p{b}px{c}px{d}p{e}px{f}px{g}p{h}");
    expect("<div aria-hidden=true>a</div><details><summary>b</summary>c</details>"
           "<div class=hidden style='display:block'>d</div>",
           "p{a}p{b}p{c}p{d}");
    expect("<span style='display:&#110;one'>a<div>b</span>c</div>d", "px{b}p{c}p{d}");
    expect("<body style='visibility:hidden'>shown once scripts have run",
           "p{shown once scripts have run}");
    expect("<template>a</template><noscript>b</noscript><iframe>c</iframe><video>d</video>"
           "<svg><title>e</title><desc>f</desc><text>g</text></svg><object>h</object>"
           "<math><mi>i</mi></math><svg><foreignObject><p>k</foreignObject></svg>",
           "p{k}");
    expect("<head><noscript><meta name=a>no</noscript></head>x", "p{x}");
    expect("a<xmp><b>&amp;</xmp>b<plaintext>c</p> &amp;", "p{a}ps{<b>&amp;}p{b}ps{c</p> &amp;}");
}

static void lists_and_their_depth(void **state)
{
    (void)state;
    expect("You may not:<ul><li>train AI<li>mine<ol><li>text</li><li><p>data</ol></ul>Ever.",
           "p{You may not:}i1{train AI}i1{mine}i2{text}i2{data}p{Ever.}");
    expect("<li>alone<ul><ul><ul><ul><ul><li>deep</ul></ul></ul></ul></ul>x</ul>y",
           "i1{alone}i4{deep}i1{xy}");
    expect("<ul><li><h3>Head</h3>a<p>b</ul>", "h{Head}i1{a}i1{b}");
}

static void rows_join_their_cells(void **state)
{
    (void)state;
    expect("<table><caption>Uses</caption><tr><th>Mining</th><td>reserved</td></tr>"
           "<tr><td>AI:<td><p>not <b>allowed</b></p><td>&nbsp;<tr><td>x</table>y",
           "p{Uses}r{Mining: reserved}r{AI: not allowed}r{x}p{y}");
    expect("<dl><dt>Mining</dt>\n<dd>is reserved</dd><dt>AI<dd>no<dd>never<dt>A</dt><dt>B</dt>"
           "<dd><p>c</p></dd><div><dt>D</dt> <dd>E</div></dl>F",
           "r{Mining: is reserved}r{AI: no}r{never}r{A}r{B: c}r{D: E}p{F}");
    /* A cell with paragraphs is none of a table of words. */
    expect("<table><tr><td>nav<td><p>a</p><p>b</p><td>c</table>",
           "r{nav: a}p{b}p{c}");
    expect("<table><tr><td>a<br>b<td>c<br><br>d<td>e</table>", "r{a b: c}p{d}p{e}");
    expect("<table><tr><td>a<ul><li>b</ul>c<td><table><tr><td>d<td>e</table>f</table>",
           "r{a}i1{b}r{c}r{d: e}p{f}");
    expect("<table><tr><td hidden>a<td>b<td>c</table>", "rx{a}r{b: c}");
    expect("<tr><td>a<td>b", "r{a: b}"); /* a browser drops the tags */
}

static void tags_that_are_missing_or_crossed(void **state)
{
    (void)state;
    expect("<div><blockquote>a</div>b", "pq{a}p{b}");
    expect("<p>a<b>b<p>c</b>d</p></p>e</div>f", "p{ab}p{cd}p{ef}");
    expect("<h2>a<h3>b</h2>c", "h{a}h{b}p{c}");
    expect("<select><option>a<p>b", "pf{a}p{b}");
    expect("<ul><li>a</ul></li>b<table><td>c</div>d</table>e", "i1{a}p{b}r{cd}p{e}");
    expect("<p hidden>a<div>b</div>", "px{a}p{b}");
    expect("<title>a</titl</titlex></title >b<textarea></</textareA>c", "t{a</titl</titlex>}p{b}ps{</}p{c}");
    expect("a<p title='<p>'>b<p title=\">\">c", "p{a}p{b}p{c}");
}

static void depth_has_an_end(void **state)
{
    struct buf page;
    (void)state;
    buf_init(&page, 1u << 20);
    buf_puts(&page, "<blockquote>q");
    for (int i = 0; i < 3000; i++)
        buf_puts(&page, "<div>");
    buf_puts(&page, "deep");
    for (int i = 0; i < 3000; i++)
        buf_puts(&page, "</div>");
    buf_puts(&page, "r</blockquote>end");
    expect_with(buf_slice(&page), (struct html_options){ .charset = SLICE("utf-8") },
                "pq{q}p{deep}pq{r}p{end}");
    buf_free(&page);
}

/* `n` bytes of words of seven letters, from `word` on. */
static void words(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_putc(out, i % 8 == 7 ? ' ' : (char)('a' + i / 8 % 26));
}

static void long_blocks_come_in_parts(void **state)
{
    (void)state;
    for (size_t n = TEXT_BLOCK_MAX - 20; n < TEXT_BLOCK_MAX + 20; n++) {
        struct buf page, want;
        buf_init(&page, 1u << 20);
        buf_init(&want, 1u << 20);
        words(&page, n);
        buf_puts(&page, "<q>");
        words(&page, 12);
        struct result got;
        read_all_ways(buf_slice(&page), (struct html_options){ .charset = SLICE("utf-8") }, &got);
        bool two = got.blocks.n && got.blocks.p[1] == '+';
        assert_int_equal(two, n + 14 > TEXT_BLOCK_MAX);
        free_result(&got);
        buf_free(&page);
        buf_free(&want);
    }
    struct buf page;
    struct result got;
    buf_init(&page, 1u << 20);
    for (int i = 0; i < 5000; i++)
        buf_puts(&page, "\xE5\xAD\xA6"); /* no blank anywhere */
    read_all_ways(buf_slice(&page), (struct html_options){ .charset = SLICE("utf-8") }, &got);
    assert_int_equal(got.blocks.n, 15000 + 4 * 3 + 3);
    assert_slice(buf_slice(&got.offsets), "0 4095 8190 12285 ");
    free_result(&got);
    buf_free(&page);
}

static void other_charsets(void **state)
{
    struct html_options none = { .charset = SLICE(""), .xml = false };
    (void)state;
    expect_with(SLICE_OF("Gem\xE4\xDF \xA7 44b \x93no\x94 \xE2\x80"), none,
                "p{Gem\xC3\xA4\xC3\x9F \xC2\xA7 44b \xE2\x80\x9Cno\xE2\x80\x9D \xC3\xA2\xE2\x82\xAC}");
    expect_with(SLICE_OF("\xFF\xFE<\0p\0>\0\xE4\0&\0a\0m\0p\0;\0\x66\x5B"), none,
                "p{\xC3\xA4&\xE5\xAD\xA6}");
    expect_with(SLICE_OF("\xEF\xBB\xBFx"), none, "p{x}");
    /* Half a character in front of a tag, and one that is no character. */
    expect("\xE5\xAD<b>x</b>\xED\xA0\x80\xC0", "p{\xC3\xA5\xC2\xADx\xC3\xAD \xE2\x82\xAC\xC3\x80}");
}

static void xhtml(void **state)
{
    (void)state;
    expect_xml("<?xml version='1.0'?><html xmlns='x'><head><title>T &amp; t</title>"
               "<style>no</style></head><body><p>a<br/>b<br/><br/>c</p><div/><p>d <![CDATA[<&e]] ]]>"
               "<textarea>f</textarea><script>no</script><svg><text>no</text></svg>"
               "<x:p xmlns:x='x'>g</x:p><P>h</P></body></html>",
               "t{T & t}p{a b}p{c}p{d <&e]]}ps{f}p{g}p{h}");
    expect_xml("<rss><title>feed</title><p>no page</p></rss>", "t{feed}");
}

/* ---- whether it is worth reading ---- */

static void on_candidate(void *ctx)
{
    ++*(unsigned *)ctx;
}

static void on_page(void *ctx, const struct page_statement *s)
{
    (void)ctx;
    (void)s;
}

/* Pieces of `piece` bytes, of 1 to `piece` if `random`. */
static bool is_candidate(struct slice page, struct html_options o, const struct literals *l,
                         size_t piece, unsigned random)
{
    struct arena a = test_arena();
    unsigned told = 0;
    o.page = on_page;
    o.literals = l;
    o.candidate = on_candidate;
    o.candidate_ctx = &told;
    struct html *h = html_open(&a, &o);
    assert_non_null(h);
    while (page.n) {
        random = random * 1103515245u + 12345u;
        struct slice part = slice_sub(page, 0, random & 1 ? piece : 1 + (random >> 8) % piece);
        uint8_t *copy = malloc(part.n);
        memcpy(copy, part.p, part.n);
        (void)!html_feed(h, slice_of(copy, part.n));
        free(copy);
        page = slice_from(page, part.n);
    }
    (void)!html_end(h);
    arena_reset(&a);
    assert_true(told <= 1);
    return told;
}

static void expect_candidate(const char *page, bool want)
{
    static const struct literal v[] = {
        { SLICE("mining"), false }, { SLICE("AI"), true }, { SLICE("\xC3\xBCnst"), false },
        { SLICE("\xE5\xAD\xA6\xE7\xBF\x92"), false },
    };
    static const size_t pieces[] = { 1, 2, 3, 5, 8, 1000 };
    struct literals *l = literals_compile_for_text(v, 4);
    assert_non_null(l);
    for (size_t i = 0; i < 6; i++)
        for (int far = 0; far < 2; far++) {
            struct buf b; /* so that it lies beyond what is looked at together, too */
            buf_init(&b, 1u << 16);
            buf_puts(&b, "<!DOCTYPE html><title>t</title><body>");
            for (int k = 0; k < far * 900; k++)
                buf_puts(&b, k % 7 ? "word " : "<b class='long enough'>w</b>");
            buf_puts(&b, page);
            for (int k = 0; k < 30; k++)
                buf_puts(&b, "<p>x</p>");
            struct html_options o = { .charset = SLICE("utf-8") };
            if (is_candidate(buf_slice(&b), o, l, pieces[i], 1) != want)
                fail_msg("%s in pieces of %zu", page, pieces[i]);
            buf_free(&b);
        }
    literals_free(l);
}

static void literals_are_seen_as_a_reader_sees_them(void **state)
{
    (void)state;
    expect_candidate("nothing to be had here", false);
    expect_candidate("data mining", true);
    expect_candidate("<p title=mining class='AI'>x<!-- mining --><script>'mining'</script>", false);
    expect_candidate("min<b>ing</b>", true);
    expect_candidate("m<i>i<b>n</b></i><span class=p>ing</span>", true);
    expect_candidate("min<!-- <p> -->ing", true);
    expect_candidate("min<br>ing min</p><p>ing min</li><li>ing min <b>ing", false);
    expect_candidate("<li>AI</li><li>Robots", true);
    expect_candidate("<td>x</td><td>AI</td>", true);
    expect_candidate("&#109;ining", true);
    expect_candidate("k&uuml;nstlich", true);
    expect_candidate("k&uuml;<b>n</b>stlich", true);
    expect_candidate("a&nbsp;b &amp; c", false);
    expect_candidate("min&shy;ing", true);
    expect_candidate("min\xC2\xADing", true);
    expect_candidate("\xE5\xAD\xA6<rp>(</rp><rt>x</rt>\xE7\xBF\x92", true);
    expect_candidate("\xE5\xAD\xA6\xE7\xBF\x92", true);
    expect_candidate("\xE5\xAD\xA6 \xE7\xBF\x92", false);
    expect_candidate("<svg></svg>data<wbr>mining", true);
    expect_candidate("a < b mini<ng", false);
}

/* What a reader of words would be given, folded. */
struct folded {
    struct buf text; /* blocks between line ends */
};

static void fold_block(void *ctx, const struct text_block *b)
{
    struct folded *f = ctx;
    if (b->voice != VOICE_OWN)
        return;
    utf8proc_uint8_t *out = NULL;
    utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_IGNORE;
    utf8proc_ssize_t n = utf8proc_map(b->text.p, (utf8proc_ssize_t)b->text.n, &out, how);
    assert_true(n >= 0);
    buf_append(&f->text, out, (size_t)n);
    buf_putc(&f->text, '\n');
    free(out);
}

static bool is_letter(uint8_t c)
{
    return ascii_is_alnum(c) || c >= 0x80;
}

/* A part of a word of `text` near `at`: whole characters, five bytes or some more. */
static struct slice piece_of_word(struct slice text, size_t at)
{
    while (at < text.n && ((text.p[at] & 0xC0) == 0x80 || !is_letter(text.p[at])))
        at++;
    size_t n = 0;
    while (at + n < text.n && is_letter(text.p[at + n]) &&
           (n < 5 || (text.p[at + n] & 0xC0) == 0x80))
        n++;
    return slice_sub(text, at, n);
}

static bool no_candidate_is_lost_in(const char *path, struct slice page)
{
    struct arena a = test_arena();
    struct folded f;
    buf_init(&f.text, 64u << 20);
    struct html_options o = { .charset = SLICE("utf-8"), .text = fold_block, .text_ctx = &f };
    assert_int_equal(html_text(&a, page, &o), OPTOUT_DONE);
    arena_reset(&a);
    o.text = NULL;
    bool utf8 = utf8_is_valid(page);
    uint32_t random = (uint32_t)page.n;
    for (int i = 0; i < 12 && f.text.n; i++) {
        random = random * 1103515245u + 12345u;
        struct slice word = piece_of_word(buf_slice(&f.text), (random >> 4) % f.text.n);
        bool ascii = true, letters = true; /* lead bytes of signs, roughly */
        for (size_t k = 0; k < word.n; k++) {
            ascii = ascii && word.p[k] < 0x80;
            letters = letters && word.p[k] != 0xC2 && word.p[k] != 0xE2;
        }
        if (word.n < 2 || !letters || (!utf8 && !ascii))
            continue;
        struct literal v = { word, i % 2 && word.n > 2 };
        struct literals *l = literals_compile_for_text(&v, 1);
        assert_non_null(l);
        size_t piece = i % 3 == 0 ? 40 : i % 3 == 1 ? 4000 : page.n;
        if (!is_candidate(page, o, l, piece, random))
            fail_msg("%s: \"%.*s\" is lost, in pieces of %zu", path, SLICE_FMT(word), piece);
        literals_free(l);
    }
    buf_free(&f.text);
    return true;
}

static void no_candidate_is_lost_in_real_pages(void **state)
{
    static const char *const folders[] = { "bench/html", "html", NULL };
    static const char *const ends[] = { ".html", ".htm", ".dat", NULL };
    (void)state;
    print_message("# %u pages\n", samples_visit("pages", folders, ends, no_candidate_is_lost_in));
}

static void properties_have_their_text(void **state)
{
    (void)state;
    expect("<p>a <b itemprop=license>one &amp; <i>t</i>wo</b> c", "[license=one & two]p{a one & two c}");
    expect("<b itemprop=name>n</b><b property='og:x'>m</b>", "p{nm}");
    /* Hidden, in a paragraph that ends by itself, at the end of the page. */
    expect("<b hidden itemprop='x usageInfo'>a<p>b</b>", "(x usageInfo=a\n\nb)px{b}");
    expect("<p property=dc:rights>a<p>b", "[dc:rights=a]p{a}p{b}");
    expect("<div itemprop=license>a<br>b<ul><li>c</ul>", "p{a b}i1{c}[license=a b\n\nc]");
    /* One in another, and one that ends before what it holds. */
    expect("<p itemprop=license>a <b itemprop=usageInfo>b</b> c</p>",
           "[usageInfo=b][license=a b c]p{a b c}");
    expect("<b itemprop=license>a<b>b</b>c</b>d", "[license=abc]p{abcd}");
    expect("<i itemprop=license>a<b itemprop=usageInfo>b</i>c</b>d",
           "[license=ab][usageInfo=bc]p{abcd}");
    /* In attributes. */
    expect("<img itemprop=license src=u><p property=cc:license content='v'>t</p>",
           "(license=u)(cc:license=v)p{t}");
    expect("<a itemprop=license href=u>t</a><meta property=dc:rights content=c>", "p{t}");
    expect("<a property=dc:rights href=u>t</a><a itemprop=usageInfo href=v>w</a>",
           "(dc:rights=u)(usageInfo=v)p{tw}");
    /* Where none is. */
    expect("<template><b itemprop=license>a</b></template><b itemprop=license></b>", "");
    expect("<b itemprop=license>a<script>b</script><template>c</template></b>", "[license=a]p{a}");
    expect_xml("<html><body><b itemprop='license'/><b property='license'>a</b></body></html>",
               "[license=a]p{a}");
}

static void properties_have_limits(void **state)
{
    (void)state;
    expect("<b itemprop=license><b itemprop=license><b itemprop=license><b itemprop=license>"
           "<b itemprop=license>a</b>b</b>c</b>",
           "(license=!)[license=ab][license=abc]p{abc}[license=abc][license=abc]");
}

static void properties_make_candidates(void **state)
{
    (void)state;
    expect_candidate("<b itemprop=license>x</b>", true);
    expect_candidate("<b ITEMPROP = 'a b\ncopyrightNotice'>x</b>", true);
    expect_candidate("<b property=\"plus:DataMining\">x</b>", true);
    expect_candidate("<b itemprop=l&#105;cense>x</b>", true);
    expect_candidate("<b itemprop='name'>license</b><meta property=\"og:title\">", false);
    expect_candidate("<script>var property, license = 1; itemprop(license)</script>", false);
    expect_candidate("<b class=itemprop data-prop='license'>x</b>", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_a_plain_page),
        cmocka_unit_test(inline_elements_leave_no_trace),
        cmocka_unit_test(quotation_marks_around_what_is_quoted),
        cmocka_unit_test(whose_words_they_are),
        cmocka_unit_test(lists_and_their_depth),
        cmocka_unit_test(rows_join_their_cells),
        cmocka_unit_test(tags_that_are_missing_or_crossed),
        cmocka_unit_test(depth_has_an_end),
        cmocka_unit_test(long_blocks_come_in_parts),
        cmocka_unit_test(other_charsets),
        cmocka_unit_test(xhtml),
        cmocka_unit_test(literals_are_seen_as_a_reader_sees_them),
        cmocka_unit_test(no_candidate_is_lost_in_real_pages),
        cmocka_unit_test(properties_have_their_text),
        cmocka_unit_test(properties_have_limits),
        cmocka_unit_test(properties_make_candidates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
