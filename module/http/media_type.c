/* SPDX-License-Identifier: Apache-2.0 */
/* media_type.c - Content-Type (MIME Sniffing sections 4.4 and 7.1), Accept
 * (RFC 9110 section 12.5.1).
 *
 * Limits: none of their own; every function reads its input once. */
#include "http/media_type.h"

#include "syntax/unicode.h"

#define Q_MAX 1000 /* q values are kept in thousandths */

static bool is_token(struct slice s)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && (s.p[i] == 0 || !strchr(others, s.p[i])))
            return false;
    return s.n > 0;
}

/* Offset of the first `sep` that is not inside a quoted string, or s.n. */
static size_t find_unquoted(struct slice s, uint8_t sep)
{
    bool quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            quoted = !quoted;
        else if (s.p[i] == '\\' && quoted)
            i++;
        else if (s.p[i] == sep && !quoted)
            return i;
    }
    return s.n;
}

/* Cuts the part up to `sep`, without white space around it, off the front. */
static struct slice cut(struct slice *rest, uint8_t sep)
{
    size_t at = find_unquoted(*rest, sep);
    struct slice piece = slice_trim_space(slice_sub(*rest, 0, at));
    *rest = slice_from(*rest, at + 1);
    return piece;
}

/* "name=value" with the value unquoted; false when there is no '='. */
static bool parse_parameter(struct slice piece, struct slice *name, struct slice *value)
{
    size_t eq = slice_find(piece, '=');
    if (eq == piece.n)
        return false;
    *name = slice_trim_space(slice_sub(piece, 0, eq));
    *value = slice_trim_space(slice_from(piece, eq + 1));
    if (value->n && value->p[0] == '"') {
        *value = slice_from(*value, 1);
        *value = slice_sub(*value, 0, slice_find(*value, '"'));
    }
    return true;
}

static bool essence_valid(struct slice essence)
{
    size_t slash = slice_find(essence, '/');
    return is_token(slice_sub(essence, 0, slash)) && is_token(slice_from(essence, slash + 1));
}

struct media_type media_type_parse(struct slice value)
{
    struct media_type t = { SLICE_EMPTY, SLICE_EMPTY };
    struct slice name, v;
    /* A field that was sent twice and joined: the first is as good as any. */
    struct slice rest = slice_sub(value, 0, find_unquoted(value, ','));
    struct slice essence = cut(&rest, ';');
    if (!essence_valid(essence))
        return t;
    t.essence = essence;
    while (!slice_empty(rest) && slice_empty(t.charset)) {
        struct slice piece = cut(&rest, ';');
        if (parse_parameter(piece, &name, &v) && slice_eq_nocase(name, SLICE_OF("charset")))
            t.charset = v;
    }
    return t;
}

/* Puts `t` behind the others, or takes it for the newest saying of the same type. */
static size_t add_type(struct media_type *v, size_t n, size_t max, struct media_type t)
{
    size_t i = 0;
    while (i < n && !slice_eq_nocase(v[i].essence, t.essence))
        i++;
    if (i == n && n == max)
        i = n - 1;
    else if (i == n)
        n++;
    else if (!t.charset.n && i == n - 1)
        t.charset = v[i].charset;
    struct media_type newest = t;
    for (; i + 1 < n; i++)
        v[i] = v[i + 1];
    v[n - 1] = newest;
    return n;
}

size_t media_types_extract(const struct headers *h, struct media_type *out, size_t max)
{
    const struct header *line;
    size_t n = 0;
    for (size_t i = 0; (line = headers_next(h, "content-type", &i)) != NULL;) {
        struct slice rest = line->value;
        while (!slice_empty(rest)) {
            struct media_type t = media_type_parse(cut(&rest, ','));
            if (t.essence.n && !slice_eq(t.essence, SLICE_OF("*/*")))
                n = add_type(out, n, max, t);
        }
    }
    if (n > 1) { /* the last one first */
        struct media_type last = out[n - 1];
        memmove(out + 1, out, (n - 1) * sizeof *out);
        out[0] = last;
    }
    return n;
}

bool media_type_is(const struct media_type *t, const char *essence)
{
    return slice_eq_nocase(t->essence, slice_cstr(essence));
}

/* ---- sniffing ---------------------------------------------------------- */

/* MIME Sniffing section 7.1, with the two tags of a head that has nothing
 * else before its first statement. */
static const struct slice html_marks[] = {
    SLICE("<!DOCTYPE HTML"), SLICE("<HTML"),  SLICE("<HEAD"), SLICE("<SCRIPT"), SLICE("<IFRAME"),
    SLICE("<H1"),            SLICE("<DIV"),   SLICE("<FONT"), SLICE("<TABLE"),  SLICE("<A"),
    SLICE("<STYLE"),         SLICE("<TITLE"), SLICE("<B"),    SLICE("<BODY"),   SLICE("<BR"),
    SLICE("<P"),             SLICE("<META"),  SLICE("<LINK"),
};

#define HTML_MARK_MAX 16 /* more than the longest mark and what ends it */

/* The beginning of a text as ASCII, from one of three encodings. */
struct text_head {
    struct slice bytes;
    size_t at;
    size_t width;   /* bytes per code unit */
    size_t low;     /* which of them is the low one */
};

static struct text_head text_head_of(struct slice head)
{
    struct text_head t = { head, 0, 1, 0 };
    if (slice_skip_bom(head).n < head.n)
        t.at = 3;
    else if (head.n >= 2 && memcmp(head.p, "\xFF\xFE", 2) == 0)
        t = (struct text_head){ head, 2, 2, 0 };
    else if (head.n >= 2 && memcmp(head.p, "\xFE\xFF", 2) == 0)
        t = (struct text_head){ head, 2, 2, 1 };
    return t;
}

/* The next code unit, or -1 at the end. What is not ASCII is given as 0x80. */
static int text_next(struct text_head *t)
{
    if (t->bytes.n - t->at < t->width)
        return -1;
    const uint8_t *unit = t->bytes.p + t->at;
    t->at += t->width;
    uint8_t low = unit[t->low];
    return low > 0x7F || (t->width == 2 && unit[1 - t->low] != 0) ? 0x80 : low;
}

bool media_sniff_html(struct slice head)
{
    struct text_head t = text_head_of(head);
    uint8_t start[HTML_MARK_MAX];
    size_t n = 0;
    int c = text_next(&t);
    while (c >= 0 && ascii_is_space((uint8_t)c))
        c = text_next(&t);
    for (; c >= 0 && n < sizeof start; c = text_next(&t))
        start[n++] = (uint8_t)c;
    struct slice text = slice_of(start, n);
    if (slice_starts_nocase(text, SLICE_OF("<!--")))
        return true;
    for (size_t i = 0; i < sizeof html_marks / sizeof *html_marks; i++) {
        size_t end = html_marks[i].n;
        if (slice_starts_nocase(text, html_marks[i]) && end < n &&
            (start[end] == ' ' || start[end] == '>'))
            return true;
    }
    return false;
}

static bool is_binary(uint8_t c)
{
    return c < 0x09 || c == 0x0B || (c > 0x0D && c < 0x20 && c != 0x1B);
}

/* UTF-16 without a mark: ASCII and zero bytes take turns. */
static enum unicode_form form_of(struct slice head)
{
    enum unicode_form form = unicode_form_of(head);
    if (form != UNICODE_UTF8 || head.n < 4 || (head.p[0] == 0) == (head.p[1] == 0))
        return form;
    bool big = head.p[0] == 0;
    return (head.p[2] == 0) == big && (head.p[3] == 0) == !big
               ? (big ? UNICODE_UTF16BE : UNICODE_UTF16LE) : form;
}

bool media_sniff_text(struct slice head)
{
    struct unicode u = { .form = (uint8_t)form_of(head) };
    for (size_t i = 0; i < head.n; i++) {
        uint8_t out[UNICODE_OUT_MAX] = { head.p[i] };
        size_t n = u.form == UNICODE_UTF8 ? 1 : unicode_put(&u, head.p[i], out);
        for (size_t k = 0; k < n; k++)
            if (is_binary(out[k]))
                return false;
    }
    return head.n > 0;
}

/* ---- Accept ------------------------------------------------------------ */

/* "0", "1", "0.5", "1.000"; false for anything else. */
static bool parse_q(struct slice s, unsigned *q)
{
    if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
        return false;
    unsigned v = (unsigned)(s.p[0] - '0') * Q_MAX, unit = Q_MAX / 10;
    for (size_t i = 2; i < s.n; i++, unit /= 10) {
        if (!ascii_is_digit(s.p[i]))
            return false;
        v += (unsigned)(s.p[i] - '0') * unit;
    }
    *q = v;
    return v <= Q_MAX;
}

struct range {
    struct slice essence;
    unsigned q;
};

/* One media range with its weight; false when it is malformed. */
static bool parse_range(struct slice piece, struct range *range)
{
    struct slice name, value;
    *range = (struct range){ cut(&piece, ';'), Q_MAX };
    while (!slice_empty(piece)) {
        if (parse_parameter(cut(&piece, ';'), &name, &value) &&
            slice_eq_nocase(name, SLICE_OF("q")))
            return parse_q(value, &range->q);
    }
    return true;
}

/* What is known of one type: the weight that its most specific range gave. */
struct offer {
    unsigned specificity; /* 0: no range matched */
    unsigned q;
};

/* A type may have two names that mean the same to us: the better one counts. */
static void weigh(struct offer *o, const struct range *range, const char *const names[2],
                  const char *any_subtype)
{
    unsigned specificity = 0;
    if (slice_eq_nocase(range->essence, slice_cstr(names[0])) ||
        slice_eq_nocase(range->essence, slice_cstr(names[1])))
        specificity = 3;
    else if (slice_eq_nocase(range->essence, slice_cstr(any_subtype)))
        specificity = 2;
    else if (slice_eq(range->essence, SLICE_OF("*/*")))
        specificity = 1;
    if (specificity == 0 || specificity < o->specificity)
        return;
    if (specificity > o->specificity || range->q > o->q)
        *o = (struct offer){ specificity, range->q };
}

bool accept_prefers_json(struct slice accept)
{
    static const char *const json_names[2] = { "application/json", "application/problem+json" };
    static const char *const html_names[2] = { "text/html", "text/html" };
    struct offer json = { 0, 0 }, html = { 0, 0 };
    struct range range;
    while (!slice_empty(accept)) {
        if (!parse_range(cut(&accept, ','), &range))
            continue;
        weigh(&json, &range, json_names, "application/*");
        weigh(&html, &range, html_names, "text/*");
    }
    return json.q > html.q;
}
