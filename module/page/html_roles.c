/* SPDX-License-Identifier: Apache-2.0 */
/* html_roles.c - what elements are to a reader of text: HTML standard section 15.3, as far as
 * a line that ends, or whose words these are, goes. */
#include "page/html_text.h"

struct row {
    char name[11];
    uint8_t role; /* enum html_role */
};

/* By their first letter. */
static const struct row a[] = { { "address", ROLE_BLOCK }, { "article", ROLE_BLOCK },
    { "aside", ROLE_BLOCK }, { "area", ROLE_VOID }, { "audio", ROLE_UNSEEN },
    { "applet", ROLE_UNSEEN }, { "", 0 } };
static const struct row b[] = { { "br", ROLE_BREAK }, { "body", ROLE_ROOT },
    { "button", ROLE_BUTTON }, { "blockquote", ROLE_QUOTED }, { "base", ROLE_VOID },
    { "basefont", ROLE_VOID }, { "bgsound", ROLE_VOID }, { "", 0 } };
static const struct row c[] = { { "code", ROLE_CODE }, { "center", ROLE_BLOCK },
    { "caption", ROLE_CAPTION }, { "col", ROLE_VOID }, { "canvas", ROLE_UNSEEN }, { "", 0 } };
static const struct row d[] = { { "div", ROLE_BLOCK }, { "dd", ROLE_DESCRIPTION },
    { "dt", ROLE_TERM }, { "dl", ROLE_TERMS }, { "details", ROLE_BLOCK }, { "dialog", ROLE_DIALOG },
    { "dir", ROLE_LIST }, { "datalist", ROLE_SELECT }, { "", 0 } };
static const struct row e[] = { { "embed", ROLE_VOID }, { "", 0 } };
static const struct row f[] = { { "form", ROLE_BLOCK }, { "footer", ROLE_BLOCK },
    { "figure", ROLE_BLOCK }, { "figcaption", ROLE_BLOCK }, { "fieldset", ROLE_BLOCK },
    { "frame", ROLE_VOID }, { "", 0 } };
static const struct row h[] = { { "h1", ROLE_HEADING }, { "h2", ROLE_HEADING },
    { "h3", ROLE_HEADING }, { "h4", ROLE_HEADING }, { "h5", ROLE_HEADING },
    { "h6", ROLE_HEADING }, { "hr", ROLE_RULE }, { "html", ROLE_ROOT }, { "head", ROLE_ROOT },
    { "header", ROLE_BLOCK }, { "hgroup", ROLE_BLOCK }, { "", 0 } };
static const struct row i[] = { { "img", ROLE_VOID }, { "input", ROLE_VOID },
    { "iframe", ROLE_UNSEEN }, { "", 0 } };
static const struct row k[] = { { "kbd", ROLE_CODE }, { "keygen", ROLE_VOID }, { "", 0 } };
static const struct row l[] = { { "li", ROLE_ITEM }, { "link", ROLE_VOID },
    { "legend", ROLE_BLOCK }, { "listing", ROLE_SAMPLE }, { "", 0 } };
static const struct row m[] = { { "main", ROLE_BLOCK }, { "meta", ROLE_VOID },
    { "menu", ROLE_LIST }, { "math", ROLE_UNSEEN }, { "meter", ROLE_UNSEEN }, { "", 0 } };
static const struct row n[] = { { "nav", ROLE_BLOCK }, { "noscript", ROLE_UNSEEN },
    { "noframes", ROLE_UNSEEN }, { "noembed", ROLE_UNSEEN }, { "", 0 } };
static const struct row o[] = { { "ol", ROLE_LIST }, { "option", ROLE_OPTION },
    { "optgroup", ROLE_OPTION }, { "object", ROLE_UNSEEN }, { "", 0 } };
static const struct row p[] = { { "p", ROLE_PARAGRAPH }, { "pre", ROLE_SAMPLE },
    { "param", ROLE_VOID }, { "plaintext", ROLE_SAMPLE }, { "progress", ROLE_UNSEEN }, { "", 0 } };
static const struct row q[] = { { "q", ROLE_QUOTE }, { "", 0 } };
static const struct row r[] = { { "rt", ROLE_READING }, { "rp", ROLE_READING },
    { "rtc", ROLE_READING }, { "ruby", ROLE_RUBY },
    { "", 0 } };
static const struct row s[] = { { "section", ROLE_BLOCK }, { "script", ROLE_UNSEEN },
    { "style", ROLE_UNSEEN }, { "svg", ROLE_UNSEEN }, { "select", ROLE_SELECT },
    { "samp", ROLE_CODE }, { "summary", ROLE_BLOCK }, { "search", ROLE_BLOCK },
    { "source", ROLE_VOID }, { "", 0 } };
static const struct row t[] = { { "td", ROLE_CELL }, { "tr", ROLE_ROW }, { "th", ROLE_CELL },
    { "table", ROLE_TABLE }, { "tbody", ROLE_GROUP }, { "thead", ROLE_GROUP },
    { "tfoot", ROLE_GROUP }, { "title", ROLE_TITLE }, { "textarea", ROLE_SAMPLE },
    { "template", ROLE_UNSEEN }, { "track", ROLE_VOID }, { "", 0 } };
static const struct row u[] = { { "ul", ROLE_LIST }, { "", 0 } };
static const struct row v[] = { { "video", ROLE_UNSEEN }, { "", 0 } };
static const struct row w[] = { { "wbr", ROLE_VOID }, { "", 0 } };
static const struct row x[] = { { "xmp", ROLE_SAMPLE }, { "", 0 } };
static const struct row none[] = { { "", 0 } };

static const struct row *const by_letter[26] = {
    a, b, c, d, e, f, none, h, i, none, k, l, m, n, o, p, q, r, s, t, u, v, w, x, none, none,
};

enum html_role html_role(struct slice name, bool fold)
{
    char low[sizeof a[0].name] = "";
    if (name.n == 0 || name.n >= sizeof low)
        return ROLE_INLINE;
    for (size_t at = 0; at < name.n; at++)
        low[at] = (char)(fold ? ascii_lower(name.p[at]) : name.p[at]);
    if (low[0] < 'a' || low[0] > 'z')
        return ROLE_INLINE;
    for (const struct row *row = by_letter[low[0] - 'a']; row->name[0]; row++)
        if (row->name[1] == low[1] && memcmp(row->name, low, sizeof low) == 0)
            return (enum html_role)row->role;
    return ROLE_INLINE;
}
