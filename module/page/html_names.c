/* SPDX-License-Identifier: Apache-2.0 */
/* html_names.c - the element names that mean something to the scanner, with
 * what they do to the tokenizer, the head and foreign content (HTML standard
 * sections 13.2.6.4.4 to 13.2.6.4.7 and 13.2.6.5).
 *
 * MAX: HTML_NAME_MAX bytes of a name are compared. */
#include "page/html_internal.h"

#define NAME(text, tag, flags) { text, sizeof text - 1, tag, flags }
#define HTML(text) NAME(text, TAG_OTHER, NAME_HTML)
#define VOID(text, flags) NAME(text, TAG_OTHER, NAME_VOID | (flags))
#define BREAKOUT(text) NAME(text, TAG_OTHER, NAME_HTML | NAME_BREAKOUT)
#define RAW(text, flags) NAME(text, TAG_OTHER, NAME_RAW | (flags))
#define LAST { NULL, 0, 0, 0 }
#define HEADISH (NAME_HEAD | NAME_NOSCRIPT)

static const struct html_name a[] = {
    NAME("a", TAG_A, NAME_REPORT | NAME_HTML), NAME("area", TAG_AREA, NAME_REPORT | NAME_VOID),
    NAME("annotation-xml", TAG_ANNOTATION_XML, 0), HTML("article"), HTML("aside"),
    HTML("address"), HTML("abbr"), LAST,
};
static const struct html_name b[] = {
    NAME("body", TAG_BODY, NAME_HTML | NAME_BREAKOUT),
    NAME("br", TAG_BR, NAME_HTML | NAME_BREAKOUT | NAME_VOID),
    NAME("base", TAG_BASE, NAME_REPORT | NAME_HEAD | NAME_VOID),
    VOID("basefont", HEADISH), VOID("bgsound", HEADISH),
    BREAKOUT("b"), BREAKOUT("big"), BREAKOUT("blockquote"), HTML("button"), LAST,
};
static const struct html_name c[] = {
    BREAKOUT("center"), BREAKOUT("code"), HTML("caption"), HTML("cite"), VOID("col", 0), LAST,
};
static const struct html_name d[] = {
    BREAKOUT("div"), BREAKOUT("dd"), BREAKOUT("dl"), BREAKOUT("dt"),
    NAME("desc", TAG_DESC, 0), HTML("del"), HTML("details"), HTML("dialog"), LAST,
};
static const struct html_name e[] = { BREAKOUT("em"), VOID("embed", NAME_HTML | NAME_BREAKOUT),
    LAST };
static const struct html_name f[] = {
    NAME("font", TAG_FONT, NAME_HTML), NAME("foreignobject", TAG_FOREIGN_OBJECT, 0),
    HTML("figure"), HTML("figcaption"), HTML("footer"), HTML("form"), HTML("fieldset"), LAST,
};
static const struct html_name h[] = {
    NAME("head", TAG_HEAD, NAME_HTML | NAME_BREAKOUT), NAME("html", TAG_HTML, NAME_HTML),
    BREAKOUT("h1"), BREAKOUT("h2"), BREAKOUT("h3"), BREAKOUT("h4"), BREAKOUT("h5"),
    BREAKOUT("h6"), VOID("hr", NAME_HTML | NAME_BREAKOUT), HTML("header"), HTML("hgroup"), LAST,
};
static const struct html_name i[] = {
    RAW("iframe", 0), BREAKOUT("i"), NAME("img", TAG_IMG, NAME_HTML | NAME_BREAKOUT | NAME_VOID),
    NAME("image", TAG_IMG, 0), HTML("ins"),
    VOID("input", NAME_HTML), LAST,
};
static const struct html_name l[] = {
    NAME("link", TAG_LINK, NAME_REPORT | HEADISH | NAME_VOID), BREAKOUT("li"), BREAKOUT("listing"),
    HTML("label"), HTML("legend"), LAST,
};
static const struct html_name m[] = {
    NAME("meta", TAG_META, NAME_REPORT | HEADISH | NAME_BREAKOUT | NAME_VOID), NAME("math",
    TAG_MATH, 0),
    NAME("mi", TAG_MATH_TEXT, 0), NAME("mo", TAG_MATH_TEXT, 0), NAME("mn", TAG_MATH_TEXT, 0),
    NAME("ms", TAG_MATH_TEXT, 0), NAME("mtext", TAG_MATH_TEXT, 0), BREAKOUT("menu"),
    HTML("main"), HTML("mark"), LAST,
};
static const struct html_name n[] = {
    NAME("noscript", TAG_NOSCRIPT, NAME_HEAD), RAW("noembed", NAME_FALLBACK),
    RAW("noframes", HEADISH | NAME_FALLBACK), BREAKOUT("nobr"), HTML("nav"), LAST,
};
static const struct html_name o[] = { BREAKOUT("ol"), HTML("object"), HTML("option"), LAST };
static const struct html_name p[] = {
    NAME("p", TAG_P, NAME_HTML | NAME_BREAKOUT), BREAKOUT("pre"),
    NAME("plaintext", TAG_PLAINTEXT, 0), HTML("picture"), VOID("param", 0), LAST,
};
static const struct html_name r[] = { BREAKOUT("ruby"), LAST };
static const struct html_name s[] = {
    NAME("script", TAG_SCRIPT, NAME_REPORT | NAME_HEAD), RAW("style", HEADISH),
    NAME("svg", TAG_SVG, 0), BREAKOUT("span"), BREAKOUT("s"), BREAKOUT("small"),
    BREAKOUT("strong"), BREAKOUT("strike"), BREAKOUT("sub"), BREAKOUT("sup"),
    HTML("section"), HTML("select"), HTML("summary"), HTML("search"), 
    NAME("source", TAG_SOURCE, NAME_VOID), LAST,
};
static const struct html_name t[] = {
    NAME("title", TAG_TITLE, NAME_RAW | NAME_HEAD), NAME("template", TAG_TEMPLATE, NAME_HEAD),
    RAW("textarea", 0), BREAKOUT("table"), BREAKOUT("tt"), HTML("td"), HTML("th"), HTML("tr"),
    HTML("tbody"), HTML("thead"), HTML("tfoot"), HTML("time"), VOID("track", 0), LAST,
};
static const struct html_name u[] = { BREAKOUT("u"), BREAKOUT("ul"), LAST };
static const struct html_name v[] = { BREAKOUT("var"), NAME("video", TAG_VIDEO, 0), LAST };
static const struct html_name x[] = { RAW("xmp", 0), LAST };
static const struct html_name none[] = { LAST };

static const struct html_name *const by_letter[26] = {
    a, b, c, d, e, f,    none, h, i, none, none, l, m,
    n, o, p, none, r, s, t,    u, v, none, x,    none, none,
};

const struct html_name *html_name_find(struct slice name, bool fold)
{
    if (name.n == 0 || name.n > HTML_NAME_MAX || !ascii_is_alpha(name.p[0]))
        return NULL;
    uint8_t low[HTML_NAME_MAX];
    for (size_t k = 0; k < name.n; k++)
        low[k] = fold ? ascii_lower(name.p[k]) : name.p[k];
    if (!fold && (low[0] < 'a' || low[0] > 'z'))
        return NULL;
    for (const struct html_name *row = by_letter[low[0] - 'a']; row->text; row++)
        if (row->n == name.n && row->text[name.n - 1] == (char)low[name.n - 1] &&
            !memcmp(row->text, low, name.n))
            return row;
    return NULL;
}

bool html_name_may_matter(const uint8_t *name, size_t len)
{
    /* By first letter, the lengths of: a area base iframe link math meta noembed
     * noframes noscript plaintext script style svg template textarea title xmp. */
    static const uint16_t lengths[32] = {
        ['a' & 31] = 1 << 1 | 1 << 4, ['b' & 31] = 1 << 4, ['i' & 31] = 1 << 6,
        ['l' & 31] = 1 << 4, ['m' & 31] = 1 << 4, ['n' & 31] = 1 << 7 | 1 << 8,
        ['p' & 31] = 1 << 9, ['s' & 31] = 1 << 3 | 1 << 5 | 1 << 6,
        ['t' & 31] = 1 << 5 | 1 << 8, ['x' & 31] = 1 << 3,
    };
    return len < 16 && lengths[*name & 31] >> len & 1;
}
